/* explain_profile.h - the page about a product's profile. */
#ifndef CLI_EXPLAIN_PROFILE_H
#define CLI_EXPLAIN_PROFILE_H

#include "cli.h"

/* false: there is no such profile, and nothing was written. */
bool explain_profile(struct cli *, const char *name);

#endif
