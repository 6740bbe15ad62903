#!/usr/bin/env bash
# Our own gate: three small scenarios with many algorithms and kinds of trouble must do exactly what
# tests/golden/all.golden says, attempt by attempt, and be no worse than tests/golden/baseline/.
# What other features and every algorithm do is held by exact.sh.
#   tests/golden/golden.sh --write    after a change that was meant: writes both anew
. "$(dirname "$0")/../cli/lib.bash"
cd "$root/tests/golden"

if [ "${1:-}" = --write ]; then
    mkdir -p baseline
    for f in scenarios/*.json; do
        "$lblab" run "$f" --results "$tmp" --no-plots -q --json >"baseline/$(basename "$f")" || exit
    done
    exec "$lblab" check scenarios --results "$tmp" --write-golden all.golden
fi

run check scenarios --results "$tmp" --golden all.golden -q
is "not one attempt has changed" 0 $code
[ $code = 0 ] || cat "$tmp/out" "$tmp/err"
run check scenarios --results "$tmp" --baseline baseline -q --strict --json
is "nothing is worse than the baseline" 0 $code
json "nor better: every comparable change is zero" "$tmp/out" \
    'all(r["change"] in (0, None) for r in d["result"]["rows"])'
json "many algorithms are in it" "$tmp/out" 'len({r["policy"] for r in d["result"]["rows"]}) >= 14'
finish golden
