#!/usr/bin/env bash
# A run dealt out to shards gives the bytes of a whole one, however it is split and put together.
. "$(dirname "$0")/lib.bash"

small=(run "$here/small.json" -n 3 -d 2s --no-plots -q)
"$lblab" "${small[@]}" --json --results "$tmp/whole" >"$tmp/json"
whole=$(sha_of "$tmp/json")
yes_ "there is a whole to compare with" test -n "$whole"

# merged SHARDS ORDER: the sha of SHARDS parts in folders of their own, merged in that order
merged() {
    local n=$1 k dirs=()
    shift
    rm -rf "$tmp"/part*
    for k in $(seq "$n"); do "$lblab" "${small[@]}" --shard "$k/$n" --results "$tmp/part$k" || return; done
    for k in "$@"; do dirs+=("$tmp/part$k"); done
    "$lblab" merge "${dirs[@]}" --results "$tmp/merged" --no-plots --json >"$tmp/json" 2>"$tmp/err"
    sha_of "$tmp/json"
}
is "two shards" "$whole" "$(merged 2 1 2)"
is "two shards, the other way round" "$whole" "$(merged 2 2 1)"
is "nine shards for nine cells, in some order" "$whole" "$(merged 9 4 9 1 7 3 5 2 8 6)"
is "one shard is all of it" "$whole" "$(merged 1 1)"
is "more shards than cells" "$whole" "$(merged 11 1 2 3 4 5 6 7 8 9 10 11)"
is "four shards" "$whole" "$(merged 4 3 1 4 2)"
is "a folder named twice does no harm" "$whole" "$(merged 3 1 2 3 1)"
json "a merged result has its tables" "$tmp/json" 'len(d["result"]["runs"]) == 9 and d["result"]["compare"]'

# Shards into one folder, at the same time; duplicates.
for k in 1 2; do "$lblab" "${small[@]}" --shard "$k/2" --results "$tmp/one" & done
wait
"$lblab" "${small[@]}" --shard 1/3 --results "$tmp/one"
run status "$tmp/one"
is "status exits 0" 0 $code
has "status counts" "small: 9 of 9 cells done" "$tmp/out"
run merge "$tmp/one" --results "$tmp/merged" --no-plots --json
is "one folder for all shards, overlapping splits" "$whole" "$(sha_of "$tmp/out")"
run merge "$tmp/one" --results "$tmp/merged" --no-plots --json
is "merging again gives the same" "$whole" "$(sha_of "$tmp/out")"
run run "$here/small.json" -n 3 -d 2s --no-plots --json --results "$tmp/one" --progress never
has "a whole run goes on from what shards left" "9 of 9 cells were done before" "$tmp/err"
is "and is the same" "$whole" "$(sha_of "$tmp/out")"

# What is missing, what contradicts.
rm -rf "$tmp"/part*
"$lblab" "${small[@]}" --shard 1/4 --results "$tmp/part1"
"$lblab" "${small[@]}" --shard 2/4 --results "$tmp/part2"
run merge "$tmp/part1" "$tmp/part2" --results "$tmp/merged"
is "missing cells exit 3" 3 $code
is "every missing cell is named" 4 "$(grep -c 'error\[E914\]: missing: policy' "$tmp/err")"
is "and nothing is printed" "" "$(cat "$tmp/out")"
run status "$tmp/part1" "$tmp/part2" --json
json "status --json counts" "$tmp/out" \
    '[(r["cells"], r["done"], r["missing"]) for r in d["result"]["rows"]] == [(9, 5, 4)]'
json "and has what the command line changed" "$tmp/out" \
    'd["result"]["rows"][0]["overrides"] == ["-n 3", "-d 2s"]'
run status "$tmp/part1"
has "which the text tells" "  run with -n 3, -d 2s" "$tmp/out"
for load in 600 700; do
    run run "$here/small.json" -s clients.web.arrival.rate=$load/s --shard 1/4 --results "$tmp/load"
done
run status "$tmp/load"
is "so the points of a sweep are told apart" 2 "$(grep -c '  run with -s clients.web.arrival.rate=[67]00/s$' "$tmp/out")"

