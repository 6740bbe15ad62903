#!/usr/bin/env bash
# make install, and a program from outside that finds the library by pkg-config and balances with it.
. "$(dirname "$0")/lib.bash"
build=${BUILD:-$root/build}

if ! command -v pkg-config >/dev/null; then
    finish outside
    exit
fi

# What is there is installed, not built again: this build may have other flags.
make -C "$root" -s -o all install BUILD="$build" DESTDIR="$tmp/to" PREFIX=/usr/local >"$tmp/log" 2>&1
is "it installs" 0 $?
to=$tmp/to/usr/local
for file in bin/lblab lib/liblb.a lib/pkgconfig/lblab-lb.pc include/lblab/lb.h include/lblab/fmath.h \
    share/lblab/scenarios/basics/mm1.json; do
    yes_ "$file is there" test -s "$to/$file"
done
is "and no other header" "fmath.h lb.h" "$(ls "$to/include/lblab" | tr '\n' ' ' | sed 's/ $//')"

export PKG_CONFIG_PATH=$to/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$tmp/to
is "pkg-config knows the version" "$(sed -n 's/^VERSION := //p' "$root/Makefile")" \
    "$(pkg-config --modversion lblab-lb)"
read -r cc _ <"$build/flags"
mapfile -t as_built < <(grep -oE -- '-fsanitize=[a-z,]+|-flto' "$build/flags" | sort -u)
# shellcheck disable=SC2046
(cd "$tmp" && "$cc" -std=c11 -Wall -Wextra -Werror "${as_built[@]}" $(pkg-config --cflags lblab-lb) \
    -o balance "$here/../outside/balance.c" $(pkg-config --libs lblab-lb)) >"$tmp/log" 2>&1
is "a strict C11 program compiles without a warning" "0 " "$? $(head -c 300 "$tmp/log")"
"$tmp/balance" >"$tmp/out" 2>"$tmp/err"
is "and runs" "0 " "$? $(head -c 300 "$tmp/err")"

# The share of the first backend in line N of the output, in percent.
first() { awk -v n="$1" 'NR == n { printf "%.0f", 100 * $2 / ($2 + $4 + $6) }' "$tmp/out"; }
is "by weight 1, 1, 2" "10.0.0.1:80 7500  10.0.0.2:80 7500  10.0.0.3:80 15000" "$(sed -n 1p "$tmp/out")"
is "without the one that is down" "10.0.0.1:80 0  10.0.0.2:80 10000  10.0.0.3:80 20000" \
    "$(sed -n 2p "$tmp/out")"
# Half of the window: a weight of 0.25 on average, of 3.25 in all; then 0.75 of 3.75.
is "slowly at first" 8 "$(first 3)"
is "then more" 20 "$(first 4)"
is "in a panic all are used, and who is called up begins slowly" 10 "$(first 5)"
is "a program without it links only what it needs" 0 \
    "$(nm "$tmp/balance" 2>/dev/null | grep -c ' [TtUu] \(gsl_\|cJSON_\)')"

finish outside
