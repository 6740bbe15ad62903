/* fields_client.c - a group of clients: arrivals, keys, connections, address translation. */
#include "fields_flows.h"
#include "fields_protocol.h"
#include "trace.h"

#define LONG (30.0 * 86400e9)

#define POISSON  FIELD_WHEN(ARRIVAL_POISSON)
#define CONSTANT FIELD_WHEN(ARRIVAL_CONSTANT)
#define MMPP     FIELD_WHEN(ARRIVAL_MMPP)
#define STEPS    FIELD_WHEN(ARRIVAL_STEPS)
#define TRACE    FIELD_WHEN(ARRIVAL_TRACE)
#define CLOSED   FIELD_WHEN(ARRIVAL_CLOSED)

/* A rate above one a nanosecond has gaps that round to 0; one below this exceeds the clock. */
#define RATES .min = 1e-6, .max = 1e9

static const struct field state_rows[] = {
    { "rate", &field_rate, FIELD_AT(arrival_state, rate), RATES, .flags = FIELD_REQUIRED,
      .help = "of the whole group, in this state" },
    { "hold", &field_duration, FIELD_AT(arrival_state, hold), .min = 1000, .max = LONG,
      .flags = FIELD_REQUIRED, .help = "mean time in this state, exponential" },
    { .key = NULL },
};

static const struct field_table state_table = {
    .name = "arrival_states", .help = "a state of an mmpp process", .row = state_rows };

static const struct field step_rows[] = {
    { "rate", &field_rate, FIELD_AT(arrival_state, rate), RATES, .flags = FIELD_REQUIRED,
      .help = "of the whole group, in this step" },
    { "for", &field_duration, FIELD_AT(arrival_state, hold), .min = 1000, .max = LONG,
      .flags = FIELD_REQUIRED, .help = "length of this step; the last rate stays" },
    { .key = NULL },
};

static const struct field_table step_table = {
    .name = "arrival_steps", .help = "a piece of a steps process", .row = step_rows };

#define STATE_LIST(table_) \
    &(const struct field_list){ .table = &(table_), .size = sizeof(struct arrival_state), \
                                .count_offset = FIELD_AT(arrival_config, states), \
                                .least = 1, .most = 4096 }

static const struct field_choice processes[] = {
    { "poisson", ARRIVAL_POISSON },
    { "constant", ARRIVAL_CONSTANT },
    { "mmpp", ARRIVAL_MMPP },
    { "steps", ARRIVAL_STEPS },
    { "trace", ARRIVAL_TRACE },
    { "closed", ARRIVAL_CLOSED },
    { NULL, 0 },
};

#define ARRIVAL(member) FIELD_AT(arrival_config, member)

static const struct field arrival_rows[] = {
    { "process", &field_choice, ARRIVAL(process), .flags = FIELD_REQUIRED, .extra = processes,
      .help = "how requests come: open loops never look at the answers, \"closed\" clients ask, "
              "wait, think" },
    { "rate", &field_rate, ARRIVAL(rate), RATES, .flags = FIELD_REQUIRED,
      .when = POISSON | CONSTANT, .unless = "\"rate\" belongs to \"poisson\" and \"constant\"",
      .help = "of the whole group, not of one client" },
    { "states", &field_objects, ARRIVAL(state), .flags = FIELD_REQUIRED, .when = MMPP,
      .unless = "\"states\" belong to \"mmpp\"", .extra = STATE_LIST(state_table),
      .help = "visited in a ring, Poisson arrivals in each" },
    { "steps", &field_objects, ARRIVAL(state), .flags = FIELD_REQUIRED, .when = STEPS,
      .unless = "\"steps\" belong to \"steps\"", .extra = STATE_LIST(step_table),
      .help = "Poisson arrivals at rates given piece by piece" },
    { "file", &field_trace, ARRIVAL(file), .max = 1000, .flags = FIELD_REQUIRED, .when = TRACE,
      .unless = "\"file\" belongs to \"trace\"",
      .help = "CSV beside the scenario; the header names columns: arrival_us, arrival_ns or t "
              "(seconds), "
              "service_us or service_ns (the demand), client, key" },
    { "think", &field_dist, ARRIVAL(think), .preset = "\"0\"", .when = CLOSED,
      .unless = "\"think\" belongs to \"closed\"",
      .help = "between an answer and the next request" },
    { .key = NULL },
};

static const struct field_table arrival_table = {
    .name = "arrival", .help = "when requests come", .row = arrival_rows, .selector = "process" };

