/* sweep_words.c - see sweep_words.h.  A bound is called one: "at least", "less than". */
#include "sweep_words.h"

#include "../base/text.h"
#include "columns.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

static void add(char buf[SWEEP_WORDS_TEXT], const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void add(char buf[SWEEP_WORDS_TEXT], const char *fmt, ...)
{
    size_t used = strlen(buf);
    va_list args;

    va_start(args, fmt);
    vsnprintf(buf + used, SWEEP_WORDS_TEXT - used, fmt, args);
    va_end(args);
}

static const char *show_word(char buf[SWEEP_WORDS_TEXT], const struct sweep *s, double x)
{
    const char *text = s->point[(uint32_t)x].text;

    return text_safe(buf, SWEEP_WORDS_TEXT, text, strlen(text));
}

const char *sweep_show_x(char buf[SWEEP_WORDS_TEXT], const struct sweep *s, double x)
{
    switch (s->unit) {
    case SWEEP_LOAD:
    case SWEEP_SHARE:
        snprintf(buf, SWEEP_WORDS_TEXT, "%.3g %%", 100 * x);
        break;
    case SWEEP_RATE:
        return text_show_rate(buf, SWEEP_WORDS_TEXT, x);
    case SWEEP_DURATION:
        return text_show_duration(buf, SWEEP_WORDS_TEXT, x);
    case SWEEP_COUNT:
    case SWEEP_NUMBER:
        snprintf(buf, SWEEP_WORDS_TEXT, x == floor(x) ? "%.0f" : "%.3g", x);
        break;
    case SWEEP_WORDS:
        return show_word(buf, s, x);
    }
    return buf;
}

const char *sweep_show_value(char buf[SWEEP_WORDS_TEXT], const struct sweep *s, double value)
{
    char percent[COLUMNS_CELL];

    switch (s->metric->unit) {
    case METRIC_NS:
        return text_show_duration(buf, SWEEP_WORDS_TEXT, value);
    case METRIC_PER_SECOND:
        return text_show_rate(buf, SWEEP_WORDS_TEXT, value);
    case METRIC_SHARE:
        snprintf(buf, SWEEP_WORDS_TEXT, "%s", columns_percent(percent, value));
        break;
    case METRIC_RATIO:
    case METRIC_COUNT:
        return text_show_count(buf, SWEEP_WORDS_TEXT, value);
    }
    return buf;
}

const char *sweep_show_metric(char buf[SWEEP_WORDS_TEXT], const struct sweep *s)
{
    metric_show_name(buf, SWEEP_WORDS_TEXT, s->metric, s->percentile);
    if (metric_is_percentile(s->metric))
        memmove(buf, strchr(buf, '.') + 1, strlen(strchr(buf, '.')));
    return buf;
}

const char *sweep_show_slo(char buf[SWEEP_WORDS_TEXT], const struct sweep *s)
{
    static const char *const sign[] = {
        [ASSERT_LESS] = "<", [ASSERT_AT_MOST] = "<=", [ASSERT_MORE] = ">", [ASSERT_AT_LEAST] = ">=",
    };
    char limit[SWEEP_WORDS_TEXT];

    sweep_show_metric(buf, s);
    add(buf, " %s %.60s", sign[s->slo->op], sweep_show_value(limit, s, s->slo->limit));
    return buf;
}

/* ---- sentences ---- */

/* " [82.4, 83.9]", the unit said once before it; where the axis ends: " [82.4, at least 95]". */
static void add_interval(char buf[SWEEP_WORDS_TEXT], const struct sweep *s,
                         const struct estimate *e)
{
    char low[SWEEP_WORDS_TEXT], high[SWEEP_WORDS_TEXT];

    if (isnan(e->low) || isnan(e->high))
        return;
    sweep_show_x(low, s, e->low);
    sweep_show_x(high, s, e->high);
    if (s->unit == SWEEP_LOAD || s->unit == SWEEP_SHARE)
        low[strlen(low) - 2] = high[strlen(high) - 2] = '\0';
    add(buf, " [%s%.60s, %s%.60s]", e->low <= s->point[0].x ? "at most " : "", low,
        e->high >= s->point[s->points - 1].x ? "at least " : "", high);
}

static const char *of_what(const struct sweep *s)
{
    return s->unit == SWEEP_LOAD ? " of capacity" : "";
}

static void add_x(char buf[SWEEP_WORDS_TEXT], const struct sweep *s, double x)
{
    char shown[SWEEP_WORDS_TEXT];

    add(buf, "%.60s", sweep_show_x(shown, s, x));
}

static void add_crossing(char buf[SWEEP_WORDS_TEXT], const struct sweep *s,
                         const struct sweep_answer *a)
{
    add(buf, " %s ", a->side == SWEEP_UP_TO ? "up to" : "from");
    add_x(buf, s, a->slo_x.value);
    add_interval(buf, s, &a->slo_x);
    add(buf, "%s%s", of_what(s), a->side == SWEEP_UP_TO ? "" : " on");
}

/* What is known is where it surely holds, and where it surely does not. */
static void add_bounds(char buf[SWEEP_WORDS_TEXT], const struct sweep *s,
                       const struct sweep_answer *a)
{
    const bool up = a->side == SWEEP_UP_TO;
    double inner = up ? a->slo_x.low : a->slo_x.high, outer = up ? a->slo_x.high : a->slo_x.low;

    add(buf, " %s", up ? "up to" : "from");
    if (!isnan(inner)) {
        add(buf, " %s ", up ? "at least" : "at most");
        add_x(buf, s, inner);
    }
    if (!isnan(outer)) {
        add(buf, "%s ", isnan(inner) ? up ? " less than" : " more than"
                                     : up ? ", less than" : ", more than");
        add_x(buf, s, outer);
    }
    if (isnan(inner) && isnan(outer))
        add(buf, " an unknown place");
    add(buf, "%s%s", of_what(s), up ? "" : " on");
    if (a->censored < a->seeds)
        add(buf, " (without a crossing between these points: %" PRIu32 " of %" PRIu32 " seeds)",
            a->censored, a->seeds);
}

/* Of whole numbers the points themselves are the answer: nobody runs 11.4 backends. */
static void add_counts(char buf[SWEEP_WORDS_TEXT], const struct sweep *s,
                       const struct sweep_answer *a)
{
    const char *verb = a->side == SWEEP_UP_TO ? "up to" : "needs";

    if (a->surely == NONE && a->maybe == NONE) {
        add(buf, " at no point");
    } else if (a->surely == NONE) {
        add(buf, " %s perhaps %s", verb, s->point[a->maybe].text);
    } else {
        add(buf, " %s %s", verb, s->point[a->surely].text);
        if (a->maybe != a->surely)
            add(buf, " (%s may do)", s->point[a->maybe].text);
    }
}

static void add_slo(char buf[SWEEP_WORDS_TEXT], const struct sweep *s,
                    const struct sweep_answer *a)
{
    const uint32_t end = a->side == SWEEP_UP_TO ? s->points - 1 : 0;

    switch (a->reach) {
    case SWEEP_ASKED_NOTHING:
        break;
    case SWEEP_ALWAYS:
        add(buf, " at every point, %s ",
            a->side == SWEEP_UP_TO ? "up to at least" : "from at most");
        add_x(buf, s, s->point[end].x);
        add(buf, "%s%s", of_what(s), a->side == SWEEP_UP_TO ? "" : " on");
        break;
    case SWEEP_NEVER:
        add(buf, " at no point: not even at ");
        add_x(buf, s, s->point[s->points - 1 - end].x);
        add(buf, "%s", of_what(s));
        break;
    case SWEEP_CROSSES:
    case SWEEP_BOUNDED:
        if (s->unit == SWEEP_COUNT)
            add_counts(buf, s, a);
        else if (a->reach == SWEEP_CROSSES)
            add_crossing(buf, s, a);
        else
            add_bounds(buf, s, a);
        break;
    }
}

static void add_point(char buf[SWEEP_WORDS_TEXT], const struct sweep *s, uint32_t point)
{
    const char *text = s->point[point].text;
    char shown[80];

    add(buf, "%s", text_safe(shown, 40, text, strlen(text)));
}

static void list_saturated(char buf[SWEEP_WORDS_TEXT], const struct sweep *s,
                           const struct sweep_answer *a)
{
    uint32_t said = 0;

    add(buf, "at ");
    for (uint32_t i = 0; i < s->points && said < 6; i++)
        if (sweep_is_saturated(s, i, a->policy)) {
            add(buf, "%s", said++ ? ", " : "");
            add_point(buf, s, i);
        }
    if (a->saturated > said)
        add(buf, " and %" PRIu32 " more", a->saturated - said);
}

/* All from some point on, or up to one, are not listed. */
static void add_saturated(char buf[SWEEP_WORDS_TEXT], const struct sweep *s,
                          const struct sweep_answer *a)
{
    uint32_t from = 0, to = s->points;

    if (!a->saturated)
        return;
    while (!sweep_is_saturated(s, from, a->policy))
        from++;
    while (!sweep_is_saturated(s, to - 1, a->policy))
        to--;
    add(buf, "%ssaturated ", *buf ? "; " : "");
    if (a->saturated == s->points) {
        add(buf, "at every point");
    } else if (a->saturated > 1 && a->saturated == to - from && to == s->points) {
        add(buf, "from ");
        add_point(buf, s, from);
        add(buf, " on");
    } else if (a->saturated > 1 && a->saturated == to && from == 0) {
        add(buf, "up to ");
        add_point(buf, s, to - 1);
    } else {
        list_saturated(buf, s, a);
    }
}

const char *sweep_sentence(char buf[SWEEP_WORDS_TEXT], const struct sweep *s,
                           const struct sweep_answer *a)
{
    char slo[SWEEP_WORDS_TEXT];

    buf[0] = '\0';
    if (a->reach != SWEEP_ASKED_NOTHING) {
        add(buf, "%.100s", sweep_show_slo(slo, s));
        add_slo(buf, s, a);
    }
    if (!isnan(a->knee.value)) {
        add(buf, "%sknee at ", *buf ? "; " : "");
        add_x(buf, s, a->knee.value);
        add_interval(buf, s, &a->knee);
    }
    add_saturated(buf, s, a);
    return buf;
}

const char *sweep_note(char buf[SWEEP_WORDS_TEXT], const struct sweep *s,
                       const struct sweep_answer *a)
{
    buf[0] = '\0';
    if (a->reach == SWEEP_ASKED_NOTHING)
        return buf;
    if (a->reach == SWEEP_NEVER || (s->unit == SWEEP_COUNT && a->maybe == NONE)) {
        add(buf, "never meets the SLO");
    } else if (a->reach == SWEEP_ALWAYS) {
        add(buf, "meets the SLO throughout");
    } else if (s->unit == SWEEP_COUNT) {
        add(buf, "SLO");
        add_counts(buf, s, a);
    } else if (a->reach == SWEEP_CROSSES) {
        add(buf, "SLO %s ", a->side == SWEEP_UP_TO ? "up to" : "from");
        add_x(buf, s, a->slo_x.value);
    } else {
        double inner = a->side == SWEEP_UP_TO ? a->slo_x.low : a->slo_x.high;

        if (isnan(inner)) {
            add(buf, "SLO: too few points");
        } else {
            add(buf, "SLO %s ", a->side == SWEEP_UP_TO ? "to at least" : "from at most");
            add_x(buf, s, inner);
        }
    }
    return buf;
}
