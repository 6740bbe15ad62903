/* shown.h - the table of the metrics that the scenario says it is about (measure.show). */
#ifndef REPORT_SHOWN_H
#define REPORT_SHOWN_H

#include "report.h"

/* A row a policy, its name `name_width` wide, a column a metric, in blocks where they do not fit;
 * nothing where the scenario asks for none. */
void shown_table(FILE *, const struct result *, const struct report_style *, uint32_t name_width);

#endif
