/* proof.h - for programs that measure what our statistics promise: many small experiments in worker
 * processes, counted, and shown as Markdown.
 *
 * An experiment's seeds follow from its number alone, so a table does not depend on -j.  Scenarios
 * are printf formats in which ' stands for ". */
#ifndef PROOF_H
#define PROOF_H

#include "../../sim/results/result.h"
#include "../../sim/scenario/scenario.h"

struct proof_options {
    uint32_t experiments;           /* of each row of a table */
    uint32_t jobs;                  /* worker processes */
    uint64_t seed;                  /* the first of all */
};

/* Reads -e EXPERIMENTS, -j JOBS, -s SEED over what is preset; anything else ends with exit 2. */
void proof_options(struct proof_options *, int argc, char **argv);

/* A text that does not load is our bug: exit 3, as is everything else that fails here. */
void proof_load(struct scenario *, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The records of all policies under n seeds from `first` on, policy by policy; freed with
 * proof_forget(). */
struct record *proof_simulate(struct scenario *, uint64_t first, uint32_t n);
void proof_forget(struct record *, uint32_t policies, uint32_t n);

/* What `run` would say had it had the first n of `most` seeds: result_make() of those records,
 * which must stay. */
void proof_result(struct result *, const struct scenario *, const struct record *, uint64_t first,
                  uint32_t n, uint32_t most);

/* Zeroed memory that worker processes share with their parent; never freed. */
void *proof_shared(size_t count, size_t size);

/* Calls one(i, arg) for every i < n, a share of them in each of `jobs` processes.  What it finds
 * goes to shared memory. */
void proof_each(uint32_t n, uint32_t jobs, void (*one)(uint32_t i, void *arg), void *arg);

/* How often: k of n, with its two-sided interval by Clopper and Pearson (1934). */
struct proof_share { double share, low, high; };
struct proof_share proof_share(uint32_t k, uint32_t n, double confidence);

/* The most successes of n that come by chance alone with at most `tail`, when each has `share`. */
uint32_t proof_most(uint32_t n, double share, double tail);

#endif
