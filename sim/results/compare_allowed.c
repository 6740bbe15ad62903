/* compare_allowed.c - may two results be compared, and in what were they run differently?
 *
 * What was asked is the scenario file before -s and --seed (its sha256); what was run is the
 * scenario with them, and there the keys are looked for that differ. */
#include "compare.h"

#include <cjson/cJSON.h>

#include "../base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POINTER = 256, SHOWN = 60, TOLD = 3 };

struct search { struct arena *arena; struct compare_difference *found; uint32_t count, room; };

/* Says nothing about what is simulated. */
static bool is_talk(const char *pointer, const char *key)
{
    static const char *const word[] = { "$schema", "$comment", "name", "title", "description",
                                        "tags", "assert" };

    if (pointer[0] != '\0')
        return strcmp(pointer, "/measure") == 0 && strcmp(key, "show") == 0;
    for (size_t i = 0; i < ARRAY_LEN(word); i++)
        if (strcmp(word[i], key) == 0)
            return true;
    return strncmp(key, "x-", 2) == 0;
}

/* A value for people; NULL where there is none. */
static const char *shown(struct arena *arena, const cJSON *v)
{
    char raw[SHOWN + 3], safe[SHOWN], *text;

    if (!v)
        return NULL;
    if (cJSON_IsObject(v) || cJSON_IsArray(v)) {
        text = cJSON_PrintUnformatted(v);
        snprintf(raw, sizeof raw, "%s", text && strlen(text) < SHOWN ? text
                                        : cJSON_IsObject(v)          ? "an object"
                                                                     : "a list");
        cJSON_free(text);
    } else if (cJSON_IsString(v))
        snprintf(raw, sizeof raw, "\"%.*s\"", SHOWN, v->valuestring);
    else if (cJSON_IsNumber(v))
        snprintf(raw, sizeof raw, "%.15g", v->valuedouble);
    else
        snprintf(raw, sizeof raw, "%s",
                 cJSON_IsNull(v) ? "null" : cJSON_IsTrue(v) ? "true" : "false");
    return arena_text(arena, text_safe(safe, sizeof safe, raw, strlen(raw)));
}

static void add(struct search *s, const char *pointer, const cJSON *old, const cJSON *now)
{
    if (s->count == s->room) {
        struct compare_difference *more;

        s->room = s->room ? 2 * s->room : 16;
        more = arena_alloc(s->arena, s->room * sizeof *more);
        if (s->count)
            memcpy(more, s->found, s->count * sizeof *more);
        s->found = more;
    }
    s->found[s->count++] = (struct compare_difference){
        arena_text(s->arena, pointer), shown(s->arena, old), shown(s->arena, now),
    };
}

static void differ(struct search *, const char *pointer, const cJSON *old, const cJSON *now);

static void differ_inside(struct search *s, const char *pointer, const cJSON *old, const cJSON *now)
{
    char inner[POINTER], name[SHOWN];

    for (const cJSON *item = old->child; item; item = item->next) {
        if (is_talk(pointer, item->string))
            continue;
        snprintf(inner, sizeof inner, "%.180s/%s", pointer,
                 text_safe(name, sizeof name, item->string, strlen(item->string)));
        differ(s, inner, item, cJSON_GetObjectItemCaseSensitive(now, item->string));
    }
    for (const cJSON *item = now->child; item; item = item->next) {
        if (cJSON_GetObjectItemCaseSensitive(old, item->string) ||
            is_talk(pointer, item->string))
            continue;
        snprintf(inner, sizeof inner, "%.180s/%s", pointer,
                 text_safe(name, sizeof name, item->string, strlen(item->string)));
        add(s, inner, NULL, item);
    }
}

static void differ_along(struct search *s, const char *pointer, const cJSON *old, const cJSON *now)
{
    const cJSON *a = old->child, *b = now->child;
    char inner[POINTER];

    for (uint32_t i = 0; a || b; i++) {
        snprintf(inner, sizeof inner, "%.180s/%u", pointer, i);
        if (a && b)
            differ(s, inner, a, b);
        else
            add(s, inner, a, b);
        a = a ? a->next : NULL;
        b = b ? b->next : NULL;
    }
}

static void differ(struct search *s, const char *pointer, const cJSON *old, const cJSON *now)
{
    if (now && cJSON_IsObject(old) && cJSON_IsObject(now))
        differ_inside(s, pointer, old, now);
    else if (now && cJSON_IsArray(old) && cJSON_IsArray(now))
        differ_along(s, pointer, old, now);
    else if (!now || !cJSON_Compare(old, now, 1))
        add(s, pointer, old, now);
}

uint32_t compare_differences(const struct result *old, const struct result *now,
                             struct arena *arena, const struct compare_difference **found)
{
    struct search s = { .arena = arena };
    cJSON *a = cJSON_Parse(old->plan.effective ? old->plan.effective : "");
    cJSON *b = cJSON_Parse(now->plan.effective ? now->plan.effective : "");

    if (a && b)
        differ(&s, "", a, b);
    cJSON_Delete(a);
    cJSON_Delete(b);
    *found = s.found;
    return s.count;
}

int compare_allowed(const struct result *old, const struct result *now, struct err *err)
{
    struct arena arena = { .last = NULL };
    const struct compare_difference *d;
    char hint[320] = "";
    size_t used = 0;
    uint32_t n;

    if (strcmp(old->plan.sha256, now->plan.sha256) == 0)
        return 0;
    n = compare_differences(old, now, &arena, &d);
    err_input(err, "E301", "these results cannot be compared: the scenarios differ "
                           "(old %.8s, new %.8s)", old->plan.sha256, now->plan.sha256);
    for (uint32_t i = 0; i < n && i < TOLD && used < sizeof hint - 1; i++)
        used += (size_t)snprintf(hint + used, sizeof hint - used, "%s%.60s: %.30s -> %.30s",
                                 i ? "; " : "", d[i].pointer, d[i].old ? d[i].old : "absent",
                                 d[i].new ? d[i].new : "absent");
    if (n == 0)
        snprintf(hint, sizeof hint, "in nothing but what they are called");
    if (n > TOLD && used < sizeof hint - 1)
        snprintf(hint + used, sizeof hint - used, "; %u more", n - TOLD);
    err_hint(err, "%s", hint);
    arena_fini(&arena);
    return -1;
}
