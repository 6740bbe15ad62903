/* replay.h - a recording's pool as a scenario that nobody wrote down: its text, piece by piece, and
 * one run of it. */
#ifndef CONFORM_REPLAY_H
#define CONFORM_REPLAY_H

#include "judge.h"

#include "../metrics/record.h"

enum { REPLAY_MOST_TEXT = 16384 };

struct replay_text { char at[REPLAY_MOST_TEXT]; size_t used; };

void replay_put(struct replay_text *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Did all of it find room? */
static inline bool replay_is_whole(const struct replay_text *t)
{
    return t->used < sizeof t->at;
}

/* Runs the first seed of the only policy; the caller ends the record after 0.  A text that is not
 * whole is a fault `at` a place of the recording. */
int replay_run(struct judged *, const struct replay_text *, const cJSON *at, struct record *);

#endif
