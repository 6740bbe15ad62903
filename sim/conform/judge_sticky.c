/* judge_sticky.c - users who stick to a server that dies and comes back: for every visit the server
 * that answered, and whether a new cookie was set.
 *
 * What happened before a recording began is not in it, so a rotation may begin anywhere: the order
 * of servers that explains most is taken, and told.  Where a product chooses at random, the
 * recorded choice is given to ours; who has a server must be at that one. */
#include "judge.h"

#include "../base/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_USERS = 256, MOST_ROTATED = 6 };

/* Before a visit: this server is well, does not answer, or is known not to. */
enum turn { TURN_NONE, TURN_WELL, TURN_DEAD, TURN_DOWN };

struct visit {
    uint32_t phase, user, place;            /* place from 1; 0: an error */
    bool     sets_cookie;
};
struct phase { const char *name; enum turn turn; uint32_t place; };

struct visits {
    struct visit *visit;
    struct phase *phase;
    uint32_t count, phases;
};

static int fault(struct judged *j, const cJSON *node, const char *what)
{
    return recording_fault(j->recording, j->err, node ? node : j->recording->outputs, what);
}

/* ---- reading ---- */

/* "s2 just closed, before the checks notice", "s2 down", "s2 back"; others change nothing. */
static void read_turn(const struct judged *j, struct phase *p)
{
    char name[64];

    snprintf(name, sizeof name, "%.*s", (int)strcspn(p->name, " "), p->name);
    p->place = judge_place(j, name);
    if (p->place > j->recording->backends)
        p->place = 0;
    if (p->place == 0)
        return;
    if (strstr(p->name, "back"))
        p->turn = TURN_WELL;
    else if (strstr(p->name, "closed"))
        p->turn = TURN_DEAD;
    else if (strstr(p->name, "down"))
        p->turn = j->recording->pool.is_checked ? TURN_DOWN : TURN_DEAD;
}

static int read_place(struct judged *j, const cJSON *node, uint32_t *place)
{
    *place = cJSON_IsString(node) ? judge_place(j, node->valuestring) : 0;
    if (*place > j->recording->backends || (!cJSON_IsString(node) && !cJSON_IsNull(node)))
        return fault(j, node, "a visit's server is none of the backends");
    return 0;
}

/* [user, cookie sent, status, server, cookie set] */
static int read_row(struct judged *j, const cJSON *row, struct visit *v)
{
    const cJSON *user = cJSON_GetArrayItem(row, 0);

    if (!cJSON_IsNumber(user) || !(user->valuedouble >= 0 && user->valuedouble < MOST_USERS))
        return fault(j, row, "a visit begins with the number of its user");
    v->user = (uint32_t)user->valuedouble;
    v->sets_cookie = cJSON_IsString(cJSON_GetArrayItem(row, 4));
    return read_place(j, cJSON_GetArrayItem(row, 3), &v->place);
}

/* Users with the same key, or source address, are one. */
static uint32_t user_of(const cJSON *names, uint32_t nth)
{
    const cJSON *name = cJSON_GetArrayItem(names, (int)nth), *item;
    uint32_t user = 0;

    cJSON_ArrayForEach(item, names) {
        if (cJSON_IsString(item) && cJSON_IsString(name) &&
            strcmp(item->valuestring, name->valuestring) == 0)
            return user;
        user++;
    }
    return nth;
}

/* [status, server], in the order of inputs.keys or inputs.sources */
static int read_pick(struct judged *j, const cJSON *pick, uint32_t nth, struct visit *v)
{
    const cJSON *keys = doc_get(j->recording->inputs, "keys");

    if (nth >= MOST_USERS)
        return fault(j, pick, "more visits in a phase than can be");
    v->user = user_of(keys ? keys : doc_get(j->recording->inputs, "sources"), nth);
    return read_place(j, cJSON_GetArrayItem(pick, 1), &v->place);
}

