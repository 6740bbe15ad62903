/* cmd_conform.c - recordings of real products replayed against our profiles: where we differ. */
#include "answer.h"
#include "verbs.h"

#include "../base/xalloc.h"
#include "../conform/conform.h"
#include "../report/columns.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { ID_COLUMN = 44, MOST_TALLIES = 64 };

static const char *const verdicts[] = {
    [CONFORM_AGREES] = "agrees", [CONFORM_DIFFERS] = "differs",
    [CONFORM_NOT_MODELLED] = "not modelled",
};

static void put_json_row(struct json *j, const struct conform_row *row)
{
    json_open(j, NULL, '{');
    json_text(j, "id", row->id);
    json_text(j, "program", row->program);
    json_text(j, "version", row->version);
    json_text(j, "verdict", verdicts[row->verdict]);
    json_open(j, "quantities", '[');
    for (uint32_t k = 0; k < row->quantities; k++) {
        json_open(j, NULL, '{');
        json_text(j, "name", row->quantity[k].name);
        json_number(j, "ours", row->quantity[k].ours);
        json_number(j, "recorded", row->quantity[k].recorded);
        json_number(j, "tolerance", row->quantity[k].tolerance);
        json_close(j, '}');
    }
    json_close(j, ']');
    json_text(j, "first_difference", *row->first_difference ? row->first_difference : NULL);
    json_text(j, "reason", *row->reason ? row->reason : NULL);
    json_close(j, '}');
}

static void print_json(struct cli *cli, const struct conform_row *rows, uint32_t count)
{
    struct json j = answer_begin(cli, "conform");

    json_open(&j, "rows", '[');
    for (uint32_t k = 0; k < count; k++)
        put_json_row(&j, &rows[k]);
    json_close(&j, ']');
    answer_end(&j, cli);
}

/* ---- text ---- */

static void put_row(struct cli *cli, const struct conform_row *row,
                    const struct report_style *style)
{
    static const enum columns_colour colours[] = { COLUMNS_GREEN, COLUMNS_RED, COLUMNS_FAINT };
    char buf[COLUMNS_CELL];

    columns_paint(cli->out, style, colours[row->verdict]);
    fprintf(cli->out, "  %-13s", verdicts[row->verdict]);
    columns_paint(cli->out, style, COLUMNS_PLAIN);
    fprintf(cli->out, "%s\n", columns_name(buf, row->id, style->columns - 15));
    for (uint32_t k = 0; k < 2; k++) {
        const char *text = k == 0 ? row->first_difference : row->reason;

        if (!*text)
            continue;
        fprintf(cli->out, "%15s", "");
        columns_wrap(cli->out, text, 15, 15, style->columns);
    }
}

/* How many of a program and folder: rows of the last table. */
struct verdict_count { const struct conform_row *of; uint32_t count[3]; };

static struct verdict_count *find_tally(struct verdict_count *all, uint32_t *count,
                                        const struct conform_row *row)
{
    for (uint32_t k = 0; k < *count; k++)
        if (strcmp(all[k].of->program, row->program) == 0 &&
            strcmp(all[k].of->folder, row->folder) == 0)
            return &all[k];
    if (*count < MOST_TALLIES)
        all[(*count)++] = (struct verdict_count){ .of = row };
    return &all[*count - 1];
}

static void put_tallies(struct cli *cli, const struct conform_row *rows, uint32_t count)
{
    struct verdict_count all[MOST_TALLIES];
    uint32_t n = 0;

    for (uint32_t k = 0; k < count; k++)
        find_tally(all, &n, &rows[k])->count[rows[k].verdict]++;
    fprintf(cli->out, "\n  %-10s %-12s %8s %8s %13s\n", "program", "folder", "agree", "differ",
            "not modelled");
    for (uint32_t k = 0; k < n; k++)
        fprintf(cli->out, "  %-10s %-12s %8" PRIu32 " %8" PRIu32 " %13" PRIu32 "\n",
                all[k].of->program, all[k].of->folder, all[k].count[CONFORM_AGREES],
                all[k].count[CONFORM_DIFFERS], all[k].count[CONFORM_NOT_MODELLED]);
}

static void print_text(struct cli *cli, const struct conform_row *rows, uint32_t count)
{
    const struct report_style style = { .colour = cli->has_colors, .unicode = true,
                                        .columns = cli_columns(cli) };

    for (uint32_t k = 0; k < count; k++)
        if (rows[k].verdict != CONFORM_AGREES || cli->opt.verbose)
            put_row(cli, &rows[k], &style);
    put_tallies(cli, rows, count);
}

static bool all_agree(const struct conform_row *rows, uint32_t count)
{
    for (uint32_t k = 0; k < count; k++)
        if (rows[k].verdict != CONFORM_AGREES)
            return false;
    return true;
}

static int run(struct cli *cli)
{
    uint32_t count = cli->words.count, done = 0;
    struct conform_row *rows = xcalloc(count, sizeof *rows);
    int code = 2;

    for (uint32_t k = 0; k < count; k++)
        if (conform_judge(&rows[done], cli->words.item[k], &cli->err) == 0)
            done++;
    if (done == count) {
        conform_settle(rows, done);
        if (cli->opt.wants_json)
            print_json(cli, rows, done);
        else
            print_text(cli, rows, done);
        code = all_agree(rows, done) ? 0 : 1;
    }
    for (uint32_t k = 0; k < done; k++)
        conform_row_fini(&rows[k]);
    free(rows);
    return code;
}

static const struct opt opts[] = {
    OPT_ROW("verbose", 'v', OPT_COUNT, verbose, NULL, NULL, "rows that agree too"),
    OPT_ROW_JSON, OPT_ROW_OUTPUT, OPT_ROWS_COMMON, OPT_END,
};

const struct verb verb_conform = {
    .name = "conform", .words = "FILE...", .min_words = 1, .max_words = 100000,
    .summary = "recordings of real products against our profiles: where we differ",
    .details =
        "A recording names program, version, directives, backends, inputs and outputs.\n"
        "Its directives are read, its policy is looked up in the profile of that version\n"
        "(lblab list profiles), and the same requests are played.  Deterministic policies\n"
        "agree when every pick and every key does, latencies within 2.5 %, or 4 % and\n"
        "12 % at p99 where a policy feeds back; when a server dies, times within a check\n"
        "interval; random ones are judged together, at 1 % for all of them (Holm).\n"
        "Exit 0 only when every recording agrees.",
    .examples = "lblab conform tests/recordings/picks/*.json\n"
                "lblab conform recordings/*/*.json --json",
    .opts = opts, .run = run,
};
