/* sentences.h - what the numbers of `run` cannot say: what was left out, what was hashed, who could
 * not keep up, what failed, what moved. */
#ifndef REPORT_SENTENCES_H
#define REPORT_SENTENCES_H

#include "report.h"

struct sentences {
    const struct result *r;
    uint32_t columns;               /* to wrap at */
    uint32_t tested;                /* changes, corrected together */
    double   percentile;            /* the one that is compared */
    const uint32_t *shown;          /* [shows]: which percentiles have a column */
    uint32_t shows;
};

/* A blank line and the sentences; nothing when there are none. */
void sentences_put(FILE *, const struct sentences *);

#endif
