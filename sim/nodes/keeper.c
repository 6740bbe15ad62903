/* keeper.c - who watches a pool and restarts what does not answer: kubelet with a liveness probe.
 *
 * It checks each backend by itself, over no link; after `fall` failures it stops the backend, which
 * loses all it had and is back after the restart time, cured of what lay in the process.  Presets
 * are Kubernetes' own: every 10 s, 1 s to answer, 3 failures, 1 success. */
#include "nodes.h"

#include <stdlib.h>

#include "../base/xalloc.h"

/* Timer arguments: the backend's place, and one of these; without: time for a check. */
#define TIMED_OUT (1u << 31)
#define RESTARTED (1u << 30)

struct kept { struct health health; uint64_t probe; bool is_down; };

struct keeper {
    struct node node;
    const struct liveness_config *config;
    uint32_t first, count;
    struct kept kept[];
};

static struct node *backend_of(const struct keeper *k, const struct sim *sim, uint32_t i)
{
    return sim->node[k->first + i];
}

static void restart(struct keeper *k, struct sim *sim, uint32_t i)
{
    k->kept[i] = (struct kept){ .is_down = true };
    meter_tally(&sim->meter, TALLY_RESTARTS, 1);
    sim_wake(sim, &k->node, k->config->restart, RESTARTED | i);
    backend_fail(backend_of(k, sim, i), sim, BLAME_KEEPER, FAIL_CRASH, 0);
    backend_cure(backend_of(k, sim, i), sim);
}

static void note(struct keeper *k, struct sim *sim, uint32_t i, bool passed)
{
    k->kept[i].probe = 0;
    if (health_note(&k->kept[i].health, &k->config->check, passed) && k->kept[i].health.is_down)
        restart(k, sim, i);
}

static void send_check(struct keeper *k, struct sim *sim, uint32_t i)
{
    const struct link none = { .lane = NONE };
    struct req *r = sim_new(sim, MSG_PROBE);
    struct hop *me = sim_via(sim, &k->node, r);

    r->luck = rng_mix(r->serial);
    probe_ask(r, &k->config->check);
    me->peer = i;
    me->timer = sim_wake(sim, &k->node, k->config->check.timeout, TIMED_OUT | i);
    k->kept[i].probe = me->timer;
    sim_post(sim, &none, k->first + i, r);
}

static void keeper_timer(struct node *n, struct sim *sim, uint32_t arg, uint64_t token)
{
    struct keeper *k = (struct keeper *)n;
    uint32_t i = arg & ~(TIMED_OUT | RESTARTED);

    if (arg & TIMED_OUT) {
        if (k->kept[i].probe == token)
            note(k, sim, i, false);
    } else if (arg & RESTARTED) {
        k->kept[i].is_down = false;
        backend_recover(backend_of(k, sim, i), sim, BLAME_KEEPER);
    } else {
        sim_wake(sim, n, k->config->check.interval, i);
        if (k->kept[i].probe == 0 && !k->kept[i].is_down)
            send_check(k, sim, i);
    }
}

static bool keeper_is_waiting(struct node *n, struct sim *sim, uint32_t arg, uint64_t token)
{
    const struct keeper *k = (const struct keeper *)n;

    (void)sim;
    return !(arg & TIMED_OUT) || k->kept[arg & ~TIMED_OUT].probe == token;
}

static void keeper_reply(struct node *n, struct sim *sim, struct req *r, struct hop *me)
{
    struct keeper *k = (struct keeper *)n;

    if (k->kept[me->peer].probe == me->timer)
        note(k, sim, me->peer, r->status == STATUS_OK);
    sim_free(sim, r);
}

static void keeper_request(struct node *n, struct sim *sim, struct req *r)
{
    (void)n;
    sim_free(sim, r);
}

static void keeper_destroy(struct node *n)
{
    free(n);
}

static const struct node_ops keeper_ops = {
    .kind       = "keeper",
    .request    = keeper_request,
    .reply      = keeper_reply,
    .timer      = keeper_timer,
    .is_waiting = keeper_is_waiting,
    .destroy    = keeper_destroy,
};

struct node *keeper_new(struct sim *sim, uint32_t id, const struct backend_config *c,
                        uint32_t first, uint32_t count)
{
    struct keeper *k = xcalloc(1, sizeof *k + count * sizeof *k->kept);
    struct rng spread = rng_stream(sim->seed, c->name, NONE);

    k->node.ops = &keeper_ops;
    k->config = &c->liveness;
    k->first = first;
    k->count = count;
    sim_put_node(sim, &k->node, id, "keeper");
    for (uint32_t i = 0; i < count; i++)
        sim_wake(sim, &k->node,
                 (nsec)(((u128)rng_next(&spread) * c->liveness.check.interval) >> 64), i);
    return &k->node;
}
