/* load.h - a scenario as the command line wants it: plug-ins, overrides, file. */
#ifndef CLI_LOAD_H
#define CLI_LOAD_H

#include "../scenario/scenario.h"
#include "cli.h"
#include "plugin.h"

struct loaded {
    struct plugins  plugins;
    struct scenario scenario;
    bool            has_scenario;
};

/* 0, or -1 with the faults in cli->err; warnings are there too.  load_fini in either case. */
int  load_scenario(struct cli *, const char *path, struct loaded *);
void load_fini(struct loaded *);

/* For a verb that asserts nothing: -a may take away what an assertion of the file is about. */
int  load_scenario_unasserted(struct cli *, const char *path, struct loaded *);

/* What the command line changes in any scenario: for verbs that load one several times. */
void load_overrides(const struct cli *, const struct loaded *, struct scenario_overrides *);

/* `-a LIST` for verbs without a scenario file: l->scenario is made around it, its policies are what
 * is wanted.  As load_scenario(). */
int  load_policies(struct cli *, const char *list, struct loaded *);

#endif
