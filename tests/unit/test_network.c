/* test_network.c - what happens to requests in small networks, by scenarios whose answers can be
 * worked out: who gets what, how long it takes to the nanosecond, what failures do, what is
 * left over. */
#include "unit.h"

#include "simulate.h"

#include <math.h>
#include <string.h>

#define RUN(what)     "{ 'version': 1, 'name': 't', 'run': { " what " }, "
#define CLIENT(more)  "'clients': [ { 'name': 'c', " more " } ], "
#define EVERY(gap)    "'arrival': { 'process': 'constant', 'rate': '" gap "' }"
#define POISSON(rate) "'arrival': { 'process': 'poisson', 'rate': '" rate "' }"
#define L7(more)      "{ 'name': 'l7', 'algorithm': 'round_robin', 'to': 's'" more " }"
#define L4(to, more)                                                                               \
    "{ 'name': 'l4', 'layer': 'l4', 'algorithm': 'round_robin', 'to': '" to "'" more " }"
#define BALANCERS(list) "'balancers': [ " list " ], "
#define BACKENDS(count, service, more)                                                             \
    "'backends': [ { 'name': 's', 'count': " count ", 'service': " service more " } ] }"
#define UNLIMITED ", 'workers': 'unlimited'"

static uint32_t backends_used(const struct record *r)
{
    uint32_t n = 0;

    for (uint32_t b = 0; b < r->backends; b++)
        n += count_served(r, b) > 0;
    return n;
}

static void all_latencies_are(const struct record *r, nsec exact)
{
    for (uint32_t i = 0; i < r->slices; i++) {
        const struct hist *h = &r->slice[i].latency;

        CU_ASSERT(h->total == 0 || (h->min == exact && h->max == exact));
    }
}

static u128 latency_sum(const struct record *r)
{
    u128 sum = 0;

    for (uint32_t i = 0; i < r->slices; i++)
        sum += r->slice[i].latency_sum;
    return sum;
}

/* ---- the time that ways take ---- */

/* 4 ms there and back, two links, 10 ms of service: once with an OPEN before it, then without. */
static void latency_is_the_sum_of_its_parts(void)
{
    static const struct {
        const char *what, *client, *balancers, *links;
        double first, later;
    } row[] = {
        { "warm, l7", "'to': 'l7'", L7(""), "{ 'from': 'l7', 'to': 's', 'latency': '1ms' }", 16,
          16 },
        { "h1, l7: one round trip to open", "'to': 'l7', 'protocol': 'h1'", L7(""),
          "{ 'from': 'l7', 'to': 's', 'latency': '1ms' }", 20, 16 },
        { "h2, l7", "'to': 'l7', 'protocol': 'h2'", L7(""),
          "{ 'from': 'l7', 'to': 's', 'latency': '1ms' }", 20, 16 },
        { "tcp, l7: opens every time", "'to': 'l7', 'protocol': 'tcp'", L7(""),
          "{ 'from': 'l7', 'to': 's', 'latency': '1ms' }", 20, 20 },
        { "h1, l4: the backend opens", "'to': 'l4', 'protocol': 'h1'", L4("s", ""),
          "{ 'from': 'l4', 'to': 's', 'latency': '1ms' }", 22, 16 },
        { "h1, l4, l7", "'to': 'l4', 'protocol': 'h1'", L4("l7", "") ", " L7(""),
          "{ 'from': 'l4', 'to': 'l7', 'latency': '1ms' }, { 'from': 'l7', 'to': 's', 'latency': "
          "'2ms' }",
          26, 20 },
        { "h1, nat, l4, l7", "'to': 'l4', 'protocol': 'h1', 'nat': { 'addresses': 1 }",
          L4("l7", "") ", " L7(""),
          "{ 'from': 'l4', 'to': 'l7', 'latency': '1ms' }, { 'from': 'l7', 'to': 's', 'latency': "
          "'2ms' }",
          26, 20 },
        { "tcp, nat, l4, l7", "'to': 'l4', 'protocol': 'tcp', 'nat': { 'addresses': 1 }",
          L4("l7", "") ", " L7(""),
          "{ 'from': 'l4', 'to': 'l7', 'latency': '1ms' }, { 'from': 'l7', 'to': 's', 'latency': "
          "'2ms' }",
          26, 26 },
        { "warm, nat, l7", "'to': 'l7', 'nat': { 'addresses': 3 }", L7(""),
          "{ 'from': 'l7', 'to': 's', 'latency': '1ms' }", 16, 16 },
        { "warm, l7, l7", "'to': 'front'",
          "{ 'name': 'front', 'algorithm': 'random', 'to': 'l7' }, " L7(""),
          "{ 'from': 'front', 'to': 'l7', 'latency': '1ms' }, { 'from': 'l7', 'to': 's', "
          "'latency': '2ms' }",
          20, 20 },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct record r = simulate(
            RUN("'requests': 5") "'clients': [ { 'name': 'c', 'rtt': '4ms', %s, " EVERY(
                "1/s") " } ], 'balancers': [ %s ], 'links': [ %s ], " BACKENDS("3", "'10ms'", ""),
            row[i].client, row[i].balancers, row[i].links);
        double sum = (double)latency_sum(&r) / 1e6;

        CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_OK), 5);
        CU_ASSERT_DOUBLE_EQUAL(sum, row[i].first + 4 * row[i].later, 1e-9);
        if (fabs(sum - row[i].first - 4 * row[i].later) > 1e-9)
            fprintf(stderr, "  %s: %g ms in all\n", row[i].what, sum);
        record_fini(&r);
    }
}

/* ---- connections ---- */

#define GRPC CLIENT("'to': '%s', 'count': 2, 'protocol': 'grpc', " POISSON("400/s"))

static void an_l4_sends_each_grpc_client_to_one_backend(void)
{
    struct record r = simulate(
        RUN("'duration': '10s'") GRPC BALANCERS(L4("s", "")) BACKENDS("12", "'1ms'", ""), "l4");

    CU_ASSERT_EQUAL(backends_used(&r), 2);
    CU_ASSERT_EQUAL(count_tally(&r, TALLY_CONNECTIONS_OPENED), 2);
    CU_ASSERT_EQUAL(count_picked(&r, 0) + count_picked(&r, 1), 2);
    record_fini(&r);
}

