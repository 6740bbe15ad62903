/* bare.c - what the machine could do: the same work as the bench's scenarios in one hand-written
 * loop, without nodes, policies, messages or records.  The measure of the simulator's speed.
 *
 *   bare WORK REQUESTS     WORK is a row of works[] below
 *
 * A 4-ary heap of (time, sequence, backend) in one 128-bit key, the next arrival outside of it, the
 * top replaced in place, requests from a free list; exponential draws by ziggurat. */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef unsigned __int128 key128;

#define INLINE static inline __attribute__((always_inline))

enum rule { RANDOM, ROUND_ROBIN, LEAST_CONN, P2C, PEAK_EWMA };
enum { CLASSES = 65536, BUCKETS = 2048, HOPS = 5, ID_BITS = 20 };

struct request { double born; struct request *next; };
struct traveller { struct request request; uint32_t serial, hop; };   /* with a timer or links */

/* A first-in-first-out of messages that all take the same time: a ring that doubles. */
struct message { double at; struct request *request; uint32_t serial; };
struct ring { struct message *slot; uint32_t head, tail, mask; };

struct peer { struct request *head, *tail; uint32_t queue; };
struct estimate { double value, at; };

struct bare {
    uint64_t rng[4];
    double   now;
    key128  *heap;
    uint64_t sequence;
    uint32_t heaped, peers, turn;
    struct peer *peer;
    struct estimate *estimate;
    uint32_t *order, *place, *class_start;  /* peers by queue length: least_conn in O(1) */
    struct request *free;
    size_t   request_size;
    uint64_t born, done, target;
    struct ring timers, out[2];                 /* out: the first link, the others */
    uint64_t bucket[BUCKETS];
    double   sum;
};

/* ---- random numbers: xoshiro256++ and a 256-layer ziggurat ---- */

static double zig_width[256], zig_height[256];
static uint64_t zig_limit[256];

static void zig_init(void)
{
    const double scale = 0x1p53, tail = 7.69711747013104972, area = 3.949659822581572e-3;
    double x = tail, q = area / exp(-tail);

    zig_limit[0] = (uint64_t)(tail / q * scale);
    zig_width[0] = q / scale;
    zig_width[255] = tail / scale;
    zig_height[0] = 1;
    zig_height[255] = exp(-tail);
    for (int i = 254; i >= 1; i--) {
        double above = -log(area / x + exp(-x));

        zig_limit[i + 1] = (uint64_t)(above / x * scale);
        zig_height[i] = exp(-above);
        zig_width[i] = above / scale;
        x = above;
    }
}

INLINE uint64_t word(struct bare *b)
{
    uint64_t *s = b->rng, sum = s[0] + s[3], out = (sum << 23 | sum >> 41) + s[0], t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = s[3] << 45 | s[3] >> 19;
    return out;
}

INLINE double unit(struct bare *b)
{
    return ((double)(word(b) >> 11) + 0.5) * 0x1p-53;
}

INLINE uint32_t below(struct bare *b, uint32_t n)
{
    return (uint32_t)((word(b) >> 32) * n >> 32);
}

static __attribute__((noinline)) double zig_edge(struct bare *b, uint64_t across, unsigned i)
{
    for (;;) {
        double x = (double)(int64_t)across * zig_width[i];

        if (i == 0)
            return 7.69711747013104972 - log(unit(b));
        if (zig_height[i] + unit(b) * (zig_height[i - 1] - zig_height[i]) < exp(-x))
            return x;

        uint64_t w = word(b);

        i = w & 255;
        across = w >> 11;
        if (across < zig_limit[i])
            return (double)(int64_t)across * zig_width[i];
    }
}

INLINE double exponential(struct bare *b)
{
    uint64_t w = word(b), across = w >> 11;
    unsigned i = w & 255;

    if (__builtin_expect(across < zig_limit[i], 1))
        return (double)(int64_t)across * zig_width[i];
    return zig_edge(b, across, i);
}

/* ---- the heap ---- */

INLINE key128 key_of(struct bare *b, double at, uint32_t id)
{
    uint64_t bits;

    memcpy(&bits, &at, sizeof bits);
    return (key128)bits << 64 | b->sequence++ << ID_BITS | id;
}

INLINE double time_of(key128 key)
{
    uint64_t bits = (uint64_t)(key >> 64);
    double at;

    memcpy(&at, &bits, sizeof at);
    return at;
}

