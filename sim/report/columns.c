/* columns.c - see columns.h. */
#include "columns.h"

#include "../base/text.h"

#include <math.h>
#include <string.h>

uint32_t columns_of(const struct report_style *style, uint32_t least)
{
    uint32_t columns = style->columns ? style->columns : 80;

    return columns < least ? least : columns;
}

uint32_t columns_width(const char *text)
{
    uint32_t n = 0;

    for (; *text; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

/* Where the n-th character begins. */
static char *character(char *text, uint32_t n)
{
    while (n-- > 0)
        for (text++; ((unsigned char)*text & 0xc0) == 0x80; text++)
            ;
    return text;
}

const char *columns_name(char buf[COLUMNS_CELL], const char *name, uint32_t width)
{
    uint32_t whole, kept = width > 2 ? width - 2 : 0;
    char *tail, *cut;

    text_safe(buf, COLUMNS_CELL, name, strlen(name));
    whole = columns_width(buf);
    if (whole <= width)
        return buf;
    tail = character(buf, whole - kept / 2);
    cut = character(buf, kept - kept / 2);
    memmove(cut + 2, tail, strlen(tail) + 1);
    memcpy(cut, "..", 2);
    return buf;
}

static bool looks_like(const char *a, const char *b, uint32_t width)
{
    char x[COLUMNS_CELL], y[COLUMNS_CELL];

    return strcmp(columns_name(x, a, width), columns_name(y, b, width)) == 0 && strcmp(a, b) != 0;
}

uint32_t columns_distinct(const char *const *name, uint32_t n, uint32_t width)
{
    for (uint32_t i = 1; i < n; i++)
        for (uint32_t k = 0; k < i; k++)
            while (width < COLUMNS_CELL && looks_like(name[i], name[k], width))
                width++;
    return width;
}

static void pad(FILE *f, const char *text, uint32_t width)
{
    for (uint32_t n = columns_width(text); n < width; n++)
        fputc(' ', f);
}

void columns_left(FILE *f, const char *text, uint32_t width)
{
    fputs(text, f);
    pad(f, text, width);
}

void columns_right(FILE *f, const char *text, uint32_t width)
{
    pad(f, text, width);
    fputs(text, f);
}

void columns_wrap(FILE *f, const char *text, uint32_t column, uint32_t indent, uint32_t width)
{
    bool is_first = true;

    while (*text) {
        int bytes = (int)strcspn(text, " ");
        uint32_t wide = 0;

        for (int i = 0; i < bytes; i++)
            wide += ((unsigned char)text[i] & 0xc0) != 0x80;
        if (!is_first && column + 1 + wide > width) {
            fprintf(f, "\n%*s", (int)indent, "");
            column = indent;
        } else if (!is_first) {
            fputc(' ', f);
            column++;
        }
        fprintf(f, "%.*s", bytes, text);
        column += wide;
        is_first = false;
        text += bytes;
        text += strspn(text, " ");
    }
    fputc('\n', f);
}

void columns_paint(FILE *f, const struct report_style *style, enum columns_colour colour)
{
    static const char *const code[] = {
        [COLUMNS_PLAIN] = "\033[0m", [COLUMNS_BOLD] = "\033[1m", [COLUMNS_FAINT] = "\033[2m",
        [COLUMNS_GREEN] = "\033[32m", [COLUMNS_RED] = "\033[31m", [COLUMNS_YELLOW] = "\033[33m",
    };

    if (style->colour)
        fputs(code[colour], f);
}

void columns_title(FILE *f, const struct report_style *style, const char *name, const char *rest,
                   uint32_t width)
{
    char buf[COLUMNS_CELL];

    columns_name(buf, name, width);
    columns_paint(f, style, COLUMNS_BOLD);
    fputs(buf, f);
    columns_paint(f, style, COLUMNS_PLAIN);
    if (columns_width(buf) + 3 + columns_width(rest) <= width) {
        fprintf(f, "   %s\n", rest);
    } else if (2 + columns_width(rest) <= width) {
        fprintf(f, "\n  %s\n", rest);
    } else {
        fputs("\n  ", f);
        columns_wrap(f, rest, 2, 2, width);
    }
}

const char *columns_percent(char buf[COLUMNS_CELL], double share)
{
    double percent = share * 100;

    if (isnan(percent))
        snprintf(buf, COLUMNS_CELL, "-");
    else if (percent != 0 && fabs(percent) < 0.01)
        snprintf(buf, COLUMNS_CELL, "%s0.01 %%", percent < 0 ? ">-" : "<");
    else
        snprintf(buf, COLUMNS_CELL, fabs(percent) < 10 ? "%.2g %%" : "%.3g %%", percent);
    return buf;
}
