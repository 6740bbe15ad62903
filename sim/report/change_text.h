/* change_text.h - a change and its verdict in words: never a bare percentage.  Shared by the tables
 * of `run` and `compare` and by the figure of pairs. */
#ifndef REPORT_CHANGE_TEXT_H
#define REPORT_CHANGE_TEXT_H

#include "../results/catalogue.h"
#include "columns.h"

/* "-84 % [-85, -83]", with as many digits as the interval is wide; "-" when it is unknown. */
const char *change_text_share(char buf[COLUMNS_CELL], const struct estimate *);

/* "better", "one run: no interval"; what more there is to say of it, without a full stop:
 * "2 % or more would have been seen", "needs about 24 seeds", or "".  Where an interval leaves out
 * 0 and the verdict does not go by it, because of all the rows that were tested, it says so. */
const char *change_text_word(const struct result_change *);
const char *change_text_more(char buf[COLUMNS_CELL], const struct result_change *,
                             uint32_t tested);

/* The change of a policy's latency at this percentile; NULL when none was made. */
const struct result_change *change_text_find(const struct result *, uint32_t policy,
                                             double percentile);

/* How many of the rows were tested together. */
uint32_t change_text_tested(const struct result_change *, uint32_t rows);

enum columns_colour change_text_colour(enum change_verdict);

/* A metric's value in its unit: "45.8 ms", "1.2 %", "1.08x", "1.56 k/s"; "-" when unknown. */
const char *change_text_value(char buf[COLUMNS_CELL], double value, enum metric_unit);

#endif
