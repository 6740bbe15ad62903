/* test_legs.c - several attempts of one request at a time: hedging, redundancy, fan-out, by
 * scenarios whose answers can be worked out, and the policy that is one queue in disguise.  What
 * is left over after failures: test_network.c; against theory: test_theory.c. */
#include "unit.h"

#include "simulate.h"

#define RUN(what)      "{ 'version': 1, 'name': 't', 'run': { " what " }, "
#define CLIENT(more)   "'clients': [ { 'name': 'c', 'to': 'l7', " more " } ], "
#define EVERY_SECOND   CLIENT("'arrival': { 'process': 'constant', 'rate': '1/s' }")
#define L7(more)                                                                                   \
    "'balancers': [ { 'name': 'l7', 'algorithm': 'round_robin', 'to': 's', " more " } ], "
#define BACKENDS(more) "'backends': [ { 'name': 's', " more " } ] }"
#define EVENTS(list)   "'events': [ " list " ], "

static const nsec MS = 1000000;

static void all_latencies_are(const struct record *r, nsec exact)
{
    uint64_t seen = 0;

    for (uint32_t i = 0; i < r->slices; i++) {
        const struct hist *h = &r->slice[i].latency;

        seen += h->total;
        CU_ASSERT(h->total == 0 || (h->min == exact && h->max == exact));
    }
    CU_ASSERT(seen > 0 && seen == r->requests);
}

static uint64_t all_picked(const struct record *r)
{
    uint64_t n = 0;

    for (uint32_t b = 0; b < r->backends; b++)
        n += count_picked(r, b);
    return n;
}

static nsec longest(const struct record *r)
{
    nsec most = 0;

    for (uint32_t i = 0; i < r->slices; i++)
        if (r->slice[i].latency.max > most)
            most = r->slice[i].latency.max;
    return most;
}

/* ---- hedging ---- */

/* Every request goes to the slow one, which takes 100 ms, and after 20 ms to the quick one. */
#define SLOW_AND_QUICK "'count': 2, 'service': '10ms', 'speed': [0.1, 1]"

static void a_hedge_is_sent_after_the_wait_and_the_first_answer_counts(void)
{
    struct record r = simulate(RUN("'requests': 10") EVERY_SECOND L7("'hedge': { 'after': '20ms' }")
                                   BACKENDS(SLOW_AND_QUICK));

    all_latencies_are(&r, 30 * MS);
    CU_ASSERT(r.demand_served == 10 * 10 * MS);
    CU_ASSERT(r.demand_wasted == 10 * 30 * MS); /* taken out when the other had answered */
    CU_ASSERT_EQUAL(all_picked(&r), 20);
    CU_ASSERT_EQUAL(r.orphans, 10);
    CU_ASSERT_EQUAL(r.retries, 0);
    record_fini(&r);
}

/* 2 ms from the client, 1 ms to the backends, and back: the answer is there after 36 ms; the CANCEL
 * comes 32 ms after its attempt began, but for the last one: the run is over 2 ms later. */
static void ways_take_their_time_for_hedges_and_cancels(void)
{
    struct record r = simulate(RUN("'requests': 10")
                               CLIENT("'rtt': '4ms', 'arrival': { 'process': 'constant', 'rate': "
                                      "'1/s' }")
                               "'links': [ { 'from': 'l7', 'to': 's', 'latency': '1ms' } ], "
                               L7("'hedge': { 'after': '20ms' }") BACKENDS(SLOW_AND_QUICK));

    all_latencies_are(&r, 36 * MS);
    CU_ASSERT(r.demand_wasted == 10 * 32 * MS);
    record_fini(&r);
}

static void an_answer_in_time_needs_no_hedge(void)
{
    static const char *const hedge[] = { "'retries': { 'max': 0 }",
                                         "'hedge': { 'after': '10h', 'max': 3 }" };
    struct record r[2];

    for (int k = 0; k < 2; k++)
        r[k] = simulate(RUN("'requests': 20000")
                        CLIENT("'arrival': { 'process': 'poisson', 'rate': '800/s' }")
                        "'balancers': [ { 'name': 'l7', 'algorithm': 'p2c', 'to': 's', %s } ], "
                        BACKENDS("'count': 10, 'service': { 'dist': 'exponential', 'mean': "
                                 "'10ms' }"), hedge[k]);
    CU_ASSERT_EQUAL(r[1].attempts, 20000);
    CU_ASSERT(r[0].digest == r[1].digest && r[0].area == r[1].area);
    record_fini(&r[0]);
    record_fini(&r[1]);
}

