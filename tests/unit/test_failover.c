/* test_failover.c - what is found of faults, how soon, and what it costs: scenarios whose answers
 * can be worked out, and laws of reliability over many draws. */
#include "unit.h"

#include "simulate.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

static double seconds(uint64_t ns)
{
    return (double)ns / 1e9;
}

#define RUN(duration, seed) \
    "{ 'version': 1, 'name': 't', 'run': { 'duration': '" duration "', 'seed': " seed " }, "
#define CLIENT(rate)                                                                            \
    "'clients': [ { 'name': 'c', 'to': 'lb', 'timeout': '5s', 'arrival': { 'process': "        \
    "'constant', 'rate': '" rate "' } } ], "
#define BALANCER(more) \
    "'balancers': [ { 'name': 'lb', 'algorithm': 'round_robin', 'to': 's', " more " } ], "
#define BACKENDS(count, more) \
    "'backends': [ { 'name': 's', 'count': " count ", 'service': '1ms'" more " } ]"
#define EVENTS(list) ", 'events': [ " list " ] }"

/* ---- what each level sees ---- */

static void each_level_sees_what_it_asks(void)
{
    static const char *const levels[] = { "l4", "l7", "deep" };
    static const struct { const char *fault; bool seen[3]; } row[] = {
        { "'do': 'fail', 'mode': 'crash'", { true, true, true } },
        { "'do': 'fail', 'mode': 'hang'", { false, true, true } },
        { "'do': 'pause'", { false, true, true } },
        { "'do': 'fail', 'mode': 'error'", { false, true, true } },
        { "'do': 'fail', 'mode': 'reset'", { false, true, true } },
        { "'do': 'fail', 'mode': 'dependency'", { false, false, true } },
        { "'do': 'fail', 'mode': 'grey', 'share': 0.9", { false, false, false } },
        { "'do': 'slow', 'factor': 1000", { false, true, true } },     /* 2 s for a check's 2 ms */
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++)
        for (size_t l = 0; l < ARRAY_LEN(levels); l++) {
            struct record r = simulate(
                RUN("20s", "1") CLIENT("50/s")
                BALANCER("'health_check': { 'level': '%s', 'interval': '1s', 'timeout': '500ms', "
                         "'rise': 1, 'fall': 1, 'cost': '2ms' }")
                BACKENDS("3", ", 'workers': 'unlimited'")
                EVENTS("{ 'at': '5s', %s, 'target': 's[1]', 'for': '8s' }"),
                levels[l], row[i].fault);

            CU_ASSERT_EQUAL(count_tally(&r, TALLY_FAULTS), 1);
            CU_ASSERT_EQUAL(count_tally(&r, TALLY_FAULTS_DETECTED), row[i].seen[l]);
            CU_ASSERT_EQUAL(count_tally(&r, TALLY_TAKEN_OUT_WELL), 0);
            record_fini(&r);
        }
}

/* A check that costs a worker waits for one: at a backend with a long queue it comes too late. */
static void a_check_waits_behind_requests(void)
{
    static const struct { const char *cost; bool is_out; } row[] = { { "0", false },
                                                                      { "1ms", true } };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct record r = simulate(
            RUN("4s", "1") CLIENT("1500/s")
            BALANCER("'health_check': { 'interval': '500ms', 'timeout': '200ms', 'fall': 2, "
                     "'cost': '%s' }")
            BACKENDS("1", "") " }", row[i].cost);

        CU_ASSERT_EQUAL(count_tally(&r, TALLY_TAKEN_OUT) > 0, row[i].is_out);
        CU_ASSERT_EQUAL(count_tally(&r, TALLY_TAKEN_OUT_WELL), count_tally(&r, TALLY_TAKEN_OUT));
        record_fini(&r);
    }
}

/* ---- how soon ---- */

/* Refused checks: the phase is uniform over the interval, then fall - 1 whole ones; hung ones take
 * the timeout besides.  A hundred backends are a hundred phases. */
