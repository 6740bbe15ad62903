/* sweep.c - texts to the points of an axis, and points to scenarios. */
#include "sweep.h"

#include "../base/text.h"
#include "../base/xalloc.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_STATES = 500, TEXT = 64 };

static int tell(struct sweep_fault *fault, enum sweep_part part, uint32_t item, const char *code,
                const char *fmt, ...) __attribute__((format(printf, 5, 6)));

static int tell(struct sweep_fault *fault, enum sweep_part part, uint32_t item, const char *code,
                const char *fmt, ...)
{
    va_list args;

    *fault = (struct sweep_fault){ .part = part, .item = item };
    snprintf(fault->code, sizeof fault->code, "%s", code);
    va_start(args, fmt);
    vsnprintf(fault->what, sizeof fault->what, fmt, args);
    va_end(args);
    return -1;
}

static int hint(struct sweep_fault *fault, const char *text)
{
    snprintf(fault->hint, sizeof fault->hint, "%s", text);
    return -1;
}

void sweep_split(struct sweep_config *c, const char *list, struct arena *arena)
{
    char *rest = arena_text(arena, list), *item;
    uint32_t commas = 0;

    for (const char *p = list; *p; p++)
        commas += *p == ',';

    const char **value = arena_alloc(arena, (commas + 1) * sizeof *value);

    c->values = 0;
    while ((item = strsep(&rest, ",")) != NULL)
        value[c->values++] = item;
    c->value = value;
}

/* ---- one value ---- */

struct quantity { enum sweep_unit unit; double x; };

/* Digits with at most 9 decimals. */
static bool read_decimal(const char *text, size_t length, double *x)
{
    size_t whole = strspn(text, "0123456789"), decimals = 0;
    char copy[TEXT];

    if (whole < length && text[whole] == '.')
        decimals = strspn(text + whole + 1, "0123456789");
    if (!whole || length >= sizeof copy || decimals > 9 ||
        whole + (decimals ? decimals + 1 : 0) != length)
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    *x = strtod(copy, NULL);
    return true;
}

static struct quantity read_quantity(const char *text)
{
    struct quantity q = { SWEEP_WORDS, NAN };
    size_t length = strlen(text);
    nsec time;

    if (read_decimal(text, length, &q.x))
        q.unit = strchr(text, '.') ? SWEEP_NUMBER : SWEEP_COUNT;
    else if (length && text[length - 1] == '%' && read_decimal(text, length - 1, &q.x))
        q = (struct quantity){ SWEEP_SHARE, q.x / 100 };
    else if (text_rate(text, &q.x) == 0)
        q.unit = SWEEP_RATE;
    else if (text_duration(text, &time) == 0)
        q = (struct quantity){ SWEEP_DURATION, (double)time };
    return q;
}

static const char *trim(char *number)
{
    char *end = number + strlen(number);

    if (strchr(number, '.')) {
        while (end[-1] == '0')
            *--end = '\0';
        if (end[-1] == '.')
            *--end = '\0';
    }
    return number;
}

/* In the largest unit that it is a whole number of. */
static void show_duration(char *buf, size_t size, double x)
{
    static const struct { double ns; const char *name; } unit[] = {
        { 1e9, "s" }, { 1e6, "ms" }, { 1e3, "us" }, { 1, "ns" },
    };
    uint32_t i = 0;

    while (fmod(x, unit[i].ns) != 0)
        i++;
    snprintf(buf, size, "%.0f%s", x / unit[i].ns, unit[i].name);
}

/* As a scenario would have it; what it reads as is the point's x. */
static const char *write_quantity(char buf[TEXT], struct quantity q)
{
    char number[TEXT];

    if (q.unit == SWEEP_DURATION) {
        show_duration(buf, TEXT, round(q.x));
        return buf;
    }
    snprintf(number, sizeof number, "%.9f", q.unit == SWEEP_SHARE ? q.x * 100 : q.x);
    snprintf(buf, TEXT, "%.50s%s", trim(number),
             q.unit == SWEEP_SHARE ? "%" : q.unit == SWEEP_RATE ? "/s" : "");
    return buf;
}

/* ---- lists and ranges ---- */

struct making {
    struct sweep_axis *axis;
    struct arena *arena;
    struct sweep_fault *fault;
};

/* Numbers with and without decimals go together, and 0 needs no unit. */
static bool join_unit(enum sweep_unit *all, struct quantity q)
{
    if (q.unit == *all || (q.unit == SWEEP_COUNT && q.x == 0) ||
        (q.unit == SWEEP_COUNT && *all == SWEEP_NUMBER))
        return true;
    if (q.unit != SWEEP_NUMBER || *all != SWEEP_COUNT)
        return false;
    *all = SWEEP_NUMBER;
    return true;
}

