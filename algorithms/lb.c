/* lb.c - what all algorithms share: the array of backends, the list of live ones, in-flight
 * counts, parameters, the list of built-ins.  The bitmap of open backends is the one thing kept
 * up to date on every pick; it makes "the next usable one" a matter of 64 backends a step. */
#include "lb.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define X(name) extern const struct lb_ops lb_##name;
#include "list.h"
#undef X

const struct lb_ops *const *lb_all(void)
{
    static const struct lb_ops *const all[] = {
#define X(name) &lb_##name,
#include "list.h"
#undef X
        NULL,
    };
    return all;
}

static bool is_word_of(const char *list, const char *word)
{
    size_t length = strlen(word);

    while (list != NULL && length > 0) {
        list += strspn(list, " ");
        size_t next = strcspn(list, " ");
        if (next == 0)
            return false;
        if (next == length && memcmp(list, word, length) == 0)
            return true;
        list += next;
    }
    return false;
}

const struct lb_ops *lb_find(const char *name)
{
    for (const struct lb_ops *const *ops = lb_all(); *ops != NULL; ops++)
        if (strcmp((*ops)->name, name) == 0 || is_word_of((*ops)->aliases, name))
            return *ops;
    return NULL;
}

/* ---- parameters ---- */

static void param_write(struct lb *lb, const struct lb_param *p, double value)
{
    void *field = (char *)lb->state + p->offset;

    switch (p->type) {
    case LB_UINT:
    case LB_CHOICE:   *(uint32_t *)field = (uint32_t)value; break;
    case LB_REAL:     *(double *)field = value; break;
    case LB_BOOL:     *(bool *)field = value != 0; break;
    case LB_DURATION: *(uint64_t *)field = (uint64_t)value; break;
    }
}

static const char *param_fault(const struct lb_param *p, double value)
{
    if (!(value >= p->min && value <= p->max))     /* written so that NaN fails */
        return "value out of range";
    if (p->type == LB_BOOL && value != 0 && value != 1)
        return "must be true or false";
    if (p->type != LB_REAL && value != (double)(uint64_t)value)
        return "must be a whole number";
    return NULL;
}

uint32_t lb_word(const struct lb_param *p, const char *word)
{
    for (uint32_t k = 0; p->words != NULL && p->words[k] != NULL; k++)
        if (strcmp(p->words[k], word) == 0)
            return k;
    return LB_NONE;
}

int lb_set(struct lb *lb, const char *param, double value, const char **why)
{
    const struct lb_param *p = lb->ops->params;

    if (lb->started) {
        *why = "parameters are set before the start";
        return -1;
    }
    while (p != NULL && p->name != NULL && strcmp(p->name, param) != 0)
        p++;
    *why = p == NULL || p->name == NULL ? "no such parameter" : param_fault(p, value);
    if (*why != NULL)
        return -1;
    param_write(lb, p, value);
    return 0;
}

/* ---- making and freeing ---- */

/* One that shares: its algorithm with two hooks of ours, so that others pay nothing. */
struct lb_sharer {
    struct lb_ops        ops;
    const struct lb_ops *own;
    struct lb           *lb;
    struct lb_pool      *pool;
};

struct lb_pool { struct lb_sharer **sharer; uint32_t count; };

static void seed_stream(struct lb *lb, uint64_t seed)
{
    for (int k = 0; k < 4; k++)
        lb->rng[k] = lb_mix(seed += 0x9e3779b97f4a7c15u);
}

struct lb *lb_new(const struct lb_ops *ops, uint64_t seed)
{
    struct lb *lb = calloc(1, sizeof *lb);
    void *state = calloc(1, ops->state_size ? ops->state_size : 1);

    if (lb == NULL || state == NULL) {
        free(lb);
        free(state);
        return NULL;
    }
    lb->ops = ops;
    lb->state = state;
    lb->traits = ops->traits;
    seed_stream(lb, seed);
    for (const struct lb_param *p = ops->params; p != NULL && p->name != NULL; p++)
        param_write(lb, p, p->preset);
    return lb;
}

