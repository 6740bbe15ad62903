/* test_flows.c - NAT, flow tables and ECMP: against Little, Erlang, LRU theory, RFC 2992, and
 * counts by hand. */
#include "unit.h"

#include "../../sim/base/rng.h"
#include "../../sim/parts/linger.h"
#include "../../sim/parts/lru.h"
#include "../../sim/parts/nexthops.h"
#include "../../sim/parts/tuples.h"
#include "simulate.h"

#include <math.h>

#define RUN(what) "{ 'version': 1, 'name': 't', 'run': { " what " }, "
#define BACKENDS(count) "'backends': [ { 'name': 's', 'count': " count ", 'workers': "           \
                        "'unlimited', 'service': '10ms' } ]"

static double share(uint64_t part, uint64_t all)
{
    return (double)part / (double)all;
}

/* ---- routers ---- */

enum { FLOWS = 200000 };

static double moved(const struct nexthops *before, const struct nexthops *after)
{
    uint64_t n = 0;

    for (uint32_t i = 0; i < FLOWS; i++) {
        uint64_t hash = nexthops_hash(i, 443);

        n += nexthops_at(before, hash) != nexthops_at(after, hash);
    }
    return share(n, FLOWS);
}

static double moved_by(const struct ecmp_config *c, uint32_t members, uint32_t in, uint32_t member,
                       void (*change)(struct nexthops *, uint32_t))
{
    struct nexthops before, after;

    nexthops_init(&before, c, members, in);
    nexthops_copy(&after, &before);
    change(&after, member);
    double share_moved = moved(&before, &after);
    nexthops_fini(&before);
    nexthops_fini(&after);
    return share_moved;
}

/* Modulo: of n (n - 1) equal classes those stay whose remainders name the same member.  Threshold:
 * RFC 2992, section 3: 1/2 when an end goes, 1/4 + 1/4n when the middle does. */
static void who_leaves_moves_what_its_hash_says(void)
{
    const struct ecmp_config modulo = { ECMP_MODULO }, threshold = { ECMP_THRESHOLD };
    const struct ecmp_config resilient = { ECMP_RESILIENT, ECMP_BUCKETS };
    const struct ecmp_config consistent = { ECMP_CONSISTENT, ECMP_BUCKETS };

    for (uint32_t n = 2; n <= 9; n++) {
        uint32_t stay = 0;

        for (uint32_t h = 0; h < n * (n - 1); h++)
            stay += h % n < n - 1 && h % n == h % (n - 1);
        CU_ASSERT_DOUBLE_EQUAL(moved_by(&modulo, n, n, n - 1, nexthops_leave),
                               1 - share(stay, n * (n - 1)), 0.005);
        CU_ASSERT_DOUBLE_EQUAL(moved_by(&threshold, n, n, 0, nexthops_leave), 0.5, 0.005);
        CU_ASSERT_DOUBLE_EQUAL(moved_by(&threshold, n, n, n - 1, nexthops_leave), 0.5, 0.005);
        if (n % 2 == 1)
            CU_ASSERT_DOUBLE_EQUAL(moved_by(&threshold, n, n, n / 2, nexthops_leave),
                                   0.25 + 0.25 / n, 0.005);
        CU_ASSERT_DOUBLE_EQUAL(moved_by(&resilient, n, n, n / 2, nexthops_leave), 1.0 / n, 0.005);
        /* buckets by chance: within four standard deviations of their number */
        CU_ASSERT_DOUBLE_EQUAL(moved_by(&consistent, n, n, n / 2, nexthops_leave), 1.0 / n,
                               4 * sqrt(1.0 / n * (1 - 1.0 / n) / ECMP_BUCKETS));
    }
}

static void who_joins_takes_its_share(void)
{
    const struct ecmp_config resilient = { ECMP_RESILIENT, ECMP_BUCKETS };
    const struct ecmp_config consistent = { ECMP_CONSISTENT, ECMP_BUCKETS };

    for (uint32_t n = 1; n <= 8; n++) {
        double s = 1.0 / (n + 1);

        CU_ASSERT_DOUBLE_EQUAL(moved_by(&resilient, n + 1, n, n, nexthops_join), s, 0.005);
        CU_ASSERT_DOUBLE_EQUAL(moved_by(&consistent, n + 1, n, n, nexthops_join), s,
                               4 * sqrt(s * (1 - s) / ECMP_BUCKETS));
    }
}

