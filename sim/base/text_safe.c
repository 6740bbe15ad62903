/* text_safe.c - words of strangers: shown without letting them drive the terminal, compared with
 * the words we know, allowed or not as file names. */
#include "text.h"

#include <stdio.h>
#include <string.h>

/* The character at p and its length in bytes; length 0 when it is not well-formed UTF-8
 * (Unicode 15, table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF). */
static size_t decode(const unsigned char *p, size_t left, uint32_t *character)
{
    static const struct { unsigned char lead, mask; uint32_t least; } form[] = {
        { 0x00, 0x80, 0 }, { 0xc0, 0xe0, 0x80 }, { 0xe0, 0xf0, 0x800 }, { 0xf0, 0xf8, 0x10000 },
    };

    for (size_t n = 0; n < ARRAY_LEN(form) && n < left; n++) {
        if ((p[0] & form[n].mask) != form[n].lead)
            continue;

        uint32_t c = p[0] & (unsigned char)~form[n].mask;

        for (size_t i = 1; i <= n; i++) {
            if ((p[i] & 0xc0) != 0x80)
                return 0;
            c = c << 6 | (p[i] & 0x3f);
        }
        *character = c;
        return c < form[n].least || c > 0x10ffff || (c >> 11) == 0x1b ? 0 : n + 1;
    }
    return 0;
}

/* Controls, line separators, invisible and direction-changing characters, noncharacters. */
static bool is_shown(uint32_t c)
{
    static const struct { uint32_t first, last; } hidden[] = {
        { 0x00, 0x1f }, { 0x7f, 0x9f }, { 0xad, 0xad }, { 0x61c, 0x61c }, { 0x180e, 0x180e },
        { 0x200b, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0xe000, 0xf8ff },
        { 0xfdd0, 0xfdef }, { 0xfeff, 0xfeff }, { 0xfff0, 0xfffb }, { 0xe0000, 0x10ffff },
    };

    for (size_t i = 0; i < ARRAY_LEN(hidden); i++)
        if (c >= hidden[i].first && c <= hidden[i].last)
            return false;
    return (c & 0xfffe) != 0xfffe;
}

/* Writes one character, or its first byte as \xNN; returns bytes taken, *put bytes written. */
static size_t show_one(const unsigned char *p, size_t left, char out[8], size_t *put)
{
    uint32_t c = 0;
    size_t n = decode(p, left, &c);

    if (n && is_shown(c)) {
        memcpy(out, p, n);
        *put = n;
        return n;
    }
    *put = (size_t)snprintf(out, 8, "\\x%02x", p[0]);
    return 1;
}

const char *text_safe(char *buf, size_t size, const char *text, size_t length)
{
    const unsigned char *p = (const unsigned char *)text;
    size_t used = 0, cut = 0, put;      /* cut: the longest part that "..." still fits behind */
    char one[8];

    for (size_t i = 0; i < length; used += put) {
        i += show_one(p + i, length - i, one, &put);
        if (used + put >= size) {
            memcpy(buf + cut, "...", 4);
            return buf;
        }
        memcpy(buf + used, one, put);
        if (used + put + 4 <= size)
            cut = used + put;
    }
    buf[used] = '\0';
    return buf;
}

enum { WORD = 64 };

static uint32_t least3(uint32_t a, uint32_t b, uint32_t c)
{
    return a < b ? (a < c ? a : c) : (b < c ? b : c);
}

/* Damerau-Levenshtein in its "optimal string alignment" form: neighbours may change places. */
static uint32_t distance(const char *a, size_t n, const char *b, size_t m)
{
    uint32_t row[3][WORD + 1];          /* the rows i-2, i-1, i of the usual table, taken in turn */

    for (uint32_t j = 0; j <= m; j++)
        row[0][j] = j;
    for (uint32_t i = 1; i <= n; i++) {
        uint32_t *now = row[i % 3], *before = row[(i + 2) % 3], *two_before = row[(i + 1) % 3];

        now[0] = i;
        for (uint32_t j = 1; j <= m; j++) {
            uint32_t changed = before[j - 1] + (a[i - 1] != b[j - 1]);

            now[j] = least3(before[j] + 1, now[j - 1] + 1, changed);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                two_before[j - 2] + 1 < now[j])
                now[j] = two_before[j - 2] + 1;
        }
    }
    return row[n % 3][m];
}

const char *text_nearest(const char *word, const char *const *names)
{
    size_t n = strlen(word);
    uint32_t bound = n < 4 ? 2 : 3;     /* must be less */
    const char *nearest = NULL;

    for (; *names && n <= WORD; names++) {
        size_t m = strlen(*names);

        if (m > WORD)
            continue;

        uint32_t d = distance(word, n, *names, m);

        if (d < bound) {
            bound = d;
            nearest = *names;
        }
    }
    return nearest;
}

bool text_is_id(const char *text)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789._-";
    size_t n = strspn(text, letters);

    return n >= 1 && n <= 64 && !text[n] && !strchr("._-", text[0]);
}