void lb_wrap(struct lb *outer, struct lb *inner)
{
    assert(outer->ops->traits & LB_WRAPS && !outer->started && !inner->started);
    lb_free(outer->inner);
    outer->inner = inner;
    outer->traits = outer->ops->traits | (inner->traits & outer->ops->inherits);
}

static struct lb *new_or_abort(const struct lb_ops *ops, uint64_t seed)
{
    struct lb *lb = lb_new(ops, seed);

    if (lb == NULL)
        abort();
    return lb;
}

/* What was set before the start is all of its state. */
static struct lb *copy_pattern(const struct lb *pattern, const struct lb *host, uint64_t seed)
{
    struct lb *lb = new_or_abort(pattern->ops, seed);

    memcpy(lb->state, pattern->state, pattern->ops->state_size);
    lb->site = host->site;
    lb->clock = host->clock;
    if (pattern->inner != NULL)
        lb_wrap(lb, copy_pattern(pattern->inner, host, seed));
    return lb;
}

struct lb *lb_new_inner(struct lb *lb)
{
    return copy_pattern(lb->inner, lb, lb_random_bits(lb));
}

void lb_lend_clock(struct lb *lb, const uint64_t *now)
{
    lb->clock = now;
}

void lb_settle(struct lb *lb, const struct lb_site *site)
{
    lb->site = site;
}

static void tell_pool(const struct lb_sharer *from, uint32_t i)
{
    for (uint32_t k = 0; k < from->pool->count; k++) {
        struct lb *other = from->pool->sharer[k]->lb;
        if (other != from->lb && i < other->count)
            lb_set_inflight(other, i, from->lb->backend[i].inflight);
    }
}

static void shared_pick(struct lb *lb, uint32_t i, uint64_t now)
{
    if (lb->sharer->own->on_pick != NULL)
        lb->sharer->own->on_pick(lb, i, now);
    tell_pool(lb->sharer, i);
}

static void shared_complete(struct lb *lb, uint32_t i, const struct lb_outcome *outcome)
{
    if (lb->sharer->own->on_complete != NULL)
        lb->sharer->own->on_complete(lb, i, outcome);
    tell_pool(lb->sharer, i);
}

static void pool_join(struct lb_pool *pool, struct lb *lb)
{
    struct lb_sharer *s = lb_grow(NULL, 0, 1, sizeof *s);

    *s = (struct lb_sharer){ .ops = *lb->ops, .own = lb->ops, .lb = lb, .pool = pool };
    s->ops.on_pick = shared_pick;
    s->ops.on_complete = shared_complete;
    lb->ops = &s->ops;
    lb->sharer = s;
    pool->sharer = lb_grow(pool->sharer, pool->count, pool->count + 1, sizeof s);
    pool->sharer[pool->count++] = s;
}

static void pool_leave(struct lb_sharer *s)
{
    struct lb_pool *pool = s->pool;
    uint32_t k = 0;

    while (pool->sharer[k] != s)
        k++;
    pool->sharer[k] = pool->sharer[--pool->count];
    free(s);
    if (pool->count > 0)
        return;
    free(pool->sharer);
    free(pool);
}

void lb_share(struct lb *lb, struct lb *with)
{
    assert(lb != with && lb->sharer == NULL && lb->count == 0);
    if (with->sharer == NULL)
        pool_join(lb_grow(NULL, 0, 1, sizeof(struct lb_pool)), with);
    pool_join(with->sharer->pool, lb);
}

void lb_free(struct lb *lb)
{
    if (lb == NULL)
        return;
    lb_free(lb->inner);
    if (lb->started && lb->ops->stop != NULL)
        lb->ops->stop(lb);
    for (uint32_t i = 0; i < lb->count; i++)
        free((void *)(uintptr_t)lb->backend[i].name);
    free(lb->backend);
    free(lb->live);
    free(lb->open);
    free(lb->place);
    if (lb->sharer != NULL)
        pool_leave(lb->sharer);
    free(lb->state);
    free(lb);
}

