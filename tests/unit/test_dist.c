/* test_dist.c - every set of keys of every distribution: moments within 5 standard errors of the
 * closed forms, Kolmogorov-Smirnov against GSL's distribution function, what was asked for is what
 * comes out, refusals say why, and first draws as literals. */
#include "unit.h"

#include "../../sim/base/dist.h"

#include <math.h>
#include <string.h>

/* A key in ns, or a bare number. */
struct key { const char *name; double value; };

enum { KEYS = 4, DRAWS = 200000 };
#define MS 1e6

static int set_by_keys(struct dist *d, const char *kind_name, const struct key *key, char *why)
{
    const struct dist_kind *kind = dist_find(kind_name);
    double value[DIST_KEYS];
    int i;

    CU_ASSERT_PTR_NOT_NULL_FATAL(kind);
    for (i = 0; kind->params[i].name; i++) {
        value[i] = NAN;
        for (int k = 0; k < KEYS && key[k].name; k++)
            if (strcmp(key[k].name, kind->params[i].name) == 0)
                value[i] = key[k].value;
    }
    CU_ASSERT_FATAL(i <= DIST_KEYS);
    why[0] = '\0';
    return kind->set(d, value, why, 200);
}

static const struct {
    const char *kind;
    struct key key[KEYS];
    double mean, sd, p50, p99;
} good[] = {
    /* p50, p99: 0 where not asked for; sd: -1 infinite, 0 not told */
    { "const", { { "mean", 5 * MS } }, 5 * MS, 0, 0, 0 },
    { "constant", { { "mean", 0 } }, 0, 0, 0, 0 },
    { "uniform", { { "min", 0 }, { "max", 10 * MS } }, 5 * MS, 2886751.3, 5 * MS, 9.9 * MS },
    { "exp", { { "mean", 8 * MS } }, 8 * MS, 8 * MS, 8 * MS * 0.693147, 8 * MS * 4.60517 },
    { "erlang", { { "mean", 8 * MS }, { "stages", 4 } }, 8 * MS, 4 * MS, 0, 0 },
    { "erlang", { { "mean", 8 * MS }, { "stages", 1 } }, 8 * MS, 8 * MS, 8 * MS * 0.693147, 0 },
    { "gamma", { { "mean", 8 * MS }, { "shape", 0.25 } }, 8 * MS, 16 * MS, 0, 0 },
    { "gamma", { { "mean", 8 * MS }, { "shape", 0.01 } }, 8 * MS, 80 * MS, 0, 0 },
    { "gamma", { { "mean", 8 * MS }, { "shape", 400 } }, 8 * MS, 0.4 * MS, 0, 0 },
    { "gamma", { { "mean", 8 * MS }, { "cv", 0.5 } }, 8 * MS, 4 * MS, 0, 0 },
    { "lognormal", { { "p50", 5 * MS }, { "p99", 50 * MS } }, 0, 0, 5 * MS, 50 * MS },
    { "lognormal", { { "mean", 8 * MS }, { "p99", 60 * MS } }, 8 * MS, 0, 0, 60 * MS },
    { "lognormal", { { "mean", 8 * MS }, { "cv", 1.5 } }, 8 * MS, 12 * MS, 0, 0 },
    { "lognormal", { { "mean", 8 * MS }, { "p50", 6 * MS } }, 8 * MS, 0, 6 * MS, 0 },
    { "weibull", { { "mean", 8 * MS }, { "shape", 0.7 } }, 8 * MS, 0, 0, 0 },
    { "weibull", { { "scale", 8 * MS }, { "shape", 1 } }, 8 * MS, 8 * MS, 8 * MS * 0.693147, 0 },
    { "weibull", { { "scale", 8 * MS }, { "shape", 2 } }, 8 * MS * 0.8862269255, 0, 0, 0 },
    { "weibull", { { "mean", 8 * MS }, { "p99", 80 * MS } }, 8 * MS, 0, 0, 80 * MS },
    { "weibull", { { "p50", 5 * MS }, { "p99", 50 * MS } }, 0, 0, 5 * MS, 50 * MS },
    { "pareto", { { "min", 1 * MS }, { "shape", 2.5 } }, 1 * MS * 5 / 3, 1490711.985, 0, 0 },
    { "pareto", { { "mean", 8 * MS }, { "shape", 1.5 } }, 8 * MS, -1, 0, 0 },
    { "pareto", { { "mean", 8 * MS }, { "p99", 40 * MS } }, 8 * MS, 0, 0, 40 * MS },
    { "pareto", { { "p50", 5 * MS }, { "p99", 50 * MS } }, 0, 0, 5 * MS, 50 * MS },
    { "pareto", { { "mean", 8 * MS }, { "shape", 1.1 }, { "max", 1000 * MS } }, 8 * MS, 0, 0, 0 },
    { "pareto", { { "min", 1 * MS }, { "shape", 1 }, { "max", 100 * MS } },
      100 * MS * 4.605170186 / 99, 0, 0, 0 },
    { "bounded_pareto", { { "min", 1 * MS }, { "shape", 0.5 }, { "max", 100 * MS } },
      10 * MS, 0, 0, 0 },
    { "bounded_pareto", { { "mean", 8 * MS }, { "shape", 2 }, { "max", 50 * MS } },
      8 * MS, 0, 0, 0 },
    { "hyperexp", { { "mean", 8 * MS }, { "cv", 3 } }, 8 * MS, 24 * MS, 0, 0 },
    { "hyperexponential", { { "mean", 8 * MS }, { "cv", 1 } }, 8 * MS, 8 * MS, 0, 0 },
    { "hyperexp", { { "fast", 1 * MS }, { "slow", 100 * MS }, { "slow_share", 0.01 } },
      1.99 * MS, 0, 0, 0 },
    { "bimodal", { { "fast", 5 * MS }, { "slow", 100 * MS }, { "slow_share", 0.05 } },
      9.75 * MS, 20704770.0, 0, 0 },
};

