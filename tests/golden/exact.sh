#!/usr/bin/env bash
# Every integer that a run leaves behind (births, ends, busy times by slice and backend, histograms, remaps)
# must be what exact.txt says: a line a scenario, the SHA-256 of its records, and a line an algorithm, however
# many there are.  Golden files know attempts only: a birth filed in the wrong slice is seen here.
#    tests/golden/exact.sh --write    after a change that was meant, or for a new algorithm
#    tests/golden/exact.sh --brief    ends at the first that differs
. "$(dirname "$0")/../cli/lib.bash"
cd "$root/tests/golden"
mode=${1:-}

# Leaves the records of a run in $tmp/r.
records_of() {
    rm -rf "$tmp/r"
    "$lblab" run "$@" --shard 1/1 --results "$tmp/r" -q >"$tmp/out" 2>&1 || cat "$tmp/out" >&2
}
# The engine's own count of events is left out, for it may change; so are the number of the policy, and
# the sum that ends a file and covers both.
sum_of() { awk '/^counts/ { $2 = $18 = "-" } !/^sha256/' "$@" | sha256sum | cut -d' ' -f1; }

# All names and sums, as exact.txt has them.
sums() {
    local f k=0 names
    for f in features/*.json scenarios/*.json; do
        records_of "$f"
        echo "$f $(sum_of "$tmp"/r/*/.cells/*/*.record)"
    done
    names=$("$lblab" list algorithms --json | sed -n 's/.*"name": *"\([a-z0-9_]*\)".*/\1/p')
    records_of each/algorithm.json -a "$(echo $names | tr ' ' ,)"
    for f in $names; do
        echo "each/$f $(sum_of "$tmp"/r/*/.cells/*/"$(printf %03d $k)"-*.record)"
        k=$((k + 1))
    done
}

if [ "$mode" = --write ]; then
    sums >exact.txt
    exit
fi
while read -r name sum; do
    is "$name: the same integers" "$(sed -n "s|^$name ||p" exact.txt)" "$sum"
    [ "$mode" != --brief ] || [ $failed = 0 ] || break
done < <(sums)
finish exact
