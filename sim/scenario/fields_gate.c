/* fields_gate.c - what stands before a balancer: a limit, and the backlog of handshakes. */
#include "fields_gate.h"

#define LONG (3600e9)

static const struct field_choice bys[] = {
    { "instance", LIMIT_BY_INSTANCE }, { "tier", LIMIT_BY_TIER }, { "source", LIMIT_BY_SOURCE },
    { NULL, 0 },
};

static const struct field limit_rows[] = {
    { "rate", &field_rate, FIELD_AT(limit_config, rate), .min = 1e-3, .max = 1e9,
      .flags = FIELD_REQUIRED, .help = "of requests at an l7, of new connections at an l4" },
    { "burst", &field_uint, FIELD_AT(limit_config, burst), .min = 1, .max = 1e9, .preset = "1",
      .help = "so many at once after a pause: tokens of a full bucket" },
    { "by", &field_choice, FIELD_AT(limit_config, by), .preset = "\"instance\"", .extra = bys,
      .help = "\"instance\": each has a bucket; \"tier\": one for all; \"source\": each instance "
              "has one for every source address" },
    { .key = NULL },
};

const struct field_table fields_limit = {
    .name = "limit", .help = "so much a second and no more: a token bucket", .row = limit_rows };

static const struct field_choice cookies[] = {
    { "never", COOKIES_NEVER }, { "when_full", COOKIES_WHEN_FULL }, { "always", COOKIES_ALWAYS },
    { NULL, 0 },
};

static const struct field syn_rows[] = {
    { "backlog", &field_uint, FIELD_AT(syn_config, backlog), .min = 1, .max = 1e7,
      .preset = "1024",
      .help = "handshakes that may be under way at each instance; a SYN that finds no place is "
              "lost, and sent again after 1 s, 3 s, 7 s ..." },
    { "cookies", &field_choice, FIELD_AT(syn_config, cookies), .preset = "\"when_full\"",
      .extra = cookies,
      .help = "are SYNs answered without a place? \"never\", \"when_full\" or \"always\"" },
    { "cookie_work", &field_duration, FIELD_AT(syn_config, cookie_work), .preset = "\"300ns\"",
      .max = LONG,
      .help = "work of a core on each cookie, beside that on its packets; with a \"cost\"" },
    { "timeout", &field_duration, FIELD_AT(syn_config, timeout), .min = 1e6, .max = LONG,
      .preset = "\"63s\"", .help = "then a place falls free whose owner never answered" },
    { .key = NULL },
};

const struct field_table fields_syn = {
    .name = "syn", .help = "who gets a place before his connection stands", .row = syn_rows };