static void a_mean_or_percentile_asked_for_is_kept(void)
{
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct dist d = { 0 };
        char why[200];

        CU_ASSERT_EQUAL_FATAL(set_by_keys(&d, good[i].kind, good[i].key, why), 0);
        CU_ASSERT_PTR_EQUAL(d.kind, dist_find(good[i].kind));
        if (good[i].mean > 0)
            CU_ASSERT_DOUBLE_EQUAL(dist_mean(&d) / good[i].mean, 1, 1e-9);
        if (good[i].sd > 0)
            CU_ASSERT_DOUBLE_EQUAL(sqrt(d.kind->variance(&d)) / good[i].sd, 1, 1e-5);
        if (good[i].sd < 0)
            CU_ASSERT(isinf(d.kind->variance(&d)));
        if (good[i].p50 > 0)
            CU_ASSERT_DOUBLE_EQUAL(d.kind->cdf(&d, good[i].p50), 0.5, 1e-6);
        if (good[i].p99 > 0)
            CU_ASSERT_DOUBLE_EQUAL(d.kind->cdf(&d, good[i].p99), 0.99, 1e-6);
    }
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

/* The mean of n draws has the standard error sd / sqrt(n); where the variance is infinite or the
 * tail too heavy for that (sd > 5 means) only the distribution function judges. */
static void check_mean(const struct dist *d, const double *x)
{
    double sd = sqrt(d->kind->variance(d)), sum = 0;

    if (!(sd < 5 * dist_mean(d)))
        return;
    for (int i = 0; i < DRAWS; i++)
        sum += x[i];
    CU_ASSERT_DOUBLE_EQUAL(sum / DRAWS, dist_mean(d),
                           5 * sd / sqrt(DRAWS) + 1e-9 * dist_mean(d));
}

/* Kolmogorov: P(sqrt(n) D > 2.75) is about 2 exp(-2 x 2.75^2) = 5e-7, as far out as 5 standard
 * errors; sorts x. */
static void check_distribution(const struct dist *d, double *x)
{
    double worst = 0;

    qsort(x, DRAWS, sizeof x[0], by_value);
    for (int i = 0, next; i < DRAWS; i = next) {
        for (next = i + 1; next < DRAWS && x[next] == x[i]; next++) {
        }

        double p = d->kind->cdf(d, x[i]), before = d->kind->cdf(d, nextafter(x[i], -1));

        worst = fmax(worst, fabs(p - next / (double)DRAWS));
        worst = fmax(worst, fabs(before - i / (double)DRAWS));
    }
    CU_ASSERT(worst * sqrt(DRAWS) < 2.75);
}

