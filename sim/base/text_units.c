/* text_units.c - numbers with units, read exactly: digits become an integer and a power of ten,
 * and only the last step of a rate or a share is a (correctly rounded) division of doubles. */
#include "text.h"

#include <string.h>

enum { DECIMALS = 9 };

struct unit { const char *name; uint64_t factor; };

/* digits / 10^decimals */
struct decimal { uint64_t digits; uint32_t decimals; };

static uint64_t power_of_ten(uint32_t n)
{
    uint64_t p = 1;

    while (n--)
        p *= 10;
    return p;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Reads "12" or "12.5" and moves *at behind it; all its digits together fit 64 bits. */
static int read_decimal(const char **at, struct decimal *d)
{
    const char *p = *at;

    *d = (struct decimal){ 0, 0 };
    for (bool point = false;; p++) {
        if (*p == '.' && !point && p > *at && is_digit(p[1])) {
            point = true;
            continue;
        }
        if (!is_digit(*p))
            break;
        if (d->digits > (UINT64_MAX - 9) / 10 || d->decimals == DECIMALS)
            return -1;
        d->digits = d->digits * 10 + (uint64_t)(*p - '0');
        d->decimals += point;
    }
    if (p == *at)
        return -1;
    *at = p;
    return 0;
}

/* The longest name of the table that *at begins with; moves *at behind it. */
static const struct unit *read_unit(const char **at, const struct unit *table)
{
    const struct unit *best = NULL;
    size_t length = 0;

    for (; table->name; table++) {
        size_t n = strlen(table->name);

        if (strncmp(*at, table->name, n) == 0 && (!best || n > length)) {
            best = table;
            length = n;
        }
    }
    *at += length;
    return best;
}

/* d x factor, when that is a whole number of at most `most`. */
static int whole(struct decimal d, uint64_t factor, uint64_t most, uint64_t *out)
{
    u128 product = (u128)d.digits * factor;
    uint64_t divisor = power_of_ten(d.decimals);

    if (product % divisor || product / divisor > most)
        return -1;
    *out = (uint64_t)(product / divisor);
    return 0;
}

int text_duration(const char *text, nsec *out)
{
    static const struct unit units[] = {
        { "ns", 1 }, { "us", MICROSECOND }, { "\xc2\xb5s", MICROSECOND },
        { "\xce\xbcs", MICROSECOND }, { "ms", MILLISECOND }, { "s", SECOND },
        { "m", 60 * SECOND }, { "h", 3600 * SECOND }, { NULL, 0 },
    };
    const uint64_t most = 1ull << 62;
    nsec total = 0;

    if (strcmp(text, "0") == 0) {
        *out = 0;
        return 0;
    }
    do {
        struct decimal d;
        const struct unit *unit;
        uint64_t part;

        if (read_decimal(&text, &d) || !(unit = read_unit(&text, units)) ||
            whole(d, unit->factor, most, &part) || total + part > most)
            return -1;
        total += part;
    } while (*text);
    *out = total;
    return 0;
}

int text_rate(const char *text, double *per_second)
{
    static const struct unit units[] = {
        { "/s", 1 }, { "/m", 60 }, { "/h", 3600 }, { NULL, 0 },
    };
    static const struct unit prefixes[] = { { "k", 1000 }, { "M", 1000000 }, { "", 1 },
                                            { NULL, 0 } };
    struct decimal d;

    if (read_decimal(&text, &d) || d.digits == 0)
        return -1;

    const struct unit *prefix = read_unit(&text, prefixes);
    const struct unit *unit = read_unit(&text, units);

    if (!unit || *text)
        return -1;
    *per_second = (double)((u128)d.digits * prefix->factor) /
                  (double)(power_of_ten(d.decimals) * unit->factor);
    return 0;
}

int text_size(const char *text, uint64_t *bytes)
{
    static const struct unit units[] = {
        { "B", 1 },
        { "kB", 1000 }, { "MB", 1000000 }, { "GB", 1000000000 },
        { "KiB", 1 << 10 }, { "MiB", 1 << 20 }, { "GiB", 1 << 30 }, { NULL, 0 },
    };
    const struct unit *unit;
    struct decimal d;

    if (read_decimal(&text, &d) || !(unit = read_unit(&text, units)) || *text)
        return -1;
    return whole(d, unit->factor, 1ull << 62, bytes);
}

int text_bandwidth(const char *text, uint64_t *bytes_per_second)
{
    static const struct unit units[] = {
        { "Mbit/s", 125000 }, { "Gbit/s", 125000000 },
        { "kB/s", 1000 }, { "MB/s", 1000000 }, { "GB/s", 1000000000 }, { NULL, 0 },
    };
    const struct unit *unit;
    struct decimal d;

    if (read_decimal(&text, &d) || !(unit = read_unit(&text, units)) || *text)
        return -1;
    return whole(d, unit->factor, 1ull << 62, bytes_per_second);
}

int text_fraction(const char *text, double *share)
{
    struct decimal d;

    if (read_decimal(&text, &d))
        return -1;

    uint64_t one = power_of_ten(d.decimals);

    if (*text == '%') {
        one *= 100;
        text++;
    }
    if (*text || d.digits > one)
        return -1;
    *share = (double)d.digits / (double)one;
    return 0;
}

int text_read_u128(const char *text, u128 *out)
{
    u128 v = 0;

    if (!*text || (text[0] == '0' && text[1]))
        return -1;
    for (; *text; text++) {
        u128 digit = (u128)(*text - '0');

        if (!is_digit(*text) || v > (~(u128)0 - digit) / 10)
            return -1;
        v = v * 10 + digit;
    }
    *out = v;
    return 0;
}