static void an_l7_spreads_every_grpc_request(void)
{
    struct record r =
        simulate(RUN("'duration': '10s'") GRPC BALANCERS(L7("")) BACKENDS("12", "'1ms'", ""), "l7");

    CU_ASSERT_EQUAL(count_tally(&r, TALLY_CONNECTIONS_OPENED), 2);
    for (uint32_t b = 0; b < 12; b++)
        CU_ASSERT(count_served(&r, b) + 1 >= count_born(&r) / 12
                  && count_served(&r, b) <= count_born(&r) / 12 + 1);
    record_fini(&r);
}

/* One connection, a request every 10 ms, each takes 25 ms: the k-th waits 15 k ms at the client. */
static void h1_takes_one_request_at_a_time(void)
{
    struct record r =
        simulate(RUN("'requests': 20")
                     CLIENT("'to': 'l7', 'protocol': 'h1', 'connections': 1, " EVERY("100/s"))
                         BALANCERS(L7("")) BACKENDS("1", "'25ms'", UNLIMITED));

    CU_ASSERT_EQUAL(count_tally(&r, TALLY_CONNECTIONS_OPENED), 1);
    CU_ASSERT(latency_sum(&r) == (20 * 25 + 15 * 190) * (u128)MILLISECOND);
    record_fini(&r);
}

static void connections_as_protocols_need_them(void)
{
    static const struct {
        const char *client;
        uint64_t connections;
        nsec latency;
    } row[] = {
        { "'protocol': 'h1'", 3, 25 }, /* three at a time, kept alive */
        { "'protocol': 'tcp'", 100, 25 },
        { "'protocol': 'h2'", 1, 25 },
        { "'protocol': 'h2', 'max_streams': 1, 'connections': 9", 3, 25 },
        { "'protocol': 'h2', 'max_streams': 2, 'connections': 9", 2, 25 },
        { "'protocol': 'h2', 'requests_per_connection': 10, 'connections': 9", 10, 25 },
        { "'protocol': 'h1', 'requests_per_connection': 1", 100, 25 },
        { "'protocol': 'warm'", 0, 25 },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct record r =
            simulate(RUN("'requests': 100") "'clients': [ { 'name': 'c', 'to': 'l7', %s, " EVERY(
                         "100/s") " } ], " BALANCERS(L7("")) BACKENDS("1", "'25ms'", UNLIMITED),
                     row[i].client);

        unsigned long long opened = count_tally(&r, TALLY_CONNECTIONS_OPENED);

        CU_ASSERT_EQUAL(opened, row[i].connections);
        if (opened != row[i].connections)
            fprintf(stderr, "  %s: %llu connections\n", row[i].client, opened);
        all_latencies_are(&r, row[i].latency * MILLISECOND);
        record_fini(&r);
    }
}

static void a_connection_ends_at_its_age_or_after_its_requests(void)
{
    static const struct {
        const char *limit;
        uint64_t connections;
    } row[] = {
        { "'requests_per_connection': 10", 10 },
        { "'requests_per_connection': 7", 15 },
        { "'max_connection_age': '1s'", 10 },
        { "'max_connection_age': '450ms'", 20 },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct record r = simulate(
            RUN("'requests': 100") "'clients': [ { 'name': 'c', 'to': 'l7', "
                                   "'protocol': 'h1', %s, " EVERY("10/s") " } ], " BALANCERS(L7(""))
                                       BACKENDS("1", "'25ms'", ""),
            row[i].limit);

        CU_ASSERT_EQUAL(count_tally(&r, TALLY_CONNECTIONS_OPENED), row[i].connections);
        CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_OK), 100);
        record_fini(&r);
    }
}

/* Two streams of 30 ms are 66 requests a second; 100 come: the rest wait at the client, not at
 * the backend. */
static void max_streams_make_requests_wait_at_the_client(void)
{
    struct record r =
        simulate(RUN("'requests': 100")
                     CLIENT("'to': 'l4', 'protocol': 'h2', 'max_streams': 2, " EVERY("100/s"))
                         BALANCERS(L4("s", "")) BACKENDS("1", "'30ms'", UNLIMITED));
    uint64_t at_backend = 0;

    for (uint32_t i = 0; i < r.slices; i++)
        at_backend += record_backend(&r, 0, i)->latency_sum;
    CU_ASSERT_EQUAL(at_backend, 100 * 30 * MILLISECOND);
    CU_ASSERT(record_mean(&r) > 0.2);
    CU_ASSERT_EQUAL(count_tally(&r, TALLY_CONNECTIONS_OPENED), 1);
    record_fini(&r);
}

/* ---- address translation, idle timeouts ---- */

static uint32_t used_by_source_hash(const char *nat)
{
    struct record r = simulate(
        RUN("'duration': '10s'") "'clients': [ { 'name': 'c', 'to': 'l4', 'count': 500, "
                                 "'protocol': 'tcp'%s, " POISSON(
                                     "500/s") " } ], 'balancers': [ { 'name': 'l4', 'layer': 'l4', "
                                              "'algorithm': 'maglev', 'hash_on': 'source_ip', "
                                              "'to': 's' } ], " BACKENDS(
                                                  "10", "'1ms'", ""),
        nat);
    uint32_t used = backends_used(&r);

    CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_OK), count_born(&r));
    record_fini(&r);
    return used;
}

static void a_source_hash_behind_a_nat_sees_only_its_addresses(void)
{
    CU_ASSERT_EQUAL(used_by_source_hash(""), 10);
    CU_ASSERT_EQUAL(used_by_source_hash(", 'nat': { 'addresses': 1 }"), 1);
    CU_ASSERT(used_by_source_hash(", 'nat': { 'addresses': 3 }") <= 3);
}

/* Two ports: of requests that take a second each, two at a time; a port is free again after its
 * CLOSE. */
static void a_nat_without_a_free_port_refuses(void)
{
    struct record r = simulate(RUN("'requests': 30")
                                   CLIENT("'to': 'l4', 'protocol': 'tcp', "
                                          "'nat': { 'addresses': 1, 'ports': 2 }, " EVERY("10/s"))
                                       BALANCERS(L4("s", "")) BACKENDS("1", "'950ms'", UNLIMITED));

    CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_OK), 6);
    CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_REFUSED), 24);
    record_fini(&r);
}

