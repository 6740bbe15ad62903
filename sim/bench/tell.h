/* tell.h - what was measured, as text, as JSON and in the formats of benchmark tools. */
#ifndef BENCH_TELL_H
#define BENCH_TELL_H

#include "../report/report.h"
#include "bench.h"

/* A table for each number of backends, then the simulator. */
void tell_text(FILE *, const struct bench *, const struct report_style *);

/* The whole answer: { "schema": "lblab-bench/1", ... }. */
void tell_json(FILE *, const struct bench *, const struct result_environment *);

/* Go's benchmark text: a line a round; benchstat makes medians and intervals of its own. */
void tell_gobench(FILE *, const struct bench *, const struct result_environment *);

/* google-benchmark's JSON: a repetition a round. */
void tell_gbench(FILE *, const struct bench *, const struct result_environment *);

enum { TELL_REFUSED = 160 };

/* "at most 4096 backends", or the algorithm's own reason. */
const char *tell_refused(char buf[TELL_REFUSED], const struct bench_row *);

#endif