static void a_hedge_never_goes_where_an_attempt_is_out(void)
{
    struct record r = simulate(RUN("'requests': 10") EVERY_SECOND
                               L7("'hedge': { 'after': '1ms', 'max': 5 }")
                               BACKENDS("'count': 3, 'service': '50ms'"));

    all_latencies_are(&r, 50 * MS);
        for (uint32_t b = 0; b < 3; b++)
        CU_ASSERT_EQUAL(count_picked(&r, b), 10);
    record_fini(&r);
}

/* 500 requests wait for their hedge at a time, more than a lane of timers begins with: it drops
 * those that nobody waits for any more as it grows, and no other. */
static void hedges_go_out_however_many_wait(void)
{
    struct record r = simulate(RUN("'requests': 2000")
                               CLIENT("'arrival': { 'process': 'constant', 'rate': '25000/s' }")
                               L7("'hedge': { 'after': '20ms' }")
                               BACKENDS("'count': 2, 'service': '50ms', 'workers': 10000"));

    all_latencies_are(&r, 50 * MS);
    CU_ASSERT_EQUAL(all_picked(&r), 4000);
    record_fini(&r);
}

/* As many checks wait in a lane, and all of them go on: whoever crashes is found out in time. */
static void checks_go_on_beside_hedges_however_many_wait(void)
{
    struct record r = simulate(RUN("'duration': '12s'")
                               CLIENT("'arrival': { 'process': 'constant', 'rate': '200/s' }")
                               L7("'hedge': { 'after': '20ms' }, 'health_check': { 'interval': "
                                  "'500ms', 'timeout': '200ms', 'rise': 1, 'fall': 1 }")
                               EVENTS("{ 'at': '5s', 'do': 'fail', 'mode': 'crash', 'target': "
                                      "'s[0..99]' }")
                               BACKENDS("'count': 200, 'service': '1ms'"));

    for (uint32_t b = 0; b < 200; b++)
        CU_ASSERT_EQUAL(picked_between(&r, b, 6 * SECOND, 12 * SECOND) > 0, b >= 100);
    record_fini(&r);
}

/* The same work at two equal servers gains nothing; another draw is the lesser of two, here of
 * exponentials: half.  5 % is 7 standard errors of 20 000 requests. */
static void a_hedge_has_the_same_demand_unless_it_draws_anew(void)
{
    static const struct { const char *redraw; double mean; } row[] = {
        { "false", .010 }, { "true", .005 },
    };

    for (size_t k = 0; k < ARRAY_LEN(row); k++) {
        struct record r = simulate(RUN("'requests': 20000") EVERY_SECOND
                                   L7("'hedge': { 'after': '0', 'redraw': %s }")
                                   BACKENDS("'count': 2, 'service': { 'dist': 'exponential', "
                                            "'mean': '10ms' }"), row[k].redraw);

        CU_ASSERT_DOUBLE_EQUAL(record_mean(&r), row[k].mean, 0.05 * row[k].mean);
        CU_ASSERT_EQUAL(all_picked(&r), 40000);
        record_fini(&r);
    }
}

/* One is sent at 0 and 50 ms of work; its backend crashes at 30 ms, the hedge is out since 20. */
static void a_failure_waits_for_what_is_still_out(void)
{
    struct record r = simulate(RUN("'requests': 1") EVERY_SECOND L7("'hedge': { 'after': '20ms' }")
                               EVENTS("{ 'at': '1030ms', 'do': 'fail', 'mode': 'crash', "
                                      "'target': 's[0]' }")
                               BACKENDS("'count': 2, 'service': '50ms'"));

    all_latencies_are(&r, 70 * MS);
    CU_ASSERT_EQUAL(count_failed(&r, 0), 1);
    record_fini(&r);
}

