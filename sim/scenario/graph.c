/* graph.c - names and tiers: every name once, every `to` somewhere, every request at a backend.
 * Works on what could be read, so that one run tells all faults of a file. */
#include "graph.h"

#include "../base/text.h"
#include "../base/xalloc.h"
#include "fields_protocol.h"
#include "fields_routes.h"
#include "graph_names.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { CLIENT, BALANCER, BACKEND, KINDS };

/* A request remembers its way back in a few frames a tier; their number is a byte. */
enum { MOST_TIERS = 40 };

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

static void tell_kinds(struct reader *rd, const cJSON *node, const char *before, const char *to,
                       const char *after)
{
    doc_fault(&rd->doc, rd->err, node, DOC_VALUE, "E142", "%s\"%s\"%s", before, to, after);
}

/* SYNs that nobody completes end where connections do; requests come on connections that stand. */
static void check_flood(struct reader *rd, uint32_t client, const struct balancer_config *to,
                        const cJSON *node)
{
    bool is_syn = rd->out->client[client].protocol == PROTOCOL_SYN_FLOOD;

    if (to->layer == LAYER_L4) {
        tell_kinds(rd, node, "", to->name, is_syn
                       ? " is an l4: it passes SYNs on, a flood of them ends at an l7"
                       : " is an l4: a flood of requests comes on connections that it never saw");
        err_hint(rd->err, "let it go to the l7 behind it");
    } else if (is_syn && to->syn.backlog == 0) {
        tell_kinds(rd, node, "", to->name, " has no backlog that a flood of SYNs could fill");
        err_hint(rd->err, "give it \"syn\": {\"backlog\": 1024}");
    }
}

/* A client and a cache ask a balancer; a balancer sends to a balancer or to backends.  node: where
 * the file says so. */
static void check_way(struct reader *rd, enum kind from, uint32_t i, const char *to,
                      const cJSON *node)
{
    enum kind kind;
    uint32_t index;

    if (!to)
        return;
    if (!find_name(rd->out, to, &kind, &index)) {
        doc_fault(&rd->doc, rd->err, node, DOC_VALUE, "E131",
                  "there is no balancer or backend pool \"%s\"", to);
        hint_tiers(rd, to, true);
    } else if (kind == CLIENT) {
        tell_kinds(rd, node, "", to, " is a group of clients: it cannot be asked");
        hint_tiers(rd, NULL, true);
    } else if (from != BALANCER && kind == BACKEND) {
        tell_kinds(rd, node,
                   from == CLIENT ? "clients ask a balancer: " : "caches ask a balancer: ", to,
                   " is a pool of backends");
        err_hint(rd->err, "put a balancer between them, its \"to\" being \"%s\"", to);
    } else if (from == CLIENT && kind == BALANCER && is_l4(rd, index) &&
               rd->out->client[i].protocol == PROTOCOL_WARM) {
        tell_kinds(rd, node, "", to,
                   " is an l4: it picks when a connection is opened, and warm ones never are");
        err_hint(rd->err, "give the clients \"protocol\": \"h1\", \"h2\", \"h3\" or \"tcp\"");
    } else if (from == CLIENT && client_is_flood(&rd->out->client[i])) {
        check_flood(rd, i, &rd->out->balancer[index], node);
    } else if (from == BACKEND && is_l4(rd, index)) {
        tell_kinds(rd, node, "a cache cannot ask through an l4 (", to,
                   "): its connections to the origin are not modelled");
        err_hint(rd->err, "let \"%s\" be an l7", to);
    } else if (from == BALANCER && kind == BALANCER && rd->out->balancer[i].layer == LAYER_L7 &&
               rd->out->balancer[index].layer == LAYER_L4 &&
               !rd->out->balancer[i].upstream.is_used) {
        tell_kinds(rd, node, "an l7 cannot send to an l4 (", to,
                   ") without connections: it picks when one is opened");
        err_hint(rd->err, "give this one \"upstream\": {\"protocol\": \"h1\"}");
    }
}

