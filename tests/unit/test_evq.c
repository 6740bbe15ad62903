/* test_evq.c - the queue of events against the dullest one: a list that is searched for the
 * least. */
#include "unit.h"

#include "../../sim/base/rng.h"
#include "../../sim/core/evq.h"

#include <string.h>

enum { MOST = 4096, STORES = 6 };

/* What is pending, in no order. */
struct naive {
    struct event item[MOST];
    uint32_t count;
};

static uint32_t naive_least(const struct naive *n)
{
    uint32_t best = 0;

    for (uint32_t i = 1; i < n->count; i++)
        if (n->item[i].at < n->item[best].at
            || (n->item[i].at == n->item[best].at && n->item[i].token < n->item[best].token))
            best = i;
    return best;
}

static void naive_remove(struct naive *n, uint32_t i)
{
    n->item[i] = n->item[--n->count];
}

static void naive_forget_alarm(struct naive *n, uint32_t node)
{
    for (uint32_t i = 0; i < n->count; i++)
        if (n->item[i].node == node) {
            naive_remove(n, i);
            return;
        }
}

/* Pushes to both; the naive one orders by a counter of its own, so that tokens are not trusted. */
struct pair {
    struct evq q;
    struct naive n;
    nsec now;
    uint64_t order;
    uint32_t lane[3], alarm[2];
};

static const nsec lane_delay[3] = { 5, 40, 1000 };

static void pair_begin(struct pair *p)
{
    *p = (struct pair){ .now = 0 };
    evq_init(&p->q);
    for (uint32_t i = 0; i < 3; i++)
        p->lane[i] = evq_lane_new(&p->q, lane_delay[i]);
    for (uint32_t i = 0; i < 2; i++)
        p->alarm[i] = evq_alarm_new(&p->q, 100 + i, 7);
}

static void note(struct pair *p, nsec at, uint32_t node, uint32_t verb, uint32_t arg)
{
    p->n.item[p->n.count++] = (struct event){ at, ++p->order, node, arg, verb };
}

static void push_somewhere(struct pair *p, struct rng *g)
{
    uint32_t store = rng_below(g, STORES), arg = (uint32_t)p->order, verb = rng_below(g, 3);
    nsec at = p->now + rng_below(g, 60);

    if (store < 3) {
        note(p, p->now + lane_delay[store], store, verb, arg);
        evq_push_lane(&p->q, p->lane[store], p->now, store, verb, arg);
    } else if (store == 3) {
        uint32_t which = rng_below(g, 2);

        naive_forget_alarm(&p->n, 100 + which);
        note(p, at, 100 + which, EVQ_TIMER, 7);
        evq_set_alarm(&p->q, p->alarm[which], at);
    } else {
        note(p, at, 9, verb, arg);
        evq_push(&p->q, at, 9, verb, arg);
    }
}

static bool pop_both(struct pair *p)
{
    struct event e;
    bool is_one = evq_pop(&p->q, &e);

    CU_ASSERT_EQUAL(is_one, p->n.count > 0);
    if (!is_one || p->n.count == 0)
        return false;
    uint32_t i = naive_least(&p->n);
    struct event *expected = &p->n.item[i];

    CU_ASSERT(e.at == expected->at && e.node == expected->node && e.verb == expected->verb
              && e.arg == expected->arg);
    p->now = e.at;
    naive_remove(&p->n, i);
    return true;
}

static void order_is_time_then_push_order_whatever_the_store(void)
{
    struct rng g = rng_stream(1, "evq", 0);
    struct pair p;

    pair_begin(&p);
    for (uint32_t i = 0; i < 100000; i++) {
        /* long spells of growing and shrinking, down to nothing */
        uint32_t pushes = i / 500 % 2 ? 35 : 60;

        if (rng_below(&g, 100) < pushes && p.n.count < MOST - 1)
            push_somewhere(&p, &g);
        else
            pop_both(&p);
    }
    while (pop_both(&p))
        continue;
    evq_fini(&p.q);
}

