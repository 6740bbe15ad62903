/* published.c - figures that others published, and orders that must hold between policies.
 *
 * Only what the simulator can express.  Left out: The Tail at Scale (fan-out), HAProxy's and
 * Dropbox's figures (they are about locks and fleets).  Prequal's order is in signals.c. */
#include <stdio.h>
#include <stdlib.h>

#include "../base/stats.h"
#include "../base/xalloc.h"
#include "experiment.h"
#include "groups.h"
#include "picks.h"

#define CHOICES(d, again) "{ 'name': 'p2c', 'choices': " #d ", 'replacement': " #again " }"
#define JSQ2   CHOICES(2, false)
#define JSQ3   CHOICES(3, false)
#define JSQ    "'least_conn'"
#define RANDOM "'random'"
#define TURNS  "'round_robin'"

/* n servers of `workers` each, Poisson arrivals, exponential service of mean 1 s. */
static void queues(const struct verify *v, struct sample *sample, const char *algorithm, uint32_t n,
                   uint32_t workers, double load, uint32_t thousands)
{
    experiment(v, sample, VERIFY_REPLICATIONS,
               "{ 'version': 1, 'name': 't', 'run': { 'requests': %u, 'warmup': '200s' },"
               "  'clients': [ { 'name': 'c', 'to': 'lb',"
               "    'arrival': { 'process': 'poisson', 'rate': '%.12g/s' } } ],"
               "  'balancers': [ { 'name': 'lb', 'algorithm': %s, 'to': 's' } ],"
               "  'backends': [ { 'name': 's', 'count': %u, 'workers': %u,"
               "    'service': { 'dist': 'exponential', 'mean': '1s' } } ] }",
               thousands * 1000, n * workers * load, algorithm, n, workers);
}

static double average(const double *x)
{
    return stats_mean(x, VERIFY_REPLICATIONS, 0.95).value;
}

/* ---- Mitzenmacher's simulations ---- */

/* 100 servers, 10 runs of 100 000 services, the first tenth dropped. */
static void check_mitzenmacher(struct verify *v)
{
    static const struct { double load, two, three, error; } row[] = {
        { 0.5, 1.2673, 1.1277, 0.001 },
        { 0.7, 1.6202, 1.3634, 0.001 },
        { 0.8, 1.9585, 1.5940, 0.002 },
        { 0.9, 2.6454, 2.0614, 0.004 },
    };
    static const char *source = "Mitzenmacher, IEEE TPDS 12(10), 2001, simulations of 100 servers";
    uint32_t thousands = verify_effort(v, 0, 100, 500);

    for (size_t i = 0; thousands > 0 && i < ARRAY_LEN(row); i++) {
        struct sample sample;
        char id[64];

        queues(v, &sample, JSQ2, 100, 1, row[i].load, thousands);
        snprintf(id, sizeof id, "published/mitzenmacher/d=2/rho=%g", row[i].load);
        verify_mean(v, id, source, row[i].two, sample.mean, VERIFY_REPLICATIONS, row[i].error,
                    "the error of the published runs (table quoted second-hand)");
        queues(v, &sample, JSQ3, 100, 1, row[i].load, thousands);
        snprintf(id, sizeof id, "published/mitzenmacher/d=3/rho=%g", row[i].load);
        verify_mean(v, id, source, row[i].three, sample.mean, VERIFY_REPLICATIONS, row[i].error,
                    "the error of the published runs (table quoted second-hand)");
    }
}

/* ---- orders, under common random numbers ---- */

/* The mean of the ratios, replication by replication: below 1 where a is quicker than b. */
static double ratio(const struct sample *a, const struct sample *b)
{
    double sum = 0;

    for (uint32_t k = 0; k < a->n; k++)
        sum += a->mean[k] / b->mean[k];
    return sum / a->n;
}

static void check_order(struct verify *v, const char *id, const struct sample *quicker,
                        const struct sample *slower, const char *source)
{
    verify_range(v, id, source, 0, 1, ratio(quicker, slower),
                 "ratio of mean times, the same arrivals and work in both");
}

