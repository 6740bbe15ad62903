/* result_read.c - a result from its result.json alone.  What the hash covers is read; what follows
 * from it is computed again and must be what the file says, so that no edited number gets through;
 * what neither tells (saturation, pooled percentiles, outcomes of assertions) is checked for
 * sense. */
#include "result.h"

#include "../base/text.h"
#include "../base/version.h"
#include "../base/xalloc.h"
#include "assertion.h"
#include "conclude.h"
#include "json_result.h"
#include "plan_json.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FAMILY "lblab-result/"
#define SCHEMA FAMILY "1"

enum { MOST_BYTES = 256 << 20, MOST_VALUES = 8000000, KEY = 32 };

/* Sums over 100 000 runs stay below 2^64. */
static const uint64_t most_count = 10000000000000;

static int changed(struct json_in *in, const cJSON *node, const char *what)
{
    if (json_in_failed(in))
        return -1;
    doc_fault(in->doc, in->err, node, DOC_VALUE, "E303", "%s", what);
    err_hint(in->err, "a result is only ever written by the program: run the scenario again");
    return -1;
}

/* ---- the file as a whole ---- */

/* Broken JSON is a result that was cut, or none. */
static int open_doc(struct doc *doc, const char *path, struct err *err)
{
    struct err_item *item;
    char what[sizeof item->what];

    if (doc_open_most(doc, path, MOST_BYTES, MOST_VALUES, err) == 0)
        return 0;
    item = &err->item[err->last];
    if (strncmp(item->code, "E00", 3) != 0)
        return -1;
    snprintf(what, sizeof what, "not a result, or a part of one: %.250s", item->what);
    memcpy(item->what, what, sizeof what);
    memcpy(item->code, "E300", sizeof "E300");
    return -1;
}

static int check_schema(struct json_in *in)
{
    const cJSON *schema = doc_get(in->doc->root, "schema");
    char shown[64];

    if (!cJSON_IsString(schema) ||
        strncmp(schema->valuestring, FAMILY, sizeof FAMILY - 1) != 0) {
        json_in_fault(in, schema, "not a result; expected \"schema\": \"%s\"", SCHEMA);
        return -1;
    }
    if (strcmp(schema->valuestring, SCHEMA) == 0)
        return 0;
    doc_fault(in->doc, in->err, schema, DOC_VALUE, "E302",
              "a result of another version, %s; expected \"%s\"",
              doc_shown(in->doc, schema, shown, sizeof shown), SCHEMA);
    err_hint(in->err, "run the scenario again with this version");
    return -1;
}

/* The characters of a value without the white space between tokens, appended. */
static size_t append_compact(char *out, const struct doc *doc, const cJSON *node)
{
    size_t length = 0, used = 0;
    const char *raw = doc_raw(doc, node, &length);
    bool in_text = false;

    for (size_t i = 0; i < length; i++) {
        if (in_text || !strchr(" \t\r\n", raw[i]))
            out[used++] = raw[i];
        if (in_text && raw[i] == '\\')
            out[used++] = raw[++i];
        else if (raw[i] == '"')
            in_text = !in_text;
    }
    return used;
}

/* Of scenario and runs as they stand in the file. */
static int check_sha256(struct json_in *in, const cJSON *result, char hex[65])
{
    const cJSON *scenario = json_in_object(in, result, "scenario");
    const char *said = json_in_text(in, in->doc->root, "result_sha256");
    uint32_t runs;
    const cJSON *list = json_in_list(in, result, "runs", UINT32_MAX, &runs);
    char *both;
    size_t used;

    if (json_in_failed(in))
        return -1;
    both = xcalloc(in->doc->length + 1, 1);
    used = append_compact(both, in->doc, scenario);
    used += append_compact(both + used, in->doc, list);
    text_sha256(both, used, hex);
    free(both);
    if (strcmp(said, hex) == 0)
        return 0;
    return changed(in, doc_get(in->doc->root, "result_sha256"),
                   "changed since it was written: result_sha256 is not that of scenario and runs");
}

/* ---- runs ---- */