/* The same pushes, once by lanes and once by the heap only. */
static uint64_t walk(bool by_lanes, uint32_t *args, uint32_t most)
{
    struct rng g = rng_stream(2, "evq", 0);
    struct evq q;
    struct event e = { .at = 0 };
    uint32_t n = 0, lane[3], arg = 0;

    evq_init(&q);
    for (uint32_t i = 0; i < 3; i++)
        lane[i] = by_lanes ? evq_lane_new(&q, lane_delay[i]) : NONE;
    for (uint32_t i = 0; i < 200; i++)
        evq_push(&q, rng_below(&g, 100), 0, EVQ_TIMER, arg++);
    while (n < most && evq_pop(&q, &e)) {
        uint32_t which = rng_below(&g, 3);

        args[n++] = e.arg;
        if (by_lanes)
            evq_push_lane(&q, lane[which], e.at, 0, EVQ_TIMER, arg++);
        else
            evq_push(&q, e.at + lane_delay[which], 0, EVQ_TIMER, arg++);
    }
    evq_fini(&q);
    return e.at;
}

static void lanes_give_the_order_that_the_heap_gives(void)
{
    enum { STEPS = 50000 };
    static uint32_t a[STEPS], b[STEPS];

    CU_ASSERT_EQUAL(walk(true, a, STEPS), walk(false, b, STEPS));
    CU_ASSERT_EQUAL(memcmp(a, b, sizeof a), 0);
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static void tokens_are_unique_and_come_back(void)
{
    enum { N = 20000 };
    static uint64_t token[N], seen[N];
    struct rng g = rng_stream(3, "evq", 0);
    struct evq q;
    struct event e;
    uint32_t popped = 0;

    evq_init(&q);
    q.sequence = 1;
    uint32_t lane = evq_lane_new(&q, 10);
    for (uint32_t i = 0; i < N; i++) {
        token[i] = i % 3 ? evq_push(&q, rng_below(&g, 1000), 0, EVQ_TIMER, i)
                         : evq_push_lane(&q, lane, i, 0, EVQ_TIMER, i);
        CU_ASSERT_NOT_EQUAL(token[i], 0);
        if (i % 4 == 0 && evq_pop(&q, &e)) {
            CU_ASSERT_EQUAL(e.token, token[e.arg]);
            popped++;
        }
    }
    for (; evq_pop(&q, &e); popped++)
        CU_ASSERT_EQUAL(e.token, token[e.arg]);
    CU_ASSERT_EQUAL(popped, N);
    memcpy(seen, token, sizeof seen);
    qsort(seen, N, sizeof *seen, compare);
    for (uint32_t i = 1; i < N; i++)
        CU_ASSERT(seen[i] != seen[i - 1]);
    evq_fini(&q);
}

/* A timer with an odd argument is dead. */
static bool is_even(void *arg, uint32_t node, uint32_t timer_arg, uint64_t token)
{
    (void)arg, (void)node, (void)token;
    return timer_arg % 2 == 0;
}

static void a_full_lane_drops_dead_timers_and_keeps_the_rest_in_order(void)
{
    enum { N = 40000 };
    struct evq q;
    struct event e;
    uint32_t last = 0, timers = 0, requests = 0, most = 0;

    evq_init(&q);
    q.is_live = is_even;
    uint32_t lane = evq_lane_new(&q, 50);
    for (uint32_t i = 0; i < N; i++) { /* nine of ten timers are dead */
        bool is_request = i % 100 == 1;

        evq_push_lane(&q, lane, i, 0, is_request ? EVQ_REQUEST : EVQ_TIMER,
                      i % 10 ? 2 * i + 1 : 2 * i);
        most = q.lane[lane].count > most ? q.lane[lane].count : most;
    }
    CU_ASSERT(q.lane[lane].capacity <= 16384); /* 4400 live ones in what would hold 40 000 */
    while (evq_pop(&q, &e)) {
        uint32_t i = e.arg / 2;

        CU_ASSERT(i >= last && e.at == i + 50);
        last = i;
        requests += e.verb == EVQ_REQUEST;
        timers += e.verb == EVQ_TIMER && e.arg % 2 == 0;
    }
    CU_ASSERT_EQUAL(requests, N / 100); /* messages are never dropped */
    CU_ASSERT_EQUAL(timers, N / 10);
    evq_fini(&q);
}

/* Pops without a push between, pushes without a pop, first and last ones: P pushes the next
 * time. */
static void the_hole_that_a_pop_leaves_is_closed_however_it_goes_on(void)
{
    static const struct {
        const char *ops;
        nsec at[8];
        nsec popped[8];
    } row[] = {
        { "P.P.P.", { 1, 2, 3 }, { 1, 2, 3 } },
        { "PPP...", { 3, 1, 2 }, { 1, 2, 3 } },
        { "PPP.P...", { 5, 9, 7, 6 }, { 5, 6, 7, 9 } },
        { "PPP.P...", { 5, 9, 7, 20 }, { 5, 7, 9, 20 } },
        { "PPPP..P.P...", { 1, 2, 3, 4, 9, 5 }, { 1, 2, 3, 4, 5, 9 } },
        { "P..P..", { 1, 2 }, { 1, NEVER, 2, NEVER } },
        { "PP.PP...", { 4, 4, 4, 4 }, { 4, 4, 4, 4 } },
    };

    for (size_t k = 0; k < ARRAY_LEN(row); k++) {
        struct evq q;
        struct event e;
        uint32_t pushed = 0, popped = 0;

        evq_init(&q);
        for (const char *op = row[k].ops; *op; op++)
            if (*op == 'P') {
                evq_push(&q, row[k].at[pushed], 0, EVQ_TIMER, pushed);
                pushed++;
            } else {
                nsec at = evq_pop(&q, &e) ? e.at : NEVER;
                CU_ASSERT_EQUAL(at, row[k].popped[popped]);
                popped++;
            }
        evq_fini(&q);
    }
}

static void there_are_sixteen_lanes_and_sixteen_alarms_and_a_delay_has_one(void)
{
    struct evq q;
    struct event e;

    evq_init(&q);
    for (uint32_t i = 0; i < EVQ_LANES; i++) {
        uint32_t lane = evq_lane_new(&q, 10 + i);

        CU_ASSERT_NOT_EQUAL(lane, NONE);
        CU_ASSERT_EQUAL(evq_lane_new(&q, 10 + i), lane);
        CU_ASSERT_EQUAL(evq_lane_of(&q, 10 + i), lane);
    }
    CU_ASSERT_EQUAL(evq_lane_new(&q, 99), NONE);
    CU_ASSERT_EQUAL(evq_lane_of(&q, 99), NONE);
    for (uint32_t i = 0; i < EVQ_ALARMS; i++)
        CU_ASSERT_NOT_EQUAL(evq_alarm_new(&q, i, i), NONE);
    CU_ASSERT_EQUAL(evq_alarm_new(&q, 0, 0), NONE);
    CU_ASSERT_FALSE(evq_pop(&q, &e));
    evq_fini(&q);
}

static void an_alarm_has_one_time_and_never_takes_it_back(void)
{
    struct evq q;
    struct event e;

    evq_init(&q);
    uint32_t a = evq_alarm_new(&q, 3, 77);
    evq_set_alarm(&q, a, 10);
    evq_set_alarm(&q, a, 30); /* later: replaces */
    evq_push(&q, 20, 0, EVQ_TIMER, 1);
    CU_ASSERT(evq_pop(&q, &e) && e.at == 20);
    CU_ASSERT(evq_pop(&q, &e) && e.at == 30 && e.node == 3 && e.arg == 77 && e.verb == EVQ_TIMER);
    evq_set_alarm(&q, a, 40);
    evq_set_alarm(&q, a, NEVER);
    CU_ASSERT_FALSE(evq_pop(&q, &e));
    evq_fini(&q);
}

static const struct unit_test tests[] = {
    { "order_is_time_then_push_order_whatever_the_store",
      order_is_time_then_push_order_whatever_the_store },
    { "lanes_give_the_order_that_the_heap_gives", lanes_give_the_order_that_the_heap_gives },
    { "tokens_are_unique_and_come_back", tokens_are_unique_and_come_back },
    { "a_full_lane_drops_dead_timers_and_keeps_the_rest_in_order",
      a_full_lane_drops_dead_timers_and_keeps_the_rest_in_order },
    { "the_hole_that_a_pop_leaves_is_closed_however_it_goes_on",
      the_hole_that_a_pop_leaves_is_closed_however_it_goes_on },
    { "there_are_sixteen_lanes_and_sixteen_alarms_and_a_delay_has_one",
      there_are_sixteen_lanes_and_sixteen_alarms_and_a_delay_has_one },
    { "an_alarm_has_one_time_and_never_takes_it_back",
      an_alarm_has_one_time_and_never_takes_it_back },
};

UNIT_MAIN("evq", tests)
