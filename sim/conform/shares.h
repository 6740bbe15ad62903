/* shares.h - for recordings that say which share of the requests each server got: a scenario as
 * text, run, and its shares held against the recorded ones; private to this folder. */
#ifndef CONFORM_SHARES_H
#define CONFORM_SHARES_H

#include "judge.h"

#include "../metrics/record.h"

enum { SHARES_MOST = 16 };

struct shares { double percent[SHARES_MOST]; uint32_t count; };

/* A pool's directives, of setup.pools, become the recording's; *is_l4: it forwards connections. */
int  shares_read_pool(struct judged *, const cJSON *lines, bool *is_l4);

/* Of what was served in the slices [from, to). */
struct shares shares_of(const struct record *, uint32_t from, uint32_t to);

/* Held against a recorded run and, if there is one, its repetition; the better of both is told.
 * The tolerance is in points of a share in %. */
int  shares_compare(struct judged *, const char *name, const struct shares *ours,
                    const cJSON *first, const cJSON *again, double tolerance);
/* The same by size, where it is not known whose share is whose; ours is sorted. */
int  shares_compare_sizes(struct judged *, const char *name, struct shares *ours,
                          const cJSON *first, double tolerance);

static inline int shares_fault(struct judged *j, const cJSON *at, const char *what)
{
    return recording_fault(j->recording, j->err, at ? at : j->recording->outputs, what);
}

#endif
