/* tell.c - the table for people. */
#include "tell.h"

#include "../base/text.h"
#include "../report/columns.h"

#include <math.h>
#include <stdio.h>

/* Columns behind the name, those of building among them; of the name, at least; of the engine's
 * name at most, and behind it. */
enum { NUMBERS = 55, BUILDING = 9 + 9, NAME = 9, WORK = 28, RATES = 12 + 12 + 7 };

struct bench_shape { uint32_t columns, name, work; bool is_narrow; };

const char *tell_refused(char buf[TELL_REFUSED], const struct bench_row *r)
{
    if (r->max_backends && r->backends > r->max_backends)
        snprintf(buf, TELL_REFUSED, "at most %u backends", r->max_backends);
    else
        snprintf(buf, TELL_REFUSED, "%s", r->refused);
    return buf;
}

static struct bench_shape make_shape(const struct bench *b, const struct report_style *style)
{
    struct bench_shape s = { .columns = style->columns ? style->columns : 80, .name = NAME };
    char buf[COLUMNS_CELL];

    s.is_narrow = s.columns < 2 + NAME + NUMBERS;

    const uint32_t numbers = s.is_narrow ? NUMBERS - BUILDING : NUMBERS,
                   room = s.columns > 2 + NAME + numbers ? s.columns - 2 - numbers : NAME;

    for (uint32_t i = 0; i < b->rows; i++) {
        uint32_t w = columns_width(columns_name(buf, b->row[i].algorithm, 1000));

        s.name = w > s.name ? w : s.name;
    }
    s.name = s.name > room ? room : s.name;
    s.work = s.columns < 2 + WORK + RATES ? s.columns - 2 - RATES : WORK;
    return s;
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

static void put_row(FILE *f, const struct bench *b, const struct bench_row *r,
                    const struct bench_shape *s)
{
    const struct bench_value pick = bench_value(&r->of[BENCH_PICK], b->rounds);
    char buf[TELL_REFUSED];

    put_name(f, r->algorithm, s->name);
    if (r->refused) {
        fprintf(f, "  %s\n", tell_refused(buf, r));
        return;
    }
    put_ns(f, pick.median, 10);
    put_spread(f, &pick);
    put_ns(f, bench_value(&r->of[BENCH_BOTH], b->rounds).median, 10);
    columns_right(f, text_show_bytes(buf, 32, (double)r->bytes), 10);
    if (!s->is_narrow) {
        put_ns(f, bench_value(&r->of[BENCH_BUILD], b->rounds).median, 9);
        put_ns(f, bench_value(&r->of[BENCH_REBUILD], b->rounds).median, 9);
    }
    fputc('\n', f);
}

static void put_heading(FILE *f, const struct report_style *style, uint32_t backends,
                        const struct bench_shape *s)
{
    char text[32];

    snprintf(text, sizeof text, "N = %u", backends);
    columns_paint(f, style, COLUMNS_BOLD);
    fputs("  ", f);
    columns_left(f, text, s->name);
    fprintf(f, "%10s%7s%10s%10s", "pick", "+-", "+complete", "bytes");
    if (!s->is_narrow)
        fprintf(f, "%9s%9s", "build", "rebuild");
    fputc('\n', f);
    columns_paint(f, style, COLUMNS_PLAIN);
}

static void put_engine(FILE *f, const struct bench *b, const struct bench_engine_row *e,
                       const struct bench_shape *s)
{
    const struct bench_value v = bench_value(&e->request, b->rounds);
    char rate[32], events[32];

    fputs("  ", f);
    columns_left(f, e->work, s->work);
    columns_right(f, text_show_rate(rate, sizeof rate, 1e9 / v.median), 12);
    columns_right(f, text_show_rate(events, sizeof events, 1e9 / v.median * e->events), 12);
    put_spread(f, &v);
    fputc('\n', f);
}

static void put_engines(FILE *f, const struct bench *b, const struct report_style *style,
                        const struct bench_shape *s)
{
    columns_paint(f, style, COLUMNS_BOLD);
    fputs("\n  ", f);
    columns_left(f, "simulator, one core", s->work);
    fprintf(f, "%12s%12s%7s\n", "requests", "events", "+-");
    columns_paint(f, style, COLUMNS_PLAIN);
    for (uint32_t i = 0; i < b->engines; i++)
        put_engine(f, b, &b->engine[i], s);
}

static void put_method(FILE *f, const struct bench *b, const struct bench_shape *s)
{
    char loop[32], text[256];

    text_show_duration(loop, sizeof loop, bench_value(&b->loop, b->rounds).median);
    snprintf(text, sizeof text,
             "CPU time, medians of %u rounds over all; +-: half the 95 %% interval; %s; a pick of "
             "nothing takes %s",
             b->rounds,
             s->is_narrow ? "--json has build and rebuild too"
                          : "build: to the first pick; rebuild: one taken away", loop);
    fputs("\n  ", f);
    columns_wrap(f, text, 2, 2, s->columns);
}

void tell_text(FILE *f, const struct bench *b, const struct report_style *style)
{
    const struct bench_shape s = make_shape(b, style);

    for (uint32_t i = 0; i < b->rows; i++) {
        if (i == 0 || b->row[i].backends != b->row[i - 1].backends) {
            if (i > 0)
                fputc('\n', f);
            put_heading(f, style, b->row[i].backends, &s);
        }
        put_row(f, b, &b->row[i], &s);
    }
    put_engines(f, b, style, &s);
    put_method(f, b, &s);
}
