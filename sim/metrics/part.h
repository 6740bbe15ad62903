/* part.h - where a request's time went.  The parts of one that ended ok add up to its latency, to
 * the nanosecond: sim/run/cell.c checks it after every run. */
#ifndef METRICS_PART_H
#define METRICS_PART_H

enum part {
    PART_CONNECT,                   /* waiting for a connection, its handshake included */
    PART_TLS,                       /* waiting for a TLS handshake, and work on its bytes */
    PART_NETWORK,                   /* on links */
    PART_BALANCER_QUEUE,            /* waiting at a balancer: for a core, a line, a turn */
    PART_BALANCER_WORK,             /* on a balancer's core, or on its line */
    PART_BACKEND_QUEUE,             /* at the backend, beyond its own work */
    PART_SERVICE,                   /* its own work at the backend */
    PART_RETRIES,                   /* attempts that came to nothing, and the waits between */
    PART_COUNT
};
extern const char *const part_name[PART_COUNT];     /* "connect", "tls", ... */

#endif
