/* run.h - a scenario's cells, simulated: plan, worker processes, records, result. */
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include "../results/result.h"
#include "../scenario/scenario.h"

struct run_progress {
    uint32_t cells, done;           /* of this run, those found finished from before included */
    uint32_t resumed;               /* found finished */
    double   share;                 /* 0..1, with the running cells' own progress */
};

struct run_options {
    uint32_t jobs;                  /* worker processes, >= 1 */
    /* the results folder; records lie in <results>/<scenario>/.cells/<plan digest>/ */
    const char *results;
    /* leave the records of a finished run (for merge); else they are removed */
    bool     keep_records;
    /* about ten times a second; may be NULL */
    void   (*progress)(const struct run_progress *, void *arg);
    void    *arg;
    /* set by a signal handler: finish nothing more, keep what is done */
    const volatile int *stop;
};

/* Simulates every cell that is not yet done and computes the result.
 * 0; 1 when *stop ended it early (finished cells are kept; the same call resumes);
 * -1 with the fault in err (exit 3): a worker died, an identity was violated, the disk is full. */
int run_scenario(const struct scenario *, const struct run_options *, struct result *,
                 struct err *);

/* What run_scenario() would do, for --dry-run and for the check against bombs. */
struct run_estimate { uint32_t cells; double requests, events, memory_bytes; };
void run_estimate(const struct scenario *, struct run_estimate *);

/* Refuses what no machine could hold or finish: -1 with the numbers in err (exit 2). */
int  run_check_size(const struct scenario *, struct err *);

#endif
