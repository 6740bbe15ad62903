/* reader.h - what travels along while a scenario is read; private to this folder. */
#ifndef SCENARIO_READER_H
#define SCENARIO_READER_H

#include "../json/doc.h"
#include "scenario.h"

/* Memory that lists of the file may ask for, long before a run's size is estimated. */
enum { READER_MOST_CELLS = 8000000, READER_MOST_ROWS = 50000000 };

/* Finding the place of a fault takes a walk over the tree: a file of nothing but faults must not
 * take for ever. */
enum { READER_MOST_FAULTS = 200 };

struct reader {
    struct doc doc;
    struct scenario *out;
    struct err *err;
    const struct scenario_overrides *over;
    const char *baseline;           /* compare.baseline, compare.at: names until all is read */
    const char *compare_at;
    bool has_lost_tier;             /* a loop or a tier that nobody asks was told: E140, E141 */
    struct policy *compared;        /* compare.algorithms */
    uint32_t compared_count;
    uint64_t cells, rows;           /* of per-backend lists and of traces, so far */
    const char **zone;              /* [zones]: their names, in the order of the file */
    uint32_t zones;
    char *files_digest;             /* SHA-256 of each file read, joined */
};

/* Copies a name or text into the scenario. */
char *reader_text(struct reader *, const char *);

/* The algorithm of that name or alias, plug-ins first; NULL if there is none. */
const struct lb_ops *reader_algorithm(const struct reader *, const char *name);

/* For an unknown algorithm: "did you mean ..." as the hint of the last fault. */
void reader_hint_algorithm(struct reader *, const char *name);

/* A file that the scenario names, read whole; NULL with the fault told at the node.
 * Its path stays inside the scenario's folder unless allow_path says otherwise.  `shown` gets
 * the path for messages. */
char *files_read(struct reader *, const cJSON *, size_t *length, char *shown, size_t size);

/* The parts that follow the field tables; each adds all it finds to err. */
void graph_check(struct reader *);       /* graph.c: names, tiers, links */
void schedule_check(struct reader *);      /* schedule.c: length of the run, events */
void policies_check(struct reader *);       /* policies.c: the policies, tried out */
void assert_check(struct reader *);      /* fields_assert.c: assertions, when policies are known */
void load_warn(struct reader *);          /* load.c: what is allowed but hardly meant */
void sweep_check(struct reader *);         /* fields_sweep.c: every value of `sweep` loads */

/* profile_defaults.c: what a balancer's product does by default, added to the tree. */
void profile_defaults(struct reader *);

/* override.c: -s, -a, --seed, -n, -d applied to the tree.  0 or -1. */
int  override_apply(struct reader *);

#endif
