/* test_protocols.c - HTTP/1.1 to 3, UDP, WebSockets and an l7's own connections: round trips to the
 * nanosecond, losses by theory and by an independent calculation, and nothing left over. */
#include "unit.h"

#include "../../sim/base/rng.h"
#include "../../sim/parts/loss.h"
#include "simulate.h"

#include <math.h>

#define RUN(what)     "{ 'version': 1, 'name': 't', 'run': { " what " }, "
#define CLIENT(more)  "'clients': [ { 'name': 'c', 'to': 'lb', " more " } ], "
#define EVERY(rate)   "'arrival': { 'process': 'constant', 'rate': '" rate "' }"
#define POISSON(rate) "'arrival': { 'process': 'poisson', 'rate': '" rate "' }"
#define L4(more)                                                                                   \
    "'balancers': [ { 'name': 'lb', 'layer': 'l4', 'algorithm': 'round_robin', 'to': 's' "         \
    more " } ], "
#define L7(more)                                                                                   \
    "'balancers': [ { 'name': 'lb', 'algorithm': 'round_robin', 'to': 's' " more " } ], "
#define LINK "'links': [ { 'from': 'lb', 'to': 's', 'latency': '1ms' } ], "
#define BACKENDS(count, more)                                                                      \
    "'backends': [ { 'name': 's', 'count': " count ", 'workers': 'unlimited' " more " } ] }"
#define TEN_MS ", 'service': '10ms'"

static double latency_sum_ms(const struct record *r)
{
    u128 sum = 0;

    for (uint32_t i = 0; i < r->slices; i++)
        sum += r->slice[i].latency_sum;
    return (double)sum / 1e6;
}

static double mean_ms(const struct record *r)
{
    return latency_sum_ms(r) / (double)count_ended(r, OUTCOME_OK);
}

/* ---- round trips ---- */

/* 10 ms there and back, 10 ms of service; the first of five requests, and each later one. */
static void a_first_request_waits_for_its_protocols_round_trips(void)
{
    static const struct { const char *client, *balancers; double first, later; } row[] = {
        { "'protocol': 'h2'", L7(""), 30, 20 },
        { "'protocol': 'h2'", L7(", 'tls': { 'mode': 'terminate', 'handshake': '0', "
                                 "'per_kilobyte': '0' }"), 40, 20 },
        { "'protocol': 'h3'", L7(""), 30, 20 },
        { "'protocol': 'h3'", L7(", 'tls': { 'mode': 'terminate', 'handshake': '0', "
                                 "'per_kilobyte': '0' }"), 30, 20 },
        { "'protocol': 'h3', 'zero_rtt': 1", L7(""), 20, 20 },
        { "'protocol': 'h3', 'zero_rtt': 1", L4(""), 20, 20 },
        { "'protocol': 'udp', 'timeout': '1s'", L4(""), 20, 20 },
        { "'protocol': 'session', 'session_length': '1h'", L7(""), 30, 20 },
        { "'protocol': 'session', 'session_length': '1h'", L4(""), 30, 20 },
        { "'protocol': 'websocket', 'session_length': '1h'", L7(""), 40, 20 },
        { "'protocol': 'websocket', 'session_length': '1h'",
          L7(", 'tls': { 'mode': 'terminate', 'handshake': '0', 'per_kilobyte': '0' }"), 50, 20 },
        { "'protocol': 'h2'", L7("") LINK, 32, 22 },
        { "'protocol': 'h2'", L4("") LINK, 34, 22 },
        { "'protocol': 'session', 'session_length': '1h'", L7("") LINK, 34, 22 },
        { "'protocol': 'websocket', 'session_length': '1h'", L7("") LINK, 44, 22 },
        { "'protocol': 'h2', 'window': '2500B'", L7(""), 60, 50 },
        { "'protocol': 'h3', 'window': '9999B'", L7(""), 40, 30 },
        { "'protocol': 'h3', 'window': '10kB'", L7(""), 30, 20 },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct record r = simulate(RUN("'requests': 5") "'clients': [ { 'name': 'c', 'to': 'lb', "
                                   "'rtt': '10ms', %s, " EVERY("1/s") " } ], %s"
                                   BACKENDS("3", TEN_MS), row[i].client, row[i].balancers);
        double sum = latency_sum_ms(&r);

        CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_OK), 5);
        CU_ASSERT_DOUBLE_EQUAL(sum, row[i].first + 4 * row[i].later, 1e-9);
        if (fabs(sum - row[i].first - 4 * row[i].later) > 1e-9)
            fprintf(stderr, "  %s: %g ms in all\n", row[i].client, sum);
        record_fini(&r);
    }
}

