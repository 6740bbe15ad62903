/* address.h - what products hash of a backend or a client: address, port, or its name as text.
 * A host may call backends what it likes; where a name is no address its id stands in. */
#ifndef ADDRESS_H
#define ADDRESS_H

#include "lb.h"

struct endpoint { uint32_t address; uint16_t port; };   /* as numbers: 10.0.0.1 is 0x0a000001 */

/* The client behind the key: 4 bytes of IPv4, 6 with a port behind it, 16 of IPv6, whose words are
 * xor-ed together as IPVS does; of any other key, its hash's low half. */
struct endpoint key_endpoint(const struct lb_request *);

/* A name of the form "10.0.0.1:80", port optional; of any other name, the id's low half. */
struct endpoint backend_endpoint(const struct lb_backend *);

/* The backend's name, or its id in decimal where it has none. */
struct label { const char *text; size_t length; char own[24]; };
void label_of(struct label *, const struct lb_backend *);

/* The key's bytes, or the 8 of its hash, lowest first, where a host gives no bytes. */
struct key_bytes { const void *byte; size_t length; unsigned char own[8]; };
void key_bytes_of(struct key_bytes *, const struct lb_request *);

#endif
