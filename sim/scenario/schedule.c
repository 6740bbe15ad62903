/* schedule.c - when a run ends, and its events in order: what each is about, and that it exists.
 * Backends added by an event get the next numbers: later events may name them. */
#include "reader.h"
#include "schedule_instances.h"

#include "../base/text.h"
#include "../results/catalogue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the end of a run ---- */

static void check_length(struct reader *rd)
{
    const struct scenario *sc = rd->out;
    const cJSON *run = doc_get(rd->doc.root, "run");
    nsec last = 0;

    if (doc_get(run, "duration") || doc_get(run, "requests"))
        return;                     /* given, or told that it is wrong */
    for (uint32_t k = 0; k < sc->clients; k++) {
        const struct arrival_config *a = &sc->client[k].arrival;

        if (a->process != ARRIVAL_TRACE) {
            doc_fault(&rd->doc, rd->err, run ? run : rd->doc.root, DOC_VALUE, "E113",
                      "missing in run: \"duration\" or \"requests\"");
            err_hint(rd->err, "only a run in which all arrivals come from traces ends by itself");
            return;
        }
        if (a->rows && a->row[a->rows - 1].at > last)
            last = a->row[a->rows - 1].at;
    }
    if (last && sc->run.warmup >= last)
        doc_fault(&rd->doc, rd->err, doc_get(run, "warmup"), DOC_VALUE, "E113",
                  "nothing would be measured: \"warmup\" is as long as the trace");
}

/* A stop rule looks at what is measured. */
static void check_until(struct reader *rd)
{
    const struct scenario *sc = rd->out;
    const cJSON *until = doc_get(doc_get(rd->doc.root, "run"), "until");
    const struct metric *m;
    double percentile;

    if (!sc->run.until.metric || !(m = metric_find(sc->run.until.metric, &percentile)))
        return;
    for (uint32_t k = 0; k < sc->measure.percentiles && metric_is_percentile(m); k++)
        if (sc->measure.percentile[k] == percentile)
            return;
    if (!metric_is_percentile(m))
        return;

    const cJSON *metric = doc_get(until, "metric");

    doc_fault(&rd->doc, rd->err, metric ? metric : until, DOC_VALUE, "E113",
              "the stop rule looks at %s, which is not measured", sc->run.until.metric);
    err_hint(rd->err, "add %.10g to \"percentiles\" of \"measure\"", percentile);
}

/* ---- events ---- */

struct planned {
    struct event_config event;
    uint32_t place;                 /* in the file */
    const cJSON *node;
};