static void read_errors(struct json_in *in, const cJSON *item, uint64_t ended[OUTCOME_COUNT])
{
    const cJSON *errors = json_in_object(in, item, "errors");

    for (uint32_t o = OUTCOME_OK + 1; o < OUTCOME_COUNT && errors; o++)
        if (doc_get(errors, outcome_name[o]))
            ended[o] = json_in_count(in, errors, outcome_name[o], most_count);
}

/* A value, or null once one before is null: percentiles never fall. */
static void check_order(struct json_in *in, const cJSON *latency, const char *key, uint64_t before,
                        uint64_t now)
{
    if (now < before)
        json_in_fault(in, doc_get(latency, key), "\"%s\" is less than the percentile before it",
                      key);
}

static void read_latencies(struct json_in *in, const cJSON *item, const struct result_plan *plan,
                           struct result_run *run)
{
    const cJSON *latency = json_in_object(in, item, "latency_ns");
    char key[KEY];

    for (uint32_t i = 0; i < plan->percentiles; i++) {
        json_percentile_key(key, plan->percentile[i]);
        run->quantile[i] = json_in_nsec(in, latency, key);
        if (i > 0)
            check_order(in, latency, key, run->quantile[i - 1], run->quantile[i]);
    }
    run->max = json_in_nsec(in, latency, "max");
    run->mean = json_in_nsec(in, latency, "mean");
    if ((run->completed == 0) != (run->max == NEVER) || (run->max == NEVER) != (run->mean == NEVER))
        json_in_fault(in, latency, "\"max\" and \"mean\" are null when nothing was completed, and "
                                   "only then");
}

static void read_backends(struct json_in *in, const cJSON *item, struct result *r,
                          struct result_run *run)
{
    uint32_t n, b = 0;
    const cJSON *list = json_in_list(in, item, "backends", r->plan.backends, &n);

    run->backend = arena_alloc(&r->arena, r->plan.backends * sizeof *run->backend);
    if (list && n != r->plan.backends)
        json_in_fault(in, list, "%" PRIu32 " backends; expected %" PRIu32 " as in the plan", n,
                      r->plan.backends);
    for (const cJSON *at = list ? list->child : NULL; at && !json_in_failed(in); at = at->next) {
        const cJSON *name = doc_get(at, "name");

        if (!cJSON_IsString(name) || strcmp(name->valuestring, r->plan.backend[b]) != 0)
            json_in_fault(in, at, "not the backend that the plan has here");
        run->backend[b++] = (struct result_run_backend){
            .picked = json_in_count(in, at, "picked", most_count),
            .asked = json_in_count(in, at, "asked", most_count),
            .served = json_in_count(in, at, "served", most_count),
            .busy = json_in_count(in, at, "busy_ns", INT64_MAX),
        };
    }
}

static void read_remaps(struct json_in *in, const cJSON *item, struct result *r,
                        struct result_run *run)
{
    const cJSON *list = json_in_list(in, item, "remap", r->plan.events, &run->remaps);
    uint32_t i = 0;

    run->remap = arena_alloc(&r->arena, run->remaps * sizeof *run->remap);
    for (const cJSON *at = list ? list->child : NULL; at; at = at->next, i++) {
        run->remap[i] = (struct result_remap){
            .policy = run->policy,
            .event = (uint32_t)json_in_count(in, at, "event", r->plan.events - 1),
            .keys = json_in_count(in, at, "keys", most_count),
            .moved = json_in_count(in, at, "moved", most_count),
            .unavoidable = json_in_count(in, at, "unavoidable", most_count),
            .broken = json_in_count(in, at, "broken", most_count),
        };
        if (i > 0 && run->remap[i].event <= run->remap[i - 1].event)
            json_in_fault(in, at, "events out of order");
    }
}

static bool is_digest(const char *text)
{
    return strlen(text) == 32 && strspn(text, "0123456789abcdef") == 32;
}

static void check_sum(struct json_in *in, const cJSON *item, const struct result_run *run)
{
    uint64_t sum = run->unfinished;

    for (uint32_t o = 0; o < OUTCOME_COUNT; o++)
        sum += run->ended[o];
    if (sum != run->requests)
        json_in_fault(in, doc_get(item, "requests"),
                      "%" PRIu64 " requests, but completed, errors and unfinished add up to "
                      "%" PRIu64, run->requests, sum);
}

