/* test_scenario.c - what a good scenario becomes: structs, defaults, events, policies, overrides,
 * digests, loads and warnings.  Faults have their own corpus in tests/bad. */
#include "scenario_text.h"
#include "unit.h"

#include "../../algorithms/lb.h"
#include "../../sim/scenario/field.h"

#include <cjson/cJSON.h>
#include <math.h>

/* A small scenario with places for what a test is about. */
#define TEXT(run, client, balancer, backend, more)                                  \
    "{ \"version\": 1, \"name\": \"s\", \"run\": { " run " },\n"                    \
    "  \"clients\": [ { \"name\": \"web\", \"to\": \"edge\", " client " } ],\n"     \
    "  \"balancers\": [ { \"name\": \"edge\", \"to\": \"app\", " balancer " } ],\n" \
    "  \"backends\": [ { \"name\": \"app\", " backend " } ]" more " }\n"

#define RUN      "\"duration\": \"100s\""
#define POISSON  "\"arrival\": { \"process\": \"poisson\", \"rate\": \"100/s\" }"
#define P2C      "\"algorithm\": \"p2c\""
#define BACKEND  "\"count\": 4, \"service\": { \"dist\": \"exponential\", \"mean\": \"10ms\" }"

struct fixture { struct text_files files; struct scenario sc; struct err err; int rc; };

static void load_over(struct fixture *f, const char *text, const struct scenario_overrides *over)
{
    text_files_begin(&f->files);
    f->rc = text_load(&f->files, text, strlen(text), &f->sc, over, &f->err);
    CU_ASSERT_EQUAL(f->rc, 0);
    if (f->rc < 0)
        fprintf(stderr, "%s: %s\n", f->err.item[0].pointer, f->err.item[0].what);
}

static void load(struct fixture *f, const char *text)
{
    load_over(f, text, NULL);
}

static void end(struct fixture *f)
{
    if (f->rc == 0)
        scenario_fini(&f->sc);
    text_files_end(&f->files);
}

static void what_is_left_out_has_its_default(void)
{
    struct fixture f;

    load(&f, TEXT(RUN, POISSON, P2C, BACKEND, ""));
    CU_ASSERT_EQUAL(f.sc.run.duration, 100 * SECOND);
    CU_ASSERT_EQUAL(f.sc.run.drain, NEVER);
    CU_ASSERT_EQUAL(f.sc.run.seed, 1);
    CU_ASSERT_EQUAL(f.sc.run.replications, 1);
    CU_ASSERT_EQUAL(f.sc.client[0].count, 1);
    CU_ASSERT_EQUAL(f.sc.client[0].protocol, PROTOCOL_WARM);
    CU_ASSERT_EQUAL(f.sc.client[0].nat.addresses, 0);
    CU_ASSERT_PTR_NULL(f.sc.client[0].rtt.kind);
    CU_ASSERT_EQUAL(f.sc.balancer[0].layer, LAYER_L7);
    CU_ASSERT_EQUAL(f.sc.balancer[0].hash_on, HASH_ON_DEFAULT);
    CU_ASSERT_EQUAL(f.sc.balancer[0].retries.max, 0);
    CU_ASSERT_EQUAL(f.sc.balancer[0].health.interval, 0);
    CU_ASSERT_EQUAL(f.sc.backend[0].station.workers, 1);
    CU_ASSERT_EQUAL(f.sc.backend[0].station.queue_limit, NONE);
    CU_ASSERT_EQUAL(f.sc.backend[0].speed[3], 1);
    CU_ASSERT_EQUAL(f.sc.backend[0].weight[3], 1);
    CU_ASSERT_EQUAL(f.sc.measure.percentiles, 4);
    CU_ASSERT_EQUAL(f.sc.measure.percentile[3], 99.9);
    CU_ASSERT_EQUAL(f.sc.policies, 1);
    CU_ASSERT_STRING_EQUAL(f.sc.policy[0].label, "p2c");
    CU_ASSERT_EQUAL(f.err.warnings, 0);
    end(&f);
}

