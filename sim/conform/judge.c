/* judge.c - which profile and policy a recording is about, and which judge it comes before. */
#include "judge.h"

#include "../base/stats.h"
#include "../base/text.h"
#include "../base/xalloc.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAMILY_ERROR 0.01

int judge_not_modelled(struct judged *j, const char *fmt, ...)
{
    va_list args;

    j->row->verdict = CONFORM_NOT_MODELLED;
    va_start(args, fmt);
    vsnprintf(j->row->reason, sizeof j->row->reason, fmt, args);
    va_end(args);
    return 0;
}

void judge_differs(struct judged *j, const char *fmt, ...)
{
    va_list args;

    j->row->verdict = CONFORM_DIFFERS;
    if (*j->row->first_difference)
        return;
    va_start(args, fmt);
    vsnprintf(j->row->first_difference, sizeof j->row->first_difference, fmt, args);
    va_end(args);
}

void judge_quantity(struct judged *j, double ours, double recorded, double tolerance,
                    const char *fmt, ...)
{
    struct conform_row *row = j->row;
    struct conform_quantity *q;
    va_list args;

    row->quantity = xrealloc(row->quantity, row->quantities + 1, sizeof *row->quantity);
    q = &row->quantity[row->quantities++];
    *q = (struct conform_quantity){ .ours = ours, .recorded = recorded, .tolerance = tolerance };
    va_start(args, fmt);
    vsnprintf(q->name, sizeof q->name, fmt, args);
    va_end(args);
}

/* ---- cases ---- */

static bool is_id_taken(const struct product_pool *pool, uint64_t id)
{
    for (uint32_t k = 0; k < pool->servers; k++)
        if (pool->server[k].id == id)
            return true;
    return false;
}

static const char *name_of(const struct judged *j, const struct product_server *s)
{
    uint32_t place = recording_place(j->recording, s);

    return place ? j->recording->name[place - 1] : *s->name ? s->name : s->address;
}

void judge_backends(struct judged *j, const char *without, enum judge_ids ids,
                    struct pick_backend **list, uint32_t *count)
{
    const struct product_pool *pool = &j->recording->pool;
    uint64_t next = 1;

    *list = arena_alloc(&j->arena, (pool->servers + 1) * sizeof **list);    /* one may be added */
    *count = 0;
    for (uint32_t k = 0; k < pool->servers; k++) {
        const struct product_server *s = &pool->server[k];
        bool is_out = without && strcmp(name_of(j, s), without) == 0;
        uint64_t id = s->id;

        if (id == 0 && !(is_out && ids == IDS_ANEW)) {
            while (is_id_taken(pool, next))
                next++;
            id = next++;
        }
        if (!is_out)
            (*list)[(*count)++] = (struct pick_backend){
                .name = name_of(j, s), .address = s->address, .weight = s->weight, .id = id,
                .limit = s->limit, .is_backup = s->is_backup, .is_down = s->is_down };
    }
}

bool judge_has_backups(const struct judged *j)
{
    const struct product_pool *pool = &j->recording->pool;
    uint32_t k = 0;

    while (k < pool->servers && !pool->server[k].is_backup)
        k++;
    return k < pool->servers;
}

bool judge_is_split(const struct judged *j)
{
    return j->recording->pool.workers > 1 && !j->recording->pool.shares_state;
}

void judge_case(struct judged *j, struct pick_case *c, uint32_t steps)
{
    *c = (struct pick_case){ .policy = j->policy, .seed = 1, .instances = 1 };
    judge_backends(j, NULL, IDS_ANEW, &c->backend, &c->backends);
    c->step = arena_alloc(&j->arena, (steps + 1) * sizeof *c->step);
}

struct lb *judge_balancer(struct judged *j, uint64_t seed)
{
    struct lb *lb = policy_new(&j->policy, seed);
    struct pick_backend *b;
    uint32_t count;

    judge_backends(j, NULL, IDS_ANEW, &b, &count);
    for (uint32_t k = 0; k < count; k++) {
        lb_add(lb, b[k].id, b[k].address, b[k].weight, b[k].limit);
        if (b[k].is_down)
            lb_set_state(lb, k, LB_DOWN);
    }
    return lb;
}

void judge_start(struct judged *j, struct lb *lb)
{
    const char *why;

    if (lb_start(lb, &why) < 0)
        err_input(j->err, "E107", "%s with %u backends: %s", j->policy.label, lb->count, why);
}

