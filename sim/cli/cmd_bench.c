/* cmd_bench.c - what a pick costs on this machine: algorithms x numbers of backends. */
#include "load.h"
#include "progress.h"
#include "sizes.h"
#include "verbs.h"

#include "../../algorithms/lb.h"
#include "../base/text.h"
#include "../base/xalloc.h"
#include "../bench/bench.h"
#include "../bench/tell.h"
#include "../report/ci.h"

#include <stdlib.h>
#include <string.h>

static const char SIZES[] = "8,64,512,10000,100000", TIME[] = "20ms";

/* ---- what is asked for ---- */

struct asked { struct sizes sizes; struct loaded loaded; struct ci_outputs outputs; nsec time; };

/* All built-in algorithms as a list for -a; wrappers pick nothing on their own. */
static char *all_algorithms(void)
{
    char *list = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&list, &size);

    if (!f)
        xalloc_failed();
    for (const struct lb_ops *const *ops = lb_all(); *ops; ops++)
        if (!((*ops)->traits & LB_WRAPS))
            fprintf(f, "%s%s", ops == lb_all() ? "" : ",", (*ops)->name);
    if (fclose(f) != 0)
        xalloc_failed();
    return list;
}

static int read_policies(struct cli *cli, struct loaded *l)
{
    char *all = cli->opt.algorithms ? NULL : all_algorithms();
    int rc = load_policies(cli, all ? all : cli->opt.algorithms, l);

    free(all);
    return rc;
}

static int read_time(struct cli *cli, nsec *time)
{
    const char *text = cli->opt.time ? cli->opt.time : TIME;
    char shown[64];

    if (text_duration(text, time) == 0 && *time > 0 && *time <= 3600 * SECOND)
        return 0;
    err_input(&cli->err, "E023", "--time: a duration over 0, at most 1h, expected, found \"%s\"",
              text_safe(shown, sizeof shown, text, strlen(text)));
    err_hint(&cli->err, "for example 20ms or 1s");
    return -1;
}

/* ---- formats ---- */

/* What --format knows, as tell_all() writes it. */
static const char *const formats[] = { "text", "json", "gobench", "gbench", NULL };

static int check_format(struct cli *cli, const char *name)
{
    const char *near;
    char shown[64];

    for (const char *const *f = formats; *f; f++)
        if (strcmp(*f, name) == 0)
            return 0;
    near = text_nearest(name, formats);
    err_input(&cli->err, "E023", "--format: \"%s\" is none of bench's formats",
              text_safe(shown, sizeof shown, name, strlen(name)));
    if (near)
        err_hint(&cli->err, "did you mean \"%s\"?", near);
    else
        err_hint(&cli->err, "text, json, gobench or gbench, with commas between");
    return -1;
}

static int check_formats(struct cli *cli, const char *list)
{
    char *copy = xstrdup(list), *rest = copy, *item;
    int rc = 0;

    while (rc == 0 && (item = strsep(&rest, ",")) != NULL) {
        item[strcspn(item, "=")] = '\0';
        rc = check_format(cli, item);
    }
    free(copy);
    return rc;
}

static int read_formats(struct cli *cli, struct ci_outputs *outputs)
{
    const char *list = cli->opt.formats ? cli->opt.formats : cli->opt.wants_json ? "json" : "text";

    if (cli->opt.wants_json && cli->opt.formats)
        return err_input(&cli->err, "E023", "--json and --format: one of them; json=FILE is a "
                                            "format too");
    return check_formats(cli, list) < 0 ? -1 : ci_parse(outputs, list, &cli->err);
}

/* ---- the answer ---- */

struct told { struct cli *cli; const struct bench *bench; };

static void write_format(FILE *out, const struct ci_format *format, void *arg)
{
    const struct told *t = arg;
    struct result_environment env;
    const struct report_style style = { .colour = t->cli->has_colors && out == t->cli->out,
                                        .unicode = true, .columns = cli_columns(t->cli) };

    cli_environment(t->cli, &env);
    if (strcmp(format->name, "json") == 0)
        tell_json(out, t->bench, &env);
    else if (strcmp(format->name, "gobench") == 0)
        tell_gobench(out, t->bench, &env);
    else if (strcmp(format->name, "gbench") == 0)
        tell_gbench(out, t->bench, &env);
    else
        tell_text(out, t->bench, &style);
}

