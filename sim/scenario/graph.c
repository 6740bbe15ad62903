/* graph.c - names and tiers: every name once, every `to` somewhere, every request at a backend.
 * Works on what could be read, so that one run tells all faults of a file. */
#include "graph.h"

#include "../base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { CLIENT, BALANCER, BACKEND, KINDS };

static const char *const list_name[KINDS] = { "clients", "balancers", "backends" };

static uint32_t count_of(const struct scenario *sc, enum kind kind)
{
    return kind == CLIENT ? sc->clients : kind == BALANCER ? sc->balancers : sc->backends;
}

static const char *name_of(const struct scenario *sc, enum kind kind, uint32_t index)
{
    return kind == CLIENT ? sc->client[index].name : kind == BALANCER ? sc->balancer[index].name
                                                                      : sc->backend[index].name;
}

/* What bears a name: its kind and index; false when nothing does. */
static bool find_name(const struct scenario *sc, const char *name, enum kind *kind, uint32_t *index)
{
    for (enum kind k = CLIENT; k < KINDS; k++)
        for (uint32_t i = 0; i < count_of(sc, k); i++)
            if (name_of(sc, k, i) && strcmp(name_of(sc, k, i), name) == 0) {
                *kind = k;
                *index = i;
                return true;
            }
    return false;
}

static void check_names(struct reader *rd)
{
    const struct scenario *sc = rd->out;
    enum kind kind = CLIENT;
    uint32_t index = 0;

    for (enum kind k = CLIENT; k < KINDS; k++)
        for (uint32_t i = 0; i < count_of(sc, k); i++) {
            const char *name = name_of(sc, k, i);

            if (!name || (find_name(sc, name, &kind, &index) && kind == k && index == i))
                continue;
            doc_fault(&rd->doc, rd->err, doc_item(&rd->doc, list_name[k], i, "name"), DOC_VALUE,
                      "E130", "the name \"%s\" is given twice", name);
            err_hint(
                rd->err,
                "%s[%u] has it already; clients, balancers and backends share one set of names",
                list_name[kind], index);
        }
}

/* "one of: app, cache" for hints; the nearest alone if a word is near to one. */
static void hint_tiers(struct reader *rd, const char *word, bool balancers)
{
    const struct scenario *sc = rd->out;
    const char *names[64];
    char list[200] = "";
    size_t count = 0, used = 0;

    for (enum kind k = balancers ? BALANCER : BACKEND; k < KINDS; k++)
        for (uint32_t i = 0; i < count_of(sc, k) && count < 63; i++) {
            if (!name_of(sc, k, i))
                continue;
            names[count++] = name_of(sc, k, i);
            if (used < sizeof list)
                used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "",
                                         names[count - 1]);
        }
    names[count] = NULL;

    const char *near = word ? text_nearest(word, names) : NULL;

    if (near)
        err_hint(rd->err, "did you mean \"%s\"?", near);
    else
        err_hint(rd->err, "expected one of: %s", list);
}

/* As the file says: where its word was not understood, the struct does not tell. */
static bool is_l4(const struct reader *rd, uint32_t balancer)
{
    const cJSON *layer = doc_item(&rd->doc, "balancers", balancer, "layer");

    return cJSON_IsString(layer) && strcmp(layer->valuestring, "l4") == 0;
}

/* A client asks a balancer; a balancer sends to a balancer or to backends. */
static void check_to(struct reader *rd, enum kind from, uint32_t i, const char *to)
{
    const cJSON *node = doc_item(&rd->doc, list_name[from], i, "to");
    enum kind kind;
    uint32_t index;

    if (!to)
        return;
    if (!find_name(rd->out, to, &kind, &index)) {
        doc_fault(&rd->doc, rd->err, node, DOC_VALUE, "E131",
                  "there is no balancer or backend pool \"%s\"", to);
        hint_tiers(rd, to, true);
    } else if (kind == CLIENT) {
        doc_fault(&rd->doc, rd->err, node, DOC_VALUE, "E142",
                  "\"%s\" is a group of clients: it cannot be asked", to);
        hint_tiers(rd, NULL, true);
    } else if (from == CLIENT && kind == BACKEND) {
        doc_fault(&rd->doc, rd->err, node, DOC_VALUE, "E142",
                  "clients ask a balancer: \"%s\" is a pool of backends", to);
        err_hint(rd->err, "put a balancer between them, its \"to\" being \"%s\"", to);
    } else if (from == CLIENT && kind == BALANCER && is_l4(rd, index) &&
               rd->out->client[i].protocol == PROTOCOL_WARM) {
        doc_fault(&rd->doc, rd->err, node, DOC_VALUE, "E142",
                  "\"%s\" is an l4: it picks when a connection is opened, and warm ones never are",
                  to);
        err_hint(rd->err, "give the clients \"protocol\": \"h1\", \"h2\" or \"tcp\"");
    } else if (from == BALANCER && kind == BALANCER && rd->out->balancer[i].layer == LAYER_L7 &&
               rd->out->balancer[index].layer == LAYER_L4) {
        doc_fault(&rd->doc, rd->err, node, DOC_VALUE, "E142",
                  "an l7 cannot send to an l4 (\"%s\") yet", to);
        err_hint(rd->err,
                 "an l7's own connections through an l4 are not modelled; let \"%s\" be an l7, or "
                 "put it before this one",
                 to);
    }
}