void judge_pick(struct pick_case *c, const char *key, uint32_t length)
{
    c->step[c->steps++] = (struct pick_step){ .kind = STEP_PICK, .key = key,
                                              .key_length = length };
    c->picks++;
}

void judge_release(struct pick_case *c, uint32_t pick)
{
    c->step[c->steps++] = (struct pick_step){ .kind = STEP_RELEASE, .pick = pick, .load = -1 };
}

uint32_t judge_place(const struct judged *j, const char *name)
{
    for (uint32_t k = 0; name && k < j->recording->backends; k++)
        if (strcmp(j->recording->name[k], name) == 0)
            return k + 1;
    return name ? j->recording->backends + 1 : 0;   /* the one that was added */
}

const char *judge_name(const struct judged *j, int place)
{
    return place < 0 ? "an error" : place == 0 ? "nobody"
         : (uint32_t)place <= j->recording->backends ? j->recording->name[place - 1]
                                                     : "the added one";
}

int judge_read_places(struct judged *j, const cJSON *list, int *place, uint32_t count)
{
    const cJSON *item = cJSON_IsArray(list) ? list->child : NULL;

    for (uint32_t k = 0; k < count; k++, item = item->next) {
        if (!item)
            return recording_fault(j->recording, j->err, list ? list : j->recording->outputs,
                                   "a list of picks is shorter than its inputs");
        if (!cJSON_IsNumber(item) || item->valuedouble != floor(item->valuedouble) ||
            fabs(item->valuedouble) > 1000)
            return recording_fault(j->recording, j->err, item,
                                   "a pick is the number of a backend, from 1");
        place[k] = (int)item->valuedouble;
    }
    if (item)
        return recording_fault(j->recording, j->err, item,
                               "a list of picks is longer than its inputs");
    return 0;
}

/* ---- which profile, which policy ---- */

/* "2.6.12" is "2.6" to a profile. */
static void profile_name(const struct recording *r, char *buf, size_t size)
{
    size_t major = strcspn(r->version, ".");
    size_t length = r->version[major] ? major + 1 + strcspn(r->version + major + 1, ".") : major;

    snprintf(buf, size, "%s-%.*s", r->program, (int)length, r->version);
}

static const char *text_member(const cJSON *object, const char *key)
{
    const cJSON *node = doc_get(object, key);

    return cJSON_IsString(node) ? node->valuestring : NULL;
}

/* A recording may give its directives wrong and its policy right: then the policy counts, and the
 * row says so. */
static void settle_hash_type(struct judged *j)
{
    static const char *const methods[] = { "map-based", "consistent" };
    const char *wanted = text_member(j->recording->policy, "hash_type");
    char *text = j->recording->pool.policy, rest[240], *at;

    for (size_t k = 0; wanted && k < ARRAY_LEN(methods); k++) {
        at = strstr(text, methods[k]);
        if (!at || strcmp(methods[k], wanted) == 0)
            continue;
        snprintf(rest, sizeof rest, "%s", at + strlen(methods[k]));
        snprintf(at, sizeof j->recording->pool.policy - (size_t)(at - text), "%.40s%.160s", wanted,
                 rest);
        snprintf(j->row->reason, sizeof j->row->reason,
                 "its directives say %s, its policy %.40s: the policy was taken", methods[k],
                 wanted);
        return;
    }
}

static int judge_kind(struct judged *j)
{
    const cJSON *outputs = j->recording->outputs;
    const char *given = text_member(j->recording->policy, "kind");
    const char *kind = !given && cJSON_IsArray(doc_get(outputs, "picks")) ? "serial" : given;

    if (j->recording->pool.sticky != STICKY_NONE)
        return judge_sticky(j);
    if (doc_get(outputs, "mapping"))
        return judge_map(j);
    if (doc_get(j->recording->inputs, "fail_mode"))
        return judge_failover(j);
    if (doc_get(outputs, "latency_ms") && doc_get(j->recording->inputs, "trace"))
        return judge_latency(j);
    if (doc_get(outputs, "events") && doc_get(j->recording->inputs, "keys"))
        return judge_events(j);
    if (j->word.is_random && kind &&
        (strcmp(kind, "serial") == 0 || strcmp(kind, "held") == 0))
        return judge_random(j);
    if (kind && strcmp(kind, "serial") == 0)
        return judge_serial(j);
    if (kind && (strcmp(kind, "held") == 0 || strcmp(kind, "queueing") == 0))
        return judge_events(j);
    if (kind && strcmp(kind, "failing") == 0)
        return judge_failing(j);
    return judge_not_modelled(j, "recordings of this kind are not replayed yet");
}


