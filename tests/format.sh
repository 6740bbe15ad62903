#!/usr/bin/env bash
# What `make lint` asks of clang-format: the space between tokens and the indent of statements are as
# .clang-format has them.  Where a line breaks, and columns lined up by hand, are left to the author:
# clang-format 14 would tear one-line structs apart and flatten every table.
#   tests/format.sh [FILE...]
set -u
cd "$(dirname "$0")/.."
export LC_ALL=C
shopt -s nullglob
files=("$@")
[ $# != 0 ] || files=(sim/*/*.[ch] algorithms/*.[ch] tests/*/*.[ch])
# No limit of columns: clang-format then keeps the breaks that it finds.
style="{ $(sed -n 's/#.*//; /^BreakBefore\(Binary\|Ternary\)/d; s/^\([A-Z].*\)/\1, /p' .clang-format |
    sed 's/ColumnLimit: 100/ColumnLimit: 0/' | tr -d '\n') }"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# What is not told: clang-format 14 joins and tears at brackets, takes "} *name" for a product, and
# pulls in "(*name)  (" where members are aligned.
plain() {
    sed -E 's/\} \* ?([a-z])/} *\1/; s/^( *[a-z].*\(\*[a-z]+\)) +\(/\1(/; s/ *\\$//; s/\(/( /g
            s/(\( const struct [a-z_]+\))\{/\1 {/' "$1"
}
words() { awk '{ for (i = 1; i <= NF; i++) print $i }' "$1"; }
# Lines that begin a statement, and that stand in the file only once: "indent text".
statements() {
    awk '{ text = $0; gsub(/ +/, " ", text); sub(/^ /, "", text); match($0, /^ */); indent = RLENGTH
           if (text != "") {
               if (before ~ /[;{}]$/ && text ~ /[;{]$/ && text !~ /^[.{"\[]/) {
                   seen[text]++; at[text] = indent; line[text] = NR }
               before = text } }
         END { for (t in seen) if (seen[t] == 1) print t "\t" at[t] "\t" line[t] }' "$1" | sort
}

bad=0
for f in "${files[@]}"; do
    clang-format --style="$style" "$f" >"$tmp/new" || exit 2
    plain "$f" >"$tmp/a"
    plain "$tmp/new" >"$tmp/b"
    n=$(diff --old-line-format='%dn ' --new-line-format='' --unchanged-line-format='' \
        <(words "$tmp/a") <(words "$tmp/b"))
    awk -v f="$f" -v at="$n" 'BEGIN { split(at, k, " "); for (i in k) bad[k[i]] }
        { is_bad = 0; for (i = 1; i <= NF; i++) if (++word in bad) is_bad = 1
          if (is_bad) print f ":" NR ": spaces: " $0 }' "$tmp/a" >>"$tmp/bad"
    join -t "$(printf '\t')" <(statements "$f") <(statements "$tmp/new") |
        awk -F '\t' -v f="$f" '$2 != $4 { print f ":" $3 ": indent of " $4 ": " $1 }' >>"$tmp/bad"
done
if [ -s "$tmp/bad" ]; then cat "$tmp/bad"; bad=1; else echo "format: ${#files[@]} files, nothing to say"; fi
exit $bad
