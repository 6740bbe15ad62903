/* test_report.c - what a reader sees: widths, words for what has no value, nothing unescaped. */
#include "unit.h"

#include "../../sim/report/columns.h"
#include "../../sim/report/plot.h"
#include "../../sim/report/report.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

static const char *const policies[] = { "round_robin", "\033[31mred `id` 'q' {x}_y \xff" };
static const char *const backends[] = { "app[0]", "app[1]" };
static const double workers[] = { 1, 1 };
static const struct result_event events[] = {
    { 3 * SECOND, 5 * SECOND, "slow `date` app[1]", false } };

struct made {
    struct record record[2];
    const struct record *at[2];
    struct result_plan plan;
    struct result result;
};

/* Policy 0 is offered too much at app[1]; of policy 1, `failed` of 100 requests fail. */
static void make(struct made *m, uint32_t failed, bool is_stationary)
{
    m->plan = (struct result_plan){
        .scenario = "shop", .title = "A title", .sha256 = "9f3c1e", .first_seed = 7,
        .policies = 2, .replications = 1, .policy = policies, .backends = 2, .backend = backends,
        .backend_workers = workers, .percentile = { 50, 90, 99, 99.9 }, .percentiles = 4,
        .slo = 250 * MILLISECOND, .is_stationary = is_stationary, .events = 1, .event = events };
    for (uint32_t p = 0; p < 2; p++) {
        struct record *r = &m->record[p];

        record_init(r, 2);
        r->policy = p;
        r->seed = 7;
        r->slice_width = SECOND;
        r->slices = 12;
        r->arrivals_end = r->end = 12 * SECOND;
        for (uint32_t i = 0; i < 12; i++) {
            for (uint64_t k = 1; k <= 100 - p * failed; k++) {
                hist_record(&r->slice[i].latency, k * MILLISECOND);
                r->slice[i].latency_sum += k * MILLISECOND;
                r->slice[i].ended[OUTCOME_OK]++;
            }
            r->slice[i].born = 100;
            r->slice[i].ended[OUTCOME_TIMEOUT] = p * failed;
            *record_backend(r, 1, i) = (struct record_backend_slice){
                .picked = 100, .served = 50, .latency_sum = 50 * MILLISECOND * (i + 1),
                .offered = p == 0 ? SECOND + SECOND / 10 : 0, .backlog = 10 * (i + 1) };
        }
        m->at[p] = r;
    }
    result_make(&m->result, &m->plan, m->at);
}

static void drop(struct made *m)
{
    result_fini(&m->result);
    record_fini(&m->record[0]);
    record_fini(&m->record[1]);
}

static char *table(const struct result *r, bool colour, bool unicode, uint32_t columns)
{
    char *text = NULL;
    size_t length;
    FILE *f = open_memstream(&text, &length);

    report_table(f, r, &(struct report_style){ colour, unicode, columns });
    fclose(f);
    return text;
}

static uint32_t widest(char *text)
{
    uint32_t most = 0;

    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        most = columns_width(line) > most ? columns_width(line) : most;
    return most;
}

static void table_fits_its_columns(void)
{
    static const uint32_t columns[] = { 60, 66, 72, 80, 120 };
    struct made m;

    for (uint32_t failed = 0; failed <= 100; failed += 20) {
        make(&m, failed, failed % 40 == 0);
        for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
            char *text = table(&m.result, false, true, columns[i]);

            CU_ASSERT(widest(text) <= columns[i]);
            free(text);
        }
        drop(&m);
    }
}

static void table_names_the_saturated_backend(void)
{
    struct made m;
    char *text;

    make(&m, 0, true);
    text = table(&m.result, false, true, 80);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "round_robin: saturated. app[1] was offered 110 % of its"));
    free(text);
    drop(&m);
}