/* A window of bytes a round trip, the last may be less: by rounds, until all have been read. */
static double brute_download_ms(double bytes, double window, double rtt)
{
    double ms = 0;

    for (double unread = bytes; unread > 0; unread -= window)
        ms += rtt;
    return ms;
}

/* One stream is never faster than window / round trip, and a long reply comes near to it: by less
 * than one window of its bytes. */
static void a_stream_is_bounded_by_its_window(void)
{
    static const uint32_t windows[] = { 16384, 65535, 262144, 1048576 }, rtts[] = { 5, 50, 200 };
    const double bytes = 3e6;

    for (size_t i = 0; i < ARRAY_LEN(windows); i++)
        for (size_t k = 0; k < ARRAY_LEN(rtts); k++) {
            struct record r = simulate(
                RUN("'requests': 6") "'clients': [ { 'name': 'c', 'to': 'lb', 'protocol': '%s', "
                "'rtt': '%ums', 'window': '%uB', 'requests': [ { 'name': 'f', 'reply_size': '3MB' "
                "} ], " EVERY("0.01/s") " } ], " L7("") BACKENDS("1", ", 'service': '10ms'"),
                i % 2 ? "h2" : "h3", rtts[k], windows[i]);
            double ms = (latency_sum_ms(&r) - rtts[k]) / 6 - 10;    /* one handshake */
            double law = windows[i] / (double)rtts[k], rate = bytes / ms;

            CU_ASSERT_DOUBLE_EQUAL(ms, brute_download_ms(bytes, windows[i], rtts[k]), 1e-6);
            CU_ASSERT(rate <= law && rate >= law * (1 - windows[i] / (bytes + windows[i])));
            record_fini(&r);
        }
}

/* ---- what loss costs ---- */

static double mean_delay_ms(const struct loss_config *c, enum loss_law law, nsec rtt,
                            uint32_t packets, uint32_t draws)
{
    struct rng g = rng_stream(7, "loss", packets);
    double sum = 0;

    for (uint32_t i = 0; i < draws; i++)
        sum += (double)loss_delay(c, law, rtt, packets, &g) / 1e6;
    return sum / draws;
}

/* One packet, lost j times, waits (2^j - 1) timers: p / (1 - 2p) of them on average. */
static void a_lone_packet_waits_for_timers_that_double(void)
{
    static const struct { enum loss_law law; nsec rtt; double timer; } row[] = {
        { LOSS_TCP, 20 * MILLISECOND, 200 },  { LOSS_TCP, 500 * MILLISECOND, 500 },
        { LOSS_QUIC, 20 * MILLISECOND, 46 },  { LOSS_TCP, 0, 1000 }, { LOSS_QUIC, 0, 999 },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct loss_config c = { .share = 0.05, .has_probes = true };
        double mean = mean_delay_ms(&c, row[i].law, row[i].rtt, 1, 400000);

        CU_ASSERT_DOUBLE_EQUAL(mean / row[i].timer, 0.05 / (1 - 2 * 0.05), 0.0016);
    }
}