rm -rf "$tmp"/part*
for k in 1 2; do "$lblab" "${small[@]}" --shard "$k/2" --results "$tmp/part$k"; done
record=$(find "$tmp/part1" -name '*.record' | sort | head -n 1)
cp -r "$tmp/part1" "$tmp/part3"
printf 'x' >>"$(find "$tmp/part3" -name "$(basename "$record")")"
run merge "$tmp/part1" "$tmp/part2" "$tmp/part3" --results "$tmp/merged" --no-plots --json
is "a damaged copy is as good as none" "$whole" "$(sha_of "$tmp/out")"

# A record that is whole but says something else: its sum is put right, as by another machine.
forged=$(find "$tmp/part3" -name "$(basename "$record")")
python3 - "$record" "$forged" <<'EOF'
import sys
P = (11400714785074694791, 14029467366897019727, 1609587929392839161, 9650029242287828579,
     2870177450012600261)
ALL = (1 << 64) - 1

def rotated(x, n):
    x &= ALL
    return x << n & ALL | x >> (64 - n)

def xxh64(text):                    # Collet's specification, seed 0
    word = lambda at, n: int.from_bytes(text[at:at + n], "little")
    lane, at = [P[0] + P[1], P[1], 0, -P[0]], 0
    while at + 32 <= len(text):
        for i in range(4):
            lane[i] = rotated(lane[i] + word(at + 8 * i, 8) * P[1], 31) * P[0] & ALL
        at += 32
    h = P[4]
    if at:
        h = sum(rotated(v, n) for v, n in zip(lane, (1, 7, 12, 18)))
        for v in lane:
            h = (h ^ rotated(v * P[1], 31) * P[0] & ALL) * P[0] + P[3]
    h += len(text)
    for size, inner, turn, outer, plus in ((8, None, 27, P[0], P[3]), (4, P[0], 23, P[1], P[2]),
                                           (1, P[4], 11, P[0], 0)):
        while at + size <= len(text):
            w = word(at, size)
            w = w * inner if inner else rotated(w * P[1], 31) * P[0]
            h = rotated((h ^ w) & ALL, turn) * outer + plus
            at += size
    for shift, by in ((33, P[1]), (29, P[2]), (32, 1)):
        h = (h & ALL ^ (h & ALL) >> shift) * by
    return h & ALL

whole = open(sys.argv[1], "rb").read()
text, sum_line = bytearray(whole[:-23]), whole[-23:]
assert sum_line == b"xxh64 %016x\n" % xxh64(text), sum_line
at = text.index(b"\n") + 1
for number in range(9):             # policy ... warm-up slices; then comes how many requests
    while text[at] & 128:
        at += 1
    at += 1
text[at] ^= 1
open(sys.argv[2], "wb").write(text + b"xxh64 %016x\n" % xxh64(text))
EOF
run merge "$tmp/part1" "$tmp/part2" "$tmp/part3" --results "$tmp/merged"
is "two records of one cell that differ exit 3" 3 $code
has "and are named" "error[E913]: two records of policy" "$tmp/err"

# Words that are wrong.
run merge "$tmp/nowhere"
is "a folder that is not there exits 2" 2 $code
mkdir "$tmp/empty"
run merge "$tmp/empty"
is "a folder without records exits 2" 2 $code
has "and says what was expected" "lblab run --shard" "$tmp/err"
"$lblab" "${small[@]}" --seed 99 --shard 1/2 --results "$tmp/part1"
run merge "$tmp/part1"
is "records of two plans exit 2" 2 $code
has "and both are named" "records of 2 plans" "$tmp/err"
run status "$tmp/empty"
has "nothing unfinished is said" "no unfinished runs" "$tmp/out"
for bad in 0/3 4/3 3 1/x /2 1/0 -1/2; do
    run run "$here/small.json" --shard="$bad" --results "$tmp/bad"
    is "--shard $bad exits 2" 2 $code
done
run run "$here/small.json" --shard 1/2 --until 2% --results "$tmp/bad"
is "a stop rule has no shards" 2 $code
run run "$here/small.json" --resume "$tmp/empty"
is "nothing to resume exits 2" 2 $code
has "and says so" 'error[E916]: there is nothing of "small" to resume' "$tmp/err"
finish shards
