/* test_resilience.c - retries that wait, stay or are counted, breakers, queues at a balancer: parts
 * against the figures of the products' own documents, networks against answers worked out by hand
 * and against the same queue elsewhere. */
#include "unit.h"

#include "../../sim/base/rng.h"
#include "../../sim/parts/breaker.h"
#include "../../sim/parts/retry.h"
#include "simulate.h"

#include <math.h>

#define RUN(what)     "{ 'version': 1, 'name': 't', 'run': { " what " }, "
#define CLIENT(more)  "'clients': [ { 'name': 'c', 'to': 'l7', " more " } ], "
#define EVERY(rate)   "'arrival': { 'process': 'constant', 'rate': '" rate "' }"
#define POISSON(rate) "'arrival': { 'process': 'poisson', 'rate': '" rate "' }"
#define L7(more)                                                                                   \
    "'balancers': [ { 'name': 'l7', 'algorithm': 'round_robin', 'to': 's', " more " } ], "
#define BACKENDS(more) "'backends': [ { 'name': 's', " more " } ] }"
#define EVENTS(list)   "'events': [ " list " ], "

static const nsec MS = MILLISECOND;

static u128 latency_sum(const struct record *r)
{
    u128 sum = 0;

    for (uint32_t i = 0; i < r->slices; i++)
        sum += r->slice[i].latency_sum;
    return sum;
}

static u128 spent(const struct record *r, enum part part)
{
    u128 sum = 0;

    for (uint32_t i = 0; i < r->slices; i++)
        sum += r->slice[i].spent[part];
    return sum;
}

static nsec longest(const struct record *r)
{
    nsec most = 0;

    for (uint32_t i = 0; i < r->slices; i++)
        if (r->slice[i].latency.max > most)
            most = r->slice[i].latency.max;
    return most;
}

/* ---- waits ---- */

static void waits_grow_up_to_the_longest(void)
{
    static const struct backoff_config c = { .base = 100, .factor = 2, .max = 500 };
    static const struct backoff_config even = { .base = 100, .factor = 1, .max = 500 };
    static const nsec wait[] = { 100, 200, 400, 500, 500 };

    for (uint32_t n = 1; n <= ARRAY_LEN(wait); n++) {
        CU_ASSERT_EQUAL(retry_wait(&c, n, 1), wait[n - 1]);
        CU_ASSERT_EQUAL(retry_wait(&even, n, 1), 100);
    }
    CU_ASSERT_EQUAL(retry_wait(&(struct backoff_config){ .base = 0 }, 3, 1), 0);
}

/* The third wait, of 4000 without jitter: within its bounds, and on average in their middle.  The
 * decorrelated one: u1 in 1000 .. 3000, u2 in 1000 .. 3 u1, u3 in 1000 .. 3 u2: the means are 2000,
 * 3500 and 5750. */
static void jitter_lies_where_its_law_says(void)
{
    static const struct { enum retry_jitter jitter; nsec low, high; double mean; } row[] = {
        { JITTER_FULL, 0, 4000, 2000 },
        { JITTER_EQUAL, 2000, 4000, 3000 },
        { JITTER_FIFTH, 3200, 4800, 4000 },
        { JITTER_DECORRELATED, 1000, 27000, 5750 },
    };
    enum { DRAWS = 20000 };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct backoff_config c = { .base = 1000, .factor = 2, .max = 100000,
                                    .jitter = row[i].jitter };
        double sum = 0;

        for (uint64_t k = 0; k < DRAWS; k++) {
            nsec wait = retry_wait(&c, 3, rng_mix(k));

            CU_ASSERT(wait >= row[i].low && wait <= row[i].high);
            sum += (double)wait;
        }
        CU_ASSERT_DOUBLE_EQUAL(sum / DRAWS, row[i].mean, row[i].mean * 0.02);
    }
}

static void some_further_attempts_go_elsewhere(void)
{
    static const struct { uint32_t redispatch; const char *elsewhere; } row[] = {
        { 1, "yyyy" }, { REDISPATCH_NEVER, "nnnn" }, { REDISPATCH_LAST, "nnny" }, { 2, "nyny" },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++)
        for (uint32_t n = 1; n <= 4; n++) {
            struct retry_config c = { .max = 4, .redispatch = row[i].redispatch };

            CU_ASSERT_EQUAL(retry_goes_elsewhere(&c, n), row[i].elsewhere[n - 1] == 'y');
        }
}

/* ---- budgets ---- */