static void what_is_given_arrives(void)
{
    struct fixture f;

    load(&f,
         TEXT("\"requests\": 5000, \"warmup\": \"1s\", \"drain\": \"3s\", \"seed\": "
              "\"0xffffffffffffffff\"",
              "\"count\": 7, \"protocol\": \"grpc\", \"connections\": 2, \"timeout\": \"1s\", "
              "\"nat\": { \"addresses\": 3 }, \"keys\": { \"law\": \"zipf\", \"count\": 10 }, "
              "\"arrival\": { \"process\": \"steps\", \"steps\": [ { \"rate\": \"2k/s\", \"for\": "
              "\"5s\" }, "
              "{ \"rate\": \"60/m\", \"for\": \"1m\" } ] }",
              "\"algorithm\": { \"name\": \"peak_ewma\", \"decay\": \"3s\" }, \"timeout\": \"2s\", "
              "\"retries\": { \"max\": 2, \"on\": [\"timeout\", \"5xx\"] }, "
              "\"health_check\": { \"interval\": \"2s\", \"fall\": 5 }",
              "\"count\": 2, \"workers\": \"unlimited\", \"discipline\": \"ps\", \"overhead\": "
              "\"0.2ms\", "
              "\"service\": \"4ms\", \"speed\": [1, 0.5], \"weight\": [3, 0]",
              ", \"links\": [ { \"from\": \"edge\", \"to\": \"app\", \"latency\": \"1ms\" } ]"));

    const struct client_config *c = &f.sc.client[0];
    const struct balancer_config *b = &f.sc.balancer[0];

    CU_ASSERT_EQUAL(f.sc.run.requests, 5000);
    CU_ASSERT_EQUAL(f.sc.run.duration, 0);
    CU_ASSERT_EQUAL(f.sc.run.seed, UINT64_MAX);
    CU_ASSERT_EQUAL(f.sc.run.drain, 3 * SECOND);
    CU_ASSERT_EQUAL(c->protocol, PROTOCOL_H2);
    CU_ASSERT_EQUAL(c->connections, 2);
    CU_ASSERT_EQUAL(c->max_streams, 100);
    CU_ASSERT_EQUAL(c->nat.ports, 64512);
    CU_ASSERT_EQUAL(c->nat.timeout, 120 * SECOND);
    CU_ASSERT_EQUAL(c->keys.exponent, 1);
    CU_ASSERT_EQUAL(c->arrival.states, 2);
    CU_ASSERT_EQUAL(c->arrival.state[0].rate, 2000);
    CU_ASSERT_EQUAL(c->arrival.state[1].hold, 60 * SECOND);
    CU_ASSERT_STRING_EQUAL(b->policy.label, "peak_ewma(decay=3s)");
    CU_ASSERT_EQUAL(b->policy.set[0].value, 3e9);
    CU_ASSERT_EQUAL(b->retries.on, RETRY_ON_TIMEOUT | RETRY_ON_5XX);
    CU_ASSERT_EQUAL(b->health.timeout, 2 * SECOND);
    CU_ASSERT_EQUAL(b->health.rise, 2);
    CU_ASSERT_EQUAL(b->health.fall, 5);
    CU_ASSERT_EQUAL(f.sc.backend[0].station.workers, STATION_UNLIMITED);
    CU_ASSERT_EQUAL(f.sc.backend[0].station.discipline, STATION_PS);
    CU_ASSERT_EQUAL(f.sc.backend[0].station.overhead, 200000);
    CU_ASSERT(dist_is_constant(&f.sc.backend[0].station.service));
    CU_ASSERT_EQUAL(f.sc.backend[0].speed[1], 0.5);
    CU_ASSERT_EQUAL(f.sc.backend[0].weight[1], 0);
    CU_ASSERT_EQUAL(f.sc.link[0].latency.p[0], 1e6);
    end(&f);
}

