/* balancer_signals.c - what an instance hears of its peers' load: in replies, every so often, as
 * answers to its probes, as idle tokens.  All of it, and only it, comes later by `signal_delay`;
 * what an instance has in flight itself is exact. */
#include "balancer.h"
#include "upstream.h"

#include <stdlib.h>

#include "../base/xalloc.h"

enum { MOST_PROBES = 32 };          /* at a time */

/* What was heard and is not known yet. */
struct late { uint32_t peer; struct lb_outcome said; };

struct signals {
    uint32_t heard;                 /* enum lb_signal, without LB_OWN */
    bool     in_replies;
    double   due;                   /* probes not sent yet */
    uint64_t draws;
    struct late *late;              /* [room], a power of two: a ring, the oldest at `first` */
    uint32_t first, waiting, room;
};

/* The link to this peer: an l7 with connections of its own has them before it. */
static const struct link *way_to(const struct balancer *b, const struct sim *sim, uint32_t peer)
{
    return upstream_is_wanted(b->config) ? upstream_way(sim->node[b->peer[peer].node]) : &b->out;
}

/* ---- what was said arrives ---- */

static void keep_late(struct signals *s, uint32_t peer, const struct lb_outcome *said)
{
    if (s->waiting == s->room) {
        uint32_t room = s->room ? 2 * s->room : 64;
        struct late *late = xcalloc(room, sizeof *late);

        for (uint32_t k = 0; k < s->waiting; k++)
            late[k] = s->late[(s->first + k) & (s->room - 1)];
        free(s->late);
        *s = (struct signals){ .heard = s->heard, .in_replies = s->in_replies, .due = s->due,
                               .draws = s->draws, .late = late, .waiting = s->waiting,
                               .room = room };
    }
    s->late[(s->first + s->waiting++) & (s->room - 1)] = (struct late){ peer, *said };
}

static void hear(struct balancer *b, struct sim *sim, uint32_t peer, const struct lb_outcome *said)
{
    if (b->config->signal_delay > 0) {
        keep_late(b->signals, peer, said);
        sim_wake(sim, &b->node, b->config->signal_delay, BALANCER_SIGNAL);
    } else if (!b->peer[peer].is_removed) {
        lb_report(b->lb, peer, said);
    }
}

static void hear_oldest(struct balancer *b, const struct sim *sim)
{
    struct signals *s = b->signals;
    struct late *l = &s->late[s->first];

    s->first = (s->first + 1) & (s->room - 1);
    s->waiting--;
    l->said.now = sim->now;
    if (!b->peer[l->peer].is_removed)
        lb_report(b->lb, l->peer, &l->said);
}

/* Said by this very peer in answer to this very message. */
static bool is_said(const struct balancer *b, uint32_t peer, const struct req *r)
{
    return r->said.by == b->peer[peer].target && r->said.mark == sim_mark(r);
}

void balancer_told(struct balancer *b, struct sim *sim, struct req *r, uint32_t peer)
{
    if (r->status == STATUS_OK && is_said(b, peer, r))
        hear(b, sim, peer, &(struct lb_outcome){
            .now = sim->now, .latency = r->said.time, .load = r->said.load, .rps = r->said.rps,
            .eps = r->said.eps, .queued = r->said.queued });
    sim_free(sim, r);
}

void balancer_done_and_told(struct balancer *b, struct sim *sim, uint32_t peer, nsec latency,
                            enum lb_result result, const struct req *reply)
{
    struct lb_outcome o = { .now = sim->now, .latency = latency, .load = -1, .result = result };

    if (b->signals->in_replies && is_said(b, peer, reply)) {
        struct lb_outcome said = {
            .now = sim->now, .load = reply->said.load, .result = result, .rps = reply->said.rps,
            .eps = reply->said.eps, .service = reply->said.time, .queued = reply->said.queued };

        if (b->config->signal_delay > 0)
            hear(b, sim, peer, &said);
        else
            o = said;
        o.latency = latency;
    }
    lb_complete(b->lb, peer, &o);
}

/* ---- probes ---- */

static uint64_t lot(struct balancer *b, const struct sim *sim)
{
    return rng_mix(rng_mix(sim->seed) ^ ((uint64_t)b->node.id << 40 | b->signals->draws++));
}

