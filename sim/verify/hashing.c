/* hashing.c - consistent hashing, source hashing and chance, against the laws of their shares.
 *
 * Many rings and tables are made, of backends with other identities each time; what is compared are
 * means over them.  Rings are read on a grid of places, Maglev tables slot by slot. */
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "../base/rng.h"
#include "../base/stats.h"
#include "../base/xalloc.h"
#include "../run/remap.h"
#include "experiment.h"
#include "groups.h"
#include "hash_theory.h"
#include "picks.h"

enum { MOST_DRAWS = 512 };              /* rings, tables or runs that a row is the mean of */

/* Rounding adds 1 / 6 of a place's square a point: 1 / 384 of the variance of a share. */
#define GRID_ERROR 0.003
#define GRID "a ring is read on a grid of 8 places a point or more"

/* "ring/n=10/v=100/cv2" */
struct id {
    char text[64];
};

static struct id id_of(const char *format, ...) __attribute__((format(printf, 1, 2)));

static struct id id_of(const char *format, ...)
{
    struct id id;
    va_list args;

    va_start(args, format);
    vsnprintf(id.text, sizeof id.text, format, args);
    va_end(args);
    return id;
}

static double square(double x)
{
    return x * x;
}

static double greatest(const double *x, uint32_t n)
{
    double most = x[0];

    for (uint32_t i = 1; i < n; i++)
        most = fmax(most, x[i]);
    return most;
}

/* Mean of (x - 1)^2 of shares that are 1 on average. */
static double spread(const double *share, uint32_t n)
{
    double sum = 0;

    for (uint32_t i = 0; i < n; i++)
        sum += square(share[i] - 1);
    return sum / n;
}

/* How often each of n backends is the owner, in multiples of the mean; the caller frees it. */
static double *shares_of(const uint32_t *owner, uint32_t owners, uint32_t n)
{
    double *share = xcalloc(n, sizeof *share);

    for (uint32_t k = 0; k < owners; k++)
        share[owner[k]] += (double)n / owners;
    return share;
}

/* ---- ring: shares ---- */

struct ring {
    uint32_t backends, vnodes, rings;
};

struct ring_facts {
    double cv2[MOST_DRAWS], most[MOST_DRAWS], outside[MOST_DRAWS];
};

static struct lb *ring_new(const struct ring *ring, uint64_t seed)
{
    struct lb *lb = picks_new("ring_hash", seed);

    picks_set(lb, "vnodes", ring->vnodes);
    picks_add(lb, seed, ring->backends, NULL);
    picks_start(lb);
    return lb;
}

/* With one point a backend some shares are so small that a grid of 8 a point would miss them. */
static uint32_t places_of(const struct ring *ring)
{
    return (ring->vnodes > 1 ? 8 : 4096) * ring->backends * ring->vnodes;
}

/* How many of the backends, as a share, are not between the 0.5 % and 99.5 % points of
 * Beta(V, NV - V). */
static double outside_beta(const struct ring *ring, const double *share)
{
    double n = ring->backends, v = ring->vnodes, outside = 0;
    double low = n * gsl_cdf_beta_Pinv(0.005, v, (n - 1) * v);
    double high = n * gsl_cdf_beta_Pinv(0.995, v, (n - 1) * v);

    for (uint32_t i = 0; i < ring->backends; i++)
        outside += share[i] < low || share[i] > high;
    return outside / n;
}

static void read_ring(const struct ring *ring, uint64_t seed, struct ring_facts *facts, uint32_t at)
{
    struct lb *lb = ring_new(ring, seed);
    uint32_t places = places_of(ring);
    uint32_t *owner = xcalloc(places, sizeof *owner);

    picks_owners(lb, owner, places, rng_mix(seed));
    double *share = shares_of(owner, places, ring->backends);
    facts->cv2[at] = spread(share, ring->backends);
    facts->most[at] = greatest(share, ring->backends);
    facts->outside[at] = outside_beta(ring, share);
    free(share);
    free(owner);
    lb_free(lb);
}