static uint32_t find_name(const char *const *name, uint32_t n, const char *wanted)
{
    for (uint32_t i = 0; i < n; i++)
        if (strcmp(name[i], wanted) == 0)
            return i;
    return NONE;
}

/* "counts" and "spent_ns": what is not named is 0. */
static void read_named(struct json_in *in, const cJSON *item, const char *key,
                       const char *const *name, uint64_t *count, uint32_t n)
{
    const cJSON *object = doc_get(item, key) ? json_in_object(in, item, key) : NULL;

    for (const cJSON *child = object ? object->child : NULL; child; child = child->next) {
        uint32_t i = find_name(name, n, child->string);

        if (i == NONE)
            json_in_fault(in, child, "\"%s\" is nothing that this version counts", key);
        else
            count[i] = json_in_count(in, object, name[i], UINT64_MAX);
    }
}

/* Parts of the latencies add up to them: to the mean, which is rounded down, times their number. */
static void check_spent(struct json_in *in, const cJSON *item, const struct result_run *run)
{
    u128 sum = 0, all = (u128)run->mean * run->completed;

    for (uint32_t i = 0; i < PART_COUNT; i++)
        sum += run->spent[i];
    if (run->completed && doc_get(item, "spent_ns") &&
        (sum < all || sum >= all + run->completed))
        json_in_fault(in, doc_get(item, "spent_ns"),
                      "the parts of the latencies do not add up to them");
}

static void read_run(struct json_in *in, struct result *r, uint32_t index, const cJSON *item)
{
    struct result_run *run = &r->run[index];
    uint32_t k = index % r->plan.replications;
    const char *policy = json_in_text(in, item, "policy"), *digest;

    run->policy = index / r->plan.replications;
    run->seed = json_in_count(in, item, "seed", UINT64_MAX);
    if (strcmp(policy, r->plan.policy[run->policy]) != 0)
        json_in_fault(in, doc_get(item, "policy"), "not the policy that comes here: the plan has "
                                                   "%" PRIu32 " seeds a policy",
                      r->plan.replications);
    if (run->seed != r->plan.first_seed + k)
        json_in_fault(in, doc_get(item, "seed"), "\"seed\" is %" PRIu64 "; expected %" PRIu64,
                      run->seed, r->plan.first_seed + k);
    run->requests = json_in_count(in, item, "requests", most_count);
    run->completed = run->ended[OUTCOME_OK] = json_in_count(in, item, "completed", most_count);
    run->unfinished = json_in_count(in, item, "unfinished", most_count);
    read_errors(in, item, run->ended);
    check_sum(in, item, run);
    read_latencies(in, item, &r->plan, run);
    run->measured = json_in_count(in, item, "measured_ns", INT64_MAX);
    run->done = json_in_count(in, item, "done", most_count);
    run->attempts = json_in_count(in, item, "attempts", most_count);
    run->retries = json_in_count(in, item, "retries", most_count);
    read_named(in, item, "counts", tally_name, run->tally, TALLY_COUNT);
    read_named(in, item, "spent_ns", part_name, run->spent, PART_COUNT);
    check_spent(in, item, run);
    run->observed = json_in_count(in, item, "observed_ns", INT64_MAX);
    read_backends(in, item, r, run);
    read_remaps(in, item, r, run);
    digest = json_in_text(in, item, "digest");
    if (!is_digest(digest))
        json_in_fault(in, doc_get(item, "digest"), "\"digest\" is not of 32 hex digits");
    else
        memcpy(run->digest, digest, sizeof run->digest);
}

static void read_runs(struct json_in *in, struct result *r, const cJSON *result)
{
    const cJSON *list = json_in_list(in, result, "runs", UINT32_MAX, &r->runs);
    uint32_t i = 0, expected = r->plan.policies * r->plan.replications;

    if (list && r->runs != expected)
        json_in_fault(in, list, "%" PRIu32 " runs; expected %" PRIu32 " policies x %" PRIu32
                                " seeds", r->runs, r->plan.policies, r->plan.replications);
    r->run = arena_alloc(&r->arena, expected * sizeof *r->run);
    for (const cJSON *item = list ? list->child : NULL; item && !json_in_failed(in);
         item = item->next)
        read_run(in, r, i++, item);
}

