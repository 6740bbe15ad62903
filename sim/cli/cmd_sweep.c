/* cmd_sweep.c - one axis: every point x policy x seed in one crew of workers; a table, how far each
 * policy meets an SLO and where its knee is, a folder under results/ with the hockey stick. */
#include "simulate.h"
#include "sweep_points.h"
#include "tell_result.h"
#include "verbs.h"

#include "../base/text.h"
#include "../base/xalloc.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_SIZE = 4096, SLO_TEXT = 200 };

/* What is looked at. */
struct aim {
    struct arena arena;
    const struct metric *metric;
    double percentile;
    struct assertion slo;
    bool has_slo;
};

/* ---- the metric ---- */

static int read_metric(struct aim *aim, struct cli *cli)
{
    const char *name = cli->opt.sweep_metric ? cli->opt.sweep_metric : "latency.p99";
    char shown[80];

    aim->metric = metric_find(name, &aim->percentile);
    if (aim->metric)
        return 0;
    err_input(&cli->err, "E023", "--metric: unknown metric \"%s\"",
              text_safe(shown, sizeof shown, name, strlen(name)));
    err_hint(&cli->err, "for example latency.p99; list them with: lblab list metrics");
    return -1;
}

static bool is_measured(const struct scenario *s, const struct aim *aim)
{
    for (uint32_t i = 0; i < s->measure.percentiles; i++)
        if (fabs(s->measure.percentile[i] - aim->percentile) < 1e-9)
            return true;
    return !metric_is_percentile(aim->metric);
}

/* A percentile that the scenario does not measure is added to those that it does: per seed there
 * are no others.  NULL when nothing is to be set. */
static char *more_percentiles(const struct scenario *s, const struct aim *aim)
{
    char *text = NULL;
    size_t length = 0;
    FILE *f = is_measured(s, aim) ? NULL : open_memstream(&text, &length);
    bool is_put = false;

    if (!f)
        return NULL;
    fputs("measure.percentiles=[", f);
    for (uint32_t i = 0; i < s->measure.percentiles; i++) {
        if (!is_put && s->measure.percentile[i] > aim->percentile) {
            fprintf(f, "%.10g,", aim->percentile);
            is_put = true;
        }
        fprintf(f, "%.10g%s", s->measure.percentile[i],
                i + 1 < s->measure.percentiles || !is_put ? "," : "");
    }
    fprintf(f, is_put ? "]" : "%.10g]", aim->percentile);
    fclose(f);
    return text;
}

/* ---- the SLO ---- */

static int tell_slo(struct cli *cli, const char *what, const char *hint)
{
    err_input(&cli->err, "E180", "--slo: %s", what);
    err_hint(&cli->err, "%s", *hint ? hint : "like --slo '< 100ms'");
    return -1;
}

/* An assertion without its metric: '< 100ms'. */
static int parse_slo(struct aim *aim, struct cli *cli, const char *text)
{
    struct assertion_fault fault;
    char that[SLO_TEXT], metric[48];

    metric_show_name(metric, sizeof metric, aim->metric, aim->percentile);
    if (snprintf(that, sizeof that, "%s %s", metric, text) >= (int)sizeof that)
        return tell_slo(cli, "too long", "");
    if (assertion_parse(&aim->slo, that, &aim->arena, &fault) < 0)
        return tell_slo(cli, fault.what, fault.hint);
    if (aim->slo.right.metric)
        return tell_slo(cli, "a value expected, found another metric", "");
    aim->has_slo = true;
    return 0;
}

/* Without --slo, measure.slo is the limit of a latency. */
static int read_slo(struct aim *aim, struct cli *cli, const struct scenario *s)
{
    char text[64];

    if (cli->opt.sweep_slo)
        return parse_slo(aim, cli, cli->opt.sweep_slo);
    if (!s->measure.slo || aim->metric->unit != METRIC_NS)
        return 0;
    snprintf(text, sizeof text, "< %.9gms", (double)s->measure.slo / (double)MILLISECOND);
    return parse_slo(aim, cli, text);
}