/* Both are gone at 30 ms: that is the answer, or the reason to try the third. */
static void when_all_have_failed_the_last_status_counts(void)
{
    static const struct { const char *retries; enum outcome outcome; nsec ends; } row[] = {
        { "", OUTCOME_RESET, 30 }, { ", 'retries': { 'max': 1, 'on': ['reset'] }", OUTCOME_OK, 80 },
    };

    for (size_t k = 0; k < ARRAY_LEN(row); k++) {
        struct record r = simulate(RUN("'requests': 1") EVERY_SECOND
                                   L7("'hedge': { 'after': '20ms' }%s")
                                   EVENTS("{ 'at': '1030ms', 'do': 'fail', 'mode': 'crash', "
                                          "'target': 's[0..1]' }")
                                   BACKENDS("'count': 3, 'service': '50ms'"), row[k].retries);

        CU_ASSERT_EQUAL(count_ended(&r, row[k].outcome), 1);
        CU_ASSERT(r.sojourn == row[k].ends * MS);
        CU_ASSERT_EQUAL(r.retries, k);
        record_fini(&r);
    }
}

/* Sent at 0 and 10 ms, each is given 30 ms; then one retry, again with a hedge if one is left. */
static void every_attempt_has_its_own_timeout(void)
{
    static const struct { const char *more; nsec ends; uint64_t orphans; } row[] = {
        { "'max': 1 }", 40, 2 },
        { "'max': 2 }", 50, 3 },
        { "'max': 1 }, 'retries': { 'max': 1, 'on': ['timeout'] }", 70, 3 },
    };

    for (size_t k = 0; k < ARRAY_LEN(row); k++) {
        struct record r = simulate(RUN("'requests': 5") EVERY_SECOND
                                   L7("'timeout': '30ms', 'hedge': { 'after': '10ms', %s")
                                   BACKENDS("'count': 4, 'service': '1h'"), row[k].more);

        CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_TIMEOUT), 5);
        CU_ASSERT(r.sojourn == 5 * row[k].ends * MS);
        CU_ASSERT_EQUAL(r.orphans, 5 * row[k].orphans);
        record_fini(&r);
    }
}

static void nobody_usable_is_said_at_once(void)
{
    static const char *const more[] = { "'hedge': { 'after': '1ms' }", "'fan_out': 'all'" };

    for (size_t k = 0; k < ARRAY_LEN(more); k++) {
        struct record r = simulate(RUN("'requests': 3") EVERY_SECOND L7("%s")
                                   EVENTS("{ 'at': '500ms', 'do': 'drain', 'target': 's' }")
                                   BACKENDS("'count': 2, 'service': '1ms'"), more[k]);

        CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_UNAVAILABLE), 3);
        CU_ASSERT(r.sojourn == 0);
        record_fini(&r);
    }
}

/* ---- fan-out ---- */

static void a_fan_out_takes_as_long_as_its_slowest_part(void)
{
    static const struct { const char *fan_out; uint64_t parts; } row[] = {
        { "3", 3 }, { "'all'", 3 }, { "10", 3 },
    };

    for (size_t k = 0; k < ARRAY_LEN(row); k++) {
        struct record r = simulate(RUN("'requests': 10") EVERY_SECOND L7("'fan_out': %s")
                                   BACKENDS("'count': 3, 'service': '10ms', 'speed': [1, 0.5, "
                                            "0.25]"), row[k].fan_out);

        all_latencies_are(&r, 40 * MS);
        CU_ASSERT_EQUAL(r.attempts, 10 * row[k].parts);
        CU_ASSERT(r.demand_wasted == 0);
        for (uint32_t b = 0; b < 3; b++)
            CU_ASSERT_EQUAL(count_served(&r, b), 10);
        record_fini(&r);
    }
}

/* The greatest of n exponentials has mean 1 + 1/2 + ... + 1/n. */
static void every_part_has_a_demand_of_its_own(void)
{
    struct record r = simulate(RUN("'requests': 20000") EVERY_SECOND L7("'fan_out': 4")
                               BACKENDS("'count': 8, 'service': { 'dist': 'exponential', 'mean': "
                                        "'10ms' }"));

    CU_ASSERT_DOUBLE_EQUAL(record_mean(&r), .010 * 25 / 12, .03 * .010 * 25 / 12);
    record_fini(&r);
}

static void the_worst_status_of_a_fan_out_counts(void)
{
    struct record r = simulate(RUN("'requests': 3") EVERY_SECOND L7("'fan_out': 'all'")
                               EVENTS("{ 'at': '500ms', 'do': 'fail', 'mode': 'error', 'target': "
                                      "'s[1]' }, { 'at': '1005ms', 'do': 'fail', 'mode': "
                                      "'crash', 'target': 's[2]' }")
                               BACKENDS("'count': 3, 'service': '10ms'"));

    CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_RESET), 1); /* in service when it crashed */
    CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_REFUSED), 2);
    CU_ASSERT(r.sojourn == 3 * 10 * MS);                /* none before the last has answered */
    record_fini(&r);
}

