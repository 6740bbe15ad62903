/* test_signals.c - what a balancer hears of its backends' load: when, and with which value; by an
 * algorithm that writes down what it is told, in runs whose every event can be told by hand. */
#include "unit.h"

#include "../../algorithms/lb.h"
#include "../../sim/parts/load.h"
#include "simulate.h"

#include <math.h>

/* ---- an algorithm that takes the first backend and listens ---- */

enum told_by { BY_REPLY, BY_REPORT };
enum { MOST_HEARD = 256 };

static struct {
    struct heard { enum told_by by; uint32_t backend; struct lb_outcome said; } at[MOST_HEARD];
    uint32_t count;
} heard;

static void write_down(enum told_by by, uint32_t i, const struct lb_outcome *o)
{
    if (heard.count < MOST_HEARD)
        heard.at[heard.count++] = (struct heard){ by, i, *o };
}

static uint32_t spy_pick(struct lb *lb, const struct lb_request *rq)
{
    (void)lb;
    (void)rq;
    return 0;
}

static void spy_complete(struct lb *lb, uint32_t i, const struct lb_outcome *o)
{
    (void)lb;
    write_down(BY_REPLY, i, o);
}

static void spy_report(struct lb *lb, uint32_t i, const struct lb_outcome *o)
{
    (void)lb;
    write_down(BY_REPORT, i, o);
}

static double two_probes(const struct lb *lb)
{
    (void)lb;
    return 2;
}

static double half_a_probe(const struct lb *lb)
{
    (void)lb;
    return 0.5;
}

#define SPY(name_, signals_, probes_)                                                            \
    static const struct lb_ops name_ = {                                                         \
        .abi = LB_ABI, .name = #name_, .signals = signals_, .probes = probes_,                   \
        .pick = spy_pick, .on_complete = spy_complete, .on_report = spy_report }

SPY(deaf, 0, NULL);
SPY(reader, LB_REPORTED, NULL);
SPY(prober, LB_PROBED, two_probes);
SPY(half_prober, LB_PROBED, half_a_probe);
SPY(collector, LB_TOKENS, NULL);

/* A request every 100 ms from 100 ms on, so many of them, over 5 ms of wire to one of two. */
static struct record listen_to(const struct lb_ops *spy, const char *service, const char *more)
{
    struct world w;

    world_text(&w,
               "{ 'version': 1, 'name': 't', 'run': { 'requests': 5, 'drain': '10s' }, "
               "'clients': [ { 'name': 'c', 'to': 'lb', "
               "  'arrival': { 'process': 'constant', 'rate': '10/s' } } ], "
               "'balancers': [ { 'name': 'lb', 'algorithm': 'random', 'to': 's'%s } ], "
               "'backends': [ { 'name': 's', 'count': 2, 'service': '%s' } ], "
               "'links': [ { 'from': 'lb', 'to': 's', 'latency': '5ms' } ] }",
               more, service);
    w.scenario.policy[0] = (struct policy){ .ops = spy, .label = "spy" };
    heard.count = 0;
    struct record r = world_run(&w, 0, 0);
    world_end(&w);
    return r;
}

static uint32_t count_heard(enum told_by by)
{
    uint32_t n = 0;

    for (uint32_t k = 0; k < heard.count; k++)
        n += heard.at[k].by == by;
    return n;
}

static const struct lb_outcome *nth_heard(enum told_by by, uint32_t n)
{
    for (uint32_t k = 0; k < heard.count; k++)
        if (heard.at[k].by == by && n-- == 0)
            return &heard.at[k].said;
    return NULL;
}

static bool is_near(double a, double b)
{
    return fabs(a - b) < 1e-9;
}

/* ---- replies ---- */