static int add_value(struct making *m, uint32_t item, const char *text)
{
    struct sweep_axis *a = m->axis;
    struct quantity q = read_quantity(text);

    if (a->values == SWEEP_MOST_VALUES)
        return tell(m->fault, SWEEP_VALUE, item, "E190", "more than %d values", SWEEP_MOST_VALUES);
    if (a->values == 0 || (a->values == 1 && a->unit == SWEEP_COUNT && a->value[0].x == 0))
        a->unit = q.unit;
    else if (!join_unit(&a->unit, q))
        a->unit = SWEEP_WORDS;
    a->value[a->values++] =
        (struct sweep_value){ .text = arena_text(m->arena, text), .x = q.x, .item = item };
    return 0;
}

static int tell_range(struct making *m, uint32_t item, const char *text)
{
    char shown[160];

    tell(m->fault, SWEEP_VALUE, item, "E190", "not a range: \"%s\"",
         text_safe(shown, sizeof shown, text, strlen(text)));
    return hint(m->fault, "FROM..TO/STEP, each with its unit: 8..16/2, 200/s..900/s/100/s, "
                          "20%..95%/5%, 5ms..20ms/5ms");
}

/* "900/s/100/s": the slash that leaves a quantity of that unit on both sides. */
static bool split_step(const char *text, enum sweep_unit unit, double *to, double *step)
{
    for (const char *slash = strchr(text, '/'); slash; slash = strchr(slash + 1, '/')) {
        char first[TEXT];

        if (slash == text || slash - text >= TEXT)
            continue;
        memcpy(first, text, (size_t)(slash - text));
        first[slash - text] = '\0';

        struct quantity a = read_quantity(first), b = read_quantity(slash + 1);
        enum sweep_unit joined = unit;

        if (a.unit == SWEEP_WORDS || !join_unit(&joined, a) || !join_unit(&joined, b))
            continue;
        *to = a.x;
        *step = b.x;
        return true;
    }
    return false;
}

static int add_range(struct making *m, uint32_t item, const char *text, const char *dots)
{
    char first[TEXT] = "", shown[TEXT];
    double to, step;

    if (dots - text < TEXT)
        memcpy(first, text, (size_t)(dots - text));

    struct quantity from = read_quantity(first);

    if (from.unit == SWEEP_WORDS || !split_step(dots + 2, from.unit, &to, &step) || step <= 0 ||
        to < from.x)
        return tell_range(m, item, text);
    if (from.unit == SWEEP_COUNT && step != floor(step))
        from.unit = SWEEP_NUMBER;
    for (uint32_t k = 0;; k++) {
        struct quantity q = { from.unit, from.x + k * step };

        if (q.x > to + 1e-9 * step)
            return 0;
        if (add_value(m, item, write_quantity(shown, q)) < 0)
            return -1;
    }
}

/* A word may hold dots; what begins with a quantity and two of them is meant as a range. */
static int add_item(struct making *m, uint32_t item, const char *text)
{
    const char *dots = strstr(text, "..");

    if (!*text) {
        tell(m->fault, SWEEP_VALUE, item, "E190", "an empty value");
        return hint(m->fault, "a list is like 8,16,32 or 8..16/2");
    }
    if (dots && *text >= '0' && *text <= '9')
        return add_range(m, item, text, dots);
    return add_value(m, item, text);
}

static int by_x(const void *a, const void *b)
{
    double x = ((const struct sweep_value *)a)->x, y = ((const struct sweep_value *)b)->x;

    return (x > y) - (x < y);
}

static int check_twice(struct making *m)
{
    const struct sweep_axis *a = m->axis;
    char shown[160];

    for (uint32_t i = 1; i < a->values; i++)
        for (uint32_t k = 0; k < i; k++) {
            const char *text = a->value[i].text;

            if (a->unit == SWEEP_WORDS ? strcmp(text, a->value[k].text) != 0
                                       : a->value[i].x != a->value[k].x)
                continue;
            return tell(m->fault, SWEEP_VALUE, a->value[i].item, "E190",
                        "the value \"%s\" is there twice",
                        text_safe(shown, sizeof shown, text, strlen(text)));
        }
    return 0;
}

static int order_values(struct making *m)
{
    struct sweep_axis *a = m->axis;

    if (a->values < SWEEP_LEAST_VALUES) {
        tell(m->fault, SWEEP_VALUE, 0, "E190", "one value is no axis");
        return hint(m->fault, "expected 2 to 200 values, as in 8,16,32 or 8..16/2");
    }
    for (uint32_t i = 0; a->unit == SWEEP_WORDS && i < a->values; i++)
        a->value[i].x = i;
    if (a->unit != SWEEP_WORDS)
        qsort(a->value, a->values, sizeof *a->value, by_x);
    return check_twice(m);
}

/* ---- load ---- */

