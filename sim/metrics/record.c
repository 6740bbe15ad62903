/* record.c - the memory of a record, and the words for how requests end. */
#include "record.h"

#include "../base/xalloc.h"

#include <stdlib.h>

/* Beyond this many backends a time line of each would cost more memory than it tells. */
enum { BACKENDS_IN_SLICES = 1024 };

const char *const outcome_name[OUTCOME_COUNT] = {
    [OUTCOME_OK] = "ok",
    [OUTCOME_ERROR] = "error",
    [OUTCOME_UNAVAILABLE] = "unavailable",
    [OUTCOME_REFUSED] = "refused",
    [OUTCOME_RESET] = "reset",
    [OUTCOME_TIMEOUT] = "timeout",
};

const char *const part_name[PART_COUNT] = {
    [PART_CONNECT] = "connect",
    [PART_TLS] = "tls",
    [PART_NETWORK] = "network",
    [PART_BALANCER_QUEUE] = "balancer_queue",
    [PART_BALANCER_WORK] = "balancer_work",
    [PART_BACKEND_QUEUE] = "backend_queue",
    [PART_SERVICE] = "service",
    [PART_RETRIES] = "retries",
};

void record_init(struct record *r, uint32_t backends)
{
    *r = (struct record){ .backends = backends };
    r->backend_slices = backends > BACKENDS_IN_SLICES ? 1 : RECORD_SLICES;
    r->backend = xaligned(64, (size_t)backends * r->backend_slices * sizeof *r->backend);
    for (uint32_t i = 0; i < RECORD_SLICES; i++)
        hist_init(&r->slice[i].latency);
}

void record_fini(struct record *r)
{
    for (uint32_t i = 0; i < RECORD_SLICES; i++)
        hist_fini(&r->slice[i].latency);
    free(r->backend);
    free(r->remap);
    free(r->trail);
    *r = (struct record){ .backends = 0 };
}
