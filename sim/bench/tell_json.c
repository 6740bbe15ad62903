/* tell_json.c - the answer as JSON, a row a line. */
#include "tell.h"

#include "../results/json_result.h"

#include <math.h>

static void put_value(struct json *j, const char *name, const char *interval,
                      const struct bench_value *v)
{
    json_number(j, name, v->median);
    if (interval)
        json_interval(j, interval, v->low, v->high);
}

static void put_figures(struct json *j, const struct bench *b, const struct bench_row *r)
{
    static const struct { const char *name, *interval; enum bench_figure figure; } column[] = {
        { "ns_per_pick", "ci95", BENCH_PICK },
        { "ns_per_pick_and_complete", "pick_and_complete_ci95", BENCH_BOTH },
        { "build_ns", "build_ci95", BENCH_BUILD },
        { "rebuild_ns", "rebuild_ci95", BENCH_REBUILD },
    };
    static const struct bench_value none = { NAN, NAN, NAN };

    for (size_t i = 0; i < ARRAY_LEN(column); i++) {
        const struct bench_value v = r->refused ? none
                                                : bench_value(&r->of[column[i].figure], b->rounds);

        put_value(j, column[i].name, column[i].interval, &v);
    }
}

static void put_row(struct json *j, const struct bench *b, const struct bench_row *r)
{
    char why[TELL_REFUSED];

    json_open(j, NULL, '{');
    json_text(j, "algorithm", r->algorithm);
    json_count(j, "backends", r->backends);
    put_figures(j, b, r);
    json_nsec(j, "bytes", r->refused ? NEVER : r->bytes);       /* refused: null */
    json_nsec(j, "max_backends", r->max_backends ? r->max_backends : NEVER);
    json_text(j, "refused", r->refused ? tell_refused(why, r) : NULL);
    json_close(j, '}');
}

static void put_engine(struct json *j, const struct bench *b, const struct bench_engine_row *e)
{
    const struct bench_value v = bench_value(&e->request, b->rounds);

    json_open(j, NULL, '{');
    json_text(j, "work", e->work);
    json_number(j, "requests_per_s", 1e9 / v.median);
    json_interval(j, "ci95", 1e9 / v.high, 1e9 / v.low);
    json_number(j, "events_per_s", 1e9 / v.median * e->events);
    json_close(j, '}');
}

void tell_json(FILE *f, const struct bench *b, const struct result_environment *environment)
{
    struct json j = json_begin(f, 3);

    json_open(&j, NULL, '{');
    json_text(&j, "schema", "lblab-bench/1");
    json_open(&j, "result", '{');
    json_count(&j, "rounds", b->rounds);
    json_number(&j, "loop_ns", bench_value(&b->loop, b->rounds).median);
    json_open(&j, "rows", '[');
    for (uint32_t i = 0; i < b->rows; i++)
        put_row(&j, b, &b->row[i]);
    json_close(&j, ']');
    json_open(&j, "engine", '[');
    for (uint32_t i = 0; i < b->engines; i++)
        put_engine(&j, b, &b->engine[i]);
    json_close(&j, ']');
    json_close(&j, '}');
    json_environment(&j, "environment", environment);
    json_close(&j, '}');
    json_end(&j);
}
