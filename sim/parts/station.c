/* station.c - first come first served in O(1), processor sharing in O(log n) by virtual time.
 *
 * A change of speed walks the pool of requests to find the jobs of this station: it is rare, and
 * the price of never keeping a list of who is in service. */
#include "station.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "../base/xalloc.h"

enum { SHARED_END = NONE - 1 };     /* the timer argument of a shared completion */

void station_init(struct station *s, const struct station_config *c, uint32_t node, uint64_t salt,
                  double speed)
{
    *s = (struct station){ .config = c, .node = node, .salt = rng_mix(salt), .speed = speed };
}

void station_fini(struct station *s)
{
    free(s->sharing.heap);
}

static bool is_sharing(const struct station *s)
{
    return s->config->discipline == STATION_PS;
}

/* Workers at work; jobs that share them may be more. */
static uint32_t busy_workers(const struct station *s)
{
    return s->in_service < s->config->workers ? s->in_service : s->config->workers;
}

static void count_busy(struct station *s, nsec now)
{
    if (!s->is_paused)
        s->busy += (u128)busy_workers(s) * (now - s->changed);
    s->changed = now;
}

/* ---- first come first served ---- */

static void start(struct station *s, struct sim *sim, struct req *r)
{
    s->in_service++;
    r->started = sim->now;
    r->job = evq_push(&sim->queue, sim->now + r->work, s->node, EVQ_TIMER, r->id);
}

static void enqueue(struct station *s, struct req *r)
{
    r->job = 0;
    r->next = NULL;
    r->prev = s->tail;
    if (s->tail == NULL)
        s->head = r;
    else
        s->tail->next = r;
    s->tail = r;
    s->queued++;
}

/* The head's own `prev` is not kept: writing it would touch a struct that nobody needs yet. */
static void unlink_waiting(struct station *s, struct req *r)
{
    if (r == s->head)
        s->head = r->next;
    else
        r->prev->next = r->next;
    if (r == s->tail)
        s->tail = s->head != NULL ? r->prev : NULL;
    else
        r->next->prev = r->prev;
    s->queued--;
}

static struct req *dequeue(struct station *s)
{
    struct req *r = s->head;

    s->head = r->next;
    if (r->next == NULL)
        s->tail = NULL;
    s->queued--;
    return r;
}

static void start_waiting(struct station *s, struct sim *sim)
{
    while (s->head != NULL && s->in_service < s->config->workers && !s->is_paused)
        start(s, sim, dequeue(s));
}

static bool fifo_offer(struct station *s, struct sim *sim, struct req *r)
{
    if (s->in_service < s->config->workers && !s->is_paused) {
        count_busy(s, sim->now);
        start(s, sim, r);
        return true;
    }
    if (s->queued >= s->config->queue_limit)
        return false;
    enqueue(s, r);
    return true;
}

static struct req *fifo_finish(struct station *s, struct sim *sim, uint32_t id, uint64_t token)
{
    struct req *r = sim_req(sim, id);

    if (r->job != token)
        return NULL;
    count_busy(s, sim->now);
    s->served += r->got + r->work;
    r->job = 0;
    s->in_service--;
    if (s->head != NULL)            /* a paused station has no completions: someone may start */
        start(s, sim, dequeue(s));
    return r;
}

static nsec fifo_time_served(const struct station *s, nsec now, const struct req *r)
{
    return r->got + (r->started == NEVER || s->is_paused ? 0 : now - r->started);
}

static nsec fifo_remove(struct station *s, struct sim *sim, struct req *r)
{
    nsec had = fifo_time_served(s, sim->now, r);

    if (r->started == NEVER) {
        unlink_waiting(s, r);
        return had;
    }
    count_busy(s, sim->now);
    s->in_service--;
    r->job = 0;
    start_waiting(s, sim);
    return had;
}

/* ---- processor sharing ---- */

static double share_of_one(const struct station *s)
{
    if (s->in_service <= s->config->workers)
        return 1;
    return (double)s->config->workers / s->in_service;
}

static void sharing_advance(struct station *s, nsec now)
{
    if (s->in_service > 0 && !s->is_paused)
        s->sharing.virtual_now += (double)(now - s->changed) * share_of_one(s);
    count_busy(s, now);
}

