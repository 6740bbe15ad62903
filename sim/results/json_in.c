/* json_in.c - see json_in.h.  Integers are read from their digits: a double holds only 2^53. */
#include "json_in.h"

#include "../base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN = 64 };

bool json_in_failed(const struct json_in *in)
{
    return in->err->errors > 0;
}

void json_in_fault(struct json_in *in, const cJSON *node, const char *fmt, ...)
{
    char what[256];
    va_list args;

    if (json_in_failed(in))
        return;
    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    doc_fault(in->doc, in->err, node ? node : in->doc->root, DOC_VALUE, "E300", "%s", what);
}

/* NULL after a fault, so that whoever asks looks no further. */
static const cJSON *member(struct json_in *in, const cJSON *node, const char *key)
{
    const cJSON *value = doc_get(node, key);

    if (json_in_failed(in))
        return NULL;
    if (!value)
        json_in_fault(in, node, "\"%s\" is missing", key);
    return value;
}

static void mistaken(struct json_in *in, const cJSON *value, const char *key, const char *expected)
{
    char shown[SHOWN];

    json_in_fault(in, value, "\"%s\" is %s; expected %s", key,
                  doc_shown(in->doc, value, shown, sizeof shown), expected);
}

const cJSON *json_in_object(struct json_in *in, const cJSON *node, const char *key)
{
    const cJSON *value = member(in, node, key);

    if (!value || cJSON_IsObject(value))
        return value;
    mistaken(in, value, key, "an object");
    return NULL;
}

const cJSON *json_in_list(struct json_in *in, const cJSON *node, const char *key, uint32_t most,
                          uint32_t *n)
{
    const cJSON *value = member(in, node, key);

    *n = 0;
    if (!value)
        return NULL;
    if (!cJSON_IsArray(value)) {
        mistaken(in, value, key, "a list");
        return NULL;
    }
    for (const cJSON *item = value->child; item; item = item->next)
        ++*n;
    if (*n <= most)
        return value;
    json_in_fault(in, value, "\"%s\" has %" PRIu32 " members; expected at most %" PRIu32, key, *n,
                  most);
    *n = 0;
    return NULL;
}

const char *json_in_text_or_null(struct json_in *in, const cJSON *node, const char *key)
{
    const cJSON *value = member(in, node, key);

    if (!value || cJSON_IsNull(value))
        return NULL;
    if (cJSON_IsString(value))
        return arena_text(in->arena, value->valuestring);
    mistaken(in, value, key, "text");
    return NULL;
}

const char *json_in_text(struct json_in *in, const cJSON *node, const char *key)
{
    const char *text = json_in_text_or_null(in, node, key);

    if (text)
        return text;
    json_in_fault(in, doc_get(node, key), "\"%s\" is null; expected text", key);
    return "";
}

/* Digits only: no sign, point or exponent; at most `most`. */
static uint64_t count_of(struct json_in *in, const cJSON *value, const char *key, uint64_t most)
{
    char digits[24], expected[64];
    size_t length = 0;
    const char *raw = doc_raw(in->doc, value, &length);
    uint64_t n = 0;
    bool is_count = raw && length < sizeof digits && strspn(raw, "0123456789") == length;

    if (is_count) {
        memcpy(digits, raw, length);
        digits[length] = '\0';
        errno = 0;
        n = strtoull(digits, NULL, 10);
        is_count = errno == 0 && n <= most;
    }
    if (is_count)
        return n;
    snprintf(expected, sizeof expected, "a whole number of at most %" PRIu64, most);
    mistaken(in, value, key, expected);
    return 0;
}

uint64_t json_in_count(struct json_in *in, const cJSON *node, const char *key, uint64_t most)
{
    const cJSON *value = member(in, node, key);

    return value ? count_of(in, value, key, most) : 0;
}

uint64_t json_in_nsec(struct json_in *in, const cJSON *node, const char *key)
{
    const cJSON *value = member(in, node, key);

    if (!value)
        return 0;
    return cJSON_IsNull(value) ? NEVER : count_of(in, value, key, INT64_MAX);
}

double json_in_number(struct json_in *in, const cJSON *node, const char *key)
{
    const cJSON *value = member(in, node, key);

    if (!value || cJSON_IsNull(value))
        return NAN;
    if (cJSON_IsNumber(value))
        return value->valuedouble;
    mistaken(in, value, key, "a number or null");
    return NAN;
}

bool json_in_bool(struct json_in *in, const cJSON *node, const char *key)
{
    const cJSON *value = member(in, node, key);

    if (value && !cJSON_IsBool(value))
        mistaken(in, value, key, "true or false");
    return value && cJSON_IsTrue(value);
}

uint32_t json_in_word(struct json_in *in, const cJSON *node, const char *key,
                      const char *const *words)
{
    const char *text = json_in_text(in, node, key);
    char expected[SHOWN];

    for (uint32_t i = 0; words[i]; i++)
        if (strcmp(words[i], text) == 0)
            return i;
    snprintf(expected, sizeof expected, "\"%s\" or \"%s\"", words[0], words[1]);
    if (!json_in_failed(in))
        mistaken(in, doc_get(node, key), key, expected);
    return 0;
}

const char *json_in_raw(struct json_in *in, const cJSON *node, const char *key)
{
    const cJSON *value = member(in, node, key);
    size_t length = 0;
    const char *raw = value ? doc_raw(in->doc, value, &length) : NULL;
    char *copy;

    if (!raw)
        return "";
    copy = arena_alloc(in->arena, length + 1);
    memcpy(copy, raw, length);
    return copy;
}
