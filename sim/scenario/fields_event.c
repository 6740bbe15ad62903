/* fields_event.c - links between tiers, and what happens to backends while a run goes on.
 * Names are kept as written here; graph.c and schedule.c find what they mean. */
#include "field.h"
#include "target.h"

#define LONG (365.0 * 86400e9)

#define LINK(member) FIELD_AT(link_config, member)

static const struct field link_rows[] = {
    { "from", &field_node, LINK(from), .flags = FIELD_REQUIRED,
      .help = "a group of clients or a balancer" },
    { "to", &field_node, LINK(to), .flags = FIELD_REQUIRED,
      .help = "the tier that \"from\" sends to" },
    { "latency", &field_dist, LINK(latency), .flags = FIELD_REQUIRED,
      .help = "one way; the way back takes another draw" },
    { .key = NULL },
};

const struct field_table fields_link = {
    .name = "links", .help = "the way between two tiers; without one it takes no time",
    .row = link_rows };

static const struct field_choice kinds[] = {
    { "fail", EVENT_FAIL },       { "slow", EVENT_SLOW },
    { "recover", EVENT_RECOVER }, { "drain", EVENT_DRAIN },
    { "add", EVENT_ADD },         { "remove", EVENT_REMOVE },
    { "weight", EVENT_WEIGHT },   { NULL, 0 },
};

static const struct field_choice modes[] = {
    { "crash", FAIL_CRASH }, { "hang", FAIL_HANG }, { "error", FAIL_ERROR }, { NULL, 0 },
};

#define EVENT(member) FIELD_AT(event_config, member)
#define FAIL   FIELD_WHEN(EVENT_FAIL)
#define SLOW   FIELD_WHEN(EVENT_SLOW)
#define DRAIN  FIELD_WHEN(EVENT_DRAIN)
#define ADD    FIELD_WHEN(EVENT_ADD)
#define WEIGHT FIELD_WHEN(EVENT_WEIGHT)

static const struct field event_rows[] = {
    { "at", &field_duration, EVENT(at), .max = LONG, .flags = FIELD_REQUIRED,
      .help = "since the run began; equal times happen in the order of the file" },
    { "do", &field_choice, EVENT(kind), .flags = FIELD_REQUIRED, .extra = kinds,
      .help = "what happens: \"recover\" ends fail and slow, \"drain\" takes nothing new, "
              "\"remove\" is for ever" },
    { "target", &field_target, 0, .flags = FIELD_REQUIRED,
      .help = "app (all of it), app[2], app[0..3] or app[*]; for \"add\" the pool's name. Added "
              "backends get "
              "the next numbers, events after that may name them" },
    { "mode", &field_choice, EVENT(mode), .preset = "\"crash\"", .when = FAIL, .extra = modes,
      .unless = "\"mode\" belongs to \"fail\"",
      .help = "\"crash\": refuses and resets; \"hang\": swallows everything; \"error\": answers "
              "500 at once" },
    { "for", &field_duration, EVENT(lasts), .min = 1, .max = LONG, .when = FAIL | SLOW | DRAIN,
      .unless = "\"for\" belongs to \"fail\", \"slow\" and \"drain\"",
      .help = "then the opposite happens; default: until another event" },
    { "factor", &field_real, EVENT(factor), .min = 0.001, .max = 1e6, .flags = FIELD_REQUIRED,
      .when = SLOW, .unless = "\"factor\" belongs to \"slow\"", .help = "speed is divided by it" },
    { "weight", &field_uint, EVENT(weight), .max = 65535, .flags = FIELD_REQUIRED, .when = WEIGHT,
      .unless = "\"weight\" belongs to \"weight\"", .help = "the new weight" },
    { "count", &field_uint, EVENT(count), .min = 1, .max = 1e5, .preset = "1", .when = ADD,
      .unless = "\"count\" belongs to \"add\"",
      .help = "how many are added, at speed and weight 1" },
    { "label", &field_text, EVENT(label), .max = 60,
      .help = "for figures; default: \"app[2] slow x8\"" },
    { .key = NULL },
};

const struct field_table fields_event = {
    .name = "events", .help = "what happens to backends, and when",
    .row = event_rows, .selector = "do" };
