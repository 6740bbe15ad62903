/* hash_text.h - the 32-bit hashes that proxies apply to keys: HAProxy's of `hash-type`, the CRC
 * that nginx and ketama take, FNV-1a; and which part of a key HAProxy's `balance` hashes. */
#ifndef HASH_TEXT_H
#define HASH_TEXT_H

#include "lb.h"

enum hash_text_function { HASH_SDBM, HASH_DJB2, HASH_WT6, HASH_CRC32, HASH_NONE };

/* HASH_NONE: the key is a decimal number already, modulo 2^32. */
uint32_t hash_text(enum hash_text_function, const void *bytes, size_t length);

/* Jenkins's full avalanche of 32 bits, then a multiplication by 3221225473. */
uint32_t hash_avalanche(uint32_t);

/* CRC-32 of IEEE 802.3, reflected, in steps: the state begins at CRC32_START and is inverted when
 * all is in. */
#define CRC32_START UINT32_MAX
uint32_t crc32_update(uint32_t state, const void *bytes, size_t length);

/* FNV-1a of 32 bits, in steps from FNV1A_START. */
#define FNV1A_START 2166136261u
uint32_t fnv1a_update(uint32_t state, const void *bytes, size_t length);

/* ---- what HAProxy hashes of a request, and how: parameters of its algorithms ---- */

enum { KEY_BYTES, KEY_URI, KEY_ADDRESS };

struct key_rule {
    uint32_t key;                        /* of the three above */
    uint32_t function;                   /* enum hash_text_function; not for KEY_ADDRESS */
    uint32_t length, depth;              /* KEY_URI: so many bytes, directories; 0: all */
    bool     avalanche;
};

extern const char *const key_rule_keys[], *const key_rule_functions[];

/* Rows of a parameter table of struct `type`, whose field `rule` is a struct key_rule. */
#define KEY_RULE_PARAMS(type, avalanche_preset)                                                    \
    { "key", LB_CHOICE, offsetof(type, rule.key), KEY_BYTES, 0, KEY_ADDRESS,                       \
      "the key is any bytes, a URI cut at its \"?\", or the client's address", key_rule_keys },    \
    { "function", LB_CHOICE, offsetof(type, rule.function), HASH_SDBM, 0, HASH_NONE,               \
      "hash of the key's bytes; none: it is a number; an address needs none",                      \
      key_rule_functions },                                                                        \
    { "avalanche", LB_BOOL, offsetof(type, rule.avalanche), avalanche_preset, 0, 1,                \
      "mix the bits of the hash" },                                                                \
    { "len", LB_UINT, offsetof(type, rule.length), 0, 0, 65536,                                    \
      "hash so many bytes of a URI; 0: all" },                                                     \
    { "depth", LB_UINT, offsetof(type, rule.depth), 0, 0, 10000,                                   \
      "hash so many directories of a URI; 0: all" }

/* A key of no bytes hashes to 0 but for djb2 and wt6. */
uint32_t key_rule_hash(const struct key_rule *, const struct lb_request *);

#endif
