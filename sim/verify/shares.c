/* shares.c - turns and lots: round robin's order pick by pick, the shares of random choices, and
 * queues behind a split by weights. */
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/rng.h"
#include "../base/xalloc.h"
#include "experiment.h"
#include "groups.h"
#include "picks.h"

/* ---- turns ---- */

/* nginx's rule as its author tells it: all add their weight, the greatest is taken (the first of
 * equals) and loses the sum of all weights. */
static void nginx_order(const uint32_t *weight, uint32_t n, uint32_t *order, uint32_t picks)
{
    int64_t *current = xcalloc(n, sizeof *current), total = 0;

    for (uint32_t i = 0; i < n; i++)
        total += weight[i];
    for (uint32_t k = 0; k < picks; k++) {
        uint32_t best = 0;
        for (uint32_t i = 0; i < n; i++) {
            current[i] += weight[i];
            best = current[i] > current[best] ? i : best;
        }
        current[best] -= total;
        order[k] = best;
    }
    free(current);
}

static void pick_order(const char *algorithm, const uint32_t *weight, uint32_t n, uint32_t *order,
                       uint32_t picks)
{
    struct lb *lb = picks_started(algorithm, 1, n, weight);

    for (uint32_t k = 0; k < picks; k++)
        order[k] = picks_idle(lb);
    lb_free(lb);
}

static double sum_of(const uint32_t *weight, uint32_t n)
{
    double sum = 0;

    for (uint32_t i = 0; i < n; i++)
        sum += weight[i];
    return sum;
}

/* Picks of one period beyond or short of the weights. */
static uint32_t off_the_weights(const uint32_t *order, const uint32_t *weight, uint32_t n,
                                uint32_t period)
{
    uint32_t *count = xcalloc(n, sizeof *count), off = 0;

    for (uint32_t k = 0; k < period; k++)
        count[order[k]]++;
    for (uint32_t i = 0; i < n; i++)
        off += (uint32_t)abs((int)(count[i] - weight[i]));
    free(count);
    return off;
}

/* Three periods, the last of which is counted against the weights. */
static void check_turns(struct verify *v, const char *name, const uint32_t *weight, uint32_t n)
{
    uint32_t period = (uint32_t)sum_of(weight, n), picks = 3 * period;
    uint32_t *got = xcalloc(picks, sizeof *got), *rule = xcalloc(picks, sizeof *rule);
    char id[64];

    nginx_order(weight, n, rule, picks);
    pick_order("weighted_round_robin", weight, n, got, picks);
    snprintf(id, sizeof id, "shares/smooth_wrr/%s/other_order", name);
    verify_exact(v, id, "nginx commit 52327e0627f4: the rule, done again pick by pick", 0,
                 picks_differ(got, rule, picks), 0);
    snprintf(id, sizeof id, "shares/smooth_wrr/%s/off_the_weights", name);
    verify_exact(v, id, "in any period of as many picks as the sum of weights, each has its weight",
                 0, off_the_weights(got + 2 * period, weight, n, period), 0);
    free(got);
    free(rule);
}

static void check_published_turns(struct verify *v)
{
    static const uint32_t weight[] = { 5, 1, 1 }, published[] = { 0, 0, 1, 0, 2, 0, 0 };
    uint32_t got[ARRAY_LEN(published)];

    pick_order("weighted_round_robin", weight, 3, got, ARRAY_LEN(published));
    verify_exact(v, "shares/smooth_wrr/5,1,1/other_than_published",
                 "nginx commit 52327e0627f4: weights { 5, 1, 1 } give a, a, b, a, c, a, a", 0,
                 picks_differ(got, published, ARRAY_LEN(published)), 0);
}

static void check_smooth_wrr(struct verify *v)
{
    static const uint32_t four_two[] = { 4, 2 }, one_two_three[] = { 1, 2, 3 };
    static const uint32_t ties[] = { 3, 3, 1, 1 };
    struct rng rng = rng_stream(v->seed, "verify weights", 0);
    uint32_t many[60];

    for (uint32_t i = 0; i < ARRAY_LEN(many); i++)
        many[i] = 1 + rng_below(&rng, 500);
    check_published_turns(v);
    check_turns(v, "4,2", four_two, 2);
    check_turns(v, "1,2,3", one_two_three, 3);
    check_turns(v, "3,3,1,1", ties, 4);
    check_turns(v, "60_random", many, ARRAY_LEN(many));
}

static void check_round_robin(struct verify *v)
{
    enum { N = 7, PICKS = 700 };
    uint32_t got[PICKS], turn[PICKS];

    for (uint32_t k = 0; k < PICKS; k++)
        turn[k] = k % N;
    pick_order("round_robin", NULL, N, got, PICKS);
    verify_exact(v, "shares/round_robin/other_order",
                 "pick k goes to backend k mod N, from the first", 0,
                 picks_differ(got, turn, PICKS), 0);
}

/* ---- lots ---- */

