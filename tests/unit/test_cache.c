/* test_cache.c - caches before an origin: what they hold against an LRU written otherwise, how
 * often it is there against Che's approximation, and what a remap does to that. */
#include "unit.h"

#include "../../sim/base/rng.h"
#include "../../sim/parts/cache.h"
#include "simulate.h"

#include <math.h>
#include <string.h>

/* ---- the memory ---- */

/* An LRU as a list in an array: the newest first. */
struct list { uint32_t key[64], count, most; };

static bool list_use(struct list *l, uint32_t key)
{
    uint32_t i = 0;
    bool is_hit;

    while (i < l->count && l->key[i] != key)
        i++;
    is_hit = i < l->count;
    if (!is_hit)
        i = l->count < l->most ? l->count++ : l->most - 1;
    memmove(l->key + 1, l->key, i * sizeof *l->key);
    l->key[0] = key;
    return is_hit;
}

static void it_holds_what_a_list_in_an_array_holds(void)
{
    static const uint32_t sizes[] = { 1, 2, 3, 7, 64 }, keys[] = { 2, 5, 40, 1000 };

    for (size_t s = 0; s < ARRAY_LEN(sizes); s++)
        for (size_t k = 0; k < ARRAY_LEN(keys); k++) {
            struct rng g = rng_from(100 * s + k);
            struct list l = { .most = sizes[s] };
            struct cache_memory m;
            uint32_t differ = 0;

            cache_memory_init(&m, sizes[s]);
            for (uint32_t i = 0; i < 20000; i++) {
                uint32_t key = rng_below(&g, keys[k]) * 0x10001;
                bool is_hit = cache_memory_touch(&m, key);

                if (!is_hit)
                    cache_memory_add(&m, key);
                differ += is_hit != list_use(&l, key);
                if (i % 7000 == 6999) {
                    cache_memory_clear(&m);
                    l.count = 0;
                }
            }
            CU_ASSERT_EQUAL(differ, 0);
            cache_memory_fini(&m);
        }
}

/* ---- in a run ---- */

#define SCENARIO(run, keys, pool, more)                                                            \
    "{ 'version': 1, 'name': 't', 'run': { " run " }, "                                            \
    "'clients': [ { 'name': 'c', 'count': 50, 'to': 'edge', 'keys': { " keys " }, 'arrival': "     \
    "{ 'process': 'constant', 'rate': '1000/s' } } ], "                                            \
    "'balancers': [ { 'name': 'edge', 'algorithm': %s, 'to': 'cache' }, "                          \
    "{ 'name': 'inner', 'algorithm': 'round_robin', 'to': 'origin' } ], "                          \
    "'backends': [ { 'name': 'cache', " pool ", 'service': '10us' }, "                             \
    "{ 'name': 'origin', 'count': 2, 'workers': 'unlimited', 'service': '500us' } ] " more " }"

static double hit_rate(const struct record *r)
{
    return (double)count_tally(r, TALLY_CACHE_HITS) / (double)count_tally(r, TALLY_CACHE_LOOKUPS);
}

/* One after the other: in a cycle longer than the cache every look-up misses, in a shorter one the
 * first of each key.  The last request's look-up comes after the last birth, where counts end. */
