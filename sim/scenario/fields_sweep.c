/* fields_sweep.c - `sweep`: the axis that `lblab sweep` goes along when none is asked for.
 * Other verbs read it, check that every value loads, and leave it at that. */
#include "field.h"
#include "sweep.h"

#include "../base/text.h"

#include <string.h>

/* ---- values: texts as they would stand after --values ---- */

static const char *value_text(struct reader *rd, const cJSON *node)
{
    size_t length;
    const char *raw;
    char number[40];

    if (cJSON_IsString(node))
        return reader_text(rd, node->valuestring);
    if (cJSON_IsBool(node))
        return cJSON_IsTrue(node) ? "true" : "false";
    if (!cJSON_IsNumber(node))
        return NULL;
    raw = doc_raw(&rd->doc, node, &length);
    if (raw && length < sizeof number)
        snprintf(number, sizeof number, "%.*s", (int)length, raw);
    else
        snprintf(number, sizeof number, "%.15g", node->valuedouble);
    return reader_text(rd, number);
}

static int read_values(struct reader *rd, const struct field *f, const cJSON *node, void *object)
{
    struct sweep_config *c = object;
    const char **value;
    const cJSON *item;

    (void)f;
    if (!cJSON_IsArray(node) || !node->child || cJSON_GetArraySize(node) > SWEEP_MOST_VALUES)
        return field_mismatch(rd, node,
                              "a list of at most 200 values or ranges such as \"8..16/2\"");
    value = arena_alloc(&rd->out->arena, (size_t)cJSON_GetArraySize(node) * sizeof *value);
    cJSON_ArrayForEach(item, node) {
        value[c->values] = value_text(rd, item);
        if (!value[c->values])
            return field_mismatch(rd, item, "a number, text, true or false");
        c->values++;
    }
    c->value = value;
    return 0;
}

static void schema_values(FILE *out, const struct field *f)
{
    (void)f;
    fprintf(out, "\"type\": \"array\", \"minItems\": 1, \"maxItems\": %d, \"items\": "
                 "{ \"type\": [ \"number\", \"string\", \"boolean\" ] }", SWEEP_MOST_VALUES);
}

static const struct field_type type_values = {
    .what = "a list of values", .read = read_values, .schema = schema_values };

static int read_load(struct reader *rd, const struct field *f, const cJSON *node, void *object)
{
    (void)f;
    if (!cJSON_IsString(node))
        return field_mismatch(rd, node, "text such as \"20%..95%/5%\"");
    sweep_split(object, node->valuestring, &rd->out->arena);
    return 0;
}

static void schema_load(FILE *out, const struct field *f)
{
    (void)f;
    fprintf(out, "\"type\": \"string\", \"maxLength\": 1000");
}

static const struct field_type type_load = {
    .what = "loads", .read = read_load, .schema = schema_load };

/* ---- the table ---- */

#define SWEEP(member) FIELD_AT(sweep_config, member)

static const struct field sweep_rows[] = {
    { "path", &field_text, SWEEP(path), .max = 400,
      .help = "what varies, as after -s: \"backends.app.count\"" },
    { "values", &type_values,
      .help = "2 to 200 values, or ranges FROM..TO/STEP: [4, \"8..16/2\"], "
              "[\"200/s..900/s/100/s\"]" },
    { "load", &type_load,
      .help = "instead of both: the busiest pool's offered load, a list of shares of its capacity "
              "such as \"20%..95%/5%\"; every group's rate is scaled alike" },
    { "label", &field_text, SWEEP(label), .max = 60, .help = "of the axis; default: the path" },
    { .key = NULL },
};

static int tell_missing(struct reader *rd, const cJSON *node, const char *what)
{
    doc_fault(&rd->doc, rd->err, node, DOC_VALUE, "E121", "missing in sweep: %s", what);
    err_hint(rd->err, "either \"path\" and \"values\", or \"load\"");
    return -1;
}

static void check_sweep(struct reader *rd, const cJSON *node, void *object)
{
    const cJSON *load = doc_get(node, "load"), *path = doc_get(node, "path"),
                *values = doc_get(node, "values");

    (void)object;
    if (load && (path || values)) {
        doc_fault(&rd->doc, rd->err, load, DOC_KEY, "E122",
                  "\"load\" does not go with \"%s\"", path ? "path" : "values");
        err_hint(rd->err, "either \"path\" and \"values\", or \"load\"");
    } else if (!load && !path) {
        tell_missing(rd, node, values ? "\"path\"" : "\"path\" and \"values\", or \"load\"");
    } else if (!load && !values) {
        tell_missing(rd, node, "\"values\"");
    }
}

const struct field_table fields_sweep = {
    .name = "sweep", .help = "the axis of `lblab sweep`", .row = sweep_rows, .check = check_sweep };

/* ---- every value must load ---- */

static const cJSON *node_of(const cJSON *sweep, const struct sweep_fault *fault)
{
    const cJSON *values = doc_get(sweep, "values");

    if (fault->part == SWEEP_PATH)
        return doc_get(sweep, "path");
    return values ? cJSON_GetArrayItem(values, (int)fault->item) : doc_get(sweep, "load");
}

static void tell_fault(struct reader *rd, const struct sweep_fault *fault)
{
    doc_fault(&rd->doc, rd->err, node_of(doc_get(rd->doc.root, "sweep"), fault), DOC_VALUE,
              fault->code, "%s", fault->what);
    if (fault->hint[0])
        err_hint(rd->err, "%s", fault->hint);
}

void sweep_check(struct reader *rd)
{
    const struct scenario *sc = rd->out;
    struct sweep_axis axis;
    struct sweep_fault fault;

    if (!sc->sweep.values || rd->over->text)
        return;
    if (sweep_axis_make(&axis, &sc->sweep, sc, &rd->out->arena, &fault) < 0) {
        tell_fault(rd, &fault);
        return;
    }
    for (uint32_t k = 0; k < axis.values; k++) {
        struct scenario base = *sc, point;

        base.text = rd->doc.text;   /* not the scenario's yet */
        base.length = rd->doc.length;
        if (sweep_load_point(&point, &base, &axis, k, rd->over, NULL, &fault) < 0) {
            tell_fault(rd, &fault);
            return;
        }
        scenario_fini(&point);
    }
}
