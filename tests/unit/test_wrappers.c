/* test_wrappers.c - what wrappers add to an algorithm, by published vectors (docs/vectors.md) and
 * by what they promise.  The contract of every algorithm holds for them too: test_algorithms.c. */
#include "unit.h"

#include "../../algorithms/lb.h"
#include "../../algorithms/parts.h"

#include <string.h>

static const uint64_t SECOND = 1000000000;

/* ---- helpers ---- */

/* "window=60e9 law=1" */
static struct lb *made(const char *name, const char *set)
{
    struct lb *lb = lb_new(lb_find(name), 7);
    char param[32];
    const char *why;
    double value;
    int length;

    CU_ASSERT_PTR_NOT_NULL_FATAL(lb);
    for (; sscanf(set, " %31[a-z_]=%lf%n", param, &value, &length) == 2; set += length)
        CU_ASSERT_EQUAL_FATAL(lb_set(lb, param, value, &why), 0);
    return lb;
}

static struct lb *wrapped(const char *name, const char *set, const char *inner,
                          const char *inner_set)
{
    struct lb *lb = made(name, set);

    lb_wrap(lb, made(inner, inner_set));
    return lb;
}

static void start(struct lb *lb)
{
    const char *why = "";

    CU_ASSERT_EQUAL_FATAL(lb_start(lb, &why), 0);
}

static void add_n(struct lb *lb, uint32_t count, uint32_t weight, struct lb_place place)
{
    while (count-- > 0)
        lb_add_at(lb, lb->count + 1, "", weight, 0, place);
}

static uint32_t ask(struct lb *lb, uint64_t now, uint64_t hash)
{
    return lb_pick(lb, &(struct lb_request){ .now = now, .hash = hash, .key = &hash,
                                             .key_length = 8 });
}

static void finish(struct lb *lb, uint32_t i, uint64_t now)
{
    lb_complete(lb, i, &(struct lb_outcome){ .now = now, .latency = 1, .load = -1 });
}

/* One after the other: "aab". */
static const char *picks(struct lb *lb, uint64_t now, uint32_t count, char text[64])
{
    for (uint32_t k = 0; k < count; k++) {
        uint32_t i = ask(lb, now, k);
        text[k] = (char)(i < LB_FULL ? 'a' + i : i == LB_FULL ? '!' : '.');
        if (i < LB_FULL)
            finish(lb, i, now);
    }
    text[count] = '\0';
    return text;
}

static const struct lb_backend *inside(const struct lb *lb, uint32_t i)
{
    const struct parts *p = lb->state;

    return &p->part[p->spot[i].part].lb->backend[p->spot[i].index];
}

/* ---- slow start ---- */

/* P-HA-15: sixteenths at t seconds of 60. */
static void haproxy_starts_in_sixteen_steps(void)
{
    static const uint32_t row[][2] = { { 0, 1 }, { 10, 3 }, { 15, 5 }, { 30, 9 }, { 45, 13 },
                                       { 56, 15 }, { 57, 16 }, { 60, 16 }, { 100, 16 } };
    struct lb *lb = wrapped("slow_start", "window=60e9 law=1", "fwrr", "");
    uint64_t now = 1000 * SECOND;

    lb_lend_clock(lb, &now);
    add_n(lb, 2, 3, (struct lb_place){ 0, 0 });
    start(lb);
    CU_ASSERT_EQUAL(inside(lb, 1)->weight, 48);             /* nobody is new at the start */
    lb_set_state(lb, 1, LB_DOWN);
    lb_set_state(lb, 1, LB_UP);
    for (size_t k = 0; k < sizeof row / sizeof *row; k++) {
        now = (1000 + row[k][0]) * SECOND;
        ask(lb, now, 0);
        CU_ASSERT_EQUAL(inside(lb, 1)->weight, 3 * row[k][1]);
        CU_ASSERT_EQUAL(inside(lb, 0)->weight, 48);
    }
    lb_free(lb);
}

/* CHK-SS1 to SS4: window 60 s (SS4: 10 s), t seconds after host `slow` came. */
static void envoy_starts_along_a_power(void)
{
    static const struct { const char *set; uint32_t slow; double t; const char *picks; } row[] = {
        { "window=60e9", 1, 12, "aaaab" }, { "window=60e9", 1, 20, "aab" },
        { "window=60e9", 1, 61, "abab" },
        { "window=60e9 aggression=2", 1, 6, "aaab" },
        { "window=60e9 min_weight=35", 1, 12, "aabaaab" },
        { "window=60e9 min_weight=35", 1, 30, "abaabaa" },
        { "window=10e9", 0, 5, "babbab" },
    };
    char text[64];

    for (size_t k = 0; k < sizeof row / sizeof *row; k++) {
        struct lb *lb = wrapped("slow_start", row[k].set, "edf", "start=0");
        uint64_t now = 5 * SECOND;

        lb_lend_clock(lb, &now);
        add_n(lb, 2, 1, (struct lb_place){ 0, 0 });
        start(lb);
        lb_set_state(lb, row[k].slow, LB_DOWN);
        lb_set_state(lb, row[k].slow, LB_UP);
        now += (uint64_t)(row[k].t * 1e9);
        CU_ASSERT_STRING_EQUAL(picks(lb, now, (uint32_t)strlen(row[k].picks), text), row[k].picks);
        lb_free(lb);
    }
}

