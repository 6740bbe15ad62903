/* cmd_remap.c - which share of the keys changes its backend: algorithms x numbers of backends. */
#include "load.h"
#include "remap_asked.h"
#include "sizes.h"
#include "verbs.h"

#include "../base/text.h"
#include "../base/xalloc.h"
#include "../report/report.h"

#include <stdlib.h>
#include <string.h>

static const char PRESET[] = "100";

enum { LOOKS = 4, PLACES = REPORT_REMAP_SIDE * REPORT_REMAP_SIDE };
enum form { TEXT, JSON, CSV };

/* Rows in the order in which they are told: all of one change, then all of the next. */
struct answer {
    struct report_remap_row *row;
    uint32_t rows;
    struct report_remap_look *look;         /* of the first number of backends */
    uint32_t looks;
    enum form form;
};

/* ---- measuring ---- */

static struct report_remap_requests by_request(const struct remap_question *q,
                                               const struct remap_tally *t)
{
    if (!q->given)
        return (struct report_remap_requests){ .requests = 0 };
    return (struct report_remap_requests){
        .requests = t->keys, .moved = t->moved, .unavoidable = t->unavoidable,
        .dropped = t->dropped, .max_over_mean = t->max_over_mean, .cv = t->cv,
    };
}

static int measure(struct cli *cli, const struct policy *policy, const struct remap_question *q,
                   const char *change, struct report_remap_row *out)
{
    struct remap_row row;

    if (remap_measure(policy, q, &row, &cli->err) < 0)
        return -1;
    *out = (struct report_remap_row){
        .algorithm = policy->label, .change = change, .backends = q->backends,
        .keys = row.by_key.keys, .moved = row.by_key.moved, .unavoidable = row.by_key.unavoidable,
        .dropped = row.by_key.dropped, .max_over_mean = row.by_key.max_over_mean,
        .cv = row.by_key.cv, .max_over_mean_after = row.max_over_mean_after,
        .cv_after = row.cv_after, .least = row.least, .table_bytes = row.table_bytes,
        .build_ns = row.build_ns, .rebuild_ns = row.rebuild_ns,
        .by_request = by_request(q, &row.by_request), .is_home_wanted = q->returns,
    };
    return 0;
}

/* What no policy could be asked is told once. */
static int check_sizes(struct cli *cli, const struct sizes *sizes, struct remap_question q)
{
    int rc = 0;

    for (uint32_t k = 0; k < sizes->count; k++) {
        q.backends = sizes->item[k];
        if (remap_check(&q, &cli->err) < 0)
            rc = -1;
    }
    return rc;
}

static int measure_all(struct cli *cli, const struct scenario *s, const struct sizes *sizes,
                       struct remap_question q, const char *change, struct answer *a)
{
    int rc = 0;

    for (uint32_t i = 0; i < s->policies; i++) {
        if (remap_check_policy(&s->policy[i], &q, &cli->err) < 0) {
            rc = -1;
            continue;
        }
        for (uint32_t k = 0; k < sizes->count; k++) {
            q.backends = sizes->item[k];
            if (measure(cli, &s->policy[i], &q, change, &a->row[a->rows]) == 0)
                a->rows++;
            else
                rc = -1;
        }
    }
    return rc;
}

static int look(struct cli *cli, const struct policy *policy, const struct remap_question *q,
                struct report_remap_look *out)
{
    struct remap_place *place = xcalloc(PLACES, sizeof *place);
    int rc = remap_look(policy, q, place, PLACES, &cli->err);

    out->algorithm = policy->label;
    out->backends = q->backends;
    for (uint32_t i = 0; rc == 0 && i < PLACES; i++)
        out->place[i] = (struct report_remap_place){ place[i].before, place[i].after,
                                                     place[i].had_to };
    free(place);
    return rc;
}

static int look_all(struct cli *cli, const struct scenario *s, const struct sizes *sizes,
                    struct remap_question q, struct answer *a)
{
    uint32_t most = s->policies < LOOKS ? s->policies : LOOKS;

