/* jump.h - jump consistent hash: Lamping and Veach, A Fast, Minimal Memory, Consistent Hash
 * Algorithm, 2014.  The key's 64-bit stream decides at which numbers of buckets it moves. */
#ifndef JUMP_H
#define JUMP_H

#include <stdint.h>

/* The bucket of a key among n > 0, in [0, n). */
uint32_t jump_bucket(uint64_t key, uint32_t n);

#endif