static void events_are_sorted_and_count_what_is_added(void)
{
    struct fixture f;

    load(&f, TEXT(RUN, POISSON, P2C, BACKEND,
                  ", \"events\": ["
                  " { \"at\": \"9s\", \"do\": \"fail\", \"mode\": \"hang\", \"target\": "
                  "\"app[5]\", \"for\": \"1s\" },"
                  " { \"at\": \"5s\", \"do\": \"slow\", \"target\": \"app[2]\", \"factor\": 8 },"
                  " { \"at\": \"5s\", \"do\": \"add\", \"target\": \"app\", \"count\": 2 },"
                  " { \"at\": \"5s\", \"do\": \"weight\", \"target\": \"app[*]\", \"weight\": 7, "
                  "\"label\": \"up\" },"
                  " { \"at\": \"1s\", \"do\": \"drain\", \"target\": \"app[0..2]\" },"
                  " { \"at\": \"1s\", \"do\": \"recover\", \"target\": \"app\" } ]"));

    static const struct { nsec at; uint32_t kind, first, last; const char *label; } row[] = {
        { SECOND, EVENT_DRAIN, 0, 2, "app[0..2] drained" },
        { SECOND, EVENT_RECOVER, 0, 3, "app[0..3] recovers" },
        { 5 * SECOND, EVENT_SLOW, 2, 2, "app[2] slow x8" },
        { 5 * SECOND, EVENT_ADD, 4, 5, "app[4..5] added" },
        { 5 * SECOND, EVENT_WEIGHT, 0, 5, "up" },
        { 9 * SECOND, EVENT_FAIL, 5, 5, "app[5] hangs" },
    };

    CU_ASSERT_EQUAL_FATAL(f.sc.events, ARRAY_LEN(row));
    for (size_t k = 0; k < ARRAY_LEN(row); k++) {
        CU_ASSERT_EQUAL(f.sc.event[k].at, row[k].at);
        CU_ASSERT_EQUAL(f.sc.event[k].kind, row[k].kind);
        CU_ASSERT_EQUAL(f.sc.event[k].first, row[k].first);
        CU_ASSERT_EQUAL(f.sc.event[k].last, row[k].last);
        CU_ASSERT_STRING_EQUAL(f.sc.event[k].label, row[k].label);
    }
    CU_ASSERT_EQUAL(f.sc.event[3].weight, 1);
    CU_ASSERT_EQUAL(f.sc.event[5].lasts, SECOND);
    CU_ASSERT_EQUAL(f.sc.event[5].mode, FAIL_HANG);
    CU_ASSERT_EQUAL(f.err.warnings, 1);         /* it hangs and nobody has a timeout */
    CU_ASSERT_STRING_EQUAL(f.err.item[0].code, "W203");
    end(&f);
}

static void policies_are_named_by_what_differs(void)
{
    struct fixture f;

    load(&f, TEXT(RUN, POISSON, P2C, BACKEND,
                  ", \"compare\": { \"baseline\": \"wrr\", \"algorithms\": [ \"rr\", \"wrr\", "
                  "{ \"name\": \"p2c\", \"choices\": 2 }, { \"name\": \"p2c\", \"choices\": 5 }, "
                  "{ \"name\": \"p2c\", \"choices\": 3, \"label\": \"three looks\" } ] }"));
    CU_ASSERT_EQUAL(f.sc.policies, 5);
    CU_ASSERT_EQUAL(f.sc.baseline, 1);
    CU_ASSERT_STRING_EQUAL(f.sc.policy[0].label, "round_robin");
    CU_ASSERT_STRING_EQUAL(f.sc.policy[1].label, "weighted_round_robin");
    CU_ASSERT_STRING_EQUAL(f.sc.policy[2].label, "p2c");
    CU_ASSERT_STRING_EQUAL(f.sc.policy[3].label, "p2c(choices=5)");
    CU_ASSERT_STRING_EQUAL(f.sc.policy[4].label, "three looks");
    end(&f);
}

/* A word, its place among the words, and what -a gives are one and the same. */
static void a_choice_is_a_word_or_its_place(void)
{
    const struct scenario_overrides over = {
        .algorithms = "map_hash:function=wt6,map_hash:function=3:key=uri,map_hash:function=sdbm" };
    struct fixture f;

    load(&f, TEXT(RUN, POISSON, P2C, BACKEND,
                  ", \"compare\": { \"algorithms\": [ "
                  "{ \"name\": \"map_hash\", \"function\": \"djb2\" }, "
                  "{ \"name\": \"map_hash\", \"function\": 3 } ] }"));
    CU_ASSERT_STRING_EQUAL(f.sc.policy[0].label, "map_hash(function=djb2)");
    CU_ASSERT_EQUAL(f.sc.policy[0].set[0].value, 1);
    CU_ASSERT_STRING_EQUAL(f.sc.policy[1].label, "map_hash(function=crc32)");
    end(&f);
    load_over(&f, TEXT(RUN, POISSON, P2C, BACKEND, ""), &over);
    CU_ASSERT_EQUAL(f.sc.policies, 3);
    CU_ASSERT_STRING_EQUAL(f.sc.policy[0].label, "map_hash(function=wt6)");
    CU_ASSERT_STRING_EQUAL(f.sc.policy[1].label, "map_hash(key=uri,function=crc32)");
    CU_ASSERT_STRING_EQUAL(f.sc.policy[2].label, "map_hash");
    end(&f);
}

