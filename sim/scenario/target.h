/* target.h - "app", "app[2]", "app[0..3]", "app[*]": which backends an event is about. */
#ifndef SCENARIO_TARGET_H
#define SCENARIO_TARGET_H

#include "field.h"

/* Checks the form only; which pool, and how many it has by then, schedule.c knows. */
extern const struct field_type field_target;

struct target {
    char     pool[65];
    bool     is_bare, is_all;       /* "app"; "app[*]" */
    uint32_t first, last;
};

/* 0, or -1 when the text is not of that form. */
int target_parse(const char *text, struct target *);

#endif
