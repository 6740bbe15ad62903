/* tables.h - the CSV files of a result folder, one function each.  Errors stay in the FILE. */
#ifndef RESULTS_TABLES_H
#define RESULTS_TABLES_H

#include "result.h"

#include <stdio.h>

/* Percentiles that curves are made of: a grid that is even in 1/(1-p), ends with NAN. */
extern const double tables_grid[];

void tables_summary(FILE *, const struct result *);        /* policy,seed,metric,value */
void tables_percentiles(FILE *, const struct result *); /* policy,seed,percentile,value_ns,count */
void tables_timeseries(FILE *, const struct result *);     /* policy,seed,t_s,metric,value */
void tables_backends(FILE *, const struct result *);       /* policy,seed,backend,t_s,... */
void tables_remap(FILE *, const struct result *);
void tables_events(FILE *, const struct result *);

#endif
