/* req.h - a message on its way through the graph: a small struct with a return stack.
 *
 * via[] is to a request what a call stack is to a function: a node that must act on the reply
 * pushes a frame, the reply pops it. */
#ifndef CORE_REQ_H
#define CORE_REQ_H

#include "../base/types.h"
#include "../metrics/part.h"

/* What travels.  All of them walk the same graph through the same handlers. */
enum message {
    MSG_FREE,                       /* not in use */
    MSG_OPEN,                       /* asks for a connection */
    MSG_ASK,                        /* a request on an open connection */
    MSG_CLOSE,                      /* ends the connection; nobody answers */
    /* follows an attempt that nobody waits for any more; nobody answers */
    MSG_CANCEL,
    /* a health check: counts in no metric and no in-flight number */
    MSG_PROBE,
};

/* A reply's word; the first six are an outcome (metrics/record.h) in the same order. */
enum status {
    STATUS_OK, STATUS_ERROR, STATUS_UNAVAILABLE, STATUS_REFUSED, STATUS_RESET, STATUS_TIMEOUT,
    STATUS_CANCELLED,
};

/* A node's note to itself on a request that it will see again on the way back. */
struct hop {
    uint32_t node, peer;            /* peer: whom the node chose; NONE: none, or completed */
    uint32_t conn;                  /* the connection on which the request came in */
    uint32_t tries;                 /* attempts made from this frame */
    nsec     sent;
    nsec     back;                  /* the way back from this node to the frame below */
    uint64_t timer;                 /* token of the pending timeout; 0: none */
};

enum { REQ_TRIED = 4 };

/* In lines of 64 bytes: first what is seldom looked at, then what a station needs, then who. */
struct req {
    nsec     spent[PART_COUNT];     /* so far: by sim_spend() only, in a run that keeps accounts */
    nsec     kept[PART_COUNT];      /* what was spent before the attempt that may be lost: */
    uint32_t kept_by;               /* of this node; NONE: of none */

    /* what it is: the index of its class over all groups, and its size on the wire */
    uint32_t class;                 /* set, as the sizes, where classes matter */
    uint32_t request_bytes, reply_bytes;

    /* what a backend says of itself, in the reply to this attempt or in a message of its own */
    struct said {
        uint32_t by;                /* its node id; */
        uint32_t queued;            /* requests there, without this one */
        uint64_t mark;              /* sim_mark() when it was written */
        nsec     time;              /* a reply: of service, without waiting; a probe's: expected */
        double   load, rps, eps;    /* utilisation, < 0: unknown; requests, errors a second */
    } said;

    /* set by those who use them */
    _Alignas(64)
    uint32_t tried_by;              /* the node that these peers are of: */
    uint32_t tried[REQ_TRIED];
    uint32_t target;                /* CANCEL: whom it follows, */
    uint64_t target_serial;         /* in which use of the struct, */
    bool     is_target_whole;       /* and whether it means all of the request */
    uint8_t  worst;                 /* a carrier: enum status of its legs so far, */
    uint16_t hedges;                /* how many of them were hedges, */
    uint32_t legs_out;              /* how many it waits for, */
    uint32_t first_leg;             /* and the list of them; NONE ends it */
    uint32_t next_leg;              /* a leg: the next one of its carrier */
    double   finish;                /* processor sharing: virtual time of its end */
    nsec     got;                   /* server time it had before `started` (speed changes) */

    /* the station's, while it is at a backend; a queue's, while it waits for a connection */
    _Alignas(64)
    struct req *next, *prev;        /* queue links; `next` links what is free, too */
    uint64_t job;                   /* token of its completion event; 0: not in service */
    nsec     arrived, started;      /* at the backend; in service, NEVER: waiting */
    nsec     work;                  /* server time it takes from `started` on */
    nsec     demand;                /* from a trace; NEVER: drawn by the station from luck */
    uint32_t backend;               /* node id of the station that holds it; NONE */
    uint32_t slice;                 /* of its birth */

    /* who it is */
    nsec     born;                  /* when it should have started: latency counts from here */
    nsec     back;                  /* way back over the links since the last frame */
    uint64_t luck;                  /* 64 random bits, keyed by (seed, client, its k-th request) */
    uint64_t number;                /* the n-th request of the run */
    uint64_t serial;                /* of this use of the struct: never repeats in a run */
    uint32_t id;                    /* of this struct */
    uint32_t root;                  /* the first struct of this request; often itself */
    uint32_t current;               /* in the root: the struct that carries the live attempt */
    uint32_t holds;                 /* in the root: structs of this request in existence */
    uint32_t attempt;               /* 0, 1 ...: counted over the whole way */
    uint8_t  what;                  /* enum message */
    uint8_t  status;                /* enum status, on the way back; CANCEL: why */
    uint8_t  depth;                 /* frames in via[] */
    uint8_t  tried_count;           /* peers tried by the l7 that retries */

    bool     is_orphan;             /* nobody waits: freed by the node whose frame it reaches */
    bool     is_cancelled;          /* a CANCEL has met it */
    uint16_t port;
    uint32_t source;                /* IPv4 address as seen after NAT */
    uint32_t client, key;
    uint32_t conn;                  /* connection; NONE: a warm one that needs no name */
    uint32_t carrier;               /* a leg: the struct of the request that waits for it; NONE */
    struct hop via[];
};

#endif
