/* profile_defaults.c - a balancer whose algorithm is a product's gets the product's defaults for
 * what its object leaves out: put into the tree, so that they are read, checked and written to
 * scenario.json like what was typed. */
#include "field.h"
#include "profile.h"

#include "../base/text.h"

#include <string.h>

/* Several attempts at a time do not go with some of it: what was typed wins. */
static bool is_against_legs(const cJSON *balancer, const char *key, const cJSON *value)
{
    bool has_fan_out = doc_get(balancer, "fan_out") != NULL;

    if (!has_fan_out && !doc_get(balancer, "hedge"))
        return false;
    if (strcmp(key, "retries") == 0)
        return has_fan_out || doc_get(value, "backoff") || doc_get(value, "redispatch");
    return strcmp(key, "limits") == 0 || strcmp(key, "queue") == 0 || strcmp(key, "breaker") == 0;
}

/* A queue is for those that a limit makes wait. */
static bool is_idle_queue(const cJSON *balancer, const char *key)
{
    const cJSON *limits = doc_get(balancer, "limits");

    return strcmp(key, "queue") == 0 && !doc_get(limits, "connections") &&
           !doc_get(limits, "per_backend");
}

/* A deadline that one attempt may fill is none. */
static bool is_filled_deadline(const cJSON *balancer, const char *key, const cJSON *value)
{
    const cJSON *timeout = doc_get(balancer, "timeout");
    nsec one, all;

    return strcmp(key, "deadline") == 0 && cJSON_IsString(timeout)
           && text_duration(timeout->valuestring, &one) == 0
           && text_duration(value->valuestring, &all) == 0 && one >= all;
}

static bool applies(const cJSON *balancer, const char *key, const cJSON *value)
{
    const struct field *f = field_find(&fields_balancer, key);
    const cJSON *layer = doc_get(balancer, "layer");
    bool is_l4 = cJSON_IsString(layer) && strcmp(layer->valuestring, "l4") == 0;
    uint32_t here = is_l4 ? FIELD_WHEN(LAYER_L4) : FIELD_WHEN(LAYER_L7);

    if (doc_get(balancer, key) || (f->when && !(f->when & here)))
        return false;
    return !is_against_legs(balancer, key, value) && !is_idle_queue(balancer, key)
           && !is_filled_deadline(balancer, key, value);
}

static void add_default(cJSON *balancer, const cJSON *entry)
{
    const char *key = doc_get(entry, "key")->valuestring;
    cJSON *value = doc_get(entry, "value");

    if (!applies(balancer, key, value))
        return;
    value = cJSON_Duplicate(value, true);
    doc_mark(value, DOC_PRESET);
    cJSON_AddItemToObject(balancer, key, value);
}

void profile_defaults(struct reader *rd)
{
    cJSON *balancers = doc_get(rd->doc.root, "balancers"), *balancer;
    const cJSON *entry;
    struct profile profile;

    if (!cJSON_IsArray(balancers))
        return;                     /* told when it is read */
    cJSON_ArrayForEach(balancer, balancers) {
        const cJSON *name = doc_get(doc_get(balancer, "algorithm"), "profile");

        if (!cJSON_IsString(name) || profile_open(&profile, name->valuestring) < 0)
            continue;
        cJSON_ArrayForEach(entry, doc_get(profile.doc.root, "defaults")) {
            add_default(balancer, entry);
        }
        profile_fini(&profile);
    }
}
