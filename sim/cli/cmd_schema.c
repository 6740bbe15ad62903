/* cmd_schema.c - the JSON Schema of scenario files, made from the field tables. */
#include "verbs.h"

#include "../base/text.h"
#include "../scenario/scenario.h"

#include <string.h>

static int run(struct cli *cli)
{
    const char *word = cli->words.count ? cli->words.item[0] : "scenario";
    char shown[64];

    if (strcmp(word, "scenario") == 0)
        return scenario_write_schema(cli->out) < 0 ? 3 : 0;
    err_input(&cli->err, "E024", "there is no schema of \"%s\"",
              text_safe(shown, sizeof shown, word, strlen(word)));
    err_hint(&cli->err, "there is one: lblab schema scenario");
    return 2;
}

static const struct opt opts[] = { OPT_ROW_OUTPUT, OPT_ROWS_COMMON, OPT_END };

const struct verb verb_schema = {
    .name = "schema", .words = "[scenario]", .max_words = 1,
    .summary = "the JSON Schema of scenario files, for editors",
    .examples = "lblab schema scenario\nlblab schema scenario -o scenario.schema.json",
    .opts = opts, .run = run,
};
