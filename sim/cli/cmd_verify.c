/* cmd_verify.c - the simulator against theory and published results, a line a check. */
#include "answer.h"
#include "progress.h"
#include "verbs.h"

#include "../base/text.h"
#include "../base/xalloc.h"
#include "../report/columns.h"
#include "../verify/verify.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_JOBS = 1024, WIDTH = 79, ID_COLUMNS = 33, NUMBER = 32 };

/* ---- which groups ---- */

struct chosen { const struct verify_group **group; uint32_t count; };

static int add_group(struct cli *cli, struct chosen *c, const char *name)
{
    const char *names[64];
    char shown[64];
    uint32_t n = 0;

    for (const struct verify_group *const *g = verify_groups(); *g; g++) {
        if (strcmp((*g)->name, name) == 0) {
            c->group[c->count++] = *g;
            return 0;
        }
        if (n < ARRAY_LEN(names) - 1)
            names[n++] = (*g)->name;
    }
    names[n] = NULL;
    err_input(&cli->err, "E024", "verify: unknown group \"%s\"",
              text_safe(shown, sizeof shown, name, strlen(name)));

    const char *near = text_nearest(name, names);

    if (near)
        err_hint(&cli->err, "did you mean \"%s\"?   lblab verify --list names them", near);
    else
        err_hint(&cli->err, "lblab verify --list names them");
    return -1;
}

static bool is_chosen(const struct chosen *c, const char *name)
{
    for (uint32_t i = 0; i < c->count; i++)
        if (strcmp(c->group[i]->name, name) == 0)
            return true;
    return false;
}

/* The groups named, once each; all of them when none is. */
static int choose(struct cli *cli, struct chosen *c)
{
    uint32_t all = 0;
    int rc = 0;

    while (verify_groups()[all])
        all++;
    c->group = xcalloc(all, sizeof *c->group);
    for (uint32_t i = 0; i < cli->words.count; i++)
        if (!is_chosen(c, cli->words.item[i]) && add_group(cli, c, cli->words.item[i]) < 0)
            rc = -1;
    for (uint32_t i = 0; i < all && cli->words.count == 0; i++)
        c->group[c->count++] = verify_groups()[i];
    return rc;
}

static int list_groups(struct cli *cli)
{
    enum { ABOUT = 12 };

    for (const struct verify_group *const *g = verify_groups(); *g; g++) {
        fprintf(cli->out, "%-*s", ABOUT, (*g)->name);
        columns_wrap(cli->out, (*g)->about, ABOUT, ABOUT, WIDTH);
    }
    return 0;
}

/* ---- the answer ---- */

static const char *number(char buf[NUMBER], double x)
{
    snprintf(buf, NUMBER, "%.4g", x);
    return buf;
}

/* "5.013 [4.98, 5.05]", without an interval where there was no chance. */
static void write_got(char *buf, size_t size, const struct verify_row *row)
{
    char got[NUMBER], low[NUMBER], high[NUMBER];

    if (isnan(row->low))
        snprintf(buf, size, "%s", number(got, row->got));
    else
        snprintf(buf, size, "%s [%s, %s]", number(got, row->got), number(low, row->low),
                 number(high, row->high));
}

static void print_detail(FILE *out, const char *what, const char *text)
{
    fprintf(out, "       %-8s", what);
    columns_wrap(out, text, 15, 15, WIDTH);
}

/* A line a check; two when the name of the check leaves no room. */
static void print_row(FILE *out, const struct verify_row *row, const struct report_style *style,
                      bool has_detail)
{
    char expected[NUMBER], got[3 * NUMBER + 8], numbers[5 * NUMBER + 16];
    int width;

    write_got(got, sizeof got, row);
    snprintf(numbers, sizeof numbers, "%7s %-22s +-%.2g", number(expected, row->expected), got,
             row->tolerance);
    columns_paint(out, style, row->is_ok ? COLUMNS_GREEN : COLUMNS_RED);
    fputs(row->is_ok ? "ok  " : "FAIL", out);
    columns_paint(out, style, COLUMNS_PLAIN);
    width = fprintf(out, " %-*s", ID_COLUMNS, row->id);
    if (width + 5 + (int)strlen(numbers) > WIDTH + 1)
        fprintf(out, "\n%*s", WIDTH - 1 - (int)strlen(numbers), "");
    fprintf(out, " %s\n", numbers);
    if (has_detail || !row->is_ok) {
        print_detail(out, "source", row->source);
        print_detail(out, "allowed", row->why);
    }
}

static uint32_t count_failed(const struct verify *v)
{
    uint32_t failed = 0;

    for (uint32_t i = 0; i < v->rows; i++)
        failed += !v->row[i].is_ok;
    return failed;
}