static void check_ring(struct verify *v, const struct ring *ring)
{
    struct ring_facts *facts = xcalloc(1, sizeof *facts);
    uint32_t n = ring->backends, k = ring->vnodes;

    for (uint32_t r = 0; r < ring->rings; r++)
        read_ring(ring, v->seed + r, facts, r);
    verify_mean(v, id_of("hashing/ring/n=%u/v=%u/cv2", n, k).text,
                "shares are Beta(V, NV - V): CV^2 = (N - 1) / (NV + 1)",
                (n - 1.0) / (n * (double)k + 1), facts->cv2, ring->rings, GRID_ERROR, GRID);
    verify_mean(v, id_of("hashing/ring/n=%u/v=%u/max_over_mean", n, k).text,
                "E[greatest of N gamma variates of shape V] / V", ring_max_over_mean(n, k),
                facts->most, ring->rings, GRID_ERROR, GRID);
    verify_mean(v, id_of("hashing/ring/n=%u/v=%u/outside_99_percent", n, k).text,
                "shares below the 0.5 % point or above the 99.5 % point of Beta(V, NV - V)", 0.01,
                facts->outside, ring->rings, 0.02, GRID);
    free(facts);
}

static void check_rings(struct verify *v)
{
    static const struct { uint32_t backends, vnodes, short_, normal, long_; } row[] = {
        { 10, 1, 512, 512, 512 },
        { 10, 100, 200, 512, 512 },
        { 100, 10, 100, 512, 512 },
        { 100, 100, 40, 400, 512 },
        { 100, 160, 0, 200, 512 },
        { 1000, 100, 0, 24, 100 },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct ring ring = { row[i].backends, row[i].vnodes,
                             verify_effort(v, row[i].short_, row[i].normal, row[i].long_) };
        if (ring.rings > 0)
            check_ring(v, &ring);
    }
}

/* ---- ring: who moves ---- */

struct moves {
    double   moved[MOST_DRAWS], off2[MOST_DRAWS];   /* share of the keys; (moved - mean)^2 */
    uint64_t needless;
};

static void take_one(struct lb *lb, uint64_t seed)
{
    (void)seed;
    lb_remove(lb, lb->count / 2);
}

static void add_one(struct lb *lb, uint64_t seed)
{
    picks_add(lb, seed, 1, NULL);
}

/* The ring before and after; a move is needless if it neither leaves the removed backend nor goes
 * to the added one. */
static void move_ring(const struct ring *ring, uint64_t seed,
                      void (*change)(struct lb *, uint64_t seed), struct moves *moves, uint32_t at)
{
    struct lb *lb = ring_new(ring, seed);
    uint32_t places = places_of(ring), moved = 0;
    uint32_t *before = xcalloc(places, sizeof *before), *after = xcalloc(places, sizeof *after);

    picks_owners(lb, before, places, rng_mix(seed));
    change(lb, seed);
    picks_owners(lb, after, places, rng_mix(seed));
    for (uint32_t k = 0; k < places; k++) {
        moved += before[k] != after[k];
        moves->needless += before[k] != after[k] && lb->backend[before[k]].state != LB_GONE
                           && after[k] < ring->backends;
    }
    moves->moved[at] = (double)moved / places;
    free(before);
    free(after);
    lb_free(lb);
}

