/* case.h - one algorithm and a list of steps: requests that ask for a backend and end, backends
 * that come, go and change.  What `lblab pick` reads, and what `lblab conform` makes of a
 * recording. */
#ifndef PICKS_CASE_H
#define PICKS_CASE_H

#include "../base/err.h"
#include "../base/pool.h"
#include "../nodes/config.h"

#include "../../algorithms/lb.h"

struct pick_backend {
    const char *name;
    const char *address;            /* what algorithms hash as its name; NULL: the name */
    uint32_t weight;
    uint64_t id;                    /* from 1: given, or the least that was free, as products do */
    uint32_t limit;                 /* most in flight; 0: unlimited */
    uint32_t zone, priority;        /* zone: numbered by the reader; 0: none */
    bool     is_backup;             /* only when none of the others is usable */
    bool     is_down;
};

enum pick_kind {
    STEP_PICK, STEP_RELEASE, STEP_WAIT, STEP_DOWN, STEP_UP, STEP_WEIGHT, STEP_LIMIT, STEP_ADD,
    STEP_REMOVE, STEP_RELOAD,
};

/* Backends are counted from 0 within their configuration: those it began with, then those added.
 * `reload` begins a new one. */
struct pick_step {
    enum pick_kind kind;
    const char *key;                /* pick: its bytes, or NULL */
    uint32_t key_length;
    bool     is_address;            /* pick: the key is an address, 4 or 16 bytes */
    uint32_t instance;              /* pick */
    const uint32_t *avoid;          /* pick: backends tried before */
    uint32_t avoided;
    uint32_t pick;                  /* release: of which pick, from 0 */
    enum lb_result result;          /* release */
    nsec     time;                  /* release: latency; wait: how long */
    double   load;                  /* release: what the backend reported; < 0: nothing */
    uint32_t backend;               /* down, up, weight, limit, remove */
    uint32_t value;                 /* weight, limit */
    struct pick_backend *backends;  /* add: one; reload: all */
    uint32_t count;
};

struct pick_case {
    struct policy policy;
    uint64_t seed;
    uint32_t instances;
    uint32_t share;                 /* enum share */
    uint32_t *zone;                 /* [instances], or NULL: all in zone 0 */
    struct pick_backend *backend;
    uint32_t backends;
    struct pick_step *step;
    uint32_t steps, picks;          /* picks: steps of that kind */
};

enum { PICK_MOST_STEPS = 200000, PICK_MOST_BACKENDS = 100000, PICK_MOST_INSTANCES = 1000 };

/* Reads a case, checked to the last step.  0, or -1 with all faults in err.  What it points to is
 * in the arena.  plugins: further algorithms, NULL-terminated, or NULL. */
int pick_case_load(struct pick_case *, struct arena *, const char *path,
                   const struct lb_ops *const *plugins, struct err *);

/* "10.0.0.1" or "2001:db8::1" as 4 or 16 bytes in network order; the length, 0 if it is neither. */
uint32_t pick_address(const char *text, unsigned char bytes[16]);

#endif
