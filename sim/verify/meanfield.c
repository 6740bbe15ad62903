/* meanfield.c - see meanfield.h.
 *
 * x_i: share of servers with at least i requests; dx_i/dt = f_i(x) = rho (x_{i-1}^d - x_i^d) -
 * (x_i - x_{i+1}).  Around its fixed point x fluctuates, covariance W / n, A W + W A' + Q = 0,
 * and its mean is off by V / n, A V + B W / 2 + C = 0; A, B: first and second derivatives of f,
 * Q: how fast noise comes in, C: what drawing different servers changes. */
#include "meanfield.h"

#include "../base/xalloc.h"

#include <gsl/gsl_linalg.h>
#include <math.h>
#include <stdlib.h>

enum { MOST = 24 };                 /* lengths followed; 24^2 unknowns at most */

struct field {
    uint32_t d, m;                  /* x_1 .. x_m */
    double rho, x[MOST + 2];        /* x[0] = 1, x[m + 1] = 0 */
};

static void fixed_point(struct field *f)
{
    f->x[0] = 1;
    for (f->m = 0; f->m < MOST && f->x[f->m] > 1e-13; f->m++)
        f->x[f->m + 1] = f->rho * pow(f->x[f->m], f->d);
    f->x[f->m + 1] = 0;
}

/* df_i/dx_k for i, k from 1. */
static double slope(const struct field *f, uint32_t i, uint32_t k)
{
    double d = f->d;

    if (k == i)
        return -f->rho * d * pow(f->x[i], d - 1) - 1;
    if (k + 1 == i)
        return f->rho * d * pow(f->x[k], d - 1);
    return k == i + 1;
}

/* All entries of W at once, as m^2 linear equations. */
static gsl_vector *covariance(const struct field *f)
{
    uint32_t m = f->m;
    gsl_matrix *a = gsl_matrix_calloc(m * m, m * m);
    gsl_vector *q = gsl_vector_calloc(m * m), *w = gsl_vector_calloc(m * m);
    gsl_permutation *order = gsl_permutation_alloc(m * m);
    int sign;

    for (uint32_t i = 0; i < m; i++) {
        gsl_vector_set(q, i * m + i, -2 * (f->x[i + 1] - f->x[i + 2]));
        for (uint32_t k = 0; k < m; k++)
            for (uint32_t l = 0; l < m; l++) {
                *gsl_matrix_ptr(a, i * m + k, l * m + k) += slope(f, i + 1, l + 1);
                *gsl_matrix_ptr(a, i * m + k, i * m + l) += slope(f, k + 1, l + 1);
            }
    }
    gsl_linalg_LU_decomp(a, order, &sign);
    gsl_linalg_LU_solve(a, order, q, w);
    gsl_matrix_free(a);
    gsl_vector_free(q);
    gsl_permutation_free(order);
    return w;
}

/* What stands for x^d when n servers are drawn from: x^d + c(x) / n. */
static double drawing(const struct field *f, enum meanfield_draw draw, double x)
{
    double d = f->d;

    return draw == DRAW_DIFFERENT ? -d * (d - 1) / 2 * pow(x, d - 1) * (1 - x) : 0;
}

static double curvature(const struct field *f, const gsl_vector *w, uint32_t i)
{
    double d = f->d;

    if (i == 0)
        return 0;                   /* x_0 is 1 for ever */
    return d * (d - 1) * pow(f->x[i], d - 2) * gsl_vector_get(w, (i - 1) * f->m + i - 1);
}

/* V into v[1 .. m]. */
static void correction(const struct field *f, enum meanfield_draw draw, double *v)
{
    uint32_t m = f->m;
    gsl_vector *w = covariance(f), *b = gsl_vector_calloc(m), *x = gsl_vector_calloc(m);
    gsl_matrix *a = gsl_matrix_calloc(m, m);
    gsl_permutation *order = gsl_permutation_alloc(m);
    int sign;

    for (uint32_t i = 0; i < m; i++) {
        double bent = curvature(f, w, i) - curvature(f, w, i + 1);
        double drawn = drawing(f, draw, f->x[i]) - drawing(f, draw, f->x[i + 1]);

        gsl_vector_set(b, i, -f->rho * (bent / 2 + drawn));
        for (uint32_t k = 0; k < m; k++)
            gsl_matrix_set(a, i, k, slope(f, i + 1, k + 1));
    }
    gsl_linalg_LU_decomp(a, order, &sign);
    gsl_linalg_LU_solve(a, order, b, x);
    for (uint32_t i = 0; i < m; i++)
        v[i + 1] = gsl_vector_get(x, i);
    gsl_vector_free(w);
    gsl_vector_free(b);
    gsl_vector_free(x);
    gsl_matrix_free(a);
    gsl_permutation_free(order);
}

/* As much crosses from i - 1 to i as from i to i - 1: a request finds at least i - 1 others with
 * P(x_i) / rho, whatever the rule. */
struct law meanfield(uint32_t d, enum meanfield_draw draw, double rho, uint32_t n, double *second)
{
    struct field f = { .d = d, .rho = rho };
    double v[MOST + 2] = { 0 }, found[MOST + 1] = { 0 }, queue = 0, off = 0;

    fixed_point(&f);
    if (n > 0)
        correction(&f, draw, v);
    for (uint32_t i = 1; i <= f.m; i++) {
        queue += f.x[i];
        off += n > 0 ? v[i] / n : 0;
        v[i] = f.x[i] + (n > 0 ? v[i] / n : 0);
    }
    for (uint32_t i = 1; i <= f.m; i++)
        found[i - 1] = (v[i] - v[i + 1]) / rho;
    if (second)
        *second = off / queue * (off / queue);
    return theory_positions(found, f.m, 1);
}
