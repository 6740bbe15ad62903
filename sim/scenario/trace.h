/* trace.h - arrivals from a file: "arrival": { "process": "trace", "file": "hom70.csv" }. */
#ifndef SCENARIO_TRACE_H
#define SCENARIO_TRACE_H

#include "field.h"

/* const char * file, in a struct arrival_config whose rows it reads too. */
extern const struct field_type field_trace;

#endif