static void print_text(struct cli *cli, const struct verify *v)
{
    const struct report_style style = { .colour = cli->has_colors, .unicode = true,
                                        .columns = cli_columns(cli) };

    fprintf(cli->out, "%-4s %-*s %7s %-22s %s\n", "", ID_COLUMNS, "check", "theory",
            "simulated [95 %]", "allowed");
    for (uint32_t i = 0; i < v->rows; i++)
        print_row(cli->out, &v->row[i], &style, cli->opt.verbose > 0);
    fprintf(cli->out, "%u checks, %u failed; chance of any false alarm at most %.2g %%\n", v->rows,
            count_failed(v), 100 * VERIFY_ALARM);
}

static void print_json(struct cli *cli, const struct verify *v)
{
    struct json j = answer_begin(cli, "verify");

    json_open(&j, "rows", '[');
    for (uint32_t i = 0; i < v->rows; i++) {
        const struct verify_row *row = &v->row[i];

        json_open(&j, NULL, '{');
        json_text(&j, "id", row->id);
        json_text(&j, "source", row->source);
        json_number(&j, "expected", row->expected);
        json_number(&j, "got", row->got);
        json_interval(&j, "ci", row->low, row->high);
        json_number(&j, "tolerance", row->tolerance);
        json_text(&j, "why", row->why);
        json_text(&j, "verdict", row->is_ok ? "ok" : "failed");
        json_close(&j, '}');
    }
    json_close(&j, ']');
    answer_end(&j, cli);
}

static void tell_progress(uint32_t done, uint32_t groups, void *arg)
{
    const struct run_progress now = { .share = (double)done / groups, .cells = groups,
                                      .done = done };

    progress_tell(&now, arg);
}

static int verify_chosen(struct cli *cli, const struct chosen *c)
{
    struct verify v = { .length = cli->opt.is_short ? VERIFY_SHORT
                                  : cli->opt.is_long ? VERIFY_LONG : VERIFY_NORMAL,
                        .seed = cli->opt.first_seed };
    struct progress progress;
    int code = 3;

    progress_init(&progress, cli->opt.progress, cli->opt.is_quiet);

    const struct verify_progress listener = { tell_progress, &progress };

    if (verify_all(&v, c->group, c->count, cli->opt.jobs, &listener, &cli->err) == 0) {
        progress_clear(&progress);
        if (cli->opt.wants_json)
            print_json(cli, &v);
        else
            print_text(cli, &v);
        code = count_failed(&v) > 0;
    }
    progress_clear(&progress);
    verify_fini(&v);
    return code;
}

static int run(struct cli *cli)
{
    struct chosen c = { .count = 0 };
    int code = 2;

    if (cli->opt.wants_list)
        return list_groups(cli);
    if (cli->opt.is_short && cli->opt.is_long)
        err_input(&cli->err, "E023", "--short and --long: one of them at a time");
    else if (choose(cli, &c) == 0)
        code = verify_chosen(cli, &c);
    free(c.group);
    return code;
}

static const struct opt opts[] = {
    OPT_ROW("short", 0, OPT_FLAG, is_short, NULL, NULL, "some seconds: wider tolerances"),
    OPT_ROW("long", 0, OPT_FLAG, is_long, NULL, NULL, "some minutes: narrower tolerances"),
    OPT_ROW_UINT("seed", 0, first_seed, "N", "1", "first seed; a check takes 32 in a row", 0,
                 4000000000),
    OPT_ROW_UINT("jobs", 'j', jobs, "N", NULL, "worker processes; default: one a processor", 1,
                 MOST_JOBS),
    OPT_ROW("list", 0, OPT_FLAG, wants_list, NULL, NULL, "the groups of checks"),
    OPT_ROW("verbose", 'v', OPT_COUNT, verbose, NULL, NULL, "sources and reasons of every check"),
    OPT_ROW("progress", 0, OPT_WHEN, progress, "WHEN", "auto", "a bar on stderr"),
    OPT_ROW_JSON, OPT_ROW_OUTPUT, OPT_ROWS_COMMON, OPT_END,
};

const struct verb verb_verify = {
    .name = "verify", .words = "[GROUP...]", .max_words = 64,
    .summary = "the simulator against queueing theory and published results",
    .details = "A statistical check allows so many standard errors that all checks of a run\n"
               "together fail by chance once in a thousand runs.  Exit 1 when one fails.",
    .examples = "lblab verify --short\n"
                "lblab verify mm1 mg1 -v\n"
                "lblab verify --long --seed 1000 --json -o verify.json",
    .opts = opts, .run = run,
};
