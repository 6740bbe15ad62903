/* test_hashing.c - the hashing algorithms against what their sources publish: hash functions,
 * Maglev tables, Envoy's rings, jump and multi-probe vectors, recordings of Linux's packet
 * filter. */
#include "unit.h"

#include "../../algorithms/hash_jenkins.h"
#include "../../algorithms/hash_murmur.h"
#include "../../algorithms/hash_sip.h"
#include "../../algorithms/jump.h"
#include "../../algorithms/lb.h"
#include "../../algorithms/maglev_table.h"
#include "../../algorithms/ring.h"
#include "../../algorithms/spill.h"

#include <math.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct lb *new_lb(const char *algorithm)
{
    return lb_new(lb_find(algorithm), 1);
}

static void set(struct lb *lb, const char *param, double value)
{
    const char *why = NULL;

    CU_ASSERT_EQUAL_FATAL(lb_set(lb, param, value, &why), 0);
}

static struct lb *start(struct lb *lb)
{
    const char *why = NULL;

    CU_ASSERT_EQUAL_FATAL(lb_start(lb, &why), 0);
    return lb;
}

/* n backends called by their number, from `first` on, which stands where the pattern has a #. */
static void add_named(struct lb *lb, const char *pattern, uint32_t first, uint32_t n,
                      const uint32_t *weight)
{
    int before = (int)strcspn(pattern, "#");
    char name[64];

    for (uint32_t k = 0; k < n; k++) {
        snprintf(name, sizeof name, "%.*s%u%s", before, pattern, first + k, pattern + before + 1);
        lb_add(lb, first + k, name, weight ? weight[k] : 1, 0);
    }
}

static uint32_t at_hash(struct lb *lb, uint64_t hash)
{
    return lb_peek(lb, &(struct lb_request){ .hash = hash });
}

static void holds(bool condition, const char *row)
{
    if (!condition)
        fprintf(stderr, "row %s\n", row);
    CU_ASSERT(condition);
}

/* ---- hash functions ---- */

static void murmur2_is_libstdcxxs(void)
{
    static const struct { const char *text; uint64_t hash; } row[] = {   /* std::hash<string> */
        { "", 0x553e93901e462a6eu }, { "a", 0x454ddee488c1ed6bu }, { "abc", 0x32d82bf8ed3dba39u },
        { "127.0.0.1:80", 0xb859ff983d70c779u }, { "127.0.0.1:90_0", 0x4e7fa1fbfddf33c0u },
        { "abcdefgh", 0x783db3e38db898bbu }, { "0123456789abcdef0", 0x37b1a20c7c6ad6e8u },
    };

    for (size_t k = 0; k < COUNT(row); k++)
        holds(hash_murmur2(row[k].text, strlen(row[k].text), 0xc70f6907) == row[k].hash,
              row[k].text);
}

static void murmur3_gives_the_published_values(void)
{
    static const struct { const char *text; uint64_t a, b; } row[] = {   /* spaolacci/murmur3 */
        { "", 0, 0 },
        { "hello", 0xcbd8a7b341bd9b02u, 0x5b1e906a48ae1d19u },
        { "hello, world", 0x342fac623a5ebc8eu, 0x4cdcbc079642414du },
        { "19 Jan 2038 at 3:14:07 AM", 0xb89e5988b737affcu, 0x664fc2950231b2cbu },
        { "The quick brown fox jumps over the lazy dog.", 0xcd99481f9ee902c9u,
          0x695da1a38987b6e7u },
    };
    uint64_t half[2];

    for (size_t k = 0; k < COUNT(row); k++) {
        hash_murmur3(row[k].text, strlen(row[k].text), 0, half);
        holds(half[0] == row[k].a && half[1] == row[k].b, row[k].text);
    }
}

static void jenkins_gives_the_published_values(void)
{
    const char *text = "Four score and seven years ago";                 /* lookup3.c */

    CU_ASSERT_EQUAL(hash_jenkins(text, 30, 0), 0x17770551);
    CU_ASSERT_EQUAL(hash_jenkins(text, 30, 1), 0xcd628161);
    CU_ASSERT_EQUAL(hash_jenkins("", 0, 0), 0xdeadbeef);
    CU_ASSERT_EQUAL(hash_jenkins("", 0, 0xdeadbeef), 0xbd5b7dde);
}

static void siphash_gives_the_published_values(void)
{
    struct sip sip = { { 0x0706050403020100u, 0x0f0e0d0c0b0a0908u }, 2, 4 };
    unsigned char input[16];

    for (unsigned k = 0; k < sizeof input; k++)
        input[k] = (unsigned char)k;
    CU_ASSERT_EQUAL(hash_sip(&sip, input, 0), 0x726fdb47dd0e0e31u);      /* the paper's */
    CU_ASSERT_EQUAL(hash_sip(&sip, input, 15), 0xa129ca6149be45e5u);
    sip.rounds = 1;
    sip.last_rounds = 3;
    CU_ASSERT_EQUAL(hash_sip(&sip, input, 0), 0xabac0158050fc4dcu);      /* Rust's SipHasher13 */
}

/* The C++ standard asks for the 10 000th number under the default seed, [rand.predef]. */
static void mersenne_twister_is_the_standards(void)
{
    struct shuffle s = { .room = 0 };

    shuffle_start(&s, 1, 5489);
    CU_ASSERT_EQUAL(mt_next(&s), 3499211612);
    for (int k = 2; k < 10000; k++)
        mt_next(&s);
    CU_ASSERT_EQUAL(mt_next(&s), 4123659995);
}

/* ---- Envoy's ring: ring_hash_lb_test.cc ---- */

struct point { uint64_t place; uint32_t port; };

/* A key at a point is its, a key just behind it the next one's. */
static void has_points(struct lb *lb, const struct point *p, size_t n, uint32_t first)
{
    for (size_t k = 0; k < n; k++) {
        CU_ASSERT_EQUAL(at_hash(lb, p[k].place), p[k].port - first);
        CU_ASSERT_EQUAL(at_hash(lb, p[k].place + 1), p[(k + 1) % n].port - first);
    }
    CU_ASSERT_EQUAL(at_hash(lb, 0), p[0].port - first);
    CU_ASSERT_EQUAL(at_hash(lb, UINT64_MAX), p[0].port - first);
}

