/* table.c - what `run` prints: numbers, bars on a log scale, differences.  Fits 60 columns and
 * more; where they are few, percentiles go first. */
#include "report.h"
#include "change_text.h"
#include "parts.h"
#include "sentences.h"
#include "shown.h"

#include "../base/text.h"
#include "../results/catalogue.h"

#include <inttypes.h>
#include <math.h>

/* What follows the percentiles takes OTHERS columns; NAME and LEAST_BAR are kept free. */
enum { SHOWN_PERCENTILES = 4, CELL = 8, OTHERS = 8 + 9 + 9 };
enum { NAME = 12, LEAST_BAR = 10 };

/* What the whole table needs to know about its shape. */
struct shape {
    const struct result *r;
    const struct report_style *style;
    uint32_t columns, name, change;     /* widths */
    uint32_t shown[SHOWN_PERCENTILES], shows;   /* which percentiles have a column */
    uint32_t main;                      /* the one that is compared: the highest up to 99 */
    uint32_t tested;                    /* changes, corrected together */
    bool is_stacked;                    /* changes stand below their bars, not beside them */
};

static uint32_t main_percentile(const struct result *r)
{
    uint32_t best = 0;

    for (uint32_t i = 0; i < r->plan.percentiles; i++)
        if (r->plan.percentile[i] <= 99)
            best = i;
    return best;
}

static uint32_t name_room(const struct shape *s)
{
    return s->columns - 2 - s->shows * CELL - OTHERS;
}

/* All while they are few and names can be told apart beside them; else spread, with the last and
 * the compared one among them. */
static void choose_percentiles(struct shape *s)
{
    uint32_t n = s->r->plan.percentiles,
             name = columns_distinct(s->r->plan.policy, s->r->plan.policies, NAME);

    s->shows = n < SHOWN_PERCENTILES ? n : SHOWN_PERCENTILES;
    while (s->shows > 2 && name_room(s) < name)
        s->shows--;
    for (uint32_t i = 0; i < s->shows; i++)
        s->shown[i] = s->shows == n ? i : i * (n - 1) / (s->shows - 1);
    for (uint32_t i = 0; i < s->shows; i++)
        if (s->shown[i] == s->main)
            return;
    if (s->shows > 1)
        s->shown[s->shows > 2 ? s->shows - 2 : 1] = s->main;
}

static void put_name(FILE *f, const struct shape *s, const char *name)
{
    char buf[COLUMNS_CELL];

    fputs("  ", f);
    columns_left(f, columns_name(buf, name, s->name), s->name);
}

/* ---- the numbers ---- */

static void put_title(FILE *f, const struct shape *s)
{
    const struct result_plan *plan = &s->r->plan;
    char time[32], rest[160];

    snprintf(rest, sizeof rest,
             "%" PRIu32 " %s x %" PRIu32 " seed%s, %s simulated each   seed %" PRIu64,
             plan->policies, plan->policies == 1 ? "policy" : "policies", plan->replications,
             plan->replications == 1 ? "" : "s",
             text_show_duration(time, sizeof time, (double)s->r->simulated), plan->first_seed);
    columns_title(f, s->style, plan->scenario, rest, s->columns);
}

static void put_head(FILE *f, const struct shape *s)
{
    char name[32];

    put_name(f, s, "policy");
    for (uint32_t i = 0; i < s->shows; i++) {
        snprintf(name, sizeof name, "p%.10g", s->r->plan.percentile[s->shown[i]]);
        columns_right(f, name, CELL);
    }
    fputs("  errors     ok/s max/mean\n", f);
}

/* The value, or the word for why there is none. */
static const char *show_quantile(char buf[COLUMNS_CELL], const struct result_policy *p, uint32_t i)
{
    double value = p->quantile[i].value;

    if (!isnan(value))
        return text_show_duration(buf, COLUMNS_CELL, value);
    return p->requests == 0 ? "-" : "failed";
}

static const char *show_rate(char buf[COLUMNS_CELL], double per_second)
{
    return isnan(per_second) ? "-" : text_show_count(buf, COLUMNS_CELL, per_second);
}

