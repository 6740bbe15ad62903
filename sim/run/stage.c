/* stage.c - a node that acts on others by name: it fails, slows, drains, adds, removes and restarts
 * backends when the scenario says so.  Balancers are told of changes of membership (membership.h);
 * crashes are theirs to find out. */
#include "stage.h"

#include <stdlib.h>

#include "../base/xalloc.h"
#include "../parts/station.h"
#include "instances.h"
#include "membership.h"

/* Timer arguments: SLICE_TURNS; STEP and the place of a step; twice an event's index, plus one for
 * its end; and what MEMBERSHIP_LATER marks. */
enum { SLICE_TURNS = 1 << 30, STEP = 1 << 29 };

/* Something an event leads to later. */
enum step_kind { STEP_DRAIN, STEP_STOP, STEP_START, STEP_END };
struct step { const struct event_config *e; enum step_kind kind; uint32_t first, last; };

struct stage {
    struct node node;
    const struct graph *graph;
    const struct quota *quota;
    struct membership *membership;
    uint32_t *backlog;              /* [graph.backends] */
    struct step *step;              /* those to come, by the argument of their timer */
    uint32_t steps, capacity;
};

static uint32_t index_of(const struct stage *st, const struct event_config *e)
{
    return (uint32_t)(e - st->graph->scenario->event);
}

static void plan_step(struct stage *st, struct sim *sim, nsec wait, const struct step *step)
{
    if (st->steps == st->capacity) {
        st->capacity = st->capacity ? 2 * st->capacity : 16;
        st->step = xrealloc(st->step, st->capacity, sizeof *st->step);
    }
    st->step[st->steps] = *step;
    sim_wake(sim, &st->node, wait, STEP | st->steps++);
}

typedef void (*each_backend)(struct sim *, struct node *, const struct event_config *);

static void for_each(const struct stage *st, struct sim *sim, const struct event_config *e,
                     uint32_t first, uint32_t last, each_backend act)
{
    for (uint32_t i = first; i <= last; i++)
        if (membership_is_target(st->graph, e, i))
            act(sim, sim->node[st->graph->backend[e->pool] + i], e);
}

/* ---- what happens to one backend ---- */

static void fail(struct sim *sim, struct node *b, const struct event_config *e)
{
    backend_fail(b, sim, BLAME_EVENT, (enum fail_mode)e->mode, e->share);
}

static void slow(struct sim *sim, struct node *b, const struct event_config *e)
{
    backend_set_speed(b, sim, 1 / e->factor);
}

static void pause(struct sim *sim, struct node *b, const struct event_config *e)
{
    (void)e;
    backend_fail(b, sim, BLAME_EVENT, FAIL_HANG, 0);
}

static void recover(struct sim *sim, struct node *b, const struct event_config *e)
{
    (void)e;
    backend_recover(b, sim, BLAME_EVENT);
}

static void quicken(struct sim *sim, struct node *b, const struct event_config *e)
{
    (void)e;
    backend_set_speed(b, sim, 1);
}

static void stop(struct sim *sim, struct node *b, const struct event_config *e)
{
    (void)e;
    backend_vanish(b, sim);
}

static void go_away(struct sim *sim, struct node *b, const struct event_config *e)
{
    (void)e;
    backend_go_away(b, sim);
}

static void start_again(struct sim *sim, struct node *b, const struct event_config *e)
{
    (void)e;
    backend_cure(b, sim);
    backend_recover(b, sim, BLAME_PLAN);
}

/* ---- rolling restarts: drain a batch, stop it, start it, and on to the next ---- */

static void drain_batch(struct stage *st, struct sim *sim, const struct step *s)
{
    membership_tell(st->membership, sim, s->e, CHANGE_DRAIN, s->first, s->last);
    for_each(st, sim, s->e, s->first, s->last, go_away);
    plan_step(st, sim, s->e->drain, &(struct step){ s->e, STEP_STOP, s->first, s->last });
}

