/* test_routes.c - requests to pools: what matches, who decides, and that weights split alike for
 * every policy. */
#include "unit.h"

#include "../../sim/parts/routes.h"
#include "simulate.h"

#include <math.h>

static const nsec MS = 1000000;

/* ---- matching ---- */

static void a_rule_matches_by_all_that_it_names(void)
{
    const struct class_config shop = { .host = "www.example.com", .path = "/shop/cart",
                                       .header = "X-Beta: yes", .method = "GET",
                                       .request_bytes = 1000 };
    static const struct { struct route_match match; bool does; } cases[] = {
        { { .host = NULL }, true },
        { { .host = "www.example.com" }, true },
        { { .host = "WWW.Example.COM" }, true },
        { { .host = "*.example.com" }, true },
        { { .host = "*.www.example.com" }, false },
        { { .host = "example.com" }, false },
        { { .path_prefix = "/shop" }, true },
        { { .path_prefix = "/shop/cart" }, true },
        { { .path_prefix = "/shop/cart/1" }, false },
        { { .path_prefix = "/Shop" }, false },
        { { .header = "x-beta: yes" }, true },
        { { .header = "x-beta:yes" }, true },
        { { .header = "x-beta" }, true },
        { { .header = "x-beta: no" }, false },
        { { .header = "x-bet" }, false },
        { { .method = "GET" }, true },
        { { .method = "get" }, false },
        { { .host = "*.example.com", .path_prefix = "/", .method = "GET" }, true },
        { { .host = "*.example.com", .path_prefix = "/", .method = "POST" }, false },
        { { .size = { .from = 1000 } }, true },
        { { .size = { .from = 1001 } }, false },
        { { .size = { .below = 1001 } }, true },
        { { .size = { .below = 1000 } }, false },
        { { .method = "GET", .size = { 1000, 1001 } }, true },
        { { .method = "POST", .size = { 1000, 1001 } }, false },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        CU_ASSERT_EQUAL(route_matches(&cases[i].match, &shop), cases[i].does);
    CU_ASSERT(!route_matches(&(struct route_match){ .path_prefix = "/" },
                             &(struct class_config){ .name = "of which nothing is known" }));
}

static void a_wider_rule_covers_a_narrower_one(void)
{
    static const struct { struct route_match wide, narrow; bool does; } cases[] = {
        { { .host = NULL }, { .host = "a.b", .path_prefix = "/x" }, true },
        { { .path_prefix = "/x" }, { .path_prefix = "/x/y" }, true },
        { { .path_prefix = "/x/y" }, { .path_prefix = "/x" }, false },
        { { .path_prefix = "/x" }, { .host = "a.b" }, false },
        { { .host = "*.b" }, { .host = "a.b", .method = "GET" }, true },
        { { .host = "a.b" }, { .host = "*.b" }, false },
        { { .header = "h" }, { .header = "h: 1" }, true },
        { { .header = "h: 1" }, { .header = "h" }, false },
        { { .size = { 10, 20 } }, { .size = { 10, 20 } }, true },
        { { .size = { 10, 20 } }, { .size = { 11, 19 }, .method = "PUT" }, true },
        { { .size = { 10, 20 } }, { .size = { 9, 20 } }, false },
        { { .size = { 10, 20 } }, { .size = { 10, 21 } }, false },
        { { .size = { 10, 20 } }, { .size = { .from = 10 } }, false },
        { { .size = { .from = 10 } }, { .size = { 10, 20 } }, true },
        { { .size = { .below = 20 } }, { .host = "a.b" }, false },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        CU_ASSERT_EQUAL(route_covers(&cases[i].wide, &cases[i].narrow), cases[i].does);
}

/* ---- in a run ---- */

#define CLIENTS                                                                                    \
    "{ 'version': 1, 'name': 't', 'run': { 'requests': 20000, 'seed': 5 }, "                       \
    "'clients': [ { 'name': 'c', 'to': 'lb', %s 'arrival': { 'process': 'poisson', "               \
    "'rate': '2000/s' }, 'requests': [ "                                                           \
    "{ 'name': 'api', 'share': 3, 'host': 'api.x.org', 'path': '/v1/a' }, "                        \
    "{ 'name': 'page', 'share': 6, 'host': 'www.x.org', 'path': '/' }, "                           \
    "{ 'name': 'beta', 'share': 1, 'host': 'www.x.org', 'path': '/', 'header': 'beta: 1' } ] } ], "
#define POOLS(count)                                                                               \
    "'backends': [ { 'name': 'web', 'count': " count ", 'workers': 'unlimited', "                  \
    "'service': '1ms' }, "                                                                         \
    "{ 'name': 'api', 'workers': 'unlimited', 'service': '2ms' }, "                                \
    "{ 'name': 'new', 'workers': 'unlimited', 'service': '3ms' } ] }"
#define ROUTES                                                                                     \
    "'routes': [ { 'match': { 'host': 'old.x.org' }, 'to': 'new' }, "                              \
    "{ 'match': { 'host': 'api.x.org', 'path_prefix': '/v1' }, 'to': 'api' }, "                    \
    "{ 'match': { 'header': 'beta' }, 'to': { 'web': 90, 'new': 10 } } ]"

/* Warm, and on connections that end at the router: the same requests go to the same pools. */
static void each_class_goes_to_its_pool(void)
{
    static const char *const protocols[] = { "", "'protocol': 'h1', ", "'protocol': 'h2', " };
    uint64_t first[3] = { 0 };

    for (size_t i = 0; i < ARRAY_LEN(protocols); i++) {
        struct record r = simulate(CLIENTS "'balancers': [ { 'name': 'lb', 'algorithm': "
                                   "'round_robin', 'to': 'web', " ROUTES " } ], " POOLS("1"),
                                   protocols[i]);
        uint64_t web = count_served(&r, 0), api = count_served(&r, 1), new = count_served(&r, 2);

        CU_ASSERT_EQUAL(web + api + new, 20000);
        CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_OK), 20000);
        CU_ASSERT_DOUBLE_EQUAL((double)api, 6000, 4 * sqrt(20000 * 0.3 * 0.7));
        CU_ASSERT_DOUBLE_EQUAL((double)new, 200, 4 * sqrt(20000 * 0.01));
        for (uint32_t k = 0; k < 3; k++) {
            first[k] = i == 0 ? count_served(&r, k) : first[k];
            CU_ASSERT_EQUAL(count_served(&r, k), first[k]);
        }
        /* services of 1, 2 and 3 ms, without a queue: the mean is the split's */
        if (i == 0)
            CU_ASSERT_DOUBLE_EQUAL(record_mean(&r) * 1e3,
                                   (double)(web + 2 * api + 3 * new) / 20000, 1e-6);
        record_fini(&r);
    }
}

