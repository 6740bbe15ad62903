/* cmd_remap.c - which share of the keys changes its backend: algorithms x numbers of backends. */
#include "load.h"
#include "verbs.h"

#include "../base/text.h"
#include "../base/xalloc.h"
#include "../report/report.h"
#include "../run/remap.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_BACKENDS = 1000000, MOST_SIZES = 4096, PRESET_BACKENDS = 100 };

struct sizes { uint32_t *item, count; };

static int add_size(struct cli *cli, struct sizes *s, uint32_t n)
{
    if (s->count == MOST_SIZES)
        return err_input(&cli->err, "E023", "--backends: more than %d numbers", MOST_SIZES);
    s->item = xrealloc(s->item, s->count + 1, sizeof *s->item);
    s->item[s->count++] = n;
    return 0;
}

static int bad_size(struct cli *cli, const char *text)
{
    char shown[64];

    err_input(&cli->err, "E023", "--backends: a number, a list or a range expected, found \"%s\"",
              text_safe(shown, sizeof shown, text, strlen(text)));
    err_hint(&cli->err, "for example 100, or 8,64,512, or 4..64, or 100..1000/100");
    return -1;
}

/* "64", "4..64" or "100..1000/100". */
static int add_range(struct cli *cli, struct sizes *s, char *text)
{
    char *dots = strstr(text, ".."), *slash = dots ? strchr(dots, '/') : NULL;
    uint32_t from, to, step = 1;

    if (dots)
        *dots = '\0';
    if (slash)
        *slash = '\0';
    if (opt_number(text, 1, MOST_BACKENDS, &from) < 0)
        return bad_size(cli, text);
    to = from;
    if (dots && opt_number(dots + 2, from, MOST_BACKENDS, &to) < 0)
        return bad_size(cli, dots + 2);
    if (slash && opt_number(slash + 1, 1, MOST_BACKENDS, &step) < 0)
        return bad_size(cli, slash + 1);
    for (uint32_t n = from; n <= to; n += step)
        if (add_size(cli, s, n) < 0)
            return -1;
    return 0;
}

static int read_sizes(struct cli *cli, struct sizes *s)
{
    if (!cli->opt.backends)
        return add_size(cli, s, PRESET_BACKENDS);

    char *copy = xstrdup(cli->opt.backends), *rest = copy, *part;
    int rc = 0;

    while (rc == 0 && (part = strsep(&rest, ",")) != NULL)
        rc = add_range(cli, s, part);
    free(copy);
    return rc;
}

static uint32_t changed_by(const struct cli *cli)
{
    uint32_t asked = cli->opt.add ? cli->opt.add : cli->opt.remove;

    return asked ? asked : 1;
}

static int measure(struct cli *cli, const struct policy *policy, uint32_t backends,
                   const char *change, struct report_remap_row *out)
{
    const struct remap_question question = {
        .backends = backends,
        .change = cli->opt.add ? REMAP_ADD : REMAP_REMOVE,
        .by = changed_by(cli),
        .keys = cli->opt.keys,
        .seed = 1,
    };
    struct remap_row row;

    if (remap_measure(policy, &question, &row, &cli->err) < 0)
        return -1;
    *out = (struct report_remap_row){
        .algorithm = policy->label, .change = change, .backends = backends, .keys = cli->opt.keys,
        .moved = row.moved, .unavoidable = row.unavoidable, .max_over_mean = row.max_over_mean,
        .table_bytes = row.table_bytes, .build_ns = row.build_ns,
    };
    return 0;
}

static void print_rows(struct cli *cli, const struct report_remap_row *rows, uint32_t count)
{
    struct result_environment env;
    const struct report_style style = { .colour = cli->has_colors, .unicode = true,
                                        .columns = cli_columns(cli) };

    cli_environment(cli, &env);
    if (cli->opt.wants_json)
        report_remap_json(cli->out, rows, count, &env);
    else if (cli->opt.wants_csv)
        report_remap_csv(cli->out, rows, count);
    else
        report_remap_table(cli->out, rows, count, &style);
}

static int plot(struct cli *cli, const struct report_remap_row *rows, uint32_t count)
{
    struct report_plots plots = { 0 };

    report_plot_remap(rows, count, cli->opt.plot, &plots);
    if (plots.is_gnuplot_missing || plots.failed)
        return err_input(&cli->err, "E901", "the figure could not be drawn: %s",
                         plots.is_gnuplot_missing ? "gnuplot is not installed"
                         : plots.fault ? plots.fault : "unknown"), 3;
    return 0;
}

static int measure_all(struct cli *cli, const struct scenario *s, const struct sizes *sizes)
{
    uint32_t count = s->policies * sizes->count, done = 0;
    struct report_remap_row *rows = xcalloc(count, sizeof *rows);
    char change[32];

    snprintf(change, sizeof change, "%s %u", cli->opt.add ? "add" : "remove",
             changed_by(cli));
    for (uint32_t i = 0; i < s->policies; i++)
        for (uint32_t k = 0; k < sizes->count; k++)
            if (measure(cli, &s->policy[i], sizes->item[k], change, &rows[done]) == 0)
                done++;

    int code = done < count ? 2 : 0;

    if (done)
        print_rows(cli, rows, done);
    if (done && !code && cli->opt.plot)
        code = plot(cli, rows, done);
    free(rows);
    return code;
}

static int run(struct cli *cli)
{
    const char *list = cli->opt.algorithms ? cli->opt.algorithms : "ip_hash,ring_hash,maglev";
    struct loaded l = { .has_scenario = false };
    struct sizes sizes = { 0 };
    int code = 2;

    if (cli->opt.add && cli->opt.remove)
        err_input(&cli->err, "E023", "--add and --remove: one of them at a time");
    else if (read_sizes(cli, &sizes) == 0 && load_policies(cli, list, &l) == 0)
        code = measure_all(cli, &l.scenario, &sizes);
    free(sizes.item);
    load_fini(&l);
    return code;
}

static const struct opt opts[] = {
    OPT_ROW("algo", 'a', OPT_TEXT, algorithms, "LIST", "ip_hash,ring_hash,maglev",
            "algorithms that go by the key: -a ring_hash:vnodes=100,maglev"),
    OPT_ROW("backends", 'N', OPT_TEXT, backends, "N", "100", "how many; also a list or 4..64"),
    OPT_ROW_UINT("remove", 0, remove, "K", "1", "take the middle K away", 1, MOST_BACKENDS),
    OPT_ROW_UINT("add", 0, add, "K", NULL, "add K instead", 1, MOST_BACKENDS),
    OPT_ROW_UINT("keys", 0, keys, "N", "100k", "how many keys are asked for", 1, 100000000),
    OPT_ROW("csv", 0, OPT_FLAG, wants_csv, NULL, NULL, "the answer as CSV"),
    OPT_ROW("plot", 0, OPT_TEXT, plot, "DIR", NULL, "draw the figure into this folder"),
    OPT_ROW_PLUGIN, OPT_ROW_JSON, OPT_ROW_OUTPUT, OPT_ROWS_COMMON, OPT_END,
};

const struct verb verb_remap = {
    .name = "remap", .words = NULL,
    .summary = "which share of the keys moves when backends come or go; exact",
    .details = "Every key is asked for before and after.  No time is simulated.",
    .examples = "lblab remap -a ring_hash,maglev --backends 100 --remove 1\n"
                "lblab remap -a maglev,maglev:table_size=5003 -N 4..64\n"
                "lblab remap --add 10 --keys 1M --json",
    .opts = opts, .run = run,
};
