/* fields_backend.c - a pool of backends.  `speed` and `weight` take one value or a list with one
 * entry a backend; both become arrays. */
#include "fields_dataplane.h"

#include <string.h>

/* ---- workers, queue_limit: a number or "unlimited" ---- */

static int read_limit(struct reader *rd, const struct field *f, const cJSON *node, void *object)
{
    if (cJSON_IsString(node) && strcmp(node->valuestring, "unlimited") == 0) {
        *(uint32_t *)(void *)((char *)object + f->offset) = STATION_UNLIMITED;
        return 0;
    }
    if (!cJSON_IsNumber(node))
        return field_mismatch(rd, node, "a whole number or \"unlimited\"");
    return field_uint.read(rd, f, node, object);
}

static void schema_limit(FILE *out, const struct field *f)
{
    fprintf(
        out,
        "\"oneOf\": [ { \"const\": \"unlimited\" }, { \"type\": \"integer\", \"minimum\": %.0f, "
        "\"maximum\": %.0f } ]",
        f->min, f->max);
}

static const struct field_type type_limit = {
    .what = "a whole number or \"unlimited\"", .read = read_limit, .schema = schema_limit };

/* ---- one value, or one a backend; reads `count`, which stands before in the table ---- */

static int check_length(struct reader *rd, const cJSON *node, uint32_t count)
{
    uint32_t given = (uint32_t)cJSON_GetArraySize(node);
    char name[100];

    if (given == count)
        return 0;
    doc_fault(&rd->doc, rd->err, node, DOC_VALUE, "E117", "%s has %u entries for %u backends",
              field_name(rd, node, name, sizeof name), given, count);
    err_hint(rd->err, "expected one number for all, or a list with one entry a backend");
    return -1;
}

static int check_cells(struct reader *rd, const cJSON *node, uint32_t count)
{
    rd->cells += count;
    if (rd->cells <= READER_MOST_CELLS)
        return 0;
    return doc_fault(&rd->doc, rd->err, node->valueint >= 0 ? node : rd->doc.root, DOC_VALUE,
                     "E112", "all pools together have more than %d backends",
                     READER_MOST_CELLS / 2);
}

/* Reads each entry by a plain type into one cell of size bytes. */
static int read_each(struct reader *rd, const struct field *f, const cJSON *node, void *object,
                     const struct field_type *type, size_t size)
{
    uint32_t count = ((struct backend_config *)object)->count, k = 0;
    struct field cell = *f;
    const cJSON *item = cJSON_IsArray(node) ? node->child : node;

    if (count == 0)
        return 0;                   /* told already */
    if (cJSON_IsArray(node) && check_length(rd, node, count) < 0)
        return -1;
    if (check_cells(rd, node, count) < 0)
        return -1;

    char *cells = arena_alloc(&rd->out->arena, count * size);

    *(void **)(void *)((char *)object + f->offset) = cells;
    cell.offset = 0;
    for (; k < count; k++) {
        if (cJSON_IsArray(node) || k == 0) {
            if (type->read(rd, &cell, item, cells + k * size) < 0)
                return -1;
        } else {
            memcpy(cells + k * size, cells, size);
        }
        if (cJSON_IsArray(node))
            item = item->next;
    }
    return 0;
}

static int read_speeds(struct reader *rd, const struct field *f, const cJSON *node, void *object)
{
    return read_each(rd, f, node, object, &field_real, sizeof(double));
}

static int read_weights(struct reader *rd, const struct field *f, const cJSON *node, void *object)
{
    return read_each(rd, f, node, object, &field_uint, sizeof(uint32_t));
}

static void schema_each(FILE *out, const struct field *f, const char *type)
{
    fprintf(out,
            "\"oneOf\": [ { \"type\": \"%s\", \"minimum\": %.15g, \"maximum\": %.15g }, "
            "{ \"type\": \"array\", \"minItems\": 1, \"items\": { \"type\": \"%s\", \"minimum\": "
            "%.15g, "
            "\"maximum\": %.15g } } ]",
            type, f->min, f->max, type, f->min, f->max);
}

static void schema_speeds(FILE *out, const struct field *f)
{
    schema_each(out, f, "number");
}

static void schema_weights(FILE *out, const struct field *f)
{
    schema_each(out, f, "integer");
}

static const struct field_type type_speeds = { .what = "a number, or a list with one a backend",
                                               .read = read_speeds,
                                               .schema = schema_speeds };
static const struct field_type type_weights = {
    .what = "a whole number, or a list with one a backend",
    .read = read_weights, .schema = schema_weights };

/* Both say "no limit" alike, so one type reads both. */
_Static_assert(STATION_UNLIMITED == NONE, "\"unlimited\" is one value");

static const struct field_choice disciplines[] = {
    { "fifo", STATION_FIFO }, { "ps", STATION_PS }, { NULL, 0 },
};

static const struct field cache_rows[] = {
    { "entries", &field_uint, FIELD_AT(cache_config, entries), .min = 1, .max = 1e8,
      .flags = FIELD_REQUIRED,
      .help = "answers that each holds, by the key of the request; the least recently used goes" },
    { "to", &field_node, FIELD_AT(cache_config, to), .flags = FIELD_REQUIRED,
      .help = "the balancer that is asked for what is not there" },
    { .key = NULL },
};

