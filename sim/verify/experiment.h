/* experiment.h - a scenario as text, its replications simulated, what each of them says. */
#ifndef VERIFY_EXPERIMENT_H
#define VERIFY_EXPERIMENT_H

#include "../metrics/record.h"
#include "verify.h"

/* What one policy's replications say, a value a replication.  Time in seconds.  Quantiles
 * are of the successful, too; all_* those of all replications together, for verify_quantile(). */
struct sample {
    uint32_t n;
    double mean[VERIFY_REPLICATIONS];           /* of the successful */
    double p50[VERIFY_REPLICATIONS], p90[VERIFY_REPLICATIONS], p99[VERIFY_REPLICATIONS],
           p999[VERIFY_REPLICATIONS];
    double all_p50, all_p90, all_p99, all_p999;
    double throughput[VERIFY_REPLICATIONS];     /* ok a second */
    double errors[VERIFY_REPLICATIONS];         /* share of requests that did not end ok */
    double attempts[VERIFY_REPLICATIONS];       /* attempts a request, warm-up included */
    double utilisation[VERIFY_REPLICATIONS];    /* of all workers together; NAN: unlimited */
};

/* Simulates n <= VERIFY_REPLICATIONS replications (seeds v->seed ...) of policy 0 of a scenario
 * whose text is a printf format in which ' stands for ".  A text that does not load is our bug. */
void experiment(const struct verify *, struct sample *, uint32_t n, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The same with every record shown to look(record, replication, arg) as well. */
void experiment_look(const struct verify *, struct sample *, uint32_t n,
                     void (*look)(const struct record *, uint32_t replication, void *arg),
                     void *arg, const char *format, ...) __attribute__((format(printf, 6, 7)));

#endif
