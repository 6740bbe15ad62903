/* mg1.h - Poisson arrivals, one server, first come first served, any law of service with mean 1. */
#ifndef VERIFY_MG1_H
#define VERIFY_MG1_H

#include "theory.h"

/* A law of service: E[min(S, x)] and E[min(S, x)^2] are all that is needed; x = INFINITY gives the
 * moments. */
struct service {
    const char *name, *json;        /* as ids say it; as a scenario writes it, ' for " */
    double (*first)(const double *p, double x), (*second)(const double *p, double x);
    double p[3];
};

extern const struct service service_constant, service_exponential, service_erlang4,
                            service_lognormal, service_hyper4, service_pareto100,
                            service_pareto1000;

double mg1_mean(const struct service *, double rho);        /* Pollaczek and Khinchine */

/* The law of the time in the system.  *error: by how much of itself a quantile may be off, the
 * greatest of them all: the difference between two widths of the lattice. */
struct law mg1_law(const struct service *, double rho, double *error);

#endif
