/* bytes.h - little-endian reads and rotations for the hash functions.
 * Keys hash alike on every machine, so bytes are put together one by one; compilers see through. */
#ifndef BYTES_H
#define BYTES_H

#include <stddef.h>
#include <stdint.h>

static inline uint64_t rotate64(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

static inline uint32_t rotate32(uint32_t x, int by)
{
    return x << by | x >> (32 - by);
}

/* The first `count` (at most 8) bytes, the first one lowest. */
static inline uint64_t read_bytes(const unsigned char *p, size_t count)
{
    uint64_t word = 0;

    for (size_t k = 0; k < count; k++)
        word |= (uint64_t)p[k] << (8 * k);
    return word;
}

#endif
