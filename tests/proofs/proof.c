/* proof.c - see proof.h.  The simulator and the statistics are those of `run`; only the folder of
 * records is left out. */
#include "proof.h"

#include "../../sim/base/xalloc.h"
#include "../../sim/run/cell.h"
#include "../../sim/run/plan.h"

#include <errno.h>
#include <gsl/gsl_cdf.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXIT_USAGE = 2, EXIT_MACHINE = 3, TEXT = 8192 };

static _Noreturn void give_up(const char *what, const struct err *err)
{
    fprintf(stderr, "proof: %s\n", what);
    for (uint32_t i = 0; err && i < err->kept; i++)
        fprintf(stderr, "  %s %s: %s\n", err->item[i].code, err->item[i].pointer,
                err->item[i].what);
    exit(EXIT_MACHINE);
}

static uint64_t number(const char *text)
{
    char *end;
    unsigned long long x = strtoull(text, &end, 10);

    if (*end || end == text || *text == '-' || x == 0) {
        fprintf(stderr, "proof: a number from 1 on expected, found \"%s\"\n", text);
        exit(EXIT_USAGE);
    }
    return x;
}

void proof_options(struct proof_options *o, int argc, char **argv)
{
    int c;

    while ((c = getopt(argc, argv, "e:j:s:")) != -1) {
        uint64_t x = c == '?' ? 0 : number(optarg);

        if (c == 'e' && x <= 1000000)
            o->experiments = (uint32_t)x;
        else if (c == 'j' && x <= 1024)
            o->jobs = (uint32_t)x;
        else if (c == 's' && x < (1ULL << 52))
            o->seed = x;
        else {
            fprintf(stderr, "usage: %s [-e EXPERIMENTS] [-j JOBS] [-s SEED]\n", argv[0]);
            exit(EXIT_USAGE);
        }
    }
    if (optind < argc)
        give_up("no further words are expected", NULL);
}

/* ---- scenarios and their results ---- */

void proof_load(struct scenario *s, const char *format, ...)
{
    struct err *err = xcalloc(1, sizeof *err);
    char text[TEXT];
    va_list args;

    va_start(args, format);
    int length = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (length < 0 || length >= TEXT)
        give_up("a scenario that is too long", NULL);
    for (char *p = text; *p; p++)
        *p = *p == '\'' ? '"' : *p;

    const struct scenario_overrides over = { .text = text, .length = (size_t)length };

    err_init(err);
    if (scenario_load(s, "proof.json", &over, err) < 0)
        give_up("a scenario does not load", err);
    free(err);
}

struct record *proof_simulate(struct scenario *s, uint64_t first, uint32_t n)
{
    struct record *record = xcalloc((size_t)s->policies * n, sizeof *record);
    struct err *err = xcalloc(1, sizeof *err);

    err_init(err);
    s->run.seed = first;
    for (uint32_t p = 0; p < s->policies; p++)
        for (uint32_t k = 0; k < n; k++)
            if (cell_run(s, &(struct cell){ p, k }, &record[p * n + k], NULL, NULL, err) < 0)
                give_up("a cell failed", err);
    free(err);
    return record;
}

void proof_forget(struct record *record, uint32_t policies, uint32_t n)
{
    for (uint32_t i = 0; i < policies * n; i++)
        record_fini(&record[i]);
    free(record);
}

void proof_result(struct result *r, const struct scenario *s, const struct record *record,
                  uint64_t first, uint32_t n, uint32_t most)
{
    struct arena arena = { .last = NULL };
    const struct record **at = arena_alloc(&arena, (size_t)s->policies * n * sizeof *at);
    struct result_plan plan;

    for (uint32_t p = 0; p < s->policies; p++)
        for (uint32_t k = 0; k < n; k++)
            at[p * n + k] = &record[p * most + k];
    plan_for_result(s, &plan, &arena);
    plan.first_seed = first;
    plan.replications = n;
    result_make(r, &plan, at);
    arena_fini(&arena);
}

/* ---- many of them ---- */

void *proof_shared(size_t count, size_t size)
{
    void *at = mmap(NULL, count * size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (at == MAP_FAILED)
        give_up("no memory to share", NULL);
    return at;
}

static void work(uint32_t n, atomic_uint *next, void (*one)(uint32_t, void *), void *arg)
{
    for (uint32_t i; (i = atomic_fetch_add(next, 1)) < n;)
        one(i, arg);
}

void proof_each(uint32_t n, uint32_t jobs, void (*one)(uint32_t i, void *arg), void *arg)
{
    atomic_uint *next = proof_shared(1, sizeof *next);
    int status;

    fflush(NULL);
    for (uint32_t j = 0; j < jobs; j++) {
        pid_t pid = fork();

        if (pid < 0)
            give_up(strerror(errno), NULL);
        if (pid == 0) {
            work(n, next, one, arg);
            _exit(0);
        }
    }
    for (uint32_t j = 0; j < jobs; j++)
        if (wait(&status) < 0 || status != 0)
            give_up("a worker failed", NULL);
    munmap(next, sizeof *next);
}

/* ---- how often ---- */

/* Where a beta law has `tail` below it; by halving, for GSL's own inverse gives up now and then. */
static double beta_quantile(double tail, double a, double b)
{
    double low = 0, high = 1;

    for (uint32_t i = 0; i < 50; i++) {
        double middle = (low + high) / 2;

        *(gsl_cdf_beta_P(middle, a, b) < tail ? &low : &high) = middle;
    }
    return low;
}

struct proof_share proof_share(uint32_t k, uint32_t n, double confidence)
{
    double tail = (1 - confidence) / 2;

    return (struct proof_share){
        (double)k / n,
        k == 0 ? 0 : beta_quantile(tail, k, n - k + 1.0),
        k == n ? 1 : beta_quantile(1 - tail, k + 1.0, n - k),
    };
}

uint32_t proof_most(uint32_t n, double share, double tail)
{
    uint32_t k = 0;

    while (gsl_cdf_binomial_Q(k, share, n) > tail)
        k++;
    return k;
}
