#!/usr/bin/env bash
# lblab sweep: axes, what is refused, the shape of its answers, the folder, interruption.
. "$(dirname "$0")/lib.bash"

small=(sweep "$here/small.json" --no-plots -q --results "$tmp/results" -d 2s)

# ---- --load ----
run "${small[@]}" --load 30%..70%/20% --slo '< 60ms' --json
is "--load exits 0" 0 $code
is "and has nothing to say" "" "$(cat "$tmp/err")"
json "a point a load, a value a policy and seed" "$tmp/out" '(d["schema"] == "lblab-sweep/1"
    and [p["text"] for p in d["result"]["points"]] == ["30%", "50%", "70%"]
    and all(len(p["values"]) == 3 and all(len(v["seeds"]) == 2 for v in p["values"])
            for p in d["result"]["points"]))'
json "the rates are scaled to the load" "$tmp/out" \
    'all(abs(p["x"] - p["offered_load"]) < 1e-6 for p in d["result"]["points"])'
json "axis, metric and SLO are named" "$tmp/out" '(d["result"]["axis"] ==
    {"label": "offered load", "path": None, "unit": "share of capacity"}
    and d["result"]["metric"] == "latency.p99" and d["result"]["slo"] == "latency.p99 < 60ms")'
json "an answer a policy" "$tmp/out" '([a["policy"] for a in d["result"]["policies"]] ==
    ["round_robin", "p2c", "peak_ewma"] and all(a["reach"] in ("crosses", "bounded", "always",
    "never") and "knee_x" in a for a in d["result"]["policies"]))'

