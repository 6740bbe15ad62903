/* fields_gate.h - limits, and the backlog of handshakes. */
#ifndef SCENARIO_FIELDS_GATE_H
#define SCENARIO_FIELDS_GATE_H

#include "field.h"

extern const struct field_table fields_limit, fields_syn;

#endif
