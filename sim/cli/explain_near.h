/* explain_near.h - what may have been meant by a word that nothing bears. */
#ifndef CLI_EXPLAIN_NEAR_H
#define CLI_EXPLAIN_NEAR_H

#include "cli.h"

/* Tells that nothing is known of it, and the nearest words; the exit code. */
int explain_near(struct cli *, const char *word);

#endif
