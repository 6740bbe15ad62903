/* assertion_table.c - what a scenario asserted, and whether it held: below the table of `run`. */
#include "ci.h"
#include "columns.h"
#include "report.h"

#include "../base/text.h"
#include "../results/assertion.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

static const char *word_of(enum assertion_verdict verdict)
{
    static const char *const word[] = {
        [ASSERTION_HOLDS] = "ok",
        [ASSERTION_FAILS] = "FAIL",
        [ASSERTION_INCONCLUSIVE] = "?",
        [ASSERTION_UNKNOWN] = "FAIL",
    };

    return word[verdict];
}

static const char *colour_of(const struct report_style *style, enum assertion_verdict verdict)
{
    if (!style->colour)
        return "";
    return verdict == ASSERTION_HOLDS ? "\033[32m"
           : verdict == ASSERTION_INCONCLUSIVE ? "\033[33m" : "\033[1;31m";
}

enum { LINE = 2048, INDENT = 8 };

static void add(char line[LINE], const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void add(char line[LINE], const char *fmt, ...)
{
    size_t used = strlen(line);
    va_list args;

    va_start(args, fmt);
    vsnprintf(line + used, LINE - used, fmt, args);
    va_end(args);
}

/* Asserted of every policy: says of which one this line is. */
static void add_subject(char line[LINE], const struct result *r, const struct assertion_outcome *o)
{
    char safe[512];
    const char *policy = r->plan.policy[o->policy], *text = o->of->text;

    add(line, "%s", text_safe(safe, sizeof safe, text, strlen(text)));
    if (!strchr(text, '@'))
        add(line, " (%s)", text_safe(safe, sizeof safe, policy, strlen(policy)));
    if (o->of->until)
        add(line, " from %.6g s to %.6g s", (double)o->from / 1e9, (double)o->until / 1e9);
}

static void add_value(char line[LINE], const struct assertion_outcome *o)
{
    const struct assertion *a = o->of;
    char buf[CI_TEXT];

    if (isfinite(o->value))
        add(line, ": %s", ci_value(buf, a->right.metric ? METRIC_RATIO : a->left.metric->unit,
                                   o->value, o->low, o->high));
    if (o->reason)
        add(line, ": %s", o->reason);
    if (o->seeds_needed)
        add(line, ", needs about %u seeds", o->seeds_needed);
}

static void put_why(FILE *f, const char *why, uint32_t columns)
{
    char safe[1024], line[LINE] = "why: ";

    add(line, "%s", text_safe(safe, sizeof safe, why, strlen(why)));
    fprintf(f, "%*s", INDENT, "");
    columns_wrap(f, line, INDENT, INDENT, columns);
}

static void put_outcome(FILE *f, const struct result *r, const struct assertion_outcome *o,
                        const struct report_style *style)
{
    const uint32_t columns = columns_of(style, 0);
    char line[LINE] = "";

    add_subject(line, r, o);
    add_value(line, o);
    fprintf(f, "  %s%-5s%s ", colour_of(style, o->verdict), word_of(o->verdict),
            style->colour ? "\033[0m" : "");
    columns_wrap(f, line, INDENT, INDENT, columns);
    if (o->of->why && o->verdict != ASSERTION_HOLDS)
        put_why(f, o->of->why, columns);
}

void report_assertions(FILE *f, const struct result *r, const struct report_style *style)
{
    if (r->outcomes)
        fputs("\n  asserted\n", f);
    for (uint32_t i = 0; i < r->outcomes; i++)
        put_outcome(f, r, &r->assertion[i], style);
}
