/* keys.h - which key (user, session, URI) a request carries: what hashing policies go by. */
#ifndef PARTS_KEYS_H
#define PARTS_KEYS_H

#include "../base/rng.h"

enum keys_law { KEYS_UNIFORM, KEYS_ZIPF, KEYS_SEQUENTIAL };

struct keys_config {
    uint32_t law;                   /* enum keys_law */
    uint32_t count;                 /* 0: a request's key is its client */
    /* zipf: weight of the k-th key is k^-exponent; 0 < exponent <= 10 */
    double   exponent;
    /* requests in a row of one client that carry the same key; >= 1 */
    uint32_t session;
};

/* Zipf's law is drawn by searching a table of 8 bytes a key, built once. */
struct keys { const struct keys_config *config; double *cumulative; };

void     keys_init(struct keys *, const struct keys_config *);
void     keys_fini(struct keys *);

/* The key of a session, 0 .. count-1.  luck: of its first request; nth: its number over all
 * clients. */
uint32_t keys_draw(const struct keys *, uint64_t luck, uint64_t nth);

#endif
