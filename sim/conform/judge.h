/* judge.h - what the judges of single kinds of recording share; private to this folder. */
#ifndef CONFORM_JUDGE_H
#define CONFORM_JUDGE_H

#include "conform.h"
#include "recording.h"

#include "../picks/play.h"
#include "../scenario/profile.h"

struct judged {
    struct recording   *recording;
    const struct profile *profile;
    struct conform_row *row;
    struct arena        arena;
    struct policy       policy;
    struct profile_policy word;     /* is it random? */
    struct err         *err;
};

/* Each fills the row; -1 when the recording is malformed, with the fault in err. */
int judge_serial(struct judged *);
int judge_events(struct judged *);  /* held, queueing, and keys that are held */
int judge_map(struct judged *);
int judge_random(struct judged *);
int judge_latency(struct judged *);
int judge_failing(struct judged *);
int judge_sticky(struct judged *);
int judge_failover(struct judged *);
int judge_http2(struct judged *);   /* setup.pools: one after the other, or */
int judge_stay(struct judged *, const cJSON *pool);     /* connections that stay */

/* Makes `text`, in the product's words, the policy; false: not modelled, as the row then says. */
bool judge_resolve(struct judged *, const char *text);

bool judge_has_backups(const struct judged *);
/* Do several processes have a view of the pool each? */
bool judge_is_split(const struct judged *);

/* The last one to be said of a row wins, but for the first difference. */
int  judge_not_modelled(struct judged *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void judge_quantity(struct judged *, double ours, double recorded, double tolerance,
                    const char *fmt, ...) __attribute__((format(printf, 5, 6)));
void judge_differs(struct judged *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A case of the recording's pool; steps: room for so many.  Names are those of the recording. */
void judge_case(struct judged *, struct pick_case *, uint32_t steps);
/* The servers of the pool but for `without` (NULL: all), numbered anew or as in the whole pool. */
enum judge_ids { IDS_ANEW, IDS_KEPT };
void judge_backends(struct judged *, const char *without, enum judge_ids, struct pick_backend **,
                    uint32_t *count);
/* The recording's policy over its servers, down ones down; before judge_start() its algorithm's
 * parameters may still be set.  The caller's: lb_free(). */
struct lb *judge_balancer(struct judged *, uint64_t seed);
void       judge_start(struct judged *, struct lb *);
void judge_pick(struct pick_case *, const char *key, uint32_t length);
void judge_release(struct pick_case *, uint32_t pick);

/* The place in the recording of a backend of that name, 0 when there is none; its name. */
uint32_t    judge_place(const struct judged *, const char *name);
const char *judge_name(const struct judged *, int place);

/* A list of places as the recording gives them: 0 nobody, negative a status; -1 if it is none. */
int judge_read_places(struct judged *, const cJSON *list, int *place, uint32_t count);

#endif
