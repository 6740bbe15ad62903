/* run.h - scenarios' cells, simulated: plan, worker processes, records, results. */
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include "../results/result.h"
#include "../scenario/scenario.h"

struct run_progress {
    uint32_t cells, done;           /* known so far, those found finished from before included */
    uint32_t resumed;               /* found finished */
    double   share;                 /* 0..1, with the running cells' own progress */
    double   half_width, wanted;    /* of a stop rule: widest so far, as a share; else 0 */
};

struct run_options {
    uint32_t jobs;                  /* worker processes, >= 1 */
    uint32_t stall;                 /* s of processor time without progress that end a worker */
    /* the results folder; records lie in <results>/<scenario>/.cells/<plan digest>/ */
    const char *results;
    /* of all cells, those with number % shards == shard; shards 0: all, and a result */
    uint32_t shard, shards;
    /* about ten times a second; may be NULL */
    void   (*progress)(const struct run_progress *, void *arg);
    void    *arg;
    /* set by a signal handler: finish nothing more, keep what is done */
    const volatile int *stop;
};

/* Simulates every cell that is not yet done, of all scenarios in one crew of workers, and computes
 * results[n].  A shard of several leaves its records for run_merge() and computes nothing.
 * 0; 1 when *stop ended it early (finished cells are kept; the same call resumes);
 * -1 with the fault in err (exit 3): a worker died, an identity was violated, the disk is full.
 * Results are there after 0 only, and not from a shard. */
int run_scenarios(const struct scenario *const *, uint32_t n, const struct run_options *,
                  struct result *results, struct err *);
int run_scenario(const struct scenario *, const struct run_options *, struct result *,
                 struct err *);

/* ---- what shards left (merge.c) ---- */

/* One plan whose records were found, and how many. */
struct run_found {
    const char *scenario, *folder;  /* folder: the first that had it */
    char     digest[17];
    uint32_t cells, done;
    const char *missing;            /* the first that is not there: "policy p2c, seed 44"; NULL */
    const char *const *override;    /* what -s, or the point of a sweep, changed in the file */
    uint32_t    overrides;
};

/* Looks for records below the folders: results folders, scenario folders or stores.  found[*n],
 * texts in the arena.  -1 with the fault in err. */
int run_status(const char *const *folders, uint32_t folders_count, struct arena *,
               struct run_found **found, uint32_t *n, struct err *);

/* Puts together what the folders hold of one plan; the folders' order does not matter, nor do
 * records that are there twice.  -1 with the fault in err: no plan or several (exit 2), cells are
 * missing, records of one cell differ (exit 3). */
int run_merge(const char *const *folders, uint32_t folders_count, struct result *, struct err *);

/* ---- how large is it? (estimate.c) ---- */

/* What run_scenario() would do, for --dry-run and for the check against bombs. */
struct run_estimate { uint32_t cells; double requests, events, memory_bytes; };
void run_estimate(const struct scenario *, struct run_estimate *);

/* Refuses what no machine could hold or finish: -1 with the numbers in err (exit 2). */
int  run_check_size(const struct scenario *, struct err *);

#endif
