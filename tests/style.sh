#!/usr/bin/env bash
# What `make lint` asks of the look of every file: 100 columns, no tabs, no space at a line's end, a
# newline at the file's end, a header comment of 2 to 12 lines, a function's brace on its own line.
set -u
cd "$(dirname "$0")/.."
export LC_ALL=C.UTF-8
bad=0
say() { [ -z "$1" ] || { bad=1; echo "$1"; }; }

shopt -s nullglob
files=(sim/*/*.[ch] algorithms/*.[ch] tests/*/*.[ch])
for f in "${files[@]}"; do
    [ -z "$(tail -c 1 "$f")" ] || say "$f: no newline at the end"
    head -c 3 "$f" | grep -q '^/\* ' || say "$f:1: no header comment"
done
say "$(grep -nP '^.{101,}$' "${files[@]}" | sed 's/^\([^:]*:[0-9]*\):.*/\1: over 100 columns/')"
say "$(grep -nP '\t' "${files[@]}" | sed 's/^\([^:]*:[0-9]*\):.*/\1: a tab/')"
say "$(grep -nP ' +$' "${files[@]}" | sed 's/^\([^:]*:[0-9]*\):.*/\1: space at the end/')"
say "$(grep -nP '^(static |const |void |int |bool |double |u?int[0-9]+_t |struct [a-z_]+ )[^=;]*\) \{$' "${files[@]}" |
    sed 's/^\([^:]*:[0-9]*\):.*/\1: the brace of a function belongs on its own line/')"
[ $bad = 0 ] && echo "style: ${#files[@]} files, nothing to say"
exit $bad
