/* product_nginx.c - the lines of an `upstream` block (ngx_http_upstream_module and its methods),
 * and `worker_processes`, as each process has its own view of a pool without a `zone`. */
#include "product.h"

#include "../base/text.h"

#include <stdio.h>
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
    snprintf(s->address, sizeof s->address, "%s", d->word[1]);
    for (uint32_t k = 2; k < d->count; k++)
        read_parameter(pool, s, d->word[k]);
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

static const struct directive_row rows[] = {
    { "server", read_server }, { "least_conn", read_method }, { "ip_hash", read_method },
    { "hash", read_method }, { "random", read_method }, { "zone", read_zone },
    { "worker_processes", read_workers }, { "keepalive", NULL }, { "proxy_http_version", NULL },
    { "proxy_set_header", NULL }, { "proxy_next_upstream", NULL },
    { "proxy_connect_timeout", NULL }, { "proxy_read_timeout", NULL },
    { "proxy_next_upstream_tries", NULL }, { NULL, NULL },
};

const struct product product_nginx = { .program = "nginx", .rows = rows };
