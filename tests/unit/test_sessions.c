/* test_sessions.c - where the state of sessions lies, and when it is lost: by runs in which every
 * move can be counted by hand. */
#include "unit.h"

#include "../../sim/parts/sessions.h"
#include "simulate.h"

#define RUN(what)    "{ 'version': 1, 'name': 't', 'run': { " what " }, "
#define CLIENT(more) "'clients': [ { 'name': 'c', 'to': 'l7', " more " } ], "
#define EVERY(rate)  "'arrival': { 'process': 'constant', 'rate': '" rate "' }"
#define SESSIONS(n)  "'keys': { 'law': 'sequential', 'count': 1000000, 'session': " n " }, "
#define L7(more)     "'balancers': [ { 'name': 'l7', 'to': 's', " more " } ], "
#define EVENTS(list) "'events': [ " list " ], "
#define BACKENDS(count, more)                                                                      \
    "'backends': [ { 'name': 's', 'count': " count ", 'service': '1ms', " more " } ] }"
#define IN_BACKENDS "'sessions': { 'state': 'backend' }"
#define STICKY(more)                                                                               \
    "'hash_on': 'key', 'algorithm': { 'name': 'round_robin', 'sticky': { " more " } }"

static void state_is_where_it_was_left(void)
{
    struct sessions s;

    sessions_init(&s);
    CU_ASSERT_EQUAL(sessions_touch(&s, 7, 1, 0), SESSION_NEW);
    CU_ASSERT_EQUAL(sessions_touch(&s, 7, 1, 0), SESSION_KEPT);
    CU_ASSERT_EQUAL(sessions_touch(&s, 7, 2, 0), SESSION_MOVED);
    CU_ASSERT_EQUAL(sessions_touch(&s, 7, 1, 0), SESSION_MOVED);
    CU_ASSERT_EQUAL(sessions_touch(&s, 7, 1, 1), SESSION_DIED);
    CU_ASSERT_EQUAL(sessions_touch(&s, 7, 1, 1), SESSION_KEPT);
    for (uint64_t key = 100; key < 20100; key++)
        CU_ASSERT_EQUAL(sessions_touch(&s, key << 32, (uint32_t)key % 5, 0), SESSION_NEW);
    for (uint64_t key = 100; key < 20100; key++)
        CU_ASSERT_EQUAL(sessions_touch(&s, key << 32, (uint32_t)key % 5, 0), SESSION_KEPT);
    sessions_fini(&s);
}

/* One client, sessions of four requests: two servers in turn are three moves a session.  The last
 * request is served when none arrive any more, and is not counted. */
static void a_session_that_is_not_kept_moves_each_time(void)
{
    static const struct { const char *algorithm, *state; uint64_t moved, lost; } row[] = {
        { "'algorithm': 'round_robin'", "'state': 'backend'", 299, 299 },
        { "'algorithm': 'round_robin'", "'state': 'store', 'latency': '2ms'", 299, 0 },
        { STICKY(""), "'state': 'backend'", 0, 0 },
        { "'algorithm': 'rendezvous', 'hash_on': 'key'", "'state': 'backend'", 0, 0 },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct record r = simulate(RUN("'requests': 400") CLIENT(SESSIONS("4") EVERY("100/s"))
                                       L7("%s") BACKENDS("2", "'sessions': { %s }"),
                                   row[i].algorithm, row[i].state);

        CU_ASSERT_EQUAL(count_tally(&r, TALLY_SESSIONS), 100);
        CU_ASSERT_EQUAL(count_tally(&r, TALLY_SESSIONS_MOVED), row[i].moved);
        CU_ASSERT_EQUAL(count_tally(&r, TALLY_SESSIONS_LOST), row[i].lost);
        record_fini(&r);
    }
}

static void a_store_takes_its_time_in_every_request(void)
{
    struct record r =
        simulate(RUN("'requests': 100") CLIENT(SESSIONS("4") EVERY("100/s")) L7("'algorithm': "
                                                                               "'round_robin'")
                     BACKENDS("2", "'sessions': { 'state': 'store', 'latency': '2ms' }"));

    CU_ASSERT(r.sojourn == 100 * 3 * (u128)MILLISECOND);
    CU_ASSERT(r.busy == 100 * 3 * (u128)MILLISECOND);
    record_fini(&r);
}

/* 40 clients, each a session without end, ten on each of four servers.  One server is restarted and
 * checks do not notice, or is gone long enough to be taken out. */
