/* load.h - what a backend knows of its own load: utilisation and rates over a window, as servers
 * report them by ORCA (gRPC A51), and how long requests take at so many in flight (Prequal). */
#ifndef PARTS_LOAD_H
#define PARTS_LOAD_H

#include "../base/types.h"

/* ---- utilisation and rates ---- */

/* What is said is of the last window that has ended.  A window ends when somebody looks, or
 * something is done, and it is as old as `window`: so it is never shorter. */
struct load {
    nsec     window;                /* above 0 */
    nsec     since;                 /* when the open window began, and at that time: */
    u128     busy;                  /* ns of worker time until then */
    uint64_t done, failed;          /* in it */
    double   utilisation;           /* of the last one; < 0: there was none yet */
    double   rps, eps;
};

void load_init(struct load *, nsec window);
void load_done(struct load *, bool failed);

/* busy: ns of worker time until now; workers NONE: utilisation has no meaning, stays unknown. */
void load_look(struct load *, nsec now, u128 busy, uint32_t workers);

/* ---- latencies by requests in flight at arrival ---- */

/* The last few of each number in flight: the paper says "recent" and leaves open how many. */
enum { PACES_KEPT = 16, PACES_MOST = 128 };

struct paces {
    struct pace { uint32_t count; nsec latency[PACES_KEPT]; } *at;      /* [PACES_MOST] */
};

void paces_init(struct paces *);
void paces_fini(struct paces *);

/* One that found so many in flight took so long; beyond PACES_MOST they count as that many. */
void paces_note(struct paces *, uint32_t in_flight, nsec latency);

/* Median of those that found so many, or the number nearest to it of which any is known (of two as
 * near, the lower); 0: nothing is known. */
nsec paces_expect(const struct paces *, uint32_t in_flight);

#endif