/* A full scan is as good as it gets for exponential work; how far from chance do two choices go? */
static void check_envoy_choices(struct verify *v, const struct sample *lots,
                                const struct sample *two, const struct sample *scan)
{
    double gained = (average(lots->mean) - average(two->mean))
                    / (average(lots->mean) - average(scan->mean));

    verify_range(v, "published/envoy/p2c_near_full_scan",
                 "Envoy, load balancers: P2C is nearly as good as an O(N) full scan", 0.75, 1,
                 gained, "part of the way in mean time from random to the full scan, 10 hosts");
}

static void check_orders(struct verify *v)
{
    static const char *majorize = "Winston 1977, Azar 1994: more of the queues seen, less time";
    struct sample central, all, three, two, turns, lots;
    uint32_t thousands = verify_effort(v, 10, 50, 200);

    queues(v, &central, TURNS, 1, 10, 0.8, thousands);
    queues(v, &all, JSQ, 10, 1, 0.8, thousands);
    queues(v, &three, JSQ3, 10, 1, 0.8, thousands);
    queues(v, &two, JSQ2, 10, 1, 0.8, thousands);
    queues(v, &turns, TURNS, 10, 1, 0.8, thousands);
    queues(v, &lots, RANDOM, 10, 1, 0.8, thousands);
    check_order(v, "published/order/one_queue<jsq", &central, &all,
                "no server idles while a request waits: M/M/n is the least");
    check_order(v, "published/order/jsq<jsq(3)", &all, &three, majorize);
    check_order(v, "published/order/jsq(3)<jsq(2)", &three, &two, majorize);
    check_order(v, "published/order/jsq(2)<random", &two, &lots, majorize);
    check_order(v, "published/order/round_robin<random", &turns, &lots,
                "Erlang gaps against exponential ones: steadier arrivals wait less");
    check_envoy_choices(v, &lots, &two, &all);
}

/* Turns and two choices change places: E_N/M/1 and the mean field cross at .507 for 100 servers. */
static void check_crossing(struct verify *v)
{
    uint32_t thousands = verify_effort(v, 10, 50, 200);
    struct sample turns, two;

    queues(v, &turns, TURNS, 100, 1, 0.3, thousands);
    queues(v, &two, JSQ2, 100, 1, 0.3, thousands);
    check_order(v, "published/crossing/rho=0.3/round_robin<p2c", &turns, &two,
                "E_100/M/1 against JSQ(2)'s mean field: they cross at .507");
    queues(v, &turns, TURNS, 100, 1, 0.7, thousands);
    queues(v, &two, JSQ2, 100, 1, 0.7, thousands);
    check_order(v, "published/crossing/rho=0.7/p2c<round_robin", &two, &turns,
                "E_100/M/1 against JSQ(2)'s mean field: they cross at .507");
}

/* Whether Envoy's draw or Mitzenmacher's was made. */
static void check_replacement(struct verify *v, uint32_t n, uint32_t thousands)
{
    struct sample with, without;
    char id[64];

    queues(v, &with, CHOICES(2, true), n, 1, 0.5, thousands);
    queues(v, &without, JSQ2, n, 1, 0.5, thousands);
    snprintf(id, sizeof id, "published/order/n=%u/two_different<two_of_any", n);
    check_order(v, id, &without, &with, "the same backend twice is no choice: one pick in n");
}

/* ---- Linkerd ---- */

enum { SERVICE_MS = 167, LINKERD_REQUESTS = 60000 };

struct lateness {
    double share[VERIFY_REPLICATIONS];      /* of requests that took a second or more, or failed */
};

static void look_at_lateness(const struct record *r, uint32_t replication, void *arg)
{
    struct lateness *late = arg;
    uint64_t in_time = 0, born = 0;

    for (uint32_t s = 0; s < r->slices; s++) {
        struct hist_bucket bucket;
        for (uint32_t next = 0; hist_next(&r->slice[s].latency, &next, &bucket);)
            in_time += bucket.low < SECOND ? bucket.count : 0;
        born += r->slice[s].born;
    }
    late->share[replication] = 1 - (double)in_time / (double)born;
}