static void draws_follow_the_distribution_function(void)
{
    double *x = malloc(DRAWS * sizeof x[0]);

    for (uint32_t i = 0; i < ARRAY_LEN(good); i++) {
        struct rng g = rng_stream(1, "dist", i);
        struct dist d = { 0 };
        char why[200];

        CU_ASSERT_EQUAL_FATAL(set_by_keys(&d, good[i].kind, good[i].key, why), 0);
        for (int k = 0; k < DRAWS; k++) {
            x[k] = d.kind->draw(&d, &g);
            CU_ASSERT_FATAL(x[k] >= 0 && isfinite(x[k]));
        }
        check_mean(&d, x);
        check_distribution(&d, x);
    }
    free(x);
}

static void an_empirical_law_draws_only_what_was_measured(void)
{
    static const double table[] = { 1, 2, 2, 10 };
    struct dist d = { .table = table, .n = 4 };
    struct rng g = rng_stream(1, "empirical", 0);
    double *x = malloc(DRAWS * sizeof x[0]);
    char why[200];

    CU_ASSERT_EQUAL(dist_find("empirical")->set(&d, (double[]){ NAN }, why, sizeof why), 0);
    CU_ASSERT_EQUAL(dist_mean(&d), 3.75);
    CU_ASSERT_DOUBLE_EQUAL(d.kind->variance(&d), 13.1875, 1e-12);
    CU_ASSERT_EQUAL(d.kind->cdf(&d, 0.5), 0);
    CU_ASSERT_EQUAL(d.kind->cdf(&d, 2), 0.75);
    CU_ASSERT_EQUAL(d.kind->cdf(&d, 11), 1);
    for (int i = 0; i < DRAWS; i++) {
        x[i] = d.kind->draw(&d, &g);
        CU_ASSERT_FATAL(x[i] == 1 || x[i] == 2 || x[i] == 10);
    }
    check_mean(&d, x);
    check_distribution(&d, x);
    free(x);
}

static void an_empirical_law_needs_sorted_values(void)
{
    static const double falling[] = { 2, 1 }, negative[] = { -1, 1 }, endless[] = { 1, INFINITY };
    const struct dist bad[] = {
        { .n = 0 }, { .table = falling, .n = 2 }, { .table = negative, .n = 2 },
        { .table = endless, .n = 2 },
    };

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct dist d = bad[i];
        char why[200] = "";

        CU_ASSERT_EQUAL(dist_find("empirical")->set(&d, (double[]){ NAN }, why, sizeof why), -1);
        CU_ASSERT_PTR_NOT_NULL(strstr(why, "values"));
    }
}

