/* fields_flows.c - see fields_flows.h. */
#include "fields_flows.h"

#include "../parts/policy.h"

#include <string.h>

#define LONG (30.0 * 86400e9)

/* ---- "unlimited", "none" or so many ---- */

static int read_entries(struct reader *rd, const struct field *f, const cJSON *node, void *object)
{
    struct flow_table_config *t = object;

    t->kind = TABLE_BOUNDED;
    if (cJSON_IsNumber(node))
        return field_uint.read(rd, f, node, object);
    if (!cJSON_IsString(node) || (strcmp(node->valuestring, "none") != 0
                                  && strcmp(node->valuestring, "unlimited") != 0))
        return field_mismatch(rd, node, f->type->what);
    t->kind = strcmp(node->valuestring, "none") == 0 ? TABLE_NONE : TABLE_UNLIMITED;
    return 0;
}

static void schema_entries(FILE *out, const struct field *f)
{
    fprintf(out,
            "\"oneOf\": [ { \"enum\": [ \"unlimited\", \"none\" ] }, "
            "{ \"type\": \"integer\", \"minimum\": %.0f, \"maximum\": %.0f } ]",
            f->min, f->max);
}

static const struct field_type type_entries = {
    .what = "a whole number, \"unlimited\" or \"none\"", .read = read_entries,
    .schema = schema_entries };

/* ---- flow_table ---- */

static const struct field_choice fulls[] = {
    { "evict", FULL_EVICT }, { "refuse", FULL_REFUSE }, { NULL, 0 },
};

const struct field_choice unknown_flows[] = {
    { "reset", UNKNOWN_RESET }, { "pick", UNKNOWN_PICK }, { NULL, 0 },
};

const struct field_choice gone_backends[] = {
    { "follow", GONE_FOLLOW }, { "drop", GONE_DROP }, { "reset", GONE_RESET },
    { "pick", GONE_PICK }, { NULL, 0 },
};

const struct field_choice nat_poolings[] = {
    { "paired", NAT_PAIRED }, { "arbitrary", NAT_ARBITRARY }, { NULL, 0 },
};

#define TABLE(member) FIELD_AT(flow_table_config, member)

static const struct field_choice reuses[] = {
    { "pick", REUSE_PICK }, { "follow", REUSE_FOLLOW }, { NULL, 0 },
};

static const struct field table_rows[] = {
    { "entries", &type_entries, TABLE(entries), .min = 1, .max = 1e8, .flags = FIELD_REQUIRED,
      .help = "connections that the table holds: a number, \"unlimited\", or \"none\": every "
              "packet is hashed anew" },
    { "when_full", &field_choice, TABLE(when_full), .preset = "\"evict\"", .extra = fulls,
      .help = "\"evict\": the flow that was used longest ago has to go, ended ones like others "
              "(Katran); \"refuse\": new connections are refused (netfilter)" },
    { "time_wait", &field_duration, TABLE(time_wait), .preset = "\"0\"", .max = LONG,
      .help = "an entry stays for so long after its connection was closed; netfilter, IPVS: 120s" },
    { "port_reuse", &field_choice, TABLE(port_reuse), .preset = "\"pick\"", .extra = reuses,
      .help = "a new connection with addresses and ports of one that was closed within time_wait: "
              "\"pick\" (IPVS conn_reuse_mode 1), or \"follow\" the old one to its backend (0)" },
    { .key = NULL },
};

static void refuse(struct reader *rd, const cJSON *at, const char *what, const char *hint)
{
    doc_fault(&rd->doc, rd->err, at, DOC_VALUE, "E122", "%s", what);
    err_hint(rd->err, "%s", hint);
}

static bool evicts(const struct flow_table_config *t)
{
    return t->kind == TABLE_BOUNDED && t->when_full == FULL_EVICT;
}

static void check_table(struct reader *rd, const cJSON *node, void *object)
{
    const struct flow_table_config *t = object;
    const cJSON *full = doc_get(node, "when_full"), *wait = doc_get(node, "time_wait");

    if (full && t->kind != TABLE_BOUNDED)
        refuse(rd, full, "\"when_full\" is of a table with a number of \"entries\": this one is "
                         "never full", "give \"entries\" a number, or take \"when_full\" out");
    else if (wait && (t->kind == TABLE_NONE || evicts(t)))
        refuse(rd, wait, "\"time_wait\" does not go with a table that evicts, or none",
               "one that evicts keeps what has ended until it needs the place");
    else if (t->port_reuse == REUSE_FOLLOW && t->time_wait == 0)
        refuse(rd, doc_get(node, "port_reuse"), "nothing is followed without a \"time_wait\": no "
                                                "entry stays after the end of its connection",
               "add \"time_wait\": \"120s\"");
}

const struct field_table fields_flow_table = {
    .name = "flow_table", .help = "the connections that an l4 remembers", .row = table_rows,
    .check = check_table };

/* ---- ecmp ---- */

static const struct field_choice hashes[] = {
    { "modulo", ECMP_MODULO },         { "threshold", ECMP_THRESHOLD },
    { "resilient", ECMP_RESILIENT },   { "consistent", ECMP_CONSISTENT },
    { NULL, 0 },
};

