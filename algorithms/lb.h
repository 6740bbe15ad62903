/* lb.h - load-balancing algorithms behind one small interface.
 *
 * Stand-alone: libc only, no global state, no clock, no lock, no socket.  The host (a simulator,
 * a proxy) owns the threads, brings time and seed, and reports what became of every pick.  N
 * balancers, or N worker threads with separate views, are N instances. */
#ifndef LB_H
#define LB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LB_ABI   4                   /* raised when what was built before would misread a struct */
#define LB_NONE  UINT32_MAX          /* no usable backend: refuse (503) */
#define LB_FULL  (UINT32_MAX - 1)    /* every usable backend is at its limit: queue */

enum lb_state  { LB_UP, LB_DRAINING, LB_DOWN, LB_GONE };    /* GONE: removed, a tombstone */
enum lb_result { LB_OK, LB_ERROR, LB_TIMEOUT, LB_REFUSED, LB_CANCELLED };
/* LB_RAMP: a weight on its way, by lb_ramp(); schedules go on and read it when they next must. */
enum lb_change { LB_ADDED, LB_REMOVED, LB_WEIGHT, LB_STATE, LB_LIMIT, LB_RAMP };

enum lb_trait {
    LB_WEIGHTED   = 1,               /* shares follow the weights */
    LB_BY_KEY     = 2,               /* the pick depends on key and usable set, nothing else */
    LB_CONSISTENT = 4,               /* removing one of n moves about 1/n of the keys */
    LB_FEEDBACK   = 8,               /* reads in-flight counts or outcomes */
    LB_BY_ADDRESS = 16,              /* hashes the client's address whatever key the host prefers */
    LB_BY_LOAD    = 32,              /* LB_BY_KEY, but beyond a bound in-flight counts move keys */
    LB_BY_WORK    = 64,              /* reads lb_request.work: the host takes the trouble to know */
    LB_MAY_WAIT   = 128,             /* LB_FULL when the one it chose is, though others have room */
    LB_BY_ORDER   = 256,             /* LB_CONSISTENT, but the order of the backends counts too */
    LB_MAY_DROP   = 512,             /* LB_NONE when the one it chose may not, though others may */
    LB_SCANS      = 1024,            /* a pick looks at every backend: no structure avoids it */
    LB_RAMPS      = 2048,            /* weights may be large and change often: lb_ramp() */
    LB_WRAPS      = 4096,            /* asks an inner balancer, see lb_wrap() */
    LB_STICKS     = 8192,            /* reads the key, and remembers where it went */
    LB_PANICS     = 16384,           /* may answer a backend that is down */
    LB_MAY_LINGER = 32768,           /* may answer a draining one, or one of weight 0, to a key */
};

/* What an algorithm goes by, beside weights and keys: what its host must bring. */
enum lb_signal {
    LB_OWN      = 1,                 /* what it sent itself and saw come back: lb.c counts */
    LB_REPORTED = 2,                 /* what backends say: with replies, or by lb_report() */
    LB_PROBED   = 4,                 /* their answers to probes, which lb_probes() counts */
    LB_TOKENS   = 8,                 /* lb_report() by who has become idle */
};

/* One backend as every algorithm sees it.  lb.c writes it, algorithms read. */
struct lb_backend {
    uint64_t    id;                  /* stable: what consistent hashes go by, never the position */
    const char *name;                /* address text, "app[3]"; owned by lb */
    uint32_t    weight;              /* as configured, or changed while running; 0 = nothing new */
    uint32_t    inflight;            /* picked and not yet completed; lb.c counts for everyone */
    uint32_t    limit;               /* most in flight, 0 = unlimited */
    enum lb_state state;
};

/* What is known of a request when a backend must be chosen. */
struct lb_request {
    uint64_t        now;             /* ns, never decreasing */
    uint64_t        hash;            /* lb_hash() of the key's bytes, or any 64-bit hash */
    const void     *key;             /* the bytes behind it (an address, a URI), or NULL */
    uint32_t        key_length;
    const uint64_t *avoid;           /* bit i set: backend i was tried already; may be NULL */
    /* ns that it will take a backend of speed 1; 0: unknown.  Real proxies do not know it: it is
     * for the size-aware yardsticks of theory. */
    uint64_t        work;
};

