/* cache.c - a cache: each request is looked up by the backend behind this node, in its time and
 * with its queue; a hit is answered, a miss goes on to the next tier and is kept when it is back.
 *
 * Two misses of one key at a time both go on.  A crash of the backend loses what it held. */
#include "cache.h"

#include <stdlib.h>

#include "../base/xalloc.h"

/* hop.peer of our frame: where the request is. */
enum { AT_LOOK_UP, AT_ORIGIN };

struct cache {
    struct node node;
    struct cache_memory kept;
    uint32_t life;                  /* of the backend's process, when `kept` was last true */
    uint32_t next;                  /* the backend */
    struct tier to;
};

static uint32_t origin_of(const struct cache *c, uint64_t luck)
{
    return c->to.first + (uint32_t)(rng_mix(luck ^ c->node.id) % c->to.count);
}

static void pass_on(const struct cache *c, struct sim *sim, struct req *r)
{
    sim->node[c->next]->ops->request(sim->node[c->next], sim, r);
}

static void pass_cancel(const struct cache *c, struct sim *sim, struct req *cancel)
{
    struct req *r = sim_cancel_target(sim, cancel);
    const struct hop *me = r != NULL ? sim_frame(r, c->node.id) : NULL;

    if (me == NULL || me->peer == AT_LOOK_UP) {
        pass_on(c, sim, cancel);
        return;
    }
    cancel->conn = NONE;
    sim_forward(sim, &c->to.link, origin_of(c, r->luck), cancel);
}

static void cache_request(struct node *n, struct sim *sim, struct req *r)
{
    struct cache *c = (struct cache *)n;

    if (r->what == MSG_CANCEL) {
        pass_cancel(c, sim, r);
        return;
    }
    if (r->what == MSG_ASK)
        sim_via(sim, n, r)->peer = AT_LOOK_UP;
    pass_on(c, sim, r);
}

static bool look_up(struct cache *c, struct sim *sim, uint32_t key)
{
    uint32_t life = backend_life(sim->node[c->next]);
    bool is_hit;

    if (life != c->life)
        cache_memory_clear(&c->kept);
    c->life = life;
    is_hit = cache_memory_touch(&c->kept, key);
    meter_tally(&sim->meter, TALLY_CACHE_LOOKUPS, 1);
    meter_tally(&sim->meter, TALLY_CACHE_HITS, is_hit);
    return is_hit;
}

static void ask_origin(struct cache *c, struct sim *sim, struct req *r)
{
    sim_via(sim, &c->node, r)->peer = AT_ORIGIN;
    r->conn = NONE;
    sim_forward(sim, &c->to.link, origin_of(c, r->luck), r);
}

static void cache_reply(struct node *n, struct sim *sim, struct req *r, struct hop *me)
{
    struct cache *c = (struct cache *)n;
    bool is_good = r->status == STATUS_OK;

    r->conn = me->conn;
    if (is_good && me->peer == AT_ORIGIN)
        cache_memory_add(&c->kept, r->key);
    if (is_good && me->peer == AT_LOOK_UP && !r->is_cancelled && !look_up(c, sim, r->key))
        ask_origin(c, sim, r);
    else
        sim_reply(sim, r);
}

static void cache_destroy(struct node *n)
{
    cache_memory_fini(&((struct cache *)n)->kept);
    free(n);
}

static const struct node_ops cache_ops = {
    .kind    = "cache",
    .request = cache_request,
    .reply   = cache_reply,
    .destroy = cache_destroy,
};

bool cache_is_before_backend(const struct backend_config *c)
{
    return c->cache.entries > 0;
}

struct node *cache_before_backend(struct sim *sim, uint32_t id, const struct backend_config *config,
                                  uint32_t next, const struct tier *to)
{
    struct cache *c = xcalloc(1, sizeof *c);

    *c = (struct cache){ .node.ops = &cache_ops, .next = next, .to = *to };
    cache_memory_init(&c->kept, config->cache.entries);
    sim_put_node(sim, &c->node, id, config->name);
    return &c->node;
}
