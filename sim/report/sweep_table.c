/* sweep_table.c - a sweep's answer as text: a row a point, a column a policy, then what follows for
 * each policy.  Policies that do not fit beside each other follow in further blocks. */
#include "columns.h"
#include "report.h"
#include "sweep_words.h"

#include "../base/text.h"
#include "../base/xalloc.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_POINT = 24 };

/* Widths of the first column and of a policy's. */
struct widths { uint32_t columns, point, policy, a_block; };

static const char *point_text(char buf[COLUMNS_CELL], const struct sweep *s, uint32_t point,
                              uint32_t width)
{
    return columns_name(buf, s->point[point].text, width);
}

/* Points are words where files or algorithms vary: as wide as it takes to tell them apart. */
static uint32_t point_width(const struct sweep *s)
{
    const char **text = xcalloc(s->points, sizeof *text);
    uint32_t least = 4, most;
    char buf[COLUMNS_CELL];

    for (uint32_t i = 0; i < s->points; i++)
        text[i] = s->point[i].text;
    most = columns_distinct(text, s->points, MOST_POINT);
    for (uint32_t i = 0; i < s->points; i++) {
        uint32_t n = columns_width(point_text(buf, s, i, most));

        least = n > least ? n : least;
    }
    free(text);
    return least;
}

/* "101 ms ±4.2 ms"; without an interval the value alone. */
static const char *show_cell(char buf[SWEEP_WORDS_TEXT], const struct sweep *s, uint32_t point,
                             uint32_t policy, const struct report_style *style)
{
    struct result_quantity q = sweep_value(s, point, policy);
    char value[SWEEP_WORDS_TEXT], half[SWEEP_WORDS_TEXT];

    if (sweep_is_saturated(s, point, policy))
        snprintf(buf, SWEEP_WORDS_TEXT, "saturated");
    else if (isnan(q.value))
        snprintf(buf, SWEEP_WORDS_TEXT,
                 s->point[point].result->policy[policy].requests && s->metric->unit == METRIC_NS
                 ? "failed" : "-");
    else if (isnan(q.low))
        sweep_show_value(buf, s, q.value);
    else
        snprintf(buf, SWEEP_WORDS_TEXT, "%.60s %s%.60s", sweep_show_value(value, s, q.value),
                 style->unicode ? "\u00b1" : "+-", sweep_show_value(half, s, (q.high - q.low) / 2));
    return buf;
}

static struct widths measure(const struct sweep *s, const struct report_style *style)
{
    const struct result_plan *plan = &s->point[0].result->plan;
    struct widths w = { .columns = columns_of(style, 0),
                        .point = point_width(s), .policy = 9 };
    char text[SWEEP_WORDS_TEXT], name[COLUMNS_CELL];

    for (uint32_t p = 0; p < plan->policies; p++) {
        uint32_t n = columns_width(columns_name(name, plan->policy[p], w.columns - w.point - 4));

        w.policy = n > w.policy ? n : w.policy;
        for (uint32_t i = 0; i < s->points; i++) {
            n = columns_width(show_cell(text, s, i, p, style));
            w.policy = n > w.policy ? n : w.policy;
        }
    }
    w.a_block = (w.columns - w.point - 2) / (w.policy + 2);
    w.a_block = w.a_block ? w.a_block : 1;
    return w;
}

static enum columns_colour colour_of(const struct sweep *s, uint32_t point, uint32_t policy)
{
    struct result_quantity q = sweep_value(s, point, policy);

    if (sweep_is_saturated(s, point, policy))
        return COLUMNS_YELLOW;
    return s->slo && !sweep_meets(s, q.value) ? COLUMNS_RED : COLUMNS_PLAIN;
}

static void put_cell(FILE *f, const struct sweep *s, uint32_t point, uint32_t policy,
                     const struct widths *w, const struct report_style *style)
{
    enum columns_colour colour = colour_of(s, point, policy);
    char text[SWEEP_WORDS_TEXT];

    fputs("  ", f);
    if (colour != COLUMNS_PLAIN)
        columns_paint(f, style, colour);
    columns_right(f, show_cell(text, s, point, policy, style), w->policy);
    if (colour != COLUMNS_PLAIN)
        columns_paint(f, style, COLUMNS_PLAIN);
}

static void put_block(FILE *f, const struct sweep *s, uint32_t from, uint32_t to,
                      const struct widths *w, const struct report_style *style)
{
    char name[COLUMNS_CELL];

    fprintf(f, "\n  %*s", (int)w->point, "");
    for (uint32_t p = from; p < to; p++) {
        fputs("  ", f);
        columns_right(f, columns_name(name, s->point[0].result->plan.policy[p], w->policy),
                      w->policy);
    }
    fputc('\n', f);
    for (uint32_t i = 0; i < s->points; i++) {
        fputs("  ", f);
        columns_right(f, point_text(name, s, i, w->point), w->point);
        for (uint32_t p = from; p < to; p++)
            put_cell(f, s, i, p, w, style);
        fputc('\n', f);
    }
}

static void put_title(FILE *f, const struct sweep *s, const struct report_style *style,
                      uint32_t columns)
{
    const struct result_plan *plan = &s->point[0].result->plan;
    char label[COLUMNS_CELL], metric[SWEEP_WORDS_TEXT], rest[480];

    snprintf(rest, sizeof rest,
             "%.60s over %s; %" PRIu32 " points, %" PRIu32 " %s x %" PRIu32
             " seed%s   seed %" PRIu64,
             sweep_show_metric(metric, s), columns_name(label, s->label, 40), s->points,
             plan->policies, plan->policies == 1 ? "policy" : "policies", plan->replications,
             plan->replications == 1 ? "" : "s", plan->first_seed);
    columns_title(f, style, plan->scenario, rest, columns);
}

static void put_sentence(FILE *f, const struct sweep *s, const struct sweep_answer *a,
                         const struct report_style *style, uint32_t columns)
{
    char sentence[SWEEP_WORDS_TEXT], name[COLUMNS_CELL];

    if (!*sweep_sentence(sentence, s, a))
        return;
    columns_name(name, s->point[0].result->plan.policy[a->policy], columns - 4);
    fputs("  ", f);
    columns_paint(f, style, COLUMNS_BOLD);
    fputs(name, f);
    columns_paint(f, style, COLUMNS_PLAIN);
    fputs(": ", f);
    columns_wrap(f, sentence, 4 + columns_width(name), 4, columns);
}

void report_sweep_table(FILE *f, const struct sweep *s, const struct sweep_answer *answers,
                        const struct report_style *style)
{
    const struct widths w = measure(s, style);
    uint32_t policies = s->point[0].result->plan.policies;

    put_title(f, s, style, w.columns);
    for (uint32_t p = 0; p < policies; p += w.a_block)
        put_block(f, s, p, p + w.a_block < policies ? p + w.a_block : policies, &w, style);
    fputc('\n', f);
    for (uint32_t p = 0; p < policies; p++)
        put_sentence(f, s, &answers[p], style, w.columns);
}