/* By packets, each on its own: no steps from loss to loss. */
static double brute_delay_ms(double share, double rtt, double timer, bool has_probes,
                             uint32_t packets, struct rng *g)
{
    double worst = 0;

    for (uint32_t i = 0; i < packets; i++) {
        double probe = i + 1 == packets ? 2 * rtt : 3 * rtt, delay, next = timer;

        if (rng_uniform(g) >= share)
            continue;
        if (packets - 1 - i >= 3)
            delay = rtt;
        else if (has_probes && packets > 1 && probe < timer)
            delay = probe;
        else {
            delay = timer;
            next = 2 * timer;
        }
        for (; rng_uniform(g) < share; next *= 2)
            delay += next;
        worst = delay > worst ? delay : worst;
    }
    return worst;
}

static void a_message_is_late_by_its_worst_packet(void)
{
    static const struct { uint32_t packets; bool has_probes; } row[] = {
        { 2, true }, { 2, false }, { 4, true }, { 30, true }, { 30, false }, { 300, true },
    };
    struct rng g = rng_stream(8, "brute", 0);
    enum { DRAWS = 60000 };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct loss_config c = { .share = 0.02, .has_probes = row[i].has_probes };
        double sum = 0, squares = 0;

        for (uint32_t k = 0; k < DRAWS; k++) {
            double d = brute_delay_ms(0.02, 40, 200, row[i].has_probes, row[i].packets, &g);

            sum += d;
            squares += d * d;
        }
        double mean = sum / DRAWS, sd = sqrt(squares / DRAWS - mean * mean);
        double ours = mean_delay_ms(&c, LOSS_TCP, 40 * MILLISECOND, row[i].packets, DRAWS);
        CU_ASSERT_DOUBLE_EQUAL(ours, mean, 4 * sd * sqrt(2.0 / DRAWS));
    }
}

/* Latency of a request every 10 ms, one packet each way, 40 ms there and back, none of service. */
#define LOSSY(protocol, packets)                                                                   \
    simulate(RUN("'requests': 60000, 'seed': 5") CLIENT("'protocol': '" protocol "', 'rtt': "      \
             "'40ms', 'max_streams': 100000, 'path': { 'loss': '1%%' }, 'requests': [ { 'name': "  \
             "'r', 'reply_size': '" packets "' } ], " EVERY("100/s")) L7("")                       \
             BACKENDS("1", ", 'service': '1us'"))

static double brute_one_ms(double timer, struct rng *g)
{
    return brute_delay_ms(0.01, 40, timer, false, 1, g);
}

/* In order: a message is there when all before it are, up and then down. */
static double brute_in_order_ms(double timer, uint32_t requests, bool is_ordered)
{
    struct rng g = rng_stream(9, "order", 0);
    double up = 0, down = 0, sum = 0;

    for (uint32_t i = 0; i < requests; i++) {
        double born = 10.0 * i, there = born + brute_one_ms(timer, &g);

        up = is_ordered && there < up ? up : there;
        double back = up + brute_one_ms(timer, &g);
        down = is_ordered && back < down ? down : back;
        sum += down - born;
    }
    return 40 + 0.001 + sum / requests;
}

static void loss_blocks_what_is_behind_it_on_tcp_only(void)
{
    struct record h2 = LOSSY("h2", "1kB"), h3 = LOSSY("h3", "1kB");
    double ordered = brute_in_order_ms(200, 4000000, true);

    CU_ASSERT_DOUBLE_EQUAL(mean_ms(&h2) / ordered, 1, 0.03);
    /* QUIC: two packets with a timer of 66 ms: 2 * 66 * p / (1 - 2p) */
    CU_ASSERT_DOUBLE_EQUAL(mean_ms(&h3), 40.001 + 2 * 66 * 0.01 / 0.98, 0.12);
    CU_ASSERT_EQUAL(count_tally(&h3, TALLY_BLOCKED), 0);
    CU_ASSERT(count_tally(&h2, TALLY_BLOCKED) > 10 * count_tally(&h2, TALLY_LOSSES));
    record_fini(&h2);
    record_fini(&h3);
}

