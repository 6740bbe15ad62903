/* mg1.c - see mg1.h: the wait is a geometric number of residual services (Pollaczek-Khinchine,
 * Benes 1957), summed up on a lattice by FFT.
 *
 * A law is put on the lattice so that its mean stays: mass at k is the second difference of
 * E[min(X, x)].  So the error goes with the square of the width, and shows in a wider lattice. */
#include "mg1.h"

#include "../base/xalloc.h"

#include <gsl/gsl_complex_math.h>
#include <gsl/gsl_fft_complex.h>
#include <math.h>
#include <stdlib.h>

enum { CELLS = 1 << 16 };

double mg1_mean(const struct service *s, double rho)
{
    return 1 + rho * s->second(s->p, INFINITY) / (2 * (1 - rho));
}

/* E[min(X, x)] of a service, and of what is left of one when somebody looks. */
static double of_service(const struct service *s, double x)
{
    return x > 0 ? s->first(s->p, x) : x;
}

static double of_residual(const struct service *s, double x)
{
    return x > 0 ? x - x * s->first(s->p, x) + s->second(s->p, x) / 2 : x;
}

/* As complex numbers, for GSL. */
static double *on_lattice(const struct service *s,
                          double (*limited)(const struct service *, double), double width)
{
    double *p = xcalloc(2 * CELLS, sizeof *p);
    double before = limited(s, -width), here = limited(s, 0), after;

    for (uint32_t k = 0; k < CELLS; k++) {
        after = limited(s, (k + 1) * width);
        p[2 * k] = (2 * here - before - after) / width;
        before = here;
        here = after;
    }
    return p;
}

/* The distribution of the time in the system over the lattice, as complex numbers. */
static double *sojourn(const struct service *s, double rho, double width)
{
    double *service = on_lattice(s, of_service, width);
    double *residual = on_lattice(s, of_residual, width);

    gsl_fft_complex_radix2_forward(service, 1, CELLS);
    gsl_fft_complex_radix2_forward(residual, 1, CELLS);
    for (uint32_t k = 0; k < CELLS; k++) {
        gsl_complex r = gsl_complex_rect(residual[2 * k], residual[2 * k + 1]);
        gsl_complex t = gsl_complex_rect(service[2 * k], service[2 * k + 1]);
        gsl_complex one_less = gsl_complex_rect(1 - rho * GSL_REAL(r), -rho * GSL_IMAG(r));

        t = gsl_complex_div(gsl_complex_mul_real(t, 1 - rho), one_less);
        service[2 * k] = GSL_REAL(t);
        service[2 * k + 1] = GSL_IMAG(t);
    }
    gsl_fft_complex_radix2_inverse(service, 1, CELLS);
    free(residual);
    return service;
}

/* Half of a lattice point's mass lies on either side of it. */
static double lattice_quantile(const double *p, double q, double width)
{
    double below = 0, here = p[0] / 2;
    uint32_t k = 0;

    while (here < q && k + 1 < CELLS) {
        below = here;
        here += (p[2 * k] + p[2 * k + 2]) / 2;
        k++;
    }
    return width * (k - (here - q) / (here - below));
}

/* The tail must have ended within the lattice, which is a circle to the FFT. */
static double reach(const struct service *s, double rho)
{
    return 40 * mg1_mean(s, rho) + 20 * s->second(s->p, INFINITY);
}

static struct law law_at(const struct service *s, double rho, double width)
{
    double *p = sojourn(s, rho, width);
    struct law law = {
        .mean = mg1_mean(s, rho),
        .p50 = lattice_quantile(p, 0.5, width),
        .p90 = lattice_quantile(p, 0.9, width),
        .p99 = lattice_quantile(p, 0.99, width),
        .p999 = lattice_quantile(p, 0.999, width),
    };

    free(p);
    return law;
}

struct law mg1_law(const struct service *s, double rho, double *error)
{
    double width = reach(s, rho) / CELLS;
    struct law law = law_at(s, rho, width), wide = law_at(s, rho, 2 * width);

    *error = fmax(fmax(fabs(wide.p50 / law.p50 - 1), fabs(wide.p90 / law.p90 - 1)),
                  fmax(fabs(wide.p99 / law.p99 - 1), fabs(wide.p999 / law.p999 - 1)));
    return law;
}
