/* station.h - servers and their queue: what a backend's process is made of.
 *
 * First come first served with a number of workers (or unlimited), or processor sharing, where all
 * jobs progress at once.  A job's demand is work at speed 1; it is served in demand / speed plus
 * the overhead.  When the speed changes, what is left of a job in service is rescaled, overhead and
 * all; a job that waits has its time made anew.  Cancelled jobs leave at once. */
#ifndef PARTS_STATION_H
#define PARTS_STATION_H

#include "../core/sim.h"

enum station_discipline { STATION_FIFO, STATION_PS };

#define STATION_UNLIMITED UINT32_MAX

struct station_config {
    uint32_t workers;               /* served at a time; STATION_UNLIMITED: no queue at all */
    uint32_t discipline;            /* enum station_discipline */
    /* waiting jobs beyond which new ones are refused; NONE: no limit */
    uint32_t queue_limit;
    /* the demand's law; unset where every demand comes from a trace */
    struct dist service;
    /* server time added to every job, whatever its demand or speed */
    nsec     overhead;
    /* a job that nobody waits for any more is done all the same: the server does not look */
    bool     finishes_cancelled;
};

/* Identities: busy = served + wasted, where the left side is counted by the number in service and
 * the right side job by job.  What every job touches comes first. */
struct station {
    const struct station_config *config;
    uint32_t in_service, queued;    /* jobs; under processor sharing all are in service */
    struct req *head, *tail;        /* the queue */
    double   speed;
    uint64_t salt;                  /* keys the pool's draws: equal luck, equal demand everywhere */
    uint32_t node;                  /* whose timer gets the completions */
    bool     is_paused;             /* nothing is served; what comes waits */
    nsec     changed;               /* when `busy` was brought up to date */
    u128     busy, served, wasted;  /* ns of worker time */
    uint64_t slack;                 /* ns that rounding of shared service may explain */

    struct sharing {                /* processor sharing: Kleinrock 1967, by virtual time */
        struct req **heap;          /* by finish */
        uint32_t capacity;
        double   virtual_now;       /* service that a job present all along would have had, ns */
        uint64_t next_end;          /* token of the one pending completion */
    } sharing;
};

void station_init(struct station *, const struct station_config *, uint32_t node, uint64_t salt,
                  double speed);
void station_fini(struct station *);

/* What the request asks of a server of speed 1, overhead and all; known before it is offered. */
nsec station_demand(const struct station *, const struct req *);

/* Takes the request in: r->work is then its server time.  false: the queue is full, r is untouched
 * but for r->work. */
bool station_offer(struct station *, struct sim *, struct req *);

/* What a completion timer with this argument and token means: the finished request, or NULL when it
 * was cancelled or rescheduled.  The next waiting job has begun. */
struct req *station_finish(struct station *, struct sim *, uint32_t arg, uint64_t token);

/* Takes a job out of the queue or of service; answers the worker time it had. */
nsec station_remove(struct station *, struct sim *, struct req *);

/* Slow, or quick again: remaining work is rescaled, of waiting jobs too. */
void station_set_speed(struct station *, struct sim *, double speed);

void station_pause(struct station *, struct sim *);
void station_resume(struct station *, struct sim *);

/* The next job that is here, in the order of the pool, or NULL; *cursor starts at 0.  The one just
 * returned may be removed: so a crash empties the station. */
struct req *station_next(const struct station *, const struct sim *, uint32_t *cursor);

/* ns of worker time until now. */
u128 station_busy_time(const struct station *, nsec now);

/* Brings the books up to date at the end of a run; then each job that is still here counts as
 * wasted as far as it was served. */
void station_close(struct station *, const struct sim *);
void station_close_job(struct station *, const struct sim *, const struct req *);

static inline uint32_t station_jobs(const struct station *s)
{
    return s->in_service + s->queued;
}

#endif
