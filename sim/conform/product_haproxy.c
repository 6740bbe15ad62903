/* product_haproxy.c - the lines of a `defaults`, `backend` or `listen` section, from HAProxy's
 * configuration manual 2.6.  Checks, retries and time-outs change no pick while every server
 * answers. */
#include "product.h"

#include <stdio.h>
#include <string.h>

static void read_balance(struct product_pool *pool, const struct directive *d)
{
    pool->policy[0] = '\0';         /* the last one counts */
    product_policy(pool, d, 1);
}

static void read_hash_type(struct product_pool *pool, const struct directive *d)
{
    product_words(pool, d, 1, pool->hashing, sizeof pool->hashing);
}

static void read_factor(struct product_pool *pool, const struct directive *d)
{
    product_copy(pool, pool->factor, sizeof pool->factor, d->count > 1 ? d->word[1] : "");
}

/* ---- servers ---- */

/* A word of a `server` line, and how many words belong to it. */
enum server_word {
    WEIGHT, MAXCONN, ID, BACKUP, NO_BACKUP, DISABLED, ENABLED, CHECK, NO_EFFECT,
};
static const struct {
    const char *word;
    enum server_word is;
    uint32_t arguments;
} server_words[] = {
    { "weight", WEIGHT, 1 }, { "maxconn", MAXCONN, 1 }, { "id", ID, 1 }, { "backup", BACKUP, 0 },
    { "no-backup", NO_BACKUP, 0 }, { "disabled", DISABLED, 0 }, { "enabled", ENABLED, 0 },
    { "check", CHECK, 0 }, { "no-check", NO_EFFECT, 0 }, { "inter", NO_EFFECT, 1 },
    { "fastinter", NO_EFFECT, 1 }, { "downinter", NO_EFFECT, 1 }, { "rise", NO_EFFECT, 1 },
    { "fall", NO_EFFECT, 1 }, { "port", NO_EFFECT, 1 }, { "addr", NO_EFFECT, 1 },
    { "check-ssl", NO_EFFECT, 0 }, { "check-sni", NO_EFFECT, 1 }, { "check-proto", NO_EFFECT, 1 },
    { "check-alpn", NO_EFFECT, 1 }, { "check-send-proxy", NO_EFFECT, 0 },
    { "cookie", NO_EFFECT, 1 }, { "observe", NO_EFFECT, 1 }, { "error-limit", NO_EFFECT, 1 },
    { "on-error", NO_EFFECT, 1 }, { "on-marked-down", NO_EFFECT, 1 },
    { "on-marked-up", NO_EFFECT, 1 }, { "pool-max-conn", NO_EFFECT, 1 },
    { "pool-low-conn", NO_EFFECT, 1 }, { "pool-purge-delay", NO_EFFECT, 1 },
    { "max-reuse", NO_EFFECT, 1 }, { "send-proxy", NO_EFFECT, 0 },
    { "send-proxy-v2", NO_EFFECT, 0 }, { "proto", NO_EFFECT, 1 }, { "ssl", NO_EFFECT, 0 },
    { "verify", NO_EFFECT, 1 }, { "sni", NO_EFFECT, 1 }, { "alpn", NO_EFFECT, 1 },
    { "tfo", NO_EFFECT, 0 }, { "tcp-ut", NO_EFFECT, 1 },
};

