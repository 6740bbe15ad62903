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

enum { SCENARIO_PERCENTILES = 16 };

struct run_config {
    nsec     duration;              /* arrivals end here; 0: by requests, or by the trace's end */
    uint64_t requests;              /* those born after warm-up; 0: by duration */
    nsec     warmup;
    nsec     drain;                 /* how long after the last arrival requests may still finish;
                                       NEVER: until all have, if no backend hangs */
    uint64_t seed;
    uint32_t replications;          /* replication k runs with seed + k */
};

struct measure_config {
    double   percentile[SCENARIO_PERCENTILES];  /* 0 < p < 100, rising */
    uint32_t percentiles;
    nsec     interval;              /* the shortest slice of the time line; 0: duration / 60 */
    nsec     slo;                   /* drawn as a line in the figure; 0: none */
};

struct scenario {
    struct arena arena;
    const char *path;               /* as given on the command line; "-" for stdin */
    char       *text;               /* the file's bytes, length bytes, as read (before -s) */
    size_t      length;
    char        sha256[65];         /* of the canonical form before -s and --seed: results with
                                       equal ones can be compared */
    char       *effective;          /* JSON text as run, overrides applied: becomes scenario.json */
    const char *name, *title, *description;

    struct run_config      run;
    struct client_config   *client;     uint32_t clients;
    struct balancer_config *balancer;   uint32_t balancers;
    struct backend_config  *backend;    uint32_t backends;
    struct link_config     *link;       uint32_t links;
    struct event_config    *event;      uint32_t events;    /* by time, then in file order */
    struct measure_config  measure;

    /* compare: the policies that replace the one of balancer[compare_at]; without a `compare` in
     * the file there is one, the balancer's own. */
    struct policy *policy;
    uint32_t policies, compare_at, baseline;    /* baseline: index of a policy */
};

/* What the command line changes: -s PATH=VALUE (as many as given), -a LIST, --seed, -n, -d.
 * Values are texts as typed; faults in them are told with the option as the place. */
struct scenario_overrides {
    const char *const *set;         /* "backends.app.service.mean=11ms" */
    uint32_t    sets;
    const char *algorithms;         /* "rr,peak_ewma:decay=500ms", or NULL */
    const char *seed, *replications, *duration;   /* NULL: as in the file */
    const char *allow_path;         /* folder that files may also come from, or NULL */
    const struct lb_ops *const *plugins;    /* further algorithms, NULL-terminated, or NULL */
};

/* Reads, checks and completes a scenario.  0, or -1 with all faults in err (at most ERR_KEPT told).
 * Warnings (an offered load above capacity) are in err too and do not fail. */
int  scenario_load(struct scenario *, const char *path, const struct scenario_overrides *,
                   struct err *);
void scenario_fini(struct scenario *);

/* Writes `lblab schema scenario`: a JSON Schema (draft 2020-12) made from the field tables. */
int  scenario_write_schema(FILE *);

/* Offered load of a backend pool as a share of its capacity, from the mean rates and demands of
 * what reaches it; NAN when it cannot be said (closed loop). */
double scenario_offered_load(const struct scenario *, uint32_t pool);

#endif