/* What became of a pick. */
struct lb_outcome {
    uint64_t       now;
    uint64_t       latency;          /* ns from pick to completion, as this balancer saw it */
    double         load;             /* utilisation that the backend reported; < 0: none */
    enum lb_result result;
    double         rps, eps;         /* requests and errors a second that it reported; 0: none */
    uint64_t       service;          /* ns: what it reported as time without waiting; 0: none */
    uint32_t       queued;           /* requests that it reported to have, with this one gone */
};

struct lb;

/* One tunable: a field of the algorithm's private state: uint32_t, double, bool, uint64_t ns;
 * LB_CHOICE is a uint32_t, the place in words[] of the one chosen, max that of the last. */
enum lb_type { LB_UINT, LB_REAL, LB_BOOL, LB_DURATION, LB_CHOICE };
struct lb_param {
    const char  *name;               /* NULL ends the table */
    enum lb_type type;
    size_t       offset;
    double       preset, min, max;
    const char  *help;
    const char *const *words;        /* LB_CHOICE: NULL-terminated; else NULL */
};

/* What `explain` shows: a few sentences each, plain text, lines of at most 78 columns. */
struct lb_page {
    const char *rule;                /* what it does, and the formula */
    const char *cost;                /* per pick, memory, on change */
    const char *used_by;             /* who ships it, under which name */
    const char *fails_when;          /* when not to use it */
    const char *source;              /* paper or documentation */
};

/* An algorithm: one file that ends in one of these.  Only `name` and `pick` are required. */
struct lb_ops {
    uint32_t               abi;          /* LB_ABI */
    uint32_t               traits;       /* enum lb_trait, or-ed */
    uint32_t               max_backends; /* more are refused at start; 0 = no maximum */
    const char            *name;         /* as written in scenarios: "p2c" */
    const char            *aliases;      /* space-separated other names, or NULL */
    const char            *summary;      /* one line, naming the paper or product that it follows */
    const struct lb_page  *page;
    size_t                 state_size;   /* private state: zeroed and preset before start */
    const struct lb_param *params;

    /* start: once, when parameters and first backends are set.  stop: at the end, also after a
     * start that failed.  pick: a usable backend, LB_FULL or
     * LB_NONE.  on_pick: after inflight was raised, on_complete: after it fell, on_change: after
     * live[] was rebuilt.  on_report: load told from outside. */
    int      (*start)(struct lb *, const char **why);
    void     (*stop)(struct lb *);
    uint32_t (*pick)(struct lb *, const struct lb_request *);
    void     (*on_pick)(struct lb *, uint32_t backend, uint64_t now);
    void     (*on_complete)(struct lb *, uint32_t backend, const struct lb_outcome *);
    void     (*on_change)(struct lb *, uint32_t backend, enum lb_change);
    void     (*on_report)(struct lb *, uint32_t backend, const struct lb_outcome *);
    size_t   (*bytes)(const struct lb *);              /* memory of tables beyond state_size */
    /* inflight was changed by `by` from outside (see lb_share): for those that keep backends in
     * an order, or a sum, that depends on it.  Never a reason to take a turn. */
    void     (*on_shared)(struct lb *, uint32_t backend, int64_t by);
    uint32_t inherits;                   /* LB_WRAPS: traits of the inner one that hold for both */
    uint32_t signals;                    /* enum lb_signal; 0: LB_OWN if LB_FEEDBACK, else none */
    double   (*probes)(const struct lb *);             /* LB_PROBED: how many a pick */
};

/* Where a backend stands. */
struct lb_place { uint32_t zone, priority; };       /* priority 0 is asked first */

/* Where a balancer stands among those like it, for subsetting and zones.  The host's: it stays
 * valid and unchanged while the balancer lives. */
struct lb_site {
    uint32_t        index, count;    /* the index-th of count */
    uint32_t        zone;            /* its own */
    const uint32_t *balancers;       /* [zones]: how many of the count stand in each */
    uint32_t        zones;
};

struct lb_sharer;

