/* product_haproxy.c - the lines of a `backend` or `listen` section, from HAProxy's configuration
 * manual 2.6.  Checks, retries and time-outs change no pick while every server answers. */
#include "product.h"

#include <stdio.h>
#include <string.h>

/* The method of hashing stands behind the policy, whichever line came first. */
static void read_balance(struct product_pool *pool, const struct directive *d)
{
    char hashing[sizeof pool->policy];

    snprintf(hashing, sizeof hashing, "%s", pool->policy);
    pool->policy[0] = '\0';
    product_policy(pool, d, 1);

    size_t used = strlen(pool->policy);

    snprintf(pool->policy + used, sizeof pool->policy - used, "%s%s", *hashing ? " " : "", hashing);
}

static void read_hash_type(struct product_pool *pool, const struct directive *d)
{
    product_policy(pool, d, 1);
}

static void read_factor(struct product_pool *pool, const struct directive *d)
{
    char word[80];

    snprintf(word, sizeof word, "hash-balance-factor(%s)", d->count > 1 ? d->word[1] : "");
    product_policy(pool, &(struct directive){ .word = { word }, .count = 1 }, 0);
}

/* A word of a `server` line, and how many words belong to it. */
enum server_word { WEIGHT, MAXCONN, ID, BACKUP, DISABLED, NO_EFFECT };
static const struct {
    const char *word;
    enum server_word is;
    uint32_t arguments;
} server_words[] = {
    { "weight", WEIGHT, 1 }, { "maxconn", MAXCONN, 1 }, { "id", ID, 1 }, { "backup", BACKUP, 0 },
    { "disabled", DISABLED, 0 }, { "check", NO_EFFECT, 0 }, { "inter", NO_EFFECT, 1 },
    { "fastinter", NO_EFFECT, 1 }, { "downinter", NO_EFFECT, 1 }, { "rise", NO_EFFECT, 1 },
    { "fall", NO_EFFECT, 1 }, { "cookie", NO_EFFECT, 1 }, { "observe", NO_EFFECT, 1 },
    { "error-limit", NO_EFFECT, 1 }, { "on-error", NO_EFFECT, 1 },
};

static void take_word(struct product_pool *pool, struct product_server *s, enum server_word is,
                      const char *argument)
{
    uint32_t id;

    switch (is) {
    case WEIGHT:   product_number(pool, argument, "", &s->weight); break;
    case MAXCONN:  product_number(pool, argument, "", &s->limit); break;
    case ID:
        if (product_number(pool, argument, "", &id))
            s->id = id;
        break;
    case BACKUP:    s->is_backup = true; break;
    case DISABLED:  s->is_down = true; break;
    case NO_EFFECT: break;
    }
}

static void read_words(struct product_pool *pool, struct product_server *s,
                       const struct directive *d, uint32_t at)
{
    while (at < d->count) {
        size_t k = 0;

        while (k < ARRAY_LEN(server_words) && strcmp(server_words[k].word, d->word[at]) != 0)
            k++;
        if (k == ARRAY_LEN(server_words) || at + server_words[k].arguments >= d->count) {
            product_cannot(pool, "of a server", d->word[at]);
            return;
        }
        take_word(pool, s, server_words[k].is,
                  server_words[k].arguments ? d->word[at + 1] : "");
        at += 1 + server_words[k].arguments;
    }
}

static void read_server(struct product_pool *pool, const struct directive *d)
{
    struct product_server *s = d->count >= 3 ? product_add(pool) : NULL;

    if (!s) {
        product_cannot(pool, "a name and an address expected:", "server");
        return;
    }
    snprintf(s->name, sizeof s->name, "%s", d->word[1]);
    snprintf(s->address, sizeof s->address, "%s", d->word[2]);
    read_words(pool, s, d, 3);
}

/* Of `default-server` only what changes no pick is taken. */
static void read_default(struct product_pool *pool, const struct directive *d)
{
    struct product_server ignored = { .weight = 1 };

    read_words(pool, &ignored, d, 1);
    if (ignored.weight != 1 || ignored.limit || ignored.is_backup || ignored.is_down)
        product_cannot(pool, "the directive", d->word[0]);
}

static void read_sticky(struct product_pool *pool, const struct directive *d)
{
    product_cannot(pool, "persistence:", d->word[0]);
}

static const struct directive_row rows[] = {
    { "balance", read_balance }, { "hash-type", read_hash_type },
    { "hash-balance-factor", read_factor }, { "server", read_server },
    { "default-server", read_default }, { "cookie", read_sticky }, { "stick", read_sticky },
    { "stick-table", read_sticky }, { "mode", NULL }, { "timeout", NULL }, { "nbthread", NULL },
    { "option", NULL }, { "no", NULL }, { "retries", NULL }, { "http-reuse", NULL },
    { "fullconn", NULL }, { NULL, NULL },
};

const struct product product_haproxy = { .program = "haproxy", .rows = rows };
