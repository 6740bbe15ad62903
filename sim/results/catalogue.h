/* catalogue.h - the metrics that a result has: one row each, from which JSON, CSV, tables, checks
 * and plots follow. */
#ifndef RESULTS_CATALOGUE_H
#define RESULTS_CATALOGUE_H

#include "result.h"

enum metric_unit { METRIC_NS, METRIC_PER_SECOND, METRIC_SHARE, METRIC_RATIO, METRIC_COUNT };
enum metric_better { METRIC_LESS, METRIC_MORE, METRIC_NEITHER };

struct metric {
    const char *name;               /* "latency.p99"; "latency.p*" stands for every percentile */
    enum metric_unit unit;
    enum metric_better better;
    const char *help;
    struct result_quantity (*of_policy)(const struct result *, uint32_t policy, double percentile);
    double (*of_run)(const struct result *, uint32_t run, double percentile);   /* NAN: unknown */

    /* What is counted instead, where both are NULL, and what it is a share of. */
    enum metric_source { METRIC_TALLY, METRIC_PART } source;
    uint32_t index;                 /* enum tally, or enum part */
    enum metric_over { OVER_NOTHING, OVER_REQUESTS, OVER_COMPLETED, OVER_SECONDS, OVER_TIME,
                       OVER_TALLY,
                       OVER_IF_TALLY,   /* the count itself, unknown if the other is 0 */
    } over;
    uint32_t over_tally;
};

/* The metric's value, as its row says. */
struct result_quantity metric_of_policy(const struct metric *, const struct result *,
                                        uint32_t policy, double percentile);
double metric_of_run(const struct metric *, const struct result *, uint32_t run,
                     double percentile);                            /* NAN: unknown */

/* Of a metric that is counted, from what there is to count in some stretch of time. */
struct metric_counts {
    const uint64_t *tally, *spent;
    uint64_t requests, completed;
    double   seconds;
};
double metric_of_counts(const struct metric *, const struct metric_counts *);

/* Is it one of those that a latency is made of?  They are shown, and not compared beside it. */
bool metric_is_part(const struct metric *);

/* Is it a response time, or part of one?  A saturated policy has no steady one. */
bool metric_is_latency(const struct metric *);

/* Is it about what no run of the result had?  Then lists leave it out. */
bool metric_is_untold(const struct metric *, const struct result *);

const struct metric *metric_all(void);                              /* ends with name NULL */

/* "latency.p99.9" gives the percentiles' row and 99.9; NULL if unknown. */
const struct metric *metric_find(const char *name, double *percentile);
bool metric_is_percentile(const struct metric *);     /* stands for every percentile */
const char *metric_show_name(char *buf, size_t size, const struct metric *,
                             double percentile);

#endif
