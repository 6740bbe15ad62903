#!/usr/bin/env bash
# Exit codes, what goes to stdout and what to stderr, help, unknown words.
. "$(dirname "$0")/lib.bash"

run --help
is "--help exits 0" 0 $code
is "--help says nothing on stderr" "" "$(cat "$tmp/err")"
run
is "no verb is a usage error" 2 $code
is "no verb prints nothing on stdout" "" "$(cat "$tmp/out")"
run -h; is "-h is help" 0 $code

wide() { LC_ALL=C.UTF-8 grep -aP '^.{81,}' "$tmp/out"; }

verbs=$("$lblab" help | sed -n '/^usage/,/^examples/s/^  \([a-z]*\)  .*/\1/p')
yes_ "help lists run" grep -qx run <<<"$verbs"
for verb in $verbs; do
    run "$verb" --help
    is "$verb --help exits 0" 0 $code
    is "$verb --help fits 80 columns" 0 "$(awk 'length($0) > 80' "$tmp/out" | wc -l)"
    has "$verb --help shows examples" "examples:" "$tmp/out"
    "$lblab" help "$verb" >"$tmp/help"
    yes_ "help $verb is $verb --help" cmp -s "$tmp/out" "$tmp/help"
done
"$lblab" --help >"$tmp/out"
is "help fits 80 columns" 0 "$(awk 'length($0) > 80' "$tmp/out" | wc -l)"

run rnu
is "unknown verb exits 2" 2 $code
has "unknown verb is told with the nearest" 'did you mean "run"?' "$tmp/err"
run run --jsno x
is "unknown option exits 2" 2 $code
has "unknown option is told with the nearest" 'did you mean --json?' "$tmp/err"
is "unknown option prints nothing on stdout" "" "$(cat "$tmp/out")"
run run -Z x; is "unknown letter exits 2" 2 $code
run run; is "a missing word exits 2" 2 $code
run run a b; is "a word too many exits 2" 2 $code
run run x --jobs; is "a missing value exits 2" 2 $code
run run x --jobs=0; is "a value out of range exits 2" 2 $code
run run x --jobs two; is "a value that is no number exits 2" 2 $code
run run x --color sometimes; is "a word outside the few exits 2" 2 $code
run run x --json=1; is "a flag takes no value" 2 $code
run help nosuch; is "help for an unknown verb exits 2" 2 $code

run run "$tmp/nosuch.json"
is "a missing file exits 2" 2 $code
has "a missing file is named" nosuch.json "$tmp/err"
is "a missing file prints nothing on stdout" "" "$(cat "$tmp/out")"
run run "$tmp"; is "a folder is no scenario" 2 $code
run validate "$here/small.json"
is "a good scenario validates" 0 $code
run validate "$here/small.json" "$tmp/nosuch.json"
is "the worst of several counts" 2 $code
"$lblab" validate - <"$here/small.json" >"$tmp/out" 2>"$tmp/err"
is "- is stdin" 0 $?
run validate --json "$here/small.json"
json "validate --json says so" "$tmp/out" 'd["result"]["rows"][0]["valid"]'

run version
yes_ "version is one line of the known form" grep -qxE 'lblab [0-9.]+ \([^,]+, [^,]+, gsl [0-9.]+\)' "$tmp/out"
run --version; is "--version works" 0 $code
for what in algorithms distributions metrics; do
    run list $what
    is "list $what exits 0" 0 $code
    yes_ "list $what says something" test -s "$tmp/out"
    is "list $what fits 80 columns" "" "$(wide)"
    run list $what --json
    json "list $what --json has rows" "$tmp/out" 'd["schema"] == "lblab-list/1" and d["result"]["rows"]'
done
run list
is "bare list exits 0" 0 $code
has "bare list says what there is" scenarios "$tmp/out"
cd "$root" && run list scenarios
is "list scenarios exits 0" 0 $code
is "list scenarios fits 80 columns" "" "$(wide)"
cd "$tmp" && run list scenarios "$tmp/nosuch"
is "list scenarios of no folder exits 2" 2 $code
has "and says where it looked" "looked in $tmp/nosuch" "$tmp/err"
run list algoritms; is "list of something unknown exits 2" 2 $code
has "list names the nearest" algorithms "$tmp/err"

for algorithm in $("$lblab" list algorithms | awk '/^  [a-z]/ { print $1 }'); do
    run explain "$algorithm"
    is "explain $algorithm exits 0" 0 $code
    is "explain $algorithm fits 80 columns" "" "$(wide)"
done
for word in lognormal pareto latency.p99 clients clients.arrival clients.arrival.rate clients.keys clients.nat \
    balancers balancers.health_check balancers.retries backends events run measure compare links; do
    run explain "$word"
    is "explain $word exits 0" 0 $code
    is "explain $word fits 80 columns" "" "$(wide)"
done
for word in $(grep -rhoE '["[][EW][0-9]{3}[]"]' "$root"/sim --include='*.c' | tr -dc 'EW0-9\n' | sort -u); do
    run explain "$word"
    is "explain $word exits 0" 0 $code
done
run explain nosuchthing; is "explain of something unknown exits 2" 2 $code
run explain clients.nosuch; is "explain of an unknown key exits 2" 2 $code

run schema; is "bare schema exits 0" 0 $code
cp "$tmp/out" "$tmp/schema"
run schema scenario
yes_ "bare schema is that of scenarios" cmp -s "$tmp/out" "$tmp/schema"
json "the schema is JSON" "$tmp/out" 'd["$schema"]'
run completion bash
yes_ "the completion is bash" bash -n "$tmp/out"
finish basics
