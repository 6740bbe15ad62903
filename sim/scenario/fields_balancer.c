/* fields_balancer.c - a tier of balancers: what it chooses by, and how it copes with failures. */
#include "fields_dataplane.h"
#include "fields_flows.h"
#include "fields_protocol.h"
#include "fields_gate.h"
#include "fields_routes.h"

#include <string.h>

#define LONG (30.0 * 86400e9)

static const struct field_choice layers[] = { { "l7", LAYER_L7 }, { "l4", LAYER_L4 }, { NULL, 0 } };

static const struct field_choice hash_ons[] = {
    { "key", HASH_ON_KEY },
    { "source_ip", HASH_ON_SOURCE_IP },
    { "flow", HASH_ON_FLOW },
    { NULL, 0 },
};

static const struct field_choice route_bys[] = {
    { "flow", ROUTE_BY_FLOW }, { "connection_id", ROUTE_BY_CONNECTION_ID }, { NULL, 0 } };

/* ---- hedge, fan_out ---- */

static const struct field hedge_rows[] = {
    { "after", &field_duration, FIELD_AT(hedge_config, after), .max = LONG,
      .flags = FIELD_REQUIRED,
      .help = "without an answer for so long since the last attempt, another goes to a backend "
              "that has none; \"0\": all at once" },
    { "max", &field_uint, FIELD_AT(hedge_config, max), .min = 1, .max = 16, .preset = "1",
      .help = "attempts beside the first, over the whole request" },
    { "redraw", &field_bool, FIELD_AT(hedge_config, redraw), .preset = "false",
      .help = "does every attempt after the first draw a demand of its own, or do all have the "
              "same? (a trace's demand stays)" },
    { .key = NULL },
};

static const struct field_table hedge_table = {
    .name = "hedge",
    .help = "attempts beside the first; the first good answer counts, the others are cancelled",
    .row = hedge_rows };

static int read_fan_out(struct reader *rd, const struct field *f, const cJSON *node, void *object)
{
    if (cJSON_IsString(node) && strcmp(node->valuestring, "all") == 0) {
        *(uint32_t *)(void *)((char *)object + f->offset) = FAN_OUT_ALL;
        return 0;
    }
    if (!cJSON_IsNumber(node))
        return field_mismatch(rd, node, f->type->what);
    return field_uint.read(rd, f, node, object);
}

static void schema_fan_out(FILE *out, const struct field *f)
{
    fprintf(out,
            "\"oneOf\": [ { \"const\": \"all\" }, "
            "{ \"type\": \"integer\", \"minimum\": %.0f, \"maximum\": %.0f } ]",
            f->min, f->max);
}

static const struct field_type type_fan_out = {
    .what = "a whole number or \"all\"", .read = read_fan_out, .schema = schema_fan_out };

#define BALANCER(member) FIELD_AT(balancer_config, member)
#define L4 FIELD_WHEN(LAYER_L4)
#define L7 FIELD_WHEN(LAYER_L7)

static const struct field_choice shares[] = {
    { "none", SHARE_NONE }, { "counters", SHARE_COUNTERS }, { "all", SHARE_ALL }, { NULL, 0 } };
static const size_t instances_at = BALANCER(instances);

static const struct field_list route_list = {
    .table = &fields_route, .size = sizeof(struct route_config),
    .count_offset = BALANCER(routes.count), .least = 1, .most = 1000 };

