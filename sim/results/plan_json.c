/* plan_json.c - see plan_json.h.  Assertions stand as their texts and are parsed again. */
#include "plan_json.h"

#include "../base/text.h"
#include "../base/xalloc.h"
#include "aside.h"
#include "assertion.h"
#include "catalogue.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SCHEMA "lblab-plan/1"

enum {
    LINES = 2,
    MOST_POLICIES = 10000, MOST_SEEDS = 100000, MOST_CELLS = 100000, MOST_BACKENDS = 1000000,
    MOST_EVENTS = 100000, MOST_ASSERTIONS = 256, MOST_OVERRIDES = 256, MOST_SHOWN = 64,
};

static const char *const rule_word[] = { [WARMUP_GIVEN] = "given", [WARMUP_AUTO] = "auto", NULL };

/* ---- out ---- */

static void put_names(struct json *j, const char *key, const char *const *name, uint32_t n)
{
    json_open(j, key, '[');
    for (uint32_t i = 0; i < n; i++)
        json_text(j, NULL, name[i]);
    json_close(j, ']');
}

static void put_backends(struct json *j, const struct result_plan *p)
{
    json_open(j, "backends", '[');
    for (uint32_t b = 0; b < p->backends; b++) {
        json_open(j, NULL, '{');
        json_text(j, "name", p->backend[b]);
        json_number(j, "workers", p->backend_workers[b]);
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void put_events(struct json *j, const struct result_plan *p)
{
    json_open(j, "events", '[');
    for (uint32_t i = 0; i < p->events; i++) {
        json_open(j, NULL, '{');
        json_text(j, "label", p->event[i].label);
        json_count(j, "at_ns", p->event[i].at);
        json_count(j, "until_ns", p->event[i].until);
        if (p->event[i].recurs)
            json_bool(j, "recurs", true);
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void put_assertions(struct json *j, const struct result_plan *p)
{
    json_open(j, "assertions", '[');
    for (uint32_t i = 0; i < p->assertions; i++) {
        const struct assertion *a = &p->assertion[i];

        json_open(j, NULL, '{');
        json_text(j, "expr", a->text);
        json_text(j, "of", a->left.policy);
        json_text(j, "against", a->right.policy);
        json_text(j, "why", a->why);
        json_count(j, "line", a->line);
        json_count(j, "from_ns", a->from);
        json_count(j, "until_ns", a->until);
        json_close(j, '}');
    }
    json_close(j, ']');
}

void plan_json_put(struct json *j, const char *key, const struct result_plan *p)
{
    json_open(j, key, '{');
    json_text(j, "scenario", p->scenario);
    json_text(j, "sha256", p->sha256);
    json_text(j, "title", p->title);
    put_names(j, "overrides", p->override, p->overrides);
    json_count(j, "first_seed", p->first_seed);
    json_count(j, "replications", p->replications);
    put_names(j, "policies", p->policy, p->policies);
    json_text(j, "baseline", p->policy[p->baseline]);
    put_backends(j, p);
    json_open(j, "percentiles", '[');
    for (uint32_t i = 0; i < p->percentiles; i++)
        json_percentile(j, NULL, p->percentile[i]);
    json_close(j, ']');
    json_count(j, "slo_ns", p->slo);
    json_text(j, "warmup", rule_word[p->warmup_rule]);
    json_bool(j, "is_stationary", p->is_stationary);
    json_number(j, "offered_load", p->offered_load);
    if (p->hashed) {
        json_text(j, "hasher", p->hasher);
        json_text(j, "hashed", p->hashed);
    }
    if (p->shows)
        put_names(j, "show", p->show, p->shows);
    put_events(j, p);
    put_assertions(j, p);
    json_raw(j, "effective", p->effective);
    json_close(j, '}');
}

/* ---- in ---- */

static const char *const *get_names(struct json_in *in, const cJSON *plan, const char *key,
                                    uint32_t most, uint32_t *n)
{
    const cJSON *list = json_in_list(in, plan, key, most, n);
    const char **name = arena_alloc(in->arena, *n * sizeof *name);
    uint32_t i = 0;

    for (const cJSON *item = list ? list->child : NULL; item; item = item->next) {
        if (!cJSON_IsString(item))
            json_in_fault(in, item, "\"%s\" has a member that is not text", key);
        name[i++] = arena_text(in->arena, cJSON_IsString(item) ? item->valuestring : "");
    }
    return name;
}

static void get_backends(struct result_plan *p, struct json_in *in, const cJSON *plan)
{
    const cJSON *list = json_in_list(in, plan, "backends", MOST_BACKENDS, &p->backends);
    const char **name = arena_alloc(in->arena, p->backends * sizeof *name);
    double *workers = arena_alloc(in->arena, p->backends * sizeof *workers);
    uint32_t i = 0;

    for (const cJSON *item = list ? list->child : NULL; item; item = item->next, i++) {
        double n = json_in_number(in, item, "workers");

        name[i] = json_in_text(in, item, "name");
        workers[i] = isnan(n) ? (double)INFINITY : n;
        if (!(workers[i] >= 1))
            json_in_fault(in, item, "\"workers\" is %g; expected 1 or more", n);
    }
    p->backend = name;
    p->backend_workers = workers;
}

static void get_percentiles(struct result_plan *p, struct json_in *in, const cJSON *plan)
{
    const cJSON *list =
        json_in_list(in, plan, "percentiles", RESULT_PERCENTILES, &p->percentiles);
    uint32_t i = 0;

    for (const cJSON *item = list ? list->child : NULL; item; item = item->next, i++) {
        p->percentile[i] = cJSON_IsNumber(item) ? item->valuedouble : 0;
        if (!(p->percentile[i] > 0 && p->percentile[i] < 100))
            json_in_fault(in, item, "a percentile that is not between 0 and 100");
    }
}

static void get_show(struct result_plan *p, struct json_in *in, const cJSON *plan)
{
    double unused;

    p->show = get_names(in, plan, "show", MOST_SHOWN, &p->shows);
    for (uint32_t i = 0; i < p->shows && !json_in_failed(in); i++)
        if (!metric_find(p->show[i], &unused))
            json_in_fault(in, doc_get(plan, "show"), "there is no such metric");
}

static void get_events(struct result_plan *p, struct json_in *in, const cJSON *plan)
{
    const cJSON *list = json_in_list(in, plan, "events", MOST_EVENTS, &p->events);
    struct result_event *event = arena_alloc(in->arena, p->events * sizeof *event);
    uint32_t i = 0;

    for (const cJSON *item = list ? list->child : NULL; item; item = item->next)
        event[i++] = (struct result_event){
            .at = json_in_count(in, item, "at_ns", INT64_MAX),
            .until = json_in_count(in, item, "until_ns", INT64_MAX),
            .recurs = doc_get(item, "recurs") && json_in_bool(in, item, "recurs"),
            .label = json_in_text(in, item, "label"),
        };
    p->event = event;
}

static void get_assertion(struct assertion *a, struct json_in *in, const cJSON *item)
{
    const char *expr = json_in_text(in, item, "expr");
    struct assertion_fault fault;

    if (!json_in_failed(in) && assertion_parse(a, expr, in->arena, &fault) < 0)
        json_in_fault(in, doc_get(item, "expr"), "an assertion that cannot be read: %s",
                      fault.what);
    a->left.policy = json_in_text_or_null(in, item, "of");
    a->right.policy = json_in_text_or_null(in, item, "against");
    a->why = json_in_text_or_null(in, item, "why");
    a->line = (uint32_t)json_in_count(in, item, "line", UINT32_MAX);
    a->from = json_in_count(in, item, "from_ns", INT64_MAX);
    a->until = json_in_count(in, item, "until_ns", INT64_MAX);
}

static void get_assertions(struct result_plan *p, struct json_in *in, const cJSON *plan)
{
    const cJSON *list = json_in_list(in, plan, "assertions", MOST_ASSERTIONS, &p->assertions);
    struct assertion *a = arena_alloc(in->arena, p->assertions * sizeof *a);
    uint32_t i = 0;

    for (const cJSON *item = list ? list->child : NULL; item; item = item->next, i++) {
        const char *missing;

        get_assertion(&a[i], in, item);
        missing = json_in_failed(in) ? NULL
                                     : assertion_missing_policy(&a[i], p->policy, p->policies);
        if (missing)
            json_in_fault(in, item, "an assertion about a policy that is not there");
    }
    p->assertion = a;
}

static void get_baseline(struct result_plan *p, struct json_in *in, const cJSON *plan)
{
    const char *name = json_in_text(in, plan, "baseline");

    for (p->baseline = 0; p->baseline < p->policies; p->baseline++)
        if (strcmp(p->policy[p->baseline], name) == 0)
            return;
    json_in_fault(in, doc_get(plan, "baseline"), "\"baseline\" is none of the policies");
    p->baseline = 0;
}

static void check_sizes(const struct result_plan *p, struct json_in *in, const cJSON *plan)
{
    if (p->policies == 0)
        json_in_fault(in, doc_get(plan, "policies"), "there are no policies");
    if (p->replications == 0)
        json_in_fault(in, doc_get(plan, "replications"), "there are no seeds");
    if (p->backends == 0)
        json_in_fault(in, doc_get(plan, "backends"), "there are no backends");
    if ((uint64_t)p->policies * p->replications > MOST_CELLS)
        json_in_fault(in, plan, "more than %d cells (policies x seeds)", MOST_CELLS);
}

void plan_json_get(struct result_plan *p, struct json_in *in, const cJSON *plan)
{
    *p = (struct result_plan){ .scenario = json_in_text(in, plan, "scenario") };
    p->sha256 = json_in_text(in, plan, "sha256");
    p->title = json_in_text_or_null(in, plan, "title");
    p->override = get_names(in, plan, "overrides", MOST_OVERRIDES, &p->overrides);
    p->first_seed = json_in_count(in, plan, "first_seed", UINT64_MAX);
    p->replications = (uint32_t)json_in_count(in, plan, "replications", MOST_SEEDS);
    p->policy = get_names(in, plan, "policies", MOST_POLICIES, &p->policies);
    get_baseline(p, in, plan);
    get_backends(p, in, plan);
    get_percentiles(p, in, plan);
    p->slo = json_in_count(in, plan, "slo_ns", INT64_MAX);
    p->warmup_rule = json_in_word(in, plan, "warmup", rule_word);
    p->is_stationary = json_in_bool(in, plan, "is_stationary");
    p->offered_load = json_in_number(in, plan, "offered_load");
    if (doc_get(plan, "hashed")) {
        p->hasher = json_in_text(in, plan, "hasher");
        p->hashed = json_in_text(in, plan, "hashed");
    }
    if (doc_get(plan, "show"))
        get_show(p, in, plan);
    get_events(p, in, plan);
    get_assertions(p, in, plan);
    json_in_object(in, plan, "effective");
    p->effective = json_in_raw(in, plan, "effective");
    check_sizes(p, in, plan);
}

/* ---- plan.json ---- */

int plan_file_write(const struct result_plan *plan, const char *digest, const char *path,
                    struct err *err)
{
    char *text = NULL, shown[200];
    size_t length = 0;
    FILE *f = open_memstream(&text, &length);
    struct json j = json_begin(f, LINES);

    if (!f)
        xalloc_failed();
    json_open(&j, NULL, '{');
    json_text(&j, "schema", SCHEMA);
    json_text(&j, "digest", digest);
    plan_json_put(&j, "plan", plan);
    json_close(&j, '}');
    json_end(&j);
    fclose(f);              /* cppcheck-suppress nullPointerRedundantCheck */

    int rc = aside_write(path, text, length, ASIDE_QUICK);

    if (rc != 0)
        err_machine(err, "cannot write \"%s\"", text_safe(shown, sizeof shown, path, strlen(path)));
    free(text);
    return rc;
}

static void read_file(struct result_plan *plan, char digest[17], struct json_in *in)
{
    const cJSON *root = in->doc->root, *inner = json_in_object(in, root, "plan");
    const char *schema = json_in_text(in, root, "schema");
    const char *written = json_in_text(in, root, "digest");

    if (strcmp(schema, SCHEMA) != 0)
        json_in_fault(in, doc_get(root, "schema"), "not a plan that this version reads; "
                                                   "expected \"" SCHEMA "\"");
    if (strlen(written) != 16)
        json_in_fault(in, doc_get(root, "digest"), "\"digest\" is not of 16 hex digits");
    if (json_in_failed(in))
        return;
    memcpy(digest, written, 17);
    plan_json_get(plan, in, inner);
}

int plan_file_read(struct result_plan *plan, char digest[17], const char *path,
                   struct arena *arena, struct err *err)
{
    struct err fault;
    struct doc doc;
    struct json_in in = { &doc, &fault, arena };

    if (access(path, F_OK) != 0 && errno == ENOENT)
        return 1;
    err_init(&fault);
    if (doc_open(&doc, path, &fault) == 0)
        read_file(plan, digest, &in);
    doc_fini(&doc);
    if (fault.errors == 0)
        return 0;
    *err_add(err, ERR_ERROR, fault.item[0].code) = fault.item[0];
    err->exit_code = fault.exit_code;
    return -1;
}