static double busiest_load(const struct scenario *s)
{
    double most = 0;

    for (uint32_t i = 0; i < s->backends; i++) {
        double load = scenario_offered_load(s, i);

        if (isnan(load))
            return NAN;
        most = load > most ? load : most;
    }
    return most;
}

static int check_scalable(const struct scenario *s, struct sweep_fault *fault)
{
    for (uint32_t i = 0; i < s->clients; i++) {
        const struct client_config *c = &s->client[i];

        if (c->arrival.process == ARRIVAL_CLOSED) {
            tell(fault, SWEEP_VALUE, 0, "E191",
                 "the load of \"%s\" cannot be set: its clients wait for answers", c->name);
            return hint(fault, "a closed loop asks as often as it is answered; sweep the number "
                               "of clients (\"count\") or their \"think\" instead");
        }
        if (c->arrival.process == ARRIVAL_TRACE) {
            tell(fault, SWEEP_VALUE, 0, "E191",
                 "the load of \"%s\" cannot be set: its arrivals come from a trace", c->name);
            return hint(fault, "sweep the number or speed of the backends instead");
        }
        if (c->arrival.states > MOST_STATES)
            return tell(fault, SWEEP_VALUE, 0, "E191",
                        "the load of \"%s\" cannot be set: it has more than %d states", c->name,
                        MOST_STATES);
    }
    if (busiest_load(s) > 0)
        return 0;
    tell(fault, SWEEP_VALUE, 0, "E191", "a load cannot be set: no pool has a capacity");
    return hint(fault, "all workers are \"unlimited\"");
}

static int check_loads(struct making *m)
{
    const struct sweep_axis *a = m->axis;
    char shown[160];

    for (uint32_t i = 0; i < a->values; i++) {
        const char *text = a->value[i].text;

        if (read_quantity(text).unit == SWEEP_SHARE && a->value[i].x > 0 && a->value[i].x <= 10)
            continue;
        tell(m->fault, SWEEP_VALUE, a->value[i].item, "E190", "not a load: \"%s\"",
             text_safe(shown, sizeof shown, text, strlen(text)));
        return hint(m->fault, "a share of the capacity above 0 %, up to 1000 %: 20%..95%/5%");
    }
    return 0;
}

static bool ends_in(const char *path, const char *end)
{
    size_t n = strlen(path), m = strlen(end);

    return n >= m && strcmp(path + n - m, end) == 0;
}

/* Work that is asked for grows in proportion to x: the load, or the rate of the only group. */
static bool is_proportional(const struct sweep_axis *a, const struct scenario *s)
{
    return !a->path ||
           (a->unit == SWEEP_RATE && s->clients == 1 && ends_in(a->path, ".arrival.rate"));
}

int sweep_axis_make(struct sweep_axis *a, const struct sweep_config *c, const struct scenario *s,
                    struct arena *arena, struct sweep_fault *fault)
{
    struct making m = { a, arena, fault };

    *a = (struct sweep_axis){ .path = c->path,
                              .label = c->label ? c->label : c->path ? c->path : "offered load",
                              .value = arena_alloc(arena, SWEEP_MOST_VALUES * sizeof *a->value) };
    if (c->path && strncmp(c->path, "sweep", 5) == 0)
        return tell(fault, SWEEP_PATH, 0, "E190", "a sweep cannot vary itself");
    if (!c->path && check_scalable(s, fault) < 0)
        return -1;
    for (uint32_t i = 0; i < c->values; i++)
        if (add_item(&m, i, c->value[i]) < 0)
            return -1;
    if (!c->path && check_loads(&m) < 0)
        return -1;
    if (!c->path)
        a->unit = SWEEP_LOAD;
    if (order_values(&m) < 0)
        return -1;
    a->has_knee = is_proportional(a, s);
    return 0;
}

/* ---- points ---- */

