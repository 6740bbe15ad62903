/* conn.h - a transport connection as both its ends and the boxes between them name it.
 *
 * Its id stays taken until its CLOSE has met the node that ends it, so that no box on the way can
 * mistake a new connection for an old one. */
#ifndef CORE_CONN_H
#define CORE_CONN_H

#include "../base/types.h"

enum conn_state { CONN_OPENING, CONN_OPEN, CONN_CLOSING };

/* TCP delivers all in order, QUIC each stream; of datagrams nobody tells an end. */
enum conn_kind { CONN_TCP, CONN_QUIC, CONN_DATAGRAMS };

/* Does an l7 pass on what is sent on it, to one peer, unread?  WAITS: once it is upgraded. */
enum conn_tunnel { TUNNEL_NONE, TUNNEL_WAITS, TUNNEL_STANDS };

/* In lines of 64 bytes: first what every request on it looks at. */
struct conn {
    _Alignas(64)
    uint32_t next;                  /* of the same client; and the pool's free list */
    uint32_t client;                /* who holds it, as its pool counts them */
    uint32_t to;                    /* node id behind the NAT: an instance of the client's `to` */
    uint32_t ends_at;               /* node id that accepted it; NONE: nobody yet */
    uint32_t streams, served;       /* requests on it now, and ever */
    nsec     expires;               /* not used for new requests after this: age, or a GOAWAY */
    nsec     idle_since;            /* while it has no streams */
    nsec     moves_at;              /* QUIC: its client's address changes; NEVER */
    uint32_t moves;                 /* so far */
    uint32_t source;                /* IPv4 address and port of the client's own */
    uint16_t port;
    uint8_t  state;                 /* enum conn_state */
    uint8_t  kind;                  /* enum conn_kind */
    uint8_t  tunnel;                /* enum conn_tunnel */
    bool     is_early;              /* it is used, and its OPEN was not answered yet */
    /* its end is gone: what is asked on it is answered by a reset */
    bool     is_broken;
    bool     has_tls;               /* its TLS is known: whether it is */

    bool     is_resumed, is_shaken; /* of an old session, worked out */
    bool     is_counted;            /* among the broken ones */
    uint8_t  rounds;                /* of the TLS handshake that are still to come */
    nsec     tls_since, tls_until;  /* the handshake, as the client sees it; NEVER: none */
    uint32_t seen_source;           /* as a router or an l4 saw it: behind the NAT */
    uint16_t seen_port;
    uint64_t timer;                 /* of its owner: token of the pending one; 0: none */
    nsec     rtt;                   /* as its handshake took, losses apart; 0: not known */
    nsec     lost;                  /* time that its handshake lost to lost packets */
    nsec     ordered[2];            /* on a lossy way, up and down: until when all is delivered */
    nsec     last_up;               /* on a lossy way: delivery of the last that was sent */
    /* of the request that it was opened for: its host is the name in TLS's first record (SNI) */
    uint32_t class;
};

#endif
