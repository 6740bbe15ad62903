/* test_algorithms_facts.c - what is true of one algorithm: its formula, its order, its source's
 * own examples.  Recorded picks are nginx 1.22.1's. */
#include "unit.h"

#include "../../algorithms/fmath.h"
#include "../../algorithms/lb.h"

#include <math.h>
#include <string.h>

static const uint64_t MS = 1000000, SECOND = 1000000000;

static struct lb *with_weights(const char *name, const uint32_t *weight, uint32_t n)
{
    struct lb *lb = lb_new(lb_find(name), 1);

    for (uint32_t k = 0; k < n; k++)
        lb_add(lb, lb_mix(k + 1), "", weight ? weight[k] : 1, 0);
    return lb;
}

static struct lb *started(struct lb *lb)
{
    const char *why = NULL;

    CU_ASSERT_EQUAL_FATAL(lb_start(lb, &why), 0);
    return lb;
}

static void set(struct lb *lb, const char *param, double value)
{
    const char *why = NULL;

    CU_ASSERT_EQUAL_FATAL(lb_set(lb, param, value, &why), 0);
}

static uint32_t pick(struct lb *lb, uint64_t key)
{
    return lb_pick(lb, &(struct lb_request){ .hash = lb_mix(key) });
}

static void complete(struct lb *lb, uint32_t i, uint64_t now, uint64_t latency)
{
    lb_complete(lb, i, &(struct lb_outcome){ .now = now, .latency = latency, .load = -1 });
}

/* ---- lb_hash ---- */

static void xxh64_gives_the_published_values(void)
{
    static const struct { const char *text; uint64_t seed, hash; } row[] = {
        { "", 0, 0xef46db3751d8e999u },
        { "a", 0, 0xd24ec4f1a98c6e5bu },
        { "abc", 0, 0x44bc2cf5ad770999u },
        { "asdf", 0, 0x415872f599cea71eu },
        { "xxhash", 20141025, 0xb559b98d844e0635u },
        { "Call me Ishmael. Some years ago--never mind how long precisely-", 0,
          0x02a2e85470d6fd96u },
    };

    for (size_t k = 0; k < sizeof row / sizeof *row; k++)
        CU_ASSERT_EQUAL(lb_hash(row[k].text, strlen(row[k].text), row[k].seed), row[k].hash);
    CU_ASSERT_EQUAL(lb_hash(NULL, 0, 0), 0xef46db3751d8e999u);
}

/* Points of Envoy's ring for 127.0.0.1:90..95, from its ring_hash_lb_test.cc. */
static void xxh64_gives_the_points_of_envoys_ring(void)
{
    static const uint64_t first[] = { 833437586790550860u, 15516499411664133160u };
    uint64_t a = lb_hash("127.0.0.1:94_0", 14, 0), b = lb_hash("127.0.0.1:94_1", 14, 0);

    CU_ASSERT((a == first[0] && b == first[1]) || (a == first[1] && b == first[0]));
}

/* ---- round robin ---- */

static void round_robin_starts_at_the_first_and_goes_on_after_changes(void)
{
    struct lb *lb = started(with_weights("rr", NULL, 4));

    for (uint32_t k = 0; k < 6; k++)
        CU_ASSERT_EQUAL(pick(lb, 0), k % 4);
    lb_remove(lb, 2);
    CU_ASSERT_EQUAL(pick(lb, 0), 3);
    lb_add(lb, 99, "", 1, 0);
    CU_ASSERT_EQUAL(pick(lb, 0), 4);
    CU_ASSERT_EQUAL(pick(lb, 0), 0);
    lb_free(lb);
}

/* The rule as a plain scan, to compare with: credit[] is kept by the caller. */
static uint32_t smooth_scan(const struct lb *lb, const struct lb_request *rq, int64_t *credit)
{
    uint32_t best = LB_NONE;
    int64_t total = 0;

    for (uint32_t i = 0; i < lb->count; i++) {
        if (!lb_usable(lb, i, rq))
            continue;
        credit[i] += lb->backend[i].weight;
        total += lb->backend[i].weight;
        if (best == LB_NONE || credit[i] > credit[best])
            best = i;
    }
    if (best != LB_NONE)
        credit[best] -= total;
    return best;
}

static void smooth_wrr_has_nginxs_recorded_order(void)
{
    static const struct { uint32_t weight[4], n; const char *order; } row[] = {
        { { 5, 1, 1 }, 3, "112131111213111121311" },
        { { 1, 2, 3 }, 3, "321323321323321323321" },
        { { 1, 1, 1, 1 }, 4, "123412341234123412341" },
        { { 3, 2, 1 }, 3, "121321121321" },
        { { 4, 1 }, 2, "1121111211" },
        { { 10, 5, 1 }, 3, "1211213121121121" },
    };

    for (size_t k = 0; k < sizeof row / sizeof *row; k++) {
        struct lb *lb = started(with_weights("wrr", row[k].weight, row[k].n));
        for (const char *c = row[k].order; *c != '\0'; c++)
            CU_ASSERT_EQUAL(pick(lb, 0), (uint32_t)(*c - '1'));
        lb_free(lb);
    }
}

