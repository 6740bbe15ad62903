#!/usr/bin/env bash
# What lblab needs of the machine: deps.sh build | install | demo
#   build    says what is missing to compile, and the command that mends it; exit 1 then
#   install  looks for everything that `make demo` and `make test` use and installs what is missing
#            (DEPS=no: only says so and goes on)
#   demo     the same, but goes on where nothing can be installed and the compiler has what it needs
set -u
mode=${1:-build}
pc=${PKG_CONFIG:-pkg-config}

have() { command -v "$1" >/dev/null 2>&1; }
library() { have "$pc" && "$pc" --exists "$1"; }

missing=() debian=()
need() { missing+=("$1"); debian+=("$2"); }

have "${CC:-cc}" || have gcc || have clang || need "a C compiler" gcc
have "$pc" || need pkg-config pkg-config
library gsl || need "GSL" libgsl-dev
library libcjson || need "cJSON" libcjson-dev
needed=${#missing[@]}
if [ "$mode" != build ]; then
    library cunit || need "CUnit" libcunit1-dev
    have gnuplot || need "gnuplot" gnuplot-nox
fi
[ ${#missing[@]} -gt 0 ] || exit 0

list=$(printf ', %s' "${missing[@]}")
echo "lblab: missing on this machine: ${list:2}" >&2
if [ "$mode" = build ]; then
    echo "lblab: install it with: make deps" >&2
    exit 1
fi
[ "${DEPS:-}" != no ] || { echo "lblab: DEPS=no: nothing is installed" >&2; exit 0; }

give_up() {
    [ "$mode" = demo ] && [ "$needed" = 0 ] || exit 1
    echo "lblab: going on without: ${list:2}" >&2
    exit 0
}
untried() { echo "lblab: install it with (untried here): $*" >&2; give_up; }
if ! have apt-get; then
    if have dnf; then
        untried sudo dnf install gcc make pkgconf-pkg-config gsl-devel cjson-devel CUnit-devel gnuplot
    elif have pacman; then untried sudo pacman -S gcc make pkgconf gsl cjson cunit gnuplot
    elif have apk; then untried sudo apk add build-base pkgconf gsl-dev cjson-dev cunit-dev gnuplot bash
    elif have brew; then untried brew install pkg-config gsl cjson cunit gnuplot
    fi
    echo "lblab: no package manager that this script knows; install them by hand" >&2
    give_up
fi

install=(apt-get install -y --no-install-recommends "${debian[@]}")
have "${CC:-cc}" || have gcc || have clang || install+=(libc6-dev)
if [ "$(id -u)" = 0 ]; then
    as=(env DEBIAN_FRONTEND=noninteractive)
elif have sudo && [ -t 0 ] && [ -t 2 ]; then
    as=(sudo env DEBIAN_FRONTEND=noninteractive)
else
    echo "lblab: install it with: sudo ${install[*]}" >&2
    give_up
fi
echo "lblab: ${install[*]}" >&2
"${as[@]}" "${install[@]}" </dev/null >&2 && exit 0
"${as[@]}" apt-get update </dev/null >&2 && "${as[@]}" "${install[@]}" </dev/null >&2 && exit 0
echo "lblab: that failed; install by hand: ${list:2}" >&2
give_up
