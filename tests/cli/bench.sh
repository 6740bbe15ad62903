#!/usr/bin/env bash
# lblab bench: what its answers look like.  Never a timing: machines differ.
. "$(dirname "$0")/lib.bash"
quick="--time 60us --rounds 1"

names=$("$lblab" list algorithms --json | grep '"summary"' | grep -v '"summary": "wrapper:' |
    sed 's/.*"name": "\([a-z_0-9]*\)".*/\1/' | sort)
run bench --backends 8 $quick --json
is "bench exits 0" 0 $code
is "and prints nothing on stderr" "" "$(cat "$tmp/err")"
is "every algorithm of list has a row, the wrappers have none" "$names" \
   "$(grep -o '"algorithm": "[a-z_0-9]*"' "$tmp/out" | sed 's/.*"\(.*\)"/\1/' | sort)"
json "a row has all its figures" "$tmp/out" 'd["schema"] == "lblab-bench/1" and all(
    r["refused"] is None and r["backends"] == 8 and r["bytes"] > 8 * 48 and r["ci95"] is None
    and all(r[k] >= 0 for k in ("ns_per_pick", "ns_per_pick_and_complete", "build_ns", "rebuild_ns"))
    for r in d["result"]["rows"])'
json "and the simulator its own" "$tmp/out" '[
    round(e["events_per_s"] / e["requests_per_s"]) for e in d["result"]["engine"]] == [2, 2, 12]'

run bench -a maglev,maglev:table_size=503,fwrr,p2c -N 100,600,5000 --time 60us --rounds 6 \
    --format "json=$tmp/b.json,gobench=$tmp/go.txt,gbench=$tmp/g.json,text"
is "four formats at once" 0 $code
json "rows stand size by size, in the order asked for" "$tmp/b.json" '[
    (r["algorithm"], r["backends"]) for r in d["result"]["rows"]] == [
    (a, n) for n in (100, 600, 5000) for a in ("maglev", "maglev(table_size=503)", "fwrr", "p2c")]'
json "six rounds make an interval around the median" "$tmp/b.json" 'all(
    r["ci95"][0] <= r["ns_per_pick"] <= r["ci95"][1] for r in d["result"]["rows"] if not r["refused"])'
json "who takes fewer is refused with its maximum or its reason" "$tmp/b.json" '[
    (r["algorithm"], r["backends"], r["refused"], r["ns_per_pick"]) for r in d["result"]["rows"] if r["refused"]] == [
    ("maglev(table_size=503)", 600, "table_size must not be below the number of backends", None),
    ("maglev(table_size=503)", 5000, "table_size must not be below the number of backends", None),
    ("fwrr", 5000, "at most 4095 backends", None)]'
json "the maximum is there where nothing was refused too" "$tmp/b.json" '[
    r["max_backends"] for r in d["result"]["rows"]][:4] == [None, None, 4095, None]'
has "the table says so" "at most 4095 backends" "$tmp/out"
is "the table fits 80 columns" "" "$(LC_ALL=C.UTF-8 grep -P '^.{81,}' "$tmp/out")"
is "a heading for each number of backends" "N = 100 N = 600 N = 5000" \
   "$(grep -o 'N = [0-9]*' "$tmp/out" | paste -sd' ')"

number='[0-9.e+-]+'
is "every line is Go's benchmark format" "" "$(grep -vE "^(# lblab [^ ]+, git [^ ]+|Unit table-B better=lower|Benchmark(Pick|PickAndComplete|Build|Rebuild)/algorithm=[^ /]+/backends=[0-9]+-1 [0-9]+ $number ns/op( [0-9]+ table-B)?|BenchmarkRequest/work=[^ ]+-1 [0-9]+ $number ns/op $number events/op)$" "$tmp/go.txt")"
is "a line a round: 9 measured rows x 4 figures x 6, 3 works x 6" $((9 * 4 * 6 + 3 * 6)) \
   "$(grep -c '^Benchmark' "$tmp/go.txt")"
json "google-benchmark: six repetitions and three aggregates each" "$tmp/g.json" '(lambda n:
    all(list(n.values()).count(9) == len(n) for _ in [0]) and len(n) == 9 * 4 + 3
    and "pick/maglev(table_size=503)/100" in n and "request/M/M/1" in n)(
    {k: sum(b["run_name"] == k for b in d["benchmarks"]) for k in {b["run_name"] for b in d["benchmarks"]}})'
json "its median is the JSON's" "$tmp/g.json" 'abs([b["real_time"] for b in d["benchmarks"]
    if b["name"] == "pick/p2c/600_median"][0]
    / [r["ns_per_pick"] for r in json.load(open("'"$tmp"'/b.json"))["result"]["rows"]
       if (r["algorithm"], r["backends"]) == ("p2c", 600)][0] - 1) < 1e-6'

run bench -a profile=haproxy-2.6:policy=leastconn,p2c:choices=3:subset -N 8 $quick --json
is "profiles, parameters and wrappers are taken" 0 $code
json "and named as everywhere" "$tmp/out" '[
    r["algorithm"].startswith("p2c(choices=3") for r in d["result"]["rows"]] == [False, True]'
run bench -a fwrr -N 5000 $quick; is "nothing but refused rows exits 2" 2 $code
has "with the maximum" "fwrr with 5000 backends: at most 4095 backends" "$tmp/err"
is "and without an answer" "" "$(cat "$tmp/out")"
for bad in "-a nosuch" "-N ten" "-N 0" "--time 0s" "--time soon" "--rounds 0" "--format junit" "--format json,gbench" \
           "--json --format text" "--format json=/nosuch/x" "extra"; do
    run bench $bad; is "bench $bad exits 2" 2 $code
    is "bench $bad answers nothing" "" "$(cat "$tmp/out")"
done
run bench --format gobanch; has "a format misspelt" 'did you mean "gobench"?' "$tmp/err"
finish bench
