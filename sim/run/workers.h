/* workers.h - cells simulated by worker processes, one at a time each; nothing is shared but files.
 *
 * A worker that dies of a signal is tried once more, then named. */
#ifndef RUN_WORKERS_H
#define RUN_WORKERS_H

#include "run.h"
#include "store.h"

/* One cell to be done, of any scenario. */
struct task {
    const struct scenario *scenario;
    const struct store *store;
    struct cell cell;
    struct record **record;         /* where to read it back, when it is there; NULL: not at all */
};

/* Simulates the cells and writes their records into their stores; ended() is called with the
 * options' arg as each record is there.  *progress is told as it grows: its `cells` and `done`
 * count the tasks in.  options->stop is not looked at.  0; -1 with the fault in err: a cell whose
 * worker died does not keep the others from being done. */
int workers_run(const struct task *, uint32_t tasks, const struct run_options *,
                void (*ended)(uint32_t task, void *arg), struct run_progress *, struct err *);

#endif