static const struct point by_address[] = {
    { 833437586790550860u, 94 }, { 928266305478181108u, 92 }, { 1033482794131418490u, 90 },
    { 3551244743356806947u, 95 }, { 3851675632748031481u, 93 }, { 5583722120771150861u, 91 },
    { 6311230543546372928u, 91 }, { 7700377290971790572u, 93 }, { 13144177310400110813u, 95 },
    { 13444792449719432967u, 92 }, { 15516499411664133160u, 94 }, { 16117243373044804889u, 90 },
};

static const struct point by_hostname[] = {
    { 1975508444536362413u, 95 }, { 2376063919839173711u, 95 }, { 2386806903309390596u, 93 },
    { 6749904478991551885u, 94 }, { 6803900775736438537u, 93 }, { 7225015537174310577u, 92 },
    { 8787465352164086522u, 90 }, { 11282020843382717940u, 92 }, { 13723418369486627818u, 91 },
    { 13776502110861797421u, 90 }, { 14338313586354474791u, 91 }, { 15364271037087512980u, 94 },
};

static const struct point of_two[] = {
    { 5454692015285649509u, 80 }, { 7859399908942313493u, 81 }, { 13838424394637650569u, 80 },
    { 16064866803292627174u, 81 },
};

static struct lb *ring(const char *pattern, uint32_t first, uint32_t n, uint32_t least)
{
    struct lb *lb = new_lb("envoy_ring_hash");

    set(lb, "min_ring_size", least);
    add_named(lb, pattern, first, n, NULL);
    return start(lb);
}

static void points_at_one_place_are_in_order_of_backends(void)
{
    static const struct ring_point row[] = {
        { 1, 4 }, { 1, 2 }, { 1, 9 }, { 7, 3 }, { 7, 1 }, { UINT64_MAX, 8 }, { UINT64_MAX, 0 },
    };
    static const uint32_t order[] = { 2, 4, 9, 1, 3, 0, 8 };

    for (size_t first = 0; first < COUNT(row); first++) {       /* whatever order they come in */
        struct ring r = { 0 };
        ring_reserve(&r, COUNT(row));
        for (size_t k = 0; k < COUNT(row); k++) {
            const struct ring_point *p = &row[(first + k) % COUNT(row)];
            ring_put(&r, p->place, p->backend);
        }
        ring_sort(&r);
        for (size_t k = 0; k < COUNT(row); k++)
            CU_ASSERT_EQUAL(r.point[k].backend, order[k]);
        CU_ASSERT_EQUAL(r.point[ring_find(&r, 7)].backend, 1);
        CU_ASSERT_EQUAL(r.point[ring_find(&r, 8)].backend, 0);
        ring_free(&r);
    }
}

static void envoy_ring_has_the_points_of_envoys_tests(void)
{
    struct lb *address = ring("127.0.0.1:#", 90, 6, 12), *host = ring("#", 90, 6, 12);
    struct lb *two = ring("127.0.0.1:#", 80, 2, 3);

    has_points(address, by_address, COUNT(by_address), 90);
    has_points(host, by_hostname, COUNT(by_hostname), 90);
    has_points(two, of_two, COUNT(of_two), 80);
    lb_free(address);
    lb_free(host);
    lb_free(two);
}

static void envoy_ring_tries_the_next_points(void)
{
    struct lb *lb = ring("127.0.0.1:#", 90, 6, 12);
    uint64_t avoid = 0;
    static const uint32_t order[] = { 94, 92, 90, 95, 93, 91 };

    for (size_t k = 0; k < COUNT(order); k++) {
        uint32_t i = lb_peek(lb, &(struct lb_request){ .hash = 0, .avoid = &avoid });
        CU_ASSERT_EQUAL(i, order[k] - 90);
        avoid |= 1u << i;
    }
    lb_free(lb);
}

/* ---- the 500 backends of Envoy's load_balancer_benchmark.cc ---- */

static void add_benchmark_hosts(struct lb *lb, uint32_t n)
{
    char name[64];

    for (uint32_t i = 0; i < n; i++) {
        snprintf(name, sizeof name, "10.0.%u.%u:6379", i / 256, i % 256);
        lb_add(lb, i, name, 1, 0);
    }
}

static uint64_t benchmark_key(uint64_t k)
{
    unsigned char bytes[8];

    for (int b = 0; b < 8; b++)
        bytes[b] = (unsigned char)(k >> (8 * b));
    return lb_hash(bytes, sizeof bytes, 0);
}

static double relative_deviation(struct lb *lb, uint32_t n, uint32_t keys)
{
    double *hits = calloc(n, sizeof *hits), squares = 0, mean = (double)keys / n;

    for (uint64_t k = 0; k < keys; k++)
        hits[at_hash(lb, benchmark_key(k))]++;
    for (uint32_t i = 0; i < n; i++)
        squares += (hits[i] - mean) * (hits[i] - mean);
    free(hits);
    return sqrt(squares / n) / mean;
}

/* Envoy's pull request 5846 prints these for the ring; they hold to the last digit. */
static void envoys_spread_is_the_published_one(void)
{
    static const struct { const char *name; uint32_t n; double deviation; } row[] = {
        { "envoy_ring_hash", 100, 0.0449153 }, { "envoy_ring_hash", 200, 0.0739416 },
        { "envoy_ring_hash", 500, 0.113084 }, { "envoy_maglev", 100, 0.0292270 },
        { "envoy_maglev", 200, 0.0415841 }, { "envoy_maglev", 500, 0.0687299 },
    };

    for (size_t k = 0; k < COUNT(row); k++) {
        struct lb *lb = new_lb(row[k].name);
        if (strcmp(row[k].name, "envoy_ring_hash") == 0)
            set(lb, "min_ring_size", 65536);
        add_benchmark_hosts(lb, row[k].n);
        double deviation = relative_deviation(start(lb), row[k].n, 100000);
        if (fabs(deviation - row[k].deviation) > 6e-7)
            fprintf(stderr, "%s %u: %.7f\n", row[k].name, row[k].n, deviation);
        CU_ASSERT(fabs(deviation - row[k].deviation) <= 6e-7);
        lb_free(lb);
    }
}

