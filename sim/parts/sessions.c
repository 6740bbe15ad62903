/* sessions.c - a hash table that only grows. */
#include "sessions.h"

#include "../base/rng.h"
#include "../base/xalloc.h"

#include <stdlib.h>

static struct session *make_slots(uint32_t slots)
{
    struct session *slot = xcalloc(slots, sizeof *slot);

    for (uint32_t i = 0; i < slots; i++)
        slot[i].holder = NONE;
    return slot;
}

void sessions_init(struct sessions *s)
{
    *s = (struct sessions){ .slots = 1024 };
    s->slot = make_slots(s->slots);
}

void sessions_fini(struct sessions *s)
{
    free(s->slot);
}

/* The slot of this key, or the free one where it would be. */
static struct session *find(const struct sessions *s, uint64_t key)
{
    uint32_t at = (uint32_t)rng_mix(key) & (s->slots - 1);

    while (s->slot[at].holder != NONE && s->slot[at].key != key)
        at = (at + 1) & (s->slots - 1);
    return &s->slot[at];
}

static void grow(struct sessions *s)
{
    struct sessions old = *s;

    s->slots *= 2;
    s->slot = make_slots(s->slots);
    for (uint32_t i = 0; i < old.slots; i++)
        if (old.slot[i].holder != NONE)
            *find(s, old.slot[i].key) = old.slot[i];
    free(old.slot);
}

static enum session_fate fate_of(const struct session *was, uint32_t holder, uint32_t life)
{
    if (was->holder == NONE)
        return SESSION_NEW;
    if (was->holder != holder)
        return SESSION_MOVED;
    return was->life == life ? SESSION_KEPT : SESSION_DIED;
}

enum session_fate sessions_touch(struct sessions *s, uint64_t key, uint32_t holder, uint32_t life)
{
    if (2 * s->count >= s->slots)
        grow(s);
    struct session *at = find(s, key);
    enum session_fate fate = fate_of(at, holder, life);

    s->count += fate == SESSION_NEW;
    *at = (struct session){ .key = key, .holder = holder, .life = life };
    return fate;
}
