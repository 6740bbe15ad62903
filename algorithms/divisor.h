/* divisor.h - weights without their common factor: what HAProxy's map and IPVS count in. */
#ifndef DIVISOR_H
#define DIVISOR_H

#include <stdint.h>

/* The greatest common divisor (Euclid); of 0 and b: b. */
static inline uint32_t common_divisor(uint32_t a, uint32_t b)
{
    while (b != 0) {
        uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

#endif