/* Retries in a minute when every attempt fails, and retries fail too. */
static uint32_t retries_in_a_minute(struct budget *b, uint32_t per_second)
{
    uint32_t retries = 0;

    for (uint32_t i = 0; i < 60 * per_second; i++) {
        nsec now = i * SECOND / per_second;

        budget_request(b, now);
        while (budget_take(b, now, 1, 0))
            retries++;
    }
    return retries;
}

/* Finagle's 20 % and 10 a second: at 1000 requests a second the load is 1.21 of what it was, at 10
 * a second 2.2; what is saved up in the first 10 s may be spent at once. */
static void a_share_of_the_requests_may_be_retried(void)
{
    static const struct { uint32_t per_second, retries_a_second; } row[] = {
        { 1000, 210 }, { 10, 12 },
    };
    static const struct budget_config c = { .kind = BUDGET_SHARE, .share = 0.2, .per_second = 10,
                                            .ttl = 10 * SECOND };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct budget b;

        budget_init(&b, &c);
        uint32_t retries = retries_in_a_minute(&b, row[i].per_second);
        CU_ASSERT(retries <= (60 + 10) * row[i].retries_a_second);
        CU_ASSERT(retries >= 58 * row[i].retries_a_second);
    }
}

/* Envoy: 25 % of 100 active are 25 retries at a time; of 10, with 20 %, 3 in any case. */
static void so_many_retries_at_a_time(void)
{
    static const struct { double share; uint32_t active, retrying; bool is_allowed; } row[] = {
        { 0.25, 100, 24, true }, { 0.25, 100, 25, false }, { 0.2, 10, 2, true },
        { 0.2, 10, 3, false },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct budget_config c = { .kind = BUDGET_CONCURRENT, .share = row[i].share, .least = 3 };
        struct budget b;

        budget_init(&b, &c);
        CU_ASSERT_EQUAL(budget_take(&b, 0, row[i].active, row[i].retrying), row[i].is_allowed);
    }
}

/* gRPC, 10 tokens and 0.1: from full the fifth failure stops retries; they come back while fewer
 * than 0.1 / 1.1 = 9.09 % of the attempts fail, and not while more do. */
static void retries_stop_while_too_much_fails(void)
{
    static const struct budget_config c = { .kind = BUDGET_THROTTLE, .tokens = 10, .ratio = 0.1 };
    struct budget b;

    budget_init(&b, &c);
    for (uint32_t i = 1; i <= 7; i++) {
        budget_outcome(&b, true);
        CU_ASSERT_EQUAL(budget_take(&b, 0, 1, 0), i < 5);
    }
    for (uint32_t i = 0; i < 12000; i++)
        budget_outcome(&b, i % 10 == 0);        /* 10 % */
    CU_ASSERT(!budget_take(&b, 0, 1, 0));
    for (uint32_t i = 0; i < 12000; i++)
        budget_outcome(&b, i % 12 == 0);        /* 8.3 % */
    CU_ASSERT(budget_take(&b, 0, 1, 0));
}

/* ---- breakers ---- */

static void a_breaker_opens_tries_and_waits_longer(void)
{
    static const struct breaker_config c = { .kind = BREAKER_CONSECUTIVE, .failures = 3,
                                             .open = SECOND, .open_max = 3 * SECOND, .probes = 2 };
    static const struct { bool failed, opens; } row[] = {
        { true, false }, { true, false }, { false, false }, { true, false }, { true, false },
        { true, true },
    };
    struct breaker b = { .state = BREAKER_CLOSED };
    nsec now = 0, lasts[] = { SECOND, 2 * SECOND, 3 * SECOND, 3 * SECOND };

    for (size_t i = 0; i < ARRAY_LEN(row); i++)
        CU_ASSERT_EQUAL(breaker_note(&b, &c, now, now, row[i].failed), row[i].opens);
    for (size_t i = 0; i < ARRAY_LEN(lasts); i++) {         /* the probe fails each time */
        CU_ASSERT(!breaker_is_passable(&b, &c, now + lasts[i] - 1));
        now += lasts[i];
        CU_ASSERT(breaker_is_passable(&b, &c, now));
        breaker_admit(&b, now);
        CU_ASSERT(!breaker_note(&b, &c, now, now - 1, true));       /* sent before: tells nothing */
        CU_ASSERT(breaker_note(&b, &c, now, now, true));
    }
    now += 3 * SECOND;
    breaker_admit(&b, now);
    breaker_admit(&b, now);
    CU_ASSERT(!breaker_is_passable(&b, &c, now));           /* two probes and no more */
    breaker_forget(&b, now);
    CU_ASSERT(breaker_is_passable(&b, &c, now));
    breaker_admit(&b, now);
    breaker_note(&b, &c, now, now, false);
    CU_ASSERT_EQUAL(b.state, BREAKER_HALF_OPEN);
    breaker_note(&b, &c, now, now, false);
    CU_ASSERT_EQUAL(b.state, BREAKER_CLOSED);
}

