/* test_golden.c - golden files: what is written is read back, what is damaged is told with its
 * place, and the first request that went another way is found. */
#include "unit.h"

#include "../../sim/metrics/meter.h"
#include "../../sim/results/golden.h"

#include <string.h>
#include <unistd.h>

enum { SEEDS = 2, REQUESTS = 700 };

static const char *const policies[] = { "round_robin", "my own (x=2)" };
static const char *const backends[] = { "app[0]", "app[1]", "app[2]" };
static const char *const overrides[] = { "--seed 7", "-s run.duration=9s", "-a rr" };
static const double workers[] = { 1, 1, 1 };

struct made {
    struct record record[2 * SEEDS];
    const struct record *at[2 * SEEDS];
    struct record trail[2];
    struct result result;
};

/* Request i of every run goes to backend i mod 3, but `odd` to `instead`; ends after 5 ms. */
static void simulate(struct record *r, uint32_t policy, uint32_t k, uint32_t odd, uint32_t instead,
                     uint32_t status)
{
    const struct meter_plan plan = { .duration = SECOND, .backends = 3, .trail = 500 };
    struct meter m;

    meter_init(&m, &plan);
    for (uint32_t i = 0; i < REQUESTS; i++) {
        nsec born = i * MILLISECOND, ends = born + 5 * MILLISECOND;
        bool is_odd = i == odd;
        uint32_t backend = is_odd ? instead : i % 3;

        meter_born(&m, born);
        meter_attempt(&m, i, 0, backend, born, ends, is_odd ? status : 0);
        meter_step(&m, i, 0, backend, born, born, ends, is_odd ? status : 0);
        meter_ended(&m, ends, born, 0, OUTCOME_OK);
    }
    *r = m.record;
    r->policy = policy;
    r->replication = k;
    r->seed = 7 + k;
    r->arrivals_end = r->end = SECOND;
}

static void make(struct made *m, uint32_t odd, uint32_t instead, uint32_t status)
{
    const struct result_plan plan = {
        .scenario = "shop", .title = "T", .effective = "{}", .first_seed = 7, .policies = 2,
        .sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        .override = overrides, .overrides = 3, .replications = SEEDS, .policy = policies,
        .backends = 3, .backend = backends, .backend_workers = workers, .percentile = { 50 },
        .percentiles = 1,
    };

    for (uint32_t i = 0; i < 2 * SEEDS; i++) {
        simulate(&m->record[i], i / SEEDS, i % SEEDS, i / SEEDS ? odd : NONE, instead, status);
        m->at[i] = &m->record[i];
    }
    m->trail[0] = m->record[0];
    m->trail[1] = m->record[SEEDS];
    result_make(&m->result, &plan, m->at);
}

static void unmake(struct made *m)
{
    result_fini(&m->result);
    for (uint32_t i = 0; i < 2 * SEEDS; i++)
        record_fini(&m->record[i]);
}

static char path[64];

static void write_golden(const struct made *m)
{
    struct golden g = { .scenarios = 0 };
    struct err err;

    err_init(&err);
    golden_add(&g, &m->result, m->trail);
    CU_ASSERT_EQUAL_FATAL(golden_write(&g, path, &err), 0);
    golden_fini(&g);
}

static void what_is_written_is_read_back(void)
{
    struct made m;
    struct golden g;
    struct err err;
    uint64_t first;

    err_init(&err);
    make(&m, NONE, 0, 0);
    write_golden(&m);
    CU_ASSERT_EQUAL_FATAL(golden_read(&g, path, &err), 0);

    const struct golden_scenario *s = golden_find(&g, "shop");

    CU_ASSERT_PTR_NOT_NULL_FATAL(s);
    CU_ASSERT_PTR_NULL(golden_find(&g, "sho"));
    CU_ASSERT_EQUAL(s->runs, 4);
    CU_ASSERT_EQUAL(s->overrides, 1);
    CU_ASSERT_STRING_EQUAL(s->override[0], "-s run.duration=9s");
    CU_ASSERT_STRING_EQUAL(s->run[2].policy, "my own (x=2)");
    CU_ASSERT_EQUAL(s->run[2].seed, 7);
    CU_ASSERT_EQUAL(s->run[2].steps, 500);
    CU_ASSERT_PTR_NULL(s->run[3].trail);
    for (uint32_t i = 0; i < 500; i++) {
        CU_ASSERT_EQUAL(s->run[2].trail[2 * i], i % 3);
        CU_ASSERT_EQUAL(s->run[2].trail[2 * i + 1], m.trail[1].trail[i].rest);
    }
    CU_ASSERT_EQUAL(golden_seeds(s, &first), SEEDS);
    CU_ASSERT_EQUAL(first, 7);
    CU_ASSERT_EQUAL(golden_allowed(&g, s, &m.result.plan, &err), 0);
    CU_ASSERT_EQUAL(golden_differences(s, &m.result, 0), 0);
    CU_ASSERT_EQUAL(golden_differences(s, &m.result, 1), 0);
    golden_fini(&g);
    unmake(&m);
}

