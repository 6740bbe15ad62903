/* type_policy.c - an algorithm with its parameters: "p2c", or { "name": "p2c", "choices": 5 }, or a
 * product's own word for it: { "profile": "nginx-1.22", "policy": "least_conn" }.  A wrapper is a
 * key of it: "panic": { "threshold": 40 }; which of them is inside which is lb_all()'s order.
 * Parameters, types and ranges come from the algorithm's own table (algorithms/lb.h). */
#include "field.h"
#include "foreign.h"
#include "profile.h"

#include "../../algorithms/lb.h"
#include "../base/text.h"
#include "../base/xalloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool has_alias(const struct lb_ops *ops, const char *name)
{
    size_t length = strlen(name);
    const char *at = ops->aliases;

    while (at && *at) {
        size_t word = strcspn(at, " ");

        if (word == length && memcmp(at, name, word) == 0)
            return true;
        at += word + strspn(at + word, " ");
    }
    return false;
}

const struct lb_ops *reader_algorithm(const struct reader *rd, const char *name)
{
    for (const struct lb_ops *const *p = rd->over->plugins; p && *p; p++)
        if (strcmp((*p)->name, name) == 0 || has_alias(*p, name))
            return *p;
    return lb_find(name);
}

enum { MOST_NAMES = 256 };

/* All names and aliases, copied word by word into the scenario's arena. */
static void add_names(struct reader *rd, const struct lb_ops *const *list, const char **names,
                      size_t *count)
{
    for (; list && *list; list++) {
        char *words = (*list)->aliases ? reader_text(rd, (*list)->aliases) : NULL;
        char *save = NULL;

        if ((*list)->traits & LB_WRAPS)
            continue;
        if (*count < MOST_NAMES)
            names[(*count)++] = (*list)->name;
        for (char *w = words ? strtok_r(words, " ", &save) : NULL; w;
             w = strtok_r(NULL, " ", &save))
            if (*count < MOST_NAMES)
                names[(*count)++] = w;
    }
}

/* The products that have this word, "haproxy-2.6, haproxy-3.3", and the first of them. */
static const char *find_products(const char *word, char *list, size_t size)
{
    const char *first = NULL;
    struct profile profile;
    size_t used = 0;

    for (const char *const *name = profile_names; *name; name++) {
        if (profile_open(&profile, *name) < 0)
            continue;
        if (doc_get(doc_get(profile.doc.root, "policies"), word) && used < size) {
            used += (size_t)snprintf(list + used, size - used, "%s%s", used ? ", " : "", *name);
            first = first ? first : *name;
        }
        profile_fini(&profile);
    }
    return first;
}

void reader_hint_algorithm(struct reader *rd, const char *name)
{
    const char *names[MOST_NAMES + 1], *product;
    char products[200] = "";
    size_t count = 0;

    add_names(rd, lb_all(), names, &count);
    add_names(rd, rd->over->plugins, names, &count);
    names[count] = NULL;

    const char *same = foreign_same(name, names), *near = same ? same : text_nearest(name, names);

    product = find_products(name, products, sizeof products);
    if (strpbrk(name, ":=") && !rd->over->algorithms)
        err_hint(rd->err, "in a file parameters are keys: { \"name\": \"p2c\", \"choices\": 3 }");
    else if (product)
        err_hint(rd->err, "it is a word of %s: { \"profile\": \"%s\", \"policy\": \"%s\" }%s%s%s",
                 products, product, name, near ? "; ours is \"" : "", near ? near : "",
                 near ? "\"" : "");
    else if (near)
        err_hint(rd->err, "did you mean \"%s\"?   List them with: lblab list algorithms", near);
    else
        err_hint(rd->err, "List them with: lblab list algorithms");
}

static const struct lb_param *find_param(const struct lb_ops *ops, const char *key)
{
    for (const struct lb_param *p = ops->params; p && p->name; p++)
        if (strcmp(p->name, key) == 0)
            return p;
    return NULL;
}

static void show_value(const struct lb_param *p, double value, char *buf, size_t size)
{
    static const struct { double ns; const char *unit; } units[] = {
        { 3600e9, "h" }, { 60e9, "m" }, { 1e9, "s" }, { 1e6, "ms" }, { 1e3, "us" }, { 1, "ns" } };

    if (p->type == LB_BOOL) {
        snprintf(buf, size, "%s", value > 0 ? "true" : "false");
        return;
    }
    if (p->type == LB_CHOICE) {
        snprintf(buf, size, "%s", p->words[(uint32_t)value]);
        return;
    }
    if (p->type == LB_DURATION)
        for (size_t k = 0; k < ARRAY_LEN(units); k++)
            if (value >= units[k].ns && fmod(value, units[k].ns) == 0) {
                snprintf(buf, size, "%.0f%s", value / units[k].ns, units[k].unit);
                return;
            }
    snprintf(buf, size, "%.15g", value);
}

