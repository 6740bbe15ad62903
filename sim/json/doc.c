/* doc.c - see doc.h.  Line and column are counted only when a fault is told. */
#include "doc.h"

#include "../base/text.h"
#include "../base/xalloc.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BEFORE = 60 };               /* of a long line, bytes shown before the place */

/* The line, or "..." and what of it is near the place: of a machine's JSON all is one line. */
static void show_line(struct err_item *item, const char *line, size_t length)
{
    const size_t room = sizeof item->source - 1;
    size_t at = item->column - 1, from = 0, used = 0;

    if (at + item->width + 2 > room && at > BEFORE) {
        from = at - BEFORE;
        while (from < at && ((unsigned char)line[from] & 0xc0) == 0x80)
            from++;                 /* not amid a character */
        used = (size_t)snprintf(item->source, sizeof item->source, "...");
    }
    item->cut = (uint32_t)(from - used);
    for (size_t i = from; i < length && used < room; i++)
        item->source[used++] = line[i] ? line[i] : '?';
    item->source[used] = '\0';
}

void doc_place(struct err_item *item, const char *file, const char *text, size_t length, size_t at,
               size_t width)
{
    size_t start = 0, end;

    item->line = 1;
    for (size_t i = 0; i < at && i < length; i++)
        if (text[i] == '\n') {
            item->line++;
            start = i + 1;
        }
    for (end = start; end < length && text[end] != '\n' && text[end] != '\r'; end++)
        ;
    item->column = (uint32_t)(at - start + 1);
    item->width = (uint32_t)(width ? width : 1);
    text_safe(item->file, sizeof item->file, file, strlen(file));

    show_line(item, text + start, end - start);
}

/* Every value gets its spot, in document order. */
static void number_values(cJSON *node, int *next)
{
    node->valueint = (*next)++;
    for (cJSON *child = node->child; child; child = child->next)
        number_values(child, next);
}

static int tell_syntax(const struct doc *doc, const struct json_fault *fault, struct err *err)
{
    struct err_item *item = err_add(err, ERR_ERROR, fault->code);
    struct err_item before = { 0 };
    char key[80];
    bool is_syntax = strcmp(fault->code, "E001") == 0;

    doc_place(item, doc->path, doc->text, doc->length, fault->at, fault->width);
    snprintf(item->what, sizeof item->what, "%s%s", is_syntax ? "not valid JSON: " : "",
             fault->what);
    if (fault->hint)
        snprintf(item->hint, sizeof item->hint, "%s", fault->hint);
    if (fault->first) {
        doc_place(&before, doc->path, doc->text, doc->length, fault->first, 1);
        snprintf(item->what, sizeof item->what, "the key %s is given twice",
                 text_safe(key, sizeof key, doc->text + fault->at, fault->width));
        snprintf(item->hint, sizeof item->hint, "the first one is in line %u, column %u",
                 before.line, before.column);
    }
    return -1;
}

static int parse(struct doc *doc, uint32_t most_values, struct err *err)
{
    struct json_fault fault;
    int next = 0;

    if (json_check_most(doc->text, doc->length, most_values, &doc->spots, &fault) < 0)
        return tell_syntax(doc, &fault, err);
    doc->root = cJSON_ParseWithLengthOpts(doc->text, doc->length + 1, NULL, 1);
    if (!doc->root)
        return err_input(err, "E001", "\"%s\" could not be parsed", doc->path);
    number_values(doc->root, &next);
    assert((uint32_t)next == doc->spots.count);
    return 0;
}

static const char *shown_path(const char *path)
{
    return strcmp(path, "-") == 0 ? "<stdin>" : path;
}

int doc_open(struct doc *doc, const char *path, struct err *err)
{
    return doc_open_most(doc, path, JSON_MOST_BYTES, JSON_MOST_VALUES, err);
}

int doc_open_most(struct doc *doc, const char *path, size_t most_bytes, uint32_t most_values,
                  struct err *err)
{
    *doc = (struct doc){ .path = shown_path(path) };
    doc->text = text_read_file(path, most_bytes, &doc->length, err);
    return doc->text ? parse(doc, most_values, err) : -1;
}