static void a_server_that_dies_loses_what_it_had(void)
{
    static const struct { const char *sticky, *lasts; uint64_t least, most; } row[] = {
        { "'down': 'forget'", "100ms", 10, 10 },
        { "'down': 'forget'", "6s", 10, 10 },
        { "'down': 'refuse'", "6s", 10, 10 },   /* who waited for it finds another process */
        { "'down': 'return'", "6s", 300, 600 }, /* each request goes to whoever is next */
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct record r = simulate(
            RUN("'duration': '30s'") CLIENT("'count': 40, " EVERY("400/s"))
                L7("'hash_on': 'key', 'algorithm': { 'name': 'round_robin', 'sticky': { %s } }, "
                   "'health_check': { 'interval': '200ms', 'fall': 2, 'rise': 2 }")
                    EVENTS("{ 'at': '10s', 'do': 'fail', 'mode': 'crash', 'target': 's[1]', 'for': "
                           "'%s' }") BACKENDS("4", IN_BACKENDS),
            row[i].sticky, row[i].lasts);

        CU_ASSERT_EQUAL(count_tally(&r, TALLY_SESSIONS), 40);
        CU_ASSERT(count_tally(&r, TALLY_SESSIONS_LOST) >= row[i].least);
        CU_ASSERT(count_tally(&r, TALLY_SESSIONS_LOST) <= row[i].most);
        record_fini(&r);
    }
}

/* 200 users behind one address, and the same with a cookie each. */
static void an_address_that_is_shared_is_one_client(void)
{
    static const struct { const char *hash_on; uint32_t used; } row[] = {
        { "source_ip", 1 }, { "key", 5 },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct record r =
            simulate(RUN("'duration': '10s'") CLIENT("'count': 200, 'nat': { 'addresses': 1 }, "
                                                     EVERY("200/s"))
                         L7("'hash_on': '%s', 'algorithm': { 'name': 'round_robin', 'sticky': {} }")
                             BACKENDS("5", IN_BACKENDS),
                     row[i].hash_on);
        uint32_t used = 0;

        for (uint32_t b = 0; b < 5; b++)
            used += count_served(&r, b) > 0;
        CU_ASSERT_EQUAL(used, row[i].used);
        CU_ASSERT_EQUAL(count_tally(&r, TALLY_SESSIONS_MOVED), 0);
        record_fini(&r);
    }
}

/* Ten clients, one request a second and client, sessions of 20: a server that is drained, or weighs
 * nothing, is empty when its sessions have ended, 20 s later, or at once. */
static void a_drained_server_is_empty_when_its_sessions_have_ended(void)
{
    static const struct { const char *sticky, *event; bool lingers; } row[] = {
        { "'linger': true", "'do': 'drain'", true },
        { "'linger': true", "'do': 'weight', 'weight': 0", true },
        { "'linger': false", "'do': 'drain'", false },
        { "'linger': false", "'do': 'weight', 'weight': 0", false },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct record r = simulate(
            RUN("'duration': '60s'") CLIENT("'count': 100, " SESSIONS("20") EVERY("100/s"))
                L7("'hash_on': 'key', 'algorithm': { 'name': 'round_robin', 'sticky': { %s } }")
                    EVENTS("{ 'at': '10s', %s, 'target': 's[0]' }") BACKENDS("2", IN_BACKENDS),
            row[i].sticky, row[i].event);

        CU_ASSERT_EQUAL(picked_between(&r, 0, 12 * SECOND, 18 * SECOND) > 100, row[i].lingers);
        CU_ASSERT(picked_between(&r, 0, 45 * SECOND, 60 * SECOND) < 10);
        CU_ASSERT_EQUAL(count_tally(&r, TALLY_SESSIONS_LOST) == 0, row[i].lingers);
        record_fini(&r);
    }
}

static const struct unit_test tests[] = {
    { "state_is_where_it_was_left", state_is_where_it_was_left },
    { "a_session_that_is_not_kept_moves_each_time", a_session_that_is_not_kept_moves_each_time },
    { "a_store_takes_its_time_in_every_request", a_store_takes_its_time_in_every_request },
    { "a_server_that_dies_loses_what_it_had", a_server_that_dies_loses_what_it_had },
    { "an_address_that_is_shared_is_one_client", an_address_that_is_shared_is_one_client },
    { "a_drained_server_is_empty_when_its_sessions_have_ended",
      a_drained_server_is_empty_when_its_sessions_have_ended },
};

UNIT_MAIN("sessions", tests)
