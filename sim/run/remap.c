/* remap.c - every key is asked where it goes, the set changes, every key is asked again.
 *
 * Backends have numbers: 0 .. N - 1 for those of the beginning, from N on for those added.  A crew
 * is a balancer with what it calls them. */
#include "remap.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../algorithms/lb.h"
#include "../base/rng.h"
#include "../base/xalloc.h"
#include "remap_trial.h"

/* ---- requests ---- */

typedef struct lb_request make_request(const struct remap_trial *, uint32_t i, uint8_t byte[8]);

/* A made key is an address for policies about addresses, a number otherwise; scattered, but the
 * same for every policy. */
static struct lb_request made_request(const struct remap_trial *t, uint32_t i, uint8_t byte[8])
{
    uint64_t mixed = rng_mix(t->q->seed ^ rng_mix(i));
    uint32_t length = t->lb->traits & LB_BY_ADDRESS ? 4 : 8;

    for (uint32_t k = 0; k < 8; k++)
        byte[k] = (uint8_t)(mixed >> (56 - 8 * k));
    return (struct lb_request){ .key = byte, .key_length = length,
                                .hash = lb_hash(byte, length, 0) };
}

static struct lb_request given_request(const struct remap_trial *t, uint32_t i, uint8_t byte[8])
{
    const struct remap_keys *keys = t->q->given;
    const uint8_t *key = keys->byte + keys->begins[i];
    uint32_t length = (uint32_t)(keys->begins[i + 1] - keys->begins[i]);

    (void)byte;
    return (struct lb_request){ .key = key, .key_length = length,
                                .hash = lb_hash(key, length, 0) };
}

/* In order as 64 bits, as the low 32 of them, and modulo a small number. */
static uint64_t place_hash(uint32_t i)
{
    return (uint64_t)i << 52 | (uint64_t)i << 20 | i;
}

static struct lb_request place_request(const struct remap_trial *t, uint32_t i, uint8_t byte[8])
{
    (void)t;
    (void)byte;
    return (struct lb_request){ .hash = place_hash(i) };
}

static uint64_t unshift(uint64_t x, int by)
{
    uint64_t y = x;

    for (int k = 0; k < 64; k += by)
        y = x ^ y >> by;
    return y;
}

/* lb_mix() gives this place back: the algorithms that mix the hash see it in order. */
static struct lb_request mixed_request(const struct remap_trial *t, uint32_t i, uint8_t byte[8])
{
    uint64_t x = unshift(place_hash(i), 31) * 0x319642b2d24d8ec3u;

    (void)t;
    (void)byte;
    x = unshift(x, 27) * 0x96de1b173f119089u;
    return (struct lb_request){ .hash = unshift(x, 30) };
}

static void ask_all(const struct remap_trial *t, make_request *make, uint32_t *owner, uint32_t n)
{
    uint8_t byte[8];

    for (uint32_t i = 0; i < n; i++) {
        struct lb_request rq = make(t, i, byte);
        uint32_t at = lb_peek(t->lb, &rq);

        owner[i] = at < t->count ? t->who[at] : NONE;
    }
}

/* ---- what is made of the answers ---- */

static bool had_to(const struct remap_trial *t, uint32_t before, uint32_t after)
{
    return before != after && ((before != NONE && t->after[before] == 0) ||
                               (after != NONE && t->before[after] == 0));
}

static uint64_t times(const struct remap_question *q, uint32_t i)
{
    return q->given ? q->given->times[i] : 1;
}

/* The least is exact where backends come or go; a weight that changes asks for a share. */
static void tally_moves(const struct remap_trial *t, const uint32_t *before, const uint32_t *after,
                        uint32_t n, struct remap_row *row)
{
    for (uint32_t i = 0; i < n; i++) {
        uint64_t requests = times(t->q, i);
        bool moved = before[i] != after[i], must = had_to(t, before[i], after[i]);

        row->by_key.keys++;
        row->by_key.moved += moved;
        row->by_key.unavoidable += must;
        row->by_key.dropped += after[i] == NONE;
        row->by_request.keys += requests;
        row->by_request.moved += moved ? requests : 0;
        row->by_request.unavoidable += must ? requests : 0;
        row->by_request.dropped += after[i] == NONE ? requests : 0;
    }
    if (t->q->change == REMAP_WEIGHT && t->q->weight > 0) {
        row->by_key.unavoidable = (uint64_t)(row->least * n + 0.5);
        row->by_request.unavoidable =
            (uint64_t)(row->least * (double)row->by_request.keys + 0.5);
    }
}

static double sum_of(const uint32_t *weight, uint32_t n)
{
    double sum = 0;

    for (uint32_t i = 0; i < n; i++)
        sum += weight[i];
    return sum;
}

static double least_moved(const struct remap_trial *t)
{
    double all_before = sum_of(t->before, t->numbers), all_after = sum_of(t->after, t->numbers);
    double least = 0;

    for (uint32_t i = 0; i < t->numbers; i++)
        least += fmax(0, t->before[i] / all_before - t->after[i] / all_after);
    return least;
}

