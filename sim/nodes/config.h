/* config.h - the scenario as the nodes want it: plain structs, filled by sim/scenario's field
 * tables, read when the graph is built and never inside a handler. */
#ifndef NODES_CONFIG_H
#define NODES_CONFIG_H

#include "../parts/arrival.h"
#include "../parts/classes.h"
#include "../parts/health.h"
#include "../parts/keys.h"
#include "../parts/retry.h"
#include "../parts/station.h"

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
    struct policy policy;
    /* enum hash_on; DEFAULT: source_ip for ip_hash, else flow at l4, key at l7 */
    uint32_t hash_on;
    nsec     timeout;               /* of one attempt, l7; 0: none */
    nsec     idle_timeout;          /* of a flow, l4; 0: none */
    struct retry_config retries;    /* l7 */
    struct hedge_config hedge;      /* l7 */
    /* l7: a request goes to so many peers, and is answered when all have; 0: to one */
    uint32_t fan_out;
    struct health_config health;
};

struct backend_config {
    const char *name;
    uint32_t count;
    struct station_config station;
    double   *speed;                /* [count] */
    uint32_t *weight;               /* [count] */
};

/* The way between two tiers; without one it takes no time. */
struct link_config { const char *from, *to; struct dist latency; };     /* one way */

enum event_kind {
    EVENT_FAIL, EVENT_SLOW, EVENT_RECOVER, EVENT_DRAIN, EVENT_ADD, EVENT_REMOVE, EVENT_WEIGHT,
};

enum fail_mode {
    FAIL_CRASH,                     /* the process is gone: refuses OPEN, resets what is open */
    FAIL_HANG,                      /* swallows everything */
    FAIL_ERROR,                     /* answers 500 at once */
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
    const char *label;              /* for figures: as given, or "app[2] slow x8" */
};

#endif
