/* sweep_points.c - see sweep_points.h. */
#include "sweep_points.h"

#include "../base/text.h"
#include "../base/xalloc.h"
#include "../run/run.h"

#include <stdlib.h>
#include <string.h>

/* ---- which axis ---- */

static int tell_nothing_to_sweep(struct cli *cli)
{
    err_input(&cli->err, "E023", "nothing to sweep: the scenario has no \"sweep\"");
    err_hint(&cli->err,
             "give --load 20%%..95%%/5%%, or --path backends.app.count --values 8..16/2");
    return -1;
}

/* --values without --path takes the scenario's path. */
static int choose(struct sweep_config *c, struct cli *cli, const struct scenario *base,
                  struct arena *arena)
{
    const struct options *o = &cli->opt;

    *c = base->sweep;
    if (o->sweep_load && (o->sweep_path || o->sweep_values)) {
        err_input(&cli->err, "E023", "--load and %s: one axis at a time",
                  o->sweep_path ? "--path" : "--values");
        err_hint(&cli->err, "--load scales the rates of all clients; it needs no path");
        return -1;
    }
    if (o->sweep_path && !o->sweep_values) {
        err_input(&cli->err, "E023", "--path needs --values");
        err_hint(&cli->err, "like --values 8..16/2 or --values 200/s,500/s,900/s");
        return -1;
    }
    if (o->sweep_values && !o->sweep_path && !c->path) {
        err_input(&cli->err, "E023", "--values needs --path: the scenario's \"sweep\" has none");
        err_hint(&cli->err, "like --path backends.app.count");
        return -1;
    }
    if (o->sweep_path)
        *c = (struct sweep_config){ .path = o->sweep_path };
    if (o->sweep_load)
        *c = (struct sweep_config){ .path = NULL };
    if (o->sweep_values || o->sweep_load)
        sweep_split(c, o->sweep_values ? o->sweep_values : o->sweep_load, arena);
    return c->values ? 0 : tell_nothing_to_sweep(cli);
}

/* The option, or the key of the scenario, that a fault is about. */
static const char *blamed(const struct cli *cli, const struct sweep_fault *fault, bool is_load)
{
    if (fault->part == SWEEP_PATH)
        return cli->opt.sweep_path ? "--path" : "sweep.path";
    if (cli->opt.sweep_values || cli->opt.sweep_load)
        return is_load ? "--load" : "--values";
    return is_load ? "sweep.load" : "sweep.values";
}

static int tell(struct cli *cli, const struct sweep_fault *fault, bool is_load)
{
    err_input(&cli->err, fault->code, "%s: %s", blamed(cli, fault, is_load), fault->what);
    if (fault->hint[0])
        err_hint(&cli->err, "%s", fault->hint);
    return -1;
}

/* ---- loading ---- */

int sweep_points_load(struct sweep_points *p, struct cli *cli, const struct loaded *l,
                      const char *const *more)
{
    struct scenario_overrides over;
    struct sweep_config config;
    struct sweep_fault fault;

    *p = (struct sweep_points){ .loaded = 0 };
    if (choose(&config, cli, &l->scenario, &p->arena) < 0)
        return -1;
    if (sweep_axis_make(&p->axis, &config, &l->scenario, &p->arena, &fault) < 0)
        return tell(cli, &fault, !config.path);
    load_overrides(cli, l, &over);
    p->scenario = xcalloc(p->axis.values, sizeof *p->scenario);
    for (; p->loaded < p->axis.values; p->loaded++)
        if (sweep_load_point(&p->scenario[p->loaded], &l->scenario, &p->axis, p->loaded, &over,
                             more, &fault) < 0)
            return tell(cli, &fault, !config.path);
    return 0;
}

void sweep_points_fini(struct sweep_points *p)
{
    for (uint32_t i = 0; i < p->loaded; i++)
        scenario_fini(&p->scenario[i]);
    free(p->scenario);
    arena_fini(&p->arena);
}

/* ---- size ---- */

void sweep_points_estimate(const struct sweep_points *p, struct run_estimate *sum)
{
    *sum = (struct run_estimate){ .cells = 0 };
    for (uint32_t i = 0; i < p->loaded; i++) {
        struct run_estimate e;

        run_estimate(&p->scenario[i], &e);
        sum->cells += e.cells;
        sum->requests += e.requests;
        sum->events += e.events;
        if (e.memory_bytes > sum->memory_bytes)
            sum->memory_bytes = e.memory_bytes;
    }
}

int sweep_points_check_size(const struct sweep_points *p, struct err *err)
{
    const double most_events = 1e12;
    const uint32_t most_cells = 100000;
    struct run_estimate sum;
    char events[32];

    for (uint32_t i = 0; i < p->loaded; i++)
        if (run_check_size(&p->scenario[i], err) != 0)
            return -1;
    sweep_points_estimate(p, &sum);
    if (sum.cells > most_cells)
        err_input(err, "E170", "this asks for %u cells (points x policies x seeds); the most is %u",
                  sum.cells, most_cells);
    else if (sum.events > most_events)
        err_input(err, "E171", "this asks for about %s events in %u cells; the most is 1e12",
                  text_show_count(events, sizeof events, sum.events), sum.cells);
    else
        return 0;
    err_hint(err, "fewer points, policies or seeds, or a shorter run");
    return -1;
}