static void table_says_failed_where_a_percentile_is_infinite(void)
{
    struct made m;
    char *text;

    make(&m, 20, false);
    text = table(&m.result, false, true, 80);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "failed  failed"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "20 % of the requests failed, 240 timeout"));
    CU_ASSERT_PTR_NULL(strstr(text, "capacity"));
    free(text);
    drop(&m);
}

/* An event of which there is nothing to say leaves no line, and no blank one either. */
static void table_tells_what_an_event_broke(void)
{
    struct result_remap row = { .policy = 0, .event = 0 };
    struct made m;
    char *text;

    make(&m, 0, false);
    m.result.remap = &row;
    m.result.remaps = 1;
    text = table(&m.result, false, true, 80);
    CU_ASSERT_PTR_NULL(strstr(text, "round_robin: "));
    CU_ASSERT(strlen(text) > 2 && strcmp(text + strlen(text) - 2, "\n\n") != 0);
    free(text);
    row.broken = 12;
    text = table(&m.result, false, true, 80);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(text, "\n\n  round_robin: slow `date` app[1]: 12 connections broken\n"));
    free(text);
    row = (struct result_remap){ .keys = 1000, .moved = 110, .unavoidable = 100, .broken = 1 };
    text = table(&m.result, false, true, 120);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "11 % of keys moved, 10 % had to; 1 connection broken\n"));
    free(text);
    row = (struct result_remap){ .broken = 10 };
    m.result.plan.replications = 4;
    text = table(&m.result, false, true, 120);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "2.5 connections broken per seed\n"));
    free(text);
    m.result.remap = NULL;
    m.result.remaps = 0;
    drop(&m);
}

/* What stands in place of percentiles is not cut either, and the p50 is no better than the p99. */
static void a_saturated_policy_has_no_percentile_at_all(void)
{
    struct made m;
    char *text;

    make(&m, 0, true);
    for (uint32_t i = 0; i < 12; i++)
        m.record[0].slice[i].open = 20 * i;
    result_fini(&m.result);
    m.plan.events = 0;
    result_make(&m.result, &m.plan, m.at);
    text = table(&m.result, false, true, 80);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "saturated, +20/s     0 %"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "grew in number for the whole run, by 20/s"));
    free(text);
    drop(&m);
}

static void what_the_scenario_shows_has_a_table(void)
{
    static const char *const show[] = { "goodput", "error_rate", "retries.per_request", "requests",
                                        "connections.broken" };
    struct made m;
    char *text;

    make(&m, 20, false);
    text = table(&m.result, false, true, 80);
    CU_ASSERT_PTR_NULL(strstr(text, "goodput"));
    free(text);
    m.result.plan.show = show;
    m.result.plan.shows = 5;
    m.result.plan.hasher = "edge";
    m.result.plan.hashed = "key (maglev)";
    text = table(&m.result, false, true, 80);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, " goodput  error_rate  retries.per_request"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "        20 %               0.000x"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "  hashed at edge: key (maglev).\n"));
    CU_ASSERT(widest(text) <= 80);
    free(text);
    drop(&m);
}

static void names_are_cut_in_the_middle_and_stay_apart(void)
{
    static const char *const names[] = { "ring_hash(vnodes=100,load_bound=2)",
                                         "ring_hash(vnodes=200,load_bound=2)", "p2c" };
    char buf[COLUMNS_CELL], other[COLUMNS_CELL];
    uint32_t width = columns_distinct(names, 3, 12);

    CU_ASSERT_STRING_EQUAL(columns_name(buf, "weighted_round_robin", 11), "weigh..obin");
    CU_ASSERT_STRING_EQUAL(columns_name(buf, "p2c", 11), "p2c");
    CU_ASSERT_STRING_EQUAL(columns_name(buf, "\u00e4\u00e4\u00e4\u00f6\u00f6\u00f6", 5),
                           "\u00e4\u00e4..\u00f6");
    CU_ASSERT(width > 12);
    CU_ASSERT_STRING_NOT_EQUAL(columns_name(buf, names[0], width),
                               columns_name(other, names[1], width));
    CU_ASSERT_EQUAL(columns_distinct(names, 1, 12), 12);
}

