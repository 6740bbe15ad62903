/* hash_sip.h - SipHash by Aumasson and Bernstein: a keyed hash that strangers cannot aim.
 * SipHash-2-4 is the published default; Linux's hsiphash is the low half of SipHash-1-3. */
#ifndef HASH_SIP_H
#define HASH_SIP_H

#include <stddef.h>
#include <stdint.h>

struct sip { uint64_t key[2]; int rounds, last_rounds; };       /* SipHash-rounds-last_rounds */

uint64_t hash_sip(const struct sip *, const void *bytes, size_t length);

#endif
