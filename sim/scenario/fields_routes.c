/* fields_routes.c - routes of a balancer: which requests, or connections, go to which pools. */
#include "fields_routes.h"

#include <string.h>

/* ---- "to": a pool, or pools with weights ---- */

static int read_way(struct reader *rd, const cJSON *node, const char *name, uint32_t weight,
                    struct route_way *way)
{
    *way = (struct route_way){ .to = reader_text(rd, name), .weight = weight };
    if (*name != '\0')
        return 0;
    return field_mismatch(rd, node, "the name of a tier");
}

static int read_share(struct reader *rd, const cJSON *node, struct route_way *way)
{
    const struct field weight = { .key = "to", .min = 1, .max = 65535 };
    uint32_t value;

    if (field_uint.read(rd, &weight, node, &value) < 0)
        return -1;
    return read_way(rd, node, node->string, value, way);
}

static int read_shares(struct reader *rd, const cJSON *node, struct route_config *r)
{
    r->way = arena_alloc(&rd->out->arena, (size_t)cJSON_GetArraySize(node) * sizeof *r->way);
    for (const cJSON *item = node->child; item != NULL; item = item->next)
        if (read_share(rd, item, &r->way[r->ways++]) < 0)
            return -1;
    return 0;
}

static int read_ways(struct reader *rd, const struct field *f, const cJSON *node, void *object)
{
    struct route_config *r = object;

    if (cJSON_IsObject(node) && node->child)
        return read_shares(rd, node, r);
    if (!cJSON_IsString(node))
        return field_mismatch(rd, node, f->type->what);
    r->way = arena_alloc(&rd->out->arena, sizeof *r->way);
    r->ways = 1;
    return read_way(rd, node, node->valuestring, 1, r->way);
}

static void schema_ways(FILE *out, const struct field *f)
{
    (void)f;
    fprintf(out, "\"oneOf\": [ { \"type\": \"string\", \"minLength\": 1 }, { \"type\": \"object\", "
                 "\"minProperties\": 1, \"additionalProperties\": { \"type\": \"integer\", "
                 "\"minimum\": 1, \"maximum\": 65535 } } ]");
}

static const struct field_type type_ways = {
    .what = "a tier's name, or weights like { \"stable\": 90, \"canary\": 10 }",
    .read = read_ways, .schema = schema_ways };

/* ---- a rule ---- */

#define MATCH(member) FIELD_AT(route_match, member)

static const struct field match_rows[] = {
    { "host", &field_text, MATCH(host), .max = 200,
      .help = "of the request; \"*.example.com\": all that end so" },
    { "path_prefix", &field_text, MATCH(path_prefix), .max = 500,
      .help = "what its path begins with" },
    { "header", &field_text, MATCH(header), .max = 200,
      .help = "\"name: value\"; \"name\" alone: whatever its value" },
    { "method", &field_text, MATCH(method), .max = 20, .help = "of the request" },
    { "request_size", &type_size_range, MATCH(size),
      .help = "of the request, as its class says it: \">= 1MB\", \"< 10kB\", or \"10kB..1MB\", "
              "which is from 10 kB on and below 1 MB" },
    { "sni", &field_text, MATCH(sni), .max = 200,
      .help = "the name in the first record of a connection's TLS, and all that an l4 sees: the "
              "host of the request that it was opened for; \"*.example.com\" likewise" },
    { .key = NULL },
};

static const struct field_table match_table = {
    .name = "match", .help = "what a rule asks of a request; all of it must hold",
    .row = match_rows };

static const struct field route_rows[] = {
    { "match", &field_object, FIELD_AT(route_config, match), .extra = &match_table,
      .help = "default: everything" },
    { "to", &type_ways, 0, .flags = FIELD_REQUIRED,
      .help = "the pool or balancer that such requests go to; or several, with weights" },
    { .key = NULL },
};

const struct field_table fields_route = {
    .name = "routes", .help = "a rule: such requests go there, or such connections at an l4; the "
                              "first that matches decides, what matches none goes to the "
                              "balancer's \"to\"",
    .row = route_rows };

/* ---- what a layer sees ---- */

static void refuse(struct reader *rd, const cJSON *at, const char *what, const char *hint)
{
    doc_fault(&rd->doc, rd->err, at, DOC_KEY, "E122", "%s", what);
    err_hint(rd->err, "%s", hint);
}

static void tell_unseen(struct reader *rd, const cJSON *key)
{
    doc_fault(&rd->doc, rd->err, key, DOC_KEY, "E122",
              "\"%s\" does not apply with \"layer\": \"l4\"", key->string);
    err_hint(rd->err, "an l4 forwards connections and sees no requests, still less what it cannot "
                      "decrypt: it can go by \"sni\" where TLS passes through; an l7 reads the "
                      "rest");
}

static void check_seen(struct reader *rd, const cJSON *match, enum layer layer)
{
    for (const cJSON *key = match ? match->child : NULL; key != NULL; key = key->next) {
        bool is_sni = strcmp(key->string, "sni") == 0;

        if (layer == LAYER_L4 && !is_sni && field_find(&match_table, key->string) != NULL)
            tell_unseen(rd, key);
        else if (layer == LAYER_L7 && is_sni)
            refuse(rd, key, "\"sni\" does not apply with \"layer\": \"l7\"",
                   "TLS has ended before its rules, and each request says what it asks for: "
                   "\"host\"");
    }
}

