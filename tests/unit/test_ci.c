/* test_ci.c - what `check` writes for CI systems, byte by byte, with strangers' words in every
 * place where one can stand. */
#include "unit.h"

#include "../../sim/report/ci_format.h"
#include "../../sim/json/json_strict.h"

#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HOSTILE                                                                                    \
    "a|b <b>*x*</b> & \"q\" 'p' `id` \\ # %0A\n::error::x\r\033[31m \xe2\x80\xae \xff "            \
    "https://x.example www.y.example @team, =1"

/* ---- a gate and two results, as check hands them over ---- */

static const struct result_environment environment = {
    "0.1.0", "abc1234", "gcc", "2026-11-23T03:05:11Z", 3.9, 2,
};

enum { ROWS = 6 };

static void fill_gate(struct gate *g, const char *words)
{
    static const struct gate_row row[ROWS] = {
        { .kind = GATE_ASSERTION, .verdict = GATE_OK, .metric = "error_rate", .policy = "p2c",
          .asked = "error_rate@p2c < 0.1%", .unit = METRIC_SHARE, .value = 0, .low = 0, .high = 0,
          .base = NAN, .change = { NAN, NAN, NAN, 0 }, .limit = 0.001, .line = 30, .seeds = 10 },
        { .kind = GATE_ASSERTION, .verdict = GATE_FAILED, .metric = "latency.p99",
          .policy = "peak_ewma", .asked = "latency.p99 < 250ms", .unit = METRIC_NS, .value = 312e6,
          .low = 301e6, .high = 323e6, .base = NAN, .change = { NAN, NAN, NAN, 0 },
          .limit = 250e6, .line = 38, .seeds = 10 },
        { .kind = GATE_REGRESSION, .verdict = GATE_FAILED, .metric = "latency.p99",
          .policy = "maglev", .asked = "at most 5 % worse", .unit = METRIC_NS, .value = 312e6,
          .low = NAN, .high = NAN, .base = 286e6, .change = { 0.091, 0.072, 0.11, 10 },
          .limit = 0.05, .seeds = 10 },
        { .kind = GATE_REGRESSION, .verdict = GATE_INCONCLUSIVE, .metric = "latency.p50",
          .policy = "maglev", .asked = "at most 5 % worse", .unit = METRIC_NS, .value = 9.5e5,
          .low = NAN, .high = NAN, .base = 9e5, .change = { 0.0555, 0.02, 0.09, 5 },
          .limit = 0.05, .seeds = 5, .seeds_needed = 24 },
        { .kind = GATE_REGRESSION, .verdict = GATE_STALE, .metric = "throughput",
          .policy = "p2c", .asked = "at most 5 % worse", .unit = METRIC_PER_SECOND, .value = 1500,
          .low = NAN, .high = NAN, .base = 1300, .change = { 0.15, 0.14, 0.16, 5 },
          .limit = 0.05, .seeds = 5 },
        { .kind = GATE_GOLDEN, .verdict = GATE_FAILED, .metric = "", .policy = "",
          .asked = "digest", .value = NAN, .low = NAN, .high = NAN, .base = NAN,
          .change = { NAN, NAN, NAN, 0 }, .limit = NAN },
    };

    *g = (struct gate){ .rows = 0 };
    for (uint32_t i = 0; i < ROWS; i++) {
        struct gate_row *r = gate_add(g);

        *r = row[i];
        r->scenario = i < 4 ? "shop" : "hash";
        r->file = i < 4 ? words : "scenarios/hash.json";
        r->why = words;
        r->detail = i == 1 ? words : "";
        r->policy = i == 5 ? words : r->policy;
    }
}

static const double workers[] = { 1 };
static const char *const backends[] = { "app[0]" };

enum { SEEDS = 2, POLICIES = 2 };
struct made {
    struct result result;
    struct result_policy policy[POLICIES];
    struct result_run run[POLICIES * SEEDS];
    const char *name[POLICIES];
};

