/* test_proxy_hashes.c - the hashes of nginx, HAProxy and Caddy: published values of the functions,
 * the products' own tests, and what the products did with recorded keys (recorded_maps.h). */
#include "recorded_maps.h"
#include "unit.h"

#include "../../algorithms/hash_text.h"

#include <arpa/inet.h>
#include <math.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void holds(bool condition, const char *row)
{
    if (!condition)
        fprintf(stderr, "row %s\n", row);
    CU_ASSERT(condition);
}

static void set(struct lb *lb, const char *param, const char *value)
{
    const struct lb_param *p = lb->ops->params;
    const char *why = NULL;

    while (p->name != NULL && strcmp(p->name, param) != 0)
        p++;
    CU_ASSERT_PTR_NOT_NULL_FATAL(p->name);
    double number = p->type == LB_CHOICE ? lb_word(p, value) : atof(value);
    CU_ASSERT_EQUAL_FATAL(lb_set(lb, param, number, &why), 0);
}

/* "function crc32" */
static void set_pair(struct lb *lb, const char *pair)
{
    char param[40];
    size_t length = strcspn(pair, " ");

    snprintf(param, sizeof param, "%.*s", (int)length, pair);
    set(lb, param, pair + length + 1);
}

static struct lb *new_lb(const char *algorithm)
{
    return lb_new(lb_find(algorithm), 1);
}

static void start(struct lb *lb)
{
    const char *why = NULL;

    CU_ASSERT_EQUAL_FATAL(lb_start(lb, &why), 0);
}

/* The name is `pattern` with the number for its #. */
static void add(struct lb *lb, uint64_t id, const char *pattern, uint32_t number, uint32_t weight)
{
    char name[64];
    int before = (int)strcspn(pattern, "#");

    snprintf(name, sizeof name, "%.*s%u%s", before, pattern, number, pattern + before + 1);
    lb_add(lb, id, name, weight, 0);
}

/* `count` backends of weight 1, ids from 1 on, named by a pattern and numbers from `first` on. */
static struct lb *equal_ones(const char *algorithm, const char *pattern, uint32_t first,
                             uint32_t count)
{
    struct lb *lb = new_lb(algorithm);

    for (uint32_t k = 0; k < count; k++)
        add(lb, k + 1, pattern, first + k, 1);
    return lb;
}

struct asked { struct lb_request rq; unsigned char address[16]; };

static const struct lb_request *ask(struct asked *a, const char *key)
{
    a->rq = (struct lb_request){ .hash = lb_hash(key, strlen(key), 0), .key = key,
                                 .key_length = (uint32_t)strlen(key) };
    return &a->rq;
}

static const struct lb_request *ask_address(struct asked *a, const char *text)
{
    int family = strchr(text, ':') ? AF_INET6 : AF_INET;

    CU_ASSERT_EQUAL_FATAL(inet_pton(family, text, a->address), 1);
    a->rq = (struct lb_request){ .key = a->address, .key_length = family == AF_INET ? 4 : 16 };
    return &a->rq;
}

static uint32_t where(struct lb *lb, const char *key)
{
    struct asked a;

    return lb_peek(lb, ask(&a, key));
}

static uint32_t where_address(struct lb *lb, const char *text)
{
    struct asked a;

    return lb_peek(lb, ask_address(&a, text));
}

static uint32_t taken(struct lb *lb, const char *key)
{
    struct asked a;

    return lb_pick(lb, ask(&a, key));
}

/* ---- shares ---- */

typedef void key_maker(unsigned char byte[4], uint32_t k, uint32_t keys);

static void put_word(unsigned char byte[4], uint32_t word)
{
    for (int k = 0; k < 4; k++)
        byte[k] = (unsigned char)(word >> (24 - 8 * k));
}

static void random_bytes(unsigned char byte[4], uint32_t k, uint32_t keys)
{
    (void)keys;
    put_word(byte, (uint32_t)lb_mix(k + 1));
}

/* All over a ring of 2^32, in equal steps. */
static void even_bytes(unsigned char byte[4], uint32_t k, uint32_t keys)
{
    put_word(byte, k * (uint32_t)(((uint64_t)1 << 32) / keys));
}

