/* fmath.h - log, exp and pow that give the same bits on every machine.
 *
 * libm's differ in the last bit between CPUs, because glibc chooses an implementation at run
 * time; a simulated decision must not.  A few ulp exact, built from + - * / only; compile with
 * -ffp-contract=off.  Everything that feeds a simulated decision uses these. */
#ifndef FMATH_H
#define FMATH_H

double fm_log(double x);            /* x > 0; -inf at 0, NaN below */
double fm_exp(double x);            /* 0 below -745, inf above 709.78 */
double fm_pow(double x, double y);  /* x >= 0, else NaN: exp(y log x), within 2 ulp */
double fm_sqrt(double x);           /* correctly rounded, as IEEE 754 requires of sqrt */

#endif
