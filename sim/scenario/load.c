/* load.c - how much work a pool is offered, and warnings: what is allowed but hardly meant. */
#include "fields_flows.h"
#include "graph.h"
#include "fields_signals.h"
#include "schedule_instances.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Requests a second that a pool can serve at a mean demand; INFINITY: no limit. */
static double capacity(const struct backend_config *b, double demand)
{
    double sum = 0;

    if (b->station.workers == STATION_UNLIMITED)
        return INFINITY;
    for (uint32_t k = 0; k < b->count; k++) {
        double busy = demand / b->speed[k] + (double)b->station.overhead;

        sum += busy > 0 ? b->station.workers * 1e9 / busy : INFINITY;
    }
    return sum;
}

static double mean_demand(const struct client_config *c, const struct backend_config *b)
{
    const struct arrival_config *a = &c->arrival;
    double sum = 0;

    if (a->process != ARRIVAL_TRACE || !a->rows || a->row[0].demand == NEVER)
        return dist_mean(&b->station.service);
    for (uint32_t k = 0; k < a->rows; k++)
        sum += (double)a->row[k].demand;
    return sum / a->rows;
}

/* What reaches a pool: rate (NAN where a closed loop does) and mean demand. */
struct offer { double rate, demand; };

static struct offer offered(const struct scenario *sc, uint32_t pool)
{
    struct offer offer = { 0 };
    double work = 0;

    for (uint32_t k = 0; k < sc->clients; k++) {
        const struct client_config *c = &sc->client[k];

        double share = graph_share(sc, c, pool);

        if (share == 0 || client_is_flood(c))
            continue;
        if (c->arrival.process == ARRIVAL_CLOSED || isnan(share))
            return (struct offer){ .rate = NAN };

        double rate = share * arrival_mean_rate(&c->arrival, sc->run.duration);

        offer.rate += rate;
        work += rate * mean_demand(c, &sc->backend[pool]);
    }
    offer.demand = offer.rate > 0 ? work / offer.rate : 0;
    return offer;
}

double scenario_offered_load(const struct scenario *sc, uint32_t pool)
{
    struct offer offer = offered(sc, pool);

    return isnan(offer.rate) ? NAN : offer.rate / capacity(&sc->backend[pool], offer.demand);
}

/* "1 560": thousands apart, below 100 with decimals. */
static const char *show_rate(char *buf, size_t size, double rate)
{
    uint64_t whole = (uint64_t)(rate + 0.5);

    if (rate < 100)
        snprintf(buf, size, "%.3g", rate);
    else if (rate >= 1e12)
        snprintf(buf, size, "%.3g", rate);
    else if (whole >= 1000000)
        snprintf(buf, size, "%" PRIu64 " %03" PRIu64 " %03" PRIu64, whole / 1000000,
                 whole / 1000 % 1000, whole % 1000);
    else if (whole >= 1000)
        snprintf(buf, size, "%" PRIu64 " %03" PRIu64, whole / 1000, whole % 1000);
    else
        snprintf(buf, size, "%" PRIu64, whole);
    return buf;
}

static const cJSON *rate_node(const struct reader *rd, uint32_t pool)
{
    for (uint32_t k = 0; k < rd->out->clients; k++)
        if (graph_share(rd->out, &rd->out->client[k], pool) != 0) {
            const cJSON *arrival = doc_item(&rd->doc, "clients", k, "arrival");
            const cJSON *rate = doc_get(arrival, "rate");

            return rate ? rate : arrival;
        }
    return rd->doc.root;
}

/* The place of a warning is its pointer: it is about several lines at once. */
static void warn_at(struct reader *rd)
{
    struct err_item *item = &rd->err->item[rd->err->last];

    item->line = item->column = item->width = 0;
    item->file[0] = item->source[0] = '\0';
}

static bool is_finite(const struct scenario *sc)
{
    bool all_traces = sc->clients > 0;

    for (uint32_t k = 0; k < sc->clients; k++)
        all_traces = all_traces && sc->client[k].arrival.process == ARRIVAL_TRACE;
    return all_traces;
}

/* Does nobody wait for the pool longer than some timeout?  Then what overload does is failures. */
static bool has_timeouts(const struct scenario *sc, uint32_t pool)
{
    for (uint32_t i = 0; i < sc->balancers; i++)
        if (sc->balancer[i].timeout != 0 && strcmp(sc->balancer[i].to, sc->backend[pool].name) == 0)
            return true;
    for (uint32_t k = 0; k < sc->clients; k++)
        if (sc->client[k].timeout == 0 && graph_share(sc, &sc->client[k], pool) != 0)
            return false;
    return true;
}

static void hint_overload(struct reader *rd, uint32_t pool)
{
    const struct station_config *s = &rd->out->backend[pool].station;
    const char *more = s->workers > 1 ? "" : ", let each serve more than 1 at a time (\"workers\")";
    const char *what = has_timeouts(rd->out, pool)
                            ? "latency percentiles that fall among them will be reported as "
                              "\"failed\""
                        : is_finite(rd->out) ? "latency then depends on how long the run is"
                                             : "latency percentiles will be reported as "
                                               "\"saturated\"";

    if (s->queue_limit != NONE)
        err_hint(rd->err, "Lower the rate, add backends%s, unless overload is the question", more);
    else
        err_hint(rd->err,
                 "%s. Lower the rate, add backends%s, or set backends[%u].queue_limit to study "
                 "overload", what, more, pool);
}

static const char *show_overload(const struct scenario *sc, uint32_t pool)
{
    return sc->backend[pool].station.queue_limit != NONE
               ? "its queues stay full and refuse the rest"
           : has_timeouts(sc, pool) ? "its queues grow until requests time out"
                                    : "queues grow for the whole run";
}

