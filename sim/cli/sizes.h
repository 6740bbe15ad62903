/* sizes.h - numbers of backends as typed: "64", "8,64,512", "4..64", "100..1000/100". */
#ifndef CLI_SIZES_H
#define CLI_SIZES_H

#include "cli.h"

enum { SIZES_MOST_BACKENDS = 1000000 };

struct sizes { uint32_t *item, count; };

/* --backends as asked for, or `preset`.  -1 with E023 in cli->err; sizes_fini() in any case. */
int  sizes_read(struct cli *, const char *preset, struct sizes *);
void sizes_fini(struct sizes *);

#endif