/* All five are there when the first is done, a second after it came; they leave one by one. */
static void a_reply_says_who_waits_and_how_long_it_was_served(void)
{
    struct record r = listen_to(&reader, "1s", "");
    const struct lb_outcome *first = nth_heard(BY_REPLY, 0);
    nsec sent = first->now - 1010 * MILLISECOND;

    CU_ASSERT_EQUAL_FATAL(count_heard(BY_REPLY), 5);
    CU_ASSERT_EQUAL(count_heard(BY_REPORT), 0);
    for (uint32_t k = 0; k < 5; k++) {
        const struct lb_outcome *o = nth_heard(BY_REPLY, k);

        CU_ASSERT_EQUAL(o->now, sent + (k + 1) * SECOND + 10 * MILLISECOND);
        CU_ASSERT_EQUAL(o->service, SECOND);
        CU_ASSERT_EQUAL(o->queued, 4 - k);
        CU_ASSERT_EQUAL(o->latency, o->now - sent - k * 100 * MILLISECOND);
        CU_ASSERT_EQUAL(o->eps, 0);
    }
    /* the first window reaches back to 0, the next are a second each */
    double passed = (double)(sent + SECOND + 5 * MILLISECOND) / (double)SECOND;
    CU_ASSERT(is_near(first->load, 1 / passed) && is_near(first->rps, 1 / passed));
    CU_ASSERT(is_near(nth_heard(BY_REPLY, 1)->load, 1) && is_near(nth_heard(BY_REPLY, 1)->rps, 1));
    CU_ASSERT_EQUAL(count_tally(&r, TALLY_SIGNALS), 0);
    record_fini(&r);
}

static void who_does_not_ask_is_told_nothing(void)
{
    struct record r = listen_to(&deaf, "1s", "");

    CU_ASSERT_EQUAL(heard.count, 5);
    for (uint32_t k = 0; k < 5; k++) {
        const struct lb_outcome *o = nth_heard(BY_REPLY, k);
        CU_ASSERT(o->load < 0 && o->service == 0 && o->queued == 0);
    }
    record_fini(&r);
}

/* The reply itself is not late; its own latency is known at once. */
static void signal_delay_holds_back_what_was_said_and_nothing_else(void)
{
    struct record r = listen_to(&reader, "1s", ", 'signal_delay': '300ms'");

    CU_ASSERT_EQUAL_FATAL(count_heard(BY_REPLY), 5);
    CU_ASSERT_FATAL(count_heard(BY_REPORT) >= 4);
    for (uint32_t k = 0; k < 4; k++) {
        const struct lb_outcome *o = nth_heard(BY_REPLY, k), *late = nth_heard(BY_REPORT, k);

        CU_ASSERT(o->load < 0 && o->service == 0 && o->queued == 0 && o->latency > SECOND);
        CU_ASSERT_EQUAL(late->now, o->now + 300 * MILLISECOND);
        CU_ASSERT_EQUAL(late->service, SECOND);
        CU_ASSERT_EQUAL(late->queued, 4 - k);
    }
    record_fini(&r);
}

/* All is over in half a second. */
static void no_window_no_load(void)
{
    struct record r = listen_to(&reader, "1ms", ", 'signal_delay': '0'");

    CU_ASSERT_EQUAL(nth_heard(BY_REPLY, 4)->queued, 0);
    CU_ASSERT_EQUAL(nth_heard(BY_REPLY, 4)->service, MILLISECOND);
    CU_ASSERT(nth_heard(BY_REPLY, 4)->load < 0);
    record_fini(&r);
}

/* ---- reports ---- */

/* At 1 s, 2 s ... of both; what is then at the first: arrivals at .1 + .005 .. .5 + .005, one done
 * each second from 1.105 on. */
static void reports_come_every_so_often(void)
{
    static const uint32_t queued[] = { 5, 4, 3, 2, 1 };
    struct record r =
        listen_to(&reader, "1s", ", 'reports': { 'interval': '1s', 'together': true }");

    CU_ASSERT_FATAL(count_heard(BY_REPORT) >= 10);
    for (uint32_t k = 0, n = 0; k < heard.count && n < 10; k++) {
        const struct heard *h = &heard.at[k];

        if (h->by == BY_REPLY) {
            CU_ASSERT(h->said.load < 0 && h->said.service == 0);
            continue;
        }
        CU_ASSERT_EQUAL(h->backend, n % 2);
        CU_ASSERT_EQUAL(h->said.now, (n / 2 + 1) * SECOND + 5 * MILLISECOND);
        CU_ASSERT_EQUAL(h->said.queued, n % 2 == 0 ? queued[n / 2] : 0);
        n++;
    }
    CU_ASSERT(is_near(nth_heard(BY_REPORT, 1)->load, 0));
    CU_ASSERT(is_near(nth_heard(BY_REPORT, 2)->load, 1));
    record_fini(&r);
}

/* ---- probes ---- */

