/* judge_http2.c - HTTP/2 clients through one pool after the other, of mode tcp (L4) and of mode http
 * (L7), and long-lived connections whose servers come and go: who got which share.
 *
 * What happened before a pool's first connection is not in a recording, so an L4 may begin with any
 * of its servers: shares are compared as they come in size, and by name where the policy is a map.
 * At an L7 they are compared by name, to 2 points where the policy counts what is in flight or
 * draws, as that hangs on the time of every answer. */
#include "judge.h"

#include "../base/xalloc.h"
#include "../run/cell.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_TEXT = 4096, MOST_SHARES = 16, MOST_PHASES = 4 };

static const double AT_ONCE = 0.5, ROUGHLY = 2;     /* points of a share in % */

struct text { char at[MOST_TEXT]; size_t used; };
struct shares { double percent[MOST_SHARES]; uint32_t count; };

static void put(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void put(struct text *t, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    if (t->used < sizeof t->at)
        t->used += (size_t)vsnprintf(t->at + t->used, sizeof t->at - t->used, fmt, args);
    va_end(args);
}

static int fault(struct judged *j, const cJSON *at, const char *what)
{
    return recording_fault(j->recording, j->err, at ? at : j->recording->outputs, what);
}

/* ---- shares ---- */

/* A list of them, or an object by name in the order of the servers. */
static int read_shares(struct judged *j, const cJSON *node, struct shares *s)
{
    const cJSON *item;

    s->count = 0;
    cJSON_ArrayForEach(item, node) {
        if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0 && item->valuedouble <= 100) ||
            s->count == MOST_SHARES)
            return fault(j, item, "a share is a number from 0 to 100, of at most 16 servers");
        s->percent[s->count++] = item->valuedouble;
    }
    return s->count ? 0 : fault(j, node, "no shares here");
}

static int falling(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x < y) - (x > y);
}

static void by_size(struct shares *s)
{
    qsort(s->percent, s->count, sizeof *s->percent, falling);
}

static double furthest(const struct shares *ours, const struct shares *recorded)
{
    double most = 0;

    for (uint32_t i = 0; i < recorded->count; i++)
        most = fmax(most, fabs(ours->percent[i] - recorded->percent[i]));
    return most;
}

/* Both recorded runs; the better of them is told. */
static int compare(struct judged *j, const char *name, const struct shares *ours,
                   const cJSON *first, const cJSON *again, double tolerance)
{
    struct shares recorded;
    double off;

    if (read_shares(j, first, &recorded) < 0)
        return -1;
    if (recorded.count != ours->count)
        return fault(j, first, "not as many shares as servers");
    off = furthest(ours, &recorded);
    if (again && read_shares(j, again, &recorded) == 0 && recorded.count == ours->count)
        off = fmin(off, furthest(ours, &recorded));
    judge_quantity(j, off, 0, tolerance, "%.40s: points off", name);
    if (off > tolerance)
        judge_differs(j, "%.60s: a share is %.1f points off", name, off);
    return 0;
}

/* The same, but whose share is whose is not known. */
static int compare_sizes(struct judged *j, const char *name, struct shares *ours,
                         const cJSON *first, double tolerance)
{
    struct shares recorded;
    double off;

    if (read_shares(j, first, &recorded) < 0)
        return -1;
    if (recorded.count != ours->count)
        return fault(j, first, "not as many shares as servers");
    by_size(ours);
    by_size(&recorded);
    off = furthest(ours, &recorded);
    judge_quantity(j, off, 0, tolerance, "%.40s: points off, by size", name);
    if (off > tolerance)
        judge_differs(j, "%.60s: a share is %.1f points off", name, off);
    return 0;
}

/* ---- runs ---- */