/* Keys that any policy may have, beside its parameters. */
static void add_common_keys(const struct lb_ops *ops, const char **names, size_t *count)
{
    static const char *const own[] = { "name", "label", "profile", "policy" };

    if (ops->traits & LB_WRAPS)
        return;
    for (size_t k = 0; k < ARRAY_LEN(own); k++)
        names[(*count)++] = own[k];
    for (const struct lb_ops *const *o = lb_all(); *o; o++)
        if ((*o)->traits & LB_WRAPS)
            names[(*count)++] = (*o)->name;
}

static int tell_unknown_param(struct reader *rd, const struct lb_ops *ops, const cJSON *child)
{
    const char *names[128];
    char list[240] = "", safe[80], foreign[200];
    size_t count = 0, used = 0;

    for (const struct lb_param *p = ops->params; p && p->name && count < 60; p++) {
        names[count++] = p->name;
        if (used < sizeof list)
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "",
                                     p->name);
    }
    add_common_keys(ops, names, &count);
    names[count] = NULL;

    const char *near = text_nearest(child->string, names);

    doc_fault(&rd->doc, rd->err, child, DOC_KEY, "E120",
              "unknown key \"%s\": \"%s\" has no such parameter",
              text_safe(safe, sizeof safe, child->string, strlen(child->string)), ops->name);
    if (foreign_key("policy", child->string, foreign, sizeof foreign))
        err_hint(rd->err, "here: %s", foreign);
    else if (near)
        err_hint(rd->err, "did you mean \"%s\"?", near);
    else
        err_hint(rd->err, "%s %s%s", ops->name, *list ? "takes " : "takes no parameters", list);
    return -1;
}

enum { MOST_WORDS = 30 };

/* A word, or its place among the words; told of faults as any choice is. */
static int read_choice(struct reader *rd, const struct lb_param *p, const cJSON *node,
                       double *value)
{
    struct field_choice choice[MOST_WORDS + 1] = { 0 };
    const struct field f = { .key = p->name, .extra = choice };
    uint32_t place = 0;

    if (cJSON_IsNumber(node) && node->valuedouble >= 0 && node->valuedouble <= p->max &&
        node->valuedouble == floor(node->valuedouble)) {
        *value = node->valuedouble;
        return 0;
    }
    for (uint32_t k = 0; k < MOST_WORDS && p->words[k]; k++)
        choice[k] = (struct field_choice){ .name = p->words[k], .value = k };
    if (field_choice.read(rd, &f, node, &place) < 0)
        return -1;
    *value = place;
    return 0;
}

static int read_value(struct reader *rd, const struct lb_param *p, const cJSON *node, double *value)
{
    nsec time;

    switch (p->type) {
    case LB_BOOL:
        if (!cJSON_IsBool(node))
            return field_mismatch(rd, node, "true or false");
        *value = cJSON_IsTrue(node);
        return 0;
    case LB_DURATION:
        if (field_read_duration(rd, node, &time) < 0)
            return -1;
        *value = (double)time;
        return 0;
    case LB_CHOICE:
        return read_choice(rd, p, node, value);
    case LB_UINT:
        if (!cJSON_IsNumber(node) || node->valuedouble != floor(node->valuedouble))
            return field_mismatch(rd, node, "a whole number");
        break;
    case LB_REAL:
        if (!cJSON_IsNumber(node))
            return field_mismatch(rd, node, "a number");
        break;
    }
    *value = node->valuedouble;
    return 0;
}

/* Where the settings of an algorithm, or of a wrapper, are kept. */
struct settings {
    const struct lb_ops *ops;
    struct policy_set *set;
    uint32_t *count, most;
};

