/* bench.c - the simulator's speed as a multiple of a bare loop's for the same work, and its memory.
 *
 *   bench LBLAB BARE FOLDER OUT.json
 *
 * Each pair runs both programs short and long, one after the other, and takes the CPU time of the
 * difference: start, files and warm-up cancel, and a busy machine slows both. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAIRS = 7, ARGS = 24, PATH_SIZE = 512 };

struct row {
    const char *work;               /* as bare.c names it */
    const char *file, *algorithm;   /* algorithm NULL: the file's */
    unsigned    shorter, longer;    /* thousands of requests */
    unsigned    events;             /* of one request: arrival, links, departure */
    const char *title;
};

static const struct row rows[] = {
    { "mm1",         "mm1",     NULL,          500, 3500, 2,  "M/M/1" },
    { "random",      "pool",    "random",      300, 2300, 2,  "100 backends, random" },
    { "round_robin", "pool",    "round_robin", 300, 2300, 2,  "100 backends, round_robin" },
    { "p2c",         "pool",    "p2c",         300, 2300, 2,  "100 backends, p2c" },
    { "least_conn",  "pool",    "least_conn",  300, 2300, 2,  "100 backends, least_conn" },
    { "peak_ewma",   "pool",    "peak_ewma",   300, 2300, 2,  "100 backends, peak_ewma" },
    { "many",        "many",    NULL,          300, 1800, 2,  "10 000 backends, random" },
    { "timeout",     "timeout", NULL,          300, 2300, 2,  "100 backends, p2c, 1 s timeout" },
    { "hops",        "hops",    NULL,          200, 1200, 12, "100 backends, p2c, 5 links" },
    { "p2c",         "layered", NULL,          200, 1200, 20, "the same behind NAT, L4, L7, h2" },
};

enum { ROWS = sizeof rows / sizeof rows[0] };

struct bench { const char *lblab, *bare, *folder, *results; };
struct usage { double cpu; long rss_kib; };
struct measured { double bare, lblab, ratio; };     /* s a request; ratio */
struct answer { double requests_per_s, bare_per_s, ratio, low, high; };

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
    exit(3);
}

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec * 1e-6;
}

/* Runs a program to its end; its CPU time and memory with those of the workers it waited for. */
static struct usage run(char *const *argv)
{
    struct rusage used;
    int status, null;
    pid_t child = fork();

    if (child < 0)
        fail("fork");
    if (child == 0) {
        null = open("/dev/null", O_WRONLY);
        dup2(null, STDOUT_FILENO);
        execv(argv[0], argv);
        _exit(127);
    }
    if (wait4(child, &status, 0, &used) < 0)
        fail("wait4");
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fprintf(stderr, "bench: %s failed\n", argv[0]);
        exit(3);
    }
    return (struct usage){ seconds(used.ru_utime) + seconds(used.ru_stime), used.ru_maxrss };
}

static struct usage run_lblab(const struct bench *b, const struct row *r, unsigned long requests)
{
    char path[PATH_SIZE], set[64];
    const char *argv[ARGS] = { b->lblab, "run", path, "-s", set, "-j1", "--no-plots", "-q",
                               "--json", "--results", b->results };

    snprintf(path, sizeof path, "%s/%s.json", b->folder, r->file);
    snprintf(set, sizeof set, "run.requests=%lu", requests);
    if (r->algorithm) {
        argv[11] = "-a";
        argv[12] = r->algorithm;
    }
    return run((char *const *)argv);
}

static struct usage run_bare(const struct bench *b, const struct row *r, unsigned long requests)
{
    char count[32];
    const char *argv[] = { b->bare, r->work, count, NULL };

    snprintf(count, sizeof count, "%lu", requests);
    return run((char *const *)argv);
}

