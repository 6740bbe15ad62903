/* sticky.c - a table of keys and the backend that each went to: HAProxy's stick tables, and what a
 * cookie does for nginx, Traefik or ALB, with the table in place of the cookie.
 *
 * What counts is what happens when the backend is down, and when it returns: `down` says it.  A key
 * is known by its 64-bit hash. */
#include "parts.h"

#include <stdlib.h>

enum { FORGET, RETURN, REFUSE };
static const char *const down_words[] = { "forget", "return", "refuse", NULL };
enum { OTHER, WAIT };
static const char *const full_words[] = { "other", "wait", NULL };

struct stick {
    uint64_t hash, used;                 /* used: when it was last */
    uint32_t backend;
    uint32_t older, newer;               /* by use; LB_NONE: the end */
};

struct sticky {
    struct parts  parts;                 /* one */
    uint32_t      size, down, full;
    uint64_t      expire;
    bool          linger;
    struct stick *stick;                 /* [size] */
    uint32_t     *slot;                  /* open addressing: stick + 1; 0: free */
    uint32_t      slots, sticks;
    uint32_t      oldest, newest;
};

/* ---- the table ---- */

static uint32_t home_of(const struct sticky *s, uint64_t hash)
{
    return (uint32_t)lb_mix(hash) & (s->slots - 1);
}

/* The slot of a key, or the free one where it would be. */
static uint32_t find(const struct sticky *s, uint64_t hash)
{
    uint32_t at = home_of(s, hash);

    while (s->slot[at] != 0 && s->stick[s->slot[at] - 1].hash != hash)
        at = (at + 1) & (s->slots - 1);
    return at;
}

static void unlink_stick(struct sticky *s, uint32_t k)
{
    struct stick *e = &s->stick[k];

    *(e->older == LB_NONE ? &s->oldest : &s->stick[e->older].newer) = e->newer;
    *(e->newer == LB_NONE ? &s->newest : &s->stick[e->newer].older) = e->older;
}

static void link_newest(struct sticky *s, uint32_t k)
{
    s->stick[k].older = s->newest;
    s->stick[k].newer = LB_NONE;
    *(s->newest == LB_NONE ? &s->oldest : &s->stick[s->newest].newer) = k;
    s->newest = k;
}

/* Closes the gap: who stands behind it moves up, if its home is not between. */
static void free_slot(struct sticky *s, uint32_t gap)
{
    const uint32_t mask = s->slots - 1;

    for (uint32_t at = (gap + 1) & mask; s->slot[at] != 0; at = (at + 1) & mask) {
        uint32_t home = home_of(s, s->stick[s->slot[at] - 1].hash);

        if (((at - home) & mask) >= ((at - gap) & mask)) {
            s->slot[gap] = s->slot[at];
            gap = at;
        }
    }
    s->slot[gap] = 0;
}

static void touch(struct sticky *s, uint32_t k, uint32_t backend, uint64_t now)
{
    s->stick[k].used = now;
    s->stick[k].backend = backend;
    unlink_stick(s, k);
    link_newest(s, k);
}

static void store(struct sticky *s, uint64_t hash, uint32_t backend, uint64_t now)
{
    uint32_t at = find(s, hash), k;

    if (s->slot[at] != 0) {
        touch(s, s->slot[at] - 1, backend, now);
        return;
    }
    if (s->sticks < s->size) {
        k = s->sticks++;
    } else {                             /* full: the one that was not used for longest goes */
        k = s->oldest;
        free_slot(s, find(s, s->stick[k].hash));
        unlink_stick(s, k);
        at = find(s, hash);
    }
    s->stick[k] = (struct stick){ .hash = hash, .used = now, .backend = backend };
    s->slot[at] = k + 1;
    link_newest(s, k);
}

/* The place of a key that has not expired, else LB_NONE. */
static uint32_t known(const struct sticky *s, const struct lb_request *rq)
{
    uint32_t k = s->slot[find(s, rq->hash)];

    if (k == 0 || rq->now - s->stick[k - 1].used > s->expire)
        return LB_NONE;
    return k - 1;
}

/* ---- picking ---- */

static bool may_serve(const struct lb *lb, uint32_t i)
{
    const struct lb_backend *b = &lb->backend[i];

    if (b->state == LB_UP && b->weight > 0)
        return true;
    return ((const struct sticky *)lb->state)->linger
        && (b->state == LB_UP || b->state == LB_DRAINING);
}

static bool has_room(const struct lb_backend *b)
{
    return b->limit == 0 || b->inflight < b->limit;
}

static uint32_t pick_new(struct lb *lb, const struct lb_request *rq, bool is_kept)
{
    struct sticky *s = lb->state;
    uint32_t i = parts_pick(lb, &s->parts, 0, rq);

    if (i < LB_FULL && is_kept)
        store(s, rq->hash, i, rq->now);
    return i;
}