/* One balancer: an algorithm bound to a set of backends.  Backends are an array with tombstones,
 * indexes are never reused; live[] lists those that are up with weight > 0, in configured order,
 * rebuilt on change: algorithms sample and walk it, and ask lb_usable() of what they find. */
struct lb {
    const struct lb_ops *ops;
    void                *state;          /* ops->state_size bytes */
    struct lb_backend   *backend;        /* [count] */
    uint32_t            *live;           /* [live_count] */
    uint64_t            *open;           /* bit i set: backend i is live and below its limit */
    uint32_t             count, live_count, open_count, capacity;
    uint64_t             live_weight;    /* sum of weights over live[] */
    uint64_t             rng[4];
    bool                 started;
    bool                 peeking;        /* in lb_peek(): whose turn it is must not move on */
    uint32_t             traits;         /* of ops, and those inherited from `inner` */
    struct lb_sharer    *sharer;         /* counts in flight with others, or NULL */
    struct lb           *inner;          /* LB_WRAPS: the pattern of those it asks; never started */
    struct lb_place     *place;          /* [capacity], or NULL: all in zone 0 with priority 0 */
    const struct lb_site *site;          /* or NULL: the only one, in zone 0 */
    const uint64_t      *clock;          /* the host's time, or NULL */
};

const struct lb_ops *const *lb_all(void);            /* built-ins, NULL-terminated */
const struct lb_ops *lb_find(const char *name);      /* by name or alias; NULL if unknown */

/* NULL: out of memory.  Memory that runs out later, while backends are added, aborts. */
struct lb *lb_new(const struct lb_ops *, uint64_t seed);
void       lb_free(struct lb *);
/* The place of `word` in words[]; LB_NONE: not there. */
uint32_t   lb_word(const struct lb_param *, const char *word);
/* -1: unknown parameter or value out of range, *why says it (static text). Before lb_start only. */
int        lb_set(struct lb *, const char *param, double value, const char **why);
int        lb_start(struct lb *, const char **why);              /* 0, or -1: refused */

/* Makes `inner` the balancer that `outer`, one of LB_WRAPS, asks: before both start, without
 * backends.  outer owns it from now on.  Without one it asks
 * weighted_round_robin. */
void       lb_wrap(struct lb *outer, struct lb *inner);

/* Lends the host's clock and the balancer's place, before the start.  Without a clock a balancer
 * knows the time of its last pick only, which is late for what happens between two picks. */
void       lb_lend_clock(struct lb *, const uint64_t *now);
void       lb_settle(struct lb *, const struct lb_site *);

/* From now on both count in flight together, with all that either shares with: each sees the sum.
 * Order, turns, latencies and health stay each one's own.  Before backends are added; backends
 * are the same if their indexes are. */
void       lb_share(struct lb *, struct lb *with);

/* Backends, before or after lb_start.  lb_add answers the index.  Each of these rebuilds live[],
 * except before lb_start: a host adds all, then starts. */
uint32_t lb_add(struct lb *, uint64_t id, const char *name, uint32_t weight, uint32_t limit);
void     lb_remove(struct lb *, uint32_t backend);
void     lb_set_weight(struct lb *, uint32_t backend, uint32_t weight);
void     lb_set_state(struct lb *, uint32_t backend, enum lb_state);
void     lb_set_limit(struct lb *, uint32_t backend, uint32_t limit);

/* lb_add() of one that stands in a zone, with a priority. */
uint32_t lb_add_at(struct lb *, uint64_t id, const char *name, uint32_t weight, uint32_t limit,
                   struct lb_place);

/* Chooses and counts; every pick that answers a backend is owed one lb_complete(). */
uint32_t lb_pick(struct lb *, const struct lb_request *);
/* The host chose this backend itself (a retry at the same one, a cookie): counted as picked. */
void     lb_take(struct lb *, uint32_t backend, uint64_t now);
void     lb_complete(struct lb *, uint32_t backend, const struct lb_outcome *);
void     lb_report(struct lb *, uint32_t backend, const struct lb_outcome *);

/* What it goes by, an lb's wrapped one included (enum lb_signal); probes that the host shall send
 * for each pick, to backends drawn at random: 0 for all that are not LB_PROBED. */
