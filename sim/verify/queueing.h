/* queueing.h - one balancer in front of one pool, Poisson arrivals: what most queueing checks
 * are. */
#ifndef VERIFY_QUEUEING_H
#define VERIFY_QUEUEING_H

#include "experiment.h"
#include "theory.h"

#define EXPONENTIAL "{ 'dist': 'exponential', 'mean': '1s' }"

/* JSON is written with ' for ".  Members left out: 1 worker, fifo, exponential of mean 1 s. */
struct queueing {
    const char *algorithm;          /* JSON: "'random'" */
    uint32_t    backends;
    double      rate;               /* of all arrivals, a second */
    const char *workers, *discipline, *service;     /* JSON; discipline a bare word */
    const char *pool;               /* further members of the pool: ", 'speed': [1, 2]" */
    const char *balancer;           /* further members of the balancer */
    uint32_t    warmup;             /* s */
    uint32_t    thousands;          /* requests of a replication, see queueing_length() */
};

/* Requests of a replication: 0.4 of so many thousand in the short form, 2.6 and 40 times as many in
 * the others. */
uint32_t queueing_length(const struct verify *, uint32_t thousands);

void queueing_run(const struct verify *, const struct queueing *, struct sample *);

/* Which rows of a law. */
enum {
    ROW_MEAN = 1, ROW_P50 = 2, ROW_P90 = 4, ROW_P99 = 8, ROW_P999 = 16,
    ROWS_LAW = 31, ROWS_QUANTILES = 30,
};

/* Rows "<id>/mean", "<id>/p50" ...  off: what the formula leaves out, as a share, and the reason in
 * words; 0 and NULL: nothing.  Quantiles are allowed a histogram's bucket on top.  The short form
 * has no p99.9: so rare a delay comes in so few busy periods that its error cannot be known. */
void queueing_law(struct verify *, const char *id, const char *source, const struct law *,
                  const struct sample *, uint32_t rows, double off, const char *because);

/* One row "<id>/<of>" about a mean over replications. */
void queueing_mean(struct verify *, const char *id, const char *of, const char *source,
                   double expected, const double *got, uint32_t n);

#endif