static void a_cycle_hits_always_or_never(void)
{
    static const struct { const char *keys; uint64_t misses; } cases[] = {
        { "'law': 'sequential', 'count': 100", 100 },
        { "'law': 'sequential', 'count': 101", 5000 },
        { "'law': 'sequential', 'count': 1", 1 },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct record r = simulate(
            "{ 'version': 1, 'name': 't', 'run': { 'requests': 5000 }, "
            "'clients': [ { 'name': 'c', 'to': 'edge', 'keys': { %s }, 'arrival': "
            "{ 'process': 'constant', 'rate': '1000/s' } } ], "
            "'balancers': [ { 'name': 'edge', 'algorithm': 'random', 'to': 'cache' }, "
            "{ 'name': 'inner', 'algorithm': 'round_robin', 'to': 'origin' } ], "
            "'backends': [ { 'name': 'cache', 'cache': { 'entries': 100, 'to': 'inner' }, "
            "'service': '10us' }, { 'name': 'origin', 'count': 2, 'service': '500us' } ] }",
            cases[i].keys);
        uint64_t origin = count_served(&r, 1) + count_served(&r, 2);

        CU_ASSERT_EQUAL(origin, cases[i].misses);
        CU_ASSERT_EQUAL(count_tally(&r, TALLY_CACHE_LOOKUPS), 4999);
        CU_ASSERT_EQUAL(count_tally(&r, TALLY_CACHE_HITS),
                        4999 - (cases[i].misses == 5000 ? 4999 : cases[i].misses));
        /* 10 us for all, 500 us more for a miss: exactly */
        CU_ASSERT_EQUAL((uint64_t)sum_spent(&r, PART_SERVICE),
                        5000 * (uint64_t)10000 + cases[i].misses * 500000);
        record_fini(&r);
    }
}

/* Che, Tung and Wang 2002: all keys asked for less than T ago are there, and T is such that their
 * expected number is the size of the cache.  Per request, T counted in requests. */
static double che(uint32_t keys, double exponent, double size)
{
    double sum = 0, low = 0, high = 1e9, hits = 0;

    for (uint32_t i = 1; i <= keys; i++)
        sum += pow(i, -exponent);
    for (int step = 0; step < 100; step++) {
        double t = (low + high) / 2, held = 0;

        for (uint32_t i = 1; i <= keys; i++)
            held += 1 - exp(-t * pow(i, -exponent) / sum);
        *(held < size ? &low : &high) = t;
    }
    for (uint32_t i = 1; i <= keys; i++)
        hits += pow(i, -exponent) / sum * (1 - exp(-low * pow(i, -exponent) / sum));
    return hits;
}

static void the_hit_rate_is_ches(void)
{
    static const struct { const char *keys; double exponent; } cases[] = {
        { "'law': 'zipf', 'count': 2000, 'exponent': 0.8", 0.8 },
        { "'law': 'zipf', 'count': 2000, 'exponent': 1.2", 1.2 },
        { "'law': 'uniform', 'count': 2000", 1e-9 },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct record r = simulate(
            "{ 'version': 1, 'name': 't', 'run': { 'requests': 200000, 'warmup': '10s' }, "
            "'clients': [ { 'name': 'c', 'to': 'edge', 'keys': { %s }, 'arrival': "
            "{ 'process': 'constant', 'rate': '1000/s' } } ], "
            "'balancers': [ { 'name': 'edge', 'algorithm': 'random', 'to': 'cache' }, "
            "{ 'name': 'inner', 'algorithm': 'round_robin', 'to': 'origin' } ], "
            "'backends': [ { 'name': 'cache', 'cache': { 'entries': 200, 'to': 'inner' }, "
            "'service': '10us' }, { 'name': 'origin', 'count': 2, 'service': '500us' } ] }",
            cases[i].keys);

        /* 4 sigma of 200 000 draws are 0.45 %; the cache fills in 10 s of warm-up */
        CU_ASSERT_DOUBLE_EQUAL(hit_rate(&r), che(2000, cases[i].exponent, 200), 0.006);
        record_fini(&r);
    }
}

/* ---- several caches ---- */

/* By key each holds another part: four caches of 50 are one of 200.  By turns all hold the same. */
static void caches_by_key_add_up(void)
{
    struct record by_key = simulate(SCENARIO("'requests': 100000, 'warmup': '10s'",
        "'law': 'zipf', 'count': 2000, 'exponent': 0.8",
        "'count': 4, 'cache': { 'entries': 50, 'to': 'inner' }", ""), "'rendezvous'");
    struct record by_turns = simulate(SCENARIO("'requests': 100000, 'warmup': '10s'",
        "'law': 'zipf', 'count': 2000, 'exponent': 0.8",
        "'count': 4, 'cache': { 'entries': 50, 'to': 'inner' }", ""), "'random'");

    CU_ASSERT_DOUBLE_EQUAL(hit_rate(&by_key), che(2000, 0.8, 200), 0.03);
    CU_ASSERT_DOUBLE_EQUAL(hit_rate(&by_turns), che(2000, 0.8, 50), 0.008);
    record_fini(&by_key);
    record_fini(&by_turns);
}

