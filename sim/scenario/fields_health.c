/* fields_health.c - how balancers learn that a backend is not well, and who restarts it. */
#include "field.h"

#define LONG (30.0 * 86400e9)

/* ---- active checks ---- */

static const struct field_choice levels[] = {
    { "l4", CHECK_L4 }, { "l7", CHECK_L7 }, { "deep", CHECK_DEEP }, { NULL, 0 },
};

static const struct field_choice paces[] = {
    { "start", PACE_START }, { "end", PACE_END }, { NULL, 0 },
};

static const struct field_choice observes[] = {
    { "nothing", OBSERVE_NOTHING }, { "layer4", OBSERVE_L4 }, { "layer7", OBSERVE_L7 },
    { NULL, 0 },
};

static const struct field_choice on_errors[] = {
    { "fastinter", ON_ERROR_FASTINTER }, { "fail-check", ON_ERROR_FAIL_CHECK },
    { "sudden-death", ON_ERROR_SUDDEN_DEATH }, { "mark-down", ON_ERROR_MARK_DOWN }, { NULL, 0 },
};

#define CHECK(member) FIELD_AT(health_config, member)
#define OBSERVING (FIELD_WHEN(OBSERVE_L4) | FIELD_WHEN(OBSERVE_L7))

/* What every kind of check has; `level` of a balancer's and of a keeper's. */
#define CHECK_ROWS                                                                               \
    { "timeout", &field_duration, CHECK(timeout), .min = 1000, .max = LONG,                      \
      .help = "a check without answer by then has failed; default: the interval" },              \
    { "level", &field_choice, CHECK(level), .preset = "\"l7\"", .extra = levels,                 \
      .help = "\"l4\": does the port accept? \"l7\": does the process answer? \"deep\": can it " \
              "reach what it depends on?" },                                                     \
    { "cost", &field_duration, CHECK(cost), .preset = "\"0\"", .max = LONG,                      \
      .help = "server time that an l7 or deep check takes at the backend: it waits for a worker " \
              "like a request; \"0\": answered at once" }

static const struct field health_rows[] = {
    { "interval", &field_duration, CHECK(interval), .min = 1e6, .max = LONG,
      .flags = FIELD_REQUIRED, .help = "between two checks of a backend" },
    CHECK_ROWS,
    { "rise", &field_uint, CHECK(rise), .min = 1, .max = 1000, .preset = "2",
      .help = "good checks in a row that bring it back" },
    { "fall", &field_uint, CHECK(fall), .min = 1, .max = 1000, .preset = "3",
      .help = "bad checks in a row that take it out" },
    { "fast_interval", &field_duration, CHECK(fast_interval), .min = 1e6, .max = LONG,
      .help = "in place of interval while results speak against the belief (HAProxy's fastinter)" },
    { "down_interval", &field_duration, CHECK(down_interval), .min = 1e6, .max = LONG,
      .help = "in place of interval while it is down (HAProxy's downinter)" },
    { "from", &field_choice, CHECK(pace), .preset = "\"start\"", .extra = paces,
      .help = "does the interval count from the \"start\" of the last check, or from its \"end\" "
              "(HAProxy, Envoy)?" },
    { "jitter", &field_duration, CHECK(jitter), .preset = "\"0\"", .max = LONG,
      .help = "each interval is longer by a random time below this" },
    { "first", &field_duration, CHECK(first), .max = LONG,
      .help = "when every backend is first checked; default: spread over the interval" },
    { "observe", &field_choice, CHECK(observe), .preset = "\"nothing\"", .extra = observes,
      .help = "results of requests count too: \"layer4\" refused connections, \"layer7\" every "
              "failure (HAProxy)" },
    { "error_limit", &field_uint, CHECK(error_limit), .min = 1, .max = 1e6, .preset = "10",
      .when = OBSERVING, .unless = "\"error_limit\" counts what is observed",
      .help = "failures in a row that lead to on_error" },
    { "on_error", &field_choice, CHECK(on_error), .preset = "\"fail-check\"", .extra = on_errors,
      .when = OBSERVING, .unless = "\"on_error\" is about what is observed",
      .help = "\"fail-check\": counts as a failed check; \"sudden-death\": the next failed check "
              "is the last; \"mark-down\": down at once; \"fastinter\": only the next check is "
              "sooner, as with all" },
    { .key = NULL },
};

/* Counted from its end, the next check is due after it whatever it takes. */
static void check_timeout(struct reader *rd, const cJSON *node, struct health_config *h,
                          const char *hint)
{
    if (!h->timeout)
        h->timeout = h->interval;
    if (h->timeout <= h->interval || h->pace == PACE_END)
        return;
    doc_fault(&rd->doc, rd->err, doc_get(node, "timeout"), DOC_VALUE, "E122",
              "a check may take longer than the \"interval\" between two");
    err_hint(rd->err, "%s", hint);
}

static void check_health(struct reader *rd, const cJSON *node, void *object)
{
    struct health_config *h = object;

    check_timeout(rd, node, h, "the next would be due before this one has failed: at most the "
                               "interval, or let that count \"from\": \"end\"");
    if (!doc_get(node, "first"))
        h->first = NEVER;
}