static const struct field balancer_rows[] = {
    { "name", &field_node, BALANCER(name), .flags = FIELD_REQUIRED, .help = "of the tier" },
    { "layer", &field_choice, BALANCER(layer), .preset = "\"l7\"", .extra = layers,
      .help = "\"l4\" chooses once a connection, \"l7\" for every request" },
    { "instances", &field_uint, BALANCER(instances), .min = 1, .max = 10000, .preset = "1",
      .help = "so many alike, each with its own view" },
    { "share", &field_choice, BALANCER(share), .preset = "\"none\"", .extra = shares,
      .help = "what instances have in common: \"none\"; \"counters\": what is in flight is counted "
              "together; \"all\": one balancer, its turns, tables and health for all of them" },
    { "zone", &field_zones, BALANCER(zone), .extra = &instances_at,
      .help = "where instances stand, for locality: a name, or a list with one an instance" },
    { "algorithm", &field_policy, BALANCER(policy),
      .help =
          "a name, or an object with \"name\", \"label\" and its parameters; may be left out where "
          "\"compare\" replaces it" },
    { "to", &field_node, BALANCER(to), .flags = FIELD_REQUIRED, .help = "the next tier" },
    { "routes", &field_objects, BALANCER(routes.route), .extra = &route_list,
      .help = "rules, the first that matches decides; \"to\" gets what matches none; at an l4 by "
              "\"sni\" alone, where TLS passes through" },
    { "limit", &field_object, BALANCER(limit), .extra = &fields_limit, .help = "default: none" },
    { "syn", &field_object, BALANCER(syn), .extra = &fields_syn, .when = L7,
      .unless = "an l4 passes SYNs on: whoever ends the connection keeps the backlog",
      .help = "default: handshakes take no place" },
    { "hash_on", &field_choice, BALANCER(hash_on), .extra = hash_ons,
      .help = "what a hashing policy sees; default: source_ip for ip_hash, else flow at l4, key at "
              "l7" },
    { "timeout", &field_duration, BALANCER(timeout), .preset = "\"0\"", .max = LONG, .when = L7,
      .unless = "an l4 forwards connections and sees no requests: it cannot time one out",
      .help = "of one attempt; \"0\": none" },
    { "deadline", &field_duration, BALANCER(deadline), .preset = "\"0\"", .max = LONG, .when = L7,
      .unless = "an l4 forwards connections and sees no requests: it cannot time one out",
      .help = "of all attempts of a request together, with the waits between them (Envoy's route "
              "timeout, gRPC's deadline); \"0\": none" },
    { "idle_timeout", &field_duration, BALANCER(idle_timeout), .preset = "\"0\"", .max = LONG,
      .when = L4, .unless = "an l7 ends connections itself: only an l4 keeps a table of flows",
      .help = "a flow idle for so long is forgotten; \"0\": never" },
    { "flow_table", &field_object, BALANCER(flow_table), .when = L4, .extra = &fields_flow_table,
      .unless = "an l7 ends connections itself: only an l4 keeps a table of flows",
      .help = "connections that it remembers; default: all" },
    { "unknown_flow", &field_choice, BALANCER(unknown_flow), .when = L4, .extra = unknown_flows,
      .unless = "connections end at an l7: what it does not know it resets",
      .help = "a request on a connection that is not in the table: \"reset\" (IPVS, netfilter), or "
              "\"pick\" as if it began (Katran, Maglev); default: reset, without a table pick" },
    { "gone_backend", &field_choice, BALANCER(gone_backend), .when = L4, .preset = "\"follow\"",
      .extra = gone_backends, .unless = "an l7 picks for every request",
      .help = "a flow whose backend was removed or is down: \"follow\" it there; \"drop\" what "
              "comes until the flow is idle (IPVS expire_nodest_conn 0; UDP through stale "
              "conntrack entries); \"reset\"; \"pick\" another (Katran, Maglev)" },
    { "ecmp", &field_object, BALANCER(ecmp), .extra = &fields_ecmp,
      .help = "a router before the instances; default: clients know them all" },
    { "retries", &field_object, BALANCER(retries), .when = L7, .extra = &fields_retries,
      .unless = "an l4 forwards connections and sees no requests: it cannot try one again",
      .help = "default: none" },
    { "limits", &field_object, BALANCER(limits), .when = L7, .extra = &fields_limits,
      .unless = "an l4 forwards connections and sees no requests: it cannot hold one back",
      .help = "default: none" },
    { "queue", &field_object, BALANCER(queue), .when = L7, .extra = &fields_queue,
      .unless = "an l4 forwards connections and sees no requests: none can wait there",
      .help = "default: none, what meets a limit is refused" },
    { "breaker", &field_object, BALANCER(breaker), .when = L7, .extra = &fields_breaker,
      .unless = "an l4 forwards connections and sees no requests: it does not know which failed",
      .help = "default: none" },
    { "hedge", &field_object, BALANCER(hedge), .when = L7, .extra = &hedge_table,
      .unless = "an l4 forwards connections and sees no requests: it cannot send one twice",
      .help = "default: none" },
    { "fan_out", &type_fan_out, BALANCER(fan_out), .min = 2, .max = 100000, .when = L7,
      .unless = "an l4 forwards connections and sees no requests: it cannot send one to several",
      .help = "a request goes to so many different backends, or \"all\", each with a demand of its "
              "own (a trace's demand is every one's), and is answered when all have answered; "
              "default: to one" },
    { "route_by", &field_choice, BALANCER(route_by), .preset = "\"flow\"", .when = L4,
      .unless = "an l7 ends connections itself: it knows whose a packet is", .extra = route_bys,
      .help = "\"flow\": addresses and ports; \"connection_id\": what QUIC calls its connection, "
              "which stays when the client's address changes" },
    { "upstream", &field_object, BALANCER(upstream), .when = L7, .extra = &fields_upstream,
      .unless = "an l4 forwards the clients' connections and has none of its own",
      .help = "its own connections to each backend; default: they always stand and cost nothing" },
    { "max_connection_age", &field_dist, BALANCER(max_connection_age), .min = 1, .when = L7,
      .unless = "an l4 forwards connections and cannot end one: it is the backends' to say",
      .help = "it tells a client's connection to take no more requests (GOAWAY) when it is so old; "
              "default: never" },
    { "cost", &field_object, BALANCER(cost), .extra = &fields_cost,
      .help = "of what passes it; default: it takes no time" },
    { "tls", &field_object, BALANCER(tls), .extra = &fields_tls, .help = "default: none" },
    { "dsr", &field_bool, BALANCER(is_dsr), .preset = "false", .when = L4,
      .unless = "an l7 ends connections itself: replies must come back through it",
      .help = "replies go from the backend to the client directly (direct server return)" },
    { "health_check", &field_object, BALANCER(health), .extra = &fields_health,
      .help = "default: none" },
    { "passive", &field_object, BALANCER(passive), .extra = &fields_passive,
      .help = "default: none" },
    { "outlier_detection", &field_object, BALANCER(outlier), .extra = &fields_outlier,
      .help = "default: none" },
    { "reports", &field_object, BALANCER(reports), .extra = &fields_reports,
      .help = "what backends say of their load, every so often; default: with each reply, where "
              "the algorithm goes by it" },
    { "signal_delay", &field_duration, BALANCER(signal_delay), .preset = "\"0\"", .max = LONG,
      .help = "from when a backend's word of its load comes in until it is known; \"0\": at once" },
    { "fail_open", &field_bool, BALANCER(fail_open), .preset = "false",
      .help = "when no backend is believed to be well, all are used; else requests are refused" },
    { "discovery_delay", &field_dist, BALANCER(discovery_delay),
      .help = "until an instance has learned of a backend that is added, removed, drained or "
              "weighed anew, drawn for each; default: at once" },
    { .key = NULL },
};

