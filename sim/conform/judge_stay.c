/* judge_stay.c - long-lived connections through an L4 while a server joins and another dies: shares
 * in each of three phases. */
#include "replay.h"
#include "shares.h"

#include "../base/xalloc.h"

#include <stdlib.h>

enum { MOST_PHASES = 4 };

static const double ROUGHLY = 2;    /* points of a share in %: one connection of twelve is 8 */

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
                     struct replay_text *t)
{
    replay_put(t, "{\"version\":1,\"name\":\"recording\",\"run\":{\"duration\":\"%.3fs\","
               "\"seed\":1,\"replications\":1},\"measure\":{\"interval\":\"500ms\"},"
               "\"clients\":[{\"name\":\"c\","
               "\"to\":\"lb\",\"count\":%u,\"protocol\":\"h1\",\"connections\":1,\"retries\":{"
               "\"max\":3,\"on\":[\"refused\",\"reset\"],\"backoff\":{\"base\":\"1s\"}},"
               "\"arrival\":{\"process\":"
               "\"closed\",\"think\":\"50ms\"}}],", dies + 3, connections);
    replay_put(t, "\"balancers\":[{\"name\":\"lb\",\"layer\":\"l4\",\"algorithm\":{"
               "\"profile\":\"%s\",\"policy\":\"%s\"},\"health_check\":{"
               "\"interval\":\"200ms\",\"timeout\":\"200ms\","
           "\"rise\":2,\"fall\":2,\"level\":\"l4\"},\"to\":\"s\"}],\"backends\":[{\"name\":\"s\","
               "\"count\":%u,\"workers\":\"unlimited\",\"service\":\"1ms\"}],",
        j->profile->name, j->recording->pool.policy, j->recording->pool.servers - 1);
    replay_put(t, "\"events\":[{\"at\":\"%.3fs\",\"do\":\"add\",\"target\":\"s\",\"count\":1},"
               "{\"at\":\"%.3fs\",\"do\":\"fail\",\"mode\":\"crash\",\"target\":\"s[1]\"}]}",
        joins, dies);
}

/* Each phase but for its first second or two, when whoever is moved has moved. */
static int judge_phases(struct judged *j, const struct record *r, const double *begins)
{
    double width = (double)r->slice_width / 1e9;
    const cJSON *phase;
    uint32_t k = 0;

    cJSON_ArrayForEach(phase, j->recording->outputs) {
        if (k + 1 == MOST_PHASES)
            return shares_fault(j, phase, "more phases than three");
        uint32_t from = (uint32_t)(begins[k] / width) + (k == 0 ? 0 : k == 1 ? 2 : 4);
        struct shares ours = shares_of(r, from, (uint32_t)(begins[k + 1] / width));

        if (shares_compare_sizes(j, phase->string, &ours, doc_get(phase, "share_pct"), ROUGHLY) < 0)
            return -1;
        k++;
    }
    return k == 3 ? 0 : shares_fault(j, NULL, "not three phases");
}

int judge_stay(struct judged *j, const cJSON *pool)
{
    const cJSON *in = j->recording->inputs, *count = doc_get(in, "connections");
    double begins[MOST_PHASES] = { 0 };
    struct replay_text *t;
    struct record record;
    bool is_l4;
    int rc;

    if (!cJSON_IsNumber(count) || !(count->valuedouble >= 1 && count->valuedouble <= 1e4) ||
        !read_time(in, "t_s4_enabled", &begins[1]) || !read_time(in, "t_s2_dead", &begins[2]) ||
        begins[2] < begins[1] + 1)
        return shares_fault(j, in, "inputs need connections, t_s4_enabled and t_s2_dead");
    begins[3] = begins[2] + 3;
    if (shares_read_pool(j, pool, &is_l4) < 0)
        return -1;
    if (!is_l4 || j->recording->pool.servers < 3)
        return judge_not_modelled(j, "long connections through an L7");
    if (!judge_resolve(j, j->recording->pool.policy))
        return 0;
    t = xcalloc(1, sizeof *t);
    put_stay(j, (uint32_t)count->valuedouble, begins[1], begins[2], t);
    rc = replay_run(j, t, j->recording->outputs, &record);
    free(t);
    if (rc < 0)
        return -1;
    rc = judge_phases(j, &record, begins);
    record_fini(&record);
    return rc;
}
