/* passive.h - a peer that failed is left alone for a while: nginx's max_fails and fail_timeout, and
 * Caddy's fail_duration.  The requests are the checks.
 *
 * nginx's law is the library's (algorithms/fail_clock.h), where nginx's own algorithms have it for
 * their weights; here it is for any.  Caddy (healthchecks.go, 2.6) forgets each failure
 * fail_duration after it happened, and successes change nothing. */
#ifndef PARTS_PASSIVE_H
#define PARTS_PASSIVE_H

#include "../../algorithms/fail_clock.h"
#include "../base/types.h"

enum passive_rule { PASSIVE_NGINX, PASSIVE_CADDY };

struct passive_config {
    uint32_t max_fails;             /* 0: nothing is watched */
    nsec     fail_timeout;
    uint32_t rule;                  /* enum passive_rule */
    uint32_t on;                    /* what counts: enum retry_on, or-ed */
};

/* One peer.  Caddy's rule has the count of the clock only. */
struct passive { struct fail_clock clock; bool is_out; };

/* A request goes to it; true: no other may until its result is known. */
bool passive_picked(struct passive *, const struct passive_config *, nsec now);

/* Its result; true when is_out changed. */
bool passive_note(struct passive *, const struct passive_config *, nsec now, bool failed);

/* When to ask passive_due() again after a failure at `now`. */
nsec passive_when(const struct passive_config *, nsec now);

/* That time has come; true when is_out changed. */
bool passive_due(struct passive *, const struct passive_config *, nsec now);

#endif