static void smooth_wrr_is_the_plain_scan_whatever_happens(void)
{
    static const uint32_t weight[] = { 5, 5, 5, 3, 3, 2, 1, 7, 7, 1, 1, 2 };
    struct lb *lb = started(with_weights("wrr", weight, 12));
    int64_t credit[12] = { 0 };
    uint64_t r = 1;

    for (int step = 0; step < 20000; step++) {
        uint64_t avoid = lb_mix(r + 1) & lb_mix(r + 77);
        struct lb_request rq = { .avoid = step > 2000 && step % 3 == 0 ? &avoid : NULL };
        uint32_t expected = smooth_scan(lb, &rq, credit), i = lb_pick(lb, &rq);
        CU_ASSERT_EQUAL(i >= LB_FULL ? LB_NONE : i, expected);
        if (i < LB_FULL && step % 4 != 0)
            complete(lb, i, 0, 1);
        i = (uint32_t)(lb_mix(++r) % 12);
        if (step > 4000 && step % 5 == 0)
            lb_set_state(lb, i, lb_mix(r + 1) % 3 ? LB_UP : LB_DOWN);
        if (step > 8000 && step % 7 == 0)
            lb_set_limit(lb, i, lb->backend[i].inflight + (uint32_t)(lb_mix(r + 2) % 3));
        if (step > 12000 && step % 11 == 0)
            lb_set_weight(lb, i, (uint32_t)(lb_mix(r + 3) % 8));
    }
    lb_free(lb);
}

/* ---- least connections ---- */

static void least_conn_ties_rotate(void)
{
    struct lb *lb = started(with_weights("lc", NULL, 3));

    for (uint32_t k = 0; k < 9; k++) {
        uint32_t i = pick(lb, 0);
        CU_ASSERT_EQUAL(i, k % 3);
        complete(lb, i, k, 1);
    }
    for (uint32_t k = 0; k < 9; k++)
        CU_ASSERT_EQUAL(pick(lb, 0), k % 3);
    complete(lb, 1, 0, 1);
    complete(lb, 0, 0, 1);
    CU_ASSERT_EQUAL(pick(lb, 0), 1);
    CU_ASSERT_EQUAL(pick(lb, 0), 0);
    CU_ASSERT_EQUAL(pick(lb, 0), 2);
    lb_free(lb);
}

/* Least in flight, always: against a scan, with random completions and limits. */
static void least_conn_is_the_least(const char *name)
{
    static const uint32_t weight[] = { 1, 4, 2, 3, 1, 2, 5 };
    bool weighs = strcmp(name, "wlc") == 0;
    struct lb *lb = started(with_weights(name, weight, 7));

    for (uint64_t step = 1; step < 20000; step++) {
        struct lb_request rq = { .now = step };
        uint32_t some = (uint32_t)(lb_mix(step) % 7), i = lb_pick(lb, &rq);
        for (uint32_t k = 0; i < 7 && k < 7; k++) {
            uint64_t mine = (lb->backend[i].inflight - 1) * (weighs ? lb->backend[k].weight : 1);
            uint64_t its = (lb->backend[k].inflight) * (weighs ? lb->backend[i].weight : 1);
            bool full = lb->backend[k].limit && lb->backend[k].inflight >= lb->backend[k].limit;
            CU_ASSERT(k == i || full || mine <= its);
        }
        for (uint32_t k = 0; k < 7; k++)
            if (lb_mix(step + k) % 8 == 0 && lb->backend[k].inflight > 0)
                complete(lb, k, step, 1);
        if (step % 50 == 0)
            lb_set_limit(lb, some, (uint32_t)(lb_mix(step + 9) % 12));
    }
    lb_free(lb);
}

static void least_conn_is_never_beaten(void)
{
    least_conn_is_the_least("lc");
}

static void weighted_least_conn_is_never_beaten(void)
{
    least_conn_is_the_least("wlc");
}

static void weighted_least_conn_fills_by_weight(void)
{
    static const uint32_t weight[] = { 5, 1, 1 };
    struct lb *lb = started(with_weights("wlc", weight, 3));

    for (int k = 0; k < 70; k++)
        pick(lb, 0);
    CU_ASSERT_EQUAL(lb->backend[0].inflight, 50);
    CU_ASSERT_EQUAL(lb->backend[1].inflight, 10);
    CU_ASSERT_EQUAL(lb->backend[2].inflight, 10);
    lb_free(lb);
}

/* ---- power of two choices ---- */

static double share_of_busier(double choices, double replacement)
{
    enum { PICKS = 100000 };
    struct lb *lb = with_weights("p2c", NULL, 2);
    uint32_t busier = 0;

    set(lb, "choices", choices);
    set(lb, "replacement", replacement);
    started(lb);
    while (lb->backend[0].inflight < 10 || lb->backend[1].inflight < 2)
        pick(lb, 0);
    while (lb->backend[1].inflight > 0)
        complete(lb, 1, 0, 1);
    for (int k = 0; k < PICKS; k++) {
        uint32_t i = pick(lb, 0);
        busier += i == 0;
        complete(lb, i, 0, 1);
    }
    lb_free(lb);
    return (double)busier / PICKS;
}

static void p2c_prefers_the_lighter_of_two(void)
{
    CU_ASSERT_EQUAL(share_of_busier(2, 0), 0);
    CU_ASSERT(fabs(share_of_busier(1, 0) - 0.5) < 0.01);
}

/* Envoy's own test: {10, 0} in flight, 25 % to the busier, 12.5 % with three choices. */
static void p2c_with_replacement_takes_the_busier_a_quarter_of_the_time(void)
{
    CU_ASSERT(fabs(share_of_busier(2, 1) - 0.25) < 0.01);
    CU_ASSERT(fabs(share_of_busier(3, 1) - 0.125) < 0.01);
}