static void the_command_line_overrides_the_file(void)
{
    static const char *const set[] = {
        "clients.web.arrival.rate=200/s",
        "backends.app.service.mean=11ms",
        "backends.app.overhead=1ms",
        "measure.slo=250ms",
        "run.requests=700",
        "backends.0.count=6",
    };
    const struct scenario_overrides over = {
        .set = set, .sets = ARRAY_LEN(set), .algorithms = "rr,p2c:choices=5,peak_ewma:decay=500ms",
        .seed = "0xff", .replications = "3" };
    struct fixture f, again;

    load_over(&f, TEXT(RUN, POISSON, P2C, BACKEND, ""), &over);
    CU_ASSERT_EQUAL(f.sc.client[0].arrival.rate, 200);
    CU_ASSERT_EQUAL(dist_mean(&f.sc.backend[0].station.service), 11e6);
    CU_ASSERT_EQUAL(f.sc.backend[0].station.overhead, MILLISECOND);
    CU_ASSERT_EQUAL(f.sc.backend[0].count, 6);
    CU_ASSERT_EQUAL(f.sc.measure.slo, 250 * MILLISECOND);
    CU_ASSERT_EQUAL(f.sc.run.requests, 700);
    CU_ASSERT_EQUAL(f.sc.run.duration, 0);
    CU_ASSERT_EQUAL(f.sc.run.seed, 255);
    CU_ASSERT_EQUAL(f.sc.run.replications, 3);
    CU_ASSERT_EQUAL(f.sc.policies, 3);
    CU_ASSERT_STRING_EQUAL(f.sc.policy[1].label, "p2c(choices=5)");
    CU_ASSERT_STRING_EQUAL(f.sc.policy[2].label, "peak_ewma(decay=500ms)");

    /* What was run, loaded again, is the same run. */
    load(&again, f.sc.effective);
    CU_ASSERT_STRING_EQUAL(again.sc.effective, f.sc.effective);
    CU_ASSERT_EQUAL(again.sc.run.requests, 700);
    CU_ASSERT_EQUAL(again.sc.policies, 3);
    end(&again);
    end(&f);
}

static void a_duration_takes_the_place_of_requests(void)
{
    const struct scenario_overrides over = { .duration = "7s" };
    struct fixture f;

    load_over(&f, TEXT("\"requests\": 100", POISSON, P2C, BACKEND, ""), &over);
    CU_ASSERT_EQUAL(f.sc.run.duration, 7 * SECOND);
    CU_ASSERT_EQUAL(f.sc.run.requests, 0);
    end(&f);
}

static void the_digest_sees_meaning_only(void)
{
    static const char *const set[] = { "backends.app.service.mean=12ms" };
    const struct scenario_overrides over = { .set = set, .sets = 1, .seed = "9" };
    struct fixture a, b, c, d;

    load(&a, TEXT(RUN, POISSON, P2C, BACKEND, ""));
    load(&b, TEXT(RUN ", \"x-note\": [1]", "\"$comment\": \"here\",   " POISSON, P2C, BACKEND,
                  ",\n \"title\": \"a question\", \"tags\": []"));
    load_over(&c, TEXT(RUN, POISSON, P2C, BACKEND, ""), &over);
    load(&d, TEXT(RUN, POISSON, P2C, "\"count\": 5, \"service\": \"10ms\"", ""));
    CU_ASSERT_STRING_EQUAL(a.sc.sha256, b.sc.sha256);
    CU_ASSERT_STRING_EQUAL(a.sc.sha256, c.sc.sha256);
    CU_ASSERT_STRING_NOT_EQUAL(a.sc.sha256, d.sc.sha256);
    CU_ASSERT_EQUAL(strlen(a.sc.sha256), 64);
    end(&a);
    end(&b);
    end(&c);
    end(&d);
}

