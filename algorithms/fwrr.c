/* fwrr.c - HAProxy's `balance roundrobin`: weighted turns by earliest deadline, pick for pick.
 *
 * A backend's next turn comes T / e turns after its last (T: sum of effective weights, e: its own).
 * Turns that lie in the running window wait in one tree, later ones in another, ordered by weight;
 * those that have had none in this window wait in a third.  When the window is used up, the last
 * two change places.  The surprise: who comes back waits for its turn, which may be far away. */
#include "heap.h"

#include <stdlib.h>

enum { NOWHERE, EARLIER, INIT, NEXT };   /* INIT and NEXT change places: see fwrr.init */
enum { MOST_WEIGHT = 4096, WEIGHT_STEPS = 256, MOST_SERVERS = 4095 };

struct turn {
    uint64_t key;                        /* where it stands in its tree: key, then first come */
    uint64_t came;
    uint32_t next, last;                 /* positions of its turns on the group's clock */
    uint32_t rest;                       /* what T / e leaves, carried */
    uint32_t weight;                     /* effective */
    uint32_t tree;
    uint32_t chained;                    /* the next of those passed over by this pick */
};

struct fwrr {
    uint32_t     scale;
    struct turn *turn;                   /* by backend */
    struct heap  tree[NEXT + 1];
    uint32_t    *place;                  /* shared by the trees: a backend is in one at a time */
    uint32_t     room;
    uint32_t     init, late;             /* which of INIT and NEXT has which part now */
    uint32_t     window, next_window;    /* sums of effective weights */
    uint32_t     clock;
    uint64_t     came;
};

/* HAProxy's clock, positions and keys are 32-bit and wrap; so do these. */

static bool earlier(const struct lb *lb, uint32_t a, uint32_t b)
{
    const struct turn *t = ((const struct fwrr *)lb->state)->turn;

    return t[a].key < t[b].key || (t[a].key == t[b].key && t[a].came < t[b].came);
}

static uint32_t effective(const struct lb *lb, uint32_t i)
{
    const struct fwrr *f = lb->state;
    uint64_t weight = (uint64_t)lb->backend[i].weight * f->scale;

    if (lb->backend[i].state != LB_UP)
        return 0;
    return weight < MOST_WEIGHT ? (uint32_t)weight : MOST_WEIGHT;
}

static void leave(struct lb *lb, uint32_t i)
{
    struct fwrr *f = lb->state;

    if (f->turn[i].tree != NOWHERE)
        heap_drop(&f->tree[f->turn[i].tree], lb, earlier, i);
    f->turn[i].tree = NOWHERE;
}

static void enter(struct lb *lb, uint32_t i, uint32_t tree, uint32_t key)
{
    struct fwrr *f = lb->state;

    leave(lb, i);
    f->turn[i].key = key;
    f->turn[i].came = ++f->came;
    f->turn[i].tree = tree;
    heap_put(&f->tree[tree], lb, earlier, i);
}

static void enter_by_weight(struct lb *lb, uint32_t i, uint32_t tree)
{
    const struct fwrr *f = lb->state;

    enter(lb, i, tree, MOST_WEIGHT - f->turn[i].weight);
}

/* Into the running window, or behind it. */
static void enter_by_turn(struct lb *lb, uint32_t i)
{
    struct fwrr *f = lb->state;
    struct turn *t = &f->turn[i];

    if (t->next >= 2 * f->window || t->next >= f->window + f->next_window) {
        t->next -= f->window;
        enter_by_weight(lb, i, f->late);
        return;
    }
    enter(lb, i, EARLIER, WEIGHT_STEPS * t->next
                          + (MOST_WEIGHT + t->rest - t->weight) / (MOST_WEIGHT / WEIGHT_STEPS));
}

/* Takes the tree into account in which a backend waited: positions count from its start. */
static void settle_turn(struct fwrr *f, uint32_t i)
{
    struct turn *t = &f->turn[i];

    if (t->tree == f->init)
        t->next = t->rest = 0;
    else if (t->tree == f->late)
        t->next += f->window;
    else if (t->tree == NOWHERE)
        t->next = f->clock;
}

