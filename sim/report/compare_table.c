/* compare_table.c - what `compare` prints: a block a pair of policies, a line a metric, and what
 * they stand on: pairs, correction, overrides.  Fits 60 columns and more. */
#include "compare_report.h"
#include "change_text.h"

#include "../base/text.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* How wide the columns of all blocks are. */
struct compare_shape {
    const struct report_comparison *r;
    const struct report_style *style;
    uint32_t columns, metric, before, after, change, word;      /* widths */
    uint32_t tested;                /* rows */
};

static bool is_of_one(const struct report_comparison *r)
{
    return r->old == r->new;
}

static enum metric_unit unit_of(const struct result_change *c)
{
    double percentile;

    return metric_find(c->metric, &percentile)->unit;
}

static void widen(uint32_t *width, const char *text)
{
    uint32_t w = columns_width(text);

    *width = w > *width ? w : *width;
}

static struct compare_shape make_shape(const struct report_comparison *r,
                                       const struct report_style *style)
{
    struct compare_shape s = { .r = r, .style = style,
                               .columns = columns_of(style, 0),
                               .tested = change_text_tested(r->rows->change,
                                                            r->rows->changes) };
    char buf[COLUMNS_CELL];

    for (uint32_t i = 0; i < r->rows->changes; i++) {
        const struct result_change *c = &r->rows->change[i];

        widen(&s.metric, c->metric);
        widen(&s.before, change_text_value(buf, c->base_value, unit_of(c)));
        widen(&s.after, change_text_value(buf, c->value, unit_of(c)));
        widen(&s.change, change_text_share(buf, &c->change));
        widen(&s.word, change_text_word(c));
    }
    return s;
}

/* ---- the head ---- */

static void put_note(FILE *f, const struct compare_shape *s, const char *text)
{
    fputs("  ", f);
    columns_wrap(f, text, 2, 4, s->columns);
}

/* A path is a stranger's name; it is shown whole, for it is to be copied. */
static void put_path(FILE *f, const char *which, const char *path, const struct result *r)
{
    char safe[1024];

    fprintf(f, "  %s: %s   %" PRIu32 " seed%s from %" PRIu64 "\n", which,
            text_safe(safe, sizeof safe, path, strlen(path)), r->plan.replications,
            r->plan.replications == 1 ? "" : "s", r->plan.first_seed);
}

/* Many differences would bury the rows; the JSON has them all. */
enum { MOST_DIFFERENCES = 8 };

/* Seeds are told with each side, and which policies were run shows in the blocks. */
static bool is_told(const char *pointer)
{
    static const char *const told[] = { "/run/seed", "/run/replications", "/compare/algorithms",
                                        "/compare/baseline" };

    for (size_t i = 0; i < ARRAY_LEN(told); i++)
        if (strncmp(pointer, told[i], strlen(told[i])) == 0)
            return true;
    return false;
}

/* Not one scenario run twice: the rows are of what differs, all of it together. */
static bool are_different(const struct report_comparison *r)
{
    return !is_of_one(r) && strcmp(r->old->plan.sha256, r->new->plan.sha256) != 0;
}

static void put_difference(FILE *f, const struct compare_shape *s,
                           const struct compare_difference *d)
{
    char text[3 * COLUMNS_CELL + 80];

    snprintf(text, sizeof text, "%s %.*s: %.*s -> %.*s",
             are_different(s->r) ? "they differ in" : "run with", COLUMNS_CELL, d->pointer,
             COLUMNS_CELL, d->old ? d->old : "absent", COLUMNS_CELL, d->new ? d->new : "absent");
    put_note(f, s, text);
}

static void put_differences(FILE *f, const struct compare_shape *s)
{
    const struct report_comparison *r = s->r;
    uint32_t n = 0;

    for (uint32_t i = 0; i < r->differences; i++)
        if (!is_told(r->difference[i].pointer) && n++ < MOST_DIFFERENCES)
            put_difference(f, s, &r->difference[i]);
    if (n > MOST_DIFFERENCES)
        fprintf(f, "  and with %" PRIu32 " more differences: --json has them\n",
                n - MOST_DIFFERENCES);
}

static const char *plural(uint32_t n)
{
    return n == 1 ? "" : "s";
}

/* What was put side by side: the seeds that both have, or not seed by seed at all. */
static void show_pairing(char *buf, size_t size, const struct report_comparison *r)
{
    uint32_t n = r->rows->seeds, old = r->old->plan.replications, new = r->new->plan.replications;

    if (r->rows->is_paired && n == old && n == new)
        snprintf(buf, size, "%" PRIu32 " paired seed%s from %" PRIu64, n, plural(n),
                 r->old->plan.first_seed);
    else if (r->rows->is_paired)
        snprintf(buf, size, "%" PRIu32 " paired seed%s, those that both have; left out: %" PRIu32
                 " of old, %" PRIu32 " of new", n, plural(n), old - n, new - n);
    else
        snprintf(buf, size, "not paired%s: %" PRIu32 " seed%s against %" PRIu32,
                 r->pairing == COMPARE_PAIRED ? ", for no seed is in both" : "", old, plural(old),
                 new);
}

/* "shop"; of two scenarios "old -> new". */
static const char *show_scenarios(char buf[COLUMNS_CELL], const struct report_comparison *r)
{
    const char *old = r->old->plan.scenario, *new = r->new->plan.scenario;

    if (strcmp(old, new) == 0)
        snprintf(buf, COLUMNS_CELL, "%s", new);
    else
        snprintf(buf, COLUMNS_CELL, "%.70s -> %.70s", old, new);
    return buf;
}

