#!/usr/bin/env bash
# Results read back: whole ones as they were, every bad one with exactly its error text; and what a
# run says of policies that do the same, of its warm-up, of what it cannot tell apart.
. "$(dirname "$0")/lib.bash"
shopt -s nullglob

cd "$root/tests/bad-results"
run compare good.json good.json
is "good.json is read" 0 $code
for file in [a-z][0-9]*.json; do
    run compare "$file" good.json
    is "$file is refused" 2 $code
    is "$file prints nothing on stdout" "" "$(cat "$tmp/out")"
    if cmp -s "${file%.json}.err" "$tmp/err"; then ok; else
        bad "$file gives its error text" "$(diff "${file%.json}.err" "$tmp/err" | head -8)"; fi
done

# Another version may have had other formulas: its conclusions are drawn anew.
sed 's/"version": ""/"version": "0.0.1"/' b04-edited-interval.json >"$tmp/older.json"
run compare "$tmp/older.json" good.json
is "a result of another version is read" 0 $code

# Two names of one thing.
cd "$tmp"
sed 's/"round_robin", "p2c", "peak_ewma"/{ "name": "p2c", "label": "one" }, { "name": "p2c", "label": "other" }/
     s/"baseline": "round_robin"/"baseline": "one"/; s/"replications": 2/"replications": 3/' \
    "$here/small.json" >same.json
run run same.json --results r --no-plots --json
is "one algorithm under two names runs" 0 $code
json "it leaves the same digests" out \
    '[x["digest"] for x in d["result"]["runs"][:3]] == [x["digest"] for x in d["result"]["runs"][3:]]'
json "every comparison says equal" out '{x["verdict"] for x in d["result"]["compare"]} == {"equal"}'
run run same.json --results r --no-plots
has "the table says equal" "equal" out

# Read back from its folder, from `latest` and from the file: the same.
run compare r/small/latest r/small/latest/result.json
is "a result is compared with itself" 0 $code
is "and nothing differs" 0 "$(grep -cE 'better|worse|inconclusive|no difference' out)"

# Warm-up that is found.
run run "$here/small.json" -s run.warmup=auto -s run.duration=10s --results r --no-plots
is "a run finds its warm-up" 0 $code
has "and says so" "warm-up:" out
grep -qE '"rule": "(found|none)"' r/small/latest/result.json && ok || bad "result.json tells the rule"
run compare r/small/latest r/small/latest
is "and is read back" 0 $code

# No verdict is a bare percentage, and nothing is wider than a terminal.
run run "$here/small.json" -n 3 --results r --no-plots
is "lines of a table beyond 80 columns" 0 "$(LC_ALL=C.UTF-8 grep -vE '^  r/' out | LC_ALL=C.UTF-8 grep -cE '^.{81,}')"
is "percentages without a word behind them" 0 \
    "$(grep -E '%( \[|$)' out | grep -cvE 'better|worse|no difference found|inconclusive|equal|interval\]')"
finish results
