/* fields_retry.c - how a balancer, or a client, copes with attempts that fail, and with too many at
 * once: retries and their budgets, limits, queues, circuit breakers. */
#include "field.h"

#include <string.h>

#define LONG (30.0 * 86400e9)

/* ---- waits ---- */

static const struct field_choice jitters[] = {
    { "none", JITTER_NONE }, { "full", JITTER_FULL }, { "equal", JITTER_EQUAL },
    { "decorrelated", JITTER_DECORRELATED }, { "fifth", JITTER_FIFTH }, { NULL, 0 },
};

#define BACKOFF(member) FIELD_AT(backoff_config, member)

#define BACKOFF_ROWS \
    { "base", &field_duration, BACKOFF(base), .min = 1, .max = LONG, .flags = FIELD_REQUIRED, \
      .help = "before the first further attempt" }, \
    { "factor", &field_real, BACKOFF(factor), .min = 1, .max = 100, .preset = "2", \
      .help = "each wait is so many times the one before" }, \
    { "max", &field_duration, BACKOFF(max), .min = 1, .max = LONG, \
      .help = "no wait is longer, before jitter; default: ten times the base, as in Envoy" }, \
    { "jitter", &field_choice, BACKOFF(jitter), .preset = "\"full\"", .extra = jitters, \
      .help = "of a wait d: \"none\"; \"full\": 0 to d; \"equal\": d/2 to d; " \
              "\"decorrelated\": base to 3 times the wait before (AWS, 2015); \"fifth\": 0.8 d " \
              "to 1.2 d (gRPC)" }

static const struct field client_backoff_rows[] = { BACKOFF_ROWS, { .key = NULL } };

static const struct field balancer_backoff_rows[] = {
    BACKOFF_ROWS,
    { "same_only", &field_bool, BACKOFF(same_only), .preset = "false",
      .help = "an attempt at another backend than the last goes at once, as in HAProxy" },
    { .key = NULL },
};

static void check_backoff(struct reader *rd, const cJSON *node, void *object)
{
    struct backoff_config *c = object;

    if (!c->max)
        c->max = 10 * c->base;
    if (c->max < c->base)
        doc_fault(&rd->doc, rd->err, doc_get(node, "max"), DOC_VALUE, "E122",
                  "the longest wait, \"max\", is shorter than the first, \"base\"");
}

/* ---- budgets ---- */

static const struct field_choice budgets[] = {
    { "share", BUDGET_SHARE }, { "concurrent", BUDGET_CONCURRENT },
    { "throttle", BUDGET_THROTTLE }, { NULL, 0 },
};

#define BUDGET(member) FIELD_AT(budget_config, member)
#define SHARE FIELD_WHEN(BUDGET_SHARE)
#define CONCURRENT FIELD_WHEN(BUDGET_CONCURRENT)
#define THROTTLE FIELD_WHEN(BUDGET_THROTTLE)

static const struct field budget_rows[] = {
    { "kind", &field_choice, BUDGET(kind), .flags = FIELD_REQUIRED, .extra = budgets,
      .help = "\"share\": of all requests (Finagle, Linkerd); \"concurrent\": so many at a time "
              "(Envoy); \"throttle\": none while too much fails (gRPC)" },
    { "share", &field_share, BUDGET(share), .max = 1, .preset = "0.2", .when = SHARE | CONCURRENT,
      .unless = "\"share\" belongs to the kinds \"share\" and \"concurrent\"",
      .help = "retries for each request; \"concurrent\": for each that is active or waits" },
    { "per_second", &field_real, BUDGET(per_second), .max = 1e6, .preset = "10", .when = SHARE,
      .unless = "\"per_second\" belongs to the kind \"share\"",
      .help = "so many retries a second besides" },
    { "ttl", &field_duration, BUDGET(ttl), .min = 1e6, .max = LONG, .preset = "\"10s\"",
      .when = SHARE, .unless = "\"ttl\" belongs to the kind \"share\"",
      .help = "what requests paid in, and retries took, is forgotten after it" },
    { "least", &field_uint, BUDGET(least), .max = 1e6, .preset = "3", .when = CONCURRENT,
      .unless = "\"least\" belongs to the kind \"concurrent\"",
      .help = "so many at a time are allowed in any case" },
    { "tokens", &field_uint, BUDGET(tokens), .min = 1, .max = 1000, .preset = "10",
      .when = THROTTLE, .unless = "\"tokens\" belong to the kind \"throttle\"",
      .help = "at most, and at first; a failure takes one, above half of them retries are made" },
    { "ratio", &field_real, BUDGET(ratio), .min = 0.001, .max = 1000, .preset = "0.1",
      .when = THROTTLE, .unless = "\"ratio\" belongs to the kind \"throttle\"",
      .help = "of a token that a success gives back" },
    { .key = NULL },
};