/* The share of keys that move when the last backends go, in percent. */
static double moved(const char *name, uint32_t least, uint32_t n, uint32_t gone, uint32_t keys)
{
    struct lb *before = new_lb(name), *after = new_lb(name);
    uint32_t moves = 0;

    if (least != 0) {
        set(before, "min_ring_size", least);
        set(after, "min_ring_size", least);
    }
    add_benchmark_hosts(before, n);
    add_benchmark_hosts(after, n - gone);
    start(before);
    start(after);
    for (uint64_t k = 0; k < keys; k++)
        moves += at_hash(before, benchmark_key(k)) != at_hash(after, benchmark_key(k));
    lb_free(before);
    lb_free(after);
    return 100.0 * moves / keys;
}

static void envoys_host_loss_is_the_benchmarks(void)
{
    static const struct { uint32_t gone; double maglev, ring64k, ring256k, ring1k; } row[] = {
        { 1, 1.00, 0.15, 0.53, 0.23 }, { 2, 1.65, 0.34, 0.96, 0.45 }, { 3, 1.90, 0.46, 1.34, 0.59 },
    };

    for (size_t k = 0; k < COUNT(row); k++) {
        CU_ASSERT_DOUBLE_EQUAL(moved("envoy_maglev", 0, 500, row[k].gone, 10000), row[k].maglev,
                               0.006);
        CU_ASSERT_DOUBLE_EQUAL(moved("envoy_ring_hash", 65536, 500, row[k].gone, 10000),
                               row[k].ring64k, 0.006);
        CU_ASSERT_DOUBLE_EQUAL(moved("envoy_ring_hash", 256000, 500, row[k].gone, 10000),
                               row[k].ring256k, 0.006);
        CU_ASSERT_DOUBLE_EQUAL(moved("envoy_ring_hash", 1024, 500, row[k].gone, 10000),
                               row[k].ring1k, 0.006);
    }
}

/* A ring of given size moves more than it must when one of few goes. */
static void envoys_ring_moves_more_than_it_must(void)
{
    static const struct { uint32_t n; double ring, maglev; } row[] = {
        { 3, 40.4, 33.35 }, { 5, 29.8, 20.06 }, { 10, 18.8, 10.34 }, { 50, 1.9, 2.44 },
        { 100, 1.39, 1.56 },
    };

    for (size_t k = 0; k < COUNT(row); k++) {
        double r = moved("envoy_ring_hash", 1024, row[k].n, 1, 20000);
        double m = moved("envoy_maglev", 0, row[k].n, 1, 20000);
        if (fabs(r - row[k].ring) > 1 || fabs(m - row[k].maglev) > 0.5)
            fprintf(stderr, "%u: ring %.2f maglev %.2f\n", row[k].n, r, m);
        CU_ASSERT(fabs(r - row[k].ring) <= 1 && fabs(m - row[k].maglev) <= 0.5);
    }
}

/* ---- Maglev tables ---- */

static void is_table(const struct lb *lb, const uint32_t *slot, const char *expected)
{
    for (size_t k = 0; expected[k] != '\0'; k++)
        if (slot[k] != (uint32_t)(expected[k] - '0')) {
            fprintf(stderr, "%s: slot %zu is %u\n", lb->ops->name, k, slot[k]);
            CU_FAIL("see the line before");
            return;
        }
}

/* The paper's table 1: B0 (3, 4), B1 (0, 2), B2 (3, 1), seven slots; then without B1. */
static void maglev_is_the_papers_example(void)
{
    static const uint32_t whole[] = { 1, 0, 1, 0, 2, 2, 0 }, less[] = { 0, 0, 0, 0, 2, 2, 2 };
    struct lb *lb = new_lb("maglev");
    struct maglev_table t = { .size = 0 };

    add_named(lb, "#", 0, 3, NULL);
    maglev_open(&t, 7);
    maglev_change(&t, lb);
    maglev_clear(&t);
    maglev_claim(&t, 0, 1, 3, 3);            /* skip is hash mod 6 + 1 */
    maglev_claim(&t, 1, 1, 0, 1);
    maglev_claim(&t, 2, 1, 3, 0);
    maglev_fill_by_target(&t);
    CU_ASSERT(memcmp(t.slot, whole, sizeof whole) == 0);
    maglev_clear(&t);
    maglev_claim(&t, 0, 1, 3, 3);
    maglev_claim(&t, 2, 1, 3, 0);
    maglev_fill_by_target(&t);
    CU_ASSERT(memcmp(t.slot, less, sizeof less) == 0);
    maglev_close(&t);
    lb_free(lb);
}

static struct lb *envoy_maglev(const char *pattern, uint32_t n, uint32_t size,
                               const uint32_t *weight)
{
    struct lb *lb = new_lb("envoy_maglev");

    set(lb, "table_size", size);
    add_named(lb, pattern, 90, n, weight);
    return start(lb);
}

static void envoy_maglev_has_the_tables_of_envoys_tests(void)
{
    static const struct {
        const char *pattern; uint32_t n, size, weight[6]; const char *table;
    } row[] = {
        { "127.0.0.1:#", 6, 7, { 1, 1, 1, 1, 1, 1 }, "2401503" },
        { "#", 6, 7, { 1, 1, 1, 1, 1, 1 }, "2503410" },
        { "127.0.0.1:#", 2, 17, { 1, 1 }, "10010110010100101" },
        { "127.0.0.1:#", 2, 17, { 8, 2 }, "10000010010100000" },
    };
    uint32_t slot[17];

    for (size_t k = 0; k < COUNT(row); k++) {
        struct lb *lb = envoy_maglev(row[k].pattern, row[k].n, row[k].size, row[k].weight);
        for (uint32_t h = 0; h < row[k].size; h++)
            slot[h] = at_hash(lb, h);
        is_table(lb, slot, row[k].table);
        lb_free(lb);
    }
}

/* A hash of 10 whose host is rejected twice: 91, then 90, then 95. */
static void envoy_maglev_tries_as_envoy_does(void)
{
    struct lb *lb = envoy_maglev("127.0.0.1:#", 6, 7, NULL);
    static const uint32_t order[] = { 91, 90, 95 };
    uint64_t avoid = 0;

    for (size_t k = 0; k < COUNT(order); k++) {
        uint32_t i = lb_peek(lb, &(struct lb_request){ .hash = 10, .avoid = &avoid });
        CU_ASSERT_EQUAL(i, order[k] - 90);
        avoid |= 1u << i;
    }
    lb_free(lb);
}

