/* outlier.c - detectors as a table: each says of a result, or of an interval, which hosts it finds.
 *
 * A threshold mean - k sd is asked as (mean - rate)^2 > k^2 variance: no root is drawn. */
#include "outlier.h"

#include "../base/rng.h"
#include "../base/xalloc.h"

#include <stdlib.h>

struct host {
    uint32_t in_a_row[OUTLIER_SUCCESS_RATE];
    uint64_t good, bad;             /* in this interval */
    uint32_t multiplier;            /* one more an ejection, one less a tick in good standing */
    nsec     ejected;
    bool     is_out, is_gone;
};

struct outlier {
    const struct outlier_config *config;
    struct host *host;
    uint32_t hosts, capacity, present, out;
    struct rng rng;
};

struct outlier *outlier_new(const struct outlier_config *c, uint64_t seed)
{
    struct outlier *o = xcalloc(1, sizeof *o);

    *o = (struct outlier){ .config = c, .rng = rng_stream(seed, "outlier", 0) };
    return o;
}

void outlier_free(struct outlier *o)
{
    if (o != NULL)
        free(o->host);
    free(o);
}

void outlier_add(struct outlier *o)
{
    if (o->hosts == o->capacity) {
        o->capacity = o->capacity ? 2 * o->capacity : 16;
        o->host = xrealloc(o->host, o->capacity, sizeof *o->host);
    }
    o->host[o->hosts++] = (struct host){ .good = 0 };
    o->present++;
}

void outlier_remove(struct outlier *o, uint32_t host)
{
    struct host *h = &o->host[host];

    if (h->is_gone)
        return;
    o->present--;
    o->out -= h->is_out;
    h->is_gone = true;
    h->is_out = false;
}

bool outlier_is_out(const struct outlier *o, uint32_t host)
{
    return o->host[host].is_out;
}

/* ---- ejection ---- */

static bool is_room(const struct outlier *o)
{
    const struct outlier_config *c = o->config;
    double most = c->max_ejection_percent * o->present;

    if (c->limit == OUTLIER_UNTIL)
        return o->out < most;
    return o->out + 1 <= most || (c->always_one && o->out == 0);
}

static bool eject(struct outlier *o, struct host *h, nsec now, enum outlier_detector by)
{
    if (h->is_out || h->is_gone || !is_room(o))
        return false;
    if (rng_uniform(&o->rng) >= o->config->enforcing[by])
        return false;
    h->is_out = true;
    h->ejected = now;
    h->multiplier++;
    o->out++;
    return true;
}

static void let_back(struct outlier *o, struct host *h)
{
    h->is_out = false;
    o->out--;
    for (uint32_t i = 0; i < OUTLIER_SUCCESS_RATE; i++)
        h->in_a_row[i] = 0;
}

bool outlier_forgive(struct outlier *o, uint32_t host)
{
    struct host *h = &o->host[host];

    if (!h->is_out || !o->config->forgives)
        return false;
    let_back(o, h);
    return true;
}

static nsec ejection_time(const struct outlier_config *c, uint32_t multiplier)
{
    nsec time = c->base_ejection_time * multiplier;

    return time < c->max_ejection_time ? time : c->max_ejection_time;
}

/* ---- failures in a row ---- */

static bool is_local(enum status s)
{
    return s == STATUS_REFUSED || s == STATUS_RESET || s == STATUS_TIMEOUT;
}

/* What a detector makes of a result. */
enum sees { SEES_GOOD, SEES_BAD, SEES_NOTHING };

static enum sees see_5xx(const struct outlier_config *c, enum status s)
{
    if (c->split && is_local(s))
        return SEES_NOTHING;
    return s == STATUS_OK ? SEES_GOOD : SEES_BAD;
}

static enum sees see_gateway(const struct outlier_config *c, enum status s)
{
    if (c->split && is_local(s))
        return SEES_NOTHING;
    return s == STATUS_OK || s == STATUS_ERROR ? SEES_GOOD : SEES_BAD;
}

static enum sees see_local(const struct outlier_config *c, enum status s)
{
    if (!c->split)
        return SEES_NOTHING;
    return is_local(s) ? SEES_BAD : SEES_GOOD;
}

