/* slow_start.c - who comes, or comes back, begins with a part of its weight.  Two laws: HAProxy's
 * sixteen steps, and Envoy's power of the time.
 *
 * The inner balancer sees weights in finer units, sixteenths or 1/4096, so that parts of a weight
 * are whole numbers; those that it has from the start are at their full weight. */
#include "parts.h"

#include "fmath.h"

#include <stdlib.h>

enum { POWER, STEPS };
static const char *const law_words[] = { "power", "steps", NULL };
enum { UPDATES = 1000 };                 /* most in a window */

struct slow_start {
    struct parts parts;                  /* one */
    uint32_t     law, min_weight;
    uint64_t     window;
    double       aggression;
    uint64_t    *since;                  /* by backend: when it came */
    uint32_t    *place;                  /* by backend: in warm[], + 1; 0: it is at its weight */
    uint32_t    *warm;
    uint32_t     warming, room;
    uint64_t     seen, next;             /* the last pick; the next time weights are looked at */
};

static uint64_t now_of(const struct lb *lb)
{
    return lb->clock != NULL ? *lb->clock : ((const struct slow_start *)lb->state)->seen;
}

/* ---- the laws ---- */

static uint32_t unit_of(const struct slow_start *s)
{
    return s->law == STEPS ? 16 : 4096;
}

/* HAProxy: sixteenths, the first at once, so all of them a sixteenth of the window early. */
static uint32_t steps_after(const struct slow_start *s, uint64_t time)
{
    return (uint32_t)(16 * (double)time / (double)s->window + 1);
}

/* Envoy: (time / window)^(1 / aggression), the time at least 1 ms; rounded up. */
static uint32_t power_after(const struct slow_start *s, uint64_t time)
{
    double part = (double)(time < 1000000 ? 1000000 : time) / (double)s->window;
    double least = s->min_weight / 100.0;

    if (s->aggression != 1)
        part = fm_pow(part, 1 / s->aggression);
    part = (part < least ? least : part) * 4096;
    return (uint32_t)part + (part > (uint32_t)part);
}

static uint32_t weight_of(const struct lb *lb, uint32_t i)
{
    const struct slow_start *s = lb->state;
    uint64_t time = now_of(lb) - s->since[i];
    uint32_t part = unit_of(s);

    if (s->place[i] != 0 && time < s->window)
        part = s->law == STEPS ? steps_after(s, time) : power_after(s, time);
    uint64_t weight = (uint64_t)lb->backend[i].weight * (part < unit_of(s) ? part : unit_of(s));
    return weight < UINT32_MAX ? (uint32_t)weight : UINT32_MAX;
}

/* ---- who is warming up ---- */

static void tell_weight(struct lb *lb, uint32_t i)
{
    const struct parts *p = parts_of(lb);
    struct lb *inner = p->part[0].lb;
    uint32_t index = p->spot[i].index, weight = weight_of(lb, i);

    if (weight > 0 && inner->backend[index].weight > 0 && inner->started)
        lb_ramp(inner, index, weight);
    else
        lb_set_weight(inner, index, weight);
}

static void end_warming(struct lb *lb, uint32_t i)
{
    struct slow_start *s = lb->state;
    uint32_t place = s->place[i];

    if (place == 0)
        return;
    uint32_t last = s->warm[--s->warming];
    s->warm[place - 1] = last;
    s->place[last] = place;
    s->place[i] = 0;
    tell_weight(lb, i);
}

static void begin_warming(struct lb *lb, uint32_t i)
{
    struct slow_start *s = lb->state;

    s->since[i] = now_of(lb);
    if (s->place[i] == 0) {
        s->warm[s->warming++] = i;
        s->place[i] = s->warming;
    }
    s->next = 0;
    tell_weight(lb, i);
}

static void look_at_weights(struct lb *lb)
{
    struct slow_start *s = lb->state;

    for (uint32_t k = s->warming; k-- > 0;) {
        uint32_t i = s->warm[k];

        if (now_of(lb) - s->since[i] >= s->window)
            end_warming(lb, i);
        else
            tell_weight(lb, i);
    }
    s->next = now_of(lb) + s->window / UPDATES;
}

static uint32_t slow_start_pick(struct lb *lb, const struct lb_request *rq)
{
    struct slow_start *s = lb->state;

    s->seen = rq->now;
    if (s->warming > 0 && now_of(lb) >= s->next)
        look_at_weights(lb);
    return parts_pick(lb, &s->parts, 0, rq);
}

/* ---- changes ---- */

static void make_room(struct lb *lb)
{
    struct slow_start *s = lb->state;

    s->since = lb_grow(s->since, s->room, lb->capacity, sizeof *s->since);
    s->place = lb_grow(s->place, s->room, lb->capacity, sizeof *s->place);
    s->warm = lb_grow(s->warm, s->room, lb->capacity, sizeof *s->warm);
    s->room = lb->capacity > s->room ? lb->capacity : s->room;
}

