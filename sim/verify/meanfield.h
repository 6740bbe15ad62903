/* meanfield.h - the shorter of d queues drawn at random, of very many servers: the mean field of
 * Vvedenskaya, Dobrushin and Karpelevich 1996 and Mitzenmacher 1996, and what n servers differ from
 * it to the order of 1/n (Gast and Van Houdt, "A refined mean field approximation", 2017). */
#ifndef VERIFY_MEANFIELD_H
#define VERIFY_MEANFIELD_H

#include "theory.h"

enum meanfield_draw { DRAW_DIFFERENT, DRAW_WITH_REPLACEMENT };

/* n: servers; 0: infinitely many.  *second: the square of the correction of the mean, as a share:
 * what the terms left out may amount to; may be NULL. */
struct law meanfield(uint32_t d, enum meanfield_draw, double rho, uint32_t n, double *second);

#endif
