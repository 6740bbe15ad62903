/* sha256.c - SHA-256 as FIPS 180-4 has it (sections 4.1.2, 5.1.1 and 6.2). */
#include "text.h"

#include <stdio.h>
#include <string.h>

static const uint32_t round_constant[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotated(uint32_t x, int n)
{
    return x >> n | x << (32 - n);
}

/* w[0..15]: the block as big-endian words; w[16..63]: the message schedule. */
static void schedule(uint32_t w[64], const unsigned char block[64])
{
    for (int t = 0; t < 16; t++)
        w[t] = (uint32_t)block[4 * t] << 24 | (uint32_t)block[4 * t + 1] << 16 |
               (uint32_t)block[4 * t + 2] << 8 | block[4 * t + 3];
    for (int t = 16; t < 64; t++) {
        uint32_t s0 = rotated(w[t - 15], 7) ^ rotated(w[t - 15], 18) ^ w[t - 15] >> 3;
        uint32_t s1 = rotated(w[t - 2], 17) ^ rotated(w[t - 2], 19) ^ w[t - 2] >> 10;

        w[t] = w[t - 16] + s0 + w[t - 7] + s1;
    }
}

/* One round.  Instead of moving the eight words on, the next round names them one place further. */
static inline void add_round(uint32_t a, uint32_t b, uint32_t c, uint32_t *d, uint32_t e,
                             uint32_t f, uint32_t g, uint32_t *h, uint32_t word)
{
    uint32_t s1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25);
    uint32_t t1 = *h + s1 + ((e & f) ^ (~e & g)) + word;
    uint32_t s0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22);

    *d += t1;
    *h = t1 + s0 + ((a & b) ^ (a & c) ^ (b & c));
}

static void add_block(uint32_t hash[8], const unsigned char block[64])
{
    uint32_t w[64], a = hash[0], b = hash[1], c = hash[2], d = hash[3], e = hash[4], f = hash[5],
             g = hash[6], h = hash[7];

    schedule(w, block);
    for (int t = 0; t < 64; t += 8) {
        const uint32_t *k = round_constant + t, *x = w + t;

        add_round(a, b, c, &d, e, f, g, &h, k[0] + x[0]);
        add_round(h, a, b, &c, d, e, f, &g, k[1] + x[1]);
        add_round(g, h, a, &b, c, d, e, &f, k[2] + x[2]);
        add_round(f, g, h, &a, b, c, d, &e, k[3] + x[3]);
        add_round(e, f, g, &h, a, b, c, &d, k[4] + x[4]);
        add_round(d, e, f, &g, h, a, b, &c, k[5] + x[5]);
        add_round(c, d, e, &f, g, h, a, &b, k[6] + x[6]);
        add_round(b, c, d, &e, f, g, h, &a, k[7] + x[7]);
    }
    const uint32_t sum[8] = { a, b, c, d, e, f, g, h };

    for (int i = 0; i < 8; i++)
        hash[i] += sum[i];
}

void text_sha256(const void *bytes, size_t length, char hex[65])
{
    uint32_t hash[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };
    const unsigned char *p = bytes;
    size_t left = length % 64, blocks = length / 64;
    unsigned char last[128] = { 0 };    /* the rest, a one bit, zeros, the length in bits */
    size_t last_size = left < 56 ? 64 : 128;

    for (size_t i = 0; i < blocks; i++)
        add_block(hash, p + 64 * i);
    if (left)
        memcpy(last, p + 64 * blocks, left);
    last[left] = 0x80;
    for (size_t i = 0; i < 8; i++)
        last[last_size - 1 - i] = (unsigned char)((uint64_t)length * 8 >> 8 * i);
    for (size_t i = 0; i < last_size; i += 64)
        add_block(hash, last + i);
    for (size_t i = 0; i < 8; i++)
        snprintf(hex + 8 * i, 9, "%08x", hash[i]);
}
