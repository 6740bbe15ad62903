/* remap_trial.c - builds the balancer of a question, and changes it: while it runs, or by a new
 * configuration read by a new process. */
#include "remap_trial.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../algorithms/lb.h"
#include "../base/rng.h"
#include "../base/xalloc.h"

/* ---- names and ids ---- */

/* "10.0.0.#:80" becomes "10.0.0.4:80" for number 3. */
static void name_of(const struct remap_question *q, uint32_t number, char name[128])
{
    const char *at = q->names ? strchr(q->names, '#') : NULL;

    if (at)
        snprintf(name, 128, "%.*s%" PRIu32 "%s", (int)(at - q->names), q->names, number + 1,
                 at + 1);
    else
        snprintf(name, 128, "%s[%" PRIu32 "]", q->names ? q->names : "app", number);
}

static void enlist(struct remap_trial *t, uint32_t number, uint32_t weight)
{
    char name[128];

    name_of(t->q, number, name);
    lb_add(t->lb, t->q->ids == REMAP_BY_POSITION ? t->count + 1 : lb_hash(name, strlen(name), 0),
           name, weight, 0);
    t->who[t->count++] = number;
}

/* ---- who is meant ---- */

/* Fisher and Yates's. */
static void shuffle(uint32_t *item, uint32_t n, uint64_t seed)
{
    struct rng g = rng_stream(seed, "remap", 0);

    for (uint32_t k = n; k > 1; k--) {
        uint32_t with = (uint32_t)((rng_next(&g) >> 32) * k >> 32), kept = item[k - 1];

        item[k - 1] = item[with];
        item[with] = kept;
    }
}

static uint32_t first_chosen(const struct remap_question *q, uint32_t room)
{
    return q->which == REMAP_MIDDLE ? room / 2 : q->which == REMAP_LAST ? room : 0;
}

static void choose(struct remap_trial *t)
{
    const struct remap_question *q = t->q;
    uint32_t *all = xcalloc(q->backends, sizeof *all);

    for (uint32_t i = 0; i < q->backends; i++)
        all[i] = i;
    if (q->which == REMAP_RANDOM)
        shuffle(all, q->backends, q->seed);
    memcpy(t->chosen, all + first_chosen(q, q->backends - q->by), q->by * sizeof *all);
    free(all);
}

static bool is_choosing(const struct remap_question *q)
{
    return q->change == REMAP_REMOVE || q->change == REMAP_CRASH;
}

static void weigh(struct remap_trial *t)
{
    const struct remap_question *q = t->q;

    for (uint32_t i = 0; i < t->numbers; i++) {
        t->before[i] = i < q->backends;
        t->after[i] = 1;
    }
    if (q->change == REMAP_WEIGHT)
        t->after[q->target] = q->weight;
    for (uint32_t i = 0; is_choosing(q) && !q->returns && i < q->by; i++)
        t->after[t->chosen[i]] = 0;
}

/* ---- faults ---- */

int remap_check(const struct remap_question *q, struct err *err)
{
    if (is_choosing(q) && q->by >= q->backends)
        return err_input(err, "E174", "%s %u of %u backends leaves none",
                         q->change == REMAP_CRASH ? "a crash of" : "removing", q->by, q->backends);
    if (q->change == REMAP_WEIGHT && q->target >= q->backends)
        return err_input(err, "E174", "--weight: there is no backend %u of %u: they are counted "
                         "from 0", q->target, q->backends);
    if (q->change == REMAP_WEIGHT && q->weight == 0 && q->backends == 1)
        return err_input(err, "E174", "--weight: the only backend with weight 0 leaves none");
    return 0;
}

int remap_check_policy(const struct policy *policy, const struct remap_question *q,
                       struct err *err)
{
    uint32_t traits = policy_traits(policy);

    if (!(traits & LB_BY_KEY))
        return err_input(err, "E173", "%s does not map keys to backends: it has nothing to remap",
                         policy->label);
    if (q->given && !q->given->are_addresses && traits & LB_BY_ADDRESS)
        return err_input(err, "E173", "%s goes by the client's address; these keys are texts",
                         policy->label);
    return 0;
}

static int refused(const struct remap_trial *t, const char *why, struct err *err)
{
    return err_input(err, "E107", "%s with %u backends: %s", t->policy->label, t->count, why);
}