static void a_breaker_opens_by_the_rate_of_a_window(void)
{
    static const struct breaker_config c = { .kind = BREAKER_RATE, .rate = 0.5, .calls = 20,
                                             .window = 10 * SECOND, .open = SECOND, .probes = 1 };
    struct breaker b = { .state = BREAKER_CLOSED };

    for (uint32_t i = 0; i < 19; i++)
        CU_ASSERT(!breaker_note(&b, &c, 0, 0, true));       /* too few to tell */
    for (uint32_t i = 0; i < 19; i++)
        CU_ASSERT(!breaker_note(&b, &c, 11 * SECOND, 0, i % 2));    /* the old ones are forgotten */
    CU_ASSERT(!breaker_note(&b, &c, 11 * SECOND, 0, false));
    CU_ASSERT(!breaker_note(&b, &c, 11 * SECOND, 0, true));         /* 10 of 21 */
    CU_ASSERT(breaker_note(&b, &c, 11 * SECOND, 0, true));          /* 11 of 22 */
}

/* ---- redispatch ---- */

#define DOWN "{ 'at': '0s', 'do': 'fail', 'mode': 'crash', 'target': 's[0]' }"

/* HAProxy without redispatch: attempts at 0, 1, 2 and 3 s at the same server, then it is over. */
static void without_redispatch_the_same_server_is_tried_a_second_apart(void)
{
    struct record r = simulate(
        RUN("'requests': 1") CLIENT(EVERY("1/s"))
            L7("'retries': { 'max': 3, 'redispatch': 'never', 'backoff': { 'base': '1s', "
               "'factor': 1, 'jitter': 'none' } }") EVENTS(DOWN) BACKENDS("'count': 2, "
                                                                          "'service': '10ms'"));

    CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_REFUSED), 1);
    CU_ASSERT(r.sojourn == 3 * SECOND);
    CU_ASSERT_EQUAL(count_failed(&r, 0), 4);
    CU_ASSERT_EQUAL(r.retries, 3);
    CU_ASSERT_EQUAL(count_picked(&r, 1), 0);
    record_fini(&r);
}

/* With it: at 0, 1 and 2 s, and the last one elsewhere, without a further wait. */
static void the_last_attempt_is_redispatched_at_once(void)
{
    static const struct { const char *more; nsec latency; uint64_t failed; } row[] = {
        { "'redispatch': 'last', 'backoff': { 'base': '1s', 'factor': 1, 'jitter': 'none', "
          "'same_only': true }", 2010, 3 },
        { "'redispatch': 'last', 'backoff': { 'base': '1s', 'factor': 1, 'jitter': 'none' }",
          3010, 3 },
        { "'redispatch': 2, 'backoff': { 'base': '1s', 'factor': 1, 'jitter': 'none', "
          "'same_only': true }", 1010, 2 },
        { "'backoff': { 'base': '1s', 'factor': 1, 'jitter': 'none', 'same_only': true }", 10, 1 },
        { "'backoff': { 'base': '1s', 'jitter': 'none' }", 1010, 1 },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct record r = simulate(RUN("'requests': 1") CLIENT(EVERY("1/s"))
                                       L7("'retries': { 'max': 3, %s }") EVENTS(DOWN)
                                           BACKENDS("'count': 2, 'service': '10ms'"),
                                   row[i].more);

        CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_OK), 1);
        CU_ASSERT(latency_sum(&r) == row[i].latency * MS);
        CU_ASSERT(spent(&r, PART_RETRIES) == (row[i].latency - 10) * MS);
        CU_ASSERT_EQUAL(count_failed(&r, 0), row[i].failed);
        record_fini(&r);
    }
}

/* ---- queues at the balancer ---- */

/* A queue at the balancer and one place at each of three servers is the queue of one server with
 * three workers: the same requests wait the same time, to the nanosecond. */