static void detection_takes_the_phase_and_the_falls(void)
{
    static const struct { const char *mode; uint32_t fall; double extra; } row[] = {
        { "crash", 1, 0 }, { "crash", 3, 0 }, { "hang", 3, 0.4 },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct record r = simulate(
            RUN("20s", "3") CLIENT("10/s")
            BALANCER("'health_check': { 'interval': '2s', 'timeout': '400ms', 'fall': %u }")
            BACKENDS("400", "")
            EVENTS("{ 'at': '5s', 'do': 'fail', 'mode': '%s', 'target': 's[*]' }"),
            row[i].fall, row[i].mode);
        double least = 2.0 * (row[i].fall - 1) + row[i].extra, n = 400;
        double mean = seconds(count_tally(&r, TALLY_DETECTION_NS)) / n;

        CU_ASSERT_EQUAL(count_tally(&r, TALLY_FAULTS_DETECTED), 400);
        CU_ASSERT(fabs(mean - (least + 1)) < 4 * 2 / sqrt(12 * n));
        CU_ASSERT(seconds(count_tally(&r, TALLY_DETECTION_MAX_NS)) <= least + 2);
        CU_ASSERT(seconds(count_tally(&r, TALLY_DETECTION_MAX_NS)) > least + 1.9);
        record_fini(&r);
    }
}

/* Counted from a check's end, a timeout may be longer than the interval: from a check at 6 s on 5 s
 * of waiting, 2 s of pause, and 5 s of waiting again. */
static void slow_checks_follow_each_other(void)
{
    struct record r = simulate(
        RUN("30s", "1") CLIENT("10/s")
        BALANCER("'health_check': { 'interval': '2s', 'timeout': '5s', 'fall': 2, 'first': '6s', "
                 "'from': 'end' }")
        BACKENDS("1", "")
        EVENTS("{ 'at': '5s', 'do': 'fail', 'mode': 'hang', 'target': 's[0]' }"));

    CU_ASSERT_EQUAL(count_tally(&r, TALLY_FAULTS_DETECTED), 1);
    CU_ASSERT_EQUAL(count_tally(&r, TALLY_DETECTION_NS), 13 * SECOND);
    record_fini(&r);
}

/* With k instances it is the last of k phases: interval x k / (k + 1) on average. */
static void the_last_instance_counts(void)
{
    struct record r = simulate(
        RUN("20s", "3") CLIENT("10/s")
        BALANCER("'instances': 4, 'health_check': { 'interval': '2s', 'fall': 1 }")
        BACKENDS("400", "") EVENTS("{ 'at': '5s', 'do': 'fail', 'target': 's[*]' }"));
    double mean = seconds(count_tally(&r, TALLY_DETECTION_NS)) / 400;
    double sd = 2 * sqrt(4 / (25.0 * 6));   /* of the largest of 4 uniforms */

    CU_ASSERT_EQUAL(count_tally(&r, TALLY_FAULTS_DETECTED), 400);
    CU_ASSERT(fabs(mean - 1.6) < 4 * sd / 20);
    record_fini(&r);
}

/* From the end of one to the start of the next, quicker while in doubt, slower while down. */
static void fast_and_down_intervals(void)
{
    struct record r = simulate(
        RUN("30s", "1") CLIENT("10/s")
        BALANCER("'health_check': { 'interval': '2s', 'fast_interval': '100ms', 'down_interval': "
                 "'5s', 'first': '1s', 'fall': 3, 'rise': 2, 'from': 'end' }")
        BACKENDS("1", "")
        EVENTS("{ 'at': '4s', 'do': 'fail', 'target': 's[0]', 'for': '10s' }"));

    /* checks at 1, 3, 5, 5.1, 5.2: down; 10.2, 15.2 good, 15.3: up; 17.3 ... 29.3 */
    CU_ASSERT_EQUAL(count_tally(&r, TALLY_DETECTION_NS), 1200 * MILLISECOND);
    CU_ASSERT_EQUAL(count_tally(&r, TALLY_PROBES), 8 + 7);
    CU_ASSERT_EQUAL(count_tally(&r, TALLY_PROBES_FAILED), 4);
    record_fini(&r);
}

/* ---- jitter ---- */

/* All are first checked at 1 s and die at 1.5 s: the second check is 2 s after the first, and by as
 * much later as its jitter says, uniform over it. */
