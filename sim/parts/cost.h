/* cost.h - what passing messages costs a box: cores that work in the order of arrival, and a NIC.
 *
 * All times are of one core.  What a message needs is known when it comes, so its wait follows from
 * when cores and lines will be free, without an event of its own. */
#ifndef PARTS_COST_H
#define PARTS_COST_H

#include "../base/types.h"

struct cost_config {
    uint32_t preset;                /* enum cost_preset; fills what is not given */
    uint32_t cores;                 /* 0: none, whatever passes costs nothing */
    nsec     per_connection;        /* a new one, TLS apart */
    nsec     per_request;
    nsec     per_kilobyte;          /* of 1000 bytes, asked or answered */
    nsec     per_packet;
    uint64_t nic_in, nic_out;       /* bytes a second; 0: no limit */
};

enum cost_preset {
    COST_NONE,
    COST_XDP,                       /* Katran's encapsulation in XDP: 194 ns a packet and core */
    COST_IPVS,                      /* 808 ns a packet and core (both: Hoiland-Jorgensen et al.,
                                       "The eXpress Data Path", CoNEXT 2018, benchmark data) */
    COST_IPTABLES,                  /* 480 ns a packet: kube-proxy, 2.1 million a second on a whole
                                       node (cilium.io, 2020-06-22) */
    COST_PROXY_H1,                  /* 10 us a request, 0.15 us a kB, 20 us a connection: a model,
                                       fitted to nginx's published figures a core */
    COST_PROXY_H2,                  /* 1.3 times that: an assumption, no primary figure is known */
};

/* A value that was not given. */
#define COST_UNSET NEVER

/* Fills what is unset from the preset. */
void cost_complete(struct cost_config *);

/* ---- TCP on the wire ---- */

/* Bytes of payload a segment, and of headers a packet: Ethernet, IPv4, TCP with timestamps. */
enum { COST_SEGMENT = 1448, COST_HEADERS = 66 };

/* Packets and bytes that one message makes, the way of the request and the way of the reply.
 * Every second segment is acknowledged (RFC 5681). */
struct traffic { uint64_t packets_up, packets_down, bytes_up, bytes_down; };

struct traffic cost_of_open(void);  /* SYN, SYN-ACK, ACK */
struct traffic cost_of_close(void); /* FIN, ACK each way */
struct traffic cost_of_exchange(uint64_t request_bytes, uint64_t reply_bytes);

/* ---- cores and lines ---- */

struct cores { nsec *free_at; uint32_t count; };    /* a heap: the first is the earliest */

void cores_init(struct cores *, uint32_t count);
void cores_fini(struct cores *);

/* Work that comes at this time: when it begins; the core is taken until begin + work. */
nsec cores_take(struct cores *, nsec at, nsec work);

/* A line of a NIC: one message after the other. */
struct wire { uint64_t rate; nsec free_at; };       /* rate: bytes a second; 0: no limit */
/* When a message of so many bytes that comes at this time is through. */
nsec wire_pass(struct wire *, nsec at, uint64_t bytes);

#endif
