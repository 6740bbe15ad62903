/* remap_table.c - the remap verb's answer as text; JSON and CSV are in remap_data.c. */
#include "report.h"
#include "columns.h"

#include "../base/text.h"

#include <inttypes.h>
#include <string.h>

static double share(uint64_t part, uint64_t all)
{
    return all ? (double)part / (double)all : 0;
}

/* What the columns behind the name take, with those of tables and time or without. */
enum { NUMBERS = 66, NUMBERS_OF_REQUESTS = 49 };

/* How a block of rows looks: those of one change. */
struct remap_shape { uint32_t columns, name; bool is_narrow; };

static struct remap_shape make_shape(const struct report_remap_row *rows, uint32_t n,
                                     uint32_t numbers, const struct report_style *style)
{
    struct remap_shape s = { .columns = columns_of(style, 0), .name = 9 };
    char buf[COLUMNS_CELL];
    uint32_t room;

    s.is_narrow = s.columns < 2 + s.name + numbers;
    numbers = s.is_narrow ? NUMBERS_OF_REQUESTS : numbers;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t w = columns_width(columns_name(buf, rows[i].algorithm, 1000));

        s.name = w > s.name ? w : s.name;
    }
    room = s.columns > 2 + numbers + 9 ? s.columns - 2 - numbers : 9;
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

static void put_head(FILE *f, const struct remap_shape *s, const char *name, const char *numbers,
                     const struct report_style *style)
{
    columns_paint(f, style, COLUMNS_BOLD);
    fputs("  ", f);
    columns_left(f, name, s->name);
    fprintf(f, "%s\n", numbers);
    columns_paint(f, style, COLUMNS_PLAIN);
}

static void put_shares(FILE *f, const struct report_remap_row *r, uint64_t all, uint64_t moved,
                       uint64_t must)
{
    char buf[COLUMNS_CELL];

    fprintf(f, " %7" PRIu32, r->backends);
    columns_right(f, columns_percent(buf, share(moved, all)), 8);
    columns_right(f, columns_percent(buf, share(must, all)), 8);
    columns_right(f, columns_percent(buf, share(moved, all) - share(must, all)), 9);
}

static void put_spread(FILE *f, double max_over_mean, double cv)
{
    fprintf(f, max_over_mean < 1000 ? " %8.2f" : " %8.3g", max_over_mean);
    fprintf(f, cv < 100 ? " %6.3f" : " %6.3g", cv);
}

static void put_row(FILE *f, const struct report_remap_row *r, const struct remap_shape *s)
{
    char buf[COLUMNS_CELL];

    put_name(f, r->algorithm, s);
    put_shares(f, r, r->keys, r->moved, r->unavoidable);
    put_spread(f, r->max_over_mean, r->cv);
    if (!s->is_narrow) {
        columns_right(f, text_show_bytes(buf, sizeof buf, (double)r->table_bytes), 9);
        columns_right(f, text_show_duration(buf, sizeof buf, r->build_ns), 8);
    }
    fputc('\n', f);
}

/* ---- sentences under a block ---- */

static void put_home(FILE *f, const struct report_remap_row *rows, uint32_t n,
                     const struct remap_shape *s)
{
    char buf[COLUMNS_CELL], name[COLUMNS_CELL];
    uint32_t away = 0;

    for (uint32_t i = 0; i < n; i++)
        if (rows[i].moved && ++away)
            fprintf(f, "  %s: %s of the keys are not home again\n",
                    columns_name(name, rows[i].algorithm, s->columns - 40),
                    columns_percent(buf, share(rows[i].moved, rows[i].keys)));
    if (!away)
        fputs("  every key is home again\n", f);
}

static void put_dropped(FILE *f, const struct report_remap_row *rows, uint32_t n,
                        const struct remap_shape *s)
{
    char buf[COLUMNS_CELL], name[COLUMNS_CELL];

    for (uint32_t i = 0; i < n; i++)
        if (rows[i].dropped)
            fprintf(f, "  %s: %s of the keys find no backend now\n",
                    columns_name(name, rows[i].algorithm, s->columns - 40),
                    columns_percent(buf, share(rows[i].dropped, rows[i].keys)));
}

