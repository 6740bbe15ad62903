/* judge_latency.c - the same trace in, the same distribution out: the recording's pool as a
 * scenario, with the path's own cost, run by the simulator.  Turns without freedom must come
 * within 2.5 %; policies that feed back within 4 % at p50 and p90 and 12 % at p99, where a
 * microsecond moves them; random ones are judged together against the spread of simulated seeds,
 * 2.5 % given. */
#include "replay.h"

#include "../base/stats.h"
#include "../base/text.h"
#include "../base/xalloc.h"
#include "../run/cell.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Loopback, the driver and the balancer: both ways together, and of the server's own time. */
#define PATH_ONE_WAY "100us"
#define PATH_SERVER  "80us"

enum { SEEDS = 20 };
enum { P50, P90, P99, P999, QUANTILES, JUDGED = P999 };

static const struct { const char *name; double q; } quantiles[QUANTILES] = {
    { "p50", 0.5 }, { "p90", 0.9 }, { "p99", 0.99 }, { "p99.9", 0.999 } };

/* What each seed's run gave. */
struct runs { double ms[QUANTILES][SEEDS]; };

/* ---- the scenario ---- */

static int fault(struct judged *j, const char *key, const char *what)
{
    const cJSON *at = doc_get(j->recording->inputs, key);

    return recording_fault(j->recording, j->err, at ? at : j->recording->inputs, what);
}

static const char *own_way(const struct judged *j)
{
    return product_find(j->recording->program)->own_way;
}

static int put_speeds(struct judged *j, struct replay_text *t)
{
    const cJSON *list = doc_get(j->recording->inputs, "factor"), *factor;

    if (!cJSON_IsArray(list) || (uint32_t)cJSON_GetArraySize(list) != j->recording->pool.servers)
        return fault(j, "factor", "inputs.factor must be a list, a number for each server");
    replay_put(t, "\"speed\":[");
    cJSON_ArrayForEach(factor, list) {
        if (!cJSON_IsNumber(factor) || !(factor->valuedouble >= 0.001 &&
                                         factor->valuedouble <= 1000))
            return fault(j, "factor", "a factor is a number from 0.001 to 1000");
        replay_put(t, "%s%.17g", factor == list->child ? "" : ",", 1 / factor->valuedouble);
    }
    replay_put(t, "]");
    return 0;
}

static int put_backends(struct judged *j, struct replay_text *t)
{
    const struct product_pool *pool = &j->recording->pool;
    const cJSON *workers = doc_get(j->recording->inputs, "workers_per_backend");

    if (!cJSON_IsNumber(workers) || workers->valuedouble < 0 || workers->valuedouble > 1000 ||
        workers->valuedouble != (uint32_t)workers->valuedouble)
        return fault(j, "workers_per_backend", "inputs.workers_per_backend must be a number");
    replay_put(t, "\"backends\":[{\"name\":\"s\",\"count\":%u,\"overhead\":\"" PATH_SERVER "\",",
        pool->servers);
    if (workers->valuedouble > 0)
        replay_put(t, "\"workers\":%.0f,", workers->valuedouble);
    else
        replay_put(t, "\"workers\":\"unlimited\",");
    replay_put(t, "\"weight\":[");
    for (uint32_t k = 0; k < pool->servers; k++)
        replay_put(t, "%s%u", k ? "," : "", pool->server[k].weight);
    replay_put(t, "],");
    if (put_speeds(j, t) < 0)
        return -1;
    replay_put(t, "}]");
    return 0;
}

/* Traces whose name begins with "hole" are those where the last server answers 500 at once. */
static void put_events(const struct judged *j, const char *trace, struct replay_text *t)
{
    if (strncmp(trace, "hole", 4) == 0)
        replay_put(t, ",\"events\":[{\"at\":\"0\",\"do\":\"fail\",\"mode\":\"error\","
                   "\"target\":\"s[%u]\"}]", j->recording->pool.servers - 1);
}

