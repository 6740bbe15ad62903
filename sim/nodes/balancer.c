/* balancer.c - peers, their health, and the one place where lb_pick() is called. */
#include "balancer.h"

#include <stdlib.h>
#include <string.h>

#include "../base/xalloc.h"
#include "../parts/station.h"

/* An address for algorithms that are about addresses, else what the layer can see. */
static uint32_t default_hash_on(const struct balancer_config *c)
{
    if (c->policy.ops->traits & LB_BY_ADDRESS)
        return HASH_ON_SOURCE_IP;
    return c->layer == LAYER_L4 ? HASH_ON_FLOW : HASH_ON_KEY;
}

void balancer_init(struct balancer *b, struct sim *sim, const struct balancer_config *c,
                   uint32_t instance, const struct link *out)
{
    struct rng stream = rng_stream(sim->seed, c->name, instance);

    b->config = c;
    b->instance = instance;
    b->out = *out;
    b->hash_on = c->hash_on == HASH_ON_DEFAULT ? default_hash_on(c) : c->hash_on;
    b->is_keyed = c->policy.ops->traits & (LB_BY_KEY | LB_BY_LOAD);
    b->is_sized = c->policy.ops->traits & LB_BY_WORK;
    b->lb = lb_new(c->policy.ops, rng_next(&stream));
    if (b->lb == NULL)
        xalloc_failed();
}

void balancer_fini(struct balancer *b)
{
    if (b->lb != NULL)
        lb_free(b->lb);
    free(b->peer);
    free(b->avoid);
}

/* ---- the key ---- */

struct key { uint8_t byte[8]; uint32_t length; };

static void put(struct key *k, uint64_t value, uint32_t bytes)
{
    while (bytes-- > 0)             /* network order, as products hash addresses */
        k->byte[k->length++] = (uint8_t)(value >> 8 * bytes);
}

static struct key key_of(const struct balancer *b, uint64_t key, uint32_t address, uint16_t port)
{
    struct key k = { .length = 0 };

    if (b->hash_on == HASH_ON_KEY)
        put(&k, key, 8);
    else
        put(&k, address, 4);
    if (b->hash_on == HASH_ON_FLOW)
        put(&k, port, 2);
    return k;
}

static void set_key(struct lb_request *rq, const struct key *k)
{
    rq->key = k->byte;
    rq->key_length = k->length;
    rq->hash = lb_hash(k->byte, k->length, 0);
}

/* Known where the peers are a pool of backends, for they draw it by one law; an OPEN has none. */
static uint64_t work_of(const struct balancer *b, const struct sim *sim, const struct req *r)
{
    if (r->what != MSG_ASK || b->peers == 0 || b->peer[0].backend == NONE)
        return 0;
    return station_demand(backend_station(sim->node[b->peer[0].target]), r);
}

static uint32_t pick(struct balancer *b, struct sim *sim, const struct req *r,
                     const uint64_t *avoid)
{
    struct lb_request rq = { .now = sim->now, .avoid = avoid };
    struct key k;

    if (b->is_sized)
        rq.work = work_of(b, sim, r);

    if (b->is_keyed) {
        k = key_of(b, r->key, r->source, r->port);
        set_key(&rq, &k);
    }
    uint32_t peer = lb_pick(b->lb, &rq);
    if (peer >= LB_FULL)
        return NONE;
    if (b->peer[peer].backend != NONE)
        meter_backend(&sim->meter, b->peer[peer].backend)->picked++;
    return peer;
}

uint32_t balancer_pick(struct balancer *b, struct sim *sim, const struct req *r)
{
    return pick(b, sim, r, NULL);
}

uint32_t balancer_pick_other(struct balancer *b, struct sim *sim, const struct req *r,
                             const uint32_t *tried, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        balancer_avoid(b, tried[i]);
    uint32_t peer = pick(b, sim, r, b->avoid);
    for (uint32_t i = 0; i < count; i++)
        balancer_allow(b, tried[i]);
    return peer != NONE ? peer : pick(b, sim, r, NULL);
}

uint32_t balancer_pick_but(struct balancer *b, struct sim *sim, const struct req *r)
{
    return pick(b, sim, r, b->avoid);
}

/* ---- peers ---- */

void balancer_add_peer(struct node *n, const struct peer_config *c)
{
    struct balancer *b = (struct balancer *)n;

    if (b->peers == b->capacity) {
        b->capacity = b->capacity ? 2 * b->capacity : 16;
        b->peer = xrealloc(b->peer, b->capacity, sizeof *b->peer);
        free(b->avoid);
        b->avoid = xcalloc(b->capacity / 64 + 1, sizeof *b->avoid);
    }
    b->peer[b->peers++] = (struct peer){ .node = c->node, .target = c->target,
                                        .backend = c->backend };
    lb_add(b->lb, lb_hash(c->name, strlen(c->name), 0), c->name, c->weight, 0);
}

static uint32_t peer_of(const struct balancer *b, uint32_t node)
{
    for (uint32_t i = 0; i < b->peers; i++)
        if (b->peer[i].target == node)
            return i;
    return NONE;
}

static enum lb_state state_of(const struct peer *p)
{
    if (p->health.is_down)
        return LB_DOWN;
    return p->is_drained ? LB_DRAINING : LB_UP;
}

static void tell_state(struct balancer *b, uint32_t i)
{
    lb_set_state(b->lb, i, state_of(&b->peer[i]));
}

