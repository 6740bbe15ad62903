/* cell.h - one simulation: one scenario, one policy, one seed. */
#ifndef RUN_CELL_H
#define RUN_CELL_H

#include "../scenario/scenario.h"
#include "../metrics/record.h"

struct cell { uint32_t policy, replication; };

/* Simulates it.  progress(share of the run, arg) is called now and then; may be NULL.
 * 0, or -1 with the fault in err: the algorithm refused (exit 2); no progress, or an identity that
 * does not hold (our bug, exit 3).  The record is the caller's to finish with record_fini(). */
int cell_run(const struct scenario *, const struct cell *, struct record *,
             void (*progress)(double share, void *arg), void *arg, struct err *);

/* The same with a trail of the first requests in the record, at most `most` of them. */
int cell_run_trail(const struct scenario *, const struct cell *, uint32_t most, struct record *,
                   struct err *);

#endif
