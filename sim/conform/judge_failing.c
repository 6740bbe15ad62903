/* judge_failing.c - servers that stop answering and come back: for each request the servers that
 * were tried, in order.  nginx counts by a clock of whole seconds; where in a second a recording
 * began is not in it, so the beginning that explains most is taken, and told. */
#include "judge.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_TRIES = 64, PHASES = 100 };

/* From this time on a server (0: all of them) fails, or does not. */
struct turn { nsec at; uint32_t place; bool fails; };
struct asked { nsec at; uint32_t tried[MOST_TRIES], tries; };

struct story {
    struct turn *turn;
    struct asked *asked;
    uint32_t turns, count;
};

static int fault(struct judged *j, const cJSON *node, const char *what)
{
    return recording_fault(j->recording, j->err, node ? node : j->recording->outputs, what);
}

/* ---- reading ---- */

static bool read_time(const cJSON *node, nsec *at)
{
    if (!cJSON_IsNumber(node) || !(node->valuedouble >= 0 && node->valuedouble < 1e6))
        return false;
    *at = (nsec)llround(node->valuedouble * 1e9);
    return true;
}

/* [1.68, "MODE", "s1", "close"]; "*" is all of them. */
static int read_turns(struct judged *j, struct story *s)
{
    const cJSON *list = doc_get(j->recording->inputs, "mode_changes_t"), *item;

    s->turn = arena_alloc(&j->arena, ((size_t)cJSON_GetArraySize(list) + 1) * sizeof *s->turn);
    cJSON_ArrayForEach(item, list) {
        const cJSON *who = cJSON_GetArrayItem(item, 2), *mode = cJSON_GetArrayItem(item, 3);
        struct turn *t = &s->turn[s->turns++];

        if (!read_time(cJSON_GetArrayItem(item, 0), &t->at) || !cJSON_IsString(who) ||
            !cJSON_IsString(mode))
            return fault(j, item, "a change of mode is like [1.68, \"MODE\", \"s1\", \"close\"]");
        t->fails = strcmp(mode->valuestring, "ok") != 0;
        t->place = strcmp(who->valuestring, "*") == 0 ? 0 : judge_place(j, who->valuestring);
        if (t->place > j->recording->backends)
            return fault(j, who, "a change of mode of none of the backends");
    }
    return 0;
}

/* A text among the tries stands for "no live upstreams". */
static int read_asked(struct judged *j, const cJSON *node, struct asked *a)
{
    const cJSON *tries = doc_get(node, "tries"), *try;

    if (!read_time(doc_get(node, "t"), &a->at) || !cJSON_IsArray(tries))
        return fault(j, node, "a request needs \"t\", seconds, and \"tries\", a list");
    cJSON_ArrayForEach(try, tries) {
        if (cJSON_IsString(try))
            continue;
        if (!cJSON_IsNumber(try) || a->tries == MOST_TRIES || try->valuedouble < 1 ||
            try->valuedouble > j->recording->backends)
            return fault(j, try, "a try is the number of a backend, from 1");
        a->tried[a->tries++] = (uint32_t)try->valuedouble;
    }
    return 0;
}

static int read_story(struct judged *j, struct story *s)
{
    const cJSON *list = j->recording->outputs, *item;

    if (!cJSON_IsArray(list) || !list->child)
        return fault(j, list, "outputs need a list of requests");
    if (read_turns(j, s) < 0)
        return -1;
    s->asked = arena_alloc(&j->arena, (size_t)cJSON_GetArraySize(list) * sizeof *s->asked);
    cJSON_ArrayForEach(item, list) {
        if (read_asked(j, item, &s->asked[s->count++]) < 0)
            return -1;
    }
    return 0;
}

/* ---- playing ---- */

static bool fails_at(const struct story *s, uint32_t place, nsec at)
{
    bool fails = false;

    for (uint32_t k = 0; k < s->turns && s->turn[k].at <= at; k++)
        if (s->turn[k].place == 0 || s->turn[k].place == place)
            fails = s->turn[k].fails;
    return fails;
}

static struct lb *start(struct judged *j)
{
    const struct product_server *first = &j->recording->pool.server[0];
    struct lb *lb = judge_balancer(j, 1);
    const char *why;