static void jitter_is_uniform(void)
{
    static const struct { const char *jitter; double longest; } row[] = { { "0s", 0 },
                                                                           { "2s", 2 } };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct record r = simulate(
            RUN("10s", "3") CLIENT("10/s")
            BALANCER("'health_check': { 'interval': '2s', 'first': '1s', 'fall': 1, 'jitter': "
                     "'%s' }")
            BACKENDS("400", "") EVENTS("{ 'at': '1500ms', 'do': 'fail', 'target': 's[*]' }"),
            row[i].jitter);
        double mean = seconds(count_tally(&r, TALLY_DETECTION_NS)) / 400;
        double last = seconds(count_tally(&r, TALLY_DETECTION_MAX_NS));

        CU_ASSERT_EQUAL(count_tally(&r, TALLY_FAULTS_DETECTED), 400);
        CU_ASSERT(fabs(mean - 1.5 - row[i].longest / 2) <= 4 * row[i].longest / sqrt(12 * 400.0));
        CU_ASSERT(last <= 1.5 + row[i].longest && last >= 1.5 + 0.98 * row[i].longest);
        record_fini(&r);
    }
}

/* Forty instances check one worker, 10 ms a check, and wait for 105 ms: of forty that come together
 * ten are answered in time.  Spread over seconds all are; and there are fewer, one in 2 s + 2 s / 2
 * each. */
static void jitter_spreads_what_began_together(void)
{
    static const struct { const char *jitter; double failed, sent; } row[] = {
        { "0s", 0.75, 40 / 2.0 }, { "2s", 0, 40 / 3.0 },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct record r = simulate(
            RUN("300s", "1") CLIENT("1/s")
            BALANCER("'instances': 40, 'health_check': { 'interval': '2s', 'timeout': '105ms', "
                     "'first': '1s', 'cost': '10ms', 'jitter': '%s' }")
            "'backends': [ { 'name': 's', 'service': '1us' } ] }", row[i].jitter);
        double sent = (double)count_tally(&r, TALLY_PROBES);
        double failed = (double)count_tally(&r, TALLY_PROBES_FAILED) / sent;

        CU_ASSERT(fabs(sent / 299 - row[i].sent) < 0.02 * row[i].sent);
        CU_ASSERT(fabs(failed - row[i].failed) < 0.02);     /* the first come together */
        record_fini(&r);
    }
}

/* ---- requests tell ---- */

static void observed_errors_are_checks(void)
{
    /* 30/s over 3: s[1] is asked 10 times a second; checks would take 20 s and more */
    static const struct { const char *observe, *fault, *on_error; bool found; } row[] = {
        { "layer4", "crash", "mark-down", true }, { "layer4", "error", "mark-down", false },
        { "layer7", "error", "mark-down", true }, { "layer7", "error", "fail-check", true },
        { "layer7", "grey", "sudden-death", true }, { "layer7", "crash", "fastinter", true },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct record r = simulate(
            RUN("14s", "1") CLIENT("30/s")
            BALANCER("'health_check': { 'interval': '10s', 'fast_interval': '200ms', 'first': "
                     "'1s', 'fall': 3, 'observe': '%s', 'error_limit': 4, 'on_error': '%s' }")
            BACKENDS("3", "")
            EVENTS("{ 'at': '2s', 'do': 'fail', 'mode': '%s', 'target': 's[1]' }"),
            row[i].observe, row[i].on_error, row[i].fault);
        bool hides = strcmp(row[i].fault, "grey") == 0; /* its checks pass: the doubt ends */

        CU_ASSERT_EQUAL(count_tally(&r, TALLY_FAULTS_DETECTED), row[i].found && !hides);
        if (row[i].found && !hides)
            CU_ASSERT(seconds(count_tally(&r, TALLY_DETECTION_NS)) < 2);
        record_fini(&r);
    }
}

