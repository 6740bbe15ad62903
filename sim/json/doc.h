/* doc.h - a JSON text with its tree and the place of every value in it.
 *
 * cJSON keeps no positions, so each node's `valueint` (which we never use as a number) holds the
 * index of its spot; values that came from an option of the command line hold -1 - option. */
#ifndef JSON_DOC_H
#define JSON_DOC_H

#include "json_strict.h"

#include "../base/err.h"

#include <cjson/cJSON.h>

enum { DOC_OPTIONS = 256, DOC_PRESET = -1000000 };

struct doc {
    const char *path;               /* as shown in messages */
    const char *root_name;          /* "the case"; NULL: "the scenario" */
    char   *text;                   /* owned */
    size_t  length;
    cJSON  *root;
    struct json_spots spots;
    const char *option[DOC_OPTIONS];    /* "-s run.seed=3": blamed for values not from the file */
    uint32_t options;
};

/* Reads, checks and parses.  0 or -1 with the fault in err; doc_fini() either way. */
int  doc_open(struct doc *, const char *path, struct err *);

/* The same for files of ours, which may be larger than what people write. */
int  doc_open_most(struct doc *, const char *path, size_t most_bytes, uint32_t most_values,
                   struct err *);
/* The same with bytes that were read before; they are copied, path is for messages. */
int  doc_open_text(struct doc *, const char *path, const char *text, size_t length, struct err *);
void doc_fini(struct doc *);

enum doc_part { DOC_VALUE, DOC_KEY };

/* Adds a fault at a node's value or key: place, source line and pointer
 * are filled in.  Returns -1. */
int doc_fault(const struct doc *, struct err *, const cJSON *, enum doc_part, const char *code,
              const char *fmt, ...) __attribute__((format(printf, 6, 7)));

/* The same at a part of a text's characters, counted from 0 behind the quote, escapes resolved. */
int doc_fault_within(const struct doc *, struct err *, const cJSON *, uint32_t at, uint32_t width,
                     const char *code, const char *what);

/* The line in which a value stands; 0 when it is not from the file. */
uint32_t doc_line(const struct doc *, const cJSON *);

/* A child by key, case-sensitive; NULL when there is none or `node` is not an object. */
cJSON *doc_get(const cJSON *node, const char *key);

/* root[list][index][key] as far as it exists: the place of something found wrong later. */
const cJSON *doc_item(const struct doc *, const char *list, uint32_t index, const char *key);

/* "clients[0].arrival" for messages, safe to show; its root_name for the root. */
const char *doc_where(const struct doc *, const cJSON *, char *buf, size_t size);

/* The value as it was written, safe to show, cut to size; "an object", "a list" for those. */
const char *doc_shown(const struct doc *, const cJSON *, char *buf, size_t size);

/* The characters of a value as written in the file; NULL when it is not from there. */
const char *doc_raw(const struct doc *, const cJSON *, size_t *length);

/* Marks a tree as coming from option number `option` (or DOC_PRESET). */
void doc_mark(cJSON *, int mark);

/* Line, column and source line of a place in any text, for an error item. */
void doc_place(struct err_item *, const char *file, const char *text, size_t length, size_t at,
               size_t width);

#endif
