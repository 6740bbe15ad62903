/* test_dataplane.c - what a box costs: packets and bytes by the counts of TCP, waits by queueing
 * theory, TLS by round trips and work, each exact where nothing is random. */
#include "unit.h"

#include "../../sim/base/rng.h"
#include "../../sim/parts/cost.h"
#include "simulate.h"

#include <math.h>

#define RUN(what) "{ 'version': 1, 'name': 't', 'run': { " what " }, "
#define CLIENT(more)                                                                             \
    "'clients': [ { 'name': 'c', 'to': 'lb', 'protocol': 'tcp', 'arrival': "                      \
    "{ 'process': 'constant', 'rate': '1/s' }, " more " } ], "
#define BALANCER(layer, more)                                                                    \
    "'balancers': [ { 'name': 'lb', 'layer': '" layer "', 'algorithm': 'round_robin', 'to': 's', " \
    more " } ], "
#define BACKENDS(more) "'backends': [ { 'name': 's', 'service': '1ms'" more " } ] }"
#define SIZES(asked, answered)                                                                   \
    "'requests': [ { 'name': 'r', 'request_size': '" asked "', 'reply_size': '" answered "' } ]"

static const nsec US = 1000, MS = 1000000;

/* Counts end with the last birth: what the last request does then is not in them. */
static uint64_t counted(uint64_t requests)
{
    return requests - 1;
}

static uint64_t mean_spent(const struct record *r, enum part part)
{
    return (uint64_t)(sum_spent(r, part) / count_ended(r, OUTCOME_OK));
}

/* ---- traffic ---- */

/* Shares of bytes that still pass under DSR: handshake, ACKs for every second segment and the end
 * of the connection counted, 1448 bytes a segment, 66 of headers a packet. */
static void dsr_saves_what_the_counts_of_tcp_say(void)
{
    static const struct { const char *sizes; uint64_t up, down; double share; } cases[] = {
        { SIZES("500B", "1kB"), 6, 5, 0.40 },       { SIZES("500B", "10kB"), 9, 11, 0.093 },
        { SIZES("500B", "100kB"), 40, 74, 0.029 },  { SIZES("500B", "1MB"), 351, 695, 0.022 },
        { SIZES("100kB", "500B"), 75, 39, 0.97 },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct record r = simulate(RUN("'requests': 10") "'clients': [ { 'name': 'c', 'to': 'lb', "
                                   "'protocol': 'tcp', 'arrival': { 'process': 'constant', 'rate': "
                                   "'1/s' }, %s } ], " BALANCER("l4", "'dsr': true")
                                   BACKENDS(""), cases[i].sizes);
        double share = (double)count_tally(&r, TALLY_BYTES_THROUGH)
                     / (double)count_tally(&r, TALLY_BYTES_ALL);

        CU_ASSERT_EQUAL(count_tally(&r, TALLY_PACKETS_UP), counted(10) * cases[i].up);
        CU_ASSERT_EQUAL(count_tally(&r, TALLY_PACKETS_ALL),
                        counted(10) * (cases[i].up + cases[i].down));
        CU_ASSERT_EQUAL(count_tally(&r, TALLY_PACKETS_DOWN), 0);
        CU_ASSERT_DOUBLE_EQUAL(share, cases[i].share, 0.012);
        record_fini(&r);
    }
}

static void packets_of_a_whole_connection(void)
{
    struct traffic open = cost_of_open(), close = cost_of_close();
    struct traffic page = cost_of_exchange(500, 100000);

    CU_ASSERT_EQUAL(open.packets_up + page.packets_up + close.packets_up, 40);
    CU_ASSERT_EQUAL(open.packets_down + page.packets_down + close.packets_down, 74);
}

/* A connection that asks 500 bytes and is answered 10 kB, packet by packet: SYN, SYN-ACK, ACK; one
 * segment and its ACK; seven and four ACKs; FIN and ACK each way. */
enum { PACKETS_OF_10_KB = 3 + 1 + 1 + 7 + 4 + 4 };

static uint64_t work_of(const char *layer, const char *preset, enum tally busy)
{
    struct record r = simulate(
        RUN("'requests': 10") CLIENT(SIZES("500B", "10kB")) "'balancers': [ { 'name': 'lb', "
        "'layer': '%s', 'algorithm': 'round_robin', 'to': 's', 'cost': { 'preset': '%s' } } ], "
        BACKENDS(""), layer, preset);
    uint64_t work = count_tally(&r, busy);

    CU_ASSERT_EQUAL(sum_spent(&r, PART_BALANCER_QUEUE), 0);
    record_fini(&r);
    CU_ASSERT_EQUAL(work % counted(10), 0);
    return work / counted(10);
}

/* As published, in millions of packets a second, to a hundredth: Katran and IPVS on one core
 * (CoNEXT 2018), kube-proxy on a node (cilium.io, 2020-06-22). */