static int simulate(struct judged *j, const struct text *t, struct record *record)
{
    struct scenario_overrides over = { .text = t->at, .length = t->used };
    struct scenario sc;
    int rc;

    if (t->used >= sizeof t->at)
        return fault(j, NULL, "more than can be run");
    rc = scenario_load(&sc, "recording.json", &over, j->err);
    if (rc == 0) {
        rc = cell_run(&sc, &(struct cell){ 0, 0 }, record, NULL, NULL, j->err);
        scenario_fini(&sc);
    }
    if (j->err->errors == 0)
        err_init(j->err);           /* warnings of a scenario that nobody wrote */
    return rc;
}

/* Of what was served in the slices [from, to). */
static struct shares shares_of(const struct record *r, uint32_t from, uint32_t to)
{
    struct shares s = { .count = r->backends };
    double all = 0;

    for (uint32_t b = 0; b < r->backends && b < MOST_SHARES; b++) {
        for (uint32_t k = from; k < to && k < r->slices; k++)
            s.percent[b] += (double)record_backend(r, b, k)->served;
        all += s.percent[b];
    }
    for (uint32_t b = 0; b < r->backends && b < MOST_SHARES; b++)
        s.percent[b] *= all > 0 ? 100 / all : 0;
    return s;
}

/* ---- a pool of HTTP/2 ---- */

struct load { uint32_t connections, requests, streams; };

static bool read_count(const cJSON *load, int place, uint32_t *out)
{
    const cJSON *item = cJSON_GetArrayItem(load, place);

    if (!cJSON_IsNumber(item) || !(item->valuedouble >= 1 && item->valuedouble <= 1e6))
        return false;
    *out = (uint32_t)item->valuedouble;
    return true;
}

static int read_load(struct judged *j, struct load *l)
{
    const cJSON *list = doc_get(j->recording->inputs, "loads_connections_requests_streams");
    const cJSON *load = cJSON_GetArrayItem(list, 0);

    if (cJSON_GetArraySize(list) != 1 || !read_count(load, 0, &l->connections) ||
        !read_count(load, 1, &l->requests) || !read_count(load, 2, &l->streams))
        return fault(j, list ? list : j->recording->inputs,
                     "inputs need one load: connections, requests, streams");
    return 0;
}

/* The pool's own directives become the recording's; *is_l4: it forwards connections. */
static int read_pool(struct judged *j, const cJSON *lines, bool *is_l4)
{
    const struct product *product = product_find(j->recording->program);
    struct product_pool *pool = &j->recording->pool;
    const cJSON *line;

    *is_l4 = false;
    product_begin(pool);
    cJSON_ArrayForEach(line, lines) {
        if (!cJSON_IsString(line))
            return fault(j, line, "a directive is text");
        *is_l4 |= strcmp(line->valuestring, "mode tcp") == 0;
        product_read(product, pool, line->valuestring);
    }
    product_end(product, pool);
    return pool->servers ? 0 : fault(j, lines, "the directives name no server");
}

/* A connection that an L4 deals out carries one request at a time: that leaves the shares as they
 * are.  At an L7 there are as many requests out as streams. */
static void put_pool(const struct judged *j, const struct load *l, bool is_l4, struct text *t)
{
    bool is_map = j->policy.ops->traits & LB_BY_KEY;

    put(t, "{\"version\":1,\"name\":\"recording\",\"run\":{\"requests\":%u,\"seed\":1,"
           "\"replications\":1},\"clients\":[{\"name\":\"c\",\"to\":\"lb\",\"count\":%u,"
           "\"protocol\":\"h2\",%s\"arrival\":{\"process\":\"closed\",\"think\":\"0\"}}],",
        l->requests, is_l4 ? l->connections : l->connections * l->streams,
        is_map ? "\"nat\":{\"addresses\":1}," : "");
    put(t, "\"balancers\":[{\"name\":\"lb\",\"layer\":\"%s\",\"algorithm\":{\"profile\":\"%s\","
           "\"policy\":\"%s\"},\"to\":\"s\"}],\"backends\":[{\"name\":\"s\",\"count\":%u,"
           "\"workers\":\"unlimited\",\"service\":{\"dist\":\"uniform\",\"min\":\"1900us\","
           "\"max\":\"2100us\"}}]}",
        is_l4 ? "l4" : "l7", j->profile->name, j->recording->pool.policy,
        j->recording->pool.servers);
}