static void p2c_without_replacement_never_compares_one_with_itself(void)
{
    static const uint32_t weight[] = { 1, 3, 2 };
    struct lb *lb = started(with_weights("p2c", weight, 3));

    for (int k = 0; k < 600; k++)
        pick(lb, 0);
    for (int k = 0; k < 3000; k++) {           /* the one most loaded by weight loses every pair */
        uint32_t worst = 0;
        for (uint32_t i = 1; i < 3; i++)
            if (lb->backend[i].inflight * weight[worst] > lb->backend[worst].inflight * weight[i])
                worst = i;
        bool alone = true;
        for (uint32_t i = 0; i < 3; i++)
            alone &= i == worst || lb->backend[i].inflight * weight[worst]
                                   < lb->backend[worst].inflight * weight[i];
        CU_ASSERT(pick(lb, 0) != worst || !alone);
    }
    lb_free(lb);
}

/* ---- averages ---- */

/* 10 ms, then 30 ms after a decay time: 10 + 20 (1 - 1/e) = 22.642 ms; the other has 20 ms. */
static void ewma_follows_its_formula(void)
{
    struct lb *lb = with_weights("ewma", NULL, 2);

    set(lb, "decay", 1e9);
    started(lb);
    CU_ASSERT_EQUAL(pick(lb, 0), 0);
    CU_ASSERT_EQUAL(pick(lb, 0), 1);
    complete(lb, 0, 0, 10 * MS);
    complete(lb, 1, 0, 22 * MS);
    CU_ASSERT_EQUAL(pick(lb, 0), 0);
    CU_ASSERT_EQUAL(pick(lb, 0), 0);
    complete(lb, 0, SECOND, 30 * MS);
    CU_ASSERT_EQUAL(pick(lb, 0), 1);
    complete(lb, 1, SECOND, 23 * MS);          /* 22 + 1 (1 - 1/e) = 22.632: still below 22.642 */
    CU_ASSERT_EQUAL(pick(lb, 0), 1);
    complete(lb, 1, 2 * SECOND, 23 * MS);      /* 22.632 + 0.368 (1 - 1/e) = 22.865 */
    CU_ASSERT_EQUAL(pick(lb, 0), 0);
    lb_free(lb);
}

/* With two backends peak_ewma compares both at every pick: its estimate shows in its choice.
 * True while `latency` x 1 at backend 1, in the same state, would be preferred to backend 0. */
static bool loses_to(const uint64_t (*sample)[2], int samples, uint64_t now, uint64_t latency)
{
    struct lb *lb = started(with_weights("peak_ewma", NULL, 2));

    lb_set_state(lb, 1, LB_DOWN);
    for (int k = 0; k < samples; k++) {
        pick(lb, 0);
        complete(lb, 0, sample[k][0], sample[k][1]);
    }
    lb_set_state(lb, 1, LB_UP);
    lb_set_state(lb, 0, LB_DOWN);
    pick(lb, 0);
    complete(lb, 1, now, latency);
    lb_set_state(lb, 0, LB_UP);
    bool lost = pick(lb, 0) == 1;
    lb_free(lb);
    return lost;
}

/* decay 10 s.  A peak of 1000 ms, then 10 ms at 24 s: 10 + 990 e^-2.4 = 99.811 ms; read at 34 s
 * it has decayed by e^-1 to 36.718 ms. */
static void peak_ewma_follows_its_formula(void)
{
    const uint64_t sample[][2] = { { 0, 1000 * MS }, { 24 * SECOND, 10 * MS } };

    CU_ASSERT(!loses_to(sample, 1, 0, 1001 * MS) && loses_to(sample, 1, 0, 999 * MS));
    CU_ASSERT(!loses_to(sample, 2, 24 * SECOND, 99820000));
    CU_ASSERT(loses_to(sample, 2, 24 * SECOND, 99800000));
    CU_ASSERT(!loses_to(sample, 2, 34 * SECOND, 36720000));
    CU_ASSERT(loses_to(sample, 2, 34 * SECOND, 36715000));
}

static void peak_ewma_survives_long_times(void)
{
    const uint64_t late = 20000 * SECOND;      /* 2000 decay times: the scale has to move */
    const uint64_t sample[][2] = {
        { 1, 5 * MS }, { late, 1000 * MS }, { late + 24 * SECOND, 10 * MS },
    };

    CU_ASSERT(!loses_to(sample, 3, late + 24 * SECOND, 99820000));
    CU_ASSERT(loses_to(sample, 3, late + 24 * SECOND, 99800000));
}

/* Its rule as it is written, with libm: what the estimate is at any time. */
struct peak { double value; uint64_t at; };

static double peak_at(const struct peak *p, uint64_t now, double decay)
{
    return p->value * exp(-(double)(now - p->at) / decay);
}

static void peak_sample(struct peak *p, uint64_t now, double sample, double decay)
{
    double left = exp(-(double)(now - p->at) / decay);

    p->value = sample > p->value ? sample : p->value * left + sample * (1 - left);
    p->at = now;
}

/* Through thousands of decay times, in steps of less than one and now and then of hundreds: the
 * scale moves while old estimates still count.  A pick within 1e-6 of a tie is anybody's. */
