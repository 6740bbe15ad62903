/* profile.h - products and versions: which algorithm, with which parameters, a product's own word
 * stands for, and what a balancer does there unless told otherwise.  All of it is data:
 * scenarios/profiles/NAME-VERSION.json, built into the program. */
#ifndef SCENARIO_PROFILE_H
#define SCENARIO_PROFILE_H

#include "../base/pool.h"
#include "../json/doc.h"
#include "../nodes/config.h"

/* Made by embed_profiles.awk: by name, both ended by NULL. */
extern const char *const profile_names[];
extern const char *const profile_texts[];

struct profile { const char *name; struct doc doc; };

/* 0, or -1 when there is no profile of this name.  profile_fini() after 0 only. */
int  profile_open(struct profile *, const char *name);
void profile_fini(struct profile *);

enum profile_answer { PROFILE_OK, PROFILE_NO_WORD, PROFILE_NOT_MODELLED };

/* A policy as the product writes it, understood. */
struct profile_policy {
    cJSON *algorithm;               /* as a scenario would write it; owned; NULL unless OK */
    bool   is_random;               /* its picks are judged by their shares, not one by one */
    char   word[64];                /* the word that is unknown or not modelled */
    char   why[256];                /* not modelled: the reason, from the profile */
};

/* "leastconn", "random 3", "hdr(X-Key) consistent crc32", "hash $arg_k consistent".  What is hashed
 * (X-Key, $arg_k) may be left out: a scenario's clients say what their key is. */
enum profile_answer profile_resolve(const struct profile *, const char *text,
                                    struct profile_policy *);
void profile_policy_fini(struct profile_policy *);

/* The same as a policy, ready to be started; its texts are in the arena.  -1 with the fault in err,
 * also when this build lacks the algorithm. */
int  profile_read_policy(const struct profile *, const char *text, struct policy *,
                         struct arena *, struct err *);

/* The nearest known word, or NULL. */
const char *profile_nearest(const struct profile *, const char *word);

#endif
