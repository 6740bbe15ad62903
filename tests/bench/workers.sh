#!/usr/bin/env bash
# How much sooner do two workers finish a sweep than one?  Beside it what this machine gives at most:
# two runs that know nothing of each other, together and one after the other (0.50 with two whole
# cores; more where two processors share a core or others are at work).
#   tests/bench/workers.sh [PAIRS]     LBLAB names the program; medians of the ratios of wall time
set -eu
cd "$(dirname "$0")/../.."
lblab=${LBLAB:-build/lblab} pairs=${1:-7}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/lblab-workers.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
export LC_ALL=C

sweep() { "$lblab" sweep scenarios/basics/hockey-stick.json -j"$1" -n 10 -q --no-plots --results "$tmp/sweep" >"$tmp/out"; }
alone() { "$lblab" run tests/bench/mm1.json -j1 -q --no-plots --results "$tmp/$1" >"$tmp/out$1"; }
both()  { alone 1 & alone 2; wait; }
turns() { alone 1; alone 2; }

# Seconds of wall time that a command takes.
time_of() {
    local from=$EPOCHREALTIME
    "$@"
    echo "$from $EPOCHREALTIME" | awk '{ print $2 - $1 }'
}
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.3f", a / b }'; }
median() { sort -n | awk '{ x[NR] = $1 } END { print x[int((NR + 1) / 2)] }'; }

echo "  machine   sweep    ratios of wall time"
for _ in $(seq "$pairs"); do
    machine=$(ratio "$(time_of both)" "$(time_of turns)")
    workers=$(ratio "$(time_of sweep 2)" "$(time_of sweep 1)")
    printf '  %7s %7s\n' "$machine" "$workers" | tee -a "$tmp/ratios"
done
printf '  %7s %7s    medians\n' "$(awk '{ print $1 }' "$tmp/ratios" | median)" "$(awk '{ print $2 }' "$tmp/ratios" | median)"
