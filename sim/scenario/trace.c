/* trace.c - reads a trace into rows: a time, and what else its header names.  Rising in time. */
#include "trace.h"

#include "csv.h"

#include <stdlib.h>

enum column { ARRIVAL_US, ARRIVAL_NS, SECONDS, SERVICE_US, SERVICE_NS, CLIENT, KEY };

static const struct csv_column columns[] = {
    { "arrival_us", CSV_TIME, 3 }, { "arrival_ns", CSV_TIME, 0 }, { "t", CSV_TIME, 9 },
    { "service_us", CSV_TIME, 3 }, { "service_ns", CSV_TIME, 0 },
    { "client", CSV_INDEX, 0 }, { "key", CSV_KEY, 0 },      { NULL, CSV_TIME, 0 },
};

static int check_columns(struct csv *csv)
{
    csv->field_at = 0;
    csv->field_length = 1;
    if (csv->has[ARRIVAL_US] + csv->has[ARRIVAL_NS] + csv->has[SECONDS] != 1)
        return csv_fault(csv,
                         "a trace has one time column: arrival_us, arrival_ns or t (in seconds)");
    if (csv->has[SERVICE_US] && csv->has[SERVICE_NS])
        return csv_fault(csv, "a trace has one demand column: service_us or service_ns");
    return 0;
}

static struct arrival_row make_row(const struct csv *csv)
{
    const uint64_t *v = csv->value;

    return (struct arrival_row){
        .at = csv->has[ARRIVAL_US]   ? v[ARRIVAL_US]
              : csv->has[ARRIVAL_NS] ? v[ARRIVAL_NS]
                                     : v[SECONDS],
        .demand = csv->has[SERVICE_US]   ? v[SERVICE_US]
                  : csv->has[SERVICE_NS] ? v[SERVICE_NS]
                                         : NEVER,
        .client = csv->has[CLIENT] ? (uint32_t)v[CLIENT] : NONE,
        .key = csv->has[KEY] ? (uint32_t)v[KEY] : NONE,
    };
}

static int read_rows(struct csv *csv, struct arrival_config *c)
{
    nsec before = 0;
    size_t row_at = csv->at;
    int rc;

    while ((rc = csv_next(csv)) == 1) {
        struct arrival_row row = make_row(csv);

        if (row.at < before) {
            csv->field_at = row_at;
            csv->field_length = 1;
            return csv_fault(csv, "this row is earlier than the one before it: times must rise");
        }
        before = row.at;
        c->row[c->rows++] = row;
        row_at = csv->at;
    }
    if (rc == 0 && c->rows == 0)
        return csv_fault(csv, "no rows");
    return rc;
}

static int read_file(struct csv *csv, struct arrival_config *c)
{
    struct reader *rd = csv->rd;

    if (csv_header(csv, columns) < 0 || check_columns(csv) < 0)
        return -1;

    size_t most = csv_rows(csv);

    rd->rows += most;
    if (rd->rows > READER_MOST_ROWS)
        return csv_fault(csv, "all traces together have more than %d rows", READER_MOST_ROWS);
    c->row = arena_alloc(&rd->out->arena, most * sizeof *c->row);
    return read_rows(csv, c);
}

static int read_trace(struct reader *rd, const struct field *f, const cJSON *node, void *object)
{
    struct arrival_config *c = object;
    struct csv csv;

    if (field_text.read(rd, f, node, object) < 0 || csv_open(&csv, rd, node) < 0)
        return -1;

    int rc = read_file(&csv, c);

    csv_close(&csv);
    return rc;
}

static void schema_trace(FILE *out, const struct field *f)
{
    (void)f;
    fprintf(out, "\"type\": \"string\"");
}

const struct field_type field_trace = {
    .what = "the path of a CSV file", .read = read_trace, .schema = schema_trace };