static void peak_ewma_is_its_rule_at_all_times(void)
{
    const double decay = (double)(10 * MS);
    struct lb *lb = with_weights("peak_ewma", NULL, 2);
    struct peak peak[2] = { { 0, 0 }, { 0, 0 } };
    uint64_t now = 0, won[2] = { 0, 0 };

    set(lb, "decay", decay);
    started(lb);
    for (uint64_t step = 1; step <= 20000; step++) {
        uint64_t r = lb_mix(step), latency = MS + lb_mix(r) % (20 * MS);
        double cost[2] = { peak_at(&peak[0], now, decay), peak_at(&peak[1], now, decay) };
        uint32_t i = pick(lb, 0);

        CU_ASSERT(cost[i] <= cost[1 - i] * (1 + 1e-6));
        won[i]++;
        now += step % 3000 == 0 ? (450 + r % 150) * 10 * MS : r % (10 * MS);
        complete(lb, i, now, latency);
        peak_sample(&peak[i], now, (double)latency, decay);
    }
    CU_ASSERT(won[0] > 5000 && won[1] > 5000);
    lb_free(lb);
}

static void peak_ewma_tries_a_new_backend_with_one_request(void)
{
    struct lb *lb = started(with_weights("peak_ewma", NULL, 1));

    pick(lb, 0);
    complete(lb, 0, MS, MS);
    lb_add(lb, 2, "", 1, 0);
    CU_ASSERT_EQUAL(pick(lb, 0), 1);
    for (int k = 0; k < 100; k++)
        CU_ASSERT_EQUAL(pick(lb, 0), 0);
    lb_free(lb);
}

/* ---- ip_hash ---- */

/* Clients, and the server that nginx 1.22.1 gave each of 5: as configured, with s3 down, without
 * s3, with an s6 of weight 1 behind; for equal weights and for 5 1 2 1 3. */
static const struct { unsigned char client[4], equal[4], unequal[4]; } recorded[] = {
    { { 164, 57, 12, 190 }, { 5, 5, 5, 2 }, { 3, 4, 5, 1 } },
    { { 71, 125, 114, 36 }, { 3, 5, 5, 6 }, { 5, 5, 5, 1 } },
    { { 189, 52, 44, 152 }, { 2, 2, 2, 2 }, { 1, 1, 1, 4 } },
    { { 109, 16, 15, 24 }, { 3, 2, 2, 2 }, { 1, 1, 5, 5 } },
    { { 56, 119, 13, 144 }, { 4, 4, 5, 4 }, { 1, 1, 1, 2 } },
    { { 51, 214, 112, 115 }, { 2, 2, 5, 6 }, { 5, 5, 1, 1 } },
    { { 151, 142, 3, 195 }, { 4, 4, 2, 4 }, { 5, 5, 1, 5 } },
    { { 207, 81, 216, 88 }, { 5, 5, 4, 5 }, { 5, 5, 1, 3 } },
    { { 72, 79, 110, 246 }, { 3, 4, 1, 5 }, { 1, 1, 1, 3 } },
    { { 196, 172, 52, 24 }, { 1, 1, 2, 6 }, { 2, 2, 2, 2 } },
    { { 98, 49, 183, 217 }, { 3, 5, 2, 4 }, { 5, 5, 5, 2 } },
    { { 89, 135, 22, 187 }, { 1, 1, 1, 5 }, { 1, 1, 1, 1 } },
    { { 118, 63, 193, 21 }, { 4, 4, 4, 3 }, { 1, 1, 5, 5 } },
    { { 142, 150, 185, 148 }, { 3, 5, 5, 2 }, { 3, 1, 5, 4 } },
    { { 50, 35, 23, 170 }, { 2, 2, 2, 4 }, { 5, 5, 1, 1 } },
    { { 59, 148, 40, 219 }, { 4, 4, 1, 5 }, { 1, 1, 5, 6 } },
    { { 60, 51, 194, 72 }, { 5, 5, 5, 4 }, { 1, 1, 5, 3 } },
    { { 117, 186, 83, 95 }, { 4, 4, 4, 3 }, { 1, 1, 5, 1 } },
    { { 91, 107, 136, 180 }, { 5, 5, 1, 1 }, { 1, 1, 1, 1 } },
    { { 175, 36, 87, 137 }, { 4, 4, 4, 3 }, { 1, 1, 5, 2 } },
    { { 187, 125, 83, 119 }, { 4, 4, 2, 4 }, { 5, 5, 1, 3 } },
    { { 98, 138, 112, 176 }, { 2, 2, 2, 4 }, { 5, 5, 1, 5 } },
    { { 84, 28, 117, 211 }, { 2, 2, 5, 4 }, { 1, 1, 1, 5 } },
    { { 9, 161, 205, 69 }, { 4, 4, 5, 4 }, { 1, 1, 1, 6 } },
};

static void ip_hash_check(const uint32_t *weight, int variant, size_t k, uint32_t server)
{
    struct lb *lb = with_weights("ip_hash", weight, 5);

    if (variant == 1)
        lb_set_state(lb, 2, LB_DOWN);
    if (variant == 2)
        lb_remove(lb, 2);
    if (variant == 3)
        lb_add(lb, 6, "", 1, 0);
    started(lb);
    CU_ASSERT_EQUAL(server - 1, lb_pick(lb, &(struct lb_request){
        .key = recorded[k].client, .key_length = 4 }));
    lb_free(lb);
}

static void ip_hash_is_nginxs(void)
{
    static const uint32_t unequal[] = { 5, 1, 2, 1, 3 };

    for (size_t k = 0; k < sizeof recorded / sizeof *recorded; k++)
        for (int variant = 0; variant < 4; variant++) {
            ip_hash_check(NULL, variant, k, recorded[k].equal[variant]);
            ip_hash_check(unequal, variant, k, recorded[k].unequal[variant]);
        }
}