/* A request every 2 s on a kept-alive connection that somebody forgets after 1 s: every other
 * one is reset, the next one opens anew. */
static void a_forgotten_flow_is_reset(void)
{
    static const struct {
        const char *nat, *l4;
    } row[] = {
        { "", ", 'idle_timeout': '1s'" },
        { ", 'nat': { 'addresses': 1, 'timeout': '1s' }", "" },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct record r = simulate(
            RUN("'requests': 10") "'clients': [ { 'name': 'c', 'to': 'l4', "
                                  "'protocol': 'h1'%s, " EVERY(
                                      "0.5/s") " } ], 'balancers': [ { 'name': 'l4', 'layer': "
                                      "'l4', "
                                               "'algorithm': 'least_conn', 'to': 's'%s } ], "
                                               "" BACKENDS(
                                                   "2", "'10ms'", ""),
            row[i].nat, row[i].l4);

        CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_OK), 5);
        CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_RESET), 5);
        CU_ASSERT_EQUAL(count_tally(&r, TALLY_CONNECTIONS_OPENED), 5);
        record_fini(&r);
    }
}

static void a_flow_in_use_is_not_forgotten(void)
{
    struct record r = simulate(
        RUN("'requests': 50") CLIENT("'to': 'l4', 'protocol': 'h1', "
                                     "'nat': { 'addresses': 1, 'timeout': '1s' }, " EVERY("2/s"))
            BALANCERS(L4("s", ", 'idle_timeout': '1s'")) BACKENDS("2", "'10ms'", ""));

    CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_OK), 50);
    CU_ASSERT_EQUAL(count_tally(&r, TALLY_CONNECTIONS_OPENED), 1);
    record_fini(&r);
}

/* ---- failures ---- */

#define EVENTS(list) "'events': [ " list " ], "
#define FAILING(retries, mode, client)                                                             \
    simulate(RUN("'duration': '10s'") CLIENT("'to': 'l7'" client ", " EVERY("100/s"))              \
                 BALANCERS(L7(retries)) EVENTS("{ 'at': '3.0005s', 'do': 'fail', 'mode': '" mode   \
                                               "', 'target': 's[1]', 'for': '4s' }")               \
                     BACKENDS("2", "'40ms'", UNLIMITED))

/* 400 requests in 4 s, every other one to s[1]; those of its last 40 ms are cut off: two of the
 * 200 before. */
static void a_crash_refuses_and_resets(void)
{
    struct record r = FAILING("", "crash", "");

    CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_REFUSED), 200);
    CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_RESET), 2);
    CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_OK), count_born(&r) - 202);
    CU_ASSERT_EQUAL(count_failed(&r, 1), 202);
    record_fini(&r);
}

static void retries_save_what_a_crash_refuses(void)
{
    struct record r = FAILING(", 'retries': { 'max': 1, 'on': ['refused', 'reset'] }", "crash", "");

    CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_OK), count_born(&r));
    /* a retry takes s[0]'s turn: the next request is s[1]'s, and refused in its turn */
    CU_ASSERT(r.retries >= 202 && r.retries <= 402);
    CU_ASSERT_EQUAL(r.attempts, count_born(&r) + r.retries);
    record_fini(&r);
}

static void a_hang_is_survived_by_timeout_and_retry(void)
{
    struct record r =
        FAILING(", 'timeout': '100ms', 'retries': { 'max': 1, 'on': ['timeout'] }", "hang", "");

    CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_OK), count_born(&r));
    CU_ASSERT(r.retries >= 199 && r.orphans == r.retries); /* the last few are saved by its end */
    struct hist h = latency_between(&r, 4 * SECOND, 7 * SECOND);
    CU_ASSERT_EQUAL(h.max, 140 * MILLISECOND);
    hist_fini(&h);
    CU_ASSERT(r.demand_wasted > 0 && r.demand_wasted <= 2 * 40 * (u128)MILLISECOND);
    record_fini(&r);
}

static void a_hang_times_clients_out(void)
{
    struct record r = FAILING("", "hang", ", 'timeout': '100ms'");

    CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_TIMEOUT),
                    202 - 3); /* those of the last 60 ms are saved by its end */
    CU_ASSERT_EQUAL(count_unfinished(&r), 0);
    record_fini(&r);
}

/* Nobody times out: what hangs goes on when the hang is over, and at the end it is unfinished. */
static void a_hang_that_nobody_notices(void)
{
    struct record r = FAILING("", "hang", "");

    CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_OK), count_born(&r));
    record_fini(&r);
    r = simulate(RUN("'duration': '10s'") CLIENT("'to': 'l7', " EVERY("100/s")) BALANCERS(L7(""))
                     EVENTS("{ 'at': '3.0005s', 'do': 'fail', 'mode': 'hang', 'target': 's[1]' }")
                         BACKENDS("2", "'40ms'", UNLIMITED));
    CU_ASSERT_EQUAL(count_unfinished(&r), count_born(&r) - count_ended(&r, OUTCOME_OK));
    CU_ASSERT(count_unfinished(&r) >= 351 && count_unfinished(&r) <= 352);
    record_fini(&r);
}

static void errors_are_told_or_tried_again(void)
{
    struct record r = FAILING("", "error", "");

    CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_ERROR), 200);
    CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_OK), count_born(&r) - 200);
    record_fini(&r);
    r = FAILING(", 'retries': { 'max': 1, 'on': ['5xx'] }", "error", "");
    CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_OK), count_born(&r));
    record_fini(&r);
    r = FAILING(", 'retries': { 'max': 1, 'on': ['refused'] }", "error", "");
    CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_ERROR), 200);
    CU_ASSERT_EQUAL(r.retries, 0);
    record_fini(&r);
}

/* Behind an l4 a crash breaks the connections, and opening another one goes on to a backend
 * that lives. */
