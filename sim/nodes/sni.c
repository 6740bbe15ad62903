/* sni.c - connections to pools by the name in the first record of their TLS (RFC 6066, section 3):
 * each pool has an l4 of its own behind this one.
 *
 * A proxy accepts TCP itself and connects to the pool when it has that record.  With round trips a
 * to the client and b to the pool, the client has the server's first record after a + a/2 + b + b +
 * a/2: as long as through an l4 that knows at once, 2 (a + b), which is what happens here.  All of
 * a connection goes where its name led, whatever its later requests ask for. */
#include "sni.h"

#include <stdlib.h>

#include "../base/xalloc.h"

struct sni {
    struct node node;
    const struct routes_config *routes;
    uint32_t first, step;           /* the l4 of pool i is first + i * step */
};

/* Of pools with weights one, by the connection's own address and port. */
static uint32_t pool_of(const struct sni *s, const struct conn *c)
{
    uint64_t luck = rng_mix((uint64_t)c->source << 32 | c->port);

    return routes_pool(s->routes, c->class, luck, s->node.id);
}

static void pass_on(const struct sni *s, struct sim *sim, struct req *r)
{
    uint32_t pool = pool_of(s, sim_conn(sim, r->conn));
    struct node *to = sim->node[s->first + pool * s->step];

    to->ops->request(to, sim, r);
}

static void sni_request(struct node *n, struct sim *sim, struct req *r)
{
    if (r->what == MSG_PROBE)
        sim_answer(sim, r, STATUS_OK);
    else
        pass_on((struct sni *)n, sim, r);
}

static void sni_destroy(struct node *n)
{
    free(n);
}

static const struct node_ops sni_ops = {
    .kind    = "sni",
    .request = sni_request,
    .destroy = sni_destroy,
};

bool sni_is_wanted(const struct balancer_config *c)
{
    return c->layer == LAYER_L4 && c->routes.count > 0;
}

struct node *sni_new(struct sim *sim, uint32_t id, const struct balancer_config *c,
                     uint32_t instance, uint32_t next)
{
    struct sni *s = xcalloc(1, sizeof *s);

    (void)instance;
    *s = (struct sni){ .node.ops = &sni_ops, .routes = &c->routes, .first = next,
                       .step = c->instances };
    sim_put_node(sim, &s->node, id, c->name);
    return &s->node;
}
