/* conntrack.c - an array that grows to the highest connection id. */
#include "conntrack.h"

#include <stdlib.h>

#include "../base/xalloc.h"

void conntrack_init(struct conntrack *t)
{
    *t = (struct conntrack){ .flow = NULL };
}

void conntrack_fini(struct conntrack *t)
{
    free(t->flow);
}

struct flow *conntrack_at(struct conntrack *t, uint32_t conn)
{
    uint32_t old = t->capacity;

    if (conn >= old) {
        t->capacity = conn < 512 ? 1024 : 2 * conn;
        t->flow = xrealloc(t->flow, t->capacity, sizeof *t->flow);
        for (uint32_t i = old; i < t->capacity; i++)
            t->flow[i] = (struct flow){ .to = NONE };
    }
    return &t->flow[conn];
}
