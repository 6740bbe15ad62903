/* test_profiles.c - every profile is whole: each word starts an algorithm, with each further word
 * too, every entry names its source, defaults are keys of a balancer, options load as they are
 * written; and how words are read. */
#include "unit.h"
#include "scenario_text.h"

#include "../../algorithms/lb.h"
#include "../../sim/base/err.h"
#include "../../sim/scenario/field.h"
#include "../../sim/scenario/profile.h"

#include <stdio.h>
#include <string.h>

enum { BACKENDS = 5 };

static struct err err;

/* Builds what the text says with a few backends and asks it once. */
static bool starts(const struct profile *p, const char *text)
{
    struct arena arena = { .last = NULL };
    struct policy policy;
    const char *why = NULL;
    struct lb *lb;
    bool ok = true;

    err_init(&err);
    if (profile_read_policy(p, text, &policy, &arena, &err) < 0) {
        printf("    %s, %s: %s\n", p->name, text, err.item[0].what);
        arena_fini(&arena);
        return false;
    }
    lb = lb_new(policy.ops, 1);
    for (uint32_t k = 0; k < policy.set_count; k++)
        ok = ok && lb_set(lb, policy.set[k].param, policy.set[k].value, &why) == 0;
    for (uint32_t k = 0; k < BACKENDS; k++) {
        char name[32];

        snprintf(name, sizeof name, "10.0.0.%u:80", k + 1);
        lb_add(lb, k + 1, name, 1 + k % 2, 0);
    }
    ok = ok && lb_start(lb, &why) == 0 &&
         lb_pick(lb, &(struct lb_request){ .key = "\12\0\0\1", .key_length = 4, .hash = 77 }) <
             BACKENDS;
    if (!ok)
        printf("    %s, %s: %s\n", p->name, text, why ? why : "nobody picked");
    lb_free(lb);
    arena_fini(&arena);
    return ok;
}

static bool has_text(const cJSON *entry, const char *key)
{
    const cJSON *node = doc_get(entry, key);

    return cJSON_IsString(node) && *node->valuestring;
}

static void check_words(const struct profile *p, const cJSON *policy)
{
    const cJSON *table = doc_get(policy, "words"), *word;
    char text[120];

    if (!table)
        return;
    CU_ASSERT_PTR_NOT_NULL_FATAL(doc_get(doc_get(p->doc.root, "words"), table->valuestring));
    cJSON_ArrayForEach(word, doc_get(doc_get(p->doc.root, "words"), table->valuestring)) {
        if (doc_get(word, "not_modelled"))
            continue;
        snprintf(text, sizeof text, "%s %s %s%s", policy->string,
                 has_text(word, "with") ? doc_get(word, "with")->valuestring : "", word->string,
                 doc_get(word, "number") ? "(150)" : "");
        CU_ASSERT_TRUE(starts(p, text));
    }
}

static void check_profile(const struct profile *p)
{
    const cJSON *policies = doc_get(p->doc.root, "policies"), *entry;
    const cJSON *preset = doc_get(p->doc.root, "default_policy");

    CU_ASSERT_STRING_EQUAL(doc_get(p->doc.root, "name")->valuestring, p->name);
    CU_ASSERT_TRUE(has_text(p->doc.root, "product") && has_text(p->doc.root, "version"));
    CU_ASSERT_TRUE_FATAL(cJSON_IsString(preset));
    CU_ASSERT_PTR_NOT_NULL(doc_get(policies, preset->valuestring));
    cJSON_ArrayForEach(entry, policies) {
        CU_ASSERT_TRUE(has_text(entry, "source"));
        CU_ASSERT_TRUE(has_text(entry, "not_modelled") !=
                       cJSON_IsObject(doc_get(entry, "algorithm")));
        if (doc_get(entry, "not_modelled"))
            continue;
        CU_ASSERT_TRUE(starts(p, entry->string));
        check_words(p, entry);
    }
    cJSON_ArrayForEach(entry, doc_get(p->doc.root, "defaults")) {
        CU_ASSERT_TRUE(has_text(entry, "source") && has_text(entry, "key"));
        CU_ASSERT_PTR_NOT_NULL(field_find(&fields_balancer, doc_get(entry, "key")->valuestring));
    }
    cJSON_ArrayForEach(entry, doc_get(p->doc.root, "not_modelled"))
        CU_ASSERT_TRUE(has_text(entry, "source") && has_text(entry, "what"));
    cJSON_ArrayForEach(entry, doc_get(p->doc.root, "options"))
        CU_ASSERT_TRUE(has_text(entry, "source") && has_text(entry, "what"));
}