/* nginx-tests: 127.0.n.2 for n = 1..30 fall 15/15 on two and 10/10/10 on three. */
static void ip_hash_spreads_as_nginx_tests_say(void)
{
    for (uint32_t n = 2; n <= 3; n++) {
        struct lb *lb = started(with_weights("ip_hash", NULL, n));
        for (unsigned char k = 1; k <= 30; k++)
            lb_pick(lb, &(struct lb_request){
                .key = (unsigned char[]){ 127, 0, k, 2 }, .key_length = 4 });
        for (uint32_t i = 0; i < n; i++)
            CU_ASSERT_EQUAL(lb->backend[i].inflight, 30 / n);
        lb_free(lb);
    }
}

/* ---- ring and Maglev ---- */

static uint32_t home(struct lb *lb, uint64_t key)
{
    return lb_peek(lb, &(struct lb_request){ .hash = lb_mix(key) });
}

static void ring_moves_no_key_needlessly(void)
{
    static const uint32_t weight[] = { 1, 2, 1, 3, 1 };
    struct lb *whole = started(with_weights("ring", weight, 5));
    struct lb *down = started(with_weights("ring", weight, 5));
    struct lb *removed = started(with_weights("ring", weight, 5));

    lb_set_state(down, 3, LB_DOWN);
    lb_remove(removed, 3);
    for (uint64_t key = 0; key < 20000; key++) {
        uint32_t before = home(whole, key);
        CU_ASSERT(before == 3 || home(down, key) == before);
        CU_ASSERT_EQUAL(home(down, key), home(removed, key));
    }
    lb_free(whole);
    lb_free(down);
    lb_free(removed);
}

/* Points are for those that can be picked: one that went gives its room to the next that comes. */
static void rings_have_room_for_those_on_them_only(void)
{
    static const char *const name[] = { "ring_hash", "ketama" };

    for (size_t n = 0; n < 2; n++) {
        struct lb *lb = started(with_weights(name[n], NULL, 20));
        size_t before = lb_bytes(lb);

        for (uint64_t k = 0; k < 20; k++) {
            lb_remove(lb, (uint32_t)k);
            lb_add(lb, 100 + k, "", 1, 0);
            lb_add(lb, 200 + k, "", 0, 0);
        }
        CU_ASSERT_EQUAL(lb->live_count, 20);
        CU_ASSERT_EQUAL(lb_bytes(lb), before + 40);        /* an empty name is a byte */
        lb_free(lb);
    }
}

static void ring_spread_is_about_one_over_root_vnodes(void)
{
    enum { N = 50, KEYS = 500000 };
    struct lb *lb = started(with_weights("ring", NULL, N));
    double squares = 0;

    for (uint64_t key = 0; key < KEYS; key++)
        pick(lb, key);
    for (uint32_t i = 0; i < N; i++)
        squares += pow(lb->backend[i].inflight / (double)(KEYS / N) - 1, 2);
    CU_ASSERT(sqrt(squares / N) > 0.05 && sqrt(squares / N) < 0.11);
    lb_free(lb);
}

static void ring_bounded_load_never_exceeds_the_bound(void)
{
    static const uint32_t weight[] = { 1, 1, 2, 4, 1, 3 };
    struct lb *lb = with_weights("ring", weight, 6);
    uint32_t all = 0;

    set(lb, "load_bound", 1.25);
    started(lb);
    for (uint64_t step = 1; step < 30000; step++) {
        uint32_t i = pick(lb, lb_mix(step) % 5);           /* five popular keys */
        all++;
        CU_ASSERT(lb->backend[i].inflight <= ceil(1.25 * all * weight[i] / 12.0));
        for (uint32_t k = 0; k < 6; k++)
            if (lb->backend[k].inflight > 0 && lb_mix(step * 6 + k) % 100 < 15) {
                complete(lb, k, 0, 1);
                all--;
            }
    }
    lb_free(lb);
}

static void ring_bound_must_be_above_one(void)
{
    struct lb *lb = with_weights("ring", NULL, 3);
    const char *why = NULL;

    set(lb, "load_bound", 0.9);
    CU_ASSERT_EQUAL(lb_start(lb, &why), -1);
    CU_ASSERT_PTR_NOT_NULL(why);
    lb_free(lb);
}

/* The hash that falls into each slot in turn: lb_mix is a bijection, so undo it. */
static uint64_t unmix(uint64_t x)
{
    x = (x ^ x >> 31 ^ x >> 62) * 0x319642b2d24d8ec3u;
    x = (x ^ x >> 27 ^ x >> 54) * 0x96de1b173f119089u;
    return x ^ x >> 30 ^ x >> 60;
}

static uint32_t slot(struct lb *lb, uint64_t k)
{
    return lb_peek(lb, &(struct lb_request){ .hash = unmix(k) });
}

static void maglev_is_balanced_to_one_slot(void)
{
    enum { N = 100, M = 65537 };
    struct lb *lb = started(with_weights("maglev", NULL, N));
    uint32_t count[N] = { 0 };

    for (uint64_t k = 0; k < M; k++)
        count[slot(lb, k)]++;
    for (int i = 0; i < N; i++)
        CU_ASSERT(count[i] == M / N || count[i] == M / N + 1);
    lb_free(lb);
}

