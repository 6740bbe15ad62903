/* health.h - rise and fall: what a balancer believes of a peer from its checks. */
#ifndef PARTS_HEALTH_H
#define PARTS_HEALTH_H

#include "../base/types.h"

struct health_config {
    nsec     interval;              /* 0: no checks */
    nsec     timeout;               /* a check without answer by then has failed */
    uint32_t rise, fall;            /* good or bad checks in a row that change the mind */
};

/* One peer's state; `streak` counts checks that speak against the present belief. */
struct health { uint32_t streak; bool is_down; };

/* Takes one check's result; true when the belief changed (h->is_down is the new one). */
bool health_note(struct health *, const struct health_config *, bool passed);

#endif