/* Nobody but those of who leaves moves, and who comes back has what it had: not under resilient. */
static void consistent_routes_come_back(void)
{
    const struct ecmp_config c = { ECMP_CONSISTENT, ECMP_BUCKETS };
    struct nexthops before, after;

    nexthops_init(&before, &c, 6, 6);
    nexthops_copy(&after, &before);
    nexthops_leave(&after, 2);
    for (uint32_t i = 0; i < 1000; i++) {
        uint64_t hash = nexthops_hash(i, 80);
        uint32_t was = nexthops_at(&before, hash), is = nexthops_at(&after, hash);

        CU_ASSERT(is != 2 && (was == is || was == 2));
    }
    nexthops_join(&after, 2);
    CU_ASSERT_EQUAL(moved(&before, &after), 0);
    for (uint32_t k = 0; k < 6; k++)
        nexthops_leave(&after, k);
    CU_ASSERT_EQUAL(nexthops_at(&after, nexthops_hash(1, 80)), NONE);
    nexthops_fini(&before);
    nexthops_fini(&after);
}

/* ---- tables ---- */

/* The same table as a list of what was used, oldest first. */
static void lru_evicts_as_a_plain_list_does(void)
{
    struct rng g = rng_stream(5, "lru", 0);
    struct lru l;
    uint32_t list[8], used = 0, place[64], evicted;

    lru_init(&l, 8);
    for (uint32_t step = 0; step < 20000; step++) {
        uint32_t what = rng_below(&g, 64), at = 0;

        while (at < used && list[at] != what)
            at++;
        if (at < used) {
            lru_touch(&l, place[what]);
        } else {
            place[what] = lru_take(&l, what, &evicted);
            CU_ASSERT_EQUAL_FATAL(evicted, used == 8 ? list[0] : NONE);
            at = used == 8 ? 0 : used;
            used += used < 8;
        }
        for (; at + 1 < used; at++)
            list[at] = list[at + 1];
        list[used - 1] = what;
    }
    lru_fini(&l);
}

static void what_lingers_goes_in_order(void)
{
    struct linger l = { .ring = NULL };
    uint64_t what, next = 0;

    for (uint64_t i = 0; i < 1000; i++) {
        linger_add(&l, i + 100, i);
        while (linger_next(&l, i, &what))
            CU_ASSERT_EQUAL(what, next++);
        CU_ASSERT_EQUAL(l.count, i < 100 ? i + 1 : 100);
    }
    linger_fini(&l);
}

/* Requests on m connections by chance, a table for n of them: the n used last are each as likely as
 * any other, so that n of m are found (LRU under independent references). */
static void a_small_table_knows_its_share(void)
{
    for (uint32_t entries = 25; entries <= 100; entries += 25) {
        struct record r = simulate(
            RUN("'duration': '40s', 'warmup': '5s', 'seed': 4")
            "'clients': [ { 'name': 'c', 'to': 'lb', 'count': 100, 'protocol': 'h2', 'arrival': "
            "{ 'process': 'poisson', 'rate': '1k/s' } } ], 'balancers': [ { 'name': 'lb', 'layer': "
            "'l4', 'algorithm': 'maglev', 'to': 's', 'unknown_flow': 'pick', 'flow_table': "
            "{ 'entries': %u } } ], " BACKENDS("5") " }", entries);
        double known = 1 - share(count_tally(&r, TALLY_FLOWS_ADOPTED), count_born(&r));

        CU_ASSERT_DOUBLE_EQUAL(known, entries / 100.0, 0.012);
        CU_ASSERT_EQUAL(count_tally(&r, TALLY_CONNECTIONS_BROKEN), 0);
        CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_OK), count_born(&r));
        record_fini(&r);
    }
}

/* ---- NAT ---- */

#define PHONES(nat, rate)                                                                        \
    "'clients': [ { 'name': 'c', 'to': 'lb', 'count': 1000, 'protocol': 'tcp', 'rtt': '10ms', "  \
    "'nat': { " nat " }, 'arrival': { 'process': " rate " } } ], 'balancers': [ { 'name': 'lb', " \
    "'layer': 'l4', 'algorithm': 'maglev', 'to': 's' } ], " BACKENDS("2") " }"

/* A greatest value is counted anew after warm-up. */
static uint64_t most_ports(const struct record *r)
{
    uint64_t most = 0;

    for (uint32_t i = r->warmup_slices; i < r->slices; i++)
        most += r->slice[i].tally[TALLY_NAT_PORTS_MAX];
    return most;
}

/* Little: 100/s x (two round trips, 10 ms of service, 1 s of TIME_WAIT) = 103 ports. */
static void ports_taken_are_rate_times_time(void)
{
    struct record r = simulate(RUN("'duration': '10s', 'warmup': '2s'")
                               PHONES("'addresses': 1, 'time_wait': '1s'",
                                      "'constant', 'rate': '100/s'"));

    CU_ASSERT_EQUAL(count_tally(&r, TALLY_NAT_EXHAUSTED), 0);
    CU_ASSERT(most_ports(&r) == 103 || most_ports(&r) == 104);
    record_fini(&r);
}

