/* check.h - what the parts of `check` share: each scenario with what it is held against. */
#ifndef CLI_CHECK_H
#define CLI_CHECK_H

#include "../results/gate.h"
#include "../results/golden.h"
#include "load.h"

/* One scenario. */
struct check_item {
    char *path;
    struct loaded loaded;
    struct result baseline, result;
    bool  has_baseline, has_result;
    const struct golden_scenario *golden;   /* NULL: none */
};

struct check {
    struct cli *cli;
    struct check_item *item;
    uint32_t items, skipped;        /* skipped: files in folders that are no scenario */
    struct golden golden;
    struct gate gate;
    struct gate_limits limits;
    char    *metric_list;           /* --metric, cut at its commas */
    const char **metric;
    uint32_t metrics;               /* 0: all */
    uint32_t corrected;             /* comparisons that Holm's correction was over */
};

/* check_paths.c: the scenarios that the words name, in order; of a folder all of its *.json,
 * sorted.  -1 with the fault in cli->err. */
int  check_find(struct check *);

/* check_baseline.c: is there anything at --baseline?  Told once, not for each scenario. */
int  check_baseline_is_there(struct check *);

/* check_baseline.c: finds and reads the baseline of an item that is loaded.  -1 with the fault;
 * 0 also when there is none of this name (a warning). */
int  check_read_baseline(struct check *, struct check_item *);

/* check_golden.c: the part of the golden file, rows for it, and a new one. */
int  check_read_golden(struct check *);
int  check_find_golden(struct check *, struct check_item *);
int  check_golden_rows(struct check *, const struct check_item *);
int  check_write_golden(struct check *);

/* check_tell.c: the rows, in every format asked for.  -1 with the fault. */
struct ci_outputs;
int  check_tell(struct check *, const struct ci_outputs *);

#endif
