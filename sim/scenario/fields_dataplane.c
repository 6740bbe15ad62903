/* fields_dataplane.c - what a box costs: its cores and NIC, TLS where it ends, and who sees the
 * replies. */
#include "fields_dataplane.h"

#include "../base/text.h"

#include <string.h>

#define LONG (3600e9)

/* ---- "10Gbit/s" ---- */

static int read_bandwidth(struct reader *rd, const struct field *f, const cJSON *node, void *object)
{
    uint64_t bytes;

    if (!cJSON_IsString(node) || text_bandwidth(node->valuestring, &bytes) < 0 || bytes == 0)
        return field_mismatch(rd, node, f->type->what);
    *(uint64_t *)(void *)((char *)object + f->offset) = bytes;
    return 0;
}

static void schema_bandwidth(FILE *out, const struct field *f)
{
    (void)f;
    fprintf(out, "\"type\": \"string\", \"pattern\": "
                 "\"^[0-9]+(\\\\.[0-9]{1,9})?(Mbit|Gbit|kB|MB|GB)/s$\"");
}

static const struct field_type type_bandwidth = {
    .what = "a bandwidth: \"10Gbit/s\" or \"1.25GB/s\"", .read = read_bandwidth,
    .schema = schema_bandwidth };

/* ---- cost ---- */

static const struct field_choice presets[] = {
    { "none", COST_NONE },         { "xdp", COST_XDP },
    { "ipvs", COST_IPVS },         { "iptables", COST_IPTABLES },
    { "proxy-h1", COST_PROXY_H1 }, { "proxy-h2", COST_PROXY_H2 },
    { NULL, 0 },
};

#define COST(member) FIELD_AT(cost_config, member)

static const struct field cost_rows[] = {
    { "preset", &field_choice, COST(preset), .preset = "\"none\"", .extra = presets,
      .help = "costs of a known kind of box, for what is not given here: lblab explain cost" },
    { "cores", &field_uint, COST(cores), .min = 1, .max = 4096, .preset = "1",
      .help = "that work at a time; messages wait for one in the order of arrival" },
    { "per_connection", &field_duration, COST(per_connection), .max = LONG,
      .help = "work of a core on a new connection, TLS apart" },
    { "per_request", &field_duration, COST(per_request), .max = LONG,
      .help = "work of a core on a request" },
    { "per_kilobyte", &field_duration, COST(per_kilobyte), .max = LONG,
      .help = "work of a core on 1000 bytes of request or reply" },
    { "per_packet", &field_duration, COST(per_packet), .max = LONG,
      .help = "work of a core on a packet of TCP: segments of 1448 bytes, and ACKs for every "
              "second one" },
    { "nic_in", &type_bandwidth, COST(nic_in), .help = "what the NIC takes in; default: no limit" },
    { "nic_out", &type_bandwidth, COST(nic_out),
      .help = "what the NIC sends out; default: no limit" },
    { .key = NULL },
};

static void unset(const cJSON *node, const char *key, nsec *value)
{
    if (!doc_get(node, key))
        *value = COST_UNSET;
}

static void check_cost(struct reader *rd, const cJSON *node, void *object)
{
    struct cost_config *c = object;

    (void)rd;
    unset(node, "per_connection", &c->per_connection);
    unset(node, "per_request", &c->per_request);
    unset(node, "per_kilobyte", &c->per_kilobyte);
    unset(node, "per_packet", &c->per_packet);
    cost_complete(c);
}

const struct field_table fields_cost = {
    .name = "cost", .help = "what messages cost a box: cores and NIC", .row = cost_rows,
    .check = check_cost };

/* ---- TLS ---- */

static const struct field_choice modes[] = {
    { "terminate", TLS_TERMINATE }, { "re_encrypt", TLS_RE_ENCRYPT },
    { "passthrough", TLS_PASSTHROUGH }, { NULL, 0 },
};
static const struct field_choice keys[] = {
    { "ecdsa_p256", TLS_ECDSA_P256 }, { "rsa_2048", TLS_RSA_2048 }, { NULL, 0 },
};
static const struct field_choice versions[] = {
    { "1.2", TLS_1_2 }, { "1.3", TLS_1_3 }, { "0-rtt", TLS_0_RTT }, { NULL, 0 },
};

#define TLS(member) FIELD_AT(tls_config, member)

static const struct field tls_rows[] = {
    { "mode", &field_choice, TLS(mode), .flags = FIELD_REQUIRED, .extra = modes,
      .help = "\"terminate\": TLS ends here; \"re_encrypt\": ends here, and another session goes "
              "to the backends; \"passthrough\": it ends at the backends" },
    { "key", &field_choice, TLS(key), .preset = "\"ecdsa_p256\"", .extra = keys,
      .help = "of the certificate: what a full handshake costs" },
    { "version", &field_choice, TLS(version), .preset = "\"1.3\"", .extra = versions,
      .help = "round trips beyond TCP's: 2 in \"1.2\" (1 resumed), 1 in \"1.3\", 0 with \"0-rtt\" "
              "when resumed" },
    { "resumption", &field_share, TLS(resumption), .max = 1, .preset = "0",
      .help = "share of the handshakes that resume an earlier session" },
    { "handshake", &field_duration, TLS(handshake), .max = LONG,
      .help = "work of a core on a full one; default: 100us with ecdsa_p256, 450us with rsa_2048" },
    { "resumed", &field_duration, TLS(resumed), .max = LONG,
      .help = "work of a core on a resumed one; default: 70us" },
    { "per_kilobyte", &field_duration, TLS(per_kilobyte), .preset = "\"500ns\"", .max = LONG,
      .help = "work of a core on 1000 bytes, either way" },
    { .key = NULL },
};

static void check_tls(struct reader *rd, const cJSON *node, void *object)
{
    struct tls_config *c = object;

    (void)rd;
    unset(node, "handshake", &c->handshake);
    unset(node, "resumed", &c->resumed);
    tls_complete(c);
}

const struct field_table fields_tls = {
    .name = "tls", .help = "where TLS ends, and what it costs", .row = tls_rows,
    .check = check_tls };

/* ---- what goes with what ---- */

static void refuse(struct reader *rd, const cJSON *at, const char *what, const char *hint)
{
    doc_fault(&rd->doc, rd->err, at, DOC_VALUE, "E122", "%s", what);
    err_hint(rd->err, "%s", hint);
}

void fields_dataplane_check(struct reader *rd, const cJSON *node, struct balancer_config *b)
{
    const cJSON *mode = doc_get(doc_get(node, "tls"), "mode");

    if (b->layer == LAYER_L7 && b->tls.mode == TLS_PASSTHROUGH)
        refuse(rd, mode, "\"passthrough\" does not go with \"layer\": \"l7\": what it cannot "
                         "decrypt has no requests to choose by",
               "\"terminate\" or \"re_encrypt\" here, or an l4 that passes TLS through");
    if (b->layer == LAYER_L4 && b->tls.mode == TLS_RE_ENCRYPT)
        refuse(rd, mode, "\"re_encrypt\" does not go with \"layer\": \"l4\": it has no sessions of "
                         "its own to the backends",
               "an l4 does \"passthrough\" or \"terminate\"");
    if (b->is_dsr && b->tls.mode == TLS_TERMINATE)
        refuse(rd, doc_get(node, "dsr"), "\"dsr\" does not go with TLS that ends here: replies "
                                         "have to be encrypted on the way back",
               "\"passthrough\", or no \"dsr\"");
    if (mode && !doc_get(node, "cost"))
        b->cost.cores = b->tls.mode == TLS_PASSTHROUGH ? 0 : 1;
}
