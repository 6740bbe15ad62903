/* run.c - the pipeline from scenarios to results.
 *
 * All cells of all scenarios are one list for one crew of workers.  A scenario with a stop rule
 * comes back for more seeds until its intervals are narrow enough; what is done is never done
 * again. */
#include "run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "../base/xalloc.h"
#include "../results/catalogue.h"
#include "../results/plan_json.h"
#include "conclude.h"
#include "foreman.h"
#include "plan.h"

/* One scenario on its way. */
struct course {
    const struct scenario *scenario;
    struct plan plan;
    struct store store;
    uint32_t replications;          /* wanted so far, a policy */
    double   half_width;            /* of the stop rule, the widest among the policies; NAN */
    struct record **record;         /* [plan.cells]: what is read already; else NULL */
};

struct batch {
    struct course *course;          /* [n] */
    uint32_t n;
    const struct run_options *options;
    struct run_progress progress;
    struct err *err;
};

static bool is_shard(const struct run_options *o)
{
    return o->shards > 0;
}

/* ---- stores ---- */

/* An interval of very few seeds may be narrow by chance: a stop rule begins with ten. */
static uint32_t first_replications(const struct scenario *s)
{
    const uint32_t few = 10;
    uint32_t n = s->run.replications;

    if (!(s->run.until.within > 0) || n >= few)
        return n;
    return few < s->run.until.most ? few : s->run.until.most;
}

static int open_course(struct course *c, const struct scenario *s, const struct run_options *o,
                       struct err *err)
{
    struct arena arena = { .last = NULL };
    struct result_plan for_result;
    char path[PATH_MAX];

    *c = (struct course){ .scenario = s, .replications = first_replications(s),
                          .half_width = NAN };
    plan_make(&c->plan, s);
    c->record = xcalloc(c->plan.cells, sizeof *c->record);
    if (store_open(&c->store, o->results, s->name, c->plan.digest,
                   is_shard(o) ? STORE_SHARED : STORE_ALONE, err) != 0)
        return -1;
    plan_for_result(s, &for_result, &arena);
    store_plan_path(&c->store, path, sizeof path);
    int status = plan_file_write(&for_result, c->plan.digest, path, err);
    arena_fini(&arena);
    return status;
}

static int open_all(struct batch *b, const struct scenario *const *s)
{
    for (uint32_t i = 0; i < b->n; i++)
        if (open_course(&b->course[i], s[i], b->options, b->err) != 0)
            return -1;
    return 0;
}

static void forget_records(struct course *c)
{
    for (uint32_t i = 0; c->record && i < c->plan.cells; i++)
        if (c->record[i]) {
            record_fini(c->record[i]);
            free(c->record[i]);
        }
    free(c->record);
}

/* What is finished needs no records any more, and nobody resumes a private store. */
static void close_all(struct batch *b, int status)
{
    for (uint32_t i = 0; i < b->n; i++) {
        bool is_finished = status == 0 && !is_shard(b->options);

        forget_records(&b->course[i]);
        store_close(&b->course[i].store,
                    is_finished || b->course[i].store.is_private ? STORE_REMOVE : STORE_KEEP);
    }
}

/* ---- cells ---- */

/* Is this shard's turn?  Cells are dealt one by one over all scenarios. */
static bool is_ours(const struct run_options *o, uint32_t number)
{
    return !is_shard(o) || number % o->shards == o->shard;
}

static struct record **place_of(const struct course *c, const struct cell *cell)
{
    return &c->record[cell->policy * c->plan.most + cell->replication];
}

static void add_task(struct batch *b, const struct course *c, const struct cell *cell,
                     struct task *task, uint32_t *tasks)
{
    b->progress.cells++;
    if (store_has(&c->store, cell, c->scenario->run.seed + cell->replication)) {
        b->progress.done++;
        return;
    }
    task[(*tasks)++] = (struct task){ c->scenario, &c->store, *cell,
                                      is_shard(b->options) ? NULL : place_of(c, cell) };
}

/* Every cell that is wanted and not yet done; seed by seed, so that a run that is stopped leaves
 * pairs. */
static struct task *list_tasks(struct batch *b, uint32_t *tasks)
{
    uint32_t number = 0, room = 0;
    struct task *task;

    for (uint32_t i = 0; i < b->n; i++)
        room += b->course[i].scenario->policies * b->course[i].replications;
    task = xcalloc(room, sizeof *task);
    b->progress.cells = b->progress.done = *tasks = 0;
    for (uint32_t i = 0; i < b->n; i++) {
        const struct course *c = &b->course[i];

        for (uint32_t k = 0; k < c->replications; k++)
            for (uint32_t p = 0; p < c->scenario->policies; p++)
                if (is_ours(b->options, number++))
                    add_task(b, c, &(struct cell){ p, k }, task, tasks);
    }
    return task;
}

static int simulate(struct batch *b)
{
    uint32_t tasks;
    struct task *task = list_tasks(b, &tasks);
    bool is_first = b->progress.share == 0;

    if (is_first)
        b->progress.resumed = b->progress.done;
    int status = foreman_run(task, tasks, b->options, &b->progress, b->err);
    free(task);
    return status;
}

/* ---- results ---- */

