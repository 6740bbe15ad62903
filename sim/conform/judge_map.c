/* judge_map.c - which backend each of some thousand keys goes to, and again after a server was
 * taken out, added, down or back.  Every key must agree, and so the share of keys that moved. */
#include "judge.h"

#include "../base/text.h"
#include "../base/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What happened before the keys of a mapping were sent. */
enum change {
    AS_CONFIGURED, LINE_REMOVED, LINE_REMOVED_KEPT_IDS, LINE_ADDED, WENT_DOWN, FLAGGED_DOWN,
    CAME_BACK,
};

/* A mapping's name is a prefix, and for most the server's name behind it. */
static const struct phase { const char *prefix; bool has_server; enum change change; } phases[] = {
    { "base", false, AS_CONFIGURED },
    { "removed_", true, LINE_REMOVED },
    { "added", false, LINE_ADDED },
    { "maint_", true, WENT_DOWN },
    { "crashed_", true, WENT_DOWN },
    { "checked_down_", true, WENT_DOWN },
    { "down_flag_", true, FLAGGED_DOWN },
    { "restored", false, CAME_BACK },
};

struct key_list { const cJSON *list; uint32_t count; bool are_addresses; struct doc file; };

/* ---- keys ---- */

static bool read_sent_as(struct judged *j, bool *are_addresses)
{
    static const struct { const char *text; bool is_address; } all[] = {
        { "TCP source address", true }, { "X-Forwarded-For + realip", true },
        { "header X-Key", false }, { "request URI", false }, { "?k=", false },
    };
    const cJSON *as = doc_get(j->recording->inputs, "key_sent_as");

    *are_addresses = false;
    for (size_t k = 0; k < ARRAY_LEN(all); k++)
        if (!as || (cJSON_IsString(as) && strcmp(as->valuestring, all[k].text) == 0)) {
            *are_addresses = as && all[k].is_address;
            return true;
        }
    return false;
}

static void ask(struct judged *j, struct pick_case *c, const struct key_list *keys)
{
    const cJSON *key = keys->list->child;

    for (uint32_t k = 0; k < keys->count; k++, key = key->next) {
        unsigned char *bytes = keys->are_addresses ? arena_alloc(&j->arena, 16) : NULL;
        uint32_t length = keys->are_addresses ? pick_address(key->valuestring, bytes) : 0;

        if (length)
            judge_pick(c, (const char *)bytes, length);
        else
            judge_pick(c, key->valuestring, (uint32_t)strlen(key->valuestring));
        judge_release(c, k);
    }
}

/* ---- what happened ---- */

static void add_step(struct pick_case *c, enum pick_kind kind, uint32_t backend)
{
    c->step[c->steps++] = (struct pick_step){ .kind = kind, .backend = backend };
}

static uint32_t index_of(const struct pick_case *c, const char *name)
{
    for (uint32_t k = 0; k < c->backends; k++)
        if (strcmp(c->backend[k].name, name) == 0)
            return k;
    return NONE;
}

/* inputs.added: "s6 weight 1 appended at the end".  Its port is the one after the last, as those of
 * the others follow each other. */
static int append_server(struct judged *j, struct pick_case *c)
{
    const cJSON *added = doc_get(j->recording->inputs, "added");
    const char *last = c->backend[c->backends - 1].address, *colon = strrchr(last, ':');
    char name[64], address[100];
    uint32_t weight = 1;
    uint64_t id = 0;

    if (!cJSON_IsString(added) || !colon ||
        sscanf(added->valuestring, "%63s weight %u", name, &weight) < 1)
        return recording_fault(j->recording, j->err, added ? added : j->recording->inputs,
                               "inputs.added must be like \"s6 weight 1\"");
    snprintf(address, sizeof address, "%.*s:%lu", (int)(colon - last), last,
             strtoul(colon + 1, NULL, 10) + 1);
    for (uint32_t k = 0; k < c->backends; k++)
        id = c->backend[k].id > id ? c->backend[k].id : id;
    c->backend[c->backends++] = (struct pick_backend){
        .name = arena_text(&j->arena, name), .address = arena_text(&j->arena, address),
        .weight = weight, .id = id + 1 };
    return 0;
}

static int happen(struct judged *j, struct pick_case *c, enum change change, const char *server)
{
    uint32_t at = server ? index_of(c, server) : NONE;

    switch (change) {
    case AS_CONFIGURED:
        return 0;
    case LINE_REMOVED:
    case LINE_REMOVED_KEPT_IDS:
        judge_backends(j, server, change == LINE_REMOVED ? IDS_ANEW : IDS_KEPT, &c->backend,
                       &c->backends);
        return 0;
    case LINE_ADDED:
        return append_server(j, c);
    case FLAGGED_DOWN:
        c->backend[at].is_down = true;
        return 0;
    case WENT_DOWN:
        add_step(c, STEP_DOWN, at);
        return 0;
    case CAME_BACK:
        add_step(c, STEP_DOWN, c->backends / 2);
        add_step(c, STEP_UP, c->backends / 2);
        return 0;
    }
    return 0;
}