static void a_queue_at_the_balancer_is_one_queue(void)
{
    static const char *const service[] = { "'10ms'", "{ 'dist': 'exponential', 'mean': '10ms' }" };

    for (size_t i = 0; i < ARRAY_LEN(service); i++) {
        struct record here = simulate(
            RUN("'requests': 20000") CLIENT(POISSON("270/s"))
                L7("'limits': { 'per_backend': 1 }, 'queue': {}")
                    BACKENDS("'count': 3, 'workers': 'unlimited', 'service': %s"), service[i]);
        struct record there = simulate(RUN("'requests': 20000") CLIENT(POISSON("270/s"))
                                           L7("'timeout': '0'") BACKENDS("'workers': 3, "
                                                                         "'service': %s"),
                                       service[i]);

        CU_ASSERT_EQUAL(count_ended(&here, OUTCOME_OK), 20000);
        CU_ASSERT(latency_sum(&here) == latency_sum(&there));
        CU_ASSERT_EQUAL(longest(&here), longest(&there));
        CU_ASSERT(spent(&here, PART_BALANCER_QUEUE) > 0);
        CU_ASSERT(spent(&here, PART_BALANCER_QUEUE) == spent(&there, PART_BACKEND_QUEUE));
        CU_ASSERT(count_tally(&here, TALLY_QUEUE_WAITED) > 10000);
        record_fini(&here);
        record_fini(&there);
    }
}

/* Five requests 100 ms apart, each a second of work at the one server: the first is served; a
 * queue of two holds the next two for half a second, and refuses the others at once. */
static void who_waits_too_long_or_finds_the_queue_full_is_refused(void)
{
    static const struct { const char *queue; uint64_t ok; nsec sojourn; } row[] = {
        { "'queue': { 'limit': 2, 'timeout': '500ms' }", 1, 1000 + 2 * 500 },
        { "'queue': { 'limit': 2 }", 3, 1000 + 1900 + 2800 },
        { "'queue': { 'timeout': '950ms' }", 2, 1000 + 1900 + 3 * 950 },
        { "'timeout': '0'", 1, 1000 },
    };
    static const char *const limit[] = { "per_backend", "connections" };

    for (size_t i = 0; i < ARRAY_LEN(row); i++)
        for (size_t k = 0; k < ARRAY_LEN(limit); k++) {
            struct record r = simulate(
                RUN("'requests': 5") CLIENT(EVERY("10/s")) L7("'limits': { '%s': 1 }, %s")
                    BACKENDS("'workers': 'unlimited', 'service': '1s'"), limit[k], row[i].queue);

            CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_OK), row[i].ok);
            CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_UNAVAILABLE), 5 - row[i].ok);
            CU_ASSERT(r.sojourn == row[i].sojourn * (u128)MS);
            record_fini(&r);
        }
}

static void limits_on_requests_refuse_at_once(void)
{
    struct record r = simulate(RUN("'requests': 5") CLIENT(EVERY("10/s"))
                                   L7("'limits': { 'requests': 2 }")
                                       BACKENDS("'workers': 'unlimited', 'service': '1s'"));

    CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_OK), 2);
    CU_ASSERT(r.sojourn == 2 * SECOND);
    record_fini(&r);
}

/* ---- budgets and breakers in a network ---- */

/* One backend that answers 500: the retry of each request, or as many as the budget pays for. */
static void a_budget_bounds_the_amplification(void)
{
    static const struct { const char *budget; double least, most; } row[] = {
        { "'max': 3", 4, 4 },
        { "'max': 3, 'budget': { 'kind': 'share', 'per_second': 0 }", 1.18, 1.2 },
        { "'max': 3, 'budget': { 'kind': 'share' }", 1.2, 1.24 },
        { "'max': 3, 'budget': { 'kind': 'throttle' }", 1, 1.001 },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct record r = simulate(
            RUN("'requests': 20000") CLIENT(POISSON("1000/s"))
                L7("'retries': { 'on': ['5xx'], %s }")
                EVENTS("{ 'at': '0s', 'do': 'fail', 'mode': 'error', 'target': 's' }")
                    BACKENDS("'count': 2, 'service': '1ms'"), row[i].budget);
        double amplification = (double)r.attempts / (double)r.requests;

        CU_ASSERT(amplification >= row[i].least && amplification <= row[i].most);
        CU_ASSERT_EQUAL(r.attempts, r.requests + r.retries);
        CU_ASSERT_EQUAL(count_tally(&r, TALLY_RETRIES_DENIED) > 0, i > 0);
        record_fini(&r);
    }
}

/* Nobody answers; attempts are given up after 100 ms.  Retries are at most the share of all that
 * are out, themselves included: share / (1 - share) of the first attempts; or three at a time,
 * where that is more. */
