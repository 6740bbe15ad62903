/* assertion.h - what must hold: "latency.p99@peak_ewma < 0.9 * latency.p99@round_robin".
 *
 *   METRIC[@POLICY] OP VALUE            VALUE with a unit: 250ms, 0.1%, 900/s, 1.3
 *   METRIC[@POLICY] OP [FACTOR *] METRIC[@POLICY]       paired by seed
 * OP is one of < <= > >=.  Without @POLICY it is asserted of every policy (or of the one that
 * `for` names).  It holds when the whole 95 % interval is on the right side, fails when the whole
 * is on the wrong one, and is inconclusive between; with one seed the value alone decides. */
#ifndef RESULTS_ASSERTION_H
#define RESULTS_ASSERTION_H

#include "catalogue.h"

enum assertion_op { ASSERT_LESS, ASSERT_AT_MOST, ASSERT_MORE, ASSERT_AT_LEAST };

struct assertion_side { const struct metric *metric; double percentile; const char *policy; };

struct assertion {
    const char *text, *why;         /* as written; why may be NULL */
    uint32_t line;                  /* in the scenario's file; 0: given by -A */
    struct assertion_side left, right;      /* right.metric NULL: against a number */
    enum assertion_op op;
    double   limit;                 /* in the metric's own unit (ns, 1/s, share), or the factor */
    nsec     from, until;           /* `during`, by time of birth; until 0: all that is measured */
};

/* What is wrong with a text, and where in it (a byte from its start). */
struct assertion_fault { uint32_t at, width; char what[200], hint[200]; };

/* Parses `that`; text, policies are kept in the arena.  -1 with the fault: unknown metric (with
 * the nearest one), a unit that does not fit the metric, no operator, text behind the end. */
int  assertion_parse(struct assertion *, const char *that, struct arena *,
                     struct assertion_fault *);

/* Can it be measured over a part of the run?  NULL, or the name of the metric that cannot. */
const char *assertion_without_window(const struct assertion *);

/* Does the plan have the policies that it names (or a `for`)?  NULL, or the missing name.  Names
 * are labels of policies; an alias or canonical name of exactly one of them will do. */
const char *assertion_missing_policy(const struct assertion *, const char *const *policy,
                                     uint32_t policies);

enum assertion_verdict {
    ASSERTION_HOLDS, ASSERTION_FAILS, ASSERTION_INCONCLUSIVE, ASSERTION_UNKNOWN,
};

struct assertion_outcome {          /* of one policy */
    const struct assertion *of;
    uint32_t policy;
    enum assertion_verdict verdict;
    double   value, low, high;      /* of the left side; in a ratio: left / right */
    uint32_t seeds_needed;          /* inconclusive: about so many */
    nsec     from, until;           /* `during` as measured, rounded to whole slices */
    const char *reason;             /* ASSERTION_UNKNOWN: "saturated", "no requests in it", ... */
};

/* Evaluates an assertion for each policy that it speaks of; outcome[policies]; how many. */
uint32_t assertion_check(const struct result *, const struct assertion *,
                         struct assertion_outcome *);

/* Evaluates all of the plan's into result->assertion[outcomes]. */
void assertion_check_all(struct result *);

/* Copies that outlive the scenario. */
const struct assertion *assertion_keep(struct arena *, const struct assertion *, uint32_t count);

/* "holds", "fails", "inconclusive", "unknown" */
const char *assertion_verdict_text(enum assertion_verdict);

#endif