/* Chi-square of the counts against the law's weights; a pick that the law excludes is infinite. */
static double chi_square(const uint32_t *count, const uint32_t *weight, uint32_t n, double picks)
{
    double sum = 0, weights = sum_of(weight, n);

    for (uint32_t i = 0; i < n; i++) {
        double expected = picks * weight[i] / weights;
        if (weight[i] > 0)
            sum += (count[i] - expected) * (count[i] - expected) / expected;
        else if (count[i] > 0)
            return INFINITY;
    }
    return sum;
}

static uint32_t degrees_of(const uint32_t *weight, uint32_t n)
{
    uint32_t cells = 0;

    for (uint32_t i = 0; i < n; i++)
        cells += weight[i] > 0;
    return cells - 1;
}

/* A p-value is uniform: too many at either end would be a fault, and one beyond the ends of the
 * family's level is. */
static void add_p_value(struct verify *v, const char *name, const char *what, const char *source,
                        double chi, uint32_t degrees)
{
    const double end = VERIFY_ALARM / VERIFY_FAMILY / 2;
    char id[64];

    snprintf(id, sizeof id, "shares/%s/p_of_%s", name, what);
    v->statistical++;
    verify_range(v, id, source, end, 1 - end, isinf(chi) ? 0 : gsl_cdf_chisq_Q(chi, degrees),
                 "chi-square's p is uniform; the ends are those of the family's level");
}

/* Counts of the picks against a law, and of pairs of picks in a row: turns have the shares of lots,
 * but not the pairs.  Takes the balancer. */
static void check_lots(struct verify *v, const char *name, const char *source, struct lb *lb,
                       const uint32_t *law)
{
    uint32_t n = lb->count, pairs = verify_effort(v, 100, 500, 2500) * 1000;
    uint32_t *count = xcalloc(n, sizeof *count), *pair = xcalloc(n * n, sizeof *pair);
    uint32_t *product = xcalloc(n * n, sizeof *product);

    for (uint32_t k = 0; k < pairs; k++) {
        uint32_t first = picks_idle(lb), second = picks_idle(lb);
        count[first]++;
        count[second]++;
        pair[first * n + second]++;
    }
    for (uint32_t k = 0; k < n * n; k++)
        product[k] = law[k / n] * law[k % n];
    add_p_value(v, name, "shares", source, chi_square(count, law, n, 2.0 * pairs),
                degrees_of(law, n));
    add_p_value(v, name, "pairs", source, chi_square(pair, product, n * n, pairs),
                degrees_of(product, n * n));
    lb_free(lb);
    free(count);
    free(pair);
    free(product);
}

/* Requests in flight at backend i of 10: all different, and in no order. */
static uint32_t rank_of(uint32_t i)
{
    return 7 * i % 10;
}

/* p2c over backends that differ in requests in flight. */
static struct lb *ranked(uint64_t seed, uint32_t n, double choices, double replacement)
{
    struct lb *lb = picks_new("p2c", seed);

    picks_set(lb, "choices", choices);
    picks_set(lb, "replacement", replacement);
    picks_add(lb, seed, n, NULL);
    picks_start(lb);
    for (uint32_t i = 0; i < n; i++) {
        uint64_t all_but_i = ~(1ull << i);
        for (uint32_t k = 0; k < rank_of(i); k++)
            lb_pick(lb, &(struct lb_request){ .avoid = &all_but_i });
    }
    return lb;
}

static void check_choices(struct verify *v)
{
    enum { N = 10 };
    uint32_t two[N], again[N], three[N];

    for (uint32_t i = 0; i < N; i++) {
        uint32_t busier = N - 1 - rank_of(i);
        two[i] = busier;
        three[i] = busier * (busier - (busier > 0)) / 2;
        again[i] = (busier + 1) * (busier + 1) - busier * busier;
    }
    check_lots(v, "p2c/2_of_10_ranked",
               "taken if the other is busier: with b busier ones, b of N (N - 1) / 2 pairs",
               ranked(v->seed + 1, N, 2, 0), two);
    check_lots(v, "p2c/3_of_10_ranked",
               "taken if both others are busier: with b busier ones, C(b, 2) of C(N, 3)",
               ranked(v->seed + 2, N, 3, 0), three);
    check_lots(v, "p2c/2_of_10_ranked_replacement",
               "drawn with replacement: with b busier ones, ((b + 1)^2 - b^2) / N^2",
               ranked(v->seed + 3, N, 2, 1), again);
}

static void check_random(struct verify *v)
{
    static const uint32_t even[] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 }, uneven[] = { 1, 2, 3, 4, 10 };
    static const char *same = "no difference between backends: equal chances";
    static const char *by_weight = "chances in proportion to the weights";

    check_lots(v, "random/10_equal", same, picks_started("random", v->seed + 4, 10, NULL), even);
    check_lots(v, "random/1,2,3,4,10", by_weight, picks_started("random", v->seed + 5, 5, uneven),
               uneven);
    check_lots(v, "p2c/10_equal_idle", same, picks_started("p2c", v->seed + 6, 10, NULL), even);
    check_lots(v, "p2c/1,2,3,4,10_idle", by_weight, picks_started("p2c", v->seed + 7, 5, uneven),
               uneven);
}