void balancer_remove_peer(struct node *n, uint32_t peer_node)
{
    struct balancer *b = (struct balancer *)n;
    uint32_t i = peer_of(b, peer_node);

    if (i == NONE)
        return;
    b->peer[i].is_removed = true;
    lb_remove(b->lb, i);
}

static void set_drained(struct node *n, uint32_t peer_node, bool is_drained)
{
    struct balancer *b = (struct balancer *)n;
    uint32_t i = peer_of(b, peer_node);

    if (i == NONE)
        return;
    b->peer[i].is_drained = is_drained;
    tell_state(b, i);
}

void balancer_drain_peer(struct node *n, uint32_t peer_node)
{
    set_drained(n, peer_node, true);
}

void balancer_undrain_peer(struct node *n, uint32_t peer_node)
{
    set_drained(n, peer_node, false);
}

void balancer_weigh_peer(struct node *n, uint32_t peer_node, uint32_t weight)
{
    struct balancer *b = (struct balancer *)n;
    uint32_t i = peer_of(b, peer_node);

    if (i != NONE)
        lb_set_weight(b->lb, i, weight);
}

/* ---- questions ---- */

bool balancer_maps_keys(const struct node *n)
{
    return ((const struct balancer *)n)->lb->ops->traits & LB_BY_KEY;
}

uint32_t balancer_where(struct node *n, nsec now, uint64_t key, uint32_t address, uint16_t port)
{
    struct balancer *b = (struct balancer *)n;
    struct key k = key_of(b, key, address, port);
    struct lb_request rq = { .now = now };

    set_key(&rq, &k);
    uint32_t peer = lb_peek(b->lb, &rq);
    return peer >= LB_FULL ? NONE : b->peer[peer].target;
}

double balancer_weight(const struct node *n, uint32_t peer_node)
{
    const struct balancer *b = (const struct balancer *)n;

    if (peer_node == NONE)
        return (double)b->lb->live_weight;
    uint32_t i = peer_of(b, peer_node);
    return i == NONE || b->lb->backend[i].state != LB_UP ? 0 : b->lb->backend[i].weight;
}

/* ---- start, and health checks ---- */

/* Checks of many peers and instances are spread over the interval, by the seed. */
static nsec first_check(const struct balancer *b, const struct sim *sim, uint32_t peer)
{
    uint64_t spread = rng_mix(rng_mix(sim->seed) ^ ((uint64_t)b->instance << 32 | peer));

    return (nsec)(((u128)spread * b->config->health.interval) >> 64);
}

static void begin_checks(struct balancer *b, struct sim *sim, uint32_t i)
{
    if (b->config->health.interval > 0)
        sim_wake(sim, &b->node, first_check(b, sim, i), BALANCER_CHECK | i);
}

int balancer_start(struct node *n, struct sim *sim, const char **why)
{
    struct balancer *b = (struct balancer *)n;
    const struct policy *p = &b->config->policy;

    for (uint32_t i = 0; i < p->set_count; i++)
        if (lb_set(b->lb, p->set[i].param, p->set[i].value, why) != 0)
            return -1;
    if (lb_start(b->lb, why) != 0)
        return -1;
    if (b->config->health.interval > 0) {
        evq_lane_new(&sim->queue, b->config->health.interval);
        evq_lane_new(&sim->queue, b->config->health.timeout);
    }
    for (uint32_t i = 0; i < b->peers; i++)
        begin_checks(b, sim, i);
    return 0;
}

void balancer_watch_peer(struct node *n, struct sim *sim, uint32_t peer_node)
{
    struct balancer *b = (struct balancer *)n;
    uint32_t i = peer_of(b, peer_node);

    if (i != NONE)
        begin_checks(b, sim, i);
}

static void note_check(struct balancer *b, struct sim *sim, uint32_t i, bool passed)
{
    struct peer *p = &b->peer[i];

    p->probe = 0;
    sim->meter.record.probes_failed += !passed;
    if (!p->is_removed && health_note(&p->health, &b->config->health, passed))
        tell_state(b, i);
}

static void send_check(struct balancer *b, struct sim *sim, uint32_t i)
{
    struct req *r = sim_new(sim, MSG_PROBE);
    struct hop *me = sim_via(sim, &b->node, r);

    r->luck = rng_mix(r->serial);
    sim->meter.record.probes++;
    me->peer = i;
    me->timer = sim_wake(sim, &b->node, b->config->health.timeout, BALANCER_TIMEOUT | i);
    b->peer[i].probe = me->timer;
    sim_post(sim, &b->out, b->peer[i].node, r);
}

void balancer_probed(struct balancer *b, struct sim *sim, struct req *r, const struct hop *me)
{
    if (b->peer[me->peer].probe == me->timer)
        note_check(b, sim, me->peer, r->status == STATUS_OK);
    sim_free(sim, r);
}

void balancer_timer(struct balancer *b, struct sim *sim, uint32_t arg, uint64_t token)
{
    uint32_t i = arg & ~(BALANCER_CHECK | BALANCER_TIMEOUT);
    struct peer *p = &b->peer[i];

    if (arg & BALANCER_TIMEOUT) {
        if (p->probe == token)
            note_check(b, sim, i, false);
        return;
    }
    if (p->is_removed)
        return;                     /* no more checks */
    sim_wake(sim, &b->node, b->config->health.interval, BALANCER_CHECK | i);
    if (p->probe == 0)
        send_check(b, sim, i);
}

bool balancer_is_waiting(const struct balancer *b, uint32_t arg, uint64_t token)
{
    return !(arg & BALANCER_TIMEOUT) || b->peer[arg & ~BALANCER_TIMEOUT].probe == token;
}
