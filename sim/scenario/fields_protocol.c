/* fields_protocol.c - lossy ways, an l7's own connections, and which protocol goes where. */
#include "fields_protocol.h"

#include <string.h>

#define LONG (30.0 * 86400e9)

static const struct field path_rows[] = {
    { "loss", &field_share, FIELD_AT(loss_config, share), .min = 1e-6, .max = 0.5,
      .flags = FIELD_REQUIRED,
      .help = "of the packets, each way, each lost on its own; times of recovery: lblab explain "
              "http2" },
    { "tail_loss_probe", &field_bool, FIELD_AT(loss_config, has_probes), .preset = "true",
      .help = "does TCP probe after 2 RTT when nothing follows what was lost (RFC 8985)? QUIC does "
              "(RFC 9002)" },
    { .key = NULL },
};

const struct field_table fields_path = {
    .name = "path", .help = "a lossy way between a group and the first hop", .row = path_rows };

/* ---- an l7's own connections ---- */

#define UPSTREAM(member) FIELD_AT(upstream_config, member)

static const struct field_choice protocols[] = {
    { "h1", PROTOCOL_H1 }, { "h2", PROTOCOL_H2 }, { NULL, 0 } };

static const struct field upstream_rows[] = {
    { "protocol", &field_choice, UPSTREAM(protocol), .preset = "\"h1\"", .extra = protocols,
      .help = "\"h1\": one request at a time on a connection; \"h2\": many streams" },
    { "connections", &field_uint, UPSTREAM(connections), .min = 1, .max = 1e6,
      .help = "most at a time from an instance to a backend; requests wait for one; default: as "
              "many as needed (h1), 1 (h2)" },
    { "max_streams", &field_uint, UPSTREAM(max_streams), .min = 1, .max = 1e6, .preset = "100",
      .when = FIELD_WHEN(PROTOCOL_H2), .unless = "streams belong to \"h2\"",
      .help = "most requests at a time on a connection" },
    { "requests_per_connection", &field_uint, UPSTREAM(requests_per_connection), .min = 1,
      .max = 1e9, .help = "then it is closed, 1 is no keep-alive; default: no limit" },
    { "max_connection_age", &field_dist, UPSTREAM(max_connection_age), .min = 1,
      .help = "then it is closed; default: no limit" },
    { "idle_timeout", &field_duration, UPSTREAM(idle_timeout), .preset = "\"0\"", .max = LONG,
      .help = "a connection without requests is closed after it; \"0\": never" },
    { .key = NULL },
};

static void mark_used(struct reader *rd, const cJSON *node, void *object)
{
    struct upstream_config *c = object;

    (void)rd;
    (void)node;
    c->is_used = true;
}

const struct field_table fields_upstream = {
    .name = "upstream", .help = "the connections of an l7 to each of its backends",
    .row = upstream_rows, .selector = "protocol", .check = mark_used };

/* ---- what goes with what ---- */

static void refuse(struct reader *rd, const cJSON *at, const char *what, const char *hint)
{
    doc_fault(&rd->doc, rd->err, at, DOC_VALUE, "E122", "%s", what);
    err_hint(rd->err, "%s", hint);
}

void fields_protocol_check(struct reader *rd, const cJSON *node, const struct client_config *c)
{
    if (c->path.share > 0 && c->protocol == PROTOCOL_WARM)
        refuse(rd, doc_get(node, "path"),
               "a \"path\" loses packets of connections, and \"warm\" clients have none",
               "give the clients \"protocol\": \"h1\", \"h2\", \"h3\" or \"tcp\"");
    if (c->protocol == PROTOCOL_UDP && c->timeout == 0)
        refuse(rd, doc_get(node, "protocol"),
               "\"udp\" needs a \"timeout\": nobody tells that a datagram was lost",
               "add \"timeout\": \"1s\"");
}

static const struct balancer_config *balancer_of(const struct scenario *sc, const char *name)
{
    for (uint32_t i = 0; name && i < sc->balancers; i++)
        if (sc->balancer[i].name && strcmp(sc->balancer[i].name, name) == 0)
            return &sc->balancer[i];
    return NULL;
}

bool fields_protocol_leads_to(const struct scenario *sc, const char *to,
                              const struct balancer_config *b)
{
    const struct balancer_config *at = balancer_of(sc, to);

    for (uint32_t i = 0; at && at != b && at->layer == LAYER_L4 && i < balancer_pools(at); i++)
        if (fields_protocol_leads_to(sc, balancer_pool(at, i), b))
            return true;
    return at != NULL && at == b;
}