const struct field_table fields_health = {
    .name = "health_check", .help = "active checks", .row = health_rows, .selector = "observe",
    .check = check_health };

/* ---- max_fails ---- */

static const struct field_choice rules[] = {
    { "nginx", PASSIVE_NGINX }, { "caddy", PASSIVE_CADDY }, { NULL, 0 },
};

static const struct field_choice reasons[] = {
    { "refused", RETRY_ON_REFUSED }, { "timeout", RETRY_ON_TIMEOUT }, { "reset", RETRY_ON_RESET },
    { "5xx", RETRY_ON_5XX }, { NULL, 0 },
};

#define PASSIVE(member) FIELD_AT(passive_config, member)

static const struct field passive_rows[] = {
    { "rule", &field_choice, PASSIVE(rule), .preset = "\"nginx\"", .extra = rules,
      .help = "\"nginx\": a success forgives, one request tries after fail_timeout, by a clock of "
              "whole seconds; \"caddy\": each failure is forgotten fail_timeout after it" },
    { "max_fails", &field_uint, PASSIVE(max_fails), .min = 1, .max = 1e6, .preset = "1",
      .help = "failures that take it out" },
    { "fail_timeout", &field_duration, PASSIVE(fail_timeout), .min = 1e6, .max = LONG,
      .preset = "\"10s\"", .help = "how long it is left alone (Caddy's fail_duration)" },
    { "on", &field_choices, PASSIVE(on), .preset = "[\"refused\", \"reset\", \"timeout\"]",
      .extra = reasons, .help = "what counts as a failure" },
    { .key = NULL },
};

const struct field_table fields_passive = {
    .name = "passive", .help = "who fails requests is left alone for a while",
    .row = passive_rows };

/* ---- outlier detection ---- */

static const struct field_choice limits[] = {
    { "within", OUTLIER_WITHIN }, { "until", OUTLIER_UNTIL }, { NULL, 0 },
};

#define OUTLIER(member) FIELD_AT(outlier_config, member)

/* Presets are Envoy's; enforcing_* are shares. */
static const struct field outlier_rows[] = {
    { "interval", &field_duration, OUTLIER(interval), .min = 1e6, .max = LONG,
      .preset = "\"10s\"", .help = "rates are judged, and ejections end, once in so long" },
    { "base_ejection_time", &field_duration, OUTLIER(base_ejection_time), .min = 1, .max = LONG,
      .preset = "\"30s\"", .help = "the k-th ejection in a row lasts k times this" },
    { "max_ejection_time", &field_duration, OUTLIER(max_ejection_time), .min = 1, .max = LONG,
      .preset = "\"300s\"", .help = "and no more than this" },
    { "max_ejection_percent", &field_share, OUTLIER(max_ejection_percent), .max = 1,
      .preset = "\"10%\"", .help = "of the backends, out at a time" },
    { "ejection_limit", &field_choice, OUTLIER(limit), .preset = "\"within\"", .extra = limits,
      .help = "\"within\": never more than max_ejection_percent (Envoy today: 10% of fewer than "
              "10 is nobody); \"until\": one more while it is not reached (Envoy 1.26, gRPC)" },
    { "always_eject_one_host", &field_bool, OUTLIER(always_one), .preset = "false",
      .help = "the first may be ejected whatever the percentage says" },
    { "successful_active_health_check_uneject_host", &field_bool, OUTLIER(forgives),
      .preset = "true", .help = "does a good check of \"health_check\" end an ejection?" },
    { "split_external_local_origin_errors", &field_bool, OUTLIER(split), .preset = "false",
      .help = "refused, reset and timed out are a count of their own, not 5xx" },
    { "consecutive_5xx", &field_uint, OUTLIER(in_a_row[OUTLIER_5XX]), .max = 1e6, .preset = "5",
      .help = "failures in a row; 0: not looked at" },
    { "consecutive_gateway_failure", &field_uint, OUTLIER(in_a_row[OUTLIER_GATEWAY]), .max = 1e6,
      .preset = "5", .help = "the same of all failures but an error of the backend itself (500)" },
    { "consecutive_local_origin_failure", &field_uint, OUTLIER(in_a_row[OUTLIER_LOCAL]),
      .max = 1e6, .preset = "5", .help = "the same of refused, reset, timed out, when split" },
    { "enforcing_consecutive_5xx", &field_share, OUTLIER(enforcing[OUTLIER_5XX]), .max = 1,
      .preset = "\"100%\"", .help = "share of those found that is ejected" },
    { "enforcing_consecutive_gateway_failure", &field_share, OUTLIER(enforcing[OUTLIER_GATEWAY]),
      .max = 1, .preset = "\"0%\"", .help = "the same" },
    { "enforcing_consecutive_local_origin_failure", &field_share,
      OUTLIER(enforcing[OUTLIER_LOCAL]), .max = 1, .preset = "\"100%\"", .help = "the same" },
    { "enforcing_success_rate", &field_share, OUTLIER(enforcing[OUTLIER_SUCCESS_RATE]), .max = 1,
      .preset = "\"100%\"", .help = "the same" },
    { "success_rate_minimum_hosts", &field_uint, OUTLIER(success_hosts), .max = 1e6,
      .preset = "5", .help = "fewest backends with volume enough for the law to be applied" },
    { "success_rate_request_volume", &field_uint, OUTLIER(success_volume), .max = 1e9,
      .preset = "100", .help = "requests in an interval that make one count" },
    { "success_rate_stdev_factor", &field_real, OUTLIER(success_factor), .min = 0, .max = 1000,
      .preset = "1.9", .help = "out: success rate below mean - factor x standard deviation" },
    { "enforcing_failure_percentage", &field_share, OUTLIER(enforcing[OUTLIER_FAILURE_RATE]),
      .max = 1, .preset = "\"0%\"", .help = "share of those found that is ejected" },
    { "failure_percentage_threshold", &field_share, OUTLIER(failure_threshold), .max = 1,
      .preset = "\"85%\"", .help = "out: so many of its requests failed, or more" },
    { "failure_percentage_minimum_hosts", &field_uint, OUTLIER(failure_hosts), .max = 1e6,
      .preset = "5", .help = "fewest backends with volume enough" },
    { "failure_percentage_request_volume", &field_uint, OUTLIER(failure_volume), .max = 1e9,
      .preset = "50", .help = "requests in an interval that make one count" },
    { .key = NULL },
};

