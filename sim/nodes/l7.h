/* l7.h - what l7.c (one attempt of a request at a time) and l7_hedge.c (several) share. */
#ifndef NODES_L7_H
#define NODES_L7_H

#include "balancer.h"

struct l7 { struct balancer b; };

/* Of an l7 that hedges or fans out. */
extern const struct node_ops l7_hedge_ops;

/* All messages, for an l7 that does neither; for one that does, those other than ASK and CANCEL. */
void l7_request(struct node *, struct sim *, struct req *);
void l7_destroy(struct node *);

/* The last few that were tried are avoided; another tier of L7s keeps its own list. */
void l7_note_tried(struct l7 *, struct req *, uint32_t peer);

static inline enum lb_result l7_result_of(const struct req *r)
{
    static const enum lb_result result[] = {
        [STATUS_OK] = LB_OK, [STATUS_ERROR] = LB_ERROR, [STATUS_UNAVAILABLE] = LB_ERROR,
        [STATUS_REFUSED] = LB_REFUSED, [STATUS_RESET] = LB_ERROR, [STATUS_TIMEOUT] = LB_TIMEOUT,
        [STATUS_CANCELLED] = LB_CANCELLED,
    };

    return result[r->status];
}

/* After `tries` attempts of which the last ended with this r->status. */
static inline bool l7_is_retry_wanted(const struct l7 *l7, const struct req *r, uint32_t tries)
{
    static const uint32_t reason[] = {
        [STATUS_OK] = 0, [STATUS_ERROR] = RETRY_ON_5XX, [STATUS_UNAVAILABLE] = RETRY_ON_5XX,
        [STATUS_REFUSED] = RETRY_ON_REFUSED, [STATUS_RESET] = RETRY_ON_RESET,
        [STATUS_TIMEOUT] = RETRY_ON_TIMEOUT, [STATUS_CANCELLED] = 0,
    };
    const struct retry_config *c = &l7->b.config->retries;

    return tries <= c->max && (reason[r->status] & c->on);
}

#endif
