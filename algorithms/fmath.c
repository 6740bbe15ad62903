/* fmath.c - log and exp by the reductions and coefficients of Sun's fdlibm, arithmetic only; pow
 * keeps log x and the product with y in two doubles each, and so stays within 2 ulp.
 *
 * The coefficients of fm_log and fm_exp:
 * Copyright (C) 1993, 2004 by Sun Microsystems, Inc. All rights reserved.
 * Developed at SunPro, a Sun Microsystems, Inc. business. Permission to use, copy, modify, and
 * distribute this software is freely granted, provided that this notice is preserved. */
#include "fmath.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

static const double LN2_HI = 6.93147180369123816490e-01;   /* 33 bits: times an exponent is exact */
static const double LN2_LO = 1.90821492927058770002e-10;

static uint64_t bits_of(double x)
{
    uint64_t bits;

    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static double from_bits(uint64_t bits)
{
    double x;

    memcpy(&x, &bits, sizeof x);
    return x;
}

/* 2^n for -1022 <= n <= 1023 */
static double power_of_two(int n)
{
    return from_bits((uint64_t)(n + 1023) << 52);
}

/* x > 0, finite: x = m 2^k with m in [sqrt(1/2), sqrt(2)) */
static double split_exponent(double x, int *k)
{
    static const uint64_t half_root = 0x3fe6a09e667f3bcdu;

    *k = 0;
    if (x < 0x1p-1022) {
        x *= 0x1p54;
        *k = -54;
    }
    uint64_t bits = bits_of(x) + (0x3ff0000000000000u - half_root);
    *k += (int)(bits >> 52) - 1023;
    return from_bits((bits & 0x000fffffffffffffu) + half_root);
}

double fm_log(double x)
{
    static const double L1 = 6.666666666666735130e-01, L2 = 3.999999999940941908e-01,
                        L3 = 2.857142874366239149e-01, L4 = 2.222219843214978396e-01,
                        L5 = 1.818357216161805012e-01, L6 = 1.531383769920937332e-01,
                        L7 = 1.479819860511658591e-01;
    int k;

    if (!(x > 0))
        return x == 0 ? -INFINITY : NAN;
    if (x > 0x1.fffffffffffffp1023)
        return x;

    double f = split_exponent(x, &k) - 1;
    double half = 0.5 * f * f;
    double s = f / (2 + f), z = s * s, w = z * z;
    double rest = z * (L1 + w * (L3 + w * (L5 + w * L7))) + w * (L2 + w * (L4 + w * L6));
    return s * (half + rest) + k * LN2_LO - half + f + k * LN2_HI;
}

double fm_exp(double x)
{
    static const double E1 = 1.66666666666666019037e-01, E2 = -2.77777777770155933842e-03,
                        E3 = 6.61375632143793436117e-05, E4 = -1.65339022054652515390e-06,
                        E5 = 4.13813679705723846039e-08;

    if (!(x <= 709.782712893383973096))
        return x > 0 ? INFINITY : NAN;
    if (x < -745.13321910194110842)
        return 0;

    int k = (int)(x * 1.44269504088896338700 + (x < 0 ? -0.5 : 0.5));
    double hi = x - k * LN2_HI, lo = k * LN2_LO, r = hi - lo, z = r * r;
    double c = r - z * (E1 + z * (E2 + z * (E3 + z * (E4 + z * E5))));
    double y = 1 + (r * c / (2 - c) - lo + hi);
    if (k >= -1021 && k <= 1023)
        return y * power_of_two(k);
    return k > 0 ? y * 2 * power_of_two(k - 1) : y * power_of_two(k + 1000) * 0x1p-1000;
}

/* ---- pow: two doubles, high and low, for a number of about 106 bits (Dekker 1971) ---- */

struct pair { double hi, lo; };

static struct pair add_exact(double a, double b)
{
    double sum = a + b, b2 = sum - a;

    return (struct pair){ sum, (a - (sum - b2)) + (b - b2) };
}

static struct pair multiply_exact(double a, double b)
{
    double ca = 134217729 * a, a1 = ca - (ca - a), a2 = a - a1;
    double cb = 134217729 * b, b1 = cb - (cb - b), b2 = b - b1;
    double product = a * b;

    return (struct pair){ product, ((a1 * b1 - product) + a1 * b2 + a2 * b1) + a2 * b2 };
}

static struct pair add(struct pair a, struct pair b)
{
    struct pair sum = add_exact(a.hi, b.hi);

    return add_exact(sum.hi, sum.lo + (a.lo + b.lo));
}

static struct pair multiply(struct pair a, struct pair b)
{
    struct pair product = multiply_exact(a.hi, b.hi);

    return add_exact(product.hi, product.lo + (a.hi * b.lo + a.lo * b.hi));
}

/* a / b for doubles b that are exact */
static struct pair divide(struct pair a, struct pair b)
{
    double q = a.hi / b.hi;
    struct pair back = multiply(b, (struct pair){ q, 0 });

    return add_exact(q, ((a.hi - back.hi) + (a.lo - back.lo)) / b.hi);
}

/* log x = k ln 2 + 2 atanh(s), s = (m - 1) / (m + 1); the series' first two terms in pairs. */
static struct pair log_pair(double x)
{
    static const struct pair third = { 0x1.5555555555555p-2, 0x1.5555555555555p-56 };
    int k;
    double m = split_exponent(x, &k);
    struct pair s = divide(add_exact(m, -1), add_exact(m, 1));
    struct pair z = multiply(s, s);
    double t = z.hi, tail = 0;

    for (int n = 25; n >= 5; n -= 2)
        tail = tail * t + 1.0 / n;

    struct pair sum = multiply(z, add(third, multiply_exact(t, tail)));
    sum = multiply((struct pair){ 2 * s.hi, 2 * s.lo }, add((struct pair){ 1, 0 }, sum));
    sum = add(sum, add_exact(k * LN2_HI, k * LN2_LO));
    return sum;
}

static double pow_of_zero_or_infinity(double x, double y)
{
    return (x == 0) == (y < 0) ? INFINITY : 0;
}

double fm_pow(double x, double y)
{
    if (y == 0 || x == 1)
        return 1;
    if (!(x >= 0) || y != y)
        return NAN;
    if (x == 0 || x > 0x1.fffffffffffffp1023)
        return pow_of_zero_or_infinity(x, y);
    if (y > 0x1p64 || y < -0x1p64)         /* out of range for any x but 1; y may be infinite */
        return (x > 1) == (y > 0) ? INFINITY : 0;

    struct pair power = multiply(log_pair(x), (struct pair){ y, 0 });
    if (power.hi > 710 || power.hi < -746)
        return fm_exp(power.hi);
    double result = fm_exp(power.hi);
    return result > 0x1.fffffffffffffp1023 ? result : result + result * power.lo;
}

double fm_sqrt(double x)
{
    return sqrt(x);
}
