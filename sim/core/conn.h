/* conn.h - a transport connection as both its ends and the boxes between them name it.
 *
 * Its id stays taken until its CLOSE has met the node that ends it, so that no box on the way can
 * mistake a new connection for an old one. */
#ifndef CORE_CONN_H
#define CORE_CONN_H

#include "../base/types.h"

enum conn_state { CONN_OPENING, CONN_OPEN, CONN_CLOSING };

struct conn {
    uint32_t next;                  /* of the same client; and the pool's free list */
    uint32_t client;
    uint32_t to;                    /* node id behind the NAT: an instance of the client's `to` */
    uint32_t ends_at;               /* node id that accepted it; NONE: nobody yet */
    uint32_t streams, served;       /* requests on it now, and ever */
    nsec     expires;               /* not used for new requests after this */
    uint32_t source;                /* IPv4 address and port of the client's own */
    uint16_t port;
    uint8_t  state;                 /* enum conn_state */
    uint8_t  rounds;                /* of the TLS handshake that are still to come */
    bool     has_tls, is_resumed, is_shaken;    /* TLS: known, of an old session, worked out */
    nsec     tls_since, tls_until;  /* the handshake, as the client sees it; NEVER: none */
    /* its end is gone: what is asked on it is answered by a reset */
    bool     is_broken;
};

#endif
