/* rng.c - how a stream starts, and the rare paths of the ziggurats (rng.h has the usual ones). */
#include "rng.h"

#include "../../algorithms/fmath.h"

/* FNV-1a, 64 bits: purposes are short and few, and the mixer follows. */
static uint64_t hash_text(const char *text)
{
    uint64_t h = 0xcbf29ce484222325ull;

    for (; *text; text++)
        h = (h ^ (unsigned char)*text) * 0x100000001b3ull;
    return h;
}

/* Each step is a bijection of the word so far: triples that differ in one part never meet. */
struct rng rng_stream(uint64_t seed, const char *purpose, uint32_t index)
{
    uint64_t word = rng_mix(seed + 0x9e3779b97f4a7c15ull);

    word = rng_mix(word ^ hash_text(purpose));
    return rng_from(rng_mix(word + index));
}

/* Beside the part of the layer that lies wholly under the curve: below it for i = 0 is the tail,
 * which for an exponential is the whole again, shifted; elsewhere the curve itself decides. */
double rng_exp_edge(struct rng *g, uint64_t word)
{
    const struct ziggurat *z = &rng_zig_exp;

    for (;; word = rng_next(g)) {
        uint64_t across = word >> 11;
        uint32_t i = word & 255;
        double x = (double)(int64_t)across * z->layer[i].width;

        if (across < z->layer[i].limit)
            return x;
        if (i == 0)
            return z->tail - fm_log(rng_open(g));
        if (z->height[i] + rng_open(g) * (z->height[i + 1] - z->height[i]) < fm_exp(-x))
            return x;
    }
}

/* Marsaglia's (1964) rejection for the normal's tail beyond z->tail. */
static double normal_tail(struct rng *g, double tail)
{
    double x, y;

    do {
        x = -fm_log(rng_open(g)) / tail;
        y = -fm_log(rng_open(g));
    } while (y + y < x * x);
    return tail + x;
}

double rng_normal_edge(struct rng *g, uint64_t word)
{
    const struct ziggurat *z = &rng_zig_normal;

    for (;; word = rng_next(g)) {
        int64_t across = (int64_t)word >> 10;
        uint32_t i = word & 255;
        double x = (double)across * z->layer[i].width;

        if ((uint64_t)(across < 0 ? -across : across) < z->layer[i].limit)
            return x;
        if (i == 0)
            return across < 0 ? -normal_tail(g, z->tail) : normal_tail(g, z->tail);
        if (z->height[i] + rng_open(g) * (z->height[i + 1] - z->height[i]) < fm_exp(-0.5 * x * x))
            return x;
    }
}
