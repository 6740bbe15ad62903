/* ci_openmetrics.c - OpenMetrics text: GitLab's metrics report shows what changed in a merge
 * request; Prometheus' textfile collector reads it too.  A family a metric, base units. */
#include "ci_format.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* The value of a label. */
static void put(FILE *f, const char *text)
{
    char safe[CI_SAFE];

    for (const char *p = ci_safe(safe, text); *p; p++) {
        if (*p == '\\' || *p == '"')
            fputc('\\', f);
        fputc(*p, f);
    }
}

static const char *unit_suffix(enum metric_unit unit)
{
    static const char *const suffix[] = {
        [METRIC_NS] = "_seconds", [METRIC_PER_SECOND] = "_per_second", [METRIC_SHARE] = "_ratio",
        [METRIC_RATIO] = "_ratio", [METRIC_COUNT] = "",
    };

    return suffix[unit];
}

/* "lblab_latency_mean_seconds"; the percentiles ("latency.p*") are one family, told apart by a
 * label. */
static void put_family(FILE *f, const struct metric *m)
{
    size_t stem = metric_is_percentile(m) ? strlen(m->name) - 2 : strlen(m->name);

    fputs("lblab_", f);
    for (size_t i = 0; i < stem; i++)
        fputc(m->name[i] == '.' ? '_' : m->name[i], f);
    fprintf(f, "%s%s", metric_is_percentile(m) ? "percentile" : "", unit_suffix(m->unit));
}

static void put_sample(FILE *f, const struct result *r, uint32_t policy, const struct ci_metric *m)
{
    double x = ci_of_policy(r, policy, m).value;

    if (isnan(x))
        return;
    put_family(f, m->of);
    fputs("{scenario=\"", f);
    put(f, r->plan.scenario);
    fputs("\",policy=\"", f);
    put(f, r->policy[policy].name);
    if (metric_is_percentile(m->of))
        fprintf(f, "\",percentile=\"%.10g", m->percentile);
    fprintf(f, "\"} %.9g\n", m->of->unit == METRIC_NS ? x / 1e9 : x);
}

static void put_samples(FILE *f, const struct ci_input *in, const struct metric *m)
{
    struct ci_metric list[CI_METRICS];

    for (uint32_t i = 0; i < in->results; i++) {
        uint32_t n = ci_metrics(list, in->result[i]);

        for (uint32_t p = 0; p < in->result[i]->plan.policies; p++)
            for (uint32_t k = 0; k < n; k++)
                if (list[k].of == m)
                    put_sample(f, in->result[i], p, &list[k]);
    }
}

static void put_verdicts(FILE *f, const struct gate *g)
{
    fputs("# TYPE lblab_checks gauge\n# HELP lblab_checks Checks by verdict.\n", f);
    for (enum gate_verdict v = GATE_OK; v <= GATE_STALE; v++)
        fprintf(f, "lblab_checks{verdict=\"%s\"} %" PRIu32 "\n", ci_verdict_word(v),
                gate_count(g, v));
}

void ci_write_openmetrics(FILE *f, const struct ci_input *in)
{
    put_verdicts(f, in->gate);
    for (const struct metric *m = metric_all(); m->name; m++) {
        if (m->better == METRIC_NEITHER)
            continue;
        fputs("# TYPE ", f);
        put_family(f, m);
        fputs(" gauge\n", f);
        if (m->unit == METRIC_NS) {
            fputs("# UNIT ", f);
            put_family(f, m);
            fputs(" seconds\n", f);
        }
        fputs("# HELP ", f);
        put_family(f, m);
        fprintf(f, " %s\n", m->help);
        put_samples(f, in, m);
    }
    fputs("# EOF\n", f);
}
