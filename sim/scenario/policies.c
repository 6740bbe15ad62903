/* policies.c - `compare`: the policies that take turns at one balancer, and which of them is the
 * measure of the others.  Each is started once here: what it refuses is told with a place. */
#include "field.h"

#include "../../algorithms/lb.h"
#include "../base/text.h"

#include <string.h>

enum { MOST_POLICIES = 64, TRIED_PEERS = 20000 };

static int read_policies(struct reader *rd, const struct field *f, const cJSON *node, void *object)
{
    const struct field each = { .key = f->key };
    const cJSON *item;
    int rc = 0;

    (void)object;
    if (!cJSON_IsArray(node) || !node->child || cJSON_GetArraySize(node) > MOST_POLICIES)
        return field_mismatch(rd, node, "a list of 1 to 64 algorithms");
    rd->compared = arena_alloc(&rd->out->arena,
                               (size_t)cJSON_GetArraySize(node) * sizeof *rd->compared);
    cJSON_ArrayForEach(item, node) {
        if (field_policy.read(rd, &each, item, &rd->compared[rd->compared_count++]) < 0)
            rc = -1;
    }
    return rc;
}

static void schema_policies(FILE *out, const struct field *f)
{
    (void)f;
    fprintf(out, "\"type\": \"array\", \"minItems\": 1, \"maxItems\": %d, "
                 "\"items\": { \"$ref\": \"#/$defs/policy\" }", MOST_POLICIES);
}

static const struct field_type type_policies = {
    .what = "a list of algorithms", .read = read_policies, .schema = schema_policies };

/* Names of what may not be read yet: kept in the reader. */
static int read_name(struct reader *rd, const struct field *f, const cJSON *node, void *object)
{
    (void)object;
    if (!cJSON_IsString(node))
        return field_mismatch(rd, node, "a name");
    *(strcmp(f->key, "at") == 0 ? &rd->compare_at : &rd->baseline) =
        reader_text(rd, node->valuestring);
    return 0;
}

static void schema_name(FILE *out, const struct field *f)
{
    (void)f;
    fprintf(out, "\"type\": \"string\"");
}

static const struct field_type type_name = {
    .what = "a name", .read = read_name, .schema = schema_name };

static const struct field compare_rows[] = {
    { "algorithms", &type_policies, .flags = FIELD_REQUIRED,
      .help =
          "names, or objects with \"name\", \"label\" and parameters; no two with the same label" },
    { "at", &type_name,
      .help = "the balancer whose algorithm they replace; default: the only one" },
    { "baseline", &type_name,
      .help = "the one that the others are measured by; default: the first" },
    { .key = NULL },
};

const struct field_table fields_compare = {
    .name = "compare", .help = "policies that take turns at one balancer", .row = compare_rows };

/* The node to blame for policy k: an entry of compare.algorithms, or the balancer's own. */
static const cJSON *policy_node(const struct reader *rd, uint32_t k)
{
    const cJSON *list = doc_get(doc_get(rd->doc.root, "compare"), "algorithms");
    const cJSON *item = cJSON_IsArray(list) ? cJSON_GetArrayItem(list, (int)k) : NULL;

    return item ? item : doc_item(&rd->doc, "balancers", rd->out->compare_at, "algorithm");
}

static void find_place(struct reader *rd)
{
    struct scenario *sc = rd->out;
    const cJSON *compare = doc_get(rd->doc.root, "compare");
    char safe[80];

    for (uint32_t k = 0; rd->compare_at && k < sc->balancers; k++)
        if (sc->balancer[k].name && strcmp(sc->balancer[k].name, rd->compare_at) == 0) {
            sc->compare_at = k;
            return;
        }
    if (rd->compare_at) {
        const char *names[257];
        uint32_t count = 0;

        for (uint32_t k = 0; k < sc->balancers && k < 256; k++)
            if (sc->balancer[k].name)
                names[count++] = sc->balancer[k].name;
        names[count] = NULL;

        const char *near = text_nearest(rd->compare_at, names);

        doc_fault(&rd->doc, rd->err, doc_get(compare, "at"), DOC_VALUE, "E131",
                  "there is no balancer \"%s\"",
                  text_safe(safe, sizeof safe, rd->compare_at, strlen(rd->compare_at)));
        if (near)
            err_hint(rd->err, "did you mean \"%s\"?", near);
    } else if (sc->balancers > 1 && !rd->has_lost_tier) {
        doc_fault(&rd->doc, rd->err, compare, DOC_VALUE, "E121", "missing in compare: \"at\"");
        err_hint(rd->err, "with several balancers, say at which one the algorithms take turns");
    }
}

static void find_baseline(struct reader *rd)
{
    struct scenario *sc = rd->out;
    const struct lb_ops *ops = rd->baseline ? reader_algorithm(rd, rd->baseline) : NULL;
    char safe[80];

    for (uint32_t pass = 0; rd->baseline && pass < 2; pass++)
        for (uint32_t k = 0; k < sc->policies; k++)
            if (pass == 0 ? sc->policy[k].label && strcmp(sc->policy[k].label, rd->baseline) == 0
                          : ops && sc->policy[k].ops == ops) {
                sc->baseline = k;
                return;
            }
    if (!rd->baseline || rd->over->algorithms)
        return;                     /* -a took the file's away: the first is the measure */
    doc_fault(&rd->doc, rd->err, doc_get(doc_get(rd->doc.root, "compare"), "baseline"), DOC_VALUE,
              "E106", "the baseline \"%s\" is not among the algorithms",
              text_safe(safe, sizeof safe, rd->baseline, strlen(rd->baseline)));
    err_hint(rd->err, "add it to \"algorithms\", or name one of those");
}