/* ---- picking ---- */

static uint32_t first_in(const struct heap *h)
{
    return h->size > 0 ? h->item[0] : LB_NONE;
}

/* Whose turn it is: one that is due, else one that had none in this window, else the earliest. */
static uint32_t whose_turn(struct fwrr *f)
{
    uint32_t due = first_in(&f->tree[EARLIER]), fresh = first_in(&f->tree[f->init]);

    if ((due != LB_NONE && f->turn[due].next <= f->clock) || fresh == LB_NONE)
        return due;
    f->turn[fresh].next = f->turn[fresh].rest = 0;
    return fresh;
}

static void take_turn(struct lb *lb, uint32_t i)
{
    struct fwrr *f = lb->state;
    struct turn *t = &f->turn[i];

    t->last = t->next != 0 ? t->next : f->clock;
    t->next = t->last + f->next_window / t->weight;
    t->rest += f->next_window % t->weight;
    if (t->rest >= t->weight) {
        t->rest -= t->weight;
        t->next++;
    }
    leave(lb, i);
    f->clock++;
}

static void open_window(struct fwrr *f)
{
    uint32_t init = f->init;

    f->init = f->late;
    f->late = init;
    f->window = f->clock = f->next_window;
}

static void enter_afresh(struct lb *lb, uint32_t i)
{
    enter_by_weight(lb, i, ((const struct fwrr *)lb->state)->init);
}

/* Those that were full or tried already have had their turn; a new window lets them start anew. */
static void put_back(struct lb *lb, uint32_t chain, void (*enter_it)(struct lb *, uint32_t))
{
    const struct fwrr *f = lb->state;

    for (uint32_t i = chain; i != LB_NONE; i = f->turn[i].chained)
        enter_it(lb, i);
}

static uint32_t fwrr_pick(struct lb *lb, const struct lb_request *rq)
{
    struct fwrr *f = lb->state;
    uint32_t chain = LB_NONE, i;
    bool opened = false;

    for (;;) {
        if (f->window == 0)
            f->clock = f->window = f->next_window;
        i = whose_turn(f);
        if (i == LB_NONE && opened)
            break;
        if (i == LB_NONE) {
            open_window(f);
            opened = true;
            continue;
        }
        take_turn(lb, i);
        if (lb_usable(lb, i, rq)) {
            enter_by_turn(lb, i);
            break;
        }
        f->turn[i].chained = chain;
        chain = i;
    }
    put_back(lb, chain, opened ? enter_afresh : enter_by_turn);
    return i != LB_NONE ? i : lb_none_or_full(lb, rq);
}

/* ---- changes ---- */

static void came_up(struct lb *lb, uint32_t i)
{
    struct fwrr *f = lb->state;
    struct turn *t = &f->turn[i];

    f->next_window += t->weight;
    t->next = f->clock + (f->next_window + f->window - f->clock) / t->weight;
    enter_by_turn(lb, i);
}

static void went_down(struct lb *lb, uint32_t i)
{
    struct fwrr *f = lb->state;

    f->next_window -= f->turn[i].weight;
    leave(lb, i);
}

static void weight_changed(struct lb *lb, uint32_t i, uint32_t weight)
{
    struct fwrr *f = lb->state;
    struct turn *t = &f->turn[i];
    uint32_t tree = t->tree;

    f->next_window += weight - t->weight;
    t->weight = weight;
    if (tree == f->init) {
        enter_by_weight(lb, i, f->init);
        return;
    }
    settle_turn(f, i);

    uint32_t before = t->next, step = f->next_window / weight;
    t->next = t->last + step;
    t->rest = 0;
    if (t->next > before)
        t->next = before;
    if (t->next < f->clock + 2)
        t->next = f->clock + step;
    enter_by_turn(lb, i);
}

