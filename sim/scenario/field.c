/* field.c - reads an object by its table; see field.h. */
#include "field.h"

#include "../base/text.h"

#include <assert.h>
#include <string.h>

bool field_is_remark(const char *key)
{
    return strcmp(key, "$comment") == 0 || strncmp(key, "x-", 2) == 0;
}

const struct field *field_find(const struct field_table *table, const char *key)
{
    for (const struct field *f = table->row; f->key; f++)
        if (strcmp(f->key, key) == 0)
            return f;
    return NULL;
}

bool field_is_list(const struct field *f)
{
    return f->type == &field_objects;
}

const struct field_table *field_inner(const struct field *f)
{
    if (f->type == &field_object || f->type == &field_asserts)
        return f->extra;
    return field_is_list(f) ? ((const struct field_list *)f->extra)->table : NULL;
}

const char *field_name(struct reader *rd, const cJSON *node, char *buf, size_t size)
{
    char safe[80];

    if (!node->string)
        return doc_where(&rd->doc, node, buf, size);
    snprintf(buf, size, "\"%s\"", text_safe(safe, sizeof safe, node->string, strlen(node->string)));
    return buf;
}

int field_mismatch(struct reader *rd, const cJSON *node, const char *what)
{
    char name[100], shown[60];

    doc_fault(&rd->doc, rd->err, node, DOC_VALUE, "E100", "%s must be %s: %s",
              field_name(rd, node, name, sizeof name), what,
              doc_shown(&rd->doc, node, shown, sizeof shown));
    field_hint_type(rd, node, what);
    return -1;
}

int field_out_of_range(struct reader *rd, const cJSON *node, const char *low, const char *high)
{
    char name[100], shown[60];

    doc_fault(&rd->doc, rd->err, node, DOC_VALUE, "E112", "%s is out of range: %s",
              field_name(rd, node, name, sizeof name),
              doc_shown(&rd->doc, node, shown, sizeof shown));
    err_hint(rd->err, "expected %s to %s", low, high);
    return -1;
}

const char *field_choice_names(const struct field_choice *choice, char *buf, size_t size)
{
    size_t used = 0;

    buf[0] = '\0';
    for (const struct field_choice *c = choice; c->name && used < size; c++)
        used += (size_t)snprintf(buf + used, size - used, "%s\"%s\"",
                                 c == choice ? "" : c[1].name ? ", " : " or ", c->name);
    return buf;
}

static void tell_unknown(struct reader *rd, const struct field_table *table, const cJSON *child,
                         const cJSON *parent)
{
    char safe[80], where[120];

    doc_fault(&rd->doc, rd->err, child, DOC_KEY, "E120", "unknown key \"%s\" in %s",
              text_safe(safe, sizeof safe, child->string, strlen(child->string)),
              doc_where(&rd->doc, parent, where, sizeof where));
    field_hint_key(rd, table, child->string);
}

bool field_is_hopeless(const struct reader *rd)
{
    return rd->err->errors >= READER_MOST_FAULTS;
}

static int check_known(struct reader *rd, const struct field_table *table, const cJSON *node)
{
    int rc = 0;

    for (const cJSON *child = node->child; child && !field_is_hopeless(rd); child = child->next)
        if (!field_is_remark(child->string) && !field_find(table, child->string)) {
            tell_unknown(rd, table, child, node);
            rc = -1;
        }
    return rc;
}

/* The default is read as if it had been written. */
static void read_preset(struct reader *rd, const struct field *f, void *object)
{
    cJSON *node = cJSON_Parse(f->preset);

    assert(node);
    doc_mark(node, DOC_PRESET);

    int rc = f->type->read(rd, f, node, object);

    assert(rc == 0);
    (void)rc;
    cJSON_Delete(node);
}

/* Bit of the selector's value; all bits where there is none or it is at fault itself. */
static uint32_t read_selector(struct reader *rd, const struct field_table *table, const cJSON *node,
                              void *object, int *rc)
{
    const struct field *f = table->selector ? field_find(table, table->selector) : NULL;

    if (!f)
        return UINT32_MAX;

    const cJSON *child = doc_get(node, f->key);

    if (!child && !f->preset)
        return UINT32_MAX;
    if (!child)
        read_preset(rd, f, object);
    else if (f->type->read(rd, f, child, object) < 0) {
        *rc = -1;
        return UINT32_MAX;
    }
    return 1u << *(uint32_t *)((char *)object + f->offset);
}

static void tell_misplaced(struct reader *rd, const struct field_table *table,
                           const struct field *f, const cJSON *child, const cJSON *parent)
{
    const struct field *selector = field_find(table, table->selector);
    const cJSON *chosen = doc_get(parent, selector->key);
    char shown[60];

    doc_fault(&rd->doc, rd->err, child, DOC_KEY, "E122", "\"%s\" does not apply with \"%s\": %s",
              f->key, selector->key,
              chosen ? doc_shown(&rd->doc, chosen, shown, sizeof shown) : selector->preset);
    if (f->unless)
        err_hint(rd->err, "%s", f->unless);
}

static bool applies(const struct field *f, uint32_t selected)
{
    return !f->when || (f->when & selected);
}

static int tell_missing(struct reader *rd, const struct field_table *table, const cJSON *node,
                        uint32_t selected)
{
    char list[200] = "", where[120];
    size_t used = 0;

    for (const struct field *f = table->row; f->key; f++)
        if ((f->flags & FIELD_REQUIRED) && applies(f, selected) && !doc_get(node, f->key) &&
            (!f->when || selected != UINT32_MAX) && !field_is_meant(table, node, f->key) &&
            used < sizeof list)
            used += (size_t)snprintf(list + used, sizeof list - used, "%s\"%s\"", used ? ", " : "",
                                     f->key);
    if (!used)
        return 0;
    doc_where(&rd->doc, node, where, sizeof where);
    doc_fault(&rd->doc, rd->err, node, DOC_VALUE, "E121", "missing in %s: %s", where, list);
    field_hint_missing(rd, node);
    return -1;
}

static int read_row(struct reader *rd, const struct field_table *table, const struct field *f,
                    const cJSON *node, uint32_t selected, void *object)
{
    const cJSON *child = doc_get(node, f->key);

    if (!applies(f, selected)) {
        if (child)
            tell_misplaced(rd, table, f, child, node);
        return child ? -1 : 0;
    }
    if (child)
        return f->type->read(rd, f, child, object);
    if (f->preset)
        read_preset(rd, f, object);
    return 0;
}

int field_read(struct reader *rd, const struct field_table *table, const cJSON *node, void *object)
{
    if (!cJSON_IsObject(node))
        return field_mismatch(rd, node, "an object");

    int rc = check_known(rd, table, node);
    uint32_t selected = read_selector(rd, table, node, object, &rc);

    if (tell_missing(rd, table, node, selected) < 0)
        rc = -1;
    for (const struct field *f = table->row; f->key; f++) {
        bool is_selector = table->selector && strcmp(f->key, table->selector) == 0;

        if (!is_selector && read_row(rd, table, f, node, selected, object) < 0)
            rc = -1;
    }
    if (rc == 0 && table->check)
        table->check(rd, node, object);
    return rc;
}
