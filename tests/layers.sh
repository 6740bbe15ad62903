#!/usr/bin/env bash
# The house keeps its floors: who includes whom, who knows GSL and cJSON, no cycles, no mutable
# file-scope variables, every header compiles alone.  Floors are those of the design page.
set -u
cd "$(dirname "$0")/.."
build=${BUILD:-build}
cc=${CC:-cc}
passed=0 failed=0
fact() { if [ -z "$2" ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAIL: $1"; sed 's/^/      /' <<<"$2"; fi; }

# Every own #include as "file included-file", with the path resolved.
includes=$(grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' sim/*/*.[ch] algorithms/*.[ch] | awk -F: '
    { file = $1; split($0, q, "\""); target = q[2]; dir = file; sub(/\/[^\/]*$/, "", dir)
      n = split(dir "/" target, part, "/"); m = 0
      for (i = 1; i <= n; i++) { if (part[i] == "..") m--; else if (part[i] != ".") out[++m] = part[i] }
      path = out[1]; for (i = 2; i <= m; i++) path = path "/" out[i]
      print file, path }')

fact "every include names a file that exists" "$(while read -r from to; do
    [ -f "$to" ] || case $to in *list.h) ;; *) echo "$from: $to" ;; esac; done <<<"$includes")"

fact "nobody includes upward" "$(awk '
    BEGIN { f["algorithms"] = 0; f["base"] = 0; f["core"] = f["metrics"] = f["results"] = f["json"] = 1
            f["parts"] = 2; f["nodes"] = 3; f["scenario"] = 4; f["run"] = f["picks"] = 5
            f["report"] = f["verify"] = f["conform"] = f["bench"] = 6; f["cli"] = 7 }
    function room(p,   a, n) { n = split(p, a, "/"); return a[1] == "sim" ? a[2] : a[1] }
    { from = room($1); to = room($2)
      if (!(from in f) || !(to in f)) print $1 ": a folder without a floor: " $2
      else if (f[to] > f[from]) print $1 " (floor " f[from] ") includes " $2 " (floor " f[to] ")" }' <<<"$includes")"

fact "algorithms/ knows only itself" "$(awk '$1 ~ /^algorithms\// && $2 !~ /^algorithms\//' <<<"$includes")"
fact "algorithms/ uses only the C library" "$(grep -nE '^#include *<' algorithms/*.[ch] |
    grep -vE '<(assert|float|inttypes|limits|math|stdbool|stddef|stdint|stdio|stdlib|string)\.h>')"
fact "sim/base/ takes only fmath.h from algorithms/" "$(awk '$1 ~ /^sim\/base\// && $2 ~ /^algorithms\// && $2 != "algorithms/fmath.h"' <<<"$includes")"
fact "sim/report/ sees results and base, never the simulator" "$(awk '$1 ~ /^sim\/report\// && $2 !~ /^sim\/(report|results|metrics|base)\//' <<<"$includes")"
fact "sim/verify/ sees run, results, base and the library" "$(awk '$1 ~ /^sim\/verify\// && $2 !~ /^sim\/(verify|run|scenario|results|metrics|base)\// && $2 != "algorithms/lb.h"' <<<"$includes")"
fact "sim/picks/ never sees a node or a run" "$(awk '$1 ~ /^sim\/picks\// && $2 ~ /^sim\/(nodes|run|core|parts|metrics)\// && $2 != "sim/nodes/config.h"' <<<"$includes")"
fact "results see neither the simulator nor scenarios" "$(awk '$1 ~ /^sim\/results\// && $2 != "algorithms/lb.h" && $2 !~ /^sim\/(results|metrics|json|base)\//' <<<"$includes")"
fact "sim/json/ knows only base" "$(awk '$1 ~ /^sim\/json\// && $2 !~ /^sim\/(json|base)\//' <<<"$includes")"
fact "scenario/ calls no constructor of a node" "$(awk '$1 ~ /^sim\/scenario\// && $2 ~ /^sim\/nodes\// && $2 != "sim/nodes/config.h"' <<<"$includes")"

fact "GSL only in base, report and verify" "$(grep -nE '#include *[<"]gsl/' sim/*/*.[ch] algorithms/*.[ch] |
    grep -vE '^sim/(base/(stats|rng_gsl|rng|dist[a-z_]*)\.[ch]|report/|verify/)')"
fact "cJSON only in json, scenario and results" "$(grep -nE '#include *[<"](cjson/)?cJSON\.h' sim/*/*.[ch] algorithms/*.[ch] |
    grep -vE '^sim/(json|scenario|results)/')"
fact "no system() or popen()" "$(grep -nE '\b(system|popen)[[:space:]]*\(' sim/*/*.c algorithms/*.c)"

cycles=$( { awk '$1 ~ /\.h$/ && $2 ~ /\.h$/' <<<"$includes" | tsort >/dev/null; } 2>&1 | sed 's/^tsort: //')
fact "no cycle among headers" "$cycles"

# Anything in .data or .bss that is an object is a mutable variable; tables with pointers are in .data.rel.ro.
objects=$(find "$build/obj/sim" "$build/obj/algorithms" -name '*.o' 2>/dev/null)
if [ -z "$objects" ]; then
    fact "objects to look into" "$build/obj is empty: build first"
elif [ -z "${SANITIZED:-}" ]; then
    fact "no mutable file-scope variable but the signal flag" "$(objdump -t $objects | awk '
        /file format/ { file = $1; sub(/:$/, "", file) }
        / O / { split($0, half, "\t"); n = split(half[1], word, " "); section = word[n]
            if (section ~ /^(\.t?data|\.t?bss|\*COM\*)/ && section !~ /^\.data\.rel\.ro/ && $NF != "signal_seen")
                print file, $NF, section }')"
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/lblab-layers.XXXXXX")
trap 'rm -rf "$work"' EXIT
alone() { echo "#include \"$PWD/$1\"" | "$cc" -std=c11 -D_GNU_SOURCE -Wall -Wextra -fsyntax-only -x c - 2>&1; }
for header in sim/*/*.h algorithms/*.h; do
    case $header in */list.h) continue ;; esac
    fact "$header compiles alone" "$(alone "$header" | head -n 5)"
done

echo "layers: $passed passed, $failed failed"
[ $failed = 0 ]
