/* config.h - the scenario as the nodes want it: plain structs, filled by sim/scenario's field
 * tables, read when the graph is built and never inside a handler. */
#ifndef NODES_CONFIG_H
#define NODES_CONFIG_H

#include "../parts/arrival.h"
#include "../parts/backlog.h"
#include "../parts/breaker.h"
#include "../parts/cache.h"
#include "../parts/classes.h"
#include "../parts/conntrack.h"
#include "../parts/cost.h"
#include "../parts/half_open.h"
#include "../parts/health.h"
#include "../parts/limiter.h"
#include "../parts/keys.h"
#include "../parts/loss.h"
#include "../parts/nexthops.h"
#include "../parts/outlier.h"
#include "../parts/passive.h"
#include "../parts/policy.h"
#include "../parts/retry.h"
#include "../parts/routes.h"
#include "../parts/sessions.h"
#include "../parts/station.h"
#include "../parts/tls.h"

/* How a group's requests travel. */
enum protocol {
    PROTOCOL_WARM,                  /* one connection a client that always stands: costs no OPEN */
    PROTOCOL_TCP,                   /* a connection a request: OPEN, ASK, CLOSE */
    PROTOCOL_H1,                    /* kept alive, one request at a time on a connection */
    PROTOCOL_H2,                    /* many streams on a connection (also gRPC) */
    PROTOCOL_H3,                    /* the same on QUIC */
    PROTOCOL_UDP,                   /* datagrams: nobody says when a flow begins or ends */
    PROTOCOL_WEBSOCKET,             /* a connection that is upgraded, and lives for a drawn time */
    PROTOCOL_SESSION,               /* the same without the upgrade: databases, queues */
    PROTOCOL_SYN_FLOOD,             /* SYNs, and nothing after them */
    PROTOCOL_REQUEST_FLOOD,         /* requests whose answers nobody waits for */
};

/* Requests for which hosts share a client's connections. */
enum conn_reuse { REUSE_ANY, REUSE_HOST };

/* Which outside address a client's connections get (RFC 4787, section 4.1). */
enum nat_pooling { NAT_PAIRED, NAT_ARBITRARY };

/* Source address translation in front of a group's traffic. */
struct nat_config {
    uint32_t addresses;             /* 0: no NAT */
    uint32_t ports;                 /* usable ports an address */
    nsec     timeout;               /* an idle mapping is forgotten after this */
    nsec     time_wait;             /* a port stays taken for so long after its CLOSE */
    uint32_t pooling;               /* enum nat_pooling */
    uint32_t block;                 /* ports of each client's own (RFC 7422); 0: all share all */
};

struct client_config {
    const char *name, *to;
    uint32_t count;
    uint32_t protocol;              /* enum protocol */
    /* most connections a client holds at a time; 0: as many as needed (h1), 1 (h2) */
    uint32_t connections;
    uint32_t max_streams;           /* h2: most requests at a time on a connection */
    uint32_t requests_per_connection;   /* then it is closed; 0: no limit */
    uint32_t reuse;                 /* enum conn_reuse */
    struct dist max_connection_age; /* kind NULL: no limit */
    nsec     idle_timeout;          /* of a connection without requests; 0: none */
    struct dist session_length;     /* websocket, session */
    uint32_t window;                /* bytes of a reply on their way at a time; 0: no limit */
    struct dist migrate_every;      /* h3: an address for so long; kind NULL: for ever */
    double   zero_rtt;              /* h3: share of the connections that begin with requests */
    struct loss_config path;        /* share 0: loses nothing */
    struct dist rtt;                /* to the first balancer and back; kind NULL: 0 */
    nsec     timeout;               /* 0: none */
    struct arrival_config arrival;
    struct keys_config keys;
    struct classes_config classes;  /* count 0: one class, of which nothing is known */
    uint32_t first_class;           /* index of classes.class[0] over all groups */
    struct retry_config retries;    /* by the clients themselves; timeout is then of one attempt */
    struct nat_config nat;
};

/* Traffic that is nobody's, and in no metric but its own. */
static inline bool client_is_flood(const struct client_config *c)
{
    return c->protocol == PROTOCOL_SYN_FLOOD || c->protocol == PROTOCOL_REQUEST_FLOOD;
}

