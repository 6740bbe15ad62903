/* tell_comparison.h - a comparison told: its figure drawn, then the table, JSON or CSV. */
#ifndef CLI_TELL_COMPARISON_H
#define CLI_TELL_COMPARISON_H

#include "../report/compare_report.h"
#include "cli.h"

/* metric: the figure's, or NULL for the preset.  What was just computed gets a result folder, which
 * the figure goes into; of results that were read it goes under --results.  The exit code. */
enum tell_origin { TELL_COMPUTED, TELL_READ };
int tell_comparison(struct cli *, const struct report_comparison *, const char *metric,
                    enum tell_origin);

#endif
