/* parts.c - the table of where the time went: means that add up to the mean latency. */
#include "parts.h"

#include "../base/text.h"
#include "columns.h"

#include <math.h>
#include <string.h>

enum { CELL = 9, LEAST_NAME = 6 };

static const char *const short_name[PART_COUNT] = {
    [PART_CONNECT] = "connect",
    [PART_TLS] = "tls",
    [PART_NETWORK] = "network",
    [PART_BALANCER_QUEUE] = "lb queue",
    [PART_BALANCER_WORK] = "lb work",
    [PART_BACKEND_QUEUE] = "queue",
    [PART_SERVICE] = "service",
    [PART_RETRIES] = "retries",
};

const char *parts_short_name(enum part part)
{
    return short_name[part];
}

double parts_mean(const struct result *r, uint32_t policy, enum part part)
{
    const struct result_policy *p = &r->policy[policy];

    return p->completed ? (double)p->spent[part] / (double)p->completed : NAN;
}

bool parts_is_told(const struct result *r, enum part part)
{
    for (uint32_t p = 0; p < r->plan.policies; p++)
        if (r->policy[p].spent[part] > 0)
            return true;
    return false;
}

bool parts_are_of_interest(const struct result *r)
{
    for (uint32_t i = 0; i < PART_COUNT; i++)
        if (i != PART_SERVICE && i != PART_BACKEND_QUEUE && parts_is_told(r, (enum part)i))
            return true;
    return false;
}

/* ---- the table ---- */

static void put_cell(FILE *f, double ns)
{
    char buf[COLUMNS_CELL] = "-";

    if (ns > 0)
        text_show_duration(buf, sizeof buf, ns);
    columns_right(f, isnan(ns) || ns > 0 ? buf : "0", CELL);
}

/* The same for all rows: what fits, the rest is in --json. */
static uint32_t choose(const struct result *r, enum part *part, uint32_t room)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < PART_COUNT && n < room; i++)
        if (parts_is_told(r, (enum part)i))
            part[n++] = (enum part)i;
    return n;
}

/* Of a saturated policy the greatest part is the one that grows as long as one looks. */
static enum part growing_part(const struct result *r, uint32_t policy)
{
    enum part most = PART_CONNECT;

    if (r->policy[policy].verdict != VERDICT_SATURATED)
        return PART_COUNT;
    for (uint32_t i = 0; i < PART_COUNT; i++)
        if (r->policy[policy].spent[i] > r->policy[policy].spent[most])
            most = (enum part)i;
    return most;
}

static void put_row(FILE *f, const struct result *r, uint32_t policy, const enum part *part,
                    uint32_t parts, uint32_t name_width)
{
    char buf[COLUMNS_CELL];

    fputs("  ", f);
    columns_left(f, columns_name(buf, r->policy[policy].name, name_width), name_width);
    for (uint32_t i = 0; i < parts; i++)
        if (part[i] == growing_part(r, policy))
            columns_right(f, "grows", CELL);
        else
            put_cell(f, parts_mean(r, policy, part[i]));
    fputc('\n', f);
}

void parts_table(FILE *f, const struct result *r, const struct report_style *style,
                 uint32_t name_width)
{
    uint32_t columns = columns_of(style, COLUMNS_OF_RUN);
    enum part part[PART_COUNT];
    uint32_t n = choose(r, part, (columns - 2 - LEAST_NAME) / CELL);
    uint32_t room = columns - 2 - n * CELL;
    uint32_t width = columns_distinct(r->plan.policy, r->plan.policies,
                                      name_width < room ? name_width : room);

    if (!parts_are_of_interest(r))
        return;
    fputs("\n  ", f);
    columns_left(f, width >= 9 ? "mean time" : "mean", width);
    for (uint32_t i = 0; i < n; i++)
        columns_right(f, short_name[part[i]], CELL);
    fputc('\n', f);
    for (uint32_t p = 0; p < r->plan.policies; p++)
        put_row(f, r, p, part, n, width);
}