static void what_cannot_be_is_refused_with_a_reason(void)
{
    static const struct { const char *kind; struct key key[KEYS]; const char *why; } row[] = {
        { "exp", { { NULL, 0 } }, "exponential takes mean" },
        { "exp", { { "mean", 0 } }, "mean must be more than 0" },
        { "exp", { { "mean", -1 } }, "mean must be a duration" },
        { "exp", { { "mean", INFINITY } }, "mean must be a duration" },
        { "exp", { { "mean", 5e18 } }, "mean must be a duration of at most 2^62 ns" },
        { "uniform", { { "min", 5 }, { "max", 5 } }, "max must be more than min" },
        { "uniform", { { "max", 5 } }, "takes min and max" },
        { "erlang", { { "mean", 5 }, { "stages", 2.5 } }, "stages must be a whole number" },
        { "erlang", { { "mean", 5 }, { "stages", 2e6 } }, "stages must be a whole number" },
        { "gamma", { { "mean", 5 }, { "shape", 0.001 } }, "shape must be from 0.01" },
        { "gamma", { { "mean", 5 }, { "shape", 2 }, { "cv", 2 } },
          "mean and shape, or mean and cv" },
        { "lognormal", { { "mean", 5 }, { "p99", 4 } }, "p99 is more than its mean" },
        { "lognormal", { { "mean", 5 }, { "p99", 76 } }, "at most 14.97 times" },
        { "lognormal", { { "p50", 5 }, { "p99", 5 } }, "p99 must be more than p50" },
        { "lognormal", { { "mean", 5 }, { "p50", 5 } }, "mean is more than its p50" },
        { "lognormal", { { "mean", 5 }, { "cv", 1e9 } }, "cv must be at most 1000" },
        { "weibull", { { "mean", 5 }, { "p99", 100 } }, "18.75 times" },
        { "weibull", { { "mean", 5 }, { "p99", 5 } }, "1.022" },
        { "weibull", { { "mean", 5 }, { "shape", 0.01 } }, "shape must be from 0.1" },
        { "weibull", { { "p50", 5 }, { "p99", 5.01 } }, "shape must be" },
        { "pareto", { { "min", 5 }, { "shape", 1 } }, "infinite mean: give a max" },
        { "pareto", { { "mean", 5 }, { "shape", 0.9 } }, "infinite mean: give a max" },
        { "pareto", { { "p50", 5 }, { "p99", 251 } }, "finite mean" },
        { "pareto", { { "mean", 5 }, { "p99", 41 } }, "7.98 times" },
        { "pareto", { { "mean", 5 }, { "max", 41 } }, "pareto takes mean and shape" },
        { "pareto", { { "min", 5 }, { "shape", 2 }, { "max", 5 } }, "max must be more than min" },
        { "pareto", { { "mean", 5 }, { "shape", 2 }, { "max", 5 } }, "max must be more than mean" },
        { "bounded_pareto", { { "min", 5 }, { "shape", 2 } }, "bounded_pareto takes" },
        { "bounded_pareto", { { "mean", 5 }, { "shape", 0.01 }, { "max", 5000 } },
          "so small a shape" },
        { "hyperexp", { { "mean", 5 }, { "cv", 0.5 } }, "cv must be from 1" },
        { "hyperexp", { { "fast", 5 }, { "slow", 1 }, { "slow_share", 0.5 } }, "slow must be" },
        { "bimodal", { { "fast", 5 }, { "slow", 9 }, { "slow_share", 1.5 } },
          "a share from 0 to 1" },
        { "bimodal", { { "fast", 5 }, { "slow", 1 }, { "slow_share", 0.5 } }, "slow must be" },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct dist d = { 0 };
        char why[200];

        CU_ASSERT_EQUAL(set_by_keys(&d, row[i].kind, row[i].key, why), -1);
        if (!strstr(why, row[i].why))
            fprintf(stderr, "row %zu: \"%s\"\n", i, why);
        CU_ASSERT_PTR_NOT_NULL(strstr(why, row[i].why));
    }
}

static double huge_draw(const struct dist *d, struct rng *g)
{
    (void)g;
    return d->p[0];
}

static void a_draw_is_rounded_and_bounded(void)
{
    static const struct dist_kind kind = { .name = "test", .draw = huge_draw };
    static const struct { double drawn; nsec ns; } row[] = {
        { 0, 0 }, { 0.4, 0 }, { 0.5, 1 }, { 1.49, 1 }, { 1e9 + 0.6, 1000000001 },
        { 0x1p62, 1ull << 62 }, { 1e300, 1ull << 62 },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct dist d = { .kind = &kind, .p = { row[i].drawn } };
        struct rng g = rng_from(1);

        CU_ASSERT_EQUAL(dist_draw(&d, &g), row[i].ns);
    }
}

static void a_constant_is_known_as_one(void)
{
    struct dist d, none = { 0 };
    struct rng g = rng_from(1);
    char why[200];

    dist_set_constant(&d, 250000);
    CU_ASSERT(dist_is_constant(&d));
    CU_ASSERT_EQUAL(dist_draw(&d, &g), 250000);
    CU_ASSERT_EQUAL(dist_mean(&d), 250000);
    set_by_keys(&d, "exp", (struct key[KEYS]){ { "mean", 5 } }, why);
    CU_ASSERT_FALSE(dist_is_constant(&d));
    CU_ASSERT_EQUAL(dist_mean(&none), 0);
}

