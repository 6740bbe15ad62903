/* test_algorithms.c - the contract: what must hold for every algorithm in lb_all() and for the
 * plug-in of tests/plugin, whatever its rule.  test_algorithms_facts.c: what is true of one. */
#include "unit.h"

#include "../../algorithms/lb.h"

#include <dlfcn.h>
#include <string.h>

/* AddressSanitizer's calloc() ends the program where the C library's says no. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

enum { MOST = 128 };                     /* backends in the small tests; words of `avoid`: 2 */

static const struct lb_ops *plugin(void)
{
    const char *build = getenv("BUILD");
    char path[4096];

    snprintf(path, sizeof path, "%s/tests/plugin/most_recent.so", build ? build : "build");

    void *library = dlopen(path, RTLD_NOW);

    return library ? (const struct lb_ops *)dlsym(library, "lb_plugin") : NULL;
}

/* The k-th algorithm, the plug-in last; NULL behind it. */
static const struct lb_ops *algorithm(size_t k)
{
    size_t n = 0;

    while (lb_all()[n] != NULL)
        n++;
    return k < n ? lb_all()[k] : k == n ? plugin() : NULL;
}

/* Says which algorithm failed: CUnit shows the condition only. */
static void fail(const struct lb_ops *ops, const char *what)
{
    fprintf(stderr, "%s: %s\n", ops->name, what);
    CU_FAIL("see the line before");
}

