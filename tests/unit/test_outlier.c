/* test_outlier.c - ejections against Envoy's own figures and an independent mean and deviation. */
#include "unit.h"

#include "../../sim/base/rng.h"
#include "../../sim/parts/outlier.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_HOSTS = 40 };

static struct outlier_config envoy(void)
{
    return (struct outlier_config){
        .interval = 10 * SECOND, .base_ejection_time = 30 * SECOND,
        .max_ejection_time = 300 * SECOND, .max_ejection_percent = 1,
        .in_a_row = { 5, 5, 5 }, .enforcing = { 1, 0, 1, 1, 0 },
        .success_hosts = 5, .success_volume = 100, .success_factor = 1.9,
        .failure_hosts = 5, .failure_volume = 50, .failure_threshold = 0.85,
    };
}

static struct outlier *with_hosts(const struct outlier_config *c, uint32_t n)
{
    struct outlier *o = outlier_new(c, 1);

    for (uint32_t i = 0; i < n; i++)
        outlier_add(o);
    return o;
}

static void ignore(void *arg, uint32_t host)
{
    (void)arg;
    (void)host;
}

/* So many requests, bad ones spread so that never five fail in a row unless all do. */
static void feed(struct outlier *o, uint32_t host, uint32_t all, uint32_t good)
{
    uint32_t sent = 0;

    for (uint32_t k = 0; k < all; k++) {
        bool is_good = (uint64_t)(k + 1) * good / all > sent;

        sent += is_good;
        outlier_note(o, host, SECOND, is_good ? STATUS_OK : STATUS_ERROR);
    }
}

static uint32_t count_out(const struct outlier *o, uint32_t n)
{
    uint32_t out = 0;

    for (uint32_t i = 0; i < n; i++)
        out += outlier_is_out(o, i);
    return out;
}

/* ---- the success-rate law ---- */

/* Envoy's published cases: {50,100 x4} has mean 90, sd 20, threshold 52. */
static void success_rate_finds_the_odd_one(void)
{
    static const struct { uint32_t hosts, bad, good_of_bad, found; } row[] = {
        { 5, 1, 50, 1 }, { 5, 1, 0, 1 }, { 5, 1, 53, 1 }, { 10, 1, 0, 1 },
        { 9, 2, 0, 0 },             /* threshold below 0 */
        { 10, 2, 0, 2 },            /* n > 4.61 k: threshold 4.0 */
        { 4, 1, 0, 0 },             /* too few hosts */
    };

    for (size_t r = 0; r < ARRAY_LEN(row); r++) {
        struct outlier_config c = envoy();

        c.in_a_row[OUTLIER_5XX] = 0;
        struct outlier *o = with_hosts(&c, row[r].hosts);
        for (uint32_t i = 0; i < row[r].hosts; i++)
            feed(o, i, 100, i < row[r].bad ? row[r].good_of_bad : 100);
        outlier_tick(o, 10 * SECOND, ignore, NULL);
        CU_ASSERT_EQUAL(count_out(o, row[r].hosts), row[r].found);
        outlier_free(o);
    }
}

/* Hosts below mean - 1.9 sd, by the textbook's formula over what was fed. */
static void success_rate_agrees_with_the_formula(void)
{
    struct rng g = rng_from(7);
    uint32_t differ = 0, found = 0;

    for (uint32_t trial = 0; trial < 500; trial++) {
        struct outlier_config c = envoy();
        uint32_t n = 5 + rng_below(&g, MOST_HOSTS - 5), good[MOST_HOSTS];
        double mean = 0, squares = 0;

        c.in_a_row[OUTLIER_5XX] = 0;
        struct outlier *o = with_hosts(&c, n);
        for (uint32_t i = 0; i < n; i++) {
            good[i] = rng_below(&g, 6) == 0 ? rng_below(&g, 200) : 180 + rng_below(&g, 20);
            feed(o, i, 200, good[i]);
            mean += good[i] / 2.0 / n;
        }
        for (uint32_t i = 0; i < n; i++)
            squares += pow(good[i] / 2.0 - mean, 2) / n;
        outlier_tick(o, 10 * SECOND, ignore, NULL);
        for (uint32_t i = 0; i < n; i++) {
            bool expected = good[i] / 2.0 < mean - 1.9 * sqrt(squares);

            differ += expected != outlier_is_out(o, i);
            found += expected;
        }
        outlier_free(o);
    }
    CU_ASSERT_EQUAL(differ, 0);
    CU_ASSERT(found > 200);
}

static void failure_percentage_is_inclusive(void)
{
    for (uint32_t good = 14; good <= 16; good++) {
        struct outlier_config c = envoy();

        c.in_a_row[OUTLIER_5XX] = 0;
        c.enforcing[OUTLIER_SUCCESS_RATE] = 0;
        c.enforcing[OUTLIER_FAILURE_RATE] = 1;
        struct outlier *o = with_hosts(&c, 5);
        for (uint32_t i = 0; i < 5; i++)
            feed(o, i, 100, i == 0 ? good : 100);
        outlier_tick(o, 10 * SECOND, ignore, NULL);
        CU_ASSERT_EQUAL(outlier_is_out(o, 0), good <= 15);
        outlier_free(o);
    }
}

