/* field_types.c - the plain kinds of values: names, numbers, durations, rates, choices, objects. */
#include "field.h"
#include "foreign.h"

#include "../base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void *member(const struct field *f, void *object)
{
    return (char *)object + f->offset;
}

static void put_number(char *buf, size_t size, double value)
{
    snprintf(buf, size, "%.15g", value);
}

/* ---- text ---- */

/* Control characters, and those that change the direction or the line: never in a name. */
static bool is_plain(const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p < 0x20 || *p == 0x7f)
            return false;
        if (p[0] == 0xc2 && p[1] < 0xa0)
            return false;           /* U+0080 .. U+009F */
        if (p[0] == 0xe2 && p[1] == 0x80 && p[2] >= 0xa8 && p[2] <= 0xae)
            return false;           /* U+2028 .. U+202E */
        if (p[0] == 0xe2 && p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9)
            return false;           /* U+2066 .. U+2069 */
    }
    return true;
}

static int read_text(struct reader *rd, const struct field *f, const cJSON *node, void *object)
{
    char name[100];

    if (!cJSON_IsString(node))
        return field_mismatch(rd, node, "text");
    if (f->max > 0 && (double)strlen(node->valuestring) > f->max)
        return doc_fault(&rd->doc, rd->err, node, DOC_VALUE, "E115",
                         "%s has %zu bytes, at most %.0f are allowed",
                         field_name(rd, node, name, sizeof name), strlen(node->valuestring),
                         f->max);
    if (!is_plain(node->valuestring)) {
        doc_fault(&rd->doc, rd->err, node, DOC_VALUE, "E115",
                  "%s has characters that text must not have",
                  field_name(rd, node, name, sizeof name));
        err_hint(rd->err,
                 "no control characters, no line breaks, none that change the direction of text");
        return -1;
    }
    *(const char **)member(f, object) = reader_text(rd, node->valuestring);
    return 0;
}

static int tell_bad_name(struct reader *rd, const cJSON *node, const char *expected)
{
    char name[100], shown[80];

    doc_fault(&rd->doc, rd->err, node, DOC_VALUE, "E114", "%s is not fit as a name: %s",
              field_name(rd, node, name, sizeof name),
              doc_shown(&rd->doc, node, shown, sizeof shown));
    err_hint(rd->err, "expected %s", expected);
    return -1;
}

static int read_id(struct reader *rd, const struct field *f, const cJSON *node, void *object)
{
    if (!cJSON_IsString(node))
        return field_mismatch(rd, node, "a name");
    if (!text_is_id(node->valuestring))
        return tell_bad_name(rd, node, "1 to 64 of A-Z a-z 0-9 . _ -, a letter or digit first");
    *(const char **)member(f, object) = reader_text(rd, node->valuestring);
    return 0;
}

/* No dots: they separate the steps of a path.  A letter first: digits are positions. */
static bool is_node_name(const char *name)
{
    return text_is_id(name) && !strchr(name, '.') && !(name[0] >= '0' && name[0] <= '9');
}

static int read_node(struct reader *rd, const struct field *f, const cJSON *node, void *object)
{
    if (!cJSON_IsString(node))
        return field_mismatch(rd, node, "a name");
    if (!is_node_name(node->valuestring))
        return tell_bad_name(rd, node,
                             "a letter, then letters, digits, \"_\" or \"-\", at most 64");
    *(const char **)member(f, object) = reader_text(rd, node->valuestring);
    return 0;
}

static void schema_text(FILE *out, const struct field *f)
{
    fprintf(out, "\"type\": \"string\"");
    if (f->max > 0)
        fprintf(out, ", \"maxLength\": %.0f", f->max);
}

static void schema_id(FILE *out, const struct field *f)
{
    (void)f;
    fprintf(out, "\"type\": \"string\", \"pattern\": \"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$\"");
}

static void schema_node(FILE *out, const struct field *f)
{
    (void)f;
    fprintf(out, "\"type\": \"string\", \"pattern\": \"^[A-Za-z][A-Za-z0-9_-]{0,63}$\"");
}

static int read_ignored(struct reader *rd, const struct field *f, const cJSON *node, void *object)
{
    (void)f;
    (void)object;
    return cJSON_IsString(node) ? 0 : field_mismatch(rd, node, "text");
}

/* ---- numbers ---- */

