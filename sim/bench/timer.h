/* timer.h - CPU time of this thread, in ns. */
#ifndef BENCH_TIMER_H
#define BENCH_TIMER_H

#include "../base/types.h"

nsec timer_now(void);

/* What two readings right after each other differ by: the median of some. */
nsec timer_cost(void);

/* ns since `begun`, less what reading takes. */
nsec timer_since(nsec begun, nsec cost);

#endif