static void send_probe(struct balancer *b, struct sim *sim, uint32_t peer)
{
    struct req *r = sim_new(sim, MSG_PROBE);

    r->luck = rng_mix(r->serial);
    r->key = CHECK_LOAD;
    sim_via(sim, &b->node, r)->peer = peer;
    meter_tally(&sim->meter, TALLY_SIGNALS, 1);
    sim_post(sim, &b->out, b->peer[peer].node, r);
}

static bool is_among(const uint32_t *peer, uint32_t count, uint32_t wanted)
{
    while (count-- > 0)
        if (peer[count] == wanted)
            return true;
    return false;
}

/* So many, each to another one of those that may be picked, drawn without replacement. */
static void send_probes(struct balancer *b, struct sim *sim, uint32_t count)
{
    uint32_t asked[MOST_PROBES], n = 0;

    count = count < b->lb->live_count ? count : b->lb->live_count;
    while (n < count) {
        uint32_t k = (uint32_t)((lot(b, sim) >> 32) * b->lb->live_count >> 32);

        if (is_among(asked, n, b->lb->live[k]))
            continue;
        asked[n++] = b->lb->live[k];
        send_probe(b, sim, asked[n - 1]);
    }
}

void balancer_probe(struct balancer *b, struct sim *sim)
{
    struct signals *s = b->signals;

    if (!(s->heard & LB_PROBED))
        return;
    s->due += lb_probes(b->lb);
    uint32_t whole = s->due < MOST_PROBES ? (uint32_t)s->due : MOST_PROBES;
    s->due -= whole;
    send_probes(b, sim, whole);
}

/* ---- reports ---- */

#define REPORT_DUE (1u << 28)

static void await_report(struct balancer *b, struct sim *sim, uint32_t i, nsec wait)
{
    sim_wake(sim, &b->node, wait, BALANCER_SIGNAL | REPORT_DUE | i);
}

static void begin_reports(struct balancer *b, struct sim *sim, uint32_t i)
{
    const struct reports_config *c = &b->config->reports;
    uint64_t share = c->is_together ? UINT64_MAX : lot(b, sim);

    await_report(b, sim, i, (nsec)(((u128)share * c->interval) >> 64) + 1);
}

static void take_report(struct balancer *b, struct sim *sim, uint32_t i)
{
    if (b->peer[i].is_removed)
        return;                     /* no more of them */
    await_report(b, sim, i, b->config->reports.interval);
    backend_tell(sim->node[b->peer[i].target], sim, &b->node, i, way_to(b, sim, i));
}

void balancer_signal_timer(struct balancer *b, struct sim *sim, uint32_t arg)
{
    if (arg & REPORT_DUE)
        take_report(b, sim, arg & ~(BALANCER_TICK | REPORT_DUE));
    else
        hear_oldest(b, sim);
}

/* ---- start ---- */

/* Instances that share one balancer of the library have one list: its head gets what is sent. */
void balancer_listen(struct balancer *b, struct sim *sim, uint32_t i)
{
    uint32_t heard = b->signals != NULL ? b->signals->heard : 0;

    if (heard == 0 || b->peer[i].backend == NONE)
        return;
    struct node *backend = sim->node[b->peer[i].target];
    backend_keep_count(backend);
    if (heard & LB_PROBED)
        backend_keep_paces(backend);
    if (b->head != b)
        return;
    if (heard & LB_TOKENS)
        backend_listen_for_idle(backend, sim, &b->node, i, way_to(b, sim, i),
                                (enum layer)b->config->layer);
    if (heard & LB_REPORTED && b->config->reports.interval > 0)
        begin_reports(b, sim, i);
}

void balancer_begin_signals(struct balancer *b, struct sim *sim)
{
    uint32_t heard = lb_signals(b->lb) & ~(uint32_t)LB_OWN;

    if (heard == 0)
        return;
    b->signals = xcalloc(1, sizeof *b->signals);
    b->signals->heard = heard;
    b->signals->in_replies = heard & LB_REPORTED && b->config->reports.interval == 0;
    if (b->config->signal_delay > 0)
        evq_lane_new(&sim->queue, b->config->signal_delay);
    for (uint32_t i = 0; i < b->peers; i++)
        balancer_listen(b, sim, i);
}

void balancer_end_signals(struct balancer *b)
{
    if (b->signals != NULL)
        free(b->signals->late);
    free(b->signals);
}
