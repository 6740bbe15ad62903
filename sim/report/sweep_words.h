/* sweep_words.h - what a sweep found, in words: the table's sentences and the figure's labels. */
#ifndef REPORT_SWEEP_WORDS_H
#define REPORT_SWEEP_WORDS_H

#include "../results/sweep.h"
#include "report.h"

enum { SWEEP_WORDS_TEXT = 400 };

/* "83.1 %", "640/s", "12": a place on the axis; a word is its point's. */
const char *sweep_show_x(char buf[SWEEP_WORDS_TEXT], const struct sweep *, double x);

/* "101 ms", "1.2 %", "640/s": a value of the metric. */
const char *sweep_show_value(char buf[SWEEP_WORDS_TEXT], const struct sweep *, double value);

/* "p99 < 100 ms" */
const char *sweep_show_slo(char buf[SWEEP_WORDS_TEXT], const struct sweep *);
/* "p99", "error_rate" */
const char *sweep_show_metric(char buf[SWEEP_WORDS_TEXT], const struct sweep *);

/* "p99 < 100 ms up to 83.1 % [82.4, 83.9] of capacity; knee at 71 % [68, 74]; saturated at 95%";
 * "" when nothing was asked and nothing stands out. */
const char *sweep_sentence(char buf[SWEEP_WORDS_TEXT], const struct sweep *,
                           const struct sweep_answer *);

/* "SLO up to 83.1 %", for beside a curve; "" without an SLO. */
const char *sweep_note(char buf[SWEEP_WORDS_TEXT], const struct sweep *,
                       const struct sweep_answer *);

#endif
