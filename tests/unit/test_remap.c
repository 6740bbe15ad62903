/* Which keys move: every change against theory, or against a calculation of its own. */
#include "unit.h"

#include "../../algorithms/lb.h"
#include "base/rng.h"
#include "base/xalloc.h"
#include "run/remap.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

enum { KEYS = 20000 };

static struct remap_row measure(const char *algorithm, struct remap_question q)
{
    const struct policy policy = { .ops = lb_find(algorithm), .label = algorithm };
    struct remap_row row;
    struct err *err = xcalloc(1, sizeof *err);

    err_init(err);
    q.keys = q.keys || q.given ? q.keys : KEYS;
    CU_ASSERT_EQUAL_FATAL(remap_measure(&policy, &q, &row, err), 0);
    free(err);
    return row;
}

static double share(uint64_t part, const struct remap_tally *t)
{
    return (double)part / (double)t->keys;
}

static double moved(const char *algorithm, struct remap_question q)
{
    struct remap_row row = measure(algorithm, q);

    return share(row.by_key.moved, &row.by_key);
}

/* Excess in keys. */
static int64_t needless(const char *algorithm, struct remap_question q)
{
    struct remap_row row = measure(algorithm, q);

    return (int64_t)row.by_key.moved - (int64_t)row.by_key.unavoidable;
}

/* Four standard errors of a share of KEYS keys. */
static double noise(double p)
{
    return 4 * sqrt(p * (1 - p) / KEYS);
}

/* h mod N and h mod (N - 1) meet in 1 of N pairs; jump's buckets behind the removed one shift. */
static void positions_move_what_arithmetic_says(void)
{
    for (uint32_t n = 3; n <= 50; n += 11) {
        double r = (n - 1) / 2, modulo = 1 - 1.0 / n;
        double jump = 1 - r / n - 1.0 / (n * (n - 1.0));
        struct remap_question q = { .backends = n, .by = 1, .seed = n };

        CU_ASSERT_DOUBLE_EQUAL(moved("modulo_hash", q), modulo, noise(modulo));
        CU_ASSERT_DOUBLE_EQUAL(moved("jump", q), jump, noise(jump));
    }
}

static void consistent_hashes_move_nothing_without_need(void)
{
    static const char *const exact[] = { "ring_hash", "rendezvous", "rendezvous_name", "ketama",
                                         "nearest_ring", "multi_probe" };

    for (size_t i = 0; i < ARRAY_LEN(exact); i++)
        for (enum remap_which which = REMAP_MIDDLE; which <= REMAP_RANDOM; which++) {
            struct remap_question q = { .backends = 20, .by = 3, .which = which };

            CU_ASSERT_EQUAL(needless(exact[i], q), 0);
            q.change = REMAP_CRASH;
            CU_ASSERT_EQUAL(needless(exact[i], q), 0);
            q.change = REMAP_ADD;
            CU_ASSERT_EQUAL(needless(exact[i], q), 0);
        }
}

static void jump_is_consistent_at_its_end_only(void)
{
    struct remap_question q = { .backends = 10, .by = 2, .which = REMAP_LAST };

    CU_ASSERT_EQUAL(needless("jump", q), 0);
    q.change = REMAP_ADD;
    CU_ASSERT_EQUAL(needless("jump", q), 0);
    q.change = REMAP_REMOVE;
    q.which = REMAP_FIRST;
    CU_ASSERT(needless("jump", q) > KEYS / 2);
}

/* The paper's listing 1, with permutations from a generator that our tables do not use. */
static void fill(const uint32_t *offset, const uint32_t *skip, const bool *is_up, uint32_t n,
                 uint32_t m, uint32_t *slot)
{
    uint32_t *next = xcalloc(n, sizeof *next), filled = 0;

    memset(slot, 0xff, m * sizeof *slot);
    for (uint32_t i = 0; filled < m; i = (i + 1) % n) {
        if (!is_up[i])
            continue;
        uint32_t at = (offset[i] + next[i] * skip[i]) % m;
        while (slot[at] != UINT32_MAX)
            at = (offset[i] + ++next[i] * skip[i]) % m;
        slot[at] = i;
        filled++;
    }
    free(next);
}

