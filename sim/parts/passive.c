/* passive.c - see passive.h. */
#include "passive.h"

static bool set_out(struct passive *p, bool is_out)
{
    bool has_changed = p->is_out != is_out;

    p->is_out = is_out;
    return has_changed;
}

/* ---- nginx ---- */

static bool is_over(const struct passive *p, const struct passive_config *c, uint64_t second)
{
    return second - p->checked > c->fail_timeout / SECOND;
}

static bool nginx_picked(struct passive *p, const struct passive_config *c, uint64_t second)
{
    if (is_over(p, c, second))
        p->checked = second;
    return p->fails >= c->max_fails && set_out(p, true);
}

static bool nginx_note(struct passive *p, const struct passive_config *c, uint64_t second,
                       bool failed)
{
    if (failed) {
        p->fails++;
        p->accessed = p->checked = second;
    } else if (p->accessed < p->checked) {
        p->fails = 0;
    }
    return set_out(p, p->fails >= c->max_fails && !is_over(p, c, second));
}

/* ---- either ---- */

bool passive_picked(struct passive *p, const struct passive_config *c, nsec now)
{
    return c->rule == PASSIVE_NGINX && nginx_picked(p, c, now / SECOND);
}

bool passive_note(struct passive *p, const struct passive_config *c, nsec now, bool failed)
{
    if (c->rule == PASSIVE_NGINX)
        return nginx_note(p, c, now / SECOND, failed);
    p->fails += failed;
    return set_out(p, p->fails >= c->max_fails);
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
        return is_over(p, c, now / SECOND) && set_out(p, false);
    p->fails--;
    return set_out(p, p->fails >= c->max_fails);
}
