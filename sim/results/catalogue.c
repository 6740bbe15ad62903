/* catalogue.c - the metrics.  A row here is all it takes: JSON, CSV, comparison, checks and tables
 * go through this table. */
#include "catalogue.h"

#include "conclude.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STAR "latency.p*"

static double known(uint64_t v)
{
    return v == NEVER ? NAN : (double)v;
}

/* ---- of a policy ---- */

static uint32_t percentile_index(const struct result *r, double percentile)
{
    for (uint32_t i = 0; i < r->plan.percentiles; i++)
        if (fabs(r->plan.percentile[i] - percentile) < 1e-9)
            return i;
    return NONE;
}

/* A percentile that the scenario did not ask for is read from the pooled histogram, without an
 * interval; steady or not is decided as for those that it did. */
static struct result_quantity policy_quantile(const struct result *r, uint32_t p, double percentile)
{
    uint32_t i = percentile_index(r, percentile);
    const struct result_policy *policy = &r->policy[p];
    struct result_quantity q = { NAN, NAN, NAN, NAN, NAN, NAN, NAN };

    if (i != NONE)
        return policy->quantile[i];
    if (policy->requests && policy->verdict == VERDICT_OK)
        q.value = known(hist_quantile(&policy->latency, percentile / 100, policy->requests));
    return q;
}

#define POLICY_QUANTITY(name)                                               \
    static struct result_quantity policy_##name(const struct result *r,    \
                                                uint32_t p, double unused) \
    {                                                                      \
        (void)unused;                                                      \
        return r->policy[p].name;                                          \
    }

#define POLICY_COUNT(name)                                                  \
    static struct result_quantity policy_##name(const struct result *r,    \
                                                uint32_t p, double unused) \
    {                                                                      \
        (void)unused;                                                      \
        return (struct result_quantity){                                   \
            (double)r->policy[p].name, NAN, NAN, NAN, NAN, NAN, NAN,       \
        };                                                                 \
    }

POLICY_QUANTITY(mean)
POLICY_QUANTITY(max)
POLICY_QUANTITY(throughput)
POLICY_QUANTITY(error_rate)
POLICY_QUANTITY(availability)
POLICY_QUANTITY(imbalance)
POLICY_QUANTITY(share_max)
POLICY_QUANTITY(utilisation_max)
POLICY_QUANTITY(amplification)
POLICY_QUANTITY(remap_moved)
POLICY_QUANTITY(remap_excess)
POLICY_QUANTITY(remap_broken)
POLICY_COUNT(requests)
POLICY_COUNT(completed)
POLICY_COUNT(unfinished)
POLICY_COUNT(attempts)
POLICY_COUNT(retries)

/* ---- of a run: its integers only, so that a result read back has the same ---- */

static double share(uint64_t part, uint64_t all)
{
    return all ? (double)part / (double)all : NAN;
}

static double run_mean(const struct result *r, uint32_t run, double percentile)
{
    (void)percentile;
    return known(r->run[run].mean);
}

static double run_quantile(const struct result *r, uint32_t run, double percentile)
{
    uint32_t i = percentile_index(r, percentile);

    return i == NONE ? NAN : known(r->run[run].quantile[i]);
}

static double run_max(const struct result *r, uint32_t run, double percentile)
{
    (void)percentile;
    return known(r->run[run].max);
}

static double run_throughput(const struct result *r, uint32_t run, double percentile)
{
    const struct result_run *x = &r->run[run];

    (void)percentile;
    return x->measured ? (double)x->done * (double)SECOND / (double)x->measured : NAN;
}

static double run_error_rate(const struct result *r, uint32_t run, double percentile)
{
    (void)percentile;
    return share(r->run[run].requests - r->run[run].completed, r->run[run].requests);
}

static double run_availability(const struct result *r, uint32_t run, double percentile)
{
    (void)percentile;
    return share(r->run[run].completed, r->run[run].requests);
}

static double run_share_max(const struct result *r, uint32_t run, double percentile)
{
    uint64_t most = 0, all = 0;

    (void)percentile;
    for (uint32_t b = 0; b < r->plan.backends; b++) {
        uint64_t asked = r->run[run].backend[b].asked;

        most = asked > most ? asked : most;
        all += asked;
    }
    return share(most, all);
}

static double run_imbalance(const struct result *r, uint32_t run, double percentile)
{
    return run_share_max(r, run, percentile) * r->plan.backends;
}