static void the_timeout_ends_all_parts_of_a_fan_out(void)
{
    struct record r = simulate(RUN("'requests': 3") EVERY_SECOND
                               L7("'fan_out': 'all', 'timeout': '25ms'")
                               BACKENDS("'count': 3, 'service': '10ms', 'speed': [1, 0.1, 0.1]"));

    CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_TIMEOUT), 3);
    CU_ASSERT(r.sojourn == 3 * 25 * MS);
    CU_ASSERT_EQUAL(r.orphans, 6);
    CU_ASSERT(r.demand_wasted == 3 * 2 * 25 * MS);
    record_fini(&r);
}

/* ---- tiers ---- */

/* The front hedges; the tier behind times out, tries again, and hedges or fans out itself: 10 ms
 * of work in the end, whatever the way to it. */
static void tiers_behind_treat_an_attempt_like_a_request(void)
{
    static const struct { const char *front, *back; nsec exact; } row[] = {
        { "'hedge': { 'after': '2ms' }", "'retries': { 'max': 0 }", 10 },
        { "'hedge': { 'after': '0', 'max': 2 }", "'hedge': { 'after': '1ms' }", 10 },
        { "'fan_out': 2", "'hedge': { 'after': '0' }", 10 },
        { "'fan_out': 2", "'fan_out': 2", 10 },
        /* s[0] is slow: given up at 20 ms, the next takes 10 */
        { "'fan_out': 'all'", "'timeout': '20ms', 'retries': { 'max': 1, 'on': ['timeout'] }",
          30 },
    };

    for (size_t k = 0; k < ARRAY_LEN(row); k++) {
        struct record r = simulate(
            RUN("'requests': 10") "'clients': [ { 'name': 'c', 'to': 'front', 'arrival': { "
            "'process': 'constant', 'rate': '1/s' } } ], 'balancers': [ { 'name': 'front', "
            "'algorithm': 'round_robin', 'to': 'l7', %s }, { 'name': 'l7', 'instances': 3, "
            "'algorithm': 'round_robin', 'to': 's', %s } ], "
            BACKENDS("'count': 6, 'workers': 'unlimited', 'service': '10ms', "
                     "'speed': [%s, 1, 1, 1, 1, 1]"),
            row[k].front, row[k].back, row[k].exact == 10 ? "1" : "0.001");

        CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_OK), 10);
        if (row[k].exact == 10)
            all_latencies_are(&r, 10 * MS);
        else                        /* round robin comes to s[0] again only later */
            CU_ASSERT_EQUAL(longest(&r), row[k].exact * MS);
        record_fini(&r);
    }
}

/* Both parts go to s[0], which as good as hangs, and are tried again at s[1] after 20 ms, behind
 * the back of the front.  At 30 ms that gives up, and its CANCELs find the second attempts: 20 ms
 * of s[0] and 10 of s[1] were for nothing.  The next request is served by s[2], one part after the
 * other. */
static void a_cancel_finds_what_a_tier_behind_tries_again(void)
{
    struct record r = simulate(
        RUN("'requests': 2") "'clients': [ { 'name': 'c', 'to': 'front', 'arrival': { 'process': "
        "'constant', 'rate': '1/s' } } ], 'balancers': [ { 'name': 'front', 'algorithm': "
        "'random', 'to': 'l7', 'fan_out': 'all', 'timeout': '30ms' }, { 'name': 'l7', "
        "'instances': 2, 'algorithm': 'round_robin', 'to': 's', 'timeout': '20ms', 'retries': { "
        "'max': 1, 'on': ['timeout'] } } ], "
        BACKENDS("'count': 4, 'service': '15ms', 'speed': [0.001, 0.001, 3, 3]"));

    CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_TIMEOUT), 1);
    CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_OK), 1);
    CU_ASSERT(r.demand_wasted == (20 + 10) * MS);
    CU_ASSERT(r.demand_served == 2 * 5 * MS);
    record_fini(&r);
}

/* ---- least work left ---- */

