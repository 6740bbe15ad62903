#!/usr/bin/env bash
# Every word that a user meets is explained: errors with an example that causes them, words of the
# answers, keys by their last word.
. "$(dirname "$0")/lib.bash"
shopt -s nullglob
wide() { LC_ALL=C.UTF-8 grep -aP '^.{81,}' "$1"; }
tight() { tr -d ' \n\t'; }

# ---- errors: each that the program tells has a page, each page a way out ----
# Warnings that need no hand, and what only a machine can cause, have none.
for code_ in $(grep -rhoE '"[EW][0-9]{3}"' "$root"/sim --include='*.c' | tr -dc 'EW0-9\n' | sort -u); do
    run explain "$code_"
    is "explain $code_ exits 0" 0 $code
    yes_ "explain $code_ begins with it" grep -q "^$code_ - " "$tmp/out"
    [ "$code_" = W301 ] || has "explain $code_ says how to put it right" "put it right" "$tmp/out"
    is "explain $code_ fits" "" "$(wide "$tmp/out")"
    is "explain $code_ is one page" 1 "$(grep -c '^[^ ]' "$tmp/out")"
done
"$lblab" list errors | awk '/^  [EW]/ { print $1 }' | sort >"$tmp/listed"
grep -rhoE '"[EW][0-9]{3}"' "$root"/sim --include='*.c' | tr -dc 'EW0-9\n' | sort -u >"$tmp/told"
is "list errors has those that are told, and no others" "" "$(diff "$tmp/told" "$tmp/listed")"

# ---- and an example that causes it: a command, or text that a bad input of that code has ----
cp "$here/small.json" "$tmp" && cd "$tmp"
for code_ in $(cat "$tmp/listed"); do
    "$lblab" explain "$code_" >"$tmp/page"
    sed -n 's/^    \$ lblab //p' "$tmp/page" >"$tmp/commands"
    while read -r -a words; do
        run "${words[@]}"
        is "\"${words[*]}\" exits 2" 2 $code
        has "\"${words[*]}\" is $code_" "[$code_]" "$tmp/err"
    done <"$tmp/commands"
    grep '^    [^ $]' "$tmp/page" | grep -v '^    \$' | tight >"$tmp/sample"
    [ -s "$tmp/sample" ] || continue
    found=no
    for err in $(grep -lF "[$code_]" "$root"/tests/bad/*.err "$root"/tests/bad-cases/*.err); do
        tight <"${err%.err}.json" | grep -qF -f "$tmp/sample" && found=yes && break
    done
    is "a bad input has the example of $code_" yes $found
done

# ---- words, topics ----
"$lblab" list words --json >"$tmp/words"
sed -n 's/.*"name": *"\([^"]*\)".*/\1/p' "$tmp/words" >"$tmp/names"
yes_ "there are words" test "$(wc -l <"$tmp/names")" -gt 30
"$lblab" list topics | awk '/^  [a-z]/ { print $1 }' >>"$tmp/names"
while read -r word; do
    run explain "$word"
    is "explain $word exits 0" 0 $code
    is "explain $word fits" "" "$(wide "$tmp/out")"
done <"$tmp/names"
for word in $(sed -n 's/.*\[CHANGE_[A-Z_]*\] = "\(.*\)",/\1/p' "$root/sim/results/compare.c" | tr ' ' _); do
    run explain "${word//_/ }"
    is "the verdict ${word//_/ } is explained" 0 $code
done
for file in "$root"/docs/topics/*.txt "$root"/docs/errors/*.txt "$root"/docs/words/*.txt; do
    is "$(basename "$file") has at most 78 characters a line" "" \
        "$(LC_ALL=C.UTF-8 grep -naP '^.{79,}' "$file")"
done

# ---- the sample of `explain scenario` is a scenario ----
run explain scenario
sed -n '/^    { "version"/,/^$/p' "$tmp/out" >"$tmp/first.json"
run run "$tmp/first.json" --no-plots -q --results "$tmp/r"
is "the sample of explain scenario runs" 0 $code
is "without a word" "" "$(cat "$tmp/err")"

# ---- keys by their last word, other kinds of the same name, parameters ----
run explain health_check
has "one key of that name has its page" "balancers.health_check - active checks" "$tmp/out"
has "with what it takes" 'a duration: "250ms"; 1 ms to 720 h; required' "$tmp/out"
has "and the topics that tell of it" "see lblab explain " "$tmp/out"
run explain interval
has "of several each has a line" "  balancers.reports.interval: " "$tmp/out"
has "with its path" "  balancers.health_check.interval: " "$tmp/out"
run explain cache
has "a topic has its page" "cache - caches: " "$tmp/out"
has "and the key of its name is listed below" "  backends.cache: " "$tmp/out"
run explain retries
has "so is a metric" "retries - attempts" "$tmp/out"
has "and its keys" "  clients.retries: " "$tmp/out"
run explain grey
has "a word that a key takes" "a word of events.mode: " "$tmp/out"
run explain choices
has "a parameter" "  p2c: " "$tmp/out"
run explain SATURATED
has "in whatever case" "saturated - " "$tmp/out"
run explain saturatd
is "what is unknown exits 2" 2 $code
has "and the nearest is named" '"saturated"' "$tmp/err"
run explain retry
has "or what begins alike" '"retries"' "$tmp/err"
is "nothing is printed of what is unknown" "" "$(cat "$tmp/out")"
finish explain