static void tell_not_with(struct reader *rd, const cJSON *at, const char *key, const char *other)
{
    if (at == NULL)
        return;
    doc_fault(&rd->doc, rd->err, at, DOC_VALUE, "E122", "\"%s\" does not go with \"%s\"", key,
              other);
    err_hint(rd->err, "let a second tier of l7 do one of both: \"to\" it from here");
}

/* Several attempts at a time are out at once, or not at all. */
static void check_care(struct reader *rd, const cJSON *node, const struct balancer_config *b)
{
    static const char *const keys[] = { "limits", "queue", "breaker" };
    const char *legs = b->hedge.max ? "hedge" : "fan_out";
    const cJSON *retries = doc_get(node, "retries");

    if (!b->hedge.max && !b->fan_out)
        return;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        tell_not_with(rd, doc_get(node, keys[i]), keys[i], legs);
    tell_not_with(rd, doc_get(retries, "backoff"), "backoff", legs);
    if (b->retries.redispatch != 1)
        tell_not_with(rd, doc_get(retries, "redispatch"), "redispatch", legs);
    if (b->retries.budget.kind == BUDGET_CONCURRENT)
        tell_not_with(rd, doc_get(doc_get(retries, "budget"), "kind"), "concurrent", legs);
}

/* A queue without a limit that is reached holds nobody. */
static void check_queue(struct reader *rd, const cJSON *node, const struct balancer_config *b)
{
    if (b->queue.limit == 0 || b->limits.per_backend > 0 || b->limits.connections > 0)
        return;
    doc_fault(&rd->doc, rd->err, doc_get(node, "queue"), DOC_KEY, "E122",
              "nobody ever waits in this \"queue\": no limit makes them");
    err_hint(rd->err, "add \"limits\": {\"per_backend\": 100} or \"connections\"");
}

