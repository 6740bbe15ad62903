/* verbs.h - the verbs, one a file cmd_*.c. */
#ifndef CLI_VERBS_H
#define CLI_VERBS_H

#include "cli.h"

extern const struct verb verb_bench, verb_check, verb_compare, verb_completion, verb_conform,
                         verb_explain, verb_help, verb_list, verb_merge, verb_pick, verb_remap,
                         verb_run, verb_schema, verb_status, verb_sweep, verb_validate,
                         verb_verify, verb_version;

void help_verbs(FILE *);                        /* what `lblab --help` prints */
void help_verb(FILE *, const struct verb *);    /* what `lblab VERB --help` prints */

#endif
