/* fields_dataplane.h - the tables that balancers and backends share, and what contradicts
 * itself. */
#ifndef SCENARIO_FIELDS_DATAPLANE_H
#define SCENARIO_FIELDS_DATAPLANE_H

#include "../nodes/config.h"
#include "field.h"

extern const struct field_table fields_cost, fields_tls;

/* Tells what of cost, TLS and DSR does not go together; TLS that ends here needs a core. */
void fields_dataplane_check(struct reader *, const cJSON *balancer, struct balancer_config *);

#endif
