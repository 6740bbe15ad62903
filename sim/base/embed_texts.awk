# embed_texts.awk - files as C: a table of their names and one of their texts, so that the program
# knows its products (profile.h), topics (topic.h) and figures (plot.h) wherever it runs.
#   awk -v what=profile -f sim/base/embed_texts.awk scenarios/profiles/*.json > build/gen/profiles.c
function escaped(text,    out, i, c)
{
    out = ""
    for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        out = out (c == "\\" || c == "\"" ? "\\" c : c)
    }
    return out
}
BEGIN {
    print "/* Made by sim/base/embed_texts.awk: do not edit. */"
    print "#include <stddef.h>"
    print ""
    print "extern const char *const " what "_names[];"
    print "extern const char *const " what "_texts[];"
    print ""
    print "const char *const " what "_texts[] = {"
}
FNR == 1 {
    n = split(FILENAME, part, "/")
    sub(/\.[a-z]+$/, "", part[n])
    name[files++] = part[n]
    if (files > 1) print "    ,"
}
{ printf "    \"%s\\n\"\n", escaped($0) }
END {
    print "    , NULL"
    print "};"
    print ""
    print "const char *const " what "_names[] = {"
    for (i = 0; i < files; i++) printf "    \"%s\",\n", name[i]
    print "    NULL"
    print "};"
}
