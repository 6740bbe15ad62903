/* graph_names.c - see graph_names.h. */
#include "graph_names.h"

#include <string.h>
#include <strings.h>

#include "fields_protocol.h"
#include "fields_routes.h"

static bool goes_by_names(const struct balancer_config *b)
{
    return b->layer == LAYER_L4 && b->routes.count > 0;
}

/* ---- who comes there ---- */

static void tell(struct reader *rd, const cJSON *at, const char *code, const char *group,
                 const char *what, const char *hint)
{
    doc_fault(&rd->doc, rd->err, at, DOC_VALUE, code, "\"%s\" %s", group, what);
    err_hint(rd->err, "%s", hint);
}

/* Does TLS end at an l4 on some way from there to b? */
static bool ends_before(const struct scenario *sc, const char *to, const struct balancer_config *b)
{
    for (uint32_t i = 0; i < sc->balancers; i++) {
        const struct balancer_config *at = &sc->balancer[i];

        if (at != b && at->layer == LAYER_L4 && at->tls.mode == TLS_TERMINATE
            && fields_protocol_leads_to(sc, to, at) && fields_protocol_leads_to(sc, at->name, b))
            return true;
    }
    return false;
}

static bool asks_several_hosts(const struct client_config *c)
{
    for (uint32_t i = 1; i < c->classes.count; i++)
        if (strcasecmp(c->classes.class[i].host, c->classes.class[0].host) != 0)
            return true;
    return false;
}

static void check_group(struct reader *rd, uint32_t client, const struct balancer_config *b)
{
    const struct client_config *c = &rd->out->client[client];
    const cJSON *node = doc_item(&rd->doc, "clients", client, NULL);

    if (c->protocol == PROTOCOL_H3 || c->protocol == PROTOCOL_UDP)
        tell(rd, doc_get(node, "protocol"), "E142", c->name,
             "come to an l4 that goes by \"sni\": it reads the first record of TLS on TCP, and "
             "they have none", "let them ask another balancer, or be \"h2\"");
    else if (ends_before(rd->out, c->to, b))
        tell(rd, doc_get(node, "to"), "E142", c->name,
             "come to an l4 that goes by \"sni\" when their TLS has ended at another: what goes on "
             "from there has no name", "let TLS end behind it: \"passthrough\" before");
    else if (c->protocol == PROTOCOL_H1 && c->reuse == REUSE_ANY && asks_several_hosts(c))
        tell(rd, doc_get(node, "protocol"), "E122", c->name,
             "share HTTP/1.1 connections between hosts, and an l4 leads these by \"sni\": such a "
             "connection is for the host whose name it began with",
             "\"reuse\": \"host\"; requests for several hosts on one connection are HTTP/2's");
}

/* An l7's own connections name no host. */
static void check_upstream(struct reader *rd, uint32_t l7, const struct balancer_config *b)
{
    const struct balancer_config *from = &rd->out->balancer[l7];

    for (uint32_t i = 0; from->layer == LAYER_L7 && i < balancer_pools(from); i++)
        if (fields_protocol_leads_to(rd->out, balancer_pool(from, i), b)) {
            tell(rd, doc_item(&rd->doc, "balancers", l7, "to"), "E142", from->name,
                 "is an l7, behind which an l4 goes by \"sni\": TLS has ended here, and its own "
                 "connections name no host", "let this one have the rules, by \"host\"");
            return;
        }
}

void graph_names_check(struct reader *rd)
{
    const struct scenario *sc = rd->out;

    for (uint32_t b = 0; b < sc->balancers; b++) {
        if (!goes_by_names(&sc->balancer[b]))
            continue;
        for (uint32_t k = 0; k < sc->clients; k++)
            if (fields_protocol_leads_to(sc, sc->client[k].to, &sc->balancer[b]))
                check_group(rd, k, &sc->balancer[b]);
        for (uint32_t k = 0; k < sc->balancers; k++)
            check_upstream(rd, k, &sc->balancer[b]);
    }
}

/* ---- who answers for whom ---- */

/* The way of a class's own connections; where it ends that tier answers for the class. */
struct way {
    struct scenario *sc;
    uint32_t class, classes;        /* by index over all groups, and how many there are */
    bool is_found;                  /* the second time: tiers that want a list have one */
};

static void arrive(const struct way *w, bool **serves, bool is_by_name)
{
    if (!w->is_found && is_by_name && *serves == NULL)
        *serves = arena_alloc(&w->sc->arena, w->classes);
    if (w->is_found && *serves != NULL)
        (*serves)[w->class] = true;
}

static void follow(const struct way *w, const char *to, bool is_by_name)
{
    struct scenario *sc = w->sc;

    for (uint32_t i = 0; i < sc->backends; i++)
        if (strcmp(sc->backend[i].name, to) == 0)
            arrive(w, &sc->backend[i].serves, is_by_name);
    for (uint32_t i = 0; i < sc->balancers; i++) {
        struct balancer_config *b = &sc->balancer[i];
        uint32_t found = goes_by_names(b) ? b->routes.of_class[w->class] : NONE;

        if (strcmp(b->name, to) != 0)
            continue;
        if (b->layer == LAYER_L7 || b->tls.mode == TLS_TERMINATE)
            arrive(w, &b->serves, is_by_name);
        else if (found == NONE)
            follow(w, b->to, is_by_name || goes_by_names(b));
        for (uint32_t k = 0; found != NONE && k < b->routes.route[found].ways; k++)
            follow(w, b->routes.route[found].way[k].to, true);
    }
}

static void follow_all(struct way *w)
{
    const struct scenario *sc = w->sc;

    for (uint32_t k = 0; k < sc->clients; k++)
        for (uint32_t i = 0; i < fields_routes_classes(&sc->client[k]); i++) {
            w->class = sc->client[k].first_class + i;
            follow(w, sc->client[k].to, false);
        }
}

void graph_names_serve(struct reader *rd)
{
    struct scenario *sc = rd->out;
    const struct client_config *last = &sc->client[sc->clients - 1];
    struct way w = { .sc = sc, .classes = last->first_class + fields_routes_classes(last) };
    bool is_any = false;

    for (uint32_t b = 0; b < sc->balancers; b++)
        is_any = is_any || goes_by_names(&sc->balancer[b]);
    if (!is_any)
        return;
    follow_all(&w);
    w.is_found = true;
    follow_all(&w);
}