/* Policy 1 is saturated: its p99.9 has no value, though its runs saw one. */
static void fill_result(struct made *m, const char *words)
{
    *m = (struct made){ .name = { words, "ring(vnodes=100)" } };
    m->result.plan = (struct result_plan){ .scenario = "shop", .title = words, .sha256 = "9f3c1e",
        .first_seed = 42, .policies = POLICIES, .replications = SEEDS, .policy = m->name,
        .backends = 1, .backend = backends, .backend_workers = workers,
        .percentile = { 50, 99.9 }, .percentiles = 2, .is_stationary = true };
    m->result.policy = m->policy;
    m->result.run = m->run;
    m->result.runs = POLICIES * SEEDS;
    strcpy(m->result.sha256, "00112233445566778899");
    for (uint32_t p = 0; p < POLICIES; p++)
        m->policy[p] = (struct result_policy){ .name = m->name[p], .seeds = SEEDS,
            .verdict = p ? VERDICT_SATURATED : VERDICT_OK, .requests = 2000, .completed = 1990,
            .mean = { 2e6, 1.9e6, 2.1e6 },
            .quantile = { { 1e6, 0.9e6, 1.1e6 }, { p ? NAN : 5e6, p ? NAN : 4e6, p ? NAN : 6e6 } },
            .throughput = { 500, 490, 510 }, .error_rate = { 0.005, 0, 0.01 },
            .imbalance = { 1, 1, 1 } };
    for (uint32_t i = 0; i < POLICIES * SEEDS; i++)
        m->run[i] = (struct result_run){ .policy = i / SEEDS, .seed = 42 + i % SEEDS,
            .requests = 1000, .completed = 995, .mean = 2000000 + i % SEEDS,
            .quantile = { 1000000, 5000000 + 2 * (i % SEEDS) }, .measured = 2 * SECOND,
            .done = 1000 };
}

/* What a format writes; malloc'ed. */
static char *written(const char *format, const char *words, enum ci_strictness strictness)
{
    struct gate gate;
    struct made made;
    const struct result *const results[] = { &made.result };
    const char *const files[] = { words };
    const struct ci_input in = { &gate, results, files, 1, &environment, strictness };
    char *text = NULL;
    size_t length;
    FILE *f = open_memstream(&text, &length);

    fill_gate(&gate, words);
    fill_result(&made, words);
    ci_find(format)->write(f, &in);
    fclose(f);
    gate_fini(&gate);
    return text;
}

/* ---- exact bytes, in tests/data/ci/FORMAT.WORDS; read before they were put there ---- */

static char *expected(const char *format, const char *kind)
{
    char path[64], *text = NULL;
    size_t room = 0;

    snprintf(path, sizeof path, "tests/data/ci/%s.%s", format, kind);

    FILE *f = fopen(path, "r");
    ssize_t length = f ? getdelim(&text, &room, '\0', f) : -1;

    CU_ASSERT(length > 0);
    if (f)
        fclose(f);
    return text;
}

static const char *const gate_formats[] = { "junit", "github", "md", "tap", "csv" };

static void compare(const char *kind, const char *words, enum ci_strictness strictness)
{
    for (size_t i = 0; i < ARRAY_LEN(gate_formats); i++) {
        char *got = written(gate_formats[i], words, strictness);
        char *wanted = expected(gate_formats[i], kind);
        bool is_same = wanted && strcmp(got, wanted) == 0;

        if (!is_same)
            fprintf(stderr, "%s.%s:\n%s", gate_formats[i], kind, got);
        CU_ASSERT(is_same);
        free(got);
        free(wanted);
    }
}

static void every_format_has_its_bytes(void)
{
    compare("plain", "scenarios/shop.json", CI_LENIENT);
}

static void strangers_words_are_escaped(void)
{
    compare("hostile", HOSTILE, CI_LENIENT);
}

static void with_strict_an_inconclusive_row_fails(void)
{
    compare("strict", "scenarios/shop.json", CI_STRICT);
}

static void nothing_of_a_strangers_acts(void)
{
    for (const struct ci_format *f = ci_all(); f->name; f++) {
        if (!f->write)
            continue;

        char *text = written(f->name, HOSTILE, CI_LENIENT);

        CU_ASSERT_PTR_NULL(strpbrk(text, "\r\033\xff"));
        CU_ASSERT_PTR_NULL(strstr(text, "\n::error::x"));
        CU_ASSERT_PTR_NULL(strstr(text, "\xe2\x80\xae"));
        free(text);
    }
}

/* ---- the formats of benchmarks: the catalogue may grow, these lines stay ---- */