/* Backends without a limit of workers have no utilisation. */
static double run_utilisation_max(const struct result *r, uint32_t run, double percentile)
{
    const struct result_run *x = &r->run[run];
    double most = NAN;

    (void)percentile;
    for (uint32_t b = 0; b < r->plan.backends && x->observed; b++)
        if (isfinite(r->plan.backend_workers[b]))
            most = fmax(most, (double)x->backend[b].busy / (double)x->observed
                                  / r->plan.backend_workers[b]);
    return most;
}

static double run_amplification(const struct result *r, uint32_t run, double percentile)
{
    (void)percentile;
    return share(r->run[run].attempts, r->run[run].requests);
}

/* All events together. */
static struct result_remap remap_of(const struct result_run *run)
{
    struct result_remap sum = { .keys = 0 };

    for (uint32_t i = 0; i < run->remaps; i++) {
        sum.keys += run->remap[i].keys;
        sum.moved += run->remap[i].moved;
        sum.unavoidable += run->remap[i].unavoidable;
        sum.broken += run->remap[i].broken;
    }
    return sum;
}

static double run_remap_moved(const struct result *r, uint32_t run, double percentile)
{
    struct result_remap sum = remap_of(&r->run[run]);

    (void)percentile;
    return share(sum.moved, sum.keys);
}

static double run_remap_excess(const struct result *r, uint32_t run, double percentile)
{
    struct result_remap sum = remap_of(&r->run[run]);

    (void)percentile;
    return share(sum.moved, sum.keys) - share(sum.unavoidable, sum.keys);
}

/* Without a change of membership in the whole result there is nothing to break. */
static double run_remap_broken(const struct result *r, uint32_t run, double percentile)
{
    (void)percentile;
    return r->remaps ? (double)remap_of(&r->run[run]).broken : NAN;
}

static double run_requests(const struct result *r, uint32_t run, double percentile)
{
    (void)percentile;
    return (double)r->run[run].requests;
}

static double run_completed(const struct result *r, uint32_t run, double percentile)
{
    (void)percentile;
    return (double)r->run[run].completed;
}

static double run_unfinished(const struct result *r, uint32_t run, double percentile)
{
    (void)percentile;
    return (double)r->run[run].unfinished;
}

static double run_attempts(const struct result *r, uint32_t run, double percentile)
{
    (void)percentile;
    return (double)r->run[run].attempts;
}

static double run_retries(const struct result *r, uint32_t run, double percentile)
{
    (void)percentile;
    return (double)r->run[run].retries;
}

#define PART(name_, part_, help_)                                                      \
    { name_, METRIC_NS, METRIC_NEITHER, "mean time that a request which succeeded spent " help_, \
      .source = METRIC_PART, .index = part_, .over = OVER_COMPLETED }

#define CORES(name_, tally_, help_)                                                  \
    { name_, METRIC_RATIO, METRIC_NEITHER, "cores that were busy on average with " help_, \
      .index = tally_, .over = OVER_TIME }

/* Those without a better direction are shown and never judged: the greatest of more requests is
 * greater, and unequal shares are right where backends are unequal. */
