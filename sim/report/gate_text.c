/* gate_text.c - a row of `check` as a sentence for people: text, Markdown, JUnit and annotations
 * all say the same.  Strangers' words stand in it as they are: the caller escapes. */
#include "change_text.h"
#include "ci.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

/* Adds to what is in buf; what does not fit is cut. */
__attribute__((format(printf, 2, 3))) static void add(char buf[CI_TEXT], const char *fmt, ...)
{
    size_t used = strlen(buf);
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(buf + used, CI_TEXT - used, fmt, ap);
    va_end(ap);
}

const char *ci_verdict_text(enum gate_verdict v)
{
    static const char *const word[] = {
        [GATE_OK] = "ok",
        [GATE_FAILED] = "failed",
        [GATE_INCONCLUSIVE] = "inconclusive",
        [GATE_STALE] = "better than the baseline",
    };

    return word[v];
}

const char *ci_verdict_word(enum gate_verdict v)
{
    return v == GATE_STALE ? "stale" : ci_verdict_text(v);
}

bool ci_row_fails(const struct gate_row *r, enum ci_strictness strictness)
{
    return r->verdict == GATE_FAILED
           || (r->verdict == GATE_INCONCLUSIVE && strictness == CI_STRICT);
}

/* "301" of "301 ms" where the value is in ms too. */
static void drop_same_unit(char *number, const char *value)
{
    char *unit = number + strcspn(number, " /x");

    if (strcmp(unit, value + strcspn(value, " /x")) == 0)
        *unit = '\0';
}

const char *ci_value(char buf[CI_TEXT], enum metric_unit unit, double value, double low,
                     double high)
{
    char v[COLUMNS_CELL], l[COLUMNS_CELL], h[COLUMNS_CELL];

    snprintf(buf, CI_TEXT, "%s", change_text_value(v, value, unit));
    if (isnan(value) || isnan(low) || isnan(high))
        return buf;
    change_text_value(l, low, unit);
    change_text_value(h, high, unit);
    drop_same_unit(l, v);
    drop_same_unit(h, v);
    add(buf, " [%s, %s]", l, h);
    return buf;
}

/* ---- sentences ---- */

/* An assertion without @POLICY is asked of each: the one that this row is of stands in. */
static void assertion_subject(char buf[CI_TEXT], const struct gate_row *r)
{
    size_t n = strlen(r->metric);
    bool is_bare = n && *r->policy && strncmp(r->asked, r->metric, n) == 0
                   && (r->asked[n] == ' ' || strchr("<>", r->asked[n]));

    if (is_bare)
        add(buf, "%s@%s%s", r->metric, r->policy, r->asked + n);
    else
        add(buf, "%s", r->asked);
}

const char *ci_subject(char buf[CI_TEXT], const struct gate_row *r)
{
    buf[0] = '\0';
    if (r->kind == GATE_ASSERTION)
        assertion_subject(buf, r);
    else if (r->kind == GATE_GOLDEN)
        add(buf, "%s%s%s", r->asked, *r->policy ? " of " : "", r->policy);
    else
        add(buf, "%s%s%s %s", r->metric, *r->policy ? "@" : "", r->policy, r->asked);
    return buf;
}

static void add_seeds(char buf[CI_TEXT], uint32_t seeds)
{
    if (seeds)
        add(buf, ", %" PRIu32 " seed%s", seeds, seeds == 1 ? "" : "s");
}

static void assertion_finding(char buf[CI_TEXT], const struct gate_row *r)
{
    char value[CI_TEXT];

    if (isnan(r->value))
        add(buf, "no value");
    else
        add(buf, "actual %s", ci_value(value, r->unit, r->value, r->low, r->high));
}

static void regression_finding(char buf[CI_TEXT], const struct gate_row *r)
{
    char text[CI_TEXT];

    if (!isnan(r->change.value))
        add(buf, "%s, ", change_text_share(text, &r->change));
    add(buf, "%s", isnan(r->value) ? "no value" : change_text_value(text, r->value, r->unit));
    add(buf, " against %s",
        isnan(r->base) ? "no value" : change_text_value(text, r->base, r->unit));
}

const char *ci_finding(char buf[CI_TEXT], const struct gate_row *r)
{
    buf[0] = '\0';
    if (r->kind == GATE_GOLDEN) {
        add(buf, "%s", r->verdict == GATE_OK ? "as recorded" : "not as recorded");
        return buf;
    }
    if (r->kind == GATE_ASSERTION)
        assertion_finding(buf, r);
    else
        regression_finding(buf, r);
    add_seeds(buf, r->seeds);
    return buf;
}

const char *ci_sentence(char buf[CI_TEXT], const struct gate_row *r)
{
    char finding[CI_TEXT];

    ci_subject(buf, r);
    ci_finding(finding, r);
    add(buf, ": %s", finding);
    return buf;
}

const char *ci_advice(char buf[CI_TEXT], const struct gate_row *r)
{
    buf[0] = '\0';
    if (*r->detail)
        add(buf, "%s", r->detail);
    if (*r->why)
        add(buf, "%swhy: %s", *buf ? "; " : "", r->why);
    if (!r->seeds_needed)
        return buf;
    add(buf, "%sneeds about %" PRIu32 " seeds", *buf ? "; " : "", r->seeds_needed);
    if (r->kind == GATE_REGRESSION)
        add(buf, ", in the baseline too");
    else
        add(buf, ": rerun with -n %" PRIu32, r->seeds_needed);
    return buf;
}

const char *ci_count(char buf[CI_TEXT], const struct gate *g)
{
    static const enum gate_verdict told[] = { GATE_FAILED, GATE_INCONCLUSIVE, GATE_STALE };

    buf[0] = '\0';
    add(buf, "%" PRIu32 " check%s", g->rows, g->rows == 1 ? "" : "s");
    for (size_t i = 0; i < ARRAY_LEN(told); i++) {
        uint32_t n = gate_count(g, told[i]);

        if (n)
            add(buf, ", %" PRIu32 " %s", n, ci_verdict_text(told[i]));
    }
    return buf;
}
