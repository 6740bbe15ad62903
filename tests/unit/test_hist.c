/* test_hist.c - the histogram against hdr-histogram-js 3.0.1 (npm), whose answers for the same
 * values stand in the tables here and in tests/data/hdr-histogram-js.hgrm. */
#include "unit.h"

#include "../../sim/base/rng.h"
#include "../../sim/metrics/hist.h"

#include <math.h>
#include <string.h>

/* The value sets; all integers, so that nothing depends on fmath. */
static uint64_t thousands(struct rng *g, uint32_t i)
{
    (void)g;
    return i * 1000ull + 1;
}

static uint64_t extremes(struct rng *g, uint32_t i)
{
    static const uint64_t value[] = { 0, (1ull << 46) - 1, 1ull << 45 };

    (void)g;
    return value[i % 3];
}

static uint64_t all_sizes(struct rng *g, uint32_t i)
{
    uint64_t word = rng_next(g);

    (void)i;
    return word >> (18 + rng_below(g, 46));
}

static struct hist filled(uint64_t (*value)(struct rng *, uint32_t), uint32_t n)
{
    struct rng g = rng_stream(7, "hist", 5);
    struct hist h;

    hist_init(&h);
    for (uint32_t i = 0; i < n; i++)
        hist_record(&h, value(&g, i));
    return h;
}

static void quantiles_equal_hdr_histogram_js(void)
{
    static const double q[] = { 0, 0.001, 0.07, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999,
                                0.9999, 1 };
    static const struct {
        uint64_t (*value)(struct rng *, uint32_t);
        uint32_t n;
        uint64_t expected[ARRAY_LEN(q)];
    } row[] = {
        { thousands, 1000, { 1, 1, 69055, 249087, 499199, 749055,
            899071, 949247, 989183, 998399, 999423, 999423 } },
        { all_sizes, 50000, { 0, 0, 4, 1672, 4927487, 13639876607ull,
            1555851902975ull, 7782480740351ull, 38963943309311ull,
            67207648247807ull, 69853348102143ull, 70300024700927ull } },
        { extremes, 3, { 0, 0, 0, 0, 35218731827199ull, 70368744177663ull,
            70368744177663ull, 70368744177663ull, 70368744177663ull, 70368744177663ull,
            70368744177663ull, 70368744177663ull } },
    };

    for (size_t r = 0; r < ARRAY_LEN(row); r++) {
        struct hist h = filled(row[r].value, row[r].n);

        for (size_t i = 0; i < ARRAY_LEN(q); i++)
            CU_ASSERT_EQUAL(hist_quantile(&h, q[i], h.total), row[r].expected[i]);
        hist_fini(&h);
    }
}

/* The n-th field of a line that is a number, or NAN. */
static double number_in(const char *line, int n)
{
    double x = NAN;

    for (const char *p = line; n >= 0; n--) {
        p += strcspn(p, "0123456789");
        if (!*p)
            return NAN;

        char *end;

        x = strtod(p, &end);
        p = end;
    }
    return x;
}

static void hgrm_equals_hdr_histogram_js(void)
{
    struct hist h = filled(all_sizes, 50000);
    FILE *ours = tmpfile(), *theirs = fopen("tests/data/hdr-histogram-js.hgrm", "r");
    char a[200], b[200];

    CU_ASSERT_PTR_NOT_NULL_FATAL(ours);
    CU_ASSERT_PTR_NOT_NULL_FATAL(theirs);
    hist_write_hgrm(ours, &h);
    rewind(ours);
    while (fgets(b, sizeof b, theirs)) {
        bool mean = strstr(b, "Mean") != NULL;

        CU_ASSERT_PTR_NOT_NULL_FATAL(fgets(a, sizeof a, ours));
        if (strstr(b, "Value")) {
            CU_ASSERT_STRING_EQUAL(a, b);
            continue;
        }
        if (strstr(b, "Max"))           /* the value there; its bucket's end in Java, C and here */
            continue;
        for (int i = 0; i < 4 && !isnan(number_in(b, i)); i++) {
            bool in_ms = mean || (i == 0 && !strstr(b, "Buckets"));
            double got = number_in(a, i) * (in_ms ? 1e6 : 1);

            CU_ASSERT_DOUBLE_EQUAL(got, number_in(b, i), in_ms ? 0.51 : 0.0101);
        }
    }
    CU_ASSERT_PTR_NULL(fgets(a, sizeof a, ours));
    fclose(ours);
    fclose(theirs);
    hist_fini(&h);
}

static void buckets_tile_the_range_without_gap(void)
{
    for (uint32_t i = 0; i < HIST_BUCKETS; i++) {
        CU_ASSERT_EQUAL(hist_index(hist_lowest(i)), i);
        CU_ASSERT_EQUAL(hist_index(hist_highest(i)), i);
        if (i)
            CU_ASSERT_EQUAL(hist_lowest(i), hist_highest(i - 1) + 1);
    }
    CU_ASSERT_EQUAL(hist_lowest(0), 0);
    CU_ASSERT_EQUAL(hist_highest(HIST_BUCKETS - 1), HIST_HIGHEST);
}

