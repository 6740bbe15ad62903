#!/usr/bin/env bash
# lblab verify: the short form passes whatever the seed and -j, as text and as JSON.
. "$(dirname "$0")/lib.bash"

run verify --short
is "the short form passes" 0 $code
is "and prints nothing on stderr" "" "$(cat "$tmp/err")"
has "its last line counts" ", 0 failed; chance of any false alarm at most 0.1 %" "$tmp/out"
yes_ "and it has 150 checks or more" test "$(grep -c '^ok  ' "$tmp/out")" -ge 150
is "no check failed" "" "$(grep '^FAIL' "$tmp/out")"
is "the table fits 80 columns" "" "$(awk 'length($0) > 80' "$tmp/out")"
is "it says nothing twice" "" "$(awk '/^ok / { print $2 }' "$tmp/out" | sort | uniq -d)"
run verify --list
is "--list exits 0" 0 $code
has "it names the groups" "mm1 " "$tmp/out"
is "the list fits 80 columns" "" "$(awk 'length($0) > 80' "$tmp/out")"

few=(mm1 closed retries lwl)
run verify "${few[@]}" --short --seed 1000 --json -j1
is "another seed passes" 0 $code
cp "$tmp/out" "$tmp/one"
json "rows have what they must have" "$tmp/one" 'd["schema"] == "lblab-verify/1" and "environment" in d and all(
    set(r) == {"id", "source", "expected", "got", "ci", "tolerance", "why", "verdict"}
    and abs(r["got"] - r["expected"]) <= r["tolerance"] and r["verdict"] == "ok"
    for r in d["result"]["rows"])'
json "groups come in the order asked for" "$tmp/one" '[k for i, k in enumerate(
    r["id"].split("/")[0] for r in d["result"]["rows"])][0] == "mm1" and d["result"]["rows"][-1]["id"].startswith("lwl/")'
run verify "${few[@]}" --short --seed 1000 --json -j3
is "-j changes no number" "$(sed '/"environment"/,$d' "$tmp/one")" "$(sed '/"environment"/,$d' "$tmp/out")"
run verify "${few[@]}" --short --json
yes_ "the seed does" test "$(sed '/"environment"/,$d' "$tmp/one")" != "$(sed '/"environment"/,$d' "$tmp/out")"
run verify mm1 --short -v
has "-v tells sources" "source  M/M/1" "$tmp/out"
has "and why so much is allowed" "standard errors of 32 runs" "$tmp/out"

run verify mm2; is "an unknown group exits 2" 2 $code
has "and is told with the nearest" 'did you mean "mm1"?' "$tmp/err"
run verify --short --long; is "--short and --long exclude each other" 2 $code
finish verify
