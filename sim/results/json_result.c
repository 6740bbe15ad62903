/* json_result.c - result.json, in the shape of docs/cli.md ("Result"): schema lblab-result/1. */
#include "json_result.h"

#include "../base/text.h"
#include "assertion.h"
#include "catalogue.h"
#include "plan_json.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

enum { LINES = 3 };                 /* a policy, a run, a change: one line each */

static void put_scenario(struct json *j, const char *key, const struct result *r)
{
    json_open(j, key, '{');
    json_text(j, "name", r->plan.scenario);
    json_text(j, "sha256", r->plan.sha256);
    json_close(j, '}');
}

/* Only what happened: {"timeout": 10}. */
static void put_errors(struct json *j, const uint64_t ended[OUTCOME_COUNT])
{
    json_open(j, "errors", '{');
    for (uint32_t o = OUTCOME_OK + 1; o < OUTCOME_COUNT; o++)
        if (ended[o])
            json_count(j, outcome_name[o], ended[o]);
    json_close(j, '}');
}

const char *json_percentile_key(char buf[32], double percentile)
{
    snprintf(buf, 32, "p%.10g", percentile);
    return buf;
}

/* From six seeds on also by ranks: no law of the values is assumed there. */
static void put_interval_and_median(struct json *j, const struct result_quantity *q)
{
    json_interval(j, "ci95", q->low, q->high);
    if (!isnan(q->median)) {
        json_number(j, "median", q->median);
        json_interval(j, "median_ci", q->median_low, q->median_high);
        json_number(j, "median_confidence", q->median_confidence);
    }
}

static void put_quantity(struct json *j, const char *key, const struct result_quantity *q)
{
    json_open(j, key, '{');
    json_number(j, "value", q->value);
    put_interval_and_median(j, q);
    json_close(j, '}');
}

/* A value of the histogram: whole ns, with all its digits. */
static void put_quantity_ns(struct json *j, const char *key, const struct result_quantity *q)
{
    json_open(j, key, '{');
    json_nsec(j, "value", isnan(q->value) ? NEVER : (uint64_t)q->value);
    put_interval_and_median(j, q);
    json_close(j, '}');
}

static double share(uint64_t part, uint64_t all)
{
    return all ? (double)part / (double)all : NAN;
}

static void put_remap(struct json *j, const struct result *r, const struct result_remap *m,
                      const char *policy)
{
    json_open(j, NULL, '{');
    if (policy)
        json_text(j, "policy", policy);
    json_text(j, "event", r->plan.event[m->event].label);
    json_number(j, "moved", share(m->moved, m->keys));
    json_number(j, "unavoidable", share(m->unavoidable, m->keys));
    json_number(j, "excess", share(m->moved, m->keys) - share(m->unavoidable, m->keys));
    json_count(j, "broken_connections", m->broken);
    json_close(j, '}');
}

/* Of one policy, or of all (policy NONE) with their names. */
static void put_remaps(struct json *j, const struct result *r, uint32_t policy)
{
    json_open(j, "remap", '[');
    for (uint32_t i = 0; i < r->remaps; i++)
        if (policy == NONE || r->remap[i].policy == policy)
            put_remap(j, r, &r->remap[i],
                      policy == NONE ? r->plan.policy[r->remap[i].policy] : NULL);
    json_close(j, ']');
}

static void put_policy_latency(struct json *j, const struct result *r,
                               const struct result_policy *p)
{
    char key[32];

    json_open(j, "latency_ns", '{');
    put_quantity(j, "mean", &p->mean);
    for (uint32_t i = 0; i < r->plan.percentiles; i++)
        put_quantity_ns(j, json_percentile_key(key, r->plan.percentile[i]), &p->quantile[i]);
    put_quantity_ns(j, "max", &p->max);
    json_close(j, '}');
}