/* CHK-SS2: aggression 2 at 26 of 60 s. */
static void aggression_takes_the_root(void)
{
    struct lb *lb = wrapped("slow_start", "window=60e9 aggression=2", "edf", "");
    uint64_t now = 0;

    lb_lend_clock(lb, &now);
    start(lb);
    add_n(lb, 1, 1, (struct lb_place){ 0, 0 });
    now = 26 * SECOND;
    ask(lb, now, 0);
    CU_ASSERT_DOUBLE_EQUAL(inside(lb, 0)->weight / 4096.0, 0.658, 0.0005);
    lb_free(lb);
}

static void without_a_clock_it_begins_at_the_next_pick(void)
{
    struct lb *lb = wrapped("slow_start", "window=10e9", "weighted_round_robin", "");

    add_n(lb, 1, 1, (struct lb_place){ 0, 0 });
    start(lb);
    ask(lb, 3 * SECOND, 0);
    add_n(lb, 1, 1, (struct lb_place){ 0, 0 });
    ask(lb, 8 * SECOND, 0);                                 /* 5 s after the last pick */
    CU_ASSERT_EQUAL(inside(lb, 1)->weight, 2048);
    lb_free(lb);
}

static void slow_start_refuses_what_it_cannot_slow(void)
{
    static const char *const row[] = { "round_robin", "maglev", "ring_hash", "static_rr" };
    const char *why = NULL;

    for (size_t k = 0; k < sizeof row / sizeof *row; k++) {
        struct lb *lb = wrapped("slow_start", "", row[k], "");
        CU_ASSERT_EQUAL(lb_start(lb, &why), -1);
        lb_free(lb);
    }
    struct lb *lb = wrapped("slow_start", "", "fwrr", "");  /* the power law needs finer weights */
    CU_ASSERT_EQUAL(lb_start(lb, &why), -1);
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "goes by law=steps there"));
    lb_free(lb);
}

/* Half way, a newcomer among three of each weight gets half of what it will have. */
static void shares_are_those_of_the_parts(void)
{
    for (const struct lb_ops *const *ops = lb_all(); *ops != NULL; ops++) {
        struct lb *lb;
        uint64_t now = 0;
        uint32_t count[3] = { 0 };

        if (((*ops)->traits & (LB_RAMPS | LB_WEIGHTED)) != (LB_RAMPS | LB_WEIGHTED))
            continue;
        bool has_scale = strcmp((*ops)->name, "fwrr") == 0;
        lb = wrapped("slow_start", has_scale ? "window=60e9 law=1" : "window=60e9", (*ops)->name,
                     "");
        lb_lend_clock(lb, &now);
        add_n(lb, 2, 2, (struct lb_place){ 0, 0 });
        start(lb);
        add_n(lb, 1, 4, (struct lb_place){ 0, 0 });
        now = has_scale ? 26250000000 : 30 * SECOND;        /* both: half */
        for (uint32_t k = 0; k < 30000; k++) {
            uint32_t i = ask(lb, now, k);
            count[i]++;
            finish(lb, i, now);
        }
        CU_ASSERT_DOUBLE_EQUAL(count[2], 10000, 400);
        CU_ASSERT_DOUBLE_EQUAL(count[0], 10000, 400);
        lb_free(lb);
    }
}

/* ---- panic ---- */

static void panic_is_below_the_threshold(void)
{
    static const struct { const char *set; uint32_t up; bool panics; } row[] = {
        { "", 5, false }, { "", 4, true }, { "threshold=0", 0, false }, { "threshold=1", 0, true },
        { "threshold=90", 8, false }, { "threshold=90", 7, true },      /* 140 * 8 / 10 is whole */
        { "threshold=90 overprovisioning=100", 8, true },
    };

    for (size_t k = 0; k < sizeof row / sizeof *row; k++) {
        struct lb *lb = wrapped("panic", row[k].set, "round_robin", "");
        uint32_t down = 0;

        add_n(lb, 10, 1, (struct lb_place){ 0, 0 });
        start(lb);
        for (uint32_t i = row[k].up; i < 10; i++)
            lb_set_state(lb, i, LB_DOWN);
        for (uint32_t n = 0; n < 20; n++) {
            uint32_t i = ask(lb, n, n);
            down += i < LB_FULL && i >= row[k].up;
        }
        CU_ASSERT_EQUAL(down > 0, row[k].panics);
        for (uint32_t i = row[k].up; i < 10; i++)
            lb_set_state(lb, i, LB_UP);
        CU_ASSERT_EQUAL(inside(lb, 9)->state, LB_UP);
        lb_free(lb);
    }
}

