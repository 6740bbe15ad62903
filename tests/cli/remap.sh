#!/usr/bin/env bash
# lblab remap: shares of keys that move, as text, JSON, CSV and figures.
. "$(dirname "$0")/lib.bash"

# ---- the answer and its forms ----
run remap -a ip_hash,ring_hash,maglev --backends 100 --keys 20k --json
is "remap exits 0" 0 $code
is "remap prints nothing on stderr" "" "$(cat "$tmp/err")"
json "moved is unavoidable + excess" "$tmp/out" 'd["schema"] == "lblab-remap/1" and all(
    abs(r["moved"] - r["unavoidable"] - r["excess"]) < 1e-8 and r["keys"] == 20000
    and r["backends"] == 100 and 0.005 < r["unavoidable"] < 0.02 and r["change"] == "remove 1"
    and abs(r["least"] - 0.01) < 1e-9 and r["cv"] > 0 and r["build_ns"] > 0
    and r["rebuild_ns"] > 0 and "by_request" not in r for r in d["result"]["rows"])'
json "ring_hash and maglev move little, ip_hash most" "$tmp/out" '[
    r["moved"] < 0.05 for r in d["result"]["rows"]] == [False, True, True]'
run remap -a maglev -N 4..6 --csv
is "a CSV range gives a row each" 4 "$(wc -l <"$tmp/out")"
cut -d, -f1-9,11-15 "$tmp/out" >"$tmp/csv"
run remap -a maglev -N 4..6 --format csv
yes_ "--format csv is the same but for what is measured" cmp -s "$tmp/csv" <(
    cut -d, -f1-9,11-15 "$tmp/out")
run remap -a maglev -N 10,20 --add 2 --keys 1000
is "--add works" 0 $code
run remap -a ip_hash,maglev,maglev:table_size=5003 -N 100,200
is "the table fits 80 columns" "" "$(LC_ALL=C.UTF-8 grep -P '^.{81,}' "$tmp/out")"
has "and shows whole names" "maglev(table_size=5003)" "$tmp/out"

# ---- what real products did, key for key ----
recorded=$root/tests/data/remap
differs=0 rows=0
while IFS=';' read -r count keys policy options; do
    # shellcheck disable=SC2086
    "$lblab" remap -a "profile=$policy" -N 5 --names '127.0.0.1:2200#' --keys "$recorded/$keys.txt" \
        $options --csv >"$tmp/out" 2>&1
    got=$(awk -F, 'END { printf "%.0f", $17 * $18 }' "$tmp/out")
    rows=$((rows + 1))
    [ "$got" = "$count" ] && continue
    differs=$((differs + 1))
    echo "      $policy $options: $got, recorded $count"
done < <(sed -e '/^#/d' -e 's/^\([^;]*;[^;]*\);profile=/\1;/' "$recorded/recorded.txt")
is "as many keys move as moved at HAProxy, nginx and Caddy" "0 of 46" "$differs of $rows"

# ---- changes ----
run remap -a nearest_ring -N 10 --remove 1 --which first --reload --keys 20k --json
json "HAProxy's ids by position: a deleted first line moves 99 %" "$tmp/out" \
    'd["result"]["rows"][0]["moved"] > 0.98 and d["result"]["rows"][0]["change"] == "remove 1 (first) by reload"'
run remap -a nearest_ring -N 10 --remove 1 --which first --reload --ids name --keys 20k --json
json "with ids that stay nothing moves without need" "$tmp/out" \
    'd["result"]["rows"][0]["excess"] == 0'
run remap -a modulo_hash,ring_hash,maglev -N 10 --crash 3 --return --which random --keys 5000
is "--crash --return exits 0" 0 $code
has "every key is home" "every key is home again" "$tmp/out"
run remap -a anchor -N 10 --crash 3 --return --which first --keys 5000
has "or is said not to be" "of the keys are not home again" "$tmp/out"
run remap -a rendezvous,jump -N 5 --weight 2=2 --keys 20k --json
json "a weight from 1 to 2 among five asks for 2/6 - 1/5" "$tmp/out" '(all(
    abs(r["unavoidable"] - 2/15) < 1e-4 and r["change"] == "weight 2=2" for r in d["result"]["rows"])
    and abs(d["result"]["rows"][0]["excess"]) < 0.01 and d["result"]["rows"][1]["moved"] == 0)'
run remap -a ring_hash,maglev -N 10 --shuffle --keys 5000 --json
json "the order of addition moves nothing" "$tmp/out" 'all(
    r["moved"] == 0 for r in d["result"]["rows"])'
run remap -a modulo_hash -N 10 --reload --keys 5000 --json
json "nor does reading the same configuration again" "$tmp/out" \
    'd["result"]["rows"][0]["moved"] == 0 and d["result"]["rows"][0]["change"] == "reload"'

