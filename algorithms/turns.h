/* turns.h - where nginx's hashes end when their tries run out or there is no key: its smooth
 * weighted round robin over the usable ones. */
#ifndef TURNS_H
#define TURNS_H

#include "smooth.h"

/* The first field of the private state of an algorithm that uses it. */
struct turns { struct smooth smooth; };

void     turns_start(struct lb *);
void     turns_stop(struct lb *);
size_t   turns_bytes(const struct lb *);

/* To be called from on_pick, on_complete, on_shared and on_change. */
void     turns_picked(struct lb *, uint32_t backend, uint64_t now);
void     turns_complete(struct lb *, uint32_t backend, const struct lb_outcome *);
void     turns_shared(struct lb *, uint32_t backend, int64_t by);
void     turns_change(struct lb *, uint32_t backend, enum lb_change);

/* Whose turn it is, LB_FULL or LB_NONE.  lb_peek() must take no turn: it gets a usable one by
 * `hash`. */
uint32_t turns_pick(struct lb *, const struct lb_request *, uint64_t hash);

#endif