INLINE void heap_push(struct bare *b, double at, uint32_t id)
{
    key128 key = key_of(b, at, id);
    uint32_t k = b->heaped++;

    while (k > 0) {
        uint32_t up = (k - 1) >> 2;

        if (key >= b->heap[up])
            break;
        b->heap[k] = b->heap[up];
        k = up;
    }
    b->heap[k] = key;
}

INLINE void heap_replace_top(struct bare *b, key128 key)
{
    key128 *heap = b->heap;
    uint32_t k = 0, n = b->heaped;

    for (;;) {
        uint32_t first = 4 * k + 1;

        if (first >= n)
            break;

        uint32_t least = first, end = first + 4 < n ? first + 4 : n;
        key128 value = heap[first];

        for (uint32_t i = first + 1; i < end; i++) {
            bool is_less = heap[i] < value;

            least = is_less ? i : least;
            value = is_less ? heap[i] : value;
        }
        if (key < value)
            break;
        heap[k] = value;
        k = least;
    }
    heap[k] = key;
}

INLINE void heap_drop_top(struct bare *b)
{
    if (--b->heaped)
        heap_replace_top(b, b->heap[b->heaped]);
}

/* ---- rings ---- */

static __attribute__((noinline)) void ring_grow(struct ring *r)
{
    uint32_t size = r->mask + 1;
    struct message *slot = malloc(2 * (size_t)size * sizeof *slot);

    for (uint32_t i = 0; i < size; i++)
        slot[i] = r->slot[(r->head + i) & r->mask];
    free(r->slot);
    *r = (struct ring){ .slot = slot, .head = 0, .tail = size, .mask = 2 * size - 1 };
}

INLINE struct traveller *traveller(struct request *r)
{
    return (struct traveller *)(void *)r;
}

INLINE void ring_push(struct ring *r, double at, struct request *request)
{
    if (__builtin_expect(r->tail - r->head > r->mask, 0))
        ring_grow(r);
    r->slot[r->tail++ & r->mask] = (struct message){ at, request, traveller(request)->serial };
}

INLINE double ring_time(const struct ring *r)
{
    return r->head != r->tail ? r->slot[r->head & r->mask].at : INFINITY;
}

INLINE struct request *ring_pop(struct ring *r)
{
    return r->slot[r->head++ & r->mask].request;
}

/* The time of the first timer that somebody still waits for. */
INLINE double timer_time(struct ring *r)
{
    while (r->head != r->tail) {
        const struct message *m = &r->slot[r->head & r->mask];

        if (traveller(m->request)->serial == m->serial)
            return m->at;
        r->head++;
    }
    return INFINITY;
}

/* ---- requests and peers ---- */

static __attribute__((noinline)) struct request *more_requests(struct bare *b)
{
    char *chunk = calloc(4096, b->request_size);

    for (size_t i = 4095; i > 0; i--) {
        struct request *r = (struct request *)(void *)(chunk + i * b->request_size);

        r->next = b->free;
        b->free = r;
    }
    return (struct request *)(void *)chunk;
}

INLINE struct request *request_new(struct bare *b)
{
    struct request *r = b->free;

    if (__builtin_expect(r == NULL, 0))
        r = more_requests(b);
    else
        b->free = r->next;
    r->born = b->now;
    b->born++;
    return r;
}

INLINE void swap(struct bare *b, uint32_t i, uint32_t k)
{
    uint32_t x = b->order[i], y = b->order[k];

    b->order[i] = y;
    b->place[y] = i;
    b->order[k] = x;
    b->place[x] = k;
}

INLINE void queue_up(struct bare *b, uint32_t i, enum rule rule)
{
    uint32_t n = b->peer[i].queue++;

    if (rule == LEAST_CONN)
        swap(b, b->place[i], --b->class_start[n + 1]);
}

INLINE void queue_down(struct bare *b, uint32_t i, enum rule rule)
{
    uint32_t n = b->peer[i].queue--;

    if (rule == LEAST_CONN)
        swap(b, b->place[i], b->class_start[n]++);
}

INLINE uint32_t pick_two(struct bare *b, uint32_t *other)
{
    uint32_t one = below(b, b->peers);

    *other = below(b, b->peers - 1);
    *other += *other >= one;
    return one;
}

