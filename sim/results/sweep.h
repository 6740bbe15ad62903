/* sweep.h - results along one axis: how a metric grows, where its knee is, how far an SLO holds.
 *
 * Every point has the same seeds, and replication k of each point the same random numbers, so that
 * a crossing can be found seed by seed: its interval is Student's t over the seeds' crossings.
 * Where the latency of a point is saturated there is nothing to interpolate to: bounds remain. */
#ifndef RESULTS_SWEEP_H
#define RESULTS_SWEEP_H

#include "assertion.h"
#include "json.h"

/* What x is counted in, and so how it is shown. */
enum sweep_unit {
    SWEEP_LOAD,                     /* share of the busiest pool's capacity */
    SWEEP_SHARE, SWEEP_RATE, SWEEP_DURATION,        /* of 1; per second; ns */
    SWEEP_COUNT, SWEEP_NUMBER,      /* whole numbers; others */
    SWEEP_WORDS,                    /* no measure: x is the position; nothing is said between */
};

struct sweep_point {
    const char *text;               /* as asked for: "70%" */
    double x;
    const struct result *result;    /* the same policies at every point */
};

/* All is borrowed. */
struct sweep {
    const char *effective;          /* the scenario before a point's value, JSON text */
    const char *label, *path;       /* "offered load"; path NULL: the load is scaled */
    enum sweep_unit unit;
    bool has_knee;                  /* x is proportional to the work that is asked for */
    const struct sweep_point *point;        /* [points], rising in x */
    uint32_t points;
    const struct metric *metric;    /* what is looked at: latency.p99 */
    double   percentile;
    const struct assertion *slo;    /* METRIC OP VALUE; NULL: none */
};

/* The end of the axis at which the SLO is more likely met. */
enum sweep_side { SWEEP_UP_TO, SWEEP_FROM };

enum sweep_reach {
    SWEEP_ASKED_NOTHING,            /* no SLO, or nothing lies between words */
    SWEEP_CROSSES,                  /* every seed crosses between two known points */
    SWEEP_BOUNDED,                  /* some seeds cross outside, or beside a saturated point */
    SWEEP_ALWAYS, SWEEP_NEVER,      /* at all points, at none: the SLO's end is outside */
};

struct sweep_answer {               /* of one policy */
    uint32_t policy, seeds;         /* seeds: those that every point has */
    enum sweep_side side;
    enum sweep_reach reach;
    struct estimate slo_x;          /* value NAN: not between known points; low: at least,
                                       high: at most, NAN: unknown; both inside the axis, and at
                                       its end: that or beyond */
    uint32_t censored;              /* seeds without a crossing between known points */
    uint32_t surely, maybe;         /* the points up to (from) which the whole interval, or some of
                                       it, meets the SLO; NONE */
    struct estimate knee;           /* x / latency is greatest (Kleinrock 1979, "power"), parabola
                                       through three points; value NAN: none inside */
    uint32_t saturated;             /* points that are */
};

/* A latency there depends on how long the run was: it is no value. */
bool sweep_is_saturated(const struct sweep *, uint32_t point, uint32_t policy);

/* Of the metric at a point, in its own unit; value NAN: none. */
struct result_quantity sweep_value(const struct sweep *, uint32_t point, uint32_t policy);

/* Does a value meet the SLO?  NAN does not. */
bool sweep_meets(const struct sweep *, double value);

/* answer[policies of the results] */
void sweep_answer(const struct sweep *, struct sweep_answer *);

/* ---- sweep_json.c ---- */

/* lblab-sweep/1, whole; and one row a policy and point: x,point,policy,verdict,metric,value,... */
void sweep_json(FILE *, const struct sweep *, const struct sweep_answer *,
                const struct result_environment *);
void sweep_csv(FILE *, const struct sweep *);

/* Writes <results>/<scenario>/<UTC time>-sweep-<6 hex>/ aside and renames it: sweep.json,
 * sweep.csv, scenario.json, points/NN.json (each point's result.json), plots/.  `latest` stays what
 * it was: it is a run's.  draw() is called on the folder before it appears; NULL: none.  -1: err */
struct sweep_writer {
    void (*draw)(const struct sweep *, const struct sweep_answer *, const char *folder, void *arg);
    void *arg;
};
int  sweep_write(const struct sweep *, const struct sweep_answer *,
                 const struct result_environment *, const char *results,
                 const struct sweep_writer *, char *path, size_t path_size, struct err *);

#endif
