#!/usr/bin/env bash
# Every integer that a run leaves behind (births, ends, busy times by slice and backend, histograms, remaps,
# counts, the engine's events) must be what exact.txt says: a line a scenario, the SHA-256 of its records, and
# a line an algorithm or wrapper.  Golden files know attempts only: a birth filed in the wrong slice is seen here.
#    tests/golden/exact.sh --write    after a change that was meant, or for a new algorithm
#    tests/golden/exact.sh --brief    ends at the first that differs
. "$(dirname "$0")/../cli/lib.bash"
cd "$root/tests/golden"
mode=${1:-}

# sum_of ARGS...: of the records that a run leaves; one that fails has no sum.
sum_of() {
    rm -rf "$tmp/r"
    if "$lblab" run "$@" --shard 1/1 --results "$tmp/r" -q >"$tmp/out" 2>&1; then
        cat "$tmp"/r/*/.cells/*/*.record | sha256sum | cut -d' ' -f1
    else
        cat "$tmp/out" >&2
        echo failed
    fi
}

# These hold another algorithm, and are none by themselves.
wrappers="slow_start locality panic priority subset sticky"

# All names and sums, as exact.txt has them.
sums() {
    local f name
    for f in features/*.json scenarios/*.json; do
        echo "$f $(sum_of "$f")"
    done
    for f in $("$lblab" list algorithms --json | sed -n 's/.*"name": *"\([a-z0-9_]*\)".*/\1/p'); do
        case " $wrappers " in *" $f "*) name=weighted_round_robin:$f ;; *) name=$f ;; esac
        echo "each/$f $(sum_of each/algorithm.json -a "$name")"
    done
}

if [ "$mode" = --write ]; then
    sums >"$tmp/sums"
    grep -q ' failed$' "$tmp/sums" && exit 1
    mv "$tmp/sums" exact.txt
    exit
fi
while read -r name sum; do
    is "$name: the same integers" "$(sed -n "s|^$name ||p" exact.txt)" "$sum"
    [ "$mode" != --brief ] || [ $failed = 0 ] || break
done < <(sums)
finish exact
