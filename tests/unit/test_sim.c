/* test_sim.c - how messages move: frames, ways back, forks, cancels; by nodes that only take
 * notes. */
#include "unit.h"

#include "../../sim/core/sim.h"

#include <string.h>

/* Notes its name for everything that it sees; sends requests on, or answers when it is the last. */
struct scribe {
    struct node node;
    struct link out;
    uint32_t to;
    bool pushes;
    char *notes;
};

static void write_down(struct scribe *s, const struct sim *sim, char what)
{
    sprintf(s->notes + strlen(s->notes), "%c%u@%llu ", what, s->node.id,
            (unsigned long long)sim->now);
}

static void scribe_request(struct node *n, struct sim *sim, struct req *r)
{
    struct scribe *s = (struct scribe *)n;

    write_down(s, sim, 'q');
    if (s->to == NONE) {
        sim_reply(sim, r);
        return;
    }
    if (s->pushes)
        sim_via(sim, n, r);
    sim_forward(sim, &s->out, s->to, r);
}

static void scribe_reply(struct node *n, struct sim *sim, struct req *r, struct hop *me)
{
    CU_ASSERT_EQUAL(me->node, n->id);
    write_down((struct scribe *)n, sim, 'r');
    if (r->depth > 0)
        sim_reply(sim, r);
    else
        sim_free(sim, r);
}

static void scribe_timer(struct node *n, struct sim *sim, uint32_t arg, uint64_t token)
{
    (void)arg, (void)token;
    write_down((struct scribe *)n, sim, 't');
}

static void destroy(struct node *n)
{
    (void)n;
}

static const struct node_ops scribe_ops = { .kind = "scribe",
                                            .request = scribe_request,
                                            .reply = scribe_reply,
                                            .timer = scribe_timer,
                                            .destroy = destroy };

struct desk {
    struct sim sim;
    struct scribe scribe[4];
    char notes[1000];
};

static void desk_begin(struct desk *d)
{
    memset(d, 0, sizeof *d);
    sim_init(&d->sim, 1, 4, 4);
    for (uint32_t i = 0; i < 4; i++) {
        d->scribe[i] = (struct scribe){ .node.ops = &scribe_ops,
                                        .out.lane = NONE,
                                        .pushes = true,
                                        .to = i < 3 ? i + 1 : NONE,
                                        .notes = d->notes };
        sim_put_node(&d->sim, &d->scribe[i].node, i, "scribe");
    }
}

static void delay(struct desk *d, uint32_t i, const struct dist *latency)
{
    d->scribe[i].out = sim_link(&d->sim, latency, i);
}

static void a_reply_goes_back_by_those_who_pushed_and_takes_all_links(void)
{
    static const struct {
        bool pushes[3];
        nsec delay[3];
        const char *notes;
    } row[] = {
        { { 1, 1, 1 }, { 0, 0, 0 }, "q0@0 q1@0 q2@0 q3@0 r2@0 r1@0 r0@0 " },
        { { 1, 1, 1 }, { 5, 7, 9 }, "q0@0 q1@5 q2@12 q3@21 r2@30 r1@37 r0@42 " },
        { { 1, 0, 1 }, { 5, 7, 9 }, "q0@0 q1@5 q2@12 q3@21 r2@30 r0@42 " },
        { { 1, 0, 0 }, { 5, 7, 9 }, "q0@0 q1@5 q2@12 q3@21 r0@42 " },
        { { 1, 1, 0 }, { 0, 7, 9 }, "q0@0 q1@0 q2@7 q3@16 r1@32 r0@32 " },
    };

    for (size_t k = 0; k < ARRAY_LEN(row); k++) {
        struct dist latency;
        struct desk d;

        desk_begin(&d);
        for (uint32_t i = 0; i < 3; i++) {
            dist_set_constant(&latency, (double)row[k].delay[i]);
            delay(&d, i, &latency);
            d.scribe[i].pushes = row[k].pushes[i];
        }
        scribe_request(&d.scribe[0].node, &d.sim, sim_new(&d.sim, MSG_ASK));
        sim_run(&d.sim, NULL, NULL);
        CU_ASSERT_STRING_EQUAL(d.notes, row[k].notes);
        sim_fini(&d.sim);
    }
}

