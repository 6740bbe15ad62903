/* engine.h - standing scenarios, simulated on one core: what a request costs. */
#ifndef BENCH_ENGINE_H
#define BENCH_ENGINE_H

#include "../base/err.h"

/* What they are called; NULL-terminated.  `make bench` measures them against a bare loop. */
const char *const *engine_works(void);

struct engine_measured { double ns, events; uint64_t requests; };   /* ns and events a request */

/* One round of the `work`-th: a short run and a long one, and the CPU time that they differ by, so
 * that the start and the warm-up cancel.  0, or -1 with the fault in err (exit 3). */
int engine_round(uint32_t work, struct engine_measured *, struct err *);

#endif
