/* play.h - a case, played: every pick's answer.  No time passes but what a `wait` says. */
#ifndef PICKS_PLAY_H
#define PICKS_PLAY_H

#include "case.h"

enum pick_state { PICK_NONE, PICK_QUEUED, PICK_HELD, PICK_ENDED };

/* One pick step's answer. */
struct pick_answer {
    const char *backend;            /* NULL: none usable, or queued */
    uint32_t    index;              /* of the backend in its configuration */
    bool        was_queued;         /* all were at their limit: it waited, or waits still */
};

/* A queued request that found a place after a step. */
struct pick_dequeued { uint32_t step, pick; const char *backend; uint32_t index; };

struct pick_record {
    struct pick_answer *answer;     /* [picks]; of a queued one: as it was when it asked */
    uint32_t picks;
    struct pick_dequeued *dequeued;
    uint32_t dequeues;
};

/* 0, or -1 when the algorithm refuses (parameters, number of backends).  pick_record_fini() after
 * either.  Names in the record are the case's. */
int  pick_play(const struct pick_case *, struct pick_record *, struct err *);
void pick_record_fini(struct pick_record *);

#endif