static void a_crash_behind_an_l4_breaks_connections(void)
{
    struct record r =
        simulate(RUN("'duration': '10s'")
                     CLIENT("'to': 'l4', 'count': 20, 'protocol': 'h2', " POISSON("400/s"))
                         BALANCERS(L4("s", ", 'health_check': { 'interval': '100ms', 'fall': 1 }"))
                             EVENTS("{ 'at': '5s', 'do': 'fail', 'target': 's[1]' }")
                                 BACKENDS("4", "'100ms'", UNLIMITED));

    /* 400/s x 100 ms = 40 in flight, a quarter of them there; some more try to connect before
     * the checks tell */
    CU_ASSERT(count_ended(&r, OUTCOME_RESET) >= 1 && count_ended(&r, OUTCOME_RESET) <= 30);
    CU_ASSERT(count_ended(&r, OUTCOME_REFUSED) <= 60);
    CU_ASSERT_EQUAL(count_failed(&r, 1), count_ended(&r, OUTCOME_RESET));
    CU_ASSERT_EQUAL(picked_between(&r, 1, 6 * SECOND, 10 * SECOND), 0);
    CU_ASSERT_EQUAL(count_unfinished(&r), 0);
    record_fini(&r);
}

/* ---- changes of membership ---- */

#define CHANGING(algorithm, event)                                                                 \
    simulate(RUN("'duration': '10s'") CLIENT("'to': 'l7', " EVERY("100/s"))                        \
                 BALANCERS("{ 'name': 'l7', 'algorithm': '" algorithm "', 'to': 's' }")            \
                     EVENTS("{ 'at': '4.0005s', 'do': " event " }")                                \
                         BACKENDS("2", "'100ms'", UNLIMITED))

static void a_drain_finishes_what_is_there_and_takes_nothing_new(void)
{
    struct record r = CHANGING("round_robin", "'drain', 'target': 's[1]', 'for': '3s'");

    CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_OK), count_born(&r));
    CU_ASSERT_EQUAL(count_served(&r, 1), count_picked(&r, 1));
    CU_ASSERT_EQUAL(picked_between(&r, 1, 4200 * MILLISECOND, 7 * SECOND), 0);
    CU_ASSERT(picked_between(&r, 1, 8 * SECOND, 9 * SECOND) == 50);
    record_fini(&r);
}

static void a_removal_resets_what_is_there(void)
{
    struct record r = CHANGING("round_robin", "'remove', 'target': 's[1]'");

    CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_RESET), 5); /* 10 in the last 100 ms, every other one */
    CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_OK), count_born(&r) - 5);
    CU_ASSERT_EQUAL(picked_between(&r, 1, 4200 * MILLISECOND, 10 * SECOND), 0);
    record_fini(&r);
}

static void what_is_added_gets_its_share(void)
{
    struct record r = CHANGING("round_robin", "'add', 'target': 's', 'count': 2");

    CU_ASSERT_EQUAL(r.backends, 4);
    CU_ASSERT_EQUAL(picked_between(&r, 2, 0, 4 * SECOND), 0);
    for (uint32_t b = 0; b < 4; b++)
        CU_ASSERT(picked_between(&r, b, 6 * SECOND, 8 * SECOND) == 50);
    CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_OK), count_born(&r));
    record_fini(&r);
}

static void a_new_weight_shifts_the_shares(void)
{
    struct record r = CHANGING("weighted_round_robin", "'weight', 'target': 's[0]', 'weight': 3");

    CU_ASSERT_EQUAL(picked_between(&r, 0, 2 * SECOND, 4 * SECOND), 100);
    CU_ASSERT_EQUAL(picked_between(&r, 0, 6 * SECOND, 8 * SECOND), 150);
    CU_ASSERT_EQUAL(picked_between(&r, 1, 6 * SECOND, 8 * SECOND), 50);
    record_fini(&r);
    r = CHANGING("weighted_round_robin", "'weight', 'target': 's[0]', 'weight': 0");
    CU_ASSERT_EQUAL(picked_between(&r, 0, 6 * SECOND, 8 * SECOND), 0);
    record_fini(&r);
}

static void what_is_slow_takes_longer_until_it_is_not(void)
{
    struct record r = CHANGING("round_robin", "'slow', 'target': 's', 'factor': 4, 'for': '3s'");
    static const struct {
        nsec from, to, latency;
    } row[] = {
        { 0, 3600, 100 },
        { 4200, 6400, 400 },
        { 7200, 10000, 100 },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct hist h = latency_between(&r, row[i].from * MILLISECOND, row[i].to * MILLISECOND);

        CU_ASSERT(h.min == row[i].latency * MILLISECOND && h.max == row[i].latency * MILLISECOND);
        hist_fini(&h);
    }
    record_fini(&r);
}

/* ---- health checks ---- */

/* Down for good within interval x fall + timeout, and not before interval x (fall - 1); back within
 * interval x rise + a round trip, and not before interval x (rise - 1).  Slices are 200 ms. */
static void checks_take_out_and_bring_back_in_time(void)
{
    static const char *const mode[] = { "crash", "hang", "error" };

    for (size_t m = 0; m < ARRAY_LEN(mode); m++)
        for (uint32_t seed = 1; seed <= 3; seed++) {
            struct record r = simulate(
                "{ 'version': 1, 'name': 't', 'run': { 'duration': '12s', 'seed': %u }, " CLIENT(
                    "'to': 'l7', 'timeout': '1s', " POISSON("500/s"))
                    BALANCERS(L7(
                        ", 'health_check': { 'interval': '500ms', 'timeout': '200ms', 'rise': 2, "
                        "'fall': 3 }"))
                        EVENTS(
                            "{ 'at': '2s', 'do': 'fail', 'mode': '%s', 'target': 's[1]', 'for': "
                            "'5s' }")
                            BACKENDS("3", "'2ms'", UNLIMITED),
                seed, mode[m]);

            CU_ASSERT(r.slice_width == 200 * MILLISECOND);
            CU_ASSERT(picked_between(&r, 1, 2800 * MILLISECOND, 3 * SECOND) > 0);
            CU_ASSERT_EQUAL(picked_between(&r, 1, 3800 * MILLISECOND, 7400 * MILLISECOND), 0);
            CU_ASSERT(picked_between(&r, 1, 8 * SECOND, 8200 * MILLISECOND) > 0);
            CU_ASSERT(count_tally(&r, TALLY_PROBES) >= 3 * 22);
            CU_ASSERT(count_tally(&r, TALLY_PROBES) <= 3 * 25);
            record_fini(&r);
        }
}

