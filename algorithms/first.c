/* first.c - the first backend in the list that has room: the others start to work only when it is
 * full.  HAProxy `first`, Caddy `first`.
 *
 * Without limits this is no load balancing at all: everything goes to the first. */
#include "lb.h"

static uint32_t first_pick(struct lb *lb, const struct lb_request *rq)
{
    uint32_t i = lb_next_usable(lb, rq, 0);

    return i != LB_NONE ? i : lb_none_or_full(lb, rq);
}

static const struct lb_page page = {
    .rule = "Takes the first usable backend in the order of configuration. Weights are\n"
            "ignored but for 0, which means none.",
    .cost = "O(n / 64) per pick, nothing else.",
    .used_by = "HAProxy `first` (order of server ids, with maxconn), Caddy `first`, and active\n"
               "and standby pairs everywhere.",
    .fails_when = "No limits: all others idle. With limits: those in front run full, at their\n"
                  "longest queue, while those behind idle. It is meant for switching off\n"
                  "machines that are not needed, not for short waits.",
    .source = "HAProxy's manual, `balance first`; order checked against recordings of HAProxy\n"
              "2.6.12 and Caddy 2.6.2.",
};

const struct lb_ops lb_first = {
    .abi     = LB_ABI,
    .name    = "first",
    .summary = "the first with room, in order (HAProxy, Caddy)",
    .page    = &page,
    .pick    = first_pick,
};
