/* cmd_check.c - for CI: do the assertions hold, is it no worse than the baseline, is it exactly
 * what the golden file says?  Everything that can be wrong with the input is told before the first
 * cell is simulated. */
#include "check.h"
#include "simulate.h"
#include "verbs.h"

#include "../base/text.h"
#include "../base/xalloc.h"
#include "../report/ci.h"
#include "../run/run.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { INCONCLUSIVE = 4, MOST_METRICS = 64 };

/* ---- options ---- */

static int bad_option(struct cli *cli, const char *name, const char *text, const char *expected)
{
    char shown[80];

    err_input(&cli->err, "E023", "--%s: %s expected, found \"%s\"", name, expected,
              text_safe(shown, sizeof shown, text, strlen(text)));
    return -1;
}

static int read_limits(struct check *c)
{
    const struct options *o = &c->cli->opt;
    nsec least = 100 * MICROSECOND;

    /* a change of the share of failed requests by one in ten thousand matters to nobody */
    c->limits = (struct gate_limits){ .max_regression = 0.05, .min_effect = 1e-4 };
    if (o->max_regression && text_fraction(o->max_regression, &c->limits.max_regression) < 0)
        return bad_option(c->cli, "max-regression", o->max_regression, "a share such as 5%");
    if (o->min_effect && text_duration(o->min_effect, &least) < 0)
        return bad_option(c->cli, "min-effect", o->min_effect, "a duration such as 0.1ms");
    c->limits.min_effect_ns = (double)least;
    return 0;
}

static int add_metric(struct check *c, const char *name)
{
    double percentile;
    const struct metric *m = metric_find(name, &percentile);
    char shown[80];

    if (!m)
        return bad_option(c->cli, "metric", name, "a metric such as latency.p99");
    if (m->better == METRIC_NEITHER)
        return err_input(&c->cli->err, "E023", "--metric: more or less %s is neither better nor "
                         "worse", text_safe(shown, sizeof shown, name, strlen(name)));
    if (c->metrics == MOST_METRICS)
        return err_input(&c->cli->err, "E023", "--metric: more than %d", MOST_METRICS);
    c->metric[c->metrics++] = name;
    return 0;
}

static int read_metrics(struct check *c)
{
    char *rest, *name;
    int rc = 0;

    if (!c->cli->opt.metrics)
        return 0;
    c->metric = xcalloc(MOST_METRICS, sizeof *c->metric);
    c->metric_list = rest = xstrdup(c->cli->opt.metrics);
    while (rc == 0 && (name = strsep(&rest, ",")) != NULL)
        rc = add_metric(c, name);
    return rc;
}

static int read_options(struct check *c, struct ci_outputs *outputs)
{
    const struct options *o = &c->cli->opt;
    int rc = read_limits(c) | read_metrics(c);

    if (o->wants_fresh && !o->baseline)
        rc = err_input(&c->cli->err, "E023", "--fresh-seeds: only with --baseline");
    if (o->metrics && !o->baseline)
        rc = err_input(&c->cli->err, "E023", "--metric: only with --baseline");
    if (o->wants_json && o->formats)
        rc = err_input(&c->cli->err, "E023", "--json and --format: one of them; json=FILE is a "
                                             "format too");
    if (ci_parse(outputs, o->wants_json ? "json" : o->formats ? o->formats : "text",
                 &c->cli->err) < 0)
        rc = -1;
    return rc;
}

/* ---- loading ---- */

/* The seeds of what it is held against; what the command line says goes first. */
static void choose_seeds(const struct check *c, const struct check_item *item, uint64_t *first,
                         uint32_t *count)
{
    *count = 0;
    if (item->has_baseline) {
        *first = item->baseline.plan.first_seed;
        *count = item->baseline.plan.replications;
        if (c->cli->opt.wants_fresh)
            *first += *count;
    } else if (item->golden) {
        *count = golden_seeds(item->golden, first);
    }
}