static void check_routes(struct reader *rd, uint32_t balancer)
{
    const struct routes_config *rs = &rd->out->balancer[balancer].routes;
    const cJSON *rule = doc_get(doc_item(&rd->doc, "balancers", balancer, NULL), "routes");

    rule = rule ? rule->child : NULL;
    for (uint32_t i = 0; rs->pools > 0 && i < rs->count && rule; i++, rule = rule->next) {
        const cJSON *to = doc_get(rule, "to");

        for (uint32_t k = 0; k < rs->route[i].ways; k++)
            check_way(rd, BALANCER, balancer, rs->route[i].way[k].to,
                      cJSON_IsObject(to) ? doc_get(to, rs->route[i].way[k].to) : to);
    }
}

static void check_tos(struct reader *rd)
{
    const struct scenario *sc = rd->out;

    for (enum kind k = CLIENT; k <= BALANCER; k++)
        for (uint32_t i = 0; i < count_of(sc, k); i++)
            check_way(rd, k, i, k == CLIENT ? sc->client[i].to : sc->balancer[i].to,
                      doc_item(&rd->doc, list_name[k], i, "to"));
    for (uint32_t i = 0; i < sc->balancers; i++)
        check_routes(rd, i);
    for (uint32_t i = 0; i < sc->backends; i++)
        if (sc->backend[i].cache.entries > 0)
            check_way(rd, BACKEND, i, sc->backend[i].cache.to,
                      doc_get(doc_item(&rd->doc, "backends", i, "cache"), "to"));
}

/* ---- ways ---- */

/* Where a tier's requests go on to: so many tiers, the k-th by name. */
static uint32_t count_next(const struct scenario *sc, enum kind kind, uint32_t i)
{
    return kind == CLIENT ? 1 : kind == BALANCER ? balancer_pools(&sc->balancer[i])
                                                 : sc->backend[i].cache.entries > 0;
}

static const char *next_of(const struct scenario *sc, enum kind kind, uint32_t i, uint32_t k)
{
    return kind == CLIENT ? sc->client[i].to : kind == BALANCER ? balancer_pool(&sc->balancer[i], k)
                                                                : sc->backend[i].cache.to;
}

/* One group's way so far, and what was reached on any way. */
struct walk {
    struct reader *rd;
    bool *is_reached[KINDS], *is_on_way[KINDS];
    uint32_t *longest[KINDS];       /* tiers from here on */
    char way[300];
};

static void name_pools(const struct scenario *sc, char *pools, size_t size)
{
    size_t used = 0;

    for (uint32_t k = 0; k < sc->backends && used < size; k++)
        if (sc->backend[k].name && sc->backend[k].cache.entries == 0)
            used += (size_t)snprintf(pools + used, size - used, "%s%s", used ? ", " : "",
                                     sc->backend[k].name);
}

/* At the k-th way on from there. */
static void tell_loop(struct walk *w, enum kind kind, uint32_t i, uint32_t k)
{
    const cJSON *node = doc_item(&w->rd->doc, list_name[kind], i,
                                 kind == BACKEND ? "cache" : k == 0 ? "to" : "routes");
    char pools[160] = "";

    name_pools(w->rd->out, pools, sizeof pools);
    doc_fault(&w->rd->doc, w->rd->err, node, DOC_VALUE, "E140",
              "traffic never reaches a backend: clients %s is a loop", w->way);
    err_hint(w->rd->err, "point \"%s\" to a backend pool, one of: %s",
             name_of(w->rd->out, kind, i), pools);
}

/* From a tier on; tells a loop once, at the tier that closes it. */
static void walk_on(struct walk *w, enum kind kind, uint32_t i)
{
    const struct scenario *sc = w->rd->out;
    size_t used = strlen(w->way);

    for (uint32_t k = 0; k < count_next(sc, kind, i); k++) {
        const char *to = next_of(sc, kind, i, k);
        enum kind next;
        uint32_t index;

        if (!to || !find_name(sc, to, &next, &index))
            continue;
        snprintf(w->way + used, sizeof w->way - used, " -> \"%s\"", to);
        if (w->is_on_way[next][index])
            tell_loop(w, kind, i, k);
        else if (!w->is_reached[next][index]) {
            w->is_reached[next][index] = w->is_on_way[next][index] = true;
            walk_on(w, next, index);
            w->is_on_way[next][index] = false;
        }
        if (w->longest[kind][i] <= w->longest[next][index])
            w->longest[kind][i] = w->longest[next][index] + 1;
        w->way[used] = '\0';
    }
}

