# Shell helpers for tests/cli/*.sh: source it, name facts with `is`, end with `finish NAME`.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
lblab=${LBLAB:-$root/build/lblab}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/lblab-test.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
unset NO_COLOR FORCE_COLOR CLICOLOR_FORCE
passed=0 failed=0

ok() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "FAIL: $1"; shift; [ $# = 0 ] || printf '      %s\n' "$@"; }

# is FACT WANTED GOT
is() { if [ "$2" = "$3" ]; then ok; else bad "$1" "wanted: $2" "got:    $3"; fi; }
# yes_ FACT COMMAND...: the command succeeds
yes_() { local fact=$1; shift; if "$@"; then ok; else bad "$fact" "failed: $*"; fi; }
# has FACT TEXT FILE: the file holds the text
has() { if grep -qaF -- "$2" "$3"; then ok; else bad "$1" "no \"$2\" in:" "$(head -c 600 "$3")"; fi; }
# run ARGS...: lblab with stdout in $tmp/out, stderr in $tmp/err, exit code in $code
run() { "$lblab" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null; code=$?; }
# json FACT FILE EXPRESSION: FILE is JSON and, as `d`, makes the Python expression true.  Where there
# is no Python the fact is left out: lblab needs none.
json() {
    command -v python3 >/dev/null || return 0
    if python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
sys.exit(0 if eval(sys.argv[2]) else 1)' "$2" "$3" 2>"$tmp/python"; then ok; else
        bad "$1" "not true: $3" "$(tail -n 1 "$tmp/python")"; fi
}
# what sha256 the result in $1 has
sha_of() { sed -n 's/.*"result_sha256": *"\([0-9a-f]*\)".*/\1/p' "$1"; }

finish() { echo "cli $1: $passed passed, $failed failed"; [ $failed = 0 ]; }
