# embed.awk - plots/*.gp as C: plot_template(name) answers a file's text, so that the binary can put
# them beside the data wherever it runs.
#   awk -f sim/report/embed.awk plots/*.gp > build/gen/plot_templates.c
function begin_file(    parts, n)
{
    n = split(FILENAME, parts, "/")
    if (files++) print "    },"
    printf "    { \"%s\",\n", parts[n]
}
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
    print "/* Made by sim/report/embed.awk from plots/: do not edit. */"
    print "#include <stddef.h>"
    print "#include <string.h>"
    print ""
    print "const char *plot_template(const char *name);"
    print ""
    print "static const struct { const char *name, *text; } templates[] = {"
}
FNR == 1 { begin_file() }
{ printf "      \"%s\\n\"\n", escaped($0) }
END {
    if (files) print "    },"
    print "};"
    print ""
    print "const char *plot_template(const char *name)"
    print "{"
    print "    for (size_t i = 0; i < sizeof templates / sizeof templates[0]; i++)"
    print "        if (strcmp(templates[i].name, name) == 0)"
    print "            return templates[i].text;"
    print "    return NULL;"
    print "}"
}
