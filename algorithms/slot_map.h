/* slot_map.h - HAProxy's map of slots, which static-rr walks and map-based hashes point into: as
 * many as the weights' sum, divided by their greatest common divisor, in a smooth order.
 *
 * Only backends that are up are in it.  The surprise: a weight that changes while it runs changes
 * nothing but for 0, which takes a backend out. */
#ifndef SLOT_MAP_H
#define SLOT_MAP_H

#include "heap.h"

enum { SLOT_MAP_MOST_WEIGHT = 256, SLOT_CLASSES = 3 };

struct slot_saver {
    uint64_t slots;                      /* given to it */
    uint64_t moves;                      /* the slot from which on it is a class higher */
    uint32_t class;                      /* score below 0, below the sum of weights, not below */
};

/* The first field of the private state of an algorithm that uses it. */
struct slot_map {
    uint32_t          *weight;           /* the first that the backend had; 0: none yet */
    uint32_t          *map;              /* [slots] */
    uint64_t           slots;
    size_t             map_room;
    uint32_t           divisor;          /* common to all weights */
    uint32_t           room;
    bool               is_stale;
    struct slot_saver *saver;            /* by backend, used while the map is filled */
    struct heap        class[SLOT_CLASSES], moving;
    uint32_t          *place, *moving_place;
};

/* Refuses weights above SLOT_MAP_MOST_WEIGHT. */
int      slot_map_start(struct lb *, const char **why);
void     slot_map_stop(struct lb *);
void     slot_map_change(struct lb *, uint32_t backend, enum lb_change);
size_t   slot_map_bytes(const struct lb *);

/* Fills the map if something changed.  O(slots log n) then. */
void     slot_map_fill(struct lb *);

#endif
