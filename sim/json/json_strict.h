/* json_strict.h - RFC 8259 to the letter, before cJSON sees a byte: cJSON takes duplicate keys,
 * bad UTF-8, NUL bytes, 007 and 1e400 without a word and keeps no positions. */
#ifndef JSON_JSON_STRICT_H
#define JSON_JSON_STRICT_H

#include "../base/types.h"

enum {
    JSON_MOST_BYTES = 16 << 20,
    JSON_MOST_DEPTH = 64,
    JSON_MOST_VALUES = 1000000,
    JSON_MOST_KEYS = 4096,          /* in one object */
    JSON_MOST_STRING = 64 << 10,    /* bytes as written */
    JSON_MOST_DIGITS = 64,          /* characters of a number */
};

/* Where a value stands in the text, and its key (key_length 0: none); quotes included. */
struct json_spot { uint32_t at, length, key_at, key_length; };

/* All values of a text in document order: the n-th visited by a walk over cJSON's tree. */
struct json_spots { struct json_spot *spot; uint32_t count, capacity; };

struct json_fault {
    size_t at, width;
    size_t first;                   /* duplicate key: where it stood before; else 0 */
    const char *code, *what, *hint; /* static texts; hint may be NULL */
};

/* 0 with the spots (free() spot), or -1 with the first fault and no spots. */
int json_check(const char *text, size_t length, struct json_spots *, struct json_fault *);

/* The same with another limit than JSON_MOST_VALUES. */
int json_check_most(const char *text, size_t length, uint32_t most_values, struct json_spots *,
                    struct json_fault *);

#endif