static int put_scenario(struct judged *j, const char *trace, uint32_t seeds, struct replay_text *t)
{
    replay_put(t, "{\"version\":1,\"name\":\"recording\",\"run\":{\"drain\":\"3s\",\"seed\":1,"
               "\"replications\":%u},", seeds);
    replay_put(t, "\"clients\":[{\"name\":\"driver\",\"to\":\"lb\","
               "\"arrival\":{\"process\":\"trace\","
               "\"file\":\"%s\"}}],", trace);
    replay_put(t, "\"balancers\":[{\"name\":\"lb\",\"algorithm\":{\"profile\":\"%s\","
               "\"policy\":\"%s\"},"
               "\"timeout\":\"0\",\"retries\":{\"max\":0},\"to\":\"s\"}],",
        j->profile->name, j->recording->pool.policy);
    replay_put(t, "\"links\":[{\"from\":\"lb\",\"to\":\"s\",\"latency\":\"" PATH_ONE_WAY "\"}");
    if (own_way(j))
        replay_put(t, ",{\"from\":\"driver\",\"to\":\"lb\",\"latency\":%s}", own_way(j));
    replay_put(t, "],");
    if (put_backends(j, t) < 0)
        return -1;
    put_events(j, trace, t);
    replay_put(t, "}");
    return replay_is_whole(t) ? 0 : fault(j, "factor", "more servers than can be run");
}

/* The folder of traces: beside the recording, or one folder up; the path of a scenario there. */
static bool find_trace(const struct judged *j, const char *trace, char *path, size_t size)
{
    static const char *const folders[] = { ".", "traces", "../traces" };
    char file[600];

    for (size_t k = 0; k < ARRAY_LEN(folders); k++) {
        snprintf(file, sizeof file, "%s/%s/%s", j->recording->folder, folders[k], trace);
        snprintf(path, size, "%s/%s/recording.json", j->recording->folder, folders[k]);
        if (access(file, R_OK) == 0)
            return true;
    }
    return false;
}

/* ---- runs ---- */

/* ms; INFINITY where the quantile falls among what failed or did not end. */
static double quantile(const struct record *r, double q)
{
    struct hist all;
    uint64_t born = 0, ns;

    hist_init(&all);
    for (uint32_t k = 0; k < r->slices; k++) {
        hist_merge(&all, &r->slice[k].latency);
        born += r->slice[k].born;
    }
    ns = hist_quantile(&all, q, born);
    hist_fini(&all);
    return ns == NEVER ? INFINITY : (double)ns / 1e6;
}

static int simulate(struct judged *j, const struct scenario *sc, uint32_t seeds,
                    struct runs *runs)
{
    for (uint32_t seed = 0; seed < seeds; seed++) {
        struct record record;

        if (cell_run(sc, &(struct cell){ 0, seed }, &record, NULL, NULL, j->err) < 0)
            return -1;
        for (uint32_t k = 0; k < QUANTILES; k++)
            runs->ms[k][seed] = quantile(&record, quantiles[k].q);
        record_fini(&record);
    }
    return 0;
}

/* ---- what was recorded, and how far it may be ---- */

static int read_recorded(struct judged *j, double recorded[QUANTILES])
{
    const cJSON *list = doc_get(j->recording->outputs, "latency_ms");

    for (uint32_t k = 0; k < QUANTILES; k++) {
        const cJSON *node = doc_get(list, quantiles[k].name);

        if (!cJSON_IsNumber(node) && !cJSON_IsNull(node))
            return recording_fault(j->recording, j->err, node ? node : j->recording->outputs,
                                   "outputs.latency_ms needs p50, p90, p99 and p99.9");
        recorded[k] = cJSON_IsNumber(node) ? node->valuedouble : INFINITY;
    }
    return 0;
}

static double tolerance_of(const struct judged *j, uint32_t quantile_index)
{
    if (j->word.is_random || !(j->policy.ops->traits & LB_FEEDBACK))
        return 0.025;
    return quantile_index == P99 ? 0.12 : 0.04;
}

static void judge_one_run(struct judged *j, const struct runs *runs,
                          const double recorded[QUANTILES])
{
    for (uint32_t k = 0; k < JUDGED; k++) {
        double ours = runs->ms[k][0], most = tolerance_of(j, k) * recorded[k];
        bool agrees = isinf(recorded[k]) ? isinf(ours) : fabs(ours - recorded[k]) <= most;

        judge_quantity(j, ours, recorded[k], most, "%s, ms", quantiles[k].name);
        if (!agrees)
            judge_differs(j, "%s: ours %.5g ms, recorded %.5g: %+.1f %%, %.3g %% allowed",
                          quantiles[k].name, ours, recorded[k], 100 * (ours / recorded[k] - 1),
                          100 * tolerance_of(j, k));
    }
}

