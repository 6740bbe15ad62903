/* hash_murmur.h - Appleby's MurmurHash in the forms that load balancers use.
 * Bytes are read as little-endian words on every machine. */
#ifndef HASH_MURMUR_H
#define HASH_MURMUR_H

#include <stddef.h>
#include <stdint.h>

/* MurmurHash64A as libstdc++ has it; its seed for std::hash is 0xc70f6907. */
uint64_t hash_murmur2(const void *bytes, size_t length, uint64_t seed);

/* MurmurHash3_x64_128: both halves. */
void hash_murmur3(const void *bytes, size_t length, uint32_t seed, uint64_t half[2]);

#endif
