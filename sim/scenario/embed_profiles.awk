# embed_profiles.awk - scenarios/profiles/*.json as C: the tables of profile.h, so that the program
# knows its products wherever it runs.
#   awk -f sim/scenario/embed_profiles.awk scenarios/profiles/*.json > build/gen/profiles.c
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
    print "/* Made by sim/scenario/embed_profiles.awk from scenarios/profiles/: do not edit. */"
    print "#include <stddef.h>"
    print ""
    print "extern const char *const profile_names[];"
    print "extern const char *const profile_texts[];"
    print ""
    print "const char *const profile_texts[] = {"
}
FNR == 1 {
    n = split(FILENAME, part, "/")
    sub(/\.json$/, "", part[n])
    name[files++] = part[n]
    if (files > 1) print "    ,"
}
{ printf "    \"%s\\n\"\n", escaped($0) }
END {
    print "    , NULL"
    print "};"
    print ""
    print "const char *const profile_names[] = {"
    for (i = 0; i < files; i++) printf "    \"%s\",\n", name[i]
    print "    NULL"
    print "};"
}