/* What moves is the share of one of `backends` after the addition, or before the removal. */
static void check_move(struct verify *v, const struct ring *ring, const char *what,
                       uint32_t backends, void (*change)(struct lb *, uint64_t seed))
{
    struct moves *moves = xcalloc(1, sizeof *moves);
    double n = backends, k = ring->vnodes, mean = 1 / n;

    for (uint32_t r = 0; r < ring->rings; r++) {
        move_ring(ring, v->seed + r, change, moves, r);
        moves->off2[r] = square(moves->moved[r] - mean);
    }
    verify_mean(v, id_of("hashing/ring/n=%u/%s/moved", ring->backends, what).text,
                "one of N backends has 1 / N of the ring on average", mean, moves->moved,
                ring->rings, GRID_ERROR, GRID);
    verify_mean(v, id_of("hashing/ring/n=%u/%s/variance", ring->backends, what).text,
                "variance of Beta(V, NV - V), V = 100", mean * (1 - mean) / (n * k + 1),
                moves->off2, ring->rings, GRID_ERROR, GRID);
    verify_exact(v, id_of("hashing/ring/n=%u/%s/needless", ring->backends, what).text,
                 "consistent hashing moves no key that it need not (Karger 1997)", 0,
                 (double)moves->needless, 0);
    free(moves);
}

static void check_ring_moves(struct verify *v)
{
    struct ring ring = { .backends = 10, .vnodes = 100, .rings = verify_effort(v, 200, 512, 512) };

    check_move(v, &ring, "add", 11, add_one);
    check_move(v, &ring, "remove", 10, take_one);
    if (v->length == VERIFY_SHORT)
        return;
    ring = (struct ring){ .backends = 100, .vnodes = 100, .rings = verify_effort(v, 0, 200, 512) };
    check_move(v, &ring, "add", 101, add_one);
    check_move(v, &ring, "remove", 100, take_one);
}

/* ---- ring with a bound ---- */

/* Keys that come and stay; answers the greatest load / ceil(c x keys so far / N) ever seen. */
static double fill_bounded(struct lb *lb, struct rng rng, uint32_t *owner, uint32_t keys, double c)
{
    double worst = 0;

    for (uint32_t k = 0; k < keys; k++) {
        uint32_t i = owner[k] = lb_pick(lb, &(struct lb_request){ .hash = rng_next(&rng) });
        double bound = ceil(c * (k + 1) / lb->live_count);
        worst = fmax(worst, lb->backend[i].inflight / bound);
    }
    return worst;
}

static struct lb *bounded_new(uint64_t seed, double c)
{
    struct lb *lb = picks_new("ring_hash", seed);

    picks_set(lb, "vnodes", 1);
    picks_set(lb, "load_bound", c);
    picks_add(lb, seed, 20, NULL);
    picks_start(lb);
    return lb;
}

static double bounded_moved(uint64_t seed, uint32_t keys, double c, double *worst)
{
    struct lb *whole = bounded_new(seed, c), *less = bounded_new(seed, c);
    uint32_t *before = xcalloc(keys, sizeof *before), *after = xcalloc(keys, sizeof *after);
    struct rng rng = rng_stream(seed, "verify keys", 0);

    take_one(less, seed);
    *worst = fmax(*worst, fill_bounded(whole, rng, before, keys, c));
    *worst = fmax(*worst, fill_bounded(less, rng, after, keys, c));
    double moved = picks_differ(before, after, keys) * 20.0 / keys;
    free(before);
    free(after);
    lb_free(whole);
    lb_free(less);
    return moved;
}

/* Of n draws; the error of the mean as a share of it, times `times`. */
static double mean_of(const double *x, uint32_t n, double times, double *error)
{
    struct estimate e = stats_mean(x, n, 0.95);

    *error = times * (e.high - e.value) / stats_student_t(0.95, n - 1) / e.value;
    return e.value;
}

#define BUILT_AGAIN "five standard errors of the mean of the tables built here from the paper"

static void check_bounded(struct verify *v, gsl_rng *rng, double c)
{
    enum { KEYS = 1000 };
    double got[MOST_DRAWS], paper[MOST_DRAWS], worst = 0, error;
    const uint32_t rings = MOST_DRAWS;

    for (uint32_t r = 0; r < rings; r++) {
        got[r] = bounded_moved(v->seed + r, KEYS, c, &worst);
        paper[r] = paper_bounded_moved(rng, 20, KEYS, c);
    }
    double expected = mean_of(paper, rings, 5, &error);
    verify_range(v, id_of("hashing/bounded/c=%g/load_over_bound", c).text,
                 "Mirrokni, Thorup, Zadimoghaddam 2018: nobody above ceil(c keys / N)", 0, 1, worst,
                 "after every one of the picks");
    verify_mean(v, id_of("hashing/bounded/c=%g/moved", c).text,
                "keys moved by removing 1 of 20, in fair shares; one point a backend", expected,
                got, rings, error, BUILT_AGAIN);
}

