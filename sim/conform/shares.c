/* shares.c - see shares.h. */
#include "shares.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- shares ---- */

/* A list of them, or an object by name in the order of the servers. */
static int read_shares(struct judged *j, const cJSON *node, struct shares *s)
{
    const cJSON *item;

    s->count = 0;
    cJSON_ArrayForEach(item, node) {
        if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0 && item->valuedouble <= 100) ||
            s->count == SHARES_MOST)
            return shares_fault(j, item, "a share is 0 to 100, of at most 16 servers");
        s->percent[s->count++] = item->valuedouble;
    }
    return s->count ? 0 : shares_fault(j, node, "no shares here");
}

static int falling(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x < y) - (x > y);
}

static void by_size(struct shares *s)
{
    qsort(s->percent, s->count, sizeof *s->percent, falling);
}

static double furthest(const struct shares *ours, const struct shares *recorded)
{
    double most = 0;

    for (uint32_t i = 0; i < recorded->count; i++)
        most = fmax(most, fabs(ours->percent[i] - recorded->percent[i]));
    return most;
}

/* A recorded run with as many servers as ours. */
static int read_like(struct judged *j, const cJSON *node, const struct shares *ours,
                     struct shares *recorded)
{
    if (read_shares(j, node, recorded) < 0)
        return -1;
    if (recorded->count != ours->count)
        return shares_fault(j, node, "not as many shares as servers");
    return 0;
}

static void tell(struct judged *j, const char *name, const char *how, double off, double tolerance)
{
    judge_quantity(j, off, 0, tolerance, "%.40s: points off%s", name, how);
    if (off > tolerance)
        judge_differs(j, "%.60s: a share is %.1f points off", name, off);
}

int shares_compare(struct judged *j, const char *name, const struct shares *ours,
                   const cJSON *first, const cJSON *again, double tolerance)
{
    struct shares recorded;
    double off;

    if (read_like(j, first, ours, &recorded) < 0)
        return -1;
    off = furthest(ours, &recorded);
    if (again && read_shares(j, again, &recorded) == 0 && recorded.count == ours->count)
        off = fmin(off, furthest(ours, &recorded));
    tell(j, name, "", off, tolerance);
    return 0;
}

int shares_compare_sizes(struct judged *j, const char *name, struct shares *ours,
                         const cJSON *first, double tolerance)
{
    struct shares recorded;

    if (read_like(j, first, ours, &recorded) < 0)
        return -1;
    by_size(ours);
    by_size(&recorded);
    tell(j, name, ", by size", furthest(ours, &recorded), tolerance);
    return 0;
}

/* ---- runs ---- */

struct shares shares_of(const struct record *r, uint32_t from, uint32_t to)
{
    struct shares s = { .count = r->backends };
    double all = 0;

    for (uint32_t b = 0; b < r->backends && b < SHARES_MOST; b++) {
        for (uint32_t k = from; k < to && k < r->slices; k++)
            s.percent[b] += (double)record_backend(r, b, k)->served;
        all += s.percent[b];
    }
    for (uint32_t b = 0; b < r->backends && b < SHARES_MOST; b++)
        s.percent[b] *= all > 0 ? 100 / all : 0;
    return s;
}

/* ---- directives ---- */

int shares_read_pool(struct judged *j, const cJSON *lines, bool *is_l4)
{
    const struct product *product = product_find(j->recording->program);
    struct product_pool *pool = &j->recording->pool;
    const cJSON *line;

    *is_l4 = false;
    product_begin(pool);
    cJSON_ArrayForEach(line, lines) {
        if (!cJSON_IsString(line))
            return shares_fault(j, line, "a directive is text");
        *is_l4 |= strcmp(line->valuestring, "mode tcp") == 0;
        product_read(product, pool, line->valuestring);
    }
    product_end(product, pool);
    return pool->servers ? 0 : shares_fault(j, lines, "the directives name no server");
}
