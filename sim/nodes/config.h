/* config.h - the scenario as the nodes want it: plain structs, filled by sim/scenario's field
 * tables, read when the graph is built and never inside a handler. */
#ifndef NODES_CONFIG_H
#define NODES_CONFIG_H

#include "../parts/arrival.h"
#include "../parts/backlog.h"
#include "../parts/breaker.h"
#include "../parts/classes.h"
#include "../parts/cost.h"
#include "../parts/health.h"
#include "../parts/keys.h"
#include "../parts/outlier.h"
#include "../parts/passive.h"
#include "../parts/retry.h"
#include "../parts/sessions.h"
#include "../parts/station.h"
#include "../parts/tls.h"

/* How a group's requests travel. */
enum protocol {
    PROTOCOL_WARM,                  /* one connection a client that always stands: costs no OPEN */
    PROTOCOL_TCP,                   /* a connection a request: OPEN, ASK, CLOSE */
    PROTOCOL_H1,                    /* kept alive, one request at a time on a connection */
    PROTOCOL_H2,                    /* many streams on a connection (also gRPC) */
};

/* Source address translation in front of a group's traffic. */
struct nat_config {
    uint32_t addresses;             /* 0: no NAT */
    uint32_t ports;                 /* usable ports an address */
    nsec     timeout;               /* an idle mapping is forgotten after this */
};

struct client_config {
    const char *name, *to;
    uint32_t count;
    uint32_t protocol;              /* enum protocol */
    /* most connections a client holds at a time; 0: as many as needed (h1), 1 (h2) */
    uint32_t connections;
    uint32_t max_streams;           /* h2: most requests at a time on a connection */
    uint32_t requests_per_connection;   /* then it is closed; 0: no limit */
    struct dist max_connection_age; /* kind NULL: no limit */
    struct dist rtt;                /* to the first balancer and back; kind NULL: 0 */
    nsec     timeout;               /* 0: none */
    struct arrival_config arrival;
    struct keys_config keys;
    struct classes_config classes;  /* count 0: one class, of which nothing is known */
    uint32_t first_class;           /* index of classes.class[0] over all groups */
    struct retry_config retries;    /* by the clients themselves; timeout is then of one attempt */
    struct nat_config nat;
};

enum layer { LAYER_L4, LAYER_L7 };

/* What a hashing policy sees. */
enum hash_on { HASH_ON_DEFAULT, HASH_ON_KEY, HASH_ON_SOURCE_IP, HASH_ON_FLOW };

/* A policy: an algorithm with its parameters, as compared in a scenario. */
struct policy {
    const struct lb_ops *ops;
    const char *label;              /* how answers name it: label, or "p2c(choices=5)" */
    uint32_t    set_count;
    struct policy_set { const char *param; double value; } set[8];
    uint32_t    wraps;              /* around it, innermost first */
    struct policy_wrap { const struct lb_ops *ops; uint32_t set_count; struct policy_set set[6]; }
                wrap[6];
};

/* What the instances of a tier have in common (algorithms/lb.h). */
enum share {
    SHARE_NONE,                     /* each counts what it sent */
    SHARE_COUNTERS,                 /* what is in flight is counted together */
    SHARE_ALL,                      /* one balancer of the library for all of them */
};

/* Further attempts while the first is still out. */
struct hedge_config {
    nsec     after;                 /* the last attempt was sent; 0: all at once */
    uint32_t max;                   /* so many beside the first; 0: no hedging */
    bool     redraw;                /* does each attempt draw a demand of its own? */
};

#define FAN_OUT_ALL UINT32_MAX

