/* test_keys.c - shares of keys by law, chi-square against theory; the limit is mean + 5 sigma. */
#include "unit.h"

#include "../../sim/parts/keys.h"

#include <math.h>

enum { KEYS = 100, DRAWS = 200000 };

static void draw_all(const struct keys_config *c, uint64_t seed, double *count)
{
    struct rng g = rng_stream(seed, "keys", 0);
    struct keys k;

    keys_init(&k, c);
    for (uint32_t i = 0; i < c->count; i++)
        count[i] = 0;
    for (uint32_t i = 0; i < DRAWS; i++) {
        uint32_t key = keys_draw(&k, rng_next(&g), i);

        CU_ASSERT_FATAL(key < c->count);
        count[key]++;
    }
    keys_fini(&k);
}

static double weight(const struct keys_config *c, uint32_t i)
{
    return c->law == KEYS_ZIPF ? pow(i + 1.0, -c->exponent) : 1;
}

static void shares_are_those_of_the_law(void)
{
    static const struct keys_config law[] = {
        { .law = KEYS_UNIFORM, .count = KEYS, .session = 1 },
        { .law = KEYS_ZIPF, .count = KEYS, .exponent = 1, .session = 1 },
        { .law = KEYS_ZIPF, .count = KEYS, .exponent = 0.01, .session = 1 },
        { .law = KEYS_ZIPF, .count = KEYS, .exponent = 0.8, .session = 1 },
        { .law = KEYS_ZIPF, .count = 12, .exponent = 2.5, .session = 1 },
        { .law = KEYS_UNIFORM, .count = 2, .session = 1 },
    };

    for (size_t l = 0; l < ARRAY_LEN(law); l++) {
        const struct keys_config *c = &law[l];
        double count[KEYS], sum = 0, chi = 0;

        draw_all(c, 10 + l, count);
        for (uint32_t i = 0; i < c->count; i++)
            sum += weight(c, i);
        for (uint32_t i = 0; i < c->count; i++) {
            double expected = weight(c, i) / sum * DRAWS;

            chi += (count[i] - expected) * (count[i] - expected) / expected;
        }
        double df = c->count - 1; /* chi-square has mean df and variance 2 df */
        CU_ASSERT(chi < df + 5 * sqrt(2 * df) + 25 * (c->count < 20));
    }
}

static void a_steep_law_leaves_the_first_key_nearly_all(void)
{
    static const struct keys_config c = {
        .law = KEYS_ZIPF, .count = KEYS, .exponent = 10, .session = 1
    };
    double count[KEYS];

    draw_all(&c, 1, count);
    CU_ASSERT(count[0] > 0.998 * DRAWS && count[0] < 0.9995 * DRAWS); /* 1 / zeta(10) = 0.99901 */
}

static void sequential_goes_round(void)
{
    static const struct keys_config c = { .law = KEYS_SEQUENTIAL, .count = 7, .session = 1 };
    struct keys k;

    keys_init(&k, &c);
    for (uint32_t i = 0; i < 100; i++)
        CU_ASSERT_EQUAL(keys_draw(&k, 12345, i), i % 7);
    keys_fini(&k);
}

static void the_key_is_a_function_of_luck(void)
{
    static const struct keys_config c = {
        .law = KEYS_ZIPF, .count = KEYS, .exponent = 1, .session = 1
    };
    struct keys k;

    keys_init(&k, &c);
    for (uint64_t luck = 0; luck < 1000; luck++)
        CU_ASSERT_EQUAL(keys_draw(&k, luck, 1), keys_draw(&k, luck, 2));
    keys_fini(&k);
}

static const struct unit_test tests[] = {
    { "shares_are_those_of_the_law", shares_are_those_of_the_law },
    { "a_steep_law_leaves_the_first_key_nearly_all", a_steep_law_leaves_the_first_key_nearly_all },
    { "sequential_goes_round", sequential_goes_round },
    { "the_key_is_a_function_of_luck", the_key_is_a_function_of_luck },
};

UNIT_MAIN("keys", tests)
