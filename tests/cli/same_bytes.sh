#!/usr/bin/env bash
# Another compiler, another level: the same result bytes.  As part of `make test` one other build on
# one scenario; SAME_BYTES=all (make test-same-bytes): gcc and clang, -O0 and -O3, on all we ship.
. "$(dirname "$0")/lib.bash"
unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL CFLAGS LDFLAGS LBLAB BUILD CC OPT
shopt -s globstar nullglob
cd "$root"

if [ -n "${SANITIZED:-}" ]; then
    finish same_bytes       # the plain build has said it
    exit
fi
variants=() plain=()
command -v clang >/dev/null && variants=("clang -O0") || echo "clang is not here: left out"
scenarios=("$here/small.json")
if [ "${SAME_BYTES:-}" = all ]; then
    make -s -j"$(nproc)" build/lblab || bad "the plain build"
    lblab=$root/build/lblab
    variants=("gcc -O0" "gcc -O3")
    command -v clang >/dev/null && variants+=("clang -O0" "clang -O3")
    for file in scenarios/**/*.json; do
        case $file in scenarios/schema/*|scenarios/profiles/*) ;; *) scenarios+=("$file") ;; esac
    done
fi

# The hash of a scenario's result: one seed, and short enough for -O0.
sha() { "$1" run "$2" -n 1 --no-plots -q --json --results "$tmp/r" >"$tmp/json" 2>"$tmp/err" && sha_of "$tmp/json"; }

for scenario in "${scenarios[@]}"; do
    plain+=("$(sha "$lblab" "$scenario")")
    yes_ "$(basename "$scenario") has a result" test -n "${plain[-1]}"
done
for variant in "${variants[@]}"; do
    set -- $variant
    folder=build/same/$1$2
    if ! make -s -j2 BUILD="$folder" CC="$1" OPT="$2" "$folder/lblab" >"$tmp/make" 2>&1; then
        bad "$variant builds" "$(tail -n 5 "$tmp/make")"
        continue
    fi
    for i in "${!scenarios[@]}"; do
        is "$variant: $(basename "${scenarios[i]}") has the same result_sha256" "${plain[i]}" \
            "$(sha "$folder/lblab" "${scenarios[i]}")"
    done
done
finish same_bytes