static void max_fails_loses_one_request_a_try(void)
{
    /* down from 2 s to 6 s; fail_timeout 2 s by whole seconds: tries at 2.x and 5.x, 8 is well */
    struct record r = simulate(
        RUN("12s", "1") CLIENT("30/s")
        BALANCER("'passive': { 'max_fails': 1, 'fail_timeout': '2s' }") BACKENDS("3", "")
        EVENTS("{ 'at': '2s', 'do': 'fail', 'target': 's[1]', 'for': '4s' }"));

    CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_REFUSED), 2);
    CU_ASSERT_EQUAL(count_tally(&r, TALLY_FAULT_FAILED), 2);
    CU_ASSERT(picked_between(&r, 1, 9 * SECOND, 11 * SECOND) >= 19);
    record_fini(&r);
}

/* s[1] hangs from 2 s to 20 s and is given up after 1.5 s: out from the second timeout on, at
 * 3.6 s; the last of those sent before ends at 5 s, so 9 s is the first second in which one may
 * try.  It ends at 10.5 s, the next tries at 14 s, the third is answered when the hang ends:
 * nothing is held against it then, and one refusal at 30 s is one of two. */
static void one_request_tries_a_server_that_failed(void)
{
    struct record r = simulate(
        RUN("40s", "1") "'measure': { 'interval': '1s' }, " CLIENT("30/s")
        BALANCER("'timeout': '1500ms', 'passive': { 'max_fails': 2, 'fail_timeout': '3s' }")
        BACKENDS("3", "")
        EVENTS("{ 'at': '2s', 'do': 'fail', 'mode': 'hang', 'target': 's[1]', 'for': '18s' }, "
               "{ 'at': '30s', 'do': 'fail', 'target': 's[1]', 'for': '100ms' }"));

    CU_ASSERT_EQUAL(picked_between(&r, 1, 5 * SECOND, 9 * SECOND), 0);
    CU_ASSERT_EQUAL(picked_between(&r, 1, 9 * SECOND, 14 * SECOND), 1);
    CU_ASSERT_EQUAL(picked_between(&r, 1, 14 * SECOND, 19 * SECOND), 1);
    CU_ASSERT_EQUAL(picked_between(&r, 1, 19 * SECOND, 20 * SECOND), 1);
    CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_REFUSED), 1);
    CU_ASSERT_DOUBLE_EQUAL((double)picked_between(&r, 1, 31 * SECOND, 39 * SECOND), 80, 2);
    record_fini(&r);
}

static void outlier_detection_ejects_in_the_network(void)
{
    struct record r = simulate(
        RUN("60s", "1") CLIENT("500/s")
        BALANCER("'outlier_detection': { 'always_eject_one_host': true }")
        BACKENDS("5", ", 'workers': 'unlimited'")
        EVENTS("{ 'at': '5s', 'do': 'fail', 'mode': 'error', 'target': 's[1]' }"));

    /* five failures at 100/s, back at the tick at 40 s, five more, out for 60 s */
    CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_ERROR), 10);
    CU_ASSERT_EQUAL(count_tally(&r, TALLY_TAKEN_OUT), 2);
    record_fini(&r);
}

/* ---- false alarms ---- */

/* All are well; a request that takes longer than the timeout fails, a share q = 1/4.  A run of five
 * takes (1 - q^5) / (q^5 (1 - q)) results on average (Feller, An Introduction to Probability
 * Theory and Its Applications I, XIII.7); who is ejected is back within a millisecond. */
static void failures_in_a_row_come_by_chance(void)
{
    struct record r = simulate(
        RUN("40s", "1")
        "'clients': [ { 'name': 'c', 'to': 'lb', 'arrival': { 'process': 'poisson', 'rate': "
        "'5000/s' } } ], "
        "'balancers': [ { 'name': 'lb', 'algorithm': 'random', 'to': 's', 'timeout': '13862944ns', "
        "'outlier_detection': { 'interval': '1ms', 'base_ejection_time': '1ns', "
        "'max_ejection_time': '1ns', 'max_ejection_percent': '100%%', 'enforcing_success_rate': 0 "
        "} } ], "
        "'backends': [ { 'name': 's', 'count': 10, 'workers': 'unlimited', 'service': { 'dist': "
        "'exponential', 'mean': '10ms' } } ] }");
    double q5 = pow(0.25, 5), run = (1 - q5) / (q5 * 0.75);
    double expected = (double)count_born(&r) / run;

    CU_ASSERT_DOUBLE_EQUAL((double)count_ended(&r, OUTCOME_TIMEOUT) / (double)count_born(&r), 0.25,
                           0.005);
    CU_ASSERT(fabs((double)count_tally(&r, TALLY_TAKEN_OUT_WELL) - expected) < 4 * sqrt(expected));
    CU_ASSERT_EQUAL(count_tally(&r, TALLY_TAKEN_OUT), count_tally(&r, TALLY_TAKEN_OUT_WELL));
    record_fini(&r);
}

