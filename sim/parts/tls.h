/* tls.h - what TLS costs: a handshake a connection, in round trips and work, and work on every
 * byte.
 *
 * Work is that of one core of 2020s hardware: RSA-2048 signs in about 290 us, ECDSA P-256 in 22, a
 * key exchange takes 30 to 47, and the rest of a handshake makes about 450, 100 and, resumed, 70
 * (openssl speed, and vendors' published rates of full handshakes).  A model, to be set by whoever
 * has measured. */
#ifndef PARTS_TLS_H
#define PARTS_TLS_H

#include "../base/types.h"

enum tls_mode {
    TLS_NONE,
    TLS_TERMINATE,                  /* ends here; plain to the backends */
    TLS_RE_ENCRYPT,                 /* ends here, and another session goes to the backends */
    TLS_PASSTHROUGH,                /* goes through; ends at the backends */
};
enum tls_key { TLS_ECDSA_P256, TLS_RSA_2048 };
/* Round trips beyond TCP's: 2 and 1 (resumed: 1) before, 1 in TLS 1.3 (RFC 8446); 0-RTT: 0 when
 * resumed. */
enum tls_version { TLS_1_2, TLS_1_3, TLS_0_RTT };

struct tls_config {
    uint32_t mode, key, version;    /* enums above */
    double   resumption;            /* share of the handshakes that resume a session */
    nsec     handshake, resumed;    /* work; NEVER: the key's preset, 70 us */
    nsec     per_kilobyte;          /* of 1000 bytes, each way */
};

void tls_complete(struct tls_config *);

/* Round trips that a handshake adds to TCP's. */
uint32_t tls_rounds(const struct tls_config *, bool is_resumed);

#endif