static void maglev_meets_weights_in_slots(void)
{
    static const uint32_t weight[] = { 8, 2, 1, 127, 62 };
    enum { M = 65537 };
    struct lb *lb = started(with_weights("maglev", weight, 5));
    uint32_t count[5] = { 0 };

    for (uint64_t k = 0; k < M; k++)
        count[slot(lb, k)]++;
    for (int i = 0; i < 5; i++)
        CU_ASSERT(fabs(count[i] - M * weight[i] / 200.0) < 3);
    lb_free(lb);
}

/* Our catalogue's own runs: 10.24 % of slots at 10 backends, 1.56 % at 100, with M = 65537. */
static void maglev_disruption_is_small(void)
{
    static const struct { uint32_t n; double low, high; } row[] = {
        { 10, 0.0995, 0.107 }, { 100, 0.0125, 0.019 },
    };
    enum { M = 65537 };

    for (size_t r = 0; r < 2; r++) {
        struct lb *lb = started(with_weights("maglev", NULL, row[r].n));
        struct lb *less = started(with_weights("maglev", NULL, row[r].n));
        uint32_t moved = 0;
        lb_set_state(less, row[r].n / 2, LB_DOWN);
        for (uint64_t k = 0; k < M; k++)
            moved += slot(lb, k) != slot(less, k);
        CU_ASSERT(moved > row[r].low * M && moved < row[r].high * M);
        lb_free(lb);
        lb_free(less);
    }
}

/* ---- jiq ---- */

static void jiq_takes_who_has_been_idle_for_longest(void)
{
    struct lb *lb = started(with_weights("jiq", NULL, 4));
    uint64_t avoid = 1u << 2;

    CU_ASSERT(pick(lb, 1) == 0 && pick(lb, 2) == 1);
    complete(lb, 1, MS, MS);
    complete(lb, 0, MS, MS);            /* idle now, in this order: 2, 3, 1, 0 */
    CU_ASSERT_EQUAL(lb_pick(lb, &(struct lb_request){ .avoid = &avoid }), 3);
    lb_set_state(lb, 1, LB_DRAINING);
    CU_ASSERT_EQUAL(pick(lb, 3), 2);
    lb_set_state(lb, 1, LB_UP);         /* at the end again */
    CU_ASSERT(pick(lb, 4) == 0 && pick(lb, 5) == 1);
    lb_free(lb);
}

/* Nobody idle: each with the same chance, chi-square with 3 degrees below 16.3 but one time in a
 * thousand; as soon as one is idle, that one. */
static void jiq_is_random_among_the_busy(void)
{
    struct lb *lb = started(with_weights("jiq", NULL, 4));
    enum { PICKS = 40000 };
    uint32_t count[4] = { 0 };
    double chi = 0;

    for (uint64_t k = 0; k < 4; k++)
        pick(lb, k);
    for (uint64_t k = 0; k < PICKS; k++)
        count[pick(lb, k)]++;
    for (int i = 0; i < 4; i++)
        chi += (count[i] - PICKS / 4.0) * (count[i] - PICKS / 4.0) / (PICKS / 4.0);
    CU_ASSERT(chi < 16.3);
    while (lb->backend[3].inflight > 0)
        complete(lb, 3, MS, MS);
    CU_ASSERT_EQUAL(pick(lb, 1), 3);
    lb_free(lb);
}

/* ---- least_work ---- */

static uint32_t pick_work(struct lb *lb, uint64_t now, uint64_t work)
{
    return lb_pick(lb, &(struct lb_request){ .now = now, .work = work });
}

static void least_work_adds_up_what_it_gave(void)
{
    static const uint32_t weight[] = { 1, 2 };
    struct lb *lb = started(with_weights("least_work", weight, 2));

    CU_ASSERT_EQUAL(pick_work(lb, 0, 10 * MS), 0);          /* until 10 */
    CU_ASSERT_EQUAL(pick_work(lb, 0, 16 * MS), 1);          /* until 8: twice as quick */
    CU_ASSERT_EQUAL(pick_work(lb, 1 * MS, 6 * MS), 1);      /* until 11 */
    CU_ASSERT_EQUAL(pick_work(lb, 2 * MS, 2 * MS), 0);      /* until 12 */
    CU_ASSERT_EQUAL(pick_work(lb, 3 * MS, 1 * MS), 1);
    complete(lb, 0, 4 * MS, MS);
    CU_ASSERT_EQUAL(pick_work(lb, 4 * MS, 1 * MS), 1);      /* one more is out at 0 */
    complete(lb, 0, 5 * MS, MS);                            /* now it is seen to be idle */
    CU_ASSERT_EQUAL(pick_work(lb, 5 * MS, 1 * MS), 0);
    lb_free(lb);
}

static void least_work_ties_rotate(void)
{
    struct lb *lb = started(with_weights("least_work", NULL, 3));

    for (uint32_t k = 0; k < 9; k++)                        /* work unknown, nobody idle: turns */
        CU_ASSERT_EQUAL(pick_work(lb, k, 0), k % 3);
    lb_free(lb);
    lb = started(with_weights("least_work", NULL, 3));
    for (uint32_t k = 0; k < 9; k++)                        /* equal sums at one time */
        CU_ASSERT_EQUAL(pick_work(lb, 0, MS), k % 3);
    lb_free(lb);
    lb = started(with_weights("least_work", NULL, 3));
    for (uint32_t k = 0; k < 9; k++) {                      /* all idle: the one idle for longest */
        CU_ASSERT_EQUAL(pick_work(lb, 2 * k * MS, MS), k % 3);
        complete(lb, k % 3, (2 * k + 1) * MS, MS);
    }
    lb_free(lb);
}

