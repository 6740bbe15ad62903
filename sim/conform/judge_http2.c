/* judge_http2.c - HTTP/2 clients through one pool after the other, of mode tcp (L4) and of mode
 * http (L7): who got which share.
 *
 * What happened before a pool's first connection is not in a recording, so an L4 may begin with any
 * of its servers: shares are compared as they come in size, and by name where the policy is a map.
 * At an L7 they are compared by name, to 2 points where the policy counts what is in flight or
 * draws, as that hangs on the time of every answer. */
#include "replay.h"
#include "shares.h"

#include "../base/xalloc.h"

#include <stdlib.h>
#include <string.h>

static const double AT_ONCE = 0.5, ROUGHLY = 2;     /* points of a share in % */

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
        return shares_fault(j, list ? list : j->recording->inputs,
                     "inputs need one load: connections, requests, streams");
    return 0;
}

/* A connection that an L4 deals out carries one request at a time: that leaves the shares as they
 * are.  At an L7 there are as many requests out as streams. */
static void put_pool(const struct judged *j, const struct load *l, bool is_l4,
                     struct replay_text *t)
{
    bool is_map = j->policy.ops->traits & LB_BY_KEY;

    replay_put(t, "{\"version\":1,\"name\":\"recording\",\"run\":{\"requests\":%u,\"seed\":1,"
               "\"replications\":1},\"clients\":[{\"name\":\"c\",\"to\":\"lb\",\"count\":%u,"
               "\"protocol\":\"h2\",%s\"arrival\":{\"process\":\"closed\",\"think\":\"0\"}}],",
        l->requests, is_l4 ? l->connections : l->connections * l->streams,
        is_map ? "\"nat\":{\"addresses\":1}," : "");
    replay_put(t, "\"balancers\":[{\"name\":\"lb\",\"layer\":\"%s\",\"algorithm\":{"
               "\"profile\":\"%s\",\"policy\":\"%s\"},\"to\":\"s\"}],"
               "\"backends\":[{\"name\":\"s\",\"count\":%u,"
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
    struct replay_text *t = xcalloc(1, sizeof *t);
    struct record record;
    int rc;

    put_pool(j, l, is_l4, t);
    rc = replay_run(j, t, j->recording->outputs, &record);
    if (rc == 0) {
        struct shares ours = shares_of(&record, 0, record.slices);

        rc = is_l4 ? shares_compare_sizes(j, name, &ours, first, AT_ONCE)
                   : shares_compare(j, name, &ours, first, again, is_exact ? AT_ONCE : ROUGHLY);
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
            return shares_fault(j, pool, "a pool without outputs");
        if (shares_read_pool(j, pool, &is_l4) < 0)
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

int judge_http2(struct judged *j)
{
    const cJSON *pools = doc_get(doc_get(j->recording->doc.root, "setup"), "pools");
    int rc;

    if (!cJSON_IsObject(pools) || !pools->child)
        return shares_fault(j, pools, "setup.pools are lists of directives by name");
    if (!product_find(j->recording->program))
        return judge_not_modelled(j, "no reader for the configuration of %s",
                                  j->recording->program);
    rc = doc_get(j->recording->inputs, "t_s4_enabled") ? judge_stay(j, pools->child)
                                                       : judge_pools(j, pools);
    profile_policy_fini(&j->word);
    return rc;
}