/* 11 backends that take about 167 ms, of which one takes 2 s for requests sent from 15 s to 45 s;
 * 1000 requests a second for a minute.  Here a change of speed touches what is in service too: at
 * 1 / 12 of the speed from s on, who was sent at s - a is late if a + 12 (.167 - a) > 1; when that
 * ends at e, who was sent at e - a if a + .167 - a / 12 > 1.  So the slow time is moved, to make
 * those late who were sent from 15 s to 45 s. */
static void linkerd(const struct verify *v, struct lateness *late, const char *algorithm,
                    const char *timeout)
{
    const double mean = SERVICE_MS * 1e-3;
    const double from = 15 + (12 * mean - 1) / 11, to = 45 + (1 - mean) * 12 / 11;
    struct sample sample;

    experiment_look(
        v, &sample, VERIFY_REPLICATIONS / 2, look_at_lateness, late,
        "{ 'version': 1, 'name': 't', 'run': { 'duration': '60s' },"
        "  'clients': [ { 'name': 'c', 'to': 'lb',"
        "    'arrival': { 'process': 'constant', 'rate': '1000/s' } } ],"
        "  'balancers': [ { 'name': 'lb', 'algorithm': '%s', 'timeout': '%s', 'to': 's' } ],"
        "  'backends': [ { 'name': 's', 'count': 11, 'workers': 'unlimited',"
        "    'service': { 'dist': 'gamma', 'mean': '%dms', 'cv': %.6f } } ],"
        "  'events': [ { 'at': '%.0fus', 'do': 'slow', 'target': 's[0]', 'factor': 12,"
        "    'for': '%.0fus' } ] }",
        algorithm, timeout, SERVICE_MS, 5.0 / SERVICE_MS, 1e6 * from, 1e6 * (to - from));
}

static double success(const struct lateness *late)
{
    return 1 - stats_mean(late->share, VERIFY_REPLICATIONS / 2, 0.95).value;
}

/* All have k in flight, 1000 / s = 10 k / .167 + k / stay; the slow one is sent k when it becomes
 * slow and k more every `stay` seconds. */
static double least_conn_late(double stay)
{
    double k = 1000 / (10 / (SERVICE_MS * 1e-3) + 1 / stay);

    return k * (1 + 30 / stay) / LINKERD_REQUESTS;
}

/* Giving up frees a place for the next victim: counts in flight fare worse with a timeout. */
static void check_giving_up(struct verify *v, const struct lateness *waiting)
{
    static const char *source = "equal numbers in flight, as a fluid: late are k (1 + 30 s / stay)";
    struct lateness giving_up;

    linkerd(v, &giving_up, "least_conn", "1s");
    verify_mean(v, "published/linkerd/fluid/late", source, least_conn_late(2), waiting->share,
                VERIFY_REPLICATIONS / 2, 0.05, "whole requests, up to half a request of k = 16");
    verify_mean(v, "published/linkerd/fluid/late_with_timeout", source, least_conn_late(1),
                giving_up.share, VERIFY_REPLICATIONS / 2, 0.05,
                "whole requests, up to half a request of k = 16");
}

static void check_linkerd(struct verify *v)
{
    static const char *source = "Linkerd, Beyond Round Robin, 2016: answered within 1 s";
    static const char *order = "Linkerd, Beyond Round Robin, 2016: order of the three";
    struct lateness turns, least, peak;

    linkerd(v, &turns, "round_robin", "0");
    linkerd(v, &least, "least_conn", "0");
    linkerd(v, &peak, "peak_ewma", "0");
    verify_range(v, "published/linkerd/round_robin", source, 0.9540, 0.9550, success(&turns),
                 "published: about 95 %; one of 11 half of the time: 1 - .5 / 11 = .95455");
    verify_range(v, "published/linkerd/least_conn", source, 0.993, 0.997, success(&least),
                 "published: about 99 %; equal numbers in flight: .9956");
    verify_range(v, "published/linkerd/peak_ewma", source, 0.998, 1, success(&peak),
                 "published: about 99.9 %");
    verify_range(v, "published/linkerd/order/least_conn-round_robin", order, 0.02, 0.06,
                 success(&least) - success(&turns), "published: about .04");
    verify_range(v, "published/linkerd/order/peak_ewma-least_conn", order, 0.001, 0.01,
                 success(&peak) - success(&least), "published: about .009");
    check_giving_up(v, &least);
}