static const struct field_table budget_table = {
    .name = "budget", .help = "how many retries there may be", .row = budget_rows,
    .selector = "kind" };

/* ---- retries ---- */

static int read_redispatch(struct reader *rd, const struct field *f, const cJSON *node,
                           void *object)
{
    uint32_t *out = (uint32_t *)(void *)((char *)object + f->offset);
    const char *word = cJSON_IsString(node) ? node->valuestring : "";

    if (cJSON_IsNumber(node))
        return field_uint.read(rd, f, node, object);
    if (strcmp(word, "always") == 0)
        *out = 1;
    else if (strcmp(word, "never") == 0)
        *out = REDISPATCH_NEVER;
    else if (strcmp(word, "last") == 0)
        *out = REDISPATCH_LAST;
    else
        return field_mismatch(rd, node, f->type->what);
    return 0;
}

static void schema_redispatch(FILE *out, const struct field *f)
{
    fprintf(out,
            "\"oneOf\": [ { \"enum\": [ \"always\", \"never\", \"last\" ] }, "
            "{ \"type\": \"integer\", \"minimum\": %.0f, \"maximum\": %.0f } ]",
            f->min, f->max);
}

static const struct field_type type_redispatch = {
    .what = "\"always\", \"never\", \"last\" or a whole number", .read = read_redispatch,
    .schema = schema_redispatch };

static const struct field_choice reasons[] = {
    { "refused", RETRY_ON_REFUSED }, { "timeout", RETRY_ON_TIMEOUT }, { "reset", RETRY_ON_RESET },
    { "5xx", RETRY_ON_5XX }, { NULL, 0 },
};

static const struct field_table backoff_table = {
    .name = "client_backoff", .help = "waits before further attempts", .row = client_backoff_rows,
    .check = check_backoff };

static const struct field_table balancer_backoff_table = {
    .name = "backoff", .help = "waits before further attempts", .row = balancer_backoff_rows,
    .check = check_backoff };

#define RETRY(member) FIELD_AT(retry_config, member)

static const struct field retry_rows[] = {
    { "max", &field_uint, RETRY(max), .min = 0, .max = 100, .flags = FIELD_REQUIRED,
      .help = "further attempts after the first, each at a backend not yet tried" },
    { "on", &field_choices, RETRY(on), .preset = "[\"refused\", \"reset\"]", .extra = reasons,
      .help = "what is tried again" },
    { "backoff", &field_object, RETRY(backoff), .extra = &balancer_backoff_table,
      .help = "default: at once" },
    { "redispatch", &type_redispatch, RETRY(redispatch), .min = 1, .max = 100,
      .preset = "\"always\"",
      .help = "which further attempts go to another backend: \"always\", \"never\", the \"last\" "
              "one only, or every k-th; the others stay, until the backend is known to be down" },
    { "budget", &field_object, RETRY(budget), .extra = &budget_table, .help = "default: no limit" },
    { .key = NULL },
};

const struct field_table fields_retries = {
    .name = "retries", .help = "a failed attempt is made again", .row = retry_rows };

static const struct field client_retry_rows[] = {
    { "max", &field_uint, RETRY(max), .min = 0, .max = 100, .flags = FIELD_REQUIRED,
      .help = "further attempts after the first, each the same work" },
    { "on", &field_choices, RETRY(on), .preset = "[\"refused\", \"reset\", \"timeout\", \"5xx\"]",
      .extra = reasons, .help = "what is tried again" },
    { "backoff", &field_object, RETRY(backoff), .extra = &backoff_table,
      .help = "default: at once" },
    { "budget", &field_object, RETRY(budget), .extra = &budget_table,
      .help = "of all clients of the group together; default: no limit" },
    { .key = NULL },
};

const struct field_table fields_client_retries = {
    .name = "client_retries", .help = "clients ask again when an attempt failed",
    .row = client_retry_rows };

/* ---- limits, the queue ---- */

#define LIMITS(member) FIELD_AT(limits_config, member)