static void put_title(FILE *f, const struct compare_shape *s)
{
    const struct report_comparison *r = s->r;
    char pairing[COLUMNS_CELL], name[COLUMNS_CELL];

    show_pairing(pairing, sizeof pairing, r);
    columns_title(f, s->style, show_scenarios(name, r), pairing, s->columns);
    if (!is_of_one(r)) {
        put_path(f, "old", r->old_path, r->old);
        put_path(f, "new", r->new_path, r->new);
    }
    put_differences(f, s);
}

/* ---- the rows ---- */

static void put_pair(FILE *f, const struct compare_shape *s, const struct compare_pair *pair)
{
    const char *base = s->r->old->plan.policy[pair->base];
    const char *policy = s->r->new->plan.policy[pair->policy];
    char a[COLUMNS_CELL], b[COLUMNS_CELL], text[2 * COLUMNS_CELL + 32];

    columns_name(a, policy, s->columns - 4);
    columns_name(b, base, s->columns - 4);
    if (strcmp(base, policy) == 0)
        snprintf(text, sizeof text, "%s", a);
    else
        snprintf(text, sizeof text, "%s against %s%s", a, b, is_of_one(s->r) ? "" : " of old");
    fputc('\n', f);
    columns_paint(f, s->style, COLUMNS_BOLD);
    put_note(f, s, text);
    columns_paint(f, s->style, COLUMNS_PLAIN);
}

/* The verdict, and behind it or on a line of its own what more there is to say. */
static void put_verdict(FILE *f, const struct compare_shape *s, const struct result_change *c,
                        uint32_t taken, uint32_t indent)
{
    const char *word = change_text_word(c);
    char more[COLUMNS_CELL], text[2 * COLUMNS_CELL];
    bool needs = c->verdict == CHANGE_INCONCLUSIVE;

    change_text_more(more, c, s->tested);
    snprintf(text, sizeof text, needs ? "%s: %s" : "%s (%s)", word, more);
    columns_paint(f, s->style, change_text_colour(c->verdict));
    fputs(*more && taken + columns_width(text) <= s->columns ? text : word, f);
    columns_paint(f, s->style, COLUMNS_PLAIN);
    if (*more && taken + columns_width(text) > s->columns)
        fprintf(f, "\n%*s%s%s%s", (int)indent, "", needs ? "" : "(", more, needs ? "" : ")");
    fputc('\n', f);
}

/* Metric and values; how many columns they take. */
static uint32_t put_values(FILE *f, const struct compare_shape *s, const struct result_change *c)
{
    char buf[COLUMNS_CELL];

    fputs("  ", f);
    columns_left(f, c->metric, s->metric);
    fputs("  ", f);
    columns_right(f, change_text_value(buf, c->base_value, unit_of(c)), s->before);
    fputs(" -> ", f);
    columns_right(f, change_text_value(buf, c->value, unit_of(c)), s->after);
    return 2 + s->metric + 2 + s->before + 4 + s->after;
}

/* Where lines are too short for all, the change and its verdict have one of their own. */
static void put_row(FILE *f, const struct compare_shape *s, const struct result_change *c)
{
    char buf[COLUMNS_CELL];
    uint32_t taken = put_values(f, s, c), indent = 2 + s->metric + 2;

    if (taken + 2 + s->change + 2 + s->word > s->columns) {
        fputs("\n  ", f);
        taken = 2;
        indent = 4;
    }
    fputs("  ", f);
    columns_left(f, change_text_share(buf, &c->change), s->change);
    fputs("  ", f);
    put_verdict(f, s, c, taken + 2 + s->change + 2, indent);
}

/* ---- what the rows stand on ---- */

static bool are_all_equal(const struct comparison *c)
{
    for (uint32_t i = 0; i < c->changes; i++)
        if (c->change[i].verdict != CHANGE_EQUAL)
            return false;
    return true;
}

static void put_method(FILE *f, const struct compare_shape *s)
{
    uint32_t tested = s->tested;
    char text[400], margin[32];

    snprintf(margin, sizeof margin, "%.3g %%", s->r->margin * 100);
    fputc('\n', f);
    if (tested == 0) {
        put_note(f, s, are_all_equal(s->r->rows) ? "All are equal to the last digit."
                                                 : "No row could be tested.");
        return;
    }
    snprintf(text, sizeof text,
             "[95 %% interval] of each change%s%s. Better and worse: p < 0.05 after Holm's "
             "correction over %" PRIu32 " row%s. A change of %s counts as worth knowing.",
             s->r->rows->is_paired ? ", seed by seed" : " (Welch)",
             tested > 1 ? ", as if it were the only one" : "", tested, plural(tested), margin);
    put_note(f, s, text);
}

void report_compare_table(FILE *f, const struct report_comparison *r,
                          const struct report_style *style)
{
    const struct compare_shape s = make_shape(r, style);
    uint32_t rows = r->pairs ? r->rows->changes / r->pairs : 0;

    put_title(f, &s);
    for (uint32_t p = 0; p < r->pairs; p++) {
        put_pair(f, &s, &r->pair[p]);
        for (uint32_t i = 0; i < rows; i++)
            put_row(f, &s, &r->rows->change[p * rows + i]);
    }
    put_method(f, &s);
}
