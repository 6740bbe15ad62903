/* change_text.c - see change_text.h. */
#include "change_text.h"

#include "../base/text.h"
#include "../results/compare.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Whether so many digits would show as 0 what is not 0, so that its sign were all of it. */
static bool is_lost(double share, int digits)
{
    return share != 0 && fabs(share * 100) < (digits ? 0.05 : 0.5);
}

/* As many as the interval is wide, or one more. */
static int digits_of(const struct estimate *e)
{
    double half = fabs(e->high - e->low) * 50;
    int digits = isnan(half) ? 1 : half >= 2 ? 0 : half >= 0.2 ? 1 : 2;

    if (digits < 2 && !isnan(half) && (is_lost(e->value, digits) ||
                                         is_lost(e->low, digits) || is_lost(e->high, digits)))
        digits++;
    return digits;
}

/* In percent, rounded, and never -0. */
static double shown(double share, int digits)
{
    double unit = pow(10, digits), rounded = round(share * 100 * unit) / unit;

    return rounded == 0 ? 0 : rounded;
}

const char *change_text_share(char buf[COLUMNS_CELL], const struct estimate *e)
{
    double half = fabs(e->high - e->low);
    int digits = digits_of(e);

    if (isnan(e->value))
        snprintf(buf, COLUMNS_CELL, "-");
    else if (e->value == 0 && !(half > 0))
        snprintf(buf, COLUMNS_CELL, "0 %%");
    else if (isnan(half))
        snprintf(buf, COLUMNS_CELL, "%+.*f %%", digits, shown(e->value, digits));
    else
        snprintf(buf, COLUMNS_CELL, "%+.*f %% [%+.*f, %+.*f]", digits, shown(e->value, digits),
                 digits, shown(e->low, digits), digits, shown(e->high, digits));
    return buf;
}

const char *change_text_word(const struct result_change *c)
{
    if (c->verdict == CHANGE_UNKNOWN && c->change.n == 1 && !isnan(c->change.value))
        return "one run: no interval";
    return change_verdict_text(c->verdict);
}

const struct result_change *change_text_find(const struct result *r, uint32_t policy,
                                             double percentile)
{
    char name[64];

    snprintf(name, sizeof name, "latency.p%.10g", percentile);
    for (uint32_t i = 0; i < r->changes; i++)
        if (r->change[i].policy == policy && strcmp(r->change[i].metric, name) == 0)
            return &r->change[i];
    return NULL;
}

uint32_t change_text_tested(const struct result_change *c, uint32_t rows)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < rows; i++)
        n += isnan(c[i].p) ? 0 : 1;
    return n;
}

/* Would it be a difference if it had been the only comparison? */
static bool is_corrected(const struct result_change *c)
{
    return (c->verdict == CHANGE_NONE || c->verdict == CHANGE_INCONCLUSIVE) &&
           c->p < 1 - COMPARE_CONFIDENCE;
}

/* Rounded up, so that not too much is promised. */
static const char *least_seen(char *buf, size_t size, double share)
{
    double percent = share * 100, unit = percent >= 1 ? 10 : 100;

    snprintf(buf, size, "%g %% or more would have been seen", ceil(percent * unit) / unit);
    return buf;
}

const char *change_text_more(char buf[COLUMNS_CELL], const struct result_change *c,
                             uint32_t tested)
{
    size_t used = 0;

    buf[0] = '\0';
    if (is_corrected(c))
        used = (size_t)snprintf(buf, COLUMNS_CELL, "p = %.2g among %" PRIu32, c->p_adjusted,
                                tested);
    if (c->verdict == CHANGE_NONE && !isnan(c->least_seen)) {
        used += (size_t)snprintf(buf + used, COLUMNS_CELL - used, "%s", used ? "; " : "");
        least_seen(buf + used, COLUMNS_CELL - used, c->least_seen);
    } else if (c->verdict == CHANGE_INCONCLUSIVE && c->seeds_needed) {
        snprintf(buf + used, COLUMNS_CELL - used, "%sneeds about %" PRIu32 " seeds",
                 used ? "; " : "", c->seeds_needed);
    }
    return buf;
}

enum columns_colour change_text_colour(enum change_verdict v)
{
    switch (v) {
    case CHANGE_BETTER:
        return COLUMNS_GREEN;
    case CHANGE_WORSE:
        return COLUMNS_RED;
    case CHANGE_SATURATED:
    case CHANGE_BASE_SATURATED:
        return COLUMNS_YELLOW;
    default:
        return COLUMNS_PLAIN;
    }
}

const char *change_text_value(char buf[COLUMNS_CELL], double value, enum metric_unit unit)
{
    if (isnan(value))
        snprintf(buf, COLUMNS_CELL, "-");
    else if (unit == METRIC_NS)
        text_show_duration(buf, COLUMNS_CELL, value);
    else if (unit == METRIC_PER_SECOND)
        text_show_rate(buf, COLUMNS_CELL, value);
    else if (unit == METRIC_SHARE)
        snprintf(buf, COLUMNS_CELL, "%.3g %%", value * 100);
    else if (unit == METRIC_RATIO)
        snprintf(buf, COLUMNS_CELL, "%.3fx", value);
    else
        text_show_count(buf, COLUMNS_CELL, value);
    return buf;
}