/* The owner of nearly all slots has been tried: the walk on is long, and ends at either other. */
static void maglev_spreads_the_keys_of_a_tried_giant(void)
{
    enum { KEYS = 1000, GIANT = 2 };
    const uint64_t avoid = 1 << GIANT;
    struct lb *lb = with_weights("maglev", (const uint32_t[]){ 1, 1, 1000 }, 3);
    uint32_t got[3] = { 0 };

    set(lb, "table_size", 65537);
    started(lb);
    for (uint64_t k = 0; k < KEYS; k++)
        got[lb_pick(lb, &(struct lb_request){ .hash = lb_mix(k), .avoid = &avoid })]++;
    CU_ASSERT_EQUAL(got[GIANT], 0);
    CU_ASSERT(got[0] > KEYS / 3 && got[1] > KEYS / 3);
    lb_free(lb);
}

/* The table of those that are left, whatever the weight of one that was there before. */
static void maglev_tables_forget_who_went(void)
{
    static const struct { const char *name, *param; double value; } row[] = {
        { "maglev", "table_size", 65537 }, { "envoy_maglev", "table_size", 65537 },
        { "katran_maglev", "version", 0 }, { "katran_maglev", "version", 1 },
        { "cilium_maglev", "table_size", 16381 }, { "ipvs_maglev", "table_size", 4093 },
    };
    static const uint32_t weight[] = { 1, 2, 100 };

    for (size_t n = 0; n < sizeof row / sizeof *row; n++) {
        struct lb *lb = with_weights(row[n].name, weight, 3);
        struct lb *never = with_weights(row[n].name, weight, 2);

        set(lb, row[n].param, row[n].value);
        set(never, row[n].param, row[n].value);
        started(lb);
        started(never);
        for (uint32_t k = 0; k < 2000; k++) {
            const unsigned char key[4] = { (unsigned char)k, (unsigned char)(k >> 8), 1, 10 };
            struct lb_request rq = { .hash = lb_mix(k), .key = key, .key_length = 4 };
            if (k == 1000)
                lb_remove(lb, 2);
            CU_ASSERT(lb_peek(lb, &rq) == lb_peek(never, &rq) || k < 1000);
        }
        lb_free(lb);
        lb_free(never);
    }
}

static void maglev_refuses_a_table_that_cannot_work(void)
{
    const char *why = NULL;
    struct lb *lb = with_weights("maglev", NULL, 12);

    set(lb, "table_size", 65536);
    CU_ASSERT_EQUAL(lb_start(lb, &why), -1);
    set(lb, "table_size", 11);
    CU_ASSERT_EQUAL(lb_start(lb, &why), -1);
    set(lb, "table_size", 13);
    CU_ASSERT_EQUAL(lb_start(lb, &why), 0);
    lb_free(lb);
}

/* Raised, it lets a full one serve again; lowered, it takes one out, at once. */
static void least_conn_fifo_heeds_a_limit_that_moves(void)
{
    struct lb *lb = started(with_weights("least_conn_fifo", NULL, 1));

    for (uint32_t limit = 1; limit <= 3; limit++) {
        lb_set_limit(lb, 0, limit);
        CU_ASSERT_EQUAL(pick(lb, 0), 0);
        CU_ASSERT_EQUAL(pick(lb, 0), LB_FULL);
    }
    complete(lb, 0, MS, MS);
    lb_set_limit(lb, 0, 2);
    CU_ASSERT_EQUAL(pick(lb, 0), LB_FULL);
    lb_free(lb);
}

static void random_ring_has_nobody_when_all_were_tried(void)
{
    struct lb *lb = started(with_weights("random_ring", NULL, 3));
    const uint64_t avoid = 7;

    for (uint64_t k = 0; k < 20; k++)
        CU_ASSERT_EQUAL(lb_pick(lb, &(struct lb_request){ .now = k, .avoid = &avoid }), LB_NONE);
    lb_free(lb);
}

/* ---- least_time ---- */

static uint32_t pick_at(struct lb *lb, uint64_t second)
{
    return lb_pick(lb, &(struct lb_request){ .now = second * SECOND });
}

/* fail_timeout 10 s: an average is halved 11 s after its backend was last looked at, and again.
 * b's 1000 ms of second 0 are 250 in second 22, a's 400 ms of second 12 are whole until 23. */
static void least_time_halves_each_average_in_its_own_time(void)
{
    static const struct { uint64_t second; uint32_t expected; } row[] = { { 21, 0 }, { 22, 1 } };

    for (size_t k = 0; k < sizeof row / sizeof *row; k++) {
        struct lb *lb = started(with_weights("least_time", NULL, 2));

        lb_set_state(lb, 0, LB_DOWN);
        CU_ASSERT(pick_at(lb, 0) == 1 && pick_at(lb, 0) == 1);
        complete(lb, 1, SECOND, 1000 * MS);
        lb_set_state(lb, 0, LB_UP);
        CU_ASSERT_EQUAL(pick_at(lb, 12), 0);
        complete(lb, 0, 12 * SECOND, 400 * MS);
        complete(lb, 1, 13 * SECOND, 1000 * MS);
        CU_ASSERT_EQUAL(pick_at(lb, row[k].second), row[k].expected);
        lb_free(lb);
    }
}

/* ---- memory ---- */

