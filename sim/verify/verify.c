/* verify.c - see verify.h.  Rows are added here and nowhere else, so that there is one place that
 * says what agrees. */
#include "groups.h"

#include "../base/stats.h"
#include "../base/xalloc.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 32 };

const struct verify_group *const *verify_groups(void)
{
    static const struct verify_group *const groups[] = {
        &verify_mm1, &verify_mmc, &verify_mg1, &verify_ps, &verify_loss, &verify_closed,
        &verify_split, &verify_rr, &verify_jsqd, &verify_jsq, &verify_jiq, &verify_lwl,
        &verify_retries, &verify_redundancy, &verify_hedging, &verify_fanout, &verify_hashing,
        &verify_shares, &verify_old, &verify_prequal, &verify_published, NULL,
    };

    return groups;
}

uint32_t verify_effort(const struct verify *v, uint32_t in_short, uint32_t normal, uint32_t in_long)
{
    switch (v->length) {
    case VERIFY_SHORT:  return in_short;
    case VERIFY_NORMAL: return normal;
    case VERIFY_LONG:   return in_long;
    }
    return normal;
}

void verify_fini(struct verify *v)
{
    free(v->row);
    v->row = NULL;
    v->rows = v->room = 0;
}

static bool is_taken(const struct verify *v, const char *id)
{
    for (uint32_t i = 0; i < v->rows; i++)
        if (strcmp(v->row[i].id, id) == 0)
            return true;
    return false;
}

static struct verify_row *add_row(struct verify *v, const char *id, const char *source)
{
    assert(strlen(id) < sizeof v->row->id && !is_taken(v, id));
    if (v->rows == v->room) {
        v->room = v->room ? 2 * v->room : FIRST_ROOM;
        v->row = xrealloc(v->row, v->room, sizeof *v->row);
    }

    struct verify_row *row = &v->row[v->rows++];

    *row = (struct verify_row){ .low = NAN, .high = NAN };
    snprintf(row->id, sizeof row->id, "%s", id);
    snprintf(row->source, sizeof row->source, "%s", source);
    return row;
}

/* Written so that a NAN on either side does not agree. */
static void judge(struct verify_row *row)
{
    row->is_ok = fabs(row->got - row->expected) <= row->tolerance;
}

static void say_why(struct verify_row *row, double t, uint32_t n, double allowance,
                    const char *because)
{
    int used = snprintf(row->why, sizeof row->why, "%.2f standard errors of %u runs", t, n);

    if (allowance > 0)
        snprintf(row->why + used, sizeof row->why - (size_t)used, " + %.2g %% for %s",
                 100 * allowance, because);
}

/* error: the standard error of got, from n replications. */
static void add_statistical(struct verify *v, const char *id, const char *source, double expected,
                            double got, double error, uint32_t n, double allowance,
                            const char *because)
{
    struct verify_row *row = add_row(v, id, source);
    double t = stats_student_t(1 - VERIFY_ALARM / VERIFY_FAMILY, n - 1);
    double half = stats_student_t(0.95, n - 1) * error;

    assert(n >= 2 && (allowance > 0) == (because != NULL));
    v->statistical++;
    assert(v->statistical <= VERIFY_FAMILY);
    row->is_statistical = true;
    row->expected = expected;
    row->got = got;
    row->low = got - half;
    row->high = got + half;
    row->tolerance = t * error + allowance * fabs(expected);
    say_why(row, t, n, allowance, because);
    judge(row);
}

/* Of the mean of x[n], if its expectation is `centre`. */
static double error_around(double centre, const double *x, uint32_t n)
{
    double squares = 0;

    for (uint32_t i = 0; i < n; i++)
        squares += (x[i] - centre) * (x[i] - centre);
    return sqrt(squares / (n - 1.0) / n);
}

void verify_mean(struct verify *v, const char *id, const char *source, double expected,
                 const double *got, uint32_t n, double allowance, const char *because)
{
    double mean = stats_mean(got, n, 0.95).value;

    add_statistical(v, id, source, expected, mean, error_around(mean, got, n), n, allowance,
                    because);
}

void verify_quantile(struct verify *v, const char *id, const char *source, double expected,
                     double pooled, const double *each, uint32_t n, double allowance,
                     const char *because)
{
    add_statistical(v, id, source, expected, pooled, error_around(pooled, each, n), n, allowance,
                    because);
}

void verify_exact(struct verify *v, const char *id, const char *source, double expected, double got,
                  double tolerance)
{
    struct verify_row *row = add_row(v, id, source);

    row->expected = expected;
    row->got = got;
    row->tolerance = tolerance * fabs(expected);
    snprintf(row->why, sizeof row->why, "%s",
             tolerance > 0 ? "no chance in it: what rounding leaves" : "no chance in it: equal");
    judge(row);
}

void verify_range(struct verify *v, const char *id, const char *source, double low, double high,
                  double got, const char *because)
{
    struct verify_row *row = add_row(v, id, source);

    row->expected = (low + high) / 2;
    row->got = got;
    row->tolerance = (high - low) / 2;
    snprintf(row->why, sizeof row->why, "from %.4g to %.4g: %s", low, high, because);
    row->is_ok = got >= low && got <= high;
}

/* ---- once more ---- */

static bool has_failed_by_chance(const struct verify *v, uint32_t from)
{
    for (uint32_t i = from; i < v->rows; i++)
        if (v->row[i].is_statistical && !v->row[i].is_ok)
            return true;
    return false;
}

static void replace_failed(struct verify_row *row, const struct verify_row *again)
{
    double before = row->got;
    size_t used;

    assert(strcmp(row->id, again->id) == 0);
    if (!row->is_statistical || row->is_ok)
        return;
    *row = *again;
    used = strlen(row->why);
    snprintf(row->why + used, sizeof row->why - used, "; run again, at first it was %.4g", before);
}

void verify_run(struct verify *v, const struct verify_group *group)
{
    struct verify again = { .length = v->length, .seed = v->seed + VERIFY_AGAIN };
    uint32_t first = v->rows;

    group->run(v);
    if (!has_failed_by_chance(v, first))
        return;
    group->run(&again);
    assert(again.rows == v->rows - first);
    for (uint32_t i = 0; i < again.rows; i++)
        replace_failed(&v->row[first + i], &again.row[i]);
    verify_fini(&again);
}