/* Two for each pick, to both; 10 ms later, of what was there after 5: those picked before. */
static void answers_to_probes_come_back_over_the_wire(void)
{
    static const char *const more[] = { "", ", 'signal_delay': '50ms'" };

    for (uint32_t m = 0; m < 2; m++) {
        struct record r = listen_to(&prober, "1s", more[m]);
        nsec sent = nth_heard(BY_REPLY, 0)->now - 1010 * MILLISECOND;

        CU_ASSERT_EQUAL_FATAL(count_heard(BY_REPORT), 10);
        CU_ASSERT_EQUAL(count_tally(&r, TALLY_SIGNALS), 10);
        for (uint32_t k = 0, n = 0; k < heard.count; k++) {
            const struct heard *h = &heard.at[k];

            if (h->by == BY_REPLY)
                continue;
            CU_ASSERT_EQUAL(h->said.now, sent + (n / 2 * 100 + 10 + 50 * m) * MILLISECOND);
            CU_ASSERT_EQUAL(h->said.queued, h->backend == 0 ? n / 2 : 0);
            CU_ASSERT_EQUAL(h->said.latency, 0);
            n++;
        }
        record_fini(&r);
    }
}

/* 30 ms each: by the second pick one is known, and nobody is in flight. */
static void answers_to_probes_expect_what_was_seen(void)
{
    struct record r = listen_to(&half_prober, "30ms", "");

    CU_ASSERT_EQUAL(count_heard(BY_REPORT), 2);
    for (uint32_t k = 0; k < heard.count; k++) {
        const struct heard *h = &heard.at[k];
        if (h->by == BY_REPORT)
            CU_ASSERT_EQUAL(h->said.latency, h->backend == 0 ? 30 * MILLISECOND : 0);
    }
    record_fini(&r);
}

/* Probes are no requests. */
static void probes_are_in_no_metric_of_requests(void)
{
    struct record with = listen_to(&prober, "30ms", ""), without = listen_to(&deaf, "30ms", "");

    CU_ASSERT_EQUAL(count_born(&with), count_born(&without));
    CU_ASSERT_EQUAL(count_served(&with, 0), count_served(&without, 0));
    CU_ASSERT_EQUAL(count_picked(&with, 0), 5);
    CU_ASSERT_EQUAL(count_picked(&with, 1), 0);
    CU_ASSERT(with.sojourn == without.sojourn && with.busy == without.busy);
    CU_ASSERT_EQUAL(count_tally(&with, TALLY_PROBES), 0);
    record_fini(&with);
    record_fini(&without);
}

/* ---- idle tokens ---- */

/* Both are idle at first; then the first is once for each request that leaves nothing behind.
 * Counted are those sent before the last request. */
static void tokens_come_from_who_has_become_idle(void)
{
    static const struct { const char *service; uint32_t tokens, counted; } row[] = {
        { "10ms", 2 + 5, 2 + 4 }, { "1s", 2 + 1, 2 }, { "150ms", 2 + 1, 2 },
    };

    for (uint32_t m = 0; m < 3; m++) {
        struct record r = listen_to(&collector, row[m].service, "");

        CU_ASSERT_EQUAL(count_heard(BY_REPORT), row[m].tokens);
        CU_ASSERT_EQUAL(count_tally(&r, TALLY_SIGNALS), row[m].counted);
        for (uint32_t k = 0; k < heard.count; k++) {
            CU_ASSERT_EQUAL(heard.at[k].said.queued, 0);
            CU_ASSERT(k >= 2 || heard.at[k].said.now == 5 * MILLISECOND);
        }
        record_fini(&r);
    }
}

/* An l7's own connections stand between; what no connection carries takes the same wire back. */
static void words_take_the_wire_behind_own_connections(void)
{
    static const char *const upstream = ", 'upstream': { 'protocol': 'h1' }";
    struct record r = listen_to(&collector, "10ms", upstream);

    CU_ASSERT_EQUAL(count_heard(BY_REPORT), 2 + 5);
    CU_ASSERT_EQUAL(nth_heard(BY_REPORT, 0)->now, 5 * MILLISECOND);
    record_fini(&r);
    r = listen_to(&prober, "1s", upstream);
    CU_ASSERT_EQUAL(count_heard(BY_REPORT), 10);
    CU_ASSERT_EQUAL(nth_heard(BY_REPORT, 0)->now, nth_heard(BY_REPORT, 1)->now);
    record_fini(&r);
    r = listen_to(&reader, "30ms", upstream);
    for (uint32_t k = 0; k < 5; k++)
        CU_ASSERT_EQUAL(nth_heard(BY_REPLY, k)->service, 30 * MILLISECOND);
    record_fini(&r);
}

/* ---- what algorithms make of it ---- */

static struct lb *started(const char *name, uint32_t n)
{
    struct lb *lb = lb_new(lb_find(name), 1);
    const char *why = NULL;
    char id[16];