static const struct metric metrics[] = {
    { "latency.mean", METRIC_NS, METRIC_LESS, "mean response time of the requests that succeeded",
      policy_mean, run_mean },
    { STAR, METRIC_NS, METRIC_LESS,
      "percentile of the response time; a request that failed or did not finish counts as infinite",
      policy_quantile, run_quantile },
    { "latency.max", METRIC_NS, METRIC_NEITHER, "longest response time of a request that succeeded",
      policy_max, run_max },
    { "error_rate", METRIC_SHARE, METRIC_LESS,
      "share of the requests that failed or did not finish", policy_error_rate, run_error_rate },
    { "availability", METRIC_SHARE, METRIC_MORE, "share of the requests that succeeded",
      policy_availability, run_availability },
    { "throughput", METRIC_PER_SECOND, METRIC_MORE,
      "requests that succeeded while others still arrived, per second", policy_throughput,
      run_throughput },
    { "goodput", METRIC_PER_SECOND, METRIC_NEITHER,
      "throughput by its other name: what was done in time, whatever work it took",
      policy_throughput, run_throughput },
    { "imbalance", METRIC_RATIO, METRIC_NEITHER,
      "requests that reached the busiest backend, over the mean of all", policy_imbalance,
      run_imbalance },
    { "share.max", METRIC_SHARE, METRIC_NEITHER,
      "share of the requests that reached the busiest backend", policy_share_max, run_share_max },
    { "utilisation.max", METRIC_SHARE, METRIC_NEITHER,
      "share of the time that the workers of the busiest backend were busy",
      policy_utilisation_max, run_utilisation_max },
    { "amplification", METRIC_RATIO, METRIC_NEITHER,
      "attempts that ended at a backend, per request", policy_amplification, run_amplification },
    { "remap.moved", METRIC_SHARE, METRIC_LESS,
      "share of the keys that changed backend, over all events", policy_remap_moved,
      run_remap_moved },
    { "remap.excess", METRIC_SHARE, METRIC_LESS,
      "share of the keys that changed backend though they had not to", policy_remap_excess,
      run_remap_excess },
    { "remap.broken", METRIC_COUNT, METRIC_LESS,
      "connections that lost their backend, over all events", policy_remap_broken,
      run_remap_broken },
    { "requests", METRIC_COUNT, METRIC_NEITHER, "requests born after warm-up", policy_requests,
      run_requests },
    { "completed", METRIC_COUNT, METRIC_NEITHER, "requests that succeeded", policy_completed,
      run_completed },
    { "unfinished", METRIC_COUNT, METRIC_NEITHER, "requests still open when the run ended",
      policy_unfinished, run_unfinished },
    { "attempts", METRIC_COUNT, METRIC_NEITHER, "attempts that ended at a backend, after warm-up",
      policy_attempts, run_attempts },
    { "retries", METRIC_COUNT, METRIC_NEITHER, "attempts after the first, after warm-up",
      policy_retries, run_retries },
    PART("time.connect", PART_CONNECT, "waiting for a connection"),
    PART("time.tls", PART_TLS, "in TLS: handshakes, and work on its bytes"),
    PART("time.network", PART_NETWORK, "on links"),
    PART("time.balancer_queue", PART_BALANCER_QUEUE, "waiting at balancers"),
    PART("time.balancer_work", PART_BALANCER_WORK, "worked on by balancers"),
    PART("time.backend_queue", PART_BACKEND_QUEUE, "at the backend beyond its own work"),
    PART("time.service", PART_SERVICE, "in service at the backend"),
    PART("time.retries", PART_RETRIES, "lost to attempts that came to nothing"),
    { "sessions", METRIC_COUNT, METRIC_NEITHER, "sessions that began: a first request was served",
      .index = TALLY_SESSIONS },
    { "sessions.moved", METRIC_COUNT, METRIC_NEITHER,
      "times that a session was served by another backend than before",
      .index = TALLY_SESSIONS_MOVED },
    { "sessions.lost", METRIC_COUNT, METRIC_NEITHER,
      "times that a session's state was not there: it had moved, or its backend died meanwhile",
      .index = TALLY_SESSIONS_LOST },
    { "retries.per_request", METRIC_RATIO, METRIC_NEITHER,
      "attempts made after the first, per request; amplification has those that ended only",
      .index = TALLY_RETRIES, .over = OVER_REQUESTS },
    { "retries.client", METRIC_COUNT, METRIC_NEITHER, "retries that clients made themselves",
      .index = TALLY_CLIENT_RETRIES },
    { "retries.denied", METRIC_COUNT, METRIC_NEITHER,
      "retries and hedges that a budget, or a limit on retries, did not allow",
      .index = TALLY_RETRIES_DENIED },
    { "retries.redispatched", METRIC_COUNT, METRIC_NEITHER,
      "retries that left their backend, where others stay", .index = TALLY_REDISPATCHED },
    { "breaker.opened", METRIC_COUNT, METRIC_NEITHER, "times that a circuit breaker opened",
      .index = TALLY_BREAKER_OPENED },
    { "breaker.refused", METRIC_COUNT, METRIC_NEITHER,
      "attempts refused at once: a breaker was open, or a limit on requests reached",
      .index = TALLY_BREAKER_REFUSED },
    { "queue.waited", METRIC_RATIO, METRIC_NEITHER,
      "waits in balancers' queues, per request", .index = TALLY_QUEUE_WAITED,
      .over = OVER_REQUESTS },
    { "queue.refused", METRIC_COUNT, METRIC_NEITHER, "requests that found a balancer's queue full",
      .index = TALLY_QUEUE_REFUSED },
    { "queue.timeouts", METRIC_COUNT, METRIC_NEITHER,
      "requests that waited in a balancer's queue as long as they may",
      .index = TALLY_QUEUE_TIMEOUTS },
    { "detection.mean", METRIC_NS, METRIC_LESS,
      "from a backend's fault to when the last balancer instance has taken it out, mean of those "
      "found", .index = TALLY_DETECTION_NS, .over = OVER_TALLY,
      .over_tally = TALLY_FAULTS_DETECTED },
    { "detection.max", METRIC_NS, METRIC_LESS, "the longest of these",
      .index = TALLY_DETECTION_MAX_NS, .over = OVER_IF_TALLY,
      .over_tally = TALLY_FAULTS_DETECTED },
    { "detection.share", METRIC_SHARE, METRIC_MORE,
      "share of the faults that every balancer instance found while they lasted",
      .index = TALLY_FAULTS_DETECTED, .over = OVER_TALLY, .over_tally = TALLY_FAULTS },
    { "detection.lost", METRIC_COUNT, METRIC_LESS,
      "requests, retries among them, that a backend at fault did not answer with ok",
      .index = TALLY_FAULT_FAILED },
    { "faults", METRIC_COUNT, METRIC_NEITHER, "faults of backends that balancers watch",
      .index = TALLY_FAULTS },
    { "ejections", METRIC_COUNT, METRIC_NEITHER,
      "times that a balancer instance took a backend out", .index = TALLY_TAKEN_OUT },
    { "ejections.false", METRIC_COUNT, METRIC_LESS,
      "times that it took one out that was well", .index = TALLY_TAKEN_OUT_WELL },
    { "probes", METRIC_PER_SECOND, METRIC_NEITHER, "checks that balancers sent, per second",
      .index = TALLY_PROBES, .over = OVER_SECONDS },
    { "signals.sent", METRIC_PER_SECOND, METRIC_NEITHER,
      "probes for load, reports of it and idle tokens sent, per second", .index = TALLY_SIGNALS,
      .over = OVER_SECONDS },
    { "restarts", METRIC_COUNT, METRIC_NEITHER, "backends that their keeper restarted",
      .index = TALLY_RESTARTS },
    { "connections.opened", METRIC_COUNT, METRIC_NEITHER, "connections that clients opened",
      .index = TALLY_CONNECTIONS_OPENED },
    { "connections.upstream", METRIC_RATIO, METRIC_NEITHER,
      "connections that l7s opened to their backends, per request",
      .index = TALLY_UPSTREAM_OPENED, .over = OVER_REQUESTS },
    { "connections.migrated", METRIC_COUNT, METRIC_NEITHER,
      "times that a QUIC connection moved to another address", .index = TALLY_MIGRATIONS },
    { "datagrams.lost", METRIC_COUNT, METRIC_LESS,
      "datagrams, or answers to one, that nobody got", .index = TALLY_DATAGRAMS_LOST },
    { "path.losses", METRIC_RATIO, METRIC_NEITHER,
      "messages that came late because a packet of theirs was lost, per request",
      .index = TALLY_LOSSES, .over = OVER_REQUESTS },
    { "path.blocked", METRIC_RATIO, METRIC_LESS,
      "messages that waited for what an earlier one had lost, per request",
      .index = TALLY_BLOCKED, .over = OVER_REQUESTS },
    { "cache.hit_rate", METRIC_SHARE, METRIC_MORE,
      "share of the look-ups at caches that found what was asked for", .index = TALLY_CACHE_HITS,
      .over = OVER_TALLY, .over_tally = TALLY_CACHE_LOOKUPS },
    { "connections.broken", METRIC_COUNT, METRIC_LESS,
      "connections that stood, and lost their backend, their balancer or their place in a table",
      .index = TALLY_CONNECTIONS_BROKEN },
    { "nat.exhausted", METRIC_COUNT, METRIC_LESS, "connections for which a NAT had no port left",
      .index = TALLY_NAT_EXHAUSTED },
    { "nat.ports_max", METRIC_COUNT, METRIC_NEITHER,
      "most ports of one outside address that were taken at a time, TIME_WAIT included",
      .index = TALLY_NAT_PORTS_MAX },
    { "flows.evicted", METRIC_COUNT, METRIC_LESS,
      "entries that an L4's table dropped for newer ones though their connections stood",
      .index = TALLY_FLOWS_EVICTED },
    { "flows.refused", METRIC_COUNT, METRIC_LESS,
      "connections for which an L4's table had no room", .index = TALLY_FLOWS_REFUSED },
    { "flows.adopted", METRIC_COUNT, METRIC_NEITHER,
      "messages of connections that an L4 did not know, for which it picked anew",
      .index = TALLY_FLOWS_ADOPTED },
    { "flows.dropped", METRIC_COUNT, METRIC_LESS,
      "messages that an L4 dropped because their backend was gone", .index = TALLY_FLOWS_DROPPED },
    { "ecmp.lost", METRIC_COUNT, METRIC_LESS,
      "messages, sent again ones too, that a router sent to a balancer instance that was gone",
      .index = TALLY_ECMP_LOST },
    { "misdirected", METRIC_SHARE, METRIC_LESS,
      "share of the requests that came to servers of another host (421), on a connection that an "
      "l4 had led there by its first request's name", .index = TALLY_MISDIRECTED,
      .over = OVER_REQUESTS },
    { "limited", METRIC_SHARE, METRIC_LESS,
      "share of the clients' requests that a balancer's \"limit\" refused", .index = TALLY_LIMITED,
      .over = OVER_REQUESTS },
    { "flood.rate", METRIC_PER_SECOND, METRIC_NEITHER, "SYNs and requests of floods, per second",
      .index = TALLY_FLOOD_SENT, .over = OVER_SECONDS },
    { "flood.dropped", METRIC_SHARE, METRIC_NEITHER,
      "share of them that was dropped before a balancer looked at it",
      .index = TALLY_FLOOD_DROPPED, .over = OVER_TALLY, .over_tally = TALLY_FLOOD_SENT },
    { "syn.lost", METRIC_COUNT, METRIC_LESS,
      "SYNs of clients that were dropped, for lack of a place or by a limit",
      .index = TALLY_SYN_LOST },
    { "syn.cookies", METRIC_PER_SECOND, METRIC_NEITHER,
      "SYNs that were answered with a cookie, per second", .index = TALLY_SYN_COOKIES,
      .over = OVER_SECONDS },
    CORES("cpu.l4", TALLY_CPU_L4, "L4 balancers"),
    CORES("cpu.l7", TALLY_CPU_L7, "L7 balancers"),
    CORES("cpu.tls", TALLY_CPU_TLS, "TLS at balancers"),
    CORES("cpu.backend", TALLY_CPU_BACKEND, "what comes before the service at backends"),
    CORES("cpu.backend_tls", TALLY_CPU_BACKEND_TLS, "TLS at backends"),
    { "tls.handshakes", METRIC_COUNT, METRIC_NEITHER, "TLS handshakes", .index = TALLY_HANDSHAKES },
    { "tls.resumed", METRIC_SHARE, METRIC_NEITHER, "share of them that resumed a session",
      .index = TALLY_HANDSHAKES_RESUMED, .over = OVER_TALLY, .over_tally = TALLY_HANDSHAKES },
    { "wire.bytes_up", METRIC_RATIO, METRIC_NEITHER,
      "bytes through balancers on the way to backends, per request that succeeded",
      .index = TALLY_BYTES_UP, .over = OVER_COMPLETED },
    { "wire.bytes_down", METRIC_RATIO, METRIC_NEITHER, "bytes through balancers on the way back",
      .index = TALLY_BYTES_DOWN, .over = OVER_COMPLETED },
    { "wire.packets_up", METRIC_RATIO, METRIC_NEITHER,
      "packets through balancers on the way to backends, per request that succeeded",
      .index = TALLY_PACKETS_UP, .over = OVER_COMPLETED },
    { "wire.packets_down", METRIC_RATIO, METRIC_NEITHER,
      "packets through balancers on the way back",
      .index = TALLY_PACKETS_DOWN, .over = OVER_COMPLETED },
    { "wire.bytes_through", METRIC_SHARE, METRIC_NEITHER,
      "share of all bytes that passed the balancer, and not by it (DSR)",
      .index = TALLY_BYTES_THROUGH, .over = OVER_TALLY, .over_tally = TALLY_BYTES_ALL },
    { "wire.packets_through", METRIC_SHARE, METRIC_NEITHER,
      "share of all packets that passed the balancer, and not by it (DSR)",
      .index = TALLY_PACKETS_THROUGH, .over = OVER_TALLY, .over_tally = TALLY_PACKETS_ALL },
    { .name = NULL },
};

