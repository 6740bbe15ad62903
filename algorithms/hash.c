/* hash.c - XXH64 by Collet's published specification: four lanes of 64-bit multiply and rotate
 * over 32-byte stripes, then a tail of words and bytes, then an avalanche.  Bytes are read as
 * little-endian on every machine, so a key hashes alike everywhere. */
#include "lb.h"

#include <string.h>

static const uint64_t P1 = 0x9e3779b185ebca87u;
static const uint64_t P2 = 0xc2b2ae3d27d4eb4fu;
static const uint64_t P3 = 0x165667b19e3779f9u;
static const uint64_t P4 = 0x85ebca77c2b2ae63u;
static const uint64_t P5 = 0x27d4eb2f165667c5u;

enum { STRIPE = 32 };

static uint64_t rotate(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

static uint64_t read32(const unsigned char *p)
{
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24;
}

static uint64_t read64(const unsigned char *p)
{
    return read32(p) | read32(p + 4) << 32;
}

static uint64_t lane_step(uint64_t lane, uint64_t word)
{
    return rotate(lane + word * P2, 31) * P1;
}

static uint64_t lane_merge(uint64_t sum, uint64_t lane)
{
    return (sum ^ lane_step(0, lane)) * P1 + P4;
}

static void lanes_start(uint64_t lane[4], uint64_t seed)
{
    lane[0] = seed + P1 + P2;
    lane[1] = seed + P2;
    lane[2] = seed;
    lane[3] = seed - P1;
}

static void lanes_take(uint64_t lane[4], const unsigned char *stripe)
{
    for (int k = 0; k < 4; k++)
        lane[k] = lane_step(lane[k], read64(stripe + 8 * k));
}

static uint64_t lanes_end(const uint64_t lane[4])
{
    uint64_t sum = rotate(lane[0], 1) + rotate(lane[1], 7)
                 + rotate(lane[2], 12) + rotate(lane[3], 18);

    for (int k = 0; k < 4; k++)
        sum = lane_merge(sum, lane[k]);
    return sum;
}

/* Takes all whole stripes, moves *p behind them. */
static uint64_t hash_stripes(const unsigned char **p, const unsigned char *end, uint64_t seed)
{
    uint64_t lane[4];

    lanes_start(lane, seed);
    for (; end - *p >= STRIPE; *p += STRIPE)
        lanes_take(lane, *p);
    return lanes_end(lane);
}

static uint64_t hash_tail(uint64_t sum, const unsigned char *p, const unsigned char *end)
{
    for (; end - p >= 8; p += 8)
        sum = rotate(sum ^ lane_step(0, read64(p)), 27) * P1 + P4;
    if (end - p >= 4) {
        sum = rotate(sum ^ read32(p) * P1, 23) * P2 + P3;
        p += 4;
    }
    for (; p < end; p++)
        sum = rotate(sum ^ *p * P5, 11) * P1;
    return sum;
}

static uint64_t hash_end(uint64_t sum)
{
    sum = (sum ^ sum >> 33) * P2;
    sum = (sum ^ sum >> 29) * P3;
    return sum ^ sum >> 32;
}

uint64_t lb_hash(const void *bytes, size_t length, uint64_t seed)
{
    static const unsigned char nothing[1];
    const unsigned char *p = length ? bytes : nothing;
    const unsigned char *end = p + length;
    uint64_t sum = length >= STRIPE ? hash_stripes(&p, end, seed) : seed + P5;

    return hash_end(hash_tail(sum + length, p, end));
}

/* Copies what is behind `from` of two texts as if they were one; how much: at most `most`. */
static size_t gather(unsigned char *to, size_t most, const struct lb_text *text, size_t from)
{
    size_t taken = 0;

    for (int k = 0; k < 2; k++) {
        size_t skip = from < text[k].length ? from : text[k].length;
        size_t count = text[k].length - skip;

        if (count > most - taken)
            count = most - taken;
        if (count > 0)
            memcpy(to + taken, (const unsigned char *)text[k].bytes + skip, count);
        taken += count;
        from -= skip;
    }
    return taken;
}

uint64_t lb_hash_joined(const struct lb_text text[2], uint64_t seed)
{
    size_t length = text[0].length + text[1].length, at = 0;
    unsigned char stripe[STRIPE];
    uint64_t lane[4];

    lanes_start(lane, seed);
    for (; length - at >= STRIPE; at += STRIPE) {
        gather(stripe, STRIPE, text, at);
        lanes_take(lane, stripe);
    }
    uint64_t sum = length >= STRIPE ? lanes_end(lane) : seed + P5;
    return hash_end(hash_tail(sum + length, stripe, stripe + gather(stripe, STRIPE, text, at)));
}
