/* breaker.c - closed, open, half open. */
#include "breaker.h"

#include <string.h>

bool breaker_is_passable(const struct breaker *b, const struct breaker_config *c, nsec now)
{
    if (b->state == BREAKER_OPEN)
        return now >= b->until;
    return b->state == BREAKER_CLOSED || b->admitted < c->probes;
}

static void enter(struct breaker *b, enum breaker_state state, nsec now)
{
    b->state = state;
    b->since = now;
    b->admitted = b->passed = b->streak = 0;
    memset(b->window, 0, sizeof b->window);
}

void breaker_admit(struct breaker *b, nsec now)
{
    if (b->state == BREAKER_OPEN)
        enter(b, BREAKER_HALF_OPEN, now);
    b->admitted += b->state == BREAKER_HALF_OPEN;
}

static void open(struct breaker *b, const struct breaker_config *c, nsec now)
{
    nsec lasts = c->open;

    for (uint32_t i = 0; i < b->opened && lasts < c->open_max; i++)
        lasts *= 2;
    if (c->open_max > 0 && lasts > c->open_max)
        lasts = c->open_max;
    enter(b, BREAKER_OPEN, now);
    b->until = now + lasts;
    b->opened++;
}

/* ---- what opens it ---- */

static void forget_windows(struct breaker *b, const struct breaker_config *c, nsec now)
{
    uint64_t turn = now / (c->window / BREAKER_WINDOWS);
    uint64_t steps = turn - b->turn;

    for (uint64_t i = 1; i <= steps && i <= BREAKER_WINDOWS; i++)
        b->window[(b->turn + i) % BREAKER_WINDOWS] = (struct breaker_window){ 0, 0 };
    b->turn = turn;
}

static bool is_rate_reached(struct breaker *b, const struct breaker_config *c, nsec now,
                            bool failed)
{
    uint32_t calls = 0, failures = 0;

    forget_windows(b, c, now);
    b->window[b->turn % BREAKER_WINDOWS].calls++;
    b->window[b->turn % BREAKER_WINDOWS].failures += failed;
    for (uint32_t i = 0; i < BREAKER_WINDOWS; i++) {
        calls += b->window[i].calls;
        failures += b->window[i].failures;
    }
    return failed && calls >= c->calls && failures >= c->rate * calls;
}

static bool is_enough(struct breaker *b, const struct breaker_config *c, nsec now, bool failed)
{
    if (c->kind == BREAKER_RATE)
        return is_rate_reached(b, c, now, failed);
    b->streak = failed ? b->streak + 1 : 0;
    return b->streak >= c->failures;
}

static bool note_probe(struct breaker *b, const struct breaker_config *c, nsec now, bool failed)
{
    if (failed) {
        open(b, c, now);
        return true;
    }
    if (++b->passed >= c->probes) {
        b->opened = 0;
        enter(b, BREAKER_CLOSED, now);
    }
    return false;
}

bool breaker_note(struct breaker *b, const struct breaker_config *c, nsec now, nsec sent,
                  bool failed)
{
    if (b->state == BREAKER_OPEN || sent < b->since)
        return false;
    if (b->state == BREAKER_HALF_OPEN)
        return note_probe(b, c, now, failed);
    if (!is_enough(b, c, now, failed))
        return false;
    open(b, c, now);
    return true;
}

void breaker_forget(struct breaker *b, nsec sent)
{
    if (b->state == BREAKER_HALF_OPEN && sent >= b->since && b->admitted > b->passed)
        b->admitted--;
}