static int read_phase(struct judged *j, const cJSON *node, struct visits *s)
{
    const cJSON *name = doc_get(node, "phase"), *picks = doc_get(node, "picks"), *item;
    const cJSON *rows = doc_get(node, "rows_user_cookieSent_status_backend_setCookie");
    const cJSON *list = picks ? picks : rows;
    size_t count = s->count + (size_t)cJSON_GetArraySize(list);
    uint32_t nth = 0;

    if (!cJSON_IsString(name) || !cJSON_IsArray(list))
        return fault(j, node, "a phase needs its name and a list of visits");
    s->phase[s->phases] = (struct phase){ .name = name->valuestring };
    read_turn(j, &s->phase[s->phases]);
    s->visit = xrealloc(s->visit, count + 1, sizeof *s->visit);
    cJSON_ArrayForEach(item, list) {
        struct visit *v = &s->visit[s->count++];

        *v = (struct visit){ .phase = s->phases };
        if ((picks ? read_pick(j, item, nth++, v) : read_row(j, item, v)) < 0)
            return -1;
    }
    s->phases++;
    return 0;
}

static int read_phases(struct judged *j, const cJSON *list, struct visits *s)
{
    const cJSON *item;

    s->phase = arena_alloc(&j->arena, ((size_t)cJSON_GetArraySize(list) + 1) * sizeof *s->phase);
    cJSON_ArrayForEach(item, list) {
        if (read_phase(j, item, s) < 0)
            return -1;
    }
    return s->count ? 0 : fault(j, list, "a list of phases without a visit");
}

/* ---- playing ---- */

struct play {
    struct lb *lb;
    uint32_t place[MOST_ROTATED];           /* of the library's i-th */
    uint32_t servers;
    bool     is_dead[MOST_ROTATED + 1];     /* by place */
    uint32_t stuck[MOST_USERS];             /* place; 0: nowhere yet */
};

static const struct lb_ops *sticky(void)
{
    return lb_find("sticky");
}

static int begin(struct judged *j, struct play *p, const uint32_t *order)
{
    struct pick_backend *b;
    const char *why = "";

    *p = (struct play){ .lb = lb_new(sticky(), 1) };
    if (!p->lb)
        xalloc_failed();
    lb_wrap(p->lb, policy_new(&j->policy, 1));
    lb_set(p->lb, "down", lb_word(&sticky()->params[2],
                                  j->recording->pool.redispatches ? "forget" : "refuse"), &why);
    judge_backends(j, NULL, IDS_ANEW, &b, &p->servers);
    for (uint32_t k = 0; k < p->servers; k++) {
        const struct pick_backend *s = &b[order[k]];

        lb_add(p->lb, s->id, s->address, s->weight, s->limit);
        p->place[k] = judge_place(j, s->name);
    }
    if (lb_start(p->lb, &why) < 0)
        return err_input(j->err, "E107", "%s: %s", j->policy.label, why);
    return 0;
}

static uint32_t index_of(const struct play *p, uint32_t place)
{
    uint32_t i = 0;

    while (i < p->servers && p->place[i] != place)
        i++;
    return i;
}

static void turn(struct play *p, const struct phase *phase)
{
    uint32_t i = index_of(p, phase->place);
    enum lb_state state = phase->turn == TURN_WELL ? LB_UP : LB_DOWN;

    if (phase->turn == TURN_NONE || i == p->servers)
        return;
    p->is_dead[phase->place] = phase->turn != TURN_WELL;
    if (phase->turn != TURN_DEAD && p->lb->backend[i].state != state)
        lb_set_state(p->lb, i, state);
}

/* Where the library sends this user; `avoid` is of its indexes.  0: to nobody. */
static uint32_t pick(struct play *p, uint32_t user, const uint64_t *avoid)
{
    struct lb_request rq = { .now = SECOND, .avoid = avoid, .key = &user,
                             .key_length = sizeof user, .hash = lb_hash(&user, sizeof user, 0) };
    uint32_t i = lb_pick(p->lb, &rq);

    if (i >= p->servers)
        return 0;
    lb_complete(p->lb, i, &(struct lb_outcome){ .now = SECOND, .load = -1,
                            .result = p->is_dead[p->place[i]] ? LB_REFUSED : LB_OK });
    return p->place[i];
}

/* A random choice is given: every other server is avoided. */
static uint32_t pick_given(struct play *p, const struct visit *v)
{
    uint32_t i = index_of(p, v->place);
    uint64_t others = ~((uint64_t)1 << i);

    return i == p->servers ? pick(p, v->user, NULL) : pick(p, v->user, &others);
}

/* Who answers this visit; 0: nobody. */
static uint32_t visit(const struct judged *j, struct play *p, const struct visit *v)
{
    uint32_t place = pick(p, v->user, NULL);
    uint64_t dead;

    if (j->word.is_random && (place == 0 || place != p->stuck[v->user] || p->is_dead[place]))
        place = pick_given(p, v);
    if (place == 0 || !p->is_dead[place])
        return place;
    if (!j->recording->pool.redispatches)
        return 0;
    dead = (uint64_t)1 << index_of(p, place);
    place = pick(p, v->user, &dead);
    return p->is_dead[place] ? 0 : place;
}

