#!/usr/bin/env bash
# Plug-ins: one that works, and the many ways in which one can be wrong.
. "$(dirname "$0")/lib.bash"
build=${BUILD:-$root/build}
cc=${CC:-cc}
case "${SANITIZED:-}" in ?*) san=1 ;; *) san= ;; esac
make_so() { "$cc" -shared -fPIC -I"$root/algorithms" -o "$tmp/$1.so" -x c - 2>"$tmp/cc" || bad "cc $1" "$(cat "$tmp/cc")"; }

for so in "$build"/tests/plugin/*.so; do
    run list algorithms --plugin "$so"
    is "$(basename "$so") loads" 0 $code
    has "$(basename "$so") is listed" "$(basename "$so" .so)" "$tmp/out"
    run run "$here/small.json" --plugin "$so" -a "rr,$(basename "$so" .so)" -d 1s --no-plots --results "$tmp/r"
    is "$(basename "$so") runs" 0 $code
    run explain "$(basename "$so" .so)" --plugin "$so"
    is "$(basename "$so") is explained" 0 $code
done
run run "$here/small.json" -a most_recent; is "without --plugin its name is unknown" 2 $code

# refused FACT TEXT: the plug-in $tmp/x.so is refused with exit 3 and this text
refused() {
    run list algorithms --plugin "${3:-$tmp/x.so}"
    is "$1: exit 3" 3 $code
    has "$1: told" "$2" "$tmp/err"
    is "$1: nothing on stdout" "" "$(cat "$tmp/out")"
}
refused "a bare name" "with a '/'" x.so
refused "a missing file" "No such file" "$tmp/nosuch.so"
refused "a folder" "not a regular file" "$tmp/"
mkfifo "$tmp/fifo"
refused "a pipe" "not a regular file" "$tmp/fifo"
echo text >"$tmp/text.so"
refused "a text" "not a shared object" "$tmp/text.so"
printf '\177ELF' >"$tmp/short.so"
refused "four bytes" "short.so" "$tmp/short.so"
echo 'int nothing;' | make_so x
refused "no symbol" "has no symbol lb_plugin"
printf '#include "lb.h"\nconst struct lb_ops lb_plugin = { .abi = LB_ABI + 1, .name = "x" };\n' | make_so x
refused "another ABI" "built for ABI"
printf '#include "lb.h"\nconst struct lb_ops lb_plugin = { .abi = LB_ABI, .name = "x" };\n' | make_so x
refused "no pick" "no name or no pick"
printf '#include "lb.h"\nstatic uint32_t p(struct lb *l, const struct lb_request *r) { (void)l; (void)r; return 0; }\nconst struct lb_ops lb_plugin = { .abi = LB_ABI, .name = "p2c", .pick = p };\n' | make_so x
refused "a built-in's name" "taken by a built-in"
printf '#include <stdlib.h>\n__attribute__((constructor)) static void f(void) { abort(); }\n' | make_so x
refused "one that aborts" "signal 6"
printf '#include <stdlib.h>\n__attribute__((constructor)) static void f(void) { _Exit(0); }\n' | make_so x
refused "one that exits" "ended the program"
if [ -z "$san" ]; then
    printf '__attribute__((constructor)) static void f(void) { *(volatile int *)0 = 1; }\n' | make_so x
    refused "one that crashes" "signal 11"
    printf '#include <unistd.h>\n__attribute__((constructor)) static void f(void) { for (;;) pause(); }\n' | make_so x
    refused "one that hangs" "did not finish loading"
fi
printf '#include "lb.h"\nstatic uint32_t p(struct lb *l, const struct lb_request *r) { (void)l; (void)r; return 0; }\nconst struct lb_ops lb_plugin = { .abi = LB_ABI, .name = "zero", .pick = p };\n' | make_so x
chmod o+w "$tmp/x.so"
refused "one that anyone may write" "written by anyone"
chmod o-w "$tmp/x.so"
run list algorithms --plugin "$tmp/x.so" --plugin "$tmp/x.so"
is "the same name twice exits 3" 3 $code

# What goes wrong while it picks stays in the worker: the other policy's seeds are done all the same.
misbehaves() {
    printf '#include "lb.h"\n#include <stdlib.h>\nstatic uint32_t p(struct lb *l, const struct lb_request *r) { %s return r ? l->live[0] : 0; }\nconst struct lb_ops lb_plugin = { .abi = LB_ABI, .name = "bad", .pick = p };\n' "$2" | make_so x
    run run "$here/small.json" -a bad,random -n 2 --plugin "$tmp/x.so" --results "$tmp/r$1" --no-plots --stall 1
    is "$1 while it picks: exit 3" 3 $code
    has "$1 while it picks: told" "$3" "$tmp/err"
    run status "$tmp/r$1" --json
    json "$1 while it picks: the others are done" "$tmp/out" 'd["result"]["rows"][0]["done"] == 2'
}
misbehaves exits 'exit(0);' "ended with code 0 and no record"
if [ -z "$san" ]; then
    misbehaves crashes '*(volatile int *)0 = 1;' "signal 11"
    misbehaves loops 'for (volatile int i = 0;; i++) continue;' "got nowhere in 1 s"
fi
finish plugin