    for (uint32_t i = 0; i < n; i++) {
        snprintf(id, sizeof id, "b%u", i);
        lb_add(lb, i, id, 1, 0);
    }
    CU_ASSERT_EQUAL_FATAL(lb_start(lb, &why), 0);
    return lb;
}

static uint32_t pick(struct lb *lb)
{
    return lb_pick(lb, &(struct lb_request){ .now = 0 });
}

static void tell(struct lb *lb, uint32_t i, uint32_t queued)
{
    lb_report(lb, i, &(struct lb_outcome){ .queued = queued, .load = 0.5 });
}

static void a_token_is_good_for_one_pick(void)
{
    struct lb *lb = started("jiq_tokens", 8);
    uint32_t seen = 0;

    tell(lb, 5, 0);
    tell(lb, 2, 0);
    tell(lb, 5, 0);
    CU_ASSERT(pick(lb) == 5 && pick(lb) == 2);
    for (int k = 0; k < 400; k++)
        seen |= 1u << pick(lb);
    CU_ASSERT_EQUAL(seen, 0xff);
    tell(lb, 3, 0);
    tell(lb, 4, 0);
    lb_set_state(lb, 3, LB_DOWN);
    CU_ASSERT_EQUAL(pick(lb), 4);
    lb_set_state(lb, 3, LB_UP);
    CU_ASSERT_EQUAL(pick(lb), 3);
    lb_free(lb);
}

static void least_reported_goes_where_reports_were_least(void)
{
    struct lb *lb = started("least_reported", 4);

    for (uint32_t i = 0; i < 4; i++)
        tell(lb, i, 10 - i);
    CU_ASSERT(pick(lb) == 3 && pick(lb) == 3 && pick(lb) == 3);
    tell(lb, 3, 30);
    CU_ASSERT_EQUAL(pick(lb), 2);
    lb_set_state(lb, 2, LB_DOWN);
    CU_ASSERT_EQUAL(pick(lb), 1);
    lb_free(lb);
}

/* Of 4 with 0, 1, 2, 3 the lesser of two is the first in 3 of 6 pairs, the second in 2, the third
 * in 1, the last never. */
static void least_reported_of_two_draws_pairs(void)
{
    struct lb *lb = lb_new(lb_find("least_reported"), 1);
    uint32_t count[4] = { 0 };
    const char *why;

    lb_set(lb, "choices", 2, &why);
    for (uint32_t i = 0; i < 4; i++)
        lb_add(lb, i, "b", 1, 0);
    lb_start(lb, &why);
    for (uint32_t i = 0; i < 4; i++)
        tell(lb, i, i);
    for (uint32_t k = 0; k < 60000; k++)
        count[pick(lb)]++;
    for (uint32_t i = 0; i < 4; i++)
        CU_ASSERT(fabs(count[i] - 10000.0 * (3 - i)) < 600);
    lb_free(lb);
}

/* Own picks are added: with equal reports everyone has a turn. */
static void least_reported_can_count_its_own(void)
{
    struct lb *lb = lb_new(lb_find("least_reported"), 1);
    uint32_t seen = 0;
    const char *why;

    lb_set(lb, "count_own", 1, &why);
    for (uint32_t i = 0; i < 4; i++)
        lb_add(lb, i, "b", 1, 0);
    lb_start(lb, &why);
    for (uint32_t i = 0; i < 4; i++)
        tell(lb, i, 7);
    for (uint32_t k = 0; k < 4; k++)
        seen |= 1u << pick(lb);
    CU_ASSERT_EQUAL(seen, 0xf);
    lb_free(lb);
}

/* R 20 ms of both, S reported late: 4 and 16 ms; q = 1: 16 + 4 = 20 and 4 + 16; then a queue of 1
 * is 16 + 8 x 4 = 48 against 20. */
static void c3_takes_late_reports(void)
{
    struct lb *lb = started("c3", 2);

    for (uint32_t i = 0; i < 2; i++) {
        lb_take(lb, i, 0);
        lb_complete(lb, i, &(struct lb_outcome){ .latency = 20 * MILLISECOND, .load = -1 });
        lb_report(lb, i, &(struct lb_outcome){
            .service = (i == 0 ? 4 : 16) * MILLISECOND, .queued = i == 0, .load = 0.5 });
    }
    CU_ASSERT_EQUAL(pick(lb), 1);
    lb_free(lb);
}