static void every_kind_is_found_by_name_and_alias(void)
{
    uint32_t n = 0;

    for (const struct dist_kind *const *k = dist_kinds(); *k; k++, n++) {
        CU_ASSERT_PTR_EQUAL(dist_find((*k)->name), *k);
        CU_ASSERT((*k)->help && (*k)->params && (*k)->set && (*k)->draw && (*k)->mean);
        if ((*k)->alias)
            CU_ASSERT_PTR_EQUAL(dist_find((*k)->alias), *k);
    }
    CU_ASSERT_EQUAL(n, 12);
    CU_ASSERT_PTR_NULL(dist_find("gauss"));
}

/* The 1st and the mix of 100 000 draws of each row of good[]. */
static void draws_are_the_same_nanoseconds_everywhere(void)
{
    static const struct { nsec first; uint64_t digest; } expected[ARRAY_LEN(good)] = {
        { 5000000, 0x54f14038a701f341 },
        { 0, 0x0000000000000000 },
        { 7549497, 0x08e5dc2aafa05150 },
        { 4023459, 0x58ebee5cf511670a },
        { 11261919, 0x228a542790b3617d },
        { 14149767, 0x235ec315e12bbb89 },
        { 262782, 0x848c1c07f0fd6853 },
        { 0, 0x8ab34c5294869896 },
        { 8228320, 0xf9d2464d00ecb916 },
        { 12896064, 0xadc50a28de97f176 },
        { 7816758, 0xd45541b9c02ae032 },
        { 21494601, 0xbd7e5fe80dd85ce4 },
        { 845605, 0xe09fc8be42ddcc26 },
        { 5333124, 0x0276a889d9776a31 },
        { 6762121, 0x7720be8aefa49dca },
        { 14869966, 0xb5605eb9f416a236 },
        { 2350292, 0x2232d584ee311112 },
        { 2010676, 0x7a51d5c9fcfa27e4 },
        { 17657008, 0xb90fd2515fd5a2e0 },
        { 3558042, 0xfa42e9aedb3b7dac },
        { 8027649, 0x75cb7ea963481988 },
        { 19056378, 0x1cbe048f3d9a40c1 },
        { 3427925, 0xf2c7bf7cb594b6c9 },
        { 2273065, 0xdbca98b2b83dd822 },
        { 3538226, 0xdca853d477074804 },
        { 41274115, 0xa0c4e7adf40702c3 },
        { 13011355, 0x8f2ce18e8f6b9b32 },
        { 1280114, 0xa37c8cea9df71ef2 },
        { 18293751, 0x571f3e00020a0cff },
        { 22169, 0x479a12452264ad73 },
        { 5000000, 0x7a2ee68a6ad30228 },
    };

    for (uint32_t i = 0; i < ARRAY_LEN(good); i++) {
        struct rng g = rng_stream(7, "same", i);
        struct dist d = { 0 };
        uint64_t digest = 0;
        char why[200];

        set_by_keys(&d, good[i].kind, good[i].key, why);

        nsec first = dist_draw(&d, &g);

        for (int k = 1; k < 100000; k++)
            digest = rng_mix(digest ^ dist_draw(&d, &g));
        CU_ASSERT_EQUAL(first, expected[i].first);
        CU_ASSERT_EQUAL(digest, expected[i].digest);
    }
}

static const struct unit_test tests[] = {
    { "a_mean_or_percentile_asked_for_is_kept", a_mean_or_percentile_asked_for_is_kept },
    { "draws_follow_the_distribution_function", draws_follow_the_distribution_function },
    { "an_empirical_law_draws_only_what_was_measured",
      an_empirical_law_draws_only_what_was_measured },
    { "an_empirical_law_needs_sorted_values", an_empirical_law_needs_sorted_values },
    { "what_cannot_be_is_refused_with_a_reason", what_cannot_be_is_refused_with_a_reason },
    { "a_draw_is_rounded_and_bounded", a_draw_is_rounded_and_bounded },
    { "a_constant_is_known_as_one", a_constant_is_known_as_one },
    { "every_kind_is_found_by_name_and_alias", every_kind_is_found_by_name_and_alias },
    { "draws_are_the_same_nanoseconds_everywhere", draws_are_the_same_nanoseconds_everywhere },
};

UNIT_MAIN("dist", tests)