/* ---- Maglev ---- */

static struct lb *maglev_new(uint64_t seed, uint32_t entries, uint32_t n, const uint32_t *weight)
{
    struct lb *lb = picks_new("maglev", seed);

    picks_set(lb, "table_size", entries);
    picks_add(lb, seed, n, weight);
    picks_start(lb);
    return lb;
}

static void read_table(struct lb *lb, uint32_t *entry, uint32_t entries)
{
    for (uint32_t k = 0; k < entries; k++)
        entry[k] = picks_owner(lb, k);
}

static void count_entries(struct lb *lb, uint32_t entries, uint32_t *count)
{
    for (uint32_t k = 0; k < entries; k++)
        count[picks_owner(lb, k)]++;
}

static void check_balance(struct verify *v, uint32_t entries, uint32_t n)
{
    static const char *source = "backends take turns: floor(M / N) or ceil(M / N) entries each";
    struct lb *lb = maglev_new(v->seed, entries, n, NULL);
    uint32_t *count = xcalloc(n, sizeof *count), least = entries, most = 0;

    count_entries(lb, entries, count);
    for (uint32_t i = 0; i < n; i++) {
        least = count[i] < least ? count[i] : least;
        most = count[i] > most ? count[i] : most;
    }
    verify_exact(v, id_of("hashing/maglev/m=%u/n=%u/fewest", entries, n).text, source,
                 floor((double)entries / n), least, 0);
    verify_exact(v, id_of("hashing/maglev/m=%u/n=%u/most", entries, n).text, source,
                 ceil((double)entries / n), most, 0);
    free(count);
    lb_free(lb);
}

/* Turns that a backend of weight w has had by the end of round t, the greatest weight being w_max:
 * it goes when t w has reached what it took so far times w_max. */
static double turns_by(double t, double w, double most)
{
    return fmin(t, 1 + floor(t * w / most));
}

/* How many backends have not as many entries as whole rounds give, one more in the last round. */
static uint32_t off_their_turns(const uint32_t *count, const uint32_t *weight, uint32_t n,
                                uint32_t most, uint32_t entries)
{
    uint32_t off = 0;
    double t = 0, sum = 0;

    for (; sum < entries; t++) {
        sum = 0;
        for (uint32_t i = 0; i < n; i++)
            sum += turns_by(t + 1, weight[i], most);
    }
    for (uint32_t i = 0; i < n; i++)
        off += count[i] < turns_by(t - 1, weight[i], most)
               || count[i] > turns_by(t, weight[i], most);
    return off;
}

static void check_weighted_maglev(struct verify *v)
{
    static const uint32_t weight[] = { 8, 2, 1, 127, 62 };
    struct lb *lb = maglev_new(v->seed, 65537, ARRAY_LEN(weight), weight);
    uint32_t count[ARRAY_LEN(weight)] = { 0 };

    count_entries(lb, 65537, count);
    verify_exact(v, "hashing/maglev/weights/off_their_turns",
                 "Envoy maglev_lb.cc: in round t a backend goes if t w >= entries taken x w_max", 0,
                 off_their_turns(count, weight, ARRAY_LEN(weight), 127, 65537), 0);
    lb_free(lb);
}