/* ---- what runs do not tell ---- */

static void read_verdict(struct json_in *in, struct result *r, uint32_t policy, const cJSON *item)
{
    static const char *const word[] = { "ok", "saturated", NULL };
    struct result_policy *p = &r->policy[policy];
    const cJSON *saturated;

    p->verdict = json_in_word(in, item, "verdict", word) == 0 ? VERDICT_OK : VERDICT_SATURATED;
    p->saturated_backend = NONE;
    p->saturated_offered = p->saturated_growth = NAN;
    if (p->verdict == VERDICT_OK)
        return;
    saturated = json_in_object(in, item, "saturated");
    if (!saturated)
        return;
    if (doc_get(saturated, "growth_per_s"))     /* older results do not */
        p->saturated_growth = json_in_number(in, saturated, "growth_per_s");
    if (!doc_get(saturated, "backend"))
        return;                     /* the system as a whole */
    p->saturated_backend = find_name(r->plan.backend, r->plan.backends,
                                     json_in_text(in, saturated, "backend"));
    p->saturated_offered = json_in_number(in, saturated, "offered");
    if (p->saturated_backend == NONE)
        json_in_fault(in, doc_get(saturated, "backend"), "\"backend\" is not in the plan");
}

/* A percentile of all seeds lies between the least and the greatest of one seed. */
static void check_pooled(struct json_in *in, const struct result *r, uint32_t policy, uint32_t i,
                         const cJSON *node)
{
    double value = r->policy[policy].quantile[i].value, least = INFINITY, most = 0;

    for (uint32_t k = 0; k < r->plan.replications; k++) {
        uint64_t v = r->run[policy * r->plan.replications + k].quantile[i];

        least = fmin(least, v == NEVER ? (double)INFINITY : (double)v);
        most = fmax(most, v == NEVER ? (double)INFINITY : (double)v);
    }
    if (value < least || value > most)
        changed(in, node, "a percentile of all seeds that none of them allows");
}

static void read_policy(struct json_in *in, struct result *r, uint32_t policy, const cJSON *item)
{
    const char *name = json_in_text(in, item, "policy");
    const cJSON *latency = json_in_object(in, item, "latency_ns");
    char key[KEY];

    if (strcmp(name, r->plan.policy[policy]) != 0)
        json_in_fault(in, doc_get(item, "policy"), "not the policy that the plan has here");
    read_verdict(in, r, policy, item);
    for (uint32_t i = 0; i < r->plan.percentiles; i++) {
        const cJSON *quantity =
            json_in_object(in, latency, json_percentile_key(key, r->plan.percentile[i]));

        r->policy[policy].quantile[i].value = json_in_number(in, quantity, "value");
        check_pooled(in, r, policy, i, quantity);
    }
}

static void read_policies(struct json_in *in, struct result *r, const cJSON *result)
{
    uint32_t n, p = 0;
    const cJSON *list = json_in_list(in, result, "policies", r->plan.policies, &n);

    r->policy = arena_alloc(&r->arena, r->plan.policies * sizeof *r->policy);
    for (uint32_t i = 0; i < r->plan.policies; i++)
        hist_init(&r->policy[i].latency);
    if (list && n != r->plan.policies)
        json_in_fault(in, list, "%" PRIu32 " policies; expected %" PRIu32 " as in the plan", n,
                      r->plan.policies);
    for (const cJSON *item = list ? list->child : NULL; item && !json_in_failed(in);
         item = item->next)
        read_policy(in, r, p++, item);
}

static void read_warmup(struct json_in *in, struct result *r, const cJSON *result)
{
    static const char *const rule[] = { "given", "found", "none", NULL };
    const cJSON *warmup = json_in_object(in, result, "warmup");
    uint32_t which = json_in_word(in, warmup, "rule", rule);

    if ((which == 0) != (r->plan.warmup_rule == WARMUP_GIVEN))
        json_in_fault(in, warmup, "\"rule\" is not that of the plan");
    r->is_steady_found = which == 1;
    r->warmup = json_in_count(in, warmup, "ns", INT64_MAX);
    r->simulated = json_in_count(in, result, "simulated_ns", INT64_MAX);
    r->events = json_in_count(in, result, "events", UINT64_MAX);
}