struct extremes { double least, most; };

/* The least and the greatest share of at most 100 backends, in 1/1000 of the mean. */
static struct extremes shares(struct lb *lb, uint32_t keys, key_maker *make)
{
    struct extremes e = { 1e9, 0 };
    uint32_t count[100] = { 0 };

    for (uint32_t k = 0; k < keys; k++) {
        unsigned char byte[4];
        make(byte, k, keys);
        count[lb_peek(lb, &(struct lb_request){ .key = byte, .key_length = 4 })]++;
    }
    for (uint32_t i = 0; i < lb->count; i++) {
        double share = 1000.0 * lb->count * count[i] / keys;
        e.least = share < e.least ? share : e.least;
        e.most = share > e.most ? share : e.most;
    }
    return e;
}

/* ---- functions ---- */

static void the_functions_give_the_published_values(void)
{
    static const struct {
        enum hash_text_function function;
        const char *key;
        uint32_t    hash;
        const char *source;
    } row[] = {
        { HASH_CRC32, "", 0, "empty" },
        { HASH_CRC32, "123456789", 0xcbf43926, "CRC catalogue, CRC-32/ISO-HDLC, check" },
        { HASH_CRC32, "/url1", 380733385, "HAProxy hash_crc32, computed from the rule" },
        { HASH_SDBM, "", 0, "empty" },
        { HASH_SDBM, "/url1", 4103199409, "HAProxy reg-tests/balance, mod 4 is s2" },
        { HASH_SDBM, "/test-url", 1232807267, "HAProxy balance-hash-maxconn.vtc's key" },
        { HASH_DJB2, "", 5381, "Bernstein's start" },
        { HASH_DJB2, "/url1", 194222904, "HAProxy hash_djb2, computed from the rule" },
        { HASH_WT6, "", 0xa53c965a ^ 0x5ca6953a, "the two words it starts with" },
        { HASH_WT6, "/url1", 2463210733, "HAProxy hash_wt6, computed from the rule" },
        { HASH_NONE, "4711", 4711, "a number is its own" },
        { HASH_NONE, "12ab", 12, "up to what is no digit" },
    };

    for (size_t k = 0; k < COUNT(row); k++)
        holds(hash_text(row[k].function, row[k].key, strlen(row[k].key)) == row[k].hash,
              row[k].source);
}

static void the_avalanche_gives_the_known_values(void)
{
    static const uint32_t row[][2] = {       /* HAProxy full_hash(), computed from the rule */
        { 0, 0xab4ed927 }, { 1, 0x348681b6 }, { 2, 0xe267b84c }, { 4096, 0x49c2008b },
    };

    for (size_t k = 0; k < COUNT(row); k++)
        CU_ASSERT_EQUAL(hash_avalanche(row[k][0]), row[k][1]);
}

static void fnv1a_gives_the_published_values(void)
{
    static const struct { const char *text; uint32_t hash; } row[] = {     /* Noll's page */
        { "", 0x811c9dc5 }, { "a", 0xe40c292c }, { "b", 0xe70c2de5 }, { "foobar", 0xbf9cf968 },
    };

    for (size_t k = 0; k < COUNT(row); k++)
        holds(fnv1a_update(FNV1A_START, row[k].text, strlen(row[k].text)) == row[k].hash,
              row[k].text);
}

static void two_texts_hash_as_if_they_were_one(void)
{
    char text[150];

    for (size_t k = 0; k < sizeof text; k++)
        text[k] = (char)(31 * k + 7);
    for (size_t length = 0; length <= sizeof text; length++)
        for (size_t cut = 0; cut <= length; cut++) {
            struct lb_text both[2] = { { text, cut }, { text + cut, length - cut } };
            if (lb_hash_joined(both, 42) != lb_hash(text, length, 42)) {
                CU_FAIL("joined differs");
                return;
            }
        }
}

/* ---- recordings ---- */

enum change { BASE, REMOVED, REMOVED_IDS, ADDED, DOWN, RESTORED };

