/* arrival.c - arrival processes; Fischer and Meier-Hellstern 1993 for the Markov-modulated one. */
#include "arrival.h"

#include <math.h>

/* Rates are per second, gaps in ns; an idle state has no gap at all. */
static double gap(struct arrival *a, double rate)
{
    return rate > 0 ? rng_exp(&a->rng) * ((double)SECOND / rate) : INFINITY;
}

static nsec later(nsec now, double by)
{
    return by < 0x1p62 ? now + (nsec)(int64_t)(by + 0.5) : NEVER;
}

static double mean_of_states(const struct arrival_config *c)
{
    double requests = 0, time = 0;

    for (uint32_t i = 0; i < c->states; i++) {
        requests += c->state[i].rate * (double)c->state[i].hold;
        time += (double)c->state[i].hold;
    }
    return requests / time;
}

static double mean_of_steps(const struct arrival_config *c, nsec duration)
{
    double requests = 0;
    nsec begun = 0;

    for (uint32_t i = 0; begun < duration; i++) {       /* the last state has all that is left */
        nsec left = duration - begun;
        nsec stays = i + 1 < c->states && c->state[i].hold < left ? c->state[i].hold : left;

        requests += c->state[i].rate * (double)stays;
        begun += stays;
    }
    return requests / (double)duration;
}

double arrival_mean_rate(const struct arrival_config *c, nsec duration)
{
    switch ((enum arrival_process)c->process) {
    case ARRIVAL_POISSON:
    case ARRIVAL_CONSTANT:
        return c->rate;
    case ARRIVAL_MMPP:
        return mean_of_states(c);
    case ARRIVAL_STEPS:
        return duration ? mean_of_steps(c, duration) : c->state[0].rate;
    case ARRIVAL_TRACE:
        return c->rows && c->row[c->rows - 1].at
             ? (double)c->rows * (double)SECOND / (double)c->row[c->rows - 1].at : 0;
    case ARRIVAL_CLOSED:
        break;
    }
    return 0;
}

static void enter_state(struct arrival *a, nsec now, uint32_t state)
{
    const struct arrival_state *s = &a->config->state[state];

    a->state = state;
    if (a->config->process == ARRIVAL_MMPP)
        a->state_ends = later(now, rng_exp(&a->rng) * (double)s->hold);
    else
        a->state_ends = state + 1 < a->config->states ? now + s->hold : NEVER;
}

void arrival_init(struct arrival *a, const struct arrival_config *c, uint64_t seed, uint32_t group)
{
    *a = (struct arrival){ .config = c, .rng = rng_stream(seed, "arrival", group),
                           .mean_gap = c->rate > 0 ? (double)SECOND / c->rate : (double)INFINITY };
    if (c->states > 0)
        enter_state(a, 0, 0);
}

/* Exponential gaps forget: one that crosses the end of a state is drawn anew from there. */
static nsec next_by_state(struct arrival *a, nsec now)
{
    for (;;) {
        nsec at = later(now, gap(a, a->config->state[a->state].rate));

        if (at < a->state_ends)
            return at;
        if (a->state_ends == NEVER)
            return NEVER;
        now = a->state_ends;
        enter_state(a, now, (a->state + 1) % a->config->states);
    }
}

nsec arrival_next(struct arrival *a, nsec now)
{
    const struct arrival_config *c = a->config;

    switch ((enum arrival_process)c->process) {
    case ARRIVAL_POISSON:
        return later(now, rng_exp(&a->rng) * a->mean_gap);
    case ARRIVAL_CONSTANT:
        /* not a sum of gaps: it would drift */
        return (nsec)((double)++a->count * a->mean_gap + 0.5);
    case ARRIVAL_MMPP:
    case ARRIVAL_STEPS:
        return next_by_state(a, now);
    case ARRIVAL_TRACE:
        return a->row < c->rows ? c->row[a->row++].at : NEVER;
    case ARRIVAL_CLOSED:
        break;
    }
    return NEVER;
}
