/* ci_junit.c - JUnit XML as Jenkins, GitLab and GitHub's actions read it: a suite a scenario, a
 * case a row.  There is no standard; elements and attributes are those that Jenkins' and GitLab's
 * readers know.  An inconclusive row is skipped, or failed with --strict. */
#include "ci_format.h"

#include <inttypes.h>
#include <string.h>

/* Text or an attribute's value by XML 1.0.  What XML cannot hold (controls, bytes that are not
 * UTF-8) is gone before: ci_safe() shows it as \xNN. */
static void put(FILE *f, const char *text)
{
    char safe[CI_SAFE];

    for (const char *p = ci_safe(safe, text); *p; p++)
        switch (*p) {
        case '&': fputs("&amp;", f); break;
        case '<': fputs("&lt;", f); break;
        case '>': fputs("&gt;", f); break;
        case '"': fputs("&quot;", f); break;
        case '\'': fputs("&apos;", f); break;
        default: fputc(*p, f);
        }
}

static void attribute(FILE *f, const char *name, const char *value)
{
    fprintf(f, " %s=\"", name);
    put(f, value);
    fputc('"', f);
}

static void property(FILE *f, const char *name, const char *value)
{
    fputs("      <property", f);
    attribute(f, "name", name);
    attribute(f, "value", value);
    fputs("/>\n", f);
}

struct verdict_count { uint32_t cases, failures, skipped; };

/* Of one file, or of all (NULL). */
static struct verdict_count count(const struct ci_input *in, const char *file)
{
    struct verdict_count t = { 0, 0, 0 };

    for (uint32_t i = 0; i < in->gate->rows; i++) {
        const struct gate_row *r = &in->gate->row[i];

        if (file && strcmp(r->file, file) != 0)
            continue;
        t.cases++;
        if (ci_row_fails(r, in->strictness))
            t.failures++;
        else if (r->verdict == GATE_INCONCLUSIVE)
            t.skipped++;
    }
    return t;
}

static void put_counts(FILE *f, struct verdict_count t)
{
    fprintf(f, " tests=\"%" PRIu32 "\" failures=\"%" PRIu32 "\" errors=\"0\" skipped=\"%" PRIu32
               "\"", t.cases, t.failures, t.skipped);
}

static void put_properties(FILE *f, const struct ci_input *in, const struct result *r)
{
    char text[64];

    fputs("    <properties>\n", f);
    property(f, "lblab", in->environment->version);
    property(f, "git", in->environment->git);
    property(f, "scenario_sha256", r->plan.sha256);
    property(f, "result_sha256", r->sha256);
    snprintf(text, sizeof text, "%" PRIu64, r->plan.first_seed);
    property(f, "first_seed", text);
    snprintf(text, sizeof text, "%" PRIu32, r->plan.replications);
    property(f, "seeds", text);
    fputs("    </properties>\n", f);
}

/* The message is read in a list, the text on the case's own page. */
static void put_failure(FILE *f, const struct gate_row *r)
{
    char text[CI_TEXT];

    fputs("      <failure", f);
    attribute(f, "message", ci_sentence(text, r));
    attribute(f, "type", r->verdict == GATE_INCONCLUSIVE ? "inconclusive" : ci_kind_text(r->kind));
    fputc('>', f);
    put(f, r->file);
    if (r->line)
        fprintf(f, ":%" PRIu32, r->line);
    fputc('\n', f);
    put(f, ci_sentence(text, r));
    if (*ci_advice(text, r))
        fputc('\n', f);
    put(f, text);
    fputs("</failure>\n", f);
}

static void put_skipped(FILE *f, const struct gate_row *r)
{
    char text[CI_TEXT];

    fputs("      <skipped message=\"inconclusive: ", f);
    put(f, ci_sentence(text, r));
    if (*ci_advice(text, r))
        fputs("; ", f);
    put(f, text);
    fputs("\"/>\n", f);
}

/* The same words twice in a scenario, over other windows of time: readers take two cases of one
 * name for one, and might show the one that passed. */
static bool has_namesake(const struct gate *g, const struct gate_row *r)
{
    char one[CI_TEXT], other[CI_TEXT];

    ci_subject(one, r);
    for (uint32_t i = 0; i < g->rows; i++)
        if (&g->row[i] != r && strcmp(g->row[i].file, r->file) == 0
            && strcmp(ci_subject(other, &g->row[i]), one) == 0)
            return true;
    return false;
}

static void put_name(FILE *f, const struct gate *g, const struct gate_row *r)
{
    char text[CI_TEXT];

    fputs(" name=\"", f);
    put(f, ci_subject(text, r));
    if (has_namesake(g, r))
        fprintf(f, " (row %td)", r - g->row + 1);
    fputc('"', f);
}

static void put_case(FILE *f, const struct ci_input *in, const struct gate_row *r)
{
    char line[16];

    fputs("    <testcase", f);
    put_name(f, in->gate, r);
    attribute(f, "classname", r->scenario);
    attribute(f, "time", "0");
    attribute(f, "file", r->file);
    if (r->line) {
        snprintf(line, sizeof line, "%" PRIu32, r->line);
        attribute(f, "line", line);
    }
    fputs(">\n", f);
    if (ci_row_fails(r, in->strictness))
        put_failure(f, r);
    else if (r->verdict == GATE_INCONCLUSIVE)
        put_skipped(f, r);
    fputs("    </testcase>\n", f);
}

static void put_suite(FILE *f, const struct ci_input *in, uint32_t first)
{
    const struct gate_row *row = in->gate->row;
    const struct result *r = ci_result_of(in, row[first].file);

    fputs("  <testsuite", f);
    attribute(f, "name", row[first].scenario);
    put_counts(f, count(in, row[first].file));
    attribute(f, "time", "0");
    /* xs:dateTime without a zone, as JUnit's own reports have it: UTC */
    fprintf(f, " timestamp=\"%.19s\">\n", in->environment->started);
    if (r)
        put_properties(f, in, r);
    for (uint32_t i = first; i < in->gate->rows; i++)
        if (strcmp(row[i].file, row[first].file) == 0)
            put_case(f, in, &row[i]);
    fputs("  </testsuite>\n", f);
}

void ci_write_junit(FILE *f, const struct ci_input *in)
{
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"lblab check\"", f);
    put_counts(f, count(in, NULL));
    fprintf(f, " time=\"%.3f\">\n", in->environment->wall_s);
    for (uint32_t i = 0; i < in->gate->rows; i++)
        if (ci_begins_file(in->gate, i))
            put_suite(f, in, i);
    fputs("</testsuites>\n", f);
}
