/* linger.h - what stays taken for a while after its end, all for the same time: ports, and entries
 * of tables, in TIME_WAIT. */
#ifndef PARTS_LINGER_H
#define PARTS_LINGER_H

#include "../base/types.h"

struct linger {
    struct lingering { nsec until; uint64_t what; } *ring;
    uint32_t head, count, capacity;
};

void linger_fini(struct linger *);

/* `until` never falls from one to the next. */
void linger_add(struct linger *, nsec until, uint64_t what);

/* Takes out the first whose time is over; false: there is none. */
bool linger_next(struct linger *, nsec now, uint64_t *what);

#endif