/* Both ways have to be free of loss. */
static void a_lost_datagram_is_only_missed(void)
{
    struct record r = simulate(
        RUN("'requests': 40000, 'seed': 3") CLIENT("'protocol': 'udp', 'rtt': '4ms', 'timeout': "
        "'100ms', 'path': { 'loss': '5%%' }, 'requests': [ { 'name': 'r', 'reply_size': '1kB' } ], "
        EVERY("1000/s")) L4("") BACKENDS("2", TEN_MS));
    double lost = (double)count_ended(&r, OUTCOME_TIMEOUT) / 40000;

    CU_ASSERT_DOUBLE_EQUAL(lost, 1 - 0.95 * 0.95, 4 * sqrt(0.0975 * 0.9025 / 40000));
    CU_ASSERT_DOUBLE_EQUAL(mean_ms(&r), 14, 1e-6);
    record_fini(&r);
}

/* ---- an l7's own connections ---- */

static void an_l7_waits_for_its_own_connections(void)
{
    static const struct {
        const char *what, *upstream, *backend;
        double first, later;
        uint64_t opened;
    } row[] = {
        { "none", "", "", 12, 12, 0 },
        { "kept alive", ", 'upstream': { 'protocol': 'h1' }", "", 14, 12, 1 },
        { "h2", ", 'upstream': { 'protocol': 'h2' }", "", 14, 12, 1 },
        { "a connection a request", ", 'upstream': { 'requests_per_connection': 1 }", "", 14, 14,
          5 },
        { "idle for too long", ", 'upstream': { 'idle_timeout': '500ms' }", "", 14, 14, 5 },
        { "idle for not so long", ", 'upstream': { 'idle_timeout': '2s' }", "", 14, 12, 1 },
        { "old", ", 'upstream': { 'max_connection_age': '1500ms' }", "", 14, 13, 3 },
        { "the backend says when", ", 'upstream': { }", ", 'max_connection_age': '500ms'", 14, 14,
          5 },
        { "encrypted again",
          ", 'upstream': { }, 'tls': { 'mode': 're_encrypt', 'handshake': '0', "
          "'per_kilobyte': '0' }",
          "", 16, 12, 1 },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct record r = simulate(
            RUN("'requests': 5") CLIENT(EVERY("1/s")) "'balancers': [ { 'name': 'lb', 'algorithm': "
            "'round_robin', 'to': 's' %s } ], " LINK BACKENDS("1", TEN_MS "%s"), row[i].upstream,
            row[i].backend);
        double sum = latency_sum_ms(&r);

        CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_OK), 5);
        CU_ASSERT_DOUBLE_EQUAL(sum, row[i].first + 4 * row[i].later, 1e-9);
        CU_ASSERT_EQUAL(count_tally(&r, TALLY_UPSTREAM_OPENED), row[i].opened);
        if (fabs(sum - row[i].first - 4 * row[i].later) > 1e-9
            || count_tally(&r, TALLY_UPSTREAM_OPENED) != row[i].opened)
            fprintf(stderr, "  %s: %g ms, %llu opened\n", row[i].what, sum,
                    (unsigned long long)count_tally(&r, TALLY_UPSTREAM_OPENED));
        record_fini(&r);
    }
}

/* 10 ms of work, a request every 5 ms: on one connection of HTTP/1.1 the k-th waits 5 k ms. */
static void requests_wait_for_one_of_few_connections(void)
{
    struct record one = simulate(RUN("'requests': 20") CLIENT(EVERY("200/s"))
                                 L7(", 'upstream': { 'connections': 1 }") BACKENDS("1", TEN_MS));
    struct record streams = simulate(RUN("'requests': 20") CLIENT(EVERY("200/s"))
                                     L7(", 'upstream': { 'protocol': 'h2' }")
                                     BACKENDS("1", TEN_MS));

    CU_ASSERT_DOUBLE_EQUAL(latency_sum_ms(&one), 20 * 10 + 5 * 190, 1e-9);
    CU_ASSERT_EQUAL(sum_spent(&one, PART_CONNECT), 5 * 190 * (u128)MILLISECOND);
    CU_ASSERT_DOUBLE_EQUAL(latency_sum_ms(&streams), 20 * 10, 1e-9);
    record_fini(&one);
    record_fini(&streams);
}