# ---- the folder ----
folder=$(echo "$tmp"/results/small/*-sweep-*)
yes_ "there is one folder" test -d "$folder"
for file in sweep.json sweep.csv scenario.json points/01.json points/03.json plots; do
    yes_ "it holds $file" test -e "$folder/$file"
done
yes_ "nothing half-written is left" test -z "$(find "$tmp/results" -name '.new-*' -o -name .cells)"
is "sweep.json is what --json prints" "$(grep -v '"wall_s"' "$tmp/out")" "$(grep -v '"wall_s"' "$folder/sweep.json")"
is "a row a point and policy, and a head" 10 "$(wc -l <"$folder/sweep.csv")"
json "a point is a result" "$folder/points/02.json" 'd["schema"] == "lblab-result/1"'
run run "$here/small.json" -s clients.web.arrival.rate=850/s --no-plots -q --results "$tmp/single" -d 2s --json
single=$(sha_of "$tmp/out")
run "${small[@]}" --path clients.web.arrival.rate --values 800/s,850/s --json
json "and the one that run gives" "$tmp/out" 'd["result"]["points"][1]["result_sha256"] == "'"$single"'"'

# ---- --path ----
run "${small[@]}" --path clients.web.arrival.rate --values 300/s..900/s/300/s --csv
is "a range of rates exits 0" 0 $code
is "a CSV row a point and policy" 10 "$(wc -l <"$tmp/out")"
is "points rise" "300 600 900" "$(awk -F, '$3 == "p2c" { print $1 }' "$tmp/out" | xargs)"
run "${small[@]}" --path backends.app.workers --values 4,1..2/1 --slo '< 60ms' -a p2c --json
json "values are sorted, fewer workers are worse" "$tmp/out" '([p["x"] for p in d["result"]["points"]]
    == [1, 2, 4] and d["result"]["policies"][0]["side"] == "from"
    and d["result"]["axis"]["unit"] == "count" and "knee_x" not in d["result"]["policies"][0])'
json "too few are saturated, and have no value" "$tmp/out" '(d["result"]["policies"][0]["saturated"]
    == ["1"] and d["result"]["points"][0]["values"][0]["value"] is None)'
run "${small[@]}" --path backends.app.workers --values 1,2,4 --slo '< 60ms' -a p2c
has "text names the saturated" "saturated" "$tmp/out"
has "and what is needed" "p2c: p99 < 60 ms needs" "$tmp/out"
is "text fits 80 columns" "" "$(LC_ALL=C.UTF-8 grep -P '^.{81,}' "$tmp/out" | grep -v "$tmp")"
run "${small[@]}" --path clients.web.protocol --values warm,tcp -a p2c --metric error_rate --json
json "words have no measure" "$tmp/out" 'd["result"]["axis"]["unit"] == "words"'
run "${small[@]}" --load 40%,60% --metric latency.p95 --json
json "a percentile that the scenario does not list has a value a seed" "$tmp/out" \
    'all(s > 0 for p in d["result"]["points"] for v in p["values"] for s in v["seeds"])'

# ---- the scenario's own ----
sed 's/"compare"/"sweep": { "path": "backends.app.workers", "values": [2, "3..4\/1"], "label": "workers" },\n  "compare"/' \
    "$here/small.json" >"$tmp/own.json"
run sweep "$tmp/own.json" --dry-run
has "--dry-run counts the cells of all points" "3 points x 3 policies x 2 seeds = 18 cells" "$tmp/out"
has "and names them" "2, 3, 4" "$tmp/out"
run sweep "$tmp/own.json" --values 2,6 --dry-run
has "--values alone takes the scenario's path" "2 points" "$tmp/out"
is "run leaves it alone" "$("$lblab" run "$here/small.json" -q --json --no-plots --results "$tmp/a" | sha_of /dev/stdin)" \
    "$("$lblab" run "$tmp/own.json" -q --json --no-plots --results "$tmp/b" | sha_of /dev/stdin)"
"$lblab" sweep - --dry-run <"$tmp/own.json" >"$tmp/out" 2>&1
is "a scenario on standard input will do" 0 $?

# ---- refused ----
no() { fact=$1 text=$2; shift 2; run sweep "$here/small.json" --results "$tmp/no" "$@"
       is "$fact exits 2" 2 $code; has "$fact says so" "$text" "$tmp/err"; }
no "no axis" 'nothing to sweep'
no "--path alone" '--path needs --values' --path backends.app.workers
no "--values alone" '--values needs --path' --values 1,2
no "two axes" '--load and --path' --load 1%,2% --path x
no "an unknown path" '--path: no such path: backends.app.wrokers' --path backends.app.wrokers --values 1,2
no "a value that does not load" '--values: the value 0 does not fit: "workers" is out of range: 0' \
    --path backends.app.workers --values 2,0
no "a list that does not fit the count" '--values: the value 7 does not fit' --path backends.app.count --values 6,7
no "a broken range" '--values: not a range: "8..x"' --path backends.app.workers --values 8..x
no "a load without %" '--load: not a load: "20"' --load 20..90/10
no "an SLO without an operator" '--slo: an operator expected' --load 20%,30% --slo 100ms
no "an SLO of another unit" '--slo: "5/s" is no value of latency.p99' --load 20%,30% --slo '< 5/s'
no "an unknown metric" '--metric: unknown metric' --load 20%,30% --metric latnecy
no "too many cells" 'points x policies x seeds' --load 1%..100%/1% -n 400 --dry-run
no "too many events" '1e12' --load 1%..100%/1% -d 1000h --dry-run
yes_ "nothing was written" test ! -e "$tmp/no"

# ---- the figure marks what has no value ----
run sweep "$here/small.json" -s clients.web.timeout=40ms --load 20%,80% --slo '<38ms' -n 1 -a p2c,rr -q \
    --results "$tmp/failed"
yes_ "the table says failed" grep -qE '^ +80% +failed +failed$' "$tmp/out"
plots=$(dirname "$(find "$tmp/failed" -name sweep.dat)")
is "and the figure has a cross there, nowhere else" "NaN NaN number number" "$(awk 'NR == 1 {
        for (i = 1; i <= NF; i++) if ($i ~ /^failed/) at[++n] = i; next }
    { for (i = 1; i <= n; i++) printf "%s%s", out++ ? " " : "", $at[i] == "NaN" ? "NaN" : "number" }' "$plots/sweep.dat")"
has "which its subtitle explains" "Cross: it falls among requests that failed." "$plots/sweep-settings.gp"
yes_ "the label of the SLO stands where no curve is: on the right" grep -qE '^slo_right = 1' "$plots/sweep-settings.gp"

# ---- the same bytes ----
long=(sweep "$here/small.json" --no-plots -q --json --load 20%..80%/20% -d 40s)
plain() { sed '/"environment"/,$d' "$1"; }
"$lblab" "${long[@]}" -j1 --results "$tmp/j1" >"$tmp/first" 2>/dev/null
"$lblab" "${long[@]}" -j2 --results "$tmp/j2" >"$tmp/second" 2>/dev/null
yes_ "there is an answer" test -s "$tmp/first"
is "-j1 and -j2 give the same bytes" "$(plain "$tmp/first")" "$(plain "$tmp/second")"
for k in 0.3 0.1 0.03; do
    rm -rf "$tmp/part"
    set -m
    "$lblab" "${long[@]}" -j1 --results "$tmp/part" >"$tmp/out" 2>/dev/null &
    pid=$!
    set +m
    sleep $k
    kill -INT $pid 2>/dev/null
    wait $pid 2>/dev/null
    code=$?
    [ $code != 130 ] || break
done
is "interrupted exits 130" 130 $code
yes_ "and leaves no answer" test -z "$(find "$tmp/part" -name sweep.json)"
run "${long[@]}" -j2 --results "$tmp/part"
is "resumed it exits 0" 0 $code
is "with the same bytes" "$(plain "$tmp/first")" "$(plain "$tmp/out")"
finish sweep