static void panic_leaves_the_drained_alone_and_may_refuse(void)
{
    struct lb *lb = wrapped("panic", "", "round_robin", "");
    char text[64];

    add_n(lb, 4, 1, (struct lb_place){ 0, 0 });
    start(lb);
    lb_set_state(lb, 0, LB_DRAINING);
    lb_set_state(lb, 1, LB_DOWN);
    lb_set_state(lb, 2, LB_DOWN);
    CU_ASSERT_STRING_EQUAL(picks(lb, 0, 6, text), "bcdbcd");
    lb_free(lb);
    lb = wrapped("panic", "refuse=1", "round_robin", "");
    add_n(lb, 3, 1, (struct lb_place){ 0, 0 });
    start(lb);
    lb_set_state(lb, 0, LB_DOWN);
    CU_ASSERT_STRING_EQUAL(picks(lb, 0, 2, text), "bc");
    lb_set_state(lb, 1, LB_DOWN);
    CU_ASSERT_STRING_EQUAL(picks(lb, 0, 2, text), "..");
    lb_free(lb);
}

/* ---- priorities: CHK-PR ---- */

struct health { uint32_t up, all; };

/* Loads are whole percents of the key's last two digits, so a hundred keys tell them. */
static void envoy_deals_load_by_priority(void)
{
    static const struct {
        const char *id; struct health level[3]; uint32_t load[3]; const char *panics;
    } row[] = {
        { "PR1", { { 1, 2 }, { 1, 2 } }, { 70, 30 }, "nn" },
        { "PR2", { { 1, 4 }, { 2, 2 } }, { 35, 65 }, "nn" },
        { "PR4", { { 1, 4 }, { 1, 4 }, { 1, 4 } }, { 35, 35, 30 }, "nnn" },
        { "PR5", { { 1, 5 }, { 1, 5 }, { 1, 5 } }, { 34, 33, 33 }, "yyy" },
        { "PR7", { { 0, 5 }, { 2, 6 }, { 1, 3 } }, { 37, 42, 21 }, "yyy" },
        { "PR8", { { 72, 100 }, { 72, 100 } }, { 100, 0 }, "nn" },
        { "PR8", { { 71, 100 }, { 71, 100 } }, { 99, 1 }, "nn" },
        { "I2", { { 7, 10 }, { 10, 10 } }, { 98, 2 }, "nn" },
        { "I2", { { 5, 10 }, { 10, 10 } }, { 70, 30 }, "nn" },
        { "I2", { { 3, 10 }, { 10, 10 } }, { 42, 58 }, "nn" },
    };

    for (size_t k = 0; k < sizeof row / sizeof *row; k++) {
        struct lb *lb = wrapped("priority", "", "maglev", "");
        uint32_t load[3] = { 0 }, first[4] = { 0 }, down[3] = { 0 };

        for (uint32_t p = 0; p < 3; p++) {
            add_n(lb, row[k].level[p].all, 1, (struct lb_place){ 0, p });
            first[p + 1] = first[p] + row[k].level[p].all;
        }
        start(lb);
        for (uint32_t p = 0; p < 3; p++)
            for (uint32_t i = first[p] + row[k].level[p].up; i < first[p + 1]; i++)
                lb_set_state(lb, i, LB_DOWN);
        for (uint64_t key = 0; key < 5000; key++) {
            struct lb_request rq = { .hash = lb_mix(key) / 100 * 100 + key % 100 };
            uint32_t i = lb_peek(lb, &rq);
            uint32_t p = i >= first[2] ? 2 : i >= first[1];
            load[p]++;
            down[p] += i >= first[p] + row[k].level[p].up;
        }
        for (size_t p = 0; p < strlen(row[k].panics); p++) {
            CU_ASSERT_EQUAL(load[p], 50 * row[k].load[p]);
            CU_ASSERT_EQUAL(down[p] > 0, row[k].panics[p] == 'y');
            if (load[p] != 50 * row[k].load[p])
                fprintf(stderr, "CHK-%s: level %zu has %g %%\n", row[k].id, p, load[p] / 50.0);
        }
        lb_free(lb);
    }
}