/* Without TLS there is no name, and where it ends nobody need go by it. */
static void check_name_seen(struct reader *rd, const cJSON *node, const struct balancer_config *b)
{
    const cJSON *routes = doc_get(node, "routes");

    if (b->tls.mode == TLS_NONE)
        refuse(rd, routes, "\"routes\" of an l4 go by the name in a connection's first TLS record, "
                           "and no TLS passes through here",
               "\"tls\": {\"mode\": \"passthrough\"}, or let it be an l7, which sees requests");
    else if (b->tls.mode == TLS_TERMINATE)
        refuse(rd, routes, "\"routes\" of an l4 go by the name in a connection's first TLS record, "
                           "and TLS ends here",
               "\"passthrough\"; or let it be an l7, which reads what it has decrypted");
}

/* Who waits for the first record keeps the connection: no other instance can take it over. */
static void check_name_kept(struct reader *rd, const cJSON *node, const struct balancer_config *b)
{
    static const char hint[] = "it ends TCP to read the name, and whoever has not read it cannot "
                               "know the pool: leave it out";

    if (b->is_dsr)
        refuse(rd, doc_get(node, "dsr"), "\"dsr\" does not go with \"routes\" of an l4", hint);
    if (b->flow_table.kind == TABLE_NONE)
        refuse(rd, doc_get(node, "flow_table"),
               "an l4 with \"routes\" does not do without a flow table", hint);
    else if (b->unknown_flow == UNKNOWN_PICK)
        refuse(rd, doc_get(node, "unknown_flow"),
               "\"unknown_flow\": \"pick\" does not go with \"routes\" of an l4", hint);
    if (b->gone_backend == GONE_PICK)
        refuse(rd, doc_get(node, "gone_backend"),
               "\"gone_backend\": \"pick\" does not go with \"routes\" of an l4", hint);
}

void fields_routes_check_layer(struct reader *rd, const cJSON *node,
                               const struct balancer_config *b)
{
    const cJSON *rules = doc_get(node, "routes");
    uint32_t errors = rd->err->errors;

    for (const cJSON *rule = rules ? rules->child : NULL; rule != NULL; rule = rule->next)
        check_seen(rd, doc_get(rule, "match"), b->layer);
    if (rules == NULL || b->layer == LAYER_L7 || rd->err->errors > errors)
        return;
    check_name_seen(rd, node, b);
    check_name_kept(rd, node, b);
}

/* ---- when all tiers are known ---- */

static uint32_t add_pool(struct routes_config *rs, const char *name)
{
    uint32_t i = 0;

    while (i < rs->pools && strcmp(rs->pool[i], name) != 0)
        i++;
    if (i == rs->pools)
        rs->pool[rs->pools++] = name;
    return i;
}

/* Each pool once, the balancer's `to` first. */
void fields_routes_number(struct reader *rd, struct balancer_config *b)
{
    struct routes_config *rs = &b->routes;
    size_t most = 1;

    for (uint32_t i = 0; i < rs->count; i++)
        most += rs->route[i].ways;
    rs->pool = arena_alloc(&rd->out->arena, most * sizeof *rs->pool);
    rs->pools = 0;
    add_pool(rs, b->to);
    for (uint32_t i = 0; i < rs->count; i++)
        for (uint32_t k = 0; k < rs->route[i].ways; k++)
            rs->route[i].way[k].pool = add_pool(rs, rs->route[i].way[k].to);
}

static const cJSON *rule_node(const struct reader *rd, uint32_t balancer, uint32_t rule)
{
    return cJSON_GetArrayItem(doc_item(&rd->doc, "balancers", balancer, "routes"), (int)rule);
}

static void tell_covered(struct reader *rd, uint32_t balancer, uint32_t rule)
{
    const struct routes_config *rs = &rd->out->balancer[balancer].routes;

    for (uint32_t i = 0; i < rule; i++)
        if (route_covers(&rs->route[i].match, &rs->route[rule].match)) {
            doc_fault(&rd->doc, rd->err, rule_node(rd, balancer, rule), DOC_VALUE, "E144",
                      "this rule never decides: routes[%u] matches all that it does", i);
            err_hint(rd->err, "the first rule that matches decides: put the narrower one before");
            return;
        }
}

void fields_routes_check(struct reader *rd, uint32_t balancer)
{
    for (uint32_t i = 0; i < rd->out->balancer[balancer].routes.count; i++)
        tell_covered(rd, balancer, i);
}

/* ---- classes ---- */

uint32_t fields_routes_classes(const struct client_config *c)
{
    return c->classes.count > 0 ? c->classes.count : 1;
}

const struct class_config *fields_routes_class(const struct client_config *c, uint32_t i)
{
    return c->classes.count > 0 ? &c->classes.class[i] : &class_any;
}

static void match_classes(const struct scenario *sc, struct routes_config *rs, bool *decides)
{
    for (uint32_t k = 0; k < sc->clients; k++)
        for (uint32_t i = 0; i < fields_routes_classes(&sc->client[k]); i++) {
            uint32_t found = routes_find(rs, fields_routes_class(&sc->client[k], i));

            rs->of_class[sc->client[k].first_class + i] = found;
            if (found != NONE)
                decides[found] = true;
        }
}

void fields_routes_match(struct reader *rd, uint32_t balancer)
{
    struct scenario *sc = rd->out;
    struct routes_config *rs = &sc->balancer[balancer].routes;
    const struct client_config *last = &sc->client[sc->clients - 1];
    bool *decides = arena_alloc(&sc->arena, rs->count);

    rs->of_class = arena_alloc(&sc->arena, (last->first_class + fields_routes_classes(last))
                                               * sizeof *rs->of_class);
    match_classes(sc, rs, decides);
    for (uint32_t i = 0; i < rs->count; i++)
        if (!decides[i]) {
            doc_fault(&rd->doc, rd->err, rule_node(rd, balancer, i), DOC_VALUE, "W207",
                      "no client sends a request that this rule would decide");
            err_hint(rd->err, "clients say what they ask for in \"requests\": host, path, header, "
                              "method, request_size");
        }
}
