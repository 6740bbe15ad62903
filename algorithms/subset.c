/* subset.c - a balancer uses a few of many backends, so that connections do not multiply: which
 * few, by four laws.  A backend that is down stays in: subsets are of what is configured. */
#include "parts.h"

#include <stdlib.h>

enum { RANDOM, DETERMINISTIC, RING };
static const char *const law_words[] = { "random", "deterministic", "ring", NULL };

struct candidate { uint64_t key; uint32_t backend; };

struct subset {
    struct parts parts;                  /* one */
    uint32_t     law, size;
    uint64_t     salt;                   /* random: this balancer's own */
    struct candidate *list;              /* [room] */
    bool        *is_in;                  /* by backend */
    uint32_t     room;
};

/* ---- the laws: the `size` least keys are in ---- */

static uint32_t reverse_bits(uint32_t x)
{
    x = (x >> 1 & 0x55555555u) | (x & 0x55555555u) << 1;
    x = (x >> 2 & 0x33333333u) | (x & 0x33333333u) << 2;
    x = (x >> 4 & 0x0f0f0f0fu) | (x & 0x0f0f0f0fu) << 4;
    return __builtin_bswap32(x);
}

/* gRPC A68: each client has a seed, and takes the least hashes of the backends under it. */
static void keys_by_hash(struct lb *lb, uint32_t count)
{
    struct subset *s = lb->state;

    for (uint32_t k = 0; k < count; k++)
        s->list[k].key = lb_mix(lb->backend[s->list[k].backend].id ^ s->salt);
}

/* Site reliability book, chapter 20: clients of one round share one shuffle, each its own slice. */
static void keys_by_round(struct lb *lb, uint32_t count)
{
    struct subset *s = lb->state;
    uint32_t client = lb->site != NULL ? lb->site->index : 0, slices = count / s->size;
    uint32_t first = client % slices * s->size;
    uint64_t round = client / slices;

    for (uint32_t k = count; k > 1; k--) {          /* Fisher and Yates's */
        uint32_t j = (uint32_t)((lb_mix(lb_mix(round + 1) + count - k) >> 32) * k >> 32);
        struct candidate swapped = s->list[j];

        s->list[j] = s->list[k - 1];
        s->list[k - 1] = swapped;
    }
    for (uint32_t k = 0; k < count; k++)
        s->list[k].key = k >= first ? k - first : k + count;
}

/* Both sides stand on a circle in van der Corput's order; each takes the next ones clockwise. */
static void keys_by_ring(struct lb *lb, uint32_t count)
{
    struct subset *s = lb->state;
    uint32_t from = reverse_bits(lb->site != NULL ? lb->site->index : 0);

    for (uint32_t k = 0; k < count; k++)
        s->list[k].key = reverse_bits(s->list[k].backend) - from;
}

static int by_key(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;

    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return x->backend < y->backend ? -1 : x->backend > y->backend;
}

/* ---- choosing ---- */

static uint32_t list_configured(struct lb *lb)
{
    struct subset *s = lb->state;
    uint32_t count = 0;

    for (uint32_t i = 0; i < lb->count; i++)
        if (lb->backend[i].state != LB_GONE)
            s->list[count++] = (struct candidate){ i, i };
    return count;
}

static void give_keys(struct lb *lb, uint32_t count)
{
    switch (((const struct subset *)lb->state)->law) {
    case RANDOM: keys_by_hash(lb, count); break;
    case DETERMINISTIC: keys_by_round(lb, count); break;
    default: keys_by_ring(lb, count);
    }
}

static void move(struct lb *lb, uint32_t i, bool is_in)
{
    struct subset *s = lb->state;

    if (s->is_in[i] == is_in)
        return;
    s->is_in[i] = is_in;
    if (is_in)
        parts_put(lb, &s->parts, i, 0, lb->backend[i].weight);
    else
        parts_take(&s->parts, i);
}

static void choose(struct lb *lb)
{
    struct subset *s = lb->state;
    uint32_t count = list_configured(lb), last;

    if (count == 0)                 /* perhaps no list yet, which qsort() forbids */
        return;
    if (count > s->size) {
        give_keys(lb, count);
        qsort(s->list, count, sizeof *s->list, by_key);
    }
    last = count < s->size ? count : s->size;
    for (uint32_t k = last; k < count; k++)
        move(lb, s->list[k].backend, false);
    for (uint32_t k = 0; k < last; k++)
        s->list[k].key = s->list[k].backend;        /* in configured order, as without a subset */
    qsort(s->list, last, sizeof *s->list, by_key);
    for (uint32_t k = 0; k < last; k++)
        move(lb, s->list[k].backend, true);
}