/* ---- Heroku's dynos ---- */

struct dynos {
    double   mean, p99;             /* over the dynos, added up over the moments looked at */
    uint32_t moments;
};

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* At the end of each slice, 20 s apart.  The published p99 of 5.40 queued requests can only be a
 * mean of percentiles over dynos, step by step. */
static void look_at_dynos(const struct record *r, uint32_t replication, void *arg)
{
    struct dynos *d = arg;
    uint64_t *queue = xcalloc(r->backends, sizeof *queue);

    (void)replication;
    for (uint32_t s = 0; s < r->slices; s++) {
        for (uint32_t b = 0; b < r->backends; b++) {
            queue[b] = record_backend(r, b, s)->backlog;
            d->mean += (double)queue[b] / r->backends;
        }
        qsort(queue, r->backends, sizeof *queue, by_size);
        d->p99 += (double)queue[r->backends * 99 / 100];
        d->moments++;
    }
    free(queue);
}

static void check_dynos(struct verify *v, const char *algorithm, double mean, double p99,
                        double share, double whole)
{
    static const char *source = "Bailis, gist on RapGenius and Heroku 2013: 200 dynos, 1000 steps";
    static const char *why = "one run of a script was published: runs differ by 8 % in p99";
    struct dynos d = { 0 };
    struct sample sample;
    char id[64];

    experiment_look(v, &sample, verify_effort(v, 6, 16, 32), look_at_dynos, &d,
                    "{ 'version': 1, 'name': 't', 'run': { 'duration': '1000s' },"
                    "  'clients': [ { 'name': 'c', 'to': 'lb',"
                    "    'arrival': { 'process': 'constant', 'rate': '200/s' } } ],"
                    "  'balancers': [ { 'name': 'lb', 'algorithm': '%s', 'to': 's' } ],"
                    "  'backends': [ { 'name': 's', 'count': 200, 'service': '1s' } ] }",
                    algorithm);
    snprintf(id, sizeof id, "published/dynos/%s/mean_queue", algorithm);
    verify_range(v, id, source, mean * (1 - share) - whole, mean * (1 + share) + whole,
                 d.mean / d.moments, why);
    snprintf(id, sizeof id, "published/dynos/%s/p99_queue", algorithm);
    verify_range(v, id, source, p99 * (1 - share) - whole, p99 * (1 + share) + whole,
                 d.p99 / d.moments, why);
}

/* ---- tables ---- */

static struct lb *table(uint64_t seed, uint32_t entries, uint32_t n, const uint32_t *weight)
{
    struct lb *lb = picks_new("maglev", seed);

    picks_set(lb, "table_size", entries);
    picks_add(lb, seed, n, weight);
    picks_start(lb);
    return lb;
}

static double over_provision(struct lb *lb, uint32_t entries)
{
    uint32_t *count = xcalloc(lb->count, sizeof *count), most = 0;

    for (uint32_t k = 0; k < entries; k++) {
        uint32_t i = picks_owner(lb, k);
        most = ++count[i] > most ? count[i] : most;
    }
    free(count);
    return (double)most * lb->count / entries - 1;
}

static void check_over_provision(struct verify *v, uint32_t entries, uint32_t n)
{
    struct lb *lb = table(v->seed, entries, n, NULL);
    char id[64];

    snprintf(id, sizeof id, "published/maglev/m=%u/n=%u/over_provision", entries, n);
    verify_range(v, id, "Maglev, NSDI 2016, 3.4: M over 100 N leaves at most 1 % difference", 0,
                 0.01, over_provision(lb, entries), "as published");
    lb_free(lb);
}

/* A ring has no table to fall into: it is the limit of large ones. */
static double karger_over_provision(uint64_t seed)
{
    enum { N = 1000, V = 1000, PLACES = 4 * N * V };
    struct lb *lb = picks_new("ring_hash", seed);
    uint32_t *count = xcalloc(N, sizeof *count), most = 0;

    picks_set(lb, "vnodes", V);
    picks_add(lb, seed, N, NULL);
    picks_start(lb);
    for (uint32_t k = 0; k < PLACES; k++) {
        uint32_t i = picks_owner(lb, k * (UINT64_MAX / PLACES));
        most = ++count[i] > most ? count[i] : most;
    }
    lb_free(lb);
    free(count);
    return (double)most * N / PLACES - 1;
}

