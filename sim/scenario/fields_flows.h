/* fields_flows.h - flows at balancers: the table of an l4, and the router before a tier. */
#ifndef SCENARIO_FIELDS_FLOWS_H
#define SCENARIO_FIELDS_FLOWS_H

#include "../nodes/config.h"
#include "field.h"

extern const struct field_table fields_flow_table, fields_ecmp;
extern const struct field_choice unknown_flows[], gone_backends[], nat_poolings[];

/* Tells what of them does not go together. */
void fields_flows_check(struct reader *, const cJSON *balancer, const struct balancer_config *);
void fields_nat_check(struct reader *, const cJSON *nat, const struct nat_config *,
                      uint32_t clients);

/* W211: packets that no table and no hash keeps together. */
void fields_flows_warn(struct reader *, void (*warn)(struct reader *));

#endif
