#!/usr/bin/env bash
# Every scenario we ship is valid and runs; every bad one gives exactly its error text.
. "$(dirname "$0")/lib.bash"
shopt -s nullglob globstar

cd "$root"
for file in scenarios/**/*.json; do
    case $file in scenarios/schema/*|scenarios/profiles/*) continue ;; esac
    run validate "$file"
    is "$file is valid" 0 $code
done

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
