/* judge_failover.c - a server dies and comes back under steady traffic: the recording's pool as a
 * scenario, run, and its counts and times held against two recorded runs.
 *
 * Times must come within one check interval (and the 200 ms that a run is told in), counts within
 * the two recorded ones, widened by what one server gets in a check interval.  Where the program
 * goes by a clock of whole seconds, or the time of its checks is not in the recording, ten
 * beginnings are tried, and the one that explains most is told. */
#include "replay.h"

#include "../base/xalloc.h"
#include "failover_told.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PHASES = 10 };

/* ---- reading ---- */

static int fault(struct judged *j, const cJSON *at, const char *what)
{
    return recording_fault(j->recording, j->err, at ? at : j->recording->inputs, what);
}

static bool read_number(const cJSON *object, const char *key, double most, double *out)
{
    const cJSON *node = doc_get(object, key);

    if (!cJSON_IsNumber(node) || !(node->valuedouble >= 0 && node->valuedouble <= most))
        return false;
    *out = node->valuedouble;
    return true;
}

static const char *fail_mode(const char *recorded)
{
    static const struct { const char *recorded, *ours; } modes[] = {
        { "close", "crash" }, { "hang", "hang" }, { "500", "error" }, { "reset", "reset" },
    };

    for (size_t k = 0; k < ARRAY_LEN(modes); k++)
        if (strcmp(modes[k].recorded, recorded) == 0)
            return modes[k].ours;
    return NULL;
}

static int read_trial(struct judged *j, struct failover_trial *t)
{
    const cJSON *in = j->recording->inputs, *mode = doc_get(in, "fail_mode");
    const cJSON *who = doc_get(in, "backend");

    t->mode = cJSON_IsString(mode) ? fail_mode(mode->valuestring) : NULL;
    t->server = cJSON_IsString(who) ? judge_place(j, who->valuestring) : 0;
    if (!t->mode)
        return fault(j, mode, "inputs.fail_mode is close, hang, 500 or reset");
    if (t->server < 1 || t->server > j->recording->pool.servers)
        return fault(j, who, "inputs.backend is the name of a backend");
    if (!read_number(in, "t_down_s", 1000, &t->down) || !read_number(in, "t_up_s", 1000, &t->up) ||
        !read_number(in, "duration_s", 1000, &t->lasts) ||
        !read_number(in, "rate_per_s", 1e5, &t->rate) || t->up <= t->down || t->lasts < t->up ||
        t->rate < 0.1)
        return fault(j, NULL, "inputs need t_down_s, t_up_s, duration_s and rate_per_s");
    return 0;
}

static void read_directives(struct judged *j, struct failover *f)
{
    static const char *const lists[] = { "defaults", "directives" };
    const cJSON *setup = doc_get(j->recording->doc.root, "setup"), *item;

    failover_begin(f, j->recording->program, j->recording->pool.servers);
    for (size_t k = 0; k < ARRAY_LEN(lists); k++)
        cJSON_ArrayForEach(item, doc_get(setup, lists[k]))
            if (cJSON_IsString(item))
                failover_read(f, j->recording->program, item->valuestring);
    failover_end(f, j->recording->program, j->policy.ops->traits & LB_BY_KEY);
}

/* When the first check of the server that fails was seen; NAN: none was. */
static double first_check(const struct judged *j)
{
    const cJSON *seen = doc_get(j->recording->outputs, "health_checks_seen");
    const cJSON *first = cJSON_GetArrayItem(cJSON_GetArrayItem(seen, 0), 0);

    return cJSON_IsNumber(first) && first->valuedouble >= 0 && first->valuedouble < 1000
               ? first->valuedouble : NAN;
}

/* ---- the scenario ---- */

/* HAProxy's own checks begin anew when the one before has ended. */
static void put_checks(const struct judged *j, const struct failover *f, double first,
                       struct replay_text *t)
{
    bool is_haproxy = strcmp(j->recording->program, "haproxy") == 0;

    if (f->interval == 0)
        return;
    replay_put(t, ",\"health_check\":{\"interval\":\"%.3fs\","
               "\"rise\":%u,\"fall\":%u,\"level\":\"%s\","
               "\"from\":\"%s\",\"first\":\"%.4fs\"", seconds(f->interval), f->rise, f->fall,
        f->asks_http ? "l7" : "l4", is_haproxy ? "end" : "start", first);
    if (f->timeout > 0)
        replay_put(t, ",\"timeout\":\"%.3fs\"", seconds(f->timeout));
    if (f->fast_interval > 0)
        replay_put(t, ",\"fast_interval\":\"%.3fs\"", seconds(f->fast_interval));
    if (f->down_interval > 0)
        replay_put(t, ",\"down_interval\":\"%.3fs\"", seconds(f->down_interval));
    if (f->observe)
        replay_put(t, ",\"observe\":\"%s\",\"error_limit\":%u,\"on_error\":\"%s\"", f->observe,
            f->error_limit, f->on_error ? f->on_error : "fail-check");
    replay_put(t, "}");
}

static void put_passive(const struct judged *j, const struct failover *f, struct replay_text *t)
{
    if (f->max_fails > 0)
        replay_put(t, ",\"passive\":{\"rule\":\"%s\",\"max_fails\":%u,\"fail_timeout\":\"%.3fs\","
               "\"on\":[\"refused\",\"reset\",\"timeout\"%s]}", j->recording->program, f->max_fails,
            seconds(f->fail_timeout), f->fails_on_5xx ? ",\"5xx\"" : "");
}

