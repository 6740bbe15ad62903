/* test_rng.c - the generator against its authors' reference, the streams, and the ziggurats:
 * constants derived again here, moments, chi-square over 100 equal cells, first draws as literals
 * (they must agree between compilers, levels of optimisation and machines). */
#include "unit.h"

#include "../../sim/base/rng.h"
#include "../../sim/base/rng_gsl.h"
#include "../../sim/base/stats.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

/* The first words of xoshiro256++ 1.0 (prng.di.unimi.it) from state 1, 2, 3, 4. */
static void the_generator_is_xoshiro256_plus_plus(void)
{
    static const uint64_t expected[] = {
        41943041u, 58720359u, 3588806011781223u, 3591011842654386u, 9228616714210784205u,
        9973669472204895162u, 14011001112246962877u, 12406186145184390807u, 15849039046786891736u,
        10450023813501588000u,
    };
    struct rng g = { { 1, 2, 3, 4 } };

    for (size_t i = 0; i < ARRAY_LEN(expected); i++)
        CU_ASSERT_EQUAL(rng_next(&g), expected[i]);
}

/* splitmix64 (Vigna) from seed 1234567: rng_from is its first four outputs. */
static void a_word_is_spread_by_splitmix64(void)
{
    static const uint64_t expected[] = { 6457827717110365317u, 3203168211198807973u,
                                         9817491932198370423u, 4593380528125082431u };
    struct rng g = rng_from(1234567);

    for (size_t i = 0; i < 4; i++)
        CU_ASSERT_EQUAL(g.s[i], expected[i]);
}

