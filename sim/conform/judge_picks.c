/* judge_picks.c - sequences of picks: one request at a time, requests kept open, requests that
 * queue.  Every pick must agree. */
#include "judge.h"

#include "../base/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t place_of(const struct judged *j, const struct pick_answer *a)
{
    return judge_place(j, a->backend);
}

static void count_places(struct judged *j, const int *ours, const int *recorded, uint32_t count,
                         const char *what)
{
    for (uint32_t b = 1; b <= j->recording->backends; b++) {
        uint32_t a = 0, c = 0;

        for (uint32_t k = 0; k < count; k++) {
            a += ours[k] == (int)b;
            c += recorded[k] == (int)b;
        }
        if (a || c)
            judge_quantity(j, a, c, 0, "%s of %.24s", what, j->recording->name[b - 1]);
    }
}

static void compare(struct judged *j, const int *ours, const int *recorded, uint32_t count,
                    const char *run)
{
    uint32_t agreed = 0;

    for (uint32_t k = 0; k < count; k++)
        if (ours[k] == recorded[k] || (ours[k] == 0 && recorded[k] < 0))
            agreed++;
        else
            judge_differs(j, "%spick %u: ours %.40s, recorded %.40s", run, k + 1,
                          judge_name(j, ours[k]), judge_name(j, recorded[k]));
    judge_quantity(j, agreed, count, 0, "%.40spicks that agree", run);
    if (agreed < count)
        count_places(j, ours, recorded, count, "picks");
}

/* inputs.srcs: the addresses that took turns as sources. */
static void pick_from(struct judged *j, struct pick_case *c, const cJSON *sources, uint32_t k)
{
    uint32_t count = (uint32_t)cJSON_GetArraySize(sources);
    const cJSON *source = count ? cJSON_GetArrayItem(sources, (int)(k % count)) : NULL;
    unsigned char *bytes = arena_alloc(&j->arena, 16);
    uint32_t length = cJSON_IsString(source) ? pick_address(source->valuestring, bytes) : 0;

    judge_pick(c, length ? (const char *)bytes : NULL, length);
}

/* `count` requests, each ended before the next begins. */
static int play_serial(struct judged *j, int *ours, uint32_t count)
{
    const cJSON *sources = doc_get(j->recording->inputs, "srcs");
    struct pick_record record;
    struct pick_case c;
    int rc;

    judge_case(j, &c, 2 * count);
    for (uint32_t k = 0; k < count; k++) {
        pick_from(j, &c, sources, k);
        judge_release(&c, k);
    }
    rc = pick_play(&c, &record, j->err);
    for (uint32_t k = 0; rc == 0 && k < count; k++)
        ours[k] = (int)place_of(j, &record.answer[k]);
    pick_record_fini(&record);
    return rc;
}

/* Two processes with a view each, and the kernel deals requests to them as it likes: some way of
 * dealing must explain every pick.  reached[a]: the first had a of the requests so far. */
static uint32_t explain(const int *own, const int *recorded, uint32_t count)
{
    bool *reached = xcalloc(count + 2, sizeof *reached);
    uint32_t k = 0;

    reached[0] = true;
    for (bool any = true; k < count && any; k += any) {
        any = false;
        for (uint32_t a = k + 1; a-- > 0;) {
            bool was = reached[a];

            reached[a] = was && own[k - a] == recorded[k];
            if (was && own[a] == recorded[k])
                reached[a + 1] = true;
        }
        for (uint32_t a = 0; a <= k + 1; a++)
            any = any || reached[a];
    }
    free(reached);
    return k;
}

static void compare_workers(struct judged *j, const int *own, const int *recorded, uint32_t count)
{
    uint32_t explained = explain(own, recorded, count);

    judge_quantity(j, explained, count, 0, "picks that two workers can make");
    if (explained < count)
        judge_differs(j, "pick %u: %.40s cannot come from either of two workers", explained + 1,
                      judge_name(j, recorded[explained]));
}