static double maglev_moved(uint64_t seed, uint32_t entries, uint32_t n, uint32_t fails)
{
    struct lb *lb = maglev_new(seed, entries, n, NULL);
    uint32_t *before = xcalloc(entries, sizeof *before), *after = xcalloc(entries, sizeof *after);

    read_table(lb, before, entries);
    for (uint32_t i = 0; i < fails; i++)
        lb_set_state(lb, i, LB_DOWN);
    read_table(lb, after, entries);
    double moved = (double)picks_differ(before, after, entries) / entries;
    free(before);
    free(after);
    lb_free(lb);
    return moved;
}

static void check_disruption(struct verify *v, gsl_rng *rng, uint32_t entries, uint32_t n,
                             uint32_t fails, uint32_t tables)
{
    double got[MOST_DRAWS], paper[MOST_DRAWS], error;

    for (uint32_t t = 0; t < tables; t++) {
        got[t] = maglev_moved(v->seed + t, entries, n, fails);
        paper[t] = paper_maglev_moved(rng, entries, n, fails);
    }
    double expected = mean_of(paper, tables, 5, &error);
    verify_mean(v, id_of("hashing/maglev/m=%u/n=%u/fail=%u", entries, n, fails).text,
                "share of entries that change; Maglev, NSDI 2016, pseudocode of section 3.4",
                expected, got, tables, error, BUILT_AGAIN);
}

static void check_maglev(struct verify *v, gsl_rng *rng)
{
    uint32_t tables = verify_effort(v, 10, 40, 200), many = verify_effort(v, 0, 8, 20);

    check_balance(v, 251, 10);
    check_balance(v, 2039, 100);
    check_balance(v, 65537, 3);
    check_balance(v, 65537, 100);
    check_balance(v, 65537, 1000);
    check_weighted_maglev(v);
    check_disruption(v, rng, 65537, 10, 1, 2 * tables);
    check_disruption(v, rng, 65537, 100, 1, 2 * tables);
    check_disruption(v, rng, 65537, 1000, 1, tables);
    check_disruption(v, rng, 65537, 1000, 10, tables);
    if (many == 0)
        return;
    check_balance(v, 655373, 1000);
    check_disruption(v, rng, 65537, 1000, 100, tables);
    check_disruption(v, rng, 655373, 1000, 10, many);
}

/* ---- balls in bins: keys by a table without fault, picks by chance ---- */

static uint32_t by_key(struct lb *lb, struct rng *rng)
{
    return lb_peek(lb, &(struct lb_request){ .hash = rng_next(rng) });
}

static uint32_t by_chance(struct lb *lb, struct rng *rng)
{
    (void)rng;
    return picks_idle(lb);
}

static void check_bins(struct verify *v, const char *algorithm, uint32_t balls, uint32_t bins,
                       uint32_t (*draw)(struct lb *, struct rng *))
{
    double cv2[MOST_DRAWS], most[MOST_DRAWS];
    uint32_t *owner = xcalloc(balls, sizeof *owner), draws = MOST_DRAWS;
    struct lb *lb = picks_started(algorithm, v->seed, bins, NULL);

    for (uint32_t d = 0; d < draws; d++) {
        struct rng rng = rng_stream(v->seed, "verify balls", d);
        for (uint32_t k = 0; k < balls; k++)
            owner[k] = draw(lb, &rng);
        double *share = shares_of(owner, balls, bins);
        cv2[d] = spread(share, bins);
        most[d] = greatest(share, bins);
        free(share);
    }
    verify_mean(v, id_of("hashing/%s/k=%u/n=%u/cv2", algorithm, balls, bins).text,
                "multinomial: CV^2 = (N - 1) / K", (bins - 1.0) / balls, cv2, draws, 0, NULL);
    verify_mean(v, id_of("hashing/%s/k=%u/n=%u/max_over_mean", algorithm, balls, bins).text,
                "K balls in N bins: E[fullest] N / K, exact", bins_max_over_mean(balls, bins), most,
                draws, 0, NULL);
    lb_free(lb);
    free(owner);
}

/* ---- nginx's ip_hash ---- */

