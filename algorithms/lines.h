/* lines.h - the lines of an nginx upstream, each as long as its weight: a hash modulo the sum of
 * weights falls on one.  A line that is down keeps its place; the 21st try ends in turns.h. */
#ifndef LINES_H
#define LINES_H

#include "turns.h"

enum { LINES_RETRIES = 20 };

/* The first field of the private state of an algorithm that uses it. */
struct lines {
    struct turns turns;
    uint64_t    *upto;                   /* [count] sum of weights up to and with this line */
    uint32_t    *line;                   /* [count] its backend: all but removed, weight > 0 */
    uint32_t     count, room;
    bool         built;
};

int      lines_start(struct lb *, const char **why);
void     lines_stop(struct lb *);
size_t   lines_bytes(const struct lb *);
void     lines_change(struct lb *, uint32_t backend, enum lb_change);

/* The backend on whose line `hash` modulo the sum of weights falls; LB_NONE: there is no line. */
uint32_t lines_at(struct lb *, uint64_t hash);

#endif
