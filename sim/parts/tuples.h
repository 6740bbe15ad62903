/* tuples.h - addresses and ports of connections that have ended, and where they went: who uses them
 * again within a while may be taken for the old connection. */
#ifndef PARTS_TUPLES_H
#define PARTS_TUPLES_H

#include "linger.h"

struct tuples {
    struct tuple { uint64_t key; nsec until; uint32_t to; } *slot;  /* until 0: free */
    uint32_t slots, used;           /* open addressing: slots is a power of two */
    struct linger ended;            /* keys, to be taken out in order */
};

static inline uint64_t tuple_key(uint32_t source, uint16_t port)
{
    return (uint64_t)source << 16 | port;
}

void tuples_fini(struct tuples *);

/* The connection with this key has ended, and is known until then; `until` never falls. */
void tuples_add(struct tuples *, uint64_t key, uint32_t to, nsec until);

/* Where the last one with this key went, or NONE. */
uint32_t tuples_find(struct tuples *, uint64_t key, nsec now);

#endif