/* The share of calls that find all of c lines busy (Erlang 1917), whatever the law of their
 * lengths. */
static double erlang_b(double a, uint32_t c)
{
    double b = 1;

    for (uint32_t k = 1; k <= c; k++)
        b = a * b / (k + a * b);
    return b;
}

static void ports_run_out_as_lines_do(void)
{
    static const uint32_t ports[] = { 80, 103, 115 };

    for (size_t i = 0; i < ARRAY_LEN(ports); i++) {
        struct record r = simulate(RUN("'duration': '400s', 'warmup': '5s', 'seed': 3")
                                   PHONES("'addresses': 1, 'ports': %u, 'time_wait': '1s'",
                                          "'poisson', 'rate': '100/s'"), ports[i]);
        double refused = share(count_ended(&r, OUTCOME_REFUSED), count_born(&r));

        CU_ASSERT_DOUBLE_EQUAL(refused, erlang_b(103, ports[i]), 0.006);
        CU_ASSERT_EQUAL(most_ports(&r), ports[i]);
        record_fini(&r);
    }
}

/* Each client a system of its own with 1 port: Erlang's B(a, 1) = a / (1 + a) at a tenth of a call
 * a second times 1.03 s. */
static void a_block_is_its_clients_own(void)
{
    struct record r = simulate(RUN("'duration': '200s', 'warmup': '5s', 'seed': 3")
                               PHONES("'addresses': 2, 'ports': 500, 'block': 1, "
                                      "'time_wait': '1s'", "'poisson', 'rate': '100/s'"));
    double refused = share(count_ended(&r, OUTCOME_REFUSED), count_born(&r));

    CU_ASSERT_DOUBLE_EQUAL(refused, erlang_b(0.103, 1), 0.008);
    record_fini(&r);
}

/* ---- a table that refuses ---- */

/* The same law for places of a table: 100/s x (30 ms + 1 s) = 103 are wanted. */
static void places_of_a_table_run_out_as_lines_do(void)
{
    static const uint32_t entries[] = { 80, 103, 115, 150 };

    for (size_t i = 0; i < ARRAY_LEN(entries); i++) {
        struct record r = simulate(
            RUN("'duration': '400s', 'warmup': '5s', 'seed': 3")
            "'clients': [ { 'name': 'c', 'to': 'lb', 'count': 1000, 'protocol': 'tcp', 'rtt': "
            "'10ms', 'arrival': { 'process': 'poisson', 'rate': '100/s' } } ], 'balancers': [ { "
            "'name': 'lb', 'layer': 'l4', 'algorithm': 'maglev', 'to': 's', 'flow_table': { "
            "'entries': %u, 'when_full': 'refuse', 'time_wait': '1s' } } ], " BACKENDS("2") " }",
            entries[i]);
        uint64_t refused = count_tally(&r, TALLY_FLOWS_REFUSED);

        CU_ASSERT_DOUBLE_EQUAL(share(refused, count_born(&r)), erlang_b(103, entries[i]), 0.006);
        /* counts end with the last birth: the last one may be missing */
        CU_ASSERT(count_ended(&r, OUTCOME_REFUSED) - refused <= 1);
        CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_OK) + count_ended(&r, OUTCOME_REFUSED),
                        count_born(&r));
        record_fini(&r);
    }
}

/* ---- replies that go past ---- */

#define DATAGRAMS "'protocol': 'udp', 'timeout': '1s', 'requests_per_connection': 1"
#define SYN_TO_FIN "'protocol': 'tcp'"

/* A request every 100 ms; what the l4 has in flight at several times after each.  TCP: from its
 * SYN, 5 ms after it was born, to its FIN, two round trips and the service later.  A datagram on a
 * port of its own: for the idle timeout, however soon it is answered. */