static void put_quantiles(FILE *f, const struct shape *s, const struct result_policy *p)
{
    char buf[COLUMNS_CELL];

    for (uint32_t i = 0; i < s->shows; i++) {
        bool is_null = isnan(p->quantile[s->shown[i]].value);

        if (is_null)
            columns_paint(f, s->style, COLUMNS_RED);
        columns_right(f, show_quantile(buf, p, s->shown[i]), CELL);
        if (is_null)
            columns_paint(f, s->style, COLUMNS_PLAIN);
    }
}

/* In place of the percentiles, none of which a saturated policy has: what can be said instead. */
static void put_growth(FILE *f, const struct shape *s, const struct result_policy *p)
{
    char rate[32], text[COLUMNS_CELL];

    snprintf(text, sizeof text, "saturated, +%s", text_show_rate(rate, sizeof rate,
                                                                p->saturated_growth));
    if (isnan(p->saturated_growth) || columns_width(text) + 2 > s->shows * CELL)
        snprintf(text, sizeof text, "saturated");
    columns_paint(f, s->style, COLUMNS_YELLOW);
    columns_right(f, text, s->shows * CELL);
    columns_paint(f, s->style, COLUMNS_PLAIN);
}

static void put_row(FILE *f, const struct shape *s, const struct result_policy *p)
{
    char buf[COLUMNS_CELL];

    put_name(f, s, p->name);
    if (p->verdict == VERDICT_SATURATED)
        put_growth(f, s, p);
    else
        put_quantiles(f, s, p);
    columns_right(f, columns_percent(buf, p->error_rate.value), 8);
    columns_right(f, show_rate(buf, p->throughput.value), 9);
    if (isnan(p->imbalance.value))
        snprintf(buf, sizeof buf, "-");
    else
        snprintf(buf, sizeof buf, "%.2fx", p->imbalance.value);
    columns_right(f, buf, 9);
    fputc('\n', f);
}

/* ---- the bars and the differences ---- */

/* The axis of the bars: from a little below the least value to the greatest. */
struct axis { double low, high; };

static struct axis make_axis(const struct shape *s)
{
    struct axis a = { INFINITY, 0 };

    for (uint32_t p = 0; p < s->r->plan.policies; p++)
        for (uint32_t i = 0; i < s->shows; i++) {
            double v = s->r->policy[p].quantile[s->shown[i]].value;

            if (isnan(v) || v <= 0)
                continue;
            a.low = v < a.low ? v : a.low;
            a.high = v > a.high ? v : a.high;
        }
    a.low /= 2;
    return a;
}

/* One mark a percentile: solid up to the lowest, then lighter and lighter. */
static void put_bar(FILE *f, const struct shape *s, const struct result_policy *p,
                    const struct axis *a, uint32_t width)
{
    static const char *const block[] = { "█", "▓", "▒", "░" };
    static const char *const ascii[] = { "#", "=", "-", "." };
    uint32_t at = 0;

    for (uint32_t i = 0; i < s->shows; i++) {
        double v = p->quantile[s->shown[i]].value;

        if (isnan(v) || v <= 0)
            continue;

        uint32_t end = (uint32_t)(log(v / a->low) / log(a->high / a->low) * width + 0.5);

        for (; at < end && at < width; at++)
            fputs((s->style->unicode ? block : ascii)[i], f);
    }
    for (; at < width; at++)
        fputc(' ', f);
}

static const struct result_change *find_change(const struct shape *s, uint32_t policy)
{
    return change_text_find(s->r, policy, s->r->plan.percentile[s->main]);
}

/* What stands behind a policy's bar: its change against the baseline and what that is worth. */
static const char *change_text(char *buf, size_t size, const struct shape *s, uint32_t policy)
{
    const struct result_change *c = find_change(s, policy);
    char change[COLUMNS_CELL];

    snprintf(buf, size, "%s",
             policy == s->r->plan.baseline && s->r->plan.policies > 1 ? "base" : "");
    if (!c)
        return buf;
    if (isnan(c->change.value))
        snprintf(buf, size, "%s", change_text_word(c));
    else
        snprintf(buf, size, "%-*.40s  %s", (int)s->change, change_text_share(change, &c->change),
                 change_text_word(c));
    return buf;
}

