/* test_gate.c - limits and floods: a token bucket against one that counts tokens, a backlog against
 * a list of its places, and what is dropped against its packets' price. */
#include "unit.h"

#include "../../sim/base/rng.h"
#include "../../sim/parts/half_open.h"
#include "../../sim/parts/limiter.h"
#include "simulate.h"

static const nsec MS = 1000000;

/* ---- a token bucket ---- */

/* Tokens counted in nanoseconds of rate: 1000/s is one in 1 ms. */
struct tokens { nsec have, most, seen; };

static bool take(struct tokens *t, nsec now, nsec price)
{
    t->have += now - t->seen;
    t->have = t->have < t->most ? t->have : t->most;
    t->seen = now;
    if (t->have < price)
        return false;
    t->have -= price;
    return true;
}

static void a_bucket_admits_what_its_tokens_do(void)
{
    static const struct limit_config cases[] = {
        { .rate = 1000, .burst = 1 }, { .rate = 1000, .burst = 20 }, { .rate = 100, .burst = 3 },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        nsec price = (nsec)(1e9 / cases[i].rate), now = 0;
        struct tokens t[3] = { { 0 } };
        struct rng g = rng_from(i);
        struct limiter l;
        uint32_t differ = 0;

        for (uint32_t s = 0; s < 3; s++)
            t[s] = (struct tokens){ cases[i].burst * price, cases[i].burst * price, 0 };
        limiter_init(&l, &cases[i]);
        for (uint32_t n = 0; n < 30000; n++) {
            uint32_t source = rng_below(&g, 3);

            now += rng_below(&g, (uint32_t)price);
            differ += limiter_admit(&l, now, source) != take(&t[source], now, price);
        }
        CU_ASSERT_EQUAL(differ, 0);
        limiter_fini(&l);
    }
}

/* A flood from ever new addresses: full buckets are forgotten, and nobody gets a token too many. */
static void sources_that_are_quiet_are_forgotten(void)
{
    struct limit_config c = { .rate = 10, .burst = 2 };
    struct limiter l;
    uint32_t refused = 0;

    limiter_init(&l, &c);
    for (uint32_t n = 0; n < 200000; n++) {
        CU_ASSERT(limiter_admit(&l, n * MS / 10, 1000 + n));
        refused += !limiter_admit(&l, n * MS / 10, 7);
    }
    CU_ASSERT(l.mask < 16384);
    CU_ASSERT_EQUAL(200000 - refused, 2 + 199);     /* the burst, and 10 a second for 20 s */
    limiter_fini(&l);
}

/* ---- the backlog ---- */

#define RUN(what) "{ 'version': 1, 'name': 't', 'run': { " what " }, "
#define BACKENDS "'backends': [ { 'name': 's', 'workers': 'unlimited', 'service': '1ms' } ] }"
#define GOOD(rate, more)                                                                          \
    "{ 'name': 'c', 'count': 100000, 'to': 'lb', 'protocol': 'tcp', 'rtt': '20ms', " more         \
    " 'arrival': { 'process': 'constant', 'rate': '" rate "' } }"
#define FLOOD(kind, count, rate)                                                                  \
    "{ 'name': 'f', 'to': 'lb', 'protocol': '" kind "', 'count': " count ", 'arrival': "          \
    "{ 'process': 'constant', 'rate': '" rate "' } }"
#define BALANCER(more)                                                                            \
    "'balancers': [ { 'name': 'lb', 'algorithm': 'round_robin', 'to': 's', " more " } ], "

enum { PLACES = 10, GOODS = 40 };

/* When each place falls free; 0: it is. */
static bool take_place(nsec *place, nsec now, nsec hold)
{
    for (uint32_t i = 0; i < PLACES; i++)
        if (place[i] <= now) {
            place[i] = now + hold;
            return true;
        }
    return false;
}

/* 0.97 a second: no two come again at the same time. */
static nsec birth_of(uint32_t good)
{
    return (nsec)((good + 1) / 0.97 * 1e9 + 0.5);
}

/* The time that GOODS SYNs waited, 10 ms after their birth, beside a flood of four a second: events
 * by hand, in the order of time. */
static nsec wait_of_goods(nsec timeout, uint64_t *lost)
{
    nsec place[PLACES] = { 0 }, good[GOODS], waits[GOODS], sum = 0, flood = 250 * MS;
    uint32_t done = 0;

    *lost = 0;
    for (uint32_t i = 0; i < GOODS; i++) {
        good[i] = birth_of(i) + 10 * MS;
        waits[i] = SECOND;
    }
    while (done < GOODS) {
        uint32_t next = 0;

        for (uint32_t i = 1; i < GOODS; i++)
            next = good[i] < good[next] ? i : next;
        if (flood < good[next]) {
            take_place(place, flood, timeout);
            flood = flood < birth_of(GOODS - 1) ? flood + 250 * MS : NEVER;
        } else if (take_place(place, good[next], 20 * MS)) {
            sum += good[next] - birth_of(next) - 10 * MS;
            good[next] = NEVER;
            done++;
        } else {
            good[next] += waits[next];
            waits[next] *= 2;
            ++*lost;
        }
    }
    return sum;
}