static void plain_output_is_plain(void)
{
    struct made m;
    char *text;
    bool is_ascii = true;

    make(&m, 1, true);
    text = table(&m.result, false, false, 80);
    for (const char *p = text; *p; p++)
        is_ascii = is_ascii && ((*p >= ' ' && *p < 127) || *p == '\n');
    CU_ASSERT(is_ascii);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\\x1b[31mred"));
    free(text);
    text = table(&m.result, true, true, 80);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\033["));
    free(text);
    drop(&m);
}

static char *quoted(void (*quote)(FILE *, const char *), const char *what)
{
    char *text = NULL;
    size_t length;
    FILE *f = open_memstream(&text, &length);

    quote(f, what);
    fclose(f);
    return text;
}

static void gnuplot_text_cannot_end_its_string(void)
{
    static const struct { const char *text, *plain, *bold; } rows[] = {
        { "p2c", "'p2c'", "'{/:Bold p2c}'" },
        { "it's", "'it''s'", "'{/:Bold it''s}'" },
        { "`id`", "'`id`'", "'{/:Bold `id`}'" },
        { "a_b^{c}@&~", "'a_b^{c}@&~'", "'{/:Bold a\\_b\\^\\{c\\}\\@\\&\\~}'" },
        { "x\ny", "'x\\x0ay'", "'{/:Bold x\\\\x0ay}'" },
        { "'; system(\"id\") #", "'''; system(\"id\") #'", "'{/:Bold ''; system(\"id\") #}'" },
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *plain = quoted(plot_quote, rows[i].text), *bold = quoted(plot_bold, rows[i].text);

        CU_ASSERT_STRING_EQUAL(plain, rows[i].plain);
        CU_ASSERT_STRING_EQUAL(bold, rows[i].bold);
        free(plain);
        free(bold);
    }
}

static void colours_go_by_algorithm(void)
{
    CU_ASSERT_STRING_EQUAL(plot_colour("p2c"), plot_colour("p2c(choices=5)"));
    CU_ASSERT_STRING_NOT_EQUAL(plot_colour("p2c"), plot_colour("round_robin"));
    CU_ASSERT_STRING_EQUAL(plot_colour("something new"), plot_colour("something new"));
}

static void axes_are_cut_at_1_2_5(void)
{
    CU_ASSERT_DOUBLE_EQUAL(plot_nice_below(3), 2, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(plot_nice_above(3), 5, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(plot_nice_above(5), 5, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(plot_nice_above(5.01), 10, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(plot_nice_below(0.0009), 0.0005, 1e-12);
}

static void templates_are_in_the_binary(void)
{
    static const char *const names[] = { "style.gp",  "percentiles.gp", "timeline.gp", "shown.gp",
                                         "shares.gp", "remap.gp",       "remap_n.gp" };

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        CU_ASSERT_PTR_NOT_NULL(plot_template(names[i]));
    CU_ASSERT_PTR_NULL(plot_template("no.gp"));
}

static bool has_file(const char *folder, const char *name)
{
    char path[256];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return access(path, R_OK) == 0;
}

static void clean(const char *folder)
{
    char command[256];

    snprintf(command, sizeof command, "rm -rf %s", folder);
    CU_ASSERT_EQUAL(system(command), 0);
}

/* With gnuplot the pictures are there; without it the means to draw them by hand are. */
static void figures_or_their_sources_are_left(void)
{
    char folder[] = "/tmp/lblab-test-XXXXXX";
    struct report_plots status;
    struct made m;

    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    make(&m, 1, true);
    report_plot(&m.result, folder, &status);
    CU_ASSERT(has_file(folder, "percentiles.gp") && has_file(folder, "percentiles.dat"));
    CU_ASSERT(has_file(folder, "percentiles-settings.gp") && has_file(folder, "style.gp"));
    CU_ASSERT_EQUAL(status.drawn + status.failed, 3);
    CU_ASSERT(status.is_gnuplot_missing || status.failed == 0);
    CU_ASSERT(status.is_gnuplot_missing || has_file(folder, "timeline.svg"));
    CU_ASSERT(status.is_gnuplot_missing || has_file(folder, "shares.png"));
    drop(&m);
    clean(folder);
}

static void without_gnuplot_nothing_is_lost_but_the_pictures(void)
{
    char folder[] = "/tmp/lblab-test-XXXXXX";
    char *path = strdup(getenv("PATH") ? getenv("PATH") : "");
    struct report_plots status;
    struct made m;

    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    make(&m, 0, true);
    setenv("PATH", "/nonexistent", 1);
    report_plot(&m.result, folder, &status);
    setenv("PATH", path, 1);
    free(path);
    CU_ASSERT(status.is_gnuplot_missing);
    CU_ASSERT_EQUAL(status.drawn, 0);
    CU_ASSERT(has_file(folder, "timeline.gp") && has_file(folder, "timeline.dat"));
    CU_ASSERT(!has_file(folder, "timeline.svg"));
    drop(&m);
    clean(folder);
}

static void remap_json_has_shares(void)
{
    static const struct report_remap_row rows[] = {
        { .algorithm = "maglev", .change = "remove 1", .backends = 10, .keys = 1000, .moved = 110,
          .unavoidable = 100, .max_over_mean = 1.01, .table_bytes = 262148, .build_ns = 1e6 } };
    static const struct result_environment environment = { .version = "0.1" };
    char *text = NULL;
    size_t length;
    FILE *f = open_memstream(&text, &length);

    report_remap_json(f, rows, 1, &environment);
    fclose(f);

    cJSON *root = cJSON_Parse(text);
    cJSON *row =
        cJSON_GetArrayItem(cJSON_GetObjectItem(cJSON_GetObjectItem(root, "result"), "rows"), 0);

    CU_ASSERT_PTR_NOT_NULL_FATAL(row);
    CU_ASSERT_DOUBLE_EQUAL(cJSON_GetObjectItem(row, "moved")->valuedouble, 0.11, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(cJSON_GetObjectItem(row, "excess")->valuedouble, 0.01, 1e-9);
    CU_ASSERT_STRING_EQUAL(cJSON_GetObjectItem(root, "schema")->valuestring, "lblab-remap/1");
    cJSON_Delete(root);
    free(text);
}

static const struct unit_test tests[] = {
    { "table_fits_its_columns", table_fits_its_columns },
    { "table_names_the_saturated_backend", table_names_the_saturated_backend },
    { "table_says_failed_where_a_percentile_is_infinite",
      table_says_failed_where_a_percentile_is_infinite },
    { "a_saturated_policy_has_no_percentile_at_all", a_saturated_policy_has_no_percentile_at_all },
    { "what_the_scenario_shows_has_a_table", what_the_scenario_shows_has_a_table },
    { "names_are_cut_in_the_middle_and_stay_apart", names_are_cut_in_the_middle_and_stay_apart },
    { "table_tells_what_an_event_broke", table_tells_what_an_event_broke },
    { "plain_output_is_plain", plain_output_is_plain },
    { "gnuplot_text_cannot_end_its_string", gnuplot_text_cannot_end_its_string },
    { "colours_go_by_algorithm", colours_go_by_algorithm },
    { "axes_are_cut_at_1_2_5", axes_are_cut_at_1_2_5 },
    { "templates_are_in_the_binary", templates_are_in_the_binary },
    { "figures_or_their_sources_are_left", figures_or_their_sources_are_left },
    { "without_gnuplot_nothing_is_lost_but_the_pictures",
      without_gnuplot_nothing_is_lost_but_the_pictures },
    { "remap_json_has_shares", remap_json_has_shares },
};

UNIT_MAIN("report", tests)
