/* fields_routes.h - rules of a balancer: read, numbered, and matched with what clients ask for. */
#ifndef SCENARIO_FIELDS_ROUTES_H
#define SCENARIO_FIELDS_ROUTES_H

#include "field.h"

extern const struct field_table fields_route;
extern const struct field_type type_size_range;     /* struct size_range */

/* As soon as a balancer was read: routes.pool and the indexes of its ways. */
void fields_routes_number(struct reader *, struct balancer_config *);

/* Tells what this layer cannot see. */
void fields_routes_check_layer(struct reader *, const cJSON *node, const struct balancer_config *);

/* Tells rules that never decide. */
void fields_routes_check(struct reader *, uint32_t balancer);

/* When classes are numbered: routes.of_class; warns of rules that nobody's requests match. */
void fields_routes_match(struct reader *, uint32_t balancer);

/* The classes of a group; one that names none has one, of which nothing is known. */
uint32_t fields_routes_classes(const struct client_config *);
const struct class_config *fields_routes_class(const struct client_config *, uint32_t index);

#endif
