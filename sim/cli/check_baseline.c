/* check_baseline.c - the result that a scenario is held against, and whether it may be. */
#include "check.h"
#include "compare_asked.h"

#include "../base/text.h"
#include "../results/compare.h"
#include "../results/overrides.h"
#include "../run/plan.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = 4096 };

static bool is_there(char path[PATH_SIZE], const char *folder, const char *name, const char *rest)
{
    struct stat st;

    return snprintf(path, PATH_SIZE, "%s/%s%s", folder, name, rest) < PATH_SIZE &&
           stat(path, &st) == 0;
}

/* A file or a result folder is meant as it is; else a folder of results by name. */
static bool find(const char *baseline, const char *name, char path[PATH_SIZE])
{
    struct stat st;

    if (stat(baseline, &st) != 0 || !S_ISDIR(st.st_mode) ||
        is_there(path, baseline, "result.json", "")) {
        snprintf(path, PATH_SIZE, "%s", baseline);
        return true;
    }
    return is_there(path, baseline, name, ".json") || is_there(path, baseline, name, "/latest") ||
           is_there(path, baseline, name, "");
}

static int tell_override(struct cli *cli, const struct check_item *item, const char *override,
                         const char *how)
{
    char file[200], shown[200];

    err_input(&cli->err, "E301", "%s: the baseline was run %s %s",
              text_safe(file, sizeof file, item->path, strlen(item->path)), how,
              text_safe(shown, sizeof shown, override, strlen(override)));
    err_hint(&cli->err, "what the command line changes must be the same on both sides");
    return -1;
}

static int check_overrides(struct cli *cli, const struct check_item *item)
{
    const struct result_plan *then = &item->baseline.plan;
    const struct scenario *now = &item->loaded.scenario;
    const char *there = override_missing(then->override, then->overrides, now->override,
                                         now->overrides);
    const char *here = override_missing(now->override, now->overrides, then->override,
                                        then->overrides);

    if (there)
        return tell_override(cli, item, there, "with");
    return here ? tell_override(cli, item, here, "without") : 0;
}

/* Before anything is simulated: a result that has its plan and nothing else. */
static int check_scenario(struct cli *cli, const struct check_item *item)
{
    struct result now = { .runs = 0 };
    int rc;

    plan_for_result(&item->loaded.scenario, &now.plan, &now.arena);
    rc = compare_allowed(&item->baseline, &now, &cli->err);
    result_fini(&now);
    return rc;
}

/* A percentile that nobody measured would be no worse whatever happens. */
static int check_metrics(const struct check *c, const struct check_item *item)
{
    for (uint32_t i = 0; i < c->metrics; i++)
        if (compare_asked_metric(c->cli, c->metric[i], &item->baseline.plan) < 0)
            return -1;
    return 0;
}

static void warn_missing(struct cli *cli, const struct check_item *item)
{
    char shown[200];
    const char *where = cli->opt.baseline;

    snprintf(err_add(&cli->err, ERR_WARNING, "W310")->what, 320,
             "there is no baseline of \"%s\" in %s", item->loaded.scenario.name,
             text_safe(shown, sizeof shown, where, strlen(where)));
    err_hint(&cli->err, "only what it asserts is checked; looked for %s.json and %s/latest",
             item->loaded.scenario.name, item->loaded.scenario.name);
}

int check_baseline_is_there(struct check *c)
{
    const char *path = c->cli->opt.baseline;
    char shown[200];

    if (!path || access(path, R_OK) == 0)
        return 0;
    err_input(&c->cli->err, "E011", "cannot open \"%s\": there is no baseline",
              text_safe(shown, sizeof shown, path, strlen(path)));
    err_hint(&c->cli->err, "expected a result.json, its folder, or a folder of results by name; "
                           "docs/ci.md says how to make one");
    return -1;
}

int check_read_baseline(struct check *c, struct check_item *item)
{
    char path[PATH_SIZE];

    if (!c->cli->opt.baseline)
        return 0;
    if (!find(c->cli->opt.baseline, item->loaded.scenario.name, path)) {
        warn_missing(c->cli, item);
        return 0;
    }
    if (result_read(&item->baseline, path, &c->cli->err) < 0)
        return -1;
    item->has_baseline = true;
    if (check_scenario(c->cli, item) < 0 || check_overrides(c->cli, item) < 0)
        return -1;
    return check_metrics(c, item);
}