/* ---- queues behind a split by lot ---- */

struct split {
    const char *name;
    double   rate[10];              /* of the servers; 0 ends them */
    double   load;                  /* offered / all capacity */
};

static uint32_t servers_of(const struct split *s)
{
    uint32_t n = 0;

    while (n < ARRAY_LEN(s->rate) && s->rate[n] > 0)
        n++;
    return n;
}

/* Each server is an M/M/1 of the share of arrivals that its weight gives it. */
static double split_mean(const struct split *s, const uint32_t *weight, double arrivals)
{
    double sum = 0, weights = sum_of(weight, servers_of(s));

    for (uint32_t i = 0; i < servers_of(s); i++) {
        double share = weight[i] / weights;
        sum += share / (s->rate[i] - share * arrivals);
    }
    return sum;
}

/* "[ 1, 1, 2 ]" */
static void print_list(char *text, size_t size, const double *x, uint32_t n)
{
    size_t used = 0;

    for (uint32_t i = 0; i < n; i++)
        used += (size_t)snprintf(text + used, size - used, "%s %.10g", i ? "," : "[", x[i]);
    snprintf(text + used, size - used, " ]");
}

static void check_split(struct verify *v, const struct split *s, const char *how,
                        const uint32_t *weight)
{
    uint32_t n = servers_of(s), replications = VERIFY_REPLICATIONS;
    double arrivals = 0, weights[ARRAY_LEN(s->rate)];
    char id[64], speed[200], weight_list[200];
    struct sample sample;

    for (uint32_t i = 0; i < n; i++) {
        arrivals += s->rate[i] * s->load;
        weights[i] = weight[i];
    }
    print_list(speed, sizeof speed, s->rate, n);
    print_list(weight_list, sizeof weight_list, weights, n);
    experiment(v, &sample, replications,
               "{ 'version': 1, 'name': 't', 'run': { 'requests': %u, 'warmup': '1000s' },"
               "  'clients': [ { 'name': 'c', 'to': 'lb',"
               "    'arrival': { 'process': 'poisson', 'rate': '%.12g/s' } } ],"
               "  'balancers': [ { 'name': 'lb', 'algorithm': 'random', 'to': 's' } ],"
               "  'backends': [ { 'name': 's', 'count': %u, 'speed': %s, 'weight': %s,"
               "    'service': { 'dist': 'exponential', 'mean': '1s' } } ] }",
               verify_effort(v, 10, 150, 600) * 1000, arrivals, n, speed, weight_list);
    snprintf(id, sizeof id, "shares/split/%s/rho=%g/%s/mean", s->name, s->load, how);
    verify_mean(v, id, "random by weight: sum of p / (mu - p lambda), an M/M/1 each",
                split_mean(s, weight, arrivals), sample.mean, replications, 0, NULL);
}

/* Weights in proportion to speed load all alike. */
static void proportional(const struct split *s, uint32_t *weight)
{
    for (uint32_t i = 0; i < servers_of(s); i++)
        weight[i] = (uint32_t)(4 * s->rate[i]);
}

/* The split of least mean time: mu - sqrt(mu) (sum of mu - lambda) / (sum of sqrt(mu)). */
static void optimal(const struct split *s, uint32_t *weight)
{
    double rates = 0, roots = 0;

    for (uint32_t i = 0; i < servers_of(s); i++) {
        rates += s->rate[i];
        roots += sqrt(s->rate[i]);
    }
    for (uint32_t i = 0; i < servers_of(s); i++) {
        double spare = sqrt(s->rate[i]) * rates * (1 - s->load) / roots;
        weight[i] = (uint32_t)(5000 * (s->rate[i] - spare) + 0.5);
    }
}

static void check_splits(struct verify *v)
{
    static const struct split split[] = {
        { "1,1,2,4", { 1, 1, 2, 4 }, 0.8 },
        { "1,2", { 1, 2 }, 0.7 },
        { "9x1,0.25", { 1, 1, 1, 1, 1, 1, 1, 1, 1, 0.25 }, 0.7 },
    };
    static const uint32_t even[] = { 1, 1 };
    uint32_t weight[ARRAY_LEN(split[0].rate)];

    for (size_t i = 0; i < ARRAY_LEN(split); i++) {
        proportional(&split[i], weight);
        check_split(v, &split[i], "proportional", weight);
        optimal(&split[i], weight);
        check_split(v, &split[i], "optimal", weight);
    }
    check_split(v, &(struct split){ "1,2", { 1, 2 }, 0.5 }, "equal", even);
}

static void check_shares(struct verify *v)
{
    check_round_robin(v);
    check_smooth_wrr(v);
    check_random(v);
    check_choices(v);
    check_splits(v);
}

const struct verify_group verify_shares = {
    .name = "shares",
    .about = "the order of turns, the shares of lots, queues behind weighted splits",
    .run = check_shares,
};