static int judge_run(struct judged *j, const cJSON *list, const char *run)
{
    uint32_t count = cJSON_IsArray(list) ? (uint32_t)cJSON_GetArraySize(list) : 0;
    int *recorded = xcalloc(count + 1, sizeof *recorded), *ours = xcalloc(count + 1, sizeof *ours);
    bool is_split = judge_is_split(j);
    int rc = count ? judge_read_places(j, list, recorded, count)
                   : recording_fault(j->recording, j->err, list, "a list of picks is empty");

    if (rc == 0)
        rc = play_serial(j, ours, count);
    if (rc == 0 && is_split)
        compare_workers(j, ours, recorded, count);
    else if (rc == 0)
        compare(j, ours, recorded, count, run);
    free(recorded);
    free(ours);
    return rc;
}

/* "random(1) process 2": a run's name begins with the policy that it was made with. */
static int judge_named_run(struct judged *j, const cJSON *run)
{
    char name[80];

    snprintf(name, sizeof name, "%.*s", (int)strcspn(run->string, " "), run->string);
    if (!judge_resolve(j, name))
        return 0;
    snprintf(name, sizeof name, "%.36s: ", run->string);
    return judge_run(j, run, name);
}

int judge_serial(struct judged *j)
{
    const cJSON *outputs = j->recording->outputs, *runs = doc_get(outputs, "runs"), *run;
    const cJSON *picks = doc_get(outputs, "picks");

    if (j->recording->pool.workers > 2 && judge_is_split(j))
        return judge_not_modelled(j, "more than two workers without shared state");
    if (picks)
        return judge_run(j, picks, "");
    if (!cJSON_IsObject(runs))
        return cJSON_IsArray(outputs)
            ? judge_run(j, outputs, "")
            : recording_fault(j->recording, j->err, outputs,
                              "outputs of serial picks are a list, or runs");
    cJSON_ArrayForEach(run, runs) {
        if (judge_named_run(j, run) < 0)
            return -1;
    }
    return 0;
}

/* ---- requests that are kept ---- */

struct held_event {
    bool is_release;
    uint32_t pick;                  /* whose release */
    int  place;                     /* recorded; 0 queued or nobody */
    const cJSON *dequeued, *node;
};

struct held_events { struct held_event *event; uint32_t count, picks; const char **name; };

static int event_fault(struct judged *j, const cJSON *node, const char *what)
{
    return recording_fault(j->recording, j->err, node, what);
}

static int read_place(struct judged *j, const cJSON *event, int *place)
{
    const cJSON *pick = doc_get(event, "pick");

    *place = cJSON_IsNumber(pick) ? (int)pick->valuedouble : 0;
    return cJSON_IsNumber(pick) || cJSON_IsNull(pick)
        ? 0 : event_fault(j, event, "an event needs \"pick\", a number or null");
}

static int read_acquire(struct judged *j, struct held_events *all, const cJSON *node,
                        struct held_event *e)
{
    const cJSON *name = doc_get(node, "name");

    e->pick = all->picks;
    all->name[all->picks++] = cJSON_IsString(name) ? name->valuestring : "";
    return read_place(j, node, &e->place);
}

static int read_release(struct judged *j, const struct held_events *all, const cJSON *node,
                        struct held_event *e)
{
    const cJSON *name = doc_get(node, "name");

    e->is_release = true;
    e->dequeued = doc_get(node, "dequeued");
    for (uint32_t k = all->picks; cJSON_IsString(name) && k-- > 0;)
        if (strcmp(all->name[k], name->valuestring) == 0) {
            e->pick = k;
            return 0;
        }
    return event_fault(j, node, "a release of what was never acquired");
}

static int read_events(struct judged *j, const cJSON *list, struct held_events *all)
{
    uint32_t count = cJSON_IsArray(list) ? (uint32_t)cJSON_GetArraySize(list) : 0;
    const cJSON *item;

    *all = (struct held_events){ .count = 0 };
    all->event = arena_alloc(&j->arena, (count + 1) * sizeof *all->event);
    all->name = arena_alloc(&j->arena, (count + 1) * sizeof *all->name);
    if (count == 0)
        return event_fault(j, list ? list : j->recording->outputs, "outputs need a list of events");
    cJSON_ArrayForEach(item, list) {
        struct held_event *e = &all->event[all->count++];
        const cJSON *op = doc_get(item, "op");
        bool is_release = cJSON_IsString(op) && strcmp(op->valuestring, "release") == 0;

        e->node = item;
        if ((is_release ? read_release(j, all, item, e) : read_acquire(j, all, item, e)) < 0)
            return -1;
    }
    return 0;
}

