/* check_golden.c - digests against those of a golden file; where they differ, the first seed is
 * simulated once more with a trail, to say which request was the first. */
#include "check.h"

#include "../base/xalloc.h"
#include "../run/cell.h"
#include "../run/plan.h"

#include <stdlib.h>
#include <string.h>

int check_read_golden(struct check *c)
{
    return c->cli->opt.golden ? golden_read(&c->golden, c->cli->opt.golden, &c->cli->err) : 0;
}

int check_find_golden(struct check *c, struct check_item *item)
{
    const struct scenario *s = &item->loaded.scenario;
    struct arena arena = { .last = NULL };
    struct result_plan plan;
    int rc;

    if (!c->cli->opt.golden)
        return 0;
    item->golden = golden_find(&c->golden, s->name);
    if (!item->golden) {
        err_input(&c->cli->err, "E301", "the golden file has no scenario \"%s\"", s->name);
        err_hint(&c->cli->err, "write it again with --write-golden");
        return -1;
    }
    plan_for_result(s, &plan, &arena);
    rc = golden_allowed(&c->golden, item->golden, &plan, &c->cli->err);
    arena_fini(&arena);
    return rc;
}

/* ---- rows ---- */

static struct gate_row *add_row(struct check *c, const struct check_item *item, uint32_t policy)
{
    struct gate_row *row = gate_add(&c->gate);
    struct arena *arena = &c->gate.arena;

    row->kind = GATE_GOLDEN;
    row->scenario = arena_text(arena, item->result.plan.scenario);
    row->file = arena_text(arena, item->path);
    row->metric = row->asked = "digest";
    row->policy = arena_text(arena, item->result.plan.policy[policy]);
    row->seeds = item->result.plan.replications;
    return row;
}

static int explain(struct check *c, const struct check_item *item, uint32_t policy,
                   uint32_t differ, struct gate_row *row)
{
    const struct cell cell = { policy, 0 };
    struct record now;
    char where[400], text[512];

    if (cell_run_trail(&item->loaded.scenario, &cell, GOLDEN_TRAIL, &now, &c->cli->err) < 0)
        return -1;
    golden_explain(where, sizeof where, item->golden, &item->result, policy, &now);
    record_fini(&now);
    snprintf(text, sizeof text, "%u of %u seeds differ: %s", differ, row->seeds, where);
    row->detail = arena_text(&c->gate.arena, text);
    return 0;
}

static int add_policy(struct check *c, const struct check_item *item, uint32_t policy)
{
    uint32_t differ = golden_differences(item->golden, &item->result, policy);
    struct gate_row *row = add_row(c, item, policy);

    if (differ == 0)
        return 0;
    row->verdict = GATE_FAILED;
    if (differ != NONE)
        return explain(c, item, policy, differ, row);
    row->detail = "the golden file has no run of this policy with these seeds";
    return 0;
}

int check_golden_rows(struct check *c, const struct check_item *item)
{
    int rc = 0;

    for (uint32_t p = 0; item->golden && rc == 0 && p < item->result.plan.policies; p++)
        rc = add_policy(c, item, p);
    return rc;
}

/* ---- a new one ---- */

static int add_item(struct check *c, const struct check_item *item, struct golden *golden)
{
    uint32_t n = item->result.plan.policies, done = 0;
    struct record *trail = xcalloc(n, sizeof *trail);

    while (done < n && cell_run_trail(&item->loaded.scenario, &(struct cell){ done, 0 },
                                      GOLDEN_TRAIL, &trail[done], &c->cli->err) == 0)
        done++;
    if (done == n)
        golden_add(golden, &item->result, trail);
    for (uint32_t i = 0; i < done; i++)
        record_fini(&trail[i]);
    free(trail);
    return done == n ? 0 : -1;
}

int check_write_golden(struct check *c)
{
    struct golden golden = { .scenarios = 0 };
    int rc = 0;

    if (!c->cli->opt.write_golden)
        return 0;
    for (uint32_t i = 0; i < c->items && rc == 0; i++)
        rc = add_item(c, &c->item[i], &golden);
    if (rc == 0)
        rc = golden_write(&golden, c->cli->opt.write_golden, &c->cli->err);
    golden_fini(&golden);
    return rc;
}
