/* cost.c - first come, first served: on the earliest free of c cores, on one line. */
#include "cost.h"

#include <stdlib.h>

#include "../base/xalloc.h"

/* ---- presets ---- */

static const struct cost_config presets[] = {
    [COST_NONE]     = { .cores = 1 },
    [COST_XDP]      = { .cores = 1, .per_packet = 194 },
    [COST_IPVS]     = { .cores = 1, .per_packet = 808 },
    [COST_IPTABLES] = { .cores = 1, .per_packet = 480 },
    [COST_PROXY_H1] = { .cores = 1, .per_connection = 20 * MICROSECOND,
                        .per_request = 10 * MICROSECOND, .per_kilobyte = 150 },
    [COST_PROXY_H2] = { .cores = 1, .per_connection = 26 * MICROSECOND,
                        .per_request = 13 * MICROSECOND, .per_kilobyte = 195 },
};

static void complete(nsec *value, nsec preset)
{
    if (*value == COST_UNSET)
        *value = preset;
}

void cost_complete(struct cost_config *c)
{
    const struct cost_config *preset = &presets[c->preset];

    complete(&c->per_connection, preset->per_connection);
    complete(&c->per_request, preset->per_request);
    complete(&c->per_kilobyte, preset->per_kilobyte);
    complete(&c->per_packet, preset->per_packet);
}

/* ---- TCP on the wire ---- */

static struct traffic traffic_of(uint64_t packets_up, uint64_t packets_down, uint64_t bytes_up,
                                 uint64_t bytes_down)
{
    return (struct traffic){ packets_up, packets_down, packets_up * COST_HEADERS + bytes_up,
                             packets_down * COST_HEADERS + bytes_down };
}

struct traffic cost_of_open(void)
{
    return traffic_of(2, 1, 0, 0);
}

struct traffic cost_of_close(void)
{
    return traffic_of(2, 2, 0, 0);
}

struct traffic cost_of_exchange(uint64_t request_bytes, uint64_t reply_bytes)
{
    uint64_t up = (request_bytes + COST_SEGMENT - 1) / COST_SEGMENT;
    uint64_t down = (reply_bytes + COST_SEGMENT - 1) / COST_SEGMENT;

    return traffic_of(up + (down + 1) / 2, down + (up + 1) / 2, request_bytes, reply_bytes);
}

/* ---- cores ---- */

void cores_init(struct cores *c, uint32_t count)
{
    *c = (struct cores){ .count = count };
    c->free_at = xcalloc(count, sizeof *c->free_at);
}

void cores_fini(struct cores *c)
{
    free(c->free_at);
}

/* The first is busy until `until` now: down the heap with it. */
static void sink_first(struct cores *c, nsec until)
{
    uint32_t at = 0;

    for (uint32_t child; (child = 2 * at + 1) < c->count; at = child) {
        if (child + 1 < c->count && c->free_at[child + 1] < c->free_at[child])
            child++;
        if (c->free_at[child] >= until)
            break;
        c->free_at[at] = c->free_at[child];
    }
    c->free_at[at] = until;
}

nsec cores_take(struct cores *c, nsec at, nsec work)
{
    nsec begin = c->free_at[0] > at ? c->free_at[0] : at;

    sink_first(c, begin + work);
    return begin;
}

/* ---- lines ---- */

nsec wire_pass(struct wire *w, nsec at, uint64_t bytes)
{
    if (w->rate == 0)
        return at;
    nsec begin = w->free_at > at ? w->free_at : at;
    w->free_at = begin + (nsec)((u128)bytes * SECOND / w->rate);
    return w->free_at;
}