/* An L4 in between deals out the l7's connections: two of h2 keep to two backends. */
static void an_l7_may_send_through_an_l4(void)
{
    struct record r = simulate(
        RUN("'requests': 1000") CLIENT(EVERY("1000/s")) "'balancers': [ { 'name': 'lb', "
        "'instances': 2, 'algorithm': 'round_robin', 'to': 'lvs', 'upstream': { 'protocol': 'h2' } "
        "}, { 'name': 'lvs', 'layer': 'l4', 'algorithm': 'round_robin', 'to': 's' } ], "
        BACKENDS("5", TEN_MS));
    uint32_t used = 0;

    for (uint32_t b = 0; b < r.backends; b++)
        used += count_served(&r, b) > 0;
    CU_ASSERT_EQUAL(used, 2);
    CU_ASSERT_EQUAL(count_tally(&r, TALLY_UPSTREAM_OPENED), 2);
    CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_OK), 1000);
    record_fini(&r);
}

/* ---- who hears of what ---- */

#define ADDED "'events': [ { 'at': '10s', 'do': 'add', 'target': 's', 'count': 1 } ], "

static void an_added_backend_gets_what_is_opened_anew(void)
{
    static const struct { const char *client, *backend; bool is_used; } row[] = {
        { "", "", false },
        { ", 'max_connection_age': '5s'", "", true },
        { "", ", 'max_connection_age': '5s'", true },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct record r = simulate(
            RUN("'duration': '40s'") "'clients': [ { 'name': 'c', 'to': 'lb', 'count': 30, "
            "'protocol': 'grpc' %s, " POISSON("600/s") " } ], " L4("") ADDED
            BACKENDS("2", TEN_MS "%s"), row[i].client, row[i].backend);

        CU_ASSERT_EQUAL(count_served(&r, 2) > 1000, row[i].is_used);
        CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_OK), count_born(&r));
        record_fini(&r);
    }
}

/* Half of 20 clients are at the one that is drained at 10 s of 20. */
static void a_goaway_empties_what_is_drained(void)
{
    static const char *const said[] = { "false", "true" };

    for (size_t i = 0; i < 2; i++) {
        struct record r = simulate(
            RUN("'duration': '20s'") CLIENT("'count': 20, 'protocol': 'grpc', " EVERY("200/s"))
            L4("") "'events': [ { 'at': '10s', 'do': 'drain', 'target': 's[0]' } ], "
            BACKENDS("2", TEN_MS ", 'goaway': %s"), said[i]);
        double share = (double)count_served(&r, 0) / (double)count_born(&r);

        CU_ASSERT_DOUBLE_EQUAL(share, i == 0 ? 0.5 : 0.25, i == 0 ? 0.13 : 0.07);
        CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_OK), count_born(&r));
        record_fini(&r);
    }
}

static void idle_connections_are_closed(void)
{
    static const struct { const char *timeout; uint64_t opened; } row[] = {
        { "0", 1 }, { "500ms", 5 }, { "2s", 1 } };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct record r = simulate(RUN("'requests': 5") CLIENT("'protocol': 'h2', 'idle_timeout': "
                                   "'%s', " EVERY("1/s")) L7("") BACKENDS("1", TEN_MS),
                                   row[i].timeout);

        CU_ASSERT_EQUAL(count_tally(&r, TALLY_CONNECTIONS_OPENED), row[i].opened);
        record_fini(&r);
    }
}