static uint32_t of_address(struct lb *lb, uint32_t network, uint8_t host)
{
    const uint8_t key[4] = { 10, (uint8_t)(network >> 8), (uint8_t)network, host };

    return lb_peek(lb, &(struct lb_request){ .key = key, .key_length = 4 });
}

/* nginx's hash of 10.x.y.0/24, for the numbers that networks 0 .. 65535 are. */
static uint32_t nginx_hash(uint32_t network)
{
    uint32_t h = (89 * 113 + 10) % 6271;

    h = (h * 113 + (network >> 8)) % 6271;
    return (h * 113 + (network & 255)) % 6271;
}

static void check_ip_hash(struct verify *v)
{
    enum { N = 10, NETWORKS = 65536 };
    struct lb *ten = picks_started("ip_hash", v->seed, N, NULL);
    struct lb *eleven = picks_started("ip_hash", v->seed, N + 1, NULL);
    uint32_t other = 0, split = 0, moved = 0;

    for (uint32_t k = 0; k < NETWORKS; k++) {
        uint32_t i = of_address(ten, k, 1);
        other += i != nginx_hash(k) % N;
        split += i != of_address(ten, k, 254);
        moved += i != of_address(eleven, k, 1);
    }
    verify_exact(v, "hashing/ip_hash/other_than_nginx",
                 "ngx_http_upstream_ip_hash_module.c: h = (113 h + octet) mod 6271, from 89", 0,
                 other, 0);
    verify_exact(v, "hashing/ip_hash/split_networks",
                 "nginx.org: the first three octets of the client's IPv4 address are the key", 0,
                 split, 0);
    verify_exact(v, "hashing/ip_hash/add/moved",
                 "h mod N against h mod N + 1 over all 6271 h: N / (N + 1) but for 6271's end",
                 residues_moved(N, N + 1) / 6271.0, (double)moved / NETWORKS, 2e-3);
    lb_free(ten);
    lb_free(eleven);
}

/* What `lblab remap` answers for the same question, its keys drawn at random. */
static void check_remap(struct verify *v)
{
    enum { KEYS = 20000, SEEDS = 16 };
    struct policy policy = { .ops = lb_find("ip_hash"), .label = "ip_hash" };
    struct remap_question ask = { .backends = 10, .change = REMAP_ADD, .by = 1, .keys = KEYS };
    struct err *err = xcalloc(1, sizeof *err);
    struct remap_row row;
    double moved[SEEDS];

    err_init(err);
    for (uint32_t k = 0; k < SEEDS; k++) {
        ask.seed = v->seed + k;
        moved[k] = remap_measure(&policy, &ask, &row, err) == 0
                       ? (double)row.by_key.moved / KEYS : NAN;
    }
    free(err);
    verify_mean(v, "hashing/remap/ip_hash/add/moved", "h mod N against h mod N + 1, N = 10",
                residues_moved(10, 11) / 6271.0, moved, SEEDS, 1e-3,
                "6271 does not divide the number of /24 networks");
}

/* ---- source hashing behind address translation, simulated ---- */

enum { NAT_REQUESTS = 4000, NAT_CLIENTS = 100000 };

struct nat_facts {
    double cv2[MOST_DRAWS], idle[MOST_DRAWS];
    uint32_t at;
};

static void look_at_nat(const struct record *r, uint32_t replication, void *arg)
{
    struct nat_facts *facts = arg;
    double *share = xcalloc(r->backends, sizeof *share), idle = 0;

    (void)replication;
    for (uint32_t b = 0; b < r->backends; b++) {
        for (uint32_t s = 0; s < (r->backend_slices == 1 ? 1 : r->slices); s++)
            share[b] += (double)record_backend(r, b, s)->picked * r->backends / NAT_REQUESTS;
        idle += share[b] == 0;
    }
    facts->cv2[facts->at] = spread(share, r->backends);
    facts->idle[facts->at++] = idle / r->backends;
    free(share);
}

/* Two requests come from one outside address if from one client, or if their clients share it; they
 * are the same request once in NAT_REQUESTS. */