static void under_dsr_a_choice_ends_by_close_or_silence(void)
{
    static const struct {
        const char *client, *idle, *dsr, *service;
        struct { nsec after; uint64_t in_flight; } at[4];
    } row[] = {
        { SYN_TO_FIN, "0", "true", "100ms", { { 4, 1 }, { 6, 2 }, { 24, 2 }, { 26, 1 } } },
        { SYN_TO_FIN, "0", "false", "100ms", { { 4, 1 }, { 6, 2 }, { 24, 2 }, { 26, 1 } } },
        { SYN_TO_FIN, "0", "true", "150ms", { { 4, 1 }, { 6, 2 }, { 74, 2 }, { 76, 1 } } },
        { SYN_TO_FIN, "60ms", "true", "200ms", { { 4, 0 }, { 6, 1 }, { 74, 1 }, { 76, 0 } } },
        { DATAGRAMS, "250ms", "true", "80ms", { { 4, 2 }, { 6, 3 }, { 54, 3 }, { 56, 2 } } },
        { DATAGRAMS, "250ms", "true", "1ms", { { 4, 2 }, { 6, 3 }, { 54, 3 }, { 56, 2 } } },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct world w;
        struct lab lab;

        world_text(&w, RUN("'duration': '5s'") "'clients': [ { 'name': 'c', 'to': 'lb', 'rtt': "
            "'10ms', %s, 'arrival': { 'process': 'constant', 'rate': '10/s' } } ], 'balancers': [ "
            "{ 'name': 'lb', 'layer': 'l4', 'algorithm': 'least_conn', 'to': 's', 'dsr': %s, "
            "'idle_timeout': '%s' } ], 'backends': [ { 'name': 's', 'count': 2, 'workers': "
            "'unlimited', 'service': '%s' } ] }",
            row[i].client, row[i].dsr, row[i].idle, row[i].service);
        for (size_t k = 0; k < ARRAY_LEN(row[i].at); k++) {
            lab_begin(&lab, &w, 0);
            lab.sim.horizon = 3 * SECOND + row[i].at[k].after * MILLISECOND;
            sim_run(&lab.sim, NULL, NULL);
            CU_ASSERT_EQUAL(lab_in_flight(&lab), row[i].at[k].in_flight);
            lab_end(&lab);
        }
        lab_run_to_the_end(&lab, &w, 20 * SECOND);
        lab_end(&lab);
        world_end(&w);
    }
}

/* So least_conn picks as if it heard the replies, and spares one that is slow. */
static void under_dsr_least_conn_spares_who_is_slow(void)
{
    struct record r[2];

    for (int is_dsr = 0; is_dsr <= 1; is_dsr++)
        r[is_dsr] = simulate(
            RUN("'duration': '20s', 'seed': 4") "'clients': [ { 'name': 'c', 'to': 'lb', 'count': "
            "50, 'protocol': 'tcp', 'rtt': '2ms', 'arrival': { 'process': 'poisson', 'rate': "
            "'500/s' } } ], 'balancers': [ { 'name': 'lb', 'layer': 'l4', 'algorithm': "
            "'least_conn', 'to': 's', 'dsr': %s } ], 'backends': [ { 'name': 's', 'count': 3, "
            "'workers': 4, 'speed': [1, 1, 0.25], 'service': { 'dist': 'exponential', 'mean': "
            "'10ms' } } ] }", is_dsr ? "true" : "false");
    for (uint32_t k = 0; k < 3; k++)
        CU_ASSERT_EQUAL(count_picked(&r[1], k), count_picked(&r[0], k));
    CU_ASSERT(3 * count_picked(&r[1], 2) < 2 * count_picked(&r[1], 0));
    record_fini(&r[0]);
    record_fini(&r[1]);
}

/* ---- what breaks ---- */

/* 400 connections, all of them in use every second. */
#define CROWD(to)                                                                                \
    "'clients': [ { 'name': 'c', 'to': '" to "', 'count': 400, 'protocol': 'h2', 'arrival': "    \
    "{ 'process': 'poisson', 'rate': '1k/s' } } ], "

/* With an algorithm, what becomes of unknown flows, the router's hash, its detection time. */
#define EDGE                                                                                     \
    "'clients': [ { 'name': 'c', 'to': 'edge', 'count': 400, 'protocol': 'h2', 'rtt': '2ms', "   \
    "'arrival': { 'process': 'poisson', 'rate': '1k/s' } } ], 'balancers': [ { 'name': 'edge', " \
    "'layer': 'l4', 'instances': 4, 'algorithm': '%s', 'to': 's', 'unknown_flow': '%s', "        \
    "'ecmp': { 'hash': '%s', 'detection': '%s' } } ], " BACKENDS("10")
#define EVENT(what) ", 'events': [ { 'at': '10s', " what " } ] }"
#define LOSS EVENT("'do': 'fail', 'target': 'edge[1]'")

/* By hashing: three quarters of the flows move under modulo, a quarter under consistent; a moved
 * flow is reset; or picked for again, and then maglev finds its backend and round robin one of
 * ten. */
