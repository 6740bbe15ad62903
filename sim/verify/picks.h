/* picks.h - the balancing library on its own, no time simulated: backends of random identity are
 * put up, asked and counted. */
#ifndef VERIFY_PICKS_H
#define VERIFY_PICKS_H

#include "../../algorithms/lb.h"

/* An algorithm by name, without backends; lb_free() it. */
struct lb *picks_new(const char *algorithm, uint64_t seed);
void       picks_set(struct lb *, const char *param, double value);

/* n more backends, before or after lb_start(); weight NULL: all 1.  Their ids are random numbers of
 * (seed, index), so that another seed is another ring or table. */
void picks_add(struct lb *, uint64_t seed, uint32_t n, const uint32_t *weight);
void picks_start(struct lb *);

/* picks_new(), picks_add(), picks_start(). */
struct lb *picks_started(const char *algorithm, uint64_t seed, uint32_t n, const uint32_t *weight);

/* Who owns a place on the ring of 2^64, or slot `place` of a Maglev table?  The library mixes a
 * key's hash by a bijection to find the place; this undoes it, so a table can be read whole. */
uint32_t picks_owner(struct lb *, uint64_t place);

/* The same for `places` places, equally far apart over 2^64 from `phase` on. */
void picks_owners(struct lb *, uint32_t *owner, uint32_t places, uint64_t phase);

/* A request for nobody in particular: a pick that ends at once. */
uint32_t picks_idle(struct lb *);

/* How many of n differ. */
uint32_t picks_differ(const uint32_t *a, const uint32_t *b, uint32_t n);

#endif