/* Together they would need a hedge, or a retry, for each leaf. */
static void check_legs(struct reader *rd, const cJSON *node, const struct balancer_config *b)
{
    const cJSON *fan_out = doc_get(node, "fan_out");
    const cJSON *after = doc_get(doc_get(node, "hedge"), "after");

    if (fan_out && (b->hedge.max || b->retries.max)) {
        doc_fault(&rd->doc, rd->err, fan_out, DOC_VALUE, "E122",
                  "\"fan_out\" does not go with \"%s\"", b->hedge.max ? "hedge" : "retries");
        err_hint(rd->err, "let a second tier of l7 do that for each part: \"to\" it from here");
    }
    check_care(rd, node, b);
    if (after && b->timeout && b->hedge.after >= b->timeout) {
        doc_fault(&rd->doc, rd->err, after, DOC_VALUE, "E122",
                  "a hedge \"after\" the \"timeout\" of the attempt is never sent");
        err_hint(rd->err, "the timeout ends the attempt first: make \"after\" the shorter one");
    }
}

/* Else "timeout" would never strike. */
static void check_deadline(struct reader *rd, const cJSON *node, const struct balancer_config *b)
{
    if (!b->deadline || !b->timeout || b->timeout < b->deadline)
        return;
    doc_fault(&rd->doc, rd->err, doc_get(node, "timeout"), DOC_VALUE, "E122",
              "the \"deadline\" of all attempts is over before the \"timeout\" of one");
    err_hint(rd->err, "make \"timeout\" the shorter one, or leave it out");
}

/* Who counts together has the same list, in the same order, at the same time. */
static void check_share(struct reader *rd, const cJSON *node, const struct balancer_config *b)
{
    if (b->share == SHARE_NONE || !b->discovery_delay.kind)
        return;
    doc_fault(&rd->doc, rd->err, doc_get(node, "share"), DOC_VALUE, "E122",
              "\"share\" does not go with \"discovery_delay\"");
    err_hint(rd->err, "instances that share learn of a change together");
}

static void check_balancer(struct reader *rd, const cJSON *node, void *object)
{
    const struct balancer_config *b = object;
    const cJSON *on = doc_get(doc_get(node, "retries"), "on");

    fields_routes_number(rd, object);
    check_share(rd, node, b);

    if (b->layer == LAYER_L4 && b->hash_on == HASH_ON_KEY) {
        doc_fault(&rd->doc, rd->err, doc_get(node, "hash_on"), DOC_VALUE, "E122",
                  "\"hash_on\": \"key\" does not apply with \"layer\": \"l4\"");
        err_hint(rd->err, "an l4 sees the 5-tuple only: \"source_ip\" or \"flow\"");
    }
    if (on && (b->retries.on & RETRY_ON_TIMEOUT) && !b->timeout) {
        doc_fault(&rd->doc, rd->err, on, DOC_VALUE, "E122",
                  "retries on \"timeout\" need a \"timeout\" at the balancer");
        err_hint(rd->err, "an attempt never times out otherwise");
    }
    check_legs(rd, node, b);
    check_deadline(rd, node, b);
    check_queue(rd, node, b);
    fields_routes_check_layer(rd, node, b);
    fields_dataplane_check(rd, node, object);
    fields_flows_check(rd, node, b);
}

const struct field_table fields_balancer = {
    .name = "balancers", .help = "a tier of balancers", .row = balancer_rows, .selector = "layer",
    .check = check_balancer };