int doc_open_text(struct doc *doc, const char *path, const char *text, size_t length,
                  struct err *err)
{
    *doc = (struct doc){ .path = shown_path(path), .length = length };
    doc->text = xcalloc(length + 1, 1);
    memcpy(doc->text, text, length);
    return parse(doc, JSON_MOST_VALUES, err);
}

void doc_fini(struct doc *doc)
{
    cJSON_Delete(doc->root);
    free(doc->spots.spot);
    free(doc->text);
    *doc = (struct doc){ 0 };
}

void doc_mark(cJSON *node, int mark)
{
    node->valueint = mark;
    for (cJSON *child = node->child; child; child = child->next)
        doc_mark(child, mark);
}

cJSON *doc_get(const cJSON *node, const char *key)
{
    return cJSON_IsObject(node) ? cJSON_GetObjectItemCaseSensitive(node, key) : NULL;
}

const cJSON *doc_item(const struct doc *doc, const char *list, uint32_t index, const char *key)
{
    const cJSON *items = doc_get(doc->root, list);
    const cJSON *item = cJSON_IsArray(items) ? cJSON_GetArrayItem(items, (int)index) : NULL;
    const cJSON *value = item && key ? doc_get(item, key) : NULL;

    return value ? value : item ? item : items ? items : doc->root;
}

/* The steps from the root down to a node; 0 when it is not in the tree. */
struct step { const cJSON *node; uint32_t index; };

static uint32_t find_steps(const cJSON *from, const cJSON *node, struct step *step, uint32_t depth)
{
    uint32_t index = 0;

    if (from == node)
        return depth + 1;
    if (depth + 1 == JSON_MOST_DEPTH + 1)
        return 0;
    for (const cJSON *child = from->child; child; child = child->next, index++) {
        step[depth + 1] = (struct step){ child, index };

        uint32_t found = find_steps(child, node, step, depth + 1);

        if (found)
            return found;
    }
    return 0;
}

static void add_text(char *buf, size_t size, const char *prefix, const char *text)
{
    size_t used = strlen(buf);
    char safe[128];

    snprintf(buf + used, size - used, "%s%s", prefix,
             text_safe(safe, sizeof safe, text, strlen(text)));
}

static const char *make_pointer(const struct doc *doc, const cJSON *node, char *buf, size_t size)
{
    struct step step[JSON_MOST_DEPTH + 2];
    uint32_t count = find_steps(doc->root, node, step, 0);
    char number[16];

    buf[0] = '\0';
    for (uint32_t k = 1; k < count; k++) {
        snprintf(number, sizeof number, "%u", step[k].index);
        add_text(buf, size, "/", step[k].node->string ? step[k].node->string : number);
    }
    return buf;
}

const char *doc_where(const struct doc *doc, const cJSON *node, char *buf, size_t size)
{
    struct step step[JSON_MOST_DEPTH + 2];
    uint32_t count = find_steps(doc->root, node, step, 0);
    char number[16];

    snprintf(buf, size, "%s",
             count != 1 ? "" : doc->root_name ? doc->root_name : "the scenario");
    for (uint32_t k = 1; k < count; k++) {
        snprintf(number, sizeof number, "[%u]", step[k].index);
        if (step[k].node->string)
            add_text(buf, size, k > 1 ? "." : "", step[k].node->string);
        else
            add_text(buf, size, "", number);
    }
    return buf;
}

const char *doc_raw(const struct doc *doc, const cJSON *node, size_t *length)
{
    if (node->valueint < 0 || (uint32_t)node->valueint >= doc->spots.count)
        return NULL;

    const struct json_spot *spot = &doc->spots.spot[node->valueint];

    *length = spot->length;
    return doc->text + spot->at;
}