static int check_range(struct reader *rd, const struct field *f, const cJSON *node, double value,
                       double most)
{
    double max = f->min == 0 && f->max == 0 ? most : f->max;
    char low[40], high[40];

    if (value >= f->min && value <= max)
        return 0;
    put_number(low, sizeof low, f->min);
    put_number(high, sizeof high, max);
    return field_out_of_range(rd, node, low, high);
}

static int read_whole(struct reader *rd, const struct field *f, const cJSON *node, double most)
{
    if (!cJSON_IsNumber(node) || node->valuedouble != floor(node->valuedouble))
        return field_mismatch(rd, node, "a whole number");
    return check_range(rd, f, node, node->valuedouble, most);
}

static int read_uint(struct reader *rd, const struct field *f, const cJSON *node, void *object)
{
    if (read_whole(rd, f, node, 4294967294.0) < 0)
        return -1;
    *(uint32_t *)member(f, object) = (uint32_t)node->valuedouble;
    return 0;
}

static int read_bool(struct reader *rd, const struct field *f, const cJSON *node, void *object)
{
    if (!cJSON_IsBool(node))
        return field_mismatch(rd, node, f->type->what);
    *(bool *)member(f, object) = cJSON_IsTrue(node);
    return 0;
}

static void schema_bool(FILE *out, const struct field *f)
{
    (void)f;
    fprintf(out, "\"type\": \"boolean\"");
}

static int read_count(struct reader *rd, const struct field *f, const cJSON *node, void *object)
{
    if (read_whole(rd, f, node, 0x1p53) < 0)
        return -1;
    *(uint64_t *)member(f, object) = (uint64_t)node->valuedouble;
    return 0;
}

static int read_real(struct reader *rd, const struct field *f, const cJSON *node, void *object)
{
    if (!cJSON_IsNumber(node))
        return field_mismatch(rd, node, "a number");
    if (check_range(rd, f, node, node->valuedouble, 1e300) < 0)
        return -1;
    *(double *)member(f, object) = node->valuedouble;
    return 0;
}

static int read_share(struct reader *rd, const struct field *f, const cJSON *node, void *object)
{
    double value = cJSON_IsNumber(node) ? node->valuedouble : -1;

    if (cJSON_IsString(node) && text_fraction(node->valuestring, &value) < 0)
        value = -1;
    if (value < 0 || value > 1)
        return field_mismatch(rd, node, "a share such as \"5%\" or 0.05");
    if (check_range(rd, f, node, value, 1) < 0)
        return -1;
    *(double *)member(f, object) = value;
    return 0;
}

static void schema_share(FILE *out, const struct field *f)
{
    (void)f;
    fprintf(out, "\"oneOf\": [ { \"type\": \"number\", \"minimum\": 0, \"maximum\": 1 }, "
                 "{ \"type\": \"string\", \"pattern\": \"^[0-9]+(\\\\.[0-9]+)?%%?$\" } ]");
}

static void schema_range(FILE *out, const struct field *f, double most)
{
    fprintf(out, ", \"minimum\": %.15g, \"maximum\": %.15g", f->min,
            f->min == 0 && f->max == 0 ? most : f->max);
}

static void schema_uint(FILE *out, const struct field *f)
{
    fprintf(out, "\"type\": \"integer\"");
    schema_range(out, f, 4294967294.0);
}

static void schema_count(FILE *out, const struct field *f)
{
    fprintf(out, "\"type\": \"integer\"");
    schema_range(out, f, 0x1p53);
}

static void schema_real(FILE *out, const struct field *f)
{
    fprintf(out, "\"type\": \"number\"");
    schema_range(out, f, 1e300);
}

/* ---- with units ---- */

static int tell_no_unit(struct reader *rd, const cJSON *node, const char *what, const char *code,
                        const char *examples)
{
    char shown[60], name[100], amount[40];

    if (cJSON_IsNumber(node))
        doc_fault(&rd->doc, rd->err, node, DOC_VALUE, code, "%s needs a unit: %s", what,
                  doc_shown(&rd->doc, node, shown, sizeof shown));
    else
        doc_fault(&rd->doc, rd->err, node, DOC_VALUE, code, "%s must be %s: %s",
                  field_name(rd, node, name, sizeof name), what,
                  doc_shown(&rd->doc, node, shown, sizeof shown));
    if (cJSON_IsString(node) && foreign_amount(what, node->valuestring, amount, sizeof amount))
        err_hint(rd->err, "did you mean \"%s\"?   expected text like %s", amount, examples);
    else
        err_hint(rd->err, "expected text like %s", examples);
    return -1;
}