static void numbers_are_kept_as_written(void)
{
    struct fixture f;

    load(&f, TEXT(RUN, POISSON, P2C, BACKEND ", \"speed\": 0.10000000000000000555",
                  ", \"x-n\": [1e3, 9007199254740993]"));
    CU_ASSERT_PTR_NOT_NULL(strstr(f.sc.effective, "0.10000000000000000555"));
    CU_ASSERT_PTR_NOT_NULL(strstr(f.sc.effective, "[1e3, 9007199254740993]"));
    end(&f);
}

static void a_trace_brings_times_demands_clients_and_keys(void)
{
    static const char csv[] =
        "t,service_us,client,key\r\n0.000001,2.5,0,/a?b\r\n1.5,3,1,/a?b\r\n1.5,0,0,9\r\n";
    static const char text[] = TEXT("\"drain\": \"1s\"",
                                    "\"count\": 2, \"arrival\": { \"process\": \"trace\", "
                                    "\"file\": \"t.csv\" }",
                                    P2C, "\"count\": 4", "");
    struct fixture f;

    text_files_begin(&f.files);
    text_file_write(&f.files, "t.csv", csv, sizeof csv - 1);
    f.rc = text_load(&f.files, text, sizeof text - 1, &f.sc, NULL, &f.err);
    CU_ASSERT_EQUAL_FATAL(f.rc, 0);

    const struct arrival_config *a = &f.sc.client[0].arrival;

    CU_ASSERT_EQUAL(a->rows, 3);
    CU_ASSERT_EQUAL(a->row[0].at, 1000);
    CU_ASSERT_EQUAL(a->row[0].demand, 2500);
    CU_ASSERT_EQUAL(a->row[1].at, 1500000000);
    CU_ASSERT_EQUAL(a->row[1].client, 1);
    CU_ASSERT_EQUAL(a->row[2].key, 9);
    CU_ASSERT_EQUAL(a->row[0].key, a->row[1].key);      /* text is hashed */
    CU_ASSERT_NOT_EQUAL(a->row[0].key, NONE);
    CU_ASSERT_PTR_NULL(f.sc.backend[0].station.service.kind);

    char before[65];

    memcpy(before, f.sc.sha256, sizeof before);
    scenario_fini(&f.sc);
    text_file_write(&f.files, "t.csv", "t,service_us\n1,1\n", 17);
    f.rc = text_load(&f.files, text, sizeof text - 1, &f.sc, NULL, &f.err);
    CU_ASSERT_EQUAL_FATAL(f.rc, 0);
    CU_ASSERT_STRING_NOT_EQUAL(f.sc.sha256, before);    /* another trace is another question */
    CU_ASSERT_EQUAL(f.sc.client[0].arrival.row[0].key, NONE);
    end(&f);
}

static void a_file_outside_needs_permission(void)
{
    static const char text[] = TEXT(
        RUN, POISSON, P2C, "\"service\": { \"dist\": \"empirical\", \"file\": \"in/v.csv\" }", "");
    const struct scenario_overrides over = { .allow_path = "/tmp" };
    struct fixture f;
    char path[128], inside[160];

    text_files_begin(&f.files);
    text_file_write(&f.files, "v.csv", "value_ms\n3\n1\n", 13);
    text_file_path(&f.files, "in", path);
    CU_ASSERT_EQUAL_FATAL(symlink("..", path), 0);      /* in/v.csv is then one folder up */
    snprintf(inside, sizeof inside, "%s.csv", f.files.folder);
    f.rc = text_load(&f.files, text, sizeof text - 1, &f.sc, NULL, &f.err);
    CU_ASSERT_EQUAL(f.rc, -1);
    unlink(path);
    CU_ASSERT_EQUAL_FATAL(symlink(f.files.folder, path), 0);
    f.rc = text_load(&f.files, text, sizeof text - 1, &f.sc, &over, &f.err);
    CU_ASSERT_EQUAL(f.rc, 0);
    CU_ASSERT_EQUAL(f.sc.backend[0].station.service.n, 2);
    CU_ASSERT_EQUAL(f.sc.backend[0].station.service.table[0], 1e6);
    unlink(path);
    end(&f);
}