static void measure_spread(const uint32_t *weight, const uint64_t *load, uint32_t numbers,
                           double *most, double *cv)
{
    double all = sum_of(weight, numbers), total = 0, squares = 0, present = 0;

    *most = 0;
    for (uint32_t i = 0; i < numbers; i++)
        total += (double)load[i];
    for (uint32_t i = 0; i < numbers && total > 0; i++) {
        if (weight[i] == 0)
            continue;
        double share = (double)load[i] / total * all / weight[i];

        *most = fmax(*most, share);
        squares += (share - 1) * (share - 1);
        present++;
    }
    *cv = present > 0 ? sqrt(squares / present) : 0;
}

static void tally_spread(const struct remap_trial *t, const uint32_t *before,
                         const uint32_t *after, uint32_t n, struct remap_row *row)
{
    uint64_t *load = xcalloc((size_t)3 * t->numbers, sizeof *load);
    uint64_t *requests = load + t->numbers, *then = requests + t->numbers;

    for (uint32_t i = 0; i < n; i++) {
        if (before[i] != NONE) {
            load[before[i]]++;
            requests[before[i]] += times(t->q, i);
        }
        if (after[i] != NONE)
            then[after[i]]++;
    }
    measure_spread(t->before, load, t->numbers, &row->by_key.max_over_mean, &row->by_key.cv);
    measure_spread(t->before, requests, t->numbers, &row->by_request.max_over_mean,
                   &row->by_request.cv);
    measure_spread(t->after, then, t->numbers, &row->max_over_mean_after, &row->cv_after);
    free(load);
}

/* ---- a trial from begin to end ---- */

static double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Tables are built when they are first asked. */
static double ask_one(struct remap_trial *t, double begun)
{
    uint32_t owner;

    ask_all(t, made_request, &owner, 1);
    return now_ns() - begun;
}

static int ask_twice(struct remap_trial *t, make_request *make, uint32_t *before, uint32_t *after,
                     uint32_t n, struct remap_row *row, struct err *err)
{
    double begun = now_ns();

    if (remap_trial_build(t, err) < 0)
        return -1;
    row->build_ns = ask_one(t, begun);
    row->table_bytes = lb_bytes(t->lb);
    ask_all(t, make, before, n);
    begun = now_ns();
    if (remap_trial_change(t, err) < 0)
        return -1;
    row->rebuild_ns = ask_one(t, begun);
    row->least = least_moved(t);
    ask_all(t, make, after, n);
    return 0;
}

int remap_measure(const struct policy *policy, const struct remap_question *q,
                  struct remap_row *row, struct err *err)
{
    uint32_t n = q->given ? q->given->count : q->keys;
    struct remap_trial trial;
    int rc = remap_trial_begin(&trial, policy, q, err);

    *row = (struct remap_row){ .least = 0 };
    if (rc == 0) {
        uint32_t *before = xcalloc(n, sizeof *before), *after = xcalloc(n, sizeof *after);

        rc = ask_twice(&trial, q->given ? given_request : made_request, before, after, n, row, err);
        if (rc == 0) {
            tally_moves(&trial, before, after, n, row);
            tally_spread(&trial, before, after, n, row);
        }
        free(before);
        free(after);
    }
    remap_trial_fini(&trial);
    return rc;
}

/* ---- the picture ---- */

static uint32_t equal_neighbours(const uint32_t *owner, uint32_t n)
{
    uint32_t equal = 0;

    for (uint32_t i = 1; i < n; i++)
        equal += owner[i] == owner[i - 1];
    return equal;
}

static int look(const struct policy *policy, const struct remap_question *q, make_request *make,
                struct remap_place *place, uint32_t n, uint32_t *order, struct err *err)
{
    struct remap_trial trial;
    struct remap_row row;
    uint32_t before[4096], after[4096];
    int rc = remap_trial_begin(&trial, policy, q, err);

    if (rc == 0)
        rc = ask_twice(&trial, make, before, after, 4096, &row, err);
    *order = rc == 0 ? equal_neighbours(before, 4096) : 0;
    for (uint32_t i = 0; rc == 0 && i < n; i++) {
        uint32_t at = i * (4096 / n);

        place[i] = (struct remap_place){ before[at], after[at],
                                         had_to(&trial, before[at], after[at]) };
    }
    remap_trial_fini(&trial);
    return rc;
}

/* In the order of hashes as they come, or as lb_mix() makes them: whichever has longer runs. */
int remap_look(const struct policy *policy, const struct remap_question *q,
               struct remap_place *place, uint32_t n, struct err *err)
{
    struct remap_place *other = xcalloc(n, sizeof *other);
    uint32_t plain, mixed;
    int rc = look(policy, q, place_request, place, n, &plain, err);

    if (rc == 0)
        rc = look(policy, q, mixed_request, other, n, &mixed, err);
    if (rc == 0 && mixed > plain)
        memcpy(place, other, n * sizeof *place);
    free(other);
    return rc;
}
