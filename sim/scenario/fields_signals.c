/* fields_signals.c - how balancers hear of their backends' load. */
#include "fields_signals.h"

#include <string.h>

#include "../../algorithms/lb.h"

#define LONG (30.0 * 86400e9)
#define REPORTS(member) FIELD_AT(reports_config, member)

static const struct field reports_rows[] = {
    { "interval", &field_duration, REPORTS(interval), .min = 1e6, .max = LONG, .preset = "\"10s\"",
      .help = "between two reports of a backend to an instance" },
    { "together", &field_bool, REPORTS(is_together), .preset = "false",
      .help = "do all backends report at the same time, like a table that is made anew? else they "
              "are spread over the interval" },
    { .key = NULL },
};

const struct field_table fields_reports = {
    .name = "reports",
    .help = "every backend sends its requests in flight, utilisation and rates to every instance "
            "whose algorithm goes by reports (gRPC's ORCA out of band: every 10 s)",
    .row = reports_rows };

/* ---- warnings ---- */

static bool is_pool_of_backends(const struct scenario *sc, const char *name)
{
    for (uint32_t i = 0; i < sc->backends; i++)
        if (strcmp(sc->backend[i].name, name) == 0)
            return true;
    return false;
}

static bool sends_to_backends(const struct scenario *sc, const struct balancer_config *b)
{
    for (uint32_t i = 0; i < balancer_pools(b); i++)
        if (is_pool_of_backends(sc, balancer_pool(b, i)))
            return true;
    return false;
}

/* enum lb_signal of all that may choose there, without what each has of its own. */
static uint32_t heard_by(const struct scenario *sc, uint32_t k)
{
    bool is_compared = k == sc->compare_at && sc->policies > 0;
    uint32_t count = is_compared ? sc->policies : 1, heard = 0;

    for (uint32_t i = 0; i < count; i++) {
        const struct policy *p = is_compared ? &sc->policy[i] : &sc->balancer[k].policy;
        heard |= p->ops ? lb_signals_of(p->ops) : 0;
    }
    return heard & ~(uint32_t)LB_OWN;
}

static bool is_silent(const struct scenario *sc, const struct balancer_config *b, uint32_t heard)
{
    if (heard != 0 && !sends_to_backends(sc, b))
        return true;
    return heard == LB_REPORTED && b->layer == LAYER_L4 && b->reports.interval == 0;
}

static void warn_silent(struct reader *rd, uint32_t k, void (*warn)(struct reader *))
{
    const struct balancer_config *b = &rd->out->balancer[k];
    bool is_l4 = sends_to_backends(rd->out, b);

    doc_fault(&rd->doc, rd->err, doc_item(&rd->doc, "balancers", k, "algorithm"), DOC_VALUE, "W209",
              "\"%s\" goes by what backends say of their load, and none speaks to it: %s", b->name,
              is_l4 ? "an l4 sees no replies" : "it sends to balancers");
    err_hint(rd->err, is_l4 ? "add \"reports\": {}" : "let the tier before the backends do it");
    warn(rd);
}

static void warn_unheard(struct reader *rd, uint32_t k, const char *key,
                         void (*warn)(struct reader *))
{
    doc_fault(&rd->doc, rd->err, doc_item(&rd->doc, "balancers", k, key), DOC_VALUE, "W210",
              "\"%s\" changes nothing: no algorithm of \"%s\" goes by what it is about", key,
              rd->out->balancer[k].name);
    err_hint(rd->err, "`lblab explain ALGORITHM` names the signal of each");
    warn(rd);
}

void signals_warn(struct reader *rd, void (*warn)(struct reader *))
{
    const struct scenario *sc = rd->out;

    for (uint32_t k = 0; k < sc->balancers; k++) {
        const struct balancer_config *b = &sc->balancer[k];
        uint32_t heard = heard_by(sc, k);

        if (is_silent(sc, b, heard))
            warn_silent(rd, k, warn);
        if (b->reports.interval > 0 && !(heard & LB_REPORTED))
            warn_unheard(rd, k, "reports", warn);
        if (b->signal_delay > 0 && heard == 0)
            warn_unheard(rd, k, "signal_delay", warn);
    }
}