INLINE uint32_t pick_least(struct bare *b)
{
    uint32_t n = b->class_start[b->peer[b->order[0]].queue + 1];

    return b->order[n == 1 ? 0 : below(b, n)];
}

INLINE double cost(const struct bare *b, uint32_t i)
{
    return b->estimate[i].value * (b->peer[i].queue + 1);
}

INLINE uint32_t pick(struct bare *b, enum rule rule)
{
    uint32_t one, other;

    switch (rule) {
    case RANDOM:
        return below(b, b->peers);
    case ROUND_ROBIN:
        one = b->turn;
        b->turn = one + 1 == b->peers ? 0 : one + 1;
        return one;
    case LEAST_CONN:
        return pick_least(b);
    case P2C:
        one = pick_two(b, &other);
        return b->peer[other].queue < b->peer[one].queue ? other : one;
    case PEAK_EWMA:
        one = pick_two(b, &other);
        return cost(b, other) < cost(b, one) ? other : one;
    }
    return 0;
}

/* Finagle's rule, decay 10 s = 1000 mean services. */
INLINE void learn(struct bare *b, uint32_t i, double latency)
{
    struct estimate *e = &b->estimate[i];
    double keep = exp((e->at - b->now) / 1000);

    e->value = latency > e->value ? latency : e->value * keep + latency * (1 - keep);
    e->at = b->now;
}

INLINE void serve(struct bare *b, struct request *r, enum rule rule)
{
    uint32_t i = pick(b, rule);
    struct peer *p = &b->peer[i];

    r->next = NULL;
    if (p->queue == 0) {
        p->head = p->tail = r;
        heap_push(b, b->now + exponential(b), i);
    } else {
        p->tail->next = r;
        p->tail = r;
    }
    queue_up(b, i, rule);
}

INLINE void finish(struct bare *b, struct request *r)
{
    double latency = b->now - r->born, shifted = latency + 0x1p-20;
    uint64_t bits;

    memcpy(&bits, &shifted, sizeof bits);

    int64_t i = (int64_t)(bits >> 47) - ((1023 - 20) << 5);

    b->bucket[i < 0 ? 0 : i >= BUCKETS ? BUCKETS - 1 : i]++;
    b->sum += latency;
    b->done++;
    r->next = b->free;
    b->free = r;
}

/* A job leaves its peer; the next one begins. */
INLINE struct request *depart(struct bare *b, enum rule rule)
{
    uint32_t i = (uint32_t)b->heap[0] & ((1u << ID_BITS) - 1);
    struct peer *p = &b->peer[i];
    struct request *r = p->head;

    p->head = r->next;
    queue_down(b, i, rule);
    if (rule == PEAK_EWMA)
        learn(b, i, b->now - r->born);
    if (p->queue)
        heap_replace_top(b, key_of(b, b->now + exponential(b), i));
    else
        heap_drop_top(b);
    return r;
}

/* ---- the loops: one without links, one where every request passes HOPS links each way ---- */

INLINE void run_near(struct bare *b, enum rule rule, double gap, double timeout)
{
    double arrival = gap * exponential(b);

    while (b->done < b->target) {
        double departure = b->heaped ? time_of(b->heap[0]) : INFINITY;
        double soonest = arrival < departure ? arrival : departure;

        if (timeout > 0 && timer_time(&b->timers) < soonest)
            abort();                    /* so rare at this load that it never happens */
        b->now = soonest;
        if (arrival < departure) {
            struct request *r = request_new(b);

            if (timeout > 0)
                ring_push(&b->timers, b->now + timeout, r);
            serve(b, r, rule);
            arrival = b->born < b->target ? b->now + gap * exponential(b) : INFINITY;
        } else {
            struct request *r = depart(b, rule);

            if (timeout > 0)
                traveller(r)->serial++;
            finish(b, r);
        }
    }
}

/* The links: 0.5 ms from the client, then 0.1 ms each; the same back.  Mean service: 10 ms. */
INLINE void send(struct bare *b, struct request *r)
{
    uint32_t hop = traveller(r)->hop++;
    bool is_long = hop == 0 || hop == 2 * HOPS - 1;

    ring_push(&b->out[is_long ? 0 : 1], b->now + (is_long ? 0.05 : 0.01), r);
}

INLINE void arrive(struct bare *b, struct request *r)
{
    if (traveller(r)->hop == HOPS)
        serve(b, r, P2C);
    else if (traveller(r)->hop == 2 * HOPS)
        finish(b, r);
    else
        send(b, r);
}