/* ---- giving up ---- */

/* One worker, a second of work each, 100 requests that wait 50 ms each: nobody is served, and
 * the worker is busy exactly until each one's turn is over. */
static void a_cancel_takes_the_job_out(void)
{
    static const char *const discipline[] = { "fifo", "ps" };

    for (size_t i = 0; i < 2; i++) {
        struct record r = simulate(
            RUN("'requests': 100") CLIENT("'to': 'l7', 'timeout': '50ms', " EVERY("100/s"))
                BALANCERS(L7(
                    "")) "'backends': [ { 'name': 's', 'service': '1s', 'discipline': '%s' } ] }",
            discipline[i]);

        CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_TIMEOUT), 100);
        CU_ASSERT(r.demand_served == 0);
        CU_ASSERT(r.demand_wasted <= 1045 * (u128)MILLISECOND
                  && r.demand_wasted >= 1030 * (u128)MILLISECOND);
        CU_ASSERT_EQUAL(r.orphans, 100);
        record_fini(&r);
    }
}

#define STORM                                                                                      \
    EVENTS(                                                                                        \
        "{ 'at': '2s', 'do': 'fail', 'mode': 'hang', 'target': 's[1]', 'for': '2s' }, "            \
        "{ 'at': '3s', 'do': 'fail', 'mode': 'crash', 'target': 's[2]', 'for': '2s' }, "           \
        "{ 'at': '4s', 'do': 'slow', 'target': 's[0]', 'factor': 5, 'for': '3s' }, "               \
        "{ 'at': '5s', 'do': 'fail', 'mode': 'error', 'target': 's[3]', 'for': '2s' }, "           \
        "{ 'at': '6s', 'do': 'remove', 'target': 's[4]' }, { 'at': '7s', 'do': 'add', "            \
        "'target': 's', 'count': 2 }, " \
        "{ 'at': '7s', 'do': 'drain', 'target': 's[5]', 'for': '1s' }")
#define BUSY BACKENDS("6", "{ 'dist': 'exponential', 'mean': '10ms' }", ", 'queue_limit': 20")

/* Without, with constant and with random ways; the last are such that a CANCEL may overtake. */
#define FROM_TO(from, to, latency) "{ 'from': '" from "', 'to': '" to "', 'latency': " latency " }"
#define JITTER                     "{ 'dist': 'exponential', 'mean': '3ms' }"

/* Clients that give up, at an l7 that gives up and tries again: nothing is lost, nothing is
 * answered twice. */
static void nothing_is_left_over_behind_one_l7(void)
{
    static const char *const client[] = {
        "'timeout': '60ms', 'rtt': '8ms'",
        "'timeout': '60ms', 'rtt': '8ms', 'protocol': 'h1', 'count': 20",
        "'timeout': '50ms', 'protocol': 'h2', 'count': 5, 'max_streams': 20, 'rtt': { 'dist': "
        "'exponential', 'mean': '10ms' }",
        "'timeout': '40ms', 'rtt': '30ms', 'protocol': 'tcp', 'count': 20",
        "'rtt': '8ms'",
    };
    static const char *const ways[] = { "", FROM_TO("l7", "s", "'1ms'"),
                                        FROM_TO("l7", "s", JITTER) };

    for (size_t c = 0; c < ARRAY_LEN(client); c++)
        for (size_t k = 0; k < ARRAY_LEN(ways); k++) {
            struct world w;
            struct lab lab;

            world_text(
                &w,
                RUN("'duration': '9s'") "'clients': [ { 'name': 'c', 'to': 'l7', %s, " POISSON(
                    "450/s") " } ], 'links': [ %s ], " BALANCERS("{ 'name': 'l7', 'algorithm': "
                    "'p2c', 'to': 's', 'timeout': '25ms', 'instances': 2, "
                                                                 "'retries': { 'max': 2, 'on': "
                                                                 "['timeout', 'refused', "
                                                                 "'reset', '5xx'] }, "
                                                                 "'health_check': { 'interval': "
                                                                 "'1s' } }")
                    STORM BUSY,
                client[c], ways[k]);
            lab_run_to_the_end(&lab, &w, 20 * SECOND);
            CU_ASSERT_EQUAL(lab.sim.meter.record.area == lab.sim.meter.record.sojourn, true);
            lab_end(&lab);
            world_end(&w);
        }
}

static void nothing_is_left_over_behind_two_tiers_that_give_up(void)
{
    static const char *const ways[] = {
        "",
        FROM_TO("front", "l7", "'2ms'") ", " FROM_TO("l7", "s", "'1ms'"),
        FROM_TO("front", "l7", JITTER) ", " FROM_TO("l7", "s", JITTER),
    };

    for (size_t k = 0; k < ARRAY_LEN(ways); k++)
        for (uint32_t seed = 1; seed <= 3; seed++) {
            struct world w;
            struct lab lab;

            world_text(
                &w,
                "{ 'version': 1, 'name': 't', 'run': { 'duration': '9s', 'seed': %u }, " CLIENT(
                    "'to': 'front', 'rtt': '10ms', 'timeout': '90ms', " POISSON(
                        "450/s")) "'links': [ %s ], " BALANCERS("{ 'name': 'front', 'algorithm': "
                        "'random', 'to': 'l7', 'timeout': '37ms', 'instances': 2, "
                                                                "'retries': { 'max': 2, 'on': "
                                                                "['timeout', 'refused', '5xx'] } "
                                                                "}, "
                                                                "{ 'name': 'l7', 'algorithm': "
                                                                "'least_conn', 'to': 's', "
                                                                "'timeout': '18ms', 'instances': "
                                                                "3, "
                                                                "'retries': { 'max': 1, 'on': "
                                                                "['timeout', 'reset', 'refused'] "
                                                                "}, "
                                                                "'health_check': { 'interval': "
                                                                "'1s' } }")
                    STORM BUSY,
                seed, ways[k]);
            lab_run_to_the_end(&lab, &w, 20 * SECOND);
            lab_end(&lab);
            world_end(&w);
        }
}

