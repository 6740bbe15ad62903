/* loss.h - what a lossy way costs a message: how much later the last of its packets is there.
 *
 * Every packet is lost on its own with the same probability, retransmissions too.  What is lost is
 * found in one round trip when three packets of the message follow it (RFC 5681, RFC 8985, RFC
 * 9002), else by a timer, which doubles each time:
 *   TCP   max(200 ms, RTT): RFC 6298 with Linux's least instead of 1 s, of a steady RTT; or, of a
 *         message of more than one packet, a probe after 2 RTT (TLP, RFC 8985) if that is sooner,
 *         and one RTT more unless the last packet was the lost one
 *   QUIC  RTT + 1 ms + 25 ms of delayed ACKs (RFC 9002, 6.2)
 * and 1 s where no RTT is known yet: SYN, and a connection's first QUIC packet (RFC 6298, 2.1;
 * RFC 9002, 6.2.2: 999 ms).  What follows in other messages is not taken for help, nor does the
 * window shrink: a model of delay, not of throughput. */
#ifndef PARTS_LOSS_H
#define PARTS_LOSS_H

#include "../base/rng.h"
#include "../base/types.h"

struct loss_config {
    double share;                   /* of the packets, each way; 0: none */
    bool   has_probes;              /* TCP with TLP */
};

enum loss_law { LOSS_TCP, LOSS_QUIC };

/* Of a message of so many packets; rtt 0: not known. */
nsec loss_delay(const struct loss_config *, enum loss_law, nsec rtt, uint32_t packets,
                struct rng *);

/* Is any of so many packets lost? */
bool loss_strikes(const struct loss_config *, uint32_t packets, struct rng *);

/* Packets of a message of so many bytes: segments of 1448 of TCP, 1200 of QUIC and UDP. */
uint32_t loss_packets(enum loss_law, uint32_t bytes);

#endif
