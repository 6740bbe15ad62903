#!/usr/bin/env bash
# False alarms of `check`, through the program itself: an unchanged algorithm, several policies and
# metrics, a new baseline each time, seeds that it has not seen.
#   tests/proofs/alarms.sh [CHECKS]     LBLAB: the program; exit 1 when red more often than stated
set -u
checks=${1:-200}
lblab=$(realpath "${LBLAB:-build/lblab}")
tmp=$(mktemp -d "${TMPDIR:-/tmp}/lblab-alarms.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
limits="5% 1% 0%"

# scenario NAME RATE REQUESTS QUEUE: four servers that manage 400/s, four policies
scenario() {
    cat >"$tmp/scenarios/$1.json" <<END
{ "version": 1, "name": "$1",
  "run": { "requests": $3, "warmup": "3s", "replications": 5 }, "measure": { "interval": "5s" },
  "clients": [ { "name": "c", "to": "lb", "arrival": { "process": "poisson", "rate": "$2/s" } } ],
  "balancers": [ { "name": "lb", "algorithm": "random", "to": "s" } ],
  "backends": [ { "name": "s", "count": 4, "queue_limit": $4,
                  "service": { "dist": "exponential", "mean": "10ms" } } ],
  "compare": { "algorithms": [ "random", "round_robin", "p2c", "least_conn" ] } }
END
}
mkdir "$tmp/scenarios"
scenario steady 320 6000 1000
scenario refusing 380 3000 40       # about one of a thousand fails: percentiles come and go

# one NUMBER: a line "LIMIT CODE INCONCLUSIVE" for each check
one() {
    local dir=$tmp/$1 first=$(($1 * 100)) code limit name
    mkdir "$dir" && cd "$dir" || exit 3
    for name in steady refusing; do
        "$lblab" run "../scenarios/$name.json" --seed $first -j 1 --no-plots -q --json \
            -o $name.json >/dev/null 2>err || { cat err >&2; exit 3; }
    done
    for limit in $limits same; do
        if [ "$limit" = same ]; then set -- --max-regression 0%; else
            set -- --max-regression "$limit" --fresh-seeds --seed $((first + 50)); fi
        "$lblab" check ../scenarios --baseline . -j 1 -q "$@" --json >out 2>err
        code=$?
        [ $code -le 1 ] || { cat err >&2; exit 3; }
        echo "$limit $code $(grep -c '"verdict": "inconclusive"' out)" \
            "$(grep -c '"kind": "regression"' out)"
    done
    rm -rf "$dir"
}
export -f one
export lblab tmp limits

seq "$checks" | xargs -P 2 -I{} bash -c "one {}" >"$tmp/all" || exit 3

echo "\`tests/proofs/alarms.sh $checks\`: 5 seeds, 4 policies, 2 scenarios"
echo
# What comes by chance alone in one of a hundred, when each is red with 2.5 %: binomial.
awk -v n="$checks" '
    function spaced(x) { sub(/%/, " %", x); return x }
    function most(n,   k, p, sum) {
        p = sum = (1 - 0.025) ^ n
        for (k = 0; sum < 0.99; k++) { p *= (n - k) / (k + 1) * 0.025 / 0.975; sum += p }
        return k
    }
    { all[$1]++; red[$1] += $2 != 0; open[$1] += $3 > 0; rows[$1] = $4 }
    END {
        print "| seeds | limit | rows | red | by chance at most | inconclusive |"
        print "|---|---:|---:|---:|---:|---:|"
        split("same 5% 1% 0%", limit, " ")
        for (l = 1; l <= 4; l++) {
            key = limit[l]; allowed = l == 1 ? 0 : most(n)
            is_ok = all[key] == n && red[key] <= allowed; bad = bad || !is_ok
            printf "| %s | %s | %d | %s%d of %d%s | %d | %d |\n", l == 1 ? "the same" : "fresh",
                l == 1 ? "0 %" : spaced(key), rows[key], is_ok ? "" : "**", red[key], all[key],
                is_ok ? "" : "**", allowed, open[key]
        }
        print ""
        print bad ? "NOT as stated: more false alarms, see the rows in bold" \
                  : "no more false alarms than stated"
        exit bad
    }' "$tmp/all"
