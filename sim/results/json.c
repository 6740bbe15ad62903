/* json.c - see json.h.  The shortest escapes that are valid JSON and inert in HTML. */
#include "json.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

struct json json_begin(FILE *out, uint32_t lines)
{
    return (struct json){ .out = out, .lines = lines, .is_first = true };
}

void json_end(struct json *j)
{
    if (j->lines)
        fputc('\n', j->out);
}

static void new_line(struct json *j)
{
    if (j->depth == 0 || j->depth > j->lines)
        return;
    fprintf(j->out, "\n%*s", (int)j->depth * 2, "");
}

/* The comma, the line and the key of the next member. */
static void next(struct json *j, const char *key)
{
    if (!j->is_first)
        fputs(j->lines && j->depth > j->lines ? ", " : ",", j->out);
    new_line(j);
    j->is_first = false;
    if (!key)
        return;
    json_quote(j->out, key);
    fputc(':', j->out);
    if (j->lines)
        fputc(' ', j->out);
}

void json_open(struct json *j, const char *key, char bracket)
{
    next(j, key);
    fputc(bracket, j->out);
    j->depth++;
    j->is_first = true;
}

void json_close(struct json *j, char bracket)
{
    bool was_empty = j->is_first, had_lines = j->depth <= j->lines;

    j->depth--;
    j->is_first = false;
    if (had_lines && !was_empty)
        fprintf(j->out, "\n%*s", (int)j->depth * 2, "");
    fputc(bracket, j->out);
}

void json_text(struct json *j, const char *key, const char *text)
{
    next(j, key);
    if (text)
        json_quote(j->out, text);
    else
        fputs("null", j->out);
}

void json_count(struct json *j, const char *key, uint64_t n)
{
    next(j, key);
    fprintf(j->out, "%" PRIu64, n);
}

void json_nsec(struct json *j, const char *key, uint64_t ns)
{
    if (ns == NEVER)
        json_text(j, key, NULL);
    else
        json_count(j, key, ns);
}

void json_number(struct json *j, const char *key, double x)
{
    next(j, key);
    if (!isfinite(x))
        fputs("null", j->out);
    else
        fprintf(j->out, "%.9g", x + 0.0);
}

void json_interval(struct json *j, const char *key, double low, double high)
{
    if (isnan(low) || isnan(high)) {
        json_text(j, key, NULL);
        return;
    }
    json_open(j, key, '[');
    json_number(j, NULL, low);
    json_number(j, NULL, high);
    json_close(j, ']');
}

void json_bool(struct json *j, const char *key, bool is_true)
{
    next(j, key);
    fputs(is_true ? "true" : "false", j->out);
}

void json_percentile(struct json *j, const char *key, double percentile)
{
    next(j, key);
    fprintf(j->out, "%.10g", percentile);
}

void json_raw(struct json *j, const char *key, const char *json)
{
    size_t length = json ? strlen(json) : 0;

    while (length && (json[length - 1] == '\n' || json[length - 1] == ' '))
        length--;
    next(j, key);
    fprintf(j->out, "%.*s", length ? (int)length : 4, length ? json : "null");
}

/* The length of the well-formed UTF-8 sequence at p (Unicode 15, table 3-7), or 0. */
static size_t sequence(const unsigned char *p)
{
    unsigned char low = 0x80, high = 0xbf;
    size_t n;

    if (p[0] < 0x80)
        return 1;
    if (p[0] < 0xc2 || p[0] > 0xf4)
        return 0;
    n = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    if (p[0] == 0xe0)
        low = 0xa0;
    if (p[0] == 0xed)
        high = 0x9f;
    if (p[0] == 0xf0)
        low = 0x90;
    if (p[0] == 0xf4)
        high = 0x8f;
    if (p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < n; i++)
        if (p[i] < 0x80 || p[i] > 0xbf)
            return 0;
    return n;
}

/* U+2028 and U+2029 end lines in JavaScript; < would open a tag in a page. */
static bool is_line_separator(const unsigned char *p)
{
    return p[0] == 0xe2 && p[1] == 0x80 && (p[2] == 0xa8 || p[2] == 0xa9);
}

static size_t quote_one(FILE *out, const unsigned char *p)
{
    size_t n = sequence(p);

    if (n == 0) {
        fputs("\\ufffd", out);
        return 1;
    }
    if (*p == '"' || *p == '\\')
        fprintf(out, "\\%c", *p);
    else if (*p < 0x20 || *p == 0x7f || *p == '<')
        fprintf(out, "\\u%04x", *p);
    else if (*p == 0xc2 && p[1] < 0xa0)
        fprintf(out, "\\u%04x", p[1]);
    else if (is_line_separator(p))
        fprintf(out, "\\u%04x", p[2] == 0xa8 ? 0x2028u : 0x2029u);
    else
        fwrite(p, 1, n, out);
    return n;
}

void json_quote(FILE *out, const char *text)
{
    const unsigned char *p = (const unsigned char *)text;

    fputc('"', out);
    while (*p)
        p += quote_one(out, p);
    fputc('"', out);
}