/* Where only the PUTs are large, a rule by size does what one by method does. */
static void a_rule_by_size_is_one_by_method(void)
{
    static const char *const matches[] = {
        "'request_size': '>= 1MB'", "'request_size': '> 999999B'", "'request_size': '1MB..1GB'",
        "'method': 'PUT'",
    };
    uint64_t large[ARRAY_LEN(matches)];

    for (size_t i = 0; i < ARRAY_LEN(matches); i++) {
        struct record r = simulate(
            "{ 'version': 1, 'name': 't', 'run': { 'requests': 20000, 'seed': 5 }, "
            "'clients': [ { 'name': 'c', 'to': 'lb', 'arrival': { 'process': 'poisson', "
            "'rate': '2000/s' }, 'requests': [ { 'name': 'get', 'share': 3 }, "
            "{ 'name': 'form', 'share': 1, 'method': 'POST', 'request_size': '999999B' }, "
            "{ 'name': 'put', 'share': 1, 'method': 'PUT', 'request_size': '1MB' } ] } ], "
            "'balancers': [ { 'name': 'lb', 'algorithm': 'round_robin', 'to': 'web', "
            "'routes': [ { 'match': { %s }, 'to': 'api' } ] } ], "
            "'backends': [ { 'name': 'web', 'service': '0.1ms' }, "
            "{ 'name': 'api', 'service': '0.1ms' } ] }", matches[i]);

        large[i] = count_served(&r, 1);
        CU_ASSERT_DOUBLE_EQUAL((double)large[i], 4000, 4 * sqrt(20000 * 0.2 * 0.8));
        CU_ASSERT_EQUAL(large[i], large[0]);
        CU_ASSERT_EQUAL(count_served(&r, 0) + large[i], 20000);
        record_fini(&r);
    }
}

/* 10 of 100 by weight, for each policy the very same requests. */
static void a_canary_gets_its_share_from_every_policy(void)
{
    struct world w;
    uint64_t canary[3];

    world_text(&w, CLIENTS "'balancers': [ { 'name': 'lb', 'algorithm': 'random', 'to': 'api', "
                   "'routes': [ { 'to': { 'web': 90, 'new': 10 } } ] } ], "
                   "'compare': { 'algorithms': [ 'random', 'p2c', 'ring_hash' ] }, "
                   POOLS("4"), "");
    CU_ASSERT_FATAL(w.is_loaded);
    for (uint32_t p = 0; p < 3; p++) {
        struct record r = world_run(&w, p, 0);

        canary[p] = count_served(&r, 5);
        CU_ASSERT_EQUAL(count_served(&r, 4), 0);
        CU_ASSERT_DOUBLE_EQUAL((double)canary[p], 2000, 4 * sqrt(20000 * 0.09));
        CU_ASSERT_EQUAL(canary[p], canary[0]);
        record_fini(&r);
    }
    world_end(&w);
}

