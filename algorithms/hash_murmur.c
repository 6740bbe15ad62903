/* hash_murmur.c - MurmurHash64A and MurmurHash3_x64_128, from Appleby's published description.
 * libstdc++'s variant of the first mixes the tail in as one word, which gives the same bits. */
#include "hash_murmur.h"

#include "bytes.h"

static const uint64_t M2 = 0xc6a4a7935bd1e995u;
static const uint64_t C1 = 0x87c37b91114253d5u, C2 = 0x4cf5ad432745937fu;

uint64_t hash_murmur2(const void *bytes, size_t length, uint64_t seed)
{
    const unsigned char *p = bytes;
    uint64_t hash = seed ^ length * M2;

    for (size_t left = length; left >= 8; left -= 8, p += 8) {
        uint64_t word = read_bytes(p, 8) * M2;
        hash = (hash ^ (word ^ word >> 47) * M2) * M2;
    }
    if (length % 8 != 0)
        hash = (hash ^ read_bytes(p, length % 8)) * M2;
    hash = (hash ^ hash >> 47) * M2;
    return hash ^ hash >> 47;
}

static uint64_t scramble_first(uint64_t word)
{
    return rotate64(word * C1, 31) * C2;
}

static uint64_t scramble_second(uint64_t word)
{
    return rotate64(word * C2, 33) * C1;
}

static uint64_t avalanche(uint64_t x)
{
    x = (x ^ x >> 33) * 0xff51afd7ed558ccdu;
    x = (x ^ x >> 33) * 0xc4ceb9fe1a85ec53u;
    return x ^ x >> 33;
}

void hash_murmur3(const void *bytes, size_t length, uint32_t seed, uint64_t half[2])
{
    const unsigned char *p = bytes;
    uint64_t a = seed, b = seed;
    size_t left = length;

    for (; left >= 16; left -= 16, p += 16) {
        a = (rotate64(a ^ scramble_first(read_bytes(p, 8)), 27) + b) * 5 + 0x52dce729;
        b = (rotate64(b ^ scramble_second(read_bytes(p + 8, 8)), 31) + a) * 5 + 0x38495ab5;
    }
    if (left > 8)
        b ^= scramble_second(read_bytes(p + 8, left - 8));
    if (left > 0)
        a ^= scramble_first(read_bytes(p, left < 8 ? left : 8));

    a = (a ^ length) + (b ^ length);
    b = a + (b ^ length);
    a = avalanche(a);
    b = avalanche(b);
    half[0] = a + b;
    half[1] = half[0] + b;
}
