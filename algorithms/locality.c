/* locality.c - zones: by weight (Envoy's locality weights), or one's own zone first as far as that
 * keeps backends evenly loaded (Envoy's zone-aware routing).
 *
 * A zone weighs as much as its backends do, and less from the moment that over-provisioning does
 * not make up for those that are down. */
#include "parts.h"

#include "fmath.h"

#include <stdlib.h>

enum { WEIGHTED, AWARE };
static const char *const mode_words[] = { "weighted", "aware", NULL };
enum { WHOLE = 10000, MOST_ZONES = 256 };           /* shares are in ten-thousandths */

struct zone {
    uint64_t weight;                     /* configured, of all its backends */
    uint32_t all, up;
    double   effective;                  /* weight * percent that it can carry */
    double   deadline;
    uint64_t came;
    uint32_t rest;                       /* aware: what its backends have beyond its balancers */
};

struct locality {
    struct parts zones;                  /* by zone */
    struct parts flat;                   /* aware: one, of all; where zones are not looked at */
    uint32_t     mode, overprovisioning, least, percent;
    struct zone *zone;                   /* [zones.count] */
    double       now;
    uint64_t     came;
    uint32_t     up, rests;              /* sums over zones */
    uint32_t     local;                  /* aware: share that stays; WHOLE: all */
    bool         is_flat;
};

static uint32_t zone_of(const struct lb *lb, uint32_t i)
{
    uint32_t zone = lb_place_of(lb, i).zone;

    return zone < MOST_ZONES ? zone : MOST_ZONES - 1;
}

/* ---- what zones can carry ---- */

static void count_backends(struct lb *lb)
{
    struct locality *l = lb->state;

    l->up = lb->live_count;
    for (uint32_t k = 0; k < l->zones.count; k++)
        l->zone[k] = (struct zone){ .weight = 0 };
    for (uint32_t i = 0; i < lb->count; i++) {
        const struct lb_backend *b = &lb->backend[i];
        struct zone *z = &l->zone[zone_of(lb, i)];

        if (b->state == LB_GONE || b->weight == 0)
            continue;
        z->weight += b->weight;
        z->all++;
        z->up += b->state == LB_UP;
    }
}

static void set_deadline(struct locality *l, struct zone *z)
{
    z->deadline = l->now + 1 / z->effective;
    z->came = ++l->came;
}

/* Hashes do not scale by what is up: their keys would move between zones at every failure. */
static void weigh_zones(struct lb *lb)
{
    struct locality *l = lb->state;

    l->now = 0;
    for (uint32_t k = 0; k < l->zones.count; k++) {
        struct zone *z = &l->zone[k];
        uint64_t percent = z->all > 0 ? (uint64_t)l->overprovisioning * z->up / z->all : 0;

        if (lb->traits & LB_BY_KEY)
            percent = z->up > 0 ? 100 : 0;
        z->effective = (double)z->weight * (percent < 100 ? (double)percent : 100);
        if (z->effective > 0)
            set_deadline(l, z);
    }
}

/* ---- zone-aware: shares of balancers and of backends ---- */

static uint32_t share_of(uint64_t part, uint64_t all)
{
    return all > 0 ? (uint32_t)(part * WHOLE / all) : 0;
}

static uint32_t balancers_in(const struct lb_site *site, uint32_t zone)
{
    return zone < site->zones ? share_of(site->balancers[zone], site->count) : 0;
}

static uint32_t zones_with_backends(const struct locality *l)
{
    uint32_t zones = 0;

    for (uint32_t k = 0; k < l->zones.count; k++)
        zones += l->zone[k].all > 0;
    return zones;
}

static uint32_t zones_with_balancers(const struct lb_site *site)
{
    uint32_t zones = 0;

    for (uint32_t k = 0; k < site->zones; k++)
        zones += site->balancers[k] > 0;
    return zones;
}

static bool knows_enough(const struct lb *lb)
{
    const struct locality *l = lb->state;

    return lb->site != NULL && lb->site->zone < l->zones.count && l->up >= l->least
        && l->zone[lb->site->zone].up > 0 && zones_with_backends(l) > 1
        && zones_with_backends(l) == zones_with_balancers(lb->site);
}

static void share_zones(struct lb *lb)
{
    struct locality *l = lb->state;
    uint32_t own, ours;

    l->is_flat = !knows_enough(lb);
    if (l->is_flat)
        return;
    own = share_of(l->zone[lb->site->zone].up, l->up);
    ours = balancers_in(lb->site, lb->site->zone);
    l->local = own >= ours ? WHOLE : share_of(own, ours);
    l->rests = 0;
    for (uint32_t k = 0; k < l->zones.count; k++) {
        uint32_t there = share_of(l->zone[k].up, l->up), need = balancers_in(lb->site, k);

        l->zone[k].rest = k != lb->site->zone && there > need ? there - need : 0;
        l->rests += l->zone[k].rest;
    }
}

