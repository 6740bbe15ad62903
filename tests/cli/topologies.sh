#!/usr/bin/env bash
# Wrappers and shared state in whole networks: shares of requests are those of a calculation by hand.
# What the scenarios assert is held by scenarios.sh.
. "$(dirname "$0")/lib.bash"
quiet=(--no-plots -q -n 1 --results "$tmp/r")
scenarios=$root/scenarios

# shares SCENARIO PATTERN [FROM UNTIL]: of each policy, what share of the picks backends had
shares() {
    awk -F, -v of="$2" -v from="${3:-0}" -v until="${4:-1000000}" 'NR == 1 {
        for (i = 1; i <= NF; i++) at[$i] = i; next }
    $at["t_s"] >= from && $at["t_s"] < until {
        all[$at["policy"]] += $at["picked"]
        if ($at["backend"] ~ of) some[$at["policy"]] += $at["picked"] }
    END { for (p in all) printf "%s %.4f\n", p, some[p] / all[p] }' "$tmp/r/$1/latest/backends.csv" | sort
}
# near FACT WANTED GOT WITHIN
near() { yes_ "$1: $3 for $2" awk -v a="$2" -v b="$3" -v e="$4" 'BEGIN { exit !(b >= a - e && b <= a + e) }'; }
share_of() { shares "${@:2}" | sed -n "s/^$1 //p"; }

second='^app\[1[0-9]\]$'
run run "$scenarios/failures/priority-failover.json" "${quiet[@]}" -n 3
near "8 of 10 up, times 1.4 is whole: nothing spills" 0 "$(share_of 1.4 priority-failover "$second" 18 34)" 0
near "6 of 10 up keep 84 %" 0.16 "$(share_of 1.4 priority-failover "$second" 38 54)" 0.006
near "without overprovisioning 8 of 10 keep 80 %" 0.2 "$(share_of 1.0 priority-failover "$second" 18 34)" 0.006
near "and 6 of 10 keep 60 %" 0.4 "$(share_of 1.0 priority-failover "$second" 38 54)" 0.006
near "backup servers wait for the last" 0 "$(share_of backup priority-failover "$second" 38 54)" 0
near "and then have all" 1 "$(share_of backup priority-failover "$second" 57 69)" 0

# Balancers 4, 4, 2; backends 4, 8, 4 in zones a, b, c: a keeps 0.4 * 0.25 / 0.4 of all, b and c have
# room for 0.1 and 0.05 of what is left.
run run "$scenarios/topologies/zone-aware.json" "${quiet[@]}"
near "aware: zone a has a quarter" 0.25 "$(share_of "round_robin aware" zone-aware '^app\[[0-3]\]$')" 0.01
near "zone b half" 0.5 "$(share_of "round_robin aware" zone-aware '^app\[([4-9]|1[01])\]$')" 0.01
run run "$scenarios/topologies/zone-aware.json" "${quiet[@]}" -s 'balancers.edge.zone=["a","a","a","a","a","a","a","a","a","a"]'
near "with all balancers in a, all the same: it keeps its backends' share" 0.25 \
    "$(share_of "round_robin aware" zone-aware '^app\[[0-3]\]$')" 0.01

# ---- what is shared ----
run sweep "$scenarios/topologies/shared-zone.json" -n 2 --no-plots -q --json --results "$tmp/r"
json "counters that are shared are worth a quarter of p99, turns of their own nothing" "$tmp/out" \
    '(lambda p: p[1] < 0.8 * p[0] and p[2] == p[1])([next(v["value"] for v in x["values"]
    if v["policy"] == "least_conn") for x in d["result"]["points"]])'
run sweep "$scenarios/topologies/envoy-workers.json" -n 2 --no-plots -q --json --results "$tmp/r"
json "least_conn loses with every doubling of the views" "$tmp/out" \
    '(lambda p: p == sorted(p) and p[4] > 1.7 * p[0])([next(v["value"] for v in x["values"]
    if v["policy"] == "least_conn") for x in d["result"]["points"]])'
json "turns do not" "$tmp/out" '(lambda p: 0.8 < p[4] / p[0] < 1.25)([next(v["value"] for v in x["values"]
    if v["policy"] == "round_robin") for x in d["result"]["points"]])'
finish topologies
