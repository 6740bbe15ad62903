/* compare_json.c - the compare verb's answer for programs: lblab-compare/1, and CSV. */
#include "compare_report.h"

#include "../results/csv.h"
#include "../results/json_result.h"

#include <inttypes.h>
#include <math.h>

static void put_side(struct json *j, const char *key, const struct result *r, const char *path)
{
    json_open(j, key, '{');
    json_text(j, "path", path);
    json_text(j, "scenario_sha256", r->plan.sha256);
    json_text(j, "result_sha256", r->sha256);
    json_count(j, "first_seed", r->plan.first_seed);
    json_count(j, "seeds", r->plan.replications);
    json_close(j, '}');
}

static void put_differences(struct json *j, const struct report_comparison *r)
{
    json_open(j, "differences", '[');
    for (uint32_t i = 0; i < r->differences; i++) {
        json_open(j, NULL, '{');
        json_text(j, "at", r->difference[i].pointer);
        json_text(j, "old", r->difference[i].old);
        json_text(j, "new", r->difference[i].new);
        json_close(j, '}');
    }
    json_close(j, ']');
}

static double seeds_needed(const struct result_change *c)
{
    return c->seeds_needed ? (double)c->seeds_needed : (double)NAN;
}

static void put_row(struct json *j, const struct report_comparison *r,
                    const struct result_change *c)
{
    json_open(j, NULL, '{');
    json_text(j, "metric", c->metric);
    json_text(j, "base", r->old->plan.policy[c->base]);
    json_text(j, "policy", r->new->plan.policy[c->policy]);
    json_number(j, "base_value", c->base_value);
    json_number(j, "value", c->value);
    json_number(j, "change", c->change.value);
    json_interval(j, "ci95", c->change.low, c->change.high);
    json_number(j, "p", c->p);
    json_number(j, "p_adjusted", c->p_adjusted);
    json_count(j, "seeds", c->change.n);
    json_text(j, "verdict", change_verdict_text(c->verdict));
    json_number(j, "least_seen", c->least_seen);
    json_number(j, "seeds_needed", seeds_needed(c));
    json_close(j, '}');
}

void report_compare_json(FILE *f, const struct report_comparison *r,
                         const struct result_environment *environment)
{
    struct json j = json_begin(f, 3);

    json_open(&j, NULL, '{');
    json_text(&j, "schema", "lblab-compare/1");
    json_open(&j, "result", '{');
    json_text(&j, "scenario", r->new->plan.scenario);
    put_side(&j, "old", r->old, r->old_path);
    put_side(&j, "new", r->new, r->new_path);
    json_bool(&j, "paired", r->rows->is_paired);
    json_count(&j, "seeds", r->rows->seeds);
    json_number(&j, "margin", r->margin);
    put_differences(&j, r);
    json_open(&j, "rows", '[');
    for (uint32_t i = 0; i < r->rows->changes; i++)
        put_row(&j, r, &r->rows->change[i]);
    json_close(&j, ']');
    json_close(&j, '}');
    json_environment(&j, "environment", environment);
    json_close(&j, '}');
    json_end(&j);
}

static void put_cells(FILE *f, const struct result_change *c)
{
    const double cell[] = { c->base_value, c->value, c->change.value, c->change.low,
                            c->change.high, c->p, c->p_adjusted };

    for (size_t i = 0; i < ARRAY_LEN(cell); i++) {
        fputc(',', f);
        csv_number(f, cell[i]);
    }
}

void report_compare_csv(FILE *f, const struct report_comparison *r)
{
    fputs("metric,base,policy,base_value,value,change,change_low,change_high,p,p_adjusted,seeds,"
          "verdict,least_seen,seeds_needed\n", f);
    for (uint32_t i = 0; i < r->rows->changes; i++) {
        const struct result_change *c = &r->rows->change[i];

        csv_text(f, c->metric);
        fputc(',', f);
        csv_text(f, r->old->plan.policy[c->base]);
        fputc(',', f);
        csv_text(f, r->new->plan.policy[c->policy]);
        put_cells(f, c);
        fprintf(f, ",%" PRIu32 ",", c->change.n);
        csv_text(f, change_verdict_text(c->verdict));
        fputc(',', f);
        csv_number(f, c->least_seen);
        fputc(',', f);
        csv_number(f, seeds_needed(c));
        fputc('\n', f);
    }
}
