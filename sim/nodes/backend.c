/* backend.c - a server: it accepts connections, works on requests, and can fail in three ways.
 *
 * A crash refuses and resets; a hang swallows, and goes on where it stopped when it recovers; an
 * error answers 500 at once. */
#include <stdlib.h>

#include "../base/xalloc.h"
#include "../parts/station.h"
#include "nodes.h"

enum condition { CONDITION_GOOD, CONDITION_CRASHED, CONDITION_HUNG, CONDITION_BROKEN };

struct backend {
    struct node node;
    enum condition condition;
    uint32_t index;                 /* in the meter */
    struct station station;
    double   speed;                 /* as configured */
    struct req **swallowed;         /* OPENs that a hung process will answer when it recovers */
    uint32_t swallowed_count, swallowed_capacity;
};

static void answer(struct backend *b, struct sim *sim, struct req *r, enum status status)
{
    if (r->what == MSG_ASK) {
        meter_attempt(&sim->meter, r->number, r->attempt, b->index, r->arrived, sim->now, status);
        meter_step(&sim->meter, r->number, r->attempt, b->index, r->born, r->arrived, sim->now,
                   status);
        meter_backend(&sim->meter, b->index)->failed += status != STATUS_OK;
    }
    sim_answer(sim, r, status);
}

static void refuse(struct backend *b, struct sim *sim, struct req *r, enum status status)
{
    r->arrived = sim->now;
    answer(b, sim, r, status);
}

/* ---- what can be asked of it ---- */

static void swallow(struct backend *b, struct req *r)
{
    if (b->swallowed_count == b->swallowed_capacity) {
        b->swallowed_capacity = b->swallowed_capacity ? 2 * b->swallowed_capacity : 16;
        b->swallowed = xrealloc(b->swallowed, b->swallowed_capacity, sizeof(struct req *));
    }
    b->swallowed[b->swallowed_count++] = r;
}

static void take_open(struct backend *b, struct sim *sim, struct req *r)
{
    if (b->condition == CONDITION_CRASHED) {
        refuse(b, sim, r, STATUS_REFUSED);
        return;
    }
    if (b->condition == CONDITION_HUNG) {
        swallow(b, r);
        return;
    }
    if (!r->is_orphan)
        sim_conn(sim, r->conn)->ends_at = b->node.id;
    answer(b, sim, r, STATUS_OK);
}

/* Without a listener an open connection is reset; a warm one is really opened anew and refused. */
static enum status status_of_crash(const struct req *r)
{
    return r->conn == NONE ? STATUS_REFUSED : STATUS_RESET;
}

static void take_ask(struct backend *b, struct sim *sim, struct req *r)
{
    meter_backend(&sim->meter, b->index)->asked++;
    if (r->is_cancelled) {
        refuse(b, sim, r, STATUS_CANCELLED);
        return;
    }
    if (b->condition == CONDITION_CRASHED) {
        refuse(b, sim, r, status_of_crash(r));
        return;
    }
    if (r->conn != NONE && sim_conn(sim, r->conn)->is_broken) {
        refuse(b, sim, r, STATUS_RESET);
        return;
    }
    if (b->condition == CONDITION_BROKEN) {
        refuse(b, sim, r, STATUS_ERROR);
        return;
    }
    bool is_taken = station_offer(&b->station, sim, r);
    meter_backend(&sim->meter, b->index)->offered += r->work;
    if (!is_taken)
        refuse(b, sim, r, STATUS_UNAVAILABLE);
}

static void take_probe(struct backend *b, struct sim *sim, struct req *r)
{
    static const enum status status[] = {
        [CONDITION_GOOD] = STATUS_OK,
        [CONDITION_CRASHED] = STATUS_REFUSED,
        [CONDITION_BROKEN] = STATUS_ERROR,
    };

    if (b->condition == CONDITION_HUNG) {
        sim_free(sim, r);
        return;
    }
    sim_answer(sim, r, status[b->condition]);
}

static void take_cancel(struct backend *b, struct sim *sim, struct req *cancel)
{
    struct req *r = sim_cancel_target(sim, cancel);

    sim_free(sim, cancel);
    if (r == NULL)
        return;
    r->is_cancelled = true;
    if (r->backend != b->node.id)
        return;                     /* still on its way here, or on its way back */
    meter_busy(&sim->meter, b->index, station_remove(&b->station, sim, r));
    answer(b, sim, r, STATUS_CANCELLED);
}

