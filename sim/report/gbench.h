/* gbench.h - google-benchmark's JSON, whatever was measured: context, repetitions, aggregates. */
#ifndef REPORT_GBENCH_H
#define REPORT_GBENCH_H

#include "../results/json.h"
#include "../results/result.h"

/* The machine as a reader of the file may know it; host "simulated": there is none. */
struct gbench_host { const char *name; uint32_t processors; };

/* Opens the object, writes the context and opens the list of benchmarks. */
struct json gbench_begin(FILE *, const struct result_environment *, const struct gbench_host *);
void        gbench_end(struct json *);

/* One benchmark: n values in ns, each the mean of iterations[i]; from two on, with mean, standard
 * deviation and median.  `family` is its number.  Sorts x. */
struct gbench_series {
    const char *name;               /* a stranger's words may be in it */
    uint32_t family, n;
    double *x;
    const uint64_t *iterations;
};
void gbench_put(struct json *, const struct gbench_series *);

#endif
