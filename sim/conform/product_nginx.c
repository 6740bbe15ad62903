/* product_nginx.c - the lines of an `upstream` block (ngx_http_upstream_module and its methods),
 * and `worker_processes`, as each process has its own view of a pool without a `zone`. */
#include "product.h"

#include "../base/text.h"

#include <string.h>

static void read_method(struct product_pool *pool, const struct directive *d)
{
    product_policy(pool, d, 0);
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static void read_parameter(struct product_pool *pool, struct product_server *s, const char *word)
{
    if (begins(word, "weight="))
        product_number(pool, word, "weight=", &s->weight);
    else if (begins(word, "max_conns="))
        product_number(pool, word, "max_conns=", &s->limit);
    else if (begins(word, "max_fails="))
        product_number(pool, word, "max_fails=", &s->max_fails);
    else if (strcmp(word, "backup") == 0)
        s->is_backup = true;
    else if (strcmp(word, "down") == 0)
        s->is_down = true;
    else if (!begins(word, "fail_timeout=") ||
             text_duration(word + strlen("fail_timeout="), &s->fail_timeout) < 0)
        product_cannot(pool, "of a server", word);
}

static void read_server(struct product_pool *pool, const struct directive *d)
{
    struct product_server *s = d->count >= 2 ? product_add(pool) : NULL;

    if (!s) {
        product_cannot(pool, "an address expected:", "server");
        return;
    }
    product_copy(pool, s->address, sizeof s->address, d->word[1]);
    for (uint32_t k = 2; k < d->count; k++)
        read_parameter(pool, s, d->word[k]);
    if (s->weight == 0)             /* nginx does not start */
        product_cannot(pool, "a server of weight 0:", s->address);
}

static void read_workers(struct product_pool *pool, const struct directive *d)
{
    product_number(pool, d->count > 1 ? d->word[1] : "", "", &pool->workers);
}

static void read_zone(struct product_pool *pool, const struct directive *d)
{
    (void)d;
    pool->shares_state = true;
}

/* Its default, `error timeout`, is what is replayed. */
static void read_next(struct product_pool *pool, const struct directive *d)
{
    static const char *const preset[] = { "error", "timeout", NULL };
    uint32_t known = 0;

    for (uint32_t k = 1; k < d->count; k++)
        known += product_is_one_of(d->word[k], preset);
    if (known != 2 || d->count != 3)
        product_when_failing(pool, d);
}

static const struct directive_row rows[] = {
    { "server", read_server }, { "least_conn", read_method }, { "ip_hash", read_method },
    { "hash", read_method }, { "random", read_method }, { "least_time", read_method },
    { "sticky", read_method }, { "zone", read_zone }, { "worker_processes", read_workers },
    { "proxy_next_upstream", read_next }, { "proxy_next_upstream_tries", product_when_failing },
    { "proxy_next_upstream_timeout", product_when_failing }, { "keepalive", NULL },
    { "keepalive_requests", NULL }, { "keepalive_time", NULL }, { "keepalive_timeout", NULL },
    { "proxy_http_version", NULL }, { "proxy_set_header", NULL }, { "proxy_buffering", NULL },
    { "proxy_connect_timeout", NULL }, { "proxy_read_timeout", NULL },
    { "proxy_send_timeout", NULL }, { NULL, NULL },
};

const struct product product_nginx = { .program = "nginx", .rows = rows };
