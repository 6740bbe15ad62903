/* roster.h - who is there while a case is read: names and ids of the configuration at that step, so
 * that every step can be checked, with its place, before the first is played. */
#ifndef PICKS_ROSTER_H
#define PICKS_ROSTER_H

#include "case.h"

/* Open addressing over names, and over ids as "#12". */
struct roster_entry { char *text; uint32_t position; bool is_there; };
struct roster {
    struct roster_entry *entry;
    uint32_t size, used, configured, present;
    uint64_t taken_below;           /* every id under this one is taken */
};

void roster_fini(struct roster *);

/* The position of a backend that is there, or NONE. */
uint32_t roster_find(const struct roster *, const char *name);

/* Takes an id that was asked for; false: it is taken already.  All of a list are held before
 * roster_add() deals out the others. */
bool roster_hold(struct roster *, uint64_t id);

/* Adds a backend at the next position; one without an id gets the least that is free.  false: its
 * name is taken. */
bool roster_add(struct roster *, struct pick_backend *);

void roster_remove(struct roster *, const char *name, uint64_t id);
void roster_clear(struct roster *);     /* a new configuration */

#endif