/* Ages: 1500 ms at the l7, for requests at 0, 1, 2, 3 and 4 s. */
static void an_l7_says_when_a_connection_is_old(void)
{
    static const char *const protocol[] = { "h1", "h2", "h3" };

    for (size_t i = 0; i < ARRAY_LEN(protocol); i++) {
        struct record r = simulate(RUN("'requests': 5") CLIENT("'protocol': '%s', " EVERY("1/s"))
                                   L7(", 'max_connection_age': '1500ms'") BACKENDS("1", TEN_MS),
                                   protocol[i]);

        CU_ASSERT_EQUAL(count_tally(&r, TALLY_CONNECTIONS_OPENED), 3);
        CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_OK), 5);
        record_fini(&r);
    }
}

/* Each of five takes too long. */
static void a_call_off_closes_a_connection_of_http1(void)
{
    static const struct { const char *protocol; uint64_t opened; } row[] = {
        { "h1", 5 }, { "h2", 1 } };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct record r = simulate(
            RUN("'requests': 5") CLIENT(EVERY("1/s")) L7(", 'timeout': '5ms', 'upstream': "
            "{ 'protocol': '%s' }") BACKENDS("1", TEN_MS), row[i].protocol);

        CU_ASSERT_EQUAL(count_tally(&r, TALLY_UPSTREAM_OPENED), row[i].opened);
        CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_TIMEOUT), 5);
        record_fini(&r);
    }
}

/* ---- connections that move ---- */

#define MOVING(route)                                                                              \
    simulate(RUN("'duration': '60s'") CLIENT("'count': 50, 'protocol': 'h3', 'migrate_every': "    \
             "'5s', 'rtt': '20ms', " POISSON("200/s"))                                             \
             L4(", 'hash_on': 'flow', 'route_by': '" route "'") BACKENDS("4", TEN_MS))

static void a_connection_id_finds_who_has_moved(void)
{
    struct record flow = MOVING("flow"), id = MOVING("connection_id");

    CU_ASSERT(count_tally(&flow, TALLY_MIGRATIONS) > 200);
    CU_ASSERT(count_tally(&id, TALLY_MIGRATIONS) > 200);
    CU_ASSERT_EQUAL(count_ended(&id, OUTCOME_OK), count_born(&id));
    CU_ASSERT_EQUAL(count_tally(&id, TALLY_CONNECTIONS_OPENED), 50);
    /* a new pick of four is another one three times of four */
    double lost = (double)count_ended(&flow, OUTCOME_RESET)
                / (double)count_tally(&flow, TALLY_MIGRATIONS);
    CU_ASSERT_DOUBLE_EQUAL(lost, 0.75, 0.07);
    if (fabs(lost - 0.75) > 0.07)
        fprintf(stderr, "  %g resets a move\n", lost);
    CU_ASSERT(count_tally(&flow, TALLY_CONNECTIONS_OPENED) > 150);
    record_fini(&flow);
    record_fini(&id);
}

/* ---- datagrams ---- */

/* One of two backends dies: who keeps a flow alive stays with it; who pauses, or takes another
 * port, does not. */
static void a_flow_of_datagrams_ends_by_silence_only(void)
{
    static const struct { const char *client, *idle; bool is_lost; } row[] = {
        { "", "1s", true }, { "", "0", true }, { ", 'requests_per_connection': 1", "1s", false },
        { "", "20ms", false },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct record r = simulate(
            RUN("'duration': '20s'") "'clients': [ { 'name': 'c', 'to': 'lb', 'count': 2, "
            "'protocol': 'udp', 'timeout': '40ms' %s, " EVERY("20/s") " } ], "
            "'balancers': [ { 'name': 'lb', 'layer': 'l4', 'algorithm': 'round_robin', 'to': 's', "
            "'idle_timeout': '%s', 'health_check': { 'interval': '100ms', 'timeout': '50ms', "
            "'rise': 1, 'fall': 1 } } ], 'events': [ { 'at': '10s', 'do': 'fail', 'mode': 'crash', "
            "'target': 's[0]' } ], " BACKENDS("2", TEN_MS), row[i].client, row[i].idle);
        uint64_t lost = count_ended(&r, OUTCOME_TIMEOUT);

        CU_ASSERT_EQUAL(lost > 50, row[i].is_lost);
        CU_ASSERT_EQUAL(count_tally(&r, TALLY_DATAGRAMS_LOST) > 50, row[i].is_lost);
        record_fini(&r);
    }
}