static void follow_state(struct lb *lb, uint32_t i)
{
    struct slow_start *s = lb->state;
    const struct part_spot *spot = &s->parts.spot[i];
    enum lb_state was = s->parts.part[0].lb->backend[spot->index].state;

    parts_tell(lb, &s->parts, i);
    if (lb->backend[i].state == LB_UP && was == LB_DOWN)
        begin_warming(lb, i);
    else if (lb->backend[i].state != LB_UP)
        end_warming(lb, i);
}

static void slow_start_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    struct slow_start *s = lb->state;

    if (what == LB_ADDED) {
        make_room(lb);
        s->place[i] = 0;
        parts_put(lb, &s->parts, i, 0, weight_of(lb, i));
        begin_warming(lb, i);
    } else if (what == LB_WEIGHT) {
        tell_weight(lb, i);
    } else {
        follow_state(lb, i);
    }
}

/* Balancers of HAProxy's kind multiply weights by 16 themselves: here they come multiplied. */
static const char *make_sixteenths(struct lb *lb)
{
    const struct slow_start *s = lb->state;
    const char *why;

    if (lb_set(lb->inner, "scale", 1, &why) == 0 && s->law != STEPS)
        return "its weights are in sixteenths: slow start goes by law=steps there";
    return NULL;
}

static int slow_start_start(struct lb *lb, const char **why)
{
    struct slow_start *s = lb->state;

    *why = lb->inner->traits & LB_RAMPS ? make_sixteenths(lb)
         : "slow start needs an algorithm whose weights may change at any time";
    if (*why != NULL || parts_reserve(lb, &s->parts, 1, why) != 0)
        return -1;
    make_room(lb);
    for (uint32_t i = 0; i < lb->count; i++)
        parts_put(lb, &s->parts, i, 0, weight_of(lb, i));
    return parts_start(&s->parts, why);
}

static void slow_start_stop(struct lb *lb)
{
    struct slow_start *s = lb->state;

    parts_free(&s->parts);
    free(s->since);
    free(s->place);
    free(s->warm);
}

static size_t slow_start_bytes(const struct lb *lb)
{
    const struct slow_start *s = lb->state;

    return parts_bytes(lb) + s->room * (sizeof *s->since + sizeof *s->place + sizeof *s->warm);
}

static const struct lb_param params[] = {
    { "window", LB_DURATION, offsetof(struct slow_start, window), 30e9, 1e6, 1e15,
      "from the time that a backend comes to its full weight" },
    { "law", LB_CHOICE, offsetof(struct slow_start, law), POWER, POWER, STEPS,
      "power: Envoy's curve; steps: HAProxy's sixteenths", law_words },
    { "aggression", LB_REAL, offsetof(struct slow_start, aggression), 1, 0.01, 100,
      "power: above 1 begins with more, below 1 with less; 1: in proportion to time" },
    { "min_weight", LB_UINT, offsetof(struct slow_start, min_weight), 10, 1, 100,
      "power: percent of the weight that it has at the least" },
    { .name = NULL },
};

static const struct lb_page page = {
    .rule = "A backend that is added while running, or comes back from being down, gets a\n"
            "part of its weight until `window` has passed. power: max(min_weight, (max(1\n"
            "ms, t) / window)^(1 / aggression)). steps: floor(16 t / window + 1)\n"
            "sixteenths. Those there from the start, and drained ones that come back, are\n"
            "at their full weight at once. Weights are looked at when somebody asks, at\n"
            "most 1000 times a window; schedules by deadlines read one at its backend's\n"
            "next turn.",
    .cost = "O(backends that are warming up) a thousand times a window, 16 bytes a backend\n"
            "and the inner balancer.",
    .used_by = "HAProxy `slowstart` (law steps), Envoy slow_start_config, Istio warmup, AWS\n"
               "ALB slow start (power, from nearly nothing), nginx Plus slow_start (curve\n"
               "unknown).",
    .fails_when = "Everybody is new: parts are of each other, so nothing is slow. Few requests:\n"
                  "by deadlines a new backend keeps its first, distant one. A lone backend of a\n"
                  "priority takes all at once. Hashes are refused: tables of keys would be made\n"
                  "anew at every step.",
    .source = "HAProxy, server.c: the value at 0, 10, 15, 30, 45, 56, 57 s of 60 is 1, 3, 5,\n"
              "9, 13, 15, 16; it looks once a second. Envoy 1.26, EdfLoadBalancerBase.",
};

const struct lb_ops lb_slow_start = {
    .abi         = LB_ABI,
    .traits      = LB_WRAPS,
    .name        = "slow_start",
    .summary     = "wrapper: newcomers begin with a part of their weight (HAProxy, Envoy)",
    .page        = &page,
    .state_size  = sizeof(struct slow_start),
    .params      = params,
    .start       = slow_start_start,
    .stop        = slow_start_stop,
    .pick        = slow_start_pick,
    .on_pick     = parts_on_pick,
    .on_complete = parts_on_complete,
    .on_change   = slow_start_change,
    .on_report   = parts_on_report,
    .bytes       = slow_start_bytes,
    .on_shared   = parts_on_shared,
    .inherits    = PARTS_INHERIT,
};
