/* result.h - the answer: computed once from all records, in cell order, and written as files.
 *
 * Reports, figures and checks read this struct only; they never see the simulator.  A result read
 * back from result.json and one just computed look the same. */
#ifndef RESULTS_RESULT_H
#define RESULTS_RESULT_H

#include "../base/err.h"
#include "../base/pool.h"
#include "../base/stats.h"
#include "../metrics/record.h"

enum { RESULT_PERCENTILES = 16 };

/* What results need to know of the scenario, copied from it by sim/run: names, not structs. */
struct result_plan {
    const char *scenario, *title, *sha256, *effective;      /* effective: JSON text as run */
    uint64_t first_seed;
    uint32_t policies, replications, baseline;
    const char *const *policy;                              /* [policies] labels */
    uint32_t backends;
    const char *const *backend;                             /* [backends] "app[0]" */
    const double *backend_workers;                          /* [backends] INFINITY: unlimited */
    double   percentile[RESULT_PERCENTILES];
    uint32_t percentiles;
    nsec     slo;                                           /* 0: none */
    bool     is_stationary;                                 /* no events, no trace */
    double   offered_load;                                  /* of the busiest pool; NAN: unknown */
    uint32_t events;
    const struct result_event { nsec at, until; const char *label; } *event;  /* until 0: no end */
};

enum verdict { VERDICT_OK, VERDICT_SATURATED };

struct result_quantity {            /* a metric of one policy over its seeds */
    double value, low, high;        /* low, high: 95 % interval over seeds, NAN when n < 2;
                                       value NAN: null */
};

struct result_backend {             /* over the measured slices, all seeds pooled */
    uint64_t picked, asked, served; /* picked: behind an l4, connections */
    double   share;                 /* of asked: requests, also behind an l4 */
    double   utilisation;           /* busy / (workers x time); NAN for unlimited workers */
};

struct result_policy {
    const char *name;
    enum verdict verdict;
    uint32_t saturated_backend;     /* NONE */
    double   saturated_offered;     /* its offered load */
    uint32_t seeds;
    uint64_t requests, completed, unfinished, ended[OUTCOME_COUNT];
    struct result_quantity mean, quantile[RESULT_PERCENTILES], max;     /* ns */
    struct result_quantity throughput, error_rate;      /* ok/s; share */
    struct result_quantity imbalance;                   /* busiest/mean of picked */
    struct hist latency;            /* pooled */
    struct result_backend *backend; /* [plan.backends] */
    uint64_t attempts, retries;
};

struct result_run {                 /* one cell, integers: what result_sha256 covers */
    uint32_t policy;
    uint64_t seed, requests, completed, unfinished, ended[OUTCOME_COUNT];
    uint64_t mean, quantile[RESULT_PERCENTILES], max;       /* ns; NEVER: null */
    char     digest[33];
    const struct record *record;    /* NULL in a result that was read back */
};

struct result_change {              /* metric by metric against the baseline policy */
    const char *metric;             /* "latency.p99" */
    uint32_t base, policy;
    struct estimate change;         /* share of the base; NAN when it cannot be said */
    const char *verdict;            /* "better", "worse", "no difference found", "saturated",
                                       "needs seeds", "unknown" */
};

struct result_remap { uint32_t policy, event; uint64_t keys, moved, unavoidable, broken; };

struct result {
    struct arena arena;
    struct result_plan plan;
    struct result_policy *policy;   /* [plan.policies] */
    struct result_run *run;         /* [runs], policy by policy, seed by seed */
    uint32_t runs;
    struct result_change *change;
    uint32_t changes;
    struct result_remap *remap;
    uint32_t remaps;
    nsec     simulated;             /* from the start to the last arrival, in the longest run */
    uint64_t events;
    struct record *owned;           /* [runs]: what result_fini() frees with it, or NULL */
    char     sha256[65];            /* result_sha256 */
};

/* What was true of this machine and this invocation: outside the hash. */
struct result_environment {
    const char *version, *git, *compiler, *started;         /* started: UTC, ISO 8601 */
    double wall_s;
    uint32_t jobs;
};

/* Computes everything from records[policy * replications + replication]; the records must stay. */
void result_make(struct result *, const struct result_plan *, const struct record *const *records);
void result_fini(struct result *);

/* One record to and from a file of integers with a checksum at its end; written aside and renamed.
 * record_read: 0; 1 when there is no such file; -1 when it is cut, damaged or of another
 * version. */
int  record_write(const struct record *, const char *path, struct err *);
int  record_read(struct record *, const char *path, struct err *);

/* result.json as text (malloc'ed), for --json and for the folder. */
char *result_json(const struct result *, const struct result_environment *);

/* The whole folder: <results>/<scenario>/<UTC time>-<seed>-<6 hex>/, written aside and renamed;
 * then `latest` points to it.  The folder's path into path[].  draw() is called on the folder
 * before it is renamed, so that figures are in it when it appears; NULL: none. */
struct result_writer {
    void (*draw)(const struct result *, const char *folder, void *arg);
    void *arg;
};
int  result_write(const struct result *, const struct result_environment *, const char *results,
                  const struct result_writer *, char *path, size_t path_size, struct err *);

#endif