static void tell_unreached(struct reader *rd, enum kind kind, uint32_t i)
{
    doc_fault(&rd->doc, rd->err, doc_item(&rd->doc, list_name[kind], i, "name"), DOC_VALUE, "E141",
              "nobody sends to %s \"%s\"", kind == BALANCER ? "balancer" : "backends",
              name_of(rd->out, kind, i));
    err_hint(rd->err, kind == BALANCER
                          ? "name it as the \"to\" of a client or balancer, or take it out"
                          : "name it as the \"to\" of a balancer, or take it out");
}

/* Rules that could not be read may lead anywhere. */
static bool is_every_route_known(const struct reader *rd)
{
    for (uint32_t i = 0; i < rd->out->balancers; i++)
        if (doc_get(doc_item(&rd->doc, "balancers", i, NULL), "routes")
            && rd->out->balancer[i].routes.pools == 0)
            return false;
    return true;
}

static void check_reach(struct reader *rd)
{
    const struct scenario *sc = rd->out;
    struct walk w = { .rd = rd };
    uint32_t errors = rd->err->errors;

    for (enum kind k = CLIENT; k < KINDS; k++) {
        w.is_reached[k] = arena_alloc(&rd->out->arena, count_of(sc, k));
        w.is_on_way[k] = arena_alloc(&rd->out->arena, count_of(sc, k));
        w.longest[k] = arena_alloc(&rd->out->arena, count_of(sc, k) * sizeof(uint32_t));
    }
    for (uint32_t k = 0; k < sc->clients; k++) {
        snprintf(w.way, sizeof w.way, "\"%s\"", sc->client[k].name ? sc->client[k].name : "?");
        walk_on(&w, CLIENT, k);
        if (w.longest[CLIENT][k] > MOST_TIERS && rd->err->errors == errors)
            doc_fault(&rd->doc, rd->err, doc_item(&rd->doc, "clients", k, "to"), DOC_VALUE, "E112",
                      "a way of %u tiers: more than %d", w.longest[CLIENT][k], MOST_TIERS);
    }
    if (rd->err->errors > errors || !is_every_route_known(rd))
        return;
    for (enum kind k = BALANCER; k < KINDS; k++)
        for (uint32_t i = 0; i < count_of(sc, k); i++)
            if (!w.is_reached[k][i])
                tell_unreached(rd, k, i);
}

/* ---- demand ---- */

/* Shares of a class's requests on their way; NAN: who can say how many. */
struct stream { double *at[KINDS]; };

static void pour(const struct scenario *sc, const struct stream *f, const char *to, double share)
{
    enum kind kind;
    uint32_t index;

    if (to && find_name(sc, to, &kind, &index))
        f->at[kind][index] += share;
}

static void split(const struct scenario *sc, const struct stream *f, uint32_t balancer,
                  uint32_t class, double share)
{
    const struct balancer_config *b = &sc->balancer[balancer];
    uint32_t found = b->routes.count > 0 ? b->routes.of_class[class] : NONE;
    const struct route_config *r = found != NONE ? &b->routes.route[found] : NULL;
    double weights = 0;

    if (r == NULL)
        pour(sc, f, b->to, share);
    for (uint32_t k = 0; r && k < r->ways; k++)
        weights += r->way[k].weight;
    for (uint32_t k = 0; r && k < r->ways; k++)
        pour(sc, f, r->way[k].to, share * r->way[k].weight / weights);
}