static void put_requests(FILE *f, const struct report_remap_row *rows, uint32_t n,
                         const struct report_style *style)
{
    const struct remap_shape s = make_shape(rows, n, NUMBERS_OF_REQUESTS, style);

    put_head(f, &s, "by request", "       N   moved    must   excess max/mean     CV", style);
    for (uint32_t i = 0; i < n; i++) {
        const struct report_remap_requests *r = &rows[i].by_request;

        put_name(f, rows[i].algorithm, &s);
        put_shares(f, &rows[i], r->requests, r->moved, r->unavoidable);
        put_spread(f, r->max_over_mean, r->cv);
        fputc('\n', f);
    }
    fprintf(f, "  %" PRIu64 " requests of these keys\n", rows[0].by_request.requests);
}

static void put_block(FILE *f, const struct report_remap_row *rows, uint32_t n,
                      const struct report_style *style)
{
    const struct remap_shape s = make_shape(rows, n, NUMBERS, style);
    char buf[COLUMNS_CELL], text[2 * COLUMNS_CELL];

    put_head(f, &s, "algorithm",
             s.is_narrow ? "       N   moved    must   excess max/mean     CV"
                         : "       N   moved    must   excess max/mean     CV    table   build",
             style);
    for (uint32_t i = 0; i < n; i++)
        put_row(f, &rows[i], &s);
    snprintf(text, sizeof text, "%s; %" PRIu64 " keys; must: had to move; %s",
             columns_name(buf, rows[0].change, 40), rows[0].keys,
             s.is_narrow ? "--csv has table and build too" : "build: measured here");
    fputs("  ", f);
    columns_wrap(f, text, 2, 4, s.columns);
    put_dropped(f, rows, n, &s);
    if (rows[0].is_home_wanted)
        put_home(f, rows, n, &s);
    if (rows[0].by_request.requests)
        put_requests(f, rows, n, style);
}

void report_remap_table(FILE *f, const struct report_remap_row *rows, uint32_t n,
                        const struct report_style *style)
{
    for (uint32_t i = 0, k; i < n; i = k) {
        for (k = i + 1; k < n && strcmp(rows[k].change, rows[i].change) == 0;)
            k++;
        if (i)
            fputc('\n', f);
        put_block(f, rows + i, k - i, style);
    }
}

/* ---- the picture ---- */

enum { SHOWN = 16, STEP = REPORT_REMAP_SIDE / SHOWN };

static char owner_letter(uint32_t owner)
{
    static const char letter[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

    return owner == UINT32_MAX ? '-' : owner < sizeof letter - 1 ? letter[owner] : '*';
}

static void put_move(FILE *f, const struct report_remap_place *p, const struct report_style *style)
{
    bool moved = p->before != p->after;

    columns_paint(f, style, !moved ? COLUMNS_FAINT : p->had_to ? COLUMNS_YELLOW : COLUMNS_RED);
    fputc(!moved ? '.' : p->had_to ? 'o' : 'X', f);
    columns_paint(f, style, COLUMNS_PLAIN);
}

static void put_picture_row(FILE *f, const struct report_remap_place *row,
                            const struct report_style *style)
{
    fputs("  ", f);
    for (uint32_t x = 0; x < SHOWN; x++)
        fputc(owner_letter(row[x * STEP].before), f);
    fputs("   ", f);
    for (uint32_t x = 0; x < SHOWN; x++)
        fputc(owner_letter(row[x * STEP].after), f);
    fputs("   ", f);
    for (uint32_t x = 0; x < SHOWN; x++)
        put_move(f, &row[x * STEP], style);
    fputc('\n', f);
}

void report_remap_picture(FILE *f, const struct report_remap_look *looks, uint32_t n,
                          const struct report_style *style)
{
    char buf[COLUMNS_CELL];

    for (uint32_t i = 0; i < n; i++) {
        fprintf(f, "\n  %s, %" PRIu32 " backends\n  %-16s   %-16s   %s\n",
                columns_name(buf, looks[i].algorithm, 60), looks[i].backends, "before", "after",
                "o had to move, X had not");
        for (uint32_t y = 0; y < SHOWN; y++)
            put_picture_row(f, looks[i].place + (size_t)y * STEP * REPORT_REMAP_SIDE, style);
    }
}
