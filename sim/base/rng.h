/* rng.h - random streams: xoshiro256++ (Blackman and Vigna 2019), seeded through a 64-bit mixer.
 *
 * One stream per (seed, purpose, index): whatever else a run draws, equal triples give equal
 * numbers.  Everything here is integer arithmetic, IEEE basic operations and fmath, so the
 * numbers are the same on every machine. */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include "types.h"

struct rng { uint64_t s[4]; };

/* A bijective 64-bit mixer (splitmix64's finaliser, Stafford variant 13). */
static inline uint64_t rng_mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

/* The stream that starts from one 64-bit word. */
static inline struct rng rng_from(uint64_t word)
{
    const uint64_t step = 0x9e3779b97f4a7c15ull;

    return (struct rng){ { rng_mix(word + step), rng_mix(word + 2 * step),
                           rng_mix(word + 3 * step), rng_mix(word + 4 * step) } };
}

/* The same for a few draws from a word that is random already, such as a request's luck: one mix,
 * and multiples by odd constants for the other words of the state. */
static inline struct rng rng_brief(uint64_t word)
{
    uint64_t m = rng_mix(word);

    return (struct rng){ { m, m * 0xd1342543de82ef95ull, ~m,
                           (m >> 32 | m << 32) * 0xda942042e4dd58b5ull } };
}

struct rng rng_stream(uint64_t seed, const char *purpose, uint32_t index);

static inline uint64_t rng_next(struct rng *g)
{
    uint64_t *s = g->s;
    uint64_t sum = s[0] + s[3];
    uint64_t out = (sum << 23 | sum >> 41) + s[0];
    uint64_t t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = s[3] << 45 | s[3] >> 19;
    return out;
}

/* Uniform in [0, 1): 53 bits. */
static inline double rng_uniform(struct rng *g)
{
    return (double)(int64_t)(rng_next(g) >> 11) * 0x1p-53;
}

/* Uniform in (0, 1): 52 bits, because with 53 the greatest value plus a half would round to 1. */
static inline double rng_open(struct rng *g)
{
    return ((double)(int64_t)(rng_next(g) >> 12) + 0.5) * 0x1p-52;
}

/* Uniform in [0, n), n > 0, by multiplication (Lemire 2019); the bias is below n / 2^64. */
static inline uint32_t rng_below(struct rng *g, uint32_t n)
{
    return (uint32_t)(((u128)rng_next(g) * n) >> 64);
}

/* The ziggurat method (Marsaglia and Tsang 2000) with 256 layers of equal area under f, 53 bits
 * across a layer.  A draw is one word, one comparison and one product 98 times of 100. */
struct ziggurat {
    double tail;                                    /* where the lowest layer's tail begins */
    struct { uint64_t limit; double width; } layer[256];
    double height[257];
};
extern const struct ziggurat rng_zig_exp, rng_zig_normal;

double rng_exp_edge(struct rng *, uint64_t word);       /* the rest of the method, out of line */
double rng_normal_edge(struct rng *, uint64_t word);

/* Exponential, mean 1; 0 is possible. */
static inline double rng_exp(struct rng *g)
{
    uint64_t word = rng_next(g), across = word >> 11;
    uint32_t i = word & 255;

    if (__builtin_expect(across < rng_zig_exp.layer[i].limit, 1))
        return (double)(int64_t)across * rng_zig_exp.layer[i].width;
    return rng_exp_edge(g, word);
}

/* Standard normal.  The word's upper 54 bits as a signed number: a branch on the sign would be
 * mispredicted every other time. */
static inline double rng_normal(struct rng *g)
{
    uint64_t word = rng_next(g);
    int64_t across = (int64_t)word >> 10;
    uint32_t i = word & 255;
    uint64_t magnitude = (uint64_t)(across < 0 ? -across : across);

    if (__builtin_expect(magnitude < rng_zig_normal.layer[i].limit, 1))
        return (double)across * rng_zig_normal.layer[i].width;
    return rng_normal_edge(g, word);
}

#endif