size_t lb_bytes(const struct lb *lb)
{
    size_t bytes = sizeof *lb + lb->ops->state_size;

    bytes += lb->capacity * (sizeof *lb->backend + sizeof *lb->live);
    bytes += lb->capacity / 64 * sizeof *lb->open;
    bytes += lb->place != NULL ? lb->capacity * sizeof *lb->place : 0;
    bytes += lb->inner != NULL ? lb_bytes(lb->inner) : 0;
    for (uint32_t i = 0; i < lb->count; i++)
        bytes += strlen(lb->backend[i].name) + 1;
    if (lb->started && lb->ops->bytes != NULL)
        bytes += lb->ops->bytes(lb);
    return bytes;
}

/* ---- backends ---- */

static bool is_live(const struct lb_backend *b)
{
    return b->state == LB_UP && b->weight > 0;
}

static void update_open(struct lb *lb, uint32_t i)
{
    const struct lb_backend *b = &lb->backend[i];
    bool open = is_live(b) && (b->limit == 0 || b->inflight < b->limit);

    if (open == lb_is_open(lb, i))
        return;
    lb->open[i / 64] ^= (uint64_t)1 << (i % 64);
    lb->open_count += open ? 1u : UINT32_MAX;
}

static void rebuild_live(struct lb *lb)
{
    lb->live_count = 0;
    lb->live_weight = 0;
    for (uint32_t i = 0; i < lb->count; i++)
        if (is_live(&lb->backend[i])) {
            lb->live[lb->live_count++] = i;
            lb->live_weight += lb->backend[i].weight;
        }
}

static void changed(struct lb *lb, uint32_t i, enum lb_change what)
{
    update_open(lb, i);
    if (!lb->started)
        return;
    if (what != LB_LIMIT)
        rebuild_live(lb);
    if (lb->ops->on_change != NULL)
        lb->ops->on_change(lb, i, what);
}

int lb_start(struct lb *lb, const char **why)
{
    assert(!lb->started);
    rebuild_live(lb);
    if (lb->ops->max_backends != 0 && lb->count > lb->ops->max_backends) {
        *why = "more backends than this algorithm allows";
        return -1;
    }
    if (lb->ops->traits & LB_WRAPS && lb->inner == NULL)
        lb_wrap(lb, new_or_abort(&lb_weighted_round_robin, 0));
    if (lb->ops->start != NULL && lb->ops->start(lb, why) != 0) {
        if (lb->ops->stop != NULL)
            lb->ops->stop(lb);
        return -1;
    }
    lb->started = true;
    return 0;
}

void *lb_grow(void *array, size_t old_count, size_t new_count, size_t size)
{
    if (new_count <= old_count)
        return array;
    char *grown = new_count > SIZE_MAX / size ? NULL : realloc(array, new_count * size);
    if (grown == NULL)
        abort();
    memset(grown + old_count * size, 0, (new_count - old_count) * size);
    return grown;
}

static void make_room(struct lb *lb)
{
    uint32_t room = lb->capacity ? 2 * lb->capacity : 64;      /* a multiple of 64: see open */

    lb->backend = lb_grow(lb->backend, lb->capacity, room, sizeof *lb->backend);
    lb->live = lb_grow(lb->live, lb->capacity, room, sizeof *lb->live);
    lb->open = lb_grow(lb->open, lb->capacity / 64, room / 64, sizeof *lb->open);
    if (lb->place != NULL)
        lb->place = lb_grow(lb->place, lb->capacity, room, sizeof *lb->place);
    lb->capacity = room;
}

static const char *copy_name(const char *name)
{
    size_t size = strlen(name) + 1;

    return memcpy(lb_grow(NULL, 0, size, 1), name, size);
}