static void follow(struct lb *lb)
{
    struct locality *l = lb->state;

    count_backends(lb);
    if (l->mode == AWARE)
        share_zones(lb);
    else
        weigh_zones(lb);
}

/* ---- choosing a zone ---- */

static uint32_t earliest(const struct locality *l)
{
    uint32_t best = LB_NONE;

    for (uint32_t k = 0; k < l->zones.count; k++) {
        const struct zone *z = &l->zone[k];

        if (z->effective > 0 && (best == LB_NONE || z->deadline < l->zone[best].deadline
            || (z->deadline == l->zone[best].deadline && z->came < l->zone[best].came)))
            best = k;
    }
    return best;
}

/* Weighted rendezvous: a zone that leaves moves its own keys only. */
static uint32_t zone_of_key(const struct locality *l, uint64_t hash)
{
    uint32_t best = LB_NONE;
    double least = 0;

    for (uint32_t k = 0; k < l->zones.count; k++) {
        uint64_t mixed = lb_mix(hash ^ lb_mix(k + 1));
        double cost = -fm_log(((double)(mixed >> 11) + 0.5) * 0x1p-53) / l->zone[k].effective;

        if (l->zone[k].effective > 0 && (best == LB_NONE || cost < least)) {
            best = k;
            least = cost;
        }
    }
    return best;
}

static uint32_t zone_by_weight(struct lb *lb, const struct lb_request *rq)
{
    struct locality *l = lb->state;
    uint32_t k;

    if (l->zones.count == 1)
        return 0;
    if (lb->traits & LB_BY_KEY)
        return zone_of_key(l, rq->hash);
    k = earliest(l);
    if (k != LB_NONE) {
        l->now = l->zone[k].deadline;
        set_deadline(l, &l->zone[k]);
    }
    return k;
}

static uint32_t zone_beyond(struct lb *lb)
{
    struct locality *l = lb->state;
    uint32_t point = lb_random_below(lb, l->rests), k = 0;

    while (point >= l->zone[k].rest)
        point -= l->zone[k++].rest;
    return k;
}

/* LB_NONE: zones are not looked at. */
static uint32_t zone_by_nearness(struct lb *lb)
{
    struct locality *l = lb->state;

    if (l->is_flat || (l->percent < 100 && lb_random_below(lb, 100) >= l->percent))
        return LB_NONE;
    if (l->local == WHOLE || l->rests == 0 || lb_random_below(lb, WHOLE) < l->local)
        return lb->site->zone;
    return zone_beyond(lb);
}

/* ---- picking ---- */

static uint32_t any_zone(struct lb *lb, const struct lb_request *rq, uint32_t but)
{
    struct locality *l = lb->state;
    uint32_t found = LB_NONE;
    bool is_full = false;

    for (uint32_t k = 0; k < l->zones.count && found >= LB_FULL; k++)
        if (k != but) {
            found = parts_pick(lb, &l->zones, k, rq);
            is_full = is_full || found == LB_FULL;
        }
    return found < LB_FULL ? found : is_full ? LB_FULL : LB_NONE;
}

static uint32_t locality_pick(struct lb *lb, const struct lb_request *rq)
{
    struct locality *l = lb->state;
    uint32_t k = l->mode == AWARE ? zone_by_nearness(lb) : zone_by_weight(lb, rq);
    uint32_t found = k != LB_NONE ? parts_pick(lb, &l->zones, k, rq) : LB_NONE, other;

    if (found < LB_FULL)
        return found;
    other = l->mode == AWARE ? parts_pick(lb, &l->flat, 0, rq) : any_zone(lb, rq, k);
    return other < LB_FULL || found == LB_NONE ? other : found;
}

/* In the aware mode a backend is in two parts, which count what is in flight together. */
static void locality_shared(struct lb *lb, uint32_t i, int64_t by)
{
    struct locality *l = lb->state;

    (void)by;
    parts_count(lb, &l->zones, i);
    parts_count(lb, &l->flat, i);
}

static void locality_picked(struct lb *lb, uint32_t i, uint64_t now)
{
    (void)now;
    locality_shared(lb, i, 1);
}

static void locality_complete(struct lb *lb, uint32_t i, const struct lb_outcome *outcome)
{
    struct locality *l = lb->state;

    parts_complete(&l->zones, i, outcome);
    parts_complete(&l->flat, i, outcome);
}

static void locality_report(struct lb *lb, uint32_t i, const struct lb_outcome *outcome)
{
    struct locality *l = lb->state;

    parts_report(&l->zones, i, outcome);
    parts_report(&l->flat, i, outcome);
}

/* ---- changes ---- */

static int make_zone(struct lb *lb, uint32_t k, const char **why)
{
    struct locality *l = lb->state;
    uint32_t was = l->zones.count;

    if (parts_reserve(lb, &l->zones, k + 1, why) != 0)
        return -1;
    l->zone = lb_grow(l->zone, was, l->zones.count, sizeof *l->zone);
    return l->mode == AWARE ? parts_reserve(lb, &l->flat, 1, why) : 0;
}

