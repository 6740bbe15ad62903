/* groups.h - the groups of checks, each the end of a file of its own; verify.c lists them. */
#ifndef VERIFY_GROUPS_H
#define VERIFY_GROUPS_H

#include "verify.h"

extern const struct verify_group verify_mm1, verify_mg1, verify_ps;        /* one_server.c */
extern const struct verify_group verify_mmc, verify_loss, verify_closed;   /* many_servers.c */
extern const struct verify_group verify_split, verify_rr, verify_retries;  /* splitting.c */
extern const struct verify_group verify_jsqd, verify_jsq, verify_jiq, verify_lwl;  /* choices.c */
extern const struct verify_group verify_redundancy, verify_hedging, verify_fanout; /* copies.c */
extern const struct verify_group verify_old, verify_prequal;        /* signals.c */
extern const struct verify_group verify_hashing;            /* hashing.c */
extern const struct verify_group verify_shares;             /* shares.c */
extern const struct verify_group verify_published;          /* published.c */

#endif
