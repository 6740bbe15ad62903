/* product.h - a pool in a product's own directives, understood: `balance leastconn`, `server s1
 * 127.0.0.1:8001 weight 5 maxconn 2`; `hash $arg_k consistent`; `lb_policy ip_hash`.  One file a
 * product, each a table of words: the start of reading a user's own configuration. */
#ifndef CONFORM_PRODUCT_H
#define CONFORM_PRODUCT_H

#include "../base/types.h"

enum { PRODUCT_MOST_SERVERS = 256, PRODUCT_MOST_WORDS = 64 };

struct product_server {
    char     name[64];              /* "" where the product has none */
    char     address[80];
    uint32_t weight, limit;         /* limit 0: none */
    uint64_t id;                    /* 0: by position */
    bool     is_backup, is_down;
    uint32_t max_fails;
    nsec     fail_timeout;
};

enum product_sticky { STICKY_NONE, STICKY_COOKIE, STICKY_TABLE };

struct product_pool {
    char     policy[240];           /* in the words of the product's profile; "": its default */
    char     hashing[120], factor[24];      /* what a later line may still change, "": not given */
    struct product_server preset;   /* of servers on the lines that follow */
    struct product_server server[PRODUCT_MOST_SERVERS];
    uint32_t servers;
    uint32_t workers;               /* processes, each with its own view unless shares_state */
    bool     shares_state;
    bool     uses_all_backups;
    enum product_sticky sticky;     /* what keeps a client at its server */
    bool     is_checked;            /* servers that fail are found out, by checks or by requests */
    bool     redispatches;          /* who cannot reach his server gets another one */
    uint32_t chain;                 /* of rules that each take one in so many; 0: none */
    char     unread[240];           /* what of it cannot be taken over; "": nothing */
    char     unread_failing[240];   /* the same, but of no effect while every server answers */
};

/* The words of one directive. */
struct directive { char *word[PRODUCT_MOST_WORDS]; uint32_t count; };

/* A word that opens a directive; read NULL: it changes no pick. */
struct directive_row {
    const char *word;
    void (*read)(struct product_pool *, const struct directive *);
};

/* A row's reader: of no effect on picks while every server answers, and not taken over beyond. */
void product_when_failing(struct product_pool *, const struct directive *);

/* finish: after the last directive; may be NULL.  rows: a table that ends with a NULL word.
 * own_way: what the program's own work adds on the way to it and again on the way back, beyond what
 * every recording's path adds, as a scenario's latency; NULL: nothing that would show. */
struct product {
    const char *program;
    const struct directive_row *rows;
    void (*finish)(struct product_pool *);
    const char *own_way;
};

const struct product *product_find(const char *program);    /* NULL: none */

/* An empty pool, then each directive in its order, then the end.  What cannot be taken over is
 * noted in pool->unread, the first only. */
void product_begin(struct product_pool *);
void product_read(const struct product *, struct product_pool *, const char *directive);
void product_end(const struct product *, struct product_pool *);

/* ---- for the products' files ---- */

/* The next server, with the product's presets: weight 1, no limit.  NULL when there are too many,
 * which is noted. */
struct product_server *product_add(struct product_pool *);
void product_cannot(struct product_pool *, const char *what, const char *word);
/* Copies a word where it fits; notes it where it does not. */
void product_copy(struct product_pool *, char *to, size_t size, const char *word);
bool product_is_one_of(const char *word, const char *const *list);      /* ends with NULL */
/* A whole number after a `prefix` ("weight=" or ""); false, and noted, if it is none. */
bool product_number(struct product_pool *, const char *text, const char *prefix, uint32_t *out);
/* The words from `from` on, with blanks between, are the policy.  A second one is noted. */
void product_policy(struct product_pool *, const struct directive *, uint32_t from);
/* The same as a text. */
void product_words(struct product_pool *, const struct directive *, uint32_t from, char *to,
                   size_t size);

extern const struct product product_haproxy, product_nginx, product_caddy, product_kernel;

#endif