static void an_instance_lost_breaks_what_theory_says(void)
{
    static const struct { const char *unknown, *hash, *algorithm; double broken, told; } cases[] = {
        { "reset", "modulo", "maglev", 0.75, 0.75 },
        { "reset", "consistent", "maglev", 0.25, 0.25 },
        { "pick", "modulo", "maglev", 0, 0 },
        { "pick", "modulo", "ring_hash", 0, 0 },
        { "pick", "modulo", "round_robin", 0.75 * 0.9, 0.75 },
        { "pick", "resilient", "round_robin", 0.25 * 0.9, 0.25 },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct record r = simulate(RUN("'duration': '30s', 'seed': 2") EDGE LOSS,
                                   cases[i].algorithm, cases[i].unknown, cases[i].hash, "0");
        uint64_t broken = count_tally(&r, TALLY_CONNECTIONS_BROKEN);

        /* of 400 connections: four standard deviations */
        CU_ASSERT_DOUBLE_EQUAL(share(broken, 400), cases[i].broken, 0.09);
        CU_ASSERT_EQUAL_FATAL(r.remaps, 1);
        CU_ASSERT_DOUBLE_EQUAL(share(r.remap[0].broken, 400), cases[i].told, 0.09);
        if (cases[i].broken == cases[i].told)
            CU_ASSERT_EQUAL(r.remap[0].broken, broken);
        CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_OK) + count_ended(&r, OUTCOME_RESET),
                        count_born(&r));
        record_fini(&r);
    }
}

/* Nothing reaches what is gone; TCP sends again after 0.2, 0.6 and 1.4 s, and meets another
 * instance then.  In the meantime a quarter of 100/s is lost, at first and again. */
static void what_is_lost_is_sent_again(void)
{
    struct record r = simulate(RUN("'duration': '20s', 'seed': 2") EDGE LOSS, "maglev", "pick",
                               "resilient", "900ms");
    struct hist h = latency_between(&r, 0, 20 * SECOND);

    CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_OK), count_born(&r));
    CU_ASSERT_DOUBLE_EQUAL((double)hist_quantile(&h, 1, h.total) / 1e9, 1.41, 0.01);
    /* 225 of them; those of the last 300 ms are lost twice, of the 600 ms before three times */
    CU_ASSERT_DOUBLE_EQUAL((double)count_tally(&r, TALLY_ECMP_LOST), 25.0 * (9 + 7 + 3), 120);
    hist_fini(&h);
    record_fini(&r);
}

/* Without a router an l7 that crashes resets what it has, and its share of the clients' new
 * connections is refused until it is back. */
static void an_l7_lost_without_a_router_breaks_its_own(void)
{
    struct record r = simulate(
        RUN("'duration': '20s', 'seed': 5") CROWD("edge")
        "'balancers': [ { 'name': 'edge', 'instances': 4, 'algorithm': 'round_robin', 'to': 's' } "
        "], " BACKENDS("10") EVENT("'do': 'fail', 'target': 'edge[1]', 'for': '5s'"));
    uint64_t broken = count_tally(&r, TALLY_CONNECTIONS_BROKEN);

    CU_ASSERT_DOUBLE_EQUAL(share(broken, 400), 0.25, 0.09);
    CU_ASSERT_EQUAL(r.remap[0].broken, broken);
    CU_ASSERT(count_ended(&r, OUTCOME_RESET) > 0 && count_ended(&r, OUTCOME_RESET) < 20);
    CU_ASSERT(count_ended(&r, OUTCOME_REFUSED) > 20);
    CU_ASSERT_EQUAL(count_unfinished(&r), 0);
    record_fini(&r);
}

/* One that is added under consistent hashing takes a fifth of the flows; all tables are its own. */
static void an_instance_added_takes_its_share(void)
{
    struct record r = simulate(RUN("'duration': '20s', 'seed': 2") EDGE
                               EVENT("'do': 'add', 'target': 'edge'"),
                               "maglev", "reset", "consistent", "0");

    CU_ASSERT_DOUBLE_EQUAL(share(count_tally(&r, TALLY_CONNECTIONS_BROKEN), 400), 0.2, 0.08);
    CU_ASSERT_EQUAL(r.remap[0].broken, count_tally(&r, TALLY_CONNECTIONS_BROKEN));
    CU_ASSERT_DOUBLE_EQUAL(share(r.remap[0].moved, r.remap[0].keys), 0.2, 0.02);
    record_fini(&r);
}

/* An l7 behind a router: its connections break whatever the hash, and with modulo those that moved
 * between the others too. */
static void an_l7_behind_a_router_loses_what_moves(void)
{
    static const struct { const char *hash; double broken; } cases[] = {
        { "consistent", 0.25 }, { "resilient", 0.25 }, { "modulo", 0.75 },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct record r = simulate(
            RUN("'duration': '20s', 'seed': 6") CROWD("edge")
            "'balancers': [ { 'name': 'edge', 'instances': 4, 'algorithm': 'p2c', 'to': 's', "
            "'ecmp': { 'hash': '%s', 'detection': '0' } } ], " BACKENDS("10") LOSS, cases[i].hash);

        CU_ASSERT_DOUBLE_EQUAL(share(count_tally(&r, TALLY_CONNECTIONS_BROKEN), 400),
                               cases[i].broken, 0.09);
        CU_ASSERT_DOUBLE_EQUAL(share(r.remap[0].broken, 400), cases[i].broken, 0.09);
        CU_ASSERT_DOUBLE_EQUAL(share(r.remap[0].moved, r.remap[0].keys), cases[i].broken, 0.03);
        CU_ASSERT_DOUBLE_EQUAL(share(r.remap[0].unavoidable, r.remap[0].keys), 0.25, 0.03);
        CU_ASSERT_EQUAL(count_unfinished(&r), 0);
        record_fini(&r);
    }
}

