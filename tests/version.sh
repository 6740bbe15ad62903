#!/bin/sh
# Prints the -D options that tell the program its version: version.sh VERSION OPT GSL_VERSION.
root=$(dirname "$0")/..
export GIT_OPTIONAL_LOCKS=0
git=$(git -C "$root" rev-parse --short=10 HEAD 2>/dev/null) || git=unknown
if [ "$git" != unknown ]; then
    git -C "$root" diff --quiet HEAD -- 2>/dev/null || git=$git-dirty
fi
printf -- "-DLBLAB_VERSION='\"%s\"' -DLBLAB_GIT='\"%s\"' -DLBLAB_FLAGS='\"%s\"' -DLBLAB_GSL='\"%s\"'\n" \
    "$1" "$git" "$2" "$3"