/* All keys are held; one of ten caches goes, and with it by consistent hashing a tenth of the keys,
 * by modulo nine tenths: each of these misses once. */
static void a_remap_misses_what_it_moved(void)
{
    static const struct { const char *algorithm; double low, high; } cases[] = {
        { "'rendezvous'", 0.07, 0.13 }, { "'modulo_hash'", 0.87, 0.93 },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct record r = simulate(SCENARIO("'requests': 20000",
            "'law': 'sequential', 'count': 5000",
            "'count': 10, 'cache': { 'entries': 5000, 'to': 'inner' }",
            ", 'events': [ { 'at': '9999500us', 'do': 'remove', 'target': 'cache[9]' } ]"),
            cases[i].algorithm);
        double misses = (double)(count_tally(&r, TALLY_CACHE_LOOKUPS)
                                 - count_tally(&r, TALLY_CACHE_HITS)) / 5000 - 1;

        CU_ASSERT(misses > cases[i].low && misses < cases[i].high);
        record_fini(&r);
    }
}

static void a_crash_loses_what_was_held(void)
{
    struct record r = simulate(SCENARIO("'requests': 20000", "'law': 'sequential', 'count': 1000",
        "'count': 2, 'cache': { 'entries': 1000, 'to': 'inner' }",
        ", 'events': [ { 'at': '9999500us', 'do': 'fail', 'target': 'cache[0]', 'for': '1us' } ]"),
        "'rendezvous'");
    uint64_t misses = count_tally(&r, TALLY_CACHE_LOOKUPS) - count_tally(&r, TALLY_CACHE_HITS);

    CU_ASSERT(misses > 1400 && misses < 1600);
    record_fini(&r);
}

static void what_is_given_up_is_followed_to_the_origin(void)
{
    struct world w;
    struct lab lab;

    world_text(&w, "{ 'version': 1, 'name': 't', 'run': { 'requests': 5000 }, "
               "'clients': [ { 'name': 'c', 'to': 'edge', 'timeout': '20ms', 'arrival': "
               "{ 'process': 'poisson', 'rate': '900/s' }, 'keys': { 'count': 2000 } } ], "
               "'balancers': [ { 'name': 'edge', 'algorithm': 'random', 'to': 'cache', 'timeout': "
               "'9ms', 'retries': { 'max': 1, 'on': ['timeout'] } }, { 'name': 'inner', "
               "'algorithm': 'random', 'to': 'origin', 'timeout': '6ms' } ], "
               "'backends': [ { 'name': 'cache', 'count': 2, 'service': { 'dist': 'exponential', "
               "'mean': '1ms' }, 'cache': { 'entries': 500, 'to': 'inner' } }, "
               "{ 'name': 'origin', 'count': 3, 'service': { 'dist': 'exponential', 'mean': "
               "'3ms' } } ] }");
    CU_ASSERT_FATAL(w.is_loaded);
    lab_run_to_the_end(&lab, &w, 20 * SECOND);
    CU_ASSERT(lab.sim.meter.record.orphans > 100);
    lab_end(&lab);
    world_end(&w);
}

#define ROW(fact) { #fact, fact }
static const struct unit_test tests[] = {
    ROW(it_holds_what_a_list_in_an_array_holds),
    ROW(a_cycle_hits_always_or_never),
    ROW(the_hit_rate_is_ches),
    ROW(caches_by_key_add_up),
    ROW(a_remap_misses_what_it_moved),
    ROW(a_crash_loses_what_was_held),
    ROW(what_is_given_up_is_followed_to_the_origin),
};

UNIT_MAIN("cache", tests)