static void a_syn_without_a_place_comes_again(void)
{
    uint64_t lost;
    nsec waited = wait_of_goods(9253 * MS, &lost);
    struct record r = simulate(
        RUN("'requests': 40") "'clients': [ " GOOD("0.97/s", "") ", "
        FLOOD("syn_flood", "1000", "4/s") " ], "
        BALANCER("'syn': { 'backlog': 10, 'cookies': 'never', 'timeout': '9253ms' }") BACKENDS);

    CU_ASSERT(lost > 20);
    CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_OK), 40);
    /* a round trip each for the handshake */
    CU_ASSERT_DOUBLE_EQUAL((double)sum_spent(&r, PART_CONNECT), (double)(waited + 40 * 20 * MS),
                           100);
    CU_ASSERT(count_tally(&r, TALLY_SYN_LOST) <= lost);     /* counts end with the last birth */
    record_fini(&r);
}

/* Nobody leaves: after 2.5 s no place is left, and of the requests born at 1 s, 2 s, 3 s ... the
 * first two are served. */
static void cookies_need_no_place(void)
{
    static const struct { const char *cookies; uint64_t served, least, most; } cases[] = {
        { "never", 2, 0, 0 },
        { "when_full", 20, 80, 90 },
        { "always", 20, 95, 105 },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct record r = simulate(
            RUN("'requests': 20") "'clients': [ " GOOD("1/s", "'timeout': '900ms',") ", "
            FLOOD("syn_flood", "1000", "4/s") " ], "
            BALANCER("'syn': { 'backlog': 10, 'cookies': '%s', 'timeout': '100s' }") BACKENDS,
            cases[i].cookies);
        uint64_t cookies = count_tally(&r, TALLY_SYN_COOKIES);

        CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_OK), cases[i].served);
        CU_ASSERT(cookies >= cases[i].least && cookies <= cases[i].most);
        record_fini(&r);
    }
}

/* Six times in 63 s, and 64 s later it is given up. */
static void a_syn_is_given_up_after_127_seconds(void)
{
    struct record r = simulate(
        RUN("'requests': 6") "'clients': [ " GOOD("1/s", "") ", " FLOOD("syn_flood", "10", "40/s")
        " ], " BALANCER("'syn': { 'backlog': 10, 'cookies': 'never', 'timeout': '1h' }") BACKENDS);

    CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_TIMEOUT), 6);
    CU_ASSERT_EQUAL((uint64_t)r.sojourn, 6 * (127 * SECOND + 20 * MS));
    record_fini(&r);
}

/* ---- what it costs ---- */

/* 2 packets of 1 us each, and for a cookie 5 us: nothing of the box's other prices. */
static void what_is_dropped_costs_its_packets(void)
{
    static const struct { const char *flood, *gate; uint64_t each; } cases[] = {
        { "syn_flood", "'syn': { 'backlog': 100, 'cookies': 'always', 'cookie_work': '5us' }", 7 },
        { "syn_flood", "'syn': { 'backlog': 1000000, 'cookies': 'never' }", 2 },
        { "request_flood", "'limit': { 'rate': '0.001/s', 'by': 'source' }", 2 },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct record r = simulate(
            RUN("'requests': 2, 'seed': 4") "'clients': [ { 'name': 'c', 'to': 'lb', 'arrival': "
            "{ 'process': 'constant', 'rate': '1/s' } }, { 'name': 'f', 'to': 'lb', 'protocol': "
            "'%s', 'arrival': { 'process': 'constant', 'rate': '10000/s' } } ], "
            BALANCER("'cost': { 'per_packet': '1us' }, %s") BACKENDS, cases[i].flood,
            cases[i].gate);
        uint64_t sent = count_tally(&r, TALLY_FLOOD_SENT), busy = count_tally(&r, TALLY_CPU_L7);

        CU_ASSERT_DOUBLE_EQUAL((double)sent, 20000, 2);
        /* beside it the first of two requests, and one of the flood that the limit lets through */
        CU_ASSERT_DOUBLE_EQUAL((double)busy / 1000, (double)(sent * cases[i].each), 40);
        record_fini(&r);
    }
}

/* ---- who lives ---- */

static double refused(const struct record *r)
{
    return (double)count_ended(r, OUTCOME_UNAVAILABLE) / (double)count_born(r);
}

/* Five senders of 10 000 requests a second in all beside 200 of 200: one bucket for all lets 1000
 * of 10 200 pass, whoever they are; one a source lets the quiet pass. */