/* Localities of 1 and 1023 hosts, weighted 127 : 1: 64 514 slots, and one each. */
static void envoy_maglev_gives_the_light_one_slot_each(void)
{
    enum { N = 1024, M = 65537 };
    struct lb *lb = new_lb("envoy_maglev");
    uint32_t *count = calloc(N, sizeof *count);
    char name[32];

    for (uint32_t i = 0; i < N; i++) {
        snprintf(name, sizeof name, "127.0.0.1:%u", i);
        lb_add(lb, i, name, i == 0 ? 127 * 1023 : 1, 0);
    }
    start(lb);
    for (uint64_t h = 0; h < M; h++)
        count[at_hash(lb, h)]++;
    CU_ASSERT_EQUAL(count[0], 64514);
    for (uint32_t i = 1; i < N; i++)
        CU_ASSERT_EQUAL(count[i], 1);
    free(count);
    lb_free(lb);
}

/* ---- tables that are looked up by a flow's hash: keys are tried until every slot was hit ---- */

typedef uint32_t flow_hash(const unsigned char key[6]);

static uint32_t katran_flow(const unsigned char key[6])
{
    unsigned char words[8] = { key[0], key[1], key[2], key[3], key[4], key[5] };

    return hash_jenkins(words, sizeof words, 65537 * 512);
}

static uint32_t katran_flow_of_ring_7(const unsigned char key[6])
{
    unsigned char words[8] = { key[0], key[1], key[2], key[3], key[4], key[5] };

    return hash_jenkins(words, sizeof words, 7 * 512);
}

static uint32_t cilium_flow(const unsigned char key[6])
{
    unsigned char words[12] = { key[0], key[1], key[2], key[3], key[4], key[5], [8] = 6 };

    return hash_jenkins(words, sizeof words, 0x71dcda46);
}

static uint32_t ipvs_client(const unsigned char key[6])
{
    struct sip sip = { { 2654435761, 2654435761 }, 1, 3 };
    unsigned char reversed[4] = { key[3], key[2], key[1], key[0] };

    return (uint32_t)hash_sip(&sip, reversed, sizeof reversed);
}

static uint32_t *table_of(struct lb *lb, uint32_t size, flow_hash *hash)
{
    uint32_t *slot = malloc(size * sizeof *slot), left = size;

    memset(slot, 0xff, size * sizeof *slot);
    for (uint32_t k = 0; left > 0 && k < 100 * size; k++) {
        unsigned char key[6] = { 10, (unsigned char)(k >> 16), (unsigned char)(k >> 8),
                                 (unsigned char)k, 0x30, 0x39 };
        uint32_t at = hash(key) % size;
        left -= slot[at] == UINT32_MAX;
        slot[at] = lb_peek(lb, &(struct lb_request){ .key = key, .key_length = 6 });
    }
    CU_ASSERT_EQUAL(left, 0);
    return slot;
}

static void count_slots(uint32_t *count, uint32_t n, const uint32_t *slot, uint32_t size)
{
    memset(count, 0, n * sizeof *count);
    for (uint32_t k = 0; k < size; k++)
        if (slot[k] < n)
            count[slot[k]]++;
}

/* CHHelpersTest, MaglevHashTest and issue 35 of Katran. */
static void katrans_weights_are_katrans(void)
{
    static const struct {
        uint32_t version, size, n, weight[3], count[3];
    } row[] = {
        { 0, 65537, 3, { 2, 1, 1 }, { 21847, 21845, 21845 } },
        { 1, 65537, 3, { 2, 1, 1 }, { 32769, 16384, 16384 } },
        { 0, 65537, 2, { 1, 10 }, { 32764, 32773 } },
        { 1, 65537, 2, { 1, 10 }, { 5958, 59579 } },
        { 0, 7, 2, { 2, 1 }, { 4, 3 } },
        { 1, 7, 2, { 2, 1 }, { 5, 2 } },
    };

    for (size_t k = 0; k < COUNT(row); k++) {
        struct lb *lb = new_lb("katran_maglev");
        uint32_t count[3];
        set(lb, "version", row[k].version);
        set(lb, "table_size", row[k].size);
        add_named(lb, "real#", 0, row[k].n, row[k].weight);
        uint32_t *slot = table_of(start(lb), row[k].size,
                                  row[k].size == 7 ? katran_flow_of_ring_7 : katran_flow);
        count_slots(count, row[k].n, slot, row[k].size);
        for (uint32_t i = 0; i < row[k].n; i++)
            CU_ASSERT_EQUAL(count[i], row[k].count[i]);
        free(slot);
        lb_free(lb);
    }
}

/* 400 reals: 163 or 164 slots each; of weight 327 each, twice the table, 199 get none. */
static void katrans_head_starts_can_use_up_the_table(void)
{
    enum { N = 400, M = 65537 };
    uint32_t weight[N], count[N], full = 0, none = 0;

    for (uint32_t w = 1; w <= 327; w += 326) {
        struct lb *lb = new_lb("katran_maglev");
        for (uint32_t i = 0; i < N; i++)
            weight[i] = w;
        add_named(lb, "real#", 0, N, weight);
        uint32_t *slot = table_of(start(lb), M, katran_flow);
        count_slots(count, N, slot, M);
        for (uint32_t i = 0; i < N; i++) {
            full += w == 327 && count[i] == 327;
            none += w == 327 && count[i] == 0;
            CU_ASSERT(w == 327 || count[i] == 163 || count[i] == 164);
        }
        free(slot);
        lb_free(lb);
    }
    CU_ASSERT(full == 200 && none == 199);
}

/* The first slots of four reals whose own hashes are 0 to 3: offset and skip 22292 48325, 3304
 * 19461, 43699 25045, 8737 46941 in a table of 65537. */
static void katrans_permutation_is_katrans(void)
{
    static const uint32_t first[][2] = {
        { 22292, 48325 }, { 3304, 19461 }, { 43699, 25045 }, { 8737, 46941 },
    };
    struct lb *lb = new_lb("katran_maglev");

    add_named(lb, "real#", 0, 4, NULL);

    uint32_t *slot = table_of(start(lb), 65537, katran_flow);

    for (uint32_t i = 0; i < 4; i++)
        for (uint32_t step = 0; step < 3; step++)
            CU_ASSERT_EQUAL(slot[(first[i][0] + step * first[i][1]) % 65537], i);
    free(slot);
    lb_free(lb);
}

