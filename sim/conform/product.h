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

struct product_pool {
    char     policy[240];           /* in the words of the product's profile; "": its default */
    struct product_server server[PRODUCT_MOST_SERVERS];
    uint32_t servers;
    uint32_t workers;               /* processes, each with its own view unless shares_state */
    bool     shares_state;
    uint32_t chain;                 /* of rules that each take one in so many; 0: none */
    char     unread[240];           /* what of it cannot be taken over; "": nothing */
};

/* The words of one directive. */
struct directive { char *word[PRODUCT_MOST_WORDS]; uint32_t count; };

/* A word that opens a directive; read NULL: it changes no pick. */
struct directive_row {
    const char *word;
    void (*read)(struct product_pool *, const struct directive *);
};

/* A table ends with a NULL word. */
struct product { const char *program; const struct directive_row *rows; };

const struct product *product_find(const char *program);    /* NULL: none */

/* Takes over one directive.  What it cannot, it notes in pool->unread, the first only. */
void product_read(const struct product *, struct product_pool *, const char *directive);

/* ---- for the products' files ---- */

/* The next server, with the product's presets: weight 1, no limit.  NULL when there are too many,
 * which is noted. */
struct product_server *product_add(struct product_pool *);
void product_cannot(struct product_pool *, const char *what, const char *word);
/* A whole number after a `prefix` ("weight=" or ""); false, and noted, if it is none. */
bool product_number(struct product_pool *, const char *text, const char *prefix, uint32_t *out);
/* Appends words from `from` on to the policy, with blanks between. */
void product_policy(struct product_pool *, const struct directive *, uint32_t from);

extern const struct product product_haproxy, product_nginx, product_caddy, product_kernel;

#endif