/* ---- sessions ---- */

/* Messages of a session go where it went, and a drained backend has it until it ends. */
static void a_session_stays_until_it_ends(void)
{
    static const char *const layer[] = { "l4", "l7" };

    for (size_t i = 0; i < 2; i++) {
        struct record r = simulate(
            RUN("'duration': '30s'") CLIENT("'count': 40, 'protocol': 'websocket', "
            "'session_length': '12s', " EVERY("400/s")) "'balancers': [ { 'name': 'lb', 'layer': "
            "'%s', 'algorithm': 'least_conn', 'to': 's' } ], 'events': [ { 'at': '5s', 'do': "
            "'drain', 'target': 's[0]' } ], 'measure': { 'interval': '1s' }, "
            BACKENDS("2", TEN_MS), layer[i]);

        CU_ASSERT(picked_between(&r, 0, 0, 2 * SECOND) >= 15);
        CU_ASSERT_EQUAL(picked_between(&r, 0, 6 * SECOND, 30 * SECOND), 0);
        CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_OK), count_born(&r));
        /* half of them for 12 s of 30 */
        CU_ASSERT_DOUBLE_EQUAL((double)count_served(&r, 0) / (double)count_born(&r), 0.2, 0.03);
        record_fini(&r);
    }
}

/* ---- nothing is left over ---- */

#define STORM                                                                                      \
    "'events': [ { 'at': '2s', 'do': 'fail', 'mode': 'hang', 'target': 's[1]', 'for': '2s' }, "    \
    "{ 'at': '3s', 'do': 'fail', 'mode': 'crash', 'target': 's[2]', 'for': '2s' }, "              \
    "{ 'at': '4s', 'do': 'add', 'target': 's', 'count': 1 }, "                                     \
    "{ 'at': '5s', 'do': 'drain', 'target': 's[0]', 'for': '1s' } ], "
#define RETRIES                                                                                    \
    ", 'timeout': '30ms', 'retries': { 'max': 2, 'on': ['refused', 'reset', 'timeout'] }"

