/* test_sni.c - connections to pools by the name in their first TLS record: where they go, and what
 * becomes of requests for another host on them. */
#include "unit.h"

#include "simulate.h"

#include <math.h>

#define CLIENTS                                                                                    \
    "{ 'version': 1, 'name': 't', 'run': { 'requests': 20000, 'seed': 7 }, "                       \
    "'clients': [ { 'name': 'c', 'to': 'lb', 'count': 100, 'rtt': '1ms', %s "                      \
    "'arrival': { 'process': 'poisson', 'rate': '2000/s' }, 'requests': [ "                        \
    "{ 'name': 'page', 'share': 5, 'host': 'www.x.org' }, "                                        \
    "{ 'name': 'form', 'share': 1, 'host': 'WWW.x.org', 'path': '/form' }, "                       \
    "{ 'name': 'api', 'share': 3, 'host': 'api.x.org' }, "                                         \
    "{ 'name': 'none', 'share': 1 } ] } ], "
#define L4                                                                                         \
    "'balancers': [ { 'name': 'lb', 'layer': 'l4', 'algorithm': 'round_robin', 'to': 'rest', "     \
    "'tls': { 'mode': 'passthrough' }, 'routes': [ "                                               \
    "{ 'match': { 'sni': 'www.x.org' }, 'to': 'www' }, "                                           \
    "{ 'match': { 'sni': '*.x.org' }, 'to': 'api' } ] }"
#define POOL(name) "{ 'name': '" name "', 'workers': 'unlimited', 'service': '1ms' }"
#define POOLS "'backends': [ " POOL("rest") ", " POOL("www") ", " POOL("api") " ] }"

static void near_share(uint64_t got, double share)
{
    CU_ASSERT_DOUBLE_EQUAL((double)got, 20000 * share, 4 * sqrt(20000 * share * (1 - share)));
}

/* Connections that are for one host each go to its pool, whatever their protocol; who sends no name
 * goes to the default. */
static void a_connection_goes_where_its_name_says(void)
{
    static const char *const protocols[] = {
        "'protocol': 'tcp',", "'protocol': 'h1', 'reuse': 'host',",
        "'protocol': 'h2', 'reuse': 'host',",
    };

    for (size_t i = 0; i < ARRAY_LEN(protocols); i++) {
        struct record r = simulate(CLIENTS L4 " ], " POOLS, protocols[i]);

        CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_OK), 20000);
        CU_ASSERT_EQUAL(count_tally(&r, TALLY_MISDIRECTED), 0);
        near_share(count_served(&r, 0), 0.1);
        near_share(count_served(&r, 1), 0.6);
        near_share(count_served(&r, 2), 0.3);
        record_fini(&r);
    }
}

/* With hosts of shares p that change at random on a connection, 1 - sum p^2 of the requests after
 * its first are not of the host that it began with.  100 clients keep one connection each. */
static void other_hosts_are_misdirected(void)
{
    double share = 1 - 0.1 * 0.1 - 0.6 * 0.6 - 0.3 * 0.3;
    struct record r = simulate(CLIENTS L4 " ], " POOLS, "'protocol': 'h2',");
    uint64_t misdirected = count_ended(&r, OUTCOME_ERROR);

    CU_ASSERT_EQUAL(count_tally(&r, TALLY_CONNECTIONS_OPENED), 100);
    /* the hosts of 100 connections are 100 draws: the wrong share of one is 0.9, 0.4 or 0.7 */
    CU_ASSERT_DOUBLE_EQUAL((double)misdirected / 20000, share, 4 * 0.16 / sqrt(100));
    /* the last ones came when nobody arrived any more */
    CU_ASSERT_DOUBLE_EQUAL((double)count_tally(&r, TALLY_MISDIRECTED), (double)misdirected, 10);
    CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_OK), 20000 - misdirected);
    CU_ASSERT_EQUAL(count_served(&r, 0) + count_served(&r, 1) + count_served(&r, 2),
                    20000 - misdirected);
    record_fini(&r);
}