static enum sees (*const see[OUTLIER_SUCCESS_RATE])(const struct outlier_config *, enum status) = {
    [OUTLIER_5XX] = see_5xx, [OUTLIER_GATEWAY] = see_gateway, [OUTLIER_LOCAL] = see_local,
};

bool outlier_note(struct outlier *o, uint32_t host, nsec now, enum status status)
{
    struct host *h = &o->host[host];
    bool is_news = false;

    if (status == STATUS_CANCELLED)
        return false;
    h->good += status == STATUS_OK;
    h->bad += status != STATUS_OK;
    for (uint32_t i = 0; i < OUTLIER_SUCCESS_RATE; i++) {
        enum sees sees = see[i](o->config, status);

        if (sees == SEES_GOOD)
            h->in_a_row[i] = 0;
        if (sees != SEES_BAD || ++h->in_a_row[i] != o->config->in_a_row[i])
            continue;
        h->in_a_row[i] = 0;
        is_news |= eject(o, h, now, (enum outlier_detector)i);
    }
    return is_news;
}

/* ---- rates ---- */

/* Hosts that had so many requests; the mean and variance of their success rates, in percent. */
struct rates { uint32_t hosts; double mean, variance; };

static bool is_counted(const struct host *h, uint32_t volume)
{
    return !h->is_out && !h->is_gone && h->good + h->bad > 0 && h->good + h->bad >= volume;
}

static double success_of(const struct host *h)
{
    return 100.0 * (double)h->good / (double)(h->good + h->bad);
}

static struct rates rates_of(const struct outlier *o, uint32_t volume)
{
    struct rates r = { .hosts = 0 };

    for (uint32_t i = 0; i < o->hosts; i++)
        if (is_counted(&o->host[i], volume)) {
            r.hosts++;
            r.mean += success_of(&o->host[i]);
        }
    r.mean = r.hosts > 0 ? r.mean / r.hosts : 0;
    for (uint32_t i = 0; i < o->hosts; i++)
        if (is_counted(&o->host[i], volume)) {
            double off = success_of(&o->host[i]) - r.mean;

            r.variance += off * off / r.hosts;
        }
    return r;
}

static bool is_below(const struct outlier_config *c, const struct rates *r, const struct host *h)
{
    double short_of = r->mean - success_of(h);

    double factor = c->success_factor;

    return short_of > 0 && short_of * short_of > factor * factor * r->variance;
}

static bool is_failing(const struct outlier_config *c, const struct rates *r, const struct host *h)
{
    (void)r;
    return 100 - success_of(h) >= 100 * c->failure_threshold;
}

static void find(struct outlier *o, nsec now, enum outlier_detector by, uint32_t least_hosts,
                 uint32_t volume,
                 bool (*is_found)(const struct outlier_config *, const struct rates *,
                                  const struct host *))
{
    struct rates r = rates_of(o, volume);

    if (r.hosts < least_hosts || r.hosts == 0)
        return;
    for (uint32_t i = 0; i < o->hosts; i++)
        if (is_counted(&o->host[i], volume) && is_found(o->config, &r, &o->host[i]))
            eject(o, &o->host[i], now, by);
}

/* ---- the tick ---- */

/* Back when its time is over; in good standing, one step is forgiven. */
static void review(struct outlier *o, struct host *h, nsec now)
{
    if (!h->is_out)
        h->multiplier -= h->multiplier > 0;
    else if (now >= h->ejected + ejection_time(o->config, h->multiplier))
        let_back(o, h);
}

void outlier_tick(struct outlier *o, nsec now, void (*changed)(void *arg, uint32_t host), void *arg)
{
    const struct outlier_config *c = o->config;
    bool *was_out = xcalloc(o->hosts + 1, sizeof *was_out);

    for (uint32_t i = 0; i < o->hosts; i++) {
        was_out[i] = o->host[i].is_out;
        review(o, &o->host[i], now);
    }
    find(o, now, OUTLIER_SUCCESS_RATE, c->success_hosts, c->success_volume, is_below);
    find(o, now, OUTLIER_FAILURE_RATE, c->failure_hosts, c->failure_volume, is_failing);
    for (uint32_t i = 0; i < o->hosts; i++) {
        o->host[i].good = o->host[i].bad = 0;
        if (o->host[i].is_out != was_out[i])
            changed(arg, i);
    }
    free(was_out);
}
