/* recording.c - reads a recording.  It is a stranger's file: every value that is used is
 * checked, and what is not used may be anything. */
#include "recording.h"

#include "../base/text.h"
#include "../base/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int recording_fault(const struct recording *r, struct err *err, const cJSON *node, const char *what)
{
    return doc_fault(&r->doc, err, node, DOC_VALUE, "E320", "%s", what);
}

static const char *text_of(struct recording *r, struct err *err, const cJSON *from, const char *key)
{
    const cJSON *node = doc_get(from, key);

    if (cJSON_IsString(node) && *node->valuestring)
        return node->valuestring;
    doc_fault(&r->doc, err, node ? node : from, DOC_VALUE, "E320",
              "a recording needs \"%s\", a text", key);
    return NULL;
}

static int read_backends(struct recording *r, struct err *err)
{
    const cJSON *list = doc_get(r->doc.root, "backends"), *item;

    if (cJSON_IsObject(doc_get(doc_get(r->doc.root, "setup"), "pools")))
        return 0;                   /* several pools by name: none of them is replayed */
    if (!cJSON_IsArray(list) || !list->child)
        return recording_fault(r, err, list ? list : r->doc.root,
                               "a recording needs \"backends\", a list of objects");
    cJSON_ArrayForEach(item, list) {
        if (r->backends == PRODUCT_MOST_SERVERS)
            return recording_fault(r, err, item, "more than 256 backends");
        r->name[r->backends] = text_of(r, err, item, "name");
        r->address[r->backends] = text_of(r, err, item, "address");
        if (!r->name[r->backends] || !r->address[r->backends])
            return -1;
        r->backends++;
    }
    return 0;
}

static int read_list(struct recording *r, const cJSON *list, const struct product *product,
                     struct err *err)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, list) {
        if (!cJSON_IsString(item))
            return recording_fault(r, err, item, "a directive is a text");
        if (product)
            product_read(product, &r->pool, item->valuestring);
    }
    return 0;
}

/* setup.defaults stand before setup.directives, as a `defaults` section does. */
static int read_directives(struct recording *r, struct err *err)
{
    const cJSON *setup = doc_get(r->doc.root, "setup"), *list = doc_get(setup, "directives");
    const cJSON *defaults = doc_get(setup, "defaults");
    const struct product *product = product_find(r->program);

    if (!cJSON_IsArray(list) && !cJSON_IsObject(doc_get(setup, "pools")))
        return recording_fault(r, err, list ? list : setup ? setup : r->doc.root,
                               "a recording needs setup.directives, a list of texts");
    if (defaults && !cJSON_IsArray(defaults))
        return recording_fault(r, err, defaults, "setup.defaults is a list of texts");
    product_begin(&r->pool);
    r->is_readable = product != NULL && cJSON_IsArray(list);
    if (!r->is_readable)
        product = NULL;
    if (read_list(r, defaults, product, err) < 0 || read_list(r, list, product, err) < 0)
        return -1;
    if (product)
        product_end(product, &r->pool);
    return 0;
}

static int read_all(struct recording *r, struct err *err)
{
    const cJSON *root = r->doc.root;

    if (!cJSON_IsObject(root))
        return recording_fault(r, err, root, "a recording is an object");
    r->id = text_of(r, err, root, "id");
    r->program = text_of(r, err, root, "program");
    r->version = text_of(r, err, root, "version");
    r->policy = doc_get(root, "policy");
    r->inputs = doc_get(root, "inputs");
    r->outputs = doc_get(root, "outputs");
    if (!r->id || !r->program || !r->version)
        return -1;
    if (r->policy && !cJSON_IsObject(r->policy) && !cJSON_IsString(r->policy))
        return recording_fault(r, err, r->policy, "\"policy\" is an object or a text");
    if (!cJSON_IsObject(r->inputs))
        return recording_fault(r, err, r->inputs ? r->inputs : root,
                               "a recording needs \"inputs\", an object");
    if (!r->outputs)
        return recording_fault(r, err, root, "a recording needs \"outputs\"");
    return read_backends(r, err) < 0 ? -1 : read_directives(r, err);
}

int recording_open(struct recording *r, const char *path, struct err *err)
{
    const char *slash = strrchr(path, '/');

    *r = (struct recording){ .id = NULL };
    snprintf(r->folder, sizeof r->folder, "%.*s", slash ? (int)(slash - path) : 1,
             slash ? path : ".");
    if (doc_open(&r->doc, path, err) < 0)
        return -1;
    r->doc.root_name = "the recording";
    return read_all(r, err);
}

void recording_fini(struct recording *r)
{
    doc_fini(&r->doc);
}

uint32_t recording_place(const struct recording *r, const struct product_server *s)
{
    for (uint32_t k = 0; k < r->backends; k++)
        if (strcmp(r->address[k], s->address) == 0)
            return k + 1;
    return 0;
}

/* ---- keys ---- */

static int open_keys(const struct recording *r, const char *name, struct doc *file, struct err *err)
{
    char path[600];

    snprintf(path, sizeof path, "%s/%s", r->folder, name);
    if (access(path, R_OK) != 0)
        snprintf(path, sizeof path, "%s/../%s", r->folder, name);
    return doc_open(file, path, err);
}

static const cJSON *check_keys(const struct recording *r, const cJSON *list, const cJSON *at,
                               struct err *err)
{
    const cJSON *item;

    if (!list->child) {
        recording_fault(r, err, at, "there are no keys");
        return NULL;
    }
    cJSON_ArrayForEach(item, list) {
        if (!cJSON_IsString(item)) {
            recording_fault(r, err, at, "keys are texts");
            return NULL;
        }
    }
    return list;
}

const cJSON *recording_keys(const struct recording *r, struct doc *file, uint32_t *count,
                            struct err *err)
{
    const cJSON *keys = doc_get(r->inputs, "keys"), *list;
    char name[64], member[32];

    *file = (struct doc){ .root = NULL };
    if (cJSON_IsArray(keys)) {
        *count = (uint32_t)cJSON_GetArraySize(keys);
        return check_keys(r, keys, keys, err);
    }
    if (!cJSON_IsString(keys) ||
        sscanf(keys->valuestring, "%63[A-Za-z0-9._-]:%31[a-z] (first %u)", name, member,
               count) != 3) {
        recording_fault(r, err, keys ? keys : r->inputs,
                        "inputs.keys must be a list, or like \"keys.json:hdr (first 2000)\"");
        return NULL;
    }
    if (open_keys(r, name, file, err) < 0)
        return NULL;
    list = doc_get(file->root, member);
    if (!cJSON_IsArray(list) || *count == 0 || (uint32_t)cJSON_GetArraySize(list) < *count) {
        recording_fault(r, err, keys, "the file has no such keys, or fewer");
        return NULL;
    }
    return check_keys(r, list, keys, err);
}