/* What others of the pool have in flight there: those that were told of it before. */
static uint32_t pooled_inflight(const struct lb *lb, uint32_t i)
{
    const struct lb_pool *pool = lb->sharer != NULL ? lb->sharer->pool : NULL;

    for (uint32_t k = 0; pool != NULL && k < pool->count; k++)
        if (i < pool->sharer[k]->lb->count)
            return pool->sharer[k]->lb->backend[i].inflight;
    return 0;
}

uint32_t lb_add_at(struct lb *lb, uint64_t id, const char *name, uint32_t weight, uint32_t limit,
                   struct lb_place place)
{
    uint32_t i = lb->count;

    if (i == lb->capacity)
        make_room(lb);
    lb->backend[i] = (struct lb_backend){
        .id = id, .name = copy_name(name ? name : ""), .weight = weight, .limit = limit,
        .inflight = pooled_inflight(lb, i), .state = LB_UP,
    };
    if (lb->place == NULL && (place.zone != 0 || place.priority != 0))
        lb->place = lb_grow(NULL, 0, lb->capacity, sizeof *lb->place);
    if (lb->place != NULL)
        lb->place[i] = place;
    lb->count++;
    changed(lb, i, LB_ADDED);
    return i;
}

uint32_t lb_add(struct lb *lb, uint64_t id, const char *name, uint32_t weight, uint32_t limit)
{
    return lb_add_at(lb, id, name, weight, limit, (struct lb_place){ 0, 0 });
}

void lb_set_state(struct lb *lb, uint32_t i, enum lb_state state)
{
    struct lb_backend *b = &lb->backend[i];

    if (b->state == state || b->state == LB_GONE)
        return;
    b->state = state;
    changed(lb, i, state == LB_GONE ? LB_REMOVED : LB_STATE);
}

void lb_remove(struct lb *lb, uint32_t i)
{
    lb_set_state(lb, i, LB_GONE);
}

void lb_set_weight(struct lb *lb, uint32_t i, uint32_t weight)
{
    struct lb_backend *b = &lb->backend[i];

    if (b->weight == weight || b->state == LB_GONE)
        return;
    b->weight = weight;
    changed(lb, i, LB_WEIGHT);
}

void lb_set_limit(struct lb *lb, uint32_t i, uint32_t limit)
{
    struct lb_backend *b = &lb->backend[i];

    if (b->limit == limit || b->state == LB_GONE)
        return;
    b->limit = limit;
    changed(lb, i, LB_LIMIT);
}

/* Who is live does not change, so live[] stays: many at once cost no more than each one. */
void lb_ramp(struct lb *lb, uint32_t i, uint32_t weight)
{
    struct lb_backend *b = &lb->backend[i];

    assert(lb->started && b->weight > 0 && weight > 0);
    if (b->weight == weight || b->state == LB_GONE)
        return;
    if (b->state == LB_UP)
        lb->live_weight += (uint64_t)weight - b->weight;
    b->weight = weight;
    if (lb->ops->on_change != NULL)
        lb->ops->on_change(lb, i, LB_RAMP);
}

/* ---- picking ---- */

void lb_set_inflight(struct lb *lb, uint32_t i, uint32_t inflight)
{
    struct lb_backend *b = &lb->backend[i];
    int64_t by = (int64_t)inflight - b->inflight;

    if (by == 0)
        return;
    b->inflight = inflight;
    update_open(lb, i);
    if (lb->started && lb->ops->on_shared != NULL)
        lb->ops->on_shared(lb, i, by);
}

static void count_pick(struct lb *lb, uint32_t i, uint64_t now)
{
    lb->backend[i].inflight++;
    if (lb->backend[i].limit != 0)
        update_open(lb, i);
    if (lb->ops->on_pick != NULL)
        lb->ops->on_pick(lb, i, now);
}

uint32_t lb_pick(struct lb *lb, const struct lb_request *rq)
{
    uint32_t i = lb->ops->pick(lb, rq);

    if (i >= LB_FULL)
        return i;
    assert(i < lb->count);
    count_pick(lb, i, rq->now);
    return i;
}

void lb_take(struct lb *lb, uint32_t i, uint64_t now)
{
    assert(i < lb->count);
    count_pick(lb, i, now);
}