static void other_levels_help_when_one_finds_nobody(void)
{
    struct lb *lb = wrapped("priority", "threshold=0", "round_robin", "");
    const uint64_t avoid = 3;
    char text[64];

    add_n(lb, 2, 1, (struct lb_place){ 0, 0 });
    add_n(lb, 1, 1, (struct lb_place){ 0, 2 });             /* a gap: nobody has priority 1 */
    start(lb);
    CU_ASSERT_STRING_EQUAL(picks(lb, 0, 4, text), "abab");
    CU_ASSERT_EQUAL(lb_pick(lb, &(struct lb_request){ .avoid = &avoid }), 2);
    lb_set_state(lb, 0, LB_DOWN);
    lb_set_state(lb, 1, LB_DOWN);
    CU_ASSERT_STRING_EQUAL(picks(lb, 0, 3, text), "ccc");
    lb_set_limit(lb, 2, 1);
    CU_ASSERT_EQUAL(ask(lb, 0, 0), LB_FULL);                /* one of c is in flight */
    lb_free(lb);
}

/* ---- zones ---- */

/* CHK-LOC1: zone weights 1:2, X up to so many percent, X's share. */
static void zones_give_up_weight_with_their_backends(void)
{
    static const uint32_t row[][2] = { { 100, 33 }, { 70, 33 }, { 69, 32 }, { 50, 26 },
                                       { 25, 15 }, { 0, 0 } };

    for (size_t k = 0; k < sizeof row / sizeof *row; k++) {
        struct lb *lb = wrapped("locality", "", "round_robin", "");
        uint32_t share = 0;

        add_n(lb, 100, 1, (struct lb_place){ 0, 0 });
        add_n(lb, 100, 2, (struct lb_place){ 1, 0 });
        start(lb);
        for (uint32_t i = row[k][0]; i < 100; i++)
            lb_set_state(lb, i, LB_DOWN);
        for (uint32_t n = 0; n < 10000; n++)
            share += ask(lb, n, n) < 100;
        CU_ASSERT_EQUAL((share + 50) / 100, row[k][1]);
        lb_free(lb);
    }
}

/* CHK-Z1 to Z3: where requests of a balancer in zone 0 go, in percent. */
static void the_own_zone_comes_first(void)
{
    static const struct { uint32_t balancers[3], backends[3]; double percent[3]; } row[] = {
        { { 2, 2, 1 }, { 2, 4, 2 }, { 62.5, 25, 12.5 } },
        { { 1, 1, 1 }, { 2, 4, 4 }, { 60, 20, 20 } },
        { { 1, 2, 2 }, { 2, 4, 4 }, { 100, 0, 0 } },
        { { 1, 1, 1 }, { 1, 2, 2 }, { 20, 40, 40 } },       /* fewer than min_cluster_size: flat */
        { { 1, 1, 0 }, { 2, 4, 4 }, { 20, 40, 40 } },       /* no balancer in one of the zones */
    };

    for (size_t k = 0; k < sizeof row / sizeof *row; k++) {
        struct lb *lb = wrapped("locality", "mode=1", "round_robin", "");
        const uint32_t *n = row[k].backends, *m = row[k].balancers;
        struct lb_site site = { .count = m[0] + m[1] + m[2], .balancers = m, .zones = 3 };
        uint32_t count[3] = { 0 };

        lb_settle(lb, &site);
        for (uint32_t z = 0; z < 3; z++)
            add_n(lb, n[z], 1, (struct lb_place){ z, 0 });
        start(lb);
        for (uint32_t r = 0; r < 40000; r++) {
            uint32_t i = ask(lb, r, r);
            count[i < n[0] ? 0 : i < n[0] + n[1] ? 1 : 2]++;
            finish(lb, i, r);
        }
        for (uint32_t z = 0; z < 3; z++)
            CU_ASSERT_DOUBLE_EQUAL(count[z] / 400.0, row[k].percent[z], 1);
        lb_free(lb);
    }
}

/* Counts of the two views of a backend, its zone's and the flat one, are one. */
static void aware_zones_count_in_flight_once(void)
{
    struct lb *lb = wrapped("locality", "mode=1 min_cluster_size=5", "least_conn", "");
    const uint32_t balancers[2] = { 1, 1 };
    struct lb_site site = { .count = 2, .balancers = balancers, .zones = 2 };
    uint32_t most = 0;

    lb_settle(lb, &site);
    add_n(lb, 3, 1, (struct lb_place){ 0, 0 });
    add_n(lb, 3, 1, (struct lb_place){ 1, 0 });
    start(lb);
    for (uint32_t k = 0; k < 9; k++)
        ask(lb, k, k);                                      /* 3 each of the own zone's */
    lb_set_state(lb, 3, LB_DOWN);                           /* 2 of 5 there: all stays here */
    lb_set_state(lb, 4, LB_DOWN);                           /* 4 up: flat from now on */
    for (uint32_t k = 0; k < 3; k++)
        CU_ASSERT_EQUAL(ask(lb, k, k), 5);                  /* none in flight: it catches up */
    for (uint32_t i = 0; i < 6; i++)
        most = lb->backend[i].inflight > most ? lb->backend[i].inflight : most;
    CU_ASSERT_EQUAL(most, 3);
    lb_free(lb);
}

