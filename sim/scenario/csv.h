/* csv.h - columns of numbers from a stranger's file, each fault told with file, line and column.
 * Plain CSV as recorders write it: a header, unquoted fields, LF or CRLF. */
#ifndef SCENARIO_CSV_H
#define SCENARIO_CSV_H

#include "reader.h"

enum { CSV_COLUMNS = 8, CSV_MOST_LINE = 64 << 10, CSV_MOST_BYTES = 256 << 20 };

/* Nanoseconds, from a decimal times 10^digits; a whole number below NONE; such a number, or any
 * other text (an address, a path), which becomes the number that its hash says. */
enum csv_kind { CSV_TIME, CSV_INDEX, CSV_KEY };

struct csv_column { const char *name; enum csv_kind kind; uint32_t digits; };   /* name NULL ends */

struct csv {
    struct reader *rd;
    char    file[256];              /* for messages */
    char   *text;
    size_t  length, at, field_at, field_length;
    const struct csv_column *column;
    uint32_t order[CSV_COLUMNS], columns;       /* columns of the file -> wanted ones */
    bool     has[CSV_COLUMNS];      /* by wanted column: does the file have it */
    uint64_t value[CSV_COLUMNS];    /* the row's, by wanted column */
};

/* Opens the file named by a text value of the scenario.  0 or -1, told. */
int  csv_open(struct csv *, struct reader *, const cJSON *file);
void csv_close(struct csv *);

/* Reads the header; columns that are not wanted are a fault. */
int  csv_header(struct csv *, const struct csv_column *wanted);

/* The next row: 1, 0 at the end, -1 on a fault (told). */
int  csv_next(struct csv *);
size_t csv_rows(const struct csv *);    /* an upper bound of those left */

/* Tells a fault (E150) at the field read last; -1. */
int  csv_fault(struct csv *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
