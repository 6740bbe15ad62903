/* balancer_health.c - what an instance believes of its peers, and why: active checks, results of
 * requests (observe, max_fails, outlier detection), and what it does when nobody is left. */
#include "balancer.h"

/* ---- what it believes ---- */

static bool is_out(const struct balancer *b, uint32_t i)
{
    const struct peer *p = &b->peer[i];

    return p->health.is_down || p->passive.is_out
           || (b->outlier != NULL && outlier_is_out(b->outlier, i));
}

void balancer_tell_state(struct balancer *b, uint32_t i)
{
    enum lb_state up = b->peer[i].is_drained ? LB_DRAINING : LB_UP;

    if (!b->peer[i].is_removed && b->head == b)
        lb_set_state(b->lb, i, is_out(b, i) && !b->is_open ? LB_DOWN : up);
}

static bool is_anyone_left(const struct balancer *b)
{
    for (uint32_t i = 0; i < b->peers; i++)
        if (!b->peer[i].is_removed && !b->peer[i].is_drained && !is_out(b, i))
            return true;
    return false;
}

/* Envoy's panic at its least: when nobody is believed to be up, belief counts for nothing. */
static void open_or_close(struct balancer *b)
{
    bool is_open = b->config->fail_open && !is_anyone_left(b);

    if (is_open == b->is_open)
        return;
    b->is_open = is_open;
    for (uint32_t i = 0; i < b->peers; i++)
        balancer_tell_state(b, i);
}

/* To be called when is_out() of a peer has changed. */
static void turn(struct balancer *b, struct sim *sim, uint32_t i)
{
    struct peer *p = &b->peer[i];

    if (p->is_removed)
        return;
    if (is_out(b, i) && b->lb->backend[i].state != LB_DOWN && p->backend != NONE)
        backend_taken_out(sim->node[p->target], sim, &p->fault_seen);
    balancer_tell_state(b, i);
    open_or_close(b);
}

void balancer_forget_peer(struct balancer *b, uint32_t i)
{
    if (b->outlier != NULL && i < b->watched)
        outlier_remove(b->outlier, i);
    open_or_close(b);
}

/* ---- active checks ---- */

static uint64_t lot(const struct balancer *b, const struct sim *sim, uint32_t peer)
{
    return rng_mix(rng_mix(sim->seed) ^ ((uint64_t)b->instance << 32 | peer));
}

static nsec share_of(nsec time, uint64_t lot)
{
    return (nsec)(((u128)lot * time) >> 64);
}

static void plan_check(struct balancer *b, struct sim *sim, uint32_t i, nsec wait)
{
    struct peer *p = &b->peer[i];

    if (b->config->health.jitter > 0)
        wait += share_of(b->config->health.jitter, rng_mix(lot(b, sim, i) ^ ++p->checks));
    p->next_at = sim->now + wait;
    p->next_check = sim_wake(sim, &b->node, wait, BALANCER_CHECK | i);
}

/* Checks of many peers and instances are spread over the interval, by the seed. */
static void begin_checks(struct balancer *b, struct sim *sim, uint32_t i)
{
    const struct health_config *c = &b->config->health;
    nsec wait = c->first != NEVER ? c->first : share_of(c->interval, lot(b, sim, i));

    b->peer[i].next_at = sim->now + wait;
    b->peer[i].next_check = sim_wake(sim, &b->node, wait, BALANCER_CHECK | i);
}

static void note_check(struct balancer *b, struct sim *sim, uint32_t i, bool passed)
{
    struct peer *p = &b->peer[i];
    bool is_news = health_note(&p->health, &b->config->health, passed);

    if (passed && b->outlier != NULL)
        is_news |= outlier_forgive(b->outlier, i);
    if (is_news)
        turn(b, sim, i);
}

/* A check has its result, or has none in time. */
static void end_check(struct balancer *b, struct sim *sim, uint32_t i, bool passed)
{
    struct peer *p = &b->peer[i];

    p->probe = 0;
    meter_tally(&sim->meter, TALLY_PROBES_FAILED, !passed);
    if (p->is_removed)
        return;
    note_check(b, sim, i, passed);
    if (b->config->health.pace == PACE_END)
        plan_check(b, sim, i, health_wait(&p->health, &b->config->health));
}

