/* figure_words.c - headlines: a finding only when the verdicts carry it, else a neutral title. */
#include "figures.h"

#include "../base/text.h"
#include "columns.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

uint32_t figure_main_percentile(const struct result *r)
{
    uint32_t best = 0;

    for (uint32_t i = 0; i < r->plan.percentiles; i++)
        if (r->plan.percentile[i] <= 99)
            best = i;
    return best;
}

const char *figure_setup(char *buf, size_t size, const struct result *r)
{
    char name[COLUMNS_CELL], time[32];

    snprintf(buf, size, "%s, %" PRIu32 " %s x %" PRIu32 " seed%s from %" PRIu64 ", %s simulated",
             columns_name(name, r->plan.scenario, 50), r->plan.policies,
             r->plan.policies == 1 ? "policy" : "policies", r->plan.replications,
             r->plan.replications == 1 ? "" : "s", r->plan.first_seed,
             text_show_duration(time, sizeof time, (double)r->simulated));
    return buf;
}

/* The only saturated one of several, or NONE. */
static uint32_t only_saturated(const struct result *r)
{
    uint32_t found = NONE, n = 0;

    for (uint32_t p = 0; p < r->plan.policies; p++)
        if (r->policy[p].verdict == VERDICT_SATURATED) {
            found = p;
            n++;
        }
    return n == 1 && r->plan.policies > 1 ? found : NONE;
}

static bool is_main(const struct result *r, const struct result_change *c)
{
    char name[64];

    snprintf(name, sizeof name, "latency.p%.10g", r->plan.percentile[figure_main_percentile(r)]);
    return strcmp(c->metric, name) == 0;
}

/* The policy that is better than the baseline by most, in the compared percentile, or NULL. */
static const struct result_change *best_change(const struct result *r)
{
    const struct result_change *best = NULL;

    for (uint32_t i = 0; i < r->changes; i++) {
        const struct result_change *c = &r->change[i];

        if (is_main(r, c) && c->verdict == CHANGE_BETTER && !isnan(c->change.value) &&
            (!best || c->change.value < best->change.value))
            best = c;
    }
    return best;
}

static bool finds_nothing(const struct result *r)
{
    bool any = false;

    for (uint32_t i = 0; i < r->changes; i++) {
        if (!is_main(r, &r->change[i]))
            continue;
        if (r->change[i].verdict != CHANGE_NONE && r->change[i].verdict != CHANGE_EQUAL)
            return false;
        any = true;
    }
    return any;
}

/* Every policy has a value in the compared percentile, and none lies further off than this. */
static const double much = 0.03;

static bool differs_little(const struct result *r)
{
    bool any = false;

    for (uint32_t i = 0; i < r->changes; i++) {
        if (!is_main(r, &r->change[i]))
            continue;
        if (!(fabs(r->change[i].change.value) < much))
            return false;
        any = true;
    }
    return any;
}

const char *figure_headline(char *buf, size_t size, const struct result *r)
{
    char a[COLUMNS_CELL], b[COLUMNS_CELL];
    double main = r->plan.percentile[figure_main_percentile(r)];
    uint32_t saturated = only_saturated(r);
    const struct result_change *best = best_change(r);

    if (saturated != NONE && r->policy[saturated].saturated_backend == NONE)
        snprintf(buf, size, "%s lets the queues grow all through; %s",
                 columns_name(a, r->policy[saturated].name, 36),
                 r->plan.policies == 2 ? "the other policy does not" : "the other policies do not");
    else if (saturated != NONE)
        snprintf(buf, size, "%s overloads %s; %s",
                 columns_name(a, r->policy[saturated].name, 36),
                 columns_name(b, r->plan.backend[r->policy[saturated].saturated_backend], 24),
                 r->plan.policies == 2 ? "the other policy does not" : "the other policies do not");
    else if (differs_little(r))
        snprintf(buf, size, "No policy differs much in p%.10g: all within %.0f %% of %s", main,
                 100 * much, columns_name(a, r->policy[r->plan.baseline].name, 36));
    else if (best && best->change.value > -much)
        snprintf(buf, size, "No policy has a p%.10g much below that of %s", main,
                 columns_name(a, r->policy[best->base].name, 36));
    else if (best)
        snprintf(buf, size, "%s: p%.10g %.*f %% below that of %s",
                 columns_name(a, r->policy[best->policy].name, 36), main,
                 best->change.value > -0.1 ? 1 : 0, -100 * best->change.value,
                 columns_name(b, r->policy[best->base].name, 36));
    else if (finds_nothing(r))
        snprintf(buf, size, "No difference in p%.10g found", main);
    else
        snprintf(buf, size, "%s",
                 columns_name(a, r->plan.title && *r->plan.title ? r->plan.title : r->plan.scenario,
                              90));
    return buf;
}