/* Cilium's TestReproducible: ten real weights, 251 slots, as it begins. */
static void ciliums_table_is_ciliums(void)
{
    static const uint32_t address[] = { 1, 3, 4, 5 }, weight[] = { 2, 13, 111, 10 };
    struct lb *lb = new_lb("cilium_maglev");
    char name[32];

    set(lb, "table_size", 251);
    for (uint32_t k = 0; k < 4; k++) {
        snprintf(name, sizeof name, "0.0.0.%u:%u", address[k], address[k]);
        lb_add(lb, k, name, weight[k], 0);
    }

    uint32_t *slot = table_of(start(lb), 251, cilium_flow);

    is_table(lb, slot, "22222" "3" "222" "1" "22" "0" "2" "3" "2" "3" "2" "1" "2222222" "1"
                       "22222222222222");
    free(slot);
    lb_free(lb);
}

static void ciliums_weights_are_ciliums(void)
{
    static const uint32_t weight[] = { 2, 13, 111, 10 }, expected[] = { 16, 98, 832, 75 };
    struct lb *lb = new_lb("cilium_maglev");
    uint32_t count[4];
    char name[32];

    set(lb, "table_size", 1021);
    for (uint32_t k = 0; k < 4; k++) {
        snprintf(name, sizeof name, "0.0.0.%u:%u", k + 1, k + 1);
        lb_add(lb, k, name, weight[k], 0);
    }

    uint32_t *slot = table_of(start(lb), 1021, cilium_flow);

    count_slots(count, 4, slot, 1021);
    for (uint32_t i = 0; i < 4; i++)
        CU_ASSERT_EQUAL(count[i], expected[i]);
    free(slot);
    lb_free(lb);
}

static void cilium_takes_its_own_sizes_only(void)
{
    struct lb *lb = new_lb("cilium_maglev");
    const char *why = NULL;

    set(lb, "table_size", 1019);
    CU_ASSERT(lb_start(lb, &why) == -1 && why != NULL);
    lb_free(lb);
}

/* Worked out from the rule of ip_vs_mh.c by a second, independent program. */
static void ipvs_maglev_has_the_kernels_table(void)
{
    static const struct { uint32_t weight[3], count[3]; const char *table; } row[] = {
        { { 1, 1, 1 }, { 84, 84, 83 }, "0100001110001111112200001110000111100222" },
        { { 6, 2, 4 }, { 126, 42, 83 }, "0000001110001000012000001110000201100220" },
        { { 100, 1, 7 }, { 216, 18, 17 }, "0000001010000000010000001110000000000000" },
    };
    uint32_t count[3];

    for (size_t k = 0; k < COUNT(row); k++) {
        struct lb *lb = new_lb("ipvs_maglev");
        set(lb, "table_size", 251);
        add_named(lb, "10.0.0.#:80", 1, 3, row[k].weight);
        uint32_t *slot = table_of(start(lb), 251, ipvs_client);
        is_table(lb, slot, row[k].table);
        count_slots(count, 3, slot, 251);
        for (int i = 0; i < 3; i++)
            CU_ASSERT_EQUAL(count[i], row[k].count[i]);
        free(slot);
        lb_free(lb);
    }
}

/* ---- IPVS refuses ---- */

static uint32_t from_client(struct lb *lb, uint32_t k)
{
    unsigned char key[4] = { 192, 168, (unsigned char)(k >> 8), (unsigned char)k };

    return lb_peek(lb, &(struct lb_request){ .key = key, .key_length = 4 });
}

/* Draining one of four: its clients are refused, or fall back; nobody else notices. */
static void ipvs_refuses_the_clients_of_a_drained_one(const char *name)
{
    struct lb *whole = new_lb(name), *drained = new_lb(name), *fallback = new_lb(name);
    uint32_t refused = 0;

    set(fallback, "fallback", 1);
    add_named(whole, "10.0.0.#:80", 1, 4, NULL);
    add_named(drained, "10.0.0.#:80", 1, 4, NULL);
    add_named(fallback, "10.0.0.#:80", 1, 4, NULL);
    start(whole);
    lb_set_state(start(drained), 2, LB_DRAINING);
    lb_set_state(start(fallback), 2, LB_DRAINING);
    for (uint32_t k = 0; k < 4000; k++) {
        uint32_t home = from_client(whole, k), now = from_client(drained, k);
        CU_ASSERT_EQUAL(now, home == 2 ? LB_NONE : home);
        CU_ASSERT(home == 2 ? from_client(fallback, k) < 4 : from_client(fallback, k) == home);
        refused += now == LB_NONE;
    }
    CU_ASSERT(refused > 800 && refused < 1200);
    lb_free(whole);
    lb_free(drained);
    lb_free(fallback);
}

static void source_hash_refuses_the_clients_of_a_drained_one(void)
{
    ipvs_refuses_the_clients_of_a_drained_one("source_hash");
}

static void ipvs_maglev_refuses_the_clients_of_a_drained_one(void)
{
    ipvs_refuses_the_clients_of_a_drained_one("ipvs_maglev");
}

/* Buckets by hash_32(address, 8): worked out by hand; of weights 3, 1, 2 bucket b is dealt as
 * 000122 round and round, by dh as 012. */
static void ipvs_deals_buckets_in_order(void)
{
    static const uint32_t weight[] = { 3, 1, 2 };
    static const struct { unsigned char address[4]; uint32_t bucket; } row[] = {
        { { 10, 0, 0, 1 }, 39 }, { { 10, 0, 0, 2 }, 137 }, { { 192, 168, 1, 7 }, 211 },
        { { 172, 16, 5, 4 }, 138 },
    };
    struct lb *sh = new_lb("source_hash"), *dh = new_lb("destination_hash");

    add_named(sh, "10.9.0.#:80", 1, 3, weight);
    add_named(dh, "10.9.0.#:80", 1, 3, weight);
    start(sh);
    start(dh);
    for (size_t k = 0; k < COUNT(row); k++) {
        struct lb_request rq = { .key = row[k].address, .key_length = 4 };
        CU_ASSERT_EQUAL(lb_peek(sh, &rq), (uint32_t)("000122"[row[k].bucket % 6] - '0'));
        CU_ASSERT_EQUAL(lb_peek(dh, &rq), row[k].bucket % 3);
    }
    lb_free(sh);
    lb_free(dh);
}