static void sharing_plan(struct station *s, struct sim *sim)
{
    struct sharing *p = &s->sharing;

    p->next_end = 0;
    if (s->in_service == 0 || s->is_paused)
        return;
    double left = (p->heap[0]->finish - p->virtual_now) / share_of_one(s);
    nsec delay = left > 0 ? (nsec)ceil(left) : 0;
    p->next_end = evq_push(&sim->queue, sim->now + delay, s->node, EVQ_TIMER, SHARED_END);
}

/* Equal finishes leave in the order of arrival. */
static bool finishes_before(const struct req *a, const struct req *b)
{
    return a->finish < b->finish || (a->finish <= b->finish && a->serial < b->serial);
}

static void sharing_sift(struct sharing *p, uint32_t size, uint32_t k, struct req *r)
{
    while (k > 0 && finishes_before(r, p->heap[(k - 1) / 2])) {
        p->heap[k] = p->heap[(k - 1) / 2];
        k = (k - 1) / 2;
    }
    for (uint32_t c = 2 * k + 1; c < size; c = 2 * k + 1) {
        if (c + 1 < size && finishes_before(p->heap[c + 1], p->heap[c]))
            c++;
        if (!finishes_before(p->heap[c], r))
            break;
        p->heap[k] = p->heap[c];
        k = c;
    }
    p->heap[k] = r;
}

static bool sharing_offer(struct station *s, struct sim *sim, struct req *r)
{
    struct sharing *p = &s->sharing;

    sharing_advance(s, sim->now);
    if (s->in_service == p->capacity) {
        p->capacity = p->capacity ? 2 * p->capacity : 16;
        p->heap = xrealloc(p->heap, p->capacity, sizeof *p->heap);
    }
    r->started = sim->now;
    r->finish = p->virtual_now + (double)r->work;
    s->in_service++;
    sharing_sift(p, s->in_service, s->in_service - 1, r);
    sharing_plan(s, sim);
    return true;
}

/* An idle station starts its virtual time anew, before its digits run out. */
static void sharing_take_out(struct station *s, uint32_t k)
{
    struct sharing *p = &s->sharing;
    struct req *last = p->heap[--s->in_service];

    if (k < s->in_service)
        sharing_sift(p, s->in_service, k, last);
    else if (s->in_service == 0)
        p->virtual_now = 0;
}

static struct req *sharing_finish(struct station *s, struct sim *sim, uint64_t token)
{
    struct sharing *p = &s->sharing;

    if (token != p->next_end)
        return NULL;
    s->slack += 1 + busy_workers(s);
    sharing_advance(s, sim->now);
    struct req *r = p->heap[0];
    sharing_take_out(s, 0);
    s->served += r->got + r->work;
    sharing_plan(s, sim);
    return r;
}

static nsec sharing_time_served(const struct station *s, const struct req *r)
{
    double left = r->finish - s->sharing.virtual_now;

    return r->got + r->work - (left > 0 ? (nsec)left : 0);
}

static nsec sharing_remove(struct station *s, struct sim *sim, struct req *r)
{
    struct sharing *p = &s->sharing;
    uint32_t k = 0;

    while (p->heap[k] != r)
        k++;
    sharing_advance(s, sim->now);
    s->slack += 1 + busy_workers(s);
    nsec had = sharing_time_served(s, r);
    sharing_take_out(s, k);
    sharing_plan(s, sim);
    return had;
}

/* ---- both ---- */

static inline nsec demand_of(const struct station *s, const struct req *r)
{
    if (r->demand != NEVER)
        return r->demand;
    struct rng g = rng_brief(r->luck ^ s->salt);
    return dist_draw(&s->config->service, &g);
}

static nsec server_time(const struct station *s, const struct req *r)
{
    nsec demand = demand_of(s, r);

    if (s->speed != 1)
        demand = (nsec)((double)demand / s->speed + 0.5);
    return demand + s->config->overhead;
}

nsec station_demand(const struct station *s, const struct req *r)
{
    return demand_of(s, r) + s->config->overhead;
}

bool station_offer(struct station *s, struct sim *sim, struct req *r)
{
    r->work = server_time(s, r);
    r->arrived = sim->now;
    r->started = NEVER;
    r->got = 0;
    bool is_taken = is_sharing(s) ? sharing_offer(s, sim, r) : fifo_offer(s, sim, r);
    if (is_taken)
        r->backend = s->node;
    return is_taken;
}

