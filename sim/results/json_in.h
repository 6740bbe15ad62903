/* json_in.h - JSON of ours read back: every member must be there and be what it should be, for the
 * file may be cut, edited or a stranger's.
 *
 * The first fault is told with its place (E300); after it every answer is 0, NAN, "" or NULL, so
 * that readers look for it once, at the end. */
#ifndef RESULTS_JSON_IN_H
#define RESULTS_JSON_IN_H

#include "../base/pool.h"
#include "../json/doc.h"

struct json_in { const struct doc *doc; struct err *err; struct arena *arena; };

bool json_in_failed(const struct json_in *);

/* A fault at a value; NULL: at the root. */
void json_in_fault(struct json_in *, const cJSON *, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Members of an object.  Texts are copies in the arena. */
const cJSON *json_in_object(struct json_in *, const cJSON *, const char *key);
const cJSON *json_in_list(struct json_in *, const cJSON *, const char *key, uint32_t most,
                          uint32_t *n);
const char  *json_in_text(struct json_in *, const cJSON *, const char *key);
const char  *json_in_text_or_null(struct json_in *, const cJSON *, const char *key);
uint64_t     json_in_count(struct json_in *, const cJSON *, const char *key, uint64_t most);
uint64_t     json_in_nsec(struct json_in *, const cJSON *, const char *key);    /* null: NEVER */
double       json_in_number(struct json_in *, const cJSON *, const char *key);  /* null: NAN */
bool         json_in_bool(struct json_in *, const cJSON *, const char *key);

/* A text of one of `words` (NULL at the end): its index. */
uint32_t     json_in_word(struct json_in *, const cJSON *, const char *key,
                          const char *const *words);

/* A value as it was written, a copy in the arena. */
const char  *json_in_raw(struct json_in *, const cJSON *, const char *key);

#endif