static const cJSON *read_keys(struct judged *j, uint32_t picks, struct doc *file)
{
    uint32_t count;
    const cJSON *keys = recording_keys(j->recording, file, &count, j->err);

    if (keys && count != picks) {
        event_fault(j, doc_get(j->recording->inputs, "keys"), "as many keys as events are needed");
        return NULL;
    }
    return keys ? keys->child : NULL;
}

static void make_steps(struct judged *j, const struct held_events *all, const cJSON *key,
                       struct pick_case *c)
{
    judge_case(j, c, all->count);
    for (uint32_t k = 0; k < all->count; k++) {
        const struct held_event *e = &all->event[k];

        if (e->is_release) {
            judge_release(c, e->pick);
            continue;
        }
        judge_pick(c, key ? key->valuestring : NULL,
                   key ? (uint32_t)strlen(key->valuestring) : 0);
        key = key ? key->next : NULL;
    }
}

/* What the recording says of a release: [["h7", 1], ...]. */
static uint32_t compare_dequeued(struct judged *j, const struct held_events *all, uint32_t step,
                                 const struct pick_record *record)
{
    const cJSON *item = cJSON_IsArray(all->event[step].dequeued)
                      ? all->event[step].dequeued->child : NULL;
    uint32_t agreed = 0;

    for (uint32_t k = 0; k < record->dequeues; k++) {
        const struct pick_dequeued *d = &record->dequeued[k];
        const cJSON *name = cJSON_GetArrayItem(item, 0), *place = cJSON_GetArrayItem(item, 1);

        if (d->step != step)
            continue;
        if (cJSON_IsString(name) && strcmp(name->valuestring, all->name[d->pick]) == 0 &&
            cJSON_IsNumber(place) && (uint32_t)place->valuedouble == judge_place(j, d->backend))
            agreed++;
        else
            judge_differs(j, "event %u: ours lets %.40s go to %.40s, recorded otherwise", step + 1,
                          all->name[d->pick], d->backend);
        item = item ? item->next : NULL;
    }
    if (item)
        judge_differs(j, "event %u: recorded one leaves the queue, ours none", step + 1);
    return agreed;
}

static void compare_events(struct judged *j, const struct held_events *all,
                           const struct pick_record *record)
{
    int *ours = xcalloc(all->picks + 1, sizeof *ours);
    int *recorded = xcalloc(all->picks + 1, sizeof *recorded);
    uint32_t n = 0, agreed = 0;

    for (uint32_t k = 0; k < all->count; k++) {
        if (all->event[k].is_release) {
            agreed += compare_dequeued(j, all, k, record);
            continue;
        }
        ours[n] = (int)place_of(j, &record->answer[n]);
        recorded[n++] = all->event[k].place;
    }
    compare(j, ours, recorded, n, "");
    if (record->dequeues)
        judge_quantity(j, agreed, record->dequeues, 0, "leaves from the queue that agree");
    free(ours);
    free(recorded);
}

int judge_events(struct judged *j)
{
    const cJSON *outputs = j->recording->outputs, *key = NULL;
    const cJSON *list = cJSON_IsArray(outputs) ? outputs : doc_get(outputs, "events");
    struct pick_record record = { .picks = 0 };
    struct doc file = { .root = NULL };
    struct held_events all;
    struct pick_case c;
    int rc;

    if (judge_is_split(j))
        return judge_not_modelled(j, "requests that are kept, at workers without shared state");
    rc = read_events(j, list, &all);

    if (rc == 0 && doc_get(j->recording->inputs, "keys")) {
        key = read_keys(j, all.picks, &file);
        rc = key ? 0 : -1;
    }
    if (rc == 0) {
        make_steps(j, &all, key, &c);
        rc = pick_play(&c, &record, j->err);
    }
    if (rc == 0)
        compare_events(j, &all, &record);
    pick_record_fini(&record);
    doc_fini(&file);
    return rc;
}