/* Every connection came from 127.0.0.1: the one server that a map has for it. */
static int judge_place_of_map(struct judged *j, const char *name, const cJSON *shares)
{
    static const unsigned char loopback[4] = { 127, 0, 0, 1 };
    struct pick_record got;
    struct pick_case c;

    judge_case(j, &c, 1);
    judge_pick(&c, (const char *)loopback, sizeof loopback);
    if (pick_play(&c, &got, j->err) < 0) {
        pick_record_fini(&got);
        return -1;
    }
    const cJSON *share = cJSON_GetArrayItem(shares, (int)got.answer[0].index);
    double percent = cJSON_IsNumber(share) ? share->valuedouble : 0;
    judge_quantity(j, 100, percent, 0, "%.40s: share of %.10s", name, got.answer[0].backend);
    if (percent < 100)
        judge_differs(j, "%.60s: ours sends all to %.20s", name, got.answer[0].backend);
    pick_record_fini(&got);
    return 0;
}

static int judge_pool(struct judged *j, const char *name, const struct load *l, bool is_l4)
{
    const cJSON *all = doc_get(j->recording->doc.root, "outputs_repeated");
    const cJSON *first = doc_get(doc_get(j->recording->outputs, name), "share_pct");
    const cJSON *again = doc_get(doc_get(all, name), "share_pct");
    bool is_map = j->policy.ops->traits & LB_BY_KEY;
    bool is_exact = is_l4 || strcmp(j->recording->pool.policy, "roundrobin") == 0;
    struct text *t = xcalloc(1, sizeof *t);
    struct record record;
    int rc;

    put_pool(j, l, is_l4, t);
    rc = simulate(j, t, &record);
    if (rc == 0) {
        struct shares ours = shares_of(&record, 0, record.slices);

        rc = is_l4 ? compare_sizes(j, name, &ours, first, AT_ONCE)
                   : compare(j, name, &ours, first, again, is_exact ? AT_ONCE : ROUGHLY);
        if (rc == 0 && is_map)
            rc = judge_place_of_map(j, name, first);
        record_fini(&record);
    }
    free(t);
    return rc;
}

static int judge_pools(struct judged *j, const cJSON *pools)
{
    struct load l;
    const cJSON *pool;

    if (read_load(j, &l) < 0)
        return -1;
    cJSON_ArrayForEach(pool, pools) {
        bool is_l4;

        if (!doc_get(j->recording->outputs, pool->string))
            return fault(j, pool, "a pool without outputs");
        if (read_pool(j, pool, &is_l4) < 0)
            return -1;
        if (*j->recording->pool.unread)
            return judge_not_modelled(j, "not taken over: %s", j->recording->pool.unread);
        if (!judge_resolve(j, j->recording->pool.policy))
            return 0;
        if (judge_pool(j, pool->string, &l, is_l4) < 0)
            return -1;
    }
    return 0;
}

/* ---- connections that stay ---- */

static bool read_time(const cJSON *inputs, const char *key, double *out)
{
    const cJSON *node = doc_get(inputs, key);

    if (!cJSON_IsNumber(node) || !(node->valuedouble > 0.5 && node->valuedouble < 1000))
        return false;
    *out = node->valuedouble;
    return true;
}

/* The last server joins, then the second dies; checks of 200 ms find it in two.  Each connection
 * asks 20 times a second, and again on another when its own is reset. */