static uint32_t subset_pick(struct lb *lb, const struct lb_request *rq)
{
    return parts_pick(lb, parts_of(lb), 0, rq);
}

/* ---- changes ---- */

static void make_room(struct lb *lb)
{
    struct subset *s = lb->state;

    if (lb->capacity <= s->room)
        return;
    s->list = lb_grow(s->list, s->room, lb->capacity, sizeof *s->list);
    s->is_in = lb_grow(s->is_in, s->room, lb->capacity, sizeof *s->is_in);
    s->room = lb->capacity;
}

static void subset_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    struct subset *s = lb->state;

    make_room(lb);
    if (what == LB_ADDED || what == LB_REMOVED) {
        if (what == LB_REMOVED)
            move(lb, i, false);
        choose(lb);
    } else if (s->is_in[i] && what == LB_WEIGHT) {
        parts_weigh(&s->parts, i, lb->backend[i].weight);
    } else if (s->is_in[i]) {
        parts_tell(lb, &s->parts, i);
    }
}

static int subset_start(struct lb *lb, const char **why)
{
    struct subset *s = lb->state;

    s->salt = lb_random_bits(lb);
    if (parts_reserve(lb, &s->parts, 1, why) != 0)
        return -1;
    make_room(lb);
    choose(lb);
    return parts_start(&s->parts, why);
}

static void subset_stop(struct lb *lb)
{
    struct subset *s = lb->state;

    parts_free(&s->parts);
    free(s->list);
    free(s->is_in);
}

static size_t subset_bytes(const struct lb *lb)
{
    const struct subset *s = lb->state;

    return parts_bytes(lb) + s->room * (sizeof *s->list + sizeof *s->is_in);
}

static const struct lb_param params[] = {
    { "size", LB_UINT, offsetof(struct subset, size), 20, 1, 1e6,
      "backends that a balancer uses; all, if there are no more" },
    { "law", LB_CHOICE, offsetof(struct subset, law), RANDOM, RANDOM, RING,
      "random: least hashes; deterministic: slices of a shuffle; ring: neighbours", law_words },
    { .name = NULL },
};

static const struct lb_page page = {
    .rule = "random: the `size` backends that hash least under the balancer's seed.\n"
            "deterministic: with B backends there are k = B / size slices; balancer c takes\n"
            "slice c mod k of the shuffle number c / k. ring: backends and balancers stand\n"
            "on a circle, the i-th where i's bits backwards point to; a balancer takes the\n"
            "next `size` clockwise. Who is down stays in; who comes or goes changes the\n"
            "subset.",
    .cost = "Nothing per pick; O(n log n) when a backend comes or goes; 21 bytes a backend\n"
            "and the inner balancer.",
    .used_by = "random: gRPC random subsetting (A68), Finagle's random aperture, Envoy's\n"
               "subsets are by label instead. deterministic: Google. ring: Google since\n"
               "(rocksteadier).",
    .fails_when = "random: backends have binomially many balancers. deterministic: B mod size get\n"
                  "none in a round, and one backend more or less moves nearly everything. All of\n"
                  "them: a subset that is down or full is not left. A size near 1 or a busy\n"
                  "balancer: its few backends carry it all.",
    .source = "Beyer et al., Site Reliability Engineering, 2016, chapter 20. Ward and others,\n"
              "Reinventing Backend Subsetting at Google, ACM Queue 20(5), 2022. gRFC A68.",
};

const struct lb_ops lb_subset = {
    .abi         = LB_ABI,
    .traits      = LB_WRAPS | LB_MAY_WAIT | LB_MAY_DROP,
    .name        = "subset",
    .summary     = "wrapper: a few of many backends (Google, gRPC)",
    .page        = &page,
    .state_size  = sizeof(struct subset),
    .params      = params,
    .start       = subset_start,
    .stop        = subset_stop,
    .pick        = subset_pick,
    .on_pick     = parts_on_pick,
    .on_complete = parts_on_complete,
    .on_change   = subset_change,
    .on_report   = parts_on_report,
    .bytes       = subset_bytes,
    .on_shared   = parts_on_shared,
    .inherits    = PARTS_INHERIT & ~LB_CONSISTENT,
};