static const struct field_table cache_table = {
    .name = "cache", .help = "a pool of caches before another tier", .row = cache_rows };

#define BACKEND(member) FIELD_AT(backend_config, member)

static const size_t count_at = BACKEND(count);

static const struct field backend_rows[] = {
    { "name", &field_node, BACKEND(name), .flags = FIELD_REQUIRED,
      .help = "of the pool; its backends are name[0] ..." },
    { "count", &field_uint, BACKEND(count), .min = 1, .max = 1e6, .preset = "1",
      .help = "backends at the start" },
    { "workers", &type_limit, BACKEND(station.workers), .min = 1, .max = 1e6, .preset = "1",
      .help = "requests that each serves at a time; \"unlimited\": no queue at all" },
    { "discipline", &field_choice, BACKEND(station.discipline), .preset = "\"fifo\"",
      .extra = disciplines,
      .help = "\"fifo\": first come first served; \"ps\": all share the workers" },
    { "service", &field_dist, BACKEND(station.service), .min = 1,
      .help =
          "the work of a request at speed 1; may be left out where all requests come from traces "
          "with a demand" },
    { "speed", &type_speeds, BACKEND(speed), .min = 0.001, .max = 1000, .preset = "1",
      .help = "a request takes its demand / speed" },
    { "overhead", &field_duration, BACKEND(station.overhead), .preset = "\"0\"", .max = 3600e9,
      .help = "server time added to every request, whatever its demand" },
    { "weight", &type_weights, BACKEND(weight), .max = 65535, .preset = "1",
      .help = "share of traffic, for policies that go by it; 0: nothing new" },
    { "cache", &field_object, BACKEND(cache), .extra = &cache_table,
      .help = "they are caches: \"service\" is a look-up; default: they are not" },
    { "cost", &field_object, BACKEND(cost), .extra = &fields_cost,
      .help = "of what comes before the service: TLS that ends here, packets; default: no time" },
    { "zone", &field_zones, BACKEND(zone), .extra = &count_at,
      .help = "where they stand, for locality: a name, or a list with one a backend; what is added "
              "stands where the first does" },
    { "priority", &field_priorities, BACKEND(priority), .max = 127, .extra = &count_at,
      .help = "for priority: 0 is asked first; a number, or a list with one a backend; default: "
              "0" },
    { "queue_limit", &type_limit, BACKEND(station.queue_limit), .max = 1e9,
      .preset = "\"unlimited\"", .help = "waiting requests beyond which new ones are refused" },
    { "finish_cancelled", &field_bool, BACKEND(station.finishes_cancelled), .preset = "false",
      .help = "is work done that nobody waits for any more, because the server does not look at "
              "its connection meanwhile? else it is dropped at once" },
    { "report_window", &field_duration, BACKEND(report_window), .preset = "\"1s\"", .min = 1e6,
      .max = 3600e9,
      .help = "the utilisation and rates that they report are of the last time so long" },
    { "max_connection_age", &field_dist, BACKEND(max_connection_age), .min = 1,
      .help = "it tells a connection that ends here to take no more requests (GOAWAY) when it is "
              "so old; default: never" },
    { "goaway", &field_bool, BACKEND(says_goaway), .preset = "false",
      .help = "it tells its connections to take no more requests when it is drained" },
    { "sessions", &field_object, BACKEND(sessions), .extra = &fields_sessions,
      .help = "where the state of sessions lies; default: there is none" },
    { "failures", &field_object, BACKEND(failures), .extra = &fields_failures,
      .help = "default: none but by events" },
    { "liveness", &field_object, BACKEND(liveness), .extra = &fields_liveness,
      .help = "default: nobody" },
    { .key = NULL },
};

static void check_backend(struct reader *rd, const cJSON *node, void *object)
{
    const struct backend_config *b = object;
    uint64_t sum = 0;

    for (uint32_t k = 0; k < b->count; k++)
        sum += b->weight[k];
    if (sum == 0) {
        doc_fault(&rd->doc, rd->err, doc_get(node, "weight"), DOC_VALUE, "E117",
                  "all weights of \"%s\" are 0: nothing could be sent there", b->name);
        err_hint(rd->err, "expected at least one above 0");
    }
    if (b->sessions.state == SESSIONS_STORE)
        ((struct backend_config *)object)->station.overhead += b->sessions.latency;
    if (b->station.queue_limit == NONE)
        return;
    if (b->station.workers == STATION_UNLIMITED || b->station.discipline == STATION_PS) {
        doc_fault(&rd->doc, rd->err, doc_get(node, "queue_limit"), DOC_KEY, "E122",
                  "\"queue_limit\" does not apply: \"%s\" has no queue", b->name);
        err_hint(
            rd->err,
            "with unlimited workers, or under processor sharing, all requests are served at once");
    }
}

const struct field_table fields_backend = {
    .name = "backends", .help = "a pool of backends", .row = backend_rows, .check = check_backend };