static bool same(struct rng a, struct rng b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

static void each_part_of_the_triple_makes_another_stream(void)
{
    struct rng g = rng_stream(1, "arrival", 0);

    CU_ASSERT(same(g, rng_stream(1, "arrival", 0)));
    CU_ASSERT_FALSE(same(g, rng_stream(2, "arrival", 0)));
    CU_ASSERT_FALSE(same(g, rng_stream(1 + (1ull << 32), "arrival", 0)));
    CU_ASSERT_FALSE(same(g, rng_stream(1, "demand", 0)));
    CU_ASSERT_FALSE(same(g, rng_stream(1, "", 0)));
    CU_ASSERT_FALSE(same(g, rng_stream(1, "arrival", 1)));
    CU_ASSERT_FALSE(same(rng_stream(0, "a", 1), rng_stream(1, "a", 0)));
}

/* Correlation of the first uniforms of neighbouring streams: 1 / sqrt(n) is its standard error. */
static void neighbouring_streams_are_unrelated(void)
{
    enum { N = 100000 };
    double by_seed = 0, by_index = 0;

    for (uint32_t i = 0; i < N; i++) {
        struct rng a = rng_stream(i, "x", 0), b = rng_stream(i + 1, "x", 0);
        struct rng c = rng_stream(i, "x", 1);
        double u = rng_uniform(&a) - 0.5;

        by_seed += 12 * u * (rng_uniform(&b) - 0.5);
        by_index += 12 * u * (rng_uniform(&c) - 0.5);
    }
    CU_ASSERT_DOUBLE_EQUAL(by_seed / N, 0, 5 / sqrt(N));
    CU_ASSERT_DOUBLE_EQUAL(by_index / N, 0, 5 / sqrt(N));
}

static void below_n_is_uniform(void)
{
    enum { SIDES = 7, N = 700000 };
    struct rng g = rng_stream(1, "below", 0);
    uint32_t count[SIDES] = { 0 };
    double chi = 0;

    for (int i = 0; i < N; i++)
        count[rng_below(&g, SIDES)]++;
    for (int i = 0; i < SIDES; i++) {
        double apart = (double)count[i] - N / SIDES;

        chi += apart * apart / (N / SIDES);
    }
    CU_ASSERT(stats_chi_square_p(chi, SIDES - 1) > 1e-6);
    CU_ASSERT_EQUAL(rng_below(&g, 1), 0);
}

/* Marsaglia and Tsang's construction: layers of equal area from the tail upwards. */
static void check_ziggurat(const struct ziggurat *z, double (*f)(double), double tail_area)
{
    double area = z->tail * f(z->tail) + tail_area;

    for (int i = 0; i < 256; i++) {
        double x = z->layer[i].width * 0x1p53, next = i < 255 ? z->layer[i + 1].width * 0x1p53 : 0;

        if (i) {
            CU_ASSERT_DOUBLE_EQUAL(z->height[i], f(x), 1e-14);
            CU_ASSERT_DOUBLE_EQUAL(x * (z->height[i + 1] - z->height[i]) / area, 1, 1e-11);
        } else {
            CU_ASSERT_DOUBLE_EQUAL(x * f(z->tail) / area, 1, 1e-13);
        }
        CU_ASSERT_DOUBLE_EQUAL((double)z->layer[i].limit * 0x1p-53, next / x, 1e-15);
    }
    CU_ASSERT_EQUAL(z->layer[1].width * 0x1p53, z->tail);
    CU_ASSERT_EQUAL(z->height[256], 1);
}

static double exp_density(double x)
{
    return exp(-x);
}

static double normal_density(double x)
{
    return exp(-0.5 * x * x);
}

static void the_ziggurat_tables_follow_from_their_definition(void)
{
    check_ziggurat(&rng_zig_exp, exp_density, exp(-rng_zig_exp.tail));
    check_ziggurat(&rng_zig_normal, normal_density,
                   sqrt(acos(-1) / 2) * erfc(rng_zig_normal.tail / sqrt(2)));
}

enum { DRAWS = 4000000, CELLS = 100 };

static double exp_p(double x)
{
    return gsl_cdf_exponential_P(x, 1);
}

static double normal_p(double x)
{
    return gsl_cdf_ugaussian_P(x);
}

static double draw_exp(struct rng *g)
{
    return rng_exp(g);
}

static double draw_normal(struct rng *g)
{
    return rng_normal(g);
}

/* Chi-square over cells of equal probability, the uppermost split in a hundred again, so that the
 * tail beyond the ziggurat is seen too. */
static void check_law(double (*draw)(struct rng *), double (*cdf)(double))
{
    uint32_t middle[CELLS] = { 0 }, upper[CELLS] = { 0 }, outside = 0;
    struct rng g = rng_stream(1, "law", 0);
    double chi = 0, chi_upper = 0;

    for (int i = 0; i < DRAWS; i++) {
        double p = cdf(draw(&g));

        middle[(int)(p * CELLS) % CELLS]++;
        if (p >= 0.99) {
            upper[(int)((p - 0.99) * 100 * CELLS) % CELLS]++;
            outside++;
        }
    }
    for (int i = 0; i < CELLS; i++) {
        double expected = DRAWS / (double)CELLS, expected_upper = outside / (double)CELLS;

        chi += (middle[i] - expected) * (middle[i] - expected) / expected;
        chi_upper += (upper[i] - expected_upper) * (upper[i] - expected_upper) / expected_upper;
    }
    CU_ASSERT(stats_chi_square_p(chi, CELLS - 1) > 1e-6);
    CU_ASSERT(stats_chi_square_p(chi_upper, CELLS - 1) > 1e-6);
}

static void the_exponential_follows_its_law(void)
{
    check_law(draw_exp, exp_p);
}

static void the_normal_follows_its_law(void)
{
    check_law(draw_normal, normal_p);
}

/* k-th moments about 0: standard errors from the moments of twice the order. */
static void moments_are_right(void)
{
    static const double exp_moment[] = { 1, 1, 2, 6, 24, 120, 720, 5040, 40320 };
    static const double normal_moment[] = { 1, 0, 1, 0, 3, 0, 15, 0, 105 };
    struct rng g = rng_stream(1, "moments", 0);
    double e[5] = { 0 }, n[5] = { 0 };

    for (int i = 0; i < DRAWS; i++) {
        double x = rng_exp(&g), y = rng_normal(&g), px = 1, py = 1;

        for (int k = 1; k <= 4; k++) {
            e[k] += px *= x;
            n[k] += py *= y;
        }
    }
    for (int k = 1; k <= 4; k++) {
        double se_e = sqrt((exp_moment[2 * k] - exp_moment[k] * exp_moment[k]) / DRAWS);
        double se_n = sqrt((normal_moment[2 * k] - normal_moment[k] * normal_moment[k]) / DRAWS);

        CU_ASSERT_DOUBLE_EQUAL(e[k] / DRAWS, exp_moment[k], 5 * se_e);
        CU_ASSERT_DOUBLE_EQUAL(n[k] / DRAWS, normal_moment[k], 5 * se_n);
    }
}

/* exp(-7.697) = 4.5e-4: 1816 of 4 million, standard error 43. */
static void the_tail_beyond_the_ziggurat_is_drawn(void)
{
    struct rng g = rng_stream(1, "tail", 0);
    uint32_t beyond = 0, beyond_normal = 0;
    double p = exp(-rng_zig_exp.tail), q = 2 * gsl_cdf_ugaussian_Q(rng_zig_normal.tail);

    for (int i = 0; i < DRAWS; i++) {
        beyond += rng_exp(&g) > rng_zig_exp.tail;
        beyond_normal += fabs(rng_normal(&g)) > rng_zig_normal.tail;
    }
    CU_ASSERT_DOUBLE_EQUAL(beyond, p * DRAWS, 5 * sqrt(p * DRAWS));
    CU_ASSERT_DOUBLE_EQUAL(beyond_normal, q * DRAWS, 5 * sqrt(q * DRAWS));
}

static void uniforms_keep_to_their_intervals(void)
{
    /* a state whose next word is all ones, and the state of zeros */
    struct rng ones = { { UINT64_MAX, 0, 0, 0 } }, zeros = { { 0 } };
    struct rng g = ones;

    CU_ASSERT_EQUAL(rng_next(&g), UINT64_MAX - 1);
    g = ones;
    CU_ASSERT(rng_uniform(&g) < 1);
    g = ones;
    CU_ASSERT(rng_open(&g) < 1);
    CU_ASSERT(rng_uniform(&zeros) == 0);
    CU_ASSERT(rng_open(&zeros) > 0);
}

/* The digest of a million draws of each, and the first ones in full. */
static void draws_are_the_same_bits_everywhere(void)
{
    static const double exp_first[] = {
        0x1.cb02765cf7bc7p+0, 0x1.1b6b8dea61158p+1, 0x1.3bd1a28cb92ffp-4,
        0x1.c4f532faf8322p+0, 0x1.f8f137792f2adp-3, 0x1.04a0b063bdb7bp+1,
    };
    static const double normal_first[] = {
        0x1.236e3d0f3b9a1p+0, -0x1.88975782d7233p-1, 0x1.a0dba733620f1p-1,
        0x1.aff30a495168bp-2, 0x1.46f8f5325e3a7p+0, 0x1.99851dff593d5p+0,
    };
    struct rng g = rng_stream(42, "demand", 7);
    uint64_t digest = 0, bits;

    for (size_t i = 0; i < ARRAY_LEN(exp_first); i++)
        CU_ASSERT_EQUAL(rng_exp(&g), exp_first[i]);
    for (size_t i = 0; i < ARRAY_LEN(normal_first); i++)
        CU_ASSERT_EQUAL(rng_normal(&g), normal_first[i]);
    for (int i = 0; i < 1000000; i++) {
        double pair[2] = { rng_exp(&g), rng_normal(&g) };

        for (int k = 0; k < 2; k++) {
            memcpy(&bits, &pair[k], 8);
            digest = rng_mix(digest ^ bits);
        }
    }
    CU_ASSERT_EQUAL(digest, 0x266c68a4e2e7af86u);
}

static void gsl_draws_from_the_same_generator(void)
{
    gsl_rng *r = gsl_rng_alloc(rng_gsl_type());
    struct rng g = rng_from(77);

    gsl_rng_set(r, 77);
    CU_ASSERT_STRING_EQUAL(gsl_rng_name(r), "xoshiro256++");
    CU_ASSERT_EQUAL(gsl_rng_get(r), rng_next(&g));
    CU_ASSERT_EQUAL(gsl_rng_uniform(r), rng_uniform(&g));
    CU_ASSERT(gsl_rng_uniform_int(r, 10) < 10);
    gsl_rng_set(r, 0);

    unsigned long of_zero = gsl_rng_get(r);

    gsl_rng_set(r, 1ul << 32);
    CU_ASSERT_NOT_EQUAL(gsl_rng_get(r), of_zero);
    gsl_rng_free(r);
}

static const struct unit_test tests[] = {
    { "the_generator_is_xoshiro256_plus_plus", the_generator_is_xoshiro256_plus_plus },
    { "a_word_is_spread_by_splitmix64", a_word_is_spread_by_splitmix64 },
    { "each_part_of_the_triple_makes_another_stream",
      each_part_of_the_triple_makes_another_stream },
    { "neighbouring_streams_are_unrelated", neighbouring_streams_are_unrelated },
    { "below_n_is_uniform", below_n_is_uniform },
    { "the_ziggurat_tables_follow_from_their_definition",
      the_ziggurat_tables_follow_from_their_definition },
    { "the_exponential_follows_its_law", the_exponential_follows_its_law },
    { "the_normal_follows_its_law", the_normal_follows_its_law },
    { "moments_are_right", moments_are_right },
    { "the_tail_beyond_the_ziggurat_is_drawn", the_tail_beyond_the_ziggurat_is_drawn },
    { "uniforms_keep_to_their_intervals", uniforms_keep_to_their_intervals },
    { "draws_are_the_same_bits_everywhere", draws_are_the_same_bits_everywhere },
    { "gsl_draws_from_the_same_generator", gsl_draws_from_the_same_generator },
};

UNIT_MAIN("rng", tests)
