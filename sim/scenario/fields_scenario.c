/* fields_scenario.c - the file as a whole: what it may hold, and its `measure`. */
#include "field.h"

#include "../results/catalogue.h"

/* ---- version ---- */

static int read_version(struct reader *rd, const struct field *f, const cJSON *node, void *object)
{
    char shown[60];

    (void)f;
    (void)object;
    if (!cJSON_IsNumber(node))
        return field_mismatch(rd, node, "the whole number 1");
    if (node->valuedouble == 1)
        return 0;
    doc_fault(&rd->doc, rd->err, node, DOC_VALUE, "E123", "unknown format version %s",
              doc_shown(&rd->doc, node, shown, sizeof shown));
    err_hint(rd->err, "this program reads version 1");
    return -1;
}

static void schema_version(FILE *out, const struct field *f)
{
    (void)f;
    fprintf(out, "\"const\": 1");
}

static const struct field_type type_version = {
    .what = "the number 1", .read = read_version, .schema = schema_version };

/* ---- tags: for people and searches, not kept ---- */

static int read_tags(struct reader *rd, const struct field *f, const cJSON *node, void *object)
{
    const char *unused;
    const struct field tag = { .key = f->key, .max = 64 };
    const cJSON *item;

    (void)object;
    if (!cJSON_IsArray(node))
        return field_mismatch(rd, node, "a list of words");
    cJSON_ArrayForEach(item, node) {
        if (field_text.read(rd, &tag, item, &unused) < 0)
            return -1;
    }
    return 0;
}

static void schema_tags(FILE *out, const struct field *f)
{
    (void)f;
    fprintf(out, "\"type\": \"array\", \"items\": { \"type\": \"string\", \"maxLength\": 64 }");
}

static const struct field_type type_tags = {
    .what = "a list of words", .read = read_tags, .schema = schema_tags };

/* ---- percentiles ---- */

static int read_percentiles(struct reader *rd, const struct field *f, const cJSON *node,
                            void *object)
{
    struct measure_config *m = object;
    double before = 0;
    const cJSON *item;

    (void)f;
    if (!cJSON_IsArray(node) || !node->child || cJSON_GetArraySize(node) > SCENARIO_PERCENTILES)
        return field_mismatch(rd, node, "a list of 1 to 16 numbers");
    cJSON_ArrayForEach(item, node) {
        if (!cJSON_IsNumber(item) || item->valuedouble <= before || item->valuedouble >= 100)
            return field_mismatch(rd, item,
                                  "a number between 0 and 100, more than the one before it");
        before = m->percentile[m->percentiles++] = item->valuedouble;
    }
    return 0;
}

static void schema_percentiles(FILE *out, const struct field *f)
{
    (void)f;
    fprintf(out,
            "\"type\": \"array\", \"minItems\": 1, \"maxItems\": %d, \"items\": { \"type\": "
            "\"number\", "
            "\"exclusiveMinimum\": 0, \"exclusiveMaximum\": 100 }",
            SCENARIO_PERCENTILES);
}

static const struct field_type type_percentiles = {
    .what = "a rising list of numbers", .read = read_percentiles, .schema = schema_percentiles };

/* ---- metrics beside the usual ---- */

static int read_show(struct reader *rd, const struct field *f, const cJSON *node, void *object)
{
    struct measure_config *m = object;
    const cJSON *item;

    (void)f;
    if (!cJSON_IsArray(node) || cJSON_GetArraySize(node) > SCENARIO_SHOWS)
        return field_mismatch(rd, node, "a list of at most 6 metrics");
    cJSON_ArrayForEach(item, node) {
        double unused;
        const struct metric *metric = cJSON_IsString(item) ? metric_find(item->valuestring, &unused)
                                                           : NULL;

        if (!metric || metric_is_percentile(metric)) {
            field_mismatch(rd, item, "the name of a metric that is no percentile");
            err_hint(rd->err, "like \"goodput\" or \"retries.per_request\"; lblab list metrics has "
                              "them, percentiles have columns already");
            return -1;
        }
        m->show[m->shows++] = metric->name;
    }
    return 0;
}

