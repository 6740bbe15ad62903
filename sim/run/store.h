/* store.h - the folder in which the records of one plan wait for the rest:
 * <results>/<scenario>/.cells/<plan digest>/, one file a cell, and plan.json, which says whose they
 * are.  Records appear whole (written aside and renamed), so any number of processes may add to a
 * folder at the same time; who wants to remove it must be alone in it. */
#ifndef RUN_STORE_H
#define RUN_STORE_H

#include "../results/result.h"
#include "cell.h"

#include <limits.h>

struct store {
    char folder[PATH_MAX - 64];     /* room for the names in it */
    int  lock;                      /* descriptor; -1: not open */
    bool is_private;                /* another run of the plan had the folder: nobody resumes it */
};

enum store_share {
    STORE_ALONE,                    /* a whole run: it removes the folder in the end */
    STORE_SHARED,                   /* a shard: others may work beside it */
};

/* Makes the folder and takes it.  -1 with the fault in err: it cannot be written (exit 3). */
int  store_open(struct store *, const char *results, const char *scenario, const char *digest,
                enum store_share, struct err *);

/* An existing folder, to be read.  Its lock is not taken. */
void store_at(struct store *, const char *folder);

enum store_end { STORE_KEEP, STORE_REMOVE };
void store_close(struct store *, enum store_end);

void store_record_path(const struct store *, const struct cell *, char *path, size_t size);
void store_plan_path(const struct store *, char *path, size_t size);

/* 0; 1 when there is no such record, or one that is cut or of another cell, which is as good as
 * none; seed: the cell's. */
int  store_read(const struct store *, const struct cell *, uint64_t seed, struct record *);
bool store_has(const struct store *, const struct cell *, uint64_t seed);

/* A record that must be there, into memory of its own.  -1 with the fault. */
int  store_take(const struct store *, const struct cell *, struct record **, struct err *);

#endif
