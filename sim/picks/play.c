/* play.c - steps an algorithm through a case.  Each instance is a balancer of its own, unless all
 * share one, with a second one for backups, and a queue of those that found every backend at its
 * limit: first come, first served, as soon as something changed that may let one go. */
#include "play.h"

#include "../base/xalloc.h"

#include <stdlib.h>
#include <string.h>

/* Where a backend of the configuration is: in the balancer of the main ones, or of the backups. */
struct place { uint32_t index; bool is_backup; };

struct pick { enum pick_state state; uint32_t instance, index, generation; bool is_backup;
              const struct pick_step *step; };

struct player {
    const struct pick_case *of;
    struct pick_record *record;
    struct lb **main, **spare;      /* [views]; spare is for backups */
    struct lb_site *site;           /* [views] */
    uint32_t *in_zone, zones;       /* instances in each zone */
    uint32_t views;                 /* instances, or 1 if they share all */
    bool has_backups;               /* now or later */
    struct place *place;            /* [configured] */
    const char **name;              /* [configured] */
    uint32_t *of_main, *of_spare;   /* lb's index -> position */
    uint32_t configured, main_count, spare_count, generation;
    struct pick *pick;              /* [picks so far] */
    uint32_t picks, step;
    uint32_t *queue, queue_head, queue_tail;    /* picks in the order they came */
    uint64_t *avoid;
    nsec now;
    struct err *err;
};

static struct lb *balancer(const struct player *p, uint32_t instance, bool is_backup)
{
    uint32_t view = p->views == 1 ? 0 : instance;

    return is_backup ? p->spare[view] : p->main[view];
}

static uint32_t position(const struct player *p, uint32_t index, bool is_backup)
{
    return is_backup ? p->of_spare[index] : p->of_main[index];
}

/* ---- configuration ---- */

static void add_one(struct player *p, const struct pick_backend *b, uint32_t at)
{
    uint32_t *count = b->is_backup ? &p->spare_count : &p->main_count;
    uint32_t **map = b->is_backup ? &p->of_spare : &p->of_main;

    for (uint32_t i = 0; i < p->views; i++) {
        struct lb *lb = balancer(p, i, b->is_backup);

        lb_add_at(lb, b->id, b->address ? b->address : b->name, b->weight, b->limit,
                  (struct lb_place){ b->zone, b->priority });
        if (b->is_down)
            lb_set_state(lb, *count, LB_DOWN);
    }
    p->place[at] = (struct place){ *count, b->is_backup };
    p->name[at] = b->name;
    *map = xrealloc(*map, *count + 1, sizeof **map);
    (*map)[(*count)++] = at;
}

static void add_all(struct player *p, const struct pick_backend *b, uint32_t count)
{
    p->place = xrealloc(p->place, p->configured + count, sizeof *p->place);
    p->name = xrealloc(p->name, p->configured + count, sizeof *p->name);
    for (uint32_t k = 0; k < count; k++)
        add_one(p, &b[k], p->configured++);
}

static struct lb *make_lb(struct player *p, uint32_t view, uint64_t seed, struct lb *first)
{
    struct lb *lb = policy_new(&p->of->policy, seed);

    lb_lend_clock(lb, &p->now);
    lb_settle(lb, &p->site[view]);
    if (p->of->share == SHARE_COUNTERS && first)
        lb_share(lb, first);
    return lb;
}

static void stop_all(struct player *p)
{
    for (uint32_t i = 0; i < p->views; i++) {
        lb_free(p->main[i]);
        lb_free(p->spare[i]);
        p->main[i] = p->spare[i] = NULL;
    }
    p->configured = p->main_count = p->spare_count = 0;
}