static const struct field_choice laws[] = {
    { "uniform", KEYS_UNIFORM },
    { "zipf", KEYS_ZIPF },
    { "sequential", KEYS_SEQUENTIAL },
    { NULL, 0 },
};

static const struct field keys_rows[] = {
    { "law", &field_choice, FIELD_AT(keys_config, law), .preset = "\"uniform\"", .extra = laws,
      .help = "how often each key comes" },
    { "count", &field_uint, FIELD_AT(keys_config, count), .min = 1, .max = 1e9,
      .flags = FIELD_REQUIRED, .help = "number of different keys" },
    { "session", &field_uint, FIELD_AT(keys_config, session), .min = 1, .max = 1e9, .preset = "1",
      .help = "requests in a row of one client that carry the same key" },
    { "exponent", &field_real, FIELD_AT(keys_config, exponent), .min = 0.01, .max = 10,
      .preset = "1", .when = FIELD_WHEN(KEYS_ZIPF), .unless = "\"exponent\" belongs to \"zipf\"",
      .help = "the k-th key has weight k^-exponent" },
    { .key = NULL },
};

static const struct field_table keys_table = {
    .name = "keys", .help = "what requests ask for, as hashing policies see it", .row = keys_rows,
    .selector = "law" };

static const struct field nat_rows[] = {
    { "addresses", &field_uint, FIELD_AT(nat_config, addresses), .min = 1, .max = 1e6,
      .flags = FIELD_REQUIRED, .help = "public addresses that the group shares" },
    { "ports", &field_uint, FIELD_AT(nat_config, ports), .min = 1, .max = 65535, .preset = "64512",
      .help = "usable ports an address: 1024 to 65535" },
    { "timeout", &field_duration, FIELD_AT(nat_config, timeout), .min = 1e6, .max = LONG,
      .preset = "\"2m\"",
      .help = "an idle mapping is forgotten after it; the least that RFC 4787 (REQ-5) allows" },
    { "time_wait", &field_duration, FIELD_AT(nat_config, time_wait), .max = LONG, .preset = "\"0\"",
      .help = "a port stays taken for so long after its connection was closed; Linux: 60s, RFC "
              "5382: 4m" },
    { "pooling", &field_choice, FIELD_AT(nat_config, pooling), .preset = "\"paired\"",
      .extra = nat_poolings,
      .help = "\"paired\": a client keeps one address (RFC 4787, REQ-2); \"arbitrary\": each "
              "connection gets any" },
    { "block", &field_uint, FIELD_AT(nat_config, block), .min = 1, .max = 65535,
      .help = "ports of each client's own (RFC 7422); default: all clients share all ports" },
    { .key = NULL },
};

static const struct field_table nat_table = {
    .name = "nat", .help = "address translation in front of a group", .row = nat_rows };

/* ---- classes of requests ---- */

#define CLASS(member) FIELD_AT(class_config, member)

static const struct field class_rows[] = {
    { "name", &field_id, CLASS(name), .flags = FIELD_REQUIRED, .help = "of the class" },
    { "share", &field_real, CLASS(share), .min = 1e-6, .max = 1e6, .preset = "1",
      .help = "of the group's requests, beside the shares of its other classes" },
    { "method", &field_text, CLASS(method), .max = 20, .preset = "\"GET\"",
      .help = "what routes of an l7 can match" },
    { "host", &field_text, CLASS(host), .max = 200, .preset = "\"\"", .help = "likewise" },
    { "path", &field_text, CLASS(path), .max = 500, .preset = "\"/\"", .help = "likewise" },
    { "header", &field_text, CLASS(header), .max = 200, .help = "\"name: value\", likewise" },
    { "request_size", &field_size, CLASS(request_bytes), .max = 4e9, .preset = "\"500B\"",
      .help = "on the wire, headers included" },
    { "reply_size", &field_size, CLASS(reply_bytes), .max = 4e9, .preset = "\"10kB\"",
      .help = "on the wire, headers included" },
    { .key = NULL },
};

static const struct field_table class_table = {
    .name = "requests", .help = "a class of requests", .row = class_rows };

static const struct field_list class_list = {
    .table = &class_table, .size = sizeof(struct class_config),
    .count_offset = FIELD_AT(client_config, classes.count), .least = 1, .most = 1000 };

