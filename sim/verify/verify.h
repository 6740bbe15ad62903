/* verify.h - the simulator held against theory and published results.
 *
 * A check is one statement: what a formula or a paper says, what the simulator says, how far apart
 * they may be and why so far.  The expected side never comes from the simulator: it is computed
 * here with GSL, by other code than what is simulated, or it is a figure that someone published.
 *
 * False alarms: a statistical check allows t x (standard error) + allowance, where t is Student's
 * quantile at VERIFY_ALARM / VERIFY_FAMILY (Bonferroni), so that all checks of a run together
 * fail by chance with a probability of at most VERIFY_ALARM, for whatever seed.  Student's t takes
 * means for normal, and those of rare long busy periods are skewed still: at five standard errors
 * it would be passed a hundred times too often.  So what fails is run once more with other seeds,
 * and only what fails twice has failed. */
#ifndef VERIFY_VERIFY_H
#define VERIFY_VERIFY_H

#include "../base/types.h"

#define VERIFY_ALARM 0.001          /* of a whole run of `verify`, family-wise */
enum {
    VERIFY_FAMILY = 500,            /* most statistical checks in a run */
    VERIFY_REPLICATIONS = 32,
};

enum verify_length { VERIFY_SHORT, VERIFY_NORMAL, VERIFY_LONG };

struct verify_row {
    char   id[64];                  /* "mm1/rho=0.8/p99": unique */
    char   source[200];             /* the formula or the publication */
    double expected, got;
    double low, high;               /* 95 % interval of got over replications; NAN: exact */
    double tolerance;               /* |got - expected| allowed; 0: exact */
    char   why[200];                /* why this tolerance */
    bool   is_ok, is_statistical;
};

/* What a group adds its rows to. */
struct verify {
    enum verify_length length;
    uint64_t seed;                  /* the first of the replications */
    struct verify_row *row;
    uint32_t rows, room;
    uint32_t statistical;           /* rows that count against VERIFY_FAMILY */
};

struct verify_group {
    const char *name;               /* "mm1": what ids begin with */
    const char *about;              /* one line */
    void (*run)(struct verify *);
};

const struct verify_group *const *verify_groups(void);      /* NULL-terminated */

void verify_fini(struct verify *);

/* Runs a group and appends its rows; a statistical row that fails is replaced by what it is with
 * seeds VERIFY_AGAIN further on. */
enum { VERIFY_AGAIN = 1 << 20 };
void verify_run(struct verify *, const struct verify_group *);

/* What verify_all() says while it runs: groups done, of how many. */
struct verify_progress {
    void (*tell)(uint32_t done, uint32_t groups, void *arg);    /* NULL: nobody listens */
    void *arg;
};

/* Runs groups[count] in at most `jobs` worker processes, a group each, and appends their rows to
 * v->row in the order of the groups: the same for every number of jobs.  0, or -1 with the fault in
 * err (exit 3): a worker died. */
struct err;
int verify_all(struct verify *, const struct verify_group *const *groups, uint32_t count,
               uint32_t jobs, const struct verify_progress *, struct err *);

/* The mean of got[n] over replications against a formula.  allowance: what is known to be off for
 * another reason than chance (a histogram's bucket, a start from empty), as a share of expected;
 * because: that reason in words, or NULL where allowance is 0. */
void verify_mean(struct verify *, const char *id, const char *source, double expected,
                 const double *got, uint32_t n, double allowance, const char *because);

/* A quantile: pooled is that of all replications together, each[n] those of the replications.  Its
 * error is from how far each lies from pooled (sectioning, Asmussen & Glynn 2007 III.5): a mean of
 * each[] would keep the bias of short runs. */
void verify_quantile(struct verify *, const char *id, const char *source, double expected,
                     double pooled, const double *each, uint32_t n, double allowance,
                     const char *because);

/* Equal to the last digit that the formula has; tolerance: a share of expected, 0 for integers. */
void verify_exact(struct verify *, const char *id, const char *source, double expected, double got,
                  double tolerance);

/* A published range, or an order: low <= got <= high.  `because` says where the range is from. */
void verify_range(struct verify *, const char *id, const char *source, double low, double high,
                  double got, const char *because);

/* By how much requests, replications or draws are multiplied: 1 in the short form. */
uint32_t verify_effort(const struct verify *, uint32_t in_short, uint32_t normal, uint32_t in_long);

#endif
