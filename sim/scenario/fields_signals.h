/* fields_signals.h - what of reports and delays of signals is hardly meant. */
#ifndef SCENARIO_FIELDS_SIGNALS_H
#define SCENARIO_FIELDS_SIGNALS_H

#include "field.h"

/* Warns of balancers that listen where nobody speaks, and of words that nobody hears. */
void signals_warn(struct reader *, void (*warn)(struct reader *));

#endif
