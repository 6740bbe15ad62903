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
    { "weight", EVENT_WEIGHT },   { "pause", EVENT_PAUSE },
    { "restart", EVENT_RESTART }, { NULL, 0 },
};

#define EVENT(member) FIELD_AT(event_config, member)
#define FAIL   FIELD_WHEN(EVENT_FAIL)
#define SLOW   FIELD_WHEN(EVENT_SLOW)
#define DRAIN  FIELD_WHEN(EVENT_DRAIN)
#define ADD    FIELD_WHEN(EVENT_ADD)
#define WEIGHT FIELD_WHEN(EVENT_WEIGHT)
#define REMOVE FIELD_WHEN(EVENT_REMOVE)
#define PAUSE  FIELD_WHEN(EVENT_PAUSE)
#define RESTART FIELD_WHEN(EVENT_RESTART)

static const struct field event_rows[] = {
    { "at", &field_duration, EVENT(at), .max = LONG, .flags = FIELD_REQUIRED,
      .help = "since the run began; equal times happen in the order of the file" },
    { "do", &field_choice, EVENT(kind), .flags = FIELD_REQUIRED, .extra = kinds,
      .help = "what happens: \"recover\" ends fail and slow, \"drain\" takes nothing new, "
              "\"remove\" is for ever, \"pause\" hangs for a while, \"restart\" rolls over the "
              "targets" },
    { "target", &field_target, 0, .flags = FIELD_REQUIRED,
      .help = "backends, or instances of a balancer: app (all of it), app[2], app[0..3] or app[*]; "
              "for \"add\" the pool's name. What is added gets the next numbers, events after that "
              "may name them" },
    { "zone", &field_zone, EVENT(zone),
      .help = "of the targets only those that stand there: what fails together" },
    { "mode", &field_choice, EVENT(mode), .preset = "\"crash\"", .when = FAIL,
      .extra = fail_modes, .unless = "\"mode\" belongs to \"fail\"",
      .help = "\"crash\": refuses and resets; \"hang\": the port accepts, nothing answers; "
              "\"error\": answers 500 at once; \"reset\": resets every request; \"grey\": answers "
              "500 to a share of the requests, and no check sees it; \"dependency\": the "
              "same, and a deep check sees it" },
    { "share", &field_share, EVENT(share), .max = 1, .preset = "\"100%\"", .when = FAIL,
      .unless = "\"share\" belongs to \"fail\"",
      .help = "of the requests that fail, when grey or without what it depends on" },
    { "for", &field_duration, EVENT(lasts), .min = 1, .max = LONG,
      .when = FAIL | SLOW | DRAIN | PAUSE | RESTART,
      .unless = "\"for\" belongs to \"fail\", \"slow\", \"drain\", \"pause\" and \"restart\"",
      .help = "then the opposite happens; default: until another event" },
    { "every", &field_duration, EVENT(every), .min = 1, .max = LONG, .when = FAIL | SLOW | PAUSE,
      .unless = "\"every\" belongs to \"fail\", \"slow\" and \"pause\"",
      .help = "again and again, so long from one begin to the next: flapping" },
    { "until", &field_duration, EVENT(until), .min = 1, .max = LONG, .when = FAIL | SLOW | PAUSE,
      .unless = "\"until\" belongs to \"every\"",
      .help = "when it begins for the last time; default: never" },
    { "drain", &field_duration, EVENT(drain), .preset = "\"0\"", .max = LONG,
      .when = REMOVE | RESTART, .unless = "\"drain\" belongs to \"remove\" and \"restart\"",
      .help = "so long before it stops, balancers are told to send nothing new there; what is "
              "left then is cut off" },
    { "batch", &field_uint, EVENT(batch), .min = 1, .max = 1e5, .preset = "1", .when = RESTART,
      .unless = "\"batch\" belongs to \"restart\"", .help = "so many at a time" },
    { "gap", &field_duration, EVENT(gap), .preset = "\"0\"", .max = LONG, .when = RESTART,
      .unless = "\"gap\" belongs to \"restart\"",
      .help = "from the start of one batch to the draining of the next" },
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

/* What one event leads to must end before it comes again. */
static void check_event(struct reader *rd, const cJSON *node, void *object)
{
    const struct event_config *e = object;

    if ((e->kind == EVENT_PAUSE || e->kind == EVENT_RESTART) && !e->lasts) {
        doc_fault(&rd->doc, rd->err, node, DOC_VALUE, "E121", "missing in an event: \"for\"");
        err_hint(rd->err, "say how long a pause, or a restart of one backend, takes");
    }
    if (e->every && (!e->lasts || e->lasts >= e->every)) {
        doc_fault(&rd->doc, rd->err, doc_get(node, "every"), DOC_VALUE, "E122",
                  "an event \"every\" so often needs a shorter \"for\"");
        err_hint(rd->err, "it must be over before it begins again");
    }
    if (e->until && !e->every) {
        doc_fault(&rd->doc, rd->err, doc_get(node, "until"), DOC_VALUE, "E122",
                  "\"until\" is of an event that comes again, which this does not");
        err_hint(rd->err, "add \"every\", or take \"until\" out");
    }
    if (doc_get(node, "share") && e->mode != FAIL_GREY && e->mode != FAIL_DEPENDENCY) {
        doc_fault(&rd->doc, rd->err, doc_get(node, "share"), DOC_VALUE, "E122",
                  "\"share\" belongs to the modes \"grey\" and \"dependency\"");
        err_hint(rd->err, "in the other modes every request fails");
    }
}

const struct field_table fields_event = {
    .name = "events", .help = "what happens to backends, and when",
    .row = event_rows, .selector = "do", .check = check_event };