static void put_retries(const struct failover *f, struct replay_text *t)
{
    replay_put(t, ",\"timeout\":\"%.3fs\",\"retries\":{\"max\":%u,\"on\":[\"refused\"",
        f->answer_timeout > 0 ? seconds(f->answer_timeout) : 60, f->retries);
    if (f->retries_http)
        replay_put(t, ",\"reset\",\"timeout\"%s", f->fails_on_5xx ? ",\"5xx\"" : "");
    replay_put(t, "]");
    if (f->retries > 0)
        replay_put(t, ",\"redispatch\":%s",
            f->redispatch == FAILOVER_REDISPATCH_OFF ? "\"never\"" : "\"always\"");
    if (f->retries > 0 && f->wait > 0)
        replay_put(t, ",\"backoff\":{\"base\":\"%.3fs\",\"max\":\"%.3fs\",\"factor\":1,"
                   "\"jitter\":\"none\",\"same_only\":%s}", seconds(f->wait), seconds(f->wait),
            f->waits_always ? "false" : "true");
    replay_put(t, "}");
}

/* nginx's own count of failures, of any kind, is left to `passive`, which knows their kinds. */
static bool counts_failures(const struct lb_ops *ops)
{
    for (const struct lb_param *p = ops->params; p && p->name; p++)
        if (strcmp(p->name, "max_fails") == 0)
            return true;
    return false;
}

/* phase: how long before the first request that counts time begins. */
static void put_scenario(const struct judged *j, const struct failover_trial *r,
                         const struct failover *f, double phase, double first,
                          struct replay_text *t)
{
    uint32_t n = j->recording->pool.servers;

    replay_put(t, "{\"version\":1,\"name\":\"recording\",\"run\":{\"duration\":\"%.4fs\","
               "\"warmup\":\"%.4fs\",\"seed\":1,\"replications\":1},", r->lasts + phase, phase);
    replay_put(t, "\"measure\":{\"interval\":\"200ms\"},");
    replay_put(t, "\"clients\":[{\"name\":\"driver\",\"to\":\"lb\","
               "\"count\":1000,\"timeout\":\"30s\","
               "\"arrival\":{\"process\":\"constant\",\"rate\":\"%.6f/s\"}}],", r->rate);
    replay_put(t, "\"balancers\":[{\"name\":\"lb\",\"algorithm\":{\"profile\":\"%s\","
               "\"policy\":\"%s\"%s},"
               "\"to\":\"s\"", j->profile->name, j->recording->pool.policy,
        counts_failures(j->policy.ops) ? ",\"max_fails\":0" : "");
    put_checks(j, f, first, t);
    put_passive(j, f, t);
    put_retries(f, t);
    replay_put(t, "}],\"backends\":[{\"name\":\"s\",\"count\":%u,\"workers\":\"unlimited\","
               "\"service\":\"1ms\"}],", n);
    replay_put(t, "\"events\":[{\"at\":\"%.4fs\",\"do\":\"fail\",\"mode\":\"%s\","
               "\"target\":\"s[%u]\","
               "\"for\":\"%.4fs\"}]}", r->down + phase, r->mode, r->server - 1, r->up - r->down);
}

/* ---- runs ---- */

static int simulate(struct judged *j, const struct failover_trial *r, const struct failover *f,
                    double phase, double first, struct failover_told *told)
{
    struct replay_text *t = xcalloc(1, sizeof *t);
    struct record record;
    int rc;

    put_scenario(j, r, f, phase, first, t);
    rc = replay_run(j, t, j->recording->inputs, &record);
    if (rc == 0) {
        failover_compare(j, r, f, &record, told);
        record_fini(&record);
    }
    free(t);
    return rc;
}

/* Does it hang on something that the recording does not tell? */
static bool has_phase(const struct judged *j, const struct failover *f)
{
    return (f->max_fails > 0 && strcmp(j->recording->program, "nginx") == 0) ||
           (f->interval > 0 && isnan(first_check(j)));
}

int judge_failover(struct judged *j)
{
    struct failover f;
    struct failover_trial r;
    struct failover_told told, best = { .count = 0 };
    double check = first_check(j), best_phase = 0;

    if (read_trial(j, &r) < 0)
        return -1;
    read_directives(j, &f);
    for (uint32_t k = 0; k < (has_phase(j, &f) ? PHASES : 1); k++) {
        double phase = (double)k / PHASES;
        double first = isnan(check) ? phase * seconds(f.interval) : check;

        if (simulate(j, &r, &f, f.max_fails > 0 ? phase : 0, first, &told) < 0)
            return -1;
        if (k == 0 || told.agreed > best.agreed) {
            best = told;
            best_phase = phase;
        }
    }
    failover_tell(j, &best);
    if (j->policy.ops->traits & LB_BY_KEY)
        snprintf(j->row->reason, sizeof j->row->reason, "the keys are not in the recording");
    if (has_phase(j, &f))
        snprintf(j->row->reason, sizeof j->row->reason,
                 f.max_fails > 0 ? "taken to begin %.1f s into a second of the clock"
                                 : "checks taken to begin %.1f of an interval into it", best_phase);
    return 0;
}