static const struct { const char *format, *line; } lines[] = {
    { "bmf", "\n  \"shop/p2c\": {\n"
             "    \"latency-mean\": {\"value\": 2000000, \"lower_value\": 1900000, "
             "\"upper_value\": 2100000},\n"
             "    \"latency-p50\": {\"value\": 1000000, \"lower_value\": 900000, "
             "\"upper_value\": 1100000},\n"
             "    \"latency-p99-9\": {\"value\": 5000000, \"lower_value\": 4000000, "
             "\"upper_value\": 6000000},\n" },
    { "gab", "\n  {\"name\": \"shop/p2c latency.p99.9\", \"unit\": \"ms\", \"value\": 5, "
             "\"range\": \"± 1\", \"extra\": \"2 seeds, result 001122334455\"},\n" },
    { "gobench", "# lblab 0.1.0, git abc1234\nUnit mean-sec better=lower\n"
                 "Unit p50-sec better=lower\nUnit p99.9-sec better=lower\n" },
    { "gobench", "\nUnit throughput/sec better=higher\n" },
    { "gobench", "\nBenchmarkSim/scenario=shop/policy=p2c-1 1000 0.002000001 mean-sec 0.001 "
                 "p50-sec 0.005000002 p99.9-sec 0.005 error-rate" },
    { "gbench", "{\n  \"context\": {\n    \"date\": \"2026-11-23T03:05:11Z\",\n" },
    { "gbench", "\n    {\"name\": \"shop/p2c/latency.p99.9\", \"family_index\": 2, "
                "\"per_family_instance_index\": 0, \"run_name\": \"shop/p2c/latency.p99.9\", "
                "\"run_type\": \"iteration\", \"repetitions\": 2, \"repetition_index\": 1, "
                "\"threads\": 1, \"iterations\": 1000, \"real_time\": 5000002, "
                "\"cpu_time\": 5000002, \"time_unit\": \"ns\"},\n" },
    { "gbench", "\n    {\"name\": \"shop/p2c/latency.p99.9_stddev\", \"family_index\": 2, "
                "\"per_family_instance_index\": 0, \"run_name\": \"shop/p2c/latency.p99.9\", "
                "\"run_type\": \"aggregate\", \"repetitions\": 2, \"threads\": 1, "
                "\"aggregate_name\": \"stddev\", \"aggregate_unit\": \"time\", \"iterations\": 2, "
                "\"real_time\": 1.41421356, \"cpu_time\": 1.41421356, \"time_unit\": \"ns\"},\n" },
    { "openmetrics", "\n# TYPE lblab_latency_percentile_seconds gauge\n"
                     "# UNIT lblab_latency_percentile_seconds seconds\n# HELP " },
    { "openmetrics", "\nlblab_latency_percentile_seconds{scenario=\"shop\",policy=\"p2c\","
                     "percentile=\"99.9\"} 0.005\n" },
    { "openmetrics", "lblab_checks{verdict=\"stale\"} 1\n" },
    { "openmetrics", "\n# EOF\n" },
};

static void benchmark_formats_have_their_lines(void)
{
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        char *text = written(lines[i].format, "p2c", CI_LENIENT);

        if (!strstr(text, lines[i].line))
            fprintf(stderr, "%s: not there: %s\n%s", lines[i].format, lines[i].line, text);
        CU_ASSERT_PTR_NOT_NULL(strstr(text, lines[i].line));
        free(text);
    }
}

static void a_saturated_percentile_is_in_no_format(void)
{
    static const char *const name[] = { "ring(vnodes=100)/latency.p99.9",
                                        "ring(vnodes=100) latency.p99.9",
                                        "policy=\"ring(vnodes=100)\",percentile=\"99.9\"" };

    for (const struct ci_format *f = ci_all(); f->name; f++) {
        if (!f->write)
            continue;

        char *text = written(f->name, "p2c", CI_LENIENT);
        const char *line = strstr(text, "policy=ring(vnodes=100)-1 1000 ");

        for (size_t i = 0; i < ARRAY_LEN(name); i++)
            CU_ASSERT_PTR_NULL(strstr(text, name[i]));
        CU_ASSERT(!line || !strstr(line, "p99.9"));
        CU_ASSERT((line != NULL) == (strcmp(f->name, "gobench") == 0));
        free(text);
    }
}