static void a_wrapper_hears_what_the_inner_one_does(void)
{
    struct lb *inner = lb_new(lb_find("prequal"), 1), *outer = lb_new(lb_find("panic"), 1);
    const char *why;

    lb_set(inner, "probes", 1.5, &why);
    lb_wrap(outer, inner);
    CU_ASSERT(lb_signals(outer) & LB_PROBED);
    CU_ASSERT_EQUAL(lb_probes(outer), 1.5);
    CU_ASSERT_EQUAL(lb_signals_of(lb_find("least_conn")), LB_OWN);
    CU_ASSERT_EQUAL(lb_signals_of(lb_find("random")), 0);
    CU_ASSERT_EQUAL(lb_signals_of(lb_find("c3")), LB_OWN | LB_REPORTED);
    lb_free(outer);
}

/* ---- what a backend knows of itself ---- */

static void a_window_is_never_shorter_than_asked(void)
{
    struct load l;

    load_init(&l, SECOND);
    load_done(&l, false);
    load_done(&l, true);
    load_look(&l, SECOND / 2, SECOND / 2, 2);
    CU_ASSERT(l.utilisation < 0);
    load_look(&l, 4 * SECOND, 2 * (u128)SECOND, 2);
    CU_ASSERT(is_near(l.utilisation, 0.25) && is_near(l.rps, 0.5) && is_near(l.eps, 0.25));
    load_look(&l, 5 * SECOND, 3 * (u128)SECOND, 2);
    CU_ASSERT(is_near(l.utilisation, 0.5) && is_near(l.rps, 0));
    load_init(&l, SECOND);
    load_look(&l, SECOND, SECOND, NONE);
    CU_ASSERT(l.utilisation < 0);
}

static void expectations_are_medians_of_the_nearest(void)
{
    struct paces p;

    paces_init(&p);
    CU_ASSERT_EQUAL(paces_expect(&p, 3), 0);
    paces_note(&p, 2, 30);
    paces_note(&p, 2, 10);
    paces_note(&p, 2, 20);
    paces_note(&p, 6, 90);
    paces_note(&p, 1000000, 500);
    CU_ASSERT_EQUAL(paces_expect(&p, 2), 20);
    CU_ASSERT_EQUAL(paces_expect(&p, 0), 20);
    CU_ASSERT_EQUAL(paces_expect(&p, 4), 20);           /* as near to 2 as to 6 */
    CU_ASSERT_EQUAL(paces_expect(&p, 5), 90);
    CU_ASSERT_EQUAL(paces_expect(&p, 4000), 500);
    for (nsec k = 1; k <= 16; k++)
        paces_note(&p, 2, k);
    CU_ASSERT_EQUAL(paces_expect(&p, 2), 8);
    paces_fini(&p);
}

static const struct unit_test tests[] = {
    { "a_reply_says_who_waits_and_how_long_it_was_served",
      a_reply_says_who_waits_and_how_long_it_was_served },
    { "who_does_not_ask_is_told_nothing", who_does_not_ask_is_told_nothing },
    { "signal_delay_holds_back_what_was_said_and_nothing_else",
      signal_delay_holds_back_what_was_said_and_nothing_else },
    { "no_window_no_load", no_window_no_load },
    { "reports_come_every_so_often", reports_come_every_so_often },
    { "answers_to_probes_come_back_over_the_wire", answers_to_probes_come_back_over_the_wire },
    { "answers_to_probes_expect_what_was_seen", answers_to_probes_expect_what_was_seen },
    { "probes_are_in_no_metric_of_requests", probes_are_in_no_metric_of_requests },
    { "tokens_come_from_who_has_become_idle", tokens_come_from_who_has_become_idle },
    { "words_take_the_wire_behind_own_connections", words_take_the_wire_behind_own_connections },
    { "a_token_is_good_for_one_pick", a_token_is_good_for_one_pick },
    { "least_reported_goes_where_reports_were_least",
      least_reported_goes_where_reports_were_least },
    { "least_reported_of_two_draws_pairs", least_reported_of_two_draws_pairs },
    { "least_reported_can_count_its_own", least_reported_can_count_its_own },
    { "c3_takes_late_reports", c3_takes_late_reports },
    { "a_wrapper_hears_what_the_inner_one_does", a_wrapper_hears_what_the_inner_one_does },
    { "a_window_is_never_shorter_than_asked", a_window_is_never_shorter_than_asked },
    { "expectations_are_medians_of_the_nearest", expectations_are_medians_of_the_nearest },
};

UNIT_MAIN("signals", tests)