/* Reads "3" or "a" as a position in the base configuration; answers the index in ours. */
static uint32_t index_of(char digit, enum change what)
{
    uint32_t position = (uint32_t)(digit <= '9' ? digit - '0' : digit - 'a' + 10);

    return position - 1 - ((what == REMOVED || what == REMOVED_IDS) && position > 3);
}

static uint32_t weight_of(const struct recorded_map *m, uint32_t k)
{
    return k < COUNT(m->weight) && m->weight[k] != 0 ? m->weight[k] : 1u;
}

static struct lb *configured(const struct recorded_map *m, enum change what)
{
    struct lb *lb = new_lb(m->algorithm);
    uint32_t id = 1;

    for (size_t k = 0; k < COUNT(m->set) && m->set[k] != NULL; k++)
        set_pair(lb, m->set[k]);
    for (uint32_t k = 0; k < m->backends + (what == ADDED ? 1u : 0u); k++) {
        if (k == 2 && (what == REMOVED || what == REMOVED_IDS))
            id += what == REMOVED_IDS;
        else
            add(lb, id++, m->addresses, m->first + k, weight_of(m, k));
    }
    start(lb);
    if (what == DOWN || what == RESTORED)
        lb_set_state(lb, 2, LB_DOWN);
    if (what == RESTORED)
        lb_set_state(lb, 2, LB_UP);
    return lb;
}

static void agrees(const struct recorded_map *m, enum change what, const char *recorded)
{
    if (recorded == NULL)
        return;
    struct lb *lb = configured(m, what);
    bool is_address = m->keys == src_keys || m->keys == xff_keys;
    uint32_t same = 0;

    for (uint32_t k = 0; k < RECORDED_KEYS; k++) {
        uint32_t i = is_address ? where_address(lb, m->keys[k]) : where(lb, m->keys[k]);
        same += i == index_of(recorded[k], what);
    }
    holds(same == RECORDED_KEYS, m->name);
    lb_free(lb);
}

static void every_recorded_key_goes_where_it_went(void)
{
    for (size_t k = 0; k < COUNT(recorded_maps); k++) {
        const struct recorded_map *m = &recorded_maps[k];
        agrees(m, BASE, m->base);
        agrees(m, REMOVED, m->removed);
        agrees(m, REMOVED_IDS, m->removed_ids);
        agrees(m, ADDED, m->added);
        agrees(m, DOWN, m->down);
        agrees(m, RESTORED, m->base);
    }
    CU_ASSERT(COUNT(recorded_maps) > 70);
}

/* ---- nginx ---- */

static void ip_hash_sends_octets_where_nginx_does(void)
{
    static const struct { const char *client; uint32_t n[4]; } row[] = {   /* of 2, 3, 4, 5 */
        { "10.0.0.9", { 1, 0, 1, 0 } },     { "10.0.1.9", { 0, 1, 2, 1 } },
        { "192.168.0.9", { 1, 0, 1, 3 } },  { "192.168.1.9", { 0, 1, 2, 4 } },
        { "172.16.0.9", { 1, 2, 1, 1 } },   { "8.8.8.8", { 1, 2, 3, 3 } },
        { "1.1.1.1", { 0, 0, 0, 1 } },      { "203.0.113.77", { 0, 0, 0, 2 } },
    };

    for (uint32_t n = 2; n <= 5; n++) {
        struct lb *lb = equal_ones("ip_hash", "127.0.0.1:#", 8081, n);
        start(lb);
        for (size_t k = 0; k < COUNT(row); k++)
            holds(where_address(lb, row[k].client) == row[k].n[n - 2], row[k].client);
        lb_free(lb);
    }
}

/* nginx-tests, upstream_ip_hash.t: 127.0.1.2 to 127.0.30.2. */
static void ip_hash_spreads_thirty_networks_evenly(void)
{
    for (uint32_t n = 2; n <= 3; n++) {
        struct lb *lb = equal_ones("ip_hash", "127.0.0.1:#", 8081, n);
        uint32_t count[3] = { 0 };

        start(lb);
        for (int net = 1; net <= 30; net++) {
            char client[20];
            snprintf(client, sizeof client, "127.0.%d.2", net);
            count[where_address(lb, client)]++;
        }
        for (uint32_t i = 0; i < n; i++)
            CU_ASSERT_EQUAL(count[i], 30 / n);
        lb_free(lb);
    }
}

