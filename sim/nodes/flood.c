/* flood.c - see flood.h.  SYNs come from addresses that are not their sender's; requests are whole
 * ones, whose answers are thrown away. */
#include "flood.h"

#include <stdlib.h>

#include "../base/xalloc.h"

struct flood {
    struct node node;
    const struct client_config *config;
    struct tier to;
    const struct quota *quota;
    struct arrival arrival;
    struct keys keys;
    struct rng rng;                 /* sources, keys */
    uint64_t sent;
};

static bool is_over(const struct flood *f, nsec at)
{
    return at == NEVER || at >= f->quota->until || f->quota->sources == 0
        || f->quota->born >= f->quota->wanted;
}

static void plan(struct flood *f, struct sim *sim)
{
    nsec at = arrival_next(&f->arrival, sim->now);

    if (!is_over(f, at))
        sim_wake_at(sim, &f->node, at, 0);
}

static uint32_t source_of(const struct flood *f, uint32_t who)
{
    return (uint32_t)(rng_mix((uint64_t)f->node.id << 32 | who) >> 32);
}

static void set_class(const struct flood *f, struct req *r)
{
    uint32_t index;
    const struct class_config *c = classes_find(&f->config->classes, r->luck, &index);

    r->class = f->config->first_class + index;
    r->request_bytes = c->request_bytes;
    r->reply_bytes = c->reply_bytes;
}

/* Not one of the requests that are counted: their numbers stay their own. */
static void make_request(struct flood *f, struct sim *sim, struct req *r, uint32_t who)
{
    r->number = (uint64_t)1 << 63 | f->sent;
    r->slice = sim->meter.birth_slice;
    r->key = f->config->keys.count > 0 ? keys_draw(&f->keys, r->luck, f->sent) : who;
    set_class(f, r);
}

static void send(struct flood *f, struct sim *sim)
{
    bool is_syn = f->config->protocol == PROTOCOL_SYN_FLOOD;
    struct req *r = sim_new(sim, is_syn ? MSG_OPEN : MSG_ASK);
    uint32_t who = rng_below(&f->rng, f->config->count);

    r->luck = rng_next(&f->rng);
    r->born = sim->now;
    r->client = NONE;
    r->source = source_of(f, who);
    r->port = (uint16_t)(r->luck >> 48);
    r->is_orphan = true;
    f->sent++;
    meter_tally(&sim->meter, TALLY_FLOOD_SENT, 1);
    if (!is_syn)
        make_request(f, sim, r, who);
    sim_via(sim, &f->node, r);      /* to see it again, and throw it away */
    sim_post(sim, &f->to.link, f->to.first + (uint32_t)(r->luck % f->to.count), r);
}

static void flood_timer(struct node *n, struct sim *sim, uint32_t arg, uint64_t token)
{
    struct flood *f = (struct flood *)n;

    (void)arg;
    (void)token;
    if (is_over(f, sim->now))
        return;
    send(f, sim);
    plan(f, sim);
}

static void flood_request(struct node *n, struct sim *sim, struct req *r)
{
    (void)n;
    sim_free(sim, r);
}

static void flood_reply(struct node *n, struct sim *sim, struct req *r, struct hop *me)
{
    (void)n;
    (void)me;
    sim_free(sim, r);
}

static void flood_destroy(struct node *n)
{
    keys_fini(&((struct flood *)n)->keys);
    free(n);
}

static const struct node_ops flood_ops = {
    .kind    = "flood",
    .request = flood_request,
    .reply   = flood_reply,
    .timer   = flood_timer,
    .destroy = flood_destroy,
};

struct node *flood_new(struct sim *sim, uint32_t id, const struct client_config *c, uint32_t group,
                       const struct tier *to)
{
    struct flood *f = xcalloc(1, sizeof *f);

    *f = (struct flood){ .node.ops = &flood_ops, .config = c, .to = *to,
                         .rng = rng_stream(sim->seed, "flood", group) };
    arrival_init(&f->arrival, &c->arrival, sim->seed, group);
    keys_init(&f->keys, &c->keys);
    sim_put_node(sim, &f->node, id, c->name);
    return &f->node;
}

void flood_start(struct node *n, struct sim *sim, const struct quota *q)
{
    struct flood *f = (struct flood *)n;

    f->quota = q;
    plan(f, sim);
}
