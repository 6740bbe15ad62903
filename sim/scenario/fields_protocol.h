/* fields_protocol.h - tables of protocols, and what contradicts itself in them. */
#ifndef SCENARIO_FIELDS_PROTOCOL_H
#define SCENARIO_FIELDS_PROTOCOL_H

#include "../nodes/config.h"
#include "field.h"

extern const struct field_table fields_path, fields_upstream;

/* Of a group of clients alone. */
void fields_protocol_check(struct reader *, const cJSON *client, const struct client_config *);

/* Of what the tiers are to each other: when all names lead somewhere. */
void fields_protocol_check_ways(struct reader *);

/* Without a loop: do connections that go to this tier pass this balancer, or end there?  Through
 * l4s they go on. */
bool fields_protocol_leads_to(const struct scenario *, const char *to,
                              const struct balancer_config *);

#endif