static void offered_load_is_rate_over_capacity(void)
{
    struct fixture f;

    load(&f, TEXT(RUN, POISSON, P2C, BACKEND, ""));
    CU_ASSERT_DOUBLE_EQUAL(scenario_offered_load(&f.sc, 0), 0.25, 1e-12);
    end(&f);
    load(&f, TEXT(RUN, POISSON, P2C,
                  "\"count\": 2, \"workers\": 3, \"service\": \"8ms\", \"overhead\": \"2ms\", "
                  "\"speed\": [1, 0.5]",
                  ""));
    CU_ASSERT_DOUBLE_EQUAL(scenario_offered_load(&f.sc, 0), 100 / (300 + 3 / 0.018), 1e-12);
    end(&f);
    load(&f, TEXT(RUN, "\"arrival\": { \"process\": \"closed\" }", P2C, BACKEND, ""));
    CU_ASSERT(isnan(scenario_offered_load(&f.sc, 0)));
    end(&f);
}

static void overload_is_a_warning(void)
{
    struct fixture f;

    load(&f, TEXT(RUN, "\"arrival\": { \"process\": \"poisson\", \"rate\": \"1560/s\" }", P2C,
                  "\"count\": 10, \"service\": \"6858us\"", ""));
    CU_ASSERT_EQUAL(f.err.warnings, 1);
    CU_ASSERT_EQUAL(f.err.errors, 0);
    CU_ASSERT_STRING_EQUAL(f.err.item[0].what,
                           "\"app\" is offered 107 % of its capacity (1 560/s against "
                           "1 458/s): queues grow for the whole run");
    CU_ASSERT_STRING_EQUAL(f.err.item[0].pointer, "/clients/0/arrival/rate");
    CU_ASSERT_EQUAL(f.err.item[0].line, 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(f.err.item[0].hint, "saturated"));
    end(&f);
    load(&f, TEXT(RUN, "\"timeout\": \"1s\", \"arrival\": { \"process\": \"poisson\", "
                       "\"rate\": \"1560/s\" }", P2C,
                  "\"count\": 10, \"service\": \"6858us\"", ""));
    CU_ASSERT_STRING_EQUAL(f.err.item[0].what,
                           "\"app\" is offered 107 % of its capacity (1 560/s against "
                           "1 458/s): its queues grow until requests time out");
    CU_ASSERT_PTR_NOT_NULL(strstr(f.err.item[0].hint, "\"failed\""));
    end(&f);
    load(&f, TEXT("\"duration\": \"1s\"", POISSON, P2C, BACKEND, ""));
    CU_ASSERT_STRING_EQUAL(f.err.item[0].code, "W202");
    end(&f);
}

static void shares_are_no_percentiles(void)
{
    struct fixture f;

    load(&f, TEXT(RUN, POISSON, P2C, BACKEND, ", \"measure\": { \"percentiles\": [0.5, 0.99] }"));
    CU_ASSERT_EQUAL(f.err.warnings, 1);
    CU_ASSERT_STRING_EQUAL(f.err.item[0].code, "W212");
    end(&f);
    load(&f, TEXT(RUN, POISSON, P2C, BACKEND, ", \"measure\": { \"percentiles\": [0.5, 50] }"));
    CU_ASSERT_EQUAL(f.err.warnings, 0);
    end(&f);
}

static void a_fault_says_where_it_is(void)
{
    static const char text[] = TEXT(RUN, POISSON, "\"algorithm\": \"ewmaa\"", BACKEND, "");
    struct fixture f;

    text_files_begin(&f.files);
    f.rc = text_load(&f.files, text, sizeof text - 1, &f.sc, NULL, &f.err);
    CU_ASSERT_EQUAL(f.rc, -1);
    CU_ASSERT_EQUAL(f.err.exit_code, 2);
    CU_ASSERT_STRING_EQUAL(f.err.item[0].code, "E101");
    CU_ASSERT_EQUAL(f.err.item[0].line, 3);
    CU_ASSERT_EQUAL(f.err.item[0].column, 62);
    CU_ASSERT_EQUAL(f.err.item[0].width, 7);
    CU_ASSERT_STRING_EQUAL(f.err.item[0].pointer, "/balancers/0/algorithm");
    CU_ASSERT_STRING_EQUAL(f.err.item[0].what, "unknown algorithm \"ewmaa\"");
    end(&f);
}

