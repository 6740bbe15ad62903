/* tell_result.h - a result told: the folder written, then the table or the JSON on stdout. */
#ifndef CLI_TELL_RESULT_H
#define CLI_TELL_RESULT_H

#include "../report/report.h"
#include "cli.h"

/* How text is laid out here. */
struct report_style tell_style(const struct cli *);

/* Adds a warning to cli->err when figures of the folder are missing. */
void tell_figures(struct cli *, const struct report_plots *, const char *folder);

/* Writes the result's folder, draws its figures unless told not to, prints.  The exit code. */
int tell_result(struct cli *, const struct result *);

#endif