    if (!cli->opt.plot && !cli->opt.wants_picture)
        return 0;
    a->look = xcalloc(most, sizeof *a->look);
    q.backends = sizes->item[0];
    for (; a->looks < most; a->looks++)
        if (look(cli, &s->policy[a->looks], &q, &a->look[a->looks]) < 0)
            return -1;
    return 0;
}

/* ---- telling ---- */

static int read_form(struct cli *cli, enum form *form)
{
    static const char *const word[] = { "text", "json", "csv", NULL };
    const char *asked = cli->opt.formats ? cli->opt.formats
                      : cli->opt.wants_json ? "json" : cli->opt.wants_csv ? "csv" : "text";
    char shown[64];

    if ((cli->opt.formats != NULL) + cli->opt.wants_json + cli->opt.wants_csv > 1)
        return err_input(&cli->err, "E023", "--format, --json and --csv: one of them at a time");
    for (*form = TEXT; word[*form]; (*form)++)
        if (strcmp(asked, word[*form]) == 0)
            return 0;
    return err_input(&cli->err, "E023", "--format: text, json or csv expected, found \"%s\"",
                     text_safe(shown, sizeof shown, asked, strlen(asked)));
}

static void print_answer(struct cli *cli, const struct answer *a)
{
    struct result_environment env;
    const struct report_style style = { .colour = cli->has_colors, .unicode = true,
                                        .columns = cli_columns(cli) };

    cli_environment(cli, &env);
    if (a->form == JSON)
        report_remap_json(cli->out, a->row, a->rows, &env);
    else if (a->form == CSV)
        report_remap_csv(cli->out, a->row, a->rows);
    else
        report_remap_table(cli->out, a->row, a->rows, &style);
    if (a->form == TEXT && cli->opt.wants_picture)
        report_remap_picture(cli->out, a->look, a->looks, &style);
}

static int plot(struct cli *cli, const struct answer *a)
{
    struct report_plots plots = { 0 };

    report_plot_remap(a->row, a->rows, cli->opt.plot, &plots);
    report_plot_remap_table(a->look, a->looks, a->row[0].change, cli->opt.plot, &plots);
    if (plots.is_gnuplot_missing || plots.failed)
        return err_input(&cli->err, "E901", "the figure could not be drawn: %s",
                         plots.is_gnuplot_missing ? "gnuplot is not installed"
                         : plots.fault ? plots.fault : "unknown"), 3;
    return 0;
}

static int answer(struct cli *cli, const struct scenario *s, const struct sizes *sizes,
                  const struct remap_asked *asked, struct answer *a)
{
    struct remap_question back = asked->question;

    if (check_sizes(cli, sizes, asked->question) < 0)
        return 2;

    int rc = measure_all(cli, s, sizes, asked->question, asked->change, a);

    back.returns = true;
    if (rc == 0 && asked->has_return)
        rc = measure_all(cli, s, sizes, back, asked->home, a);
    if (rc == 0)
        rc = look_all(cli, s, sizes, asked->question, a);
    if (a->rows)
        print_answer(cli, a);
    if (rc < 0)
        return 2;
    return cli->opt.plot ? plot(cli, a) : 0;
}

static int run(struct cli *cli)
{
    const char *list = cli->opt.algorithms ? cli->opt.algorithms : "ip_hash,ring_hash,maglev";
    struct loaded l = { .has_scenario = false };
    struct sizes sizes = { 0 };
    struct remap_asked asked = { .has_return = false };
    struct answer a = { .rows = 0 };
    int code = 2;

    if (read_form(cli, &a.form) == 0 && remap_asked_read(cli, &asked) == 0 &&
        sizes_read(cli, PRESET, &sizes) == 0 && load_policies(cli, list, &l) == 0) {
        a.row = xcalloc((size_t)2 * l.scenario.policies * sizes.count, sizeof *a.row);
        code = answer(cli, &l.scenario, &sizes, &asked, &a);
    }
    free(a.row);
    free(a.look);
    remap_asked_fini(&asked);
    sizes_fini(&sizes);
    load_fini(&l);
    return code;
}

