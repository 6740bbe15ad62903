/* cmd_run.c - every policy x seed of a scenario: a table on stdout, a folder under results/. */
#include "load.h"
#include "print_err.h"
#include "progress.h"
#include "signals.h"
#include "verbs.h"

#include "../base/text.h"
#include "../report/report.h"
#include "../run/run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STOPPED = 128, PATH_SIZE = 4096 };

static struct report_style style_of(const struct cli *cli)
{
    return (struct report_style){ .colour = cli->has_colors, .unicode = true,
                                  .columns = cli_columns(cli) };
}

static int dry_run(struct cli *cli, const struct scenario *s)
{
    struct run_estimate e;
    char requests[32], events[32], memory[32];

    run_estimate(s, &e);
    fprintf(cli->out, "%s: %u policies x %u seeds = %u cells, about %s requests, %s events, "
                      "%s a cell\n", s->name, s->policies, s->run.replications, e.cells,
            text_show_count(requests, sizeof requests, e.requests),
            text_show_count(events, sizeof events, e.events),
            text_show_bytes(memory, sizeof memory, e.memory_bytes));
    return 0;
}

static int tell_stopped(const struct progress *p)
{
    int number = *signals_flag();

    fprintf(stderr, "lblab: stopped after %u of %u cells; finished ones are kept, the same command "
                    "resumes\n", p->done, p->cells);
    return STOPPED + number;
}

/* The figures, in the folder's plots/ before it appears. */
static void draw(const struct result *result, const char *folder, void *arg)
{
    char path[PATH_SIZE];

    if (snprintf(path, sizeof path, "%s/plots", folder) >= (int)sizeof path)
        return;
    if (mkdir(path, 0777) == 0 || errno == EEXIST)
        report_plot(result, path, arg);
}

static void warn_of_figures(struct cli *cli, const struct report_plots *plots, const char *folder)
{
    if (plots->is_gnuplot_missing) {
        snprintf(err_add(&cli->err, ERR_WARNING, "W901")->what, 320,
                 "no figures: gnuplot is not installed");
        err_hint(&cli->err, "apt install gnuplot-nox; data and scripts are in %s/plots", folder);
    } else if (plots->failed) {
        snprintf(err_add(&cli->err, ERR_WARNING, "W902")->what, 320,
                 "%u figure%s could not be drawn: %s", plots->failed, plots->failed > 1 ? "s" : "",
                 plots->fault ? plots->fault : "unknown");
    }
}

static void print_text(struct cli *cli, const struct result *result,
                       const struct report_plots *plots, const char *folder, double wall)
{
    const struct report_style style = style_of(cli);
    char shown[PATH_SIZE];

    report_table(cli->out, result, &style);
    fputs("\n  ", cli->out);
    report_footer(cli->out, result, wall);
    fprintf(cli->out, "\n  %s/\n", text_safe(shown, sizeof shown, folder, strlen(folder)));
    for (uint32_t i = 0; i < plots->drawn && i < REPORT_FIGURES; i++)
        fprintf(cli->out, "%s%s.svg", i ? ", " : "  figures in plots/: ", plots->name[i]);
    if (plots->drawn)
        fputc('\n', cli->out);
}

static int print_json(struct cli *cli, const struct result *result,
                      const struct result_environment *env, const char *folder)
{
    char *text = result_json(result, env);
    size_t length = strlen(text);

    fputs(text, cli->out);
    if (length && text[length - 1] != '\n')
        fputc('\n', cli->out);
    free(text);
    if (cli->opt.verbose)
        fprintf(stderr, "lblab: %s/\n", folder);
    return 0;
}

static int answer(struct cli *cli, const struct result *result)
{
    struct result_environment env;
    struct report_plots plots = { 0 };
    const struct result_writer writer = { .draw = cli->opt.wants_plots ? draw : NULL,
                                          .arg = &plots };
    char folder[PATH_SIZE];

    cli_environment(cli, &env);
    if (result_write(result, &env, cli->opt.results, &writer, folder, sizeof folder, &cli->err) < 0)
        return 3;
    warn_of_figures(cli, &plots, folder);
    cli_tell(cli);
    if (cli->opt.wants_json)
        return print_json(cli, result, &env, folder);
    print_text(cli, result, &plots, folder, env.wall_s);
    return 0;
}

static int simulate(struct cli *cli, const struct scenario *s)
{
    struct progress progress;
    struct result result;
    const struct run_options options = {
        .jobs = cli->opt.jobs,
        .results = cli->opt.results,
        .progress = progress_tell,
        .arg = &progress,
        .stop = signals_flag(),
    };

    signals_catch();
    progress_init(&progress, cli->opt.progress, cli->opt.is_quiet);

    int rc = run_scenario(s, &options, &result, &cli->err);

    progress_clear(&progress);
    if (progress.resumed && !cli->opt.is_quiet)
        fprintf(stderr, "lblab: %u of %u cells were done before\n", progress.resumed,
                progress.cells);
    if (rc)
        return rc > 0 ? tell_stopped(&progress) : 3;

    int code = answer(cli, &result);

    result_fini(&result);
    return code;
}

static int run(struct cli *cli)
{
    struct loaded l;
    int code = 2;

    if (load_scenario(cli, cli->words.item[0], &l) == 0
        && run_check_size(&l.scenario, &cli->err) == 0) {
        cli_tell(cli);
        code = cli->opt.is_dry_run ? dry_run(cli, &l.scenario) : simulate(cli, &l.scenario);
    }
    load_fini(&l);
    return code;
}

static const struct opt opts[] = {
    OPT_ROWS_SCENARIO,
    OPT_ROW_UINT("jobs", 'j', jobs, "N", "CPUs", "worker processes; same result", 1, 1024),
    OPT_ROW("results", 0, OPT_TEXT, results, "DIR", "results", "where the result folder goes"),
    OPT_ROW("no-plots", 0, OPT_NOT, wants_plots, NULL, NULL, "draw no figures"),
    OPT_ROW("dry-run", 0, OPT_FLAG, is_dry_run, NULL, NULL, "say what would be run, run nothing"),
    OPT_ROW("progress", 0, OPT_WHEN, progress, "WHEN", "auto", "a bar: auto, always or never"),
    OPT_ROW("verbose", 'v', OPT_COUNT, verbose, NULL, NULL, "more on stderr"),
    OPT_ROW_PLUGIN, OPT_ROW_JSON, OPT_ROW_OUTPUT, OPT_ROWS_COMMON, OPT_END,
};

const struct verb verb_run = {
    .name = "run", .words = "SCENARIO", .min_words = 1, .max_words = 1,
    .summary = "every policy x seed of a scenario: table, result folder, figures",
    .details = "Interrupted, it keeps the finished cells; the same command resumes.",
    .examples = "lblab run scenarios/tails/rr-vs-ewma.json\n"
                "lblab run my.json -a rr,least_conn,peak_ewma -s clients.web.arrival.rate=2k/s\n"
                "lblab run my.json --seed 7 -n 20 --json | jq .result.policies",
    .opts = opts, .run = run,
};
