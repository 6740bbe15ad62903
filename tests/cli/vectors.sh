#!/usr/bin/env bash
# docs/vectors.md names tests that exist, and its sum is the sum of its rows.
. "$(dirname "$0")/lib.bash"
page=$root/docs/vectors.md

while read -r file test; do
    yes_ "$file has $test" grep -qE "(ROW\($test\)|\"$test\")" "$root/tests/unit/$file.c"
done < <(sed -n 's/^| .* | `\([a-z_]*\)` \([a-z0-9_]*\) |$/\1 \2/p' "$page")
is "the sum is right" "$(sed -n 's/^Together \([0-9]*\) values\.$/\1/p' "$page")" \
    "$(awk -F'|' '/^\| .* \| `/ { n += $4 } END { print n }' "$page")"
finish vectors