/* Of n values of one normal law each lies k of their own standard deviations below their mean with
 * this probability (Thompson, On a criterion for the rejection of observations, 1935). */
static double thompson(double n, double k)
{
    return gsl_cdf_tdist_P(-k * sqrt((n - 2) / (n - 1 - k * k)), n - 2);
}

/* Half of 200 requests a second fail at each of 20 that are equally well: nearly normal numbers.
 * Who is ejected misses the next second. */
static void someone_is_always_worst(void)
{
    struct record r = simulate(
        RUN("200s", "1") CLIENT("4000/s")
        "'balancers': [ { 'name': 'lb', 'algorithm': 'round_robin', 'to': 's', 'timeout': "
        "'13862944ns', 'outlier_detection': { 'interval': '1s', 'base_ejection_time': '1ns', "
        "'max_ejection_time': '1ns', 'max_ejection_percent': '100%%', 'consecutive_5xx': 0 } } ], "
        "'backends': [ { 'name': 's', 'count': 20, 'workers': 'unlimited', 'service': { 'dist': "
        "'exponential', 'mean': '20ms' } } ] }");
    double out = 20 * thompson(20, 1.9);

    out = (20 - out) * thompson(20 - out, 1.9);
    CU_ASSERT(fabs((double)count_tally(&r, TALLY_TAKEN_OUT_WELL) - 200 * out)
              < 4 * sqrt(200 * out));
    CU_ASSERT_EQUAL(count_tally(&r, TALLY_TAKEN_OUT), count_tally(&r, TALLY_TAKEN_OUT_WELL));
    record_fini(&r);
}

/* ---- when nobody is left ---- */

static void fail_open_or_closed(void)
{
    static const struct { const char *open; double lost; } row[] = { { "true", 0.4 },
                                                                     { "false", 1 } };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct record r = simulate(
            RUN("20s", "2") CLIENT("1000/s")
            BALANCER("'fail_open': %s, 'health_check': { 'level': 'deep', 'interval': '500ms', "
                     "'fall': 1, 'rise': 1 }")
            BACKENDS("4", ", 'workers': 'unlimited'")
            EVENTS("{ 'at': '1s', 'do': 'fail', 'mode': 'dependency', 'share': 0.4, 'target': "
                   "'s[*]' }"), row[i].open);
        double lost = (double)(count_born(&r) - count_ended(&r, OUTCOME_OK)) / 18500;

        CU_ASSERT(fabs(lost - row[i].lost) < 0.03);
        record_fini(&r);
    }
}

/* ---- who restarts, and chance ---- */

/* A hang is cured: found by the third check of 2 s, then 4 s of restart.  A crash by an event is
 * not; it ends when the event says. */
static void a_keeper_restarts_what_hangs(void)
{
    static const struct { const char *level, *mode; uint64_t restarts; double most_lost; } row[] = {
        { "l7", "hang", 1, 12 }, { "l4", "hang", 0, 50 }, { "l7", "error", 1, 12 },
        { "l7", "dependency", 0, 50 }, { "deep", "dependency", 6, 50 },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct record r = simulate(
            RUN("60s", "1") CLIENT("10/s") BALANCER("'timeout': '1s'")
            BACKENDS("1", ", 'workers': 'unlimited', 'liveness': { 'level': '%s', 'interval': "
                     "'2s', 'timeout': '1s', 'fall': 3, 'restart': '4s' }")
            EVENTS("{ 'at': '5s', 'do': 'fail', 'mode': '%s', 'target': 's[0]', 'for': '50s' }"),
            row[i].level, row[i].mode);
        double lost = (double)(count_born(&r) - count_ended(&r, OUTCOME_OK)) / 10;

        CU_ASSERT_EQUAL(count_tally(&r, TALLY_RESTARTS), row[i].restarts);
        CU_ASSERT(lost <= row[i].most_lost + 0.2);
        CU_ASSERT(lost >= (row[i].restarts == 1 ? 8 : 48));
        record_fini(&r);
    }
}

