/* golden.h - what an algorithm did, to the last attempt, kept as text: a refactoring must leave it
 * alone, and any other pick is told by the first request that shows it.
 *
 *   lblab-golden 1
 *   scenario NAME SHA256               of the file before -s
 *   override -s run.duration=9s        what the command line changed; none or more
 *   run DIGEST SEED REQUESTS POLICY    of all attempts; POLICY to the end of the line
 *   trail BASE64                       of the run above: two bytes for each of the first requests
 *   end RUNS */
#ifndef RESULTS_GOLDEN_H
#define RESULTS_GOLDEN_H

#include "gate.h"

enum { GOLDEN_TRAIL = 16384 };      /* requests */

struct golden_run {
    const char *policy;
    char     digest[33];
    uint64_t seed, requests;        /* born after warm-up */
    uint8_t *trail;                 /* [2 * steps]: record_step's backend, rest; or NULL */
    uint32_t steps;
};

struct golden_scenario {
    const char *name, *sha256;
    const char *const *override;
    struct golden_run *run;
    uint32_t overrides, runs;
    uint32_t line;                  /* in the file */
};

struct golden {
    struct arena arena;
    const char *path;               /* as read; NULL: made here */
    struct golden_scenario *scenario;
    uint32_t scenarios;
};

/* -1 with the place in err (E310, exit 2): not such a file, of another version, cut. */
int  golden_read(struct golden *, const char *path, struct err *);
void golden_fini(struct golden *);

/* Written aside and renamed; -1 with the fault in err (exit 3). */
int  golden_write(const struct golden *, const char *path, struct err *);

/* Adds a result; trail[policies]: a record of each policy's first seed with its trail. */
void golden_add(struct golden *, const struct result *, const struct record *trail);

/* The part of this scenario, NULL when there is none. */
const struct golden_scenario *golden_find(const struct golden *, const char *scenario);

/* Of one scenario, run alike?  -1 with E301 in err. */
int  golden_allowed(const struct golden *, const struct golden_scenario *,
                    const struct result_plan *, struct err *);

/* The seeds that it has: the first, and how many. */
uint32_t golden_seeds(const struct golden_scenario *, uint64_t *first);

/* How many runs of this policy have another digest now; NONE: the file does not have it. */
uint32_t golden_differences(const struct golden_scenario *, const struct result *,
                            uint32_t policy);

/* Where the first seed of a policy went another way, as a sentence.  now: its record with trail. */
const char *golden_explain(char *buf, size_t size, const struct golden_scenario *,
                           const struct result *, uint32_t policy, const struct record *now);

#endif
