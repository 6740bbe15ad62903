/* cmd_run.c - every policy x seed of a scenario: a table on stdout, a folder under results/. */
#include "tell_result.h"
#include "load.h"
#include "simulate.h"
#include "verbs.h"

#include "../base/text.h"

#include <string.h>

static int dry_run(struct cli *cli, const struct scenario *s)
{
    struct run_estimate e;
    char requests[32], events[32], memory[32];

    run_estimate(s, &e);
    fprintf(cli->out, "%s: %u %s x %u seed%s = %u cell%s, about %s requests, %s events, "
                      "%s a cell\n", s->name, s->policies, s->policies == 1 ? "policy" : "policies",
            s->run.replications, s->run.replications == 1 ? "" : "s", e.cells,
            e.cells == 1 ? "" : "s",
            text_show_count(requests, sizeof requests, e.requests),
            text_show_count(events, sizeof events, e.events),
            text_show_bytes(memory, sizeof memory, e.memory_bytes));
    return 0;
}

/* A shard has no answer yet: it says what it has left, and how to go on. */
static int tell_shard(struct cli *cli)
{
    char shown[200];

    if (!cli->opt.is_quiet)
        fprintf(stderr, "lblab: shard %s is done; when all are: lblab merge %s\n", cli->opt.shard,
                text_safe(shown, sizeof shown, cli->opt.results, strlen(cli->opt.results)));
    return 0;
}

static int simulate(struct cli *cli, const struct scenario *s)
{
    struct result result;
    int code = simulate_all(cli, &s, 1, &result);

    if (code != 0)
        return code;
    if (cli->opt.shard)
        return tell_shard(cli);
    code = tell_result(cli, &result);
    result_fini(&result);
    return code;
}

/* --resume DIR is --results DIR where something has been left. */
static int resume(struct cli *cli, const struct scenario *s)
{
    const char *folder = cli->opt.resume;
    struct arena arena = { .last = NULL };
    struct run_found *found;
    uint32_t n, ours = 0;
    char shown[200];

    if (!folder)
        return 0;
    if (run_status(&folder, 1, &arena, &found, &n, &cli->err) != 0)
        return -1;
    for (uint32_t i = 0; i < n; i++)
        ours += strcmp(found[i].scenario, s->name) == 0;
    arena_fini(&arena);
    cli->opt.results = folder;
    if (ours)
        return 0;
    err_input(&cli->err, "E916", "there is nothing of \"%s\" to resume in %s", s->name,
              text_safe(shown, sizeof shown, folder, strlen(folder)));
    err_hint(&cli->err, "expected the folder of --results of the run that was stopped; a finished "
                        "run leaves nothing to resume");
    return -1;
}

static int check(struct cli *cli, const struct scenario *s)
{
    if (run_check_size(s, &cli->err) != 0)
        return -1;
    if (cli->opt.shard && s->run.until.within > 0) {
        err_input(&cli->err, "E917", "a stop rule (run.until) cannot be dealt out to shards");
        err_hint(&cli->err, "how many seeds are needed shows only when all are put together: give "
                            "\"replications\" instead");
        return -1;
    }
    return resume(cli, s);
}

static int run(struct cli *cli)
{
    struct loaded l;
    int code = 2;

    if (load_scenario(cli, cli->words.item[0], &l) == 0 && check(cli, &l.scenario) == 0) {
        cli_tell(cli);
        code = cli->opt.is_dry_run ? dry_run(cli, &l.scenario) : simulate(cli, &l.scenario);
    }
    load_fini(&l);
    return code;
}

static const struct opt opts[] = {
    OPT_ROWS_SCENARIO,
    OPT_ROW_ASSERT,
    OPT_ROW("until", 0, OPT_TEXT, until, "SHARE", NULL,
            "more seeds until p99 is known within 2%, at most run.until.most"),
    OPT_ROWS_SIMULATE,
    OPT_ROW("shard", 0, OPT_TEXT, shard, "I/N", NULL,
            "do the I-th of N parts of the cells, for lblab merge"),
    OPT_ROW("resume", 0, OPT_TEXT, resume, "DIR", NULL,
            "do only what is not done yet in this results folder"),
    OPT_ROW("no-plots", 0, OPT_NOT, wants_plots, NULL, NULL, "draw no figures"),
    OPT_ROW("dry-run", 0, OPT_FLAG, is_dry_run, NULL, NULL, "say what would be run, run nothing"),
    OPT_ROW("verbose", 'v', OPT_COUNT, verbose, NULL, NULL, "more on stderr"),
    OPT_ROW_PLUGIN, OPT_ROW_JSON, OPT_ROW_OUTPUT, OPT_ROWS_COMMON, OPT_END,
};

const struct verb verb_run = {
    .name = "run", .words = "SCENARIO", .min_words = 1, .max_words = 1,
    .summary = "every policy x seed of a scenario: table, result folder, figures",
    .details = "Interrupted, it keeps the finished cells; the same command resumes.",
    .examples = "lblab run scenarios/tails/rr-vs-ewma.json\n"
                "lblab run my.json -a rr,least_conn,peak_ewma -s clients.web.arrival.rate=2k/s\n"
                "lblab run my.json --seed 7 --until 2% --json | jq .result.policies",
    .opts = opts, .run = run,
};