/* Several attempts of one request at a time, in every combination of tiers: with clients that give
 * up, connections, closed loops; ways on which a CANCEL overtakes; every kind of failure. */
#define LEGS_L7(more)                                                                              \
    "{ 'name': 'l7', 'algorithm': 'p2c', 'to': 's', 'instances': 2, 'health_check': { "            \
    "'interval': '1s' }, " more " }"
#define LEGS_FRONT(more)                                                                           \
    "{ 'name': 'l7', 'algorithm': 'random', 'to': 'back', " more " }, "
#define LEGS_BACK(more)                                                                            \
    "{ 'name': 'back', 'algorithm': 'least_conn', 'to': 's', 'instances': 3, " more " }"
#define RETRIES "'retries': { 'max': 2, 'on': ['timeout', 'refused', 'reset', '5xx'] }"

static const char *const several_attempts[] = {
    LEGS_L7("'hedge': { 'after': '5ms', 'max': 2 }"),
    LEGS_L7("'hedge': { 'after': '5ms', 'max': 2 }, 'timeout': '25ms', " RETRIES),
    LEGS_L7("'hedge': { 'after': '0', 'max': 1, 'redraw': true }, 'timeout': '25ms', " RETRIES),
    LEGS_L7("'fan_out': 3, 'timeout': '40ms'"),
    LEGS_L7("'fan_out': 'all'"),
    LEGS_FRONT("'hedge': { 'after': '8ms' }, 'timeout': '37ms', " RETRIES)
        LEGS_BACK("'timeout': '18ms', " RETRIES),
    LEGS_FRONT("'timeout': '30ms', " RETRIES)
        LEGS_BACK("'hedge': { 'after': '4ms', 'redraw': true }, 'timeout': '18ms', " RETRIES),
    LEGS_FRONT("'fan_out': 2, 'timeout': '60ms'")
        LEGS_BACK("'hedge': { 'after': '6ms' }, 'timeout': '18ms', " RETRIES),
    LEGS_FRONT("'hedge': { 'after': '9ms', 'max': 2 }")
        LEGS_BACK("'fan_out': 2, 'timeout': '50ms'"),
};

static bool has_two_tiers(const char *balancers)
{
    return strstr(balancers, "'back'") != NULL;
}

static void nothing_is_left_over_of_several_attempts(void)
{
    static const char *const client[] = {
        "'timeout': '60ms', 'rtt': '8ms', " POISSON("200/s"),
        "'timeout': '60ms', 'rtt': '8ms', 'protocol': 'h1', 'count': 20, " POISSON("200/s"),
        "'timeout': '50ms', 'protocol': 'h2', 'count': 5, 'max_streams': 20, 'rtt': { 'dist': "
        "'exponential', 'mean': '10ms' }, " POISSON("200/s"),
        "'count': 12, 'arrival': { 'process': 'closed', 'think': '50ms' }",
    };
    static const char *const ways[][2] = {
        { "", "" },
        { FROM_TO("l7", "s", "'1ms'"), FROM_TO("l7", "back", "'2ms'") },
        { FROM_TO("l7", "s", JITTER),
          FROM_TO("l7", "back", JITTER) ", " FROM_TO("back", "s", JITTER) },
    };

    for (size_t b = 0; b < ARRAY_LEN(several_attempts); b++)
        for (size_t c = 0; c < ARRAY_LEN(client); c++)
            for (size_t k = 0; k < ARRAY_LEN(ways); k++) {
                struct world w;
                struct lab lab;

                world_text(&w,
                           "{ 'version': 1, 'name': 't', 'run': { 'duration': '9s', 'drain': "
                           "'10ms', 'seed': %zu }, 'clients': [ { 'name': 'c', 'to': 'l7', %s } ], "
                           "'links': [ %s ], 'balancers': [ %s ], " STORM BUSY,
                           1 + b + c + k, client[c], ways[k][has_two_tiers(several_attempts[b])],
                           several_attempts[b]);
                lab_run_to_the_end(&lab, &w, 20 * SECOND);
                CU_ASSERT(lab.sim.meter.record.area == lab.sim.meter.record.sojourn);
                CU_ASSERT(lab.sim.meter.record.attempts > lab.sim.meter.record.requests);
                lab_end(&lab);
                /* cell_run() closes the books while some are still out, and checks them */
                struct record r = world_run(&w, 0, 0);
                CU_ASSERT(r.requests > 0 && r.busy > 0);
                record_fini(&r);
                world_end(&w);
            }
}

/* The front gives up, and its CANCEL overtakes the request: the second tier must not wait for
 * ever for what a backend that hangs for good will never answer. */
static void a_cancel_that_came_first_is_not_forgotten(void)
{
    static const char *const second[] = { "'timeout': '100ms'", "'fan_out': 'all'",
                                          "'hedge': { 'after': '0' }, 'timeout': '100ms'" };

    for (size_t k = 0; k < ARRAY_LEN(second); k++) {
        struct world w;
        struct lab lab;

        world_text(&w,
                   RUN("'duration': '9s'") CLIENT("'to': 'front', " POISSON("300/s"))
                   "'links': [ " FROM_TO("front", "l7", "{ 'dist': 'exponential', 'mean': "
                                                        "'20ms' }") " ], "
                   BALANCERS("{ 'name': 'front', 'algorithm': 'random', 'to': 'l7', 'timeout': "
                             "'30ms' }, { 'name': 'l7', 'algorithm': 'random', 'to': 's', %s }")
                   EVENTS("{ 'at': '2s', 'do': 'fail', 'mode': 'hang', 'target': 's[1]' }")
                   BACKENDS("3", "'5ms'", UNLIMITED), second[k]);
        lab_run_to_the_end(&lab, &w, 20 * SECOND);
        lab_end(&lab);
        world_end(&w);
    }
}