static double paper_excess(uint32_t n, uint32_t m, uint64_t seed)
{
    uint32_t *offset = xcalloc(2 * n, sizeof *offset), *skip = offset + n;
    uint32_t *slot = xcalloc(2 * m, sizeof *slot), changed = 0;
    bool *is_up = xcalloc(n, sizeof *is_up);
    struct rng g = rng_stream(seed, "paper", n);

    for (uint32_t i = 0; i < n; i++) {
        offset[i] = (uint32_t)(rng_next(&g) % m);
        skip[i] = (uint32_t)(rng_next(&g) % (m - 1)) + 1;
        is_up[i] = true;
    }
    fill(offset, skip, is_up, n, m, slot);
    is_up[n / 2] = false;
    fill(offset, skip, is_up, n, m, slot + m);
    for (uint32_t k = 0; k < m; k++)
        changed += slot[k] != slot[m + k] && slot[k] != n / 2;
    free(offset);
    free(slot);
    free(is_up);
    return (double)changed / m;
}

static double our_excess(uint32_t n, const char *algorithm, uint32_t m, const char *names)
{
    struct policy policy = { .ops = lb_find(algorithm), .label = algorithm, .set_count = 1,
                             .set = { { "table_size", m } } };
    struct remap_question q = { .backends = n, .by = 1, .keys = KEYS, .names = names };
    struct remap_row row;
    struct err *err = xcalloc(1, sizeof *err);

    CU_ASSERT_EQUAL_FATAL(remap_measure(&policy, &q, &row, err), 0);
    free(err);
    return share(row.by_key.moved - row.by_key.unavoidable, &row.by_key);
}

static void maglev_moves_as_much_more_as_the_papers_table(void)
{
    static const struct { uint32_t n, m; } rows[] = { { 10, 1021 }, { 10, 4093 }, { 50, 4093 } };
    static const char *const ours[] = { "maglev", "envoy_maglev" };
    enum { TABLES = 12 };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (size_t k = 0; k < ARRAY_LEN(ours); k++) {
            double paper = 0, own = 0;

            for (uint32_t t = 0; t < TABLES; t++) {
                char names[] = { (char)('a' + t), '\0' };

                paper += paper_excess(rows[i].n, rows[i].m, t) / TABLES;
                own += our_excess(rows[i].n, ours[k], rows[i].m, names) / TABLES;
            }
            CU_ASSERT(own > 0.75 * paper && own < 1.3 * paper);
        }
}

/* HAProxy numbers servers by position: one deleted line gives all that follow another id. */
static void a_deleted_line_renumbers_all_behind_it(void)
{
    struct remap_question q = { .backends = 10, .by = 1, .which = REMAP_FIRST,
                                .manner = REMAP_RELOADED, .ids = REMAP_BY_POSITION };

    CU_ASSERT(moved("nearest_ring", q) > 0.97);
    CU_ASSERT_DOUBLE_EQUAL(moved("map_hash", q), 0.9, 0.01);
    q.which = REMAP_LAST;
    CU_ASSERT_EQUAL(needless("nearest_ring", q), 0);
    q.which = REMAP_FIRST;
    q.ids = REMAP_BY_NAME;
    CU_ASSERT_EQUAL(needless("nearest_ring", q), 0);
}

/* anchor remembers who went last: it gets back what it had if they return in the reverse order. */
static void after_a_crash_every_key_comes_home(void)
{
    uint32_t tried = 0;

    for (const struct lb_ops *const *ops = lb_all(); *ops; ops++) {
        struct remap_question q = { .backends = 10, .by = 3, .change = REMAP_CRASH,
                                    .which = REMAP_RANDOM, .returns = true, .keys = 3000 };

        if (!((*ops)->traits & LB_BY_KEY) || (*ops)->traits & LB_WRAPS)
            continue;
        tried++;
        if (strcmp((*ops)->name, "anchor") == 0)
            q.by = 1;
        CU_ASSERT_EQUAL(moved((*ops)->name, q), 0);
        q.returns = false;
        CU_ASSERT(moved((*ops)->name, q) > 0.05);
    }
    CU_ASSERT(tried >= 15);
}

static void order_counts_where_the_traits_say_so(void)
{
    struct remap_question q = { .backends = 12, .change = REMAP_SHUFFLE, .seed = 5, .keys = 5000 };

    for (const struct lb_ops *const *ops = lb_all(); *ops; ops++) {
        uint32_t traits = (*ops)->traits;

        if (!(traits & LB_BY_KEY) || traits & LB_WRAPS)
            continue;
        if (traits & LB_CONSISTENT && !(traits & LB_BY_ORDER))
            CU_ASSERT_EQUAL(moved((*ops)->name, q), 0);
        if (!(traits & LB_CONSISTENT) && strcmp((*ops)->name, "envoy_ring_hash") != 0)
            CU_ASSERT(moved((*ops)->name, q) > 0.5);
    }
}

