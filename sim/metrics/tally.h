/* tally.h - counts of what only some scenarios have: one row each, from which records, results and
 * metrics (results/catalogue.c) follow.
 *
 * To add one: a word here, its name in tally.c, a metric in the catalogue that reads it. */
#ifndef METRICS_TALLY_H
#define METRICS_TALLY_H

enum tally {
    TALLY_CONNECTIONS_OPENED,       /* by clients */
    TALLY_UPSTREAM_OPENED,          /* by l7s, to their peers */
    TALLY_MIGRATIONS,               /* of QUIC connections to another address */
    TALLY_DATAGRAMS_LOST,           /* or whose answer was */
    TALLY_LOSSES,                   /* messages late because a packet of theirs was lost, */
    TALLY_BLOCKED,                  /* because one of an earlier message's was */
    TALLY_CONNECTIONS_BROKEN,       /* that stood, and lost their end or a box on the way */
    TALLY_NAT_EXHAUSTED,            /* connections for which a NAT had no port */
    TALLY_NAT_PORTS_MAX,            /* most ports of one outside address taken at a time */
    TALLY_FLOWS_EVICTED,            /* of an L4's table, though their connections stood */
    TALLY_FLOWS_REFUSED,            /* connections for which an L4's table had no room */
    TALLY_FLOWS_ADOPTED,            /* that an L4 did not know, and picked for anew */
    TALLY_FLOWS_DROPPED,            /* messages to a backend that is gone, by an L4 */
    TALLY_ECMP_LOST,                /* messages that found their instance gone, sent again too */

    /* ns of a core, at balancers and at backends; the share of it that was TLS's */
    TALLY_CPU_L4, TALLY_CPU_L7, TALLY_CPU_TLS, TALLY_CPU_BACKEND, TALLY_CPU_BACKEND_TLS,
    TALLY_HANDSHAKES, TALLY_HANDSHAKES_RESUMED,

    /* on the wire of balancers; with those of replies that went past them, under DSR */
    TALLY_BYTES_UP, TALLY_BYTES_DOWN, TALLY_PACKETS_UP, TALLY_PACKETS_DOWN,
    TALLY_BYTES_THROUGH, TALLY_BYTES_ALL, TALLY_PACKETS_THROUGH, TALLY_PACKETS_ALL,

    TALLY_PROBES, TALLY_PROBES_FAILED,
    /* faults of backends that a balancer instance watches; found by all of them, ns until then: sum
     * and the longest */
    TALLY_FAULTS, TALLY_FAULTS_DETECTED, TALLY_DETECTION_NS, TALLY_DETECTION_MAX_NS,
    TALLY_FAULT_FAILED,             /* requests that a backend at fault did not answer with ok */
    TALLY_TAKEN_OUT,                /* by checks or outlier detection, at one instance */
    TALLY_TAKEN_OUT_WELL,           /* though nothing was wrong with it */
    TALLY_RESTARTS,                 /* of backends, by their keeper */
    TALLY_RETRIES,                  /* attempts after the first */
    TALLY_CLIENT_RETRIES,           /* made by clients; they are in `retries` too */
    TALLY_RETRIES_DENIED,           /* by a budget, or a limit on retries */
    TALLY_REDISPATCHED,             /* retries that went elsewhere, where most stay */
    TALLY_BREAKER_OPENED,           /* circuit breakers, each time */
    TALLY_BREAKER_REFUSED,          /* attempts refused by one, or by a limit on requests */
    TALLY_QUEUE_WAITED,             /* requests that waited in a balancer's queue, */
    TALLY_QUEUE_REFUSED,            /* found it full, */
    TALLY_QUEUE_TIMEOUTS,           /* waited there too long */
    TALLY_SESSIONS,                 /* of which a first request was served */
    TALLY_SESSIONS_MOVED,           /* served elsewhere than the time before */
    TALLY_SESSIONS_LOST,            /* whose state was not there, as it moved or its process died */
    TALLY_CACHE_LOOKUPS, TALLY_CACHE_HITS,
    TALLY_FLOOD_SENT, TALLY_FLOOD_DROPPED,      /* requests or SYNs; dropped before a balancer */
    TALLY_LIMITED,                  /* requests of clients that a limit refused */
    TALLY_SYN_LOST, TALLY_SYN_COOKIES,          /* of clients; of whoever */
    TALLY_SIGNALS,                  /* probes for load, reports and idle tokens sent */
    TALLY_MISDIRECTED,              /* requests on a connection that was led by another's host */
    TALLY_COUNT
};
extern const char *const tally_name[TALLY_COUNT];   /* "connections_opened", ... */

#endif
