/* health.c - counts checks in a row, as HAProxy's and nginx's `rise` and `fall` do. */
#include "health.h"

bool health_note(struct health *h, const struct health_config *c, bool passed)
{
    if (passed != h->is_down) {     /* it confirms what is believed */
        h->streak = 0;
        return false;
    }
    if (++h->streak < (h->is_down ? c->rise : c->fall))
        return false;
    h->streak = 0;
    h->is_down = !h->is_down;
    return true;
}

bool health_condemn(struct health *h)
{
    bool was_down = h->is_down;

    *h = (struct health){ .is_down = true };
    return !was_down;
}

nsec health_wait(const struct health *h, const struct health_config *c)
{
    if (h->streak > 0 && c->fast_interval > 0)
        return c->fast_interval;
    if (h->streak == 0 && h->is_down && c->down_interval > 0)
        return c->down_interval;
    return c->interval;
}