static int compare_events(const void *a, const void *b)
{
    const struct planned *x = a, *y = b;

    if (x->event.at != y->event.at)
        return x->event.at < y->event.at ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

static void check_time(struct reader *rd, const struct planned *p)
{
    const struct scenario *sc = rd->out;
    char shown[40];

    if (!sc->run.duration || p->event.at <= sc->run.duration)
        return;
    doc_fault(&rd->doc, rd->err, doc_get(p->node, "at"), DOC_VALUE, "E133",
              "this event comes after the end of the run");
    err_hint(rd->err, "expected at most run.duration, which is %s",
             text_show_duration(shown, sizeof shown, (double)sc->run.duration));
}

static uint32_t find_pool(const struct scenario *sc, const char *name)
{
    for (uint32_t k = 0; k < sc->backends; k++)
        if (sc->backend[k].name && strcmp(sc->backend[k].name, name) == 0)
            return k;
    return NONE;
}

static void tell_no_pool(struct reader *rd, const cJSON *node, const char *pool)
{
    const struct scenario *sc = rd->out;
    const char *names[257];
    uint32_t count = 0;
    char safe[100];

    for (uint32_t k = 0; k < sc->backends; k++)
        if (sc->backend[k].name)
            names[count++] = sc->backend[k].name;
    names[count] = NULL;

    const char *near = text_nearest(pool, names);

    doc_fault(&rd->doc, rd->err, node, DOC_VALUE, "E132",
              "event target \"%s\": there is no such pool of backends",
              text_safe(safe, sizeof safe, pool, strlen(pool)));
    if (near)
        err_hint(rd->err, "did you mean \"%s\"?", near);
    else
        err_hint(rd->err, "events happen to backends and to instances of balancers");
}

/* A zone without any of the targets is a name mistyped. */
static void check_zone(struct reader *rd, const struct planned *p)
{
    const struct event_config *e = &p->event;
    const struct backend_config *b = &rd->out->backend[e->pool];
    const cJSON *node = doc_get(p->node, "zone");

    for (uint32_t i = e->first; node && b->zone && i <= e->last && i < b->count; i++)
        if (b->zone[i] == e->zone)
            return;
    if (!node)
        return;
    doc_fault(&rd->doc, rd->err, node, DOC_VALUE, "E132",
              "none of the targets stands in this zone");
    err_hint(rd->err, "where backends stand is the \"zone\" of their pool");
}

/* Sets pool, first and last; size[] counts the backends of each pool at this time. */
static void aim(struct reader *rd, struct planned *p, uint32_t *size)
{
    const cJSON *node = doc_get(p->node, "target");
    struct event_config *e = &p->event;
    struct target t;

    if (!cJSON_IsString(node) || target_parse(node->valuestring, &t) < 0)
        return;                     /* told already */
    if (schedule_aim_instances(rd, p->node, &t, e))
        return;
    e->pool = find_pool(rd->out, t.pool);
    if (e->pool == NONE) {
        tell_no_pool(rd, node, t.pool);
        return;
    }

    uint32_t *count = &size[e->pool];

    if (e->kind == EVENT_ADD) {
        if (!t.is_bare)
            field_mismatch(rd, node, "the name of a pool, for \"add\"");
        e->first = *count;
        e->last = *count + e->count - 1;
        *count += e->count;
        return;
    }
    e->first = t.first;
    e->last = t.is_bare || t.is_all ? *count - 1 : t.last;
    if (*count && e->last >= *count)
        doc_fault(&rd->doc, rd->err, node, DOC_VALUE, "E132",
                  "event target \"%s\" does not exist: \"%s\" has %u instance%s, %s[0]%s%s",
                  node->valuestring, t.pool, *count, *count == 1 ? "" : "s", t.pool,
                  *count == 1 ? "" : " to ", *count == 1 ? "" : t.pool);
    if (*count && e->last >= *count && *count > 1) {
        char *what = rd->err->item[rd->err->last].what;
        size_t used = strlen(what);

        snprintf(what + used, sizeof rd->err->item[0].what - used, "[%u]", *count - 1);
    }
}

static const char *const fault_words[] = {
    [FAIL_CRASH] = "crashes", [FAIL_HANG] = "hangs", [FAIL_ERROR] = "answers errors",
    [FAIL_RESET] = "resets requests", [FAIL_GREY] = "answers some errors",
    [FAIL_DEPENDENCY] = "loses its dependency",
};

/* "app[2] slow x8", "app[0..3] removed", "app +2". */
static const char *make_label(struct reader *rd, const struct event_config *e)
{
    const char *pool = rd->out->backend[e->pool].name;
    char who[100], text[200];

    if (e->zone)
        snprintf(who, sizeof who, "%s in zone %.40s", pool, rd->zone[e->zone - 1]);
    else if (e->first == e->last)
        snprintf(who, sizeof who, "%s[%u]", pool, e->first);
    else
        snprintf(who, sizeof who, "%s[%u..%u]", pool, e->first, e->last);
    switch ((enum event_kind)e->kind) {
    case EVENT_FAIL:
        snprintf(text, sizeof text, "%s %s", who, fault_words[e->mode]);
        break;
    case EVENT_SLOW:
        snprintf(text, sizeof text, "%s slow x%.6g", who, e->factor);
        break;
    case EVENT_RECOVER:
        snprintf(text, sizeof text, "%s recovers", who);
        break;
    case EVENT_DRAIN:
        snprintf(text, sizeof text, "%s drained", who);
        break;
    case EVENT_ADD:
        snprintf(text, sizeof text, "%s added", who);
        break;
    case EVENT_REMOVE:
        snprintf(text, sizeof text, "%s removed", who);
        break;
    case EVENT_WEIGHT:
        snprintf(text, sizeof text, "%s weight %u", who, e->weight);
        break;
    case EVENT_PAUSE:
        snprintf(text, sizeof text, "%s pauses", who);
        break;
    case EVENT_RESTART:
        snprintf(text, sizeof text, "%s restarts", who);
        break;
    }
    return reader_text(rd, text);
}

static void plan(struct reader *rd, struct planned *p)
{
    const struct scenario *sc = rd->out;
    uint32_t *size = arena_alloc(&rd->out->arena, (sc->backends + 1) * sizeof *size);

    for (uint32_t k = 0; k < sc->backends; k++)
        size[k] = sc->backend[k].count;
    for (uint32_t k = 0; k < sc->events; k++) {
        check_time(rd, &p[k]);
        if (p[k].event.kind == EVENT_ADD)
            p[k].event.weight = 1;
        aim(rd, &p[k], size);
        if (p[k].event.pool != NONE)
            check_zone(rd, &p[k]);
        if (!p[k].event.label && p[k].event.pool != NONE)
            p[k].event.label = make_label(rd, &p[k].event);
        rd->out->event[k] = p[k].event;
    }
}

void schedule_check(struct reader *rd)
{
    const struct scenario *sc = rd->out;
    uint32_t count = sc->events;

    check_length(rd);
    check_until(rd);
    if (!count || !sc->backends)
        return;

    struct planned *p = arena_alloc(&rd->out->arena, count * sizeof *p);

    const cJSON *node = doc_get(rd->doc.root, "events")->child;

    for (uint32_t k = 0; k < count; k++, node = node->next)
        p[k] = (struct planned){ .event = sc->event[k], .place = k, .node = node };
    qsort(p, count, sizeof *p, compare_events);
    plan(rd, p);
}
