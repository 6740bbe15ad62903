#!/usr/bin/env bash
# Whole edges: the questions that two scenarios answer together, and where the time went as `run`
# tells it.
. "$(dirname "$0")/lib.bash"
cd "$root/scenarios/topologies"

# One seed of a scenario, so long, as JSON in $tmp/NAME.
once() { "$lblab" run "$1.json" -n 1 -d "$2" -s 'assert=[]' --json --no-plots --results "$tmp/results" >"$tmp/$1" 2>"$tmp/err" </dev/null; }
# value SCENARIO METRIC: of its first policy
value() {
    python3 -c 'import json, sys
v = json.load(open(sys.argv[1]))["result"]["policies"][0]
v = v.get(sys.argv[2]) or v["latency_ns"][sys.argv[2][8:]]
print(v["value"] if isinstance(v, dict) else v)' "$tmp/$1" "$2"
}
# less FACT A B
less() { yes_ "$1 ($2 < $3)" awk "BEGIN { exit !($2 < $3) }"; }

command -v python3 >/dev/null || { finish layers; exit; }

# ---- each pair differs as its descriptions say ----
for s in request-flood request-flood-limited; do
    once $s 10s; is "$s runs" 0 $?
done
for s in syn-flood syn-cookies dsr-off dsr-on cost-xdp cost-ipvs cost-iptables cost-proxy cost-proxy-h2 \
         tls-modes-terminate tls-modes-re-encrypt tls-modes-passthrough tls-modes-l4; do
    once $s 4s; is "$s runs" 0 $?
done
less "a limit by source saves the users" "$(value request-flood-limited error_rate)" 0.01
less "without it a third of them fail" 0.25 "$(value request-flood error_rate)"
less "what is refused costs less than what is served" "$(value request-flood-limited cpu.l7)" \
     "$(value request-flood cpu.l7)"
less "cookies save the users" "$(value syn-cookies error_rate)" 0.001
less "without them nearly all fail" 0.9 "$(value syn-flood error_rate)"
less "and cookies are work" "$(value syn-flood cpu.l7)" "$(value syn-cookies cpu.l7)"
less "DSR carries more than twice as much" "2 * $(value dsr-off throughput)" "$(value dsr-on throughput)"
less "IPVS costs four times XDP, within rounding" \
     "($(value cost-ipvs cpu.l4) / $(value cost-xdp cpu.l4) - 808 / 194) ^ 2" 0.01
less "iptables 480 of 808 of IPVS" \
     "($(value cost-iptables cpu.l4) / $(value cost-ipvs cpu.l4) - 480 / 808) ^ 2" 0.00001
less "HTTP/2 costs a quarter more at least" "1.25 * $(value cost-proxy cpu.l7)" "$(value cost-proxy-h2 cpu.l7)"
less "a proxy costs more than either" "$(value cost-ipvs cpu.l4)" "$(value cost-proxy cpu.l7)"
less "TLS anew costs the balancer more" "$(value tls-modes-terminate cpu.tls)" "$(value tls-modes-re-encrypt cpu.tls)"
less "TLS through costs the backends what it cost the balancer" \
     "($(value tls-modes-passthrough cpu.backend_tls) - $(value tls-modes-terminate cpu.tls)) ^ 2" 0.0001
less "TLS costs an L4 what it costs an L7" \
     "($(value tls-modes-l4 cpu.tls) - $(value tls-modes-terminate cpu.tls)) ^ 2" 0.0001
less "and does not let it choose" "$(value tls-modes-terminate latency.p99)" "$(value tls-modes-l4 latency.p99)"

# ---- and each axis as its scenario says ----
# along SCENARIO METRIC WANTED...: values at the points of its sweep, each within so much of what is wanted
along() {
    run sweep "../$1.json" -n 1 --metric "$2" --csv --no-plots -q --results "$tmp/results"
    yes_ "$1, $2: $(awk -F, 'NR > 1 { printf "%s ", $6 }' "$tmp/out")for ${*:4}" \
        awk -F, -v wanted="${*:4}" -v within="$3" 'BEGIN { n = split(wanted, want, " ") }
            NR > 1 { off = $6 - want[NR - 1]; if (off < -within || off > within) bad = 1 }
            END { exit bad || NR != n + 1 }' "$tmp/out"
}
along topologies/tls-versions time.tls 1e6 120e6 80e6 40e6
along protocols/quic-zero-rtt time.connect 1e6 48.5e6 36.4e6 24.3e6 12.1e6 0
along protocols/flow-control-window latency.p50 2e6 3155e6 1605e6 805e6 405e6 205e6 105e6 55e6
along protocols/drain-goaway connections.broken 0 15 0
along failures/port-reuse error_rate 0.02 0.15 0
along topologies/cgn-blocks error_rate 0.006 0.4702 0.2656 0.1224 0.0434 0.0115 0.0023 0.0003
run run dsr-least-conn.json -n 1 --json --no-plots -s clients.web.protocol=udp -s 'assert=[]' --results "$tmp/results"
json "under DSR least_conn of datagrams is even, and so no better" "$tmp/out" \
    '(lambda p: p["least_conn"]["imbalance"]["value"] < 1.03
     and p["least_conn"]["latency_ns"]["p99"]["value"] > 0.75 * p["round_robin"]["latency_ns"]["p99"]["value"])(
    {p["policy"]: p for p in d["result"]["policies"]})'

# ---- where the time went ----
once balancer-saturates 2s
json "parts add up to the mean, to what rounding of each leaves" "$tmp/balancer-saturates" \
    'abs(sum(v["value"] for v in d["result"]["policies"][0]["time_ns"].values())
         - d["result"]["policies"][0]["latency_ns"]["mean"]["value"]) < 20'
run run balancer-saturates.json -n 1 -d 2s --results "$tmp/results"
has "the table names its columns" "lb queue" "$tmp/out"
parts=$(find "$tmp/results" -name parts.svg | head -1)
if command -v gnuplot >/dev/null; then
    has "the figure has them too" "lb queue" "$parts"
    has "and its headline" "Where the time of a request went" "$parts"
fi
run run ../basics/power-of-two.json -n 1 -s run.requests=5000 -s run.warmup=1s --results "$tmp/plain"
is "backends alone run" 0 $code
yes_ "backends alone need no such table" test -z "$(grep 'mean time' "$tmp/out")"
is "nor figure" "" "$(find "$tmp/plain" -name 'parts.*')"

# ---- rules ----
run run path-routes-canary.json -n 1 --json --no-plots --results "$tmp/results"
json "every policy sends the same requests to each pool" "$tmp/out" \
    'len({tuple(sum(b["picked"] for b in r["backends"] if b["name"].startswith(p)) for p in ("static", "api", "canary"))
          for r in d["result"]["runs"]}) == 1'
json "the canary gets a tenth of the API, and beta" "$tmp/out" \
    'abs(sum(b["picked"] for b in d["result"]["runs"][0]["backends"] if b["name"].startswith("canary"))
         / sum(b["picked"] for b in d["result"]["runs"][0]["backends"]) - 0.095) < 0.006'
sed '/"beta"/s|x-beta: yes|x-beta: no|' path-routes-canary.json >"$tmp/nobody.json"
run validate "$tmp/nobody.json"
is "a rule that nobody's requests match is no error" 0 $code
has "but a warning" "W207" "$tmp/err"
finish layers
