/* simulate.h - for tests: a scenario as text, its cells run, and what their records say.
 *
 * Texts are printf formats in which ' stands for ".  A load or a cell that fails is a failed
 * test. */
#ifndef SIMULATE_H
#define SIMULATE_H

#include "../../sim/metrics/record.h"
#include "../../sim/run/graph.h"
#include "../../sim/scenario/scenario.h"

/* A scenario, loaded. */
struct world {
    struct scenario scenario;
    bool is_loaded;
};

void world_text(struct world *, const char *format, ...) __attribute__((format(printf, 2, 3)));
void world_file(struct world *, const char *path, const struct scenario_overrides *);
void world_end(struct world *);

/* One cell; the caller ends the record. */
struct record world_run(const struct world *, uint32_t policy, uint32_t replication);

/* world_text(), world_run(w, 0, 0), world_end(). */
struct record simulate(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- what a record says; all of time, warm-up included, unless a window is named ---- */

uint64_t count_born(const struct record *);
uint64_t count_ended(const struct record *, enum outcome);
uint64_t count_unfinished(const struct record *);
uint64_t count_picked(const struct record *, uint32_t backend);
uint64_t count_served(const struct record *, uint32_t backend);
uint64_t count_failed(const struct record *, uint32_t backend);
uint64_t count_tally(const struct record *, enum tally);
u128     sum_spent(const struct record *, enum part);       /* ns */
uint64_t sum_offered(const struct record *);

/* Slices that lie wholly in [from, to). */
uint64_t picked_between(const struct record *, uint32_t backend, nsec from, nsec to);
struct hist latency_between(const struct record *, nsec from, nsec to); /* the caller ends it */

/* Of latency after warm-up, in seconds. */
double record_mean(const struct record *);
double record_quantile(const struct record *, double q);

/* ---- the same by hand, to look into the nodes ---- */

struct lab {
    struct sim sim;
    struct graph graph;
    struct quota quota;
    struct arena arena;
};

void lab_begin(struct lab *, const struct world *, uint32_t policy);
/* Until all clients have their answers, then until nothing is on its way any more. */
void lab_run(struct lab *, nsec settle);
/* Messages in existence, but for health checks: they never end. */
uint32_t lab_live_requests(const struct lab *);
/* Picks not completed, over all instances of all balancers. */
uint64_t lab_in_flight(const struct lab *);
/* lab_begin() with the first policy, lab_run(), and nothing may be left over: no request, no
 * message, no pick that is not completed.  The caller ends the lab. */
void lab_run_to_the_end(struct lab *, const struct world *, nsec settle);
void lab_end(struct lab *);

#endif
