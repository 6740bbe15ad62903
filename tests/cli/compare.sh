#!/usr/bin/env bash
# lblab compare: two policies, two results, other seeds, other scenarios, files that were touched.
. "$(dirname "$0")/lib.bash"
small=$here/small.json
fast=(--no-plots -q -d 2s)

# ---- policies of a scenario ----
run compare "$small" -a rr,peak_ewma,p2c -n 6 --results "$tmp/a" --no-plots -d 2s
is "a scenario is compared" 0 $code
has "the first of -a is the base" "peak_ewma against round_robin" "$tmp/out"
has "and every other policy has a block" "p2c against round_robin" "$tmp/out"
has "it says how many pairs" "6 paired seeds from 7" "$tmp/out"
yes_ "a change has its interval and its word" grep -qE \
    'latency\.p90 +[0-9.]+ ms -> +[0-9.]+ ms +-[0-9.]+ % \[-[0-9.]+, -[0-9.]+\] +better' "$tmp/out"
yes_ "Holm's correction is told with its rows" grep -qE "Holm's" "$tmp/out"
is "the text fits 80 columns" "" "$(LC_ALL=C.UTF-8 grep -P '^.{81,}' "$tmp/out")"
yes_ "the result is kept" test -f "$tmp/a/small/latest/result.json"
run compare "$small" -a rr,p2c -n 3 --results "$tmp/x" "${fast[@]}" --baseline p2c
has "--baseline turns it round" "round_robin against p2c" "$tmp/out"
run compare "$small" -a rr,p2c -n 3 --results "$tmp/none" "${fast[@]}" --metric latency.p98.9
is "what is misspelt is told" 2 $code
yes_ "before anything runs" test ! -e "$tmp/none"
sed 's/"compare"/"assert": [ "latency.p50@least_conn < 20ms" ], "compare"/' "$small" >"$tmp/asserts.json"
run run "$tmp/asserts.json" -a rr,p2c -n 3 --results "$tmp/x" --no-plots -d 2s --dry-run
has "run tells what -a took from the assertions" W204 "$tmp/err"
run compare "$tmp/asserts.json" -a rr,p2c -n 3 --results "$tmp/x" --no-plots -d 2s
is "compare asserts nothing, and says nothing of it" "0 0" "$code $(grep -c W204 "$tmp/err")"
run sweep "$tmp/asserts.json" -a rr,p2c -n 1 --load 20%,30% --results "$tmp/x" --no-plots -d 2s
is "nor does sweep" "0 0" "$code $(grep -c W204 "$tmp/err")"
run compare "$small" -a rr --results "$tmp/none" "${fast[@]}"
is "one policy alone cannot be compared" 2 $code
one=$tmp/a/small/latest

# ---- one result ----
run compare "$one" --results "$tmp/r" --no-plots --json
is "one result is compared with itself" 0 $code
json "in the JSON, every row has its fields" "$tmp/out" 'd["schema"] == "lblab-compare/1" and all(
    set(r) == {"metric", "base", "policy", "base_value", "value", "change", "ci95", "p",
    "p_adjusted", "seeds", "verdict", "least_seen", "seeds_needed"} for r in d["result"]["rows"])'
json "rows are paired, and p is corrected" "$tmp/out" 'd["result"]["paired"] and all(
    r["seeds"] == 6 and (r["p"] is None or r["p"] <= r["p_adjusted"] <= 1) for r in d["result"]["rows"])'
json "a verdict agrees with its interval" "$tmp/out" 'any(r["verdict"] == "better" for r in
    d["result"]["rows"]) and all(r["ci95"][1] < 0 for r in d["result"]["rows"]
    if r["verdict"] == "better" and r["metric"].startswith("latency"))'
json "one that found nothing says what it would have seen" "$tmp/out" 'all(0 < r["least_seen"] <= 0.05
    for r in d["result"]["rows"] if r["verdict"] == "no difference found")'
