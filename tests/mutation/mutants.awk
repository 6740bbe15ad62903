# mutants.awk - the faults that a programmer could have made: prints one a line,
#   FILE <tab> LINE <tab> OPERATOR <tab> THE LINE AS IT WOULD BE
# Comments, preprocessor lines, texts, tables, declarations, assertions and prefetches are left alone.
#   awk -f mutants.awk sim/core/*.c ...

# Where code ends: before a comment.
function code_of(line,   at) {
    at = index(line, "/*"); if (at) line = substr(line, 1, at - 1)
    at = index(line, "//"); if (at) line = substr(line, 1, at - 1)
    return line
}

function put(operator, text) {
    if (text != $0) printf "%s\t%d\t%s\t%s\n", FILENAME, FNR, operator, text
}

# Every occurrence of `from` (a plain text) by `to`, one mutant each.
function swap(operator, from, to,   code, at, start) {
    code = code_of($0); start = 1
    while ((at = index(substr(code, start), from)) > 0) {
        at += start - 1
        put(operator, substr($0, 1, at - 1) to substr($0, at + length(from)))
        start = at + length(from)
    }
}

FNR == 1 { in_comment = 0; in_body = 0 }

# Bodies of functions only: from a "{" in the first column to its "}".
/^\{/ { in_body = 1; next }
/^\}/ { in_body = 0; next }
!in_body { next }
in_comment { if (index($0, "*/")) in_comment = 0; next }
/^ *\/\*/ && !/\*\// { in_comment = 1; next }
/^ *\/\*/ || /^ *#/ || /"/ || /assert/ || /^ *[.{}]/ || /^ *static const/ || /__builtin_prefetch/ || /sizeof/ || /case .*:/ { next }

{
    swap("flipped comparison", " == ", " != ");  swap("flipped comparison", " != ", " == ")
    swap("boundary", " < ", " <= ");             swap("boundary", " <= ", " < ")
    swap("boundary", " > ", " >= ");             swap("boundary", " >= ", " > ")
    swap("wrong connective", " && ", " || ");    swap("wrong connective", " || ", " && ")
    swap("off by one", " + 1", "");              swap("off by one", " - 1", "")
    swap("wrong direction", "++", "--");         swap("wrong direction", " += ", " -= ")
    swap("wrong arithmetic", " + ", " - ");      swap("wrong arithmetic", " - ", " + ")
    swap("wrong arithmetic", " * ", " / ");      swap("wrong arithmetic", " / ", " * ")
    swap("swapped index", "[i]", "[0]");         swap("swapped index", "[peer]", "[0]")
    swap("swapped index", "[index]", "[0]");     swap("swapped index", "[b]", "[0]")
    swap("wrong answer", "return true;", "return false;")
    swap("wrong answer", "return false;", "return true;")
    swap("wrong answer", "return NONE;", "return 0;")
    swap("wrong answer", "return LB_NONE;", "return 0;")
}

# A call, an assignment or a jump that was forgotten.  Declarations stay.
/^ +[a-z_]+\(.*\);$/ || /^ +[a-z_]+(->|\.)[a-z_.>-]+(\[[^]]*\])? [-+|&]?= .*;$/ || /^ +(continue|break);$/ {
    match($0, /^ +/)
    put("dropped statement", substr($0, 1, RLENGTH) "; /* " substr($0, RLENGTH + 1) " */")
}

# A condition the wrong way round.
/^ +(if|while) \(.*\)( \{)?$/ && !/;/ {
    match($0, /^ +(if|while) \(/); head = substr($0, 1, RLENGTH)
    tail = $0 ~ /\{$/ ? ") {" : ")"
    body = substr($0, RLENGTH + 1, length($0) - RLENGTH - length(tail))
    depth = 0; open = 0                      # only where the condition ends on this line
    for (i = 1; i <= length(body); i++) { c = substr(body, i, 1); if (c == "(") depth++; if (c == ")") depth-- }
    if (depth == 0 && $0 ~ /^ +if/) put("condition negated", head "!(" body ")" tail)
}

# The same random numbers for what should have its own.
{ swap("wrong stream", "->salt", "->salt & 0"); swap("wrong stream", "luck + r->attempt", "luck") }
