/* ci_format.h - what the formats for CI share: their writers, a walk over the metrics of a result,
 * strangers' text without what a reader cannot see. */
#ifndef REPORT_CI_FORMAT_H
#define REPORT_CI_FORMAT_H

#include "ci.h"

void ci_write_junit(FILE *, const struct ci_input *);
void ci_write_github(FILE *, const struct ci_input *);
void ci_write_md(FILE *, const struct ci_input *);
void ci_write_tap(FILE *, const struct ci_input *);
void ci_write_bmf(FILE *, const struct ci_input *);
void ci_write_gab(FILE *, const struct ci_input *);
void ci_write_gobench(FILE *, const struct ci_input *);
void ci_write_gbench(FILE *, const struct ci_input *);
void ci_write_csv(FILE *, const struct ci_input *);
void ci_write_openmetrics(FILE *, const struct ci_input *);

/* text_safe() with room for every text of CI_TEXT bytes: what a format escapes further. */
enum { CI_SAFE = 4 * CI_TEXT };
const char *ci_safe(char buf[CI_SAFE], const char *text);

/* A part of the name of a Go benchmark: "/" would begin the next part, white space end it. */
void ci_gobench_part(FILE *, const char *text);

/* The metrics of a result that have a better direction, one a percentile. */
struct ci_metric { const struct metric *of; double percentile; char name[48]; };
enum { CI_METRICS = RESULT_PERCENTILES + 16 };
uint32_t ci_metrics(struct ci_metric list[CI_METRICS], const struct result *);

/* Of a policy: value and interval. */
struct result_quantity ci_of_policy(const struct result *, uint32_t policy,
                                    const struct ci_metric *);
/* Of a run; NAN where the policy has no value either: what a saturated run showed depends on how
 * long it was. */
double ci_of_run(const struct result *, uint32_t run, const struct ci_metric *);

/* "assertion", "regression", "golden" */
const char *ci_kind_text(enum gate_kind);
/* "ns", "1/s", "share", "ratio", "count" */
const char *ci_unit_text(enum metric_unit);

/* Rows by file, in the order of the gate: is it the first of its file? */
bool ci_begins_file(const struct gate *, uint32_t row);
/* The result of that file, or NULL. */
const struct result *ci_result_of(const struct ci_input *, const char *file);

#endif