static void check_karger(struct verify *v)
{
    enum { RINGS = 6 };
    double over[RINGS];

    for (uint32_t k = 0; k < RINGS; k++)
        over[k] = karger_over_provision(v->seed + k);
    verify_range(v, "published/maglev/karger/over_provision",
                 "Maglev, NSDI 2016, 5.3: Karger, 1000 views, larger table: 10.3 %", 0.088, 0.13,
                 stats_mean(over, RINGS, 0.95).value,
                 "one table was published, tables differ by a tenth of that; mean of six rings");
}

static double moved(uint64_t seed, uint32_t entries, uint32_t n, uint32_t fails)
{
    struct lb *whole = table(seed, entries, n, NULL), *less = table(seed, entries, n, NULL);
    uint32_t differ = 0;

    for (uint32_t i = 0; i < fails; i++)
        lb_set_state(less, i, LB_DOWN);
    for (uint32_t k = 0; k < entries; k++)
        differ += picks_owner(whole, k) != picks_owner(less, k);
    lb_free(whole);
    lb_free(less);
    return (double)differ / entries;
}

/* Figure 12: what changes rises with the failures and falls with the size of the table. */
static void check_figure_12(struct verify *v)
{
    static const char *source = "Maglev, NSDI 2016, figure 12: changed entries after k of N failed";
    double five = moved(v->seed, 65537, 1000, 5), fifty = moved(v->seed, 65537, 1000, 50);

    verify_range(v, "published/maglev/figure_12/rises", source, 0.005, fifty, five,
                 "above the share that failed, and below what 50 failures change");
    if (v->length != VERIFY_SHORT)
        verify_range(v, "published/maglev/figure_12/larger_table", source, 0.005, five,
                     moved(v->seed, 655373, 1000, 5), "below what the smaller table changes");
}

static void check_envoy_tables(struct verify *v)
{
    static const uint32_t weight[] = { 1, 2 };
    struct lb *lb = table(v->seed, 65537, 2, weight);
    uint32_t count[2] = { 0 };

    for (uint32_t k = 0; k < 65537; k++)
        count[picks_owner(lb, k)]++;
    verify_exact(v, "published/envoy/maglev/weight_1_of_3",
                 "Envoy, load balancers: weights 1 and 2 have 21 846 and 43 691 entries", 21846,
                 count[0], 0);
    verify_exact(v, "published/envoy/maglev/weight_2_of_3",
                 "Envoy, load balancers: weights 1 and 2 have 21 846 and 43 691 entries", 43691,
                 count[1], 0);
    verify_range(v, "published/envoy/maglev/keys_moved",
                 "Envoy, load balancers: a removal moves about double a ring's keys", 1.5, 2.5,
                 moved(v->seed, 65537, 150, 1) * 150,
                 "multiples of 1 / N at 150 hosts: it grows with N, no number is given there");
    lb_free(lb);
}

static void check_published(struct verify *v)
{
    check_linkerd(v);
    check_orders(v);
    check_crossing(v);
    check_replacement(v, 10, verify_effort(v, 10, 50, 200));
    if (v->length != VERIFY_SHORT)
        check_replacement(v, 100, verify_effort(v, 0, 200, 500));
    check_mitzenmacher(v);
    check_dynos(v, "random", 16.87, 58.7, 0.2, 0);
    check_dynos(v, "p2c", 3.73, 5.40, 0, 1);
    check_over_provision(v, 65537, 100);
    check_over_provision(v, 655373, 1000);
    check_figure_12(v);
    check_envoy_tables(v);
    if (v->length != VERIFY_SHORT)
        check_karger(v);
}

const struct verify_group verify_published = {
    .name = "published",
    .about = "Linkerd, Mitzenmacher, Maglev, Envoy and Heroku; orders between policies",
    .run = check_published,
};
