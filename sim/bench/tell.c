/* tell.c - the table for people. */
#include "tell.h"

#include "../base/text.h"
#include "../report/columns.h"

#include <math.h>
#include <stdio.h>

enum { NUMBERS = 55, NAME = 9 };    /* columns behind the name; of the name, at least */

const char *tell_refused(char buf[TELL_REFUSED], const struct bench_row *r)
{
    if (r->max_backends && r->backends > r->max_backends)
        snprintf(buf, TELL_REFUSED, "at most %u backends", r->max_backends);
    else
        snprintf(buf, TELL_REFUSED, "%s", r->refused);
    return buf;
}

static uint32_t name_columns(const struct bench *b, const struct report_style *style)
{
    const uint32_t columns = style->columns ? style->columns : 80, room = columns - NUMBERS - 2;
    uint32_t width = NAME;
    char buf[COLUMNS_CELL];

    for (uint32_t i = 0; i < b->rows; i++) {
        uint32_t w = columns_width(columns_name(buf, b->row[i].algorithm, 1000));

        width = w > width ? w : width;
    }
    return width > room ? room : width;
}

/* A name too long for its column has a line of its own. */
static void put_name(FILE *f, const char *algorithm, uint32_t width)
{
    char buf[COLUMNS_CELL];

    fputs("  ", f);
    columns_left(f, columns_name(buf, algorithm, COLUMNS_CELL / 4), width);
    if (columns_width(buf) > width)
        fprintf(f, "\n  %*s", (int)width, "");
}

static void put_ns(FILE *f, double ns, uint32_t width)
{
    char buf[32];

    columns_right(f, text_show_duration(buf, sizeof buf, ns), width);
}

/* Half the width of the interval, as a share of the median. */
static void put_spread(FILE *f, const struct bench_value *v)
{
    char buf[32] = "-";

    if (!isnan(v->low) && v->median > 0)
        snprintf(buf, sizeof buf, "%.0f %%", 50 * (v->high - v->low) / v->median);
    columns_right(f, buf, 7);
}

static void put_row(FILE *f, const struct bench *b, const struct bench_row *r, uint32_t name)
{
    const struct bench_value pick = bench_value(&r->of[BENCH_PICK], b->rounds);
    char buf[TELL_REFUSED];

    put_name(f, r->algorithm, name);
    if (r->refused) {
        fprintf(f, "  %s\n", tell_refused(buf, r));
        return;
    }
    put_ns(f, pick.median, 10);
    put_spread(f, &pick);
    put_ns(f, bench_value(&r->of[BENCH_BOTH], b->rounds).median, 10);
    columns_right(f, text_show_bytes(buf, 32, (double)r->bytes), 10);
    put_ns(f, bench_value(&r->of[BENCH_BUILD], b->rounds).median, 9);
    put_ns(f, bench_value(&r->of[BENCH_REBUILD], b->rounds).median, 9);
    fputc('\n', f);
}

static void put_heading(FILE *f, const struct report_style *style, uint32_t backends,
                        uint32_t name)
{
    char text[32];

    snprintf(text, sizeof text, "N = %u", backends);
    columns_paint(f, style, COLUMNS_BOLD);
    fputs("  ", f);
    columns_left(f, text, name);
    fprintf(f, "%10s%7s%10s%10s%9s%9s\n", "pick", "+-", "+complete", "bytes", "build",
            "rebuild");
    columns_paint(f, style, COLUMNS_PLAIN);
}

static void put_engine(FILE *f, const struct bench *b, const struct bench_engine_row *e)
{
    const struct bench_value v = bench_value(&e->request, b->rounds);
    char rate[32], events[32];

    fputs("  ", f);
    columns_left(f, e->work, 28);
    columns_right(f, text_show_rate(rate, sizeof rate, 1e9 / v.median), 12);
    columns_right(f, text_show_rate(events, sizeof events, 1e9 / v.median * e->events), 12);
    put_spread(f, &v);
    fputc('\n', f);
}

void tell_text(FILE *f, const struct bench *b, const struct report_style *style)
{
    const uint32_t name = name_columns(b, style);
    char loop[32];

    for (uint32_t i = 0; i < b->rows; i++) {
        if (i == 0 || b->row[i].backends != b->row[i - 1].backends) {
            if (i > 0)
                fputc('\n', f);
            put_heading(f, style, b->row[i].backends, name);
        }
        put_row(f, b, &b->row[i], name);
    }
    columns_paint(f, style, COLUMNS_BOLD);
    fprintf(f, "\n  %-28s%12s%12s%7s\n", "simulator, one core", "requests", "events", "+-");
    columns_paint(f, style, COLUMNS_PLAIN);
    for (uint32_t i = 0; i < b->engines; i++)
        put_engine(f, b, &b->engine[i]);
    fprintf(f, "\n  CPU time, medians of %u rounds over all; +-: half the 95 %% interval; build: "
               "to\n  the first pick; rebuild: one taken away; a pick of nothing takes %s\n",
            b->rounds,
            text_show_duration(loop, sizeof loop, bench_value(&b->loop, b->rounds).median));
}