/* A new process with a new configuration: nothing of the old one is known. */
static int configure(struct player *p, const struct pick_backend *b, uint32_t count)
{
    const struct pick_case *c = p->of;
    const char *why = NULL;

    stop_all(p);
    p->generation++;
    for (uint32_t i = 0; i < p->views; i++) {
        p->main[i] = make_lb(p, i, c->seed + i, p->main[0]);
        p->spare[i] = p->has_backups ? make_lb(p, i, ~(c->seed + i), p->spare[0]) : NULL;
    }
    add_all(p, b, count);
    if (c->policy.ops->max_backends && count > c->policy.ops->max_backends)
        why = "it works with fewer backends only";
    for (uint32_t i = 0; i < p->views && !why; i++)
        if (lb_start(p->main[i], &why) == 0 &&
            (!p->has_backups || lb_start(p->spare[i], &why) == 0))
            why = NULL;
        else if (!why)
            why = "it does not start";
    p->queue_head = p->queue_tail;  /* who waited, waits at the old process */
    if (why)
        return err_input(p->err, "E107", "%s with %u backends: %s", c->policy.label, count, why);
    return 0;
}

/* ---- picks ---- */

static const uint64_t *avoided(struct player *p, const struct pick_step *s, bool is_backup)
{
    uint32_t words = p->configured / 64 + 1;

    if (s->avoided == 0)
        return NULL;
    p->avoid = xrealloc(p->avoid, words, sizeof *p->avoid);
    memset(p->avoid, 0, words * sizeof *p->avoid);
    for (uint32_t k = 0; k < s->avoided; k++) {
        const struct place *at = &p->place[s->avoid[k]];

        if (at->is_backup == is_backup)
            p->avoid[at->index / 64] |= (uint64_t)1 << (at->index % 64);
    }
    return p->avoid;
}

static uint32_t ask(struct player *p, struct pick *pick)
{
    const struct pick_step *s = pick->step;
    struct lb_request rq = {
        .now = p->now, .key = s->key, .key_length = s->key_length,
        .hash = s->key ? lb_hash(s->key, s->key_length, 0) : 0,
        .avoid = avoided(p, s, false),
    };
    uint32_t found = lb_pick(balancer(p, pick->instance, false), &rq);

    pick->is_backup = false;
    if (found == LB_NONE && p->spare_count > 0) {
        rq.avoid = avoided(p, s, true);
        found = lb_pick(balancer(p, pick->instance, true), &rq);
        pick->is_backup = true;
    }
    pick->index = found;
    pick->generation = p->generation;
    pick->state = found == LB_NONE ? PICK_NONE : found == LB_FULL ? PICK_QUEUED : PICK_HELD;
    return found;
}

static void play_pick(struct player *p, const struct pick_step *s)
{
    struct pick *pick = &p->pick[p->picks];
    struct pick_answer *answer = &p->record->answer[p->picks];

    *pick = (struct pick){ .instance = s->instance, .step = s };
    ask(p, pick);
    if (pick->state == PICK_HELD) {
        answer->index = position(p, pick->index, pick->is_backup);
        answer->backend = p->name[answer->index];
    }
    answer->was_queued = pick->state == PICK_QUEUED;
    if (pick->state == PICK_QUEUED)
        p->queue[p->queue_tail++] = p->picks;
    p->picks++;
}

static void note_dequeued(struct player *p, uint32_t pick)
{
    struct pick_record *r = p->record;
    uint32_t at = position(p, p->pick[pick].index, p->pick[pick].is_backup);

    r->dequeued = xrealloc(r->dequeued, r->dequeues + 1, sizeof *r->dequeued);
    r->dequeued[r->dequeues++] = (struct pick_dequeued){ p->step, pick, p->name[at], at };
}

static void drain_queue(struct player *p)
{
    while (p->queue_head < p->queue_tail) {
        uint32_t head = p->queue[p->queue_head];

        if (p->pick[head].state == PICK_QUEUED) {
            ask(p, &p->pick[head]);
            if (p->pick[head].state == PICK_QUEUED)
                return;
            if (p->pick[head].state == PICK_HELD)
                note_dequeued(p, head);
        }
        p->queue_head++;
    }
}

static void play_release(struct player *p, const struct pick_step *s)
{
    struct pick *pick = &p->pick[s->pick];

    if (pick->state == PICK_HELD && pick->generation == p->generation)
        lb_complete(balancer(p, pick->instance, pick->is_backup), pick->index,
                    &(struct lb_outcome){ .now = p->now, .latency = s->time, .load = s->load,
                                          .result = s->result });
    pick->state = PICK_ENDED;
}