/* 1.2 is a number to JSON and a word to TLS. */
static void a_word_may_look_like_a_number(void)
{
    static const char *const set[] = { "balancers.0.tls.mode=terminate",
                                       "balancers.0.tls.version=1.2" };
    const struct scenario_overrides over = { .set = set, .sets = ARRAY_LEN(set) };
    struct fixture f;

    load_over(&f, TEXT(RUN, POISSON, P2C, BACKEND, ""), &over);
    CU_ASSERT_EQUAL(f.sc.balancer[0].tls.version, TLS_1_2);
    end(&f);
}

static void overrides_are_blamed_by_their_text(void)
{
    static const struct { const char *set, *what, *hint;
    } row[] = {
        { "backends.ap.x=1", "-s backends.ap.x=1: no such path", "did you mean \"backends.app\"?" },
        { "run.duration=30", "-s run.duration=30: a duration needs a unit: 30",
          "expected text like \"30s\", \"250ms\" or \"1m30s\"" },
        { "run", "-s run: a path, \"=\" and a value were expected",
          "like -s clients.web.arrival.rate=800/s" },
    };
    static const char text[] = TEXT(RUN, POISSON, P2C, BACKEND, "");

    for (size_t k = 0; k < ARRAY_LEN(row); k++) {
        const struct scenario_overrides over = { .set = &row[k].set, .sets = 1 };
        struct fixture f;

        text_files_begin(&f.files);
        f.rc = text_load(&f.files, text, sizeof text - 1, &f.sc, &over, &f.err);
        CU_ASSERT_EQUAL(f.rc, -1);
        CU_ASSERT_STRING_EQUAL(f.err.item[0].what, row[k].what);
        CU_ASSERT_STRING_EQUAL(f.err.item[0].hint, row[k].hint);
        CU_ASSERT_EQUAL(f.err.item[0].line, 0);
        end(&f);
    }
}

/* Every key of every table is in the schema, which is JSON itself. */
static void check_table(const cJSON *defs, const struct field_table *table)
{
    const cJSON *keys = cJSON_GetObjectItemCaseSensitive(
        cJSON_GetObjectItemCaseSensitive(defs, table->name), "properties");

    CU_ASSERT_PTR_NOT_NULL_FATAL(keys);
    for (const struct field *f = table->row; f->key; f++) {
        CU_ASSERT_PTR_NOT_NULL(cJSON_GetObjectItemCaseSensitive(keys, f->key));
        CU_ASSERT_PTR_NOT_NULL(f->help);
        if (field_inner(f))
            check_table(defs, field_inner(f));
    }
}

static void the_schema_follows_the_tables(void)
{
    char *text = NULL;
    size_t length;
    FILE *f = open_memstream(&text, &length);

    CU_ASSERT_EQUAL(scenario_write_schema(f), 0);
    fclose(f);

    cJSON *schema = cJSON_Parse(text);

    CU_ASSERT_PTR_NOT_NULL_FATAL(schema);
    check_table(cJSON_GetObjectItemCaseSensitive(schema, "$defs"), &fields_scenario);
    cJSON_Delete(schema);
    free(text);
}

static const struct unit_test tests[] = {
    { "what is left out has its default", what_is_left_out_has_its_default },
    { "what is given arrives", what_is_given_arrives },
    { "events are sorted and count what is added", events_are_sorted_and_count_what_is_added },
    { "policies are named by what differs", policies_are_named_by_what_differs },
    { "a choice is a word or its place", a_choice_is_a_word_or_its_place },
    { "the command line overrides the file", the_command_line_overrides_the_file },
    { "a duration takes the place of requests", a_duration_takes_the_place_of_requests },
    { "the digest sees meaning only", the_digest_sees_meaning_only },
    { "numbers are kept as written", numbers_are_kept_as_written },
    { "a trace brings times, demands, clients and keys",
      a_trace_brings_times_demands_clients_and_keys },
    { "a file outside needs permission", a_file_outside_needs_permission },
    { "offered load is rate over capacity", offered_load_is_rate_over_capacity },
    { "overload is a warning", overload_is_a_warning },
    { "shares are no percentiles", shares_are_no_percentiles },
    { "a fault says where it is", a_fault_says_where_it_is },
    { "a word may look like a number", a_word_may_look_like_a_number },
    { "overrides are blamed by their text", overrides_are_blamed_by_their_text },
    { "the schema follows the tables", the_schema_follows_the_tables },
};

UNIT_MAIN("scenario", tests)
