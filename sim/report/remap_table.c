/* remap_table.c - the remap verb's answer as text, JSON and CSV. */
#include "report.h"
#include "columns.h"

#include "../base/text.h"
#include "../results/csv.h"
#include "../results/json_result.h"

#include <inttypes.h>
#include <string.h>

static double share(uint64_t part, uint64_t all)
{
    return all ? (double)part / (double)all : 0;
}

static double excess(const struct report_remap_row *r)
{
    return share(r->moved, r->keys) - share(r->unavoidable, r->keys);
}

/* What the columns behind the name take, without that of the change. */
enum { NUMBERS = 61, CHANGE = 12 };

/* How the rows look: a change that is the same in all stands in the last line, not in a column. */
struct remap_shape { uint32_t columns, name; bool has_change; };

static struct remap_shape make_shape(const struct report_remap_row *rows, uint32_t n,
                                     const struct report_style *style)
{
    struct remap_shape s = { .columns = style->columns ? style->columns : 80, .name = 9 };
    char buf[COLUMNS_CELL];
    uint32_t room;

    for (uint32_t i = 0; i < n; i++) {
        uint32_t w = columns_width(columns_name(buf, rows[i].algorithm, 1000));

        s.name = w > s.name ? w : s.name;
        s.has_change = s.has_change || strcmp(rows[i].change, rows[0].change) != 0;
    }
    room = 2 + NUMBERS + (s.has_change ? CHANGE : 0);
    room = s.columns > room + 9 ? s.columns - room : 9;
    s.name = s.name > room ? room : s.name;
    return s;
}

/* A name too long for its column has a line of its own: two that differ at the end stay apart. */
static void put_name(FILE *f, const char *algorithm, const struct remap_shape *s)
{
    char buf[COLUMNS_CELL];

    fputs("  ", f);
    columns_name(buf, algorithm, s->columns - 2);
    columns_left(f, buf, s->name);
    if (columns_width(buf) > s->name)
        fprintf(f, "\n  %*s", (int)s->name, "");
}

static void put_row(FILE *f, const struct report_remap_row *r, const struct remap_shape *s)
{
    char buf[COLUMNS_CELL];

    put_name(f, r->algorithm, s);
    fprintf(f, " %8" PRIu32, r->backends);
    if (s->has_change) {
        fputs("  ", f);
        columns_left(f, columns_name(buf, r->change, 10), 10);
    }
    columns_right(f, columns_percent(buf, share(r->moved, r->keys)), 8);
    columns_right(f, columns_percent(buf, share(r->unavoidable, r->keys)), 8);
    columns_right(f, columns_percent(buf, excess(r)), 9);
    fprintf(f, " %8.2f", r->max_over_mean);
    columns_right(f, text_show_bytes(buf, sizeof buf, (double)r->table_bytes), 9);
    columns_right(f, text_show_duration(buf, sizeof buf, r->build_ns), 9);
    fputc('\n', f);
}

void report_remap_table(FILE *f, const struct report_remap_row *rows, uint32_t n,
                        const struct report_style *style)
{
    const struct remap_shape s = make_shape(rows, n, style);

    columns_paint(f, style, COLUMNS_BOLD);
    fputs("  ", f);
    columns_left(f, "algorithm", s.name);
    fprintf(f, " backends%s   moved    must   excess max/mean    table    build\n",
            s.has_change ? "  change    " : "");
    columns_paint(f, style, COLUMNS_PLAIN);
    for (uint32_t i = 0; i < n; i++)
        put_row(f, &rows[i], &s);
    if (n && !s.has_change)
        fprintf(f, "  %s backend%s, ", rows[0].change, strcmp(rows[0].change + strcspn(
                rows[0].change, " "), " 1") == 0 ? "" : "s");
    else if (n)
        fputs("  ", f);
    if (n)
        fprintf(f, "%" PRIu64 " keys; must: that had to move; build: measured here\n",
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