static void nothing_is_left_over(void)
{
    /* ends_all: at the end no choice stands; connections of an l4 and tunnels do */
    static const struct { const char *client, *balancers; bool ends_all; } row[] = {
        { "'protocol': 'h2', 'path': { 'loss': '5%' }, 'idle_timeout': '20ms'",
          L7(RETRIES ", 'upstream': { 'connections': 3, 'idle_timeout': '15ms' }"), true },
        { "'protocol': 'h1', 'path': { 'loss': '5%' }, 'nat': { 'addresses': 2 }",
          L7(RETRIES ", 'upstream': { 'protocol': 'h2', 'max_streams': 4, "
             "'requests_per_connection': 7 }"), true },
        { "'protocol': 'h3', 'path': { 'loss': '5%' }, 'zero_rtt': 0.5, 'migrate_every': '300ms'",
          L4("") },
        { "'protocol': 'h3', 'path': { 'loss': '5%' }, 'zero_rtt': 1, 'migrate_every': '300ms', "
          "'requests_per_connection': 1", L4(", 'route_by': 'connection_id'") },
        { "'protocol': 'h3', 'window': '4kB', 'zero_rtt': 0.5", L7(RETRIES), true },
        { "'protocol': 'udp', 'path': { 'loss': '5%' }, 'requests_per_connection': 5",
          L4(", 'idle_timeout': '100ms'"), true },
        { "'protocol': 'udp', 'nat': { 'addresses': 2, 'timeout': '100ms' }",
          L4(", 'idle_timeout': '100ms'"), true },
        { "'protocol': 'websocket', 'session_length': '700ms', 'path': { 'loss': '2%' }", L7("") },
        { "'protocol': 'session', 'session_length': '700ms'", L7(RETRIES) },
        { "'protocol': 'session', 'session_length': '700ms'", L4("") },
        { "'protocol': 'tcp', 'path': { 'loss': '5%' }",
          L7(", 'upstream': { 'connections': 5 }, 'hedge': { 'after': '15ms' }, 'timeout': '40ms'"),
          true },
        { "'protocol': 'grpc'",
          "'balancers': [ { 'name': 'lb', 'algorithm': 'random', 'to': 'lvs', 'timeout': '30ms', "
          "'upstream': { 'connections': 4 } }, { 'name': 'lvs', 'layer': 'l4', 'algorithm': "
          "'random', 'to': 's' } ], " },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct world w;
        struct lab lab;
        const struct record *r = &lab.sim.meter.record;

        world_text(&w,
                   RUN("'duration': '7s'") "'clients': [ { 'name': 'c', 'to': 'lb', 'count': 20, "
                   "'rtt': '4ms', 'timeout': '60ms', %s, " POISSON("400/s") " } ], %s" STORM
                   BACKENDS("4", TEN_MS), row[i].client, row[i].balancers);
        lab_begin(&lab, &w, 0);
        lab_run(&lab, 200 * SECOND);
        CU_ASSERT(count_ended(r, OUTCOME_OK) > 1000);
        CU_ASSERT_EQUAL(lab.sim.meter.open, 0);
        CU_ASSERT_EQUAL(count_unfinished(r), 0);
        CU_ASSERT_EQUAL(lab_live_requests(&lab), 0);
        CU_ASSERT(!row[i].ends_all || lab_in_flight(&lab) == 0);
        if (lab_live_requests(&lab) != 0 || count_ended(r, OUTCOME_OK) <= 1000)
            fprintf(stderr, "  %s %s: %u live, %llu ok\n", row[i].client, row[i].balancers,
                    lab_live_requests(&lab), (unsigned long long)count_ended(r, OUTCOME_OK));
        CU_ASSERT_EQUAL(lab.sim.stuck, false);
        lab_end(&lab);
        world_end(&w);
    }
}

static const struct unit_test tests[] = {
    { "a_first_request_waits_for_its_protocols_round_trips",
      a_first_request_waits_for_its_protocols_round_trips },
    { "a_stream_is_bounded_by_its_window", a_stream_is_bounded_by_its_window },
    { "a_lone_packet_waits_for_timers_that_double", a_lone_packet_waits_for_timers_that_double },
    { "a_message_is_late_by_its_worst_packet", a_message_is_late_by_its_worst_packet },
    { "loss_blocks_what_is_behind_it_on_tcp_only", loss_blocks_what_is_behind_it_on_tcp_only },
    { "a_lost_datagram_is_only_missed", a_lost_datagram_is_only_missed },
    { "an_l7_waits_for_its_own_connections", an_l7_waits_for_its_own_connections },
    { "requests_wait_for_one_of_few_connections", requests_wait_for_one_of_few_connections },
    { "an_l7_may_send_through_an_l4", an_l7_may_send_through_an_l4 },
    { "an_added_backend_gets_what_is_opened_anew", an_added_backend_gets_what_is_opened_anew },
    { "a_goaway_empties_what_is_drained", a_goaway_empties_what_is_drained },
    { "idle_connections_are_closed", idle_connections_are_closed },
    { "an_l7_says_when_a_connection_is_old", an_l7_says_when_a_connection_is_old },
    { "a_call_off_closes_a_connection_of_http1", a_call_off_closes_a_connection_of_http1 },
    { "a_connection_id_finds_who_has_moved", a_connection_id_finds_who_has_moved },
    { "a_flow_of_datagrams_ends_by_silence_only", a_flow_of_datagrams_ends_by_silence_only },
    { "a_session_stays_until_it_ends", a_session_stays_until_it_ends },
    { "nothing_is_left_over", nothing_is_left_over },
};

UNIT_MAIN("protocols", tests)
