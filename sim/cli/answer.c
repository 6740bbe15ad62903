/* answer.c - see answer.h. */
#include "answer.h"

enum { LINES = 3 };                 /* one row a line */

struct json answer_begin(struct cli *cli, const char *verb)
{
    struct json j = json_begin(cli->out, LINES);
    char schema[64];

    snprintf(schema, sizeof schema, "lblab-%s/1", verb);
    json_open(&j, NULL, '{');
    json_text(&j, "schema", schema);
    json_open(&j, "result", '{');
    return j;
}

void answer_end(struct json *j, struct cli *cli)
{
    struct result_environment env;

    cli_environment(cli, &env);
    json_close(j, '}');
    json_environment(j, "environment", &env);
    json_close(j, '}');
    json_end(j);
}