/* ---- the answer ---- */

static void draw(const struct sweep *s, const struct sweep_answer *answers, const char *folder,
                 void *arg)
{
    char path[PATH_SIZE];

    if (snprintf(path, sizeof path, "%s/plots", folder) < (int)sizeof path)
        report_plot_sweep(s, answers, path, arg);
}

static void print_footer(struct cli *cli, const struct sweep *s,
                         const struct result_environment *env, const struct report_plots *plots,
                         const char *folder)
{
    char shown[PATH_SIZE], count[32], time[32];
    uint64_t requests = 0;

    for (uint32_t i = 0; i < s->points; i++)
        for (uint32_t p = 0; p < s->point[i].result->plan.policies; p++)
            requests += s->point[i].result->policy[p].requests;
    fprintf(cli->out, "\n  %s requests, %s\n  %s/\n",
            text_show_count(count, sizeof count, (double)requests),
            text_show_duration(time, sizeof time, env->wall_s * (double)SECOND),
            text_safe(shown, sizeof shown, folder, strlen(folder)));
    if (plots->drawn)
        fputs("  figure in plots/: sweep.svg\n", cli->out);
}

static int tell(struct cli *cli, const struct sweep *s)
{
    uint32_t policies = s->point[0].result->plan.policies;
    struct sweep_answer *answers = xcalloc(policies, sizeof *answers);
    struct report_plots plots = { 0 };
    const struct sweep_writer writer = { .draw = cli->opt.wants_plots ? draw : NULL,
                                         .arg = &plots };
    const struct report_style style = tell_style(cli);
    struct result_environment env;
    char folder[PATH_SIZE];
    int code = 3;

    sweep_answer(s, answers);
    cli_environment(cli, &env);
    if (sweep_write(s, answers, &env, cli->opt.results, &writer, folder, sizeof folder,
                    &cli->err) == 0) {
        code = 0;
        tell_figures(cli, &plots, folder);
        cli_tell(cli);
        if (cli->opt.wants_json) {
            sweep_json(cli->out, s, answers, &env);
        } else if (cli->opt.wants_csv) {
            sweep_csv(cli->out, s);
        } else {
            report_sweep_table(cli->out, s, answers, &style);
            print_footer(cli, s, &env, &plots, folder);
        }
    }
    free(answers);
    return code;
}

/* ---- the run ---- */

static int simulate(struct cli *cli, const struct loaded *l, const struct sweep_points *p,
                    const struct aim *aim)
{
    uint32_t n = p->axis.values;
    const struct scenario **scenario = xcalloc(n, sizeof *scenario);
    struct result *result = xcalloc(n, sizeof *result);
    struct sweep_point *point = xcalloc(n, sizeof *point);
    const struct sweep sweep = {
        .effective = l->scenario.effective,
        .label = p->axis.label, .path = p->axis.path, .unit = p->axis.unit,
        .has_knee = p->axis.has_knee, .point = point, .points = n,
        .metric = aim->metric, .percentile = aim->percentile,
        .slo = aim->has_slo ? &aim->slo : NULL,
    };

    for (uint32_t i = 0; i < n; i++) {
        scenario[i] = &p->scenario[i];
        point[i] = (struct sweep_point){ p->axis.value[i].text, p->axis.value[i].x, &result[i] };
    }

    int code = simulate_all(cli, scenario, n, result);

    if (code == 0) {
        code = tell(cli, &sweep);
        for (uint32_t i = 0; i < n; i++)
            result_fini(&result[i]);
    }
    free(scenario);
    free(result);
    free(point);
    return code;
}