static void a_share_of_what_is_active_may_be_retries(void)
{
    static const struct { const char *rate, *budget; double retries; } row[] = {
        { "2000/s", "'share': '20%', 'least': 0", 0.25 },
        { "2000/s", "'share': '50%', 'least': 0", 1 },
        { "100/s", "'share': '20%', 'least': 3", 0.3 },
        { "2000/s", "'share': 1, 'least': 0", 3 },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct record r = simulate(
            RUN("'duration': '40s', 'warmup': '2s'")
                CLIENT("'arrival': { 'process': 'poisson', 'rate': '%s' }")
                    L7("'timeout': '100ms', 'retries': { 'max': 3, 'on': ['timeout'], 'budget': { "
                       "'kind': 'concurrent', %s } }")
                        EVENTS("{ 'at': '0s', 'do': 'fail', 'mode': 'hang', 'target': 's' }")
                            BACKENDS("'count': 2, 'service': '1ms'"), row[i].rate, row[i].budget);
        double retries = (double)r.retries / (double)r.requests;

        CU_ASSERT(retries <= 1.01 * row[i].retries && retries >= 0.9 * row[i].retries);
        record_fini(&r);
    }
}

/* Envoy without a budget: three retries at a time, however many fail. */
static void a_limit_on_retries_holds_at_any_time(void)
{
    struct record r = simulate(
        RUN("'requests': 2000") CLIENT(POISSON("1000/s"))
            L7("'timeout': '100ms', 'limits': { 'retries': 3 }, 'retries': { 'max': 1, 'on': "
               "['timeout'] }") BACKENDS("'count': 2, 'workers': 'unlimited', 'service': '1s'"));

    CU_ASSERT(r.retries >= 3 * 19 && r.retries <= 3 * 21);  /* 3 every 100 ms, for 2 s */
    CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_OK), 0);
    CU_ASSERT(count_tally(&r, TALLY_RETRIES_DENIED) > 1800);
    CU_ASSERT(count_tally(&r, TALLY_RETRIES_DENIED) <= 2000 - r.retries);
    record_fini(&r);
}

/* One of two answers 500 for ten seconds; a hundred requests a second.  After five failures its
 * breaker opens for a second, and then each second a probe finds that it still fails. */
static void a_breaker_keeps_requests_from_what_fails(void)
{
    struct record r = simulate(
        RUN("'duration': '20s'") CLIENT(EVERY("100/s"))
            L7("'breaker': { 'kind': 'consecutive', 'failures': 5, 'open': '1s' }")
                EVENTS("{ 'at': '5s', 'do': 'fail', 'mode': 'error', 'target': 's[1]', 'for': "
                       "'10s' }") BACKENDS("'count': 2, 'service': '1ms'"));

    CU_ASSERT(count_ended(&r, OUTCOME_ERROR) >= 5 + 9 && count_ended(&r, OUTCOME_ERROR) <= 5 + 10);
    CU_ASSERT_EQUAL(count_tally(&r, TALLY_BREAKER_OPENED), count_ended(&r, OUTCOME_ERROR) - 4);
    CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_UNAVAILABLE), 0);
    CU_ASSERT_EQUAL(picked_between(&r, 1, 17 * SECOND, 20 * SECOND), 150);  /* half again */
    record_fini(&r);
}

static void a_breaker_for_all_refuses_at_once(void)
{
    struct record r = simulate(
        RUN("'duration': '10s'") CLIENT(EVERY("100/s"))
            L7("'breaker': { 'kind': 'rate', 'scope': 'all', 'window': '1s', 'open': '2s' }")
                EVENTS("{ 'at': '0s', 'do': 'fail', 'mode': 'error', 'target': 's' }")
                    BACKENDS("'count': 2, 'service': '1ms'"));

    CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_ERROR), 20 + 4);        /* and a probe every 2 s */
    CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_UNAVAILABLE), 999 - 24);
    CU_ASSERT_EQUAL(count_tally(&r, TALLY_BREAKER_REFUSED), 999 - 24);
    record_fini(&r);
}

/* ---- clients that ask again ---- */

/* The first server refuses at once, or says nothing where the client waits 200 ms: another attempt
 * 50 ms later goes to the other one, which takes 10 ms. */