static void put_change(FILE *f, const struct shape *s, uint32_t policy)
{
    const struct result_change *c = find_change(s, policy);
    char buf[COLUMNS_CELL];

    if (!*change_text(buf, sizeof buf, s, policy))
        return;
    fputs(s->is_stacked ? "\n    " : "  ", f);
    columns_paint(f, s->style, c ? change_text_colour(c->verdict) : COLUMNS_PLAIN);
    fputs(buf, f);
    columns_paint(f, s->style, COLUMNS_PLAIN);
}

/* The widest change, so that verdicts stand below each other. */
static uint32_t change_width(const struct shape *s)
{
    char buf[COLUMNS_CELL];
    uint32_t most = 0;

    for (uint32_t p = 0; p < s->r->plan.policies; p++) {
        const struct result_change *c = find_change(s, p);

        if (!c || isnan(c->change.value))
            continue;
        change_text_share(buf, &c->change);
        most = columns_width(buf) > most ? columns_width(buf) : most;
    }
    return most;
}

/* What stands beside the bars at its widest. */
static uint32_t beside_width(const struct shape *s)
{
    char buf[COLUMNS_CELL];
    uint32_t widest = s->r->plan.policies > 1 ? 34 : 0;

    for (uint32_t p = 0; p < s->r->plan.policies; p++) {
        uint32_t width = columns_width(change_text(buf, sizeof buf, s, p));

        widest = width > widest ? width : widest;
    }
    return widest;
}

/* Bars take what names and changes leave; where that is too little, changes stand below them. */
static uint32_t bar_width(struct shape *s)
{
    uint32_t names = 2 + s->name + 2, taken = names + 2 + beside_width(s);

    s->is_stacked = s->columns < taken + LEAST_BAR;
    taken = s->is_stacked ? names : taken;
    taken = s->columns > taken + LEAST_BAR ? s->columns - taken : LEAST_BAR;
    return taken > 50 ? 50 : taken;
}

static bool has_intervals(const struct shape *s)
{
    return s->r->plan.policies > 1 && s->r->plan.replications > 1;
}

/* The axis over the bars, "p99 vs ..." over the differences; true if the interval was told. */
static bool put_bar_head(FILE *f, const struct shape *s, const struct axis *a, uint32_t width)
{
    static const char interval[] = " [95 % interval]";
    char low[32], high[32], name[COLUMNS_CELL], what[COLUMNS_CELL] = "";
    uint32_t taken = s->is_stacked ? 4 : 2 + s->name + 2 + width + 2,
             room = s->columns > taken + 16 ? s->columns - taken - 16 : 0;
    bool tells;

    if (s->r->plan.policies > 1)
        snprintf(what, sizeof what, "p%.10g vs %.100s", s->r->plan.percentile[s->main],
                 columns_name(name, s->r->policy[s->r->plan.baseline].name, room > 8 ? room : 8));
    tells = has_intervals(s) && taken + columns_width(what) + sizeof interval - 1 <= s->columns;

    put_name(f, s, "");
    text_show_duration(low, sizeof low, a->low);
    text_show_duration(high, sizeof high, a->high);
    fputs("  ", f);
    if (width < columns_width(low) + columns_width(high) + 1)
        low[0] = '\0';
    columns_left(f, low, width > columns_width(high) ? width - columns_width(high) : 0);
    fputs(high, f);
    fprintf(f, "%s%s%s\n", !*what ? "" : s->is_stacked ? "\n    " : "  ", what,
            tells ? interval : "");
    return tells;
}