run compare "$one" --results "$tmp/r" --no-plots --csv -m latency.p99,imbalance --policy p2c
is "CSV has a row a metric" 3 "$(wc -l <"$tmp/out")"
is "and as many cells as its head" 14 "$(tail -1 "$tmp/out" | awk -F, '{print NF}')"
has "a metric without a better direction is different, not better" ",different," "$tmp/out"
run compare "$one" --results "$tmp/r" --no-plots --margin 0.001% -m latency.p99
yes_ "with a margin that small what is not found is inconclusive" \
    test "$(grep -c 'no difference found' "$tmp/out")" = 0
run compare "$one" -m latency.p9 --no-plots; is "an unknown percentile exits 2" 2 $code
run compare "$one" -m latncy.mean --no-plots; is "an unknown metric exits 2" 2 $code
has "and the nearest is named" 'did you mean "latency.mean"' "$tmp/err"
run compare "$one" --baseline pc2 --no-plots; is "an unknown policy exits 2" 2 $code
has "and the nearest of them is named" '"p2c"' "$tmp/err"
run compare "$one" --margin 0 --no-plots; is "a margin of nothing exits 2" 2 $code
run compare "$one" -n 3 --no-plots; is "-n with a result exits 2" 2 $code
has "and says what it is for" "-n is for a scenario" "$tmp/err"
run compare "$one" --fresh; is "--fresh with one result exits 2" 2 $code

# ---- two results ----
run run "$small" -a peak_ewma,rr,p2c -n 6 --results "$tmp/b" "${fast[@]}"
two=$tmp/b/small/latest
run compare "$one" "$two" --results "$tmp/r" --no-plots
is "two results are compared" 0 $code
has "of the same build all is equal" "All are equal to the last digit." "$tmp/out"
is "no row says otherwise" 0 "$(grep -cE 'better|worse|difference|inconclusive' "$tmp/out")"
run compare "$one" "$two" --plot "$tmp/equal" -q
has "the figure's headline too says that nothing changed" "Nothing changed: latency.p" \
    "$tmp/equal/pairs-settings.gp"
run compare "$one" --plot "$tmp/unequal" -q
is "which that of a change does not" 0 "$(grep -c 'Nothing changed' "$tmp/unequal/pairs-settings.gp")"
run compare "$one/result.json" "$two" --results "$tmp/r" --no-plots --json
json "and in JSON, policies matched by name" "$tmp/out" 'len(d["result"]["rows"]) > 9 and all(
    r["verdict"] == "equal" and r["base"] == r["policy"] and r["change"] == 0
    for r in d["result"]["rows"])'
run compare "$one" "$two" --policy rr --against p2c --results "$tmp/r" --no-plots -m latency.p99 --json
json "--policy of old against --against of new" "$tmp/out" '[(r["base"], r["policy"], r["verdict"])
    for r in d["result"]["rows"]] == [("round_robin", "p2c", "better")]'
run compare "$one" "$two" --baseline rr; is "--baseline with two results exits 2" 2 $code

# ---- other seeds ----
run run "$small" --seed 11 -n 4 --results "$tmp/c" "${fast[@]}"
run compare "$one" "$tmp/c/small/latest" --results "$tmp/r" --no-plots
is "seeds that overlap are compared" 0 $code
has "those that both have, and the others are counted" \
    "2 paired seeds, those that both have; left out: 4" "$tmp/out"
has "which are equal" "All are equal to the last digit." "$tmp/out"
run compare "$one" "$tmp/c/small/latest" --fresh --results "$tmp/r" --no-plots -m latency.p99
has "--fresh takes all seeds, unpaired" "not paired: 6 seeds against 4" "$tmp/out"
has "and says by what test" Welch "$tmp/out"
run compare "$one" "$two" --fresh --results "$tmp/r" --no-plots
has "--fresh changes nothing where the seeds are the same" "6 paired seeds from 7" "$tmp/out"
run run "$small" --seed 100 -n 4 --results "$tmp/d" "${fast[@]}"
run compare "$one" "$tmp/d/small/latest" --results "$tmp/r" -m latency.p99,error_rate
is "without a common seed, results are compared all the same" 0 $code
has "and it is said" "not paired, for no seed is in both" "$tmp/out"
yes_ "no figure of pairs is drawn then" test ! -e "$tmp/r/small/compare"
run compare "$one" "$tmp/d/small/latest" --results "$tmp/r" --plot "$tmp/p"
is "--plot without pairs exits 2" 2 $code