static void stop_batch(struct stage *st, struct sim *sim, const struct step *s)
{
    if (s->e->kind == EVENT_RESTART)
        membership_count_broken(st->membership, sim, s->e, s->first, s->last);
    for_each(st, sim, s->e, s->first, s->last, stop);
    if (s->e->kind == EVENT_RESTART)
        plan_step(st, sim, s->e->lasts, &(struct step){ s->e, STEP_START, s->first, s->last });
    else
        membership_tell(st->membership, sim, s->e, CHANGE_REMOVE, s->first, s->last);
}

static void start_batch(struct stage *st, struct sim *sim, const struct step *s)
{
    uint32_t next = s->last + 1, last = s->last + s->e->batch;

    for_each(st, sim, s->e, s->first, s->last, start_again);
    membership_tell(st->membership, sim, s->e, CHANGE_UNDRAIN, s->first, s->last);
    if (next <= s->e->last)
        plan_step(st, sim, s->e->gap, &(struct step){ s->e, STEP_DRAIN, next,
                                                      last < s->e->last ? last : s->e->last });
}

static void begin_restart(struct stage *st, struct sim *sim, const struct event_config *e)
{
    uint32_t last = e->first + e->batch - 1;

    drain_batch(st, sim, &(struct step){ e, STEP_DRAIN, e->first,
                                         last < e->last ? last : e->last });
}

/* ---- events ---- */

static void begin_removal(struct stage *st, struct sim *sim, const struct event_config *e)
{
    const struct step all = { e, STEP_DRAIN, e->first, e->last };

    if (e->drain > 0)
        drain_batch(st, sim, &all);
    else {
        membership_tell(st->membership, sim, e, CHANGE_REMOVE, e->first, e->last);
        for_each(st, sim, e, e->first, e->last, stop);
    }
}

static void begin(struct stage *st, struct sim *sim, const struct event_config *e)
{
    if (e->balancer > 0) {
        instances_begin(st->graph, sim, e);
        return;
    }
    switch ((enum event_kind)e->kind) {
    case EVENT_FAIL:
        if (e->mode == FAIL_CRASH)
            membership_count_broken(st->membership, sim, e, e->first, e->last);
        for_each(st, sim, e, e->first, e->last, fail);
        break;
    case EVENT_SLOW:
        for_each(st, sim, e, e->first, e->last, slow);
        break;
    case EVENT_PAUSE:
        for_each(st, sim, e, e->first, e->last, pause);
        break;
    case EVENT_RECOVER:
        membership_tell(st->membership, sim, e, CHANGE_UNDRAIN, e->first, e->last);
        for_each(st, sim, e, e->first, e->last, recover);
        for_each(st, sim, e, e->first, e->last, quicken);
        break;
    case EVENT_DRAIN:
        membership_tell(st->membership, sim, e, CHANGE_DRAIN, e->first, e->last);
        for_each(st, sim, e, e->first, e->last, go_away);
        break;
    case EVENT_ADD:
        membership_tell(st->membership, sim, e, CHANGE_ADD, e->first, e->last);
        break;
    case EVENT_REMOVE:
        begin_removal(st, sim, e);
        break;
    case EVENT_WEIGHT:
        membership_tell(st->membership, sim, e, CHANGE_WEIGH, e->first, e->last);
        break;
    case EVENT_RESTART:
        begin_restart(st, sim, e);
        break;
    }
}

static void end(struct stage *st, struct sim *sim, const struct event_config *e)
{
    if (e->balancer > 0) {
        instances_end(st->graph, sim, e);
        return;
    }
    if (e->kind == EVENT_DRAIN)
        membership_tell(st->membership, sim, e, CHANGE_UNDRAIN, e->first, e->last);
    if (e->kind == EVENT_WEIGHT)
        membership_tell(st->membership, sim, e, CHANGE_WEIGH_BACK, e->first, e->last);
    if (e->kind == EVENT_FAIL || e->kind == EVENT_PAUSE)
        for_each(st, sim, e, e->first, e->last, recover);
    if (e->kind == EVENT_SLOW)
        for_each(st, sim, e, e->first, e->last, quicken);
}