/* The chance that one more seed lies as far from the others as the recording does, beyond what the
 * path's cost may be off by. */
static double chance(const double *ms, double recorded, double within)
{
    struct estimate e = stats_mean(ms, SEEDS, 0.95);
    double squares = 0, beyond = fabs(e.value - recorded) - within * recorded, sd;

    for (uint32_t k = 0; k < SEEDS; k++)
        squares += (ms[k] - e.value) * (ms[k] - e.value);
    sd = sqrt(squares / (SEEDS - 1) * (1 + 1.0 / SEEDS));
    if (beyond <= 0)
        return 1;
    return sd > 0 ? fmin(1, 2 * stats_student_p(beyond / sd, SEEDS - 1)) : 0;
}

static uint32_t count_infinite(const double *ms)
{
    uint32_t n = 0;

    for (uint32_t k = 0; k < SEEDS; k++)
        n += isinf(ms[k]) != 0;
    return n;
}

/* Where some seeds end among failures and some do not, either is in the spread. */
static void judge_seeds(struct judged *j, const struct runs *runs,
                        const double recorded[QUANTILES])
{
    double least = 1;

    for (uint32_t k = 0; k < JUDGED; k++) {
        uint32_t infinite = count_infinite(runs->ms[k]);
        double p = 1;

        if (infinite == 0 && !isinf(recorded[k]))
            p = chance(runs->ms[k], recorded[k], tolerance_of(j, k));
        else if (infinite == 0 || (infinite == SEEDS && !isinf(recorded[k])))
            p = 0;
        judge_quantity(j, infinite ? INFINITY : stats_mean(runs->ms[k], SEEDS, 0.95).value,
                       recorded[k], tolerance_of(j, k) * recorded[k], "%s, ms, mean of %d seeds",
                       quantiles[k].name, SEEDS);
        least = p < least ? p : least;
    }
    j->row->p = fmin(1, JUDGED * least);
}

static int run_scenario_text(struct judged *j, const char *path, const struct replay_text *t,
                             uint32_t seeds, const double recorded[QUANTILES])
{
    const struct scenario_overrides over = { .text = t->at, .length = t->used };
    struct runs *runs = xcalloc(1, sizeof *runs);
    struct scenario sc;
    uint32_t warnings = j->err->warnings;
    int rc = scenario_load(&sc, path, &over, j->err);

    if (rc == 0) {
        rc = simulate(j, &sc, seeds, runs);
        scenario_fini(&sc);
    }
    if (rc == 0 && seeds > 1)
        judge_seeds(j, runs, recorded);
    else if (rc == 0)
        judge_one_run(j, runs, recorded);
    if (j->err->errors == 0 && j->err->warnings > warnings)
        err_init(j->err);           /* of a scenario that nobody wrote */
    free(runs);
    return rc;
}

int judge_latency(struct judged *j)
{
    const cJSON *trace = doc_get(j->recording->inputs, "trace");
    double recorded[QUANTILES];
    uint32_t seeds = j->word.is_random || own_way(j) ? SEEDS : 1;
    struct replay_text *t;
    char path[700];
    int rc;

    if (judge_is_split(j) || judge_has_backups(j))
        return judge_not_modelled(j, "latencies with backups, or workers without shared state");
    if (!cJSON_IsString(trace) || !text_is_id(trace->valuestring))
        return fault(j, "trace", "inputs.trace must be the name of a file");
    if (read_recorded(j, recorded) < 0)
        return -1;
    if (!find_trace(j, trace->valuestring, path, sizeof path))
        return judge_not_modelled(j, "its trace %.80s is not beside it", trace->valuestring);
    t = xcalloc(1, sizeof *t);
    rc = put_scenario(j, trace->valuestring, seeds, t);
    if (rc == 0)
        rc = run_scenario_text(j, path, t, seeds, recorded);
    free(t);
    return rc;
}
