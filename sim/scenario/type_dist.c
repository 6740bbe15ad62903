/* type_dist.c - a distribution of durations: "10ms", or { "dist": "lognormal", "p50": ... }.
 * The keys come from the kinds in sim/base/dist.c; nothing here knows one by name. */
#include "csv.h"
#include "field.h"
#include "foreign.h"

#include "../base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_VALUES = 1000000 };

static int tell_unknown_kind(struct reader *rd, const cJSON *node)
{
    const char *names[64];
    char list[240], shown[60], foreign[120];
    size_t count = 0, used = 0;

    for (const struct dist_kind *const *k = dist_kinds(); *k && count < 62; k++) {
        names[count++] = (*k)->name;
        if ((*k)->alias)
            names[count++] = (*k)->alias;
        if (used < sizeof list)
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "",
                                     (*k)->name);
    }
    names[count] = NULL;
    doc_fault(&rd->doc, rd->err, node, DOC_VALUE, "E103", "unknown distribution %s",
              doc_shown(&rd->doc, node, shown, sizeof shown));

    const char *near = text_nearest(node->valuestring, names);

    if (foreign_value("dist", node->valuestring, foreign, sizeof foreign))
        err_hint(rd->err, "here: %s; known are %s", foreign, list);
    else if (near)
        err_hint(rd->err, "did you mean \"%s\"?", near);
    else
        err_hint(rd->err, "known are %s", list);
    return -1;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void keep_sorted(struct dist *d, double *table, uint32_t n)
{
    qsort(table, n, sizeof *table, compare_doubles);
    d->table = table;
    d->n = n;
}

static int read_times(struct reader *rd, const cJSON *node, struct dist *d)
{
    const cJSON *item;
    uint32_t n = 0;

    if (!cJSON_IsArray(node) || !node->child)
        return field_mismatch(rd, node, "a list of durations, at least one");

    double *table = arena_alloc(&rd->out->arena, (size_t)cJSON_GetArraySize(node) * sizeof *table);

    cJSON_ArrayForEach(item, node) {
        nsec value;

        if (field_read_duration(rd, item, &value) < 0)
            return -1;
        table[n++] = (double)value;
    }
    keep_sorted(d, table, n);
    return 0;
}

/* { "dist": "empirical", "file": "times.csv" }: one column of durations. */
static int read_times_file(struct reader *rd, const cJSON *node, struct dist *d)
{
    struct csv csv;
    uint32_t n = 0;

    if (csv_open(&csv, rd, node) < 0)
        return -1;

    const struct csv_column columns[] = {
        { "value_us", CSV_TIME, 3 }, { "value_ns", CSV_TIME, 0 }, { "value_ms", CSV_TIME, 6 },
        { NULL, CSV_TIME, 0 } };
    int rc = csv_header(&csv, columns);
    size_t rows = rc == 0 ? csv_rows(&csv) : 0;
    double *table = NULL;

    if (rc == 0 && rows > MOST_VALUES)
        rc = csv_fault(&csv, "more than %d rows", MOST_VALUES);
    if (rc == 0)
        table = arena_alloc(&rd->out->arena, (rows + 1) * sizeof *table);
    while (rc == 0 && (rc = csv_next(&csv)) == 1) {
        table[n++] = (double)(csv.has[0] ? csv.value[0] : csv.has[1] ? csv.value[1] : csv.value[2]);
        rc = 0;
    }
    if (rc == 0 && n == 0)
        rc = csv_fault(&csv, "no rows");
    if (rc == 0)
        keep_sorted(d, table, n);
    csv_close(&csv);
    return rc;
}

static int read_share(struct reader *rd, const cJSON *node, double *out)
{
    if (cJSON_IsNumber(node) && node->valuedouble >= 0 && node->valuedouble <= 1) {
        *out = node->valuedouble;
        return 0;
    }
    if (cJSON_IsString(node) && text_fraction(node->valuestring, out) == 0)
        return 0;
    return field_mismatch(rd, node, "a share from 0 to 1, or text like \"5%\"");
}

static int read_param(struct reader *rd, const struct dist_param *param, const cJSON *node,
                      struct dist *d, double *value)
{
    nsec time = 0;
    int rc = 0;