/* ---- subsets ---- */

static struct lb *subset_of(uint32_t client, uint32_t clients, const char *set, uint32_t backends,
                            struct lb_site *site)
{
    struct lb *lb = lb_new(lb_find("subset"), client + 1);
    struct lb *with = made("subset", set);

    memcpy(lb->state, with->state, lb->ops->state_size);
    lb_free(with);
    lb_wrap(lb, made("round_robin", ""));
    *site = (struct lb_site){ .index = client, .count = clients };
    lb_settle(lb, site);
    add_n(lb, backends, 1, (struct lb_place){ 0, 0 });
    start(lb);
    return lb;
}

static bool has(const struct lb *lb, uint32_t i)
{
    const struct parts *p = lb->state;

    return p->spot[i].part != LB_NONE && inside(lb, i)->state == LB_UP;
}

static void count_members(uint32_t clients, uint32_t backends, const char *set, uint32_t *count)
{
    struct lb_site site;

    for (uint32_t c = 0; c < clients; c++) {
        struct lb *lb = subset_of(c, clients, set, backends, &site);
        for (uint32_t i = 0; i < backends; i++)
            count[i] += has(lb, i);
        lb_free(lb);
    }
}

/* CHK-S1 */
static void slices_of_a_shuffle_are_even(void)
{
    uint32_t count[300] = { 0 }, rest[25] = { 0 }, none = 0;

    count_members(300, 300, "law=1 size=10", count);
    for (uint32_t i = 0; i < 300; i++)
        CU_ASSERT_EQUAL(count[i], 10);
    count_members(2, 25, "law=1 size=10", rest);            /* one round of 2 slices */
    for (uint32_t i = 0; i < 25; i++)
        none += rest[i] == 0;
    CU_ASSERT_EQUAL(none, 5);                               /* B mod S */
}

/* CHK-G15: 100 clients, 100 servers, 5 each: 5 connections, standard deviation 2.18. */
static void random_subsets_are_binomial(void)
{
    uint32_t count[100] = { 0 };
    double sum = 0, squares = 0;

    count_members(100, 100, "law=0 size=5", count);
    for (uint32_t i = 0; i < 100; i++) {
        sum += count[i];
        squares += (count[i] - 5.0) * (count[i] - 5.0);
    }
    CU_ASSERT_EQUAL(sum, 500);
    CU_ASSERT(squares / 100 > 2.18 * 2.18 * 0.6 && squares / 100 < 2.18 * 2.18 * 1.5);
}

/* Van der Corput's points of both sides: 64 and 64, 8 each, is even; 300 and 300 nearly. */
static void rings_are_nearly_even(void)
{
    uint32_t count[64] = { 0 }, many[300] = { 0 }, least = 300, most = 0;

    count_members(64, 64, "law=2 size=8", count);
    for (uint32_t i = 0; i < 64; i++)
        CU_ASSERT_EQUAL(count[i], 8);
    count_members(300, 300, "law=2 size=30", many);
    for (uint32_t i = 0; i < 300; i++) {
        least = many[i] < least ? many[i] : least;
        most = many[i] > most ? many[i] : most;
    }
    CU_ASSERT(least >= 27 && most <= 33);
}

/* CHK-G14, and ring: one comes, one goes.  CHK-S2: a shuffle deals nearly all anew. */
static void how_much_a_change_moves(void)
{
    static const struct { const char *set; double least, most; } row[] = {
        { "law=0 size=10", 0, 1 }, { "law=2 size=10", 0, 1 }, { "law=1 size=10", 7, 10 },
    };
    struct lb_site site;

    for (size_t k = 0; k < sizeof row / sizeof *row; k++) {
        double sum = 0;

        for (uint32_t c = 0; c < 40; c++) {
            struct lb *lb = subset_of(c, 40, row[k].set, 100, &site);
            bool was[100];
            uint32_t lost = 0;

            for (uint32_t i = 0; i < 100; i++)
                was[i] = has(lb, i);
            add_n(lb, 1, 1, (struct lb_place){ 0, 0 });
            for (uint32_t i = 0; i < 100; i++)
                lost += was[i] && !has(lb, i);
            sum += lost;
            CU_ASSERT(lost <= row[k].most);
            lb_remove(lb, 100);
            for (uint32_t i = 0; i < 100; i++)
                CU_ASSERT_EQUAL(was[i], has(lb, i));        /* and back again */
            lb_free(lb);
        }
        CU_ASSERT(sum / 40 >= row[k].least);
    }
}