    lb_set(lb, "max_fails", first->max_fails, &why);
    lb_set(lb, "fail_timeout", (double)first->fail_timeout, &why);
    judge_start(j, lb);
    return lb;
}

/* One request: tries until one answers; the places tried, as many as are returned. */
static uint32_t try_all(struct judged *j, const struct story *s, struct lb *lb, nsec at, nsec now,
                        uint32_t tried[MOST_TRIES])
{
    uint64_t avoid[PRODUCT_MOST_SERVERS / 64 + 1] = { 0 };
    uint32_t tries = 0;

    while (tries < MOST_TRIES) {
        uint32_t i = lb_pick(lb, &(struct lb_request){ .now = now, .avoid = avoid });
        bool fails;

        if (i >= lb->count)
            return tries;
        tried[tries] = recording_place(j->recording, &j->recording->pool.server[i]);
        fails = fails_at(s, tried[tries++], at);
        lb_complete(lb, i, &(struct lb_outcome){ .now = now, .load = -1,
                                                 .result = fails ? LB_REFUSED : LB_OK });
        if (!fails)
            return tries;
        avoid[i / 64] |= (uint64_t)1 << (i % 64);
    }
    return tries;
}

/* How many requests agree when the first second is `phase` old at the start; *first: the first
 * that does not. */
static uint32_t play(struct judged *j, const struct story *s, nsec phase, uint32_t *first)
{
    struct lb *lb = start(j);
    uint32_t agreed = 0;

    *first = s->count;
    for (uint32_t k = 0; k < s->count && !j->err->errors; k++) {
        const struct asked *a = &s->asked[k];
        uint32_t tried[MOST_TRIES], tries = try_all(j, s, lb, a->at, a->at + phase, tried);

        if (tries == a->tries && memcmp(tried, a->tried, tries * sizeof *tried) == 0)
            agreed++;
        else if (*first == s->count)
            *first = k;
    }
    lb_free(lb);
    return agreed;
}

/* What is not replayed here; NULL: all of it is. */
static const char *beyond_us(const struct product_pool *pool)
{
    const struct product_server *first = &pool->server[0];

    if (*pool->unread_failing)
        return pool->unread_failing;
    if (pool->workers > 1 && !pool->shares_state)
        return "failures seen by several workers, each for itself";
    for (const struct product_server *s = first; s < first + pool->servers; s++) {
        if (s->is_backup)
            return "failing servers with backups";
        if (s->max_fails != first->max_fails || s->fail_timeout != first->fail_timeout)
            return "max_fails or fail_timeout that differ between servers";
    }
    return NULL;
}

static bool has_param(const struct lb_ops *ops, const char *name)
{
    for (const struct lb_param *p = ops->params; p && p->name; p++)
        if (strcmp(p->name, name) == 0)
            return true;
    return false;
}

int judge_failing(struct judged *j)
{
    struct story s = { .count = 0 };
    uint32_t best = 0, best_phase = 0, best_first = 0, first;

    if (!has_param(j->policy.ops, "max_fails"))
        return judge_not_modelled(j, "%s leaves out no server that failed", j->policy.ops->name);
    if (beyond_us(&j->recording->pool))
        return judge_not_modelled(j, "not taken over: %s", beyond_us(&j->recording->pool));
    if (read_story(j, &s) < 0)
        return -1;
    for (uint32_t phase = 0; phase < PHASES && !j->err->errors; phase++) {
        uint32_t agreed = play(j, &s, SECOND / PHASES * phase, &first);

        if (agreed > best || phase == 0) {
            best = agreed;
            best_phase = phase;
            best_first = first;
        }
    }
    if (j->err->errors)
        return -1;
    judge_quantity(j, best, s.count, 0, "requests whose tries agree");
    snprintf(j->row->reason, sizeof j->row->reason,
             "taken to begin %.2f s into a second of the clock", (double)best_phase / PHASES);
    if (best < s.count)
        judge_differs(j, "request %u, at %.3f s: other servers were tried", best_first + 1,
                      (double)s.asked[best_first].at / 1e9);
    return 0;
}