static void backend_request(struct node *n, struct sim *sim, struct req *r)
{
    struct backend *b = (struct backend *)n;

    switch ((enum message)r->what) {
    case MSG_ASK:
        take_ask(b, sim, r);
        break;
    case MSG_OPEN:
        take_open(b, sim, r);
        break;
    case MSG_CLOSE:
        sim_end_conn(sim, r);
        break;
    case MSG_CANCEL:
        take_cancel(b, sim, r);
        break;
    case MSG_PROBE:
        take_probe(b, sim, r);
        break;
    case MSG_FREE:
        break;
    }
}

/* A completion. */
static void backend_timer(struct node *n, struct sim *sim, uint32_t arg, uint64_t token)
{
    struct backend *b = (struct backend *)n;
    struct req *r = station_finish(&b->station, sim, arg, token);

    if (r == NULL)
        return;
    struct record_backend_slice *s = meter_backend(&sim->meter, b->index);
    s->served++;
    s->latency_sum += sim->now - r->arrived;
    meter_busy(&sim->meter, b->index, r->got + r->work);
    sim_spend(sim, r, PART_SERVICE, r->got + r->work);
    sim_spend(sim, r, PART_BACKEND_QUEUE, sim->now - r->arrived - r->got - r->work);
    answer(b, sim, r, STATUS_OK);
}

static void backend_destroy(struct node *n)
{
    struct backend *b = (struct backend *)n;

    station_fini(&b->station);
    free(b->swallowed);
    free(b);
}

static const struct node_ops backend_ops = {
    .kind    = "backend",
    .request = backend_request,
    .timer   = backend_timer,
    .destroy = backend_destroy,
};

struct node *backend_new(struct sim *sim, uint32_t id, const struct backend_config *c,
                         uint32_t pool, double speed, uint32_t index)
{
    struct backend *b = xaligned(64, sizeof *b);

    *b = (struct backend){ .node.ops = &backend_ops, .index = index, .speed = speed };
    station_init(&b->station, &c->station, id, 0x706f6f6cull + pool, speed);
    sim_put_node(sim, &b->node, id, c->name);
    return &b->node;
}

struct station *backend_station(struct node *n)
{
    return &((struct backend *)n)->station;
}

/* ---- what can happen to it ---- */

static void break_connections(struct backend *b, struct sim *sim)
{
    for (uint32_t i = 0; i < sim->conns.used_up; i++) {
        struct conn *c = sim_conn(sim, i);

        if (c->ends_at == b->node.id)
            c->is_broken = true;
    }
}

/* What waited at a hung process is told what the crash, or the recovery, means for it. */
static void answer_swallowed(struct backend *b, struct sim *sim)
{
    uint32_t count = b->swallowed_count;

    b->swallowed_count = 0;
    for (uint32_t i = 0; i < count; i++)
        take_open(b, sim, b->swallowed[i]);
}

static void reset_jobs(struct backend *b, struct sim *sim)
{
    uint32_t cursor = 0;

    station_pause(&b->station, sim);
    for (struct req *r; (r = station_next(&b->station, sim, &cursor)) != NULL;) {
        meter_busy(&sim->meter, b->index, station_remove(&b->station, sim, r));
        answer(b, sim, r, STATUS_RESET);
    }
}

/* What leaves a hang answers what it swallowed; what serves again goes on where it stopped. */
static void enter(struct backend *b, struct sim *sim, enum condition condition)
{
    b->condition = condition;
    if (condition == CONDITION_HUNG)
        station_pause(&b->station, sim);
    if (condition == CONDITION_GOOD || condition == CONDITION_BROKEN)
        station_resume(&b->station, sim);
    if (condition != CONDITION_HUNG)
        answer_swallowed(b, sim);
}

static void crash(struct backend *b, struct sim *sim)
{
    enter(b, sim, CONDITION_CRASHED);
    break_connections(b, sim);
    reset_jobs(b, sim);
}

void backend_fail(struct node *n, struct sim *sim, enum fail_mode mode)
{
    struct backend *b = (struct backend *)n;

    switch (mode) {
    case FAIL_CRASH:
        crash(b, sim);
        break;
    case FAIL_HANG:
        enter(b, sim, CONDITION_HUNG);
        break;
    case FAIL_ERROR:
        enter(b, sim, CONDITION_BROKEN);
        break;
    }
}

void backend_recover(struct node *n, struct sim *sim)
{
    enter((struct backend *)n, sim, CONDITION_GOOD);
}

void backend_set_speed(struct node *n, struct sim *sim, double factor)
{
    struct backend *b = (struct backend *)n;

    station_set_speed(&b->station, sim, b->speed * factor);
}

void backend_vanish(struct node *n, struct sim *sim)
{
    crash((struct backend *)n, sim);
}