static size_t bytes_of(const char *name, uint32_t n)
{
    struct lb *lb = started(with_weights(name, NULL, n));

    lb_pick(lb, &(struct lb_request){ .hash = 1, .key = (const unsigned char[4]){ 1 },
                                      .key_length = 4 });
    size_t bytes = lb_bytes(lb) - lb->ops->state_size;
    lb_free(lb);
    return bytes;
}

/* What 64 backends more take, beside what round_robin has for them: what the pages say. */
/* " 32 bytes a backend", "4 bytes a slot, 32 a backend": the page may break the line anywhere. */
static bool says_bytes(const char *cost, uint32_t bytes)
{
    char flat[1000], text[2][40];

    snprintf(flat, sizeof flat, "%s", cost);
    for (char *c = flat; *c; c++)
        *c = *c == '\n' ? ' ' : *c;
    snprintf(text[0], sizeof text[0], " %u bytes a backend", bytes);
    snprintf(text[1], sizeof text[1], " %u a backend", bytes);
    return strstr(flat, text[0]) || strstr(flat, text[1]);
}

static void memory_a_backend_is_as_the_pages_say(void)
{
    static const struct { const char *name; uint32_t bytes; } row[] = {
        { "random", 16 }, { "p2c", 16 }, { "random_choose", 4 }, { "jiq", 12 },
        { "weighted_round_robin", 28 }, { "fwrr", 56 }, { "edf", 36 },
        { "least_conn", 32 }, { "least_conn_fifo", 32 }, { "least_conn_random", 32 },
        { "weighted_least_conn", 16 }, { "shortest_delay", 8 }, { "least_request", 24 },
        { "least_work", 24 }, { "ewma", 32 }, { "peak_ewma", 16 }, { "c3", 40 },
        { "rendezvous", 16 }, { "rendezvous_name", 16 }, { "multi_probe", 33 },
        { "envoy_maglev", 40 }, { "cilium_maglev", 56 }, { "probability_chain", 8 },
        { "maglev", 32 }, { "katran_maglev", 32 }, { "ipvs_maglev", 36 }, { "static_stride", 50 },
    };
    size_t bare = bytes_of("round_robin", 128) - bytes_of("round_robin", 64);

    for (size_t k = 0; k < sizeof row / sizeof *row; k++) {
        size_t more = bytes_of(row[k].name, 128) - bytes_of(row[k].name, 64) - bare;
        CU_ASSERT_EQUAL(more, 64 * row[k].bytes);
        if (more != 64 * row[k].bytes)
            fprintf(stderr, "%s: %g bytes a backend\n", row[k].name, (double)more / 64);
        CU_ASSERT(says_bytes(lb_find(row[k].name)->page->cost, row[k].bytes));
    }
}

static void names_take_as_many_bytes_as_they_have(void)
{
    struct lb *lb = lb_new(lb_find("round_robin"), 1);

    lb_add(lb, 1, "", 1, 0);
    size_t before = lb_bytes(lb);
    lb_add(lb, 2, "10.0.0.1:80", 1, 0);
    CU_ASSERT_EQUAL(lb_bytes(lb), before + sizeof "10.0.0.1:80");
    lb_free(lb);
}

#define ROW(fact) { #fact, fact }
static const struct unit_test tests[] = {
    ROW(xxh64_gives_the_published_values),
    ROW(xxh64_gives_the_points_of_envoys_ring),
    ROW(round_robin_starts_at_the_first_and_goes_on_after_changes),
    ROW(smooth_wrr_has_nginxs_recorded_order),
    ROW(smooth_wrr_is_the_plain_scan_whatever_happens),
    ROW(least_conn_ties_rotate),
    ROW(least_conn_is_never_beaten),
    ROW(weighted_least_conn_is_never_beaten),
    ROW(weighted_least_conn_fills_by_weight),
    ROW(p2c_prefers_the_lighter_of_two),
    ROW(p2c_with_replacement_takes_the_busier_a_quarter_of_the_time),
    ROW(p2c_without_replacement_never_compares_one_with_itself),
    ROW(ewma_follows_its_formula),
    ROW(peak_ewma_follows_its_formula),
    ROW(peak_ewma_survives_long_times),
    ROW(peak_ewma_is_its_rule_at_all_times),
    ROW(peak_ewma_tries_a_new_backend_with_one_request),
    ROW(ip_hash_is_nginxs),
    ROW(ip_hash_spreads_as_nginx_tests_say),
    ROW(ring_moves_no_key_needlessly),
    ROW(rings_have_room_for_those_on_them_only),
    ROW(ring_spread_is_about_one_over_root_vnodes),
    ROW(ring_bounded_load_never_exceeds_the_bound),
    ROW(ring_bound_must_be_above_one),
    ROW(maglev_is_balanced_to_one_slot),
    ROW(maglev_meets_weights_in_slots),
    ROW(maglev_disruption_is_small),
    ROW(maglev_spreads_the_keys_of_a_tried_giant),
    ROW(maglev_tables_forget_who_went),
    ROW(maglev_refuses_a_table_that_cannot_work),
    ROW(jiq_takes_who_has_been_idle_for_longest),
    ROW(jiq_is_random_among_the_busy),
    ROW(least_work_adds_up_what_it_gave),
    ROW(least_work_ties_rotate),
    ROW(least_conn_fifo_heeds_a_limit_that_moves),
    ROW(random_ring_has_nobody_when_all_were_tried),
    ROW(least_time_halves_each_average_in_its_own_time),
    ROW(memory_a_backend_is_as_the_pages_say),
    ROW(names_take_as_many_bytes_as_they_have),
};

UNIT_MAIN("algorithms_facts", tests)
