/* parts.h - where the time of requests went, for the table and the figure. */
#ifndef REPORT_PARTS_H
#define REPORT_PARTS_H

#include "report.h"

/* Mean of a policy's requests that ended ok, in ns; NAN: none did. */
double parts_mean(const struct result *, uint32_t policy, enum part);

/* Did any policy spend time there? */
bool parts_is_told(const struct result *, enum part);

/* Is there more to tell than waiting and service at backends? */
bool parts_are_of_interest(const struct result *);

/* "lb queue": for columns and legends. */
const char *parts_short_name(enum part);

/* A row a policy, a column a part. */
void parts_table(FILE *, const struct result *, const struct report_style *, uint32_t name_width);

#endif