bool judge_resolve(struct judged *j, const char *text)
{
    struct err *missing;
    bool is_there;

    profile_policy_fini(&j->word);
    switch (profile_resolve(j->profile, text, &j->word)) {
    case PROFILE_NO_WORD:
        judge_not_modelled(j, "%s has no policy \"%s\"", j->profile->name, j->word.word);
        return false;
    case PROFILE_NOT_MODELLED:
        judge_not_modelled(j, "%s: %s", j->word.word, j->word.why);
        return false;
    case PROFILE_OK:
        break;
    }
    missing = xcalloc(1, sizeof *missing);
    err_init(missing);
    is_there = profile_read_policy(j->profile, text, &j->policy, &j->arena, missing) == 0;
    if (!is_there)
        judge_not_modelled(j, "%s", missing->item[0].what);
    free(missing);
    return is_there;
}

static int judge_policy(struct judged *j)
{
    struct recording *r = j->recording;
    const char *preset = text_member(j->profile->doc.root, "default_policy");
    int rc = 0;

    if (!*r->pool.policy)
        snprintf(r->pool.policy, sizeof r->pool.policy, "%s", preset ? preset : "");
    settle_hash_type(j);
    if (judge_resolve(j, r->pool.policy))
        rc = judge_kind(j);
    profile_policy_fini(&j->word);
    return rc;
}

static int judge_recording(struct judged *j)
{
    struct recording *r = j->recording;
    bool has_pools = doc_get(doc_get(r->doc.root, "setup"), "pools") != NULL;
    struct profile profile;
    char name[80];
    int rc;

    if (r->backends == 0 && !has_pools)
        return judge_not_modelled(j, "a recording without backends");
    if (!r->is_readable && !has_pools)
        return judge_not_modelled(j, "no reader for the configuration of %s", r->program);
    if (*r->pool.unread)
        return judge_not_modelled(j, "not taken over: %s", r->pool.unread);
    if (r->pool.servers == 0 && !has_pools)
        return recording_fault(r, j->err, doc_get(r->doc.root, "setup"),
                               "the directives name no server");
    profile_name(r, name, sizeof name);
    if (profile_open(&profile, name) < 0)
        return judge_not_modelled(j, "there is no profile %s", name);
    j->profile = &profile;  /* cppcheck-suppress autoVariables ; for judge_policy() only */
    rc = has_pools ? judge_http2(j) : judge_policy(j);
    profile_fini(&profile);
    return rc;
}

static void put_name(char *to, size_t size, const char *text)
{
    text_safe(to, size, text, strlen(text));
}

/* "picks" of a file in picks/: rows are counted by it. */
static void put_folder(struct conform_row *row, const char *folder)
{
    const char *slash = strrchr(folder, '/');

    put_name(row->folder, sizeof row->folder, slash ? slash + 1 : folder);
}

int conform_judge(struct conform_row *row, const char *path, struct err *err)
{
    struct recording *r = xcalloc(1, sizeof *r);
    struct judged j = { .recording = r, .row = row, .err = err };
    int rc;

    *row = (struct conform_row){ .p = NAN };
    rc = recording_open(r, path, err);
    if (rc == 0) {
        put_name(row->id, sizeof row->id, r->id);
        put_name(row->program, sizeof row->program, r->program);
        put_name(row->version, sizeof row->version, r->version);
        put_folder(row, r->folder);
        rc = judge_recording(&j);
    }
    if (rc < 0)
        conform_row_fini(row);
    recording_fini(r);
    free(r);
    arena_fini(&j.arena);
    return rc;
}

/* ---- all together ---- */

void conform_settle(struct conform_row *rows, uint32_t count)
{
    double *p = xcalloc(count, sizeof *p), *adjusted = xcalloc(count, sizeof *adjusted);

    for (uint32_t k = 0; k < count; k++)
        p[k] = rows[k].p;
    stats_holm(p, adjusted, count);
    for (uint32_t k = 0; k < count; k++) {
        struct judged j = { .row = &rows[k] };

        if (isnan(p[k]))
            continue;
        judge_quantity(&j, adjusted[k], 1, 1 - FAMILY_ERROR, "p by chance, Holm's");
        if (adjusted[k] < FAMILY_ERROR)
            judge_differs(&j, "this far from ours by chance: p = %.2g among all random rows",
                          adjusted[k]);
    }
    free(p);
    free(adjusted);
}

void conform_row_fini(struct conform_row *row)
{
    free(row->quantity);
    row->quantity = NULL;
    row->quantities = 0;
}