static void a_limit_by_source_spares_the_quiet(void)
{
    static const struct { const char *by; double refused, within; } cases[] = {
        { "'rate': '1000/s', 'burst': 10, 'by': 'tier'", 1 - 1000. / 10200, 0.03 },
        { "'rate': '10/s', 'burst': 20, 'by': 'source'", 0, 0.001 },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct record r = simulate(
            RUN("'duration': '10s'") "'clients': [ { 'name': 'c', 'count': 200, 'to': 'lb', "
            "'arrival': { 'process': 'poisson', 'rate': '200/s' } }, { 'name': 'f', 'count': 5, "
            "'to': 'lb', 'protocol': 'request_flood', 'arrival': { 'process': 'poisson', 'rate': "
            "'10000/s' } } ], " BALANCER("'instances': 2, 'limit': { %s }") BACKENDS, cases[i].by);

        CU_ASSERT_DOUBLE_EQUAL(refused(&r), cases[i].refused, cases[i].within);
        CU_ASSERT_EQUAL(count_tally(&r, TALLY_LIMITED), count_ended(&r, OUTCOME_UNAVAILABLE));
        /* nobody's requests are not among those that are counted */
        CU_ASSERT_DOUBLE_EQUAL((double)count_born(&r), 2000, 200);
        record_fini(&r);
    }
}

/* Four instances with a bucket each pass four times what one bucket for all passes. */
static void a_bucket_a_tier_or_one_an_instance(void)
{
    static const struct { const char *by; double passed; } cases[] = {
        { "tier", 1000 }, { "instance", 4000 },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct record r = simulate(
            RUN("'duration': '10s'") "'clients': [ { 'name': 'c', 'count': 200, 'to': 'lb', "
            "'arrival': { 'process': 'poisson', 'rate': '1000/s' } } ], "
            BALANCER("'instances': 4, 'limit': { 'rate': '100/s', 'by': '%s', 'burst': 5 }")
            BACKENDS, cases[i].by);

        CU_ASSERT_DOUBLE_EQUAL((double)count_ended(&r, OUTCOME_OK), cases[i].passed,
                               cases[i].passed * 0.03);
        record_fini(&r);
    }
}

/* An l4 that is over its limit drops the SYN: it comes again a second later. */
static void an_l4_limits_connections(void)
{
    struct record r = simulate(
        RUN("'requests': 100") "'clients': [ " GOOD("100/s", "") " ], "
        BALANCER("'layer': 'l4', 'limit': { 'rate': '50/s' }") BACKENDS);

    CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_OK), 100);
    CU_ASSERT_DOUBLE_EQUAL((double)count_tally(&r, TALLY_SYN_LOST), 50, 1);
    CU_ASSERT(record_quantile(&r, 0.4) < 0.05 && record_quantile(&r, 0.6) > 1.0);
    record_fini(&r);
}

/* Both floods at a tier behind a router, of which one instance crashes and one hangs, while users
 * give up and ask again: nobody's messages are left over. */
static void a_flood_leaves_nothing_behind(void)
{
    static const char *const floods[] = { "syn_flood", "request_flood" };

    for (size_t i = 0; i < ARRAY_LEN(floods); i++) {
        struct world w;
        struct lab lab;

        world_text(&w, RUN("'duration': '6s'") "'clients': [ { 'name': 'c', 'count': 300, 'to': "
            "'lb', 'protocol': 'h1', 'rtt': '4ms', 'timeout': '300ms', 'arrival': { 'process': "
            "'poisson', 'rate': '300/s' } }, { 'name': 'f', 'count': 9, 'to': 'lb', 'protocol': "
            "'%s', 'arrival': { 'process': 'poisson', 'rate': '3000/s' } } ], "
            BALANCER("'instances': 3, 'ecmp': { 'hash': 'modulo' }, 'timeout': '50ms', "
                     "'cost': { 'preset': 'proxy-h1' }, "
                     "'retries': { 'max': 1, 'on': ['timeout'] }, "
                     "'limit': { 'rate': '200/s', 'burst': 9, 'by': 'source' }, "
                     "'syn': { 'backlog': 20, 'timeout': '1s', 'cookies': 'never' }")
            "'backends': [ { 'name': 's', 'count': 3, 'workers': 3, 'service': { 'dist': "
            "'exponential', 'mean': '4ms' } } ], 'events': [ { 'at': '1s', 'for': '2s', 'do': "
            "'fail', 'target': 'lb[0]' }, { 'at': '2s', 'for': '2s', 'do': 'fail', 'mode': 'hang', "
            "'target': 'lb[1]' }, { 'at': '2500ms', 'for': '300ms', 'do': 'fail', "
            "'target': 'lb[2]' } ] }",
            floods[i]);
        CU_ASSERT_FATAL(w.is_loaded);
        lab_run_to_the_end(&lab, &w, 200 * SECOND);
        CU_ASSERT(count_tally(&lab.sim.meter.record, TALLY_FLOOD_SENT) > 10000);
        lab_end(&lab);
        world_end(&w);
    }
}

#define ROW(fact) { #fact, fact }
static const struct unit_test tests[] = {
    ROW(a_bucket_admits_what_its_tokens_do),
    ROW(sources_that_are_quiet_are_forgotten),
    ROW(a_syn_without_a_place_comes_again),
    ROW(cookies_need_no_place),
    ROW(a_syn_is_given_up_after_127_seconds),
    ROW(what_is_dropped_costs_its_packets),
    ROW(a_limit_by_source_spares_the_quiet),
    ROW(a_bucket_a_tier_or_one_an_instance),
    ROW(an_l4_limits_connections),
    ROW(a_flood_leaves_nothing_behind),
};

UNIT_MAIN("gate", tests)