static void a_bucket_is_at_most_a_thousandth_wide(void)
{
    for (uint32_t i = 2 * HIST_PAGE; i < HIST_BUCKETS; i++)
        CU_ASSERT((hist_highest(i) - hist_lowest(i)) * 1000 <= hist_lowest(i));
}

static void values_beyond_the_range_are_counted_as_clamped(void)
{
    struct hist h;

    hist_init(&h);
    hist_record(&h, HIST_HIGHEST);
    hist_record(&h, HIST_HIGHEST + 1);
    hist_record(&h, NEVER - 1);
    CU_ASSERT_EQUAL(h.total, 3);
    CU_ASSERT_EQUAL(h.clamped, 2);
    CU_ASSERT_EQUAL(h.max, NEVER - 1);
    CU_ASSERT_EQUAL(hist_quantile(&h, 0.5, 3), HIST_HIGHEST);
    hist_fini(&h);
}

static void unfinished_requests_count_as_infinite(void)
{
    struct hist h = filled(thousands, 90);

    CU_ASSERT_EQUAL(hist_quantile(&h, 0.9, 100), hist_quantile(&h, 1, 90));
    CU_ASSERT_EQUAL(hist_quantile(&h, 0.91, 100), NEVER);
    CU_ASSERT_EQUAL(hist_quantile(&h, 0.5, 180), hist_quantile(&h, 1, 90));
    hist_fini(&h);
}

static void the_rank_of_a_decimal_quantile_is_exact(void)
{
    static const struct { double q; uint32_t n, rank; } row[] = {
        { 0.07, 100, 7 }, { 0.99, 100, 99 }, { 0.29, 100, 29 }, { 0.57, 100, 57 },
        { 0.999, 1000, 999 }, { 0.07, 1900, 133 }, { 0.5, 3, 2 }, { 0.001, 10, 1 }, { 1, 7, 7 },
        { 0.991, 100, 100 },
    };

    for (size_t r = 0; r < ARRAY_LEN(row); r++) {
        struct hist h;

        hist_init(&h);
        for (uint32_t i = 1; i <= row[r].n; i++)
            hist_record(&h, i);
        CU_ASSERT_EQUAL(hist_quantile(&h, row[r].q, h.total), row[r].rank);
        hist_fini(&h);
    }
}

static void merging_in_any_order_gives_the_same(void)
{
    struct hist parts[3] = { filled(all_sizes, 5000), filled(thousands, 700), filled(extremes, 3) };
    struct hist forward, back;
    struct hist_bucket a, b;
    uint32_t at_a = 0, at_b = 0;
    bool more;

    hist_init(&forward);
    hist_init(&back);
    for (int i = 0; i < 3; i++) {
        hist_merge(&forward, &parts[i]);
        hist_merge(&back, &parts[2 - i]);
    }
    CU_ASSERT_EQUAL(forward.total, 5703);
    CU_ASSERT(forward.total == back.total && forward.min == back.min && forward.max == back.max);
    do {
        more = hist_next(&forward, &at_a, &a);
        CU_ASSERT_EQUAL(hist_next(&back, &at_b, &b), more);
        if (more)
            CU_ASSERT(a.index == b.index && a.count == b.count);
    } while (more);
    for (int i = 0; i < 3; i++)
        hist_fini(&parts[i]);
    hist_fini(&forward);
    hist_fini(&back);
}

static void counts_written_and_read_back_give_the_same(void)
{
    struct hist h = filled(all_sizes, 20000), copy;
    struct hist_bucket b;

    hist_init(&copy);
    for (uint32_t next = 0; hist_next(&h, &next, &b);)
        hist_add_count(&copy, b.index, b.count);
    CU_ASSERT_EQUAL(copy.total, h.total);
    CU_ASSERT(copy.min <= h.min && copy.max >= h.max);
    for (int q = 0; q <= 100; q++)
        CU_ASSERT_EQUAL(hist_quantile(&copy, q / 100.0, h.total),
                        hist_quantile(&h, q / 100.0, h.total));
    hist_fini(&h);
    hist_fini(&copy);
}

/* What n values come to, counted without the histogram's storage. */
static bool counts_right(const struct hist *h, const uint32_t *expected)
{
    struct hist_bucket b;
    uint32_t before = 0;

    for (uint32_t next = 0; hist_next(h, &next, &b); before = b.index + 1) {
        for (uint32_t i = before; i < b.index; i++)
            if (expected[i])
                return false;
        if (b.count != expected[b.index])
            return false;
    }
    for (uint32_t i = before; i < HIST_BUCKETS; i++)
        if (expected[i])
            return false;
    return true;
}