static void put_stay(const struct judged *j, uint32_t connections, double joins, double dies,
                     struct text *t)
{
    put(t, "{\"version\":1,\"name\":\"recording\",\"run\":{\"duration\":\"%.3fs\",\"seed\":1,"
           "\"replications\":1},\"measure\":{\"interval\":\"500ms\"},\"clients\":[{\"name\":\"c\","
           "\"to\":\"lb\",\"count\":%u,\"protocol\":\"h1\",\"connections\":1,\"retries\":{\"max\":3,"
           "\"on\":[\"refused\",\"reset\"],\"backoff\":{\"base\":\"1s\"}},\"arrival\":{\"process\":"
           "\"closed\",\"think\":\"50ms\"}}],", dies + 3, connections);
    put(t, "\"balancers\":[{\"name\":\"lb\",\"layer\":\"l4\",\"algorithm\":{\"profile\":\"%s\","
           "\"policy\":\"%s\"},\"health_check\":{\"interval\":\"200ms\",\"timeout\":\"200ms\","
           "\"rise\":2,\"fall\":2,\"level\":\"l4\"},\"to\":\"s\"}],\"backends\":[{\"name\":\"s\","
           "\"count\":%u,\"workers\":\"unlimited\",\"service\":\"1ms\"}],",
        j->profile->name, j->recording->pool.policy, j->recording->pool.servers - 1);
    put(t, "\"events\":[{\"at\":\"%.3fs\",\"do\":\"add\",\"target\":\"s\",\"count\":1},"
           "{\"at\":\"%.3fs\",\"do\":\"fail\",\"mode\":\"crash\",\"target\":\"s[1]\"}]}",
        joins, dies);
}

/* A phase from half a second after it began, when whoever is moved has moved, to its end. */
static int judge_phases(struct judged *j, const struct record *r, const double *begins)
{
    double width = (double)r->slice_width / 1e9;
    const cJSON *phase;
    uint32_t k = 0;

    cJSON_ArrayForEach(phase, j->recording->outputs) {
        if (k + 1 == MOST_PHASES)
            return fault(j, phase, "more phases than three");
        uint32_t from = (uint32_t)(begins[k] / width) + (k == 0 ? 0 : k == 1 ? 2 : 4);
        struct shares ours = shares_of(r, from, (uint32_t)(begins[k + 1] / width));

        if (compare_sizes(j, phase->string, &ours, doc_get(phase, "share_pct"), ROUGHLY) < 0)
            return -1;
        k++;
    }
    return k == 3 ? 0 : fault(j, NULL, "not three phases");
}

static int judge_stay(struct judged *j, const cJSON *pools)
{
    const cJSON *in = j->recording->inputs, *count = doc_get(in, "connections");
    double begins[MOST_PHASES] = { 0 };
    struct text *t;
    struct record record;
    bool is_l4;
    int rc;

    if (!cJSON_IsNumber(count) || !(count->valuedouble >= 1 && count->valuedouble <= 1e4) ||
        !read_time(in, "t_s4_enabled", &begins[1]) || !read_time(in, "t_s2_dead", &begins[2]) ||
        begins[2] < begins[1] + 1)
        return fault(j, in, "inputs need connections, t_s4_enabled and t_s2_dead");
    begins[3] = begins[2] + 3;
    if (read_pool(j, pools->child, &is_l4) < 0)
        return -1;
    if (!is_l4 || j->recording->pool.servers < 3)
        return judge_not_modelled(j, "long connections through an L7");
    if (!judge_resolve(j, j->recording->pool.policy))
        return 0;
    t = xcalloc(1, sizeof *t);
    put_stay(j, (uint32_t)count->valuedouble, begins[1], begins[2], t);
    rc = simulate(j, t, &record);
    free(t);
    if (rc < 0)
        return -1;
    rc = judge_phases(j, &record, begins);
    record_fini(&record);
    return rc;
}

int judge_http2(struct judged *j)
{
    const cJSON *pools = doc_get(doc_get(j->recording->doc.root, "setup"), "pools");
    int rc;

    if (!cJSON_IsObject(pools) || !pools->child)
        return fault(j, pools, "setup.pools are lists of directives by name");
    if (!product_find(j->recording->program))
        return judge_not_modelled(j, "no reader for the configuration of %s",
                                  j->recording->program);
    rc = doc_get(j->recording->inputs, "t_s4_enabled") ? judge_stay(j, pools)
                                                       : judge_pools(j, pools);
    profile_policy_fini(&j->word);
    return rc;
}