static void send_check(struct balancer *b, struct sim *sim, uint32_t i)
{
    struct req *r = sim_new(sim, MSG_PROBE);
    struct hop *me = sim_via(sim, &b->node, r);

    r->luck = rng_mix(r->serial);
    probe_ask(r, &b->config->health);
    meter_tally(&sim->meter, TALLY_PROBES, 1);
    me->peer = i;
    me->timer = sim_wake(sim, &b->node, b->config->health.timeout, BALANCER_TIMEOUT | i);
    b->peer[i].probe = me->timer;
    sim_post(sim, &b->out, b->peer[i].node, r);
}

static void check(struct balancer *b, struct sim *sim, uint32_t i)
{
    struct peer *p = &b->peer[i];

    if (p->is_removed)
        return;                     /* no more checks */
    if (b->config->health.pace == PACE_START)
        plan_check(b, sim, i, health_wait(&p->health, &b->config->health));
    if (p->probe == 0)
        send_check(b, sim, i);
}

void balancer_probed(struct balancer *b, struct sim *sim, struct req *r, const struct hop *me)
{
    if (r->key == CHECK_LOAD) {
        balancer_told(b, sim, r, me->peer);
        return;
    }
    if (b->peer[me->peer].probe == me->timer)
        end_check(b, sim, me->peer, r->status == STATUS_OK);
    sim_free(sim, r);
}

/* ---- results of requests: observe ---- */

/* HAProxy 2.6: layer7 takes 100..499, 501 and 505 for good. */
static bool is_error(enum observe observe, enum status status)
{
    if (observe == OBSERVE_L4)
        return status == STATUS_REFUSED;
    return status != STATUS_OK && status != STATUS_CANCELLED;
}

static void hasten_check(struct balancer *b, struct sim *sim, uint32_t i)
{
    const struct health_config *c = &b->config->health;
    nsec wait = c->fast_interval > 0 ? c->fast_interval : c->interval;

    if (b->peer[i].probe == 0 && sim->now + wait < b->peer[i].next_at)
        plan_check(b, sim, i, wait);
}

static void act_on_error(struct balancer *b, struct sim *sim, uint32_t i)
{
    struct health *h = &b->peer[i].health;

    switch ((enum on_error)b->config->health.on_error) {
    case ON_ERROR_FASTINTER:
        break;
    case ON_ERROR_FAIL_CHECK:
        note_check(b, sim, i, false);
        break;
    case ON_ERROR_SUDDEN_DEATH:     /* one more failed check, and it is down */
        if (!h->is_down)
            h->streak = b->config->health.fall - 1;
        break;
    case ON_ERROR_MARK_DOWN:
        if (health_condemn(h))
            turn(b, sim, i);
        break;
    }
    hasten_check(b, sim, i);
}

static void observe(struct balancer *b, struct sim *sim, uint32_t i, enum status status)
{
    const struct health_config *c = &b->config->health;
    struct peer *p = &b->peer[i];

    p->errors = is_error((enum observe)c->observe, status) ? p->errors + 1 : 0;
    if (p->errors < c->error_limit)
        return;
    p->errors = 0;
    act_on_error(b, sim, i);
}

/* ---- results of requests: max_fails, outlier detection ---- */

static bool is_failure(const struct passive_config *c, enum status status)
{
    return retry_is_reason(&(struct retry_config){ .on = c->on }, status);
}

static void wait_for_passive(struct balancer *b, struct sim *sim, uint32_t i)
{
    sim_wake_at(sim, &b->node, passive_when(&b->config->passive, sim->now), BALANCER_PASSIVE | i);
}

/* nginx does not mark the only one it has. */
static void note_passive(struct balancer *b, struct sim *sim, uint32_t i, enum status status)
{
    const struct passive_config *c = &b->config->passive;
    bool failed = is_failure(c, status);

    if (c->rule == PASSIVE_NGINX && b->peers == 1)
        return;
    if (failed)
        wait_for_passive(b, sim, i);
    if (passive_note(&b->peer[i].passive, c, sim->now, failed))
        turn(b, sim, i);
}

