/* tell_formats.c - Go's benchmark text (golang.org/design/14313-benchmark-format) for
 * benchstat, and google-benchmark's JSON for its compare.py. */
#include "tell.h"

#include "../base/xalloc.h"
#include "../report/ci_format.h"
#include "../report/gbench.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct { const char *go, *google; } figures[BENCH_FIGURES] = {
    [BENCH_PICK] = { "Pick", "pick" },
    [BENCH_BOTH] = { "PickAndComplete", "pick_and_complete" },
    [BENCH_BUILD] = { "Build", "build" },
    [BENCH_REBUILD] = { "Rebuild", "rebuild" },
};

/* ---- Go ---- */

/* The -1 at the end keeps benchstat from reading "backends=8" as eight threads. */
static void put_line(FILE *f, const struct bench_row *r, enum bench_figure figure, uint32_t round)
{
    fprintf(f, "Benchmark%s/algorithm=", figures[figure].go);
    ci_gobench_part(f, r->algorithm);
    fprintf(f, "/backends=%" PRIu32 "-1 %" PRIu64 " %.9g ns/op", r->backends,
            r->of[figure].times[round], r->of[figure].ns[round]);
    if (figure == BENCH_BUILD)
        fprintf(f, " %" PRIu64 " table-B", r->bytes);
    fputc('\n', f);
}

static void put_request(FILE *f, const struct bench_engine_row *e, uint32_t round)
{
    fputs("BenchmarkRequest/work=", f);
    ci_gobench_part(f, e->work);
    fprintf(f, "-1 %" PRIu64 " %.9g ns/op %.9g events/op\n", e->request.times[round],
            e->request.ns[round], e->events);
}

void tell_gobench(FILE *f, const struct bench *b, const struct result_environment *environment)
{
    fputs("# lblab ", f);
    ci_gobench_part(f, environment->version);
    fputs(", git ", f);
    ci_gobench_part(f, environment->git);
    fputs("\nUnit table-B better=lower\n", f);
    for (uint32_t i = 0; i < b->rows; i++)
        for (enum bench_figure k = 0; k < BENCH_FIGURES && !b->row[i].refused; k++)
            for (uint32_t round = 0; round < b->rounds; round++)
                put_line(f, &b->row[i], k, round);
    for (uint32_t i = 0; i < b->engines; i++)
        for (uint32_t round = 0; round < b->rounds; round++)
            put_request(f, &b->engine[i], round);
}

/* ---- google-benchmark ---- */

static void put_series(struct json *j, const struct bench_series *s, uint32_t n, const char *name,
                       uint32_t *family)
{
    double *x = xcalloc(n, sizeof *x);

    memcpy(x, s->ns, n * sizeof *x);
    gbench_put(j, &(struct gbench_series){ .name = name, .family = (*family)++, .n = n, .x = x,
                                           .iterations = s->times });
    free(x);
}

static void put_row(struct json *j, const struct bench_row *r, uint32_t rounds, uint32_t *family)
{
    char name[CI_TEXT];

    for (enum bench_figure k = 0; k < BENCH_FIGURES && !r->refused; k++) {
        snprintf(name, sizeof name, "%s/%s/%" PRIu32, figures[k].google, r->algorithm,
                 r->backends);
        put_series(j, &r->of[k], rounds, name, family);
    }
}

static uint32_t processors(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);

    return n > 0 ? (uint32_t)n : 1;
}

void tell_gbench(FILE *f, const struct bench *b, const struct result_environment *environment)
{
    const struct gbench_host host = { "measured", processors() };
    struct json j = gbench_begin(f, environment, &host);
    char name[CI_TEXT];
    uint32_t family = 0;

    for (uint32_t i = 0; i < b->rows; i++)
        put_row(&j, &b->row[i], b->rounds, &family);
    for (uint32_t i = 0; i < b->engines; i++) {
        snprintf(name, sizeof name, "request/%s", b->engine[i].work);
        put_series(&j, &b->engine[i].request, b->rounds, name, &family);
    }
    gbench_end(&j);
}
