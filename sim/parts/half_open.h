/* half_open.h - connections of which only the SYN has come: what holds a place, and for how long.
 *
 * Linux keeps one for 63 s when nobody answers its five SYN-ACKs (tcp_synack_retries), and with
 * tcp_syncookies 1, its default, answers without a place when there is none (ip-sysctl; D. J.
 * Bernstein, "SYN cookies", 1996).  A SYN that is dropped comes again after 1 s, 3 s, 7 s ... (RFC
 * 6298), six times (tcp_syn_retries). */
#ifndef PARTS_HALF_OPEN_H
#define PARTS_HALF_OPEN_H

#include "../base/types.h"

enum syn_cookies { COOKIES_NEVER, COOKIES_WHEN_FULL, COOKIES_ALWAYS };

struct syn_config {
    uint32_t backlog;               /* places; 0: without limit, nothing is kept */
    uint32_t cookies;               /* enum syn_cookies */
    nsec     cookie_work;           /* of a core, for each; on top of its packets */
    nsec     timeout;               /* of a place whose owner never answers */
};

enum { SYN_RETRIES = 6 };

/* Of those that never answer all leave in the order in which they came. */
struct half_open {
    const struct syn_config *config;
    nsec    *leaves;                /* [backlog], a ring */
    uint32_t first, silent;         /* in the ring */
    uint32_t answering;             /* places of those who will answer */
};

void half_open_init(struct half_open *, const struct syn_config *);
void half_open_fini(struct half_open *);

/* Is there a place? */
bool half_open_has_place(struct half_open *, nsec now);

/* Takes it: for one who never answers; for one who does, until half_open_leave(). */
void half_open_take_silent(struct half_open *, nsec now);
static inline void half_open_take(struct half_open *h)
{
    h->answering++;
}

static inline void half_open_leave(struct half_open *h)
{
    h->answering--;
}

#endif