/* ---- one mapping ---- */

static uint32_t count_moved(const int *base, const int *now, uint32_t count)
{
    uint32_t moved = 0;

    for (uint32_t k = 0; k < count; k++)
        moved += base[k] != now[k];
    return moved;
}

static void compare(struct judged *j, const char *mapping, const int *ours, const int *recorded,
                    const struct key_list *keys)
{
    uint32_t agreed = 0;

    for (uint32_t k = 0; k < keys->count; k++)
        if (ours[k] == recorded[k] || (ours[k] == 0 && recorded[k] < 0))
            agreed++;
        else
            judge_differs(j, "%.40s, key %u (%.40s): ours %.40s, recorded %.40s", mapping, k + 1,
                          cJSON_GetArrayItem(keys->list, (int)k)->valuestring,
                          judge_name(j, ours[k]), judge_name(j, recorded[k]));
    judge_quantity(j, agreed, keys->count, 0, "%.40s: keys that agree", mapping);
}

static int play_mapping(struct judged *j, enum change change, const char *server,
                        const struct key_list *keys, int *ours)
{
    struct pick_record record = { .picks = 0 };
    struct pick_case c;
    int rc;

    judge_case(j, &c, 2 * keys->count + 2);
    rc = happen(j, &c, change, server);
    if (rc == 0) {
        ask(j, &c, keys);
        rc = pick_play(&c, &record, j->err);
    }
    for (uint32_t k = 0; rc == 0 && k < keys->count; k++)
        ours[k] = (int)judge_place(j, record.answer[k].backend);
    pick_record_fini(&record);
    return rc;
}

static const struct phase *find_phase(const char *name, char *server, size_t size,
                                      enum change *change)
{
    static const char kept[] = "_explicit_ids";

    for (size_t k = 0; k < ARRAY_LEN(phases); k++) {
        size_t length = strlen(phases[k].prefix), rest;

        if (strncmp(name, phases[k].prefix, length) != 0 ||
            phases[k].has_server != (name[length] != '\0'))
            continue;
        *change = phases[k].change;
        rest = strlen(name + length);
        if (rest > sizeof kept - 1 && strcmp(name + length + rest - sizeof kept + 1, kept) == 0) {
            *change = LINE_REMOVED_KEPT_IDS;
            rest -= sizeof kept - 1;
        }
        snprintf(server, size, "%.*s", (int)rest, name + length);
        return &phases[k];
    }
    return NULL;
}

/* base[0] ours, base[1] recorded: of the mapping "base", which comes first. */
static int judge_one(struct judged *j, const cJSON *mapping, const struct key_list *keys,
                     int *base[2])
{
    int *ours = arena_alloc(&j->arena, (keys->count + 1) * sizeof *ours);
    int *recorded = arena_alloc(&j->arena, (keys->count + 1) * sizeof *recorded);
    enum change change = AS_CONFIGURED;
    char server[64];
    const struct phase *phase = find_phase(mapping->string, server, sizeof server, &change);

    if (!phase)
        return judge_not_modelled(j, "the mapping \"%.60s\"", mapping->string);
    if (phase->has_server && judge_place(j, server) > j->recording->backends)
        return recording_fault(j->recording, j->err, mapping,
                               "the mapping's name ends in none of the backends");
    if (judge_read_places(j, mapping, recorded, keys->count) < 0 ||
        play_mapping(j, change, phase->has_server ? server : NULL, keys, ours) < 0)
        return -1;
    compare(j, mapping->string, ours, recorded, keys);
    if (change == AS_CONFIGURED) {
        base[0] = ours;
        base[1] = recorded;
    } else if (base[0])
        judge_quantity(j, 100.0 * count_moved(base[0], ours, keys->count) / keys->count,
                       100.0 * count_moved(base[1], recorded, keys->count) / keys->count, 0,
                       "%.40s: %% of keys moved", mapping->string);
    return 0;
}

int judge_map(struct judged *j)
{
    const cJSON *mappings = doc_get(j->recording->outputs, "mapping"), *mapping;
    struct key_list keys = { .list = NULL };
    int *base[2] = { NULL, NULL };
    int rc = 0;

    if (!read_sent_as(j, &keys.are_addresses))
        return judge_not_modelled(j, "how the key was sent is not known here");
    keys.list = recording_keys(j->recording, &keys.file, &keys.count, j->err);
    if (!keys.list)
        rc = -1;
    else
        cJSON_ArrayForEach(mapping, mappings)
            rc = rc < 0 ? rc : judge_one(j, mapping, &keys, base);
    doc_fini(&keys.file);
    return rc;
}
