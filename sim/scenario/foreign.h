/* foreign.h - words that other products and everyday speech have for what has another name here:
 * foreign.txt, built in.  All put what to write into buf; false: nothing is known. */
#ifndef SCENARIO_FOREIGN_H
#define SCENARIO_FOREIGN_H

#include <stdbool.h>
#include <stddef.h>

/* For a key that `table` (struct field_table's name, or "policy") does not have. */
bool foreign_key(const char *table, const char *word, char *buf, size_t size);

/* For a word that is no choice of a key: "http" for "layer".  For a value of another type the word
 * is "a-list", "an-object" or "a-value". */
bool foreign_value(const char *key, const char *word, char *buf, size_t size);

/* "10 sec" as "10s", "5 rps" as "5/s": an amount as its reader takes it, unless it is right
 * already.  kind: "a duration", "a rate" or "a size". */
bool foreign_amount(const char *kind, const char *text, char *buf, size_t size);

/* That of names[] (NULL-terminated) that differs in case, "_" and "-" only; NULL: none. */
const char *foreign_same(const char *word, const char *const *names);

#endif
