/* record.h - what one cell leaves behind: integers only, so that records merge by addition and
 * neither order nor grouping of merging can change a byte.
 *
 * Requests are filed by the slice of time in which they were born; warm-up and windows are slices
 * dropped or chosen when the result is made. */
#ifndef METRICS_RECORD_H
#define METRICS_RECORD_H

#include "hist.h"
#include "part.h"
#include "tally.h"

enum { RECORD_SLICES = 64, RECORD_MARKS = 256 };

/* How a request ended, as the client saw it. */
enum outcome {
    OUTCOME_OK,
    OUTCOME_ERROR,                  /* 500 */
    OUTCOME_UNAVAILABLE,            /* 503: a balancer had no usable backend, or a queue was full */
    OUTCOME_REFUSED,                /* no listener */
    OUTCOME_RESET,                  /* the connection broke */
    OUTCOME_TIMEOUT,                /* the client, or the last balancer, gave up */
    OUTCOME_COUNT
};
extern const char *const outcome_name[OUTCOME_COUNT];      /* "ok", "error", "unavailable", ... */

/* Requests born in one slice, and what happened meanwhile. */
struct record_slice {
    uint64_t born;                  /* born - sum of ended = unfinished */
    uint64_t ended[OUTCOME_COUNT];
    u128     latency_sum;           /* ns, of those that ended ok */
    u128     spent[PART_COUNT];     /* ns, of those that ended ok: adds up to latency_sum */
    struct hist latency;            /* of those that ended ok */

    /* What happened in it, to requests of whatever birth, as long as requests arrived. */
    uint64_t done;                  /* ended ok */
    uint64_t attempts, retries;     /* attempts that ended at a backend; those after the first */
    uint64_t open;                  /* in the whole system at its end */
    uint64_t tally[TALLY_COUNT];
};

/* One backend in one slice of time (of the event, not of birth); a cache line. */
struct record_backend_slice {
    uint64_t picked;                /* attempts (behind an l4: connections) sent to it */
    uint64_t asked;                 /* requests that reached it */
    uint64_t served;                /* requests it answered with ok */
    uint64_t failed;                /* requests it refused, reset or answered with an error */
    uint64_t latency_sum;           /* ns at the backend, waiting and service, of the served */
    uint64_t busy;                  /* ns of worker time, until the last birth; wasted included */
    uint64_t offered;               /* ns of worker time asked for by what arrived */
    uint64_t backlog;               /* requests in it at the end of the slice */
};

/* What a change of membership did to the keys, at one balancer instance. */
struct record_remap {
    uint32_t event;                 /* index of the event in the scenario */
    uint64_t keys, moved, unavoidable;
    uint64_t broken;                /* live connections that lost their backend */
};

/* What became of one request, for golden files; kept only when asked for, never on disk. */
struct record_step {
    nsec    born;
    uint8_t backend;                /* low byte of the first one that it was sent to */
    uint8_t rest;                   /* of a hash over all its attempts: who, when, how */
};

struct record {
    /* which cell */
    uint32_t policy, replication;
    uint64_t seed;

    /* time */
    nsec     slice_width;           /* of slices warmup_slices and later */
    nsec     warmup, arrivals_end, end;
    uint32_t slices, warmup_slices; /* slices used; the first warmup_slices were born in warm-up */

    struct record_slice slice[RECORD_SLICES];
    struct record_backend_slice *backend;       /* [backend_slices][backends] */
    /* backend_slices: RECORD_SLICES, or 1 for very many backends */
    uint32_t backends, backend_slices;

    struct record_remap *remap;     /* [remaps] */
    uint32_t remaps;

    /* work and identities */
    uint64_t requests, attempts, retries, orphans;     /* attempts: handed to a backend */
    u128     demand_served, demand_wasted, busy;       /* ns; busy = served + wasted, exactly */
    /* ns x requests: Little's law, exactly equal. */
    u128     area, sojourn;
    uint64_t events;                                   /* of the engine */
    /* Sum mod 2^128 of a hash over (request, attempt, backend, sent, done, status) of every
     * attempt: it tells what happened, not how the engine got there. */
    u128     digest;
    struct record_step *trail;      /* [trail_length] of the first requests, or NULL */
    uint32_t trail_length;
};

void record_init(struct record *, uint32_t backends);
void record_fini(struct record *);

static inline struct record_backend_slice *record_backend(const struct record *r, uint32_t backend,
                                                          uint32_t slice)
{
    return &r->backend[(r->backend_slices == 1 ? 0 : (size_t)slice) * r->backends + backend];
}

#endif