static int read_param(struct reader *rd, const struct settings *to, const cJSON *child)
{
    const struct lb_param *p = find_param(to->ops, child->string);
    char low[40], high[40];
    double value = 0;

    if (!p)
        return tell_unknown_param(rd, to->ops, child);
    if (read_value(rd, p, child, &value) < 0)
        return -1;
    if (p->type != LB_BOOL && (value < p->min || value > p->max)) {
        show_value(p, p->min, low, sizeof low);
        show_value(p, p->max, high, sizeof high);
        return field_out_of_range(rd, child, low, high);
    }
    for (uint32_t k = 0; k < *to->count; k++)
        if (to->set[k].param == p->name) {          /* over what a profile says */
            to->set[k].value = value;
            return 0;
        }
    if (*to->count == to->most)
        return doc_fault(&rd->doc, rd->err, child, DOC_KEY, "E112", "more than %u parameters",
                         to->most);
    to->set[(*to->count)++] = (struct policy_set){ .param = p->name, .value = value };
    return 0;
}

/* ---- labels ---- */

struct label { char text[200]; size_t used; };

static void put_label(struct label *l, const char *before, const char *text)
{
    if (l->used < sizeof l->text)
        l->used += (size_t)snprintf(l->text + l->used, sizeof l->text - l->used, "%s%s", before,
                                    text);
}

/* "(choices=5)": parameters that differ from their presets, in the table's order; or nothing. */
static void label_params(struct label *l, const struct lb_ops *ops, const struct policy_set *set,
                         uint32_t count)
{
    const char *before = "(";
    char value[40];

    for (const struct lb_param *p = ops->params; p && p->name; p++)
        for (uint32_t k = 0; k < count; k++) {
            if (set[k].param != p->name || set[k].value == p->preset)
                continue;
            show_value(p, set[k].value, value, sizeof value);
            put_label(l, before, p->name);
            put_label(l, "=", value);
            before = ",";
        }
    if (*before == ',')
        put_label(l, ")", "");
}

/* "p2c(choices=5)" or a product's own word, and "+panic" for each wrapper. */
static const char *make_label(struct reader *rd, const struct policy *policy, const char *word)
{
    struct label l = { .used = 0 };

    put_label(&l, "", word ? word : policy->ops->name);
    if (!word)
        label_params(&l, policy->ops, policy->set, policy->set_count);
    for (uint32_t k = 0; k < policy->wraps; k++) {
        const struct policy_wrap *w = &policy->wrap[k];

        put_label(&l, "+", w->ops->name);
        label_params(&l, w->ops, w->set, w->set_count);
    }
    return reader_text(rd, l.text);
}

/* ---- wrappers ---- */

/* Built-ins in lb_all()'s order, plug-ins outside. */
static uint32_t depth_of(const struct lb_ops *ops)
{
    uint32_t depth = 0;

    while (lb_all()[depth] && lb_all()[depth] != ops)
        depth++;
    return depth;
}

static const struct lb_ops *find_wrapper(const struct reader *rd, const char *key)
{
    const struct lb_ops *ops = reader_algorithm(rd, key);

    return ops && ops->traits & LB_WRAPS ? ops : NULL;
}

/* Its place among the policy's wrappers, innermost first; NULL: there are too many. */
static struct policy_wrap *place_wrapper(struct policy *policy, const struct lb_ops *ops)
{
    uint32_t k = 0;

    while (k < policy->wraps && depth_of(policy->wrap[k].ops) < depth_of(ops))
        k++;
    if (k < policy->wraps && policy->wrap[k].ops == ops)
        return &policy->wrap[k];                    /* over what a profile says */
    if (policy->wraps == ARRAY_LEN(policy->wrap))
        return NULL;
    memmove(&policy->wrap[k + 1], &policy->wrap[k], (policy->wraps - k) * sizeof *policy->wrap);
    policy->wraps++;
    policy->wrap[k] = (struct policy_wrap){ .ops = ops };
    return &policy->wrap[k];
}

static int read_wrapper(struct reader *rd, struct policy *policy, const struct lb_ops *ops,
                        const cJSON *node)
{
    struct policy_wrap *wrap;
    const cJSON *child;
    int rc = 0;

    if (!cJSON_IsObject(node))
        return field_mismatch(rd, node, "an object with the wrapper's parameters, or {}");
    wrap = place_wrapper(policy, ops);
    if (!wrap)
        return doc_fault(&rd->doc, rd->err, node, DOC_KEY, "E112", "more than %zu wrappers",
                         ARRAY_LEN(policy->wrap));

    const struct settings to = { ops, wrap->set, &wrap->set_count, ARRAY_LEN(wrap->set) };

    cJSON_ArrayForEach(child, node) {
        if (!field_is_remark(child->string) && read_param(rd, &to, child) < 0)
            rc = -1;
    }
    return rc;
}

