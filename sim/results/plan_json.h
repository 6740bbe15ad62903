/* plan_json.h - what results need to know of the scenario, as JSON: a part of result.json, and the
 * plan.json that lies beside the records of an unfinished run, for `merge` and `status`. */
#ifndef RESULTS_PLAN_JSON_H
#define RESULTS_PLAN_JSON_H

#include "json.h"
#include "json_in.h"
#include "result.h"

/* The member "plan".  The scenario as run stands in it as it is (`effective`). */
void plan_json_put(struct json *, const char *key, const struct result_plan *);

/* Texts and arrays into the arena.  The file is a stranger's: everything is checked, and what is
 * wrong stands in in->err. */
void plan_json_get(struct result_plan *, struct json_in *in, const cJSON *plan);

/* A file of its own: {"schema": "lblab-plan/1", "digest": ..., "plan": ...}; written aside and
 * renamed.  plan_file_read(): 0; 1 when there is no such file; -1 with the fault in err. */
int  plan_file_write(const struct result_plan *, const char *digest, const char *path,
                     struct err *);
int  plan_file_read(struct result_plan *, char digest[17], const char *path, struct arena *,
                    struct err *);

#endif