enum layer { LAYER_L4, LAYER_L7 };

/* What a hashing policy sees. */
enum hash_on { HASH_ON_DEFAULT, HASH_ON_KEY, HASH_ON_SOURCE_IP, HASH_ON_FLOW };

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

/* Backends say what load they have every so often, instead of with their replies. */
struct reports_config {
    nsec     interval;              /* 0: they do not */
    bool     is_together;           /* all at the same time; else spread over the interval */
};

#define FAN_OUT_ALL UINT32_MAX

/* Where a packet of a flow goes: the flow is known by addresses and ports, or by what its
 * connection is called (QUIC). */
enum route_by { ROUTE_BY_FLOW, ROUTE_BY_CONNECTION_ID };

/* An l7's own connections to each peer; is_used false: one that always stands. */
struct upstream_config {
    bool     is_used;
    uint32_t protocol;              /* PROTOCOL_H1 or H2 */
    uint32_t connections;           /* most at a time; 0: as many as needed (h1), 1 (h2) */
    uint32_t max_streams;
    uint32_t requests_per_connection;   /* then it is closed; 0: no limit */
    struct dist max_connection_age; /* kind NULL: no limit */
    nsec     idle_timeout;          /* 0: none */
};

struct balancer_config {
    const char *name, *to;
    uint32_t layer;                 /* enum layer */
    uint32_t instances;
    uint32_t share;                 /* enum share */
    uint32_t *zone;                 /* [instances], indexes of names; NULL: all in zone 0 */
    struct routes_config routes;    /* count 0: all go to `to` */
    /* by class, behind an l4 that goes by names: is it answered here?  NULL: all are */
    bool *serves;
    struct limit_config limit;      /* of what comes in: requests, connections at an l4 */
    struct syn_config syn;          /* l7 */
    struct policy policy;
    /* enum hash_on; DEFAULT: source_ip for ip_hash, else flow at l4, key at l7 */
    uint32_t hash_on;
    nsec     timeout;               /* of one attempt, l7; 0: none */
    nsec     deadline;              /* of all attempts of a request, l7; 0: none */
    nsec     idle_timeout;          /* of a flow, l4; 0: none */
    struct flow_table_config flow_table;    /* l4 */
    uint32_t unknown_flow;          /* enum unknown_flow, l4 */
    uint32_t gone_backend;          /* enum gone_backend, l4 */
    struct ecmp_config ecmp;        /* before its instances; hash NONE: none */
    uint32_t standby;               /* the last so many instances come by events only */
    bool     is_named;              /* events happen to its instances */
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
    uint32_t route_by;              /* enum route_by, l4 */
    struct upstream_config upstream;    /* l7 */
    struct dist max_connection_age; /* l7: of clients' connections, by GOAWAY; kind NULL: none */
    struct passive_config passive;  /* max_fails 0: none */
    struct outlier_config outlier;  /* interval 0: none */
    struct reports_config reports;  /* interval 0: what backends say is in their replies */
    nsec     signal_delay;          /* until an instance knows what a backend has said */
    bool     fail_open;             /* when nobody is believed to be up, all are used */
    struct dist discovery_delay;    /* until an instance knows of a change; kind NULL: none */
};

/* The pools that a balancer sends to: `to`, and those of its routes. */
static inline uint32_t balancer_pools(const struct balancer_config *c)
{
    return c->routes.pools > 0 ? c->routes.pools : 1;
}

static inline const char *balancer_pool(const struct balancer_config *c, uint32_t i)
{
    return i == 0 ? c->to : c->routes.pool[i];
}

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
    struct dist max_connection_age; /* of those that end here, by GOAWAY; kind NULL: none */
    bool     says_goaway;           /* on its connections, when it is drained */
    struct sessions_config sessions;
    nsec     report_window;         /* utilisation and rates that it reports are of so long */
    struct cache_config cache;
    struct cost_config cost;        /* of what comes before the service */
    const struct tls_config *tls;   /* that ends here, as the balancer before it says; NULL: none */
    bool *serves;                   /* as a balancer's */
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
    uint32_t balancer;              /* instances of it: 1 + index of the balancer_config; or 0 */
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