static bool is_reached_by(const struct scenario *sc, const struct balancer_config *b,
                          uint32_t wanted)
{
    for (uint32_t i = 0; i < sc->clients; i++)
        if (FIELD_WHEN(sc->client[i].protocol) & wanted
            && fields_protocol_leads_to(sc, sc->client[i].to, b))
            return true;
    return false;
}

/* Whom GOAWAY, or "Connection: close", is said to. */
#define TOLD (FIELD_WHEN(PROTOCOL_H1) | FIELD_WHEN(PROTOCOL_H2) | FIELD_WHEN(PROTOCOL_H3))

static void check_balancer(struct reader *rd, uint32_t i)
{
    const struct scenario *sc = rd->out;
    const struct balancer_config *b = &sc->balancer[i];
    const cJSON *node = doc_item(&rd->doc, "balancers", i, NULL);

    if (b->route_by == ROUTE_BY_CONNECTION_ID && !is_reached_by(sc, b, FIELD_WHEN(PROTOCOL_H3)))
        refuse(rd, doc_get(node, "route_by"),
               "\"connection_id\" is QUIC's, and no \"h3\" client comes here; TCP and UDP have "
               "none",
               "give clients \"protocol\": \"h3\", or leave \"route_by\" out");
    if (b->max_connection_age.kind && !is_reached_by(sc, b, TOLD))
        refuse(rd, doc_get(node, "max_connection_age"),
               "no connection that ends here can be told to go: no \"h1\", \"h2\" or \"h3\" client "
               "comes here",
               "GOAWAY and \"Connection: close\" are HTTP's: change \"protocol\" of the clients");
    if (b->layer == LAYER_L7 && is_reached_by(sc, b, FIELD_WHEN(PROTOCOL_UDP))) {
        doc_fault(&rd->doc, rd->err, doc_get(node, "layer") ? doc_get(node, "layer")
                                                            : doc_get(node, "name"),
                  DOC_VALUE, "E142", "\"udp\" clients come to \"%s\", an l7: it ends connections, "
                  "and datagrams have none", b->name);
        err_hint(rd->err, "let it be \"layer\": \"l4\"");
    }
}

static bool is_ended_at(const struct scenario *sc, const struct backend_config *c)
{
    for (uint32_t i = 0; i < sc->balancers; i++) {
        const struct balancer_config *b = &sc->balancer[i];
        bool has_connections = b->layer == LAYER_L4 || b->upstream.is_used;

        for (uint32_t k = 0; has_connections && c->name && k < balancer_pools(b); k++)
            if (strcmp(balancer_pool(b, k), c->name) == 0)
                return true;
    }
    return false;
}

/* Nobody's connections end at what is behind an l7 that says nothing of its own. */
static void check_backend(struct reader *rd, uint32_t i)
{
    static const char *const keys[] = { "goaway", "max_connection_age" };
    const struct backend_config *c = &rd->out->backend[i];
    const cJSON *node = doc_item(&rd->doc, "backends", i, NULL);

    if ((!c->says_goaway && !c->max_connection_age.kind) || is_ended_at(rd->out, c))
        return;
    for (size_t k = 0; k < ARRAY_LEN(keys); k++)
        if (doc_get(node, keys[k])) {
            doc_fault(&rd->doc, rd->err, doc_get(node, keys[k]), DOC_VALUE, "E122",
                      "\"%s\": no connection ends at \"%s\"", keys[k], c->name);
            err_hint(rd->err, "behind an l7 give that \"upstream\", or \"max_connection_age\"; or "
                              "let the balancer be an l4");
        }
}

/* There a request can overtake the handshake that it goes with. */
static bool has_random_link(const struct scenario *sc)
{
    for (uint32_t i = 0; i < sc->links; i++)
        if (sc->link[i].latency.kind && !dist_is_constant(&sc->link[i].latency))
            return true;
    return false;
}

static void check_client(struct reader *rd, uint32_t i)
{
    if (rd->out->client[i].zero_rtt > 0 && has_random_link(rd->out))
        refuse(rd, doc_item(&rd->doc, "clients", i, "zero_rtt"),
               "\"zero_rtt\" does not go with links of random latency: a request could overtake "
               "the packet that opens its connection",
               "make the latency of \"links\" constant, or leave \"zero_rtt\" out");
}

void fields_protocol_check_ways(struct reader *rd)
{
    for (uint32_t i = 0; i < rd->out->clients; i++)
        check_client(rd, i);
    for (uint32_t i = 0; i < rd->out->balancers; i++)
        check_balancer(rd, i);
    for (uint32_t i = 0; i < rd->out->backends; i++)
        check_backend(rd, i);
}
