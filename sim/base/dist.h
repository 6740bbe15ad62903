/* dist.h - distributions of durations, chosen by name in a scenario.
 *
 * Draws are made from our own samplers over xoshiro256++ and fmath, so that they are the same
 * bits everywhere; closed forms of moments and distribution functions serve the loader (offered
 * load) and the tests. */
#ifndef BASE_DIST_H
#define BASE_DIST_H

#include "rng.h"

enum { DIST_PARAMS = 6, DIST_KEYS = 6 };      /* most p[] in use, most keys of a kind */

enum dist_unit { DIST_TIME, DIST_NUMBER, DIST_SHARE, DIST_TIMES };

/* A key that a kind of distribution understands. */
struct dist_param {
    const char    *name;            /* NULL ends the table */
    enum dist_unit unit;            /* ns, a bare number, a fraction of 1, a list of ns */
    const char    *help;
};

struct dist;

struct dist_kind {
    const char *name, *alias;       /* "exponential", "exp" */
    const char *help;               /* one line with the accepted sets of keys */
    const struct dist_param *params;        /* at most DIST_KEYS and the end */

    /* Sets d->kind and d->p from the values given, in the order of params, NAN where a key is
     * absent; of a DIST_TIMES key the values are in d->table and d->n already, sorted and counted.
     * Checks everything; -1 with one sentence in why[] when the set of keys or a value is wrong. */
    int    (*set)(struct dist *d, const double *value, char *why, size_t why_size);
    double (*draw)(const struct dist *, struct rng *);      /* ns, finite, >= 0 */
    double (*mean)(const struct dist *);                    /* ns; INFINITY where it has none */
    double (*variance)(const struct dist *);                /* ns^2; INFINITY where it has none */
    double (*cdf)(const struct dist *, double x);           /* for tests and reports, by GSL */
};

/* An empirical distribution keeps its values in table[n], sorted, owned by the caller's arena. */
struct dist {
    const struct dist_kind *kind;   /* NULL: not set */
    double   p[DIST_PARAMS];
    const double *table;
    uint32_t n;
};

const struct dist_kind *const *dist_kinds(void);            /* NULL-terminated */
const struct dist_kind *dist_find(const char *name);        /* by name or alias; NULL if unknown */

void   dist_set_constant(struct dist *, double ns);
double dist_mean(const struct dist *);                      /* 0 when not set */
bool   dist_is_constant(const struct dist *);

/* A draw as whole nanoseconds, rounded, at most 2^62. */
static inline nsec dist_draw(const struct dist *d, struct rng *g)
{
    double ns = d->kind->draw(d, g);

    return ns < 0x1p62 ? (nsec)(int64_t)(ns + 0.5) : (nsec)1 << 62;
}

#endif
