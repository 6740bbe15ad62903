#!/usr/bin/env bash
# The same bytes from any -j and after an interruption; what -s, -a, --seed, -n and -d change.
. "$(dirname "$0")/lib.bash"

sha() { "$lblab" run "$here/small.json" --no-plots -q --json "$@" 2>"$tmp/err" >"$tmp/json"; sha_of "$tmp/json"; }

one=$(sha --results "$tmp/1" -j1)
yes_ "there is a result_sha256" test ${#one} = 64
is "-j1 twice gives the same" "$one" "$(sha --results "$tmp/1" -j1)"
is "-j2 gives the same" "$one" "$(sha --results "$tmp/2" -j2)"
is "-j7 gives the same" "$one" "$(sha --results "$tmp/3" -j7)"
is "--seed 7 is the file's" "$one" "$(sha --results "$tmp/3" --seed 7)"
yes_ "--seed 8 differs" test "$one" != "$(sha --results "$tmp/3" --seed 8)"
yes_ "-s changes the run" test "$one" != "$(sha --results "$tmp/3" -s backends.app.workers=3)"
sha --results "$tmp/3" -n 3 -a rr,lc -d 2s >/dev/null
json "-n and -a decide the runs" "$tmp/json" \
    '[r["policy"] for r in d["result"]["runs"]] == ["round_robin"] * 3 + ["least_conn"] * 3'
run run "$here/small.json" -s backends.app.wrokers=3
is "an unknown path of -s exits 2" 2 $code
run run "$here/small.json" -a nosuch
is "an unknown algorithm of -a exits 2" 2 $code
run run "$here/small.json" -d 5
is "a duration without a unit exits 2" 2 $code

# Interrupted: finished cells are kept, the same command resumes.  Long enough to be hit.
long=(run "$here/small.json" --no-plots -q --json -j1 -n 6 -d 300s)
"$lblab" "${long[@]}" --results "$tmp/whole" >"$tmp/json" 2>/dev/null
whole=$(sha_of "$tmp/json")
for signal in INT TERM; do
    rm -rf "$tmp/part"
    set -m      # or a background job would ignore SIGINT
    (trap - EXIT; exec "$lblab" "${long[@]}" --results "$tmp/part" >"$tmp/out" 2>"$tmp/err") &
    pid=$!
    set +m
    for _ in $(seq 200); do
        [ "$(find "$tmp/part" -name '*.record' 2>/dev/null | wc -l)" -ge 1 ] && break
        sleep 0.02
    done
    kill -$signal $pid 2>/dev/null
    wait $pid
    code=$?
    is "SIG$signal ends with its code" "$([ $signal = INT ] && echo 130 || echo 143)" $code
    has "SIG$signal says what is kept" "finished ones are kept, the same command resumes" "$tmp/err"
    is "SIG$signal prints no half answer" "" "$(cat "$tmp/out")"
    kept=$(find "$tmp/part" -name '*.record' | wc -l)
    yes_ "SIG$signal keeps finished cells" test "$kept" -ge 1
    loud=("${long[@]/-q/--progress=never}")
    "$lblab" "${loud[@]}" --results "$tmp/part" >"$tmp/json" 2>"$tmp/err"
    yes_ "and says how much was there" grep -qE '^lblab: [0-9]+ of 18 cells were done before$' "$tmp/err"
    is "resumed after SIG$signal, the answer is the same" "$whole" "$(sha_of "$tmp/json")"
    is "and the cells are gone" "" "$(find "$tmp/part" -name .cells)"
done
finish repeat
