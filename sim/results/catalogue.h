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
};

const struct metric *metric_all(void);                              /* ends with name NULL */

/* "latency.p99.9" gives the percentiles' row and 99.9; NULL if unknown. */
const struct metric *metric_find(const char *name, double *percentile);
bool metric_is_percentile(const struct metric *);     /* stands for every percentile */
const char *metric_show_name(char *buf, size_t size, const struct metric *,
                             double percentile);

#endif
