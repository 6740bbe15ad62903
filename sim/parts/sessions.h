/* sessions.h - where the state of each session lies: in the memory of the backend that served it
 * last, or in a store that all backends ask.
 *
 * A session is a run of requests with one key of one group of clients. */
#ifndef PARTS_SESSIONS_H
#define PARTS_SESSIONS_H

#include "../base/types.h"

enum sessions_state { SESSIONS_NONE, SESSIONS_BACKEND, SESSIONS_STORE };

struct sessions_config {
    uint32_t state;                 /* enum sessions_state; NONE: there are no sessions */
    nsec     latency;               /* STORE: of a look-up; the worker waits for it */
};

/* What a backend that serves a request finds of its session. */
enum session_fate {
    SESSION_NEW,                    /* nobody knew it */
    SESSION_KEPT,                   /* as it was left */
    SESSION_MOVED,                  /* it was at another backend */
    SESSION_DIED,                   /* it was here, but the process was another one */
};

/* Open addressing; of all sessions that there ever were. */
struct sessions {
    struct session { uint64_t key; uint32_t holder, life; } *slot;  /* holder NONE: free */
    uint32_t slots, count;
};

void sessions_init(struct sessions *);
void sessions_fini(struct sessions *);

/* A request of this session was served by `holder` in the life-th life of its process: the state is
 * there from now on. */
enum session_fate sessions_touch(struct sessions *, uint64_t key, uint32_t holder, uint32_t life);

#endif