/* What is in flight comes along when a backend leaves a subset and returns. */
static void a_subset_keeps_count_over_changes(void)
{
    struct lb_site site;
    struct lb *lb = subset_of(0, 1, "law=2 size=2", 2, &site);

    CU_ASSERT_EQUAL(ask(lb, 0, 0), 0);
    CU_ASSERT_EQUAL(ask(lb, 0, 0), 1);
    add_n(lb, 2, 1, (struct lb_place){ 0, 0 });             /* at 1/4 and 3/4 of the circle */
    CU_ASSERT(has(lb, 0) && has(lb, 2) && !has(lb, 1) && !has(lb, 3));
    lb_remove(lb, 2);
    CU_ASSERT(has(lb, 1));
    CU_ASSERT_EQUAL(inside(lb, 1)->inflight, 1);
    finish(lb, 1, 1);
    finish(lb, 0, 1);
    CU_ASSERT_EQUAL(inside(lb, 1)->inflight, 0);
    lb_free(lb);
}

/* ---- sticky ---- */

/* Steps: 1 to 9 a request with that key, - without; Xd X down, Xu up, Xn drained, Xw weight 0, Xx
 * removed, Xf full (limit 1, one in flight), t ten seconds; one after the other. */
static void play_sticky(struct lb *lb, const char *steps, char *answer)
{
    uint64_t now = 0;

    for (; *steps != '\0'; steps++) {
        uint32_t i = (uint32_t)(*steps - 'A');

        if (*steps == 't')
            now += 10 * SECOND;
        if (*steps >= 'A' && *steps <= 'C') {
            steps++;
            if (*steps == 'w')
                lb_set_weight(lb, i, 0);
            else if (*steps == 'x')
                lb_remove(lb, i);
            else if (*steps == 'f')
                lb_set_limit(lb, i, 1);
            else
                lb_set_state(lb, i, *steps == 'd' ? LB_DOWN : *steps == 'u' ? LB_UP : LB_DRAINING);
            if (*steps == 'f')
                lb_set_inflight(lb, i, 1);
        }
        if ((*steps >= '1' && *steps <= '9') || *steps == '-') {
            uint64_t key = (uint64_t)*steps;
            struct lb_request rq = { .now = now, .hash = key, .key = *steps == '-' ? NULL : &key,
                                     .key_length = 8 };
            i = lb_pick(lb, &rq);
            *answer++ = (char)(i < LB_FULL ? 'a' + i : i == LB_FULL ? '!' : '.');
            if (i < LB_FULL)
                finish(lb, i, now);
        }
    }
    *answer = '\0';
}

static void keys_stick(void)
{
    static const struct { const char *set, *steps, *picks; } row[] = {
        { "", "123112233", "abcaabbcc" },                   /* turns for new keys only */
        { "", "---1-1", "abcaba" },                         /* no key, nothing remembered */
        { "", "123Ad11Au1", "abcbbb" },                     /* forget: HAProxy, nginx, Traefik */
        { "down=1", "123Ad11Au1", "abcbca" },               /* return: Cloudflare's temporary */
        { "down=2", "123Ad11Au1", "abc..a" },               /* refuse: no redispatch */
        { "", "123An14Aw1", "abcaba" },                     /* a drained one keeps its keys */
        { "linger=0", "123An11", "abcbb" },
        { "down=2", "123Ax11", "abcbb" },                   /* removed: not refused */
        { "", "123Af111", "abcbcb" },                       /* full: elsewhere, for the time */
        { "full=1", "123Af1", "abc!" },
        { "expire=15e9", "123t1t14tt1", "abcaaab" },        /* used 10 s, then 20 s before */
        { "size=2", "12341", "abcab" },                     /* the one used first was pushed out */
        { "size=2", "121312", "abacaa" },                   /* used last is pushed out last */
    };
    char answer[64];

    for (size_t k = 0; k < sizeof row / sizeof *row; k++) {
        struct lb *lb = wrapped("sticky", row[k].set, "round_robin", "");

        add_n(lb, 3, 1, (struct lb_place){ 0, 0 });
        start(lb);
        play_sticky(lb, row[k].steps, answer);
        CU_ASSERT_STRING_EQUAL(answer, row[k].picks);
        if (strcmp(answer, row[k].picks) != 0)
            fprintf(stderr, "sticky %s, %s: expected %s, got %s\n", row[k].set, row[k].steps,
                    row[k].picks, answer);
        lb_free(lb);
    }
}

