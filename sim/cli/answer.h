/* answer.h - the frame of every verb's --json: schema, result, environment. */
#ifndef CLI_ANSWER_H
#define CLI_ANSWER_H

#include "../results/json_result.h"
#include "cli.h"

/* { "schema": "lblab-VERB/1", "result": { ... }, "environment": { ... } } */
struct json answer_begin(struct cli *, const char *verb);
void        answer_end(struct json *, struct cli *);

#endif