/* ---- configurations ---- */

static int start(struct remap_trial *t, const uint32_t *list, uint32_t n, const uint32_t *weight,
                 struct err *err)
{
    const char *why = "";

    lb_free(t->lb);
    t->count = 0;
    t->lb = policy_new(t->policy, t->q->seed);
    for (uint32_t i = 0; i < n; i++)
        enlist(t, list[i], weight[list[i]]);
    return lb_start(t->lb, &why) == 0 ? 0 : refused(t, why, err);
}

static bool is_gone(const struct remap_trial *t, uint32_t number)
{
    return t->q->change == REMAP_REMOVE && t->after[number] == 0;
}

/* The lines of the new configuration: new ones together at their place. */
static uint32_t list_after(const struct remap_trial *t, uint32_t *list)
{
    const struct remap_question *q = t->q;
    uint32_t n = 0, added = t->numbers - q->backends;
    struct rng g = rng_stream(q->seed, "remap", 1);
    uint32_t at = q->which == REMAP_RANDOM ? (uint32_t)(rng_next(&g) % (q->backends + 1u))
                                           : first_chosen(q, q->backends);

    for (uint32_t i = 0; i <= q->backends; i++) {
        for (uint32_t k = 0; i == at && k < added; k++)
            list[n++] = q->backends + k;
        if (i < q->backends && !is_gone(t, i))
            list[n++] = i;
    }
    if (q->change == REMAP_SHUFFLE)
        shuffle(list, n, q->seed);
    return n;
}

static int reload(struct remap_trial *t, struct err *err)
{
    uint32_t *list = xcalloc(t->numbers, sizeof *list);
    int rc = start(t, list, list_after(t, list), t->after, err);

    free(list);
    return rc;
}

/* Keys were asked before: an algorithm that builds when it is asked has built without them. */
static void crash(struct remap_trial *t)
{
    struct lb_request rq = { .hash = 1 };

    for (uint32_t i = 0; i < t->q->by; i++)
        lb_set_state(t->lb, t->chosen[i], LB_DOWN);
    if (!t->q->returns)
        return;
    lb_peek(t->lb, &rq);
    for (uint32_t i = 0; i < t->q->by; i++)
        lb_set_state(t->lb, t->chosen[i], LB_UP);
}

int remap_trial_build(struct remap_trial *t, struct err *err)
{
    uint32_t *list = xcalloc(t->numbers, sizeof *list);
    int rc;

    for (uint32_t i = 0; i < t->q->backends; i++)
        list[i] = i;
    rc = start(t, list, t->q->backends, t->before, err);
    free(list);
    return rc;
}

int remap_trial_change(struct remap_trial *t, struct err *err)
{
    const struct remap_question *q = t->q;

    if (q->manner == REMAP_RELOADED || q->change == REMAP_SHUFFLE)
        return reload(t, err);
    if (q->change == REMAP_WEIGHT)
        lb_set_weight(t->lb, q->target, q->weight);
    else if (q->change == REMAP_CRASH)
        crash(t);
    for (uint32_t i = 0; q->change == REMAP_REMOVE && i < q->by; i++)
        lb_remove(t->lb, t->chosen[i]);
    for (uint32_t i = q->backends; i < t->numbers; i++)
        enlist(t, i, 1);
    return 0;
}

int remap_trial_begin(struct remap_trial *t, const struct policy *policy,
                      const struct remap_question *q, struct err *err)
{
    *t = (struct remap_trial){ .policy = policy, .q = q };
    if (remap_check(q, err) < 0 || remap_check_policy(policy, q, err) < 0)
        return -1;
    t->numbers = q->backends + (q->change == REMAP_ADD ? q->by : 0);
    t->who = xcalloc(t->numbers, sizeof *t->who);
    t->before = xcalloc(t->numbers, sizeof *t->before);
    t->after = xcalloc(t->numbers, sizeof *t->after);
    t->chosen = xcalloc((size_t)q->by + 1, sizeof *t->chosen);
    if (is_choosing(q))
        choose(t);
    weigh(t);
    return 0;
}

void remap_trial_fini(struct remap_trial *t)
{
    lb_free(t->lb);
    free(t->who);
    free(t->before);
    free(t->after);
    free(t->chosen);
    *t = (struct remap_trial){ .lb = NULL };
}