static int place_backend(struct lb *lb, uint32_t i, const char **why)
{
    struct locality *l = lb->state;

    if (make_zone(lb, zone_of(lb, i), why) != 0)
        return -1;
    parts_put(lb, &l->zones, i, zone_of(lb, i), lb->backend[i].weight);
    if (l->mode == AWARE)
        parts_put(lb, &l->flat, i, 0, lb->backend[i].weight);
    return 0;
}

static void locality_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    struct locality *l = lb->state;
    const char *why;

    if (what == LB_ADDED && place_backend(lb, i, &why) != 0)
        abort();                         /* one like it started before */
    if (what == LB_WEIGHT) {
        parts_weigh(&l->zones, i, lb->backend[i].weight);
        parts_weigh(&l->flat, i, lb->backend[i].weight);
    }
    parts_tell(lb, &l->zones, i);
    parts_tell(lb, &l->flat, i);
    if (what != LB_LIMIT)
        follow(lb);
}

static int locality_start(struct lb *lb, const char **why)
{
    struct locality *l = lb->state;

    if (l->mode == AWARE && lb->traits & LB_BY_KEY) {
        *why = "zone-aware routing draws the zone: keys would not stay (Envoy's hashes do not)";
        return -1;
    }
    if (make_zone(lb, 0, why) != 0)
        return -1;
    for (uint32_t i = 0; i < lb->count; i++)
        if (place_backend(lb, i, why) != 0)
            return -1;
    follow(lb);
    return parts_start(&l->zones, why) != 0 || parts_start(&l->flat, why) != 0 ? -1 : 0;
}

static void locality_stop(struct lb *lb)
{
    struct locality *l = lb->state;

    parts_free(&l->zones);
    parts_free(&l->flat);
    free(l->zone);
}

static size_t locality_bytes(const struct lb *lb)
{
    const struct locality *l = lb->state;

    return parts_size(&l->zones) + parts_size(&l->flat) + l->zones.count * sizeof *l->zone;
}

static const struct lb_param params[] = {
    { "mode", LB_CHOICE, offsetof(struct locality, mode), WEIGHTED, WEIGHTED, AWARE,
      "weighted: by the zones' weights; aware: the own zone first", mode_words },
    { "overprovisioning", LB_UINT, offsetof(struct locality, overprovisioning), 140, 100, 10000,
      "weighted, percent: a zone keeps its weight while up / all times this is 100 % or more" },
    { "min_cluster_size", LB_UINT, offsetof(struct locality, least), 6, 0, 1e6,
      "aware: with fewer backends up zones are not looked at" },
    { "enabled", LB_UINT, offsetof(struct locality, percent), 100, 0, 100,
      "aware: percent of the requests for which zones are looked at" },
    { .name = NULL },
};

static const struct lb_page page = {
    .rule = "weighted: zones take turns by earliest deadline, by their backends' weight\n"
            "times min(100 %, overprovisioning * up / all); for hashes the key decides, by\n"
            "weighted rendezvous, and what is down counts too. aware: L and U are the own\n"
            "zone's shares of balancers and of backends that are up. U >= L: all stays.\n"
            "Else U / L stays, the rest goes where backends have more than balancers, in\n"
            "proportion to that. Then the zone's inner balancer picks; if it finds none,\n"
            "the others.",
    .cost = "O(zones) per pick, O(n) at a change of state; an inner balancer a zone, in the\n"
            "aware mode one more over all.",
    .used_by = "Envoy locality_weighted_lb_config and zone_aware_lb_config; Istio distribute;\n"
               "Kubernetes topology hints are the aware mode without its arithmetic.",
    .fails_when = "Clients are not spread as the balancers are: a zone that keeps its traffic is\n"
                  "loaded by its own clients only. Few backends a zone: their inner balancers see\n"
                  "a part of the choice, queues are longer than with all of them.",
    .source = "Envoy 1.26, load_balancer_impl.cc; balancers 40, 40, 20 and backends 25, 50,\n"
              "25 % in three zones: 62.5 % stay in the first, 25 and 12.5 go to the others.",
};

const struct lb_ops lb_locality = {
    .abi         = LB_ABI,
    .traits      = LB_WRAPS,
    .name        = "locality",
    .summary     = "wrapper: zones by weight, or the own one first (Envoy)",
    .page        = &page,
    .state_size  = sizeof(struct locality),
    .params      = params,
    .start       = locality_start,
    .stop        = locality_stop,
    .pick        = locality_pick,
    .on_pick     = locality_picked,
    .on_complete = locality_complete,
    .on_change   = locality_change,
    .on_report   = locality_report,
    .bytes       = locality_bytes,
    .on_shared   = locality_shared,
    .inherits    = PARTS_INHERIT,
};