static const struct field_choice protocols[] = {
    { "warm", PROTOCOL_WARM }, { "tcp", PROTOCOL_TCP }, { "h1", PROTOCOL_H1 },
    { "h2", PROTOCOL_H2 },     { "grpc", PROTOCOL_H2 }, { "h3", PROTOCOL_H3 },
    { "udp", PROTOCOL_UDP },   { "websocket", PROTOCOL_WEBSOCKET },
    { "session", PROTOCOL_SESSION }, { "syn_flood", PROTOCOL_SYN_FLOOD },
    { "request_flood", PROTOCOL_REQUEST_FLOOD },
    { NULL, 0 },
};

static const struct field_choice reuses[] = {
    { "any", REUSE_ANY }, { "host", REUSE_HOST }, { NULL, 0 } };

#define CLIENT(member) FIELD_AT(client_config, member)
#define H1 FIELD_WHEN(PROTOCOL_H1)
#define H2 FIELD_WHEN(PROTOCOL_H2)
#define H3 FIELD_WHEN(PROTOCOL_H3)
#define UDP FIELD_WHEN(PROTOCOL_UDP)
#define SESSIONS (FIELD_WHEN(PROTOCOL_WEBSOCKET) | FIELD_WHEN(PROTOCOL_SESSION))
#define KEPT "only \"h1\", \"h2\", \"grpc\" and \"h3\" clients keep connections"

static const struct field client_rows[] = {
    { "name", &field_node, CLIENT(name), .flags = FIELD_REQUIRED, .help = "of the group" },
    { "to", &field_node, CLIENT(to), .flags = FIELD_REQUIRED, .help = "the balancer that it asks" },
    { "count", &field_uint, CLIENT(count), .min = 1, .max = 1e7, .preset = "1",
      .help = "clients in the group; each has an address of its own" },
    { "protocol", &field_choice, CLIENT(protocol), .preset = "\"warm\"", .extra = protocols,
      .help = "\"warm\": a connection that always stands; \"tcp\": one a request; \"h1\": kept "
              "alive, one request at a time; \"h2\", \"grpc\": many streams on one; \"h3\": the "
              "same on QUIC; \"udp\": datagrams that nobody says the end of; \"websocket\": "
              "upgraded, for a drawn time; \"session\": likewise, without the upgrade: databases, "
              "queues" },
    { "connections", &field_uint, CLIENT(connections), .min = 1, .max = 1e6, .when = H1 | H2 | H3,
      .unless = KEPT,
      .help = "most that a client holds at a time; default: as many as needed (h1), 1 (h2, h3)" },
    { "reuse", &field_choice, CLIENT(reuse), .preset = "\"any\"", .when = H1 | H2 | H3,
      .unless = KEPT, .extra = reuses,
      .help = "which requests share connections: for \"any\" host, as HTTP/2 may where a "
              "certificate names them all (RFC 9113, 9.1.1), or for one \"host\"; limits are then "
              "of each host" },
    { "max_streams", &field_uint, CLIENT(max_streams), .min = 1, .max = 1e6, .preset = "100",
      .when = H2 | H3, .unless = "streams belong to \"h2\", \"grpc\" and \"h3\"",
      .help = "most requests at a time on a connection" },
    { "requests_per_connection", &field_uint, CLIENT(requests_per_connection), .min = 1, .max = 1e9,
      .when = H1 | H2 | H3 | UDP,
      .unless = "only \"h1\", \"h2\", \"grpc\" and \"h3\" keep connections, and \"udp\" ports",
      .help = "then it is closed, udp: another port is taken; default: no limit" },
    { "max_connection_age", &field_dist, CLIENT(max_connection_age), .min = 1, .when = H1 | H2 | H3,
      .unless = KEPT,
      .help = "then it is closed; default: no limit" },
    { "idle_timeout", &field_duration, CLIENT(idle_timeout), .preset = "\"0\"", .max = LONG,
      .when = H1 | H2 | H3, .unless = KEPT,
      .help = "a connection without requests is closed after it; \"0\": never" },
    { "session_length", &field_dist, CLIENT(session_length), .min = 1, .flags = FIELD_REQUIRED,
      .when = SESSIONS, .unless = "only \"websocket\" and \"session\" clients live so",
      .help = "from the opening of a connection to its end; requests are messages on it" },
    { "window", &field_size, CLIENT(window), .min = 1000, .max = 4e9, .when = H2 | H3,
      .unless = "flow control of streams belongs to \"h2\", \"grpc\" and \"h3\"",
      .help = "of flow control: a reply larger than it takes a round trip for every further "
              "window; default: no limit" },
    { "migrate_every", &field_dist, CLIENT(migrate_every), .min = 1000, .when = H3,
      .unless = "only a QUIC connection (\"h3\") outlives its client's address",
      .help = "a client keeps an address for so long; its connections stay; default: for ever" },
    { "zero_rtt", &field_share, CLIENT(zero_rtt), .max = 1, .preset = "0", .when = H3,
      .unless = "here 0-RTT is QUIC's (\"h3\"); TLS on TCP: \"tls\" of the balancer",
      .help = "share of the connections that resume a session: requests go with their first "
              "packet" },
    { "path", &field_object, CLIENT(path), .extra = &fields_path,
      .help = "to the first hop; default: it loses nothing" },
    { "rtt", &field_dist, CLIENT(rtt), .help = "to the first balancer and back; default: 0" },
    { "timeout", &field_duration, CLIENT(timeout), .preset = "\"0\"", .max = LONG,
      .help = "how long a client waits, with \"retries\" for each attempt; \"0\": for ever" },
    { "retries", &field_object, CLIENT(retries), .extra = &fields_client_retries,
      .help = "clients ask again; default: none" },
    { "arrival", &field_object, CLIENT(arrival), .flags = FIELD_REQUIRED, .extra = &arrival_table,
      .help = "when requests come" },
    { "keys", &field_object, CLIENT(keys), .extra = &keys_table,
      .help = "what requests ask for; default: a request's key is its client" },
    { "requests", &field_objects, CLIENT(classes.class), .extra = &class_list,
      .help = "classes of requests, for routes and for costs by size; default: one class of 500 B "
              "asked and 10 kB answered, of which routes know nothing else" },
    { "nat", &field_object, CLIENT(nat), .extra = &nat_table,
      .help = "address translation in front of the group; default: none" },
    { .key = NULL },
};

