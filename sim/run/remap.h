/* remap.h - which share of the keys changes its backend when the set of backends changes: exact,
 * by asking the algorithm for every key before and after.  No time is simulated. */
#ifndef RUN_REMAP_H
#define RUN_REMAP_H

#include "../base/err.h"
#include "../scenario/scenario.h"

enum remap_change { REMAP_REMOVE, REMAP_ADD, REMAP_WEIGHT, REMAP_CRASH, REMAP_SHUFFLE, REMAP_SAME };

/* Which are removed or crash; of an addition with a reload: where the new lines stand. */
enum remap_which { REMAP_MIDDLE, REMAP_FIRST, REMAP_LAST, REMAP_RANDOM };

/* While it runs, or by a new process that reads a new configuration: positions begin anew. */
enum remap_manner { REMAP_RUNNING, REMAP_RELOADED };

/* What a backend's id is made of: its name, or its position in the configuration, from 1. */
enum remap_ids { REMAP_BY_NAME, REMAP_BY_POSITION };

/* Keys from a file, each once. */
struct remap_keys {
    uint32_t  count, room;
    uint64_t  requests;             /* lines */
    bool      are_addresses;        /* 4 or 16 bytes each; else the line's text */
    uint8_t  *byte;
    size_t   *begins;               /* [count + 1] in byte[] */
    uint32_t *times;                /* [count]: lines with this key */
};

/* A key a line, or an access log, whose first column is the client's address.  0, or -1 with the
 * faults in err, each with its line.  remap_keys_fini() in either case. */
int  remap_keys_read(struct remap_keys *, const char *path, struct err *);
void remap_keys_fini(struct remap_keys *);

struct remap_question {
    uint32_t backends;              /* before the change; all of weight 1 */
    enum remap_change change;
    uint32_t by;                    /* how many are removed, added or crash */
    enum remap_which which;
    enum remap_manner manner;
    enum remap_ids ids;
    bool     returns;               /* what crashed is back when keys are asked again */
    uint32_t target, weight;        /* REMAP_WEIGHT: which, from 0, and what it gets */
    const char *names;              /* "10.0.0.#:80", # from 1; NULL: "app[0]" and so on */
    uint32_t keys;                  /* so many made ones */
    const struct remap_keys *given; /* or these; NULL: none */
    uint64_t seed;                  /* of the made keys, and of what is random */
};

/* Of keys, or of requests: a key counts as often as the file has it. */
struct remap_tally {
    /* unavoidable: of backends that are no longer there, or that go to those that were not; of a
     * change of weight: the share of all weight that changes sides.  dropped: nobody takes them. */
    uint64_t keys, moved, unavoidable, dropped;
    double   max_over_mean, cv;     /* load / what the weight asks for, before the change */
};

struct remap_row {
    struct remap_tally by_key, by_request;
    double   max_over_mean_after, cv_after;     /* of keys */
    double   least;                 /* share of the weight that changes sides */
    size_t   table_bytes;
    double   build_ns, rebuild_ns;  /* measured on this machine */
};

/* Can it be asked at all; can it be asked of this policy, whatever the number of backends?  0, or
 * -1 with the reason in err.  What follows asks both. */
int remap_check(const struct remap_question *, struct err *);
int remap_check_policy(const struct policy *, const struct remap_question *, struct err *);

/* 0, or -1 with the reason in err (the policy does not map keys, too many backends ...). */
int remap_measure(const struct policy *, const struct remap_question *, struct remap_row *,
                  struct err *);

/* One place of the key space: who owned it, who does now; NONE: nobody. */
struct remap_place { uint32_t before, after; bool had_to; };

/* Fills `count` (a power of two, at most 4096) places of the space of hashes, in its order where
 * the algorithm keeps one.  As remap_measure(). */
int remap_look(const struct policy *, const struct remap_question *, struct remap_place *,
               uint32_t count, struct err *);

#endif
