/* fail_clock.h - what nginx remembers of one server's failures (ngx_http_upstream_round_robin.c,
 * 1.22), in whole seconds of a clock: after max_fails of them it sits out for fail_timeout and the
 * rest of a second, then one request may try it.  There is no window: a failure is forgotten by a
 * success after a try that came later than fail_timeout, not by age (nginx#599). */
#ifndef FAIL_CLOCK_H
#define FAIL_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct fail_clock { uint64_t failed, checked; uint32_t fails; };    /* s: last, and last tried */

static inline bool fail_clock_is_over(const struct fail_clock *c, uint64_t timeout, uint64_t second)
{
    return second - c->checked > timeout;
}

static inline bool fail_clock_sits_out(const struct fail_clock *c, uint32_t max_fails,
                                       uint64_t timeout, uint64_t second)
{
    return c->fails >= max_fails && !fail_clock_is_over(c, timeout, second);
}

/* A request goes to it: if that is the one that may try, no other does until its result. */
static inline void fail_clock_try(struct fail_clock *c, uint64_t timeout, uint64_t second)
{
    if (fail_clock_is_over(c, timeout, second))
        c->checked = second;
}

static inline void fail_clock_fail(struct fail_clock *c, uint64_t second)
{
    c->fails++;
    c->failed = c->checked = second;
}

static inline void fail_clock_pass(struct fail_clock *c)
{
    if (c->failed < c->checked)
        c->fails = 0;
}

#endif