/* One step on from every tier; false when all is at its end. */
static bool step_on(const struct scenario *sc, const struct stream *f, const struct stream *next,
                    uint32_t class)
{
    bool moved = false;

    for (uint32_t i = 0; i < sc->balancers; i++)
        if (f->at[BALANCER][i] != 0) {
            split(sc, next, i, class, f->at[BALANCER][i]);
            f->at[BALANCER][i] = 0;
            moved = true;
        }
    for (uint32_t i = 0; i < sc->backends; i++)
        if (f->at[BACKEND][i] != 0 && sc->backend[i].cache.entries > 0) {
            pour(sc, next, sc->backend[i].cache.to, NAN);
            moved = true;
        }
    return moved;
}

/* What of a class reaches a pool: its way is followed step by step, for no tier comes twice. */
static double share_of_class(const struct scenario *sc, const char *from, uint32_t class,
                             uint32_t pool)
{
    uint32_t tiers = sc->clients + sc->balancers + sc->backends;
    double *memory = xcalloc(2 * (size_t)tiers, sizeof *memory), share = 0;
    struct stream f[2];

    for (uint32_t k = 0; k < 2; k++)
        f[k] = (struct stream){ { memory + k * tiers, memory + k * tiers + sc->clients,
                                memory + k * tiers + sc->clients + sc->balancers } };
    pour(sc, &f[0], from, 1);
    for (uint32_t step = 0; step <= tiers; step++) {
        struct stream *now = &f[step % 2], *next = &f[(step + 1) % 2];

        share += now->at[BACKEND][pool];
        if (!step_on(sc, now, next, class))
            break;
        memset(now->at[CLIENT], 0, tiers * sizeof *memory);
    }
    free(memory);
    return share;
}

double graph_share(const struct scenario *sc, const struct client_config *c, uint32_t pool)
{
    double sum = 0, shares = 0;

    for (uint32_t i = 0; i < fields_routes_classes(c); i++) {
        double share = fields_routes_class(c, i)->share;

        sum += share * share_of_class(sc, c->to, c->first_class + i, pool);
        shares += share;
    }
    return sum / shares;
}

static bool brings_demand(const struct client_config *c)
{
    return c->arrival.process == ARRIVAL_TRACE && c->arrival.rows &&
           c->arrival.row[0].demand != NEVER;
}

/* A pool without `service` is served by traces with a demand only. */
static void check_service_of(struct reader *rd, uint32_t client, uint32_t pool)
{
    const struct scenario *sc = rd->out;
    const cJSON *node = doc_item(&rd->doc, "backends", pool, NULL);

    if (graph_share(sc, &sc->client[client], pool) == 0)
        return;
    if (brings_demand(&sc->client[client]) && sc->backend[pool].cache.entries > 0) {
        doc_fault(&rd->doc, rd->err, doc_get(node, "cache"), DOC_KEY, "E122",
                  "\"cache\" does not go with requests of \"%s\", which bring their own demand",
                  sc->client[client].name);
        err_hint(rd->err, "is it the look-up's or the origin's? Leave that column out");
    }
    if (brings_demand(&sc->client[client]) || doc_get(node, "service"))
        return;
    doc_fault(&rd->doc, rd->err, node, DOC_VALUE, "E121", "missing in backends[%u]: \"service\"",
              pool);
    err_hint(rd->err,
             "requests of \"%s\" bring no demand of their own; only a trace with service_us or "
             "service_ns does",
             sc->client[client].name);
}

static void check_service(struct reader *rd)
{
    for (uint32_t k = 0; k < rd->out->clients; k++)
        for (uint32_t pool = 0; pool < rd->out->backends; pool++)
            check_service_of(rd, k, pool);
}

/* ---- links ---- */

