/* columns.h - columns of text on a terminal: widths in characters, strangers' names escaped. */
#ifndef REPORT_COLUMNS_H
#define REPORT_COLUMNS_H

#include "report.h"

enum { COLUMNS_CELL = 160, COLUMNS_OF_RUN = 60 };   /* the tables of `run` need so many */

/* How wide the page is: 80 where nobody knows, and at least `least`. */
uint32_t columns_of(const struct report_style *, uint32_t least);

/* Columns that UTF-8 text takes, one a character. */
uint32_t columns_width(const char *);

/* A stranger's name in `width` columns: what is too long loses its middle, for names that share
 * their beginning differ at the end. */
const char *columns_name(char buf[COLUMNS_CELL], const char *name, uint32_t width);

/* `width`, or the least above it at which no two of the names look alike once they are cut. */
uint32_t columns_distinct(const char *const *name, uint32_t n, uint32_t width);

/* Padded on the right (left) to width. */
void columns_left(FILE *, const char *, uint32_t width);
void columns_right(FILE *, const char *, uint32_t width);

/* Words from `column` on, broken so that no line is wider than `width` unless a single word is;
 * following lines begin at `indent`.  Ends the line. */
void columns_wrap(FILE *, const char *text, uint32_t column, uint32_t indent, uint32_t width);

enum columns_colour {
    COLUMNS_PLAIN, COLUMNS_BOLD, COLUMNS_FAINT, COLUMNS_GREEN, COLUMNS_RED, COLUMNS_YELLOW
};

/* A stranger's name in bold and what there is to say of it: beside it, or on lines below. */
void columns_title(FILE *, const struct report_style *, const char *name, const char *rest,
                   uint32_t width);

/* COLUMNS_PLAIN ends what another began. */
void columns_paint(FILE *, const struct report_style *, enum columns_colour);

/* "1.2 %", "0 %", "< 0.01 %" */
const char *columns_percent(char buf[COLUMNS_CELL], double share);

#endif