static void an_l4s_presets_are_the_rates_of_their_sources(void)
{
    static const struct { const char *preset; double rate; } cases[] = {
        { "xdp", 5.16 }, { "ipvs", 1.24 }, { "iptables", 2.1 },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint64_t work = work_of("l4", cases[i].preset, TALLY_CPU_L4);

        CU_ASSERT_DOUBLE_EQUAL(1e3 * PACKETS_OF_10_KB / (double)work, cases[i].rate,
                               0.01 * cases[i].rate);
    }
}

/* A connection, a request, 10.5 kB; HTTP/2 is 1.3 times HTTP/1.1, to the nanosecond that is cut. */
static void a_proxys_presets_are_their_model(void)
{
    uint64_t h1 = work_of("l7", "proxy-h1", TALLY_CPU_L7);
    uint64_t h2 = work_of("l7", "proxy-h2", TALLY_CPU_L7);

    CU_ASSERT_EQUAL(h1, 20 * US + 10 * US + 10500 * 150 / 1000);
    CU_ASSERT_DOUBLE_EQUAL((double)h2, 1.3 * (double)h1, 1);
}

/* ---- waiting ---- */

/* M/D/1: mean wait = rho / (2 (1 - rho)) services (Pollaczek 1930, Khinchine 1932). */
static void requests_wait_for_a_core_as_in_m_d_1(void)
{
    struct record r = simulate(
        RUN("'requests': 200000, 'warmup': '5s', 'seed': 7")
        "'clients': [ { 'name': 'c', 'to': 'lb', 'arrival': { 'process': 'poisson', 'rate': "
        "'600/s' } } ], " BALANCER("l7", "'cost': { 'per_request': '1ms' }")
        "'backends': [ { 'name': 's', 'workers': 'unlimited', 'service': '1ms' } ] }");

    CU_ASSERT_DOUBLE_EQUAL((double)mean_spent(&r, PART_BALANCER_QUEUE) / 1e6, 0.75, 0.03);
    CU_ASSERT_EQUAL(mean_spent(&r, PART_BALANCER_WORK), MS);
    CU_ASSERT_EQUAL(mean_spent(&r, PART_SERVICE), MS);
    record_fini(&r);
}

/* The same queue by brute force: the earliest of c cores is looked for among all. */
static void cores_serve_in_the_order_of_arrival(void)
{
    struct rng g = rng_stream(11, "cores", 0);

    for (uint32_t count = 1; count <= 9; count++) {
        struct cores c;
        nsec free_at[9] = { 0 }, now = 0;

        cores_init(&c, count);
        for (uint32_t k = 0; k < 2000; k++) {
            nsec work = rng_below(&g, 1000);
            uint32_t first = 0;

            now += rng_below(&g, 1000 / count);
            for (uint32_t i = 1; i < count; i++)
                first = free_at[i] < free_at[first] ? i : first;
            nsec begin = free_at[first] > now ? free_at[first] : now;
            free_at[first] = begin + work;
            CU_ASSERT_EQUAL_FATAL(cores_take(&c, now, work), begin);
        }
        cores_fini(&c);
    }
}

/* 1 MB at 1 Gbit/s takes 8 ms, headers of 691 packets and an ACK beside. */
static void a_reply_takes_its_time_on_the_line(void)
{
    struct record r = simulate(RUN("'requests': 5") CLIENT(SIZES("500B", "1MB"))
                               BALANCER("l7", "'cost': { 'nic_out': '1Gbit/s' }") BACKENDS(""));
    uint64_t down = 1000000 + 692 * 66, up = 500 + (1 + 346) * 66;

    CU_ASSERT_EQUAL(mean_spent(&r, PART_BALANCER_WORK), down * 8 + up * 8);
    record_fini(&r);
}

/* ---- TLS ---- */