/* An l4 owes its balancer a completion for every connection: all closed or forgotten in the end. */
static void nothing_is_left_over_behind_an_l4(void)
{
    static const char *const client[] = {
        "'timeout': '50ms', 'protocol': 'tcp', 'rtt': '8ms'",
        "'timeout': '30ms', 'protocol': 'tcp', 'rtt': '40ms'",
        "'timeout': '30ms', 'protocol': 'tcp'",
    };
    static const char *const ways[] = { "", FROM_TO("l4", "s", "'1ms'"),
                                        FROM_TO("l4", "s", JITTER) };

    for (size_t c = 0; c < ARRAY_LEN(client); c++)
        for (size_t k = 0; k < ARRAY_LEN(ways); k++) {
            struct world w;
            struct lab lab;

            world_text(
                &w,
                RUN("'duration': '9s'") "'clients': [ { 'name': 'c', 'to': 'l4', 'count': 50, %s, "
                                        "'nat': { 'addresses': 2 }, " POISSON(
                                            "450/s") " } ], 'links': [ %s ], " BALANCERS(L4("s",
                                                                                            ""))
                                            STORM BUSY,
                client[c], ways[k]);
            lab_run_to_the_end(&lab, &w, 20 * SECOND);
            lab_end(&lab);
            world_end(&w);
        }
}

/* On a way of random length the CLOSE of a client that gave up overtakes its OPEN. */
static void a_close_that_came_first_leaves_no_flow_behind(void)
{
    struct world w;
    struct lab lab;

    world_text(
        &w,
        RUN("'duration': '9s'")
            CLIENT("'to': 'l4', 'count': 50, 'protocol': 'tcp', 'timeout': '30ms', "
                "" POISSON("300/s")) "'links': [ " FROM_TO(
                "c", "l4",
                "{ 'dist': 'exponential', 'mean': '20ms' }") " ], " BALANCERS(L4("s", ""))
                BACKENDS("3", "'5ms'", UNLIMITED));
    lab_run_to_the_end(&lab, &w, 20 * SECOND);
    CU_ASSERT_EQUAL(lab.sim.conns.live, 0);
    lab_end(&lab);
    world_end(&w);
}

/* The client gives up at 100 ms, its CANCEL reaches the l7 at 110 ms; between the two, at 106
 * ms, the l7 gives up on its second attempt. The answer to that comes to a client that is gone. */
static void who_gave_up_is_not_answered_again(void)
{
    struct world w;
    struct lab lab;

    world_text(
        &w,
        RUN("'requests': 10") CLIENT("'to': 'l7', 'rtt': '20ms', 'timeout': '100ms', " EVERY("1/s"))
            BALANCERS(L7(", 'timeout': '48ms', 'retries': { 'max': 1, 'on': ['timeout'] }"))
                BACKENDS("2", "'1s'", ""));
    lab_run_to_the_end(&lab, &w, 20 * SECOND);
    CU_ASSERT_EQUAL(count_ended(&lab.sim.meter.record, OUTCOME_TIMEOUT), 10);
    lab_end(&lab);
    world_end(&w);
}

/* ---- what must hold between runs ---- */

static const char *const some_scenarios[] = {
    "scenarios/affinity/nat-source-hash.json",
    "scenarios/affinity/remove-one.json",
    "scenarios/basics/mm1.json",
    "scenarios/basics/power-of-two.json",
    "scenarios/failures/crash-and-recover.json",
    "scenarios/failures/hang.json",
    "scenarios/protocols/grpc-l4.json",
    "scenarios/protocols/grpc-l7.json",
    "scenarios/tails/equal-backends.json",
    "scenarios/tails/fan-out.json",
    "scenarios/tails/hedge.json",
    "scenarios/tails/rr-vs-ewma.json",
    "scenarios/topologies/nat-l4-l7.json",
};

static bool are_equal(const struct record *a, const struct record *b)
{
    bool is_equal = a->digest == b->digest && a->area == b->area && a->requests == b->requests
                    && a->attempts == b->attempts && a->slices == b->slices && a->end == b->end;

    for (uint32_t i = 0; is_equal && i < a->slices; i++)
        is_equal = a->slice[i].born == b->slice[i].born
                   && a->slice[i].latency_sum == b->slice[i].latency_sum;
    for (uint32_t k = 0; is_equal && k < a->backends; k++)
        is_equal =
            count_picked(a, k) == count_picked(b, k) && count_served(a, k) == count_served(b, k);
    return is_equal;
}

/* cell_run() itself checks conservation, Little's law, busy time and the parts of latencies; that
 * every scenario passes is held by tests/cli/scenarios.sh.  Here: the same again is the same, and
 * the first and the last policy see the same requests. */
static void scenarios_keep_the_identities_and_repeat(void)
{
    static const char *const short_run[] = { "run.requests=20000" };

    for (size_t i = 0; i < ARRAY_LEN(some_scenarios); i++) {
        struct scenario_overrides by_count = { .set = short_run, .sets = 1 };
        /* one policy; two connections, which all policies put on two backends */
        bool does_not_matter =
            strstr(some_scenarios[i], "mm1") || strstr(some_scenarios[i], "grpc-l4");
        bool is_counted = strstr(some_scenarios[i], "basics") || strstr(some_scenarios[i], "equal")
                          || strstr(some_scenarios[i], "fan-out");
        struct world w;

        world_file(&w, some_scenarios[i], is_counted ? &by_count : NULL);
        struct record a = world_run(&w, 0, 0), b = world_run(&w, 0, 0);
        struct record other = world_run(&w, w.scenario.policies - 1, 0);
        CU_ASSERT(are_equal(&a, &b));
        CU_ASSERT(are_equal(&a, &other) == does_not_matter);
        CU_ASSERT_EQUAL(a.requests, other.requests);
        for (uint32_t k = 0; k < a.slices && k < other.slices; k++)
            CU_ASSERT_EQUAL(a.slice[k].born, other.slice[k].born);
        if (is_counted) /* no failures, no retries: the very same work */
            CU_ASSERT_EQUAL(sum_offered(&a), sum_offered(&other));
        record_fini(&a);
        record_fini(&b);
        record_fini(&other);
        w.scenario.run.seed++;
        other = world_run(&w, 0, 0);
        CU_ASSERT(other.requests > 0 && other.digest != 0);
        record_fini(&other);
        world_end(&w);
    }
}