static uint32_t count_measured(const struct bench *b)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < b->rows; i++)
        n += !b->row[i].refused;
    return n;
}

static int tell_nothing(struct cli *cli, const struct bench_row *row)
{
    char why[TELL_REFUSED];

    err_input(&cli->err, "E107", "%s with %u backends: %s", row->algorithm, row->backends,
              tell_refused(why, row));
    return 2;
}

/* Rows that were refused stand among the others; nothing but such is no answer. */
static int tell(struct cli *cli, const struct bench *b, const struct ci_outputs *outputs)
{
    struct told told = { cli, b };
    const struct ci_own own = { write_format, &told };

    if (count_measured(b) == 0)
        return tell_nothing(cli, &b->row[0]);
    return ci_write_own(outputs, cli->out, &own, &cli->err) < 0 ? 3 : 0;
}

/* ---- measuring ---- */

static void tell_progress(uint32_t done, uint32_t all, void *arg)
{
    const struct run_progress now = { .share = (double)done / all, .cells = all, .done = done };

    progress_tell(&now, arg);
}

static int measure(struct cli *cli, const struct asked *a)
{
    const struct bench_plan plan = {
        .policy = a->loaded.scenario.policy, .policies = a->loaded.scenario.policies,
        .backends = a->sizes.item, .sizes = a->sizes.count,
        .rounds = cli->opt.rounds, .time = a->time,
    };
    struct progress progress;
    struct bench bench;
    int code = 3;

    progress_init(&progress, cli->opt.progress, cli->opt.is_quiet);

    const struct bench_listener listener = { tell_progress, &progress };

    if (bench_run(&bench, &plan, &listener, &cli->err) == 0) {
        progress_clear(&progress);
        code = tell(cli, &bench, &a->outputs);
    }
    progress_clear(&progress);
    bench_fini(&bench);
    return code;
}

static int run(struct cli *cli)
{
    struct asked a = { .time = 0 };
    int code = 2;

    if (sizes_read(cli, SIZES, &a.sizes) == 0 && read_time(cli, &a.time) == 0
        && read_formats(cli, &a.outputs) == 0 && read_policies(cli, &a.loaded) == 0)
        code = measure(cli, &a);
    ci_outputs_fini(&a.outputs);
    sizes_fini(&a.sizes);
    load_fini(&a.loaded);
    return code;
}

static const struct opt opts[] = {
    OPT_ROW("algo", 'a', OPT_TEXT, algorithms, "LIST", "all that are built in",
            "these: -a ring_hash:vnodes=100,maglev"),
    OPT_ROW("backends", 'N', OPT_TEXT, backends, "N", SIZES, "how many; also a list or 4..64"),
    OPT_ROW("time", 0, OPT_TEXT, time, "T", TIME,
            "CPU time for the picks of a row, as much for those with completions"),
    OPT_ROW_UINT("rounds", 0, rounds, "N", "9", "each measures everything once; 6 for an interval",
                 1, BENCH_MOST_ROUNDS),
    OPT_ROW("format", 0, OPT_TEXT, formats, "LIST", "text",
            "NAME or NAME=FILE: text, json, gobench (benchstat), gbench"),
    OPT_ROW("progress", 0, OPT_WHEN, progress, "WHEN", "auto", "a bar on stderr"),
    OPT_ROW_PLUGIN, OPT_ROW_JSON, OPT_ROW_OUTPUT, OPT_ROWS_COMMON, OPT_END,
};

const struct verb verb_bench = {
    .name = "bench", .words = NULL,
    .summary = "what a pick costs here, in ns and bytes; the simulator's speed",
    .details = "Weights are 1 to 10 where the algorithm knows weights.  CPU time of one thread.",
    .examples = "lblab bench -a maglev,ring_hash,p2c --backends 512\n"
                "lblab bench --format gobench=new.txt --rounds 20\n"
                "lblab bench -a least_conn -N 8,100000 --time 1s --json",
    .opts = opts, .run = run,
};
