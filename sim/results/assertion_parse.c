/* assertion_parse.c - an assertion's text, read word by word; a fault says where and what would do.
 *
 * A policy's name may hold spaces and signs within its parentheses, "p2c(choices=5)"; labels with
 * spaces are quoted: latency.p99@'my own' < 5ms. */
#include "assertion.h"

#include "../base/text.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORD = 128, MOST_METRICS = 128 };

struct scan {
    const char *text, *at;
    struct arena *arena;
    struct assertion_fault *fault;
};

/* What is wrong with the `width` bytes at `at`; -1, the hint still empty. */
static int tell(struct scan *s, const char *at, size_t width, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static int tell(struct scan *s, const char *at, size_t width, const char *fmt, ...)
{
    va_list args;

    *s->fault = (struct assertion_fault){ .at = (uint32_t)(at - s->text),
                                          .width = (uint32_t)(width ? width : 1) };
    va_start(args, fmt);
    vsnprintf(s->fault->what, sizeof s->fault->what, fmt, args);
    va_end(args);
    return -1;
}

static int hint(struct scan *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static int hint(struct scan *s, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(s->fault->hint, sizeof s->fault->hint, fmt, args);
    va_end(args);
    return -1;
}

static void skip_space(struct scan *s)
{
    s->at += strspn(s->at, " ");
}

static bool is_number(const char *at)
{
    return *at >= '0' && *at <= '9';
}

/* Up to a space, an operator or a star, made safe to show. */
static const char *show_word(const char *at, char *buf, size_t size)
{
    return text_safe(buf, size, at, strcspn(at, " <>*"));
}

/* ---- metric ---- */

static const char *nearest_metric(const char *word)
{
    static const char *const usual[] = { "latency.p50", "latency.p90", "latency.p95",
                                         "latency.p99", "latency.p99.9" };
    const char *names[MOST_METRICS + 1];
    size_t n = 0;

    for (size_t i = 0; i < ARRAY_LEN(usual); i++)
        names[n++] = usual[i];
    for (const struct metric *m = metric_all(); m->name && n < MOST_METRICS; m++)
        if (!metric_is_percentile(m))
            names[n++] = m->name;
    names[n] = NULL;
    return text_nearest(word, names);
}

static int tell_no_metric(struct scan *s, const char *word, size_t length)
{
    char shown[WORD], longer[WORD + 10];
    const char *near = nearest_metric(word);
    double percentile;

    text_safe(shown, sizeof shown, s->at, length);
    if (length == 0) {
        tell(s, s->at, 1, "a metric is missing here");
        return hint(s, "for example latency.p99; list them with: lblab list metrics");
    }
    if (strncmp(word, "latency.p", 9) == 0 && is_number(word + 9)) {
        tell(s, s->at, length, "\"%s\" is no percentile", shown);
        return hint(s, "more than 0 and less than 100, as in latency.p99.9");
    }
    tell(s, s->at, length, "unknown metric \"%s\"", shown);
    snprintf(longer, sizeof longer, "latency.%s", word);
    if (metric_find(longer, &percentile))
        return hint(s, "did you mean \"%s\"?", longer);
    if (near)
        return hint(s, "did you mean \"%s\"?", near);
    return hint(s, "list them with: lblab list metrics");
}

static int read_metric(struct scan *s, struct assertion_side *side)
{
    size_t length = strcspn(s->at, " @<>=*!");
    char word[WORD];

    snprintf(word, sizeof word, "%.*s", (int)length, s->at);
    side->metric = length < sizeof word ? metric_find(word, &side->percentile) : NULL;
    if (!side->metric)
        return tell_no_metric(s, word, length);
    s->at += length;
    return 0;
}

/* ---- policy ---- */

static int keep_policy(struct scan *s, struct assertion_side *side, size_t length)
{
    char *kept = arena_alloc(s->arena, length + 1);

    memcpy(kept, s->at, length);
    side->policy = kept;
    s->at += length;
    return 0;
}

static int read_quoted(struct scan *s, struct assertion_side *side)
{
    const char *end = strchr(s->at + 1, '\'');

    if (!end)
        return tell(s, s->at, 1, "the name of a policy has no closing '");
    s->at++;
    keep_policy(s, side, (size_t)(end - s->at));
    s->at++;
    return 0;
}

/* Ends at a space or an operator that no parenthesis holds. */
static size_t name_length(const char *at)
{
    uint32_t depth = 0;
    size_t n = 0;

    for (; at[n]; n++) {
        depth += at[n] == '(';
        depth -= at[n] == ')' && depth;
        if (!depth && strchr(" <>*", at[n]))
            break;
    }
    return n;
}

static int read_policy(struct scan *s, struct assertion_side *side)
{
    if (*s->at != '@')
        return 0;
    s->at++;
    if (*s->at == '\'')
        return read_quoted(s, side);

    size_t length = name_length(s->at);

    if (length == 0)
        return tell(s, s->at - 1, 1, "the name of a policy is missing after \"@\"");
    return keep_policy(s, side, length);
}

static int read_side(struct scan *s, struct assertion_side *side)
{
    skip_space(s);
    return read_metric(s, side) < 0 ? -1 : read_policy(s, side);
}

/* ---- operator ---- */

static int read_operator(struct scan *s, enum assertion_op *op)
{
    char shown[WORD];

    skip_space(s);

    const bool is_less = *s->at == '<', has_equal = (is_less || *s->at == '>') && s->at[1] == '=';

    if (*s->at == '<' || *s->at == '>') {
        *op = is_less ? has_equal ? ASSERT_AT_MOST : ASSERT_LESS
                      : has_equal ? ASSERT_AT_LEAST : ASSERT_MORE;
        s->at += 1 + has_equal;
        return 0;
    }
    if (!*s->at)
        tell(s, s->text, strlen(s->text), "this asserts nothing: there is no operator");
    else if (*s->at == '=' || *s->at == '!')
        tell(s, s->at, strspn(s->at, "=!"), "measured values are never exactly equal to anything");
    else
        tell(s, s->at, strcspn(s->at, " "), "an operator expected, found \"%s\"",
             show_word(s->at, shown, sizeof shown));
    return hint(s, "one of < <= > >=");
}

/* ---- value ---- */

/* A plain number with nothing behind it but, for counts, k or M. */
static int read_plain(const char *word, bool takes_thousands, double *out)
{
    size_t digits = strspn(word, "0123456789.");
    char *end;
    double value = strtod(word, &end), times = 1;

    if (digits == 0 || digits > 18 || end != word + digits)
        return -1;
    if (takes_thousands && (*end == 'k' || *end == 'M'))
        times = *end++ == 'k' ? 1e3 : 1e6;
    if (*end)
        return -1;
    *out = value * times;
    return 0;
}

static int read_unit(enum metric_unit unit, const char *word, double *out)
{
    nsec ns;

    switch (unit) {
    case METRIC_NS:
        if (text_duration(word, &ns) < 0)
            return -1;
        *out = (double)ns;
        return 0;
    case METRIC_PER_SECOND: return text_rate(word, out);
    case METRIC_SHARE:      return text_fraction(word, out);
    case METRIC_RATIO:      return read_plain(word, false, out);
    case METRIC_COUNT:      return read_plain(word, true, out);
    }
    return -1;
}

static const char *expected_unit(enum metric_unit unit)
{
    static const char *const text[] = {
        [METRIC_NS] = "a duration such as 250ms",
        [METRIC_PER_SECOND] = "a rate such as 900/s",
        [METRIC_SHARE] = "a share of 1 such as 0.1% or 0.001",
        [METRIC_RATIO] = "a plain number such as 1.3",
        [METRIC_COUNT] = "a count such as 1000 or 10k",
    };

    return text[unit];
}

static int read_limit(struct scan *s, struct assertion *a)
{
    size_t length = strcspn(s->at, " ");
    char word[WORD], shown[WORD], name[64];

    snprintf(word, sizeof word, "%.*s", (int)length, s->at);
    if (length < sizeof word && read_unit(a->left.metric->unit, word, &a->limit) == 0) {
        s->at += length;
        return 0;
    }
    metric_show_name(name, sizeof name, a->left.metric, a->left.percentile);
    tell(s, s->at, length, "\"%s\" is no value of %s",
         text_safe(shown, sizeof shown, s->at, length), name);
    return hint(s, "expected %s", expected_unit(a->left.metric->unit));
}

static int read_factor(struct scan *s, struct assertion *a)
{
    size_t length = strcspn(s->at, " *");
    char word[WORD], shown[WORD];

    snprintf(word, sizeof word, "%.*s", (int)length, s->at);
    if (length >= sizeof word || read_plain(word, false, &a->limit) < 0 || !(a->limit > 0)) {
        text_safe(shown, sizeof shown, s->at, length);
        tell(s, s->at, length, "\"%s\" is no factor", shown);
        return hint(s, "a plain number above 0, as in 0.9 * latency.p99@round_robin");
    }
    s->at += length;
    skip_space(s);
    s->at++;                        /* the star */
    return 0;
}

static bool has_star(const char *at)
{
    at += strcspn(at, " *");
    return at[strspn(at, " ")] == '*';
}

static bool is_same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static int check_sides(struct scan *s, const struct assertion *a, const char *right)
{
    const struct assertion_side *x = &a->left, *y = &a->right;
    char name[64];

    assert(x->metric && y->metric);
    if (x->metric->unit != y->metric->unit) {
        tell(s, right, strlen(right), "the two sides are of different units");
        return hint(s, "%s; %s", expected_unit(x->metric->unit), expected_unit(y->metric->unit));
    }
    if (x->metric != y->metric || !is_same(x->policy, y->policy) ||
        (metric_is_percentile(x->metric) &&
         (x->percentile < y->percentile || x->percentile > y->percentile)))
        return 0;
    tell(s, right, strlen(right), "this compares a value with itself");
    return hint(s, "name the other policy: %s@round_robin",
                metric_show_name(name, sizeof name, x->metric, x->percentile));
}

static int read_right(struct scan *s, struct assertion *a)
{
    skip_space(s);

    const char *start = s->at;

    assert(a->left.metric);
    if (!*start || *start == '-') {
        tell(s, *start ? start : s->text, *start ? strlen(start) : strlen(s->text),
             *start ? "no metric is ever negative" : "there is nothing behind the operator");
        return hint(s, "expected %s, or another metric", expected_unit(a->left.metric->unit));
    }
    if (is_number(start) && !has_star(start))
        return read_limit(s, a);
    a->limit = 1;
    if (is_number(start) && read_factor(s, a) < 0)
        return -1;
    return read_side(s, &a->right) < 0 ? -1 : check_sides(s, a, start);
}

static int read_end(struct scan *s)
{
    char shown[WORD];

    skip_space(s);
    if (!*s->at)
        return 0;
    tell(s, s->at, strlen(s->at), "text behind the end: \"%s\"",
         text_safe(shown, sizeof shown, s->at, strlen(s->at)));
    return hint(s, "one assertion each; a unit stands right behind its number: 250ms");
}

int assertion_parse(struct assertion *a, const char *that, struct arena *arena,
                    struct assertion_fault *fault)
{
    struct scan s = { that, that, arena, fault };

    *a = (struct assertion){ .text = arena_text(arena, that) };
    return read_side(&s, &a->left) < 0 || read_operator(&s, &a->op) < 0 ||
           read_right(&s, a) < 0 || read_end(&s) < 0 ? -1 : 0;
}
