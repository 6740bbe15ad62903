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
                                        .tls_since = NEVER, .tls_until = NEVER };
    k->first = id;
    k->connections++;
    k->opening++;
    return id;
}

void connpool_opened(struct connpool *p, struct sim *sim, uint32_t id)
{
    struct conn *c = sim_conn(sim, id);

    p->client[c->client].opening--;
    c->state = CONN_OPEN;
    if (p->config.age == NULL)
        return;
    struct rng g = rng_from(rng_mix((uint64_t)c->source << 32 | c->port) ^ sim->now);
    c->expires = sim->now + dist_draw(p->config.age, &g);
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

uint32_t connpool_take_spent(struct connpool *p, struct sim *sim, uint32_t client)
{
    for (uint32_t id = p->client[client].first; id != NONE; id = sim_conn(sim, id)->next) {
        const struct conn *c = sim_conn(sim, id);

        if (c->state != CONN_OPENING && c->streams == 0 && is_spent(p, c, sim->now)) {
            connpool_drop(p, sim, id);
            return id;
        }
    }
    return NONE;
}

void connpool_wait(struct connpool *p, struct req *r)
{
    struct connpool_client *k = &p->client[r->client];

    r->next = NULL;
    r->prev = k->tail;
    if (k->tail == NULL)
        k->head = r;
    else
        k->tail->next = r;
    k->tail = r;
    k->waiting++;
}

void connpool_unwait(struct connpool *p, struct req *r)
{
    struct connpool_client *k = &p->client[r->client];

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
