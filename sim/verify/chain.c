/* chain.c - see chain.h: the solver. */
#include "chain.h"

#include "../base/xalloc.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

enum { FIRST_ROOM = 1024, MOST_SWEEPS = 20000 };
static const double precision = 1e-11;      /* of every state's share, relative to the largest */

void chain_init(struct chain *c, uint32_t states, uint32_t levels)
{
    *c = (struct chain){ .states = states, .levels = levels,
                         .level = xcalloc(states, sizeof *c->level) };
}

void chain_fini(struct chain *c)
{
    free(c->level);
    free(c->arc);
}

void chain_arc(struct chain *c, uint32_t from, uint32_t to, double rate)
{
    if (rate <= 0)
        return;
    if (c->arcs == c->room) {
        c->room = c->room ? 2 * c->room : FIRST_ROOM;
        c->arc = xrealloc(c->arc, c->room, sizeof *c->arc);
    }
    c->arc[c->arcs++] = (struct arc){ from, to, rate };
}

/* The arcs by where they lead to: those into state i are arc[first[i]] .. arc[first[i + 1] - 1]. */
struct inward { uint32_t *first; struct arc *arc; double *out; };

static struct inward turn_inward(const struct chain *c)
{
    struct inward in = { .first = xcalloc(c->states + 2, sizeof *in.first),
                         .arc = xcalloc(c->arcs, sizeof *in.arc),
                         .out = xcalloc(c->states, sizeof *in.out) };

    for (uint32_t k = 0; k < c->arcs; k++) {
        in.first[c->arc[k].to + 2]++;
        in.out[c->arc[k].from] += c->arc[k].rate;
    }
    for (uint32_t i = 2; i < c->states + 2; i++)
        in.first[i] += in.first[i - 1];
    for (uint32_t k = 0; k < c->arcs; k++)
        in.arc[in.first[c->arc[k].to + 1]++] = c->arc[k];
    return in;
}

static void visit(const struct inward *in, double *p, uint32_t i)
{
    double sum = 0;

    for (uint32_t k = in->first[i]; k < in->first[i + 1]; k++)
        sum += p[in->arc[k].from] * in->arc[k].rate;
    p[i] = in->out[i] > 0 ? sum / in->out[i] : 0;
}

static void sweep(const struct chain *c, const struct inward *in, double *p)
{
    for (uint32_t i = 0; i < c->states; i++)
        visit(in, p, i);
    for (uint32_t i = c->states; i-- > 0;)
        visit(in, p, i);
}

/* Levels rescaled so that as much crosses each boundary upward as downward. */
static void balance_levels(const struct chain *c, double *p)
{
    double *up = xcalloc(c->levels, sizeof *up), *down = xcalloc(c->levels, sizeof *down);
    double *scale = xcalloc(c->levels, sizeof *scale), sum = 0;

    for (uint32_t k = 0; k < c->arcs; k++) {
        const struct arc *a = &c->arc[k];
        uint32_t from = c->level[a->from], to = c->level[a->to];

        assert(to <= from + 1 && from <= to + 1);
        if (to > from)
            up[from] += p[a->from] * a->rate;
        else if (to < from)
            down[from] += p[a->from] * a->rate;
    }
    scale[0] = 1;
    for (uint32_t l = 1; l < c->levels; l++)
        scale[l] = down[l] > 0 ? scale[l - 1] * up[l - 1] / down[l] : 0;
    for (uint32_t i = 0; i < c->states; i++)
        sum += p[i] *= scale[c->level[i]];
    for (uint32_t i = 0; i < c->states; i++)
        p[i] /= sum;
    free(up);
    free(down);
    free(scale);
}

static double greatest_change(const double *p, double *before, uint32_t states)
{
    double change = 0, most = 0;

    for (uint32_t i = 0; i < states; i++) {
        change = fmax(change, fabs(p[i] - before[i]));
        most = fmax(most, p[i]);
        before[i] = p[i];
    }
    return change / most;
}

void chain_solve(const struct chain *c, double *p)
{
    struct inward in = turn_inward(c);
    double *before = xcalloc(c->states, sizeof *before), change = 1;

    for (uint32_t i = 0; i < c->states; i++)
        p[i] = in.out[i] > 0 ? 1 : 0;
    for (uint32_t i = 0; i < MOST_SWEEPS && change > precision; i++) {
        sweep(c, &in, p);
        balance_levels(c, p);
        change = greatest_change(p, before, c->states);
    }
    assert(change <= precision);
    free(before);
    free(in.first);
    free(in.arc);
    free(in.out);
}