static void make_room(struct lb *lb)
{
    struct fwrr *f = lb->state;
    uint32_t room = lb->capacity;

    f->turn = lb_grow(f->turn, f->room, room, sizeof *f->turn);
    f->place = lb_grow(f->place, f->room, room, sizeof *f->place);
    for (uint32_t tree = EARLIER; tree <= NEXT; tree++) {
        struct heap *h = &f->tree[tree];
        h->item = lb_grow(h->item, f->room, room, sizeof *h->item);
        h->place = f->place;
    }
    f->room = room;
}

static void fwrr_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    struct fwrr *f = lb->state;

    if (what == LB_LIMIT)
        return;
    if (lb->capacity > f->room)
        make_room(lb);

    uint32_t before = f->turn[i].weight, weight = effective(lb, i);
    if (before == weight)
        return;
    if (before != 0 && weight != 0) {
        weight_changed(lb, i, weight);
        return;
    }
    if (weight == 0)
        went_down(lb, i);
    f->turn[i].weight = weight;
    if (weight != 0)
        came_up(lb, i);
}

static int fwrr_start(struct lb *lb, const char **why)
{
    struct fwrr *f = lb->state;

    for (uint32_t i = 0; i < lb->count; i++)
        if ((uint64_t)lb->backend[i].weight * f->scale > MOST_WEIGHT) {
            *why = "weight times scale may be 4096 at most: HAProxy's weights end at 256";
            return -1;
        }
    make_room(lb);
    f->init = INIT;
    f->late = NEXT;
    for (uint32_t i = 0; i < lb->count; i++) {
        f->turn[i].weight = effective(lb, i);
        f->next_window += f->turn[i].weight;
        if (f->turn[i].weight != 0)
            enter_by_weight(lb, i, INIT);
    }
    f->window = f->clock = f->next_window;
    return 0;
}

static void fwrr_stop(struct lb *lb)
{
    struct fwrr *f = lb->state;

    for (uint32_t tree = EARLIER; tree <= NEXT; tree++)
        free(f->tree[tree].item);
    free(f->turn);
    free(f->place);
}

static size_t fwrr_bytes(const struct lb *lb)
{
    const struct fwrr *f = lb->state;

    return f->room * (sizeof *f->turn + sizeof *f->place + 3 * sizeof *f->tree[0].item);
}

static const struct lb_param params[] = {
    { "scale", LB_UINT, offsetof(struct fwrr, scale), 16, 1, 16,
      "effective weight per unit of weight; 1 where weights are in sixteenths already" },
    { .name = NULL },
};

static const struct lb_page page = {
    .rule = "A backend's next turn comes T / e turns after its last one; e is its weight\n"
            "times 16, T the sum of all e. The earliest turn is served; first turns go by\n"
            "weight, heaviest first. 5,1,1 gives a a a b a a c. A backend that is full or\n"
            "tried already loses its turn. One that comes back starts T / e turns later.",
    .cost = "O(log n) per pick and change, and as much for each full or tried one that it\n"
            "meets; 56 bytes a backend.",
    .used_by = "HAProxy `balance roundrobin`, its default up to 3.2. From 3.2 on each thread\n"
               "group has turns of its own: that is one instance a group.",
    .fails_when = "As with any turn-taking, a slow backend is given its share all the same. A\n"
                  "weight that was raised counts from the backend's next turn on: in a large\n"
                  "farm that may be hundreds of requests away.",
    .source = "HAProxy, lb_fwrr.c: rule and order, checked pick for pick against 2.6.12, also\n"
              "with weights and states that change while it runs. At most 4095 servers.",
};

const struct lb_ops lb_fwrr = {
    .abi          = LB_ABI,
    .traits       = LB_WEIGHTED | LB_RAMPS,
    .max_backends = MOST_SERVERS,
    .name         = "fwrr",
    .summary      = "turns by earliest deadline: HAProxy roundrobin's order",
    .page         = &page,
    .state_size   = sizeof(struct fwrr),
    .params       = params,
    .start        = fwrr_start,
    .stop         = fwrr_stop,
    .pick         = fwrr_pick,
    .on_change    = fwrr_change,
    .bytes        = fwrr_bytes,
};
