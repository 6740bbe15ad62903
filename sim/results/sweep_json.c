/* sweep_json.c - a sweep's answer as JSON, as CSV and as a folder. */
#include "sweep.h"

#include "csv.h"
#include "folder.h"
#include "json_result.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

static const char *const unit_names[] = {
    [SWEEP_LOAD] = "share of capacity", [SWEEP_SHARE] = "share",   [SWEEP_RATE] = "1/s",
    [SWEEP_DURATION] = "ns",            [SWEEP_COUNT] = "count",   [SWEEP_NUMBER] = "number",
    [SWEEP_WORDS] = "words",
};

static const char *const reach_names[] = {
    [SWEEP_ASKED_NOTHING] = "none", [SWEEP_CROSSES] = "crosses", [SWEEP_BOUNDED] = "bounded",
    [SWEEP_ALWAYS] = "always",      [SWEEP_NEVER] = "never",
};

/* ---- JSON ---- */

static void put_interval(struct json *j, double value, double low, double high)
{
    json_number(j, "value", value);
    json_interval(j, "ci95", low, high);
}

static void put_estimate(struct json *j, const char *key, const struct estimate *e)
{
    json_open(j, key, '{');
    put_interval(j, e->value, e->low, e->high);
    json_close(j, '}');
}

static void put_axis(struct json *j, const struct sweep *s)
{
    json_open(j, "axis", '{');
    json_text(j, "label", s->label);
    json_text(j, "path", s->path);
    json_text(j, "unit", unit_names[s->unit]);
    json_close(j, '}');
}

/* The verdict is of all seeds together; what each showed stands in `seeds`. */
static void put_value(struct json *j, const struct sweep *s, uint32_t point, uint32_t policy)
{
    const struct result *r = s->point[point].result;
    struct result_quantity q = sweep_value(s, point, policy);

    json_open(j, NULL, '{');
    json_text(j, "policy", r->plan.policy[policy]);
    json_text(j, "verdict",
              r->policy[policy].verdict == VERDICT_SATURATED ? "saturated" : "ok");
    put_interval(j, q.value, q.low, q.high);
    json_open(j, "seeds", '[');
    for (uint32_t i = 0; i < r->runs; i++)
        if (r->run[i].policy == policy)
            json_number(j, NULL, metric_of_run(s->metric, r, i, s->percentile));
    json_close(j, ']');
    json_close(j, '}');
}

static void put_point(struct json *j, const struct sweep *s, uint32_t point)
{
    const struct result *r = s->point[point].result;

    json_open(j, NULL, '{');
    json_text(j, "text", s->point[point].text);
    json_number(j, "x", s->point[point].x);
    json_number(j, "offered_load", r->plan.offered_load);
    json_text(j, "result_sha256", r->sha256);
    json_open(j, "values", '[');
    for (uint32_t p = 0; p < r->plan.policies; p++)
        put_value(j, s, point, p);
    json_close(j, ']');
    json_close(j, '}');
}

static void put_end(struct json *j, const char *key, const struct sweep *s, uint32_t point)
{
    json_text(j, key, point == NONE ? NULL : s->point[point].text);
}

static void put_saturated(struct json *j, const struct sweep *s, uint32_t policy)
{
    json_open(j, "saturated", '[');
    for (uint32_t i = 0; i < s->points; i++)
        if (sweep_is_saturated(s, i, policy))
            json_text(j, NULL, s->point[i].text);
    json_close(j, ']');
}

static void put_answer(struct json *j, const struct sweep *s, const struct sweep_answer *a)
{
    json_open(j, NULL, '{');
    json_text(j, "policy", s->point[0].result->plan.policy[a->policy]);
    json_count(j, "seeds", a->seeds);
    if (a->reach != SWEEP_ASKED_NOTHING) {
        json_text(j, "side", a->side == SWEEP_UP_TO ? "up to" : "from");
        json_text(j, "reach", reach_names[a->reach]);
        put_estimate(j, "slo_x", &a->slo_x);
        json_count(j, "seeds_without_crossing", a->censored);
        put_end(j, "surely", s, a->surely);
        put_end(j, "maybe", s, a->maybe);
    }
    if (s->has_knee)
        put_estimate(j, "knee_x", &a->knee);
    put_saturated(j, s, a->policy);
    json_close(j, '}');
}

