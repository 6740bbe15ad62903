/* json_text.h - JSON written out again, without cJSON_Print: that one loses bits of numbers. */
#ifndef SCENARIO_JSON_TEXT_H
#define SCENARIO_JSON_TEXT_H

#include "../json/doc.h"

/* Pretty, in the file's order; numbers as they were written.  malloc'ed. */
char *json_pretty(const struct doc *);

/* Sorted keys, no white space, without $schema, $comment, x-*, and at the top title, description,
 * tags, assert and sweep: what two scenarios must share for their results to be compared.
 * malloc'ed. */
char *json_canonical(const struct doc *, size_t *length);

#endif