/* Loaded a second time, so that the scenario as run says so. */
static int load_with_seeds(struct check *c, struct check_item *item)
{
    struct options *o = &c->cli->opt;
    const struct options before = *o;
    struct err told = c->cli->err;
    char seed[32], replications[16];
    uint64_t first;
    uint32_t count;
    int rc;

    choose_seeds(c, item, &first, &count);
    if (!count)
        return 0;
    snprintf(seed, sizeof seed, "%" PRIu64, first);
    snprintf(replications, sizeof replications, "%" PRIu32, count);
    o->seed = o->seed ? o->seed : seed;
    o->replications = o->replications ? o->replications : replications;
    load_fini(&item->loaded);
    rc = load_scenario(c->cli, item->path, &item->loaded);
    *o = before;
    if (rc < 0)
        return -1;
    item->loaded.scenario.run.until.within = 0;     /* as many as they were, no rule */
    c->cli->err = told;
    return 0;
}

static int load_item(struct check *c, struct check_item *item)
{
    if (load_scenario(c->cli, item->path, &item->loaded) < 0 ||
        check_read_baseline(c, item) < 0 || check_find_golden(c, item) < 0 ||
        load_with_seeds(c, item) < 0)
        return -1;
    return run_check_size(&item->loaded.scenario, &c->cli->err);
}

static bool has_anything_to_check(const struct check *c)
{
    for (uint32_t i = 0; i < c->items; i++)
        if (c->item[i].loaded.scenario.assertions || c->item[i].has_baseline || c->item[i].golden)
            return true;
    return c->cli->opt.write_golden != NULL;
}

static int load_all(struct check *c)
{
    int rc = check_find(c) | check_read_golden(c) | check_baseline_is_there(c);

    if (rc < 0)
        return -1;
    for (uint32_t i = 0; i < c->items; i++)
        rc |= load_item(c, &c->item[i]);
    if (rc < 0 || has_anything_to_check(c))
        return rc;
    err_input(&c->cli->err, "E311", "there is nothing to check");
    err_hint(&c->cli->err, c->cli->opt.baseline || c->cli->opt.golden
                               ? "no scenario has an \"assert\", and what was given to hold them "
                                 "against speaks of none of them"
                               : "no scenario has an \"assert\", and there is no -A, --baseline or "
                                 "--golden");
    return -1;
}

/* ---- running ---- */

static int simulate(struct check *c)
{
    const struct scenario **scenario = xcalloc(c->items, sizeof *scenario);
    struct result *result = xcalloc(c->items, sizeof *result);
    int code;

    for (uint32_t i = 0; i < c->items; i++)
        scenario[i] = &c->item[i].loaded.scenario;
    code = simulate_all(c->cli, scenario, c->items, result);
    for (uint32_t i = 0; code == 0 && i < c->items; i++) {
        c->item[i].result = result[i];
        c->item[i].has_result = true;
    }
    free(scenario);
    free(result);
    return code;
}

/* ---- rows ---- */

static int add_regressions(struct check *c, const struct check_item *item)
{
    uint32_t before = c->gate.rows;

    for (uint32_t m = 0; m < c->metrics; m++)
        gate_regressions(&c->gate, &item->result, &item->baseline, item->path, &c->limits,
                         c->metric[m]);
    if (!c->metrics)
        gate_regressions(&c->gate, &item->result, &item->baseline, item->path, &c->limits, NULL);
    if (c->gate.rows > before)
        return 0;
    err_input(&c->cli->err, "E301", "the baseline of \"%s\" has nothing in common with this run",
              item->result.plan.scenario);
    err_hint(&c->cli->err, "a policy and a metric that both have; write a new baseline with run");
    return -1;
}

static int make_rows(struct check *c)
{
    int code = 0;

    for (uint32_t i = 0; i < c->items; i++) {
        const struct check_item *item = &c->item[i];

        gate_assertions(&c->gate, &item->result, item->path);
        if (item->has_baseline && add_regressions(c, item) < 0)
            code = 2;
        if (check_golden_rows(c, item) < 0)
            return 3;
    }
    c->corrected = gate_correct(&c->gate);
    return code;
}