# ---- overrides, other scenarios ----
run run "$small" -n 6 -s clients.web.arrival.rate=900/s --results "$tmp/e" "${fast[@]}"
run compare "$one" "$tmp/e/small/latest" --results "$tmp/r" --no-plots
is "another -s is no other scenario" 0 $code
has "but it is told, old and new" '/clients/0/arrival/rate: "800/s" -> "900/s"' "$tmp/out"
has "and it makes a difference" worse "$tmp/out"
sed 's/"6ms"/"7ms"/' "$small" >"$tmp/other.json"
run run "$tmp/other.json" -n 6 --results "$tmp/f" "${fast[@]}"
other=$tmp/f/small/latest
run compare "$one" "$other" --results "$tmp/r" --no-plots
is "another scenario exits 2" 2 $code
has "with its code" "E301" "$tmp/err"
has "and the key that differs, old and new" '/backends/0/service/p50: "6ms" -> "7ms"' "$tmp/err"
has "and the command that compares them all the same" "lblab compare $one $other --allow-different" "$tmp/err"
is "and nothing on stdout" "" "$(cat "$tmp/out")"
run compare "$one" "$other" --allow-different --results "$tmp/r" --no-plots
has "what differs stands in the head" 'they differ in /backends/0/service/p50: "6ms" -> "7ms"' "$tmp/out"
run compare "$small" "$tmp/other.json" -n 3 --results "$tmp/g" --no-plots
is "two scenarios are refused before they are run" 2 $code
has "with the command" "lblab compare $small $tmp/other.json --allow-different" "$tmp/err"
yes_ "and nothing was written" test ! -e "$tmp/g"
run compare "$small" "$tmp/other.json" --allow-different -n 3 --results "$tmp/g" --no-plots
is "with it they are run and compared" 0 $code
has "by the names that they were called by" "new: $tmp/other.json   3 seeds from 7" "$tmp/out"
has "and slower is slower" worse "$tmp/out"
run compare "$one" "$other" --allow-different --results "$tmp/r" --no-plots --json
is "--allow-different compares" 0 $code
has "with a warning" "W301" "$tmp/err"
json "unpaired, with the difference listed" "$tmp/out" 'not d["result"]["paired"] and any(
    x["at"] == "/backends/0/service/p50" and x["old"] == "\"6ms\"" for x in d["result"]["differences"])'

# ---- files that were touched ----
head -c 2000 "$one/result.json" >"$tmp/cut.json"
run compare "$tmp/cut.json" "$two"; is "a cut file exits 2" 2 $code
sed 's/"completed": *\([0-9]*\)/"completed":1\1/' "$one/result.json" >"$tmp/edited.json"
run compare "$tmp/edited.json" "$two"; is "an edited one exits 2" 2 $code
run compare "$tmp/nosuch" "$two"; is "one that is not there exits 2" 2 $code
run compare "$small" "$two"; is "a scenario is no result" 2 $code

# ---- the figure ----
touch "$tmp/file"
run compare "$one" --results "$tmp/file"
is "where no figure can be put, the answer is still given" 0 $code
has "with a warning" W903 "$tmp/err"
run compare "$one" --plot "$tmp/file/p"; is "a --plot that cannot be exits 3" 3 $code
if command -v gnuplot >/dev/null; then
    run compare "$one" --results "$tmp/r"
    has "the figure's place is told" "figure: $tmp/r/small/compare/" "$tmp/out"
    yes_ "and it is there" test -s "$(sed -n 's/^  figure: //p' "$tmp/out")"
    run compare "$one" --results "$tmp/q" --plot "$tmp/p" -m error_rate
    is "--plot draws a metric that is 0 everywhere" 0 $code
    yes_ "into the folder" test -s "$tmp/p/pairs.png"
    yes_ "and nowhere else" test ! -e "$tmp/q"
fi
PATH=/nonexistent run compare "$one" --results "$tmp/r" --plot "$tmp/p2"
is "without gnuplot --plot exits 3" 3 $code
finish compare