static void the_same_configuration_read_again_moves_nothing(void)
{
    struct remap_question q = { .backends = 12, .change = REMAP_SAME, .manner = REMAP_RELOADED,
                                .ids = REMAP_BY_POSITION, .keys = 3000 };

    for (const struct lb_ops *const *ops = lb_all(); *ops; ops++)
        if ((*ops)->traits & LB_BY_KEY && !((*ops)->traits & LB_WRAPS))
            CU_ASSERT_EQUAL(moved((*ops)->name, q), 0);
}

/* One of five from 1 to 2: its share goes from 1 / 5 to 2 / 6. */
static void weights_change_sides(void)
{
    struct remap_question q = { .backends = 5, .change = REMAP_WEIGHT, .target = 2, .weight = 2 };
    struct remap_row row = measure("rendezvous", q);

    CU_ASSERT_DOUBLE_EQUAL(row.least, 2.0 / 6 - 1.0 / 5, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(share(row.by_key.unavoidable, &row.by_key), row.least, 1e-4);
    CU_ASSERT_DOUBLE_EQUAL(share(row.by_key.moved, &row.by_key), row.least, noise(row.least));
    CU_ASSERT_DOUBLE_EQUAL(row.max_over_mean_after, 1, 0.05);
    CU_ASSERT_EQUAL(moved("jump", q), 0);
    q.weight = 0;
    CU_ASSERT_EQUAL(needless("rendezvous", q), 0);
    CU_ASSERT_EQUAL(needless("ring_hash", q), 0);
    row = measure("rendezvous", q);
    CU_ASSERT_DOUBLE_EQUAL(row.least, 0.2, 1e-12);
}

/* K keys thrown at N backends: CV^2 is (N - 1) / K times chi-square of N - 1 over N - 1. */
static void spread_is_that_of_balls_in_bins(void)
{
    enum { N = 40, SEEDS = 20 };
    double sum = 0;

    for (uint32_t seed = 0; seed < SEEDS; seed++) {
        struct remap_row row = measure("rendezvous", (struct remap_question){
                                           .backends = N, .by = 1, .seed = seed, .keys = 4000 });

        sum += row.by_key.cv * row.by_key.cv;
        CU_ASSERT(row.by_key.max_over_mean > 1 + row.by_key.cv);
    }
    CU_ASSERT_DOUBLE_EQUAL(sum / SEEDS, (N - 1) / 4000.0, 0.15 * (N - 1) / 4000.0);
}

/* ---- keys from a file ---- */

static int read_text(const char *text, size_t length, struct remap_keys *keys, struct err *err)
{
    char path[] = "/tmp/lblab-test-XXXXXX";
    int fd = mkstemp(path), rc;

    CU_ASSERT_FATAL(fd >= 0 && write(fd, text, length) == (ssize_t)length);
    close(fd);
    err_init(err);
    rc = remap_keys_read(keys, path, err);
    unlink(path);
    return rc;
}

#define TEXT(s) s, sizeof(s) - 1

static void files_hold_clients_or_texts(void)
{
    static const struct { const char *text; size_t length; uint32_t keys, requests; bool is_log; }
    rows[] = {
        { TEXT("10.0.0.1 - - [x] \"GET /\"\n10.0.0.2 - -\r\n10.0.0.1 - -\n"), 2, 3, true },
        { TEXT("2001:db8::1\n10.0.0.2,x\n2001:db8:0::1"), 2, 3, true },
        { TEXT("a b\na c\na b\n"), 2, 3, false },
        { TEXT("10.0.0.1x\n"), 1, 1, false },
    };
    struct err *err = xcalloc(1, sizeof *err);

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct remap_keys keys;

        CU_ASSERT_EQUAL(read_text(rows[i].text, rows[i].length, &keys, err), 0);
        CU_ASSERT_EQUAL(keys.count, rows[i].keys);
        CU_ASSERT_EQUAL(keys.requests, rows[i].requests);
        CU_ASSERT_EQUAL(keys.are_addresses, rows[i].is_log);
        CU_ASSERT_EQUAL(keys.times[0], rows[i].requests - rows[i].keys + 1);
        remap_keys_fini(&keys);
    }
    free(err);
}

