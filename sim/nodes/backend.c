/* backend.c - a server: it accepts connections, works on requests, and can fail in several ways.
 *
 * A crash refuses and resets; a hang swallows, and goes on where it stopped when it recovers; an
 * error answers 500 at once; grey, or without what it depends on, it does so to some requests.  The
 * port of a hung process accepts all the same: the kernel does that. */
#include "backend.h"

#include <stdlib.h>

#include "../base/xalloc.h"
#include "../parts/connpool.h"

static void answer(struct backend *b, struct sim *sim, struct req *r, enum status status)
{
    if (r->what == MSG_ASK) {
        if (__builtin_expect(b->teller != NULL, 0))
            backend_note_answer(b, sim, r, status);
        meter_attempt(&sim->meter, r->number, r->attempt, b->index, r->arrived, sim->now, status);
        meter_step(&sim->meter, r->number, r->attempt, b->index, r->born, r->arrived, sim->now,
                   status);
        meter_backend(&sim->meter, b->index)->failed += status != STATUS_OK;
        if (b->condition != CONDITION_GOOD && status != STATUS_OK)
            meter_tally(&sim->meter, TALLY_FAULT_FAILED, 1);
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
    connpool_limit_age(sim, r, &b->config->max_connection_age);
    answer(b, sim, r, sim_accept(sim, r, b->node.id));
}

/* Without a listener an open connection is reset; a warm one is really opened anew and refused. */
static enum status status_of_crash(const struct req *r)
{
    return r->conn == NONE ? STATUS_REFUSED : STATUS_RESET;
}

/* Grey, it fails this request or not, by the request's luck, and a retry elsewhere has its own. */
static bool is_failing(const struct backend *b, const struct req *r)
{
    if (b->condition != CONDITION_GREY && b->condition != CONDITION_CUT_OFF)
        return b->condition == CONDITION_BROKEN || b->condition == CONDITION_RESETS;
    struct rng g = rng_brief(r->luck ^ rng_mix((uint64_t)r->attempt << 32 | b->node.id));

    return rng_uniform(&g) < b->fails;
}

static void take_ask(struct backend *b, struct sim *sim, struct req *r)
{
    meter_backend(&sim->meter, b->index)->asked++;
    if (sim_is_stranger(sim, r, b->node.id))
        sim_break_conn(sim, r->conn);
    if (__builtin_expect(b->teller != NULL, 0))
        backend_note_ask(b, r);
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
    if (is_failing(b, r)) {
        refuse(b, sim, r, b->condition == CONDITION_RESETS ? STATUS_RESET : STATUS_ERROR);
        return;
    }
    bool is_taken = station_offer(&b->station, sim, r);
    meter_backend(&sim->meter, b->index)->offered += r->work;
    if (!is_taken)
        refuse(b, sim, r, STATUS_UNAVAILABLE);
}

/* What a check of this level sees: OK, or how it fails; who hangs answers none beyond the port. */
static enum status seen_by(const struct backend *b, enum check_level level)
{
    if (b->condition == CONDITION_CRASHED)
        return STATUS_REFUSED;
    if (level == CHECK_L4)
        return STATUS_OK;
    if (b->condition == CONDITION_BROKEN || b->condition == CONDITION_RESETS)
        return b->condition == CONDITION_BROKEN ? STATUS_ERROR : STATUS_RESET;
    return b->condition == CONDITION_CUT_OFF && level == CHECK_DEEP ? STATUS_ERROR : STATUS_OK;
}

static void take_probe(struct backend *b, struct sim *sim, struct req *r)
{
    enum status seen = seen_by(b, (enum check_level)r->key);

    if (r->key == CHECK_LOAD) {
        backend_answer_load(b, sim, r);
        return;
    }
    if (b->condition == CONDITION_HUNG && r->key != CHECK_L4) {
        sim_free(sim, r);
        return;
    }
    if (seen != STATUS_OK || r->key == CHECK_L4 || r->demand == 0) {
        sim_answer(sim, r, seen);
        return;
    }
    bool is_taken = station_offer(&b->station, sim, r);
    meter_backend(&sim->meter, b->index)->offered += r->work;
    if (!is_taken)
        refuse(b, sim, r, STATUS_UNAVAILABLE);
}

static void take_cancel(struct backend *b, struct sim *sim, struct req *cancel)
{
    struct req *r = sim_cancel_target(sim, cancel);

    sim_free(sim, cancel);
    if (r == NULL || b->station.config->finishes_cancelled)
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

/* A session is told by its key and its group of clients; a leg's carrier knows that. */
static uint64_t session_of(const struct sim *sim, const struct req *r)
{
    while (r->carrier != NONE)
        r = sim_req(sim, r->carrier);
    return (uint64_t)r->via[0].node << 32 | r->key;
}

static void note_session(const struct backend *b, struct sim *sim, const struct req *r)
{
    enum session_fate fate = sessions_touch(b->sessions, session_of(sim, r), b->node.id, b->life);
    bool is_lost = fate == SESSION_MOVED || fate == SESSION_DIED;

    meter_tally(&sim->meter, TALLY_SESSIONS, fate == SESSION_NEW);
    meter_tally(&sim->meter, TALLY_SESSIONS_MOVED, fate == SESSION_MOVED);
    meter_tally(&sim->meter, TALLY_SESSIONS_LOST, is_lost && !b->is_external);
}

/* A completion. */
static void backend_timer(struct node *n, struct sim *sim, uint32_t arg, uint64_t token)
{
    struct backend *b = (struct backend *)n;

    if (arg == BACKEND_IDLE) {
        backend_say_idle(b, sim);
        return;
    }
    struct req *r = station_finish(&b->station, sim, arg, token);
    if (r == NULL)
        return;
    meter_busy(&sim->meter, b->index, r->got + r->work);
    if (r->what == MSG_PROBE) {
        answer(b, sim, r, seen_by(b, (enum check_level)r->key));
        return;
    }
    struct record_backend_slice *s = meter_backend(&sim->meter, b->index);
    s->served++;
    s->latency_sum += sim->now - r->arrived;
    sim_spend(sim, r, PART_SERVICE, r->got + r->work);
    sim_spend(sim, r, PART_BACKEND_QUEUE, sim->now - r->arrived - r->got - r->work);
    if (b->sessions != NULL && !r->is_orphan)
        note_session(b, sim, r);
    answer(b, sim, r, STATUS_OK);
}

static void backend_destroy(struct node *n)
{
    struct backend *b = (struct backend *)n;

    station_fini(&b->station);
    backend_free_teller(b);
    if (b->keeps_table) {
        sessions_fini(b->sessions);
        free(b->sessions);
    }
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

    *b = (struct backend){ .node.ops = &backend_ops, .config = c, .index = index, .speed = speed,
                           .fault.since = NEVER };
    station_init(&b->station, &c->station, id, 0x706f6f6cull + pool, speed);
    sim_put_node(sim, &b->node, id, c->name);
    return &b->node;
}

void backend_keep_sessions(struct node *n, struct node *first, const struct sessions_config *c)
{
    struct backend *b = (struct backend *)n;

    b->keeps_table = n == first;
    b->is_external = c->state == SESSIONS_STORE;
    b->sessions = ((struct backend *)first)->sessions;
    if (!b->keeps_table)
        return;
    b->sessions = xcalloc(1, sizeof *b->sessions);
    sessions_init(b->sessions);
}

void backend_go_away(struct node *n, struct sim *sim)
{
    if (((const struct backend *)n)->config->says_goaway)
        connpool_go_away(sim, n->id);
}

uint32_t backend_life(const struct node *n)
{
    return ((const struct backend *)n)->life;
}

struct station *backend_station(struct node *n)
{
    return &((struct backend *)n)->station;
}

/* ---- what can happen to it ---- */

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
void backend_enter(struct backend *b, struct sim *sim, enum condition condition)
{
    bool was_crashed = b->condition == CONDITION_CRASHED;

    b->condition = condition;
    if (condition == CONDITION_HUNG)
        station_pause(&b->station, sim);
    if (condition < CONDITION_HUNG)
        station_resume(&b->station, sim);
    if (condition != CONDITION_HUNG)
        answer_swallowed(b, sim);
    if (condition < CONDITION_HUNG)
        backend_say_idle(b, sim);
    if (condition == CONDITION_CRASHED && !was_crashed) {
        b->life++;
        sim_break_conns_of(sim, b->node.id);
        reset_jobs(b, sim);
    }
}
