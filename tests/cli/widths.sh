#!/usr/bin/env bash
# On a terminal of 60, 80 or 120 columns no table has a line that is wider.
. "$(dirname "$0")/lib.bash"
if ! command -v script >/dev/null; then ok; finish widths; exit; fi
names=rr,peak_ewma,p2c:choices=5,ring_hash:vnodes=1000
fast=(-n 3 -d 2s --no-plots -q)

# What stands on a terminal; stderr has lines of its own, with paths.
on_terminal() { COLUMNS=$1 NO_COLOR=1 TERM=xterm script -qec "'$lblab' ${*:2} 2>/dev/null" /dev/null </dev/null; }
# fits VERB ARGS...: at each width it has a table, and no line is too wide
fits() {
    local width
    for width in 60 80 120; do
        on_terminal $width "$@" | tr -d '\r' >"$tmp/tty"
        yes_ "$1 at $width says something" test "$(wc -l <"$tmp/tty")" -gt 4
        is "$1 fits $width columns" "" \
            "$(LC_ALL=C.UTF-8 grep -vF "$tmp" "$tmp/tty" | LC_ALL=C.UTF-8 grep -P "^.{$((width + 1)),}")"
    done
}
fits run "$here/small.json" -a $names "${fast[@]}" --results "$tmp/r"
has "where there is room, every percentile is shown" p99.9 "$tmp/tty"
fits compare "$tmp/r/small/latest" --no-plots -q
yes_ "where there is room, a change and its verdict are one line" grep -qE 'ms -> .*%.*\] ' "$tmp/tty"
fits sweep "$here/small.json" -a $names "${fast[@]}" --load '20%,60%,90%' --slo "'<30ms'" --results "$tmp/s"
fits remap -a maglev,ring_hash:vnodes=400,jump --backends 10 --remove 1 --keys 1000
has "where there is room, building is told" "build" "$tmp/tty"
fits bench -a maglev,ring_hash:vnodes=400,p2c --time 1ms --rounds 3 --backends 10 -q
has "where there is room, building is told" "rebuild" "$tmp/tty"
on_terminal 60 run "$here/small.json" -a $names "${fast[@]}" --results "$tmp/r" >"$tmp/tty"
has "where there is not, the compared percentile stays" p99 "$tmp/tty"
has "and short names are whole" "peak_ewma  " "$tmp/tty"
COLUMNS=120 "$lblab" run "$here/small.json" -a $names "${fast[@]}" --results "$tmp/r" >"$tmp/pipe"
yes_ "a pipe has as many columns as COLUMNS says" grep -qP '^.{100,120}$' "$tmp/pipe"
env -u COLUMNS "$lblab" run "$here/small.json" -a $names "${fast[@]}" --results "$tmp/r" >"$tmp/pipe"
is "and 80 without it" "" "$(grep -vF "$tmp" "$tmp/pipe" | LC_ALL=C.UTF-8 grep -P '^.{81,}')"
finish widths
