/* remap_asked.h - what the options of `remap` ask for. */
#ifndef CLI_REMAP_ASKED_H
#define CLI_REMAP_ASKED_H

#include "../run/remap.h"
#include "cli.h"

struct remap_asked {
    struct remap_question question; /* of the first answer; .backends is for the caller to set */
    struct remap_keys keys;
    bool has_return;                /* asked a second time, when what crashed has returned */
    char change[64], home[80];      /* how answers call the one and the other */
};

/* 0, or -1 with the fault in cli->err (2).  remap_asked_fini() in either case. */
int  remap_asked_read(struct cli *, struct remap_asked *);
void remap_asked_fini(struct remap_asked *);

#endif