static void every_profile_is_whole(void)
{
    uint32_t count = 0;

    for (const char *const *name = profile_names; *name; name++, count++) {
        struct profile p;

        CU_ASSERT_EQUAL_FATAL(profile_open(&p, *name), 0);
        check_profile(&p);
        profile_fini(&p);
    }
    CU_ASSERT_TRUE(count >= 12);
}

/* Loads a scenario whose balancer has the profile's default policy and `more`. */
static bool loads(struct text_files *files, const struct profile *p, const char *policy,
                  const char *more)
{
    char text[1200];
    struct scenario sc;
    int length = snprintf(text, sizeof text,
        "{\"version\":1,\"name\":\"x\",\"run\":{\"duration\":\"1s\"},"
        "\"clients\":[{\"name\":\"c\",\"to\":\"lb\",\"protocol\":\"h2\","
        "\"arrival\":{\"process\":\"poisson\",\"rate\":\"10/s\"}}],"
        "\"balancers\":[{\"name\":\"lb\",\"algorithm\":{\"profile\":\"%s\","
        "\"policy\":\"%s\"}%s,\"to\":\"s\"}],\"backends\":[{\"name\":\"s\",\"count\":4,"
        "\"service\":{\"dist\":\"exponential\",\"mean\":\"1ms\"}}]}", p->name, policy, more);
    bool ok;

    err_init(&err);
    ok = text_load(files, text, (size_t)length, &sc, NULL, &err) == 0;
    if (ok)
        scenario_fini(&sc);
    else
        printf("    %s%s: %s\n", p->name, more, err.item[0].what);
    return ok;
}

static const char *modelled_policy(const struct profile *p)
{
    const cJSON *entry;

    cJSON_ArrayForEach(entry, doc_get(p->doc.root, "policies")) {
        if (doc_get(entry, "algorithm"))
            return entry->string;
    }
    return NULL;
}

/* Defaults go with whatever a user may type beside them. */
static void defaults_stand_aside(void)
{
    static const char *const more[] = {
        "", ",\"layer\":\"l4\"", ",\"fan_out\":2", ",\"hedge\":{\"after\":\"5ms\"}",
        ",\"limits\":{\"requests\":5}", ",\"retries\":{\"max\":1}", ",\"timeout\":\"1s\"",
        ",\"timeout\":\"20s\"",
    };
    struct text_files files;

    text_files_begin(&files);
    for (const char *const *name = profile_names; *name; name++) {
        struct profile p;

        CU_ASSERT_EQUAL_FATAL(profile_open(&p, *name), 0);
        for (size_t k = 0; k < sizeof more / sizeof more[0]; k++)
            CU_ASSERT_TRUE(loads(&files, &p, modelled_policy(&p), more[k]));
        profile_fini(&p);
    }
    text_files_end(&files);
}

static void put_members(cJSON *into, const cJSON *members)
{
    const cJSON *member;

    cJSON_ArrayForEach(member, members) {
        cJSON_DeleteItemFromObject(into, member->string);
        cJSON_AddItemToObject(into, member->string, cJSON_Duplicate(member, true));
    }
}

