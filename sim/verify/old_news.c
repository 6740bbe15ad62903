/* old_news.c - see old_news.h. */
#include "old_news.h"

#include <math.h>
#include <string.h>

#include "../base/xalloc.h"
#include "chain.h"

/* ---- idle tokens ---- */

/* A server by its requests, and whether its token is out.  A share `found` of dispatchers has one;
 * the others' arrivals go anywhere.  A dispatcher's list is M/M/1 with `ratio` x load for service,
 * so a token stays there for an exponential time. */
enum { LONGEST = 60 };

static uint32_t without(uint32_t n) { return 2 * n; }
static uint32_t with_token(uint32_t n) { return 2 * n + 1; }

static void add_arcs(struct chain *c, double at_random, double by_token)
{
    for (uint32_t n = 0; n < LONGEST; n++) {
        chain_arc(c, with_token(n), with_token(n + 1), at_random);
        chain_arc(c, with_token(n), without(n + 1), by_token);
        chain_arc(c, with_token(n + 1), with_token(n), 1);
        if (n > 0)
            chain_arc(c, without(n), without(n + 1), at_random);
        chain_arc(c, without(n + 1), n > 0 ? without(n) : with_token(0), 1);
    }
}

struct crowd { double mean, tokens; };

static struct crowd crowd_of(double ratio, double load, double found)
{
    double at_random = load * (1 - found), p[2 * LONGEST + 2];
    struct crowd crowd = { 0, 0 };
    struct chain c;

    chain_init(&c, 2 * LONGEST + 2, LONGEST + 1);
    for (uint32_t n = 0; n <= LONGEST; n++)
        c.level[without(n)] = c.level[with_token(n)] = n;
    add_arcs(&c, at_random, ratio * at_random);
    chain_solve(&c, p);
    for (uint32_t n = 0; n <= LONGEST; n++) {
        crowd.mean += n * (p[without(n)] + p[with_token(n)]);
        crowd.tokens += p[with_token(n)];
    }
    chain_fini(&c);
    return crowd;
}

/* As many tokens as M/M/1 has in its queue: found / (1 - found) a dispatcher. */
double old_news_tokens(double ratio, double load)
{
    double low = 0, high = 1;

    for (int k = 0; k < 40; k++) {
        double found = (low + high) / 2;

        if (crowd_of(ratio, load, found).tokens * ratio > found / (1 - found))
            low = found;
        else
            high = found;
    }
    return crowd_of(ratio, load, (low + high) / 2).mean / load;
}

/* ---- the board ---- */

enum { LENGTHS = 50, ROUNDS = 1000 };

/* Requests a second to a server that the board has at i, share[] being the law of the board. */
static double rate_to(const double *share, uint32_t i, uint32_t d, double load)
{
    double above = 0;

    for (uint32_t k = LENGTHS; k-- > i + 1;)
        above += share[k];
    if (share[i] < 1e-14)
        return 0;
    return load * (pow(above + share[i], d) - pow(above, d)) / share[i];
}

static void drift(const double *p, double rate, double *change)
{
    for (uint32_t n = 0; n < LENGTHS; n++)
        change[n] = (n > 0 ? rate * p[n - 1] : 0) + (n + 1 < LENGTHS ? p[n + 1] : 0)
                  - (n + 1 < LENGTHS ? rate : 0) * p[n] - (n > 0) * p[n];
}

static double mean_of(const double *p)
{
    double mean = 0;

    for (uint32_t n = 0; n < LENGTHS; n++)
        mean += n * p[n];
    return mean;
}

/* One step of Runge and Kutta's midpoint rule. */
static void advance(double *p, double rate, double step)
{
    double slope[LENGTHS], half[LENGTHS];

    drift(p, rate, slope);
    for (uint32_t n = 0; n < LENGTHS; n++)
        half[n] = p[n] + step / 2 * slope[n];
    drift(half, rate, slope);
    for (uint32_t n = 0; n < LENGTHS; n++)
        p[n] += step * slope[n];
}

/* From one board to the next; answers the mean number at a server meanwhile (trapezoids). */
static double live_through(double *share, uint32_t d, double period, double load)
{
    uint32_t steps = (uint32_t)ceil(period / 0.02);
    double next[LENGTHS] = { 0 }, step = period / steps, area = 0;

    for (uint32_t i = 0; i < LENGTHS; i++) {
        double p[LENGTHS] = { 0 }, rate = rate_to(share, i, d, load);

        if (share[i] < 1e-14)
            continue;
        p[i] = 1;
        for (uint32_t k = 0; k < steps; k++) {
            area += share[i] * mean_of(p) / 2;
            advance(p, rate, step);
            area += share[i] * mean_of(p) / 2;
        }
        for (uint32_t n = 0; n < LENGTHS; n++)
            next[n] += share[i] * p[n];
    }
    memcpy(share, next, sizeof next);
    return area / steps;
}

double old_news_board(uint32_t d, double period, double load)
{
    double share[LENGTHS] = { 1 }, mean = 0, before = -1;

    for (int k = 0; k < ROUNDS && fabs(mean - before) > 1e-9 * mean; k++) {
        before = mean;
        mean = live_through(share, d, period, load);
    }
    return mean / load;
}
