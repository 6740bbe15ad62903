/* hash_jenkins.h - Bob Jenkins's lookup3, which Linux calls jhash: conntrack, nftables, Katran and
 * Cilium hash flows with it.  Bytes are read as little-endian words on every machine. */
#ifndef HASH_JENKINS_H
#define HASH_JENKINS_H

#include <stddef.h>
#include <stdint.h>

/* hashlittle(bytes, length, seed); jhash_2words and jhash_3words are it over 8 and 12 bytes. */
uint32_t hash_jenkins(const void *bytes, size_t length, uint32_t seed);

/* Linux's reciprocal_scale(): a 32-bit hash to [0, n) by multiplication. */
static inline uint32_t hash_scale(uint32_t hash, uint32_t n)
{
    return (uint32_t)((uint64_t)hash * n >> 32);
}

#endif
