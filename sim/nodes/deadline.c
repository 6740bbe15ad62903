/* deadline.c - see deadline.h.  The l7 behind goes on without knowing, until a CANCEL tells it that
 * the time is over: for its beliefs the attempt then out is one that timed out, as in Envoy
 * (router.cc, onResponseTimeout: a result of every host that has not answered).
 *
 * Tunnels have none: who upgraded stays as long as it likes. */
#include "deadline.h"

#include <stdlib.h>

#include "../base/xalloc.h"

struct deadline {
    struct node node;
    nsec     time;
    uint32_t next;
};

static void pass_on(const struct deadline *d, struct sim *sim, struct req *r)
{
    sim->node[d->next]->ops->request(sim->node[d->next], sim, r);
}

static bool is_tunnel(const struct sim *sim, const struct req *r)
{
    return r->conn != NONE && sim_conn(sim, r->conn)->tunnel != TUNNEL_NONE;
}

static void deadline_request(struct node *n, struct sim *sim, struct req *r)
{
    const struct deadline *d = (const struct deadline *)n;

    if (r->what == MSG_ASK && !is_tunnel(sim, r))
        sim_via(sim, n, r)->timer = sim_wake(sim, n, d->time, r->root);
    pass_on(d, sim, r);
}

static void deadline_reply(struct node *n, struct sim *sim, struct req *r, struct hop *me)
{
    (void)n;
    r->conn = me->conn;
    if (sim_is_stray(r))
        sim_free(sim, r);
    else
        sim_reply(sim, r);
}

/* Our frame on the request, if its time still runs. */
static struct hop *awaited(struct node *n, struct sim *sim, uint32_t root, uint64_t token)
{
    struct hop *me = sim_frame(sim_current(sim, root), n->id);

    return me != NULL && me->timer == token ? me : NULL;
}

static void deadline_timer(struct node *n, struct sim *sim, uint32_t root, uint64_t token)
{
    const struct deadline *d = (const struct deadline *)n;
    struct hop *me = awaited(n, sim, root, token);

    if (me == NULL)
        return;
    me->timer = 0;
    struct req *late = sim_current(sim, root), *next = sim_fork(sim, n, late);
    struct req *cancel = sim_new_cancel(sim, NONE, late, CANCEL_ATTEMPT);

    cancel->status = STATUS_TIMEOUT;
    sim->meter.record.orphans++;
    sim_forward_held(sim, d->next, cancel, 0);
    sim_answer(sim, next, STATUS_TIMEOUT);
}

static bool deadline_is_waiting(struct node *n, struct sim *sim, uint32_t root, uint64_t token)
{
    return awaited(n, sim, root, token) != NULL;
}

static void deadline_destroy(struct node *n)
{
    free(n);
}

static const struct node_ops deadline_ops = {
    .kind       = "deadline",
    .request    = deadline_request,
    .reply      = deadline_reply,
    .timer      = deadline_timer,
    .is_waiting = deadline_is_waiting,
    .destroy    = deadline_destroy,
};

bool deadline_is_wanted(const struct balancer_config *c)
{
    return c->deadline > 0;
}

struct node *deadline_new(struct sim *sim, uint32_t id, const struct balancer_config *c,
                          uint32_t instance, uint32_t next)
{
    struct deadline *d = xcalloc(1, sizeof *d);

    (void)instance;
    *d = (struct deadline){ .node.ops = &deadline_ops, .time = c->deadline, .next = next };
    evq_lane_new(&sim->queue, c->deadline);
    sim_put_node(sim, &d->node, id, c->name);
    return &d->node;
}
