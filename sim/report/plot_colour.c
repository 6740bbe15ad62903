/* plot_colour.c - one colour per algorithm everywhere: a reader who learned that p2c is blue in one
 * figure must not unlearn it in the next.  Okabe-Ito without yellow, plus slate and brown. */
#include "plot.h"

#include <string.h>

static const char *const palette[] = {
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#3B4754", "#8C564B",
};

/* Members of a family that are compared with each other lie far apart. */
static const struct { const char *algorithm; uint32_t colour; } fixed[] = {
    { "round_robin", 1 },   { "weighted_round_robin", 4 }, { "random", 6 },
    { "weighted_random", 7 }, { "least_conn", 3 },         { "weighted_least_conn", 5 },
    { "p2c", 0 },           { "peak_ewma", 2 },            { "ewma", 5 },
    { "ring_hash", 0 },     { "maglev", 2 },               { "modulo_hash", 1 },
    { "rendezvous", 3 },    { "jump_hash", 4 },            { "jump", 4 },
    { "prequal", 7 },       { "jiq", 5 },                  { "least_time", 7 },
    { "sed", 4 },           { "nq", 7 },                   { "first", 6 },
};

/* "p2c(choices=5)" is a p2c. */
const char *plot_colour(const char *policy)
{
    size_t length = strcspn(policy, "( :");
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < ARRAY_LEN(fixed); i++)
        if (strlen(fixed[i].algorithm) == length &&
            strncmp(fixed[i].algorithm, policy, length) == 0)
            return palette[fixed[i].colour];
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)policy[i]) * 16777619u;
    return palette[hash % ARRAY_LEN(palette)];
}