static const struct balancer_config *next_balancer(const struct scenario *sc, const char *to,
                                                   uint32_t *index)
{
    enum kind kind;

    if (!to || !find_name(sc, to, &kind, index) || kind != BALANCER)
        return NULL;
    return &sc->balancer[*index];
}

/* Follows one group's way; tells a loop once, at the `to` that closes it. */
static void walk(struct reader *rd, const struct client_config *c, bool *reached)
{
    char way[300];
    size_t used = (size_t)snprintf(way, sizeof way, "\"%s\"", c->name ? c->name : "?");
    uint32_t index = 0, before = 0;
    const struct balancer_config *b = next_balancer(rd->out, c->to, &index);
    bool *seen = arena_alloc(&rd->out->arena, rd->out->balancers + 1);

    for (; b; b = next_balancer(rd->out, b->to, &index)) {
        if (used < sizeof way)
            used += (size_t)snprintf(way + used, sizeof way - used, " -> \"%s\"", b->name);
        if (reached[index] && !seen[index])
            return;                 /* another group's walk went on from here */
        reached[index] = true;
        if (seen[index])
            break;
        seen[index] = true;
        before = index;
    }
    if (!b)
        return;
    doc_fault(&rd->doc, rd->err, doc_item(&rd->doc, "balancers", before, "to"), DOC_VALUE, "E140",
              "traffic never reaches a backend: clients %s is a loop", way);

    char pools[160] = "";

    used = 0;
    for (uint32_t k = 0; k < rd->out->backends && used < sizeof pools; k++)
        if (rd->out->backend[k].name)
            used += (size_t)snprintf(pools + used, sizeof pools - used, "%s%s", used ? ", " : "",
                                     rd->out->backend[k].name);
    err_hint(rd->err, "point \"%s\" to a backend pool, one of: %s", rd->out->balancer[before].name,
             pools);
}

static bool is_pool_reached(const struct scenario *sc, const bool *reached, const char *pool)
{
    for (uint32_t k = 0; k < sc->balancers; k++)
        if (reached[k] && sc->balancer[k].to && strcmp(sc->balancer[k].to, pool) == 0)
            return true;
    return false;
}

static void check_reach(struct reader *rd)
{
    const struct scenario *sc = rd->out;
    bool *reached = arena_alloc(&rd->out->arena, sc->balancers + 1);
    uint32_t errors = rd->err->errors;

    for (uint32_t k = 0; k < sc->clients; k++)
        walk(rd, &sc->client[k], reached);
    if (rd->err->errors > errors)
        return;
    for (uint32_t k = 0; k < sc->balancers; k++)
        if (!reached[k]) {
            doc_fault(&rd->doc, rd->err, doc_item(&rd->doc, "balancers", k, "name"), DOC_VALUE,
                      "E141", "nobody sends to balancer \"%s\"", sc->balancer[k].name);
            err_hint(rd->err, "name it as the \"to\" of a client or balancer, or take it out");
        }
    for (uint32_t k = 0; k < sc->backends; k++)
        if (!is_pool_reached(sc, reached, sc->backend[k].name)) {
            doc_fault(&rd->doc, rd->err, doc_item(&rd->doc, "backends", k, "name"), DOC_VALUE,
                      "E141", "nobody sends to backends \"%s\"", sc->backend[k].name);
            err_hint(rd->err, "name it as the \"to\" of a balancer, or take it out");
        }
}

/* ---- demand ---- */

uint32_t graph_pool_of(const struct scenario *sc, const struct client_config *c)
{
    const char *to = c->to;
    enum kind kind;
    uint32_t index;

    for (uint32_t steps = 0; steps <= sc->balancers; steps++) {
        if (!find_name(sc, to, &kind, &index) || kind == CLIENT)
            return NONE;
        if (kind == BACKEND)
            return index;
        to = sc->balancer[index].to;
    }
    return NONE;
}

static bool brings_demand(const struct client_config *c)
{
    return c->arrival.process == ARRIVAL_TRACE && c->arrival.rows &&
           c->arrival.row[0].demand != NEVER;
}

/* A pool without `service` is served by traces with a demand only. */
static void check_service(struct reader *rd)
{
    const struct scenario *sc = rd->out;

    for (uint32_t k = 0; k < sc->clients; k++) {
        uint32_t pool = graph_pool_of(sc, &sc->client[k]);

        if (pool == NONE || brings_demand(&sc->client[k]) ||
            doc_get(doc_item(&rd->doc, "backends", pool, NULL), "service"))
            continue;
        doc_fault(&rd->doc, rd->err, doc_item(&rd->doc, "backends", pool, NULL), DOC_VALUE, "E121",
                  "missing in backends[%u]: \"service\"", pool);
        err_hint(rd->err,
                 "requests of \"%s\" bring no demand of their own; only a trace with service_us or "
                 "service_ns does",
                 sc->client[k].name);
    }
}