/* Without a table what a change of the backends moves breaks, and the event foretells it: a ninth
 * when one is added to eight, an eighth when one goes, nearly all under modulo. */
static void without_a_table_connections_break_as_keys_move(void)
{
    static const struct { const char *algorithm, *event; double broken, within; } cases[] = {
        { "ring_hash", "'do': 'add', 'target': 's'", 1.0 / 9, 0.07 },
        { "ring_hash", "'do': 'remove', 'target': 's[3]'", 1.0 / 8, 0.07 },
        { "ring_hash", "'do': 'fail', 'target': 's[3]'", 1.0 / 8, 0.07 },
        { "maglev", "'do': 'add', 'target': 's'", 1.0 / 9, 0.07 },
        { "ip_hash", "'do': 'add', 'target': 's'", 8.0 / 9, 0.07 },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct record r = simulate(
            RUN("'duration': '20s', 'seed': 5") CROWD("lb")
            "'balancers': [ { 'name': 'lb', 'layer': 'l4', 'algorithm': '%s', 'to': 's', "
            "'flow_table': { 'entries': 'none' } } ], " BACKENDS("8")
            EVENT("%s"), cases[i].algorithm, cases[i].event);
        uint64_t broken = count_tally(&r, TALLY_CONNECTIONS_BROKEN);

        CU_ASSERT_DOUBLE_EQUAL(share(broken, 400), cases[i].broken, cases[i].within);
        CU_ASSERT_EQUAL(r.remap[0].broken, broken);
        record_fini(&r);
    }
}

/* An instance that hangs keeps its table: what it swallowed goes on, nothing breaks.  One that
 * crashes has lost it. */
static void a_table_survives_a_hang_and_no_crash(void)
{
    for (int crashes = 0; crashes <= 1; crashes++) {
        struct record r = simulate(
            RUN("'duration': '20s', 'seed': 5") CROWD("edge")
            "'balancers': [ { 'name': 'edge', 'layer': 'l4', 'instances': 4, 'algorithm': "
            "'least_conn', 'to': 's' } ], " BACKENDS("10")
            EVENT("'do': 'fail', 'target': 'edge[1]', 'mode': '%s', 'for': '2s'"),
            crashes ? "crash" : "hang");

        CU_ASSERT_DOUBLE_EQUAL(share(count_tally(&r, TALLY_CONNECTIONS_BROKEN), 400),
                               crashes ? 0.25 : 0, 0.09 * crashes);
        CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_OK) + count_ended(&r, OUTCOME_RESET),
                        count_born(&r));
        CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_RESET) > 0, crashes);
        record_fini(&r);
    }
}

/* ---- a backend that is gone ---- */

#define GONE                                                                                     \
    "'clients': [ { 'name': 'c', 'to': 'lb', 'count': 200, 'protocol': '%s', 'timeout': '100ms', " \
    "'arrival': { 'process': 'poisson', 'rate': '1k/s' } } ], 'balancers': [ { 'name': 'lb', "   \
    "'layer': 'l4', 'algorithm': 'maglev', 'to': 's', 'gone_backend': '%s', "                    \
    "'idle_timeout': '3s' } ], " BACKENDS("4") EVENT("'do': 'remove', 'target': 's[1]'")

/* Dropped for the idle timeout less the time since the flow's last packet, 0.2 s on average.  What
 * was in flight is lost in any case; the other connections are closed before they are used. */
static void what_goes_to_a_backend_that_is_gone(void)
{
    struct record dropped = simulate(RUN("'duration': '30s', 'seed': 3") GONE, "udp", "drop");
    struct record reset = simulate(RUN("'duration': '30s', 'seed': 3") GONE, "h2", "reset");
    struct record picked = simulate(RUN("'duration': '30s', 'seed': 3") GONE, "udp", "pick");

    double gone = share(count_tally(&reset, TALLY_CONNECTIONS_BROKEN), 200);
    uint64_t in_flight = count_ended(&picked, OUTCOME_TIMEOUT);     /* when it was removed */

    CU_ASSERT_DOUBLE_EQUAL(gone, 0.25, 0.13);
    CU_ASSERT_DOUBLE_EQUAL((double)count_tally(&dropped, TALLY_FLOWS_DROPPED), gone * 1000 * 2.8,
                           120);
    CU_ASSERT_EQUAL(count_ended(&dropped, OUTCOME_TIMEOUT),
                    count_tally(&dropped, TALLY_FLOWS_DROPPED) + in_flight);
    CU_ASSERT_EQUAL(count_tally(&picked, TALLY_FLOWS_DROPPED), 0);
    CU_ASSERT(in_flight > 0 && in_flight < 15);
    CU_ASSERT_EQUAL(count_ended(&reset, OUTCOME_RESET), in_flight);
    record_fini(&dropped);
    record_fini(&reset);
    record_fini(&picked);
}