static void faults_of_a_file_have_their_line(void)
{
    static const struct { const char *text; size_t length; uint32_t errors, line, column; }
    rows[] = {
        { TEXT("a\nb\0c\n"), 1, 2, 2 },
        { TEXT("a\n\nb\n"), 1, 2, 1 },
        { TEXT("10.0.0.1\n10.0.0.256\n10.0.0.2\nx\n"), 2, 2, 1 },
        { TEXT(""), 1, 0, 0 },
    };
    struct err *err = xcalloc(1, sizeof *err);

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct remap_keys keys;

        CU_ASSERT_EQUAL(read_text(rows[i].text, rows[i].length, &keys, err), -1);
        CU_ASSERT_EQUAL(err->errors, rows[i].errors);
        CU_ASSERT_EQUAL(err->exit_code, 2);
        CU_ASSERT_STRING_EQUAL(err->item[0].code, "E150");
        CU_ASSERT_EQUAL(err->item[0].line, rows[i].line);
        CU_ASSERT_EQUAL(err->item[0].column, rows[i].column);
        remap_keys_fini(&keys);
    }
    free(err);
}

/* More keys than the table begins with: each is found again. */
static void many_keys_are_told_apart(void)
{
    enum { LINES = 6000 };
    char *text = xcalloc(LINES, 16);
    struct err *err = xcalloc(1, sizeof *err);
    struct remap_keys keys;
    size_t length = 0;

    for (uint32_t i = 0; i < LINES; i++)
        length += (size_t)sprintf(text + length, "k%u\n", i % 2500);
    CU_ASSERT_EQUAL(read_text(text, length, &keys, err), 0);
    CU_ASSERT_EQUAL(keys.count, 2500);
    CU_ASSERT_EQUAL(keys.times[999], 3);
    CU_ASSERT_EQUAL(keys.times[1000], 2);

    struct remap_row row = measure("modulo_hash", (struct remap_question){
                                       .backends = 10, .by = 1, .given = &keys });

    CU_ASSERT_EQUAL(row.by_key.keys, 2500);
    CU_ASSERT_EQUAL(row.by_request.keys, LINES);
    CU_ASSERT(row.by_request.moved > 2 * row.by_key.moved);
    CU_ASSERT(row.by_request.cv != row.by_key.cv);
    remap_keys_fini(&keys);
    free(err);
    free(text);
}

/* ---- the picture ---- */

static void places_show_who_had_to_move(void)
{
    const struct policy policy = { .ops = lb_find("ring_hash"), .label = "ring_hash" };
    const struct remap_question q = { .backends = 8, .by = 2, .which = REMAP_FIRST };
    struct remap_place *place = xcalloc(4096, sizeof *place);
    struct err *err = xcalloc(1, sizeof *err);
    uint32_t gone = 0, runs = 0;

    CU_ASSERT_EQUAL_FATAL(remap_look(&policy, &q, place, 4096, err), 0);
    for (uint32_t i = 0; i < 4096; i++) {
        gone += place[i].before < 2;
        runs += i > 0 && place[i].before == place[i - 1].before;
        CU_ASSERT(place[i].after >= 2 && place[i].after < 8);
        CU_ASSERT_EQUAL(place[i].had_to, place[i].before < 2);
        CU_ASSERT(place[i].before < 2 || place[i].before == place[i].after);
    }
    CU_ASSERT(gone > 4096 * 0.15 && gone < 4096 * 0.35);
    CU_ASSERT(runs > 2500);         /* a ring is seen in its order; chance would give 512 */
    free(place);
    free(err);
}

static const struct unit_test tests[] = {
    { "positions_move_what_arithmetic_says", positions_move_what_arithmetic_says },
    { "consistent_hashes_move_nothing_without_need",
      consistent_hashes_move_nothing_without_need },
    { "jump_is_consistent_at_its_end_only", jump_is_consistent_at_its_end_only },
    { "maglev_moves_as_much_more_as_the_papers_table",
      maglev_moves_as_much_more_as_the_papers_table },
    { "a_deleted_line_renumbers_all_behind_it", a_deleted_line_renumbers_all_behind_it },
    { "after_a_crash_every_key_comes_home", after_a_crash_every_key_comes_home },
    { "order_counts_where_the_traits_say_so", order_counts_where_the_traits_say_so },
    { "the_same_configuration_read_again_moves_nothing",
      the_same_configuration_read_again_moves_nothing },
    { "weights_change_sides", weights_change_sides },
    { "spread_is_that_of_balls_in_bins", spread_is_that_of_balls_in_bins },
    { "files_hold_clients_or_texts", files_hold_clients_or_texts },
    { "faults_of_a_file_have_their_line", faults_of_a_file_have_their_line },
    { "many_keys_are_told_apart", many_keys_are_told_apart },
    { "places_show_who_had_to_move", places_show_who_had_to_move },
};

UNIT_MAIN("remap", tests)