int field_read_duration(struct reader *rd, const cJSON *node, nsec *out)
{
    if (cJSON_IsString(node) && text_duration(node->valuestring, out) == 0)
        return 0;
    return tell_no_unit(rd, node, "a duration", "E110", "\"30s\", \"250ms\" or \"1m30s\"");
}

static int read_duration(struct reader *rd, const struct field *f, const cJSON *node, void *object)
{
    double max = f->max > 0 ? f->max : 0x1p62;
    nsec value;

    if (field_read_duration(rd, node, &value) < 0)
        return -1;
    if ((double)value < f->min || (double)value > max) {
        char low[40], high[40];

        return field_out_of_range(rd, node, text_show_duration(low, sizeof low, f->min),
                                  text_show_duration(high, sizeof high, max));
    }
    *(nsec *)member(f, object) = value;
    return 0;
}

static int read_rate(struct reader *rd, const struct field *f, const cJSON *node, void *object)
{
    double value;

    if (!cJSON_IsString(node) || text_rate(node->valuestring, &value) < 0)
        return tell_no_unit(rd, node, "a rate", "E111",
                            "\"500/s\", \"2k/s\" or \"120/m\", more than 0");
    if (value < f->min || (f->max > 0 && value > f->max)) {
        char low[40], high[40];

        return field_out_of_range(rd, node, text_show_rate(low, sizeof low, f->min),
                                  text_show_rate(high, sizeof high, f->max));
    }
    *(double *)member(f, object) = value;
    return 0;
}

static int read_size(struct reader *rd, const struct field *f, const cJSON *node, void *object)
{
    uint64_t value;

    if (!cJSON_IsString(node) || text_size(node->valuestring, &value) < 0)
        return tell_no_unit(rd, node, "a size", "E111", "\"500B\", \"100kB\" or \"2MiB\"");
    if ((double)value < f->min || (double)value > f->max) {
        char low[40], high[40];

        return field_out_of_range(rd, node, text_show_bytes(low, sizeof low, f->min),
                                  text_show_bytes(high, sizeof high, f->max));
    }
    *(uint32_t *)member(f, object) = (uint32_t)value;
    return 0;
}

static void schema_ref(FILE *out, const char *name)
{
    fprintf(out, "\"$ref\": \"#/$defs/%s\"", name);
}

static void schema_duration(FILE *out, const struct field *f)
{
    (void)f;
    schema_ref(out, "duration");
}

static void schema_rate(FILE *out, const struct field *f)
{
    (void)f;
    schema_ref(out, "rate");
}

static void schema_size(FILE *out, const struct field *f)
{
    (void)f;
    schema_ref(out, "size");
}

/* ---- choices ---- */

static int read_word(struct reader *rd, const struct field *f, const cJSON *node, uint32_t *value)
{
    const struct field_choice *choice = f->extra;
    const char *names[32];
    char list[240], what[280], name[100], shown[60], foreign[120];
    uint32_t count = 0;

    field_choice_names(choice, list, sizeof list);
    snprintf(what, sizeof what, "one of %s", list);
    if (!cJSON_IsString(node))
        return field_mismatch(rd, node, what);
    for (const struct field_choice *c = choice; c->name && count < 31; c++) {
        names[count++] = c->name;
        if (strcmp(c->name, node->valuestring) == 0) {
            *value = c->value;
            return 0;
        }
    }
    names[count] = NULL;

    const char *same = foreign_same(node->valuestring, names);
    const char *near = same ? same : text_nearest(node->valuestring, names);

    doc_fault(&rd->doc, rd->err, node, DOC_VALUE, "E102", "unknown word for %s: %s",
              field_name(rd, node, name, sizeof name),
              doc_shown(&rd->doc, node, shown, sizeof shown));
    if (foreign_value(f->key, node->valuestring, foreign, sizeof foreign))
        err_hint(rd->err, "here: %s; known are %s", foreign, list);
    else if (near)
        err_hint(rd->err, "did you mean \"%s\"?   known are %s", near, list);
    else
        err_hint(rd->err, "expected %s", list);
    return -1;
}

static int read_choice(struct reader *rd, const struct field *f, const cJSON *node, void *object)
{
    return read_word(rd, f, node, member(f, object));
}