struct req *station_finish(struct station *s, struct sim *sim, uint32_t arg, uint64_t token)
{
    struct req *r = arg == SHARED_END ? sharing_finish(s, sim, token) : fifo_finish(s, sim, arg,
                                                                                    token);

    if (r != NULL)
        r->backend = NONE;
    return r;
}

nsec station_remove(struct station *s, struct sim *sim, struct req *r)
{
    assert(r->backend == s->node);
    nsec had = is_sharing(s) ? sharing_remove(s, sim, r) : fifo_remove(s, sim, r);
    s->wasted += had;
    r->backend = NONE;
    return had;
}

/* Calls each() for every job of this station, in the order of the pool. */
static void for_each_job(struct station *s, struct sim *sim,
                         void (*each)(struct station *, struct sim *, struct req *,
                                      double), double arg)
{
    uint32_t cursor = 0;

    for (struct req *r; (r = station_next(s, sim, &cursor)) != NULL;)
        each(s, sim, r, arg);
}

static void interrupt(struct station *s, struct sim *sim, struct req *r, double ratio)
{
    nsec had;

    if (r->started != NEVER && !is_sharing(s) && !s->is_paused) {
        had = sim->now - r->started;
        r->got += had;
        r->work -= had;
        r->job = 0;
    }
    if (!is_sharing(s)) {
        if (r->started != NEVER)
            r->work = (nsec)((double)r->work * ratio + 0.5);
        return;
    }
    double left = r->finish - s->sharing.virtual_now;
    nsec whole = left > 0 ? (nsec)(left + 0.5) : 0;
    r->got += r->work - whole;
    r->work = (nsec)((double)whole * ratio + 0.5);
    r->finish = s->sharing.virtual_now + (double)r->work;
    s->slack += 2;
}

static void continue_job(struct station *s, struct sim *sim, struct req *r, double unused)
{
    (void)unused;
    if (is_sharing(s))
        return;
    if (r->started == NEVER) {
        r->work = server_time(s, r);
        return;
    }
    r->started = sim->now;
    r->job = evq_push(&sim->queue, sim->now + r->work, s->node, EVQ_TIMER, r->id);
}

static void bring_up_to_date(struct station *s, nsec now)
{
    if (is_sharing(s))
        sharing_advance(s, now);
    else
        count_busy(s, now);
}

static void resume_service(struct station *s, struct sim *sim)
{
    for_each_job(s, sim, continue_job, 0);
    if (is_sharing(s))
        sharing_plan(s, sim);
    else
        start_waiting(s, sim);
}

void station_set_speed(struct station *s, struct sim *sim, double speed)
{
    bring_up_to_date(s, sim->now);
    for_each_job(s, sim, interrupt, s->speed / speed);
    s->speed = speed;
    if (!s->is_paused)
        resume_service(s, sim);
}

void station_pause(struct station *s, struct sim *sim)
{
    if (s->is_paused)
        return;
    bring_up_to_date(s, sim->now);
    for_each_job(s, sim, interrupt, 1);
    s->is_paused = true;
    s->sharing.next_end = 0;
}

void station_resume(struct station *s, struct sim *sim)
{
    if (!s->is_paused)
        return;
    bring_up_to_date(s, sim->now);
    s->is_paused = false;
    resume_service(s, sim);
}

struct req *station_next(const struct station *s, const struct sim *sim, uint32_t *cursor)
{
    while (*cursor < sim->reqs.used_up) {
        struct req *r = sim_req(sim, (*cursor)++);

        if (r->what != MSG_FREE && r->backend == s->node)
            return r;
    }
    return NULL;
}

u128 station_busy_time(const struct station *s, nsec now)
{
    return s->busy + (s->is_paused ? 0 : (u128)busy_workers(s) * (now - s->changed));
}

void station_close(struct station *s, const struct sim *sim)
{
    bring_up_to_date(s, sim->now);
}

void station_close_job(struct station *s, const struct sim *sim, const struct req *r)
{
    s->slack += is_sharing(s);
    s->wasted += is_sharing(s) ? sharing_time_served(s, r) : fifo_time_served(s, sim->now, r);
}
