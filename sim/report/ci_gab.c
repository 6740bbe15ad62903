/* ci_gab.c - github-action-benchmark's customSmallerIsBetter: a list of name, unit, value, range
 * and extra.  Only metrics of which less is better: the format has one direction a file. */
#include "ci_format.h"

#include "../results/json.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Always in the same unit, or the chart over commits would jump. */
static double in_unit(enum metric_unit unit, double x)
{
    return unit == METRIC_NS ? x / 1e6 : x;
}

static const char *unit_word(enum metric_unit unit)
{
    return unit == METRIC_NS ? "ms" : ci_unit_text(unit);
}

static void put_metric(struct json *j, const struct result *r, uint32_t policy,
                       const struct ci_metric *m)
{
    struct result_quantity q = ci_of_policy(r, policy, m);
    char text[CI_TEXT], safe[CI_SAFE];

    if (m->of->better != METRIC_LESS || isnan(q.value))
        return;
    json_open(j, NULL, '{');
    snprintf(text, sizeof text, "%s/%s %s", r->plan.scenario, r->policy[policy].name, m->name);
    json_text(j, "name", ci_safe(safe, text));
    json_text(j, "unit", unit_word(m->of->unit));
    json_number(j, "value", in_unit(m->of->unit, q.value));
    if (!isnan(q.low) && !isnan(q.high)) {
        snprintf(text, sizeof text, "± %.3g", in_unit(m->of->unit, (q.high - q.low) / 2));
        json_text(j, "range", text);
    }
    snprintf(text, sizeof text, "%" PRIu32 " seeds, result %.12s", r->policy[policy].seeds,
             r->sha256);
    json_text(j, "extra", text);
    json_close(j, '}');
}

void ci_write_gab(FILE *f, const struct ci_input *in)
{
    struct ci_metric list[CI_METRICS];
    struct json j = json_begin(f, 1);

    json_open(&j, NULL, '[');
    for (uint32_t i = 0; i < in->results; i++) {
        uint32_t n = ci_metrics(list, in->result[i]);

        for (uint32_t p = 0; p < in->result[i]->plan.policies; p++)
            for (uint32_t m = 0; m < n; m++)
                put_metric(&j, in->result[i], p, &list[m]);
    }
    json_close(&j, ']');
    json_end(&j);
}