static void ipvs_hashes_the_port_when_told(void)
{
    struct lb *plain = new_lb("source_hash"), *port = new_lb("source_hash");
    uint32_t other = 0;

    set(port, "port", 1);
    add_named(plain, "10.9.0.#:80", 1, 3, NULL);
    add_named(port, "10.9.0.#:80", 1, 3, NULL);
    start(plain);
    start(port);
    for (unsigned k = 0; k < 300; k++) {
        unsigned char flow[6] = { 10, 0, 0, 1, (unsigned char)(k >> 8), (unsigned char)k };
        struct lb_request rq = { .key = flow, .key_length = 6 };
        CU_ASSERT_EQUAL(lb_peek(plain, &rq), 0);             /* bucket 39 */
        other += lb_peek(port, &rq) != 0;
    }
    CU_ASSERT(other > 150 && other < 250);
    lb_free(plain);
    lb_free(port);
}

/* ---- jump, multi-probe, rendezvous, anchor ---- */

static void jump_gives_the_published_buckets(void)
{
    static const struct { uint64_t key; uint32_t n, bucket; } row[] = {
        { 1, 1, 0 }, { 42, 57, 43 }, { 0xDEAD10CC, 666, 361 }, { 256, 1024, 520 }, { 1, 10, 6 },
        { 10, 10, 7 }, { 123456789, 1000, 294 },
    };

    for (size_t k = 0; k < COUNT(row); k++)
        CU_ASSERT_EQUAL(jump_bucket(row[k].key, row[k].n), row[k].bucket);
}

/* Summed up by the paper's five lines in another language's doubles. */
static void jump_is_the_papers_in_a_million_buckets(void)
{
    uint64_t sum = 0;

    for (uint64_t k = 1; k <= 20000; k++)
        sum += jump_bucket(k * 0x9e3779b97f4a7c15u, 1000000);
    CU_ASSERT_EQUAL(sum, 9971809823);
}

static void jump_moves_to_the_new_bucket_only(void)
{
    enum { KEYS = 100000 };
    uint32_t moves = 0;

    for (uint64_t key = 0; key < KEYS; key++) {
        uint32_t before = jump_bucket(lb_mix(key), 10), after = jump_bucket(lb_mix(key), 11);
        CU_ASSERT(after == before || after == 10);
        moves += after != before;
    }
    CU_ASSERT(fabs(moves / (double)KEYS - 1 / 11.0) < 3 * sqrt(1 / 11.0 * 10 / 11 / KEYS));
}

/* dgryski/go-mpchash, its test data: 6000 shards, 21 probes. */
static void multi_probe_gives_the_published_shards(void)
{
    static const struct { const char *key; uint32_t shard; } row[] = {
        { "shard-1", 1389 }, { "shard-2", 4257 }, { "shard-3", 4744 },
    };
    struct lb *lb = new_lb("multi_probe");

    add_named(lb, "shard-#", 0, 6000, NULL);
    start(lb);
    for (size_t k = 0; k < COUNT(row); k++)
        CU_ASSERT_EQUAL(lb_peek(lb, &(struct lb_request){ .key = row[k].key, .key_length = 7 }),
                        row[k].shard);
    lb_free(lb);
}

/* Peak over mean 1.05 with 21 probes, so the paper; one probe leaves about ln n times the mean. */
static void more_probes_spread_better(void)
{
    enum { N = 50, KEYS = 100000 };
    static const struct { uint32_t probes; double low, high; } row[] = {
        { 1, 2.5, 7 }, { 2, 1.4, 2.6 }, { 5, 1.15, 1.6 }, { 21, 1, 1.16 },
    };

    for (size_t k = 0; k < COUNT(row); k++) {
        struct lb *lb = new_lb("multi_probe");
        uint32_t count[N] = { 0 }, most = 0;
        set(lb, "probes", row[k].probes);
        add_named(lb, "node#", 0, N, NULL);
        start(lb);
        for (uint64_t key = 0; key < KEYS; key++) {
            uint32_t i = at_hash(lb, lb_mix(key));
            most = ++count[i] > most ? count[i] : most;
        }
        double peak = most / (KEYS / (double)N);
        CU_ASSERT(peak > row[k].low && peak < row[k].high);
        lb_free(lb);
    }
}

/* Exactly the keys of the one that goes move, and they come back with it. */
static void no_key_moves_needlessly(const char *name)
{
    struct lb *whole = new_lb(name), *less = new_lb(name);

    add_named(whole, "node#", 0, 12, NULL);
    add_named(less, "node#", 0, 12, NULL);
    start(whole);
    start(less);
    lb_set_state(less, 3, LB_DOWN);
    lb_set_state(less, 7, LB_DOWN);
    for (uint64_t key = 0; key < 5000; key++) {
        uint32_t home = at_hash(whole, lb_mix(key)), now = at_hash(less, lb_mix(key));
        CU_ASSERT(home == 3 || home == 7 ? now != 3 && now != 7 && now < 12 : now == home);
    }
    lb_set_state(less, 7, LB_UP);
    lb_set_state(less, 3, LB_UP);
    for (uint64_t key = 0; key < 5000; key++)
        CU_ASSERT_EQUAL(at_hash(whole, lb_mix(key)), at_hash(less, lb_mix(key)));
    lb_free(whole);
    lb_free(less);
}

static void rendezvous_moves_no_key_needlessly(void)
{
    no_key_moves_needlessly("rendezvous");
}

static void anchor_moves_no_key_needlessly(void)
{
    no_key_moves_needlessly("anchor");
}

static void multi_probe_moves_no_key_needlessly(void)
{
    no_key_moves_needlessly("multi_probe");
}

/* Back in the order in which they went: each has the other's keys, as the paper's stack has it. */
static void anchor_swaps_keys_of_those_that_return_out_of_order(void)
{
    struct lb *whole = new_lb("anchor"), *back = new_lb("anchor");

    add_named(whole, "node#", 0, 12, NULL);
    add_named(back, "node#", 0, 12, NULL);
    start(whole);
    start(back);
    lb_set_state(back, 3, LB_DOWN);
    lb_set_state(back, 7, LB_DOWN);
    lb_set_state(back, 3, LB_UP);
    lb_set_state(back, 7, LB_UP);
    for (uint64_t key = 0; key < 5000; key++) {
        uint32_t home = at_hash(whole, lb_mix(key));
        uint32_t expected = home == 3 ? 7 : home == 7 ? 3 : home;
        CU_ASSERT_EQUAL(at_hash(back, lb_mix(key)), expected);
    }
    lb_free(whole);
    lb_free(back);
}