static void put_result(struct json *j, const struct sweep *s, const struct sweep_answer *answers)
{
    const struct result_plan *plan = &s->point[0].result->plan;
    char metric[48];

    json_open(j, "result", '{');
    json_open(j, "scenario", '{');
    json_text(j, "name", plan->scenario);
    json_text(j, "sha256", plan->sha256);
    json_close(j, '}');
    put_axis(j, s);
    json_text(j, "metric", metric_show_name(metric, sizeof metric, s->metric, s->percentile));
    json_text(j, "slo", s->slo ? s->slo->text : NULL);
    json_count(j, "first_seed", plan->first_seed);
    json_open(j, "points", '[');
    for (uint32_t i = 0; i < s->points; i++)
        put_point(j, s, i);
    json_close(j, ']');
    json_open(j, "policies", '[');
    for (uint32_t p = 0; p < plan->policies; p++)
        put_answer(j, s, &answers[p]);
    json_close(j, ']');
    json_close(j, '}');
}

void sweep_json(FILE *f, const struct sweep *s, const struct sweep_answer *answers,
                const struct result_environment *environment)
{
    struct json j = json_begin(f, 5);

    json_open(&j, NULL, '{');
    json_text(&j, "schema", "lblab-sweep/1");
    put_result(&j, s, answers);
    json_environment(&j, "environment", environment);
    json_close(&j, '}');
    json_end(&j);
}

/* ---- CSV ---- */

void sweep_csv(FILE *f, const struct sweep *s)
{
    char metric[48];

    metric_show_name(metric, sizeof metric, s->metric, s->percentile);
    fputs("x,point,policy,verdict,metric,value,low,high,seeds\n", f);
    for (uint32_t i = 0; i < s->points; i++) {
        const struct result *r = s->point[i].result;

        for (uint32_t p = 0; p < r->plan.policies; p++) {
            struct result_quantity q = sweep_value(s, i, p);

            csv_number(f, s->point[i].x);
            fputc(',', f);
            csv_text(f, s->point[i].text);
            fputc(',', f);
            csv_text(f, r->plan.policy[p]);
            fprintf(f, ",%s,%s,",
                    r->policy[p].verdict == VERDICT_SATURATED ? "saturated" : "ok", metric);
            csv_number(f, q.value);
            fputc(',', f);
            csv_number(f, q.low);
            fputc(',', f);
            csv_number(f, q.high);
            fprintf(f, ",%" PRIu32 "\n", r->policy[p].seeds);
        }
    }
}

/* ---- the folder ---- */

static int write_sweep(const struct folder *f, const struct sweep *s,
                       const struct sweep_answer *answers, const struct result_environment *e)
{
    char path[FOLDER_PATH];
    FILE *out = folder_open(f, "sweep.json", path);

    if (!out)
        return -1;
    sweep_json(out, s, answers, e);
    if (folder_close(f, out, path) != 0 || !(out = folder_open(f, "sweep.csv", path)))
        return -1;
    sweep_csv(out, s);
    return folder_close(f, out, path);
}

static int write_points(const struct folder *f, const struct sweep *s,
                        const struct result_environment *e)
{
    char name[32];

    if (folder_make_inner(f, "points") != 0)
        return -1;
    for (uint32_t i = 0; i < s->points; i++) {
        char *json = result_json(s->point[i].result, e);
        int failed;

        snprintf(name, sizeof name, "points/%02" PRIu32 ".json", i + 1);
        failed = json ? folder_write(f, name, json) : err_machine(f->err, "cannot write %s", name);
        free(json);
        if (failed)
            return -1;
    }
    return 0;
}

static int fill(const struct folder *f, const struct sweep *s, const struct sweep_answer *answers,
                const struct result_environment *e)
{
    if (folder_make_inner(f, "plots") != 0 || write_sweep(f, s, answers, e) != 0)
        return -1;
    return folder_write(f, "scenario.json", s->effective) != 0 ? -1 : write_points(f, s, e);
}

int sweep_write(const struct sweep *s, const struct sweep_answer *answers,
                const struct result_environment *e, const char *results,
                const struct sweep_writer *writer, char *path, size_t path_size, struct err *err)
{
    const struct result_plan *plan = &s->point[0].result->plan;
    struct folder f;

    if (folder_begin(&f, results, plan->scenario, err) != 0)
        return -1;
    if (fill(&f, s, answers, e) != 0)
        goto drop;
    if (writer && writer->draw)
        writer->draw(s, answers, f.path, writer->arg);
    if (folder_place(&f, e->started, "sweep", plan->sha256) != 0)
        goto drop;
    snprintf(path, path_size, "%s", f.path);
    return 0;

drop:
    folder_drop(&f);
    return -1;
}
