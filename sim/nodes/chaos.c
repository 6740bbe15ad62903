/* chaos.c - faults by chance: each backend of a pool is up for an exponential time of mean mtbf and
 * at fault for one of mean mttr, again and again.  It is at fault mttr / (mtbf + mttr) of the time
 * (the renewal-reward theorem).  Every backend draws from a stream of its own, whatever else the
 * run draws. */
#include "nodes.h"

#include <stdlib.h>

#include "../base/xalloc.h"

enum { REPAIR = 1 << 30 };          /* timer arguments: the backend's place, and this or not */

struct chaos {
    struct node node;
    const struct failures_config *config;
    uint32_t first;
    struct rng stream[];
};

static void wake(struct chaos *c, struct sim *sim, uint32_t i, nsec mean, uint32_t what)
{
    double wait = rng_exp(&c->stream[i]) * (double)mean;

    sim_wake(sim, &c->node, (nsec)wait + 1, what | i);
}

static void chaos_timer(struct node *n, struct sim *sim, uint32_t arg, uint64_t token)
{
    struct chaos *c = (struct chaos *)n;
    uint32_t i = arg & ~(uint32_t)REPAIR;

    (void)token;
    if (arg & REPAIR) {
        backend_recover(sim->node[c->first + i], sim, BLAME_CHANCE);
        wake(c, sim, i, c->config->mtbf, 0);
    } else {
        backend_fail(sim->node[c->first + i], sim, BLAME_CHANCE, (enum fail_mode)c->config->mode,
                     c->config->share);
        wake(c, sim, i, c->config->mttr, REPAIR);
    }
}

static void chaos_request(struct node *n, struct sim *sim, struct req *r)
{
    (void)n;
    sim_free(sim, r);
}

static void chaos_destroy(struct node *n)
{
    free(n);
}

static const struct node_ops chaos_ops = {
    .kind    = "chaos",
    .request = chaos_request,
    .timer   = chaos_timer,
    .destroy = chaos_destroy,
};

struct node *chaos_new(struct sim *sim, uint32_t id, const struct backend_config *config,
                       uint32_t first, uint32_t count)
{
    struct chaos *c = xcalloc(1, sizeof *c + count * sizeof *c->stream);
    uint64_t seed = rng_mix(sim->seed ^ 0x6368616f73ull);

    c->node.ops = &chaos_ops;
    c->config = &config->failures;
    c->first = first;
    sim_put_node(sim, &c->node, id, "chaos");
    for (uint32_t i = 0; i < count; i++) {
        c->stream[i] = rng_stream(seed, config->name, i);
        wake(c, sim, i, config->failures.mtbf, 0);
    }
    return &c->node;
}
