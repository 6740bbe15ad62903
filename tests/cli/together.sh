#!/usr/bin/env bash
# Runs of the same plan at the same time, into the same results folder, do not disturb each other.
. "$(dirname "$0")/lib.bash"

for k in 1 2 3; do
    "$lblab" run "$here/small.json" -n 8 --results "$tmp/results" --no-plots --json -q -j1 \
        >"$tmp/out$k" 2>"$tmp/err$k" </dev/null &
    pid[k]=$!
done
for k in 1 2 3; do
    wait "${pid[k]}"
    is "run $k of three at once exits 0" 0 $?
    is "run $k has nothing to say" "" "$(cat "$tmp/err$k")"
    is "run $k has the same result as the first" "$(sha_of "$tmp/out1")" "$(sha_of "$tmp/out$k")"
done
yes_ "the first has a result at all" test -n "$(sha_of "$tmp/out1")"
is "no records are left behind" "" "$(find "$tmp/results" -name .cells)"
finish together