static char *format(struct arena *arena, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static char *format(struct arena *arena, const char *fmt, ...)
{
    va_list args, again;
    char *text;

    va_start(args, fmt);
    va_copy(again, args);

    size_t size = (size_t)vsnprintf(NULL, 0, fmt, args) + 1;

    text = arena_alloc(arena, size);
    vsnprintf(text, size, fmt, again);
    va_end(args);
    va_end(again);
    return text;
}

/* Rates have at most 9 decimals. */
static const char *show_rate(char buf[TEXT], double rate)
{
    return write_quantity(buf, (struct quantity){ SWEEP_RATE, rate });
}

static const char *scaled_states(const struct client_config *c, double factor, struct arena *arena)
{
    bool is_mmpp = c->arrival.process == ARRIVAL_MMPP;
    size_t size = 32 + c->arrival.states * (size_t)(2 * TEXT + 40), used;
    char *text = arena_alloc(arena, size), rate[TEXT];

    used = (size_t)snprintf(text, size, "clients.%s.arrival.%s=[", c->name,
                            is_mmpp ? "states" : "steps");
    for (uint32_t i = 0; i < c->arrival.states; i++)
        used += (size_t)snprintf(text + used, size - used,
                                 "%s{\"rate\":\"%s\",\"%s\":\"%" PRIu64 "ns\"}", i ? "," : "",
                                 show_rate(rate, c->arrival.state[i].rate * factor),
                                 is_mmpp ? "hold" : "for", c->arrival.state[i].hold);
    snprintf(text + used, size - used, "]");
    return text;
}

static const char *scaled(const struct client_config *c, double factor, struct arena *arena)
{
    char rate[TEXT];

    if (c->arrival.states)
        return scaled_states(c, factor, arena);
    return format(arena, "clients.%s.arrival.rate=%s", c->name,
                  show_rate(rate, c->arrival.rate * factor));
}

/* What `over` sets, then the point, then `more`. */
static void collect_sets(struct scenario_overrides *o, const struct scenario *base,
                         const struct sweep_axis *a, uint32_t k, const char *const *more,
                         struct arena *arena)
{
    uint32_t n = o->sets, extra = 0;

    while (more && more[extra])
        extra++;

    const char **set = arena_alloc(arena, (n + base->clients + 1 + extra) * sizeof *set);

    for (uint32_t i = 0; i < n; i++)
        set[i] = o->set[i];
    if (a->path)
        set[n++] = format(arena, "%s=%s", a->path, a->value[k].text);
    for (uint32_t i = 0; !a->path && i < base->clients; i++)
        set[n++] = scaled(&base->client[i], a->value[k].x / busiest_load(base), arena);
    for (uint32_t i = 0; i < extra; i++)
        set[n++] = more[i];
    o->set = set;
    o->sets = n;
}

static const struct err_item *first_error(const struct err *err)
{
    uint32_t i = 0;

    while (i < err->kept && err->item[i].severity != ERR_ERROR)
        i++;
    return &err->item[i < err->kept ? i : 0];
}

/* Without the option that set the value: nobody typed it. */
static const char *without_option(const char *what, const struct sweep_axis *a, uint32_t k)
{
    char option[480], shown[160];
    size_t length;

    snprintf(option, sizeof option, "-s %s=%s", a->path ? a->path : "", a->value[k].text);
    text_safe(shown, sizeof shown, option, strlen(option));
    length = strlen(shown);
    return strncmp(what, shown, length) == 0 && strncmp(what + length, ": ", 2) == 0
         ? what + length + 2 : what;
}

/* In terms of what was swept, whatever option it is told as. */
static int tell_point(struct sweep_fault *fault, const struct sweep_axis *a, uint32_t k,
                      const struct err *err)
{
    const struct err_item *item = first_error(err);
    char shown[160];

    if (strcmp(item->code, "E160") == 0 && a->path)
        tell(fault, SWEEP_PATH, 0, "E160", "no such path: %s",
             text_safe(shown, sizeof shown, a->path, strlen(a->path)));
    else
        tell(fault, SWEEP_VALUE, a->value[k].item, "E192", "the value %s does not fit: %.200s",
             text_safe(shown, 80, a->value[k].text, strlen(a->value[k].text)),
             without_option(item->what, a, k));
    return hint(fault, item->hint);
}

/* Columns are policies: they must be the same at every point, by name too. */
static int check_policies(const struct scenario *point, const struct scenario *base,
                          const struct sweep_axis *a, uint32_t k, struct sweep_fault *fault)
{
    bool are_same = point->policies == base->policies;
    char shown[80];

    for (uint32_t i = 0; are_same && i < base->policies; i++)
        are_same = strcmp(point->policy[i].label, base->policy[i].label) == 0;
    if (are_same)
        return 0;
    tell(fault, SWEEP_VALUE, a->value[k].item, "E190",
         "the value %s changes which policies are compared",
         text_safe(shown, sizeof shown, a->value[k].text, strlen(a->value[k].text)));
    return hint(fault, "policies take turns at every point; to vary a parameter of one, give it a "
                       "\"label\" that stays");
}

int sweep_load_point(struct scenario *out, const struct scenario *base, const struct sweep_axis *a,
                     uint32_t k, const struct scenario_overrides *over, const char *const *more,
                     struct sweep_fault *fault)
{
    struct scenario_overrides o = *over;
    struct arena arena = { .last = NULL };
    struct err *err = xcalloc(1, sizeof *err);
    int rc;

    err_init(err);
    collect_sets(&o, base, a, k, more, &arena);
    o.text = base->text;
    o.length = base->length;
    rc = scenario_load(out, base->path, &o, err);
    if (rc < 0)
        tell_point(fault, a, k, err);
    else if ((rc = check_policies(out, base, a, k, fault)) < 0)
        scenario_fini(out);
    arena_fini(&arena);
    free(err);
    return rc;
}