/* A scenario with a balancer of the profile, to which the option is added. */
static char *with_option(const struct profile *p, const cJSON *option)
{
    cJSON *root = cJSON_Parse(
        "{\"version\":1,\"name\":\"x\",\"run\":{\"duration\":\"400s\"},\"clients\":[{\"name\":"
        "\"c\",\"to\":\"lb\",\"protocol\":\"h3\",\"arrival\":{\"process\":\"poisson\","
        "\"rate\":\"1/s\"}}],"
        "\"balancers\":[{\"name\":\"lb\",\"to\":\"s\",\"algorithm\":{}}],\"backends\":[{"
        "\"name\":\"s\",\"count\":4,\"service\":\"1ms\"}],\"events\":[{\"at\":\"1s\",\"do\":"
        "\"drain\",\"target\":\"s[0]\"}]}");
    cJSON *balancer = cJSON_GetArrayItem(cJSON_GetObjectItem(root, "balancers"), 0);
    cJSON *algorithm = cJSON_GetObjectItem(balancer, "algorithm");
    char *text;

    cJSON_AddStringToObject(algorithm, "profile", p->name);
    cJSON_AddStringToObject(algorithm, "policy", modelled_policy(p));
    put_members(algorithm, doc_get(option, "algorithm"));
    put_members(balancer, doc_get(option, "balancer"));
    put_members(cJSON_GetArrayItem(cJSON_GetObjectItem(root, "events"), 0),
                doc_get(option, "event"));
    text = cJSON_PrintUnformatted(root);
    cJSON_Delete(root);
    return text;
}

static void options_load_as_they_are_written(void)
{
    struct text_files files;
    const cJSON *option;

    text_files_begin(&files);
    for (const char *const *name = profile_names; *name; name++) {
        struct profile p;
        struct scenario sc;

        CU_ASSERT_EQUAL_FATAL(profile_open(&p, *name), 0);
        cJSON_ArrayForEach(option, doc_get(p.doc.root, "options")) {
            char *text = with_option(&p, option);

            err_init(&err);
            bool ok = text_load(&files, text, strlen(text), &sc, NULL, &err) == 0;
            CU_ASSERT_TRUE(ok);
            CU_ASSERT_TRUE(doc_get(option, "balancer") || doc_get(option, "algorithm")
                           || doc_get(option, "event"));
            if (ok)
                scenario_fini(&sc);
            else
                printf("    %s: %s: %s\n", p.name, doc_get(option, "what")->valuestring,
                       err.item[0].what);
            free(text);
        }
        profile_fini(&p);
    }
    text_files_end(&files);
}

/* What is read off a product's defaults, where they changed between versions. */
static void every_product_that_is_promised_is_there(void)
{
    static const struct { const char *profile, *preset; } rows[] = {
        { "haproxy-2.6", "roundrobin" }, { "haproxy-3.3", "random" },
        { "nginx-1.22", "round_robin" }, { "nginx-1.31", "round_robin" },
        { "caddy-2.6", "random" }, { "envoy-1.26", "ROUND_ROBIN" },
        { "envoy-current", "ROUND_ROBIN" }, { "traefik-3", "wrr" }, { "istio", "LEAST_REQUEST" },
        { "linkerd-2", "ewma" }, { "finagle", "p2cLeastLoaded" }, { "grpc", "pick_first" },
        { "katran", "maglev" }, { "cilium", "random" }, { "ipvs", "wlc" },
        { "kube-proxy-iptables", "random" }, { "kube-proxy-ipvs", "rr" },
        { "aws-alb", "round_robin" }, { "aws-nlb", "flow_hash" }, { "gcp-lb", "ROUND_ROBIN" },
        { "azure-lb", "Default" }, { "azure-app-gateway", "round_robin" },
        { "cloudflare", "random" },
    };

    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        struct profile p;

        CU_ASSERT_EQUAL_FATAL(profile_open(&p, rows[k].profile), 0);
        CU_ASSERT_STRING_EQUAL(doc_get(p.doc.root, "default_policy")->valuestring, rows[k].preset);
        profile_fini(&p);
    }
}

/* Of the clouds nothing is published to the last step: that is said. */
static void what_is_not_public_is_marked(void)
{
    static const char *const clouds[] = { "aws-alb", "aws-nlb", "gcp-lb", "azure-lb",
                                          "azure-app-gateway", "cloudflare" };

    for (size_t k = 0; k < sizeof clouds / sizeof clouds[0]; k++) {
        struct profile p;

        CU_ASSERT_EQUAL_FATAL(profile_open(&p, clouds[k]), 0);
        CU_ASSERT_TRUE(cJSON_IsTrue(doc_get(p.doc.root, "synthetic")));
        profile_fini(&p);
    }
}