static void modulo_rehash_gives_nginxs_numbers(void)
{
    static const uint32_t of_3[] = { 1, 2, 1, 0, 1, 0, 0, 2, 2, 0, 2, 0, 2, 2, 1, 2, 0, 1, 1, 2 };
    static const uint32_t of_2[] = { 0, 1, 0, 0, 1, 0, 1, 0, 1, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1, 0 };
    struct lb *two = equal_ones("modulo_rehash", "127.0.0.1:#", 8081, 2);
    struct lb *three = equal_ones("modulo_rehash", "127.0.0.1:#", 8081, 3);

    start(two);
    start(three);
    CU_ASSERT_EQUAL(where(two, "127.0.0.1"), 1);       /* nginx-tests, stream_upstream_hash.t */
    for (int k = 0; k < 20; k++) {
        char key[8];
        snprintf(key, sizeof key, "%d", k + 1);
        holds(where(two, key) == of_2[k], key);
        holds(where(three, key) == of_3[k], key);
    }
    lb_set_state(three, 1, LB_DOWN);                   /* the chain of key "1" */
    CU_ASSERT_EQUAL(where(three, "1"), 0);
    lb_free(two);
    lb_free(three);
}

static void ketama_gives_nginxs_numbers(void)
{
    static const uint32_t port[] = { 81, 83, 81, 83, 81, 83, 81, 82, 81, 82,
                                     81, 81, 82, 81, 82, 82, 83, 81, 81, 82 };
    struct lb *lb = equal_ones("ketama", "127.0.0.1:80#", 81, 3);

    start(lb);
    for (int k = 0; k < 20; k++) {
        char key[8];
        snprintf(key, sizeof key, "%d", k + 1);
        holds(where(lb, key) == port[k] - 81, key);
    }
    lb_free(lb);
}

/* nginx-tests, upstream_hash.t: true of consistent, false of plain, with weight 10 as well. */
static void only_ketama_keeps_the_keys_of_the_others(void)
{
    static const char *const name[] = { "ketama", "modulo_rehash" };

    for (int algorithm = 0; algorithm < 2; algorithm++) {
        struct lb *all = new_lb(name[algorithm]), *less = new_lb(name[algorithm]);
        uint32_t needless = 0;

        for (uint32_t k = 0; k < 3; k++) {
            add(all, k + 1, "127.0.0.1:#", 8081 + k, k == 0 ? 10 : 1);
            if (k != 1)
                add(less, k + 1, "127.0.0.1:#", 8081 + k, k == 0 ? 10 : 1);
        }
        start(all);
        start(less);
        for (int k = 0; k < 300; k++) {
            char key[8];
            snprintf(key, sizeof key, "k%d", k);
            uint32_t then = where(all, key), now = where(less, key) == 0 ? 0 : 2;
            needless += then != 1 && then != now;
        }
        CU_ASSERT(algorithm == 0 ? needless == 0 : needless > 20);
        lb_free(all);
        lb_free(less);
    }
}

/* Arcs of the ring against the mean, in 1/1000: from a program of its own, in another language. */
static void ketamas_shares_are_those_of_its_arcs(void)
{
    static const struct { uint32_t n, weight; double least, most; } row[] = {
        { 3, 1, 938, 1036 }, { 10, 1, 873, 1152 }, { 10, 10, 982, 1032 }, { 100, 1, 816, 1282 },
    };
    enum { KEYS = 1u << 20 };

    for (size_t r = 0; r < COUNT(row); r++) {
        struct lb *lb = new_lb("ketama");
        struct extremes e;

        for (uint32_t k = 0; k < row[r].n; k++)
            add(lb, k + 1, "127.0.0.1:#", 8081 + k, row[r].weight);
        start(lb);
        e = shares(lb, KEYS, random_bytes);
        holds(fabs(e.least - row[r].least) < 35 && fabs(e.most - row[r].most) < 35, "arcs");
        lb_free(lb);
    }
}

