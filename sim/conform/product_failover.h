/* product_failover.h - how a pool copes with a server that dies, in a product's own directives:
 * checks, what failed requests lead to, retries; as the balancer of a scenario. */
#ifndef CONFORM_PRODUCT_FAILOVER_H
#define CONFORM_PRODUCT_FAILOVER_H

#include "../base/types.h"

enum { FAILOVER_MOST_TEXT = 1024 };

struct failover {
    /* active checks; interval 0: none */
    nsec     interval, timeout, fast_interval, down_interval;
    uint32_t rise, fall;
    bool     asks_http;             /* else it only connects */
    const char *observe, *on_error; /* HAProxy's words, or NULL */
    uint32_t error_limit;

    /* passive; max_fails 0: nothing */
    uint32_t max_fails;
    nsec     fail_timeout;
    bool     fails_on_5xx;

    /* attempts */
    uint32_t retries;
    nsec     wait;                  /* before another attempt at the same server */
    uint32_t redispatch;            /* HAProxy's interval; REDISPATCH_OFF, or LAST */
    bool     waits_always;          /* also before one at another server */
    bool     retries_http;          /* what broke or timed out, too; 5xx by fails_on_5xx */
    nsec     answer_timeout;        /* 0: none */
};
#define FAILOVER_REDISPATCH_OFF  0u
#define FAILOVER_REDISPATCH_LAST UINT32_MAX

/* What a program does that is told nothing.  servers: of the pool. */
void failover_begin(struct failover *, const char *program, uint32_t servers);
/* Takes one directive over, or one of the defaults; what it does not know changes nothing here. */
void failover_read(struct failover *, const char *program, const char *directive);
/* When all are read.  hashes: is the policy a hash? */
void failover_end(struct failover *, const char *program, bool hashes);

#endif