/* Two numbers, as an interval or a stretch of time. */
static const cJSON *pair_of(struct json_in *in, const cJSON *item, const char *key)
{
    uint32_t n;
    const cJSON *list = json_in_list(in, item, key, 2, &n);

    if (list && (n != 2 || !cJSON_IsNumber(list->child) || !cJSON_IsNumber(list->child->next)))
        json_in_fault(in, list, "\"%s\" is not two numbers", key);
    return json_in_failed(in) ? NULL : list;
}

static void read_outcome(struct json_in *in, struct result *r, const cJSON *item)
{
    static const char *const word[] = { "holds", "fails", "inconclusive", "unknown", NULL };
    struct assertion_outcome *o = &r->assertion[r->outcomes++];
    uint64_t of = json_in_count(in, item, "assertion", r->plan.assertions - 1);
    const cJSON *ci95 = doc_get(item, "ci95"), *during = doc_get(item, "during_ns");

    *o = (struct assertion_outcome){
        .of = &r->plan.assertion[of],
        .policy = find_name(r->plan.policy, r->plan.policies, json_in_text(in, item, "policy")),
        .verdict = (enum assertion_verdict)json_in_word(in, item, "verdict", word),
        .value = json_in_number(in, item, "value"), .low = NAN, .high = NAN,
        .seeds_needed = doc_get(item, "seeds_needed")
                            ? (uint32_t)json_in_count(in, item, "seeds_needed", UINT32_MAX) : 0,
        .reason = doc_get(item, "reason") ? json_in_text(in, item, "reason") : NULL,
    };
    if (o->policy == NONE)
        json_in_fault(in, item, "an assertion about a policy that is not there");
    if (ci95 && !cJSON_IsNull(ci95) && pair_of(in, item, "ci95")) {
        o->low = ci95->child->valuedouble;
        o->high = ci95->child->next->valuedouble;
    }
    if (during && pair_of(in, item, "during_ns")) {
        o->from = (nsec)fmax(during->child->valuedouble, 0);
        o->until = (nsec)fmax(during->child->next->valuedouble, 0);
    }
}

static void read_outcomes(struct json_in *in, struct result *r, const cJSON *result)
{
    uint32_t n;
    const cJSON *list = json_in_list(in, result, "assertions",
                                     r->plan.assertions * r->plan.policies, &n);

    r->assertion = arena_alloc(&r->arena, n * sizeof *r->assertion);
    for (const cJSON *item = list ? list->child : NULL; item && !json_in_failed(in);
         item = item->next)
        read_outcome(in, r, item);
}

/* ---- what follows from the runs is what the file says ---- */

/* Nine digits are written, and the last may differ between machines. */
static bool are_near(double a, double b)
{
    return fabs(a - b) <= 1e-6 * fmax(fabs(a), fabs(b)) + 1e-9;
}

struct difference { const cJSON *file, *ours; };    /* file NULL: none */

/* The first value of `file` that is not as in `ours`.  Members that only one of both has are
 * another version's. */
static struct difference find_difference(const cJSON *file, const cJSON *ours)
{
    const struct difference none = { NULL, NULL }, this = { file, ours };
    const cJSON *other = ours->child;

    if ((file->type & 0xff) != (ours->type & 0xff))
        return this;
    if (cJSON_IsNumber(file))
        return are_near(file->valuedouble, ours->valuedouble) ? none : this;
    if (cJSON_IsString(file))
        return strcmp(file->valuestring, ours->valuestring) == 0 ? none : this;
    if (cJSON_IsArray(file) && cJSON_GetArraySize(file) != cJSON_GetArraySize(ours))
        return this;
    for (const cJSON *item = file->child; item; item = item->next) {
        const cJSON *pair = cJSON_IsObject(ours) ? doc_get(ours, item->string) : other;
        struct difference found = pair ? find_difference(item, pair) : none;

        if (found.file)
            return found;
        other = other ? other->next : NULL;
    }
    return none;
}