#define ECMP(member) FIELD_AT(ecmp_config, member)
#define BUCKETS (FIELD_WHEN(ECMP_RESILIENT) | FIELD_WHEN(ECMP_CONSISTENT))

static const struct field ecmp_rows[] = {
    { "hash", &field_choice, ECMP(hash), .flags = FIELD_REQUIRED, .extra = hashes,
      .help = "which instance gets a flow: \"modulo\" the number of them; \"threshold\": equal "
              "regions (RFC 2992); \"resilient\": buckets that move only if their owner goes; "
              "\"consistent\": highest random weight" },
    { "buckets", &field_uint, ECMP(buckets), .min = 2, .max = 65536, .preset = "4096",
      .when = BUCKETS, .unless = "only \"resilient\" and \"consistent\" have buckets",
      .help = "of the router's table" },
    { "detection", &field_duration, ECMP(detection), .preset = "\"900ms\"", .max = LONG,
      .help = "until the route to an instance that is gone is withdrawn; 900ms: BFD with three "
              "times 300ms (RFC 5880)" },
    { .key = NULL },
};

const struct field_table fields_ecmp = {
    .name = "ecmp", .help = "a router that spreads flows over the instances of a tier",
    .row = ecmp_rows, .selector = "hash" };

/* ---- what goes with what ---- */

static void check_no_table(struct reader *rd, const cJSON *node, const struct balancer_config *b)
{
    if (b->unknown_flow == UNKNOWN_RESET)
        refuse(rd, doc_get(node, "unknown_flow"),
               "without a flow table every flow is unknown: with \"reset\" nothing would pass",
               "\"unknown_flow\": \"pick\"");
    if (b->idle_timeout > 0)
        refuse(rd, doc_get(node, "idle_timeout"),
               "\"idle_timeout\" is of entries of a flow table, and there is none",
               "take it out, or give \"flow_table\" a number of \"entries\"");
    if (doc_get(node, "gone_backend"))
        refuse(rd, doc_get(node, "gone_backend"),
               "\"gone_backend\" is of flows that are remembered, and none is",
               "without a table the algorithm never picks a backend that is gone");
}

static void check_ecmp(struct reader *rd, const cJSON *node, const struct balancer_config *b)
{
    const cJSON *ecmp = doc_get(node, "ecmp");

    if (b->ecmp.buckets > 0 && b->ecmp.buckets < b->instances)
        refuse(rd, doc_get(ecmp, "buckets"), "fewer buckets than instances: some would get nothing",
               "64 buckets an instance spread evenly enough");
    if (b->instances > 1024)
        refuse(rd, ecmp, "routers spread over at most 1024 next hops", "lower \"instances\"");
}

void fields_flows_check(struct reader *rd, const cJSON *node, const struct balancer_config *b)
{
    if (b->flow_table.kind == TABLE_NONE)
        check_no_table(rd, node, b);
    if (b->ecmp.hash != ECMP_NONE)
        check_ecmp(rd, node, b);
}

void fields_nat_check(struct reader *rd, const cJSON *nat, const struct nat_config *c,
                      uint32_t clients)
{
    const cJSON *block = doc_get(nat, "block");

    if (c->block > c->ports) {
        refuse(rd, block, "a client's block is larger than all ports of an address",
               "lower \"block\" or raise \"ports\"");
        return;
    }
    if (c->block > 0 && doc_get(nat, "pooling"))
        refuse(rd, doc_get(nat, "pooling"), "\"pooling\" does not go with \"block\": a client's "
                                            "ports are all of one address",
               "take \"pooling\" out");
    if (c->block == 0 || (uint64_t)c->addresses * (c->ports / c->block) >= clients)
        return;
    doc_fault(&rd->doc, rd->err, block, DOC_VALUE, "E122",
              "%u addresses hold %llu blocks of %u ports; the group has %u clients", c->addresses,
              (unsigned long long)c->addresses * (c->ports / c->block), c->block, clients);
    err_hint(rd->err, "more \"addresses\", or a smaller \"block\"");
}

/* ---- what is allowed but hardly meant ---- */

static void warn_scatter(struct reader *rd, uint32_t balancer, const struct policy *p,
                         void (*warn)(struct reader *))
{
    const cJSON *table = doc_item(&rd->doc, "balancers", balancer, "flow_table");

    if (p->ops == NULL || policy_is_keyed(p))
        return;
    doc_fault(&rd->doc, rd->err, table, DOC_VALUE, "W211",
              "without a flow table %s sends each packet of a connection elsewhere", p->label);
    err_hint(rd->err, "only an algorithm that hashes finds a connection's backend again");
    warn(rd);
}

void fields_flows_warn(struct reader *rd, void (*warn)(struct reader *))
{
    const struct scenario *sc = rd->out;

    for (uint32_t k = 0; k < sc->balancers; k++) {
        if (sc->balancer[k].flow_table.kind != TABLE_NONE)
            continue;
        if (k != sc->compare_at)
            warn_scatter(rd, k, &sc->balancer[k].policy, warn);
        for (uint32_t p = 0; k == sc->compare_at && p < sc->policies; p++)
            warn_scatter(rd, k, &sc->policy[p], warn);
    }
}
