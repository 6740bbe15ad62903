/* json_result.h - pieces of result.json that others need too. */
#ifndef RESULTS_JSON_RESULT_H
#define RESULTS_JSON_RESULT_H

#include "json.h"
#include "result.h"

/* SHA-256 over the value of "scenario" followed at once by the value of "runs", both as they stand
 * in result.json but without the white space between tokens; as
 *   jq -cj '.result.scenario, .result.runs' result.json | sha256sum
 * gives it (with a jq that keeps integers above 2^53 as they are: 1.7 and later). */
void json_result_sha256(const struct result *, char hex[65]);

/* "p99.9" */
const char *json_percentile_key(char buf[32], double percentile);

void json_environment(struct json *, const char *key, const struct result_environment *);

#endif
