/* ci_format.c - see ci_format.h. */
#include "ci_format.h"

#include "../base/text.h"

#include <math.h>
#include <string.h>

const char *ci_safe(char buf[CI_SAFE], const char *text)
{
    return text_safe(buf, CI_SAFE, text, strlen(text));
}

static void add_metric(struct ci_metric *list, uint32_t *n, const struct metric *m,
                       double percentile)
{
    if (*n >= CI_METRICS)
        return;
    list[*n] = (struct ci_metric){ .of = m, .percentile = percentile };
    metric_show_name(list[*n].name, sizeof list[*n].name, m, percentile);
    (*n)++;
}

uint32_t ci_metrics(struct ci_metric list[CI_METRICS], const struct result *r)
{
    uint32_t n = 0;

    for (const struct metric *m = metric_all(); m->name; m++) {
        if (m->better == METRIC_NEITHER || metric_is_untold(m, r))
            continue;
        if (!metric_is_percentile(m))
            add_metric(list, &n, m, NAN);
        for (uint32_t i = 0; metric_is_percentile(m) && i < r->plan.percentiles; i++)
            add_metric(list, &n, m, r->plan.percentile[i]);
    }
    return n;
}

struct result_quantity ci_of_policy(const struct result *r, uint32_t policy,
                                    const struct ci_metric *m)
{
    return metric_of_policy(m->of, r, policy, m->percentile);
}

double ci_of_run(const struct result *r, uint32_t run, const struct ci_metric *m)
{
    uint32_t policy = r->run[run].policy;

    if (r->policy[policy].verdict == VERDICT_SATURATED
        && isnan(ci_of_policy(r, policy, m).value))
        return NAN;
    return metric_of_run(m->of, r, run, m->percentile);
}

const char *ci_kind_text(enum gate_kind kind)
{
    static const char *const word[] = {
        [GATE_ASSERTION] = "assertion", [GATE_REGRESSION] = "regression", [GATE_GOLDEN] = "golden",
    };

    return word[kind];
}

const char *ci_unit_text(enum metric_unit unit)
{
    static const char *const word[] = {
        [METRIC_NS] = "ns",         [METRIC_PER_SECOND] = "1/s", [METRIC_SHARE] = "share",
        [METRIC_RATIO] = "ratio",   [METRIC_COUNT] = "count",
    };

    return word[unit];
}

bool ci_begins_file(const struct gate *g, uint32_t row)
{
    for (uint32_t i = 0; i < row; i++)
        if (strcmp(g->row[i].file, g->row[row].file) == 0)
            return false;
    return true;
}

const struct result *ci_result_of(const struct ci_input *in, const char *file)
{
    for (uint32_t i = 0; i < in->results; i++)
        if (strcmp(in->file[i], file) == 0)
            return in->result[i];
    return NULL;
}