/* Envoy: max_ejection_time is no less than the base. */
static void check_outlier(struct reader *rd, const cJSON *node, void *object)
{
    struct outlier_config *o = object;

    (void)rd;
    (void)node;
    if (o->max_ejection_time < o->base_ejection_time)
        o->max_ejection_time = o->base_ejection_time;
}

const struct field_table fields_outlier = {
    .name = "outlier_detection", .help = "backends that do worse than the others are ejected",
    .row = outlier_rows, .check = check_outlier };

/* ---- who restarts a backend, and what breaks it ---- */

#define LIVENESS(member) FIELD_AT(liveness_config, member)

/* Those of a check come first in the struct. */
static const struct field liveness_rows[] = {
    { "interval", &field_duration, CHECK(interval), .min = 1e6, .max = LONG,
      .preset = "\"10s\"", .help = "between two checks of a backend" },
    CHECK_ROWS,
    { "fall", &field_uint, CHECK(fall), .min = 1, .max = 1000, .preset = "3",
      .help = "bad checks in a row that restart it" },
    { "restart", &field_duration, LIVENESS(restart), .min = 1, .max = LONG,
      .flags = FIELD_REQUIRED, .help = "it is down for so long; then it is cured of hang and "
      "error, not of a lost dependency or a crash that an event made" },
    { .key = NULL },
};

_Static_assert(FIELD_AT(liveness_config, check) == 0, "a check's rows fit a keeper's");

static void check_liveness(struct reader *rd, const cJSON *node, void *object)
{
    struct liveness_config *l = object;

    l->check.rise = 1;
    l->check.first = NEVER;
    check_timeout(rd, node, &l->check, "the next would be due before this one has failed: at most "
                                       "the interval");
    if (!doc_get(node, "timeout"))
        l->check.timeout = l->check.interval < SECOND ? l->check.interval : SECOND;
}

const struct field_table fields_liveness = {
    .name = "liveness", .help = "who restarts a backend that does not answer (kubelet)",
    .row = liveness_rows, .check = check_liveness };

const struct field_choice fail_modes[] = {
    { "crash", FAIL_CRASH }, { "hang", FAIL_HANG }, { "error", FAIL_ERROR },
    { "grey", FAIL_GREY }, { "dependency", FAIL_DEPENDENCY }, { "reset", FAIL_RESET },
    { NULL, 0 },
};

#define FAILURES(member) FIELD_AT(failures_config, member)

static const struct field failures_rows[] = {
    { "mtbf", &field_duration, FAILURES(mtbf), .min = 1e6, .max = 1e18, .flags = FIELD_REQUIRED,
      .help = "mean time from one fault's end to the next, exponential" },
    { "mttr", &field_duration, FAILURES(mttr), .min = 1, .max = 1e18, .flags = FIELD_REQUIRED,
      .help = "mean time that a fault lasts, exponential" },
    { "mode", &field_choice, FAILURES(mode), .preset = "\"crash\"", .extra = fail_modes,
      .help = "as of \"fail\" events" },
    { "share", &field_share, FAILURES(share), .max = 1, .preset = "\"100%\"",
      .when = FIELD_WHEN(FAIL_GREY) | FIELD_WHEN(FAIL_DEPENDENCY),
      .unless = "\"share\" belongs to \"grey\" and \"dependency\"",
      .help = "of the requests that fail" },
    { .key = NULL },
};

const struct field_table fields_failures = {
    .name = "failures", .help = "faults by chance, of each backend by itself",
    .row = failures_rows, .selector = "mode" };