void lb_complete(struct lb *lb, uint32_t i, const struct lb_outcome *outcome)
{
    assert(i < lb->count && lb->backend[i].inflight > 0);
    lb->backend[i].inflight--;
    if (lb->backend[i].limit != 0)
        update_open(lb, i);
    if (lb->ops->on_complete != NULL)
        lb->ops->on_complete(lb, i, outcome);
}

void lb_report(struct lb *lb, uint32_t i, const struct lb_outcome *outcome)
{
    if (lb->ops->on_report != NULL)
        lb->ops->on_report(lb, i, outcome);
}

uint32_t lb_signals_of(const struct lb_ops *ops)
{
    return ops->signals != 0 ? ops->signals : ops->traits & LB_FEEDBACK ? LB_OWN : 0;
}

uint32_t lb_signals(const struct lb *lb)
{
    return lb_signals_of(lb->ops) | (lb->inner != NULL ? lb_signals(lb->inner) : 0);
}

double lb_probes(const struct lb *lb)
{
    if (lb->ops->probes != NULL)
        return lb->ops->probes(lb);
    return lb->inner != NULL ? lb_probes(lb->inner) : 0;
}

uint32_t lb_peek(struct lb *lb, const struct lb_request *rq)
{
    assert(lb->traits & LB_BY_KEY);
    lb->peeking = true;
    uint32_t i = lb->ops->pick(lb, rq);
    lb->peeking = false;
    return i;
}

/* ---- for algorithms ---- */

uint32_t lb_none_or_full(const struct lb *lb, const struct lb_request *rq)
{
    if (rq->avoid == NULL)
        return lb->live_count > 0 ? LB_FULL : LB_NONE;
    for (uint32_t k = 0; k < lb->live_count; k++)
        if (!lb_is_avoided(rq, lb->live[k]))
            return LB_FULL;
    return LB_NONE;
}

static uint64_t usable_word(const struct lb *lb, const struct lb_request *rq, uint32_t w)
{
    return rq->avoid == NULL ? lb->open[w] : lb->open[w] & ~rq->avoid[w];
}

uint32_t lb_next_usable(const struct lb *lb, const struct lb_request *rq, uint32_t from)
{
    if (lb->open_count == 0)
        return LB_NONE;
    if (from >= lb->count)
        from = 0;

    uint32_t words = (lb->count + 63) / 64, w = from / 64;
    uint64_t bits = usable_word(lb, rq, w) & UINT64_MAX << (from % 64);

    for (uint32_t left = words; bits == 0; left--) {       /* the first word comes round again */
        if (left == 0)
            return LB_NONE;
        w = w + 1 < words ? w + 1 : 0;
        bits = usable_word(lb, rq, w);
    }
    return 64 * w + (uint32_t)__builtin_ctzll(bits);
}

static uint32_t nth_usable(const struct lb *lb, const struct lb_request *rq, uint32_t n)
{
    uint32_t w = 0;
    uint64_t bits = usable_word(lb, rq, 0);

    while (n >= (uint32_t)__builtin_popcountll(bits)) {
        n -= (uint32_t)__builtin_popcountll(bits);
        bits = usable_word(lb, rq, ++w);
    }
    while (n-- > 0)
        bits &= bits - 1;
    return 64 * w + (uint32_t)__builtin_ctzll(bits);
}

uint32_t lb_random_usable(struct lb *lb, const struct lb_request *rq)
{
    uint32_t usable = 0;

    if (lb->open_count == 0)
        return LB_NONE;
    for (int tries = 0; tries < 8; tries++) {
        uint32_t i = lb->live[lb_random_below(lb, lb->live_count)];
        if (lb_usable(lb, i, rq))
            return i;
    }
    for (uint32_t w = 0; 64 * w < lb->count; w++)
        usable += (uint32_t)__builtin_popcountll(usable_word(lb, rq, w));
    return usable ? nth_usable(lb, rq, lb_random_below(lb, usable)) : LB_NONE;
}
