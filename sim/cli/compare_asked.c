/* compare_asked.c - see compare_asked.h. */
#include "compare_asked.h"

#include "../../algorithms/lb.h"
#include "../base/text.h"
#include "../base/xalloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_NAMES = 64 };

void compare_asked_fini(struct compare_asked *q)
{
    free(q->names);
    free(q->pair);
}

/* ---- --metric ---- */

static bool has_percentile(const struct result_plan *plan, double percentile)
{
    for (uint32_t i = 0; i < plan->percentiles; i++)
        if (fabs(plan->percentile[i] - percentile) < 1e-9)
            return true;
    return false;
}

/* Every metric that the plan's results have, for "did you mean". */
static const char *nearest_metric(const char *name, const struct result_plan *plan,
                                  char found[64])
{
    char text[MOST_NAMES][64];
    const char *names[MOST_NAMES + 1];
    uint32_t n = 0;

    for (const struct metric *m = metric_all(); m->name; m++)
        for (uint32_t i = 0; i < (metric_is_percentile(m) ? plan->percentiles : 1); i++)
            if (n < MOST_NAMES) {
                names[n] = metric_show_name(text[n], sizeof text[n], m, plan->percentile[i]);
                n++;
            }
    names[n] = NULL;

    const char *near = text_nearest(name, names);

    if (!near)
        return NULL;
    snprintf(found, 64, "%s", near);
    return found;
}

static int no_metric(struct cli *cli, const char *name, const struct result_plan *plan)
{
    char shown[80], found[64];
    const char *near = nearest_metric(name, plan, found);

    err_input(&cli->err, "E023", "--metric: unknown metric \"%s\"",
              text_safe(shown, sizeof shown, name, strlen(name)));
    if (near)
        err_hint(&cli->err, "did you mean \"%s\"?", near);
    else
        err_hint(&cli->err, "for example latency.p99, latency.mean, error_rate, throughput");
    return -1;
}

int compare_asked_metric(struct cli *cli, const char *name, const struct result_plan *plan)
{
    double percentile;
    const struct metric *m = metric_find(name, &percentile);

    if (!m)
        return no_metric(cli, name, plan);
    if (!metric_is_percentile(m) || has_percentile(plan, percentile))
        return 0;
    err_input(&cli->err, "E023", "--metric: %s is not among the percentiles that were measured",
              name);
    err_hint(&cli->err, "\"measure\": { \"percentiles\": [...] } of the scenario says which are");
    return -1;
}

static int ask_metrics(struct cli *cli, struct compare_asked *q, const struct result_plan *plan)
{
    char *rest, *name;

    if (!cli->opt.metrics)
        return 0;
    q->names = rest = xstrdup(cli->opt.metrics);
    while ((name = strsep(&rest, ",")) != NULL) {
        if (q->metrics == COMPARE_ASKED_METRICS)
            return err_input(&cli->err, "E023", "--metric: more than %d", COMPARE_ASKED_METRICS);
        if (compare_asked_metric(cli, name, plan) < 0)
            return -1;
        q->metric[q->metrics++] = name;
    }
    return 0;
}

static int ask_margin(struct cli *cli, struct compare_asked *q)
{
    char shown[80];

    q->margin = COMPARE_MARGIN;
    if (!cli->opt.margin)
        return 0;
    if (text_fraction(cli->opt.margin, &q->margin) == 0 && q->margin > 0)
        return 0;
    err_input(&cli->err, "E023", "--margin: a share above 0 expected, found \"%s\"",
              text_safe(shown, sizeof shown, cli->opt.margin, strlen(cli->opt.margin)));
    err_hint(&cli->err, "like --margin 5%%: smaller changes are not worth knowing");
    return -1;
}

/* ---- which policies ---- */

static int no_policy(struct cli *cli, const char *option, const char *name,
                     const struct result_plan *plan)
{
    const char **names = xcalloc(plan->policies + 1, sizeof *names);
    char shown[80], near_shown[80];

    for (uint32_t p = 0; p < plan->policies; p++)
        names[p] = plan->policy[p];

    const char *near = text_nearest(name, names);

    if (!near)
        near = names[0];
    err_input(&cli->err, "E023", "%s: there is no policy \"%s\"", option,
              text_safe(shown, sizeof shown, name, strlen(name)));
    err_hint(&cli->err, "there is \"%s\"%s",
             text_safe(near_shown, sizeof near_shown, near, strlen(near)),
             plan->policies > 1 ? ", among others" : "");
    free(names);
    return -1;
}

/* By its name; or by an alias of its algorithm, as in -a. */
static int find_policy(struct cli *cli, const char *option, const char *name,
                       const struct result_plan *plan, uint32_t *found)
{
    const struct lb_ops *ops = lb_find(name);

    for (uint32_t p = 0; p < plan->policies; p++)
        if (strcmp(plan->policy[p], name) == 0) {
            *found = p;
            return 0;
        }
    for (uint32_t p = 0; ops && p < plan->policies; p++)
        if (strcmp(plan->policy[p], ops->name) == 0) {
            *found = p;
            return 0;
        }
    return no_policy(cli, option, name, plan);
}

int compare_asked_within(struct cli *cli, struct compare_asked *q, const struct result_plan *plan,
                      uint32_t baseline)
{
    uint32_t only = NONE;

    if (cli->opt.baseline && find_policy(cli, "--baseline", cli->opt.baseline, plan, &baseline) < 0)
        return -1;
    if (cli->opt.policy && find_policy(cli, "--policy", cli->opt.policy, plan, &only) < 0)
        return -1;
    q->pair = xcalloc(plan->policies, sizeof *q->pair);
    for (uint32_t p = 0; p < plan->policies; p++)
        if (p != baseline && (only == NONE || p == only))
            q->pair[q->pairs++] = (struct compare_pair){ baseline, p };
    if (q->pairs)
        return 0;
    err_input(&cli->err, "E023", "there is one policy, and nothing to compare it with");
    err_hint(&cli->err, "name several: -a round_robin,peak_ewma; or compare two results");
    return -1;
}

int compare_asked_between(struct cli *cli, struct compare_asked *q, const struct result *old,
                       const struct result *new)
{
    const char *before = cli->opt.policy ? cli->opt.policy : cli->opt.against;
    const char *after = cli->opt.against ? cli->opt.against : cli->opt.policy;

    q->pair = xcalloc(old->plan.policies, sizeof *q->pair);
    if (before) {
        q->pairs = 1;
        if (find_policy(cli, "--policy", before, &old->plan, &q->pair->base) < 0)
            return -1;
        return find_policy(cli, "--against", after, &new->plan, &q->pair->policy);
    }
    q->pairs = compare_same_names(old, new, q->pair);
    if (old->plan.policies == 1 && new->plan.policies == 1)
        q->pairs = 1;               /* whatever they are called: there is nothing else */
    if (q->pairs)
        return 0;
    err_input(&cli->err, "E023", "the results have no policy in common");
    err_hint(&cli->err, "compare two by name: --policy P of the first, --against Q of the second");
    return -1;
}

int compare_asked_plan(struct cli *cli, struct compare_asked *q, const struct result_plan *plan)
{
    return ask_metrics(cli, q, plan) < 0 || ask_margin(cli, q) < 0 ? -1 : 0;
}
