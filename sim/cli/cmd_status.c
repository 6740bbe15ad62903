/* cmd_status.c - how much of which runs is done. */
#include "answer.h"
#include "verbs.h"

#include "../base/text.h"
#include "../run/run.h"

#include <string.h>

/* What tells the points of a sweep apart: they are of one scenario. */
static void print_overrides(FILE *out, const struct run_found *f)
{
    char shown[200];

    for (uint32_t i = 0; i < f->overrides; i++)
        fprintf(out, "%s%s", i ? ", " : "  run with ",
                text_safe(shown, sizeof shown, f->override[i], strlen(f->override[i])));
    if (f->overrides)
        fputc('\n', out);
}

static void print_text(FILE *out, const struct run_found *found, uint32_t n)
{
    char shown[200];

    if (n == 0)
        fputs("no unfinished runs\n", out);
    for (uint32_t i = 0; i < n; i++) {
        const struct run_found *f = &found[i];

        fprintf(out, "%s: %u of %u cells done%s%s\n  %s\n", f->scenario, f->done, f->cells,
                f->missing ? ", missing first: " : "", f->missing ? f->missing : "",
                text_safe(shown, sizeof shown, f->folder, strlen(f->folder)));
        print_overrides(out, f);
    }
}

static void print_json(struct cli *cli, const struct run_found *found, uint32_t n)
{
    struct json j = answer_begin(cli, "status");

    json_open(&j, "rows", '[');
    for (uint32_t i = 0; i < n; i++) {
        json_open(&j, NULL, '{');
        json_text(&j, "scenario", found[i].scenario);
        json_text(&j, "plan", found[i].digest);
        json_text(&j, "folder", found[i].folder);
        json_count(&j, "cells", found[i].cells);
        json_count(&j, "done", found[i].done);
        json_count(&j, "missing", found[i].cells - found[i].done);
        json_open(&j, "overrides", '[');
        for (uint32_t k = 0; k < found[i].overrides; k++)
            json_text(&j, NULL, found[i].override[k]);
        json_close(&j, ']');
        json_close(&j, '}');
    }
    json_close(&j, ']');
    answer_end(&j, cli);
}

static int status(struct cli *cli)
{
    static const char *const preset = "results";
    const char *const *folders = cli->words.count ? cli->words.item : &preset;
    uint32_t n;
    struct arena arena = { .last = NULL };
    struct run_found *found;
    int code = run_status(folders, cli->words.count ? cli->words.count : 1, &arena, &found, &n,
                          &cli->err);

    if (code == 0 && cli->opt.wants_json)
        print_json(cli, found, n);
    else if (code == 0)
        print_text(cli->out, found, n);
    arena_fini(&arena);
    return code == 0 ? 0 : cli->err.exit_code;
}

static const struct opt opts[] = {
    OPT_ROW_JSON, OPT_ROW_OUTPUT, OPT_ROWS_COMMON, OPT_END,
};

const struct verb verb_status = {
    .name = "status", .words = "[DIR...]", .min_words = 0, .max_words = 1000,
    .summary = "counts what is done of unfinished and sharded runs",
    .examples = "lblab status\n"
                "lblab status a b --json | jq .result.rows",
    .opts = opts, .run = status,
};
