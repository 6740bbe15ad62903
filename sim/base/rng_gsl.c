/* rng_gsl.c - xoshiro256++ as a gsl_rng_type. */
#include "rng_gsl.h"

#include "rng.h"

#include <limits.h>

static void set(void *state, unsigned long seed)
{
    *(struct rng *)state = rng_from(seed);
}

static unsigned long get(void *state)
{
    return rng_next(state);
}

static double get_double(void *state)
{
    return rng_uniform(state);
}

const gsl_rng_type *rng_gsl_type(void)
{
    static const gsl_rng_type type = {
        .name = "xoshiro256++",
        .max = ULONG_MAX,
        .min = 0,
        .size = sizeof(struct rng),
        .set = set,
        .get = get,
        .get_double = get_double,
    };

    return &type;
}
