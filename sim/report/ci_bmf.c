/* ci_bmf.c - Bencher Metric Format: benchmark -> measure -> value and its interval.
 *
 * Bencher reads latency in ns and lets an adapter name further measures by slug: lower case, digits
 * and "-", so latency.p99.9 is "latency-p99-9".  What has no value is left out. */
#include "ci_format.h"

#include "../results/json.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

static const char *slug(char buf[64], const char *name)
{
    snprintf(buf, 64, "%s", name);
    for (char *p = buf; *p; p++)
        *p = isalnum((unsigned char)*p) ? (char)tolower((unsigned char)*p) : '-';
    return buf;
}

static void put_measure(struct json *j, const char *name, const struct result_quantity *q)
{
    char buf[64];

    json_open(j, slug(buf, name), '{');
    json_number(j, "value", q->value);
    if (!isnan(q->low) && !isnan(q->high)) {
        json_number(j, "lower_value", q->low);
        json_number(j, "upper_value", q->high);
    }
    json_close(j, '}');
}

static void put_policy(struct json *j, const struct result *r, uint32_t policy)
{
    struct ci_metric list[CI_METRICS];
    uint32_t n = ci_metrics(list, r);
    char name[CI_TEXT], safe[CI_SAFE];

    snprintf(name, sizeof name, "%s/%s", r->plan.scenario, r->policy[policy].name);
    json_open(j, ci_safe(safe, name), '{');
    for (uint32_t i = 0; i < n; i++) {
        struct result_quantity q = ci_of_policy(r, policy, &list[i]);

        if (!isnan(q.value))
            put_measure(j, list[i].name, &q);
    }
    json_close(j, '}');
}

void ci_write_bmf(FILE *f, const struct ci_input *in)
{
    struct json j = json_begin(f, 2);

    json_open(&j, NULL, '{');
    for (uint32_t i = 0; i < in->results; i++)
        for (uint32_t p = 0; p < in->result[i]->plan.policies; p++)
            put_policy(&j, in->result[i], p);
    json_close(&j, '}');
    json_end(&j);
}
