/* cmd_validate.c - are these scenarios right?  Nothing is run. */
#include "answer.h"
#include "load.h"
#include "verbs.h"

#include "../base/text.h"
#include "../run/run.h"

#include <string.h>

static void write_faults(struct json *j, const struct err *err)
{
    json_open(j, "faults", '[');
    for (uint32_t i = 0; i < err->kept; i++) {
        const struct err_item *item = &err->item[i];

        json_open(j, NULL, '{');
        json_text(j, "severity", item->severity == ERR_ERROR ? "error" : "warning");
        json_text(j, "code", item->code);
        json_count(j, "line", item->line);
        json_count(j, "column", item->column);
        json_text(j, "pointer", item->pointer);
        json_text(j, "what", item->what);
        json_text(j, "hint", item->hint);
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void answer(struct cli *cli, struct json *j, const char *path, bool is_valid)
{
    char shown[256];

    if (cli->opt.wants_json) {
        json_open(j, NULL, '{');
        json_text(j, "file", path);
        json_bool(j, "valid", is_valid);
        json_count(j, "errors", cli->err.errors);
        json_count(j, "warnings", cli->err.warnings);
        write_faults(j, &cli->err);
        json_close(j, '}');
    } else if (is_valid && !cli->opt.is_quiet) {
        fprintf(cli->out, "%s: ok\n", text_safe(shown, sizeof shown, path, strlen(path)));
    }
}

static int validate(struct cli *cli, struct json *j, const char *path)
{
    struct loaded l;
    int bad = load_scenario(cli, path, &l) < 0 || run_check_size(&l.scenario, &cli->err) < 0;
    int code = bad ? cli->err.exit_code : 0;

    answer(cli, j, path, !bad);
    cli_tell(cli);
    load_fini(&l);
    return code;
}

static int run(struct cli *cli)
{
    struct json j = { .out = NULL };
    int worst = 0;

    if (cli->opt.wants_json) {
        j = answer_begin(cli, "validate");
        json_open(&j, "rows", '[');
    }
    for (uint32_t i = 0; i < cli->words.count; i++) {
        int code = validate(cli, &j, cli->words.item[i]);

        worst = code > worst ? code : worst;
    }
    if (cli->opt.wants_json) {
        json_close(&j, ']');
        answer_end(&j, cli);
    }
    return worst;
}

static const struct opt opts[] = {
    OPT_ROWS_SCENARIO, OPT_ROW_PLUGIN, OPT_ROW_JSON, OPT_ROW_OUTPUT, OPT_ROWS_COMMON, OPT_END,
};

const struct verb verb_validate = {
    .name = "validate", .words = "SCENARIO...", .min_words = 1, .max_words = UINT32_MAX,
    .summary = "check scenario files, all faults in one go; nothing is run",
    .details = "Exit 0 when all are right, 2 when one is not.  - is stdin.",
    .examples = "lblab validate scenarios/tails/rr-vs-ewma.json\n"
                "lblab validate --json scenarios/*/*.json\n"
                "jq '.run.seed = 7' my.json | lblab validate -",
    .opts = opts, .run = run,
};