static void anchor_is_even_whatever_went(void)
{
    enum { N = 40, KEYS = 200000 };
    struct lb *lb = new_lb("anchor");
    uint32_t count[N] = { 0 };
    double chi = 0;

    set(lb, "capacity", 64);
    add_named(lb, "node#", 0, N, NULL);
    start(lb);
    for (uint32_t k = 0; k < 30; k++)
        lb_remove(lb, (k * 7 + 3) % N);
    for (uint64_t key = 0; key < KEYS; key++)
        count[at_hash(lb, lb_mix(key))]++;
    for (uint32_t i = 0; i < N; i++)
        if (lb->backend[i].state == LB_UP)
            chi += pow(count[i] - KEYS / 10.0, 2) / (KEYS / 10.0);
    CU_ASSERT(chi < 27.9);                   /* 9 degrees: one time in a thousand */
    lb_free(lb);
}

static void rendezvous_follows_weights(void)
{
    static const uint32_t weight[] = { 1, 3, 3, 1 };
    enum { KEYS = 80000 };
    struct lb *lb = new_lb("rendezvous");
    uint32_t count[4] = { 0 };
    double chi = 0;

    add_named(lb, "node#", 0, 4, weight);
    start(lb);
    for (uint64_t key = 0; key < KEYS; key++)
        count[at_hash(lb, lb_mix(key))]++;
    for (int i = 0; i < 4; i++)
        chi += pow(count[i] - KEYS * weight[i] / 8.0, 2) / (KEYS * weight[i] / 8.0);
    CU_ASSERT(chi < 16.3);
    lb_free(lb);
}

/* A changed weight moves keys to or from that backend only. */
static void rendezvous_weights_move_their_own_keys_only(void)
{
    struct lb *before = new_lb("rendezvous"), *after = new_lb("rendezvous");

    add_named(before, "node#", 0, 5, NULL);
    add_named(after, "node#", 0, 5, NULL);
    start(before);
    lb_set_weight(start(after), 2, 4);
    for (uint64_t key = 0; key < 20000; key++) {
        uint32_t was = at_hash(before, lb_mix(key)), is = at_hash(after, lb_mix(key));
        CU_ASSERT(is == was || is == 2);
    }
    lb_free(before);
    lb_free(after);
}

/* ---- Envoy's bound: bounded_load_hlb_test.cc ---- */

static void envoys_shuffles_are_envoys(void)
{
    static const struct { uint32_t seed; const char *order; } row[] = {
        { 2, "21043" }, { 6, "40231" }, { 7, "01432" },
    };
    struct shuffle s = { .room = 0 };

    shuffle_reserve(&s, 5);
    for (size_t k = 0; k < COUNT(row); k++) {
        shuffle_start(&s, 5, row[k].seed);
        for (int at = 0; at < 5; at++)
            CU_ASSERT_EQUAL(shuffle_next(&s), (uint32_t)(row[k].order[at] - '0'));
        shuffle_end(&s);
    }
    shuffle_free(&s);
}

/* Ten alike, 150 percent, 100 in flight: 16 slots each, and 17 may come of it, never 18. */
static void envoys_bound_is_soft_by_one(void)
{
    static const char *const name[] = { "envoy_ring_hash", "envoy_maglev" };

    for (size_t k = 0; k < COUNT(name); k++) {
        struct lb *lb = new_lb(name[k]);
        uint32_t most = 0;
        set(lb, "hash_balance_factor", 150);
        add_named(lb, "10.0.0.#:80", 0, 10, NULL);
        start(lb);
        for (int n = 0; n < 101; n++)
            lb_pick(lb, &(struct lb_request){ .hash = 12345 });          /* one popular key */
        for (int i = 0; i < 10; i++)
            most = lb->backend[i].inflight > most ? lb->backend[i].inflight : most;
        CU_ASSERT(most == 16 || most == 17);
        CU_ASSERT(lb->backend[at_hash(lb, 12345)].inflight <= 16);
        CU_ASSERT_EQUAL(at_hash(lb, 12345), at_hash(lb, 12345));
        lb_free(lb);
    }
}

static void envoys_bound_is_off_or_at_least_the_mean(void)
{
    struct lb *lb = new_lb("envoy_maglev");
    const char *why = NULL;

    set(lb, "hash_balance_factor", 99);
    CU_ASSERT(lb_start(lb, &why) == -1 && why != NULL);
    lb_free(lb);
}

/* ---- Linux's packet filter: recordings of 6.18, four backends ---- */

/* jhash ip saddr mod 4 seed 1 from 127.0.3.1 to 127.0.3.40. */
static void jhash_is_the_recorded_one(void)
{
    static const char recorded[] = "1134442413443121443113313243344131324242";
    struct lb *lb = new_lb("jhash");

    add_named(lb, "s#", 1, 4, NULL);
    start(lb);
    for (unsigned k = 0; recorded[k] != '\0'; k++) {
        unsigned char source[4] = { 127, 0, 3, (unsigned char)(k + 1) };
        CU_ASSERT_EQUAL(lb_peek(lb, &(struct lb_request){ .key = source, .key_length = 4 }),
                        (uint32_t)(recorded[k] - '1'));
    }
    lb_free(lb);
}

/* numgen inc mod 4, and statistic nth over 4, 3, 2 and the rest: both 1 2 3 4 1 2 3 4. */
static void numgen_takes_turns_and_starts_anew(void)
{
    struct lb *lb = new_lb("numgen");
    const struct lb_request rq = { .hash = 0 };

    add_named(lb, "s#", 1, 4, NULL);
    start(lb);
    for (uint32_t k = 0; k < 6; k++)
        CU_ASSERT_EQUAL(lb_pick(lb, &rq), k % 4);
    lb_set_state(lb, 1, LB_DOWN);
    CU_ASSERT_EQUAL(lb_pick(lb, &rq), 0);
    CU_ASSERT_EQUAL(lb_pick(lb, &rq), 2);
    lb_free(lb);
}

