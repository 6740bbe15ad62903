/* print_err.c - file:line:col, what, the line with carets, a hint; every text through text_safe. */
#include "print_err.h"

#include "../base/text.h"

#include <string.h>

static const char *paint(bool with_colors, const char *code)
{
    return with_colors ? code : "";
}

static int columns_of(const char *utf8)
{
    int n = 0;

    for (; *utf8; utf8++)
        n += ((unsigned char)*utf8 & 0xc0) != 0x80;
    return n;
}

/* How many columns the first `length` bytes of the line take once they are made safe. */
static int shown_width(const char *source, size_t length)
{
    char shown[1024];

    return columns_of(text_safe(shown, sizeof shown, source, length));
}

static void print_source(FILE *out, const struct err_item *item, bool with_colors)
{
    char line[sizeof item->source], shown[1024];
    size_t length = strlen(item->source);
    uint32_t from = item->column - 1 - item->cut;

    if (!length || !item->column || from > length)
        return;
    for (size_t i = 0; i <= length; i++)
        line[i] = (char)(item->source[i] == '\t' ? ' ' : item->source[i]);

    uint32_t width = item->width ? item->width : 1;
    size_t end = from + width < length ? from + width : length;
    int before = shown_width(line, from), marked = shown_width(line + from, end - from);

    if (item->line)
        fprintf(out, "%5u", item->line);
    else
        fputs("     ", out);        /* of an option */
    fprintf(out, " | %s\n", text_safe(shown, sizeof shown, line, length));
    fprintf(out, "      | %*s%s", before, "", paint(with_colors, "\033[1;31m"));
    for (int i = 0; i < (marked > 0 ? marked : 1); i++)
        fputc('^', out);
    fprintf(out, "%s\n", paint(with_colors, "\033[0m"));
}

static void print_item(FILE *out, const struct err_item *item, bool with_colors)
{
    char shown[1024];
    bool is_error = item->severity == ERR_ERROR;

    if (item->file[0])
        fputs(text_safe(shown, sizeof shown, item->file, strlen(item->file)), out);
    else
        fputs("lblab", out);
    if (item->line)
        fprintf(out, ":%u:%u", item->line, item->column);
    fprintf(out, ": %s%s[%s]%s: ", paint(with_colors, is_error ? "\033[1;31m" : "\033[1;35m"),
            is_error ? "error" : "warning", item->code, paint(with_colors, "\033[0m"));
    fprintf(out, "%s\n", text_safe(shown, sizeof shown, item->what, strlen(item->what)));
    print_source(out, item, with_colors);
    if (item->pointer[0]) {
        fprintf(out, "  at %s",
                text_safe(shown, sizeof shown, item->pointer, strlen(item->pointer)));
        fputs(item->hint[0] ? "; " : "\n", out);
    } else if (item->hint[0]) {
        fputs("  ", out);
    }
    if (item->hint[0])
        fprintf(out, "%s\n", text_safe(shown, sizeof shown, item->hint, strlen(item->hint)));
}

void print_err(FILE *out, const struct err *err, bool with_warnings, bool with_colors)
{
    uint32_t errors = 0;

    for (uint32_t i = 0; i < err->kept; i++) {
        const struct err_item *item = &err->item[i];

        errors += item->severity == ERR_ERROR;
        if (item->severity == ERR_ERROR || with_warnings)
            print_item(out, item, with_colors);
    }

    uint32_t more = err->errors - errors;

    if (more)
        fprintf(out, "%u more error%s\n", more, more > 1 ? "s" : "");
}