uint32_t lb_signals_of(const struct lb_ops *);
uint32_t lb_signals(const struct lb *);
double   lb_probes(const struct lb *);

/* Where would this key go?  Counts nothing.  Only for LB_BY_KEY algorithms. */
uint32_t lb_peek(struct lb *, const struct lb_request *);

/* Memory that this balancer holds, all of it. */
size_t   lb_bytes(const struct lb *);

/* XXH64 (Collet's published specification) of the key's bytes: the library's own key hash. */
uint64_t lb_hash(const void *bytes, size_t length, uint64_t seed);

/* The same of two texts as if they were one: products hash a backend's name and the key. */
struct lb_text { const void *bytes; size_t length; };
uint64_t lb_hash_joined(const struct lb_text text[2], uint64_t seed);

/* ---- for algorithms ---- */

/* May backend i be given this request?  The single test of up, weight, limit and already tried. */
static inline bool lb_usable(const struct lb *lb, uint32_t i, const struct lb_request *rq)
{
    const struct lb_backend *b = &lb->backend[i];

    return b->state == LB_UP && b->weight > 0
        && (b->limit == 0 || b->inflight < b->limit)
        && (rq->avoid == NULL || !(rq->avoid[i / 64] >> (i % 64) & 1));
}

/* lb_usable() but for `avoid`, from the bitmap that lb.c keeps. */
static inline bool lb_is_open(const struct lb *lb, uint32_t i)
{
    return lb->open[i / 64] >> (i % 64) & 1;
}

static inline bool lb_is_avoided(const struct lb_request *rq, uint32_t i)
{
    return rq->avoid != NULL && (rq->avoid[i / 64] >> (i % 64) & 1);
}

/* Is all of live[] usable?  Then a pick may take from it without asking. */
static inline bool lb_all_usable(const struct lb *lb, const struct lb_request *rq)
{
    return rq->avoid == NULL && lb->open_count == lb->live_count && lb->live_count > 0;
}

/* The first usable backend from index `from` on, round the end; LB_NONE: none.  64 a step. */
uint32_t lb_next_usable(const struct lb *, const struct lb_request *, uint32_t from);

/* A usable backend, each with the same chance; LB_NONE: none. */
uint32_t lb_random_usable(struct lb *, const struct lb_request *);

/* realloc for tables indexed by backend: what is new is zero.  Never NULL: aborts. */
void *lb_grow(void *array, size_t old_count, size_t new_count, size_t size);

/* Where backend i stands. */
static inline struct lb_place lb_place_of(const struct lb *lb, uint32_t i)
{
    return lb->place != NULL ? lb->place[i] : (struct lb_place){ 0, 0 };
}

/* For wrappers.  lb_new_inner: one more like lb->inner, not started.  lb_set_inflight: counts what
 * was picked elsewhere.  lb_ramp: a weight above 0 for one above 0, told as LB_RAMP. */
struct lb *lb_new_inner(struct lb *);
void       lb_set_inflight(struct lb *, uint32_t backend, uint32_t inflight);
void       lb_ramp(struct lb *, uint32_t backend, uint32_t weight);

/* What a pick answers that found no usable backend: LB_FULL when only limits were in the way. */
uint32_t lb_none_or_full(const struct lb *, const struct lb_request *);

/* Uniform 64 bits of this balancer's own stream (xoshiro256++). */
static inline uint64_t lb_random_bits(struct lb *lb)
{
    uint64_t *s = lb->rng;
    uint64_t sum = s[0] + s[3];
    uint64_t out = (sum << 23 | sum >> 41) + s[0];
    uint64_t t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = s[3] << 45 | s[3] >> 19;
    return out;
}

static inline uint64_t lb_mix(uint64_t x)            /* a bijection that spreads poor hashes */
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static inline uint32_t lb_random_below(struct lb *lb, uint32_t n)   /* uniform in [0, n) */
{
    return (uint32_t)((lb_random_bits(lb) >> 32) * n >> 32);
}

static inline double lb_random_unit(struct lb *lb)   /* uniform in [0, 1) */
{
    return (double)(lb_random_bits(lb) >> 11) * 0x1p-53;
}

#endif
