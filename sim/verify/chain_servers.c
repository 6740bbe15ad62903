/* chain_servers.c - two or three servers with a queue each, as chains; see chain.h.
 *
 * Equal servers: only the sorted lengths matter, kept as (shortest, differences to it).  A request
 * that joins behind i others has Erlang(i + 1), so the chain at arrivals gives every quantile. */
#include "chain.h"
#include "theory.h"

#include "../base/xalloc.h"

#include <gsl/gsl_sf_gamma.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct servers {
    enum chain_rule rule;
    uint32_t n, deep, wide;         /* lengths below deep + wide, differences up to wide */
    double rho;
};

enum { MOST = 3 };

static uint32_t state_of(const struct servers *s, const uint32_t *length)
{
    uint32_t index = length[0];

    for (uint32_t i = 1; i < s->n; i++)
        index = index * (s->wide + 1) + length[i] - length[0];
    return index;
}

static bool is_inside(const struct servers *s, const uint32_t *length)
{
    return length[0] < s->deep && length[s->n - 1] - length[0] <= s->wide;
}

/* Next state in rising order of the indexes; false after the last. */
static bool next(const struct servers *s, uint32_t *length)
{
    for (uint32_t i = s->n - 1; i > 0; i--) {
        if (length[i] - length[0] < s->wide) {
            length[i]++;
            for (uint32_t k = i + 1; k < s->n; k++)
                length[k] = length[i];
            return true;
        }
    }
    length[0]++;
    for (uint32_t k = 1; k < s->n; k++)
        length[k] = length[0];
    return length[0] < s->deep;
}

/* How often the k-th shortest is chosen. */
static double chosen(const struct servers *s, const uint32_t *length, uint32_t k)
{
    double n = s->n, longer = n - 1 - k;

    switch (s->rule) {
    case CHAIN_SHORTEST: return k == 0;
    case CHAIN_TWO:      return 2 * longer / (n * (n - 1));
    case CHAIN_TWO_WITH: return (2 * longer + 1) / (n * n);
    case CHAIN_IDLE:     return length[0] == 0 ? k == 0 : 1 / n;
    }
    return NAN;
}

static void sort(uint32_t *length, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++)
        for (uint32_t k = i; k > 0 && length[k] < length[k - 1]; k--) {
            uint32_t swap = length[k];

            length[k] = length[k - 1];
            length[k - 1] = swap;
        }
}

/* One more or less at the k-th shortest; what would leave the table does not happen. */
static void step(const struct servers *s, struct chain *c, const uint32_t *length, uint32_t k,
                 int by, double rate)
{
    uint32_t to[MOST];

    memcpy(to, length, sizeof to);
    to[k] += (uint32_t)by;
    sort(to, s->n);
    if (is_inside(s, to))
        chain_arc(c, state_of(s, length), state_of(s, to), rate);
}

static void add_state(const struct servers *s, struct chain *c, const uint32_t *length)
{
    uint32_t sum = 0;

    for (uint32_t k = 0; k < s->n; k++) {
        sum += length[k];
        step(s, c, length, k, +1, s->n * s->rho * chosen(s, length, k));
        if (length[k] > 0)
            step(s, c, length, k, -1, 1);
    }
    c->level[state_of(s, length)] = sum;
}

static uint32_t count(const struct servers *s)
{
    uint32_t states = s->deep;

    for (uint32_t i = 1; i < s->n; i++)
        states *= s->wide + 1;
    return states;
}

struct law chain_servers(enum chain_rule rule, uint32_t n, double rho)
{
    /* By what is left beyond: rho^2 a step where the shortest is sought, rho where it is not. */
    const uint32_t loose = rule == CHAIN_IDLE || rule == CHAIN_TWO_WITH;
    const struct servers s = {
        rule, n, (uint32_t)(log(1e-10) / log(rho) / (loose ? 1.5 : n)) + 10,
        rule != CHAIN_IDLE ? 30 : n == 2 ? 120 : 45, rho };
    uint32_t length[MOST] = { 0 }, places = s.deep + s.wide + 1;
    double *p = xcalloc(count(&s), sizeof *p), *found = xcalloc(places, sizeof *found);
    struct chain c;

    chain_init(&c, count(&s), n * places);
    do
        add_state(&s, &c, length);
    while (next(&s, length));
    chain_solve(&c, p);
    memset(length, 0, sizeof length);
    do
        for (uint32_t k = 0; k < n; k++)
            found[length[k]] += p[state_of(&s, length)] * chosen(&s, length, k);
    while (next(&s, length));

    struct law law = theory_positions(found, places, 1);

    chain_fini(&c);
    free(p);
    free(found);
    return law;
}

/* ---- fork-join ---- */

struct both { uint32_t deep; const double *p; };    /* p[a * deep + b] */

/* P(the greater of Erlang(a + 1) and Erlang(b + 1) > t). */
static double both_tail(double t, const void *arg)
{
    const struct both *f = arg;
    double *done = xcalloc(f->deep, sizeof *done), sum = 0, all = 0;

    for (uint32_t a = 0; a < f->deep; a++)
        done[a] = t > 0 ? gsl_sf_gamma_inc_P(a + 1.0, t) : 0;
    for (uint32_t a = 0; a < f->deep; a++)
        for (uint32_t b = 0; b < f->deep; b++) {
            sum += f->p[a * f->deep + b] * done[a] * done[b];
            all += f->p[a * f->deep + b];
        }
    free(done);
    return all - sum;
}

/* The level is the length of the first queue: an arrival lengthens it by one. */
struct law chain_fork_join(double rho)
{
    const uint32_t deep = (uint32_t)(log(1e-9) / log(rho)) + 10;
    double *p = xcalloc((size_t)deep * deep, sizeof *p);
    const struct both both = { deep, p };
    struct chain c;

    chain_init(&c, deep * deep, deep);
    for (uint32_t a = 0; a < deep; a++)
        for (uint32_t b = 0; b < deep; b++) {
            uint32_t here = a * deep + b;

            c.level[here] = a;
            if (a + 1 < deep && b + 1 < deep)
                chain_arc(&c, here, here + deep + 1, rho);
            if (a > 0)
                chain_arc(&c, here, here - deep, 1);
            if (b > 0)
                chain_arc(&c, here, here - 1, 1);
        }
    chain_solve(&c, p);

    struct law law = theory_law(both_tail, &both, theory_fork_join_mean(rho));

    chain_fini(&c);
    free(p);
    return law;
}