/* Weights 5, 1, 1 in nginx's round robin: a a b a c a a. */
static void without_a_key_nginx_takes_turns(void)
{
    static const char *const name[] = { "modulo_rehash", "ketama" };

    for (size_t k = 0; k < COUNT(name); k++) {
        struct lb *lb = new_lb(name[k]);

        for (uint32_t i = 0; i < 3; i++)
            add(lb, i + 1, "127.0.0.1:#", 8081 + i, i == 0 ? 5 : 1);
        start(lb);
        for (const char *turn = "aabacaaaabacaa"; *turn; turn++) {
            (void)where(lb, "");                       /* a peek takes no turn */
            holds(taken(lb, "") == (uint32_t)(*turn - 'a'), name[k]);
        }
        lb_free(lb);
    }
}

/* 21 looks of 100 at the only one that is up: most fail, and round robin finds it. */
static void when_tries_run_out_nginx_takes_turns(void)
{
    static const char *const name[] = { "ip_hash", "modulo_rehash", "ketama" };

    for (size_t k = 0; k < COUNT(name); k++) {
        struct lb *lb = equal_ones(name[k], "127.0.0.1:#", 8081, 100);
        struct asked a;

        start(lb);
        for (uint32_t i = 0; i < 100; i++)
            lb_set_state(lb, i, i == 40 ? LB_UP : LB_DOWN);
        for (int client = 0; client < 50; client++) {
            char text[20];
            snprintf(text, sizeof text, "10.%d.3.4", client);
            holds(lb_pick(lb, ask_address(&a, text)) == 40, name[k]);
        }
        lb_free(lb);
    }
}

/* ---- HAProxy ---- */

/* HAProxy reg-tests/balance/balance-uri.vtc and its -path-only: the query does not count. */
static void a_map_goes_by_the_uri(void)
{
    struct lb *lb = equal_ones("map_hash", "s#", 1, 4);

    set(lb, "key", "uri");
    start(lb);
    CU_ASSERT_EQUAL(where(lb, "/url1"), 1);
    CU_ASSERT_EQUAL(where(lb, "/url2"), 2);
    CU_ASSERT_EQUAL(where(lb, "/url3"), 3);
    CU_ASSERT_EQUAL(where(lb, "/url4"), 0);
    CU_ASSERT_EQUAL(where(lb, "/url1?ignore=1"), 1);
    lb_free(lb);
}

/* HAProxy's manual, balance uri: len and depth. */
static void of_a_uri_len_and_depth_count(void)
{
    static const struct { uint32_t length, depth; const char *uri, *same; } row[] = {
        { 0, 0, "/a/b/c", "/a/b/c" },      { 0, 1, "/a/b/c", "/a" },
        { 0, 2, "/a/b/c", "/a/b" },        { 0, 2, "/a/b?x=/y", "/a/b" },
        { 4, 0, "/a/b/c", "/a/b" },        { 99, 0, "/a/b", "/a/b" },
        { 3, 2, "/a/b/c", "/a/" },         { 0, 1, "*", "*" },
    };

    for (size_t k = 0; k < COUNT(row); k++) {
        struct key_rule rule = { .key = KEY_URI, .length = row[k].length, .depth = row[k].depth };
        struct key_rule plain = { .key = KEY_BYTES };
        struct asked a, b;
        holds(key_rule_hash(&rule, ask(&a, row[k].uri)) ==
              key_rule_hash(&plain, ask(&b, row[k].same)), row[k].uri);
    }
}

static void an_address_is_its_own_hash(void)
{
    struct key_rule rule = { .key = KEY_ADDRESS, .function = HASH_CRC32 };
    struct asked a;

    CU_ASSERT_EQUAL(key_rule_hash(&rule, ask_address(&a, "10.0.0.1")), 0x0a000001);
    CU_ASSERT_EQUAL(key_rule_hash(&rule, ask_address(&a, "2001:db8::1")), 0x20010db9);
}

