/* csv.h - cells by RFC 4180, made harmless for spreadsheets. */
#ifndef RESULTS_CSV_H
#define RESULTS_CSV_H

#include <stdio.h>

/* A text cell: quoted where it must be; one that a spreadsheet would take for a formula (= + - @
 * TAB CR first) gets a leading '.  Never used for numbers. */
void csv_text(FILE *, const char *text);

/* A number, or an empty cell when it is not finite. */
void csv_number(FILE *, double x);

#endif