/* An l7 behind it, where TLS ends, refuses the very same requests. */
static void an_l7_behind_refuses_too(void)
{
    struct record plain = simulate(CLIENTS L4 " ], " POOLS, "'protocol': 'h2',");
    struct record r = simulate(
        CLIENTS "'balancers': [ { 'name': 'lb', 'layer': 'l4', 'algorithm': 'round_robin', "
        "'to': 'rest', 'tls': { 'mode': 'passthrough' }, 'routes': [ "
        "{ 'match': { 'sni': 'www.x.org' }, 'to': 'front' }, "
        "{ 'match': { 'sni': '*.x.org' }, 'to': 'api' } ] }, "
        "{ 'name': 'front', 'algorithm': 'round_robin', 'to': 'www', "
        "'tls': { 'mode': 'terminate' } } ], " POOLS, "'protocol': 'h2',");

    CU_ASSERT_EQUAL(count_tally(&r, TALLY_MISDIRECTED), count_tally(&plain, TALLY_MISDIRECTED));
    for (uint32_t pool = 0; pool < 3; pool++)
        CU_ASSERT_EQUAL(count_served(&r, pool), count_served(&plain, pool));
    record_fini(&r);
    record_fini(&plain);
}

/* A handshake takes as long as through an l4 that has no choice. */
static void a_choice_takes_no_time(void)
{
    static const char *const rules[] = {
        "", ", 'routes': [ { 'match': { 'sni': '*' }, 'to': 'rest' } ]",
    };
    double mean[ARRAY_LEN(rules)];

    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        struct record r = simulate(
            CLIENTS "'balancers': [ { 'name': 'lb', 'layer': 'l4', 'algorithm': 'round_robin', "
            "'to': 'rest', "
            "'tls': { 'mode': 'passthrough', 'handshake': '0', 'per_kilobyte': '0' }"
            "%s } ], "
            "'links': [ { 'from': 'lb', 'to': 'rest', 'latency': '0.3ms' } ], "
            "'backends': [ " POOL("rest") " ] }", "'protocol': 'tcp',", rules[i]);

        mean[i] = record_mean(&r);
        record_fini(&r);
    }
    CU_ASSERT_DOUBLE_EQUAL(mean[1], mean[0], 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(mean[0] * 1e3, 3 * (1 + 0.6) + 1, 0.02);    /* TCP, TLS, request */
}

/* Timeouts cancel what is at either pool, or was refused there; an instance crashes under it.  The
 * cell checks its books, the lab looks for what is left. */
static void nothing_is_left_behind(void)
{
    struct world w;
    struct lab lab;

    world_text(&w, "{ 'version': 1, 'name': 't', 'run': { 'duration': '10s' }, "
               "'clients': [ { 'name': 'c', 'to': 'lb', 'count': 20, 'protocol': 'h2', "
               "'timeout': '9ms', 'idle_timeout': '1s', 'rtt': '1ms', "
               "'arrival': { 'process': 'poisson', 'rate': '900/s' }, 'requests': [ "
               "{ 'name': 'a', 'host': 'a' }, { 'name': 'b', 'host': 'b' } ] } ], "
               "'balancers': [ { 'name': 'lb', 'layer': 'l4', 'algorithm': 'random', 'to': 'a', "
               "'instances': 2, 'ecmp': { 'hash': 'modulo' }, 'idle_timeout': '5s', "
               "'tls': { 'mode': 'passthrough' }, "
               "'routes': [ { 'match': { 'sni': 'b' }, 'to': { 'a': 1, 'b': 1 } } ] } ], "
               "'backends': [ { 'name': 'a', 'count': 2, 'service': { 'dist': 'exponential', "
               "'mean': '4ms' } }, { 'name': 'b', 'count': 2, 'service': { 'dist': 'exponential', "
               "'mean': '4ms' } } ], "
               "'events': [ { 'at': '3s', 'do': 'fail', 'target': 'lb[1]', 'for': '2s' } ] }");
    CU_ASSERT_FATAL(w.is_loaded);
    lab_run_to_the_end(&lab, &w, 20 * SECOND);
    CU_ASSERT(lab.sim.meter.record.orphans > 100);
    lab_end(&lab);
    world_end(&w);
}

#define ROW(fact) { #fact, fact }
static const struct unit_test tests[] = {
    ROW(a_connection_goes_where_its_name_says),
    ROW(other_hosts_are_misdirected),
    ROW(an_l7_behind_refuses_too),
    ROW(a_choice_takes_no_time),
    ROW(nothing_is_left_behind),
};

UNIT_MAIN("sni", tests)