/* URLs of 4 servers, weight 1: HAProxy's ring, computed from the rule. */
static void the_nearest_node_has_the_key(void)
{
    static const uint32_t home[] = { 1, 0, 2, 0, 3, 1, 0, 0, 1, 2, 3, 1, 0, 1, 1, 3, 0, 1, 3, 3 };
    struct lb *lb = equal_ones("nearest_ring", "s#", 1, 4);

    start(lb);
    for (int k = 0; k < 20; k++) {
        char key[12];
        snprintf(key, sizeof key, "/url%d", k + 1);
        holds(where(lb, key) == home[k], key);
    }
    lb_free(lb);
}

/* HAProxy reg-tests/balance/balance-hash-maxconn.vtc. */
static void a_full_backend_keeps_or_loses_its_key(void)
{
    static const char *const affinity[] = { "always", "maxconn" };

    for (int k = 0; k < 2; k++) {
        struct lb *lb = equal_ones("nearest_ring", "s#", 1, 2);
        set(lb, "hash_preserve_affinity", affinity[k]);
        lb_set_limit(lb, 0, 1);
        start(lb);
        CU_ASSERT_EQUAL(taken(lb, "/test-url"), 0);
        CU_ASSERT_EQUAL(taken(lb, "/test-url"), k == 0 ? LB_FULL : 1);
        lb_free(lb);
    }
}

/* hash-balance-factor 150: no more than ceil(1.5 (total + 1) / 4) in flight, and just that. */
static void the_balance_factor_bounds_what_is_in_flight(void)
{
    struct lb *lb = equal_ones("nearest_ring", "s#", 1, 4);
    uint32_t most = 0;

    set(lb, "hash_balance_factor", "150");
    start(lb);
    for (uint32_t total = 0; total < 400; total++) {
        uint32_t i = taken(lb, "hot");
        CU_ASSERT_FATAL(i < 4);
        CU_ASSERT(lb->backend[i].inflight <= (3 * (total + 1) + 7) / 8);
        most = lb->backend[i].inflight > most ? lb->backend[i].inflight : most;
    }
    CU_ASSERT_EQUAL(most, 150);
    lb_free(lb);
}

static void play(const char *factor, const char *const *key, const char *picks)
{
    struct lb *lb = equal_ones("nearest_ring", "127.0.0.1:#", 25001, 5);

    set(lb, "hash_balance_factor", factor);
    start(lb);
    for (uint32_t k = 0; picks[k] != '\0'; k++)
        holds(taken(lb, key[k]) == (uint32_t)(picks[k] - '1'), factor);
    lb_free(lb);
}

/* recordings/maps/haproxy_hash_balance_factor_*.json: requests that stay open. */
static void held_requests_spill_as_recorded(void)
{
    static const char *const key[] = {
        "k15", "k4", "k19", "k7", "k18", "k19", "k16", "k12", "hot", "k10", "k3", "k16", "hot",
        "k1", "hot", "k7", "k11", "k3", "k8", "k13", "hot", "k14", "k3", "hot", "k19", "k2", "k9",
        "k4", "k1", "k8", "k1", "hot", "k0", "k15", "k15", "k10", "k0", "k0", "hot", "hot", "k2",
        "k2", "k1", "k1", "k5", "k6", "k2", "k13", "k17", "k16", "k2", "k1", "k18", "k2", "k8",
        "k5", "hot", "k7", "k9", "k1",
    };
    static const char none[] = "513253145331535213125535324131355553555522332122512352125243";
    static const char of_110[] = "513253241542135243135145424134355432512224332142514352155243";
    static const char of_150[] = "513253145331515213325535124131355543512222332122512352125243";
    play("0", key, none);
    play("110", key, of_110);
    play("150", key, of_150);
}

static uint32_t moved(const char *algorithm, uint32_t n, uint32_t gone, uint32_t renumber)
{
    struct lb *all = new_lb(algorithm), *less = new_lb(algorithm);
    uint32_t moves = 0;

    for (uint32_t k = 0, id = 1; k < n; k++) {
        add(all, k + 1, "s#", k + 1, 1);
        if (k != gone)
            add(less, renumber ? id++ : k + 1, "s#", k + 1, 1);
    }
    start(all);
    start(less);
    for (int k = 0; k < 20000; k++) {
        char key[16];
        snprintf(key, sizeof key, "/item/%d", k);
        uint32_t now = where(less, key);
        moves += where(all, key) != now + (now >= gone);
    }
    lb_free(all);
    lb_free(less);
    return moves;
}