static void have_equal_latencies(const struct record *a, const struct record *b)
{
    CU_ASSERT_EQUAL_FATAL(a->slices, b->slices);
    for (uint32_t i = 0; i < a->slices; i++) {
        struct hist_bucket x = { 0 }, y = { 0 };
        uint32_t at_x = 0, at_y = 0;

        CU_ASSERT(a->slice[i].latency_sum == b->slice[i].latency_sum);
        while (hist_next(&a->slice[i].latency, &at_x, &x)) {
            CU_ASSERT(hist_next(&b->slice[i].latency, &at_y, &y));
            CU_ASSERT(x.index == y.index && x.count == y.count);
        }
        CU_ASSERT(!hist_next(&b->slice[i].latency, &at_y, &y));
    }
}

/* Every request starts when it would with one queue before all workers: to the nanosecond. */
static void least_work_is_one_queue_for_all(void)
{
    static const struct { uint32_t n, rate; const char *more; } row[] = {
        { 2, 160, "'service': { 'dist': 'exponential', 'mean': '10ms' }" },
        { 10, 900, "'service': { 'dist': 'lognormal', 'mean': '10ms', 'cv': 2 }" },
        { 4, 380,
          "'overhead': '1ms', 'service': { 'dist': 'pareto', 'mean': '9ms', 'shape': 2.1 }" },
        { 5, 600, "'service': '10ms'" },
    };

    for (size_t k = 0; k < ARRAY_LEN(row); k++) {
        struct record r[2];

        for (uint32_t central = 0; central < 2; central++)
            r[central] = simulate(
                RUN("'requests': 30000") CLIENT("'arrival': { 'process': 'poisson', 'rate': "
                                                "'%u/s' }")
                "'balancers': [ { 'name': 'l7', 'algorithm': 'least_work', 'to': 's' } ], "
                BACKENDS("'count': %u, 'workers': %u, %s"), row[k].rate,
                central ? 1 : row[k].n, central ? row[k].n : 1, row[k].more);
        have_equal_latencies(&r[0], &r[1]);
        record_fini(&r[0]);
        record_fini(&r[1]);
    }
}

/* An l4 sees connections, whose work is not known: what is left is to take who has been idle for
 * longest, as jiq does.  20 servers at 20 %: all busy one time in 10^8. */
static void least_work_without_work_takes_who_was_idle_for_longest(void)
{
    static const char *const policy[] = { "least_work", "jiq" };
    struct record r[2];

    for (size_t k = 0; k < ARRAY_LEN(policy); k++)
        r[k] = simulate(RUN("'requests': 20000")
                        CLIENT("'protocol': 'tcp', 'count': 50, 'arrival': { 'process': 'poisson', "
                               "'rate': '400/s' }")
                        "'balancers': [ { 'name': 'l7', 'layer': 'l4', 'algorithm': '%s', 'to': "
                        "'s' } ], "
                        BACKENDS("'count': 20, 'service': { 'dist': 'exponential', 'mean': "
                                 "'10ms' }"), policy[k]);
    CU_ASSERT(r[0].digest == r[1].digest && r[0].attempts == 20000);
    record_fini(&r[0]);
    record_fini(&r[1]);
}

#define ROW(fact) { #fact, fact }
static const struct unit_test tests[] = {
    ROW(a_hedge_is_sent_after_the_wait_and_the_first_answer_counts),
    ROW(ways_take_their_time_for_hedges_and_cancels),
    ROW(an_answer_in_time_needs_no_hedge),
    ROW(a_hedge_never_goes_where_an_attempt_is_out),
    ROW(hedges_go_out_however_many_wait),
    ROW(checks_go_on_beside_hedges_however_many_wait),
    ROW(a_hedge_has_the_same_demand_unless_it_draws_anew),
    ROW(a_failure_waits_for_what_is_still_out),
    ROW(when_all_have_failed_the_last_status_counts),
    ROW(every_attempt_has_its_own_timeout),
    ROW(nobody_usable_is_said_at_once),
    ROW(a_fan_out_takes_as_long_as_its_slowest_part),
    ROW(every_part_has_a_demand_of_its_own),
    ROW(the_worst_status_of_a_fan_out_counts),
    ROW(the_timeout_ends_all_parts_of_a_fan_out),
    ROW(tiers_behind_treat_an_attempt_like_a_request),
    ROW(a_cancel_finds_what_a_tier_behind_tries_again),
    ROW(least_work_is_one_queue_for_all),
    ROW(least_work_without_work_takes_who_was_idle_for_longest),
};

UNIT_MAIN("legs", tests)