static void check_retries(struct reader *rd, const cJSON *node, const struct client_config *c)
{
    const cJSON *on = doc_get(doc_get(node, "retries"), "on");

    if (on == NULL || !(c->retries.on & RETRY_ON_TIMEOUT) || c->timeout)
        return;
    doc_fault(&rd->doc, rd->err, on, DOC_VALUE, "E122",
              "retries on \"timeout\" need a \"timeout\" of the clients");
    err_hint(rd->err, "an attempt never times out otherwise");
}

/* It only sends. */
static void check_flood(struct reader *rd, const cJSON *node, const struct client_config *c)
{
    static const char *const keys[] = { "rtt", "timeout", "retries", "nat" };
    const cJSON *process = doc_get(doc_get(node, "arrival"), "process");

    for (size_t i = 0; client_is_flood(c) && i < ARRAY_LEN(keys); i++)
        if (doc_get(node, keys[i]))
            doc_fault(&rd->doc, rd->err, doc_get(node, keys[i]), DOC_KEY, "E122",
                      "\"%s\" does not apply to a flood: nobody waits for its answers", keys[i]);
    if (client_is_flood(c) && (c->arrival.process == ARRIVAL_CLOSED ||
                               c->arrival.process == ARRIVAL_TRACE)) {
        doc_fault(&rd->doc, rd->err, process, DOC_VALUE, "E122",
                  "a flood does not come from a trace, and looks at no answer");
        err_hint(rd->err, "\"constant\", \"poisson\", \"mmpp\" or \"steps\"");
    }
}

/* A trace's clients are the group's; keys come from one place. */
static void check_client(struct reader *rd, const cJSON *node, void *object)
{
    const struct client_config *c = object;
    const cJSON *file = doc_get(doc_get(node, "arrival"), "file");

    check_retries(rd, node, c);
    if (c->nat.addresses > 0)
        fields_nat_check(rd, doc_get(node, "nat"), &c->nat, c->count);
    check_flood(rd, node, c);
    fields_protocol_check(rd, node, c);
    if (c->arrival.process != ARRIVAL_TRACE)
        return;
    for (uint32_t k = 0; k < c->arrival.rows; k++)
        if (c->arrival.row[k].client != NONE && c->arrival.row[k].client >= c->count) {
            doc_fault(&rd->doc, rd->err, file, DOC_VALUE, "E150",
                      "row %u of the trace is of client %u, the group has %u", k + 1,
                      c->arrival.row[k].client, c->count);
            err_hint(rd->err, "clients are numbered from 0; raise \"count\"");
            break;
        }
    if (c->keys.count && c->arrival.row[0].key != NONE)
        doc_fault(&rd->doc, rd->err, doc_get(node, "keys"), DOC_KEY, "E122",
                  "\"keys\" does not apply: the trace has a key column");
}

const struct field_table fields_client = {
    .name = "clients", .help = "a group of clients", .row = client_rows, .selector = "protocol",
    .check = check_client };
