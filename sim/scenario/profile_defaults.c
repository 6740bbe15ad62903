/* profile_defaults.c - a balancer whose algorithm is a product's gets the product's defaults for
 * what its object leaves out: put into the tree, so that they are read, checked and written to
 * scenario.json like what was typed. */
#include "field.h"
#include "profile.h"

#include <string.h>

static bool applies(const cJSON *balancer, const char *key)
{
    const struct field *f = field_find(&fields_balancer, key);
    const cJSON *layer = doc_get(balancer, "layer");
    bool is_l4 = cJSON_IsString(layer) && strcmp(layer->valuestring, "l4") == 0;

    if (doc_get(balancer, key) || (f->when && is_l4 && !(f->when & FIELD_WHEN(LAYER_L4))))
        return false;
    return strcmp(key, "retries") != 0 || !doc_get(balancer, "fan_out");
}

static void add_default(cJSON *balancer, const cJSON *entry)
{
    const char *key = doc_get(entry, "key")->valuestring;
    cJSON *value;

    if (!applies(balancer, key))
        return;
    value = cJSON_Duplicate(doc_get(entry, "value"), true);
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