static void take_word(struct product_pool *pool, struct product_server *s, enum server_word is,
                      const char *argument)
{
    uint32_t id;

    switch (is) {
    case WEIGHT:
        if (product_number(pool, argument, "", &s->weight) && s->weight > 256)
            product_cannot(pool, "a weight over 256:", argument);
        break;
    case MAXCONN:   product_number(pool, argument, "", &s->limit); break;
    case ID:
        if (product_number(pool, argument, "", &id))
            s->id = id;
        break;
    case BACKUP:    s->is_backup = true; break;
    case NO_BACKUP: s->is_backup = false; break;
    case DISABLED:  s->is_down = true; break;
    case ENABLED:   s->is_down = false; break;
    case CHECK:     pool->is_checked = true; break;
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
    product_copy(pool, s->name, sizeof s->name, d->word[1]);
    product_copy(pool, s->address, sizeof s->address, d->word[2]);
    read_words(pool, s, d, 3);
}

static void read_default(struct product_pool *pool, const struct directive *d)
{
    read_words(pool, &pool->preset, d, 1);
}

/* ---- the rest of a section ---- */

static void read_sticky(struct product_pool *pool, const struct directive *d)
{
    product_cannot(pool, "persistence:", d->word[0]);
}

/* `cookie NAME insert ...`: HAProxy sets it, and it names the server. */
static void read_cookie(struct product_pool *pool, const struct directive *d)
{
    static const char *const no_effect[] = { "insert", "indirect", "nocache", "httponly", "secure",
                                             NULL };
    bool inserts = false;

    for (uint32_t k = 2; k < d->count; k++) {
        inserts = inserts || strcmp(d->word[k], "insert") == 0;
        if (!product_is_one_of(d->word[k], no_effect))
            product_cannot(pool, "of a cookie", d->word[k]);
    }
    if (!inserts)
        product_cannot(pool, "persistence:", "a cookie that is not inserted");
    pool->sticky = STICKY_COOKIE;
}

/* `stick on src` or `stick on hdr(NAME)`; `stick-table` says how large it is. */
static void read_stick(struct product_pool *pool, const struct directive *d)
{
    bool is_known = d->count == 3 && strcmp(d->word[1], "on") == 0
                 && (strcmp(d->word[2], "src") == 0 || strncmp(d->word[2], "hdr(", 4) == 0);

    if (!is_known)
        product_cannot(pool, "persistence:", d->word[0]);
    pool->sticky = STICKY_TABLE;
}

/* `option WORD`, and `no option WORD`. */
static void read_option(struct product_pool *pool, const char *word)
{
    static const char *const no_effect[] = {
        "httplog", "tcplog", "dontlognull", "dontlog-normal", "log-health-checks",
        "forwardfor", "originalto", "http-keep-alive", "http-server-close", "httpclose",
        "http-buffer-request", "http-ignore-probes", "http-pretend-keepalive", "http-no-delay",
        "h1-case-adjust-bogus-server", "httpchk", "tcp-check", "ssl-hello-chk", "mysql-check",
        "pgsql-check", "redis-check", "smtpchk", "ldap-check", "external-check", "abortonclose",
        "accept-invalid-http-response", "checkcache", "clitcpka", "srvtcpka", "tcpka", "contstats",
        "nolinger", "splice-auto", "splice-request", "splice-response", "tcp-smart-connect",
        "spop-check", NULL };

    if (strcmp(word, "allbackups") == 0)
        pool->uses_all_backups = true;
    else if (strcmp(word, "redispatch") == 0)
        pool->redispatches = true;
    else if (!product_is_one_of(word, no_effect))
        product_cannot(pool, "the option", word);
}

static void read_an_option(struct product_pool *pool, const struct directive *d)
{
    read_option(pool, d->count > 1 ? d->word[1] : "");
}

/* What is taken back by `no option` has no effect then, whatever it is. */
static void read_no(struct product_pool *pool, const struct directive *d)
{
    if (d->count < 3 || strcmp(d->word[1], "option") != 0)
        product_cannot(pool, "the directive", "no");
    else if (strcmp(d->word[2], "allbackups") == 0)
        pool->uses_all_backups = false;
    else if (strcmp(d->word[2], "redispatch") == 0)
        pool->redispatches = false;
}

/* ---- together ---- */

/* Of the policy's own word: does hash-type say how it hashes? */
static bool is_hash(const char *policy)
{
    static const char *const hashes[] = { "source", "uri", "url_param", "hdr", "hash",
                                          "rdp-cookie", NULL };
    char word[32];

    snprintf(word, sizeof word, "%.*s", (int)strcspn(policy, " ("), policy);
    return product_is_one_of(word, hashes);
}

static void append(struct product_pool *pool, const char *word, const char *argument)
{
    char more[180];
    size_t used = strlen(pool->policy);

    snprintf(more, sizeof more, *argument ? " %s(%s)" : " %s", word, argument);
    product_copy(pool, pool->policy + used, sizeof pool->policy - used, more);
}

/* hash-type stands behind the policy, whichever line came first, and the factor behind a ring. */
static void finish_hashing(struct product_pool *pool)
{
    bool is_random = strncmp(pool->policy, "random", 6) == 0;

    if (is_random && *pool->factor && strcmp(pool->factor, "0") != 0)
        product_cannot(pool, "with random:", "hash-balance-factor");
    if (!is_hash(pool->policy) || !*pool->hashing)
        return;
    append(pool, pool->hashing, "");
    if (*pool->factor && strncmp(pool->hashing, "consistent", 10) == 0)
        append(pool, "hash-balance-factor", pool->factor);
}

/* Without option allbackups only the first backup that is up is used. */
static void finish_backups(struct product_pool *pool)
{
    uint32_t backups = 0;

    for (uint32_t k = 0; k < pool->servers; k++)
        backups += pool->server[k].is_backup;
    if (backups > 1 && !pool->uses_all_backups)
        product_cannot(pool, "several servers, of which the first alone is used, with", "backup");
}

static void finish(struct product_pool *pool)
{
    finish_hashing(pool);
    finish_backups(pool);
}

static const struct directive_row rows[] = {
    { "balance", read_balance }, { "hash-type", read_hash_type },
    { "hash-balance-factor", read_factor }, { "server", read_server },
    { "default-server", read_default }, { "cookie", read_cookie }, { "stick", read_stick },
    { "stick-table", NULL }, { "appsession", read_sticky }, { "option", read_an_option },
    { "no", read_no }, { "retries", product_when_failing }, { "retry-on", product_when_failing },
    { "mode", NULL }, { "timeout", NULL }, { "nbthread", NULL }, { "http-reuse", NULL },
    { "http-check", NULL }, { "tcp-check", NULL }, { "fullconn", NULL }, { "bind", NULL },
    { "log", NULL }, { "description", NULL }, { "id", NULL }, { NULL, NULL },
};

const struct product product_haproxy = { .program = "haproxy", .rows = rows, .finish = finish };
