/* theory.h - queues whose answer is known, computed with GSL and never by the simulator.
 *
 * Unit of time: the mean service time.  rho: load of a server, below 1.  A law is that of the time
 * a request spends in the system.  Kleinrock, Queueing Systems (1975), unless a line says else. */
#ifndef VERIFY_THEORY_H
#define VERIFY_THEORY_H

#include "../base/types.h"

struct law { double mean, p50, p90, p99, p999; };

/* P(T > t), decreasing from 1. */
typedef double theory_tail(double t, const void *arg);

/* The t at which the tail is 1 - q; from: any positive time of about the right size. */
double theory_quantile(theory_tail *, const void *arg, double q, double from);

/* The four quantiles of a tail, beside its mean. */
struct law theory_law(theory_tail *, const void *arg, double mean);

struct law theory_exponential(double rate);
/* share[i]: how often the law is exponential with rate[i]; shares sum up to 1. */
struct law theory_mixture(const double *share, const double *rate, uint32_t n);
/* share[i]: how often a request finds i others before it at a server of rate mu: Erlang(i + 1). */
struct law theory_positions(const double *share, uint32_t n, double mu);

/* ---- Poisson arrivals, exponential service ---- */

struct law theory_mm1(double rho);
double theory_erlang_c(uint32_t c, double offered);         /* P(an arrival waits) in M/M/c */
struct law theory_mmc(uint32_t c, double rho);

/* M/M/c/K, K places in all.  With K = c it is Erlang's loss system. */
double theory_blocking(uint32_t c, uint32_t places, double offered);
double theory_accepted_mean(uint32_t c, uint32_t places, double offered);
struct law theory_accepted(uint32_t places, double offered);        /* c = 1: quantiles too */

/* ---- round robin over n: every n-th arrival, E_n/M/1 ---- */

/* lambda: of all arrivals; mu: of one server, the gap between its arrivals being Erlang(n). */
double theory_sigma(uint32_t n, double lambda, double mu);          /* P(an arrival waits) */
struct law theory_round_robin(uint32_t n, double lambda, const double *mu);

/* ---- closed: `clients` ask, wait, think; machine repairman ---- */

struct closed { double throughput, response, utilisation; };
struct closed theory_repairman(uint32_t servers, double think, uint32_t clients);
struct law theory_repairman_law(double think, uint32_t clients);    /* one server */

/* ---- attempts: m further ones, each at another of n, k of which fail ---- */

double theory_retry_failure(uint32_t n, uint32_t k, uint32_t m);
double theory_retry_attempts(uint32_t n, uint32_t k, uint32_t m);

/* ---- copies ---- */

/* Every request at d of k servers, the first answer cancels the others: Gardner, Zbarsky, Doroudi,
 * Harchol-Balter, Hyytia and Scheller-Wolf 2017.  lambda: of all arrivals a server. */
double theory_redundancy_mean(uint32_t k, uint32_t d, double lambda);
/* Fork-join of two M/M/1: Flatto and Hahn 1984; its mean Nelson and Tantawi 1988. */
double theory_fork_join_mean(double rho);

/* ---- M/M/1 under processor sharing: theory_ps.c ---- */

struct law theory_ps(double rho);

#endif
