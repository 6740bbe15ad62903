/* ketama.c - nginx's `hash KEY consistent`: ketama's ring with CRCs instead of MD5.
 *
 * 160 points a unit of weight; a point's hash is of the host, the port and the point before it.
 * It is the name as configured that counts, not the id: another port is another backend.  A down
 * backend stays on the ring and is walked past, up to 20 points, then round robin takes over. */
#include "address.h"
#include "hash_text.h"
#include "ring.h"
#include "turns.h"

#include <string.h>

enum { POINTS_PER_WEIGHT = 160, RETRIES = 20 };
static const uint64_t MOST_POINTS = 1u << 25;

struct ketama {
    struct turns turns;
    struct ring  ring;                   /* of 2^32: in the upper halves of places */
    bool         built;
};

static bool is_on_ring(const struct lb_backend *b)
{
    return b->state != LB_GONE && b->weight > 0;
}

/* `halve` keeps rings of absurd weights within MOST_POINTS. */
static uint64_t points_of(const struct lb_backend *b, uint32_t halve)
{
    uint64_t points = (uint64_t)POINTS_PER_WEIGHT * b->weight >> halve;

    return points > 0 ? points : 1;
}

static uint64_t points_of_all(const struct lb *lb, uint32_t halve)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < lb->count; i++)
        if (is_on_ring(&lb->backend[i]))
            sum += points_of(&lb->backend[i], halve);
    return sum;
}

static uint32_t halvings(const struct lb *lb)
{
    uint32_t halve = 0;

    while (halve < 40 && points_of_all(lb, halve) > MOST_POINTS)
        halve++;
    return halve;
}

/* Where the port begins: behind a colon with nothing but digits after it; the length: no port. */
static size_t port_at(const struct label *name)
{
    size_t at = name->length;

    while (at > 0 && name->text[at - 1] >= '0' && name->text[at - 1] <= '9')
        at--;
    return at > 0 && name->text[at - 1] == ':' ? at : name->length;
}

/* The CRC's state behind host, NUL and port, with which every point of a backend begins. */
static uint32_t state_of(const struct lb_backend *b)
{
    struct label name;

    label_of(&name, b);
    size_t port = port_at(&name);
    bool has_port = port < name.length || (port > 0 && name.text[port - 1] == ':');
    uint32_t state = crc32_update(CRC32_START, name.text, has_port ? port - 1 : name.length);

    state = crc32_update(state, "", 1);
    return crc32_update(state, name.text + port, name.length - port);
}

static void put_points(struct ring *ring, const struct lb_backend *b, uint32_t i, uint64_t count)
{
    uint32_t state = state_of(b), before = 0;

    for (uint64_t k = 0; k < count; k++) {
        unsigned char byte[4] = { (unsigned char)before, (unsigned char)(before >> 8),
                                  (unsigned char)(before >> 16), (unsigned char)(before >> 24) };
        before = ~crc32_update(state, byte, sizeof byte);
        ring_put(ring, (uint64_t)before << 32, i);
    }
}

static void build(struct lb *lb)
{
    struct ketama *k = lb->state;
    uint32_t halve = halvings(lb);

    k->built = true;
    ring_clear(&k->ring);
    for (uint32_t i = 0; i < lb->count; i++)
        if (is_on_ring(&lb->backend[i]))
            put_points(&k->ring, &lb->backend[i], i, points_of(&lb->backend[i], halve));
    ring_sort(&k->ring);
}

static uint32_t ketama_pick(struct lb *lb, const struct lb_request *rq)
{
    struct ketama *k = lb->state;
    struct key_bytes key;

    if (lb->open_count == 0)
        return lb_none_or_full(lb, rq);
    if (!k->built)
        build(lb);
    key_bytes_of(&key, rq);

    uint32_t hash = ~crc32_update(CRC32_START, key.byte, key.length);
    uint32_t at = ring_find(&k->ring, (uint64_t)hash << 32);

    for (int tries = 0; tries <= RETRIES && key.length > 0; tries++) {
        if (lb_usable(lb, k->ring.point[at].backend, rq))
            return k->ring.point[at].backend;
        at = ring_next(&k->ring, at);
    }
    return turns_pick(lb, rq, hash);
}

static void make_room(struct lb *lb)
{
    struct ketama *k = lb->state;

    ring_reserve(&k->ring, (uint32_t)points_of_all(lb, halvings(lb)));
    k->built = false;
}

static void ketama_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    turns_change(lb, i, what);
    if (what == LB_ADDED || what == LB_REMOVED || what == LB_WEIGHT)
        make_room(lb);
}

static int ketama_start(struct lb *lb, const char **why)
{
    (void)why;
    make_room(lb);
    turns_start(lb);
    return 0;
}

static void ketama_stop(struct lb *lb)
{
    turns_stop(lb);
    ring_free(&((struct ketama *)lb->state)->ring);
}

static size_t ketama_bytes(const struct lb *lb)
{
    return turns_bytes(lb) + ring_memory(&((const struct ketama *)lb->state)->ring);
}

static const struct lb_page page = {
    .rule = "Each backend has 160 x weight points on a ring of 2^32; point j is the crc32\n"
            "of host, NUL, port and point j - 1. A key belongs to the first point at or\n"
            "after its crc32. If that backend is not usable the next points are tried, up\n"
            "to 20; after that, and without a key, smooth weighted round robin. Of two\n"
            "backends with one name only the first has keys. Above 2^25 points all counts\n"
            "are halved.",
    .cost = "O(key) per pick, 5 kB and more a backend and unit of weight; O(points) at the\n"
            "first pick after backends or weights changed, nothing when one goes down.",
    .used_by = "nginx `hash KEY consistent`, as the Perl client Cache::Memcached::Fast.",
    .fails_when = "Popular keys: no pure hash spreads one key. Shares differ by 8 %. A dead\n"
                  "backend's keys fall on its neighbours only; with few backends 20 points\n"
                  "may all be dead ones, and keys lose their place to round robin.",
    .source = "nginx, ngx_http_upstream_hash_module.c; checked key for key against\n"
              "recordings of nginx 1.22.1. Several addresses of one name are not modelled.",
};

const struct lb_ops lb_ketama = {
    .abi         = LB_ABI,
    .traits      = LB_WEIGHTED | LB_BY_KEY | LB_CONSISTENT,
    .name        = "ketama",
    .summary     = "a ring of CRCs of names (nginx hash consistent)",
    .page        = &page,
    .state_size  = sizeof(struct ketama),
    .start       = ketama_start,
    .stop        = ketama_stop,
    .pick        = ketama_pick,
    .on_pick     = turns_picked,
    .on_complete = turns_complete,
    .on_change   = ketama_change,
    .bytes       = ketama_bytes,
    .on_shared   = turns_shared,
};
