/* max_fails.c - see max_fails.h.  nginx, ngx_http_upstream_round_robin.c; held against recordings
 * of nginx 1.22.1 with servers that failed. */
#include "max_fails.h"

#include <stdlib.h>

static const uint64_t SECOND = 1000000000;

bool max_fails_may_try(const struct max_fails *m, const struct lb *lb, const struct lb_request *rq,
                       uint32_t i)
{
    return lb_usable(lb, i, rq)
           && !fail_clock_sits_out(&m->of[i].clock, m->max_fails, m->fail_timeout / SECOND,
                                   rq->now / SECOND);
}

uint32_t max_fails_weight(struct max_fails *m, const struct lb *lb, uint32_t i)
{
    struct trouble *t = &m->of[i];
    uint32_t full = lb->backend[i].weight, left = full > t->lost ? full - t->lost : 0;

    t->lost = full - left;
    t->lost -= t->lost > 0;
    return left;
}

static void go_apart(struct max_fails *m, struct lb *lb, uint32_t i)
{
    if (max_fails_is_apart(m, i))
        return;
    m->apart[m->aparts++] = i;
    m->of[i].apart = m->aparts;
    m->moved(lb, i);
}

/* Back to the others, once nothing tells it from them. */
static void come_back(struct max_fails *m, struct lb *lb, uint32_t i)
{
    struct trouble *t = &m->of[i];
    uint32_t hole = t->apart, last;

    if (hole == 0 || t->lost > 0 || t->clock.fails >= m->max_fails)
        return;
    last = m->apart[m->aparts - 1];
    m->apart[hole - 1] = last;
    m->of[last].apart = hole;
    t->apart = 0;
    m->aparts--;
    m->moved(lb, i);
}

void max_fails_picked(struct max_fails *m, struct lb *lb, uint32_t i, uint64_t now)
{
    if (m->max_fails == 0)
        return;
    fail_clock_try(&m->of[i].clock, m->fail_timeout / SECOND, now / SECOND);
    for (uint32_t k = m->aparts; k-- > 0;)
        come_back(m, lb, m->apart[k]);
}

static bool is_failure(const struct max_fails *m, enum lb_result result)
{
    return result == LB_REFUSED || result == LB_TIMEOUT || (result == LB_ERROR && m->errors_fail);
}

static void fail(struct max_fails *m, struct lb *lb, uint32_t i, uint64_t now)
{
    struct trouble *t = &m->of[i];

    fail_clock_fail(&t->clock, now / SECOND);
    t->lost += lb->backend[i].weight / m->max_fails;
    if (t->lost > lb->backend[i].weight)
        t->lost = lb->backend[i].weight;
    if (t->lost > 0 || t->clock.fails >= m->max_fails)
        go_apart(m, lb, i);
}

void max_fails_complete(struct max_fails *m, struct lb *lb, uint32_t i, const struct lb_outcome *o)
{
    if (m->max_fails == 0)
        return;
    if (is_failure(m, o->result) && lb->live_count >= 2) {
        fail(m, lb, i, o->now);
        return;
    }
    if (o->result != LB_CANCELLED)
        fail_clock_pass(&m->of[i].clock);
    come_back(m, lb, i);
}

void max_fails_room(struct max_fails *m, uint32_t room)
{
    if (m->max_fails == 0 || room <= m->room)
        return;
    m->of = lb_grow(m->of, m->room, room, sizeof *m->of);
    m->apart = lb_grow(m->apart, m->room, room, sizeof *m->apart);
    m->room = room;
}

void max_fails_free(struct max_fails *m)
{
    free(m->of);
    free(m->apart);
}

size_t max_fails_bytes(const struct max_fails *m)
{
    return m->room * (sizeof *m->of + sizeof *m->apart);
}