const char *doc_shown(const struct doc *doc, const cJSON *node, char *buf, size_t size)
{
    size_t length;
    const char *raw = doc_raw(doc, node, &length);

    if (cJSON_IsObject(node))
        snprintf(buf, size, "an object");
    else if (cJSON_IsArray(node))
        snprintf(buf, size, cJSON_GetArraySize(node) ? "a list" : "an empty list");
    else if (raw)
        text_safe(buf, size, raw, length);
    else if (cJSON_IsString(node))
        text_safe(buf, size, node->valuestring, strlen(node->valuestring));
    else if (cJSON_IsNumber(node))
        snprintf(buf, size, "%.15g", node->valuedouble);
    else
        snprintf(buf, size, "%s",
                 cJSON_IsTrue(node)    ? "true"
                 : cJSON_IsFalse(node) ? "false"
                                       : "null");
    return buf;
}

/* How many bytes the character at *at is written with, and *gives when it is read: \u escapes give
 * one to four bytes of UTF-8, in pairs beyond U+FFFF. */
static size_t written_length(const char *at, size_t left, size_t *gives)
{
    unsigned code;

    *gives = 1;
    if (*at != '\\' || left < 2)
        return 1;
    if (at[1] != 'u' || left < 6 || sscanf(at + 2, "%4x", &code) != 1)
        return 2;
    *gives = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0xd800 || code > 0xdfff ? 3 : 4;
    return *gives == 4 && left >= 12 ? 12 : 6;
}

/* Where the byte `at` of a text as read stands in its characters as written, the quote included. */
static size_t offset_within(const char *raw, size_t length, size_t at)
{
    size_t from = 1, gives;

    for (size_t read = 0; read < at && from + 1 < length; read += gives)
        from += written_length(raw + from, length - from, &gives);
    return from;
}

int doc_fault_within(const struct doc *doc, struct err *err, const cJSON *node, uint32_t at,
                     uint32_t width, const char *code, const char *what)
{
    size_t length, start, end;
    const char *raw = doc_raw(doc, node, &length);

    doc_fault(doc, err, node, DOC_VALUE, code, "%s", what);
    if (!raw)
        return -1;
    start = offset_within(raw, length, at);
    end = offset_within(raw, length, (size_t)at + width);
    doc_place(&err->item[err->last], doc->path, doc->text, doc->length,
              (size_t)(raw - doc->text) + start, end - start);
    return -1;
}

uint32_t doc_line(const struct doc *doc, const cJSON *node)
{
    struct err_item place = { 0 };
    size_t length;
    const char *raw = doc_raw(doc, node, &length);

    if (raw)
        doc_place(&place, doc->path, doc->text, doc->length, (size_t)(raw - doc->text), 1);
    return place.line;
}

static void place_node(const struct doc *doc, const cJSON *node, enum doc_part part,
                       struct err_item *item)
{
    const struct json_spot *spot = &doc->spots.spot[node->valueint];
    bool is_key = part == DOC_KEY && spot->key_length;
    size_t width = is_key ? spot->key_length
                 : cJSON_IsObject(node) || cJSON_IsArray(node) ? 1 : spot->length;

    doc_place(item, doc->path, doc->text, doc->length, is_key ? spot->key_at : spot->at, width);
}

int doc_fault(const struct doc *doc, struct err *err, const cJSON *node, enum doc_part part,
              const char *code, const char *fmt, ...)
{
    bool is_full = err->kept == ERR_KEPT;
    struct err_item *item = err_add(err, code[0] == 'W' ? ERR_WARNING : ERR_ERROR, code);
    size_t used = 0;
    va_list args;

    if (is_full && err->last == ERR_KEPT)
        return -1;                  /* only counted: no work for the millionth fault */
    if (node->valueint >= 0)
        place_node(doc, node, part, item);
    else if (node->valueint >= -DOC_OPTIONS) {
        const char *option = doc->option[-1 - node->valueint];

        text_safe(item->what, 100, option, strlen(option));
        used = strlen(item->what);
        used += (size_t)snprintf(item->what + used, sizeof item->what - used, ": ");
    }
    make_pointer(doc, node, item->pointer, sizeof item->pointer);
    va_start(args, fmt);
    vsnprintf(item->what + used, sizeof item->what - used, fmt, args);
    va_end(args);
    return -1;
}
