/* graph_names.h - connections that an l4 leads by the name in their first TLS record: whose may
 * come there, and which tiers answer for which hosts. */
#ifndef SCENARIO_GRAPH_NAMES_H
#define SCENARIO_GRAPH_NAMES_H

#include "reader.h"

/* When tiers are without a loop: tells connections that have no such name. */
void graph_names_check(struct reader *);

/* When routes are matched with classes: `serves` of the tiers where such connections end. */
void graph_names_serve(struct reader *);

#endif