/* What an interval saw is nothing to the next: half the volume in each is never enough, whatever
 * went wrong, and whoever fails all of one is judged by that one alone. */
static void each_interval_counts_anew(void)
{
    static const struct { uint32_t host, first, second, volume; bool is_out; } row[] = {
        { 0, 0, 60, 100, false }, { 3, 0, 60, 100, false }, { 0, 60, 0, 100, false },
        { 3, 60, 0, 100, false }, { 3, 60, 0, 60, true }, { 0, 0, 60, 60, false },
        { 4, 60, 30, 61, false }, { 4, 60, 30, 60, true },
    };

    for (size_t r = 0; r < ARRAY_LEN(row); r++) {
        struct outlier_config c = envoy();

        c.in_a_row[OUTLIER_5XX] = 0;
        c.success_volume = row[r].volume;
        c.base_ejection_time = SECOND;
        struct outlier *o = with_hosts(&c, 5);
        for (uint32_t interval = 1; interval <= 2; interval++) {
            for (uint32_t i = 0; i < 5; i++)
                feed(o, i, 60, i != row[r].host ? 60
                               : interval == 1  ? row[r].first : row[r].second);
            outlier_tick(o, interval * 10 * SECOND, ignore, NULL);
        }
        CU_ASSERT_EQUAL(outlier_is_out(o, row[r].host), row[r].is_out);
        CU_ASSERT_EQUAL(count_out(o, 5), row[r].is_out);
        outlier_free(o);
    }
}

/* ---- failures in a row ---- */

/* Somebody gave up waiting: that says nothing of the host, not even that a row has ended. */
static void a_cancelled_request_says_nothing(void)
{
    struct outlier_config c = envoy();
    struct outlier *o = with_hosts(&c, 2);

    for (uint32_t k = 0; k < 4; k++)
        outlier_note(o, 1, SECOND, STATUS_ERROR);
    CU_ASSERT(!outlier_note(o, 1, SECOND, STATUS_CANCELLED));
    CU_ASSERT(!outlier_is_out(o, 1));
    CU_ASSERT(outlier_note(o, 1, SECOND, STATUS_ERROR));
    CU_ASSERT(!outlier_note(o, 1, SECOND, STATUS_CANCELLED));
    CU_ASSERT(outlier_is_out(o, 1));
    outlier_free(o);
}

static void results_in_a_row_eject(void)
{
    /* o ok, e 500, u 503, r refused, t timed out */
    static const struct { const char *results; bool split, gateway, is_out; } row[] = {
        { "eeee", false, false, false }, { "eeeee", false, false, true },
        { "eeeeoeeee", false, false, false }, { "errut", false, false, true },
        { "rrrrr", false, false, true }, { "rrrrr", true, false, true },
        { "eerre", true, false, false },    /* two counts, neither reaches 5 */
        { "eerreee", true, false, true },   /* a refusal counts apart, and ends no row */
        { "uuuuu", false, true, true }, { "uuueuu", false, true, false },
    };

    for (size_t r = 0; r < ARRAY_LEN(row); r++) {
        struct outlier_config c = envoy();

        c.split = row[r].split;
        if (row[r].gateway) {
            c.in_a_row[OUTLIER_5XX] = 0;
            c.enforcing[OUTLIER_GATEWAY] = 1;
        }
        struct outlier *o = with_hosts(&c, 3);
        for (const char *p = row[r].results; *p; p++)
            outlier_note(o, 1, SECOND, *p == 'o' ? STATUS_OK : *p == 'e' ? STATUS_ERROR
                                     : *p == 'u' ? STATUS_UNAVAILABLE
                                     : *p == 'r' ? STATUS_REFUSED : STATUS_TIMEOUT);
        CU_ASSERT_EQUAL(outlier_is_out(o, 1), row[r].is_out);
        outlier_free(o);
    }
}

/* A run of k failures of probability q is waited for (1 - q^k) / ((1 - q) q^k) requests: 62 for
 * five at one half. */
static void a_grey_host_is_found_after_a_geometric_wait(void)
{
    enum { TRIALS = 20000 };
    struct rng g = rng_from(3);
    double sum = 0, squares = 0;

    for (uint32_t t = 0; t < TRIALS; t++) {
        struct outlier_config c = envoy();
        struct outlier *o = with_hosts(&c, 2);
        uint32_t n = 1;

        while (!outlier_note(o, 0, SECOND, rng_uniform(&g) < 0.5 ? STATUS_ERROR : STATUS_OK))
            n++;
        sum += n;
        squares += (double)n * n;
        outlier_free(o);
    }
    double mean = sum / TRIALS, se = sqrt((squares / TRIALS - mean * mean) / TRIALS);
    CU_ASSERT(fabs(mean - 62) < 4 * se);
    CU_ASSERT(se < 0.6);
}

/* ---- how long, and how many ---- */

static void fail_five(struct outlier *o, uint32_t host, nsec now)
{
    for (uint32_t k = 0; k < 5; k++)
        outlier_note(o, host, now, STATUS_ERROR);
}