static void another_seed_is_another_run(void)
{
    struct world w;

    world_text(&w,
               RUN("'requests': 1000, 'replications': 2") CLIENT("'to': 'l7', " POISSON("100/s"))
                   BALANCERS(L7("")) BACKENDS("2", "'10ms'", ""));
    struct record a = world_run(&w, 0, 0), b = world_run(&w, 0, 1);
    CU_ASSERT(a.digest != b.digest);
    record_fini(&a);
    w.scenario.run.seed++;
    a = world_run(&w, 0, 0);
    CU_ASSERT(are_equal(&a, &b)); /* replication k runs with seed + k */
    record_fini(&a);
    record_fini(&b);
    world_end(&w);
}

static void policies_that_choose_alike_leave_the_same_record(void)
{
    static const char *const pair[][2] = {
        { "'round_robin'", "'weighted_round_robin'" },
        { "'random'", "{ 'name': 'p2c', 'choices': 1 }" },
    };

    for (size_t i = 0; i < ARRAY_LEN(pair); i++) {
        struct record r[2];

        for (uint32_t k = 0; k < 2; k++)
            r[k] = simulate(
                RUN("'requests': 20000")
                    CLIENT("'to': 'l7', " POISSON("800/s")) "'balancers': [ { 'name': 'l7', "
                        "'algorithm': %s, 'to': 's' } ], " BACKENDS(
                        "10", "{ 'dist': 'exponential', 'mean': '10ms' }", ""),
                pair[i][k]);
        CU_ASSERT(are_equal(&r[0], &r[1]));
        if (!are_equal(&r[0], &r[1]))
            fprintf(stderr, "  %s and %s differ\n", pair[i][0], pair[i][1]);
        record_fini(&r[0]);
        record_fini(&r[1]);
    }
}

/* 100 requests of one client; a session is so many in a row with one key, a key has one home. */
static void a_session_keeps_its_key(void)
{
    static const struct { uint32_t session, most_used; } row[] = {
        { 100, 1 }, { 50, 2 }, { 1, 10 },
    };

    for (uint32_t k = 0; k < ARRAY_LEN(row); k++) {
        struct record r = simulate(
            RUN("'duration': '1005ms'")
            CLIENT("'to': 'l7', " EVERY("100/s") ", 'keys': { 'count': 100000, 'session': %u }")
            BALANCERS("{ 'name': 'l7', 'algorithm': 'maglev', 'to': 's' }")
            BACKENDS("10", "'1ms'", ""), row[k].session);

        CU_ASSERT(count_ended(&r, OUTCOME_OK) == 100);
        CU_ASSERT(backends_used(&r) <= row[k].most_used);
        CU_ASSERT(row[k].session > 1 || backends_used(&r) > 5);
        record_fini(&r);
    }
}

static const struct unit_test tests[] = {
    { "a_session_keeps_its_key", a_session_keeps_its_key },
    { "latency_is_the_sum_of_its_parts", latency_is_the_sum_of_its_parts },
    { "an_l4_sends_each_grpc_client_to_one_backend", an_l4_sends_each_grpc_client_to_one_backend },
    { "an_l7_spreads_every_grpc_request", an_l7_spreads_every_grpc_request },
    { "h1_takes_one_request_at_a_time", h1_takes_one_request_at_a_time },
    { "connections_as_protocols_need_them", connections_as_protocols_need_them },
    { "a_connection_ends_at_its_age_or_after_its_requests",
      a_connection_ends_at_its_age_or_after_its_requests },
    { "max_streams_make_requests_wait_at_the_client",
      max_streams_make_requests_wait_at_the_client },
    { "a_source_hash_behind_a_nat_sees_only_its_addresses",
      a_source_hash_behind_a_nat_sees_only_its_addresses },
    { "a_nat_without_a_free_port_refuses", a_nat_without_a_free_port_refuses },
    { "a_forgotten_flow_is_reset", a_forgotten_flow_is_reset },
    { "a_flow_in_use_is_not_forgotten", a_flow_in_use_is_not_forgotten },
    { "a_crash_refuses_and_resets", a_crash_refuses_and_resets },
    { "retries_save_what_a_crash_refuses", retries_save_what_a_crash_refuses },
    { "a_hang_is_survived_by_timeout_and_retry", a_hang_is_survived_by_timeout_and_retry },
    { "a_hang_times_clients_out", a_hang_times_clients_out },
    { "a_hang_that_nobody_notices", a_hang_that_nobody_notices },
    { "errors_are_told_or_tried_again", errors_are_told_or_tried_again },
    { "a_crash_behind_an_l4_breaks_connections", a_crash_behind_an_l4_breaks_connections },
    { "a_drain_finishes_what_is_there_and_takes_nothing_new",
      a_drain_finishes_what_is_there_and_takes_nothing_new },
    { "a_removal_resets_what_is_there", a_removal_resets_what_is_there },
    { "what_is_added_gets_its_share", what_is_added_gets_its_share },
    { "a_new_weight_shifts_the_shares", a_new_weight_shifts_the_shares },
    { "what_is_slow_takes_longer_until_it_is_not", what_is_slow_takes_longer_until_it_is_not },
    { "checks_take_out_and_bring_back_in_time", checks_take_out_and_bring_back_in_time },
    { "a_cancel_takes_the_job_out", a_cancel_takes_the_job_out },
    { "nothing_is_left_over_behind_one_l7", nothing_is_left_over_behind_one_l7 },
    { "nothing_is_left_over_behind_two_tiers_that_give_up",
      nothing_is_left_over_behind_two_tiers_that_give_up },
    { "nothing_is_left_over_of_several_attempts", nothing_is_left_over_of_several_attempts },
    { "a_cancel_that_came_first_is_not_forgotten", a_cancel_that_came_first_is_not_forgotten },
    { "a_close_that_came_first_leaves_no_flow_behind",
      a_close_that_came_first_leaves_no_flow_behind },
    { "nothing_is_left_over_behind_an_l4", nothing_is_left_over_behind_an_l4 },
    { "who_gave_up_is_not_answered_again", who_gave_up_is_not_answered_again },
    { "scenarios_keep_the_identities_and_repeat", scenarios_keep_the_identities_and_repeat },
    { "another_seed_is_another_run", another_seed_is_another_run },
    { "policies_that_choose_alike_leave_the_same_record",
      policies_that_choose_alike_leave_the_same_record },
};

UNIT_MAIN("network", tests)
