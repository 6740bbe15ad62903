/* schedule_instances.c - see schedule_instances.h. */
#include "schedule_instances.h"

#include <stdio.h>
#include <string.h>

static struct balancer_config *find_balancer(const struct reader *rd, const char *name)
{
    const struct scenario *sc = rd->out;

    for (uint32_t k = 0; k < sc->balancers; k++)
        if (sc->balancer[k].name && strcmp(sc->balancer[k].name, name) == 0)
            return &sc->balancer[k];
    return NULL;
}

static void refuse(struct reader *rd, const cJSON *at, const char *what, const char *hint)
{
    doc_fault(&rd->doc, rd->err, at, DOC_VALUE, "E122", "%s", what);
    err_hint(rd->err, "%s", hint);
}

/* ---- what can happen to an instance ---- */

static bool is_for_instances(const struct event_config *e)
{
    return e->kind != EVENT_SLOW && e->kind != EVENT_WEIGHT && e->kind != EVENT_RESTART;
}

/* Does somebody before this l7 ask how it is?  Who is asked and drains says so. */
static bool is_checked(const struct reader *rd, const struct balancer_config *b)
{
    for (uint32_t i = 0; b->layer == LAYER_L7 && i < rd->out->balancers; i++) {
        const struct balancer_config *from = &rd->out->balancer[i];

        for (uint32_t k = 0; k < balancer_pools(from); k++)
            if (from->health.interval > 0 && from->health.level != CHECK_L4
                && balancer_pool(from, k) && strcmp(balancer_pool(from, k), b->name) == 0)
                return true;
    }
    return false;
}

static bool check_kind(struct reader *rd, const cJSON *event, const struct balancer_config *b,
                       const struct event_config *e)
{
    bool is_rerouted = e->kind == EVENT_ADD || (e->kind == EVENT_DRAIN && !is_checked(rd, b));

    if (!is_for_instances(e))
        refuse(rd, doc_get(event, "do"), "this happens to backends, not to instances of a balancer",
               "\"fail\", \"pause\", \"recover\", \"remove\"; with \"ecmp\" \"drain\", \"add\"");
    else if (is_rerouted && b->ecmp.hash == ECMP_NONE)
        refuse(rd, doc_get(event, "do"),
               "without a router before the instances nobody learns of this",
               e->kind == EVENT_DRAIN && b->layer == LAYER_L7
                   ? "give the balancer an \"ecmp\", or the tier before it a \"health_check\""
                   : "give the balancer an \"ecmp\"");
    else if (e->kind == EVENT_FAIL && e->mode != FAIL_CRASH && e->mode != FAIL_HANG)
        refuse(rd, doc_get(event, "mode"), "an instance of a balancer crashes or hangs",
               "the other modes are of backends, which answer requests");
    else if (doc_get(event, "drain"))
        refuse(rd, doc_get(event, "drain"), "\"drain\" is the time of backends before they stop",
               "let an event \"drain\" the instance, and a later one \"remove\" it");
    else
        return true;
    return false;
}

/* ---- which ---- */

/* New ones stand where the first one does. */
static void extend_zones(struct reader *rd, struct balancer_config *b, uint32_t count)
{
    uint32_t *zone;

    if (!b->zone)
        return;
    zone = arena_alloc(&rd->out->arena, (b->instances + count) * sizeof *zone);
    for (uint32_t i = 0; i < b->instances + count; i++)
        zone[i] = b->zone[i < b->instances ? i : 0];
    b->zone = zone;
}

static void add(struct reader *rd, const cJSON *node, struct balancer_config *b,
                const struct target *t, struct event_config *e)
{
    if (!t->is_bare)
        field_mismatch(rd, node, "the name of a balancer, for \"add\"");
    extend_zones(rd, b, e->count);
    e->first = b->instances;
    e->last = b->instances + e->count - 1;
    b->instances += e->count;
    b->standby += e->count;
}

static void choose(struct reader *rd, const cJSON *node, const struct balancer_config *b,
                   const struct target *t, struct event_config *e)
{
    e->first = t->first;
    e->last = t->is_bare || t->is_all ? b->instances - 1 : t->last;
    if (e->last < b->instances)
        return;
    doc_fault(&rd->doc, rd->err, node, DOC_VALUE, "E132",
              "event target \"%s\" does not exist: \"%s\" has %u instance%s", node->valuestring,
              b->name, b->instances, b->instances == 1 ? "" : "s");
    err_hint(rd->err, "they are counted from 0");
}

static const char *word_of(const struct event_config *e)
{
    switch ((enum event_kind)e->kind) {
    case EVENT_FAIL:
        return e->mode == FAIL_CRASH ? "crashes" : "hangs";
    case EVENT_RECOVER:
        return "recovers";
    case EVENT_DRAIN:
        return "drained";
    case EVENT_ADD:
        return "added";
    case EVENT_REMOVE:
        return "removed";
    default:
        return "pauses";
    }
}

static const char *label_of(struct reader *rd, const struct balancer_config *b,
                            const struct event_config *e)
{
    char text[200];

    if (e->first == e->last)
        snprintf(text, sizeof text, "%s[%u] %s", b->name, e->first, word_of(e));
    else
        snprintf(text, sizeof text, "%s[%u..%u] %s", b->name, e->first, e->last, word_of(e));
    return reader_text(rd, text);
}

bool schedule_aim_instances(struct reader *rd, const cJSON *event, const struct target *t,
                            struct event_config *e)
{
    struct balancer_config *b = find_balancer(rd, t->pool);
    const cJSON *node = doc_get(event, "target");

    if (!b)
        return false;
    e->balancer = 1 + (uint32_t)(b - rd->out->balancer);
    e->pool = NONE;
    if (!check_kind(rd, event, b, e))
        return true;
    b->is_named = true;
    if (e->kind == EVENT_ADD)
        add(rd, node, b, t, e);
    else
        choose(rd, node, b, t, e);
    if (!e->label)
        e->label = label_of(rd, b, e);
    return true;
}

void schedule_warn_router(struct reader *rd, void (*warn)(struct reader *))
{
    const struct scenario *sc = rd->out;

    for (uint32_t k = 0; k < sc->balancers; k++) {
        if (sc->balancer[k].ecmp.hash == ECMP_NONE || sc->balancer[k].instances > 1)
            continue;
        doc_fault(&rd->doc, rd->err, doc_item(&rd->doc, "balancers", k, "ecmp"), DOC_VALUE, "W208",
                  "\"%s\" has one instance: its router has nothing to choose",
                  sc->balancer[k].name);
        err_hint(rd->err, "raise \"instances\", or take \"ecmp\" out");
        warn(rd);
    }
}
