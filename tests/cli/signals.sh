#!/usr/bin/env bash
# What backends say of their load: who goes by it, warnings where nobody speaks or nobody listens.
. "$(dirname "$0")/lib.bash"

# warned FACT CODE BALANCER CLIENT [TIER]: validate says the code, or nothing when it is ""
warned() {
    printf '{ "version": 1, "name": "x", "run": { "requests": 100000 },
              "clients": [ { "name": "c", "to": "lb", "arrival": { "process": "poisson", "rate": "10/s" }%s } ],
              "balancers": [ { "name": "lb", %s }%s ],
              "backends": [ { "name": "s", "count": 4, "service": "10ms" } ] }' \
        "$4" "$3" "${5:-}" >"$tmp/s.json"
    run validate "$tmp/s.json"
    is "$1: exit" 0 $code
    is "$1" "$2" "$(grep -o 'W2[01][0-9]' "$tmp/err" | grep -v W202 | tr '\n' ' ')"
}

h1=', "protocol": "h1"'
warned "an l4 hears no replies" "W209 " '"to": "s", "layer": "l4", "algorithm": "c3"' "$h1"
warned "but reports" "" '"to": "s", "layer": "l4", "algorithm": "c3", "reports": {}' "$h1"
warned "and answers to probes" "" '"to": "s", "layer": "l4", "algorithm": "prequal"' "$h1"
warned "an l7 hears replies" "" '"to": "s", "algorithm": "c3"' ""
warned "balancers do not speak of their load" "W209 " '"to": "b", "algorithm": "prequal"' "" \
    ', { "name": "b", "to": "s", "algorithm": "random" }'
warned "a delay of nothing" "W210 " '"to": "s", "algorithm": "p2c", "signal_delay": "1ms"' ""
warned "reports to nobody" "W210 " '"to": "s", "algorithm": "jiq_tokens", "reports": {}' ""
warned "a delay of tokens" "" '"to": "s", "algorithm": "jiq_tokens", "signal_delay": "1ms"' ""
warned "a wrapped one listens" "" \
    '"to": "s", "algorithm": { "name": "c3", "panic": {} }, "signal_delay": "1ms"' ""

# ---- explain names the signal ----

signal_of() { run explain "$1"; sed -n '/^signal/,/^$/p' "$tmp/out" | sed -n 's/^  \([a-z]*\):.*/\1/p' | tr '\n' ' '; }
is "least_conn: own" "own " "$(signal_of least_conn)"
is "random: none" "" "$(signal_of random)"
is "c3: both" "own reported " "$(signal_of c3)"
is "prequal: reported" "reported " "$(signal_of prequal)"
run explain signals
has "there is a topic" "three kinds of signal" "$tmp/out"
run list topics
has "and it is listed" "signals" "$tmp/out"

finish signals
