/* print_err.h - faults and warnings as a user reads them. */
#ifndef CLI_PRINT_ERR_H
#define CLI_PRINT_ERR_H

#include "../base/err.h"

#include <stdio.h>

/* Everything that err holds, in order, then how many more there are.  Warnings only if wanted. */
void print_err(FILE *, const struct err *, bool with_warnings, bool with_colors);

#endif