/* Per mille of keys that move when one of n goes: computed from the rules, 200 000 keys. */
static void so_many_keys_move(void)
{
    static const struct {
        const char *algorithm;
        uint32_t    n, gone, renumber;
        double      moved;
        const char *source;
    } row[] = {
        { "map_hash", 4, 3, 1, 750, "HAProxy map-based, 4 to 3" },
        { "map_hash", 10, 9, 1, 901, "HAProxy map-based, 10 to 9" },
        { "map_hash", 100, 99, 1, 990, "HAProxy map-based, 100 to 99" },
        { "modulo_rehash", 10, 9, 1, 900.5, "nginx hash, 10 to 9" },
        { "modulo_hash", 10, 9, 1, 900, "1 - 1/n" },
        { "nearest_ring", 10, 0, 1, 990, "HAProxy consistent, the first goes, ids renumber" },
        { "nearest_ring", 10, 9, 0, 134, "HAProxy consistent, the last goes" },
    };

    for (size_t k = 0; k < COUNT(row); k++)
        holds(fabs(moved(row[k].algorithm, row[k].n, row[k].gone, row[k].renumber) / 20.0
                   - row[k].moved) < 12, row[k].source);
}

/* Arcs of HAProxy's ring against the mean, in 1/1000: computed from the rule. */
static void the_rings_shares_are_haproxys(void)
{
    static const struct { uint32_t n, weight; double least, most; } row[] = {
        { 2, 1, 862, 1138 },   { 4, 1, 741, 1156 },    { 4, 10, 934, 1082 },
        { 4, 100, 972, 1038 }, { 10, 1, 709, 1340 },   { 10, 10, 879, 1099 },
        { 10, 100, 985, 1022 }, { 100, 1, 626, 1439 }, { 100, 10, 878, 1122 },
    };
    enum { KEYS = 1u << 19 };

    for (size_t r = 0; r < COUNT(row); r++) {
        struct lb *lb = new_lb("nearest_ring");
        struct extremes e;

        set(lb, "key", "address");
        set(lb, "avalanche", "0");
        for (uint32_t k = 0; k < row[r].n; k++)
            add(lb, k + 1, "s#", k + 1, row[r].weight);
        start(lb);
        e = shares(lb, KEYS, even_bytes);
        holds(fabs(e.least - row[r].least) < 3 && fabs(e.most - row[r].most) < 3, "arcs");
        lb_free(lb);
    }
}

/* All ask for one key: whoever owns it has his share of 125 percent before another has any more,
 * and the weights share what 64 in flight allow, 80, without a rest. */
static void the_rings_bound_goes_by_weight(void)
{
    static const uint32_t weight[] = { 1, 2, 5 };
    static const char *const key[] = { "/a", "/b", "/c", "/d", "/e", "/f", "/g", "/h" };
    uint32_t owners = 0;

    for (size_t r = 0; r < COUNT(key); r++) {
        struct lb *lb = new_lb("nearest_ring");
        struct asked a;

        set(lb, "hash_balance_factor", "125");
        for (uint32_t k = 0; k < COUNT(weight); k++)
            add(lb, k + 1, "s#", k + 1, weight[k]);
        start(lb);
        uint32_t home = where(lb, key[r]), within = 0;
        for (uint32_t n = 0; n < 64; n++)
            lb_pick(lb, ask(&a, key[r]));
        for (uint32_t i = 0; i < COUNT(weight); i++)
            within += lb->backend[i].inflight <= 10 * weight[i];
        CU_ASSERT_EQUAL(within, COUNT(weight));
        CU_ASSERT_EQUAL(lb->backend[home].inflight, 10 * weight[home]);
        owners |= 1u << home;
        lb_free(lb);
    }
    CU_ASSERT_EQUAL(owners, 7);
}

/* ---- Caddy ---- */