/* A cookie is set for who comes without one, or goes elsewhere than it says. */
static bool agrees(const struct judged *j, struct play *p, const struct visit *v)
{
    uint32_t place = visit(j, p, v);
    bool is_new = place && place != p->stuck[v->user];
    bool tells = j->recording->pool.sticky != STICKY_COOKIE || is_new == v->sets_cookie;

    if (place)
        p->stuck[v->user] = place;
    return place == v->place && tells;
}

/* How many visits agree with servers in this order; *first: the first that does not. */
static uint32_t play(struct judged *j, const struct visits *s, const uint32_t *order,
                     uint32_t *first)
{
    struct play p;
    uint32_t agreed = 0, phase = NONE;

    *first = s->count;
    if (begin(j, &p, order) == 0)
        for (uint32_t k = 0; k < s->count; k++) {
            if (s->visit[k].phase != phase)
                turn(&p, &s->phase[phase = s->visit[k].phase]);
            if (agrees(j, &p, &s->visit[k]))
                agreed++;
            else if (*first == s->count)
                *first = k;
        }
    lb_free(p.lb);
    return agreed;
}

/* ---- all orders ---- */

static void swap(uint32_t *a, uint32_t *b)
{
    uint32_t was = *a;

    *a = *b;
    *b = was;
}

/* The next order, in the order of the dictionary; false: that was the last. */
static bool next_order(uint32_t *order, uint32_t n)
{
    uint32_t i = n - 1, k = n - 1;

    while (i > 0 && order[i - 1] >= order[i])
        i--;
    if (i == 0)
        return false;
    while (order[k] <= order[i - 1])
        k--;
    swap(&order[i - 1], &order[k]);
    for (k = n - 1; i < k; i++, k--)
        swap(&order[i], &order[k]);
    return true;
}

struct best { uint32_t agreed, first, order[MOST_ROTATED]; };

static struct best play_all(struct judged *j, const struct visits *s, uint32_t servers)
{
    struct best best = { .first = 0 };
    uint32_t order[MOST_ROTATED] = { 0, 1, 2, 3, 4, 5 }, first;
    bool is_first = true;

    do {
        uint32_t agreed = play(j, s, order, &first);

        if (is_first || agreed > best.agreed) {
            best.agreed = agreed;
            best.first = first;
            memcpy(best.order, order, sizeof order);
        }
        is_first = false;
    } while (best.agreed < s->count && !j->word.is_random && next_order(order, servers));
    return best;
}

static void tell_order(struct judged *j, const struct best *best, uint32_t servers)
{
    char text[200];
    size_t used = 0;

    for (uint32_t k = 0; k < servers && used < sizeof text; k++)
        used += (size_t)snprintf(text + used, sizeof text - used, " %.20s",
                                 j->recording->name[best->order[k]]);
    snprintf(j->row->reason, sizeof j->row->reason, "the rotation is taken to have begun with%s",
             text);
}

static int judge_list(struct judged *j, const cJSON *list, const char *what)
{
    struct visits s = { .count = 0 };
    uint32_t servers = j->recording->pool.servers;
    int rc = read_phases(j, list, &s);

    if (rc == 0) {
        struct best best = play_all(j, &s, servers);

        judge_quantity(j, best.agreed, s.count, 0, "%s that agree", what);
        if (!j->word.is_random)
            tell_order(j, &best, servers);
        if (best.agreed < s.count)
            judge_differs(j, "%s, visit %u in \"%.60s\", user %u: recorded %s", what,
                          best.first + 1, s.phase[s.visit[best.first].phase].name,
                          s.visit[best.first].user,
                          judge_name(j, (int)s.visit[best.first].place));
    }
    free(s.visit);
    return rc;
}

int judge_sticky(struct judged *j)
{
    const cJSON *again = doc_get(j->recording->doc.root, "outputs_repeated");

    if (j->recording->pool.servers > MOST_ROTATED)
        return judge_not_modelled(j, "more than %d sticky servers", MOST_ROTATED);
    if (judge_list(j, j->recording->outputs, "visits") < 0)
        return -1;
    return cJSON_IsArray(again) ? judge_list(j, again, "repeated visits") : 0;
}
