/* balancer.c - peers, and the one place where lb_pick() is called. */
#include "balancer.h"

#include <stdlib.h>
#include <string.h>

#include "../base/xalloc.h"
#include "../parts/station.h"

/* An address for algorithms that are about addresses, else what the layer can see. */
uint32_t balancer_hash_on(const struct balancer_config *c, const struct policy *policy)
{
    uint32_t traits = policy_traits(policy);

    if (c->hash_on != HASH_ON_DEFAULT)
        return c->hash_on;
    if (traits & LB_BY_ADDRESS || (traits & LB_STICKS && c->layer == LAYER_L4))
        return HASH_ON_SOURCE_IP;
    return c->layer == LAYER_L4 ? HASH_ON_FLOW : HASH_ON_KEY;
}

/* How many instances stand in each zone. */
static struct lb_site site_of(const struct balancer_config *c, uint32_t instance)
{
    struct lb_site site = { .index = instance, .count = c->instances };
    uint32_t *balancers;

    if (c->zone == NULL)
        return site;
    site.zone = c->zone[instance];
    for (uint32_t k = 0; k < c->instances; k++)
        site.zones = c->zone[k] >= site.zones ? c->zone[k] + 1 : site.zones;
    balancers = xcalloc(site.zones, sizeof *balancers);
    for (uint32_t k = 0; k < c->instances; k++)
        balancers[c->zone[k]]++;
    site.balancers = balancers;
    return site;
}

void balancer_init(struct balancer *b, struct sim *sim, const struct balancer_config *c,
                   uint32_t instance, const struct link *out)
{
    struct rng stream = rng_stream(sim->seed, c->name, instance);

    b->config = c;
    b->instance = instance;
    b->out = *out;
    b->hash_on = balancer_hash_on(c, &c->policy);
    b->is_keyed = policy_is_keyed(&c->policy);
    b->is_sized = policy_traits(&c->policy) & LB_BY_WORK;
    b->lb = policy_new(&c->policy, rng_next(&stream));
    b->head = b;
    b->site = site_of(c, instance);
    lb_lend_clock(b->lb, &sim->now);
    lb_settle(b->lb, &b->site);
}

void balancer_share(struct node *n, struct node *first)
{
    struct balancer *b = (struct balancer *)n;
    struct balancer *head = (struct balancer *)first;

    if (b->config->share == SHARE_COUNTERS)
        lb_share(b->lb, head->lb);
    if (b->config->share != SHARE_ALL)
        return;
    lb_free(b->lb);
    b->lb = head->lb;
    b->head = head;
}

void balancer_fini(struct balancer *b)
{
    if (b->head == b)
        lb_free(b->lb);
    free((void *)(uintptr_t)b->site.balancers);
    outlier_free(b->outlier);
    balancer_end_signals(b);
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

static void note_pick(struct balancer *b, struct sim *sim, uint32_t peer)
{
    if (b->peer[peer].backend != NONE)
        meter_backend(&sim->meter, b->peer[peer].backend)->picked++;
    if (__builtin_expect(b->is_watching, 0))
        balancer_note_pick(b, sim, peer);
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
    if (peer >= LB_FULL) {
        b->is_full = peer == LB_FULL;
        return NONE;
    }
    note_pick(b, sim, peer);
    if (__builtin_expect(b->signals != NULL, 0))
        balancer_probe(b, sim);
    return peer;
}

uint32_t balancer_take(struct balancer *b, struct sim *sim, uint32_t peer)
{
    const struct lb_backend *k = &b->lb->backend[peer];

    b->is_full = k->state == LB_UP || k->state == LB_DRAINING;
    if (!b->is_full || (k->limit > 0 && k->inflight >= k->limit))
        return NONE;
    lb_take(b->lb, peer, sim->now);
    note_pick(b, sim, peer);
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
                                        .backend = c->backend, .fault_seen = NEVER };
    if (b->head == b)
        lb_add_at(b->lb, lb_hash(c->name, strlen(c->name), 0), c->name, c->weight,
                  b->config->limits.per_backend, (struct lb_place){ c->zone, c->priority });
}

static uint32_t peer_of(const struct balancer *b, uint32_t node)
{
    for (uint32_t i = 0; i < b->peers; i++)
        if (b->peer[i].target == node)
            return i;
    return NONE;
}

void balancer_remove_peer(struct node *n, uint32_t peer_node)
{
    struct balancer *b = (struct balancer *)n;
    uint32_t i = peer_of(b, peer_node);

    if (i == NONE)
        return;
    b->peer[i].is_removed = true;
    lb_remove(b->lb, i);
    balancer_forget_peer(b, i);
}

static void set_drained(struct node *n, uint32_t peer_node, bool is_drained)
{
    struct balancer *b = (struct balancer *)n;
    uint32_t i = peer_of(b, peer_node);

    if (i == NONE)
        return;
    b->peer[i].is_drained = is_drained;
    balancer_tell_state(b, i);
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
    const struct balancer *b = (const struct balancer *)n;

    return b->head == b && b->lb->traits & LB_BY_KEY;
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

/* ---- start ---- */

int balancer_start(struct node *n, struct sim *sim, const char **why)
{
    struct balancer *b = (struct balancer *)n;

    if (b->head == b && lb_start(b->lb, why) != 0)
        return -1;
    balancer_begin_health(b, sim);
    balancer_begin_signals(b, sim);
    return 0;
}
