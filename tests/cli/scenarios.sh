#!/usr/bin/env bash
# Every scenario we ship is valid, runs, and is what it asserts; every bad one gives exactly its error
# text.
. "$(dirname "$0")/lib.bash"
shopt -s nullglob globstar

cd "$root"
files=0
for file in scenarios/**/*.json; do
    case $file in scenarios/schema/*|scenarios/profiles/*) continue ;; esac
    run validate "$file"
    is "$file is valid" 0 $code
    files=$((files + 1))
done

# One seed of every policy.  Each cell checks its identities, the parts of the latencies among them,
# and ends the program if they do not hold.
run check scenarios -n 1 -j 2 -q --json --results "$tmp/results"
is "with one seed all assert what is so" 0 $code
[ $code = 0 ] || cat "$tmp/err"
json "each asserts something" "$tmp/out" \
    "len({r['file'] for r in d['result']['rows']}) == $files"

# Side by side: each command that a description gives names what differs, and is the one that helps.
while read -r old new; do
    run compare "$old" "$new"
    has "$old and $new differ" "E301" "$tmp/err"
    has "and can be compared" "lblab compare $old $new --allow-different" "$tmp/err"
done < <(grep -hro 'lblab compare scenarios/[^ ]* scenarios/[^ ]* --allow-different' scenarios | sort -u | cut -d' ' -f3,4)

cd "$root/tests/bad"
for file in *.json; do
    run validate "$file"
    is "$file is refused" 2 $code
    is "$file prints nothing on stdout" "" "$(cat "$tmp/out")"
    if cmp -s "${file%.json}.err" "$tmp/err"; then
        ok
    else
        bad "$file gives its error text" "$(diff "${file%.json}.err" "$tmp/err" | head -8)"
    fi
done
finish scenarios