/* The share that each pool is offered, worked out by hand from classes and weights. */
static void load_is_offered_by_route(void)
{
    struct world w;

    world_text(&w, CLIENTS "'balancers': [ { 'name': 'lb', 'algorithm': 'random', 'to': 'web', "
                   ROUTES " } ], 'backends': [ { 'name': 'web', 'service': '0.1ms' }, "
                   "{ 'name': 'api', 'service': '1ms' }, { 'name': 'new', 'service': '10ms' } ] }",
               "");
    CU_ASSERT_FATAL(w.is_loaded);
    CU_ASSERT_DOUBLE_EQUAL(scenario_offered_load(&w.scenario, 0), 2000 * 0.69 * 1e-4, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(scenario_offered_load(&w.scenario, 1), 2000 * 0.3 * 1e-3, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(scenario_offered_load(&w.scenario, 2), 2000 * 0.01 * 1e-2, 1e-9);
    world_end(&w);
}

/* Timeouts cancel what is at either pool; the cell checks its books, the lab looks for what is
 * left. */
static void what_is_given_up_is_followed_to_its_pool(void)
{
    struct world w;
    struct lab lab;

    world_text(&w, "{ 'version': 1, 'name': 't', 'run': { 'requests': 5000 }, "
               "'clients': [ { 'name': 'c', 'to': 'lb', 'protocol': 'h1', 'timeout': '20ms', "
               "'rtt': '1ms', 'arrival': { 'process': 'poisson', 'rate': '900/s' } } ], "
               "'balancers': [ { 'name': 'lb', 'algorithm': 'random', 'to': 'a', 'timeout': '9ms', "
               "'retries': { 'max': 1, 'on': ['timeout'] }, "
               "'routes': [ { 'to': { 'a': 1, 'b': 1 } } ] } ], "
               "'backends': [ { 'name': 'a', 'count': 2, 'service': { 'dist': 'exponential', "
               "'mean': '4ms' } }, { 'name': 'b', 'count': 2, 'service': { 'dist': 'exponential', "
               "'mean': '4ms' } } ] }");
    CU_ASSERT_FATAL(w.is_loaded);
    lab_run_to_the_end(&lab, &w, 20 * SECOND);
    CU_ASSERT(lab.sim.meter.record.orphans > 100);
    lab_end(&lab);
    world_end(&w);
}

/* What leaves a pool leaves the l7 of that pool, and no other. */
static void a_drain_is_heard_by_the_pools_own_l7(void)
{
    struct record r = simulate(
        "{ 'version': 1, 'name': 't', 'run': { 'duration': '10s' }, "
        "'measure': { 'interval': '1s' }, "
        "'clients': [ { 'name': 'c', 'to': 'lb', 'arrival': { 'process': 'poisson', 'rate': "
        "'1000/s' } } ], 'balancers': [ { 'name': 'lb', 'algorithm': 'round_robin', 'to': 'a', "
        "'routes': [ { 'to': { 'a': 1, 'b': 1 } } ] } ], "
        "'backends': [ { 'name': 'a', 'count': 2, 'service': '0.1ms' }, "
        "{ 'name': 'b', 'count': 2, 'service': '0.1ms' } ], "
        "'events': [ { 'at': '5s', 'do': 'drain', 'target': 'b[1]' } ] }");

    CU_ASSERT_EQUAL(picked_between(&r, 3, 5100 * MS, 10 * SECOND), 0);
    CU_ASSERT(picked_between(&r, 3, 0, 5 * SECOND) > 1000);
    CU_ASSERT(picked_between(&r, 1, 6 * SECOND, 10 * SECOND) > 800);
    CU_ASSERT(picked_between(&r, 2, 6 * SECOND, 10 * SECOND) > 1600);
    record_fini(&r);
}

#define ROW(fact) { #fact, fact }
static const struct unit_test tests[] = {
    ROW(a_rule_matches_by_all_that_it_names),
    ROW(a_wider_rule_covers_a_narrower_one),
    ROW(each_class_goes_to_its_pool),
    ROW(a_rule_by_size_is_one_by_method),
    ROW(a_canary_gets_its_share_from_every_policy),
    ROW(load_is_offered_by_route),
    ROW(what_is_given_up_is_followed_to_its_pool),
    ROW(a_drain_is_heard_by_the_pools_own_l7),
};

UNIT_MAIN("routes", tests)