/* What is read is handed on; a second look, after more seeds, reads it again. */
static int take_record(const struct course *c, const struct cell *cell, struct record *record,
                       struct err *err)
{
    struct record **place = place_of(c, cell);

    if (*place == NULL && store_take(&c->store, cell, place, err) != 0)
        return -1;
    *record = **place;
    free(*place);
    *place = NULL;
    return 0;
}

static int finish(const struct course *c, struct result *result, struct err *err)
{
    uint32_t n = c->scenario->policies * c->replications;
    struct record *record = xcalloc(n, sizeof *record);
    struct arena arena = { .last = NULL };
    struct result_plan plan;

    for (uint32_t i = 0; i < n; i++) {
        struct cell cell = { i / c->replications, i % c->replications };

        if (take_record(c, &cell, &record[i], err) != 0) {
            conclude_without(record, i);
            return -1;
        }
    }
    plan_for_result(c->scenario, &plan, &arena);
    plan.replications = c->replications;
    conclude(result, &plan, record);
    arena_fini(&arena);
    return 0;
}

static int finish_all(struct batch *b, struct result *results)
{
    for (uint32_t i = 0; i < b->n; i++)
        if (finish(&b->course[i], &results[i], b->err) != 0) {
            while (i-- > 0)
                result_fini(&results[i]);
            return -1;
        }
    return 0;
}

/* ---- the stop rule ---- */

static bool has_rule(const struct course *c)
{
    return c->scenario->run.until.within > 0;
}

/* Half the interval of the least known policy, as a share of its value.  A policy without a steady
 * value is not waited for; NAN: no policy has a value with an interval. */
static double widest(const struct result *r, const struct until_config *until)
{
    double percentile, widest = NAN;
    const struct metric *m = metric_find(until->metric, &percentile);

    for (uint32_t p = 0; p < r->plan.policies; p++) {
        struct result_quantity q = metric_of_policy(m, r, p, percentile);
        double half = (q.high - q.low) / 2 / fabs(q.value);

        if (!isnan(half) && !(half < widest))
            widest = half;
    }
    return widest;
}

/* So many as the interval seems to need, for it shrinks with the root of their number; at most four
 * times as many, for a few seeds only guess. */
static uint32_t next_replications(const struct course *c)
{
    const struct until_config *until = &c->scenario->run.until;
    double ratio = c->half_width / until->within;
    double wanted = ceil(c->replications * fmin(ratio * ratio, 4));
    uint32_t next = wanted > c->replications ? (uint32_t)wanted : c->replications + 1;

    return next < until->most ? next : until->most;
}

static void warn_unreached(const struct course *c, struct err *err)
{
    const struct until_config *until = &c->scenario->run.until;
    char *what = err_add(err, ERR_WARNING, "W205")->what;

    if (isnan(c->half_width))
        snprintf(what, sizeof err->item[0].what,
                 "%s: %s has no interval with %u seeds, so the stop rule cannot say more",
                 c->scenario->name, until->metric, c->replications);
    else
        snprintf(what, sizeof err->item[0].what,
                 "%s: %s is known within %.2g %% only, not within %.2g %%: %u seeds are the most",
                 c->scenario->name, until->metric, c->half_width * 100, until->within * 100,
                 until->most);
    err_hint(err, isnan(c->half_width) ? "it failed, is saturated, or is the same in every seed"
                                       : "raise run.until.most, or run longer");
}

/* Asks for more seeds where a rule says so: how many scenarios go on, or -1. */
static int ask_for_more(struct batch *b)
{
    int unfinished = 0;

    for (uint32_t i = 0; i < b->n; i++) {
        struct course *c = &b->course[i];
        struct result so_far;

        if (!has_rule(c))
            continue;
        if (finish(c, &so_far, b->err) != 0)
            return -1;
        c->half_width = widest(&so_far, &c->scenario->run.until);
        result_fini(&so_far);
        if (c->half_width <= c->scenario->run.until.within)
            continue;
        if (isnan(c->half_width) || c->replications >= c->scenario->run.until.most) {
            warn_unreached(c, b->err);
            continue;
        }
        b->progress.half_width = c->half_width;
        b->progress.wanted = c->scenario->run.until.within;
        c->replications = next_replications(c);
        unfinished++;
    }
    return unfinished;
}

static int run_rounds(struct batch *b)
{
    int more;

    do {
        int status = simulate(b);

        if (status != 0)
            return status;
        more = is_shard(b->options) ? 0 : ask_for_more(b);
    } while (more > 0);
    return more;
}

int run_scenarios(const struct scenario *const *s, uint32_t n, const struct run_options *options,
                  struct result *results, struct err *err)
{
    struct batch b = { .n = n, .options = options, .err = err };

    b.course = xcalloc(n, sizeof *b.course);
    for (uint32_t i = 0; i < n; i++)
        store_at(&b.course[i].store, "");
    int status = open_all(&b, s);
    if (status == 0)
        status = run_rounds(&b);
    if (status == 0 && !is_shard(options))
        status = finish_all(&b, results);
    close_all(&b, status);
    free(b.course);
    return status;
}

int run_scenario(const struct scenario *s, const struct run_options *options, struct result *result,
                 struct err *err)
{
    return run_scenarios(&s, 1, options, result, err);
}
