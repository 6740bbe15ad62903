/* product_caddy.c - the subdirectives of Caddy's reverse_proxy that choose an upstream.  Weights
 * come with a policy of a later version. */
#include "product.h"

#include <stdio.h>

static void read_upstreams(struct product_pool *pool, const struct directive *d)
{
    for (uint32_t k = 1; k < d->count; k++) {
        struct product_server *s = product_add(pool);

        if (!s)
            return;
        snprintf(s->address, sizeof s->address, "%s", d->word[k]);
    }
}

static void read_policy(struct product_pool *pool, const struct directive *d)
{
    product_policy(pool, d, 1);
}

static const struct directive_row rows[] = {
    { "reverse_proxy", read_upstreams }, { "to", read_upstreams }, { "lb_policy", read_policy },
    { "lb_try_duration", NULL }, { "lb_try_interval", NULL }, { "fail_duration", NULL },
    { "max_fails", NULL }, { "health_uri", NULL }, { "health_interval", NULL },
    { "health_timeout", NULL }, { NULL, NULL },
};

const struct product product_caddy = { .program = "caddy", .rows = rows };