static void json_formats_are_strict_json(void)
{
    static const char *const format[] = { "bmf", "gab", "gbench" };

    for (size_t i = 0; i < ARRAY_LEN(format); i++) {
        char *text = written(format[i], HOSTILE, CI_LENIENT);
        struct json_spots spots = { NULL, 0, 0 };
        struct json_fault fault;

        CU_ASSERT_EQUAL(json_check(text, strlen(text), &spots, &fault), 0);
        free(spots.spot);
        free(text);
    }
}

/* benchstat would take what stands behind the last "-" for a number of threads. */
static void a_go_benchmarks_name_is_one_word_with_its_own_suffix(void)
{
    char *text = written("gobench", "a b/c-12", CI_LENIENT);

    CU_ASSERT_PTR_NOT_NULL(strstr(text, "/policy=a%20b%2Fc-12-1 1000 "));
    free(text);
}

/* ---- sentences ---- */

static const struct {
    double value, low, high;
    enum metric_unit unit;
    const char *text;
} values[] = {
    { 312e6, 301e6, 323e6, METRIC_NS, "312 ms [301, 323]" },
    { 1.01e6, 9.9e5, 1.03e6, METRIC_NS, "1.01 ms [990 us, 1.03]" },
    { 312e6, NAN, NAN, METRIC_NS, "312 ms" },
    { NAN, 1, 2, METRIC_NS, "-" },
    { 0.0012, 0.001, 0.0014, METRIC_SHARE, "0.12 % [0.1, 0.14]" },
    { 1500, 1400, 1600, METRIC_PER_SECOND, "1.5 k/s [1.4, 1.6]" },
    { 1.25, 1.2, 1.3, METRIC_RATIO, "1.250x [1.200, 1.300]" },
    { 12, 11, 13, METRIC_COUNT, "12 [11, 13]" },
};

static void values_name_their_unit_once(void)
{
    char buf[CI_TEXT];

    for (size_t i = 0; i < ARRAY_LEN(values); i++)
        CU_ASSERT_STRING_EQUAL(ci_value(buf, values[i].unit, values[i].value, values[i].low,
                                        values[i].high), values[i].text);
}

static const struct { const char *asked, *subject; } subjects[] = {
    { "latency.p99 < 250ms", "latency.p99@p2c < 250ms" },
    { "latency.p99<250ms", "latency.p99@p2c<250ms" },
    { "latency.p99@p2c < 250ms", "latency.p99@p2c < 250ms" },
    { "latency.p99.9 < 250ms", "latency.p99.9 < 250ms" },
};

static void a_subject_names_its_policy_once(void)
{
    char buf[CI_TEXT];

    for (size_t i = 0; i < ARRAY_LEN(subjects); i++) {
        const struct gate_row r = { .kind = GATE_ASSERTION, .metric = "latency.p99",
                                    .policy = "p2c", .asked = subjects[i].asked };

        CU_ASSERT_STRING_EQUAL(ci_subject(buf, &r), subjects[i].subject);
    }
}

static void sentences_say_what_was_found(void)
{
    static const char *const wanted[ROWS] = {
        "error_rate@p2c < 0.1%: actual 0 % [0, 0], 10 seeds",
        "latency.p99@peak_ewma < 250ms: actual 312 ms [301, 323], 10 seeds",
        "latency.p99@maglev at most 5 % worse: +9.1 % [+7.2, +11.0], 312 ms against 286 ms, "
        "10 seeds",
        "latency.p50@maglev at most 5 % worse: +6 % [+2, +9], 950 us against 900 us, 5 seeds",
        "throughput@p2c at most 5 % worse: +15.0 % [+14.0, +16.0], 1.5 k/s against 1.3 k/s, "
        "5 seeds",
        "digest of w: not as recorded",
    };
    struct gate gate;
    char buf[CI_TEXT];

    fill_gate(&gate, "w");
    for (uint32_t i = 0; i < ROWS; i++)
        CU_ASSERT_STRING_EQUAL(ci_sentence(buf, &gate.row[i]), wanted[i]);
    CU_ASSERT_STRING_EQUAL(ci_advice(buf, &gate.row[1]), "w; why: w");
    CU_ASSERT_STRING_EQUAL(ci_advice(buf, &gate.row[3]),
                           "why: w; needs about 24 seeds, in the baseline too");
    gate.row[3].kind = GATE_ASSERTION;
    CU_ASSERT_STRING_EQUAL(ci_advice(buf, &gate.row[3]),
                           "why: w; needs about 24 seeds: rerun with -n 24");
    CU_ASSERT_STRING_EQUAL(ci_count(buf, &gate), "6 checks, 3 failed, 1 inconclusive, "
                                                 "1 better than the baseline");
    gate_fini(&gate);
}