static int dry_run(struct cli *cli, const struct scenario *s, const struct sweep_points *p)
{
    struct run_estimate e;
    char requests[32], events[32], memory[32], shown[80];

    sweep_points_estimate(p, &e);
    fprintf(cli->out, "%s: %" PRIu32 " points x %" PRIu32 " %s x %" PRIu32
                      " seed%s = %" PRIu32 " cells, about %s requests, %s events, %s a cell\n",
            s->name, p->axis.values, s->policies, s->policies == 1 ? "policy" : "policies",
            s->run.replications, s->run.replications == 1 ? "" : "s", e.cells,
            text_show_count(requests, sizeof requests, e.requests),
            text_show_count(events, sizeof events, e.events),
            text_show_bytes(memory, sizeof memory, e.memory_bytes));
    for (uint32_t i = 0; i < p->axis.values; i++)
        fprintf(cli->out, "%s%s", i ? ", " : "  ",
                text_safe(shown, sizeof shown, p->axis.value[i].text,
                          strlen(p->axis.value[i].text)));
    fputc('\n', cli->out);
    return 0;
}

static int sweep(struct cli *cli, const struct loaded *l, struct aim *aim)
{
    char *percentiles = more_percentiles(&l->scenario, aim);
    const char *const more[] = { percentiles, NULL };
    struct sweep_points points;
    int code = 2;

    if (sweep_points_load(&points, cli, l, more) == 0 &&
        sweep_points_check_size(&points, &cli->err) == 0) {
        cli_tell(cli);
        code = cli->opt.is_dry_run ? dry_run(cli, &l->scenario, &points)
                                   : simulate(cli, l, &points, aim);
    }
    sweep_points_fini(&points);
    free(percentiles);
    return code;
}

static int run(struct cli *cli)
{
    struct aim aim = { .metric = NULL };
    struct loaded l;
    int code = 2;

    if (load_scenario_unasserted(cli, cli->words.item[0], &l) == 0 &&
        read_metric(&aim, cli) == 0 && read_slo(&aim, cli, &l.scenario) == 0)
        code = sweep(cli, &l, &aim);
    load_fini(&l);
    arena_fini(&aim.arena);
    return code;
}

static const struct opt opts[] = {
    OPT_ROW("path", 0, OPT_TEXT, sweep_path, "PATH", NULL,
            "what varies, as after -s: backends.app.count"),
    OPT_ROW("values", 0, OPT_TEXT, sweep_values, "LIST", NULL,
            "its values: 8,16,32 or 8..16/2 or 200/s..900/s/100/s"),
    OPT_ROW("load", 0, OPT_TEXT, sweep_load, "LIST", NULL,
            "instead: share of the busiest pool's capacity, 20%..95%/5%"),
    OPT_ROW("metric", 0, OPT_TEXT, sweep_metric, "METRIC", "latency.p99", "what is looked at"),
    OPT_ROW("slo", 0, OPT_TEXT, sweep_slo, "LIMIT", "measure.slo",
            "how far does it hold: --slo '< 100ms'"),
    OPT_ROWS_SCENARIO,
    OPT_ROWS_SIMULATE,
    OPT_ROW("no-plots", 0, OPT_NOT, wants_plots, NULL, NULL, "draw no figure"),
    OPT_ROW("dry-run", 0, OPT_FLAG, is_dry_run, NULL, NULL, "say what would be run, run nothing"),
    OPT_ROW("csv", 0, OPT_FLAG, wants_csv, NULL, NULL, "the answer as CSV"),
    OPT_ROW_PLUGIN, OPT_ROW_JSON, OPT_ROW_OUTPUT, OPT_ROWS_COMMON, OPT_END,
};

const struct verb verb_sweep = {
    .name = "sweep", .words = "SCENARIO", .min_words = 1, .max_words = 1,
    .summary = "one axis: the hockey stick, its knee, how far an SLO holds",
    .details = "Every point runs the same seeds: the k-th request has the same work everywhere.\n"
               "--load scales the rates of all clients.  Without --path or --load the axis is\n"
               "the scenario's \"sweep\".  Interrupted, the same command resumes.",
    .examples = "lblab sweep scenarios/basics/hockey-stick.json\n"
                "lblab sweep my.json --load 20%..95%/5% --slo '< 100ms' -a rr,p2c,least_conn\n"
                "lblab sweep my.json --path backends.app.count --values 8..16/1 -n 10 --json",
    .opts = opts, .run = run,
};