static void schema_show(FILE *out, const struct field *f)
{
    (void)f;
    fprintf(out, "\"type\": \"array\", \"maxItems\": %d, \"items\": { \"enum\": [",
            SCENARIO_SHOWS);
    for (const struct metric *m = metric_all(); m->name; m++)
        if (!metric_is_percentile(m))
            fprintf(out, "%s\"%s\"", m == metric_all() ? "" : ", ", m->name);
    fprintf(out, "] }");
}

static const struct field_type type_show = {
    .what = "a list of metrics", .read = read_show, .schema = schema_show };

#define YEAR (365.0 * 86400e9)

#define MEASURE(member) FIELD_AT(measure_config, member)

static const struct field measure_rows[] = {
    { "percentiles", &type_percentiles, 0, .preset = "[50, 90, 99, 99.9]",
      .help = "of latency, as tables show them" },
    { "interval", &field_duration, MEASURE(interval), .preset = "\"0\"", .max = YEAR,
      .help = "shortest slice of the time line; \"0\": a sixtieth of the run" },
    { "slo", &field_duration, MEASURE(slo), .preset = "\"0\"", .max = YEAR,
      .help = "a latency that figures mark by a line; \"0\": none" },
    { "show", &type_show, 0, .preset = "[]",
      .help = "metrics that it is about, for the table and over time: [\"goodput\"]" },
    { .key = NULL },
};

const struct field_table fields_measure = {
    .name = "measure", .help = "what is reported", .row = measure_rows };

#define SCENARIO(member) FIELD_AT(scenario, member)
#define LIST(table_, type, member, least_, most_) \
    &(const struct field_list){ .table = &(table_), .size = sizeof(struct type), \
                                .count_offset = SCENARIO(member), \
                                .least = (least_), .most = (most_) }

static const struct field scenario_rows[] = {
    { "$schema", &field_ignored, .help = "path of the JSON Schema, for editors" },
    { "version", &type_version, .flags = FIELD_REQUIRED, .help = "of this format: 1" },
    { "name", &field_id, SCENARIO(name), .flags = FIELD_REQUIRED,
      .help = "names the results folder" },
    { "title", &field_text, SCENARIO(title), .max = 200, .help = "the question, in one line" },
    { "description", &field_text, SCENARIO(description), .max = 4000, .help = "what to look at" },
    { "tags", &type_tags, .help = "words to find it by" },
    { "run", &field_object, SCENARIO(run), .preset = "{}", .extra = &fields_run,
      .help = "how long, how often, from which seed" },
    { "clients", &field_objects, SCENARIO(client), .flags = FIELD_REQUIRED,
      .extra = LIST(fields_client, client_config, clients, 1, 256), .help = "who asks" },
    { "balancers", &field_objects, SCENARIO(balancer), .flags = FIELD_REQUIRED,
      .extra = LIST(fields_balancer, balancer_config, balancers, 1, 64), .help = "who chooses" },
    { "backends", &field_objects, SCENARIO(backend), .flags = FIELD_REQUIRED,
      .extra = LIST(fields_backend, backend_config, backends, 1, 256), .help = "who serves" },
    { "links", &field_objects, SCENARIO(link),
      .extra = LIST(fields_link, link_config, links, 0, 512),
      .help = "how long the ways between are" },
    { "events", &field_objects, SCENARIO(event),
      .extra = LIST(fields_event, event_config, events, 0, 10000),
      .help = "what happens to backends, and when" },
    { "measure", &field_object, SCENARIO(measure), .preset = "{}", .extra = &fields_measure,
      .help = "what is reported" },
    { "sweep", &field_object, SCENARIO(sweep), .extra = &fields_sweep,
      .help = "the axis of `lblab sweep`; other verbs leave it alone" },
    { "compare", &field_object, 0, .extra = &fields_compare,
      .help = "the policies that take turns at one balancer" },
    { "assert", &field_asserts, 0, .extra = &fields_assert,
      .help = "what must hold, for `check` and the table: \"latency.p99@p2c < 250ms\"" },
    { .key = NULL },
};

const struct field_table fields_scenario = {
    .name = "scenario", .help = "a question to simulate", .row = scenario_rows };