static const struct field limit_rows[] = {
    { "per_backend", &field_uint, LIMITS(per_backend), .min = 1, .max = 1e6,
      .help = "attempts out at one backend (HAProxy's maxconn); beyond, they queue; default: any" },
    { "connections", &field_uint, LIMITS(connections), .min = 1, .max = 1e9,
      .help = "attempts out in all, one a connection (Envoy's max_connections before HTTP/1.1); "
              "beyond, they queue; default: any" },
    { "requests", &field_uint, LIMITS(requests), .min = 1, .max = 1e9,
      .help = "attempts out in all (Envoy's max_requests); beyond, they are refused; "
              "default: any" },
    { "retries", &field_uint, LIMITS(retries), .min = 1, .max = 1e9,
      .help = "retries out in all, waiting ones too (Envoy's max_retries); default: any" },
    { .key = NULL },
};

const struct field_table fields_limits = {
    .name = "limits", .help = "what may be out at a time, at each instance", .row = limit_rows };

static const struct field queue_rows[] = {
    { "limit", &field_uint, FIELD_AT(queue_config, limit), .min = 1, .max = 1e9,
      .preset = "1000000000",
      .help = "requests that wait at most (Envoy's max_pending_requests, HAProxy's maxqueue); "
              "beyond, they are refused" },
    { "timeout", &field_duration, FIELD_AT(queue_config, timeout), .preset = "\"0\"", .max = LONG,
      .help = "then a waiting request is refused (HAProxy's timeout queue); \"0\": never" },
    { .key = NULL },
};

const struct field_table fields_queue = {
    .name = "queue", .help = "requests wait for a place when limits are reached",
    .row = queue_rows };

/* ---- breakers ---- */

static const struct field_choice breakers[] = {
    { "consecutive", BREAKER_CONSECUTIVE }, { "rate", BREAKER_RATE }, { NULL, 0 },
};
static const struct field_choice scopes[] = {
    { "backend", BREAKER_BACKEND }, { "all", BREAKER_ALL }, { NULL, 0 },
};

#define BREAKER(member) FIELD_AT(breaker_config, member)
#define IN_A_ROW FIELD_WHEN(BREAKER_CONSECUTIVE)
#define BY_RATE FIELD_WHEN(BREAKER_RATE)

static const struct field breaker_rows[] = {
    { "kind", &field_choice, BREAKER(kind), .flags = FIELD_REQUIRED, .extra = breakers,
      .help = "what opens it: \"consecutive\" failures (Finagle, Linkerd), or their \"rate\" "
              "(Hystrix)" },
    { "scope", &field_choice, BREAKER(scope), .preset = "\"backend\"", .extra = scopes,
      .help = "one for each \"backend\", or one for \"all\"" },
    { "failures", &field_uint, BREAKER(failures), .min = 1, .max = 1e6, .preset = "7",
      .when = IN_A_ROW, .unless = "\"failures\" belong to the kind \"consecutive\"",
      .help = "in a row that open it; 7 in Linkerd" },
    { "rate", &field_share, BREAKER(rate), .min = 0.0001, .max = 1, .preset = "0.5",
      .when = BY_RATE, .unless = "\"rate\" belongs to the kind \"rate\"",
      .help = "share of failures that opens it; 50% in Hystrix" },
    { "calls", &field_uint, BREAKER(calls), .min = 1, .max = 1e6, .preset = "20", .when = BY_RATE,
      .unless = "\"calls\" belong to the kind \"rate\"",
      .help = "fewer in the window tell nothing; 20 in Hystrix" },
    { "window", &field_duration, BREAKER(window), .min = 1e6, .max = LONG, .preset = "\"10s\"",
      .when = BY_RATE, .unless = "\"window\" belongs to the kind \"rate\"",
      .help = "of time that the rate is of; 10s in Hystrix" },
    { "open", &field_duration, BREAKER(open), .min = 1000, .max = LONG, .preset = "\"5s\"",
      .help = "for so long nobody is let through; 5s in Hystrix, 1s in Linkerd" },
    { "open_max", &field_duration, BREAKER(open_max), .max = LONG, .preset = "\"0\"",
      .help = "doubled up to this each time that the probes fail; \"0\": not" },
    { "probes", &field_uint, BREAKER(probes), .min = 1, .max = 1e6, .preset = "1",
      .help = "let through then: all good closes it, one bad opens it again" },
    { .key = NULL },
};

const struct field_table fields_breaker = {
    .name = "breaker", .help = "a circuit breaker: opens after failures, tries again later",
    .row = breaker_rows, .selector = "kind" };