/* Fifty ports behind a NAT, each used again after a second; the table knows it for 5 s after its
 * end.  A quarter of the new connections meets an entry of the backend that was removed, and is
 * lost, as long as entries of before stand: 5 s.  IPVS with conn_reuse_mode 0 (kubernetes issue
 * 81775). */
static void ports_used_again_lead_where_they_led(void)
{
    static const char *const reuse[] = { "pick", "follow" };

    for (int follows = 0; follows <= 1; follows++) {
        struct record r = simulate(
            RUN("'duration': '30s', 'seed': 3") "'clients': [ { 'name': 'c', 'to': 'lb', 'count': "
            "1000, 'protocol': 'tcp', 'timeout': '100ms', 'nat': { 'addresses': 1, 'ports': 50 }, "
            "'arrival': { 'process': 'constant', 'rate': '50/s' } } ], 'balancers': [ { 'name': "
            "'lb', 'layer': 'l4', 'algorithm': 'round_robin', 'to': 's', 'gone_backend': 'drop', "
            "'flow_table': { 'entries': 'unlimited', 'time_wait': '5s', 'port_reuse': '%s' } } ], "
            BACKENDS("4") EVENT("'do': 'remove', 'target': 's[1]'"), reuse[follows]);
        uint64_t lost = count_ended(&r, OUTCOME_TIMEOUT);

        CU_ASSERT_DOUBLE_EQUAL((double)lost, follows * 0.25 * 50 * 5, follows * 10.0);
        /* a few are sent on a connection that their client opened for another meanwhile */
        CU_ASSERT(count_tally(&r, TALLY_FLOWS_DROPPED) >= lost);
        CU_ASSERT(count_tally(&r, TALLY_FLOWS_DROPPED) <= lost + 3);
        CU_ASSERT(count_born(&r) - count_ended(&r, OUTCOME_OK) - lost <= 1);
        record_fini(&r);
    }
}

/* The same as a plain list with a search from its end. */
static void ended_ports_are_known_for_their_time(void)
{
    struct rng g = rng_stream(8, "tuples", 0);
    struct tuples t = { .slot = NULL };
    nsec until[300] = { 0 };
    uint32_t to[300];

    for (nsec now = 1; now < 30000; now++) {
        uint32_t key = rng_below(&g, 300), who = rng_below(&g, 300);

        CU_ASSERT_EQUAL_FATAL(tuples_find(&t, tuple_key(who, 443), now),
                              until[who] > now ? to[who] : NONE);
        to[key] = rng_below(&g, 9);
        until[key] = now + 200;
        tuples_add(&t, tuple_key(key, 443), to[key], until[key]);
    }
    CU_ASSERT(t.slots <= 1024);
    tuples_fini(&t);
}

/* ---- nothing is left behind ---- */

static void instances_come_and_go_and_nothing_is_left(void)
{
    static const char *const tiers[] = {
        "'layer': 'l4', 'unknown_flow': 'pick', 'ecmp': { 'hash': 'modulo', 'detection': '300ms' }",
        "'layer': 'l4', 'flow_table': { 'entries': 50, 'when_full': 'refuse', 'time_wait': '20ms' "
        "}, 'ecmp': { 'hash': 'resilient', 'detection': '50ms' }",
        "'layer': 'l4', 'flow_table': { 'entries': 20 }, 'ecmp': { 'hash': 'threshold' }",
        "'layer': 'l4', 'flow_table': { 'entries': 'none' }, 'ecmp': { 'hash': 'consistent' }",
        "'layer': 'l7', 'timeout': '12ms', 'retries': { 'max': 2, 'on': ['timeout'] }, 'ecmp': { "
        "'hash': 'consistent', 'detection': '100ms' }",
        "'layer': 'l7', 'hedge': { 'after': '5ms' }, 'ecmp': { 'hash': 'modulo' }",
    };

    for (size_t i = 0; i < ARRAY_LEN(tiers); i++) {
        struct world w;
        struct lab lab;

        world_text(&w, RUN("'duration': '5s', 'seed': 3")
            "'clients': [ { 'name': 'c', 'count': 90, 'to': 'edge', 'protocol': '%s', 'rtt': "
            "'2ms', 'timeout': '90ms', 'nat': { 'addresses': 2, 'ports': 60, 'time_wait': '10ms' "
            "}, 'arrival': { 'process': 'poisson', 'rate': '800/s' } } ], 'balancers': [ { 'name': "
            "'edge', 'instances': 4, 'algorithm': 'maglev', 'to': 's', %s } ], "
            "'backends': [ { 'name': 's', 'count': 3, 'workers': 2, 'service': { 'dist': "
            "'exponential', 'mean': '3ms' } } ], 'events': [ "
            "{ 'at': '1s', 'do': 'fail', 'target': 'edge[0]', 'for': '300ms', 'every': '700ms' }, "
            "{ 'at': '1.2s', 'do': 'pause', 'target': 'edge[1]', 'for': '400ms' }, "
            "{ 'at': '2s', 'do': 'drain', 'target': 'edge[1]', 'for': '1s' }, "
            "{ 'at': '2.5s', 'do': 'add', 'target': 'edge', 'count': 2 }, "
            "{ 'at': '3s', 'do': 'remove', 'target': 'edge[2..3]' } ] }",
            i > 2 ? "h1" : "tcp", tiers[i]);
        lab_run_to_the_end(&lab, &w, 20 * SECOND);
        lab_end(&lab);
        world_end(&w);
    }
}

