/* type_policy.c - an algorithm with its parameters: "p2c", or { "name": "p2c", "choices": 5 }.
 * Parameters, types and ranges come from the algorithm's own table (algorithms/lb.h). */
#include "field.h"

#include "../../algorithms/lb.h"
#include "../base/text.h"

#include <math.h>
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

        if (*count < MOST_NAMES)
            names[(*count)++] = (*list)->name;
        for (char *w = words ? strtok_r(words, " ", &save) : NULL; w;
             w = strtok_r(NULL, " ", &save))
            if (*count < MOST_NAMES)
                names[(*count)++] = w;
    }
}

void reader_hint_algorithm(struct reader *rd, const char *name)
{
    const char *names[MOST_NAMES + 1];
    size_t count = 0;

    add_names(rd, lb_all(), names, &count);
    add_names(rd, rd->over->plugins, names, &count);
    names[count] = NULL;

    const char *near = text_nearest(name, names);

    if (near)
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
    if (p->type == LB_DURATION)
        for (size_t k = 0; k < ARRAY_LEN(units); k++)
            if (value >= units[k].ns && fmod(value, units[k].ns) == 0) {
                snprintf(buf, size, "%.0f%s", value / units[k].ns, units[k].unit);
                return;
            }
    snprintf(buf, size, "%.15g", value);
}

static int tell_unknown_param(struct reader *rd, const struct lb_ops *ops, const cJSON *child)
{
    const char *names[64];
    char list[240] = "", safe[80];
    size_t count = 0, used = 0;

    for (const struct lb_param *p = ops->params; p && p->name && count < 60; p++) {
        names[count++] = p->name;
        if (used < sizeof list)
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "",
                                     p->name);
    }
    names[count++] = "name";
    names[count++] = "label";
    names[count] = NULL;

    const char *near = text_nearest(child->string, names);

    doc_fault(&rd->doc, rd->err, child, DOC_KEY, "E120",
              "unknown key \"%s\": \"%s\" has no such parameter",
              text_safe(safe, sizeof safe, child->string, strlen(child->string)), ops->name);
    if (near)
        err_hint(rd->err, "did you mean \"%s\"?", near);
    else
        err_hint(rd->err, "%s %s%s", ops->name, *list ? "takes " : "takes no parameters", list);
    return -1;
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

static int read_param(struct reader *rd, struct policy *policy, const cJSON *child)
{
    const struct lb_param *p = find_param(policy->ops, child->string);
    char low[40], high[40];
    double value = 0;

    if (!p)
        return tell_unknown_param(rd, policy->ops, child);
    if (read_value(rd, p, child, &value) < 0)
        return -1;
    if (p->type != LB_BOOL && (value < p->min || value > p->max)) {
        show_value(p, p->min, low, sizeof low);
        show_value(p, p->max, high, sizeof high);
        return field_out_of_range(rd, child, low, high);
    }
    if (policy->set_count == ARRAY_LEN(policy->set))
        return doc_fault(&rd->doc, rd->err, child, DOC_KEY, "E112", "more than %zu parameters",
                         ARRAY_LEN(policy->set));
    policy->set[policy->set_count++] = (struct policy_set){ .param = p->name, .value = value };
    return 0;
}

/* "p2c", or "p2c(choices=5)": parameters that differ from their presets, in the table's order. */
static const char *make_label(struct reader *rd, const struct policy *policy)
{
    char label[200], value[40];
    size_t used = (size_t)snprintf(label, sizeof label, "%s", policy->ops->name);
    const char *before = "(";

    for (const struct lb_param *p = policy->ops->params; p && p->name; p++)
        for (uint32_t k = 0; k < policy->set_count; k++) {
            if (policy->set[k].param != p->name || policy->set[k].value == p->preset)
                continue;
            show_value(p, policy->set[k].value, value, sizeof value);
            if (used < sizeof label)
                used += (size_t)snprintf(label + used, sizeof label - used, "%s%s=%s", before,
                                         p->name, value);
            before = ",";
        }
    if (*before == ',' && used < sizeof label)
        snprintf(label + used, sizeof label - used, ")");
    return reader_text(rd, label);
}

static int read_algorithm(struct reader *rd, const cJSON *node, struct policy *policy)
{
    char shown[60];

    if (!cJSON_IsString(node))
        return field_mismatch(rd, node, "the name of an algorithm");
    policy->ops = reader_algorithm(rd, node->valuestring);
    if (policy->ops)
        return 0;
    doc_fault(&rd->doc, rd->err, node, DOC_VALUE, "E101", "unknown algorithm %s",
              doc_shown(&rd->doc, node, shown, sizeof shown));
    reader_hint_algorithm(rd, node->valuestring);
    return -1;
}

static int read_settings(struct reader *rd, const cJSON *node, struct policy *policy)
{
    const struct field label = { .key = "label", .offset = FIELD_AT(policy, label), .max = 60 };
    const cJSON *name = doc_get(node, "name"), *child;
    char where[120];
    int rc = 0;

    if (!name)
        return doc_fault(&rd->doc, rd->err, node, DOC_VALUE, "E121", "missing in %s: \"name\"",
                         doc_where(&rd->doc, node, where, sizeof where));
    if (read_algorithm(rd, name, policy) < 0)
        return -1;
    cJSON_ArrayForEach(child, node) {
        if (child == name || field_is_remark(child->string))
            continue;
        if (strcmp(child->string, "label") == 0
                ? field_text.read(rd, &label, child, policy) < 0
                : read_param(rd, policy, child) < 0)
            rc = -1;
    }
    return rc;
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
        policy->label = make_label(rd, policy);
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