static void a_side_without_a_value_is_said(void)
{
    struct gate_row r = { .kind = GATE_REGRESSION, .metric = "latency.p99", .policy = "p2c",
                          .asked = "at most 5 % worse", .value = NAN, .base = 229e6,
                          .change = { NAN, NAN, NAN, 0 }, .seeds = 10 };
    char buf[CI_TEXT];

    CU_ASSERT_STRING_EQUAL(ci_finding(buf, &r), "no value against 229 ms, 10 seeds");
    r.value = 5e6;
    r.base = NAN;
    CU_ASSERT_STRING_EQUAL(ci_finding(buf, &r), "5 ms against no value, 10 seeds");
}

static void long_words_are_cut_not_overrun(void)
{
    char *words = malloc(10000), *text;

    memset(words, '\033', 9999);
    words[9999] = '\0';
    for (const struct ci_format *f = ci_all(); f->name; f++) {
        if (!f->write)
            continue;
        text = written(f->name, words, CI_LENIENT);
        CU_ASSERT(strlen(text) > 0);
        free(text);
    }
    free(words);
}

/* GitHub shows ten of a level and drops the rest in silence. */
static void the_tenth_annotation_says_how_many_more(void)
{
    struct gate gate = { .rows = 0 };
    const struct ci_input in = { &gate, NULL, NULL, 0, &environment, CI_LENIENT };
    char *text = NULL;
    size_t length;
    FILE *f = open_memstream(&text, &length);
    uint32_t n = 0;

    for (uint32_t i = 0; i < 12; i++) {
        struct gate_row *r = gate_add(&gate);

        r->verdict = GATE_FAILED;
        r->scenario = r->file = r->asked = "x";
    }
    ci_find("github")->write(f, &in);
    fclose(f);
    for (const char *p = text; (p = strstr(p, "::error ")); p++)
        n++;
    CU_ASSERT_EQUAL(n, 10);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "::error title=lblab check::3 more: "));
    free(text);
    gate_fini(&gate);
}

/* ---- --format ---- */

static const struct { const char *list, *fault, *hint; uint32_t outputs; } parsed[] = {
    { "text", NULL, NULL, 1 },
    { "github,junit=lblab.xml,md=-", "--format: github and md cannot both go to stdout",
      "give one of them a file: md=lblab.md", 0 },
    { "text,github,junit=lblab.xml", NULL, NULL, 3 },
    { "github,text=-,tap=a.tap,csv=b.csv", NULL, NULL, 4 },
    { "junti", "--format: unknown format \"junti\"", "did you mean \"junit\"?", 0 },
    { "sarif", "--format: unknown format \"sarif\"",
      "text, json, junit, github, md, tap, bmf, gab, gobench, gbench, csv or openmetrics, with "
      "commas between", 0 },
    { "", "--format: unknown format \"\"", NULL, 0 },
    { "text,", "--format: unknown format \"\"", NULL, 0 },
    { "junit=", "--format: junit= needs the name of a file", NULL, 0 },
    { "junit=no/such/x.xml",
      "--format: junit=no/such/x.xml: its folder cannot be written to: No such file or directory",
      NULL, 0 },
    { "junit=/dev/null", "--format: junit=/dev/null: not a regular file", "junit=- is stdout", 0 },
    { "md=a,tap=a", "--format: md and tap go to the same file", NULL, 0 },
    { "text,text", "--format: text and text cannot both go to stdout", NULL, 0 },
    { "\033[31m", "--format: unknown format \"\\x1b[31m\"", NULL, 0 },
};