/* ---- changes ---- */

static void change(struct player *p, const struct pick_step *s)
{
    const struct place *at = &p->place[s->backend];

    for (uint32_t i = 0; i < p->views; i++) {
        struct lb *lb = balancer(p, i, at->is_backup);

        switch (s->kind) {
        case STEP_DOWN:   lb_set_state(lb, at->index, LB_DOWN); break;
        case STEP_UP:     lb_set_state(lb, at->index, LB_UP); break;
        case STEP_WEIGHT: lb_set_weight(lb, at->index, s->value); break;
        case STEP_LIMIT:  lb_set_limit(lb, at->index, s->value); break;
        default:          lb_remove(lb, at->index); break;
        }
    }
}

static int play_step(struct player *p, const struct pick_step *s)
{
    switch (s->kind) {
    case STEP_PICK:
        play_pick(p, s);
        return 0;
    case STEP_RELEASE:
        play_release(p, s);
        break;
    case STEP_WAIT:
        p->now += s->time;
        break;
    case STEP_ADD:
        add_all(p, s->backends, 1);
        break;
    case STEP_RELOAD:
        return configure(p, s->backends, s->count);
    default:
        change(p, s);
    }
    drain_queue(p);
    return 0;
}

static bool has_backup(const struct pick_backend *b, uint32_t count)
{
    for (uint32_t k = 0; k < count; k++)
        if (b[k].is_backup)
            return true;
    return false;
}

static int play(struct player *p)
{
    const struct pick_case *c = p->of;

    p->has_backups = has_backup(c->backend, c->backends);
    for (uint32_t k = 0; k < c->steps; k++)
        p->has_backups = p->has_backups || has_backup(c->step[k].backends, c->step[k].count);
    if (configure(p, c->backend, c->backends) < 0)
        return -1;
    for (p->step = 0; p->step < c->steps; p->step++)
        if (play_step(p, &c->step[p->step]) < 0)
            return -1;
    return 0;
}

static void settle_views(struct player *p)
{
    const struct pick_case *c = p->of;

    for (uint32_t i = 0; c->zone && i < c->instances; i++)
        p->zones = c->zone[i] >= p->zones ? c->zone[i] + 1 : p->zones;
    p->in_zone = xcalloc(p->zones, sizeof *p->in_zone);
    for (uint32_t i = 0; c->zone && i < c->instances; i++)
        p->in_zone[c->zone[i]]++;
    p->site = xcalloc(p->views, sizeof *p->site);
    for (uint32_t i = 0; i < p->views; i++)
        p->site[i] = (struct lb_site){ .index = i, .count = c->instances, .zones = p->zones,
                                       .zone = c->zone ? c->zone[i] : 0, .balancers = p->in_zone };
}

int pick_play(const struct pick_case *c, struct pick_record *record, struct err *err)
{
    struct player p = { .of = c, .record = record, .err = err };
    int rc;

    *record = (struct pick_record){ .picks = c->picks };
    record->answer = xcalloc(c->picks, sizeof *record->answer);
    p.views = c->share == SHARE_ALL ? 1 : c->instances;
    p.main = xcalloc(p.views, sizeof(struct lb *));
    p.spare = xcalloc(p.views, sizeof(struct lb *));
    settle_views(&p);
    p.pick = xcalloc(c->picks, sizeof *p.pick);
    p.queue = xcalloc(c->picks, sizeof *p.queue);
    rc = play(&p);
    stop_all(&p);
    free(p.main);
    free(p.spare);
    free(p.site);
    free(p.in_zone);
    free(p.place);
    free(p.name);
    free(p.of_main);
    free(p.of_spare);
    free(p.pick);
    free(p.queue);
    free(p.avoid);
    return rc;
}

void pick_record_fini(struct pick_record *r)
{
    free(r->answer);
    free(r->dequeued);
    *r = (struct pick_record){ .picks = 0 };
}
