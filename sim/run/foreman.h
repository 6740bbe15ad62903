/* foreman.h - a process between this one and the workers: it hires them, and stays small, while
 * this one reads what they leave.  A fork costs by how much memory there is to share. */
#ifndef RUN_FOREMAN_H
#define RUN_FOREMAN_H

#include "workers.h"

/* workers_run(), and each record read back where its task says, while other cells are at work.
 * 0; 1 when options->stop ended it; -1 with the fault in err.  No worker is left then. */
int foreman_run(const struct task *, uint32_t tasks, const struct run_options *,
                struct run_progress *, struct err *);

#endif