# ---- keys of one's own ----
cat >"$tmp/access.log" <<'LOG'
227.71.7.218 - - [17/May/2015:10:05:03 +0000] "GET /a.png HTTP/1.1" 200 203023 "-" "browser"
227.71.7.218 - - [17/May/2015:10:05:43 +0000] "GET /b.png HTTP/1.1" 200 171717 "-" "browser"
227.71.7.9 - - [17/May/2015:10:05:47 +0000] "GET /c.js HTTP/1.1" 200 26185 "-" "bot"
10.1.2.3 - - [17/May/2015:10:05:12 +0000] "GET / HTTP/1.1" 200 7697 "-" "browser"
LOG
run remap -a ip_hash,maglev -N 4 --keys "$tmp/access.log" --json
json "an access log is its clients and its requests" "$tmp/out" 'all(
    r["keys"] == 3 and r["by_request"]["requests"] == 4 for r in d["result"]["rows"])'
json "one /24 goes to one backend" "$tmp/out" \
    'd["result"]["rows"][0]["by_request"]["max_over_mean"] >= 3'
run remap -a maglev -N 4 --keys "$tmp/access.log"
has "the table has both" "4 requests of these keys" "$tmp/out"
printf '10.0.0.1\nname\n' >"$tmp/keys"
run remap -a maglev --keys "$tmp/keys"; is "a line without an address exits 2" 2 $code
has "and is named" "keys:2:1: error[E150]" "$tmp/err"
printf 'a\nb\0c\n' >"$tmp/keys"
run remap -a maglev --keys "$tmp/keys"; is "a NUL exits 2" 2 $code
has "and has its place" "keys:2:2: error[E150]" "$tmp/err"
head -c 70000 /dev/zero | tr '\0' x >"$tmp/keys"
run remap -a maglev --keys "$tmp/keys"; is "a line without end exits 2" 2 $code
: >"$tmp/keys"
run remap -a maglev --keys "$tmp/keys"; is "an empty file exits 2" 2 $code
printf 'text\n' >"$tmp/keys"
run remap -a ip_hash --keys "$tmp/keys"; is "texts for ip_hash exit 2" 2 $code
run remap -a maglev --keys "$tmp/none"; is "no file exits 2" 2 $code

# ---- pictures ----
run remap -a ring_hash,maglev -N 8 --picture --keys 1000
is "a picture is 16 rows a policy" 32 "$(grep -cE '^  [a-h]{16}   [a-h]{16}   [.oX]{16}$' "$tmp/out")"
is "a ring moves nothing without need" 0 "$(sed -n '/ring_hash, 8/,/maglev, 8/p' "$tmp/out" |
    grep -c 'X[.oX]*$\|[.o]X')"
mkdir "$tmp/plots"
run remap -a ring_hash,maglev -N 8,16 --keys 1000 --plot "$tmp/plots"
if command -v gnuplot >/dev/null; then is "--plot exits 0" 0 $code; else is "or says why" 3 $code; fi
is "4096 places a policy are in its data" 8192 "$(grep -c '^[0-9]' "$tmp/plots/remap_table.dat")"
has "and the line of theory" "8 12.5 " "$tmp/plots/remap_n.dat"
mkdir "$tmp/bin"
for tool in env sh; do ln -s "$(command -v $tool)" "$tmp/bin/"; done
PATH=$tmp/bin "$lblab" remap -a ring_hash -N 8 --keys 1000 --plot "$tmp/plots" >"$tmp/out" 2>"$tmp/err"
is "without gnuplot it exits 3" 3 $?
has "but has answered" "remove 1; 1000 keys" "$tmp/out"
yes_ "and leaves the means to draw" test -s "$tmp/plots/remap_table.gp"

# ---- faults ----
run remap -a rr; is "an algorithm without keys exits 2" 2 $code
is "and prints nothing on stdout" "" "$(cat "$tmp/out")"
run remap -a nosuch; is "an unknown algorithm exits 2" 2 $code
run remap -a maglev -N 10 --remove 10; is "removing all exits 2" 2 $code
run remap -a maglev,ring_hash,jump -N 10,20,30 --remove 10
is "which is told once, whatever the policies" 1 "$(grep -c 'E174' "$tmp/err")"
run remap -a rr,maglev -N 10,20,30
is "and so is a policy without keys, whatever the sizes" 1 "$(grep -c 'E173' "$tmp/err")"
is "the others are answered" 3 "$(grep -c '^  maglev' "$tmp/out")"
run remap -a maglev -N 3 --weight 3=2; is "a weight of nobody exits 2" 2 $code
for wrong in "-N ten" "--add 1 --remove 1" "--crash 1 --shuffle" "--return" "--which top" \
    "--which first --shuffle" "--add 1 --which first" "--crash 1 --reload" "--weight 3" \
    "--weight =2" "--ids both" "--names a#b#" "--format xml" "--json --csv" "--keys 0" "--seed x"; do
    # shellcheck disable=SC2086
    run remap -a maglev $wrong
    is "$wrong exits 2" 2 $code
    is "$wrong prints nothing on stdout" "" "$(cat "$tmp/out")"
done
finish remap