static void put_policy_backends(struct json *j, const struct result *r,
                                const struct result_policy *p)
{
    json_open(j, "backends", '[');
    for (uint32_t b = 0; b < r->plan.backends; b++) {
        json_open(j, NULL, '{');
        json_text(j, "name", r->plan.backend[b]);
        json_count(j, "picked", p->backend[b].picked);
        json_count(j, "asked", p->backend[b].asked);
        json_count(j, "served", p->backend[b].served);
        json_number(j, "share", p->backend[b].share);
        json_number(j, "utilisation", p->backend[b].utilisation);
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void put_saturated(struct json *j, const struct result *r, const struct result_policy *p)
{
    if (p->verdict != VERDICT_SATURATED)
        return;
    json_open(j, "saturated", '{');
    if (p->saturated_backend != NONE) {
        json_text(j, "backend", r->plan.backend[p->saturated_backend]);
        json_number(j, "offered", p->saturated_offered);
    }
    json_number(j, "growth_per_s", p->saturated_growth);
    json_close(j, '}');
}

/* Latencies and plain counts have places of their own. */
static bool is_plain(const struct metric *m)
{
    return m->unit != METRIC_NS && !(m->unit == METRIC_COUNT && m->better == METRIC_NEITHER);
}

static void put_metrics(struct json *j, const struct result *r, uint32_t policy)
{
    for (const struct metric *m = metric_all(); m->name; m++) {
        if (!is_plain(m))
            continue;

        if (metric_is_untold(m, r))
            continue;
        struct result_quantity q = metric_of_policy(m, r, policy, NAN);

        put_quantity(j, m->name, &q);
    }
}

static void put_parts(struct json *j, const struct result *r, uint32_t policy)
{
    json_open(j, "time_ns", '{');
    for (const struct metric *m = metric_all(); m->name; m++)
        if (metric_is_part(m) && !metric_is_untold(m, r)) {
            struct result_quantity q = metric_of_policy(m, r, policy, NAN);

            put_quantity_ns(j, part_name[m->index], &q);
        }
    json_close(j, '}');
}

static void put_policy(struct json *j, const struct result *r, uint32_t index)
{
    const struct result_policy *p = &r->policy[index];

    json_open(j, NULL, '{');
    json_text(j, "policy", p->name);
    json_count(j, "seeds", p->seeds);
    json_text(j, "verdict", p->verdict == VERDICT_OK ? "ok" : "saturated");
    put_saturated(j, r, p);
    json_count(j, "requests", p->requests);
    json_count(j, "completed", p->completed);
    json_count(j, "unfinished", p->unfinished);
    put_errors(j, p->ended);
    put_policy_latency(j, r, p);
    put_parts(j, r, index);
    put_metrics(j, r, index);
    json_count(j, "attempts", p->attempts);
    json_count(j, "retries", p->retries);
    put_remaps(j, r, index);
    put_policy_backends(j, r, p);
    json_close(j, '}');
}

/* ---- runs: integers only ---- */

static void put_run_latency(struct json *j, const struct result *r, const struct result_run *run)
{
    char key[32];

    json_open(j, "latency_ns", '{');
    for (uint32_t i = 0; i < r->plan.percentiles; i++)
        json_nsec(j, json_percentile_key(key, r->plan.percentile[i]), run->quantile[i]);
    json_nsec(j, "max", run->max);
    json_nsec(j, "mean", run->mean);
    json_close(j, '}');
}

static void put_run_backends(struct json *j, const struct result *r, const struct result_run *run)
{
    json_open(j, "backends", '[');
    for (uint32_t b = 0; b < r->plan.backends; b++) {
        json_open(j, NULL, '{');
        json_text(j, "name", r->plan.backend[b]);
        json_count(j, "picked", run->backend[b].picked);
        json_count(j, "asked", run->backend[b].asked);
        json_count(j, "served", run->backend[b].served);
        json_count(j, "busy_ns", run->backend[b].busy);
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void put_run_remaps(struct json *j, const struct result_run *run)
{
    json_open(j, "remap", '[');
    for (uint32_t i = 0; i < run->remaps; i++) {
        json_open(j, NULL, '{');
        json_count(j, "event", run->remap[i].event);
        json_count(j, "keys", run->remap[i].keys);
        json_count(j, "moved", run->remap[i].moved);
        json_count(j, "unavoidable", run->remap[i].unavoidable);
        json_count(j, "broken", run->remap[i].broken);
        json_close(j, '}');
    }
    json_close(j, ']');
}

/* Only what is there: most runs have few of them, or none. */
static void put_named(struct json *j, const char *key, const char *const *name,
                      const uint64_t *count, uint32_t n)
{
    bool is_open = false;

    for (uint32_t i = 0; i < n; i++) {
        if (count[i] == 0)
            continue;
        if (!is_open)
            json_open(j, key, '{');
        is_open = true;
        json_count(j, name[i], count[i]);
    }
    if (is_open)
        json_close(j, '}');
}

static void put_run(struct json *j, const struct result *r, const struct result_run *run)
{
    json_open(j, NULL, '{');
    json_text(j, "policy", r->plan.policy[run->policy]);
    json_count(j, "seed", run->seed);
    json_count(j, "requests", run->requests);
    json_count(j, "completed", run->completed);
    json_count(j, "unfinished", run->unfinished);
    put_errors(j, run->ended);
    put_run_latency(j, r, run);
    json_count(j, "measured_ns", run->measured);
    json_count(j, "done", run->done);
    json_count(j, "attempts", run->attempts);
    json_count(j, "retries", run->retries);
    put_named(j, "counts", tally_name, run->tally, TALLY_COUNT);
    put_named(j, "spent_ns", part_name, run->spent, PART_COUNT);
    json_count(j, "observed_ns", run->observed);
    put_run_backends(j, r, run);
    put_run_remaps(j, run);
    json_text(j, "digest", run->digest);
    json_close(j, '}');
}

static void put_runs(struct json *j, const char *key, const struct result *r)
{
    json_open(j, key, '[');
    for (uint32_t i = 0; i < r->runs; i++)
        put_run(j, r, &r->run[i]);
    json_close(j, ']');
}

static void put_change(struct json *j, const struct result *r, const struct result_change *c)
{
    json_open(j, NULL, '{');
    json_text(j, "metric", c->metric);
    json_text(j, "base", r->plan.policy[c->base]);
    json_text(j, "policy", r->plan.policy[c->policy]);
    json_number(j, "base_value", c->base_value);
    json_number(j, "value", c->value);
    json_number(j, "change", c->change.value);
    json_interval(j, "ci95", c->change.low, c->change.high);
    json_number(j, "p", c->p);
    json_number(j, "p_adjusted", c->p_adjusted);
    if (!isnan(c->least_seen))
        json_number(j, "least_seen", c->least_seen);
    if (c->seeds_needed)
        json_count(j, "seeds_needed", c->seeds_needed);
    json_text(j, "verdict", change_verdict_text(c->verdict));
    json_close(j, '}');
}

void json_environment(struct json *j, const char *key, const struct result_environment *e)
{
    json_open(j, key, '{');
    json_text(j, "version", e->version);
    json_text(j, "git", e->git);
    json_text(j, "compiler", e->compiler);
    json_text(j, "started", e->started);
    json_number(j, "wall_s", e->wall_s);
    json_count(j, "jobs", e->jobs);
    json_close(j, '}');
}

/* Both values without white space, one after the other, no key. */
void json_result_sha256(const struct result *r, char hex[65])
{
    char *text = NULL;
    size_t length = 0;
    FILE *f = open_memstream(&text, &length);
    struct json j = json_begin(f, 0);

    assert(f);
    put_scenario(&j, NULL, r);
    j.is_first = true;
    put_runs(&j, NULL, r);
    fclose(f);
    text_sha256(text, length, hex);
    free(text);
}

static void put_assertion(struct json *j, const struct result *r,
                          const struct assertion_outcome *o)
{
    json_open(j, NULL, '{');
    json_text(j, "expr", o->of->text);
    json_count(j, "assertion", (uint64_t)(o->of - r->plan.assertion));
    json_text(j, "policy", r->plan.policy[o->policy]);
    json_bool(j, "ok", o->verdict == ASSERTION_HOLDS);
    json_text(j, "verdict", assertion_verdict_text(o->verdict));
    json_number(j, "value", o->value);
    json_interval(j, "ci95", o->low, o->high);
    if (o->of->until) {
        json_open(j, "during_ns", '[');
        json_count(j, NULL, o->from);
        json_count(j, NULL, o->until);
        json_close(j, ']');
    }
    if (o->reason)
        json_text(j, "reason", o->reason);
    if (o->seeds_needed)
        json_count(j, "seeds_needed", o->seeds_needed);
    json_count(j, "line", o->of->line);
    json_text(j, "why", o->of->why);
    json_close(j, '}');
}

/* "none" is a steady part that was not found: then the first half went. */
static void put_warmup(struct json *j, const struct result *r)
{
    json_open(j, "warmup", '{');
    json_text(j, "rule", r->plan.warmup_rule == WARMUP_GIVEN ? "given"
                         : r->is_steady_found                ? "found"
                                                             : "none");
    json_count(j, "ns", r->warmup);
    json_close(j, '}');
}

static void put_result(struct json *j, const struct result *r)
{
    json_open(j, "result", '{');
    put_scenario(j, "scenario", r);
    plan_json_put(j, "plan", &r->plan);
    put_warmup(j, r);
    json_nsec(j, "simulated_ns", r->simulated);
    json_count(j, "events", r->events);
    json_open(j, "policies", '[');
    for (uint32_t p = 0; p < r->plan.policies; p++)
        put_policy(j, r, p);
    json_close(j, ']');
    put_runs(j, "runs", r);
    json_open(j, "compare", '[');
    for (uint32_t i = 0; i < r->changes; i++)
        put_change(j, r, &r->change[i]);
    json_close(j, ']');
    put_remaps(j, r, NONE);
    json_open(j, "assertions", '[');
    for (uint32_t i = 0; i < r->outcomes; i++)
        put_assertion(j, r, &r->assertion[i]);
    json_close(j, ']');
    json_close(j, '}');
}

char *result_json(const struct result *r, const struct result_environment *environment)
{
    char *text = NULL;
    size_t length = 0;
    FILE *f = open_memstream(&text, &length);
    struct json j = json_begin(f, LINES);

    if (!f)
        return NULL;
    json_open(&j, NULL, '{');
    json_text(&j, "schema", "lblab-result/1");
    put_result(&j, r);
    json_text(&j, "result_sha256", r->sha256);
    json_environment(&j, "environment", environment);
    json_close(&j, '}');
    json_end(&j);
    if (fclose(f) == 0)
        return text;
    free(text);
    return NULL;
}
