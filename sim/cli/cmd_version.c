/* cmd_version.c - which program this is. */
#include "answer.h"
#include "verbs.h"

#include "../base/version.h"

#ifndef LBLAB_GSL
#define LBLAB_GSL "unknown"         /* the Makefile says which */
#endif

void cli_environment(const struct cli *cli, struct result_environment *env)
{
    *env = (struct result_environment){
        .version = version_text(),
        .git = version_git(),
        .compiler = version_compiler(),
        .started = cli->started_text,
        .wall_s = cli_clock() - cli->started,
        .jobs = cli->opt.jobs,
    };
}

static int run(struct cli *cli)
{
    if (!cli->opt.wants_json) {
        fprintf(cli->out, "lblab %s (%s, %s, gsl %s)\n", version_text(), version_git(),
                version_compiler(), LBLAB_GSL);
        return 0;
    }

    struct json j = answer_begin(cli, "version");

    json_text(&j, "version", version_text());
    json_text(&j, "git", version_git());
    json_text(&j, "compiler", version_compiler());
    json_text(&j, "gsl", LBLAB_GSL);
    answer_end(&j, cli);
    return 0;
}

static const struct opt opts[] = { OPT_ROW_JSON, OPT_ROW_OUTPUT, OPT_ROWS_COMMON, OPT_END };

const struct verb verb_version = {
    .name = "version", .summary = "version, revision, compiler, libraries",
    .examples = "lblab version\nlblab version --json",
    .opts = opts, .run = run,
};