static void format_lists_are_parsed_or_told(void)
{
    for (size_t i = 0; i < ARRAY_LEN(parsed); i++) {
        struct ci_outputs outputs;
        struct err err;

        err_init(&err);

        int rc = ci_parse(&outputs, parsed[i].list, &err);

        if (parsed[i].fault) {
            CU_ASSERT_EQUAL(rc, -1);
            CU_ASSERT_STRING_EQUAL(err.item[0].what, parsed[i].fault);
            CU_ASSERT_STRING_EQUAL(err.item[0].code, "E023");
        } else {
            CU_ASSERT_EQUAL(rc, 0);
            CU_ASSERT_EQUAL(outputs.count, parsed[i].outputs);
        }
        if (parsed[i].hint)
            CU_ASSERT_STRING_EQUAL(err.item[0].hint, parsed[i].hint);
        ci_outputs_fini(&outputs);
    }
}

/* ---- where it goes ---- */

static void own(FILE *f, const struct ci_format *format, void *arg)
{
    fprintf(f, "%s by %s\n", format->name, (const char *)arg);
}

static char *read_back(const char *path)
{
    FILE *f = fopen(path, "r");
    char *text = NULL;
    size_t room = 0;

    if (!f)
        return NULL;
    if (getdelim(&text, &room, '\0', f) < 0)
        text[0] = '\0';
    fclose(f);
    return text;
}

static void outputs_go_to_their_places(void)
{
    char folder[] = "/tmp/lblab-ci-XXXXXX", list[128], xml[64], summary[64], *text = NULL, *file;
    char mine[] = "check";
    const struct ci_own ours = { own, mine };
    struct gate gate;
    const struct ci_input in = { &gate, NULL, NULL, 0, &environment, CI_LENIENT };
    struct ci_outputs outputs;
    struct err err;
    size_t length;

    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    snprintf(xml, sizeof xml, "%s/a.xml", folder);
    snprintf(summary, sizeof summary, "%s/summary", folder);
    snprintf(list, sizeof list, "text,github,junit=%s", xml);
    setenv("GITHUB_STEP_SUMMARY", summary, 1);
    err_init(&err);
    fill_gate(&gate, "w");
    CU_ASSERT_EQUAL(ci_parse(&outputs, list, &err), 0);
    for (int twice = 0; twice < 2; twice++) {
        FILE *f = open_memstream(&text, &length);

        CU_ASSERT_EQUAL(ci_write(&outputs, &in, f, &ours, &err), 0);
        fclose(f);
        CU_ASSERT(strncmp(text, "text by check\n::error file=w,", 29) == 0);
        free(text);
    }
    file = read_back(xml);
    CU_ASSERT(file && strncmp(file, "<?xml ", 6) == 0);
    free(file);
    file = read_back(summary);
    /* appended, not replaced */
    CU_ASSERT(file && strstr(file + 1, "### lblab check: 6 checks"));
    free(file);
    unlink(xml);
    unlink(summary);
    CU_ASSERT_EQUAL(rmdir(folder), 0);      /* nothing was left beside them */
    FILE *f = open_memstream(&text, &length);

    CU_ASSERT_EQUAL(ci_write(&outputs, &in, f, &ours, &err), -1);
    CU_ASSERT_EQUAL(err.exit_code, 3);
    fclose(f);
    free(text);
    unsetenv("GITHUB_STEP_SUMMARY");
    ci_outputs_fini(&outputs);
    gate_fini(&gate);
}

static const struct unit_test tests[] = {
    { "every format has its bytes", every_format_has_its_bytes },
    { "strangers' words are escaped", strangers_words_are_escaped },
    { "with --strict an inconclusive row fails", with_strict_an_inconclusive_row_fails },
    { "nothing of a stranger's acts", nothing_of_a_strangers_acts },
    { "benchmark formats have their lines", benchmark_formats_have_their_lines },
    { "a saturated percentile is in no format", a_saturated_percentile_is_in_no_format },
    { "JSON formats are strict JSON", json_formats_are_strict_json },
    { "a Go benchmark's name is one word with its own suffix",
      a_go_benchmarks_name_is_one_word_with_its_own_suffix },
    { "values name their unit once", values_name_their_unit_once },
    { "a subject names its policy once", a_subject_names_its_policy_once },
    { "sentences say what was found", sentences_say_what_was_found },
    { "a side without a value is said", a_side_without_a_value_is_said },
    { "long words are cut, not overrun", long_words_are_cut_not_overrun },
    { "the tenth annotation says how many more", the_tenth_annotation_says_how_many_more },
    { "--format lists are parsed or told", format_lists_are_parsed_or_told },
    { "outputs go to their places", outputs_go_to_their_places },
};

UNIT_MAIN("ci", tests)