static void a_post_waits_for_its_turn_and_a_forward_does_not(void)
{
    struct desk d;

    desk_begin(&d);
    sim_wake_at(&d.sim, &d.scribe[0].node, 0, 0);
    struct req *r = sim_new(&d.sim, MSG_ASK);
    sim_via(&d.sim, &d.scribe[2].node, r);
    sim_post(&d.sim, &d.scribe[2].out, 3, r);
    CU_ASSERT_STRING_EQUAL(d.notes, "");
    sim_run(&d.sim, NULL, NULL);
    CU_ASSERT_STRING_EQUAL(d.notes, "t0@0 q3@0 r2@0 ");
    sim_fini(&d.sim);
}

static void a_jittered_link_draws_from_luck_each_way(void)
{
    struct dist d = { .kind = dist_find("uniform") };
    const double set[DIST_KEYS] = { 1000, 2000 };
    char why[200];
    struct sim sim;

    CU_ASSERT_FATAL(d.kind->set(&d, set, why, sizeof why) == 0);
    sim_init(&sim, 1, 1, 1);
    struct link l = sim_link(&sim, &d, 5), other = sim_link(&sim, &d, 6);
    nsec back[4];
    for (uint32_t i = 0; i < 4; i++) {
        struct req *r = sim_new(&sim, MSG_ASK);

        r->luck = i == 3 ? 78 : 77;
        sim_post(&sim, i == 2 ? &other : &l, 0, r);
        back[i] = r->back;
        CU_ASSERT(r->back >= 1000 && r->back <= 2000);
    }
    CU_ASSERT_EQUAL(back[0], back[1]); /* the same request, the same network */
    CU_ASSERT_NOT_EQUAL(back[0], back[2]);
    CU_ASSERT_NOT_EQUAL(back[0], back[3]);
    sim_fini(&sim);
}

/* ---- forks ---- */

static struct req *deep_request(struct desk *d)
{
    struct req *r = sim_new(&d->sim, MSG_ASK);

    for (uint32_t i = 0; i < 3; i++)
        sim_via(&d->sim, &d->scribe[i].node, r)->back = 10 + i;
    return r;
}

static void a_fork_takes_the_frames_below_and_leaves_the_rest(void)
{
    struct desk d;

    desk_begin(&d);
    struct req *old = deep_request(&d);
    struct req *r = sim_fork(&d.sim, &d.scribe[1].node, old);
    CU_ASSERT(r->depth == 1 && r->via[0].node == 0 && r->back == 11);
    CU_ASSERT(old->depth == 2 && old->via[0].node == 1 && old->via[1].node == 2);
    CU_ASSERT(old->is_orphan && !r->is_orphan);
    CU_ASSERT(r->root == old->id && sim_current(&d.sim, old->id) == r && old->holds == 2);
    sim_free(&d.sim, old);
    CU_ASSERT_PTR_EQUAL(sim_current(&d.sim, r->root), r); /* the root stays while r lives */
    CU_ASSERT_PTR_NOT_EQUAL(sim_new(&d.sim, MSG_ASK), old);
    sim_free(&d.sim, r);
    CU_ASSERT_PTR_EQUAL(sim_new(&d.sim, MSG_ASK), old);
    sim_fini(&d.sim);
}

/* Its client has given up; a balancer on the way gives up on it as well, before the CANCEL is
 * there. */
static void a_fork_of_what_nobody_waits_for_is_waited_for_by_nobody(void)
{
    struct desk d;

    desk_begin(&d);
    struct req *old = deep_request(&d);
    old->is_orphan = true;
    struct req *r = sim_fork(&d.sim, &d.scribe[1].node, old);
    CU_ASSERT(r->is_orphan);
    sim_free(&d.sim, r);
    sim_free(&d.sim, old);
    sim_fini(&d.sim);
}

/* ---- cancels ---- */

static struct req cancel_of(const struct req *target, enum cancel_scope scope)
{
    return (struct req){ .what = MSG_CANCEL,
                         .target = target->id,
                         .target_serial = target->serial,
                         .is_target_whole = scope == CANCEL_REQUEST };
}

static void a_cancel_finds_the_attempt_or_the_present_one(void)
{
    struct desk d;

    desk_begin(&d);
    struct req *old = deep_request(&d);
    struct req attempt = cancel_of(old, CANCEL_ATTEMPT), whole = cancel_of(old, CANCEL_REQUEST);
    CU_ASSERT_PTR_EQUAL(sim_cancel_target(&d.sim, &whole), old);
    struct req *r = sim_fork(&d.sim, &d.scribe[1].node, old);
    CU_ASSERT_PTR_EQUAL(sim_cancel_target(&d.sim, &attempt), old);
    CU_ASSERT_PTR_EQUAL(sim_cancel_target(&d.sim, &whole), r);
    sim_free(&d.sim, old);
    CU_ASSERT_PTR_NULL(sim_cancel_target(&d.sim, &attempt));
    CU_ASSERT_PTR_EQUAL(sim_cancel_target(&d.sim, &whole), r);
    sim_free(&d.sim, r);
    CU_ASSERT_PTR_NULL(sim_cancel_target(&d.sim, &whole));
    sim_fini(&d.sim);
}