static void clients_ask_again_after_a_wait(void)
{
    static const struct { const char *client, *mode; nsec latency; } row[] = {
        { "'timeout': '0'", "'mode': 'crash'", 60 },
        { "'timeout': '200ms'", "'mode': 'hang'", 260 },
        { "'timeout': '200ms', 'protocol': 'h1'", "'mode': 'hang'", 260 },
        { "'timeout': '200ms', 'protocol': 'h2'", "'mode': 'hang'", 260 },
        { "'protocol': 'tcp'", "'mode': 'crash'", 60 },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct record r = simulate(
            RUN("'requests': 1") CLIENT("%s, 'retries': { 'max': 2, 'on': ['refused', 'reset'%s], "
                                        "'backoff': { 'base': '50ms', 'jitter': 'none' } }, "
                                        EVERY("1/s"))
                L7("'timeout': '0'") EVENTS("{ 'at': '0s', 'do': 'fail', %s, 'target': 's[0]' }")
                    BACKENDS("'count': 2, 'service': '10ms'"),
            row[i].client, row[i].latency > 60 ? ", 'timeout'" : "", row[i].mode);

        CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_OK), 1);
        CU_ASSERT(latency_sum(&r) == row[i].latency * MS);
        CU_ASSERT_EQUAL(r.retries, 1);
        record_fini(&r);
    }
}

/* Nobody serves: each request is 1 + max attempts, each with its timeout, and the waits between. */
static void clients_give_up_after_their_last_attempt(void)
{
    struct record r = simulate(
        RUN("'requests': 10") CLIENT("'timeout': '100ms', 'retries': { 'max': 2, 'backoff': { "
                                     "'base': '50ms', 'jitter': 'none' } }, " EVERY("1/s"))
            L7("'timeout': '0'") BACKENDS("'workers': 'unlimited', 'service': '1s'"));

    CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_TIMEOUT), 10);
    CU_ASSERT(r.sojourn == 10 * (3 * 100 + 50 + 100) * (u128)MS);
    CU_ASSERT_EQUAL(r.retries, 20);
    CU_ASSERT_EQUAL(r.attempts, 29);            /* the last CANCEL is not awaited */
    CU_ASSERT_EQUAL(count_tally(&r, TALLY_CLIENT_RETRIES), 18);   /* while requests come */
    record_fini(&r);
}

/* ---- a deadline over all attempts ---- */

/* One request, answered when its deadline strikes wherever it is then: between two attempts, at a
 * backend, in the queue, beside its hedge; or before, and the deadline changes nothing. */
static void a_deadline_ends_all_attempts(void)
{
    static const struct { const char *l7, *mode; nsec latency; uint64_t attempts; } row[] = {
        { "'deadline': '2500ms', 'retries': { 'max': 9, 'backoff': { 'base': '1s', 'factor': 1, "
          "'jitter': 'none' } }", "crash", 2500, 3 },
        { "'deadline': '2500ms', 'timeout': '1s', 'retries': { 'max': 9, 'on': ['timeout'] }",
          "hang", 2500, 3 },
        { "'deadline': '2500ms'", "hang", 2500, 1 },
        { "'deadline': '2500ms', 'hedge': { 'after': '1s', 'max': 5 }", "hang", 2500, 3 },
        { "'deadline': '2500ms', 'fan_out': 2", "hang", 2500, 2 },
        { "'deadline': '2500ms', 'retries': { 'max': 1, 'on': ['5xx'] }", "error", 0, 2 },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct world w;
        struct lab lab;

        world_text(&w, RUN("'requests': 1") CLIENT(EVERY("1/s")) L7("%s")
                           EVENTS("{ 'at': '0s', 'do': 'fail', 'mode': '%s', 'target': 's[*]', "
                                  "'for': '4s' }") BACKENDS("'count': 4, 'service': '10ms'"),
                   row[i].l7, row[i].mode);
        lab_run_to_the_end(&lab, &w, 10 * SECOND);
        struct record *r = &lab.sim.meter.record;
        uint64_t picked = 0;

        for (uint32_t b = 0; b < 4; b++)
            picked += count_picked(r, b);
        CU_ASSERT_EQUAL(count_ended(r, row[i].latency > 0 ? OUTCOME_TIMEOUT : OUTCOME_ERROR), 1);
        CU_ASSERT(r->sojourn == row[i].latency * (u128)MS);
        CU_ASSERT_EQUAL(picked, row[i].attempts);
        lab_end(&lab);
        world_end(&w);
    }
}

/* Five a second, each a second of work at the one place: the first is served; the next, bound to
 * wait for 800 ms and more, are given up after 700 ms and have never left the queue. */
