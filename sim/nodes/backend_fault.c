/* backend_fault.c - how badly off a backend is, who is to blame, and which balancers found it. */
#include "backend.h"

/* ---- faults, and who finds them ---- */

/* What is planned is told to the balancers: there is nothing to find. */
static bool is_at_fault(const struct backend *b)
{
    for (uint32_t i = 0; i < BLAMES; i++)
        if (i != BLAME_PLAN && b->blamed[i].condition != CONDITION_GOOD)
            return true;
    return b->is_slow;
}

static void note_fault(struct backend *b, struct sim *sim)
{
    bool is_one = is_at_fault(b);

    if (is_one == (b->fault.since != NEVER))
        return;
    b->fault = (struct fault){ .since = is_one ? sim->now : NEVER };
    if (is_one && b->watchers > 0)
        meter_tally(&sim->meter, TALLY_FAULTS, 1);
}

void backend_watch(struct node *n)
{
    ((struct backend *)n)->watchers++;
}

/* Detected when the last that watches has found it. */
void backend_taken_out(struct node *n, struct sim *sim, nsec *seen)
{
    struct backend *b = (struct backend *)n;
    struct fault *f = &b->fault;

    meter_tally(&sim->meter, TALLY_TAKEN_OUT, 1);
    if (f->since == NEVER && b->condition == CONDITION_GOOD)
        meter_tally(&sim->meter, TALLY_TAKEN_OUT_WELL, 1);
    if (f->since == NEVER || *seen == f->since)
        return;
    *seen = f->since;
    if (++f->found != b->watchers)
        return;
    meter_tally(&sim->meter, TALLY_FAULTS_DETECTED, 1);
    meter_tally(&sim->meter, TALLY_DETECTION_NS, sim->now - f->since);
    meter_tally_max(&sim->meter, TALLY_DETECTION_MAX_NS, sim->now - f->since);
}

/* ---- blame ---- */

static void settle(struct backend *b, struct sim *sim)
{
    struct blamed worst = { CONDITION_GOOD, 0 };

    for (uint32_t i = 0; i < BLAMES; i++)
        if (b->blamed[i].condition > worst.condition)
            worst = b->blamed[i];
    b->fails = worst.share;
    note_fault(b, sim);
    if (worst.condition != b->condition)
        backend_enter(b, sim, worst.condition);
}

void backend_fail(struct node *n, struct sim *sim, enum blame blame, enum fail_mode mode,
                  double share)
{
    static const enum condition condition[] = {
        [FAIL_CRASH] = CONDITION_CRASHED, [FAIL_HANG] = CONDITION_HUNG,
        [FAIL_ERROR] = CONDITION_BROKEN, [FAIL_GREY] = CONDITION_GREY,
        [FAIL_DEPENDENCY] = CONDITION_CUT_OFF, [FAIL_RESET] = CONDITION_RESETS,
    };
    struct backend *b = (struct backend *)n;

    b->blamed[blame] = (struct blamed){ condition[mode], share };
    settle(b, sim);
}

void backend_recover(struct node *n, struct sim *sim, enum blame blame)
{
    struct backend *b = (struct backend *)n;

    b->blamed[blame].condition = CONDITION_GOOD;
    settle(b, sim);
}

void backend_cure(struct node *n, struct sim *sim)
{
    struct backend *b = (struct backend *)n;

    for (uint32_t i = 0; i < BLAMES; i++) {
        enum condition c = b->blamed[i].condition;

        if (c != CONDITION_CRASHED && c != CONDITION_CUT_OFF)
            b->blamed[i].condition = CONDITION_GOOD;
    }
    settle(b, sim);
}

void backend_set_speed(struct node *n, struct sim *sim, double factor)
{
    struct backend *b = (struct backend *)n;

    b->is_slow = factor < 1;
    note_fault(b, sim);
    station_set_speed(&b->station, sim, b->speed * factor);
}

void backend_vanish(struct node *n, struct sim *sim)
{
    backend_fail(n, sim, BLAME_PLAN, FAIL_CRASH, 0);
}
