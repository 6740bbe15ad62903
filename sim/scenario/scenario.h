/* scenario.h - a question, read from JSON and checked: what to simulate and what to compare.
 *
 * Everything a struct scenario points to lives in its arena.  After scenario_load() succeeded no
 * later stage needs to check anything again. */
#ifndef SCENARIO_SCENARIO_H
#define SCENARIO_SCENARIO_H

#include "../base/err.h"
#include "../base/pool.h"
#include "../nodes/config.h"

#include <stdio.h>

struct assertion;

enum { SCENARIO_PERCENTILES = 16, SCENARIO_SHOWS = 6 };

/* More seeds until the interval of a metric is narrow enough, for every policy. */
struct until_config {
    const char *metric;             /* "latency.p99" */
    double   within;                /* half the 95 % interval as a share of the value; 0: none */
    uint32_t most;                  /* seeds, then it ends all the same */
};

struct run_config {
    nsec     duration;              /* arrivals end here; 0: by requests, or by the trace's end */
    uint64_t requests;              /* those born after warm-up; 0: by duration */
    nsec     warmup;
    bool     finds_warmup;          /* "auto": found in the result, for all policies alike */
    nsec     drain;                 /* how long after the last arrival requests may still finish;
                                       NEVER: until all have, if no backend hangs */
    uint64_t seed;
    uint32_t replications;          /* replication k runs with seed + k; the fewest of `until` */
    struct until_config until;
};

struct measure_config {
    double   percentile[SCENARIO_PERCENTILES];  /* 0 < p < 100, rising */
    uint32_t percentiles;
    nsec     interval;              /* the shortest slice of the time line; 0: duration / 60 */
    nsec     slo;                   /* drawn as a line in the figure; 0: none */
    const char *show[SCENARIO_SHOWS];       /* metrics beside the usual: what it is about */
    uint32_t shows;
};

/* The axis of `lblab sweep`: texts as written, ranges too.  Both are made points by sweep.h. */
struct sweep_config {
    const char *path, *label;       /* path NULL: value[] are loads; label NULL: not given */
    const char *const *value;
    uint32_t values;                /* 0: the scenario has none */
};

struct scenario {
    struct arena arena;
    const char *path;               /* as given on the command line; "-" for stdin */
    char       *text;               /* the file's bytes, length bytes, as read (before -s) */
    size_t      length;
    char        sha256[65];         /* of the canonical form before -s and --seed: results with
                                       equal ones can be compared */
    const char *const *override;    /* [overrides] "-s run.seed=3": what the command line changed */
    uint32_t    overrides;
    char       *effective;          /* JSON text as run, overrides applied: becomes scenario.json */
    const char *name, *title, *description;

    struct run_config      run;
    struct client_config   *client;     uint32_t clients;
    struct balancer_config *balancer;   uint32_t balancers;
    struct backend_config  *backend;    uint32_t backends;
    struct link_config     *link;       uint32_t links;
    struct event_config    *event;      uint32_t events;    /* by time, then in file order */
    struct measure_config  measure;
    struct sweep_config    sweep;

    /* compare: the policies that replace the one of balancer[compare_at]; without a `compare` in
     * the file there is one, the balancer's own. */
    struct policy *policy;
    uint32_t policies, compare_at, baseline;    /* baseline: index of a policy */

    /* What must hold: of the file, then of -A; names of policies are labels. */
    struct assertion *assertion;
    uint32_t assertions;
};

/* What the command line changes: -s PATH=VALUE (as many as given), -a LIST, --seed, -n, -d.
 * Values are texts as typed; faults in them are told with the option as the place. */
struct scenario_overrides {
    const char *const *set;         /* "backends.app.service.mean=11ms" */
    uint32_t    sets;
    const char *algorithms;         /* "rr,peak_ewma:decay=500ms", or NULL */
    const char *seed, *replications, *duration, *until;     /* NULL: as in the file */
    const char *const *assertion;   /* -A "latency.p99@p2c < 20ms" */
    uint32_t    assertions;
    bool        asserts_nothing;    /* then nothing is said of assertions that are left out */
    const char *allow_path;         /* folder that files may also come from, or NULL */
    const struct lb_ops *const *plugins;    /* further algorithms, NULL-terminated, or NULL */
    /* of a point of a sweep: the bytes that its scenario was read from, taken instead of the file;
     * NULL: none */
    const char *text;
    size_t      length;
};

/* Reads, checks and completes a scenario.  0, or -1 with all faults in err (at most ERR_KEPT told).
 * Warnings (an offered load above capacity) are in err too and do not fail. */
int  scenario_load(struct scenario *, const char *path, const struct scenario_overrides *,
                   struct err *);
void scenario_fini(struct scenario *);

/* Is the file meant as a scenario?  False only for clean JSON without any of its main keys. */
bool scenario_is_one(const char *path);

/* Writes `lblab schema scenario`: a JSON Schema (draft 2020-12) made from the field tables. */
int  scenario_write_schema(FILE *);

/* Offered load of a backend pool as a share of its capacity, from the mean rates and demands of
 * what reaches it; NAN when it cannot be said (closed loop). */
double scenario_offered_load(const struct scenario *, uint32_t pool);

#endif