static int read_choices(struct reader *rd, const struct field *f, const cJSON *node, void *object)
{
    uint32_t *set = member(f, object), value = 0;
    const cJSON *item;

    if (!cJSON_IsArray(node) || !node->child)
        return field_mismatch(rd, node, "a list of words, at least one");
    *set = 0;
    cJSON_ArrayForEach(item, node) {
        if (read_word(rd, f, item, &value) < 0)
            return -1;
        *set |= value;
    }
    return 0;
}

static void schema_enum(FILE *out, const struct field_choice *choice)
{
    fprintf(out, "\"enum\": [");
    for (const struct field_choice *c = choice; c->name; c++)
        fprintf(out, "%s\"%s\"", c == choice ? "" : ", ", c->name);
    fprintf(out, "]");
}

static void schema_choice(FILE *out, const struct field *f)
{
    schema_enum(out, f->extra);
}

static void schema_choices(FILE *out, const struct field *f)
{
    fprintf(out, "\"type\": \"array\", \"minItems\": 1, \"items\": { ");
    schema_enum(out, f->extra);
    fprintf(out, " }");
}

/* ---- objects ---- */

static int read_object(struct reader *rd, const struct field *f, const cJSON *node, void *object)
{
    return field_read(rd, f->extra, node, member(f, object));
}

static int read_objects(struct reader *rd, const struct field *f, const cJSON *node, void *object)
{
    const struct field_list *list = f->extra;
    char name[100];
    int rc = 0;

    if (!cJSON_IsArray(node))
        return field_mismatch(rd, node, "a list");

    uint32_t count = (uint32_t)cJSON_GetArraySize(node), k = 0;

    if (count < list->least || count > list->most)
        return doc_fault(&rd->doc, rd->err, node, DOC_VALUE, "E112",
                         "%s has %u entries: expected %u to %u",
                         field_name(rd, node, name, sizeof name), count, list->least, list->most);

    char *items = arena_alloc(&rd->out->arena, count * list->size);
    const cJSON *item;

    *(void **)member(f, object) = items;
    *(uint32_t *)((char *)object + list->count_offset) = count;
    cJSON_ArrayForEach(item, node) {
        if (field_is_hopeless(rd))
            return -1;
        if (field_read(rd, list->table, item, items + k++ * list->size) < 0)
            rc = -1;
    }
    return rc;
}

static void schema_object(FILE *out, const struct field *f)
{
    schema_ref(out, ((const struct field_table *)f->extra)->name);
}

static void schema_objects(FILE *out, const struct field *f)
{
    const struct field_list *list = f->extra;

    fprintf(out, "\"type\": \"array\", \"minItems\": %u, \"maxItems\": %u, \"items\": { ",
            list->least, list->most);
    schema_ref(out, list->table->name);
    fprintf(out, " }");
}

const struct field_type field_id = { .what = "a name", .read = read_id, .schema = schema_id };
const struct field_type field_node = { .what = "a name", .read = read_node, .schema = schema_node };
const struct field_type field_text = { .what = "text", .read = read_text, .schema = schema_text };
const struct field_type field_ignored = {
    .what = "text", .read = read_ignored, .schema = schema_text };
const struct field_type field_uint = {
    .what = "a whole number", .read = read_uint, .schema = schema_uint };
const struct field_type field_bool = {
    .what = "true or false", .read = read_bool, .schema = schema_bool };
const struct field_type field_count = {
    .what = "a whole number", .read = read_count, .schema = schema_count };
const struct field_type field_real = {
    .what = "a number", .read = read_real, .schema = schema_real };
const struct field_type field_share = {
    .what = "a share: \"5%\"", .read = read_share, .schema = schema_share };
const struct field_type field_duration = {
    .what = "a duration: \"250ms\"", .read = read_duration, .schema = schema_duration };
const struct field_type field_size = {
    .what = "a size: \"100kB\"", .read = read_size, .schema = schema_size };
const struct field_type field_rate = {
    .what = "a rate: \"500/s\"", .read = read_rate, .schema = schema_rate };
const struct field_type field_choice = {
    .what = "a word", .read = read_choice, .schema = schema_choice };
const struct field_type field_choices = {
    .what = "a list of words", .read = read_choices, .schema = schema_choices };
const struct field_type field_object = {
    .what = "an object", .read = read_object, .schema = schema_object };
const struct field_type field_objects = {
    .what = "a list of objects", .read = read_objects, .schema = schema_objects };
