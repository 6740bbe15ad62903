/* router.c - requests to pools by rules: each pool has an l7 of its own behind this one.
 *
 * Connections end here, for a connection's requests may go to different pools. */
#include "router.h"

#include <stdlib.h>

#include "../base/xalloc.h"
#include "../parts/connpool.h"

struct router {
    struct node node;
    const struct balancer_config *config;
    uint32_t first, step;           /* the l7 of pool i is first + i * step */
};

static void pass_on(const struct router *ro, struct sim *sim, struct req *r, const struct req *whom)
{
    uint32_t pool = routes_pool(&ro->config->routes, whom->class, whom->luck, ro->node.id);
    struct node *to = sim->node[ro->first + pool * ro->step];

    to->ops->request(to, sim, r);
}

static void pass_request(const struct router *ro, struct sim *sim, struct req *r)
{
    if (sim_is_stranger(sim, r, ro->node.id)) {
        sim_break_conn(sim, r->conn);
        sim_answer(sim, r, STATUS_RESET);
        return;
    }
    pass_on(ro, sim, r, r);
}

static void pass_cancel(const struct router *ro, struct sim *sim, struct req *cancel)
{
    const struct req *r = sim_cancel_target(sim, cancel);

    if (r == NULL)
        sim_free(sim, cancel);
    else
        pass_on(ro, sim, cancel, r);
}

static void router_request(struct node *n, struct sim *sim, struct req *r)
{
    switch ((enum message)r->what) {
    case MSG_ASK:
        pass_request((struct router *)n, sim, r);
        break;
    case MSG_OPEN:
        connpool_limit_age(sim, r, &((struct router *)n)->config->max_connection_age);
        sim_answer(sim, r, sim_accept(sim, r, n->id));
        break;
    case MSG_CLOSE:
        sim_end_conn(sim, r);
        break;
    case MSG_CANCEL:
        pass_cancel((struct router *)n, sim, r);
        break;
    case MSG_PROBE:
        sim_answer(sim, r, STATUS_OK);
        break;
    case MSG_FREE:
        break;
    }
}

static void router_destroy(struct node *n)
{
    free(n);
}

static const struct node_ops router_ops = {
    .kind    = "router",
    .request = router_request,
    .destroy = router_destroy,
};

bool router_is_wanted(const struct balancer_config *c)
{
    return c->layer == LAYER_L7 && c->routes.count > 0;
}

struct node *router_new(struct sim *sim, uint32_t id, const struct balancer_config *c,
                        uint32_t instance, uint32_t next)
{
    struct router *ro = xcalloc(1, sizeof *ro);

    (void)instance;
    *ro = (struct router){ .node.ops = &router_ops, .config = c, .first = next,
                           .step = c->instances };
    sim_put_node(sim, &ro->node, id, c->name);
    return &ro->node;
}
