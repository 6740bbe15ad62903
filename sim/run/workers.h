/* workers.h - cells simulated by worker processes, one at a time each; nothing is shared but files.
 *
 * A worker that dies of a signal is tried once more, then named. */
#ifndef RUN_WORKERS_H
#define RUN_WORKERS_H

#include "run.h"
#include "store.h"

/* One cell to be done, of any scenario. */
struct task { const struct scenario *scenario; const struct store *store; struct cell cell; };

/* Simulates the cells and writes their records into their stores.  *progress is told as it grows:
 * its `cells` and `done` count the tasks in.  0; 1 when stopped; -1 with the fault in err. */
int workers_run(const struct task *, uint32_t tasks, const struct run_options *,
                struct run_progress *, struct err *);

#endif