static void a_deadline_ends_waits_in_the_queue(void)
{
    struct record r = simulate(
        RUN("'requests': 4") CLIENT(EVERY("5/s"))
            L7("'deadline': '700ms', 'limits': { 'per_backend': 1 }, 'queue': {}")
                BACKENDS("'workers': 'unlimited', 'service': '600ms'"));

    CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_OK), 1);
    CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_TIMEOUT), 3);
    CU_ASSERT(r.sojourn == (600 + 3 * 700) * (u128)MS);
    record_fini(&r);
}

/* For passive health, outliers and breakers the attempt that was out has timed out. */
static void who_was_late_at_the_deadline_is_held_to_account(void)
{
    static const struct { const char *l7; enum tally tally; } row[] = {
        { "'passive': { 'rule': 'caddy', 'fail_timeout': '1h' }", TALLY_TAKEN_OUT },
        { "'outlier_detection': { 'consecutive_5xx': 1, 'always_eject_one_host': true }",
          TALLY_TAKEN_OUT },
        { "'breaker': { 'kind': 'consecutive', 'failures': 1 }", TALLY_BREAKER_OPENED },
    };
    static const char *const hedge[] = { "", ", 'hedge': { 'after': '50ms' }" };

    for (size_t i = 0; i < ARRAY_LEN(row); i++)
        for (size_t h = 0; h < (row[i].tally == TALLY_TAKEN_OUT ? 2 : 1); h++) {
            struct record r = simulate(
                RUN("'duration': '4s'") CLIENT("'timeout': '5s', " EVERY("1/s"))
                    L7("'deadline': '300ms', %s%s")
                        EVENTS("{ 'at': '0s', 'do': 'fail', 'mode': 'hang', 'target': 's[0]' }")
                            BACKENDS("'count': 1, 'service': '1ms'"), row[i].l7, hedge[h]);

            CU_ASSERT_EQUAL(count_tally(&r, row[i].tally), 1);
            record_fini(&r);
        }
}

/* ---- work that nobody waits for ---- */

static void some_servers_finish_what_nobody_waits_for(void)
{
    struct record r = simulate(
        RUN("'requests': 3") CLIENT("'timeout': '50ms', " EVERY("1/s")) L7("'timeout': '0'")
            BACKENDS("'workers': 1, 'service': '400ms', 'finish_cancelled': true"));

    CU_ASSERT_EQUAL(count_ended(&r, OUTCOME_TIMEOUT), 3);
    CU_ASSERT(r.demand_served == 2 * 400 * (u128)MS);       /* the last one is not awaited */
    CU_ASSERT(r.demand_wasted == 50 * (u128)MS);
    record_fini(&r);
}

/* ---- what is left over ---- */