static struct measured measure_pair(const struct bench *b, const struct row *r)
{
    unsigned long few = r->shorter * 1000ul, many = r->longer * 1000ul;
    double n = (double)(many - few);
    double bare_few = run_bare(b, r, few).cpu, lblab_few = run_lblab(b, r, few).cpu;
    double bare_many = run_bare(b, r, many).cpu, lblab_many = run_lblab(b, r, many).cpu;
    struct measured m = { .bare = (bare_many - bare_few) / n,
                          .lblab = (lblab_many - lblab_few) / n };

    m.ratio = m.lblab / m.bare;
    return m;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *x, int n)
{
    qsort(x, (size_t)n, sizeof *x, by_size);
    return x[n / 2];
}

/* The interval is that of the 2nd to the 6th of seven: 87.5 % for a median. */
static struct answer measure(const struct bench *b, const struct row *r)
{
    double bare[PAIRS], lblab[PAIRS], ratio[PAIRS];

    for (int i = 0; i < PAIRS; i++) {
        struct measured m = measure_pair(b, r);

        bare[i] = m.bare;
        lblab[i] = m.lblab;
        ratio[i] = m.ratio;
    }
    return (struct answer){ .requests_per_s = 1 / median(lblab, PAIRS),
                            .bare_per_s = 1 / median(bare, PAIRS),
                            .ratio = median(ratio, PAIRS),
                            .low = ratio[1], .high = ratio[PAIRS - 2] };
}

static void print_answer(FILE *json, const struct row *r, const struct answer *a)
{
    printf("  %-32s %7.2f %9.2f %8.2f %8.2f  [%.2f, %.2f]\n", r->title, a->requests_per_s / 1e6,
           a->requests_per_s * r->events / 1e6, a->bare_per_s / 1e6, a->ratio, a->low, a->high);
    fflush(stdout);
    fprintf(json, "%s\n    {\"work\": \"%s\", \"requests_per_s\": %.0f, \"events_per_s\": %.0f, "
                  "\"bare_requests_per_s\": %.0f, \"ratio\": %.4f, \"interval\": [%.4f, %.4f]}",
            r == rows ? "" : ",", r->title, a->requests_per_s, a->requests_per_s * r->events,
            a->bare_per_s, a->ratio, a->low, a->high);
}

static void measure_memory(const struct bench *b, FILE *json)
{
    const char *wants_long = getenv("BENCH_LONG");
    int longest = wants_long && *wants_long ? 8 : 7;
    unsigned long requests = 1000000;

    printf("\n  peak memory, 100 backends, p2c\n");
    for (int digits = 6; digits <= longest; digits++, requests *= 10) {
        struct usage u = run_lblab(b, &rows[3], requests);

        printf("  10^%d requests %8.1f MiB\n", digits, (double)u.rss_kib / 1024);
        fprintf(json, "%s\n    {\"requests\": %lu, \"peak_rss_bytes\": %ld}",
                digits == 6 ? "" : ",", requests, u.rss_kib * 1024);
    }
}

int main(int argc, char **argv)
{
    char results[] = "/tmp/lblab-bench.XXXXXX";

    if (argc != 5) {
        fprintf(stderr, "usage: bench LBLAB BARE FOLDER OUT.json\n");
        return 2;
    }

    const struct bench b = { argv[1], argv[2], argv[3], mkdtemp(results) };
    FILE *json = fopen(argv[4], "w");

    if (!json || !b.results)
        fail(argv[4]);
    printf("  CPU time of one core; ratio: to a bare loop, median of %d pairs\n", PAIRS);
    printf("  %-32s %7s %9s %8s %8s\n", "", "M req/s", "M events", "bare", "ratio");
    fprintf(json, "{ \"schema\": \"lblab-bench/1\", \"result\": {\n  \"engine\": [");
    for (int i = 0; i < ROWS; i++) {
        struct answer a = measure(&b, &rows[i]);

        print_answer(json, &rows[i], &a);
    }
    fprintf(json, "\n  ],\n  \"memory\": [");
    measure_memory(&b, json);
    fprintf(json, "\n  ] } }\n");
    if (fclose(json) != 0)
        fail(argv[4]);

    char *const rm[] = { "/bin/rm", "-rf", results, NULL };

    run(rm);
    return 0;
}