static bool sends_to(const struct scenario *sc, enum kind kind, uint32_t index, const char *to)
{
    for (uint32_t k = 0; k < count_next(sc, kind, index); k++)
        if (next_of(sc, kind, index, k) == NULL || strcmp(next_of(sc, kind, index, k), to) == 0)
            return true;            /* what is not there is told elsewhere */
    return false;
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

    if (!sends_to(sc, kind, index, l->to)) {
        doc_fault(&rd->doc, rd->err, doc_item(&rd->doc, "links", i, "to"), DOC_VALUE, "E143",
                  "\"%s\" does not send to \"%s\"", l->from, l->to);
        if (count_next(sc, kind, index) > 0)
            err_hint(rd->err, "it sends to \"%s\"", next_of(sc, kind, index, 0));
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
static void end_tls_at(struct reader *rd, uint32_t from, const char *name)
{
    struct scenario *sc = rd->out;
    const struct balancer_config *b = &sc->balancer[from];
    enum kind kind;
    uint32_t to;

    if (!find_name(sc, name, &kind, &to))
        return;
    if (kind == BACKEND) {
        sc->backend[to].tls = &b->tls;
        if (sc->backend[to].cost.cores == 0)
            sc->backend[to].cost.cores = 1;
    } else if (sc->balancer[to].tls.mode == TLS_NONE) {
        doc_fault(&rd->doc, rd->err, doc_item(&rd->doc, "balancers", from, "tls"), DOC_VALUE,
                  "E122", "TLS goes on to \"%s\", which does not end it", name);
        err_hint(rd->err, "give \"%s\" a \"tls\" too", name);
    }
}

static void end_tls(struct reader *rd, uint32_t from)
{
    const struct balancer_config *b = &rd->out->balancer[from];

    if (b->tls.mode != TLS_PASSTHROUGH && b->tls.mode != TLS_RE_ENCRYPT)
        return;
    for (uint32_t i = 0; i < balancer_pools(b); i++)
        end_tls_at(rd, from, balancer_pool(b, i));
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
            if (!next_of(sc, k, i, 0))
                return false;
    return true;
}

static void number_classes(struct scenario *sc)
{
    uint32_t next = 0;

    for (uint32_t k = 0; k < sc->clients; k++) {
        sc->client[k].first_class = next;
        next += fields_routes_classes(&sc->client[k]);
    }
}

static bool is_tunnel(const struct client_config *c)
{
    return c->protocol == PROTOCOL_WEBSOCKET || c->protocol == PROTOCOL_SESSION;
}

static void check_no_tunnels(struct reader *rd, uint32_t balancer)
{
    const struct scenario *sc = rd->out;

    for (uint32_t k = 0; sc->balancer[balancer].layer == LAYER_L7 && k < sc->clients; k++)
        if (is_tunnel(&sc->client[k]) &&
            fields_protocol_leads_to(sc, sc->client[k].to, &sc->balancer[balancer])) {
            doc_fault(&rd->doc, rd->err, doc_item(&rd->doc, "balancers", balancer, "routes"),
                      DOC_KEY, "E142",
                      "\"routes\" do not apply to connections of \"%s\": they are passed on unread",
                      sc->client[k].name);
            err_hint(rd->err, "send \"%s\" to an l7 of their own", sc->client[k].name);
        }
}

/* Without faults so far: what was not read matches nothing. */
static void check_rules(struct reader *rd, uint32_t balancer)
{
    uint32_t errors = rd->err->errors;

    if (rd->out->balancer[balancer].routes.count == 0)
        return;
    check_no_tunnels(rd, balancer);
    fields_routes_check(rd, balancer);
    if (rd->err->errors == errors)
        fields_routes_match(rd, balancer);
}

void graph_check(struct reader *rd)
{
    const struct scenario *sc = rd->out;
    uint32_t errors = rd->err->errors;

    number_classes(rd->out);

    check_names(rd);
    if (rd->err->errors > errors || !is_complete(sc))
        return;
    check_tos(rd);
    for (uint32_t k = 0; k < sc->links; k++)
        check_link(rd, k);
    if (rd->err->errors > errors || !is_every_to_known(sc))
        return;
    check_reach(rd);
    rd->has_lost_tier = rd->err->errors > errors;
    if (!rd->has_lost_tier) {
        fields_protocol_check_ways(rd);
        graph_names_check(rd);
    }
    for (uint32_t k = 0; k < sc->balancers; k++)
        end_tls(rd, k);
    for (uint32_t k = 0; !rd->has_lost_tier && k < sc->balancers; k++)
        check_rules(rd, k);
    if (rd->err->errors > errors)
        return;
    check_service(rd);
    graph_names_serve(rd);
}
