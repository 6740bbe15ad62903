/* load.c - see load.h. */
#include "load.h"

#include <stdlib.h>
#include <string.h>

#include "../base/xalloc.h"

/* ---- utilisation and rates ---- */

void load_init(struct load *l, nsec window)
{
    *l = (struct load){ .window = window, .utilisation = -1 };
}

void load_done(struct load *l, bool failed)
{
    l->done++;
    l->failed += failed;
}

void load_look(struct load *l, nsec now, u128 busy, uint32_t workers)
{
    nsec passed = now - l->since;

    if (passed < l->window)
        return;
    double seconds = (double)passed / (double)SECOND;
    if (workers != NONE)
        l->utilisation = (double)(busy - l->busy) / ((double)passed * workers);
    l->rps = (double)l->done / seconds;
    l->eps = (double)l->failed / seconds;
    l->since = now;
    l->busy = busy;
    l->done = l->failed = 0;
}

/* ---- latencies by requests in flight at arrival ---- */

void paces_init(struct paces *p)
{
    p->at = xcalloc(PACES_MOST, sizeof *p->at);
}

void paces_fini(struct paces *p)
{
    free(p->at);
}

void paces_note(struct paces *p, uint32_t in_flight, nsec latency)
{
    struct pace *a = &p->at[in_flight < PACES_MOST ? in_flight : PACES_MOST - 1];

    a->latency[a->count++ % PACES_KEPT] = latency;
}

static nsec median(const struct pace *a)
{
    uint32_t n = a->count < PACES_KEPT ? a->count : PACES_KEPT;
    nsec sorted[PACES_KEPT];

    for (uint32_t k = 0; k < n; k++) {
        uint32_t j = k;

        for (; j > 0 && sorted[j - 1] > a->latency[k]; j--)
            sorted[j] = sorted[j - 1];
        sorted[j] = a->latency[k];
    }
    return n > 0 ? sorted[(n - 1) / 2] : 0;
}

nsec paces_expect(const struct paces *p, uint32_t in_flight)
{
    uint32_t at = in_flight < PACES_MOST ? in_flight : PACES_MOST - 1;

    for (uint32_t off = 0; off < PACES_MOST; off++) {
        if (off <= at && p->at[at - off].count > 0)
            return median(&p->at[at - off]);
        if (at + off < PACES_MOST && p->at[at + off].count > 0)
            return median(&p->at[at + off]);
    }
    return 0;
}