static void a_handshake_takes_its_round_trips_and_its_work(void)
{
    static const struct { const char *tls; nsec trips, work; } cases[] = {
        { "'version': '1.3'", 1, 100 }, { "'version': '1.2'", 2, 100 },
        { "'version': '1.2', 'resumption': 1", 1, 70 },
        { "'version': '1.3', 'resumption': 1", 1, 70 },
        { "'version': '0-rtt'", 1, 100 }, { "'version': '0-rtt', 'resumption': 1", 0, 70 },
        { "'version': '1.3', 'key': 'rsa_2048'", 1, 450 },
        { "'version': '1.3', 'handshake': '2ms'", 1, 2000 },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        for (int layer = 4; layer <= 7; layer += 3) {
            struct record r = simulate(
                RUN("'requests': 5") CLIENT("'rtt': '10ms'")
                "'balancers': [ { 'name': 'lb', 'layer': 'l%d', 'algorithm': 'round_robin', "
                "'to': 's', 'tls': { 'mode': 'terminate', 'per_kilobyte': '0', %s } } ], "
                BACKENDS(""), layer, cases[i].tls);
            nsec tls = mean_spent(&r, PART_TLS), connect = mean_spent(&r, PART_CONNECT);

            CU_ASSERT_EQUAL(tls + connect, (1 + cases[i].trips) * 10 * MS + cases[i].work * US);
            CU_ASSERT_EQUAL(tls, cases[i].trips * 10 * MS
                                     + (cases[i].trips > 0 ? cases[i].work * US : 0));
            CU_ASSERT_EQUAL(mean_spent(&r, PART_NETWORK), 10 * MS);
            CU_ASSERT_EQUAL(count_tally(&r, TALLY_HANDSHAKES), counted(5));
            record_fini(&r);
        }
}

/* 10.5 kB a request at 1 us a kB; a handshake of 100 us; whose cores pay depends on the mode. */
static void tls_costs_where_it_ends(void)
{
    static const struct { const char *layer, *mode; nsec balancer, backend; } cases[] = {
        { "l7", "terminate", 110500, 0 },
        { "l7", "re_encrypt", 121000, 10500 },      /* bytes twice; its own connections stand */
        { "l4", "terminate", 110500, 0 },
        { "l4", "passthrough", 0, 110500 },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct record r = simulate(
            RUN("'requests': 100") CLIENT("'count': 3")
            "'balancers': [ { 'name': 'lb', 'layer': '%s', 'algorithm': 'round_robin', 'to': 's', "
            "'tls': { 'mode': '%s', 'per_kilobyte': '1us' } } ], " BACKENDS(""),
            cases[i].layer, cases[i].mode);

        CU_ASSERT_EQUAL(count_tally(&r, TALLY_CPU_TLS), counted(100) * cases[i].balancer);
        CU_ASSERT_EQUAL(count_tally(&r, TALLY_CPU_BACKEND_TLS), counted(100) * cases[i].backend);
        record_fini(&r);
    }
}

static void resumption_has_its_share(void)
{
    struct record r = simulate(
        RUN("'requests': 20000") CLIENT("'count': 3")
        BALANCER("l7", "'tls': { 'mode': 'terminate', 'resumption': '80%%' }") BACKENDS(""));

    /* 5 standard errors of a share of 0.8 among 20 000 */
    CU_ASSERT_DOUBLE_EQUAL((double)count_tally(&r, TALLY_HANDSHAKES_RESUMED) / 20000, 0.8, 0.0142);
    record_fini(&r);
}

/* ---- nothing is left over ---- */

static void what_is_given_up_on_the_way_through_leaves_nothing_behind(void)
{
    struct world w;
    struct lab lab;

    world_text(&w, RUN("'duration': '3s', 'seed': 3")
        "'clients': [ { 'name': 'c', 'count': 9, 'to': 'edge', 'protocol': 'tcp', 'rtt': '2ms', "
        "'timeout': '30ms', 'arrival': { 'process': 'poisson', 'rate': '800/s' } } ], "
        "'balancers': [ { 'name': 'edge', 'layer': 'l4', 'algorithm': 'maglev', 'to': 'lb', "
        "'instances': 2, 'cost': { 'preset': 'iptables', 'nic_in': '100Mbit/s' } }, "
        "{ 'name': 'lb', 'instances': 2, 'algorithm': 'p2c', 'to': 's', 'timeout': '12ms', "
        "'retries': { 'max': 2, 'on': ['timeout'] }, "
        "'cost': { 'preset': 'proxy-h1', 'per_request': '2ms', 'cores': 2 }, "
        "'tls': { 'mode': 're_encrypt' } } ], "
        "'backends': [ { 'name': 's', 'count': 3, 'service': { 'dist': 'exponential', 'mean': "
        "'3ms' } } ] }");
    lab_run_to_the_end(&lab, &w, 20 * SECOND);
    CU_ASSERT(lab.sim.meter.record.orphans > 100);
    lab_end(&lab);
    world_end(&w);
}

#define ROW(fact) { #fact, fact }
static const struct unit_test tests[] = {
    ROW(dsr_saves_what_the_counts_of_tcp_say),
    ROW(packets_of_a_whole_connection),
    ROW(an_l4s_presets_are_the_rates_of_their_sources),
    ROW(a_proxys_presets_are_their_model),
    ROW(requests_wait_for_a_core_as_in_m_d_1),
    ROW(cores_serve_in_the_order_of_arrival),
    ROW(a_reply_takes_its_time_on_the_line),
    ROW(a_handshake_takes_its_round_trips_and_its_work),
    ROW(tls_costs_where_it_ends),
    ROW(resumption_has_its_share),
    ROW(what_is_given_up_on_the_way_through_leaves_nothing_behind),
};

UNIT_MAIN("dataplane", tests)