static void warn_overload(struct reader *rd, uint32_t pool)
{
    const struct backend_config *b = &rd->out->backend[pool];
    struct offer offer = offered(rd->out, pool);
    double most = isnan(offer.rate) ? INFINITY : capacity(b, offer.demand);
    char offered_text[40], most_text[40];

    if (!(offer.rate >= most))
        return;
    doc_fault(&rd->doc, rd->err, rate_node(rd, pool), DOC_VALUE, "W201",
              "\"%s\" is offered %.0f %% of its capacity (%s/s against %s/s): %s", b->name,
              100 * offer.rate / most, show_rate(offered_text, sizeof offered_text, offer.rate),
              show_rate(most_text, sizeof most_text, most),
              show_overload(rd->out, pool));
    hint_overload(rd, pool);
}

/* A percentile that fewer than five requests lie beyond says little. */
static void warn_few(struct reader *rd)
{
    const struct scenario *sc = rd->out;
    double requests = (double)sc->run.requests,
           last = sc->measure.percentile[sc->measure.percentiles - 1];

    for (uint32_t k = 0; !sc->run.requests && k < sc->clients; k++) {
        const struct arrival_config *a = &sc->client[k].arrival;

        if (a->process == ARRIVAL_CLOSED)
            return;
        if (client_is_flood(&sc->client[k]))
            continue;
        if (!sc->run.duration)
            requests += a->rows;
        else
            requests += arrival_mean_rate(a, sc->run.duration) *
                        (double)(sc->run.duration - sc->run.warmup) / 1e9;
    }
    requests *= sc->run.replications;
    if (requests * (1 - last / 100) >= 5)
        return;

    const cJSON *node = doc_get(doc_get(rd->doc.root, "measure"), "percentiles");

    doc_fault(&rd->doc, rd->err, node ? node : rd->doc.root, DOC_VALUE, "W202",
              "p%.6g of about %.0f requests rests on %.2g of them", last, requests,
              requests * (1 - last / 100));
    err_hint(rd->err, "run longer, raise run.replications, or leave that percentile out");
    warn_at(rd);
}

/* 0.99 is a percentile too, of those that come first. */
static void warn_shares(struct reader *rd)
{
    const struct measure_config *m = &rd->out->measure;
    const cJSON *node = doc_get(doc_get(rd->doc.root, "measure"), "percentiles");

    if (!node || m->percentile[m->percentiles - 1] > 1)
        return;
    doc_fault(&rd->doc, rd->err, node, DOC_VALUE, "W212",
              "all percentiles are below 1: of the quickest requests of a hundred");
    err_hint(rd->err, "percentiles count to 100: [50, 99] are the median and the p99");
    warn_at(rd);
}

/* With arrivals and demands from traces a seed moves nothing but the policies' own draws. */
static void warn_trace(struct reader *rd)
{
    const struct scenario *sc = rd->out;

    for (uint32_t k = 0; k < sc->clients; k++) {
        const struct arrival_config *a = &sc->client[k].arrival;

        if (a->process != ARRIVAL_TRACE || !a->rows || a->row[0].demand == NEVER)
            return;
    }
    if (sc->run.replications < 2)
        return;

    const cJSON *run = doc_get(rd->doc.root, "run");

    doc_fault(&rd->doc, rd->err, run ? run : rd->doc.root, DOC_VALUE, "W206",
              "%u seeds, but arrivals and demands come from a trace: they differ in the policies' "
              "own draws only", sc->run.replications);
    err_hint(rd->err, "intervals speak of those draws, not of other traffic; a policy without "
                      "chance does the same in every seed and has none");
    warn_at(rd);
}

/* Does it swallow requests?  A router before balancers sends them elsewhere in time; an l4 that is
 * gone without one does as if it hung. */
static bool swallows(const struct scenario *sc, const struct event_config *e)
{
    const struct balancer_config *b = e->balancer > 0 ? &sc->balancer[e->balancer - 1] : NULL;

    if (e->kind != EVENT_FAIL || (b != NULL && b->ecmp.hash != ECMP_NONE))
        return false;
    return e->mode == FAIL_HANG || (b != NULL && b->layer == LAYER_L4);
}

/* Requests that a hung backend swallowed stay for ever when nobody has a timeout. */
static void warn_hang(struct reader *rd)
{
    const struct scenario *sc = rd->out;

    for (uint32_t k = 0; k < sc->balancers; k++)
        if (sc->balancer[k].timeout || sc->balancer[k].deadline)
            return;
    for (uint32_t k = 0; k < sc->clients; k++)
        if (sc->client[k].timeout)
            return;
    for (uint32_t k = 0; k < sc->events; k++)
        if (swallows(sc, &sc->event[k])) {
            const cJSON *list = doc_get(rd->doc.root, "events");

            doc_fault(&rd->doc, rd->err, list ? list : rd->doc.root, DOC_VALUE, "W203",
                      "%s hangs and nobody has a timeout: its requests never end",
                      sc->event[k].balancer > 0 ? "a balancer" : "a backend");
            err_hint(rd->err, "give the clients or a balancer a \"timeout\"; without one they "
                              "count as unfinished");
            warn_at(rd);
            return;
        }
}

void load_warn(struct reader *rd)
{
    for (uint32_t k = 0; k < rd->out->backends; k++)
        warn_overload(rd, k);
    warn_few(rd);
    warn_shares(rd);
    warn_trace(rd);
    warn_hang(rd);
    schedule_warn_router(rd, warn_at);
    fields_flows_warn(rd, warn_at);
    signals_warn(rd, warn_at);
}