static struct lb *caddys(const char *key)
{
    struct lb *lb = equal_ones("rendezvous_name", "0.0.0.#", 1, 3);

    set(lb, "function", "xxh64");
    set(lb, "key", key);
    start(lb);
    return lb;
}

/* selectionpolicies_test.go; the row of twenty is computed from the rule. */
static void caddys_tests_hold(void)
{
    static const uint32_t home[] = { 0, 1, 0, 1, 2, 1, 2, 0, 0, 1, 0, 2, 0, 2, 1, 0, 0, 2, 0, 0 };
    struct lb *by_address = caddys("address"), *by_text = caddys("bytes");

    for (int k = 0; k < 20; k++) {
        char client[20];
        snprintf(client, sizeof client, "172.0.0.%d", k + 1);
        holds(where_address(by_address, client) == home[k], client);
        holds(where(by_text, client) == home[k], client);
    }
    lb_set_state(by_address, 1, LB_DOWN);
    CU_ASSERT_EQUAL(where_address(by_address, "172.0.0.4"), 2);
    CU_ASSERT_EQUAL(where_address(by_address, "172.0.0.2"), 0);
    CU_ASSERT_EQUAL(where(by_text, "/test"), 2);
    lb_set_state(by_text, 2, LB_DOWN);
    CU_ASSERT_EQUAL(where(by_text, "/test"), 0);
    CU_ASSERT_EQUAL(where(by_text, "/test_2"), 0);
    lb_free(by_address);
    lb_free(by_text);
}

/* An address hashes as its text does: RFC 5952's forms. */
static void an_address_hashes_as_its_text(void)
{
    static const char *const address[] = {
        "10.0.0.1", "255.255.255.255", "::", "::1", "1::", "2001:db8::1", "2001:db8::1:0:0:1",
        "2001:0:0:1::1", "2001:db8:1:1:1:1:0:1", "fe80::a:b:c:d", "1:2:3:4:5:6:7:8",
    };
    struct lb *by_address = equal_ones("rendezvous_name", "127.0.0.1:#", 22001, 97);
    struct lb *by_text = equal_ones("rendezvous_name", "127.0.0.1:#", 22001, 97);

    set(by_address, "key", "address");
    start(by_address);
    start(by_text);
    for (size_t k = 0; k < COUNT(address); k++)
        holds(where_address(by_address, address[k]) == where(by_text, address[k]), address[k]);
    CU_ASSERT_EQUAL(where_address(by_address, "::ffff:9.8.7.6"), where(by_text, "9.8.7.6"));
    lb_free(by_address);
    lb_free(by_text);
}

#define ROW(fact) { #fact, fact }
static const struct unit_test tests[] = {
    ROW(the_functions_give_the_published_values),
    ROW(the_avalanche_gives_the_known_values),
    ROW(fnv1a_gives_the_published_values),
    ROW(two_texts_hash_as_if_they_were_one),
    ROW(every_recorded_key_goes_where_it_went),
    ROW(ip_hash_sends_octets_where_nginx_does),
    ROW(ip_hash_spreads_thirty_networks_evenly),
    ROW(modulo_rehash_gives_nginxs_numbers),
    ROW(ketama_gives_nginxs_numbers),
    ROW(only_ketama_keeps_the_keys_of_the_others),
    ROW(ketamas_shares_are_those_of_its_arcs),
    ROW(without_a_key_nginx_takes_turns),
    ROW(when_tries_run_out_nginx_takes_turns),
    ROW(a_map_goes_by_the_uri),
    ROW(of_a_uri_len_and_depth_count),
    ROW(an_address_is_its_own_hash),
    ROW(the_nearest_node_has_the_key),
    ROW(a_full_backend_keeps_or_loses_its_key),
    ROW(the_balance_factor_bounds_what_is_in_flight),
    ROW(held_requests_spill_as_recorded),
    ROW(so_many_keys_move),
    ROW(the_rings_shares_are_haproxys),
    ROW(the_rings_bound_goes_by_weight),
    ROW(caddys_tests_hold),
    ROW(an_address_hashes_as_its_text),
};

UNIT_MAIN("proxy_hashes", tests)
