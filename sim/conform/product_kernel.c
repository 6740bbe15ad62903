/* product_kernel.c - rules of Linux's packet filters that deal out connections: a chain of iptables
 * rules `-m statistic` (each takes one of those left), and nft's `numgen` and `jhash` maps. */
#include "product.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *after(const struct directive *d, const char *word)
{
    for (uint32_t k = 0; k + 1 < d->count; k++)
        if (strcmp(d->word[k], word) == 0)
            return d->word[k + 1];
    return NULL;
}

static void add_address(struct product_pool *pool, const char *host, const char *port)
{
    struct product_server *s = product_add(pool);

    if (s)
        snprintf(s->address, sizeof s->address, "%.50s%s%.*s", host, *port ? ":" : "",
                 (int)strspn(port, "0123456789"), port);
}

/* A rule that takes one in n is followed by one that takes one in n - 1, and so on down to the
 * last, which takes the rest: then all get the same. */
static void check_chain(struct product_pool *pool, uint32_t one_in, const char *mode)
{
    if (pool->chain && one_in != pool->chain - 1)
        product_cannot(pool, "a chain of other than equal shares:", mode);
    pool->chain = one_in;
}

static void read_iptables(struct product_pool *pool, const struct directive *d)
{
    const char *mode = after(d, "--mode"), *every = after(d, "--every");
    const char *probability = after(d, "--probability"), *to = after(d, "--to-destination");
    uint32_t one_in = 1;

    if (!to) {
        product_cannot(pool, "a rule without --to-destination:", "iptables");
        return;
    }
    if (mode && strcmp(mode, "nth") == 0 && every)
        product_number(pool, every, "", &one_in);
    else if (mode && strcmp(mode, "random") == 0 && probability && strtod(probability, NULL) > 0)
        one_in = (uint32_t)lround(1 / strtod(probability, NULL));
    else if (mode)
        product_cannot(pool, "a statistic of mode", mode);
    if (mode && !*pool->policy)
        snprintf(pool->policy, sizeof pool->policy, "statistic-%.20s", mode);
    check_chain(pool, one_in, "iptables");
    add_address(pool, to, "");
}

/* `numgen inc mod 4 map { 0 : 127.0.0.1 . 25001, ... }`, `jhash ip saddr mod 4 seed 0x1 map ...` */
static void read_nft(struct product_pool *pool, const struct directive *d)
{
    const char *numgen = after(d, "numgen"), *seed = after(d, "seed");

    if (!after(d, "map"))
        return;                     /* a table, a chain */
    if (numgen)
        snprintf(pool->policy, sizeof pool->policy, "numgen %.20s", numgen);
    else if (after(d, "jhash") && seed)
        snprintf(pool->policy, sizeof pool->policy, "jhash seed(%lu)", strtoul(seed, NULL, 0));
    else
        product_cannot(pool, "a map by other than numgen or jhash:", "nft");
    for (uint32_t k = 1; k + 1 < d->count; k++)
        if (strcmp(d->word[k], ".") == 0)
            add_address(pool, d->word[k - 1], d->word[k + 1]);
}

static const struct directive_row rows[] = {
    { "iptables", read_iptables }, { "nft", read_nft }, { NULL, NULL } };

const struct product product_kernel = { .program = "kernel", .rows = rows };
