/* loss.c - from packet to lost packet in steps, so that what is not lost costs nothing. */
#include "loss.h"

#include "../../algorithms/fmath.h"
#include "cost.h"

enum { DUP_ACKS = 3, QUIC_PACKET = 1200, MOST_TIMERS = 15 };

static const nsec FIRST_RTO = SECOND, LEAST_RTO = 200 * MILLISECOND, MOST_RTO = 120 * SECOND;
static const nsec GRANULARITY = MILLISECOND, ACK_DELAY = 25 * MILLISECOND;

uint32_t loss_packets(enum loss_law law, uint32_t bytes)
{
    uint32_t size = law == LOSS_TCP ? COST_SEGMENT : QUIC_PACKET;

    return bytes > size ? (bytes - 1) / size + 1 : 1;
}

/* The first lost packet from this one on: a geometric number of them arrive. */
static uint64_t next_lost(const struct loss_config *c, uint64_t from, struct rng *g)
{
    double arrive = fm_log(rng_open(g)) / fm_log(1 - c->share);

    return arrive < 1e9 ? from + (uint64_t)arrive : UINT64_MAX;
}

static nsec timer_of(enum loss_law law, nsec rtt)
{
    if (rtt == 0)
        return law == LOSS_TCP ? FIRST_RTO : 999 * MILLISECOND;
    if (law == LOSS_QUIC)
        return rtt + GRANULARITY + ACK_DELAY;
    return rtt > LEAST_RTO ? rtt : LEAST_RTO;
}

/* By TLP: the last packet is sent again; an earlier one is found by the ACK of that. */
static nsec probe_of(nsec rtt, uint32_t packets, uint64_t lost)
{
    return lost + 1 == packets ? 2 * rtt : 3 * rtt;
}

static nsec doubled(nsec timer, uint32_t times)
{
    return timer << times < MOST_RTO ? timer << times : MOST_RTO;
}

/* Until a packet's first retransmission is sent; *timers: how many have run out. */
static nsec first_repair(const struct loss_config *c, enum loss_law law, nsec rtt,
                         uint32_t packets, uint64_t lost, uint32_t *timers)
{
    nsec timer = timer_of(law, rtt);

    *timers = 0;
    if (lost + DUP_ACKS < packets && rtt > 0)
        return rtt;
    if (law == LOSS_TCP && c->has_probes && packets > 1 && rtt > 0
        && probe_of(rtt, packets, lost) < timer)
        return probe_of(rtt, packets, lost);
    *timers = 1;
    return timer;
}

static nsec repair(const struct loss_config *c, enum loss_law law, nsec rtt, uint32_t packets,
                   uint64_t lost, struct rng *g)
{
    uint32_t timers;
    nsec delay = first_repair(c, law, rtt, packets, lost, &timers);

    while (timers < MOST_TIMERS && rng_uniform(g) < c->share)
        delay += doubled(timer_of(law, rtt), timers++);
    return delay;
}

nsec loss_delay(const struct loss_config *c, enum loss_law law, nsec rtt, uint32_t packets,
                struct rng *g)
{
    nsec worst = 0;

    for (uint64_t i = next_lost(c, 0, g); i < packets; i = next_lost(c, i + 1, g)) {
        nsec delay = repair(c, law, rtt, packets, i, g);

        worst = delay > worst ? delay : worst;
    }
    return worst;
}

bool loss_strikes(const struct loss_config *c, uint32_t packets, struct rng *g)
{
    return next_lost(c, 0, g) < packets;
}