/* One that comes again and again: the next time, and this one's end. */
static void begin_again(struct stage *st, struct sim *sim, const struct event_config *e)
{
    begin(st, sim, e);
    if (e->every == 0)
        return;
    plan_step(st, sim, e->lasts, &(struct step){ e, STEP_END, e->first, e->last });
    if (e->until == 0 || sim->now + e->every < e->until)
        sim_wake(sim, &st->node, e->every, 2 * index_of(st, e));
}

static void take_step(struct stage *st, struct sim *sim, const struct step s)
{
    switch (s.kind) {
    case STEP_DRAIN:
        drain_batch(st, sim, &s);
        break;
    case STEP_STOP:
        stop_batch(st, sim, &s);
        break;
    case STEP_START:
        start_batch(st, sim, &s);
        break;
    case STEP_END:
        end(st, sim, s.e);
        break;
    }
}

/* ---- the node ---- */

/* What comes after the last arrival belongs to the slices of before: nothing is born in it. */
static bool is_over(const struct quota *q, nsec now)
{
    return now >= q->until || q->sources == 0 || q->born >= q->wanted;
}

static void turn_slice(struct stage *st, struct sim *sim)
{
    const struct graph *g = st->graph;

    if (is_over(st->quota, sim->now))
        return;
    for (uint32_t i = 0; i < g->backends; i++)
        st->backlog[i] = station_jobs(backend_station(sim->node[g->backend[0] + i]));
    meter_turn(&sim->meter, sim->now, st->backlog);
    sim_wake_at(sim, &st->node, sim->meter.now_slice_ends, SLICE_TURNS);
}

static void stage_timer(struct node *n, struct sim *sim, uint32_t arg, uint64_t token)
{
    struct stage *st = (struct stage *)n;

    (void)token;
    if (arg & MEMBERSHIP_LATER)
        membership_timer(st->membership, sim, arg);
    else if (arg == SLICE_TURNS)
        turn_slice(st, sim);
    else if (arg & STEP)
        take_step(st, sim, st->step[arg & ~(uint32_t)STEP]);
    else if (arg & 1)
        end(st, sim, &st->graph->scenario->event[arg / 2]);
    else
        begin_again(st, sim, &st->graph->scenario->event[arg / 2]);
}

static void stage_request(struct node *n, struct sim *sim, struct req *r)
{
    (void)n;
    sim_free(sim, r);
}

static void stage_destroy(struct node *n)
{
    struct stage *st = (struct stage *)n;

    membership_free(st->membership);
    free(st->backlog);
    free(st->step);
    free(st);
}

static const struct node_ops stage_ops = {
    .kind    = "stage",
    .request = stage_request,
    .timer   = stage_timer,
    .destroy = stage_destroy,
};

struct node *stage_new(struct sim *sim, const struct graph *g, const struct quota *quota,
                       struct arena *arena)
{
    const struct scenario *s = g->scenario;
    struct stage *st = xcalloc(1, sizeof *st);

    *st = (struct stage){ .node.ops = &stage_ops, .graph = g, .quota = quota };
    st->backlog = xcalloc(g->backends, sizeof *st->backlog);
    st->membership = membership_new(g, &st->node, arena);
    sim_put_node(sim, &st->node, g->stage, "stage");
    instances_hide_standby(g, sim);
    for (uint32_t i = 0; i < s->events; i++) {
        sim_wake_at(sim, &st->node, s->event[i].at, 2 * i);
        if (s->event[i].lasts > 0 && s->event[i].every == 0 && s->event[i].kind != EVENT_RESTART)
            sim_wake_at(sim, &st->node, s->event[i].at + s->event[i].lasts, 2 * i + 1);
    }
    sim_wake_at(sim, &st->node, sim->meter.now_slice_ends, SLICE_TURNS);
    return &st->node;
}