/* What is said when request `odd` of the second policy goes elsewhere or ends another way. */
static void explain(uint32_t odd, uint32_t instead, uint32_t status, const char *wanted)
{
    struct made then, now;
    struct golden g;
    struct err err;
    char text[300];

    err_init(&err);
    make(&then, NONE, 0, 0);
    make(&now, odd, instead, status);
    write_golden(&then);
    CU_ASSERT_EQUAL_FATAL(golden_read(&g, path, &err), 0);

    const struct golden_scenario *s = golden_find(&g, "shop");

    CU_ASSERT_EQUAL(golden_differences(s, &now.result, 0), 0);
    CU_ASSERT_EQUAL(golden_differences(s, &now.result, 1), SEEDS);
    golden_explain(text, sizeof text, s, &now.result, 1, &now.trail[1]);
    CU_ASSERT_STRING_EQUAL(text, wanted);
    golden_fini(&g);
    unmake(&then);
    unmake(&now);
}

static void the_first_differing_request_is_found(void)
{
    explain(17, 0, 0, "request 17 (born at 17 ms) went to app[2], now to app[0]");
    explain(17, 2, 1, "request 17 (born at 17 ms) went to app[2] as before, but ended differently");
    explain(0, 1, 0, "request 0 (born at 0 ns) went to app[0], now to app[1]");
    explain(499, 2, 0, "request 499 (born at 499 ms) went to app[1], now to app[2]");
    explain(500, 0, 0, "after the first recorded requests");
}

static char *read_all(size_t *length)
{
    FILE *f = fopen(path, "rb");
    char *text = malloc(100000);

    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    *length = fread(text, 1, 99999, f);
    fclose(f);
    return text;
}

static int read_text(const char *text, size_t length, struct err *err)
{
    FILE *f = fopen(path, "wb");
    struct golden g;
    int rc;

    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    fwrite(text, 1, length, f);
    fclose(f);
    err_init(err);
    rc = golden_read(&g, path, err);
    golden_fini(&g);
    return rc;
}

/* Closer where lines of other kinds are: at the start and the end. */
static size_t next_place(size_t at, size_t length)
{
    return at + (at > 200 && at + 200 < length ? 331 : 3);
}

/* Every cut is told; a changed byte is told or is another digest, and nothing else happens. */
static void damage_is_told_with_its_place(void)
{
    struct made m;
    struct err err;
    size_t length;

    make(&m, NONE, 0, 0);
    write_golden(&m);

    char *text = read_all(&length);

    for (size_t cut = 0; cut < length; cut = next_place(cut, length)) {
        CU_ASSERT_EQUAL(read_text(text, cut, &err), -1);
        CU_ASSERT_EQUAL(err.exit_code, 2);
        CU_ASSERT(err.item[0].line > 0 && err.item[0].column > 0);
    }
    for (size_t i = 0; i < length; i = next_place(i, length)) {
        char before = text[i];

        for (int c = 0; c < 256; c += 50) {
            text[i] = (char)c;
            if (read_text(text, length, &err) < 0)
                CU_ASSERT(err.exit_code == 2 && err.item[0].line > 0);
        }
        text[i] = before;
    }
    CU_ASSERT_EQUAL(read_text(text, length, &err), 0);
    free(text);
    unmake(&m);
}

static void another_scenario_or_override_is_refused(void)
{
    struct made m;
    struct golden g;
    struct err err;
    struct result_plan plan;

    err_init(&err);
    make(&m, NONE, 0, 0);
    write_golden(&m);
    CU_ASSERT_EQUAL_FATAL(golden_read(&g, path, &err), 0);
    plan = m.result.plan;
    plan.sha256 = "ffffffff";
    CU_ASSERT_EQUAL(golden_allowed(&g, golden_find(&g, "shop"), &plan, &err), -1);
    CU_ASSERT_STRING_EQUAL(err.item[0].code, "E301");
    CU_ASSERT_EQUAL(err.item[0].line, 2);
    plan = m.result.plan;
    plan.overrides = 0;
    CU_ASSERT_EQUAL(golden_allowed(&g, golden_find(&g, "shop"), &plan, &err), -1);
    golden_fini(&g);
    unmake(&m);
}

static const struct unit_test tests[] = {
    { "what_is_written_is_read_back", what_is_written_is_read_back },
    { "the_first_differing_request_is_found", the_first_differing_request_is_found },
    { "damage_is_told_with_its_place", damage_is_told_with_its_place },
    { "another_scenario_or_override_is_refused", another_scenario_or_override_is_refused },
};

int main(void)
{
    snprintf(path, sizeof path, "/tmp/lblab-golden.%ld", (long)getpid());

    int code = unit_main("golden", tests, ARRAY_LEN(tests));

    unlink(path);
    return code;
}
