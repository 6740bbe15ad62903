/* text_show.c - numbers for people: three significant digits and a unit that keeps them short. */
#include "text.h"

#include <math.h>
#include <stdio.h>

/* A unit is used for what is shown as `from` (in the scale's first unit) or more. */
struct scale { double from, one; const char *unit; };

/* Three significant digits, no trailing zeros, never an exponent for what a scale leaves. */
static void show_number(char *buf, size_t size, double x)
{
    snprintf(buf, size, fabs(x) < 999.5 || fabs(x) >= 1e15 ? "%.3g" : "%.0f", x);
}

/* 999.6 us would be shown as "1000 us": a unit begins half a last digit early. */
static const struct scale *choose(const struct scale *scale, double x)
{
    while (scale[1].unit && fabs(x) >= scale[1].from * 0.9995)
        scale++;
    return scale;
}

static const char *show(char *buf, size_t size, double x, const struct scale *scale)
{
    char number[32];

    if (!isfinite(x)) {
        snprintf(buf, size, "%s", isnan(x) ? "-" : x < 0 ? "-inf" : "inf");
        return buf;
    }
    scale = choose(scale, x);
    show_number(number, sizeof number, x / scale->one);
    snprintf(buf, size, "%s%s", number, scale->unit);
    return buf;
}

const char *text_show_duration(char *buf, size_t size, double ns)
{
    static const struct scale scale[] = {
        { 0, 1, " ns" }, { 1e3, 1e3, " us" }, { 1e6, 1e6, " ms" }, { 1e9, 1e9, " s" },
        { 120e9, 60e9, " m" }, { 7200e9, 3600e9, " h" }, { 0, 0, NULL },
    };

    return show(buf, size, ns, scale);
}

const char *text_show_rate(char *buf, size_t size, double per_second)
{
    static const struct scale scale[] = {
        { 0, 1, "/s" }, { 1e3, 1e3, " k/s" }, { 1e6, 1e6, " M/s" }, { 1e9, 1e9, " G/s" },
        { 0, 0, NULL },
    };

    return show(buf, size, per_second, scale);
}

const char *text_show_count(char *buf, size_t size, double n)
{
    static const struct scale scale[] = {
        { 0, 1, "" }, { 1e3, 1e3, " k" }, { 1e6, 1e6, " M" }, { 1e9, 1e9, " G" },
        { 1e12, 1e12, " T" }, { 0, 0, NULL },
    };

    return show(buf, size, n, scale);
}

const char *text_show_bytes(char *buf, size_t size, double bytes)
{
    static const struct scale scale[] = {
        { 0, 1, " B" }, { 0x1p10, 0x1p10, " KiB" }, { 0x1p20, 0x1p20, " MiB" },
        { 0x1p30, 0x1p30, " GiB" }, { 0x1p40, 0x1p40, " TiB" }, { 0, 0, NULL },
    };

    return show(buf, size, bytes, scale);
}