static void tell_difference(struct json_in *in, const struct difference *d)
{
    char shown[64], what[200];

    doc_shown(in->doc, d->file, shown, sizeof shown);
    if (cJSON_IsNumber(d->ours))
        snprintf(what, sizeof what, "%s does not follow from the runs: they give %.9g", shown,
                 d->ours->valuedouble);
    else if (cJSON_IsString(d->ours))
        snprintf(what, sizeof what, "%s does not follow from the runs: they give \"%.60s\"", shown,
                 d->ours->valuestring);
    else
        snprintf(what, sizeof what, "%s does not follow from the runs", shown);
    changed(in, d->file, what);
}

/* Another version may compute an interval otherwise: ours counts then, theirs is not looked at. */
static bool is_of_other_version(const struct json_in *in)
{
    const cJSON *version = doc_get(doc_get(in->doc->root, "environment"), "version");

    return cJSON_IsString(version) && version->valuestring[0] &&
           strcmp(version->valuestring, version_text()) != 0;
}

static void check_conclusions(struct json_in *in, const struct result *r, const cJSON *result)
{
    static const char *const part[] = { "policies", "compare", "remap" };
    const struct result_environment none = { .version = "" };
    char *text = result_json(r, &none);
    cJSON *ours = cJSON_Parse(text);

    for (size_t i = 0; i < ARRAY_LEN(part) && !json_in_failed(in); i++) {
        uint32_t n;
        const cJSON *list = json_in_list(in, result, part[i], UINT32_MAX, &n);
        struct difference d = { NULL, NULL };

        if (list)
            d = find_difference(list, doc_get(doc_get(ours, "result"), part[i]));
        if (d.file)
            tell_difference(in, &d);
    }
    cJSON_Delete(ours);
    free(text);
}

/* ---- all of it ---- */

static void read_scenario(struct json_in *in, struct result *r, const cJSON *result)
{
    const cJSON *scenario = json_in_object(in, result, "scenario");

    plan_json_get(&r->plan, in, json_in_object(in, result, "plan"));
    if (strcmp(json_in_text(in, scenario, "name"), r->plan.scenario) != 0 ||
        strcmp(json_in_text(in, scenario, "sha256"), r->plan.sha256) != 0)
        json_in_fault(in, doc_get(result, "plan"), "a plan of another scenario");
}

static void read_result(struct json_in *in, struct result *r)
{
    const cJSON *result = check_schema(in) == 0 ? json_in_object(in, in->doc->root, "result")
                                                : NULL;
    char hex[65];

    if (!result || check_sha256(in, result, hex) < 0)
        return;
    read_scenario(in, r, result);
    if (json_in_failed(in))
        return;
    read_runs(in, r, result);
    if (json_in_failed(in))
        return;
    read_policies(in, r, result);
    read_warmup(in, r, result);
    if (json_in_failed(in))
        return;
    result_conclude(r);
    read_outcomes(in, r, result);
    json_result_sha256(r, r->sha256);
    if (strcmp(r->sha256, hex) != 0)
        json_in_fault(in, doc_get(result, "runs"),
                      "\"scenario\" or \"runs\" hold more than a result of this version");
    if (!json_in_failed(in) && !is_of_other_version(in))
        check_conclusions(in, r, result);
}

/* Others' faults stand in err already: what is wrong here is gathered apart. */
static int tell(struct err *err, const struct err *fault)
{
    struct err_item *item = err_add(err, ERR_ERROR, fault->item[0].code);

    *item = fault->item[0];
    err->exit_code = fault->exit_code;
    return -1;
}

int result_read(struct result *r, const char *path, struct err *err)
{
    char file[PATH_MAX + 16];
    struct stat st;
    struct err fault;
    struct doc doc;
    struct json_in in = { &doc, &fault, &r->arena };
    bool is_folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode);

    *r = (struct result){ .runs = 0 };
    err_init(&fault);
    snprintf(file, sizeof file, is_folder ? "%.4090s/result.json" : "%.4090s", path);
    if (open_doc(&doc, file, &fault) == 0)
        read_result(&in, r);
    doc_fini(&doc);
    if (fault.errors == 0)
        return 0;
    result_fini(r);
    if (is_folder && access(file, F_OK) < 0)
        err_hint(&fault, "expected the folder of one run: of a scenario NAME the last is "
                         "results/NAME/latest");
    return tell(err, &fault);
}
