/* experiment.c - see experiment.h.  Who reads scenarios reads files: the text goes through one in
 * memory. */
#include "experiment.h"

#include "../base/xalloc.h"
#include "../results/slices.h"
#include "../run/cell.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { TEXT = 8192, EXIT_MACHINE = 3 };

/* A machine that has no memory files left, or a scenario of ours that does not load. */
static _Noreturn void give_up(const char *what, const struct err *err)
{
    fprintf(stderr, "lblab: verify: %s\n", what);
    for (uint32_t i = 0; err && i < err->kept; i++)
        fprintf(stderr, "  %s %s: %s\n", err->item[i].code, err->item[i].pointer,
                err->item[i].what);
    exit(EXIT_MACHINE);
}

static int open_text(const char *text)
{
    int fd = memfd_create("lblab", MFD_CLOEXEC);
    size_t length = strlen(text);

    if (fd < 0 || write(fd, text, length) != (ssize_t)length)
        give_up(strerror(errno), NULL);
    return fd;
}

static void load(struct scenario *s, const struct verify *v, uint32_t n, const char *text)
{
    struct err *err = xcalloc(1, sizeof *err);
    char path[64], seed[32], replications[16];
    int fd = open_text(text);
    const struct scenario_overrides over = { .seed = seed, .replications = replications };

    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)v->seed);
    snprintf(replications, sizeof replications, "%u", n);
    err_init(err);
    if (scenario_load(s, path, &over, err) < 0)
        give_up("a scenario of a check does not load", err);
    close(fd);
    free(err);
}

/* ---- what a record says ---- */

struct counts { uint64_t born, ok, ended; u128 latency; };

static struct counts count(const struct record *r, struct hist *latency)
{
    struct counts c = { 0 };

    for (uint32_t i = r->warmup_slices; i < r->slices; i++) {
        const struct record_slice *s = &r->slice[i];

        c.born += s->born;
        c.ok += s->ended[OUTCOME_OK];
        c.latency += s->latency_sum;
        for (uint32_t k = 0; k < OUTCOME_COUNT; k++)
            c.ended += s->ended[k];
        hist_merge(latency, &s->latency);
    }
    return c;
}

static double quantile(const struct hist *h, double q)
{
    return h->total ? (double)hist_quantile(h, q, h->total) * 1e-9 : NAN;
}

static double workers(const struct scenario *s)
{
    double sum = 0;

    for (uint32_t i = 0; i < s->backends; i++)
        sum += s->backend[i].station.workers == STATION_UNLIMITED
                   ? INFINITY
                   : (double)s->backend[i].station.workers * s->backend[i].count;
    return sum;
}

static double busy(const struct record *r)
{
    double sum = 0;

    for (uint32_t i = slices_backend_first(r); i < slices_backend_end(r); i++)
        for (uint32_t b = 0; b < r->backends; b++)
            sum += (double)record_backend(r, b, i)->busy;
    return sum;
}

static void note(struct sample *s, uint32_t k, const struct record *r, const struct scenario *of,
                 struct hist *all)
{
    struct hist h;
    double seconds = (double)slices_measured_time(r) * 1e-9;
    double of_backends = (double)slices_backend_time(r) * workers(of);
    struct slices_total total = slices_total(r);

    hist_init(&h);

    struct counts c = count(r, &h);

    s->mean[k] = c.ok ? (double)c.latency / (double)c.ok * 1e-9 : NAN;
    s->p50[k] = quantile(&h, 0.5);
    s->p90[k] = quantile(&h, 0.9);
    s->p99[k] = quantile(&h, 0.99);
    s->p999[k] = quantile(&h, 0.999);
    s->throughput[k] = (double)total.done / seconds;
    s->errors[k] = (double)(c.ended - c.ok) / (double)c.born;
    s->attempts[k] = (double)r->attempts / (double)r->requests;
    s->utilisation[k] = isinf(of_backends) ? NAN : busy(r) / of_backends;
    hist_merge(all, &h);
    hist_fini(&h);
}

/* ---- the replications ---- */

struct looker { void (*look)(const struct record *, uint32_t, void *); void *arg; };

static void run(const struct verify *v, struct sample *out, uint32_t n, const struct looker *who,
                const char *text)
{
    struct err *err = xcalloc(1, sizeof *err);
    struct scenario s;
    struct hist all;

    assert(n > 0 && n <= VERIFY_REPLICATIONS);
    load(&s, v, n, text);
    hist_init(&all);
    err_init(err);
    *out = (struct sample){ .n = n };
    for (uint32_t k = 0; k < n; k++) {
        const struct cell cell = { 0, k };
        struct record r;

        if (cell_run(&s, &cell, &r, NULL, NULL, err) < 0)
            give_up("a cell of a check failed", err);
        note(out, k, &r, &s, &all);
        if (who->look)
            who->look(&r, k, who->arg);
        record_fini(&r);
    }
    out->all_p50 = quantile(&all, 0.5);
    out->all_p90 = quantile(&all, 0.9);
    out->all_p99 = quantile(&all, 0.99);
    out->all_p999 = quantile(&all, 0.999);
    hist_fini(&all);
    scenario_fini(&s);
    free(err);
}

static void __attribute__((format(printf, 5, 0)))
run_format(const struct verify *v, struct sample *out, uint32_t n, const struct looker *who,
           const char *format, va_list args)
{
    char text[TEXT];
    int length = vsnprintf(text, sizeof text, format, args);

    assert(length > 0 && length < TEXT);
    for (char *p = text; *p; p++)
        *p = *p == '\'' ? '"' : *p;
    run(v, out, n, who, text);
}

void experiment(const struct verify *v, struct sample *out, uint32_t n, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    run_format(v, out, n, &(const struct looker){ .look = NULL }, format, args);
    va_end(args);
}

void experiment_look(const struct verify *v, struct sample *out, uint32_t n,
                     void (*look)(const struct record *, uint32_t replication, void *arg),
                     void *arg, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    run_format(v, out, n, &(const struct looker){ .look = look, .arg = arg }, format, args);
    va_end(args);
}
