/* remap_table.c - the remap verb's answer as text, JSON and CSV. */
#include "report.h"
#include "columns.h"

#include "../base/text.h"
#include "../results/csv.h"
#include "../results/json_result.h"

#include <inttypes.h>

static double share(uint64_t part, uint64_t all)
{
    return all ? (double)part / (double)all : 0;
}

static double excess(const struct report_remap_row *r)
{
    return share(r->moved, r->keys) - share(r->unavoidable, r->keys);
}

static void put_row(FILE *f, const struct report_remap_row *r, uint32_t name_width)
{
    char buf[COLUMNS_CELL];

    fputs("  ", f);
    columns_left(f, columns_name(buf, r->algorithm, name_width), name_width);
    fprintf(f, " %8" PRIu32 "  ", r->backends);
    columns_left(f, columns_name(buf, r->change, 10), 10);
    columns_right(f, columns_percent(buf, share(r->moved, r->keys)), 9);
    columns_right(f, columns_percent(buf, share(r->unavoidable, r->keys)), 9);
    columns_right(f, columns_percent(buf, excess(r)), 9);
    fprintf(f, " %8.2f", r->max_over_mean);
    columns_right(f, text_show_bytes(buf, sizeof buf, (double)r->table_bytes), 10);
    columns_right(f, text_show_duration(buf, sizeof buf, r->build_ns), 9);
    fputc('\n', f);
}

void report_remap_table(FILE *f, const struct report_remap_row *rows, uint32_t n,
                        const struct report_style *style)
{
    uint32_t columns = style->columns ? style->columns : 80, width = 9, most = 0;
    char buf[COLUMNS_CELL];

    for (uint32_t i = 0; i < n; i++) {
        uint32_t w = columns_width(columns_name(buf, rows[i].algorithm, 1000));

        width = w > width ? w : width;
    }
    /* The other columns take 77: long names push a narrow terminal's lines over, short ones do not.
     */
    most = columns > 77 + 16 ? columns - 77 : 16;
    width = width > most ? most : width;
    columns_paint(f, style, COLUMNS_BOLD);
    fputs("  ", f);
    columns_left(f, "algorithm", width);
    fputs(" backends  change        moved     must   excess max/mean     table    build\n", f);
    columns_paint(f, style, COLUMNS_PLAIN);
    for (uint32_t i = 0; i < n; i++)
        put_row(f, &rows[i], width);
    if (n)
        fprintf(f, "  %" PRIu64 " keys; must: of the keys that had to move; build: measured here\n",
                rows[0].keys);
}

void report_remap_json(FILE *f, const struct report_remap_row *rows, uint32_t n,
                       const struct result_environment *environment)
{
    struct json j = json_begin(f, 3);

    json_open(&j, NULL, '{');
    json_text(&j, "schema", "lblab-remap/1");
    json_open(&j, "result", '{');
    json_open(&j, "rows", '[');
    for (uint32_t i = 0; i < n; i++) {
        json_open(&j, NULL, '{');
        json_text(&j, "algorithm", rows[i].algorithm);
        json_count(&j, "backends", rows[i].backends);
        json_text(&j, "change", rows[i].change);
        json_count(&j, "keys", rows[i].keys);
        json_number(&j, "moved", share(rows[i].moved, rows[i].keys));
        json_number(&j, "unavoidable", share(rows[i].unavoidable, rows[i].keys));
        json_number(&j, "excess", excess(&rows[i]));
        json_number(&j, "max_over_mean", rows[i].max_over_mean);
        json_count(&j, "table_bytes", rows[i].table_bytes);
        json_number(&j, "build_ns", rows[i].build_ns);
        json_close(&j, '}');
    }
    json_close(&j, ']');
    json_close(&j, '}');
    json_environment(&j, "environment", environment);
    json_close(&j, '}');
    json_end(&j);
}

void report_remap_csv(FILE *f, const struct report_remap_row *rows, uint32_t n)
{
    fputs("algorithm,backends,change,keys,moved,unavoidable,excess,max_over_mean,table_bytes,build_"
          "ns\n",
          f);
    for (uint32_t i = 0; i < n; i++) {
        const struct report_remap_row *r = &rows[i];

        csv_text(f, r->algorithm);
        fprintf(f, ",%" PRIu32 ",", r->backends);
        csv_text(f, r->change);
        fprintf(f, ",%" PRIu64 ",%.9g,%.9g,%.9g,%.9g,%" PRIu64 ",%.9g\n", r->keys,
                share(r->moved, r->keys), share(r->unavoidable, r->keys), excess(r),
                r->max_over_mean, r->table_bytes, r->build_ns);
    }
}