/* Ticks every 10 s; the host fails at once whenever it is asked again. */
static void ejections_grow_to_the_longest(void)
{
    static const uint32_t lasts[] = { 30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 300, 300 };
    struct outlier_config c = envoy();
    struct outlier *o = with_hosts(&c, 10);
    nsec now = 0;

    for (size_t k = 0; k < ARRAY_LEN(lasts); k++) {
        nsec from = now;

        fail_five(o, 0, now);
        CU_ASSERT(outlier_is_out(o, 0));
        while (outlier_is_out(o, 0))
            outlier_tick(o, now += 10 * SECOND, ignore, NULL);
        CU_ASSERT_EQUAL(now - from, lasts[k] * SECOND);
    }
    for (uint32_t k = 0; k < ARRAY_LEN(lasts); k++)     /* one step back a tick in good standing */
        outlier_tick(o, now += 10 * SECOND, ignore, NULL);
    fail_five(o, 0, now);
    for (uint32_t k = 0; k < 3; k++)
        outlier_tick(o, now += 10 * SECOND, ignore, NULL);
    CU_ASSERT(!outlier_is_out(o, 0));
    outlier_free(o);
}

static void no_more_than_max_ejection_percent(void)
{
    static const struct { uint32_t hosts; double most; uint32_t limit; bool one; uint32_t out; }
    row[] = {
        { 5, 0.1, OUTLIER_UNTIL, false, 1 }, { 5, 0.1, OUTLIER_WITHIN, false, 0 },
        { 5, 0.1, OUTLIER_WITHIN, true, 1 }, { 11, 0.1, OUTLIER_UNTIL, false, 2 },
        { 11, 0.1, OUTLIER_WITHIN, false, 1 }, { 20, 0.1, OUTLIER_WITHIN, true, 2 },
        { 8, 1, OUTLIER_WITHIN, false, 8 }, { 8, 0, OUTLIER_UNTIL, false, 0 },
        { 10, 0.5, OUTLIER_UNTIL, false, 5 },
    };

    for (size_t r = 0; r < ARRAY_LEN(row); r++) {
        struct outlier_config c = envoy();

        c.max_ejection_percent = row[r].most;
        c.limit = row[r].limit;
        c.always_one = row[r].one;
        struct outlier *o = with_hosts(&c, row[r].hosts);
        for (uint32_t i = 0; i < row[r].hosts; i++)
            fail_five(o, i, SECOND);
        CU_ASSERT_EQUAL(count_out(o, row[r].hosts), row[r].out);
        outlier_free(o);
    }
}

static void enforcing_is_a_share(void)
{
    enum { HOSTS = 4000 };
    struct outlier_config c = envoy();

    c.enforcing[OUTLIER_5XX] = 0.3;
    struct outlier *o = with_hosts(&c, HOSTS);
    for (uint32_t i = 0; i < HOSTS; i++)
        fail_five(o, i, SECOND);
    double sd = sqrt(HOSTS * 0.3 * 0.7);
    CU_ASSERT(fabs(count_out(o, HOSTS) - HOSTS * 0.3) < 4 * sd);
    outlier_free(o);
}

static void removed_and_forgiven_hosts_leave_room(void)
{
    struct outlier_config c = envoy();

    c.max_ejection_percent = 0.5;
    c.forgives = true;
    struct outlier *o = with_hosts(&c, 4);
    for (uint32_t i = 0; i < 4; i++)
        fail_five(o, i, SECOND);
    CU_ASSERT_EQUAL(count_out(o, 4), 2);
    CU_ASSERT(outlier_forgive(o, 0));
    CU_ASSERT(!outlier_forgive(o, 0));
    c.forgives = false;
    CU_ASSERT(!outlier_forgive(o, 1));
    CU_ASSERT(outlier_is_out(o, 1));
    fail_five(o, 3, SECOND);
    CU_ASSERT(outlier_is_out(o, 3));
    outlier_remove(o, 1);
    outlier_remove(o, 1);           /* of three, one and a half may be out */
    fail_five(o, 2, SECOND);
    CU_ASSERT(!outlier_is_out(o, 2));
    outlier_free(o);
}

static const struct unit_test tests[] = {
    { "success_rate_finds_the_odd_one", success_rate_finds_the_odd_one },
    { "success_rate_agrees_with_the_formula", success_rate_agrees_with_the_formula },
    { "failure_percentage_is_inclusive", failure_percentage_is_inclusive },
    { "each_interval_counts_anew", each_interval_counts_anew },
    { "a_cancelled_request_says_nothing", a_cancelled_request_says_nothing },
    { "results_in_a_row_eject", results_in_a_row_eject },
    { "a_grey_host_is_found_after_a_geometric_wait", a_grey_host_is_found_after_a_geometric_wait },
    { "ejections_grow_to_the_longest", ejections_grow_to_the_longest },
    { "no_more_than_max_ejection_percent", no_more_than_max_ejection_percent },
    { "enforcing_is_a_share", enforcing_is_a_share },
    { "removed_and_forgiven_hosts_leave_room", removed_and_forgiven_hosts_leave_room },
};

UNIT_MAIN("outlier", tests)