    switch (param->unit) {
    case DIST_TIME:
        rc = field_read_duration(rd, node, &time);
        *value = (double)time;
        break;
    case DIST_NUMBER:
        if (!cJSON_IsNumber(node))
            return field_mismatch(rd, node, "a number");
        *value = node->valuedouble;
        break;
    case DIST_SHARE:
        rc = read_share(rd, node, value);
        break;
    case DIST_TIMES:
        rc = read_times(rd, node, d);
        *value = d->n;
        break;
    }
    return rc;
}

/* Position of a key among the kind's; that of its list for "file"; -1 when there is none. */
static int find_param(const struct dist_kind *kind, const char *key)
{
    for (int k = 0; kind->params[k].name; k++)
        if (strcmp(kind->params[k].name, key) == 0 ||
            (kind->params[k].unit == DIST_TIMES && strcmp(key, "file") == 0))
            return k;
    return -1;
}

static int tell_unknown_param(struct reader *rd, const struct dist_kind *kind, const cJSON *child)
{
    const char *names[DIST_KEYS + 2];
    char safe[80];
    size_t count = 0;

    for (const struct dist_param *p = kind->params; p->name && count < DIST_KEYS; p++)
        names[count++] = p->name;
    names[count] = NULL;

    const char *near = text_nearest(child->string, names);

    doc_fault(&rd->doc, rd->err, child, DOC_KEY, "E120",
              "unknown key \"%s\" for the distribution \"%s\"",
              text_safe(safe, sizeof safe, child->string, strlen(child->string)), kind->name);
    if (near)
        err_hint(rd->err, "did you mean \"%s\"?", near);
    else
        err_hint(rd->err, "%s takes %s", kind->name, kind->help);
    return -1;
}

static int read_key(struct reader *rd, struct dist *d, const cJSON *child, double *value)
{
    int k;

    if (strcmp(child->string, "dist") == 0 || field_is_remark(child->string))
        return 0;
    k = find_param(d->kind, child->string);
    if (k < 0)
        return tell_unknown_param(rd, d->kind, child);
    if (strcmp(child->string, d->kind->params[k].name) == 0)
        return read_param(rd, &d->kind->params[k], child, d, &value[k]);
    if (read_times_file(rd, child, d) < 0)
        return -1;
    value[k] = d->n;
    return 0;
}

static int read_kind(struct reader *rd, const cJSON *node, struct dist *d)
{
    const cJSON *name = doc_get(node, "dist"), *child;
    double value[DIST_KEYS];
    char why[200], where[120];
    int rc = 0;

    if (!name) {
        doc_fault(&rd->doc, rd->err, node, DOC_VALUE, "E121", "missing in %s: \"dist\"",
                  doc_where(&rd->doc, node, where, sizeof where));
        err_hint(rd->err, "which distribution: \"dist\": \"exponential\"; see lblab list "
                          "distributions");
        return -1;
    }
    if (!cJSON_IsString(name))
        return field_mismatch(rd, name, "the name of a distribution");
    d->kind = dist_find(name->valuestring);
    if (!d->kind)
        return tell_unknown_kind(rd, name);
    for (size_t k = 0; k < DIST_KEYS; k++)
        value[k] = NAN;
    cJSON_ArrayForEach(child, node) {
        if (read_key(rd, d, child, value) < 0)
            rc = -1;
    }
    if (rc == 0 && d->kind->set(d, value, why, sizeof why) < 0)
        rc = doc_fault(&rd->doc, rd->err, node, DOC_VALUE, "E116", "%s: %s",
                       doc_where(&rd->doc, node, where, sizeof where), why);
    return rc;
}

static int read_dist(struct reader *rd, const struct field *f, const cJSON *node, void *object)
{
    struct dist *d = (struct dist *)(void *)((char *)object + f->offset);
    char where[120];
    nsec value;

    if (cJSON_IsObject(node)) {
        if (read_kind(rd, node, d) < 0)
            return -1;
    } else {
        if (field_read_duration(rd, node, &value) < 0)
            return -1;
        dist_set_constant(d, (double)value);
    }
    if (dist_mean(d) >= f->min)
        return 0;
    return doc_fault(&rd->doc, rd->err, node, DOC_VALUE, "E112",
                     "%s has a mean of less than %.0f ns",
                     doc_where(&rd->doc, node, where, sizeof where), f->min);
}

static void schema_dist(FILE *out, const struct field *f)
{
    (void)f;
    fprintf(out, "\"$ref\": \"#/$defs/dist\"");
}

const struct field_type field_dist = {
    .what = "a duration, or an object with \"dist\"", .read = read_dist, .schema = schema_dist };
