/* connpool.c - a list of connections and a queue of requests for every client of a group. */
#include "connpool.h"

#include <stdlib.h>

#include "../base/xalloc.h"

void connpool_init(struct connpool *p, const struct connpool_config *c, uint32_t clients)
{
    *p = (struct connpool){ .config = *c };
    p->client = xcalloc(clients, sizeof *p->client);
    for (uint32_t i = 0; i < clients; i++)
        p->client[i] = (struct connpool_client){ .first = NONE };
}

void connpool_fini(struct connpool *p)
{
    free(p->client);
}

static bool is_spent(const struct connpool *p, const struct conn *c, nsec now)
{
    return c->state == CONN_CLOSING || c->is_broken || c->expires <= now
        || (p->config.requests > 0 && c->served + c->streams >= p->config.requests);
}

uint32_t connpool_find(const struct connpool *p, const struct sim *sim, uint32_t client)
{
    uint32_t best = NONE, fewest = p->config.streams;

    for (uint32_t id = p->client[client].first; id != NONE; id = sim_conn(sim, id)->next) {
        const struct conn *c = sim_conn(sim, id);

        if (c->state == CONN_OPEN && c->streams < fewest && !is_spent(p, c, sim->now)) {
            best = id;
            fewest = c->streams;
        }
    }
    return best;
}

bool connpool_wants_more(const struct connpool *p, uint32_t client)
{
    const struct connpool_client *k = &p->client[client];

    return (uint64_t)k->opening * p->config.streams < k->waiting
        && (p->config.connections == 0 || k->connections < p->config.connections);
}

uint32_t connpool_open(struct connpool *p, struct sim *sim, uint32_t client)
{
    struct connpool_client *k = &p->client[client];
    uint32_t id = pool_take(&sim->conns);

    *sim_conn(sim, id) = (struct conn){ .next = k->first, .client = client, .ends_at = NONE,
                                        .expires = NEVER, .state = CONN_OPENING,
                                        .tls_since = NEVER, .tls_until = NEVER,
                                        .moves_at = NEVER };
    k->first = id;
    k->connections++;
    k->opening++;
    return id;
}

static void expire_at(struct conn *c, nsec at)
{
    c->expires = at < c->expires ? at : c->expires;
}

void connpool_opened(struct connpool *p, struct sim *sim, uint32_t id)
{
    struct conn *c = sim_conn(sim, id);

    p->client[c->client].opening--;
    c->state = CONN_OPEN;
    c->idle_since = sim->now;
    if (p->config.age == NULL)
        return;
    struct rng g = rng_from(rng_mix((uint64_t)c->source << 32 | c->port) ^ sim->now);
    expire_at(c, sim->now + dist_draw(p->config.age, &g));  /* its other end may have said less */
}

void connpool_drop(struct connpool *p, struct sim *sim, uint32_t id)
{
    struct conn *c = sim_conn(sim, id);
    struct connpool_client *k = &p->client[c->client];
    uint32_t *at = &k->first;

    while (*at != id)
        at = &sim_conn(sim, *at)->next;
    *at = c->next;
    k->connections--;
    k->opening -= c->state == CONN_OPENING;
    c->state = CONN_CLOSING;
}

/* Nothing on it is waited for. */
static bool is_quiet(const struct conn *c)
{
    return c->streams == 0 && !c->is_early;
}

uint32_t connpool_take_spent(struct connpool *p, struct sim *sim, uint32_t client)
{
    for (uint32_t id = p->client[client].first; id != NONE; id = sim_conn(sim, id)->next) {
        const struct conn *c = sim_conn(sim, id);

        if (c->state != CONN_OPENING && is_quiet(c) && is_spent(p, c, sim->now)) {
            connpool_drop(p, sim, id);
            return id;
        }
    }
    return NONE;
}

/* ---- the other end's word ---- */

/* Tunnels and datagrams have no way to say it. */
static bool can_be_told(const struct conn *c)
{
    return c->tunnel == TUNNEL_NONE && c->kind != CONN_DATAGRAMS;
}

void connpool_limit_age(struct sim *sim, const struct req *open, const struct dist *age)
{
    if (age->kind == NULL || open->is_orphan)
        return;
    struct conn *c = sim_conn(sim, open->conn);
    struct rng g = rng_from(open->luck ^ 0x616765);                     /* "age" */

    if (c->ends_at == NONE && can_be_told(c))
        expire_at(c, sim->now + dist_draw(age, &g));
}

void connpool_tell_to_go(struct sim *sim, uint32_t id)
{
    struct conn *c = sim_conn(sim, id);

    if (can_be_told(c))
        expire_at(c, sim->now);
}

void connpool_go_away(struct sim *sim, uint32_t node)
{
    for (uint32_t i = 0; i < sim->conns.used_up; i++)
        if (sim_conn(sim, i)->ends_at == node)
            connpool_tell_to_go(sim, i);
}

/* ---- what waiting was spent on ---- */

void connpool_tell_wait(const struct sim *sim, struct req *r, const struct conn *c, nsec began)
{
    nsec since = c->has_tls && c->tls_since > began ? c->tls_since : began;
    nsec tls = c->has_tls && c->tls_since != NEVER && c->tls_until > since ? c->tls_until - since
                                                                           : 0;

    sim_spend(sim, r, PART_TLS, tls);
    sim_spend(sim, r, PART_CONNECT, sim->now - began - tls);
}

/* ---- idle and old ---- */

void connpool_end_stream(struct sim *sim, uint32_t id)
{
    struct conn *c = sim_conn(sim, id);

    c->streams--;
    c->served++;
    c->idle_since = sim->now;
}

static nsec deadline(const struct connpool *p, const struct conn *c)
{
    nsec at = p->config.is_punctual ? c->expires : NEVER;
    nsec idle = p->config.idle > 0 && c->streams == 0 ? c->idle_since + p->config.idle : NEVER;

    return idle < at ? idle : at;
}

void connpool_watch(const struct connpool *p, struct sim *sim, struct node *n, uint32_t id,
                    uint32_t arg)
{
    struct conn *c = sim_conn(sim, id);
    nsec at = deadline(p, c);

    if (at != NEVER && at > sim->now && c->state == CONN_OPEN && c->timer == 0)
        c->timer = sim_wake_at(sim, n, at, arg);
}

bool connpool_is_due(struct connpool *p, struct sim *sim, struct node *n, uint32_t id, uint32_t arg)
{
    struct conn *c = sim_conn(sim, id);
    bool is_due = c->state == CONN_OPEN && is_quiet(c) && deadline(p, c) <= sim->now;

    c->timer = 0;
    if (is_due)
        connpool_drop(p, sim, id);
    else
        connpool_watch(p, sim, n, id, arg);
    return is_due;
}

/* ---- those who wait ---- */

void connpool_wait(struct connpool *p, uint32_t client, struct req *r)
{
    struct connpool_client *k = &p->client[client];

    r->next = NULL;
    r->prev = k->tail;
    if (k->tail == NULL)
        k->head = r;
    else
        k->tail->next = r;
    k->tail = r;
    k->waiting++;
}

void connpool_unwait(struct connpool *p, uint32_t client, struct req *r)
{
    struct connpool_client *k = &p->client[client];

    if (r->prev == NULL)
        k->head = r->next;
    else
        r->prev->next = r->next;
    if (r->next == NULL)
        k->tail = r->prev;
    else
        r->next->prev = r->prev;
    k->waiting--;
}
