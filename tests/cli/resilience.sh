#!/usr/bin/env bash
# Retries, budgets, breakers, queues and sessions, by the scenarios that we ship: what each asserts
# holds, and its opposite does where the description says so.
. "$(dirname "$0")/lib.bash"
cd "$root/scenarios" || exit 1

holds() {
    run run "$1" --results "$tmp/results" --no-plots --json "${@:2}"
    is "$1 ${*:2}: every assertion holds" 0 $code
}
for file in failures/{retry-storm,retry-budget,backoff-jitter,circuit-breaker,queue-timeout,redispatch,retry-concurrency,retry-throttle,deadline}.json \
    affinity/{sticky-lost-sessions,session-store,cookie-vs-source-ip,canary-sticky}.json; do
    holds "$file"
done

run run failures/retry-storm.json -n 1 --results "$tmp/shown"
has "the storm's table has what it is about" "goodput  amplification  retries.per_request" "$tmp/out"
if command -v gnuplot >/dev/null; then
    yes_ "and a figure has it over time" test -s "$tmp/shown/retry-storm/latest/plots/shown.svg"
fi

# value METRIC [ARGUMENT...]: of the first policy of a run
value() {
    run run "${@:2}" --results "$tmp/results" --no-plots --json -n 2
    python3 -c 'import json, sys
p = json.load(open(sys.argv[1]))["result"]["policies"][0]
print(p.get(sys.argv[2], p.get("latency_ns", {}).get(sys.argv[2], {})).get("value"))' "$tmp/out" "$1"
}
less() { python3 -c "import sys; sys.exit(not float('$2') < float('$3'))" && ok || bad "$1" "$2 is not less than $3"; }

if command -v python3 >/dev/null; then
    less "servers that drop what is cancelled come back without a budget" \
        "$(value error_rate failures/retry-storm.json -s backends.app.finish_cancelled=false)" 0.3
    none=$(value error_rate failures/backoff-jitter.json -s clients.web.retries.backoff.jitter=none)
    less "without jitter the retries find full queues" 0.003 "$none"
    less "a breaker that never opens feeds what fails" 0.1 \
        "$(value error_rate failures/circuit-breaker.json -a least_conn -s balancers.edge.breaker.failures=1000000)"
    less "without a queue timeout nobody is refused" \
        "$(value error_rate failures/queue-timeout.json -s balancers.edge.queue.timeout=1h)" 1e-9
    less "with redispatch at once only those fail that were being served" \
        "$(value error_rate failures/redispatch.json -s balancers.edge.retries.redispatch=always)" 0.001
    less "a budget of all that is active bounds nothing" 2.9 \
        "$(value retries.per_request failures/retry-concurrency.json -s balancers.edge.retries.budget.share=1)"
    less "a larger bucket retries for longer" 0.02 \
        "$(value retries.per_request failures/retry-throttle.json -s balancers.stub.retries.budget.tokens=1000)"
    less "without a deadline nobody is lost" \
        "$(value error_rate failures/deadline.json -s balancers.edge.deadline=0s)" 1e-9
    less "by cookie all servers share the work" \
        "$(value share.max affinity/cookie-vs-source-ip.json -s balancers.edge.hash_on=key)" 0.16
fi
finish resilience