static int verdict(const struct check *c)
{
    if (gate_count(&c->gate, GATE_FAILED))
        return 1;
    return c->cli->opt.is_strict && gate_count(&c->gate, GATE_INCONCLUSIVE) ? INCONCLUSIVE : 0;
}

static int check(struct check *c, const struct ci_outputs *outputs)
{
    int code;

    if (load_all(c) < 0)
        return 2;
    cli_tell(c->cli);
    code = simulate(c);
    if (code == 0)
        code = make_rows(c);
    if (code != 0)
        return code;
    if (check_tell(c, outputs) < 0 || check_write_golden(c) < 0)
        return 3;
    return verdict(c);
}

static void fini(struct check *c)
{
    for (uint32_t i = 0; i < c->items; i++) {
        struct check_item *item = &c->item[i];

        if (item->has_baseline)
            result_fini(&item->baseline);
        if (item->has_result)
            result_fini(&item->result);
        load_fini(&item->loaded);
        free(item->path);
    }
    free(c->item);
    free(c->metric);
    free(c->metric_list);
    golden_fini(&c->golden);
    gate_fini(&c->gate);
}

static int run(struct cli *cli)
{
    struct check c = { .cli = cli };
    struct ci_outputs outputs = { .count = 0 };
    int code = read_options(&c, &outputs) < 0 ? 2 : check(&c, &outputs);

    if (code == 2)
        ci_write_faults(cli->out, &outputs, &cli->err);
    ci_outputs_fini(&outputs);
    fini(&c);
    return code;
}

static const struct opt opts[] = {
    OPT_ROW("baseline", 0, OPT_TEXT, baseline, "PATH", NULL,
            "a result to be no worse than: result.json, its folder, or a folder of them by name"),
    OPT_ROW("max-regression", 0, OPT_TEXT, max_regression, "SHARE", "5%",
            "how much worse than the baseline is still right"),
    OPT_ROW("min-effect", 0, OPT_TEXT, min_effect, "T", "0.1ms",
            "changes of a latency up to this never matter"),
    OPT_ROW("metric", 0, OPT_TEXT, metrics, "LIST", NULL,
            "compare only these: latency.p99,error_rate"),
    OPT_ROW("fresh-seeds", 0, OPT_FLAG, wants_fresh, NULL, NULL,
            "seeds that the baseline has not seen; compared without pairs"),
    OPT_ROW("golden", 0, OPT_TEXT, golden, "FILE", NULL,
            "every attempt must be as this file says"),
    OPT_ROW("write-golden", 0, OPT_TEXT, write_golden, "FILE", NULL,
            "write such a file of this run"),
    OPT_ROW("strict", 0, OPT_FLAG, is_strict, NULL, NULL, "inconclusive is exit 4"),
    OPT_ROW("format", 0, OPT_TEXT, formats, "LIST", "text",
            "NAME or NAME=FILE: text, json, github, junit, md, tap, csv, bmf ..."),
    OPT_ROW_ASSERT, OPT_ROWS_SCENARIO, OPT_ROWS_SIMULATE,
    OPT_ROW("verbose", 'v', OPT_COUNT, verbose, NULL, NULL, "rows that are right too"),
    OPT_ROW_PLUGIN, OPT_ROW_JSON, OPT_ROW_OUTPUT, OPT_ROWS_COMMON, OPT_END,
};

const struct verb verb_check = {
    .name = "check", .words = "PATH...", .min_words = 1, .max_words = UINT32_MAX,
    .summary = "for CI: assertions, regression against a baseline, golden digests",
    .details = "PATH is a scenario, or a folder of them.  Exit 0: all is right; 1: something\n"
               "failed; 4: inconclusive, with --strict; 2: the input is wrong.",
    .examples = "lblab check scenarios/\n"
                "lblab check my.json --baseline results/my/latest --max-regression 3%\n"
                "lblab check scenarios/ --baseline baseline/ --format github,junit=lblab.xml\n"
                "lblab check my.json --write-golden my.golden\n"
                "lblab check my.json --golden my.golden -A 'latency.p99@p2c < 20ms'",
    .opts = opts, .run = run,
};