/* ---- metrics that are counted ---- */

double metric_of_counts(const struct metric *m, const struct metric_counts *c)
{
    double value = (double)(m->source == METRIC_PART ? c->spent : c->tally)[m->index], by = 1;

    switch (m->over) {
    case OVER_NOTHING:
        break;
    case OVER_REQUESTS:
        by = (double)c->requests;
        break;
    case OVER_COMPLETED:
        by = (double)c->completed;
        break;
    case OVER_SECONDS:
        by = c->seconds;
        break;
    case OVER_TIME:
        by = c->seconds * (double)SECOND;
        break;
    case OVER_TALLY:
        by = (double)c->tally[m->over_tally];
        break;
    case OVER_IF_TALLY:
        by = c->tally[m->over_tally] > 0;
        break;
    }
    return by > 0 ? value / by : NAN;
}

static double counted_of_run(const struct metric *m, const struct result *r, uint32_t run)
{
    const struct result_run *x = &r->run[run];
    struct metric_counts c = { x->tally, x->spent, x->requests, x->completed,
                        (double)x->measured / (double)SECOND };

    return metric_of_counts(m, &c);
}

/* A count is one seed's mean; a share is that of all seeds together. */
static struct result_quantity counted_of_policy(const struct metric *m, const struct result *r,
                                                uint32_t policy)
{
    const struct result_policy *p = &r->policy[policy];
    struct metric_counts c = { p->tally, p->spent, p->requests, p->completed, 0 };
    double pooled;

    for (uint32_t k = 0; k < r->plan.replications; k++)
        c.seconds += (double)r->run[policy * r->plan.replications + k].measured / (double)SECOND;
    pooled = metric_of_counts(m, &c);
    if (m->over == OVER_NOTHING || m->over == OVER_IF_TALLY)
        pooled /= r->plan.replications;
    return conclude_quantity(r, policy, m, pooled);
}

