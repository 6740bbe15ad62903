/* passive.c - see passive.h. */
#include "passive.h"

static bool set_out(struct passive *p, bool is_out)
{
    bool has_changed = p->is_out != is_out;

    p->is_out = is_out;
    return has_changed;
}

static bool is_full(const struct passive *p, const struct passive_config *c)
{
    return p->clock.fails >= c->max_fails;
}

/* nginx's, once the clock has been told. */
static bool look(struct passive *p, const struct passive_config *c, nsec now)
{
    return set_out(p, fail_clock_sits_out(&p->clock, c->max_fails, c->fail_timeout / SECOND,
                                          now / SECOND));
}

bool passive_picked(struct passive *p, const struct passive_config *c, nsec now)
{
    if (c->rule != PASSIVE_NGINX)
        return false;
    fail_clock_try(&p->clock, c->fail_timeout / SECOND, now / SECOND);
    return look(p, c, now);
}

bool passive_note(struct passive *p, const struct passive_config *c, nsec now, bool failed)
{
    if (c->rule != PASSIVE_NGINX) {
        p->clock.fails += failed;
        return set_out(p, is_full(p, c));
    }
    if (failed)
        fail_clock_fail(&p->clock, now / SECOND);
    else
        fail_clock_pass(&p->clock);
    return look(p, c, now);
}

nsec passive_when(const struct passive_config *c, nsec now)
{
    if (c->rule == PASSIVE_NGINX)
        return (now / SECOND + c->fail_timeout / SECOND + 1) * SECOND;
    return now + c->fail_timeout;
}

bool passive_due(struct passive *p, const struct passive_config *c, nsec now)
{
    if (c->rule == PASSIVE_NGINX)
        return look(p, c, now);
    p->clock.fails--;
    return set_out(p, is_full(p, c));
}
