/* simulate.h - scenarios run with a bar on the terminal and Ctrl-C heard: what every verb that
 * simulates goes through. */
#ifndef CLI_SIMULATE_H
#define CLI_SIMULATE_H

#include "../run/run.h"
#include "cli.h"

/* results[n].  0, or the exit code: 3 with the fault in cli->err; 130, 143 after a signal, told.
 * In a shard (--shard) there are no results after 0. */
int simulate_all(struct cli *, const struct scenario *const *, uint32_t n, struct result *results);

/* --shard I/N as typed into options; -1 with the fault in err.  NULL: all of it. */
int simulate_shard(const char *text, uint32_t *shard, uint32_t *shards, struct err *);

/* The rows of a verb that simulates. */
#define OPT_ROWS_SIMULATE                                                                          \
    OPT_ROW_UINT("jobs", 'j', jobs, "N", "CPUs", "worker processes; same result", 1, 1024),        \
    OPT_ROW_UINT("stall", 0, stall, "SECONDS", "60",                                               \
                 "processor time in which a seed must get on, or it is given up", 1, 86400),       \
    OPT_ROW("results", 0, OPT_TEXT, results, "DIR", "results", "where results go"),                \
    OPT_ROW("progress", 0, OPT_WHEN, progress, "WHEN", "auto", "a bar: auto, always or never")

#endif
