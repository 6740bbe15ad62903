#!/usr/bin/env bash
# lblab remap: shares of keys that move, as text, JSON and CSV.
. "$(dirname "$0")/lib.bash"

run remap -a ip_hash,ring_hash,maglev --backends 100 --keys 20k --json
is "remap exits 0" 0 $code
is "remap prints nothing on stderr" "" "$(cat "$tmp/err")"
json "moved is unavoidable + excess" "$tmp/out" 'd["schema"] == "lblab-remap/1" and all(
    abs(r["moved"] - r["unavoidable"] - r["excess"]) < 1e-8 and r["keys"] == 20000
    and r["backends"] == 100 and 0.005 < r["unavoidable"] < 0.02 for r in d["result"]["rows"])'
json "ring_hash and maglev move little, ip_hash most" "$tmp/out" '[
    r["moved"] < 0.05 for r in d["result"]["rows"]] == [False, True, True]'
run remap -a maglev -N 4..6 --csv
is "a CSV range gives a row each" 4 "$(wc -l <"$tmp/out")"
run remap -a maglev -N 10,20 --add 2 --keys 1000
is "--add works" 0 $code
run remap -a ip_hash,maglev,maglev:table_size=5003 -N 100,200
is "the table fits 80 columns" "" "$(LC_ALL=C.UTF-8 grep -P '^.{81,}' "$tmp/out")"
has "and shows whole names" "maglev(table_size=5003)" "$tmp/out"
run remap -a rr; is "an algorithm without keys exits 2" 2 $code
is "and prints nothing on stdout" "" "$(cat "$tmp/out")"
run remap -a nosuch; is "an unknown algorithm exits 2" 2 $code
run remap -N ten; is "a bad number exits 2" 2 $code
run remap --add 1 --remove 1; is "--add and --remove exclude each other" 2 $code
run remap -a maglev -N 10 --remove 10; is "removing all exits 2" 2 $code
finish remap
