/* half_open.c - see half_open.h. */
#include "half_open.h"

#include <stdlib.h>

#include "../base/xalloc.h"

void half_open_init(struct half_open *h, const struct syn_config *c)
{
    *h = (struct half_open){ .config = c };
    h->leaves = c->backlog > 0 ? xcalloc(c->backlog, sizeof *h->leaves) : NULL;
}

void half_open_fini(struct half_open *h)
{
    free(h->leaves);
}

bool half_open_has_place(struct half_open *h, nsec now)
{
    uint32_t backlog = h->config->backlog;

    while (h->silent > 0 && h->leaves[h->first] <= now) {
        h->first = (h->first + 1) % backlog;
        h->silent--;
    }
    return h->silent + h->answering < backlog;
}

void half_open_take_silent(struct half_open *h, nsec now)
{
    h->leaves[(h->first + h->silent++) % h->config->backlog] = now + h->config->timeout;
}
