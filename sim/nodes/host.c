/* host.c - see host.h.  The node behind it never learns of it: what comes does not reach it, what
 * it has to say does not leave. */
#include "host.h"

#include <stdlib.h>

#include "../base/xalloc.h"
#include "../parts/backlog.h"
#include "../parts/connpool.h"

enum host_state { HOST_UP, HOST_SILENT, HOST_REFUSES };

struct host {
    struct node node;
    enum host_state state;
    bool     is_l4;
    bool     is_leaving;            /* an l7 that is drained */
    uint32_t next;
    struct backlog came, left;      /* while it was silent: messages, and replies */
};

static void pass_on(const struct host *h, struct sim *sim, struct req *r)
{
    if (r->what == MSG_ASK && !h->is_l4)
        sim_via(sim, sim->node[h->node.id], r);
    sim->node[h->next]->ops->request(sim->node[h->next], sim, r);
}

/* The kernel's word where no process listens. */
static void refuse(struct sim *sim, struct req *r)
{
    if (r->what == MSG_CLOSE)
        sim_end_conn(sim, r);
    else if (r->what == MSG_CANCEL)
        sim_free(sim, r);
    else
        sim_answer(sim, r, r->what == MSG_ASK && r->conn != NONE ? STATUS_RESET : STATUS_REFUSED);
}

static void hold(struct backlog *list, const struct sim *sim, struct req *r)
{
    r->arrived = sim->now;
    backlog_add(list, r);
}

static struct req *release(struct backlog *list, const struct sim *sim)
{
    struct req *r = list->head;

    if (r == NULL)
        return NULL;
    backlog_remove(list, r);
    sim_spend(sim, r, PART_BALANCER_QUEUE, sim->now - r->arrived);
    return r;
}

static void swallow(struct host *h, struct sim *sim, struct req *r)
{
    if (r->what == MSG_PROBE)
        sim_free(sim, r);
    else
        hold(&h->came, sim, r);
}

/* A health page says that it leaves; its port accepts on. */
static bool denies(const struct host *h, const struct req *r)
{
    return h->is_leaving && r->what == MSG_PROBE && (r->key == CHECK_L7 || r->key == CHECK_DEEP);
}

static void host_request(struct node *n, struct sim *sim, struct req *r)
{
    struct host *h = (struct host *)n;

    if (denies(h, r)) {
        sim_answer(sim, r, STATUS_UNAVAILABLE);
        return;
    }
    switch (h->state) {
    case HOST_UP:
        pass_on(h, sim, r);
        break;
    case HOST_SILENT:
        swallow(h, sim, r);
        break;
    case HOST_REFUSES:
        refuse(sim, r);
        break;
    }
}

static void host_reply(struct node *n, struct sim *sim, struct req *r, struct hop *me)
{
    struct host *h = (struct host *)n;

    if (h->is_leaving && me->conn != NONE)
        connpool_tell_to_go(sim, me->conn);
    if (sim_is_stray(r))
        sim_free(sim, r);
    else if (h->state == HOST_SILENT)
        hold(&h->left, sim, r);
    else
        sim_reply(sim, r);
}

static void host_destroy(struct node *n)
{
    free(n);
}

static const struct node_ops host_ops = {
    .kind    = "host",
    .request = host_request,
    .reply   = host_reply,
    .destroy = host_destroy,
};

bool host_is_before_balancer(const struct balancer_config *c)
{
    return c->is_named;
}

struct node *host_before_balancer(struct sim *sim, uint32_t id, const struct balancer_config *c,
                                  uint32_t instance, uint32_t next)
{
    struct host *h = xcalloc(1, sizeof *h);

    (void)instance;
    *h = (struct host){ .node.ops = &host_ops, .is_l4 = c->layer == LAYER_L4, .next = next };
    sim_put_node(sim, &h->node, id, c->name);
    return &h->node;
}

/* ---- what can happen to it ---- */

/* What the process worked on goes on without it, for nobody; who asked is told. */
static void reset_requests(struct host *h, struct sim *sim)
{
    uint32_t used = sim->reqs.used_up;

    for (uint32_t i = 0; i < used; i++) {
        struct req *r = sim_req(sim, i);

        if (r->what != MSG_ASK || r->is_orphan || sim_frame(r, h->node.id) == NULL)
            continue;
        sim_answer(sim, sim_fork(sim, &h->node, r), STATUS_RESET);
        sim->meter.record.orphans++;
    }
}

void host_hang(struct node *n)
{
    ((struct host *)n)->state = HOST_SILENT;
}

void host_crash(struct node *n, struct sim *sim)
{
    struct host *h = (struct host *)n;

    h->state = h->is_l4 ? HOST_SILENT : HOST_REFUSES;
    if (!h->is_l4)
        reset_requests(h, sim);
}

void host_leave(struct node *n)
{
    ((struct host *)n)->is_leaving = true;
}

void host_stay(struct node *n)
{
    ((struct host *)n)->is_leaving = false;
}

void host_recover(struct node *n, struct sim *sim)
{
    struct host *h = (struct host *)n;
    struct backlog came = h->came, left = h->left;

    h->state = HOST_UP;
    h->is_leaving = false;
    h->came = h->left = (struct backlog){ .head = NULL };
    for (struct req *r; (r = release(&came, sim)) != NULL;)
        pass_on(h, sim, r);
    for (struct req *r; (r = release(&left, sim)) != NULL;)
        sim_reply(sim, r);
}