/* Behind an l4 that checks it, an l7 that is drained before it is removed loses no request and
 * breaks no connection, not even one that nothing was sent on meanwhile; one that is removed at
 * once does. */
static void a_drained_l7_loses_nothing(void)
{
    static const char *const drain = "{ 'at': '2s', 'do': 'drain', 'target': 'edge[1]' }, ";

    for (uint32_t i = 0; i < 4; i++) {
        bool is_drained = i & 1, is_h2 = i & 2;
        struct record r = simulate(RUN("'duration': '6s', 'seed': 3")
            "'clients': [ { 'name': 'c', 'count': 60, 'to': 'vip', 'protocol': '%s', 'rtt': '2ms', "
            "'arrival': { 'process': 'poisson', 'rate': '900/s' } }, "
            "{ 'name': 'quiet', 'count': 60, 'to': 'vip', 'protocol': 'h1', "
            "'arrival': { 'process': 'poisson', 'rate': '30/s' } } ], 'balancers': [ "
            "{ 'name': 'vip', 'layer': 'l4', 'algorithm': 'random', 'to': 'edge', 'health_check': "
            "{ 'interval': '100ms', 'fall': 2 } }, "
            "{ 'name': 'edge', 'instances': 3, 'algorithm': 'random', 'to': 's' } ], "
            "'backends': [ { 'name': 's', 'count': 3, 'workers': 16, 'service': { 'dist': "
            "'exponential', 'mean': '20ms' } } ], 'events': [ %s"
            "{ 'at': '4s', 'do': 'remove', 'target': 'edge[1]' } ] }",
            is_h2 ? "h2" : "h1", is_drained ? drain : "");
        uint64_t failed = count_born(&r) - count_ended(&r, OUTCOME_OK);

        CU_ASSERT_EQUAL(failed == 0, is_drained);
        CU_ASSERT_EQUAL(count_tally(&r, TALLY_CONNECTIONS_BROKEN) == 0, is_drained);
        record_fini(&r);
    }
}

#define ROW(fact) { #fact, fact }
static const struct unit_test tests[] = {
    ROW(who_leaves_moves_what_its_hash_says),
    ROW(who_joins_takes_its_share),
    ROW(consistent_routes_come_back),
    ROW(lru_evicts_as_a_plain_list_does),
    ROW(what_lingers_goes_in_order),
    ROW(a_small_table_knows_its_share),
    ROW(ports_taken_are_rate_times_time),
    ROW(ports_run_out_as_lines_do),
    ROW(a_block_is_its_clients_own),
    ROW(places_of_a_table_run_out_as_lines_do),
    ROW(under_dsr_a_choice_ends_by_close_or_silence),
    ROW(under_dsr_least_conn_spares_who_is_slow),
    ROW(an_instance_lost_breaks_what_theory_says),
    ROW(what_is_lost_is_sent_again),
    ROW(an_l7_lost_without_a_router_breaks_its_own),
    ROW(an_instance_added_takes_its_share),
    ROW(an_l7_behind_a_router_loses_what_moves),
    ROW(without_a_table_connections_break_as_keys_move),
    ROW(a_table_survives_a_hang_and_no_crash),
    ROW(what_goes_to_a_backend_that_is_gone),
    ROW(ports_used_again_lead_where_they_led),
    ROW(ended_ports_are_known_for_their_time),
    ROW(a_drained_l7_loses_nothing),
    ROW(instances_come_and_go_and_nothing_is_left),
};

UNIT_MAIN("flows", tests)
