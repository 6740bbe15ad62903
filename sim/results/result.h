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

struct assertion;
struct assertion_outcome;

/* Where the measured time begins: as the scenario says, or found by warmup_find(). */
enum warmup_rule { WARMUP_GIVEN, WARMUP_AUTO };

/* What results need to know of the scenario, copied from it by sim/run: names, not structs. */
struct result_plan {
    const char *scenario, *title, *sha256, *effective;      /* effective: JSON text as run */
    const char *const *override;                            /* [overrides] "-s run.duration=9s" */
    uint32_t overrides;
    uint64_t first_seed;
    uint32_t policies, replications, baseline;
    const char *const *policy;                              /* [policies] labels */
    uint32_t backends;
    const char *const *backend;                             /* [backends] "app[0]" */
    const double *backend_workers;                          /* [backends] INFINITY: unlimited */
    double   percentile[RESULT_PERCENTILES];
    uint32_t percentiles;
    nsec     slo;                                           /* 0: none */
    enum warmup_rule warmup_rule;
    bool     is_stationary;     /* arrivals go on alike: no trace, no steps; there may be events */
    double   offered_load;                                  /* of the busiest pool; NAN: unknown */
    uint32_t events;
    const struct result_event {
        nsec at, until;             /* until 0: no end of its own */
        const char *label;
        bool recurs;                /* again and again for ever: it is never over */
    } *event;
    const char *hasher, *hashed;    /* the compared balancer, and what its policies hash:
                                       "source_ip (ip_hash), flow (maglev)"; NULL: nothing */
    const char *const *show;                                /* [shows] metrics beside the usual */
    uint32_t shows;
    const struct assertion *assertion;                      /* [assertions] of the scenario */
    uint32_t assertions;
};

enum verdict { VERDICT_OK, VERDICT_SATURATED };

struct result_quantity {            /* a metric of one policy over its seeds; NAN: null */
    double value, low, high;        /* of all seeds pooled, with its 95 % interval (2 seeds on) */
    double median, median_low, median_high;     /* of the seeds' values, by ranks (6 seeds on) */
    double median_confidence;       /* what these ranks give, 0.95 or a little more */
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
    double   saturated_growth;      /* requests a second more in the system; NAN: unknown */
    uint32_t seeds;
    uint64_t requests, completed, unfinished, ended[OUTCOME_COUNT];
    struct result_quantity mean, quantile[RESULT_PERCENTILES], max;     /* ns */
    struct result_quantity throughput, error_rate, availability;    /* ok/s; shares */
    struct result_quantity imbalance;                   /* busiest/mean of asked */
    struct result_quantity utilisation_max, share_max;  /* of the busiest backend, by seed */
    struct result_quantity amplification;               /* attempts per request */
    struct result_quantity remap_moved, remap_excess;   /* share of the keys, over all events */
    struct result_quantity remap_broken;                /* connections, over all events, a seed */
    struct hist latency;            /* pooled */
    struct result_backend *backend; /* [plan.backends] */
    uint64_t attempts, retries, tally[TALLY_COUNT], spent[PART_COUNT];
};

/* Added over balancer instances; of a policy, over seeds too. */
struct result_remap { uint32_t policy, event; uint64_t keys, moved, unavoidable, broken; };

struct result_run {                 /* one cell, integers: what result_sha256 covers */
    uint32_t policy;
    uint64_t seed, requests, completed, unfinished, ended[OUTCOME_COUNT];
    uint64_t mean, quantile[RESULT_PERCENTILES], max;       /* ns; NEVER: null */
    uint64_t measured;              /* ns, from the end of warm-up to the last arrival */
    uint64_t done;                  /* ended ok in that time, of whatever birth */
    uint64_t attempts, retries;     /* in that time */
    uint64_t tally[TALLY_COUNT];    /* in that time */
    uint64_t spent[PART_COUNT];     /* ns, by those that completed; adds up to all their latency */
    uint64_t observed;              /* ns that backend[] stands for: with warm-up where there are
                                       too many backends for slices */
    struct result_run_backend { uint64_t picked, asked, served, busy; } *backend;
    struct result_remap *remap;     /* [remaps], by event, of its own policy */
    uint32_t remaps;
    char     digest[33];
    const struct record *record;    /* NULL in a result that was read back */
};

/* How two values of a metric differ, in words: see compare.h. */
enum change_verdict {
    CHANGE_BETTER, CHANGE_WORSE, CHANGE_NONE, CHANGE_INCONCLUSIVE, CHANGE_EQUAL,
    CHANGE_SATURATED, CHANGE_BASE_SATURATED, CHANGE_FAILED, CHANGE_BASE_FAILED, CHANGE_UNKNOWN,
    CHANGE_DIFFERENT,               /* of a metric without a better direction */
};

struct result_change {              /* metric by metric against the baseline */
    const char *metric;             /* "latency.p99" */
    uint32_t base, policy;          /* policies; across two results: of the old, of the new */
    double   base_value, value;     /* of the metric; NAN: unknown */
    struct estimate change;         /* share of the base; NAN when it cannot be said */
    double   p, p_adjusted;         /* of "no change", by Holm among all rows; NAN: not tested */
    double   least_seen;            /* CHANGE_NONE: a change from here on would have been seen */
    uint32_t seeds_needed;          /* CHANGE_INCONCLUSIVE: about so many; 0: unknown */
    enum change_verdict verdict;
};

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
    struct assertion_outcome *assertion;    /* [outcomes], assertion by assertion */
    uint32_t outcomes;
    nsec     warmup;                /* used, one for all policies */
    bool     is_steady_found;       /* WARMUP_AUTO only: false when no steady part was found */
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

/* The word of a verdict: "better", "no difference found", ... */
const char *change_verdict_text(enum change_verdict);

/* Computes everything from records[policy * replications + replication]; the records must stay.
 * With WARMUP_AUTO, result_settle_warmup() (warmup.h) comes first. */
void result_make(struct result *, const struct result_plan *, const struct record *const *records);
void result_fini(struct result *);

/* Reads a result back: a result.json, or a folder that holds one (`latest` too).  All that
 * result.json says is there; pooled histograms, time series and percentiles that it does not
 * list are not.  -1 with the fault in err (exit 2): not such a file, cut, of another version, or
 * changed since (its result_sha256 does not fit). */
int  result_read(struct result *, const char *path, struct err *);

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
