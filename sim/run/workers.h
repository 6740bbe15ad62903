/* workers.h - cells simulated by worker processes, one at a time each; nothing is shared but files.
 *
 * A worker that dies of a signal is tried once more, then named. */
#ifndef RUN_WORKERS_H
#define RUN_WORKERS_H

#include "plan.h"
#include "run.h"

/* Simulates the cells i with todo[i] set, and writes their records into folder.
 * 0; 1 when stopped; -1 with the fault in err. */
int workers_run(const struct scenario *, const struct plan *, const char *folder, const bool *todo,
                const struct run_options *, struct err *);

#endif
