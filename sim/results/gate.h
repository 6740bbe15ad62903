/* gate.h - what `check` found, row by row: what every output format for CI is made of. */
#ifndef RESULTS_GATE_H
#define RESULTS_GATE_H

#include "catalogue.h"

enum gate_kind { GATE_ASSERTION, GATE_REGRESSION, GATE_GOLDEN };

enum gate_verdict {
    GATE_OK,
    GATE_FAILED,
    GATE_INCONCLUSIVE,              /* exit 4 with --strict */
    GATE_STALE,                     /* better than the baseline by more than the limit: ok */
};

struct gate_row {
    enum gate_kind kind;
    enum gate_verdict verdict;
    const char *scenario, *file;    /* name; path as given */
    uint32_t line;                  /* of the assertion in the file; 0: none */
    const char *metric, *policy;    /* "latency.p99", "peak_ewma"; "" where there is none */
    const char *asked;              /* "latency.p99 < 250ms", "at most 5 % worse", "digest" */
    const char *why;                /* the scenario's reason, or "" */
    enum metric_unit unit;          /* of value, low, high, base, limit of an assertion */
    double   value, low, high;      /* NAN: unknown */
    double   base;                  /* of the baseline; NAN */
    struct estimate change;         /* share of the base; NAN */
    double   limit;                 /* assertion: in unit (or factor); regression: as a share */
    uint32_t seeds, seeds_needed;   /* seeds_needed 0: enough */
    const char *detail;             /* one sentence for people, or "" */
    double   p;                     /* of a change within the limit, one-sided; NAN: not tested */
};

struct gate {
    struct arena arena;             /* of rows' texts */
    struct gate_row *row;
    uint32_t rows, room;
};

struct gate_row *gate_add(struct gate *);       /* zeroed, texts "", numbers NAN */
void gate_fini(struct gate *);
uint32_t gate_count(const struct gate *, enum gate_verdict);

/* Limits of a regression check, as given on the command line. */
struct gate_limits {
    double max_regression;          /* 0.05: a share of the baseline */
    double min_effect_ns;           /* latencies: smaller absolute changes are no regression */
    double min_effect;              /* other metrics: as an absolute change in their unit */
};

/* The result against its baseline: a row a policy and metric with a better direction.  Regression:
 * the paired interval lies wholly beyond max_regression and the change above min_effect; stale: the
 * same towards better; inconclusive: the interval straddles the limit.  A value that is there no
 * more is a regression when the share that failed surely grew beyond what the percentile leaves,
 * or, of a saturated policy, its runs are surely slower by more than the limit; else inconclusive.
 * All rows together, over all calls, are corrected by Holm in gate_correct(). */
void gate_regressions(struct gate *, const struct result *now, const struct result *baseline,
                      const char *file, const struct gate_limits *, const char *metric);

/* Holm (1979) among all regression rows that were tested: one that no longer stands out becomes
 * inconclusive.  How many were tested. */
uint32_t gate_correct(struct gate *);

/* The assertions of a result. */
void gate_assertions(struct gate *, const struct result *, const char *file);

#endif
