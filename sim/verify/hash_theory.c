/* hash_theory.c - see hash_theory.h.  The tables of Maglev and of the bounded ring are built here
 * once more, in the plainest way that the papers allow, to be compared with the library's. */
#include "hash_theory.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_integration.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../base/xalloc.h"

/* ---- a ring ---- */

struct gamma_law {
    double backends, vnodes;
};

static double some_share_is_above(double x, void *arg)
{
    const struct gamma_law *law = arg;

    return 1 - pow(gsl_cdf_gamma_P(x, law->vnodes, 1), law->backends);
}

double ring_max_over_mean(uint32_t backends, uint32_t vnodes)
{
    struct gamma_law law = { backends, vnodes };
    gsl_function above = { .function = some_share_is_above, .params = &law };
    gsl_integration_workspace *room = gsl_integration_workspace_alloc(1000);
    double most = law.vnodes + 12 * sqrt(law.vnodes) + 60, mean, error;

    gsl_integration_qag(&above, 0, most, 0, 1e-9, 1000, GSL_INTEG_GAUSS21, room, &mean, &error);
    gsl_integration_workspace_free(room);
    return mean / law.vnodes;
}

/* ---- balls in bins ---- */

/* sum[] becomes the law of one more bin's balls added, of which it has at most `most`. */
static void add_bin(double *sum, double *old, uint32_t balls, const double *bin, uint32_t most)
{
    memcpy(old, sum, (balls + 1) * sizeof *sum);
    for (uint32_t k = 0; k <= balls; k++) {
        double p = 0;
        for (uint32_t j = 0; j <= most && j <= k; j++)
            p += bin[j] * old[k - j];
        sum[k] = p;
    }
}

static double no_bin_has_more(uint32_t balls, uint32_t bins, uint32_t most, double *work)
{
    double *sum = work, *old = sum + balls + 1, *bin = old + balls + 1;

    for (uint32_t k = 0; k <= balls; k++) {
        bin[k] = gsl_ran_poisson_pdf(k, (double)balls / bins);
        sum[k] = k == 0;
    }
    for (uint32_t b = 0; b < bins; b++)
        add_bin(sum, old, balls, bin, most);
    return sum[balls] / gsl_ran_poisson_pdf(balls, balls);
}

double bins_max_over_mean(uint32_t balls, uint32_t bins)
{
    double *work = xcalloc(3 * ((size_t)balls + 1), sizeof *work);
    double mean = 0, more = 1;

    for (uint32_t most = 0; most < balls && more > 1e-9; most++) {
        if (most >= balls / bins)
            more = 1 - no_bin_has_more(balls, bins, most, work);
        mean += more;
    }
    free(work);
    return mean * bins / balls;
}

/* ---- nginx's ip_hash ---- */

uint32_t residues_moved(uint32_t before, uint32_t after)
{
    uint32_t moved = 0;

    for (uint32_t h = 0; h < 6271; h++)
        moved += h % before != h % after;
    return moved;
}

/* ---- Maglev ---- */

struct preference {
    uint32_t offset, skip, next;    /* next: how many of the permutation were looked at */
    bool     is_alive;
};

/* Figure "Populate Maglev hashing lookup table" of the paper. */
static void populate(uint32_t *entry, uint32_t entries, struct preference *p, uint32_t backends)
{
    uint32_t filled = 0;

    for (uint32_t k = 0; k < entries; k++)
        entry[k] = NONE;
    for (uint32_t i = 0; i < backends; i++)
        p[i].next = 0;
    while (true)
        for (uint32_t i = 0; i < backends; i++) {
            uint64_t c;
            if (!p[i].is_alive)
                continue;
            do
                c = (p[i].offset + (uint64_t)p[i].next++ * p[i].skip) % entries;
            while (entry[c] != NONE);
            entry[c] = i;
            if (++filled == entries)
                return;
        }
}

static uint32_t count_changed(const uint32_t *a, const uint32_t *b, uint32_t entries)
{
    uint32_t changed = 0;

    for (uint32_t k = 0; k < entries; k++)
        changed += a[k] != b[k];
    return changed;
}

/* Any, not the first: those whose turn comes early have an entry more. */
static void fail_some(gsl_rng *rng, struct preference *p, uint32_t backends, uint32_t fails)
{
    while (fails > 0) {
        uint32_t i = (uint32_t)gsl_rng_uniform_int(rng, backends);
        fails -= p[i].is_alive;
        p[i].is_alive = false;
    }
}

double paper_maglev_moved(gsl_rng *rng, uint32_t entries, uint32_t backends, uint32_t fails)
{
    struct preference *p = xcalloc(backends, sizeof *p);
    uint32_t *before = xcalloc(entries, sizeof *before), *after = xcalloc(entries, sizeof *after);

    for (uint32_t i = 0; i < backends; i++)
        p[i] = (struct preference){ .offset = (uint32_t)gsl_rng_uniform_int(rng, entries),
                                    .skip = (uint32_t)gsl_rng_uniform_int(rng, entries - 1) + 1,
                                    .is_alive = true };
    populate(before, entries, p, backends);
    fail_some(rng, p, backends, fails);
    populate(after, entries, p, backends);

    double moved = (double)count_changed(before, after, entries) / entries;
    free(p);
    free(before);
    free(after);
    return moved;
}

/* ---- bounded loads ---- */

struct bounded {
    double   *point, *key;          /* places on a ring of length 1 */
    uint32_t *owner, *load;
    uint32_t  backends, keys;
};

static double way(double from, double to)
{
    return to >= from ? to - from : to - from + 1;
}

/* The nearest of those below the bound, found by asking all. */
static uint32_t nearest_with_room(const struct bounded *b, double key, double bound, uint32_t gone)
{
    uint32_t best = NONE;

    for (uint32_t i = 0; i < b->backends; i++)
        if (i != gone && b->load[i] + 1 <= bound
            && (best == NONE || way(key, b->point[i]) < way(key, b->point[best])))
            best = i;
    return best;
}

static uint32_t place_keys(struct bounded *b, double c, uint32_t gone)
{
    uint32_t alive = b->backends - (gone < b->backends), moved = 0;

    memset(b->load, 0, b->backends * sizeof *b->load);
    for (uint32_t k = 0; k < b->keys; k++) {
        uint32_t i = nearest_with_room(b, b->key[k], ceil(c * (k + 1) / alive), gone);
        b->load[i]++;
        moved += i != b->owner[k];
        b->owner[k] = i;
    }
    return moved;
}

double paper_bounded_moved(gsl_rng *rng, uint32_t backends, uint32_t keys, double c)
{
    struct bounded b = { .backends = backends, .keys = keys,
                         .point = xcalloc(backends, sizeof *b.point),
                         .key = xcalloc(keys, sizeof *b.key),
                         .owner = xcalloc(keys, sizeof *b.owner),
                         .load = xcalloc(backends, sizeof *b.load) };

    for (uint32_t i = 0; i < backends; i++)
        b.point[i] = gsl_rng_uniform(rng);
    for (uint32_t k = 0; k < keys; k++)
        b.key[k] = gsl_rng_uniform(rng);
    place_keys(&b, c, NONE);
    uint32_t moved = place_keys(&b, c, 0);
    free(b.point);
    free(b.key);
    free(b.owner);
    free(b.load);
    return (double)moved * backends / keys;
}