static uint32_t sticky_pick(struct lb *lb, const struct lb_request *rq)
{
    struct sticky *s = lb->state;
    uint32_t k = rq->key != NULL ? known(s, rq) : LB_NONE, i;

    if (k == LB_NONE)
        return pick_new(lb, rq, rq->key != NULL);
    i = s->stick[k].backend;
    if (lb->backend[i].state == LB_GONE)
        return pick_new(lb, rq, true);
    if (!may_serve(lb, i))
        return s->down == REFUSE ? LB_NONE : pick_new(lb, rq, s->down == FORGET);
    if (lb_is_avoided(rq, i))
        return pick_new(lb, rq, s->down == FORGET);
    if (!has_room(&lb->backend[i]))
        return s->full == WAIT ? LB_FULL : pick_new(lb, rq, false);
    touch(s, k, i, rq->now);
    return i;
}

/* ---- changes ---- */

static void sticky_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    struct sticky *s = lb->state;

    if (what == LB_ADDED)
        parts_put(lb, &s->parts, i, 0, lb->backend[i].weight);
    else if (what == LB_WEIGHT)
        parts_weigh(&s->parts, i, lb->backend[i].weight);
    else
        parts_tell(lb, &s->parts, i);
}

static int sticky_start(struct lb *lb, const char **why)
{
    struct sticky *s = lb->state;

    if (parts_reserve(lb, &s->parts, 1, why) != 0)
        return -1;
    for (uint32_t i = 0; i < lb->count; i++)
        parts_put(lb, &s->parts, i, 0, lb->backend[i].weight);
    for (s->slots = 16; s->slots < 2 * s->size; s->slots *= 2)
        continue;
    s->slot = lb_grow(NULL, 0, s->slots, sizeof *s->slot);
    s->stick = lb_grow(NULL, 0, s->size, sizeof *s->stick);
    s->oldest = s->newest = LB_NONE;
    return parts_start(&s->parts, why);
}

static void sticky_stop(struct lb *lb)
{
    struct sticky *s = lb->state;

    parts_free(&s->parts);
    free(s->stick);
    free(s->slot);
}

static size_t sticky_bytes(const struct lb *lb)
{
    const struct sticky *s = lb->state;

    return parts_bytes(lb) + s->size * sizeof *s->stick + s->slots * sizeof *s->slot;
}

static const struct lb_param params[] = {
    { "size", LB_UINT, offsetof(struct sticky, size), 10000, 1, 1e7,
      "keys that it remembers; one more, and that not used for longest is forgotten" },
    { "expire", LB_DURATION, offsetof(struct sticky, expire), 1800e9, 1e6, 1e17,
      "a key that was not used for so long is forgotten" },
    { "down", LB_CHOICE, offsetof(struct sticky, down), FORGET, FORGET, REFUSE,
      "its backend is down: forget: a new one for good; return: until it is back; refuse",
      down_words },
    { "full", LB_CHOICE, offsetof(struct sticky, full), OTHER, OTHER, WAIT,
      "its backend is at its limit: another one this time, or wait", full_words },
    { "linger", LB_BOOL, offsetof(struct sticky, linger), 1, 0, 1,
      "do its keys still go to a backend that is drained, or of weight 0?" },
    { .name = NULL },
};

static const struct lb_page page = {
    .rule = "A key goes where it went before, until it was not used for `expire`; a new one\n"
            "goes where the inner balancer says, and is remembered. Its backend is down:\n"
            "forget: the new one is remembered instead; return: it is not, so the key comes\n"
            "back; refuse: nobody. Tried before (a retry): as down, but never refused. A\n"
            "backend that was removed is forgotten. Requests without a key do not stick.",
    .cost = "O(1) per pick; 40 to 56 bytes a key of `size` from the start, and the inner\n"
            "balancer.",
    .used_by = "forget: HAProxy stick tables and cookies with `option redispatch`, nginx\n"
               "sticky, Traefik (rewrites its cookie), ALB. return: Cloudflare's temporary\n"
               "failover. refuse: HAProxy cookies without redispatch. full wait: HAProxy.",
    .fails_when = "Heavy clients: nothing moves them. After a failure, forget leaves the backend\n"
                  "that returns without its keys, so load stays uneven until sessions end.\n"
                  "Several balancers with a table each do not agree: share, or a cookie.",
    .source = "HAProxy configuration manual, stick-table and cookie; nginx sticky; Traefik's\n"
              "services; Cloudflare session affinity. A table forgets, a cookie does not.",
};

const struct lb_ops lb_sticky = {
    .abi         = LB_ABI,
    .traits      = LB_WRAPS | LB_STICKS | LB_MAY_LINGER | LB_MAY_WAIT | LB_MAY_DROP,
    .name        = "sticky",
    .summary     = "wrapper: keys go where they went before (stick table, cookie)",
    .page        = &page,
    .state_size  = sizeof(struct sticky),
    .params      = params,
    .start       = sticky_start,
    .stop        = sticky_stop,
    .pick        = sticky_pick,
    .on_pick     = parts_on_pick,
    .on_complete = parts_on_complete,
    .on_change   = sticky_change,
    .on_report   = parts_on_report,
    .bytes       = sticky_bytes,
    .on_shared   = parts_on_shared,
    .inherits    = PARTS_INHERIT & ~(LB_WEIGHTED | LB_BY_KEY | LB_CONSISTENT | LB_BY_ORDER),
};