struct result_quantity metric_of_policy(const struct metric *m, const struct result *r,
                                        uint32_t policy, double percentile)
{
    return m->of_policy != NULL ? m->of_policy(r, policy, percentile)
                                : counted_of_policy(m, r, policy);
}

double metric_of_run(const struct metric *m, const struct result *r, uint32_t run,
                     double percentile)
{
    return m->of_run != NULL ? m->of_run(r, run, percentile) : counted_of_run(m, r, run);
}

bool metric_is_part(const struct metric *m)
{
    return m->of_run == NULL && m->source == METRIC_PART;
}

bool metric_is_latency(const struct metric *m)
{
    return m->unit == METRIC_NS && (m->of_run != NULL || metric_is_part(m));
}

bool metric_is_untold(const struct metric *m, const struct result *r)
{
    for (uint32_t i = 0; m->of_run == NULL && i < r->runs; i++)
        if ((m->source == METRIC_PART ? r->run[i].spent : r->run[i].tally)[m->index] != 0)
            return false;
    return m->of_run == NULL;
}

const struct metric *metric_all(void)
{
    return metrics;
}

/* "latency.p99.9" is the row with the star, and 99.9. */
static const struct metric *find_percentile(const struct metric *m, const char *name,
                                            double *percentile)
{
    size_t stem = strlen(STAR) - 1;
    char *end;

    if (strncmp(name, STAR, stem) != 0 || strspn(name + stem, "0123456789.") != strlen(name + stem))
        return NULL;
    *percentile = strtod(name + stem, &end);
    return end != name + stem && *end == '\0' && *percentile > 0 && *percentile < 100 ? m : NULL;
}

const struct metric *metric_find(const char *name, double *percentile)
{
    *percentile = NAN;
    for (const struct metric *m = metrics; m->name; m++) {
        if (!metric_is_percentile(m) && strcmp(m->name, name) == 0)
            return m;
        if (metric_is_percentile(m) && find_percentile(m, name, percentile))
            return m;
    }
    return NULL;
}

bool metric_is_percentile(const struct metric *m)
{
    return strcmp(m->name, STAR) == 0;
}

const char *metric_show_name(char *buf, size_t size, const struct metric *m, double percentile)
{
    if (metric_is_percentile(m))
        snprintf(buf, size, "%.*s%.10g", (int)strlen(STAR) - 1, m->name, percentile);
    else
        snprintf(buf, size, "%s", m->name);
    return buf;
}