/* Down a share mttr / (mtbf + mttr) of the time, once in mtbf + mttr (renewal-reward).  200
 * backends for 2000 s are about 4000 faults. */
static void chance_takes_mttr_of_each_mtbf(void)
{
    struct record r = simulate(
        RUN("2000s", "5") CLIENT("50/s")
        BALANCER("'health_check': { 'interval': '1000s' }")
        BACKENDS("200", ", 'workers': 'unlimited', 'failures': { 'mtbf': '80s', 'mttr': '20s' }")
        " }");
    double down = (double)(count_born(&r) - count_ended(&r, OUTCOME_OK)) / (double)count_born(&r);
    double faults = (double)count_tally(&r, TALLY_FAULTS);

    /* a cycle's length has variance 80^2 + 20^2: the count's is n x T (80^2 + 20^2) / 100^3; it
     * begins up, so 80^2 .. /2 of a cycle's moment come off */
    double expected = 200 * (2000.0 / 100 - 0.16), sd = sqrt(200 * 2000.0 * 6800 / 1e6);
    CU_ASSERT(fabs(faults - expected) < 4 * sd);
    CU_ASSERT(fabs(down - 0.2 * (1 - 20.0 * 80 / (100 * 2000.0))) < 0.01);
    record_fini(&r);
}

/* ---- deploys, discovery, zones, flapping ---- */

static void draining_saves_what_a_stop_would_cut(void)
{
    static const struct { const char *drain, *delay; bool lost; } row[] = {
        { "0", "0s", true }, { "500ms", "0s", false }, { "500ms", "2s", true },
        { "3s", "2s", false },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct record r = simulate(
            RUN("40s", "1") CLIENT("200/s") BALANCER("'discovery_delay': '%s'")
            "'backends': [ { 'name': 's', 'count': 4, 'workers': 'unlimited', "
            "'service': '100ms' } ]"
            EVENTS("{ 'at': '5s', 'do': 'restart', 'target': 's[*]', 'for': '2s', 'gap': '1s', "
                   "'drain': '%s' }"), row[i].delay, row[i].drain);

        CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_OK) < count_born(&r), row[i].lost);
        for (uint32_t b = 0; b < 4; b++)
            CU_ASSERT(picked_between(&r, b, 36 * SECOND, 40 * SECOND) > 150);
        CU_ASSERT_EQUAL(count_tally(&r, TALLY_FAULTS), 0);
        record_fini(&r);
    }
}

/* 50 clients with a connection each, a request a second on it, kept for 2 s or for ever: draining
 * for 4 s lets the short ones end, but for those that nobody used since; the long ones are cut. */
static void draining_ends_with_its_time(void)
{
    static const struct { const char *age; uint64_t least, most; } row[] = {
        { "2s", 0, 5 }, { "1h", 25, 25 },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct record r = simulate(
            RUN("20s", "1")
            "'clients': [ { 'name': 'c', 'count': 50, 'to': 'lb', 'protocol': 'h1', "
            "'max_connection_age': '%s', 'timeout': '5s', 'arrival': { 'process': 'constant', "
            "'rate': '50/s' } } ], "
            "'balancers': [ { 'name': 'lb', 'layer': 'l4', 'algorithm': 'round_robin', "
            "'to': 's' } ], "
            BACKENDS("2", ", 'workers': 'unlimited'")
            EVENTS("{ 'at': '5s', 'do': 'restart', 'target': 's[0]', 'for': '1s', 'drain': '4s' }"),
            row[i].age);

        uint64_t broken = r.remaps == 1 ? r.remap[0].broken : 0;

        CU_ASSERT(broken >= row[i].least && broken <= row[i].most);
        CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_OK), count_born(&r));   /* none was in use then */
        record_fini(&r);
    }
}

