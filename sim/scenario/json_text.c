/* json_text.c - see json_text.h. */
#include "json_text.h"

#include "../base/xalloc.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct out {
    const struct doc *doc;
    char  *text;
    size_t length, capacity;
};

static void put(struct out *o, const char *text, size_t length)
{
    if (!o->text || o->length + length + 1 > o->capacity) {
        o->capacity = (o->length + length + 1) * 2;
        o->text = xrealloc(o->text, o->capacity, 1);
    }
    memcpy(o->text + o->length, text, length);
    o->length += length;
    o->text[o->length] = '\0';
}

static void put_text(struct out *o, const char *text)
{
    put(o, text, strlen(text));
}

static void put_string(struct out *o, const char *text)
{
    char escape[8];

    put(o, "\"", 1);
    for (const char *p = text; *p; p++) {
        unsigned char c = (unsigned char)*p;

        if (c == '"' || c == '\\')
            snprintf(escape, sizeof escape, "\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            snprintf(escape, sizeof escape, "\\u%04x", c);
        else
            snprintf(escape, sizeof escape, "%c", c);
        put_text(o, escape);
    }
    put(o, "\"", 1);
}

static void put_number(struct out *o, double value)
{
    char digits[40];

    if (value == floor(value) && fabs(value) < 0x1p53)
        snprintf(digits, sizeof digits, "%.0f", value == 0 ? 0.0 : value);
    else
        snprintf(digits, sizeof digits, "%.17g", value);
    put_text(o, digits);
}

static void put_literal(struct out *o, const cJSON *node)
{
    put_text(o, cJSON_IsTrue(node) ? "true" : cJSON_IsFalse(node) ? "false" : "null");
}

/* ---- pretty ---- */

static void indent(struct out *o, int depth)
{
    put(o, "\n", 1);
    for (int k = 0; k < depth; k++)
        put(o, "  ", 2);
}

static bool is_flat(const cJSON *node)
{
    for (const cJSON *c = node->child; c; c = c->next)
        if (c->child)
            return false;
    return true;
}

/* Short things stand in one line: lists of plain values, objects of up to four. */
static void put_pretty(struct out *o, const cJSON *node, int depth)
{
    bool object = cJSON_IsObject(node);
    size_t length;
    const char *raw = cJSON_IsNumber(node) ? doc_raw(o->doc, node, &length) : NULL;

    if (raw) {
        put(o, raw, length);
    } else if (cJSON_IsNumber(node)) {
        put_number(o, node->valuedouble);
    } else if (cJSON_IsString(node)) {
        put_string(o, node->valuestring);
    } else if (object || cJSON_IsArray(node)) {
        bool line = node->child && !(is_flat(node) && (!object || cJSON_GetArraySize(node) <= 4));

        put_text(o, object ? "{" : "[");
        for (const cJSON *c = node->child; c; c = c->next) {
            if (line)
                indent(o, depth + 1);
            else if (object || c != node->child)
                put(o, " ", 1);
            if (object) {
                put_string(o, c->string);
                put_text(o, ": ");
            }
            put_pretty(o, c, depth + 1);
            if (c->next)
                put(o, ",", 1);
        }
        if (line)
            indent(o, depth);
        put_text(o, object ? (line || !node->child ? "}" : " }") : "]");
    } else {
        put_literal(o, node);
    }
}

char *json_pretty(const struct doc *doc)
{
    struct out o = { .doc = doc };

    put_pretty(&o, doc->root, 0);
    put_text(&o, "\n");
    return o.text;
}

/* ---- canonical ---- */

static bool is_left_out(const char *key, int depth)
{
    static const char *const top[] = { "$schema", "title", "description", "tags", "assert",
                                      "sweep" };

    if (strcmp(key, "$comment") == 0 || strncmp(key, "x-", 2) == 0)
        return true;
    for (size_t k = 0; depth == 0 && k < ARRAY_LEN(top); k++)
        if (strcmp(key, top[k]) == 0)
            return true;
    return false;
}

static int compare_keys(const void *a, const void *b)
{
    return strcmp((*(const cJSON *const *)a)->string, (*(const cJSON *const *)b)->string);
}

static void put_canonical(struct out *, const cJSON *, int depth);

static void put_members(struct out *o, const cJSON *node, int depth)
{
    size_t count = (size_t)cJSON_GetArraySize(node), used = 0;
    const cJSON **member = xcalloc(count + 1, sizeof *member);

    for (const cJSON *c = node->child; c; c = c->next)
        if (!is_left_out(c->string, depth))
            member[used++] = c;
    qsort(member, used, sizeof *member, compare_keys);
    put(o, "{", 1);
    for (size_t k = 0; k < used; k++) {
        if (k)
            put(o, ",", 1);
        put_string(o, member[k]->string);
        put(o, ":", 1);
        put_canonical(o, member[k], depth + 1);
    }
    put(o, "}", 1);
    free(member);
}

static void put_canonical(struct out *o, const cJSON *node, int depth)
{
    if (cJSON_IsObject(node)) {
        put_members(o, node, depth);
    } else if (cJSON_IsArray(node)) {
        put(o, "[", 1);
        for (const cJSON *c = node->child; c; c = c->next) {
            if (c != node->child)
                put(o, ",", 1);
            put_canonical(o, c, depth + 1);
        }
        put(o, "]", 1);
    } else if (cJSON_IsNumber(node)) {
        put_number(o, node->valuedouble);
    } else if (cJSON_IsString(node)) {
        put_string(o, node->valuestring);
    } else {
        put_literal(o, node);
    }
}

char *json_canonical(const struct doc *doc, size_t *length)
{
    struct out o = { .doc = doc };

    put_canonical(&o, doc->root, 0);
    *length = o.length;
    return o.text;
}
