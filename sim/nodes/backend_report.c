/* backend_report.c - what a backend says of itself, to balancers that listen: with its replies,
 * every so often, when probed, and when it has become idle. */
#include "backend.h"

#include <stdlib.h>

#include "../base/xalloc.h"
#include "../parts/load.h"

/* A balancer instance that wants idle tokens. */
struct listener {
    struct node *node;
    uint32_t peer;                  /* what this backend is called there */
    const struct link *way;
    bool     is_l7;                 /* its frame is on what it sends */
};

struct teller {
    struct load load;
    bool     keeps_paces;
    struct paces paces;
    struct listener *listener;
    uint32_t listeners, room;
    uint32_t tokens;                /* sent so far: draws who gets the next one */
    uint32_t holder;                /* the l7 that has its token; NONE: nobody */
};

static struct teller *teller_of(struct backend *b)
{
    if (b->teller != NULL)
        return b->teller;
    b->teller = xcalloc(1, sizeof *b->teller);
    load_init(&b->teller->load, b->config->report_window);
    b->teller->holder = NONE;
    return b->teller;
}

void backend_free_teller(struct backend *b)
{
    if (b->teller == NULL)
        return;
    paces_fini(&b->teller->paces);
    free(b->teller->listener);
    free(b->teller);
}

void backend_keep_count(struct node *n)
{
    teller_of((struct backend *)n);
}

void backend_keep_paces(struct node *n)
{
    struct teller *t = teller_of((struct backend *)n);

    if (!t->keeps_paces)
        paces_init(&t->paces);
    t->keeps_paces = true;
}

/* ---- what it says ---- */

static bool is_silent(const struct backend *b)
{
    return b->condition >= CONDITION_RESETS;
}

/* `time` is said as it is. */
static void say(struct backend *b, const struct sim *sim, struct req *r, nsec time)
{
    struct load *l = &b->teller->load;

    load_look(l, sim->now, station_busy_time(&b->station, sim->now), b->station.config->workers);
    r->said = (struct said){ .by = b->node.id, .queued = station_jobs(&b->station),
                             .mark = sim_mark(r), .time = time, .load = l->utilisation,
                             .rps = l->rps, .eps = l->eps };
}

static struct req *new_word(struct sim *sim)
{
    struct req *r = sim_new(sim, MSG_PROBE);

    r->luck = rng_mix(r->serial);
    r->key = CHECK_LOAD;
    r->status = STATUS_OK;
    meter_tally(&sim->meter, TALLY_SIGNALS, 1);
    return r;
}

void backend_tell(struct node *n, struct sim *sim, struct node *to, uint32_t peer,
                  const struct link *way)
{
    struct backend *b = (struct backend *)n;

    if (is_silent(b))
        return;
    struct req *r = new_word(sim);
    say(b, sim, r, 0);
    sim_tell(sim, way, to, peer, r);
}

/* The RPC layer answers, whatever becomes of requests behind it: who fails at once looks quick. */
void backend_answer_load(struct backend *b, struct sim *sim, struct req *r)
{
    if (b->condition == CONDITION_HUNG) {
        sim_free(sim, r);
        return;
    }
    if (b->teller == NULL || is_silent(b)) {
        sim_answer(sim, r, STATUS_REFUSED);
        return;
    }
    say(b, sim, r, paces_expect(&b->teller->paces, station_jobs(&b->station)));
    sim_answer(sim, r, STATUS_OK);
}

/* ---- idle tokens ---- */

/* One token is out at a time, where its holder can be told by what it sends. */
static void send_token(struct backend *b, struct sim *sim)
{
    struct teller *t = b->teller;

    if (t->listeners == 0 || t->holder != NONE || is_silent(b) || station_jobs(&b->station) > 0)
        return;
    uint64_t lot = rng_mix(rng_mix(sim->seed) ^ ((uint64_t)b->node.id << 32 | t->tokens++));
    const struct listener *to = &t->listener[(uint32_t)((lot >> 32) * t->listeners >> 32)];

    t->holder = to->is_l7 ? to->node->id : NONE;
    backend_tell(&b->node, sim, to->node, to->peer, to->way);
}

void backend_listen_for_idle(struct node *n, struct sim *sim, struct node *to, uint32_t peer,
                             const struct link *way, enum layer layer)
{
    struct backend *b = (struct backend *)n;
    struct teller *t = teller_of(b);

    if (t->listeners == t->room) {
        t->room = t->room ? 2 * t->room : 4;
        t->listener = xrealloc(t->listener, t->room, sizeof *t->listener);
    }
    t->listener[t->listeners++] = (struct listener){ to, peer, way, layer == LAYER_L7 };
    if (t->listeners == 1)
        sim_wake(sim, n, 0, BACKEND_IDLE);
}

void backend_say_idle(struct backend *b, struct sim *sim)
{
    if (b->teller != NULL)
        send_token(b, sim);
}

/* ---- requests ---- */

void backend_note_ask(struct backend *b, struct req *r)
{
    struct teller *t = b->teller;

    r->said.queued = station_jobs(&b->station);
    if (t->holder != NONE && sim_frame(r, t->holder) != NULL)
        t->holder = NONE;           /* whoever has it has used it up */
}

static nsec service_of(const struct req *r, enum status status)
{
    return status == STATUS_OK ? r->got + r->work : 0;
}

void backend_note_answer(struct backend *b, struct sim *sim, struct req *r, enum status status)
{
    struct teller *t = b->teller;

    load_done(&t->load, status != STATUS_OK);
    if (t->keeps_paces && status != STATUS_CANCELLED)
        paces_note(&t->paces, r->said.queued, sim->now - r->arrived);
    if (!is_silent(b))
        say(b, sim, r, service_of(r, status));
    send_token(b, sim);
}