/* Everything at once, with failures, and clients that give up: all ends, and nothing stays. */
static void nothing_is_left_over(void)
{
    static const char *const balancer[] = {
        "'retries': { 'max': 3, 'on': ['refused', 'reset', 'timeout', '5xx'], 'backoff': { 'base': "
        "'20ms' } }, 'timeout': '100ms'",
        "'retries': { 'max': 3, 'on': ['refused', 'reset', 'timeout', '5xx'], 'redispatch': "
        "'last', 'backoff': { 'base': '20ms', 'jitter': 'decorrelated' }, 'budget': { 'kind': "
        "'concurrent' } }, 'timeout': '100ms', 'limits': { 'per_backend': 4 }, 'queue': { 'limit': "
        "50, 'timeout': '150ms' }",
        "'limits': { 'connections': 10, 'retries': 5 }, 'queue': { 'timeout': '70ms' }, 'breaker': "
        "{ 'kind': 'rate', 'open': '300ms', 'probes': 3 }, 'retries': { 'max': 2, 'on': "
        "['refused', '5xx'], 'backoff': { 'base': '5ms' } }",
        "'limits': { 'per_backend': 2 }, 'queue': {}, 'breaker': { 'kind': 'consecutive', 'open': "
        "'100ms' }, 'retries': { 'max': 2, 'redispatch': 'never', 'on': ['refused', '5xx'] }",
        "'hedge': { 'after': '30ms', 'max': 2 }, 'retries': { 'max': 2, 'budget': { 'kind': "
        "'share' } }",
    };
    static const char *const client[] = {
        "'timeout': '120ms'",
        "'timeout': '120ms', 'rtt': '3ms', 'protocol': 'h1'",
        "'timeout': '90ms', 'rtt': '1ms', 'protocol': 'h2', 'retries': { 'max': 2, 'backoff': { "
        "'base': '30ms' } }",
        "'timeout': '60ms', 'protocol': 'tcp', 'retries': { 'max': 3, 'budget': { 'kind': "
        "'throttle' } }",
    };

    for (size_t b = 0; b < ARRAY_LEN(balancer); b++)
        for (size_t c = 0; c < ARRAY_LEN(client); c++) {
            struct world w;
            struct lab lab;

            world_text(&w,
                       RUN("'duration': '6s'") CLIENT("'count': 20, %s, " POISSON("500/s"))
                           L7("%s") "'links': [ { 'from': 'l7', 'to': 's', 'latency': { 'dist': "
                                    "'uniform', 'min': '0ms', 'max': '2ms' } } ], "
                               EVENTS("{ 'at': '1s', 'do': 'fail', 'mode': 'hang', 'target': "
                                      "'s[1]', 'for': '1s' }, { 'at': '2s', 'do': 'fail', 'mode': "
                                      "'error', 'target': 's[2]', 'for': '1s' }, { 'at': '3s', "
                                      "'do': 'fail', 'mode': 'crash', 'target': 's[0..3]', 'for': "
                                      "'500ms' }, { 'at': '4s', 'do': 'slow', 'factor': 8, "
                                      "'target': 's', 'for': '1s' }")
                                   BACKENDS("'count': 4, 'workers': 2, 'service': { 'dist': "
                                            "'exponential', 'mean': '10ms' }"),
                       client[c], balancer[b]);
            lab_run_to_the_end(&lab, &w, 20 * SECOND);
            CU_ASSERT(lab.sim.meter.record.requests > 2500);
            if (lab_live_requests(&lab) != 0 || lab_in_flight(&lab) != 0)
                fprintf(stderr, "  balancer %zu, client %zu\n", b, c);
            lab_end(&lab);
            struct record r = world_run(&w, 0, 1);      /* the identities */
            record_fini(&r);
            world_end(&w);
        }
}

static const struct unit_test tests[] = {
    { "waits_grow_up_to_the_longest", waits_grow_up_to_the_longest },
    { "jitter_lies_where_its_law_says", jitter_lies_where_its_law_says },
    { "some_further_attempts_go_elsewhere", some_further_attempts_go_elsewhere },
    { "a_share_of_the_requests_may_be_retried", a_share_of_the_requests_may_be_retried },
    { "so_many_retries_at_a_time", so_many_retries_at_a_time },
    { "retries_stop_while_too_much_fails", retries_stop_while_too_much_fails },
    { "a_breaker_opens_tries_and_waits_longer", a_breaker_opens_tries_and_waits_longer },
    { "a_breaker_opens_by_the_rate_of_a_window", a_breaker_opens_by_the_rate_of_a_window },
    { "without_redispatch_the_same_server_is_tried_a_second_apart",
      without_redispatch_the_same_server_is_tried_a_second_apart },
    { "the_last_attempt_is_redispatched_at_once", the_last_attempt_is_redispatched_at_once },
    { "a_queue_at_the_balancer_is_one_queue", a_queue_at_the_balancer_is_one_queue },
    { "who_waits_too_long_or_finds_the_queue_full_is_refused",
      who_waits_too_long_or_finds_the_queue_full_is_refused },
    { "limits_on_requests_refuse_at_once", limits_on_requests_refuse_at_once },
    { "a_budget_bounds_the_amplification", a_budget_bounds_the_amplification },
    { "a_share_of_what_is_active_may_be_retries", a_share_of_what_is_active_may_be_retries },
    { "a_limit_on_retries_holds_at_any_time", a_limit_on_retries_holds_at_any_time },
    { "a_breaker_keeps_requests_from_what_fails", a_breaker_keeps_requests_from_what_fails },
    { "a_breaker_for_all_refuses_at_once", a_breaker_for_all_refuses_at_once },
    { "clients_ask_again_after_a_wait", clients_ask_again_after_a_wait },
    { "clients_give_up_after_their_last_attempt", clients_give_up_after_their_last_attempt },
    { "a_deadline_ends_all_attempts", a_deadline_ends_all_attempts },
    { "a_deadline_ends_waits_in_the_queue", a_deadline_ends_waits_in_the_queue },
    { "who_was_late_at_the_deadline_is_held_to_account",
      who_was_late_at_the_deadline_is_held_to_account },
    { "some_servers_finish_what_nobody_waits_for", some_servers_finish_what_nobody_waits_for },
    { "nothing_is_left_over", nothing_is_left_over },
};

UNIT_MAIN("resilience", tests)