/* The kernel's own 3000 connections were 724, 771, 751, 754; equal shares are what is expected. */
static void a_chain_of_rules_is_even(const char *name)
{
    enum { PICKS = 40000 };
    struct lb *lb = new_lb(name);
    double chi = 0;

    if (strcmp(name, "numgen") == 0)
        set(lb, "mode", 1);
    add_named(lb, "s#", 1, 4, NULL);
    start(lb);
    for (int k = 0; k < PICKS; k++)
        lb_pick(lb, &(struct lb_request){ .hash = 0 });
    for (int i = 0; i < 4; i++)
        chi += pow(lb->backend[i].inflight - PICKS / 4.0, 2) / (PICKS / 4.0);
    CU_ASSERT(chi > 0.01 && chi < 16.3);     /* 3 degrees; 0 would be turns, not chance */
    lb_free(lb);
}

static void kube_proxys_chain_is_even(void)
{
    a_chain_of_rules_is_even("probability_chain");
}

static void numgen_random_is_even(void)
{
    a_chain_of_rules_is_even("numgen");
}

/* ---- ring_hash: the table against the rule ---- */

/* How far behind the key's place the k-th point of backend i is, round the ring. */
static uint64_t ring_distance(const struct lb *lb, uint32_t i, uint64_t k, uint64_t hash)
{
    const uint64_t golden = 0x9e3779b97f4a7c15u, index = 0xffffff;
    uint64_t point = lb_mix(lb_mix(lb->backend[i].id ^ golden) + k * golden);

    return ((point & ~index) | i) - lb_mix(hash);
}

static uint32_t ring_scan(const struct lb *lb, uint32_t vnodes, const struct lb_request *rq)
{
    uint64_t least = UINT64_MAX;
    uint32_t best = LB_NONE;

    for (uint32_t i = 0; i < lb->count; i++)
        for (uint64_t k = 0; lb_usable(lb, i, rq) && k < vnodes * lb->backend[i].weight; k++)
            if (ring_distance(lb, i, k, rq->hash) <= least) {
                least = ring_distance(lb, i, k, rq->hash);
                best = i;
            }
    return best;
}

static void ring_change(struct lb *lb, uint64_t random)
{
    uint32_t i = (uint32_t)(random >> 8) % lb->count;

    switch (random % 5) {
    case 0: lb_add(lb, random, "", 1 + (uint32_t)(random >> 40) % 9, 0); break;
    case 1: lb_remove(lb, i); break;
    case 2: lb_set_weight(lb, i, (uint32_t)(random >> 40) % 9); break;
    case 3: lb_set_state(lb, i, LB_DOWN); break;
    default: lb_set_state(lb, i, LB_UP);
    }
}

/* From a single point to rings of many parts; what was a large ring may become a small one. */
static void ring_hash_is_the_plain_scan(void)
{
    static const struct { uint32_t backends, vnodes, changes, keys; } row[] = {
        { 1, 1, 200, 5 }, { 3, 1, 300, 10 }, { 12, 7, 150, 30 }, { 60, 160, 12, 15 },
    };

    for (size_t r = 0; r < COUNT(row); r++) {
        struct lb *lb = new_lb("ring_hash");
        set(lb, "vnodes", row[r].vnodes);
        for (uint32_t k = 0; k < row[r].backends; k++)
            lb_add(lb, lb_mix(k), "", 1 + k % 9, 0);
        start(lb);
        for (uint32_t k = 0; k < row[r].changes * row[r].keys; k++) {
            uint64_t avoid[8] = { k % 3 == 0 ? lb_mix(k) : 0 };
            struct lb_request rq = { .hash = lb_mix(k + 1), .avoid = avoid };
            if (k % row[r].keys == row[r].keys - 1)
                ring_change(lb, lb_mix(k ^ 0x5eed));
            CU_ASSERT_EQUAL_FATAL(lb_peek(lb, &rq), ring_scan(lb, row[r].vnodes, &rq));
        }
        lb_free(lb);
    }
}

#define ROW(fact) { #fact, fact }
static const struct unit_test tests[] = {
    ROW(murmur2_is_libstdcxxs),
    ROW(murmur3_gives_the_published_values),
    ROW(jenkins_gives_the_published_values),
    ROW(siphash_gives_the_published_values),
    ROW(mersenne_twister_is_the_standards),
    ROW(points_at_one_place_are_in_order_of_backends),
    ROW(envoy_ring_has_the_points_of_envoys_tests),
    ROW(envoy_ring_tries_the_next_points),
    ROW(envoys_spread_is_the_published_one),
    ROW(envoys_host_loss_is_the_benchmarks),
    ROW(envoys_ring_moves_more_than_it_must),
    ROW(maglev_is_the_papers_example),
    ROW(envoy_maglev_has_the_tables_of_envoys_tests),
    ROW(envoy_maglev_tries_as_envoy_does),
    ROW(envoy_maglev_gives_the_light_one_slot_each),
    ROW(katrans_weights_are_katrans),
    ROW(katrans_head_starts_can_use_up_the_table),
    ROW(katrans_permutation_is_katrans),
    ROW(ciliums_table_is_ciliums),
    ROW(ciliums_weights_are_ciliums),
    ROW(cilium_takes_its_own_sizes_only),
    ROW(ipvs_maglev_has_the_kernels_table),
    ROW(source_hash_refuses_the_clients_of_a_drained_one),
    ROW(ipvs_maglev_refuses_the_clients_of_a_drained_one),
    ROW(ipvs_deals_buckets_in_order),
    ROW(ipvs_hashes_the_port_when_told),
    ROW(jump_gives_the_published_buckets),
    ROW(jump_is_the_papers_in_a_million_buckets),
    ROW(jump_moves_to_the_new_bucket_only),
    ROW(multi_probe_gives_the_published_shards),
    ROW(more_probes_spread_better),
    ROW(rendezvous_moves_no_key_needlessly),
    ROW(anchor_moves_no_key_needlessly),
    ROW(multi_probe_moves_no_key_needlessly),
    ROW(anchor_swaps_keys_of_those_that_return_out_of_order),
    ROW(anchor_is_even_whatever_went),
    ROW(rendezvous_follows_weights),
    ROW(rendezvous_weights_move_their_own_keys_only),
    ROW(envoys_shuffles_are_envoys),
    ROW(envoys_bound_is_soft_by_one),
    ROW(envoys_bound_is_off_or_at_least_the_mean),
    ROW(jhash_is_the_recorded_one),
    ROW(numgen_takes_turns_and_starts_anew),
    ROW(kube_proxys_chain_is_even),
    ROW(numgen_random_is_even),
    ROW(ring_hash_is_the_plain_scan),
};

UNIT_MAIN("hashing", tests)