/* A small table against a plain list, over many keys that collide, expire and are pushed out. */
static void the_table_forgets_as_a_list_does(void)
{
    enum { SIZE = 37, KEYS = 90 };
    struct lb *lb = wrapped("sticky", "size=37 expire=2e9", "round_robin", "");
    struct { uint64_t key, used; uint32_t backend; } list[SIZE];
    uint32_t listed = 0, hits = 0;
    uint64_t now = 0;

    add_n(lb, 10, 1, (struct lb_place){ 0, 0 });
    start(lb);
    for (uint32_t n = 0; n < 20000; n++) {
        uint64_t key = lb_mix(lb_mix(n) % KEYS) << 60;      /* many share their home */
        uint32_t i, k = 0;

        key |= lb_mix(n) % KEYS;
        now += lb_mix(n + 77) % (SECOND / 10);
        i = ask(lb, now, key);
        while (k < listed && list[k].key != key)
            k++;
        if (k < listed && now - list[k].used <= 2 * SECOND) {
            CU_ASSERT_EQUAL(i, list[k].backend);
            hits++;
        }
        if (k == listed && listed == SIZE)
            for (uint32_t j = k = 0; j < SIZE; j++)
                k = list[j].used < list[k].used ? j : k;
        else if (k == listed)
            listed++;
        list[k].key = key;
        list[k].used = now;
        list[k].backend = i;
        finish(lb, i, now);
    }
    CU_ASSERT(hits > 2000);
    lb_free(lb);
}

/* ---- one inside the other ---- */

static void wrappers_nest_and_inherit(void)
{
    struct lb *lb = made("sticky", ""), *middle = made("panic", "");
    char text[64];

    lb_wrap(middle, made("least_work", ""));
    CU_ASSERT(middle->traits & LB_BY_WORK);
    lb_wrap(lb, middle);
    CU_ASSERT(lb->traits & LB_BY_WORK && lb->traits & LB_PANICS && lb->traits & LB_STICKS);
    CU_ASSERT_FALSE(lb->traits & LB_RAMPS);
    add_n(lb, 3, 1, (struct lb_place){ 0, 0 });
    start(lb);
    CU_ASSERT_STRING_EQUAL(picks(lb, 1, 3, text), "abc");
    CU_ASSERT(lb_bytes(lb) > lb_bytes(middle));
    lb_free(lb);
}

static void a_tried_backend_is_avoided_inside(void)
{
    struct lb *lb = wrapped("priority", "", "round_robin", "");
    uint64_t avoid[2] = { 0, 1ull << 2 };                   /* backend 66 */

    add_n(lb, 65, 1, (struct lb_place){ 0, 1 });
    add_n(lb, 3, 1, (struct lb_place){ 0, 0 });             /* 65, 66, 67 are 0, 1, 2 there */
    start(lb);
    for (uint32_t k = 0; k < 6; k++) {
        uint32_t i = lb_pick(lb, &(struct lb_request){ .avoid = avoid });
        CU_ASSERT(i == 65 || i == 67);
    }
    lb_free(lb);
}

/* ---- instances that share ---- */

static void shared_counts_are_one(void)
{
    static const char *const row[] = { "least_conn", "least_conn_random", "weighted_least_conn",
                                       "least_conn_smooth", "shortest_delay", "least_conn_fifo" };

    for (size_t k = 0; k < sizeof row / sizeof *row; k++) {
        struct lb *a = made(row[k], ""), *b = made(row[k], ""), *c = made(row[k], "");
        uint32_t seen[4] = { 0 };

        lb_share(b, a);
        lb_share(c, a);
        add_n(a, 4, 1, (struct lb_place){ 0, 0 });
        add_n(b, 4, 1, (struct lb_place){ 0, 0 });
        add_n(c, 4, 1, (struct lb_place){ 0, 0 });
        start(a);
        start(b);
        start(c);
        for (uint32_t n = 0; n < 4; n++)
            seen[ask(n % 3 == 0 ? a : n % 3 == 1 ? b : c, n, n)]++;
        for (uint32_t i = 0; i < 4; i++)
            CU_ASSERT_EQUAL(seen[i], 1);                    /* alone, each would begin with a */
        finish(a, 0, 9);
        CU_ASSERT_EQUAL(ask(b, 9, 9), 0);
        CU_ASSERT_EQUAL(c->backend[0].inflight, 1);
        lb_free(a);
        CU_ASSERT_EQUAL(c->backend[3].inflight, 1);
        lb_free(b);
        lb_free(c);
    }
}