#define HOLDS(ops, condition)             \
    do {                                  \
        if (!(condition))                 \
            fail(ops, #condition);        \
    } while (0)

/* A request for the k-th key: an address, its hash. */
struct asked {
    struct lb_request rq;
    unsigned char     address[4];
};

static const struct lb_request *ask(struct asked *a, uint64_t k, uint64_t now)
{
    uint64_t r = lb_mix(k + 1);

    for (int octet = 0; octet < 4; octet++)
        a->address[octet] = (unsigned char)(r >> (8 * octet));
    a->rq = (struct lb_request){
        .now = now, .hash = lb_hash(a->address, 4, 0), .key = a->address, .key_length = 4,
    };
    return &a->rq;
}

static void add(struct lb *lb, uint32_t k, uint32_t weight, uint32_t limit)
{
    char name[32];

    snprintf(name, sizeof name, "10.0.%u.%u:80", k / 256, k % 256);
    lb_add(lb, lb_hash(name, strlen(name), 0), name, weight, limit);
}

static void start(struct lb *lb)
{
    const char *why = NULL;

    CU_ASSERT_EQUAL_FATAL(lb_start(lb, &why), 0);
}

static struct lb *started(const struct lb_ops *ops, uint64_t seed, uint32_t n, uint32_t weight)
{
    struct lb *lb = lb_new(ops, seed);

    for (uint32_t k = 0; k < n; k++)
        add(lb, k, weight, 0);
    start(lb);
    return lb;
}

static void complete(struct lb *lb, uint32_t i, uint64_t now, uint64_t latency)
{
    lb_complete(lb, i, &(struct lb_outcome){ .now = now, .latency = latency, .load = -1 });
}

/* ---- what it says of itself ---- */

static void each_says_what_it_is(const struct lb_ops *ops)
{
    HOLDS(ops, ops->abi == LB_ABI);
    HOLDS(ops, ops->name != NULL && ops->pick != NULL);
    HOLDS(ops, ops->summary != NULL && strlen(ops->summary) > 10 && strlen(ops->summary) <= 78);
    for (const struct lb_param *p = ops->params; p != NULL && p->name != NULL; p++) {
        HOLDS(ops, p->help != NULL);
        HOLDS(ops, p->preset >= p->min && p->preset <= p->max);
        HOLDS(ops, p->offset < ops->state_size);
        HOLDS(ops, (p->type == LB_CHOICE) == (p->words != NULL));
        for (uint32_t k = 0; p->words != NULL && k <= (uint32_t)p->max; k++)
            HOLDS(ops, p->words[k] != NULL && lb_word(p, p->words[k]) == k);
        HOLDS(ops, p->words == NULL || p->words[(uint32_t)p->max + 1] == NULL);
        HOLDS(ops, lb_word(p, "no such thing") == LB_NONE);
    }
}

static void lines_fit(const struct lb_ops *ops, const char *text)
{
    HOLDS(ops, text != NULL && strlen(text) > 0);
    while (text != NULL && *text != '\0') {
        size_t length = strcspn(text, "\n");
        HOLDS(ops, length <= 78);
        text += length + (text[length] == '\n');
    }
}

static void each_has_a_page(const struct lb_ops *ops)
{
    HOLDS(ops, ops->page != NULL);
    if (ops->page == NULL)
        return;
    lines_fit(ops, ops->page->rule);
    lines_fit(ops, ops->page->cost);
    lines_fit(ops, ops->page->used_by);
    lines_fit(ops, ops->page->fails_when);
    lines_fit(ops, ops->page->source);
}

static void each_refuses_bad_parameters(const struct lb_ops *ops)
{
    struct lb *lb = lb_new(ops, 1);
    const char *why = NULL;

    HOLDS(ops, lb_set(lb, "no such thing", 1, &why) == -1 && why != NULL);
    for (const struct lb_param *p = ops->params; p != NULL && p->name != NULL; p++) {
        HOLDS(ops, lb_set(lb, p->name, p->min - 1, &why) == -1 && why != NULL);
        HOLDS(ops, lb_set(lb, p->name, p->max * 2 + 1, &why) == -1 && why != NULL);
        HOLDS(ops, lb_set(lb, p->name, 0.0 / 0.0 * p->max, &why) == -1 && why != NULL);
        if (p->type != LB_REAL)
            HOLDS(ops, lb_set(lb, p->name, p->min + 0.5, &why) == -1 && why != NULL);
        HOLDS(ops, lb_set(lb, p->name, p->preset, &why) == 0 && why == NULL);
    }
    lb_free(lb);
}

/* ---- whom it picks ---- */

/* The exceptions: HAProxy's random waits for the one it drew, Caddy's random_choose up to 2.11
 * may draw nobody, IPVS's hashes refuse whoever hashes to a backend that may not be used. */
static bool may_refuse(const struct lb_ops *ops, uint32_t answer)
{
    return (answer == LB_FULL && ops->traits & (LB_MAY_WAIT | LB_PANICS))
        || (answer == LB_NONE && ops->traits & LB_MAY_DROP);
}

static void none_of_none(const struct lb_ops *ops)
{
    struct lb *lb = started(ops, 1, 0, 1);
    struct asked a;

    HOLDS(ops, lb_pick(lb, ask(&a, 1, 0)) == LB_NONE);
    add(lb, 0, 1, 0);
    HOLDS(ops, lb_pick(lb, ask(&a, 1, 0)) == 0);
    lb_free(lb);
}

static void each_picks_only_usable_ones(const struct lb_ops *ops)
{
    struct lb *lb = started(ops, 3, 7, 2);
    uint64_t avoid[2] = { 1u << 5, 0 };
    struct asked a;

    lb_set_state(lb, 0, LB_DOWN);
    lb_set_state(lb, 1, LB_DRAINING);
    lb_remove(lb, 2);
    lb_set_weight(lb, 3, 0);
    lb_set_limit(lb, 4, 1);
    for (uint64_t k = 0; k < 300; k++) {
        ask(&a, k, k);
        a.rq.avoid = avoid;
        uint32_t i = lb_pick(lb, &a.rq);
        if (may_refuse(ops, i))
            continue;
        HOLDS(ops, i == 6 || (i == 4 && lb->backend[4].inflight == 1));
    }
    lb_free(lb);
}

static uint32_t in_flight(const struct lb *lb)
{
    uint32_t sum = 0;

    for (uint32_t i = 0; i < lb->count; i++)
        sum += lb->backend[i].inflight;
    return sum;
}

static void each_says_full_or_none(const struct lb_ops *ops)
{
    struct lb *lb = started(ops, 5, 3, 1);
    uint64_t avoid[2] = { 7, 0 };
    struct asked a;

    for (uint32_t i = 0; i < 3; i++)
        lb_set_limit(lb, i, 2);
    for (uint64_t k = 0, key = 0; k < 6; k++) {
        while (may_refuse(ops, lb_pick(lb, ask(&a, key++, 0))))
            continue;
        HOLDS(ops, in_flight(lb) == k + 1);
    }
    HOLDS(ops, lb_pick(lb, ask(&a, 7, 0)) == LB_FULL);
    a.rq.avoid = avoid;
    HOLDS(ops, lb_pick(lb, &a.rq) == LB_NONE);
    avoid[0] = 3;
    HOLDS(ops, lb_pick(lb, &a.rq) == LB_FULL);
    lb_set_state(lb, 2, LB_DOWN);
    HOLDS(ops, lb_pick(lb, &a.rq) == LB_NONE);
    complete(lb, 0, 1, 1);
    for (uint64_t key = 8; may_refuse(ops, lb_pick(lb, ask(&a, key, 1))); key++)
        continue;
    HOLDS(ops, lb->backend[0].inflight == 2);
    for (uint32_t i = 0; i < 3; i++)
        lb_set_state(lb, i, LB_DOWN);
    HOLDS(ops, ops->traits & LB_PANICS || lb_pick(lb, ask(&a, 9, 1)) == LB_NONE);
    lb_free(lb);
}

static void shares_follow_weights(const struct lb_ops *ops)
{
    static const uint32_t weight[] = { 1, 2, 5, 4 };
    enum { PICKS = 60000 };
    struct lb *lb = lb_new(ops, 11);
    uint32_t count[4] = { 0 };
    struct asked a;

    for (uint32_t k = 0; k < 4; k++)
        add(lb, k, weight[k], 0);
    start(lb);
    for (uint64_t k = 0; k < PICKS; k++) {
        uint32_t i = lb_pick(lb, ask(&a, k, k * 1000));
        count[i]++;
        complete(lb, i, k * 1000 + 500, 500);
    }
    for (int k = 0; k < 4 && ops->traits & LB_WEIGHTED; k++) {
        double ratio = count[k] / (weight[k] / 12.0 * PICKS);
        double slack = ops->traits & LB_BY_KEY ? 0.12 : 0.05;
        HOLDS(ops, ratio > 1 - slack && ratio < 1 + slack);
    }
    lb_free(lb);
}

static void same_seed_same_picks(const struct lb_ops *ops)
{
    struct lb *x = started(ops, 42, 9, 3), *y = started(ops, 42, 9, 3);
    struct asked a;

    for (uint64_t k = 0; k < 2000; k++) {
        uint32_t i = lb_pick(x, ask(&a, k, k));
        HOLDS(ops, i == lb_pick(y, &a.rq));
        if (k % 3 == 0) {
            complete(x, i, k, k % 17);
            complete(y, i, k, k % 17);
        }
    }
    lb_free(x);
    lb_free(y);
}

/* ---- keys ---- */

static void a_key_stays_where_it_is(const struct lb_ops *ops)
{
    if (!(ops->traits & LB_BY_KEY))
        return;
    struct lb *lb = started(ops, 1, 10, 3), *other = started(ops, 99, 10, 3);
    struct asked a;

    for (uint64_t k = 0; k < 1000; k++) {
        uint32_t home = lb_peek(lb, ask(&a, k, k));
        HOLDS(ops, lb_pick(lb, &a.rq) == home);
        HOLDS(ops, lb_pick(lb, &a.rq) == home);
        HOLDS(ops, lb_peek(other, &a.rq) == home);
    }
    lb_free(lb);
    lb_free(other);
}

static void removal_moves_few_keys(const struct lb_ops *ops)
{
    enum { N = 10, KEYS = 20000 };
    if (!(ops->traits & LB_CONSISTENT))
        return;
    struct lb *lb = started(ops, 1, N, 1);
    uint32_t *home = calloc(KEYS, sizeof *home), moved = 0, needless = 0;
    struct asked a;

    for (uint64_t k = 0; k < KEYS; k++)
        home[k] = lb_peek(lb, ask(&a, k, 0));
    lb_remove(lb, 4);
    for (uint64_t k = 0; k < KEYS; k++) {
        uint32_t now = lb_peek(lb, ask(&a, k, 0));
        moved += now != home[k];
        needless += now != home[k] && home[k] != 4;
    }
    HOLDS(ops, moved > KEYS / N * 3 / 4 && moved < KEYS / N * 5 / 4);
    HOLDS(ops, needless < KEYS / 50);              /* IPVS's Maglev, 4093 slots: 1.2 % */
    free(home);
    lb_free(lb);
}

/* Configured in another order, the ids are the same: so are the homes of all keys. */
static void position_does_not_matter(const struct lb_ops *ops)
{
    if (!(ops->traits & LB_CONSISTENT) || ops->traits & LB_BY_ORDER)
        return;
    struct lb *up = started(ops, 1, 10, 1), *down = lb_new(ops, 1);
    struct asked a;

    for (uint32_t k = 10; k-- > 0;)
        add(down, k, 1, 0);
    start(down);
    for (uint64_t k = 0; k < 1000; k++)
        HOLDS(ops, lb_peek(up, ask(&a, k, 0)) == 9 - lb_peek(down, &a.rq));
    lb_free(up);
    lb_free(down);
}

/* ---- ten thousand random steps ---- */

struct walk {
    struct lb *lb;
    uint64_t   random, now, avoid[2];
    uint32_t   inflight[MOST];           /* our own count */
    uint32_t   out[100000], outs;        /* picks not completed */
};

static uint32_t dice(struct walk *w, uint32_t sides)
{
    return (uint32_t)(lb_mix(++w->random) % sides);
}

static bool walk_usable(const struct walk *w, uint32_t i, const uint64_t *avoid)
{
    const struct lb_backend *b = &w->lb->backend[i];

    return b->state == LB_UP && b->weight > 0 && (b->limit == 0 || w->inflight[i] < b->limit)
        && (avoid == NULL || !(avoid[i / 64] >> (i % 64) & 1));
}

/* What must be answered when nothing is usable: LB_FULL if some backend lacks only room. */
static uint32_t walk_expected(const struct walk *w, const uint64_t *avoid)
{
    uint32_t answer = LB_NONE;

    for (uint32_t i = 0; i < w->lb->count; i++) {
        const struct lb_backend *b = &w->lb->backend[i];
        if (walk_usable(w, i, avoid))
            return 0;
        if (b->state == LB_UP && b->weight > 0
            && (avoid == NULL || !(avoid[i / 64] >> (i % 64) & 1)))
            answer = LB_FULL;
    }
    return answer;
}

/* The other exceptions: Envoy's panic uses those that are down, a sticky key its drained one. */
static bool may_use(const struct walk *w, uint32_t i, const uint64_t *avoid)
{
    const struct lb_backend *b = &w->lb->backend[i];
    uint32_t traits = w->lb->traits;
    bool is_let_go = b->state == LB_DRAINING || (b->state == LB_UP && b->weight == 0);

    return ((traits & LB_PANICS && b->state == LB_DOWN && b->weight > 0)
            || (traits & LB_MAY_LINGER && is_let_go))
        && (b->limit == 0 || w->inflight[i] < b->limit)
        && (avoid == NULL || !(avoid[i / 64] >> (i % 64) & 1));
}

static void walk_pick(struct walk *w)
{
    const struct lb_ops *ops = w->lb->ops;
    struct asked a;

    ask(&a, dice(w, 50), w->now);
    if (dice(w, 3) == 0) {
        w->avoid[0] = lb_mix(w->random) | lb_mix(w->random + 7);
        w->avoid[1] = lb_mix(w->random + 1);
        a.rq.avoid = w->avoid;
    }
    uint32_t expected = walk_expected(w, a.rq.avoid), i = lb_pick(w->lb, &a.rq);
    if (i >= LB_FULL) {
        HOLDS(ops, i == expected || may_refuse(ops, i));
        return;
    }
    HOLDS(ops, i < w->lb->count && (walk_usable(w, i, a.rq.avoid) || may_use(w, i, a.rq.avoid)));
    if (i >= w->lb->count)
        return;
    w->inflight[i]++;
    w->out[w->outs++] = i;
}

static void walk_complete(struct walk *w)
{
    if (w->outs == 0)
        return;
    uint32_t k = dice(w, w->outs), i = w->out[k];

    w->out[k] = w->out[--w->outs];
    w->inflight[i]--;
    lb_complete(w->lb, i, &(struct lb_outcome){
        .now = w->now, .latency = 1 + dice(w, 1000000), .load = -1,
        .result = (enum lb_result)dice(w, LB_CANCELLED + 1) });
}

static void walk_change(struct walk *w)
{
    uint32_t i = w->lb->count ? dice(w, w->lb->count) : 0;
    uint32_t what = w->lb->count ? dice(w, 6) : 0;

    if (what == 0 && w->lb->count < MOST)
        add(w->lb, w->lb->count, dice(w, 4), dice(w, 4));
    else if (what == 1 && dice(w, 4) == 0)
        lb_remove(w->lb, i);
    else if (what == 2)
        lb_set_weight(w->lb, i, dice(w, 5));
    else if (what == 3)
        lb_set_limit(w->lb, i, dice(w, 6));
    else if (what >= 4)
        lb_set_state(w->lb, i, (enum lb_state)dice(w, LB_DOWN + 1));
}

static void walk_check(const struct walk *w)
{
    const struct lb *lb = w->lb;
    uint32_t open = 0, live = 0;

    for (uint32_t i = 0; i < lb->count; i++) {
        HOLDS(lb->ops, lb->backend[i].inflight == w->inflight[i]);
        HOLDS(lb->ops, lb_is_open(lb, i) == walk_usable(w, i, NULL));
        open += walk_usable(w, i, NULL);
        if (lb->backend[i].state == LB_UP && lb->backend[i].weight > 0)
            HOLDS(lb->ops, live < lb->live_count && lb->live[live++] == i);
    }
    HOLDS(lb->ops, open == lb->open_count && live == lb->live_count);
}

static void ten_thousand_steps_keep_the_contract(const struct lb_ops *ops)
{
    struct walk *w = calloc(1, sizeof *w);

    w->lb = started(ops, 17, 5, 1);
    for (int step = 0; step < 10000; step++) {
        w->now += dice(w, 1000000);
        uint32_t what = dice(w, 100);
        if (what < 50)
            walk_pick(w);
        else if (what < 92)
            walk_complete(w);
        else
            walk_change(w);
        if (step % 100 == 0)
            walk_check(w);
    }
    while (w->outs > 0)
        walk_complete(w);
    walk_check(w);
    HOLDS(ops, lb_bytes(w->lb) > sizeof *w->lb);
    lb_free(w->lb);
    free(w);
}

static void a_hundred_thousand_backends_work(const struct lb_ops *ops)
{
    const uint32_t most = ops->max_backends, N = most != 0 && most < 100000 ? most : 100000;
    const uint32_t picks = ops->traits & LB_SCANS ? 2000 : 20000;
    struct lb *lb = lb_new(ops, 1);
    const char *why;
    struct asked a;

    (void)lb_set(lb, "table_size", 655373, &why);  /* where there is a table, a larger one */
    for (uint32_t k = 0; k < N; k++)
        lb_add(lb, k, "", 1 + (k % 1000 == 0), 0);
    start(lb);
    for (uint64_t k = 0; k < picks; k++) {
        uint32_t i = lb_pick(lb, ask(&a, k, k));
        HOLDS(ops, i < N);
        if (k % 2)
            complete(lb, i, k, 1000);
    }
    lb_set_state(lb, 7, LB_DOWN);
    HOLDS(ops, lb_pick(lb, ask(&a, 1, 30000)) < N);
    lb_free(lb);
}

/* ---- the tests ---- */

static void for_each(void (*test)(const struct lb_ops *))
{
    const struct lb_ops *ops;

    for (size_t k = 0; (ops = algorithm(k)) != NULL; k++)
        test(ops);
}

#define TEST(fact) static void test_##fact(void) { for_each(fact); }
TEST(each_says_what_it_is)
TEST(each_has_a_page)
TEST(each_refuses_bad_parameters)
TEST(none_of_none)
TEST(each_picks_only_usable_ones)
TEST(each_says_full_or_none)
TEST(shares_follow_weights)
TEST(same_seed_same_picks)
TEST(a_key_stays_where_it_is)
TEST(removal_moves_few_keys)
TEST(position_does_not_matter)
TEST(ten_thousand_steps_keep_the_contract)
TEST(a_hundred_thousand_backends_work)

static void the_plugin_loads(void)
{
    CU_ASSERT_PTR_NOT_NULL_FATAL(plugin());
    CU_ASSERT_STRING_EQUAL(plugin()->name, "most_recent");
}

static void algorithms_are_found_by_name_and_alias(void)
{
    for (const struct lb_ops *const *ops = lb_all(); *ops != NULL; ops++)
        CU_ASSERT_PTR_EQUAL(lb_find((*ops)->name), *ops);
    CU_ASSERT_PTR_EQUAL(lb_find("rr"), lb_find("round_robin"));
    CU_ASSERT_PTR_EQUAL(lb_find("wrr"), lb_find("weighted_round_robin"));
    CU_ASSERT_PTR_EQUAL(lb_find("lc"), lb_find("least_conn"));
    CU_ASSERT_PTR_EQUAL(lb_find("wlc"), lb_find("weighted_least_conn"));
    CU_ASSERT_PTR_EQUAL(lb_find("ring"), lb_find("ring_hash"));
    CU_ASSERT_PTR_NULL(lb_find("r"));
    CU_ASSERT_PTR_NULL(lb_find(""));
}

/* A state as great as no memory: calloc() says no, and that is the answer. */
static void without_memory_there_is_no_balancer(void)
{
    const struct lb_ops huge = { .abi = LB_ABI, .name = "huge", .state_size = SIZE_MAX / 2 };

    CU_ASSERT_PTR_NULL(lb_new(&huge, 1));
}

#define ROW(fact) { #fact, test_##fact }
static const struct unit_test tests[] = {
    { "the_plugin_loads", the_plugin_loads },
    { "algorithms_are_found_by_name_and_alias", algorithms_are_found_by_name_and_alias },
    { "without_memory_there_is_no_balancer", without_memory_there_is_no_balancer },
    ROW(each_says_what_it_is),
    ROW(each_has_a_page),
    ROW(each_refuses_bad_parameters),
    ROW(none_of_none),
    ROW(each_picks_only_usable_ones),
    ROW(each_says_full_or_none),
    ROW(shares_follow_weights),
    ROW(same_seed_same_picks),
    ROW(a_key_stays_where_it_is),
    ROW(removal_moves_few_keys),
    ROW(position_does_not_matter),
    ROW(ten_thousand_steps_keep_the_contract),
    ROW(a_hundred_thousand_backends_work),
};

UNIT_MAIN("algorithms", tests)
