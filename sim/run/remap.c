/* remap.c - every key is asked where it goes, the set changes, every key is asked again. */
#include "remap.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../../algorithms/lb.h"
#include "../base/rng.h"
#include "../base/xalloc.h"

static void add_backend(struct lb *lb, uint32_t i)
{
    char name[32];
    int length = snprintf(name, sizeof name, "app[%u]", i);

    lb_add(lb, lb_hash(name, (size_t)length, 0), name, 1, 0);
}

/* Key i is an address for policies about addresses, a number otherwise; scattered, but the same for
 * every policy. */
static uint32_t where(struct lb *lb, uint64_t seed, uint32_t i)
{
    uint64_t mixed = rng_mix(seed ^ rng_mix(i));
    uint8_t byte[8];

    for (uint32_t k = 0; k < 8; k++)
        byte[k] = (uint8_t)(mixed >> (56 - 8 * k));
    uint32_t length = lb->ops->traits & LB_BY_ADDRESS ? 4 : 8;
    return lb_peek(lb, &(struct lb_request){ .key = byte, .key_length = length,
                                             .hash = lb_hash(byte, length, 0) });
}

static double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int build(struct lb *lb, const struct policy *policy, uint32_t backends, const char **why)
{
    for (uint32_t i = 0; i < policy->set_count; i++)
        if (lb_set(lb, policy->set[i].param, policy->set[i].value, why) != 0)
            return -1;
    for (uint32_t i = 0; i < backends; i++)
        add_backend(lb, i);
    return lb_start(lb, why);
}

static double max_over_mean(const uint32_t *owner, const struct remap_question *q)
{
    uint32_t *load = xcalloc(q->backends, sizeof *load), most = 0;

    for (uint32_t i = 0; i < q->keys; i++) {
        uint32_t n = owner[i] < q->backends ? ++load[owner[i]] : 0;

        most = n > most ? n : most;
    }
    free(load);
    return (double)most * q->backends / q->keys;
}

/* The ones in the middle: neither end is special to any policy. */
static uint32_t first_removed(const struct remap_question *q)
{
    return (q->backends - q->by) / 2;
}

static void change(struct lb *lb, const struct remap_question *q)
{
    for (uint32_t i = 0; i < q->by; i++)
        if (q->change == REMAP_REMOVE)
            lb_remove(lb, first_removed(q) + i);
        else
            add_backend(lb, q->backends + i);
}

static bool is_removed(const struct remap_question *q, uint32_t backend)
{
    return backend >= first_removed(q) && backend < first_removed(q) + q->by;
}

static void count_moves(struct lb *lb, const uint32_t *owner, const struct remap_question *q,
                        struct remap_row *row)
{
    for (uint32_t i = 0; i < q->keys; i++) {
        uint32_t now = where(lb, q->seed, i);

        row->moved += now != owner[i];
        row->unavoidable += q->change == REMAP_REMOVE ? is_removed(q, owner[i])
                                                      : now >= q->backends;
    }
}

int remap_measure(const struct policy *policy, const struct remap_question *q,
                  struct remap_row *row,
                  struct err *err)
{
    const char *why = "";
    uint32_t *owner;

    *row = (struct remap_row){ .moved = 0 };
    if (!(policy->ops->traits & LB_BY_KEY))
        return err_input(err, "E173", "%s does not map keys to backends: it has nothing to remap",
                         policy->label);
    if (q->change == REMAP_REMOVE && q->by >= q->backends)
        return err_input(err, "E174", "removing %u of %u backends leaves none", q->by, q->backends);
    struct lb *lb = lb_new(policy->ops, q->seed);
    if (lb == NULL)
        xalloc_failed();
    double begun = now_ns();
    if (build(lb, policy, q->backends, &why) != 0) {
        lb_free(lb);
        return err_input(err, "E107", "%s with %u backends: %s", policy->label, q->backends, why);
    }
    where(lb, q->seed, 0);          /* tables are built when they are first asked */
    row->build_ns = now_ns() - begun;
    row->table_bytes = lb_bytes(lb);
    owner = xcalloc(q->keys, sizeof *owner);
    for (uint32_t i = 0; i < q->keys; i++)
        owner[i] = where(lb, q->seed, i);
    row->max_over_mean = max_over_mean(owner, q);
    change(lb, q);
    count_moves(lb, owner, q, row);
    free(owner);
    lb_free(lb);
    return 0;
}
