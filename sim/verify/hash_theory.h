/* hash_theory.h - what theory says of hashing: balls in bins, points on a ring, Maglev's table.
 * Computed with GSL and from the papers; nothing here asks algorithms/. */
#ifndef VERIFY_HASH_THEORY_H
#define VERIFY_HASH_THEORY_H

#include "../base/types.h"

#include <gsl/gsl_rng.h>

/* Mean of the greatest share / the mean share when `backends` have `vnodes` random points each on
 * a ring: shares are Dirichlet, that is independent gamma variates over their sum, and the sum is
 * independent of the ratios. */
double ring_max_over_mean(uint32_t backends, uint32_t vnodes);

/* Mean of the fullest bin / the mean when `balls` fall into `bins` at random: exact, from bins of
 * independent Poisson counts given their sum. */
double bins_max_over_mean(uint32_t balls, uint32_t bins);

/* How many of nginx's 6271 hash values h have h mod before != h mod after. */
uint32_t residues_moved(uint32_t before, uint32_t after);

/* Maglev's table as in the paper's pseudocode, random numbers for its two hashes: the share of the
 * entries that change when `fails` of `backends` are taken away. */
double paper_maglev_moved(gsl_rng *, uint32_t entries, uint32_t backends, uint32_t fails);

/* Consistent hashing with bounded loads as in the paper, on a ring of one random point a backend:
 * `keys` come one by one, each takes the first backend from its place on that has fewer than
 * ceil(c x keys so far / backends).  Answers the keys that another backend gets when one is taken
 * away, as a multiple of the fair share. */
double paper_bounded_moved(gsl_rng *, uint32_t backends, uint32_t keys, double c);

#endif
