#!/usr/bin/env bash
# Full disks, closed pipes, colours, -o, folders that cannot be written.
. "$(dirname "$0")/lib.bash"
fast=(--results "$tmp/r" --no-plots -d 1s)

"$lblab" list algorithms >/dev/full 2>"$tmp/err"
is "a full stdout exits 3" 3 $?
has "a full stdout is told" "cannot write to standard output" "$tmp/err"
"$lblab" run "$here/small.json" "${fast[@]}" >/dev/full 2>"$tmp/err"
is "run: a full stdout exits 3" 3 $?
"$lblab" list algorithms >&- 2>"$tmp/err"
is "a closed stdout exits 3" 3 $?
has "a closed stdout is told" "cannot write to standard output" "$tmp/err"
"$lblab" list algorithms 2>&- >/dev/null
is "a closed stderr is no fault" 0 $?
"$lblab" validate - <&- >"$tmp/out" 2>"$tmp/err"
is "a closed stdin exits 3" 3 $?
( trap '' PIPE; "$lblab" run "$here/small.json" "${fast[@]}" -q 2>"$tmp/err"; echo $? >"$tmp/code" ) | true
is "with SIGPIPE ignored, too, a closed pipe is quiet" "" "$(cat "$tmp/err")"
yes_ "and exits 141" grep -qxE '141|0' "$tmp/code"
"$lblab" list algorithms 2>"$tmp/err" | head -1 >"$tmp/out"
is "| head -1 is quiet" "" "$(cat "$tmp/err")"
is "| head -1 gets its line" 1 "$(wc -l <"$tmp/out")"

touch "$tmp/file"
run run "$here/small.json" --no-plots -d 1s --results "$tmp/file"
is "results that cannot be a folder exit 3" 3 $code
is "and print nothing on stdout" "" "$(cat "$tmp/out")"
run list algorithms -o "$tmp/no/such/file"
is "-o into nowhere exits 3" 3 $code
run list algorithms -o "$tmp/list.txt"
is "-o exits 0" 0 $code
is "-o leaves stdout empty" "" "$(cat "$tmp/out")"
has "-o writes the answer" round_robin "$tmp/list.txt"
echo old >"$tmp/list.txt"
run list nosuch -o "$tmp/list.txt"
is "a failing verb leaves the old file" old "$(cat "$tmp/list.txt")"
is "and nothing beside it" "" "$(ls "$tmp" | grep tmp)"

esc=$(printf '\033')
run run "$here/small.json" "${fast[@]}"
is "no colours into a file" 0 "$(grep -c "$esc" "$tmp/out")"
run run "$here/small.json" "${fast[@]}" --color always
yes_ "--color always paints" grep -q "$esc" "$tmp/out"
FORCE_COLOR=1 run run "$here/small.json" "${fast[@]}"
yes_ "FORCE_COLOR paints" grep -q "$esc" "$tmp/out"
NO_COLOR=1 FORCE_COLOR=1 run run "$here/small.json" "${fast[@]}"
is "NO_COLOR wins" 0 "$(grep -c "$esc" "$tmp/out")"
if command -v script >/dev/null; then
    TERM=xterm script -qec "'$lblab' rnu" /dev/null >"$tmp/tty" </dev/null
    yes_ "errors are painted on a terminal" grep -q "$esc" "$tmp/tty"
    NO_COLOR=1 TERM=xterm script -qec "'$lblab' rnu" /dev/null >"$tmp/tty" </dev/null
    is "but not with NO_COLOR" 0 "$(grep -c "$esc" "$tmp/tty")"
    env -u CI TERM=dumb script -qec "'$lblab' run '$here/small.json' --results '$tmp/r' --no-plots -d 200s -q" /dev/null >"$tmp/tty" </dev/null
    is "no bar on a dumb terminal" 0 "$(grep -c "$(printf '\r')\[" "$tmp/tty")"
fi
run run "$here/small.json" "${fast[@]}" --progress always
has "--progress always draws a bar" "cells" "$tmp/err"
run run "$here/small.json" "${fast[@]}" -q
is "-q leaves stderr empty" "" "$(cat "$tmp/err")"
yes_ "the table fits 80 columns" test "$(grep -v "$tmp" "$tmp/out" | LC_ALL=C.UTF-8 wc -L)" -le 80
has "the table names the policies" peak_ewma "$tmp/out"
cp "$tmp/out" "$tmp/first"
run run "$here/small.json" "${fast[@]}" -a round_robin,weighted_round_robin,weighted_least_conn,peak_ewma:decay=500ms,maglev:table_size=5003,ring_hash:vnodes=1000
yes_ "and so does one of long names" test "$(grep -v "$tmp" "$tmp/out" | LC_ALL=C.UTF-8 wc -L)" -le 80
cp "$tmp/first" "$tmp/out"
has "the footer counts" "requests/s" "$tmp/out"
folder=$(grep -o "$tmp/r/small/[^ ]*/" "$tmp/out" | head -1)
yes_ "the folder that run names exists" test -f "$folder/result.json"
yes_ "latest points to a result" test -f "$tmp/r/small/latest/result.json"
run run "$here/small.json" "${fast[@]}" --json
json "run --json is the result" "$tmp/out" 'd["schema"] == "lblab-result/1" and len(d["result"]["runs"]) == 6'
yes_ "and the same as result.json" cmp -s "$tmp/out" "$tmp/r/small/latest/result.json"
run run "$here/small.json" --dry-run --results "$tmp/dry"
is "--dry-run exits 0" 0 $code
yes_ "--dry-run writes nothing" test ! -e "$tmp/dry"
run run "$here/small.json" -a p2c -n 1 --dry-run
has "--dry-run counts one as one" ": 1 policy x 1 seed = 1 cell, about" "$tmp/out"
finish output