void balancer_note_pick(struct balancer *b, struct sim *sim, uint32_t i)
{
    const struct passive_config *c = &b->config->passive;

    b = b->head;
    if (c->max_fails == 0 || !passive_picked(&b->peer[i].passive, c, sim->now))
        return;
    wait_for_passive(b, sim, i);
    turn(b, sim, i);
}

void balancer_learn(struct balancer *b, struct sim *sim, uint32_t i, enum status status)
{
    b = b->head;
    if (b->peer[i].is_removed || status == STATUS_CANCELLED)
        return;
    if (b->config->health.observe != OBSERVE_NOTHING)
        observe(b, sim, i, status);
    if (b->config->passive.max_fails > 0)
        note_passive(b, sim, i, status);
    if (b->outlier != NULL && outlier_note(b->outlier, i, sim->now, status))
        turn(b, sim, i);
}

struct ticking { struct balancer *b; struct sim *sim; };

static void turn_host(void *arg, uint32_t i)
{
    const struct ticking *t = arg;

    turn(t->b, t->sim, i);
}

static void tick(struct balancer *b, struct sim *sim)
{
    struct ticking t = { b, sim };

    sim_wake(sim, &b->node, b->config->outlier.interval, BALANCER_TICK);
    outlier_tick(b->outlier, sim->now, turn_host, &t);
}

/* ---- timers ---- */

void balancer_timer(struct balancer *b, struct sim *sim, uint32_t arg, uint64_t token)
{
    uint32_t kind = arg & BALANCER_TICK, i = arg & ~BALANCER_TICK;

    if (kind == BALANCER_TICK)
        tick(b, sim);
    else if (kind == BALANCER_SIGNAL)
        balancer_signal_timer(b, sim, arg);
    else if (kind == BALANCER_CHECK && b->peer[i].next_check == token)
        check(b, sim, i);
    else if (kind == BALANCER_TIMEOUT && b->peer[i].probe == token)
        end_check(b, sim, i, false);
    else if (kind == BALANCER_PASSIVE && !b->peer[i].is_removed
             && passive_due(&b->peer[i].passive, &b->config->passive, sim->now))
        turn(b, sim, i);
}

bool balancer_is_waiting(const struct balancer *b, uint32_t arg, uint64_t token)
{
    uint32_t kind = arg & BALANCER_TICK, i = arg & ~BALANCER_TICK;

    if (kind == BALANCER_CHECK)
        return b->peer[i].next_check == token;
    return kind != BALANCER_TIMEOUT || b->peer[i].probe == token;
}

/* ---- start ---- */

static bool learns_from_requests(const struct balancer_config *c)
{
    return c->outlier.interval > 0 || c->passive.max_fails > 0
           || c->health.observe != OBSERVE_NOTHING;
}

/* Peers are begun with in the order in which they were added: hosts are numbered alike. */
static void begin_peer(struct balancer *b, struct sim *sim, uint32_t i)
{
    if (b->peer[i].backend != NONE && (b->config->health.interval > 0 || b->is_watching))
        backend_watch(sim->node[b->peer[i].target]);
    if (b->outlier != NULL)
        outlier_add(b->outlier);
    if (b->config->health.interval > 0)
        begin_checks(b, sim, i);
    b->watched = i + 1;
}

void balancer_begin_health(struct balancer *b, struct sim *sim)
{
    const struct balancer_config *c = b->config;

    b->is_watching = learns_from_requests(c);
    if (b->head != b)
        return;                     /* the head checks for all of them */
    if (c->outlier.interval > 0) {
        b->outlier = outlier_new(&c->outlier, rng_mix(sim->seed) ^ b->node.id);
        sim_wake(sim, &b->node, c->outlier.interval, BALANCER_TICK);
    }
    if (c->health.interval > 0) {
        evq_lane_new(&sim->queue, c->health.interval);
        evq_lane_new(&sim->queue, c->health.timeout);
    }
    for (uint32_t i = 0; i < b->peers; i++)
        begin_peer(b, sim, i);
}

void balancer_watch_peer(struct node *n, struct sim *sim, uint32_t peer_node)
{
    struct balancer *b = (struct balancer *)n;

    for (uint32_t i = b->watched; b->head == b && i < b->peers; i++)
        if (b->peer[i].target == peer_node)
            begin_peer(b, sim, i);
    balancer_listen(b, sim, b->peers - 1);
}
