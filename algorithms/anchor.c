/* anchor.c - AnchorHash: a key falls on one of `capacity` buckets; if that one is not at work the
 * key is hashed on among those that were when it left, and so on.  Keys move only when they must,
 * whoever goes, without a ring.
 *
 * Who comes back gets the bucket that was freed last: after two went, in the order in which they
 * went they come back to each other's keys.  Names A, W, L, K, N and R are the paper's. */
#include "lb.h"

#include <stdlib.h>

struct anchor {
    uint32_t  capacity;
    uint32_t *A;                         /* [size] 0: at work; else how many were when it left */
    uint32_t *W, *L;                     /* [size] the ones at work, first N; where each stands */
    uint32_t *K;                         /* [size] who took its place */
    uint32_t *R;                         /* [size - N] buckets that left, the last one on top */
    uint32_t *backend;                   /* [size] by bucket */
    uint32_t *bucket;                    /* [room] by backend, LB_NONE: has none */
    uint32_t  size, N, room;
};

static void bucket_remove(struct anchor *a, uint32_t b)
{
    a->R[a->size - a->N] = b;
    a->N--;
    a->A[b] = a->N;
    a->W[a->L[b]] = a->K[b] = a->W[a->N];
    a->L[a->W[a->N]] = a->L[b];
}

static uint32_t bucket_add(struct anchor *a)
{
    uint32_t b = a->R[a->size - a->N - 1];

    a->A[b] = 0;
    a->L[a->W[a->N]] = a->N;
    a->W[a->L[b]] = a->K[b] = b;
    a->N++;
    return b;
}

static uint32_t below(uint64_t hash, uint32_t n)
{
    return (uint32_t)((hash >> 32) * n >> 32);
}

/* The key's bucket.  Only while one is at work. */
static uint32_t bucket_of(const struct anchor *a, uint64_t key)
{
    uint32_t b = below(lb_mix(key), a->size);

    while (a->A[b] > 0) {
        uint32_t h = below(lb_mix(lb_mix(key) + b + 1), a->A[b]);
        while (a->A[h] >= a->A[b])
            h = a->K[h];
        b = h;
    }
    return b;
}

/* ---- backends ---- */

static void enter(struct anchor *a, uint32_t i)
{
    uint32_t b = bucket_add(a);

    a->bucket[i] = b;
    a->backend[b] = i;
}

/* A set of buckets with none at work; the first ones are the first to be taken. */
static void lay_out(struct anchor *a, uint32_t size)
{
    uint32_t **array[] = { &a->A, &a->W, &a->L, &a->K, &a->R, &a->backend };

    for (size_t k = 0; k < sizeof array / sizeof *array; k++)
        *array[k] = lb_grow(*array[k], a->size, size, sizeof **array[k]);
    a->size = a->N = size;
    for (uint32_t b = 0; b < size; b++) {
        a->A[b] = 0;
        a->W[b] = a->L[b] = a->K[b] = b;
    }
    while (a->N > 0)
        bucket_remove(a, a->N - 1);
}

static uint32_t size_for(const struct anchor *a, uint32_t backends)
{
    uint32_t size = a->size > 0 ? a->size : a->capacity;

    while (size < backends)
        size *= 2;
    return size;
}

static void begin(struct lb *lb, uint32_t size)
{
    struct anchor *a = lb->state;

    lay_out(a, size);
    for (uint32_t i = 0; i < a->room; i++)
        a->bucket[i] = LB_NONE;
    for (uint32_t k = 0; k < lb->live_count; k++)
        enter(a, lb->live[k]);
}

static void make_room(struct lb *lb)
{
    struct anchor *a = lb->state;

    a->bucket = lb_grow(a->bucket, a->room, lb->capacity, sizeof *a->bucket);
    for (; a->room < lb->capacity; a->room++)
        a->bucket[a->room] = LB_NONE;
}

static void anchor_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    struct anchor *a = lb->state;
    bool live = lb->backend[i].state == LB_UP && lb->backend[i].weight > 0;

    (void)what;
    make_room(lb);
    if (live == (a->bucket[i] != LB_NONE))
        return;
    if (live && a->N == a->size) {
        begin(lb, size_for(a, lb->live_count));
    } else if (live) {
        enter(a, i);
    } else {
        bucket_remove(a, a->bucket[i]);
        a->bucket[i] = LB_NONE;
    }
}

static uint32_t anchor_pick(struct lb *lb, const struct lb_request *rq)
{
    const struct anchor *a = lb->state;
    uint64_t key = rq->hash;

    if (lb_next_usable(lb, rq, 0) == LB_NONE)
        return lb_none_or_full(lb, rq);
    for (int tries = 0; tries < 16; tries++, key = lb_mix(key + 1)) {
        uint32_t i = a->backend[bucket_of(a, key)];
        if (lb_usable(lb, i, rq))
            return i;
    }
    return lb_next_usable(lb, rq, below(lb_mix(key), lb->count));
}

static int anchor_start(struct lb *lb, const char **why)
{
    (void)why;
    make_room(lb);
    begin(lb, size_for(lb->state, lb->live_count));
    return 0;
}

static void anchor_stop(struct lb *lb)
{
    struct anchor *a = lb->state;

    free(a->A);
    free(a->W);
    free(a->L);
    free(a->K);
    free(a->R);
    free(a->backend);
    free(a->bucket);
}

static size_t anchor_bytes(const struct lb *lb)
{
    const struct anchor *a = lb->state;

    return (6 * (size_t)a->size + a->room) * sizeof(uint32_t);
}

static const struct lb_param params[] = {
    { "capacity", LB_UINT, offsetof(struct anchor, capacity), 1024, 1, 1u << 24,
      "buckets; doubled, which moves nearly all keys, when backends outgrow it" },
    { 0 },
};

static const struct lb_page page = {
    .rule = "b = hash(key) mod capacity. While bucket b is not at work: h = hash(b, key)\n"
            "mod A[b], A[b] being how many were at work when b left; while h had left by\n"
            "then too, h = K[h], who took its place; b = h. Backends take buckets from a\n"
            "stack on which those that leave put theirs. A key that meets a full or tried\n"
            "backend is hashed on, up to 16 times, then takes the next usable one.",
    .cost = "1 + ln(capacity / backends) hashes per pick, 24 bytes a bucket, 4 a backend;\n"
            "O(1) when a backend comes, goes, fails or recovers.",
    .used_by = "Research; its authors' C++ and several libraries.",
    .fails_when = "Backends come back in another order than the reverse of how they went: they\n"
                  "swap keys. Two balancers that saw changes in different order disagree.\n"
                  "Capacity is exceeded. Weights are ignored.",
    .source = "Mendelson, Vargaftik, Barabash, Lorenz, Keslassy, Orda, AnchorHash: A Scalable\n"
              "Consistent Hash, IEEE/ACM Transactions on Networking, 2021.",
};

const struct lb_ops lb_anchor = {
    .abi        = LB_ABI,
    .traits     = LB_BY_KEY | LB_CONSISTENT | LB_BY_ORDER,
    .max_backends = 1u << 24,
    .name       = "anchor",
    .summary    = "hashed on among who was there (Mendelson 2021)",
    .page       = &page,
    .state_size = sizeof(struct anchor),
    .params     = params,
    .start      = anchor_start,
    .stop       = anchor_stop,
    .pick       = anchor_pick,
    .on_change  = anchor_change,
    .bytes      = anchor_bytes,
};
