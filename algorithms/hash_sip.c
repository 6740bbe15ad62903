/* hash_sip.c - SipHash-c-d, from Aumasson and Bernstein, SipHash: a fast short-input PRF (2012). */
#include "hash_sip.h"

#include "bytes.h"

static void sip_rounds(uint64_t v[4], int rounds)
{
    while (rounds-- > 0) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = rotate64(v[1], 13) ^ v[0];
        v[3] = rotate64(v[3], 16) ^ v[2];
        v[0] = rotate64(v[0], 32) + v[3];
        v[2] += v[1];
        v[3] = rotate64(v[3], 21) ^ v[0];
        v[1] = rotate64(v[1], 17) ^ v[2];
        v[2] = rotate64(v[2], 32);
    }
}

static void sip_word(uint64_t v[4], uint64_t word, int rounds)
{
    v[3] ^= word;
    sip_rounds(v, rounds);
    v[0] ^= word;
}

uint64_t hash_sip(const struct sip *sip, const void *bytes, size_t length)
{
    const unsigned char *p = bytes;
    uint64_t v[4] = {
        sip->key[0] ^ 0x736f6d6570736575u, sip->key[1] ^ 0x646f72616e646f6du,
        sip->key[0] ^ 0x6c7967656e657261u, sip->key[1] ^ 0x7465646279746573u,
    };

    for (size_t left = length; left >= 8; left -= 8, p += 8)
        sip_word(v, read_bytes(p, 8), sip->rounds);
    sip_word(v, read_bytes(p, length % 8) | (uint64_t)length << 56, sip->rounds);
    v[2] ^= 0xff;
    sip_rounds(v, sip->last_rounds);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}