struct balancer_config {
    const char *name, *to;
    uint32_t layer;                 /* enum layer */
    uint32_t instances;
    uint32_t share;                 /* enum share */
    uint32_t *zone;                 /* [instances], indexes of names; NULL: all in zone 0 */
    struct policy policy;
    /* enum hash_on; DEFAULT: source_ip for ip_hash, else flow at l4, key at l7 */
    uint32_t hash_on;
    nsec     timeout;               /* of one attempt, l7; 0: none */
    nsec     idle_timeout;          /* of a flow, l4; 0: none */
    struct retry_config retries;    /* l7 */
    struct hedge_config hedge;      /* l7 */
    struct limits_config limits;    /* l7 */
    struct queue_config queue;      /* l7 */
    struct breaker_config breaker;  /* l7 */
    /* l7: a request goes to so many peers, and is answered when all have; 0: to one */
    uint32_t fan_out;
    struct health_config health;
    struct cost_config cost;        /* of the box it runs on */
    struct tls_config tls;
    bool     is_dsr;                /* l4: replies go to the client directly */
    struct passive_config passive;  /* max_fails 0: none */
    struct outlier_config outlier;  /* interval 0: none */
    bool     fail_open;             /* when nobody is believed to be up, all are used */
    struct dist discovery_delay;    /* until an instance knows of a change; kind NULL: none */
};

/* Faults by chance: up for an exponential time of mean mtbf, down for one of mean mttr. */
struct failures_config {
    nsec     mtbf;                  /* 0: none */
    nsec     mttr;
    uint32_t mode;                  /* enum fail_mode */
    double   share;                 /* of the requests that fail; grey, dependency */
};

/* Who watches a pool and restarts what does not answer, as kubelet does by a liveness probe. */
struct liveness_config {
    struct health_config check;     /* interval 0: nobody */
    nsec     restart;               /* a restarted backend is down for so long */
};

struct backend_config {
    const char *name;
    uint32_t count;
    uint32_t *zone;                 /* [count], indexes of names, or NULL: all in zone 0 */
    uint32_t *priority;             /* [count], or NULL: all 0 */
    struct failures_config failures;
    struct liveness_config liveness;
    struct station_config station;
    struct sessions_config sessions;
    struct cost_config cost;        /* of what comes before the service */
    const struct tls_config *tls;   /* that ends here, as the balancer before it says; NULL: none */
    double   *speed;                /* [count] */
    uint32_t *weight;               /* [count] */
};

/* The way between two tiers; without one it takes no time. */
struct link_config { const char *from, *to; struct dist latency; };     /* one way */

enum event_kind {
    EVENT_FAIL, EVENT_SLOW, EVENT_RECOVER, EVENT_DRAIN, EVENT_ADD, EVENT_REMOVE, EVENT_WEIGHT,
    EVENT_PAUSE,                    /* hangs for a while: garbage collection, a stopped machine */
    EVENT_RESTART,                  /* one batch after the other is drained, stopped and started */
};

enum fail_mode {
    FAIL_CRASH,                     /* the process is gone: refuses OPEN, resets what is open */
    FAIL_HANG,                      /* swallows everything */
    FAIL_ERROR,                     /* answers 500 at once */
    FAIL_GREY,                      /* answers 500 to a share of the requests; no check sees it */
    FAIL_DEPENDENCY,                /* the same; a deep check sees it */
    FAIL_RESET,                     /* the port accepts, and every request is reset */
};

/* Something that happens to backends first .. last of a pool. */
struct event_config {
    nsec     at;
    nsec     lasts;                 /* 0: until another event; else the opposite happens then */
    uint32_t kind;                  /* enum event_kind */
    uint32_t mode;                  /* enum fail_mode */
    uint32_t pool, first, last;     /* index of the backend_config; instances, inclusive */
    uint32_t weight;                /* weight, add */
    uint32_t count;                 /* add: how many */
    double   factor;                /* slow: speed is divided by this */
    double   share;                 /* fail, grey or dependency: of the requests */
    nsec     every, until;          /* fail, slow, pause: again and again; every 0: once */
    nsec     drain;                 /* remove, restart: from being drained to the end */
    uint32_t batch;                 /* restart: so many at a time, */
    nsec     gap;                   /* and so long between two batches */
    uint32_t zone;                  /* of the targets only those in it; 0: all */
    const char *label;              /* for figures: as given, or "app[2] slow x8" */
};

#endif
