#!/usr/bin/env bash
# How much sooner do two workers finish a sweep than one?  Beside it what this machine gives at most:
# two runs that know nothing of each other, together and one after the other (0.50 with two whole
# cores; more where two processors share a core or others are at work).
# Then a comparison of five policies, 10 seeds, 10^6 requests each, beside the bare loop of `make bench` for as
# many requests on one core.
#   tests/bench/workers.sh [PAIRS]     LBLAB names the program, BARE the loop; medians of ratios of wall time
set -eu
cd "$(dirname "$0")/../.."
lblab=${LBLAB:-build/lblab} bare=${BARE:-build/tests/bare} pairs=${1:-7}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/lblab-workers.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
export LC_ALL=C

sweep() { "$lblab" sweep scenarios/basics/hockey-stick.json -j"$1" -n 10 -q --no-plots --results "$tmp/sweep" >"$tmp/out"; }
alone() { "$lblab" run tests/bench/mm1.json -j1 -q --no-plots --results "$tmp/$1" >"$tmp/out$1"; }
both()  { alone 1 & alone 2; wait; }
turns() { alone 1; alone 2; }
five=random,round_robin,p2c,least_conn,peak_ewma
compare() { "$lblab" run tests/bench/pool.json -a $five -n 10 -s run.requests=1000000 -j2 -q --no-plots --results "$tmp/five" >"$tmp/out"; }
bare_loops() { for work in ${five//,/ }; do "$bare" $work 10000000; done >"$tmp/out"; }

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

echo "  bare s  five s   ratio    5 x 10^7 requests: the loop on one core, the comparison with -j2"
for _ in 1 2 3; do
    loops=$(time_of bare_loops) five_s=$(time_of compare)
    printf '  %6.2f %7.2f %7s\n' "$loops" "$five_s" "$(ratio "$five_s" "$loops")"
done