static int tell_wrapper(struct reader *rd, const cJSON *node, const struct lb_ops *ops)
{
    doc_fault(&rd->doc, rd->err, node, DOC_VALUE, "E122",
              "\"%s\" is no algorithm: it wraps one", ops->name);
    err_hint(rd->err, "like { \"name\": \"weighted_round_robin\", \"%s\": {} }", ops->name);
    return -1;
}

static int read_algorithm(struct reader *rd, const cJSON *node, struct policy *policy)
{
    char shown[60];

    if (!cJSON_IsString(node))
        return field_mismatch(rd, node, "the name of an algorithm");
    policy->ops = reader_algorithm(rd, node->valuestring);
    if (policy->ops && policy->ops->traits & LB_WRAPS)
        return tell_wrapper(rd, node, policy->ops);
    if (policy->ops)
        return 0;
    doc_fault(&rd->doc, rd->err, node, DOC_VALUE, "E101", "unknown algorithm %s",
              doc_shown(&rd->doc, node, shown, sizeof shown));
    reader_hint_algorithm(rd, node->valuestring);
    return -1;
}

static bool is_own_key(const char *key)
{
    return strcmp(key, "name") == 0 || strcmp(key, "profile") == 0 || strcmp(key, "policy") == 0 ||
           field_is_remark(key);
}

static int read_key(struct reader *rd, const cJSON *child, struct policy *policy)
{
    const struct field label = { .key = "label", .offset = FIELD_AT(policy, label), .max = 60 };
    const struct settings to = { policy->ops, policy->set, &policy->set_count,
                                 ARRAY_LEN(policy->set) };
    const struct lb_ops *wrapper = find_wrapper(rd, child->string);

    if (strcmp(child->string, "label") == 0)
        return field_text.read(rd, &label, child, policy);
    return wrapper ? read_wrapper(rd, policy, wrapper, child) : read_param(rd, &to, child);
}

static int read_params(struct reader *rd, const cJSON *node, struct policy *policy)
{
    const cJSON *child;
    int rc = 0;

    cJSON_ArrayForEach(child, node) {
        if (!is_own_key(child->string) && read_key(rd, child, policy) < 0)
            rc = -1;
    }
    return rc;
}

static int tell_missing(struct reader *rd, const cJSON *node, const char *key)
{
    char where[120];

    return doc_fault(&rd->doc, rd->err, node, DOC_VALUE, "E121", "missing in %s: \"%s\"",
                     doc_where(&rd->doc, node, where, sizeof where), key);
}

/* ---- a product's word ---- */

static int tell_no_profile(struct reader *rd, const cJSON *node)
{
    char shown[60];
    const char *near = text_nearest(node->valuestring, profile_names);

    for (const char *const *p = profile_names; *p && *node->valuestring && !near; p++)
        if (strncmp(*p, node->valuestring, strlen(node->valuestring)) == 0)
            near = *p;              /* a product without its version */
    doc_fault(&rd->doc, rd->err, node, DOC_VALUE, "E108", "unknown profile %s",
              doc_shown(&rd->doc, node, shown, sizeof shown));
    if (near)
        err_hint(rd->err, "did you mean \"%s\"?   List them with: lblab list profiles", near);
    else
        err_hint(rd->err, "List them with: lblab list profiles");
    return -1;
}

static int tell_no_word(struct reader *rd, const struct profile *profile, const cJSON *node,
                        const struct profile_policy *found, enum profile_answer answer)
{
    const char *near = profile_nearest(profile, found->word);
    char safe[80];

    text_safe(safe, sizeof safe, found->word, strlen(found->word));
    if (answer == PROFILE_NOT_MODELLED) {
        doc_fault(&rd->doc, rd->err, node, DOC_VALUE, "E109", "\"%s\" of %s is not modelled", safe,
                  profile->name);
        err_hint(rd->err, "%s", found->why);
        return -1;
    }
    doc_fault(&rd->doc, rd->err, node, DOC_VALUE, "E109", "%s has no policy \"%s\"", profile->name,
              safe);
    if (near && strcmp(near, found->word) != 0)
        err_hint(rd->err, "did you mean \"%s\"?   lblab explain %s", near, profile->name);
    else
        err_hint(rd->err, "lblab explain %s shows its words", profile->name);
    return -1;
}

/* Members that the profile sets are read like those of a scenario; faults in them are the tests'
 * to find, not the user's, but an algorithm may be missing in a build. */
static int take_algorithm(struct reader *rd, const cJSON *node, cJSON *algorithm,
                          struct policy *policy)
{
    const cJSON *name = doc_get(algorithm, "name");
    char safe[80];