static const struct opt opts[] = {
    OPT_ROW("algo", 'a', OPT_TEXT, algorithms, "LIST", "ip_hash,ring_hash,maglev",
            "policies that go by the key: ring_hash:vnodes=100, profile=haproxy-2.6:policy=source"),
    OPT_ROW("backends", 'N', OPT_TEXT, backends, "N", PRESET, "how many; also a list or 4..64"),
    OPT_ROW_UINT("remove", 0, remove, "K", "1", "take K away", 1, SIZES_MOST_BACKENDS),
    OPT_ROW_UINT("add", 0, add, "K", NULL, "add K instead", 1, SIZES_MOST_BACKENDS),
    OPT_ROW_UINT("crash", 0, crash, "K", NULL, "K go down, and stay in the configuration", 1,
                 SIZES_MOST_BACKENDS),
    OPT_ROW("return", 0, OPT_FLAG, returns, NULL, NULL,
            "then they come back: is every key home again?"),
    OPT_ROW("weight", 0, OPT_TEXT, weight, "I=W", NULL,
            "backend I, from 0, gets weight W; all had 1"),
    OPT_ROW("shuffle", 0, OPT_FLAG, shuffles, NULL, NULL,
            "the same backends, added in another order"),
    OPT_ROW("which", 0, OPT_TEXT, which, "WHICH", "middle",
            "those that go: first, middle, last or random; with --add --reload, where"),
    OPT_ROW("reload", 0, OPT_FLAG, reloads, NULL, NULL,
            "by a new process with a new configuration, not while it runs"),
    OPT_ROW("ids", 0, OPT_TEXT, ids, "OF", "name",
            "ids are made of the name, or of the position (preset of --reload)"),
    OPT_ROW("names", 0, OPT_TEXT, names, "TEXT", "app",
            "what backends are called: app is app[0] ..., 10.0.0.#:80 counts from 1"),
    OPT_ROW("keys", 0, OPT_TEXT, keys, "N|FILE", "100k",
            "so many made keys, or a file: one a line, or an access log's clients"),
    OPT_ROW("seed", 0, OPT_TEXT, seed, "N", "1", "of made keys, and of what is random"),
    OPT_ROW("format", 0, OPT_TEXT, formats, "FORMAT", "text", "text, json or csv"),
    OPT_ROW("csv", 0, OPT_FLAG, wants_csv, NULL, NULL, "the answer as CSV"),
    OPT_ROW("picture", 0, OPT_FLAG, wants_picture, NULL, NULL,
            "the owners of the key space too, before and after (text only)"),
    OPT_ROW("plot", 0, OPT_TEXT, plot, "DIR", NULL, "draw the figures into this folder"),
    OPT_ROW_PLUGIN, OPT_ROW_JSON, OPT_ROW_OUTPUT, OPT_ROWS_COMMON, OPT_END,
};

const struct verb verb_remap = {
    .name = "remap", .words = NULL,
    .summary = "which share of the keys moves when backends come or go; exact",
    .details = "Every key is asked for before and after.  No time is simulated.\n"
               "must: keys of backends that are no longer there, or that go to new ones; of a\n"
               "change of weight, the share of all weight that changes sides.",
    .examples = "lblab remap -a ring_hash,maglev --backends 100 --remove 1\n"
                "lblab remap -a maglev,maglev:table_size=5003 -N 4..64 --plot .\n"
                "lblab remap -a modulo_hash,maglev -N 10 --crash 2 --return\n"
                "lblab remap -a profile=haproxy-2.6:policy=source -N 10 --remove 1 --reload\n"
                "lblab remap -a ip_hash,source_hash -N 10 --keys access.log --json",
    .opts = opts, .run = run,
};