static void a_cancel_never_finds_a_later_user_of_the_struct(void)
{
    struct desk d;

    desk_begin(&d);
    struct req *r = deep_request(&d);
    struct req attempt = cancel_of(r, CANCEL_ATTEMPT), whole = cancel_of(r, CANCEL_REQUEST);
    sim_free(&d.sim, r);
    CU_ASSERT_PTR_EQUAL(sim_new(&d.sim, MSG_ASK), r);
    CU_ASSERT_PTR_NULL(sim_cancel_target(&d.sim, &attempt));
    CU_ASSERT_PTR_NULL(sim_cancel_target(&d.sim, &whole));
    sim_fini(&d.sim);
}

/* An orphan of the first attempt is still out, so that the root lives; the second attempt is
 * answered and its struct is another request's by the time the client's CANCEL arrives. */
static void a_cancel_never_finds_a_later_user_of_the_present_attempts_struct(void)
{
    struct desk d;

    desk_begin(&d);
    struct req *old = deep_request(&d);
    struct req whole = cancel_of(old, CANCEL_REQUEST);
    struct req *second = sim_fork(&d.sim, &d.scribe[1].node, old);
    sim_free(&d.sim, second);
    CU_ASSERT_PTR_EQUAL_FATAL(sim_new(&d.sim, MSG_ASK), second);
    CU_ASSERT_PTR_NULL(sim_cancel_target(&d.sim, &whole));
    sim_fini(&d.sim);
}

/* ---- the loop ---- */

static void nothing_happens_after_the_horizon(void)
{
    struct desk d;

    desk_begin(&d);
    d.sim.horizon = 10;
    sim_wake_at(&d.sim, &d.scribe[0].node, 10, 0);
    sim_wake_at(&d.sim, &d.scribe[0].node, 11, 0);
    sim_run(&d.sim, NULL, NULL);
    CU_ASSERT_STRING_EQUAL(d.notes, "t0@10 ");
    CU_ASSERT_EQUAL(d.sim.now, 10);
    sim_fini(&d.sim);
}

static void again_and_again_at_once(struct node *n, struct sim *sim, uint32_t arg, uint64_t token)
{
    (void)token;
    sim_wake(sim, n, 0, arg);
}

static void time_that_stands_still_ends_the_run(void)
{
    static const struct node_ops ops = { .kind = "spin",
                                         .timer = again_and_again_at_once,
                                         .destroy = destroy };
    struct node n = { .ops = &ops };
    struct sim sim;

    sim_init(&sim, 1, 1, 1);
    sim_put_node(&sim, &n, 0, "spin");
    sim_wake(&sim, &n, 5, 0);
    sim_run(&sim, NULL, NULL);
    CU_ASSERT(sim.stuck && sim.now == 5);
    sim_fini(&sim);
}

static const struct unit_test tests[] = {
    { "a_reply_goes_back_by_those_who_pushed_and_takes_all_links",
      a_reply_goes_back_by_those_who_pushed_and_takes_all_links },
    { "a_post_waits_for_its_turn_and_a_forward_does_not",
      a_post_waits_for_its_turn_and_a_forward_does_not },
    { "a_jittered_link_draws_from_luck_each_way", a_jittered_link_draws_from_luck_each_way },
    { "a_fork_takes_the_frames_below_and_leaves_the_rest",
      a_fork_takes_the_frames_below_and_leaves_the_rest },
    { "a_fork_of_what_nobody_waits_for_is_waited_for_by_nobody",
      a_fork_of_what_nobody_waits_for_is_waited_for_by_nobody },
    { "a_cancel_finds_the_attempt_or_the_present_one",
      a_cancel_finds_the_attempt_or_the_present_one },
    { "a_cancel_never_finds_a_later_user_of_the_struct",
      a_cancel_never_finds_a_later_user_of_the_struct },
    { "a_cancel_never_finds_a_later_user_of_the_present_attempts_struct",
      a_cancel_never_finds_a_later_user_of_the_present_attempts_struct },
    { "nothing_happens_after_the_horizon", nothing_happens_after_the_horizon },
    { "time_that_stands_still_ends_the_run", time_that_stands_still_ends_the_run },
};

UNIT_MAIN("sim", tests)
