#!/usr/bin/env bash
# Wrappers and instances that share, in scenarios: what they are for is seen in the result.
. "$(dirname "$0")/lib.bash"
cd "$tmp" || exit 1

base='"version": 1, "run": { "requests": 6000, "warmup": "1s", "seed": 1, "replications": 1 },
  "clients": [ { "name": "web", "to": "lb", "arrival": { "process": "poisson", "rate": "800/s" } } ]'
pool='"service": { "dist": "exponential", "mean": "10ms" }'

# answer NAME ARGS...: the JSON of a run in NAME.out
answer() {
    local name=$1
    shift
    run run "$@" --json --results "$tmp/results"
    cp "$tmp/out" "$name.out"
    is "$name runs" 0 $code
}

cat >share.json <<EOF
{ $base, "name": "share",
  "balancers": [ { "name": "lb", "to": "app", "instances": 8, "algorithm": "least_conn" } ],
  "backends": [ { "name": "app", "count": 10, $pool } ] }
EOF
answer one share.json -s balancers.lb.instances=1
answer none share.json
answer counters share.json -s balancers.lb.share=counters
answer all share.json -s balancers.lb.share=all
p99() { sed -n 's/.*"p99": {"value": *\([0-9]*\).*/\1/p' "$1.out" | head -n 1; }
yes_ "there is a p99" test "$(p99 one)" -gt 0
is "least_conn that counts together is one least_conn" "$(p99 one)" "$(p99 counters)"
is "so is one for all" "$(p99 one)" "$(p99 all)"
yes_ "eight that count alone wait longer" test "$(p99 none)" -gt $(($(p99 one) * 12 / 10))

# Four of the five of priority 0 crash after 2 s of about 8: of its load 28 % stays, 140 / 5.
cat >levels.json <<EOF
{ $base, "name": "levels",
  "balancers": [ { "name": "lb", "to": "app", "algorithm": "weighted_round_robin",
                   "health_check": { "interval": "200ms", "fall": 1 } } ],
  "backends": [ { "name": "app", "count": 10, "priority": [0, 0, 0, 0, 0, 1, 1, 1, 1, 1], $pool } ],
  "events": [ { "at": "2s", "do": "fail", "mode": "crash", "target": "app[0..3]" } ] }
EOF
# The share of the first five, in percent: their requests and all, from the result's `picked`.
first_five() {
    tr '{' '\n' <"$1.out" | sed -n 's/.*"name": "app\[\([0-9]\)\]", "picked": \([0-9]*\).*/\1 \2/p' |
        awk '{ all += $2; five += $1 < 5 ? $2 : 0 } END { printf "%.0f", 100 * five / all }'
}
answer alike levels.json
answer levels levels.json -a weighted_round_robin:priority.threshold=0
share=$(first_five levels)
yes_ "over-provisioned failover: $share % is 100 % for a sixth, then 28 %" test "$share" -ge 36 -a "$share" -le 44
yes_ "without priorities it is by number" test "$(first_five alike)" -le 26

run run share.json -s balancers.lb.share=counters -s 'balancers.lb.discovery_delay={"dist":"constant","mean":"1s"}'
is "who shares learns together" 2 "$code"
run run share.json -a panic
has "a wrapper is no algorithm" '"panic" is no algorithm: it wraps one' "$tmp/err"
run run share.json -a round_robin:slow_start.window=3s
has "slow start says with whom it goes" 'slow start needs an algorithm whose weights may change at any time' "$tmp/err"
run validate share.json -a edf:slow_start.window=3s:panic,p2c:locality.mode=aware:sticky,maglev:subset.size=4:subset.law=ring
is "wrappers on the command line" 0 "$code"
run run share.json -a edf:slow_start.window=3s:slow_start.window=4s
is "a parameter twice is refused" 2 "$code"
run remap -a maglev:priority,maglev --backends 10 --remove 1 --json
json "a key keeps its backend inside a wrapper" "$tmp/out" \
    'd["result"]["rows"][0]["moved"] == d["result"]["rows"][1]["moved"] > 0.1'

finish wrappers
