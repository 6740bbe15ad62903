/* explain.h - the pages of `explain`, one kind of subject each. */
#ifndef CLI_EXPLAIN_H
#define CLI_EXPLAIN_H

#include "../../algorithms/lb.h"
#include "../scenario/field.h"
#include "cli.h"

/* "NAME, ALIAS - SUMMARY"; alias and summary may be NULL. */
void explain_title(struct cli *, const char *name, const char *alias, const char *summary);

void explain_algorithm(struct cli *, const struct lb_ops *);

/* A line for each algorithm that has such a parameter; how many. */
uint32_t explain_params_named(struct cli *, const char *word);

/* explain_profile.c: a product's profile.  false: there is none, and nothing was written. */
bool explain_profile(struct cli *, const char *name);

/* ---- keys of a scenario: explain_key.c ---- */

/* "clients.arrival.rate"; names and [indexes] of list items may be left out.  NULL: no such key. */
const struct field *explain_find_key(const char *path, const struct field_table **of);
void explain_key(struct cli *, const char *path, const struct field_table *,
                 const struct field *);

/* Keys of that name, or that take it as a word, wherever they stand, but for the path `but` (may
 * be NULL): how many; a line for each; or the page of the first. */
uint32_t explain_count_keys(const char *word, const char *but);
void explain_keys_named(struct cli *, const char *word, const char *but);
void explain_key_named(struct cli *, const char *word);

#endif
