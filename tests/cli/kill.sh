#!/usr/bin/env bash
# Killed at fifty points, by SIGKILL and SIGINT in turn, and resumed: the same bytes every time.
. "$(dirname "$0")/lib.bash"
shopt -s nullglob

cells=12 points=50
small=(run "$here/small.json" -n 4 -d 4s --no-plots -q --json -j2)
"$lblab" "${small[@]}" --results "$tmp/whole" >"$tmp/json" 2>/dev/null
whole=$(sha_of "$tmp/json")
yes_ "there is a whole to compare with" test -n "$whole"
[ -n "$whole" ] || { finish kill; exit 1; }

# Waits until so many cells are done, and then some hundred microseconds more, other ones each time.
wait_for() {
    local pid=$1 want=$2 record
    for _ in $(seq 2000); do
        record=("$tmp"/part/small/.cells/*/*.record)
        [ ${#record[@]} -lt "$want" ] && kill -0 "$pid" 2>/dev/null || break
    done
    for _ in $(seq $((pid % 7 * 100))); do :; done
}

resumed=0
for k in $(seq 0 $((points - 1))); do
    rm -rf "$tmp/part"
    signal=$([ $((k % 2)) = 0 ] && echo KILL || echo INT)
    set -m
    # Killed before it is lblab, the shell's child must not clear our folder away.
    (trap - EXIT; exec "$lblab" "${small[@]}" --results "$tmp/part" >"$tmp/out" 2>/dev/null) &
    pid=$!
    set +m
    wait_for $pid $((k * cells / points))
    kill -$signal $pid 2>/dev/null
    { wait $pid; } 2>/dev/null
    resume=(--results "$tmp/part")
    if "$lblab" status "$tmp/part" 2>/dev/null | grep -q 'cells done'; then
        resume=(--resume "$tmp/part")
        resumed=$((resumed + 1))
    fi
    "$lblab" "${small[@]}" "${resume[@]}" >"$tmp/json" 2>"$tmp/err"
    is "killed by SIG$signal at point $k and resumed: the same bytes" "$whole" "$(sha_of "$tmp/json")"
    is "and no records are left" "" "$(find "$tmp/part" -name .cells)"
done
yes_ "most were caught in the middle ($resumed of $points)" test $resumed -ge 25
finish kill