/* Removed at 5 s, known 3 s later: a quarter of 3 s of requests is refused. */
static void slow_discovery_loses_its_share(void)
{
    struct record r = simulate(
        RUN("20s", "1") CLIENT("100/s") BALANCER("'instances': 3, 'discovery_delay': '3s'")
        BACKENDS("4", ", 'workers': 'unlimited'")
        EVENTS("{ 'at': '5s', 'do': 'remove', 'target': 's[2]' }, { 'at': '10s', 'do': 'add', "
               "'target': 's' }"));

    CU_ASSERT(fabs((double)count_ended(&r, OUTCOME_REFUSED) - 75) <= 4);
    CU_ASSERT_EQUAL(picked_between(&r, 4, 0, 12600 * MILLISECOND), 0);
    CU_ASSERT(picked_between(&r, 4, 14 * SECOND, 20 * SECOND) > 100);
    record_fini(&r);
}

static void a_zone_fails_together(void)
{
    struct record r = simulate(
        RUN("20s", "1") CLIENT("100/s") BALANCER("'timeout': '1s'")
        BACKENDS("6", ", 'zone': [ 'a', 'b', 'a', 'b', 'a', 'b' ]")
        EVENTS("{ 'at': '10s', 'do': 'fail', 'target': 's[*]', 'zone': 'b' }"));

    for (uint32_t b = 0; b < 6; b++)
        CU_ASSERT_EQUAL(count_failed(&r, b) > 0, b % 2 == 1);
    record_fini(&r);
}

/* Down for 1 s of every 4: ten times from 5 s to 41 s. */
static void what_flaps_fails_again_and_again(void)
{
    struct record r = simulate(
        RUN("60s", "1") CLIENT("100/s")
        BALANCER("'timeout': '1s', 'health_check': { 'interval': '10s', 'level': 'l4' }")
        BACKENDS("1", "")
        EVENTS("{ 'at': '5s', 'do': 'fail', 'target': 's[0]', 'for': '1s', 'every': '4s', 'until': "
               "'42s' }"));

    CU_ASSERT_EQUAL(count_tally(&r, TALLY_FAULTS), 10);
    CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_REFUSED), 1000);
    record_fini(&r);
}

static const struct unit_test tests[] = {
    { "each_level_sees_what_it_asks", each_level_sees_what_it_asks },
    { "a_check_waits_behind_requests", a_check_waits_behind_requests },
    { "detection_takes_the_phase_and_the_falls", detection_takes_the_phase_and_the_falls },
    { "slow_checks_follow_each_other", slow_checks_follow_each_other },
    { "the_last_instance_counts", the_last_instance_counts },
    { "fast_and_down_intervals", fast_and_down_intervals },
    { "jitter_is_uniform", jitter_is_uniform },
    { "jitter_spreads_what_began_together", jitter_spreads_what_began_together },
    { "observed_errors_are_checks", observed_errors_are_checks },
    { "max_fails_loses_one_request_a_try", max_fails_loses_one_request_a_try },
    { "one_request_tries_a_server_that_failed", one_request_tries_a_server_that_failed },
    { "outlier_detection_ejects_in_the_network", outlier_detection_ejects_in_the_network },
    { "failures_in_a_row_come_by_chance", failures_in_a_row_come_by_chance },
    { "someone_is_always_worst", someone_is_always_worst },
    { "fail_open_or_closed", fail_open_or_closed },
    { "a_keeper_restarts_what_hangs", a_keeper_restarts_what_hangs },
    { "chance_takes_mttr_of_each_mtbf", chance_takes_mttr_of_each_mtbf },
    { "draining_saves_what_a_stop_would_cut", draining_saves_what_a_stop_would_cut },
    { "draining_ends_with_its_time", draining_ends_with_its_time },
    { "slow_discovery_loses_its_share", slow_discovery_loses_its_share },
    { "a_zone_fails_together", a_zone_fails_together },
    { "what_flaps_fails_again_and_again", what_flaps_fails_again_and_again },
};

UNIT_MAIN("failover", tests)
