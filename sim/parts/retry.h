/* retry.h - may a failed attempt be tried again, and where not. */
#ifndef PARTS_RETRY_H
#define PARTS_RETRY_H

#include "../base/types.h"

/* Reasons a scenario can name, or-ed. */
enum retry_on { RETRY_ON_REFUSED = 1, RETRY_ON_TIMEOUT = 2, RETRY_ON_RESET = 4, RETRY_ON_5XX = 8 };

struct retry_config {
    uint32_t max;                   /* further attempts after the first; 0: none */
    uint32_t on;                    /* enum retry_on */
};

#endif
