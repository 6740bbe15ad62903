/* type_zone.c - where things stand: `zone` and `priority`, one for all of a tier or a list with one
 * each.  Zones are numbered from 1 in the order in which the file names them; 0 has no name. */
#include "field.h"

#include <string.h>

enum { MOST_ZONES = 200 };

static int number_zone(struct reader *rd, const cJSON *node, uint32_t *number)
{
    if (!cJSON_IsString(node) || !*node->valuestring)
        return field_mismatch(rd, node, "the name of a zone");
    for (uint32_t k = 0; k < rd->zones; k++)
        if (strcmp(rd->zone[k], node->valuestring) == 0) {
            *number = k + 1;
            return 0;
        }
    if (rd->zones == MOST_ZONES)
        return doc_fault(&rd->doc, rd->err, node, DOC_VALUE, "E112", "more than %d zones",
                         MOST_ZONES);
    if (rd->zone == NULL)
        rd->zone = arena_alloc(&rd->out->arena, MOST_ZONES * sizeof *rd->zone);
    rd->zone[rd->zones++] = reader_text(rd, node->valuestring);
    *number = rd->zones;
    return 0;
}

static int read_zone(struct reader *rd, const struct field *f, const cJSON *node, void *object)
{
    return number_zone(rd, node, (uint32_t *)(void *)((char *)object + f->offset));
}

static void schema_zone(FILE *out, const struct field *f)
{
    (void)f;
    fprintf(out, "\"type\": \"string\", \"minLength\": 1");
}

const struct field_type field_zone = { .what = "the name of a zone", .read = read_zone,
                                       .schema = schema_zone };

/* ---- one for all, or one each; `extra` says where the number of them is ---- */

static int check_length(struct reader *rd, const cJSON *node, uint32_t count)
{
    uint32_t given = (uint32_t)cJSON_GetArraySize(node);
    char name[100];

    if (given == count)
        return 0;
    doc_fault(&rd->doc, rd->err, node, DOC_VALUE, "E117", "%s has %u entries for %u members",
              field_name(rd, node, name, sizeof name), given, count);
    err_hint(rd->err, "expected one for all, or a list with one each");
    return -1;
}

static int read_each(struct reader *rd, const struct field *f, const cJSON *node, void *object,
                     const struct field_type *type)
{
    uint32_t count = *(const uint32_t *)(const void *)((char *)object + *(const size_t *)f->extra);
    struct field cell = { .key = f->key, .type = type, .min = f->min, .max = f->max };
    const cJSON *item = cJSON_IsArray(node) ? node->child : node;
    uint32_t *each;

    if (count == 0 || count > READER_MOST_CELLS)
        return 0;                   /* told already */
    if (cJSON_IsArray(node) && check_length(rd, node, count) < 0)
        return -1;
    each = arena_alloc(&rd->out->arena, count * sizeof *each);
    *(uint32_t **)(void *)((char *)object + f->offset) = each;
    for (uint32_t k = 0; k < count; k++) {
        if (item && type->read(rd, &cell, item, &each[k]) < 0)
            return -1;
        if (cJSON_IsArray(node))
            item = item->next;
    }
    return 0;
}

static int read_zones(struct reader *rd, const struct field *f, const cJSON *node, void *object)
{
    return read_each(rd, f, node, object, &field_zone);
}

static int read_priorities(struct reader *rd, const struct field *f, const cJSON *node,
                           void *object)
{
    return read_each(rd, f, node, object, &field_uint);
}

static void schema_zones(FILE *out, const struct field *f)
{
    (void)f;
    fprintf(out, "\"oneOf\": [ { \"type\": \"string\", \"minLength\": 1 }, { \"type\": \"array\", "
                 "\"minItems\": 1, \"items\": { \"type\": \"string\", \"minLength\": 1 } } ]");
}

static void schema_priorities(FILE *out, const struct field *f)
{
    fprintf(out, "\"oneOf\": [ { \"type\": \"integer\", \"minimum\": %.0f, \"maximum\": %.0f }, "
                 "{ \"type\": \"array\", \"minItems\": 1, \"items\": { \"type\": \"integer\", "
                 "\"minimum\": %.0f, \"maximum\": %.0f } } ]", f->min, f->max, f->min, f->max);
}

const struct field_type field_zones = { .what = "the name of a zone, or a list with one each",
                                        .read = read_zones, .schema = schema_zones };
const struct field_type field_priorities = { .what = "a whole number, or a list with one each",
                                             .read = read_priorities,
                                             .schema = schema_priorities };
