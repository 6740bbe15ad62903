/* budget.h - how many further attempts a balancer, or a group of clients, may make: so that a
 * system in trouble is not asked more for being in trouble.  Three products' rules. */
#ifndef PARTS_BUDGET_H
#define PARTS_BUDGET_H

#include "../base/types.h"

enum budget_kind {
    BUDGET_NONE,
    /* Finagle's RetryBudget, Linkerd's too: every request pays in a share of a token, every retry
     * takes one, and so many a second are free; all of it is forgotten after `ttl` */
    BUDGET_SHARE,
    /* Envoy's retry_budget: so many retries at a time, by what is active and pending */
    BUDGET_CONCURRENT,
    /* gRPC's retryThrottling (gRFC A6): a failure takes a token, a success gives `ratio` of one,
     * and retries are made while more than half of all tokens are there */
    BUDGET_THROTTLE,
};

struct budget_config {
    uint32_t kind;                  /* enum budget_kind */
    double   share;                 /* SHARE, CONCURRENT: retries for each request */
    double   per_second;            /* SHARE: besides */
    nsec     ttl;                   /* SHARE */
    uint32_t least;                 /* CONCURRENT: at least so many at a time */
    uint32_t tokens;                /* THROTTLE: most */
    double   ratio;                 /* THROTTLE: for each success */
};

enum { BUDGET_WINDOWS = 10 };       /* pieces of the ttl, as in Finagle's WindowedAdder */

/* In millionths of a token. */
struct budget {
    const struct budget_config *config;
    int64_t  pay, free;             /* SHARE: for each request; at any time */
    int64_t  window[BUDGET_WINDOWS], sum;
    uint64_t turn;                  /* of the windows, counted from the start of time */
    int64_t  tokens, most, ratio;   /* THROTTLE */
};

void budget_init(struct budget *, const struct budget_config *);

/* A request came: its first attempt. */
void budget_request(struct budget *, nsec now);
/* An attempt ended well, or badly enough to be tried again. */
void budget_outcome(struct budget *, bool failed);

/* May one more be made, while so many requests are `active` (waiting ones included), and so many of
 * them are `retrying`?  Yes: it is paid for. */
bool budget_take(struct budget *, nsec now, uint32_t active, uint32_t retrying);

#endif
