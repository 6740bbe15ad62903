/* steps.h - the steps of a case, read and checked in their order; private to this folder. */
#ifndef PICKS_STEPS_H
#define PICKS_STEPS_H

#include "roster.h"

#include "../scenario/field.h"

struct steps_reader {
    struct reader *rd;
    struct pick_case *out;
    struct roster roster;
    const struct pick_backend **at;     /* [roster.configured]: in the arena */
    uint32_t *ended;                /* [picks so far]: the step that ended it, from 1; 0: none */
    uint32_t picks, room;
};

extern const struct field_table pick_fields_backend;

/* A new configuration: names and ids must differ.  -1 with the faults told. */
int steps_backends(struct steps_reader *, const cJSON *list, struct pick_backend *);

/* Fills the case's steps. */
void steps_read(struct steps_reader *, const cJSON *list);

#endif