/* Read between the writes, as the order of the values is made by reading. */
static void few_values_and_many_count_alike(void)
{
    static uint32_t expected[HIST_BUCKETS];
    struct rng g = rng_stream(3, "few", 1);
    struct hist h;

    hist_init(&h);
    memset(expected, 0, sizeof expected);
    for (uint32_t n = 1; n <= 2 * HIST_FEW; n++) {
        uint64_t value = all_sizes(&g, 0);

        hist_record(&h, value);
        expected[hist_index(value)]++;
        if (n < 3 || n % 1000 == 0 || (n >= HIST_FEW - 1 && n <= HIST_FEW + 1))
            CU_ASSERT(counts_right(&h, expected));
        CU_ASSERT_EQUAL(h.page != NULL, n > HIST_FEW);
    }
    hist_fini(&h);
}

static void merging_is_the_same_in_whatever_form(void)
{
    static const uint32_t size[] = { 0, 1, 63, HIST_FEW / 2, HIST_FEW, HIST_FEW + 1, 3 * HIST_FEW };
    static uint32_t expected[HIST_BUCKETS];

    for (size_t i = 0; i < ARRAY_LEN(size); i++)
        for (size_t k = 0; k < ARRAY_LEN(size); k++) {
            struct hist a = filled(all_sizes, size[i]), b = filled(all_sizes, size[k]);
            struct rng g;

            memset(expected, 0, sizeof expected);
            g = rng_stream(7, "hist", 5);
            for (uint32_t n = 0; n < size[i]; n++)
                expected[hist_index(all_sizes(&g, n))]++;
            g = rng_stream(7, "hist", 5);
            for (uint32_t n = 0; n < size[k]; n++)
                expected[hist_index(all_sizes(&g, n))]++;
            hist_merge(&a, &b);
            CU_ASSERT(counts_right(&a, expected));
            CU_ASSERT_EQUAL(a.total, size[i] + size[k]);
            hist_fini(&a);
            hist_fini(&b);
        }
}

/* As many of one value as a record may claim. */
static void a_count_beyond_the_few_takes_one_page(void)
{
    struct hist h;
    struct hist_bucket b;
    uint32_t next = 0;

    hist_init(&h);
    hist_add_count(&h, 7, 3);
    hist_add_count(&h, 5, UINT64_MAX - 3);
    CU_ASSERT(hist_next(&h, &next, &b));
    CU_ASSERT(b.index == 5 && b.count == UINT64_MAX - 3);
    CU_ASSERT(hist_next(&h, &next, &b));
    CU_ASSERT(b.index == 7 && b.count == 3);
    CU_ASSERT_FALSE(hist_next(&h, &next, &b));
    hist_fini(&h);
}

static void an_empty_histogram_has_no_pages_and_no_buckets(void)
{
    struct hist h;
    struct hist_bucket b;
    uint32_t next = 0;

    hist_init(&h);
    CU_ASSERT_PTR_NULL(h.page);
    CU_ASSERT_PTR_NULL(h.few);
    CU_ASSERT_FALSE(hist_next(&h, &next, &b));
    CU_ASSERT_EQUAL(hist_quantile(&h, 0.5, 0), 0);
    CU_ASSERT_EQUAL(hist_quantile(&h, 0.5, 10), NEVER);
    hist_fini(&h);
}

static void an_empty_histogram_writes_only_its_frame(void)
{
    char text[1000] = "";
    struct hist h;
    FILE *f = fmemopen(text, sizeof text, "w");

    hist_init(&h);
    hist_write_hgrm(f, &h);
    fclose(f);
    CU_ASSERT_STRING_EQUAL(text,
        "       Value     Percentile TotalCount 1/(1-Percentile)\n\n"
        "#[Mean    =     0.000000, StdDeviation   =     0.000000]\n"
        "#[Max     =     0.000000, Total count    =            0]\n"
        "#[Buckets =           36, SubBuckets     =         2048]\n");
    hist_fini(&h);
}

static const struct unit_test tests[] = {
    { "quantiles_equal_hdr_histogram_js", quantiles_equal_hdr_histogram_js },
    { "hgrm_equals_hdr_histogram_js", hgrm_equals_hdr_histogram_js },
    { "buckets_tile_the_range_without_gap", buckets_tile_the_range_without_gap },
    { "a_bucket_is_at_most_a_thousandth_wide", a_bucket_is_at_most_a_thousandth_wide },
    { "values_beyond_the_range_are_counted_as_clamped",
      values_beyond_the_range_are_counted_as_clamped },
    { "unfinished_requests_count_as_infinite", unfinished_requests_count_as_infinite },
    { "the_rank_of_a_decimal_quantile_is_exact", the_rank_of_a_decimal_quantile_is_exact },
    { "merging_in_any_order_gives_the_same", merging_in_any_order_gives_the_same },
    { "counts_written_and_read_back_give_the_same", counts_written_and_read_back_give_the_same },
    { "few_values_and_many_count_alike", few_values_and_many_count_alike },
    { "merging_is_the_same_in_whatever_form", merging_is_the_same_in_whatever_form },
    { "a_count_beyond_the_few_takes_one_page", a_count_beyond_the_few_takes_one_page },
    { "an_empty_histogram_has_no_pages_and_no_buckets",
      an_empty_histogram_has_no_pages_and_no_buckets },
    { "an_empty_histogram_writes_only_its_frame", an_empty_histogram_writes_only_its_frame },
};

UNIT_MAIN("hist", tests)