static double nat_cv2(double backends, double addresses)
{
    double pair = 1.0 / NAT_CLIENTS + (1 - 1.0 / NAT_CLIENTS) / addresses;

    return (backends - 1) * (1.0 / NAT_REQUESTS + (1 - 1.0 / NAT_REQUESTS) * pair);
}

/* The addresses are the same in every run; names of backends, and so the table, are not. */
static void run_nat(uint64_t seed, const char *algorithm, uint32_t backends, uint32_t addresses,
                    struct nat_facts *facts)
{
    const struct verify of_seed = { .seed = seed };
    struct sample sample;

    experiment_look(&of_seed, &sample, 1, look_at_nat, facts,
                    "{ 'version': 1, 'name': 't', 'run': { 'requests': %d },"
                    "  'clients': [ { 'name': 'c', 'to': 'lb', 'count': %d, 'protocol': 'tcp',"
                    "    'nat': { 'addresses': %u },"
                    "    'arrival': { 'process': 'poisson', 'rate': '1000/s' } } ],"
                    "  'balancers': [ { 'name': 'lb', 'layer': 'l4', 'algorithm': '%s',"
                    "    'hash_on': 'source_ip', 'to': 's%llu' } ],"
                    "  'backends': [ { 'name': 's%llu', 'count': %u, 'workers': 'unlimited',"
                    "    'service': '1ms' } ] }",
                    NAT_REQUESTS, NAT_CLIENTS, addresses, algorithm, (unsigned long long)seed,
                    (unsigned long long)seed, backends);
}

static void check_nat(struct verify *v, uint32_t backends, uint32_t addresses)
{
    struct nat_facts *facts = xcalloc(1, sizeof *facts);
    uint32_t runs = verify_effort(v, 40, 200, 500);

    for (uint32_t k = 0; k < runs; k++)
        run_nat(v->seed + k, "maglev", backends, addresses, facts);
    verify_mean(v, id_of("hashing/nat/n=%u/addresses=%u/cv2", backends, addresses).text,
                "CV^2 of load = (N - 1) sum of squares of the addresses' shares",
                nat_cv2(backends, addresses), facts->cv2, runs, 0.005,
                "clients are spread over the addresses by a hash: shares differ by some percent");
    verify_mean(v, id_of("hashing/nat/n=%u/addresses=%u/idle", backends, addresses).text,
                "share of backends without an address: (1 - 1 / N)^K",
                pow(1 - 1.0 / backends, addresses), facts->idle, runs, 0, NULL);
    free(facts);
}

/* All outside addresses lie in one /24, and nginx looks no further. */
static void check_nat_of_one_network(struct verify *v)
{
    struct nat_facts *facts = xcalloc(1, sizeof *facts);

    run_nat(v->seed, "ip_hash", 10, 100, facts);
    verify_exact(v, "hashing/nat/ip_hash/one_network/idle",
                 "nginx.org: the first three octets of the client's IPv4 address are the key", 0.9,
                 facts->idle[0], 1e-9);
    free(facts);
}

static void check_hashing(struct verify *v)
{
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);

    gsl_rng_set(rng, (unsigned long)v->seed);
    check_rings(v);
    check_ring_moves(v);
    check_bounded(v, rng, 1.25);
    check_bounded(v, rng, 2);
    check_maglev(v, rng);
    check_bins(v, "random", 100, 10, by_chance);
    check_bins(v, "maglev", 100, 10, by_key);
    check_bins(v, "maglev", 1000, 100, by_key);
    check_ip_hash(v);
    check_remap(v);
    check_nat(v, 10, 10);
    check_nat(v, 100, 100);
    check_nat_of_one_network(v);
    gsl_rng_free(rng);
}

const struct verify_group verify_hashing = {
    .name = "hashing",
    .about = "shares, remapping and imbalance of ring, Maglev, ip_hash, bounded loads, NAT",
    .run = check_hashing,
};