static void run_far(struct bare *b, double gap)
{
    double arrival = gap * exponential(b);

    while (b->done < b->target) {
        double departure = b->heaped ? time_of(b->heap[0]) : INFINITY;
        double far = ring_time(&b->out[0]), near = ring_time(&b->out[1]);
        double message = far < near ? far : near;
        double queued = arrival < departure ? arrival : departure;

        b->now = message < queued ? message : queued;
        if (message < queued) {
            arrive(b, ring_pop(&b->out[far < near ? 0 : 1]));
        } else if (arrival < departure) {
            struct request *r = request_new(b);

            traveller(r)->hop = 0;
            send(b, r);
            arrival = b->born < b->target ? b->now + gap * exponential(b) : INFINITY;
        } else {
            send(b, depart(b, P2C));
        }
    }
}

/* ---- */

struct work { const char *name; uint32_t peers; enum rule rule; double timeout; uint32_t hops; };

static const struct work works[] = {
    { "mm1",         1,     ROUND_ROBIN, 0,   0 },
    { "random",      100,   RANDOM,      0,   0 },
    { "round_robin", 100,   ROUND_ROBIN, 0,   0 },
    { "p2c",         100,   P2C,         0,   0 },
    { "least_conn",  100,   LEAST_CONN,  0,   0 },
    { "peak_ewma",   100,   PEAK_EWMA,   0,   0 },
    { "many",        10000, RANDOM,      0,   0 },
    { "timeout",     100,   P2C,         100, 0 },
    { "hops",        100,   P2C,         0,   HOPS },
};

/* Each rule its own loop: what is known of it is known to the compiler. */
static void run(struct bare *b, const struct work *w)
{
    double gap = 1 / (0.8 * w->peers);

    if (w->hops)
        run_far(b, gap);
    else if (w->timeout > 0)
        run_near(b, P2C, gap, w->timeout);
    else if (w->rule == RANDOM)
        run_near(b, RANDOM, gap, 0);
    else if (w->rule == ROUND_ROBIN)
        run_near(b, ROUND_ROBIN, gap, 0);
    else if (w->rule == LEAST_CONN)
        run_near(b, LEAST_CONN, gap, 0);
    else if (w->rule == P2C)
        run_near(b, P2C, gap, 0);
    else
        run_near(b, PEAK_EWMA, gap, 0);
}

static void ring_init(struct ring *r)
{
    *r = (struct ring){ .slot = malloc(1024 * sizeof *r->slot), .mask = 1023 };
}

static void init(struct bare *b, const struct work *w, uint64_t target)
{
    *b = (struct bare){ .rng = { 1, 2, 3, 4 }, .peers = w->peers, .target = target,
                        .request_size = w->hops || w->timeout > 0 ? sizeof(struct traveller)
                                                                  : sizeof(struct request) };
    for (int i = 0; i < 64; i++)
        word(b);
    b->peer = calloc(w->peers, sizeof *b->peer);
    b->estimate = calloc(w->peers, sizeof *b->estimate);
    b->order = calloc(w->peers, sizeof *b->order);
    b->place = calloc(w->peers, sizeof *b->place);
    b->class_start = calloc(CLASSES, sizeof *b->class_start);
    b->heap = (key128 *)aligned_alloc(64, ((size_t)w->peers + 64) * sizeof *b->heap) + 3;
    for (uint32_t i = 0; i < w->peers; i++)
        b->order[i] = b->place[i] = i;
    for (uint32_t i = 1; i < CLASSES; i++)
        b->class_start[i] = w->peers;
    ring_init(&b->timers);
    ring_init(&b->out[0]);
    ring_init(&b->out[1]);
}

int main(int argc, char **argv)
{
    static struct bare bare;
    const struct work *w = NULL;

    for (size_t i = 0; i < sizeof works / sizeof works[0]; i++)
        if (argc == 3 && strcmp(argv[1], works[i].name) == 0)
            w = &works[i];
    if (!w) {
        fprintf(stderr, "usage: bare WORK REQUESTS\n");
        return 2;
    }
    zig_init();
    init(&bare, w, strtoull(argv[2], NULL, 10));
    run(&bare, w);
    printf("%s: %llu requests, mean %.4f\n", w->name, (unsigned long long)bare.done,
           bare.sum / (double)bare.done);
    return 0;
}
