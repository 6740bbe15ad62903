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