static void check_labels(struct reader *rd)
{
    const struct scenario *sc = rd->out;

    for (uint32_t k = 1; k < sc->policies; k++)
        for (uint32_t j = 0; j < k; j++) {
            if (!sc->policy[j].label || !sc->policy[k].label ||
                strcmp(sc->policy[j].label, sc->policy[k].label) != 0)
                continue;
            doc_fault(&rd->doc, rd->err, policy_node(rd, k), DOC_VALUE, "E105",
                      "policy \"%s\" is there twice", sc->policy[k].label);
            err_hint(rd->err, "change a parameter or give one a \"label\"");
            break;
        }
}

/* The next tier's size: backends of a pool, instances of a balancer; 0 when it is not known. */
static uint32_t count_peers(const struct scenario *sc, const char *to)
{
    for (uint32_t k = 0; k < sc->backends; k++)
        if (strcmp(sc->backend[k].name, to) == 0)
            return sc->backend[k].count;
    for (uint32_t k = 0; k < sc->balancers; k++)
        if (strcmp(sc->balancer[k].name, to) == 0)
            return sc->balancer[k].instances;
    return 0;
}

static uint32_t weight_of(const struct scenario *sc, const char *pool, uint32_t index)
{
    for (uint32_t k = 0; k < sc->backends; k++)
        if (strcmp(sc->backend[k].name, pool) == 0)
            return sc->backend[k].weight[index];
    return 1;
}

/* Starts the algorithm with the peers it will have: sizes of tables, numbers of backends. */
static const char *try_pool(const struct scenario *sc, const char *to, const struct policy *policy)
{
    uint32_t peers = count_peers(sc, to);
    const char *why = NULL;
    char name[96];

    if (policy->ops->max_backends && peers > policy->ops->max_backends)
        return "it works with fewer backends only";

    struct lb *lb = policy_new(policy, 1);

    for (uint32_t k = 0; k < peers && k < TRIED_PEERS && !why; k++) {
        snprintf(name, sizeof name, "%s[%u]", to, k);
        lb_add(lb, k + 1, name, weight_of(sc, to, k), 0);
    }
    if (!why && lb_start(lb, &why) < 0 && !why)
        why = "it does not start";
    lb_free(lb);
    return why;
}

static const char *try_policy(const struct scenario *sc, const struct balancer_config *b,
                              const struct policy *policy)
{
    const char *why = NULL;

    for (uint32_t i = 0; i < balancer_pools(b) && !why; i++)
        why = try_pool(sc, balancer_pool(b, i), policy);
    return why;
}

static void try_all(struct reader *rd)
{
    const struct scenario *sc = rd->out;

    for (uint32_t k = 0; k < sc->balancers + sc->policies; k++) {
        bool own = k < sc->balancers;
        const struct balancer_config *b = &sc->balancer[own ? k : sc->compare_at];
        const struct policy *policy = own ? &b->policy : &sc->policy[k - sc->balancers];
        const char *why = own && k == sc->compare_at ? NULL : try_policy(sc, b, policy);

        if (why)
            doc_fault(&rd->doc, rd->err,
                      own ? doc_item(&rd->doc, "balancers", k, "algorithm")
                          : policy_node(rd, k - sc->balancers),
                      DOC_VALUE, "E107", "\"%s\" cannot work at \"%s\": %s", policy->label, b->name,
                      why);
    }
}

static void check_balancers_choose(struct reader *rd)
{
    struct scenario *sc = rd->out;

    for (uint32_t k = 0; k < sc->balancers; k++) {
        const cJSON *node = doc_item(&rd->doc, "balancers", k, NULL);

        if (!cJSON_IsObject(node) || sc->balancer[k].policy.ops ||
            (rd->compared && k == sc->compare_at) || doc_get(node, "algorithm") ||
            field_is_meant(&fields_balancer, node, "algorithm"))
            continue;
        doc_fault(&rd->doc, rd->err, node, DOC_VALUE, "E121",
                  "missing in balancers[%u]: \"algorithm\"", k);
        err_hint(rd->err, "how it picks: \"algorithm\": \"p2c\"; see lblab list algorithms");
    }
}

void policies_check(struct reader *rd)
{
    struct scenario *sc = rd->out;

    if (rd->compared) {
        find_place(rd);
        sc->policy = rd->compared;
        sc->policies = rd->compared_count;
    } else if (sc->balancers) {
        sc->policy = &sc->balancer[0].policy;
        sc->policies = 1;
    }
    check_balancers_choose(rd);
    check_labels(rd);
    find_baseline(rd);
    if (rd->err->errors)
        return;
    if (!sc->balancer[sc->compare_at].policy.ops)
        sc->balancer[sc->compare_at].policy = sc->policy[sc->baseline];
    try_all(rd);
}
