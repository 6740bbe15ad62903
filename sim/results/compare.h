/* compare.h - is one better than the other, and could this many seeds have told?
 *
 * Always paired by seed, because replication k of every policy saw the same requests: the mean of
 * the logarithms of the ratios with Student's t; where values may be 0, of the differences.
 *   better, worse        p after Holm's correction among all rows of the comparison < 0.05
 *   equal                every pair is equal to the last digit
 *   no difference found  not told apart, and a change of `margin` would have been seen
 *   inconclusive         not told apart, but the interval is wider than the margin: needs seeds
 *   saturated            one side has no steady value
 *   unknown              one side has no value in some seed, or there is one seed only
 *   different            of a metric without a better direction: p as for better and worse */
#ifndef RESULTS_COMPARE_H
#define RESULTS_COMPARE_H

#include "catalogue.h"

#define COMPARE_MARGIN 0.05         /* a change worth knowing of, as a share */
#define COMPARE_CONFIDENCE 0.95

/* Judges x against base, pair by pair; NAN: unknown.  p_adjusted and the verdict are final only
 * after compare_correct().  Does not set metric, base, policy. */
struct result_change compare_pairs(const double *base, const double *x, uint32_t n,
                                   enum metric_better, double margin);
/* The same without pairs (other seeds): Welch's t on the logarithms; where values may be 0, on the
 * values themselves. */
struct result_change compare_unpaired(const double *base, uint32_t n, const double *x, uint32_t m,
                                      enum metric_better, double margin);
/* Holm (1979) among all rows that were tested: sets p_adjusted and the verdicts. */
void compare_correct(struct result_change *, uint32_t rows, const enum metric_better *,
                     double margin);

/* Fills result.change: every policy against the baseline policy. */
void compare_policies(struct result *);

/* Two results of one scenario: the policies that both have, metric by metric, the seeds that both
 * have.  May they be compared?  -1 with E301 in err when the scenarios differ (naming the keys). */
int  compare_allowed(const struct result *old, const struct result *new, struct err *);

/* A key in which two results were run differently; old or new NULL: absent there. */
struct compare_difference { const char *pointer, *old, *new; };

/* Of the scenarios as run, overrides in them; texts in the arena, safe to show.  How many. */
uint32_t compare_differences(const struct result *old, const struct result *new, struct arena *,
                             const struct compare_difference **found);

struct comparison {                 /* of two results, or of one with itself */
    struct result_change *change;   /* base: policy of old; policy: of new; pair by pair */
    uint32_t changes, seeds;        /* seeds that both have; 0: unpaired */
    bool     is_paired;
    struct arena arena;             /* of change[] and its texts */
};
enum compare_pairing { COMPARE_PAIRED, COMPARE_FRESH };

struct compare_pair { uint32_t base, policy; };     /* policies: of old, of new */

/* Which policies of which results, by which metrics. */
struct compare_question {
    const struct result *old, *new; /* may be one and the same */
    const struct compare_pair *pair;
    uint32_t pairs;
    const char *const *metric;      /* [metrics], names that metric_find() knows */
    uint32_t metrics;               /* 0: every metric that has a better direction */
    enum compare_pairing pairing;
    double margin;
};

/* All rows are corrected together.  Paired where there are seeds that both have; values are of
 * those seeds alone then.  Freed with comparison_fini(). */
void compare_ask(struct comparison *, const struct compare_question *);

/* Asks of the policies that both have, by name; metric NULL: every one. */
void compare_results(struct comparison *, const struct result *old, const struct result *new,
                     const char *metric, enum compare_pairing, double margin);
void comparison_fini(struct comparison *);

/* The policies that both have, by name, into pair[old's policies]; how many. */
uint32_t compare_same_names(const struct result *old, const struct result *new,
                            struct compare_pair *pair);

/* A metric's values over the seeds of a policy, in order of seed; into x[replications]. */
void compare_values(const struct result *, uint32_t policy, const struct metric *,
                    double percentile, double *x);

#endif
