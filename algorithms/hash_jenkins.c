/* hash_jenkins.c - lookup3 from Bob Jenkins's published description: three words are mixed over
 * 12 bytes at a time.  The last block, even a full one, goes through the final mix instead. */
#include "hash_jenkins.h"

#include "bytes.h"

struct words { uint32_t a, b, c; };

static void add_block(struct words *w, const unsigned char *p, size_t count)
{
    w->a += (uint32_t)read_bytes(p, count < 4 ? count : 4);
    w->b += count > 4 ? (uint32_t)read_bytes(p + 4, count < 8 ? count - 4 : 4) : 0;
    w->c += count > 8 ? (uint32_t)read_bytes(p + 8, count - 8) : 0;
}

static void mix(struct words *w)
{
    static const int turn[] = { 4, 6, 8, 16, 19, 4 };

    for (int k = 0; k < 6; k++) {
        uint32_t a = (w->a - w->c) ^ rotate32(w->c, turn[k]);
        *w = (struct words){ .a = w->b, .b = w->c + w->b, .c = a };
    }
}

static void mix_last(struct words *w)
{
    static const int turn[] = { 14, 11, 25, 16, 4, 14, 24 };

    for (int k = 0; k < 7; k++) {
        uint32_t c = (w->c ^ w->b) - rotate32(w->b, turn[k]);
        *w = (struct words){ .a = w->b, .b = c, .c = w->a };
    }
    *w = (struct words){ .a = w->c, .b = w->a, .c = w->b };
}

uint32_t hash_jenkins(const void *bytes, size_t length, uint32_t seed)
{
    const unsigned char *p = bytes;
    uint32_t start = 0xdeadbeef + (uint32_t)length + seed;
    struct words w = { start, start, start };
    size_t left = length;

    for (; left > 12; left -= 12, p += 12) {
        add_block(&w, p, 12);
        mix(&w);
    }
    if (left == 0)
        return w.c;
    add_block(&w, p, left);
    mix_last(&w);
    return w.c;
}