    policy->ops = reader_algorithm(rd, name->valuestring);
    if (!policy->ops)
        return doc_fault(&rd->doc, rd->err, node, DOC_VALUE, "E101", "unknown algorithm \"%s\"",
                         text_safe(safe, sizeof safe, name->valuestring,
                                   strlen(name->valuestring)));
    doc_mark(algorithm, DOC_PRESET);
    return read_params(rd, algorithm, policy);
}

static int read_word(struct reader *rd, const struct profile *profile, const cJSON *node,
                     struct policy *policy)
{
    struct profile_policy found;
    enum profile_answer answer = profile_resolve(profile, node->valuestring, &found);
    char label[200];
    int rc;

    if (answer != PROFILE_OK)
        return tell_no_word(rd, profile, node, &found, answer);
    rc = take_algorithm(rd, node, found.algorithm, policy);
    profile_policy_fini(&found);
    snprintf(label, sizeof label, "%s:%s", profile->name, node->valuestring);
    policy->label = reader_text(rd, label);
    return rc;
}

static int read_profile(struct reader *rd, const cJSON *node, struct policy *policy)
{
    const cJSON *name = doc_get(node, "profile"), *word = doc_get(node, "policy");
    struct profile profile;
    int rc;

    if (!cJSON_IsString(name))
        return field_mismatch(rd, name, "the name of a profile");
    if (!word)
        return tell_missing(rd, node, "policy");
    if (!cJSON_IsString(word) || strlen(word->valuestring) > 120)
        return field_mismatch(rd, word, "the product's own word, at most 120 characters");
    if (profile_open(&profile, name->valuestring) < 0)
        return tell_no_profile(rd, name);
    rc = read_word(rd, &profile, word, policy);
    profile_fini(&profile);
    if (rc < 0 || read_params(rd, node, policy) < 0)
        return -1;
    if (!doc_get(node, "label"))
        policy->label = make_label(rd, policy, policy->label);
    return 0;
}

int profile_read_policy(const struct profile *profile, const char *text, struct policy *policy,
                        struct arena *arena, struct err *err)
{
    static const struct scenario_overrides none = { 0 };
    struct scenario *keeper = xcalloc(1, sizeof *keeper);    /* the reader's memory */
    struct reader *rd = xcalloc(1, sizeof *rd);
    cJSON *node = cJSON_CreateString(text);
    uint32_t errors = err->errors;

    *policy = (struct policy){ .ops = NULL };
    *rd = (struct reader){ .out = keeper, .err = err, .over = &none };
    keeper->arena = *arena;
    doc_mark(node, DOC_PRESET);
    read_word(rd, profile, node, policy);
    *arena = keeper->arena;
    cJSON_Delete(node);
    free(rd);
    free(keeper);
    return err->errors > errors ? -1 : 0;
}

static int read_settings(struct reader *rd, const cJSON *node, struct policy *policy)
{
    const cJSON *name = doc_get(node, "name"), *profile = doc_get(node, "profile");
    const cJSON *word = doc_get(node, "policy");

    if (profile && name) {
        doc_fault(&rd->doc, rd->err, name, DOC_KEY, "E122",
                  "\"name\" does not go with \"profile\"");
        err_hint(rd->err, "a profile's \"policy\" says which algorithm");
        return -1;
    }
    if (profile)
        return read_profile(rd, node, policy);
    if (!name)
        return tell_missing(rd, node, word ? "profile" : "name");
    if (word)
        return doc_fault(&rd->doc, rd->err, word, DOC_KEY, "E121",
                         "\"policy\" is a product's word: it needs a \"profile\", not a \"name\"");
    return read_algorithm(rd, name, policy) < 0 ? -1 : read_params(rd, node, policy);
}

static int read_policy(struct reader *rd, const struct field *f, const cJSON *node, void *object)
{
    struct policy *policy = (struct policy *)(void *)((char *)object + f->offset);
    int rc = cJSON_IsObject(node)   ? read_settings(rd, node, policy)
           : cJSON_IsString(node)   ? read_algorithm(rd, node, policy)
           : field_mismatch(rd, node, "the name of an algorithm, or an object with \"name\"");

    if (rc < 0)
        return -1;
    if (!policy->label || !*policy->label)
        policy->label = make_label(rd, policy, NULL);
    return 0;
}

static void schema_policy(FILE *out, const struct field *f)
{
    (void)f;
    fprintf(out, "\"$ref\": \"#/$defs/policy\"");
}

const struct field_type field_policy = {
    .what = "the name of an algorithm, or an object with \"name\"",
    .read = read_policy, .schema = schema_policy };