/* Every algorithm, three instances with limits: in step, and no more than the limit together. */
static void sharing_keeps_the_contract(void)
{
    for (const struct lb_ops *const *ops = lb_all(); *ops != NULL; ops++) {
        struct lb *lb[3];
        struct { uint32_t view, backend; } out[64];
        uint32_t outs = 0;

        for (uint32_t v = 0; v < 3; v++) {
            lb[v] = lb_new(*ops, v + 1);
            if (v > 0)
                lb_share(lb[v], lb[0]);
            for (uint32_t i = 0; i < 8; i++)
                lb_add(lb[v], i + 1, "", 1 + i % 3, 1 + i % 4);
            start(lb[v]);
        }
        for (uint64_t n = 0; n < 3000; n++) {
            uint32_t v = (uint32_t)(lb_mix(n) % 3), i = LB_NONE;
            bool asks = lb_mix(n + 5000) % 8 < 5;

            if (asks)
                i = ask(lb[v], n, lb_mix(n) % 50);
            if (asks && i < LB_FULL) {
                CU_ASSERT_FATAL(i < 8 && lb[v]->backend[i].inflight <= 1 + i % 4);
                out[outs].view = v;
                out[outs++].backend = i;
            } else if (outs > 0) {
                uint32_t k = (uint32_t)(lb_mix(n + 9000) % outs);
                finish(lb[out[k].view], out[k].backend, n);
                out[k] = out[--outs];
            }
            for (i = 0; i < 8; i++)
                CU_ASSERT(lb[0]->backend[i].inflight == lb[1]->backend[i].inflight
                          && lb[0]->backend[i].inflight == lb[2]->backend[i].inflight
                          && lb_is_open(lb[0], i) == lb_is_open(lb[2], i));
        }
        while (outs-- > 0)
            finish(lb[out[outs].view], out[outs].backend, 3000);
        for (uint32_t v = 0; v < 3; v++) {
            for (uint32_t i = 0; i < 8; i++)
                CU_ASSERT_EQUAL(lb[v]->backend[i].inflight, 0);
            lb_free(lb[v]);
        }
    }
}

/* Envoy's bound is on what all workers have in flight. */
static void shared_bounds_are_of_the_sum(void)
{
    struct lb *a = made("ring_hash", "load_bound=1.25"), *b = made("ring_hash", "load_bound=1.25");
    uint32_t most = 0;

    lb_share(b, a);
    add_n(a, 4, 1, (struct lb_place){ 0, 0 });
    add_n(b, 4, 1, (struct lb_place){ 0, 0 });
    start(a);
    start(b);
    for (uint32_t n = 0; n < 40; n++)
        ask(n % 2 ? a : b, n, 12345);                       /* one hot key */
    for (uint32_t i = 0; i < 4; i++)
        most = a->backend[i].inflight > most ? a->backend[i].inflight : most;
    CU_ASSERT_EQUAL(most, 13);                              /* 40 / 4 * 1.25, one may be over */
    lb_free(a);
    lb_free(b);
}

static const struct unit_test tests[] = {
    { "haproxy_starts_in_sixteen_steps", haproxy_starts_in_sixteen_steps },
    { "envoy_starts_along_a_power", envoy_starts_along_a_power },
    { "aggression_takes_the_root", aggression_takes_the_root },
    { "without_a_clock_it_begins_at_the_next_pick", without_a_clock_it_begins_at_the_next_pick },
    { "slow_start_refuses_what_it_cannot_slow", slow_start_refuses_what_it_cannot_slow },
    { "shares_are_those_of_the_parts", shares_are_those_of_the_parts },
    { "panic_is_below_the_threshold", panic_is_below_the_threshold },
    { "panic_leaves_the_drained_alone_and_may_refuse",
      panic_leaves_the_drained_alone_and_may_refuse },
    { "envoy_deals_load_by_priority", envoy_deals_load_by_priority },
    { "other_levels_help_when_one_finds_nobody", other_levels_help_when_one_finds_nobody },
    { "zones_give_up_weight_with_their_backends", zones_give_up_weight_with_their_backends },
    { "the_own_zone_comes_first", the_own_zone_comes_first },
    { "aware_zones_count_in_flight_once", aware_zones_count_in_flight_once },
    { "slices_of_a_shuffle_are_even", slices_of_a_shuffle_are_even },
    { "random_subsets_are_binomial", random_subsets_are_binomial },
    { "rings_are_nearly_even", rings_are_nearly_even },
    { "how_much_a_change_moves", how_much_a_change_moves },
    { "a_subset_keeps_count_over_changes", a_subset_keeps_count_over_changes },
    { "keys_stick", keys_stick },
    { "the_table_forgets_as_a_list_does", the_table_forgets_as_a_list_does },
    { "wrappers_nest_and_inherit", wrappers_nest_and_inherit },
    { "a_tried_backend_is_avoided_inside", a_tried_backend_is_avoided_inside },
    { "shared_counts_are_one", shared_counts_are_one },
    { "sharing_keeps_the_contract", sharing_keeps_the_contract },
    { "shared_bounds_are_of_the_sum", shared_bounds_are_of_the_sum },
};

UNIT_MAIN("wrappers", tests)
