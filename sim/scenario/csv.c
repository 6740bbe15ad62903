/* csv.c - see csv.h.  Numbers are read as integers, exactly; no locale, no double. */
#include "csv.h"
#include "foreign.h"

#include "../../algorithms/lb.h"
#include "../base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int csv_open(struct csv *csv, struct reader *rd, const cJSON *file)
{
    *csv = (struct csv){ .rd = rd };
    csv->text = files_read(rd, file, &csv->length, csv->file, sizeof csv->file);
    return csv->text ? 0 : -1;
}

void csv_close(struct csv *csv)
{
    free(csv->text);
    csv->text = NULL;
}

int csv_fault(struct csv *csv, const char *fmt, ...)
{
    struct err_item *item = err_add(csv->rd->err, ERR_ERROR, "E150");
    va_list args;

    doc_place(item, csv->file, csv->text, csv->length, csv->field_at, csv->field_length);
    va_start(args, fmt);
    vsnprintf(item->what, sizeof item->what, fmt, args);
    va_end(args);
    return -1;
}

/* The field at csv->at; *last tells whether the line ends after it. */
static int next_field(struct csv *csv, size_t line_start, bool *last)
{
    const char *text = csv->text;
    size_t end = csv->at;

    csv->field_at = csv->at;
    while (end < csv->length && text[end] != ',' && text[end] != '\n') {
        if (end - line_start >= CSV_MOST_LINE) {
            csv->field_length = 1;
            return csv_fault(csv, "a line of more than 64 KiB");
        }
        end++;
    }
    csv->field_length = end - csv->at;
    *last = end >= csv->length || text[end] == '\n';
    if (*last && csv->field_length > 0 && text[end - 1] == '\r')
        csv->field_length--;
    csv->at = end < csv->length ? end + 1 : end;
    return 0;
}

static const char *shown_field(const struct csv *csv, char *buf, size_t size)
{
    return text_safe(buf, size, csv->text + csv->field_at, csv->field_length);
}

/* What a spreadsheet or another tool makes of a header. */
static const char *habit(const struct csv *csv)
{
    const char *at = csv->text + csv->field_at;
    size_t length = csv->field_length;

    if (length >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0)
        return "save the file as UTF-8 without a byte-order mark";
    if (length && strchr("\" \t", *at))
        return "names stand between commas alone: no quotes, no spaces";
    if (memchr(at, ';', length) || memchr(at, '\t', length))
        return "columns are separated by commas";
    if (length && (*at == '#' || *at == '.' || (*at >= '0' && *at <= '9')))
        return "the first line names the columns: t,service_us";
    return NULL;
}

static int tell_unknown_column(struct csv *csv)
{
    const char *names[CSV_COLUMNS + 1], *why = habit(csv);
    char shown[60], list[160], foreign[120];
    size_t count = 0, used = 0;

    for (const struct csv_column *c = csv->column; c->name; c++) {
        names[count++] = c->name;
        used +=
            (size_t)snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "", c->name);
    }
    names[count] = NULL;
    shown_field(csv, shown, sizeof shown);
    csv_fault(csv, "unknown column \"%s\"", shown);

    const char *near = text_nearest(shown, names);

    if (why)
        err_hint(csv->rd->err, "%s", why);
    else if (foreign_key("columns", shown, foreign, sizeof foreign))
        err_hint(csv->rd->err, "here: %s; known are %s", foreign, list);
    else if (near)
        err_hint(csv->rd->err, "did you mean \"%s\"?", near);
    else
        err_hint(csv->rd->err, "the first line names the columns; known are %s", list);
    return -1;
}

static int read_column(struct csv *csv)
{
    for (uint32_t k = 0; csv->column[k].name; k++) {
        size_t length = strlen(csv->column[k].name);

        if (length != csv->field_length ||
            memcmp(csv->column[k].name, csv->text + csv->field_at, length) != 0)
            continue;
        if (csv->has[k])
            return csv_fault(csv, "column \"%s\" is there twice", csv->column[k].name);
        csv->has[k] = true;
        csv->order[csv->columns++] = k;
        return 0;
    }
    return tell_unknown_column(csv);
}

int csv_header(struct csv *csv, const struct csv_column *wanted)
{
    size_t start = csv->at;
    bool last = false;

    csv->column = wanted;
    if (csv->length == 0)
        return csv_fault(csv, "the file is empty");
    while (!last)
        if (next_field(csv, start, &last) < 0 || read_column(csv) < 0)
            return -1;
    return 0;
}

/* Digits, and decimals where the column's unit is coarser than 1 ns; further decimals are cut. */
static int parse_decimal(const char *text, size_t length, uint32_t digits, uint64_t *out)
{
    uint64_t value = 0;
    uint32_t decimals = 0;
    bool after_point = false, any = false;

    for (size_t i = 0; i < length; i++) {
        if (text[i] == '.' && !after_point && any && digits > 0 && i + 1 < length) {
            after_point = true;
            continue;
        }
        if (text[i] < '0' || text[i] > '9')
            return -1;
        any = true;
        if (after_point && decimals == digits)
            continue;
        decimals += after_point;
        if (value > (UINT64_C(1) << 62) / 10)
            return -1;
        value = value * 10 + (uint64_t)(text[i] - '0');
    }
    for (; decimals < digits; decimals++) {
        if (value > (UINT64_C(1) << 62) / 10)
            return -1;
        value *= 10;
    }
    *out = value;
    return any && value <= UINT64_C(1) << 62 ? 0 : -1;
}

static bool is_number(struct csv *csv, const struct csv_column *c, uint64_t *value)
{
    const char *text = csv->text + csv->field_at;

    return parse_decimal(text, csv->field_length, c->digits, value) == 0
        && (c->kind == CSV_TIME || *value < NONE - 1);
}

static int read_field(struct csv *csv, uint32_t k)
{
    const struct csv_column *c = &csv->column[k];
    char shown[60];

    if (is_number(csv, c, &csv->value[k]))
        return 0;
    if (c->kind == CSV_KEY && csv->field_length > 0) {
        csv->value[k] = lb_hash(csv->text + csv->field_at, csv->field_length, 0) % (NONE - 1);
        return 0;
    }
    csv_fault(csv, "column \"%s\" must be a number from 0 on: \"%s\"", c->name,
              shown_field(csv, shown, sizeof shown));
    err_hint(csv->rd->err, csv->field_length == 0
                               ? "no empty lines, no empty fields"
                               : "digits and at most one point: no sign, no exponent, no date");
    return -1;
}

int csv_next(struct csv *csv)
{
    size_t start = csv->at;
    bool last = false;

    if (csv->at >= csv->length)
        return 0;
    for (uint32_t k = 0; k < csv->columns; k++) {
        if (last)
            return csv_fault(csv, "a row of %u fields where the header has %u", k, csv->columns);
        if (next_field(csv, start, &last) < 0 || read_field(csv, csv->order[k]) < 0)
            return -1;
    }
    if (last)
        return 1;
    if (next_field(csv, start, &last) == 0)
        csv_fault(csv, "a row of more fields than the header's %u", csv->columns);
    return -1;
}

size_t csv_rows(const struct csv *csv)
{
    size_t rows = 1;

    for (size_t i = csv->at; i < csv->length; i++)
        rows += csv->text[i] == '\n';
    return rows;
}