static double value_of(const cJSON *node)
{
    return cJSON_IsNumber(node) ? node->valuedouble : cJSON_IsTrue(node) ? 1 : 0;
}

/* What a word comes to: the algorithm's name, and a number of it. */
static void words_are_read_as_products_write_them(void)
{
    static const struct {
        const char *profile, *text;
        enum profile_answer answer;
        const char *algorithm, *member;
        double value;
    } rows[] = {
        { "haproxy-2.6", "roundrobin", PROFILE_OK, "fwrr", NULL, 0 },
        { "haproxy-2.6", " leastconn ", PROFILE_OK, "least_conn_fifo", "lists", 1 },
        { "haproxy-2.6", "random", PROFILE_OK, "random_ring", "draws", 2 },
        { "haproxy-2.6", "random(3)", PROFILE_OK, "random_ring", "draws", 3 },
        { "haproxy-2.6", "random 3", PROFILE_OK, "random_ring", "draws", 3 },
        { "haproxy-2.6", "random(x)", PROFILE_NO_WORD, NULL, NULL, 0 },
        { "haproxy-2.6", "random(3) x", PROFILE_NO_WORD, NULL, NULL, 0 },
        { "haproxy-2.6", "leastconn 3", PROFILE_NO_WORD, NULL, NULL, 0 },
        { "haproxy-2.6", "least_conn", PROFILE_NO_WORD, NULL, NULL, 0 },
        { "haproxy-2.6", "rdp-cookie", PROFILE_NOT_MODELLED, NULL, NULL, 0 },
        { "haproxy-2.6", "", PROFILE_NO_WORD, NULL, NULL, 0 },
        { "haproxy-2.6", "source", PROFILE_OK, "map_hash", NULL, 0 },
        { "haproxy-2.6", "hdr(X-Key) consistent", PROFILE_OK, "nearest_ring", "avalanche", 1 },
        { "haproxy-2.6", "hdr(X-Key) consistent crc32", PROFILE_OK, "nearest_ring", "avalanche",
          0 },
        { "haproxy-2.6", "uri depth(2) consistent djb2 avalanche hash-balance-factor(150)",
          PROFILE_OK, "nearest_ring", "hash_balance_factor", 150 },
        { "haproxy-2.6", "uri whole", PROFILE_NOT_MODELLED, NULL, NULL, 0 },
        { "haproxy-2.6", "uri len 5 depth 2 path-only", PROFILE_OK, "map_hash", "len", 5 },
        { "haproxy-2.6", "uri len five", PROFILE_NO_WORD, NULL, NULL, 0 },
        { "haproxy-2.6", "uri wt6 6", PROFILE_NO_WORD, NULL, NULL, 0 },
        { "haproxy-2.6", "url_param id check_post", PROFILE_NOT_MODELLED, NULL, NULL, 0 },
        { "haproxy-2.6", "hdr(host) use_domain_only", PROFILE_NOT_MODELLED, NULL, NULL, 0 },
        { "haproxy-3.3", "leastconn", PROFILE_OK, "least_conn_fifo", "lists", 4 },
        { "haproxy-3.3", "random", PROFILE_OK, "random_ring", "draws", 2 },
        { "nginx-1.22", "hash $arg_k", PROFILE_OK, "modulo_rehash", NULL, 0 },
        { "nginx-1.22", "hash $arg_k consistent", PROFILE_OK, "ketama", NULL, 0 },
        { "nginx-1.22", "hash consistent", PROFILE_OK, "ketama", NULL, 0 },
        { "nginx-1.22", "hash $arg_k consistently", PROFILE_NO_WORD, NULL, NULL, 0 },
        { "caddy-2.6", "header X-Key", PROFILE_OK, "rendezvous_name", NULL, 0 },
        { "nginx-1.22", "least_conn", PROFILE_OK, "least_conn_smooth", "max_fails", 1 },
        { "nginx-1.22", "least_time header", PROFILE_NOT_MODELLED, NULL, NULL, 0 },
        { "nginx-1.31", "least_time header", PROFILE_OK, "least_time", NULL, 0 },
        { "nginx-1.31", "least_time last_byte inflight", PROFILE_NOT_MODELLED, NULL, NULL, 0 },
        { "nginx-1.31", "hash $arg_k consistent", PROFILE_OK, "ketama", NULL, 0 },
        { "istio", "LEAST_REQUEST", PROFILE_OK, "least_request", "choices", 2 },
        { "istio", "ringHash minimumRingSize(2048)", PROFILE_OK, "envoy_ring_hash",
          "min_ring_size", 2048 },
        { "envoy-1.26", "LEAST_REQUEST 5", PROFILE_OK, "least_request", "choices", 5 },
        { "envoy-1.26", "LEAST_REQUEST_EDF", PROFILE_NO_WORD, NULL, NULL, 0 },
        { "envoy-current", "LEAST_REQUEST_EDF", PROFILE_OK, "least_request", "deadlines", 1 },
        { "kube-proxy-ipvs", "sh sh-port", PROFILE_OK, "source_hash", "port", 1 },
        { "nginx-1.22", "random two least_conn", PROFILE_OK, "random_two", NULL, 0 },
        { "nginx-1.22", "random two least_time=header", PROFILE_NO_WORD, NULL, NULL, 0 },
        { "nginx-1.22", "random two least_time", PROFILE_NOT_MODELLED, NULL, NULL, 0 },
        { "caddy-2.6", "round_robin", PROFILE_OK, "round_robin", "start", 1 },
        { "caddy-2.6", "random_choose 4", PROFILE_OK, "random_choose", "choices", 4 },
        { "envoy-current", "MAGLEV hash_balance_factor(150)", PROFILE_OK, "envoy_maglev",
          "hash_balance_factor", 150 },
        { "envoy-current", "maglev", PROFILE_NO_WORD, NULL, NULL, 0 },
        { "ipvs", "mh mh-port mh-fallback", PROFILE_OK, "ipvs_maglev", "table_size", 4093 },
        { "ipvs", "mh sh-port", PROFILE_NO_WORD, NULL, NULL, 0 },
    };

    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        struct profile_policy found;
        struct profile p;

        CU_ASSERT_EQUAL_FATAL(profile_open(&p, rows[k].profile), 0);
        CU_ASSERT_EQUAL(profile_resolve(&p, rows[k].text, &found), rows[k].answer);
        CU_ASSERT_EQUAL(found.algorithm != NULL, rows[k].algorithm != NULL);
        if (found.algorithm && rows[k].algorithm)
            CU_ASSERT_STRING_EQUAL(doc_get(found.algorithm, "name")->valuestring,
                                   rows[k].algorithm);
        if (found.algorithm && rows[k].member)
            CU_ASSERT_EQUAL(value_of(doc_get(found.algorithm, rows[k].member)), rows[k].value);
        profile_policy_fini(&found);
        profile_fini(&p);
    }
}

static void an_unknown_profile_is_told_apart(void)
{
    struct profile p;

    CU_ASSERT_EQUAL(profile_open(&p, "haproxy"), -1);
    CU_ASSERT_EQUAL(profile_open(&p, ""), -1);
    CU_ASSERT_EQUAL(profile_open(&p, "haproxy-2.6.json"), -1);
}

static const struct unit_test tests[] = {
    { "every_profile_is_whole", every_profile_is_whole },
    { "every_product_that_is_promised_is_there", every_product_that_is_promised_is_there },
    { "defaults_stand_aside", defaults_stand_aside },
    { "options_load_as_they_are_written", options_load_as_they_are_written },
    { "what_is_not_public_is_marked", what_is_not_public_is_marked },
    { "words_are_read_as_products_write_them", words_are_read_as_products_write_them },
    { "an_unknown_profile_is_told_apart", an_unknown_profile_is_told_apart },
};

UNIT_MAIN("profiles", tests)