/* ---- links ---- */

static const char *to_of(const struct scenario *sc, enum kind kind, uint32_t index)
{
    return kind == CLIENT ? sc->client[index].to : kind == BALANCER ? sc->balancer[index].to : NULL;
}

static void check_link(struct reader *rd, uint32_t i)
{
    const struct scenario *sc = rd->out;
    const struct link_config *l = &sc->link[i];
    enum kind kind;
    uint32_t index;

    if (!l->from || !l->to)
        return;
    if (!find_name(sc, l->from, &kind, &index)) {
        doc_fault(&rd->doc, rd->err, doc_item(&rd->doc, "links", i, "from"), DOC_VALUE, "E131",
                  "there is no client or balancer \"%s\"", l->from);
        err_hint(rd->err, "a link starts at clients or at a balancer");
        return;
    }

    const char *to = to_of(sc, kind, index);

    if (kind == BACKEND || (to && strcmp(to, l->to) != 0)) {
        doc_fault(&rd->doc, rd->err, doc_item(&rd->doc, "links", i, "to"), DOC_VALUE, "E143",
                  "\"%s\" does not send to \"%s\"", l->from, l->to);
        if (to)
            err_hint(rd->err, "it sends to \"%s\"", to);
    } else if (kind == CLIENT && sc->client[index].rtt.kind) {
        doc_fault(&rd->doc, rd->err, doc_item(&rd->doc, "links", i, "from"), DOC_VALUE, "E143",
                  "the way from \"%s\" has an \"rtt\" already", l->from);
        err_hint(rd->err,
                 "say it once: \"rtt\" at the client (there and back), or a link (one way)");
    }
    for (uint32_t k = 0; k < i; k++)
        if (sc->link[k].from && sc->link[k].to && strcmp(sc->link[k].from, l->from) == 0 &&
            strcmp(sc->link[k].to, l->to) == 0)
            doc_fault(&rd->doc, rd->err, doc_item(&rd->doc, "links", i, "from"), DOC_VALUE, "E130",
                      "the link from \"%s\" to \"%s\" is given twice", l->from, l->to);
}

/* ---- TLS ---- */

/* Where TLS that goes on from here ends: at the next tier. */
static void end_tls(struct reader *rd, uint32_t from)
{
    struct scenario *sc = rd->out;
    const struct balancer_config *b = &sc->balancer[from];
    enum kind kind;
    uint32_t to;

    if ((b->tls.mode != TLS_PASSTHROUGH && b->tls.mode != TLS_RE_ENCRYPT) ||
        !find_name(sc, b->to, &kind, &to))
        return;
    if (kind == BACKEND) {
        sc->backend[to].tls = &b->tls;
        if (sc->backend[to].cost.cores == 0)
            sc->backend[to].cost.cores = 1;
    } else if (sc->balancer[to].tls.mode == TLS_NONE) {
        doc_fault(&rd->doc, rd->err, doc_item(&rd->doc, "balancers", from, "tls"), DOC_VALUE,
                  "E122", "TLS goes on to \"%s\", which does not end it", b->to);
        err_hint(rd->err, "give \"%s\" a \"tls\" too", b->to);
    }
}

/* Were all tiers read, so that a name nobody bears is a fault of its own? */
static bool is_complete(const struct scenario *sc)
{
    for (enum kind k = CLIENT; k < KINDS; k++) {
        if (count_of(sc, k) == 0)
            return false;
        for (uint32_t i = 0; i < count_of(sc, k); i++)
            if (!name_of(sc, k, i))
                return false;
    }
    return true;
}

static bool is_every_to_known(const struct scenario *sc)
{
    for (enum kind k = CLIENT; k < BACKEND; k++)
        for (uint32_t i = 0; i < count_of(sc, k); i++)
            if (!to_of(sc, k, i))
                return false;
    return true;
}

/* A group that names no classes has one. */
static void number_classes(struct scenario *sc)
{
    uint32_t next = 0;

    for (uint32_t k = 0; k < sc->clients; k++) {
        sc->client[k].first_class = next;
        next += sc->client[k].classes.count > 0 ? sc->client[k].classes.count : 1;
    }
}

void graph_check(struct reader *rd)
{
    const struct scenario *sc = rd->out;
    uint32_t errors = rd->err->errors;

    number_classes(rd->out);

    check_names(rd);
    if (rd->err->errors > errors || !is_complete(sc))
        return;
    for (uint32_t k = 0; k < sc->clients; k++)
        check_to(rd, CLIENT, k, sc->client[k].to);
    for (uint32_t k = 0; k < sc->balancers; k++)
        check_to(rd, BALANCER, k, sc->balancer[k].to);
    for (uint32_t k = 0; k < sc->links; k++)
        check_link(rd, k);
    if (rd->err->errors > errors || !is_every_to_known(sc))
        return;
    check_reach(rd);
    for (uint32_t k = 0; k < sc->balancers; k++)
        end_tls(rd, k);
    if (rd->err->errors == errors)
        check_service(rd);
}
