/* rng_gsl.h - the generator of rng.h for GSL's samplers, under the name "xoshiro256++".
 *
 * gsl_rng_set() seeds the whole state through the 64-bit mixer, so that seeds s and s + 1, or
 * s and s + 2^32, start unrelated streams (GSL's own mt19937 keeps 32 bits and takes 0 as 4357). */
#ifndef BASE_RNG_GSL_H
#define BASE_RNG_GSL_H

#include <gsl/gsl_rng.h>

const gsl_rng_type *rng_gsl_type(void);

#endif
