/* fields_balancer.c - a tier of balancers: what it chooses by, and how it copes with failures. */
#include "field.h"

#include <string.h>

#define LONG (30.0 * 86400e9)

static const struct field_choice layers[] = { { "l7", LAYER_L7 }, { "l4", LAYER_L4 }, { NULL, 0 } };

static const struct field_choice hash_ons[] = {
    { "key", HASH_ON_KEY },
    { "source_ip", HASH_ON_SOURCE_IP },
    { "flow", HASH_ON_FLOW },
    { NULL, 0 },
};

static const struct field_choice reasons[] = {
    { "refused", RETRY_ON_REFUSED }, { "timeout", RETRY_ON_TIMEOUT }, { "reset", RETRY_ON_RESET },
    { "5xx", RETRY_ON_5XX }, { NULL, 0 },
};

static const struct field retry_rows[] = {
    { "max", &field_uint, FIELD_AT(retry_config, max), .min = 0, .max = 100,
      .flags = FIELD_REQUIRED,
      .help = "further attempts after the first, each at a backend not yet tried" },
    { "on", &field_choices, FIELD_AT(retry_config, on), .preset = "[\"refused\", \"reset\"]",
      .extra = reasons, .help = "what is tried again" },
    { .key = NULL },
};

static const struct field_table retry_table = {
    .name = "retries", .help = "a failed attempt is made again elsewhere", .row = retry_rows };

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

/* ---- health checks ---- */

static const struct field health_rows[] = {
    { "interval", &field_duration, FIELD_AT(health_config, interval), .min = 1e6, .max = LONG,
      .flags = FIELD_REQUIRED, .help = "between two checks of a backend" },
    { "timeout", &field_duration, FIELD_AT(health_config, timeout), .min = 1000, .max = LONG,
      .help = "a check without answer by then has failed; default: the interval" },
    { "rise", &field_uint, FIELD_AT(health_config, rise), .min = 1, .max = 1000, .preset = "2",
      .help = "good checks in a row that bring it back" },
    { "fall", &field_uint, FIELD_AT(health_config, fall), .min = 1, .max = 1000, .preset = "3",
      .help = "bad checks in a row that take it out" },
    { .key = NULL },
};

static void check_health(struct reader *rd, const cJSON *node, void *object)
{
    struct health_config *h = object;

    (void)rd;
    (void)node;
    if (!h->timeout)
        h->timeout = h->interval;
}

static const struct field_table health_table = {
    .name = "health_check", .help = "active checks", .row = health_rows, .check = check_health };

#define BALANCER(member) FIELD_AT(balancer_config, member)
#define L4 FIELD_WHEN(LAYER_L4)
#define L7 FIELD_WHEN(LAYER_L7)

static const struct field balancer_rows[] = {
    { "name", &field_node, BALANCER(name), .flags = FIELD_REQUIRED, .help = "of the tier" },
    { "layer", &field_choice, BALANCER(layer), .preset = "\"l7\"", .extra = layers,
      .help = "\"l4\" chooses once a connection, \"l7\" for every request" },
    { "instances", &field_uint, BALANCER(instances), .min = 1, .max = 10000, .preset = "1",
      .help = "so many alike, each with its own view" },
    { "algorithm", &field_policy, BALANCER(policy),
      .help =
          "a name, or an object with \"name\", \"label\" and its parameters; may be left out where "
          "\"compare\" replaces it" },
    { "to", &field_node, BALANCER(to), .flags = FIELD_REQUIRED, .help = "the next tier" },
    { "hash_on", &field_choice, BALANCER(hash_on), .extra = hash_ons,
      .help = "what a hashing policy sees; default: source_ip for ip_hash, else flow at l4, key at "
              "l7" },
    { "timeout", &field_duration, BALANCER(timeout), .preset = "\"0\"", .max = LONG, .when = L7,
      .unless = "an l4 forwards connections and sees no requests: it cannot time one out",
      .help = "of one attempt; \"0\": none" },
    { "idle_timeout", &field_duration, BALANCER(idle_timeout), .preset = "\"0\"", .max = LONG,
      .when = L4, .unless = "an l7 ends connections itself: only an l4 keeps a table of flows",
      .help = "a flow idle for so long is forgotten; \"0\": never" },
    { "retries", &field_object, BALANCER(retries), .when = L7, .extra = &retry_table,
      .unless = "an l4 forwards connections and sees no requests: it cannot try one again",
      .help = "default: none" },
    { "hedge", &field_object, BALANCER(hedge), .when = L7, .extra = &hedge_table,
      .unless = "an l4 forwards connections and sees no requests: it cannot send one twice",
      .help = "default: none" },
    { "fan_out", &type_fan_out, BALANCER(fan_out), .min = 2, .max = 100000, .when = L7,
      .unless = "an l4 forwards connections and sees no requests: it cannot send one to several",
      .help = "a request goes to so many different backends, or \"all\", each with a demand of its "
              "own (a trace's demand is every one's), and is answered when all have answered; "
              "default: to one" },
    { "health_check", &field_object, BALANCER(health), .extra = &health_table,
      .help = "default: none" },
    { .key = NULL },
};

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
    if (after && b->timeout && b->hedge.after >= b->timeout) {
        doc_fault(&rd->doc, rd->err, after, DOC_VALUE, "E122",
                  "a hedge \"after\" the \"timeout\" of the attempt is never sent");
        err_hint(rd->err, "the timeout ends the attempt first: make \"after\" the shorter one");
    }
}

static void check_balancer(struct reader *rd, const cJSON *node, void *object)
{
    const struct balancer_config *b = object;
    const cJSON *on = doc_get(doc_get(node, "retries"), "on");

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
}

const struct field_table fields_balancer = {
    .name = "balancers", .help = "a tier of balancers", .row = balancer_rows, .selector = "layer",
    .check = check_balancer };