static void put_legend(FILE *f, const struct shape *s, bool wants_interval)
{
    static const char *const block[] = { "█", "▓", "▒", "░" };
    static const char *const ascii[] = { "#", "=", "-", "." };
    char text[COLUMNS_CELL];
    size_t used = (size_t)snprintf(text, sizeof text, "bars end at");
    uint32_t indent = 2 + s->name + 2, width;

    for (uint32_t i = 0; i < s->shows; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "  %s p%.10g",
                                 (s->style->unicode ? block : ascii)[i],
                                 s->r->plan.percentile[s->shown[i]]);
    snprintf(text + used, sizeof text - used, ", log scale%s",
             wants_interval ? "  [95 % interval]" : "");
    width = columns_width(text);
    if (indent + width > s->columns)
        indent = s->columns > width + 2 ? s->columns - width : 2;
    columns_paint(f, s->style, COLUMNS_FAINT);
    fprintf(f, "%*s%s", (int)indent, "", text);
    columns_paint(f, s->style, COLUMNS_PLAIN);
    fputc('\n', f);
}

/* Intervals are each change's own; verdicts are of all changes of all metrics together. */
static void put_correction(FILE *f, const struct shape *s)
{
    char text[COLUMNS_CELL];

    if (s->tested < 2)
        return;
    snprintf(text, sizeof text, "intervals are each change's own; better, worse: p < 0.05, Holm "
                                "over %" PRIu32 " changes", s->tested);
    columns_paint(f, s->style, COLUMNS_FAINT);
    fputs("  ", f);
    columns_wrap(f, text, 2, 4, s->columns);
    columns_paint(f, s->style, COLUMNS_PLAIN);
}

static void put_bars(FILE *f, struct shape *s)
{
    struct axis a = make_axis(s);
    uint32_t width = bar_width(s);

    if (!(a.high > 0))
        return;
    fputc('\n', f);

    bool told = put_bar_head(f, s, &a, width);

    for (uint32_t p = 0; p < s->r->plan.policies; p++) {
        put_name(f, s, s->r->policy[p].name);
        fputs("  ", f);
        put_bar(f, s, &s->r->policy[p], &a, width);
        put_change(f, s, p);
        fputc('\n', f);
    }
    put_legend(f, s, has_intervals(s) && !told);
    put_correction(f, s);
}

static struct shape make_shape(const struct result *r, const struct report_style *style)
{
    struct shape s = { .r = r, .style = style, .columns = columns_of(style, COLUMNS_OF_RUN),
                       .tested = change_text_tested(r->change, r->changes) };
    char buf[COLUMNS_CELL];
    uint32_t room;

    s.main = main_percentile(r);
    choose_percentiles(&s);
    room = name_room(&s);
    for (uint32_t p = 0; p < r->plan.policies; p++) {
        uint32_t width = columns_width(columns_name(buf, r->policy[p].name, 1000));

        s.name = width > s.name ? width : s.name;
    }
    s.name = s.name > room ? room : s.name;
    s.name = s.name < 6 ? 6 : columns_distinct(r->plan.policy, r->plan.policies, s.name);
    s.change = change_width(&s);
    return s;
}

void report_table(FILE *f, const struct result *r, const struct report_style *style)
{
    struct shape s = make_shape(r, style);

    put_title(f, &s);
    put_head(f, &s);
    for (uint32_t p = 0; p < r->plan.policies; p++)
        put_row(f, &s, &r->policy[p]);
    put_bars(f, &s);
    shown_table(f, r, style, s.name);
    parts_table(f, r, style, s.name);
    sentences_put(f, &(struct sentences){ .r = r, .columns = s.columns, .tested = s.tested,
                                          .percentile = r->plan.percentile[s.main],
                                          .shown = s.shown, .shows = s.shows });
}

void report_footer(FILE *f, const struct result *r, double wall_s)
{
    char count[32], time[32], rate[32];
    uint64_t requests = 0;

    for (uint32_t p = 0; p < r->plan.policies; p++)
        requests += r->policy[p].requests;
    fprintf(f, "%s requests, %s", text_show_count(count, sizeof count, (double)requests),
            text_show_duration(time, sizeof time, wall_s * 1e9));
    if (wall_s > 0)
        fprintf(f, ", %s requests/s",
                text_show_count(rate, sizeof rate, (double)requests / wall_s));
}
