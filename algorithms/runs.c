/* runs.c - see runs.h.  Weights are found by hash, whatever numbers they are: O(backends). */
#include "runs.h"

#include <stdlib.h>

void runs_room(struct runs *r, uint32_t old_room, uint32_t room)
{
    r->heap.item = lb_grow(r->heap.item, old_room, room, sizeof *r->heap.item);
    r->heap.place = lb_grow(r->heap.place, old_room, room, sizeof *r->heap.place);
    r->link = lb_grow(r->link, old_room, room, sizeof *r->link);
    for (uint32_t i = old_room; i < room; i++)
        r->link[i] = (struct run_link){ .before = LB_NONE, .after = LB_NONE };
}

void runs_free(struct runs *r)
{
    free(r->heap.item);
    free(r->heap.place);
    free(r->link);
    free(r->run);
}

size_t runs_bytes(const struct runs *r, uint32_t room)
{
    return room * (sizeof *r->heap.item + sizeof *r->heap.place + sizeof *r->link)
        + r->run_room * sizeof *r->run;
}

static uint32_t run_add(struct runs *r, uint32_t runs, uint32_t weight)
{
    if (runs == r->run_room) {
        uint32_t room = runs > 0 ? 2 * runs : 8;
        r->run = lb_grow(r->run, runs, room, sizeof *r->run);
        r->run_room = room;
    }
    r->run[runs] = (struct run){ .weight = weight, .last = LB_NONE };
    return runs + 1;
}

uint32_t runs_clear(struct runs *r, const struct lb *lb)
{
    uint32_t slots = 2 * lb->capacity + 1, runs = 0;
    uint32_t *slot = lb_grow(NULL, 0, slots, sizeof *slot);       /* run + 1; 0: free */

    r->heap.size = 0;
    for (uint32_t i = 0; i < lb->count; i++) {
        uint32_t weight = lb->backend[i].weight, at = (uint32_t)(lb_mix(weight) % slots);
        while (slot[at] != 0 && r->run[slot[at] - 1].weight != weight)
            at = at + 1 < slots ? at + 1 : 0;
        if (slot[at] == 0)
            slot[at] = runs = run_add(r, runs, weight);
        r->run[slot[at] - 1].backends++;
        r->link[i] = (struct run_link){ LB_NONE, LB_NONE, slot[at] - 1 };
        r->heap.place[i] = 0;
    }
    free(slot);
    return runs;
}
