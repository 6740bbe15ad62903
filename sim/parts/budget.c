/* budget.c - three rules for how many retries there may be. */
#include "budget.h"

static const int64_t whole = 1000000;

static int64_t tokens_of(double tokens)
{
    return (int64_t)(tokens * (double)whole + 0.5);
}

void budget_init(struct budget *b, const struct budget_config *c)
{
    *b = (struct budget){ .config = c };
    b->pay = tokens_of(c->share);
    b->free = tokens_of(c->per_second * (double)c->ttl / (double)SECOND);
    b->ratio = tokens_of(c->ratio);
    b->tokens = b->most = tokens_of(c->tokens);
}

/* ---- paid in, taken out, and forgotten ---- */

static void forget(struct budget *b, nsec now)
{
    uint64_t turn = now / (b->config->ttl / BUDGET_WINDOWS);
    uint64_t steps = turn - b->turn;

    for (uint64_t i = 1; i <= steps && i <= BUDGET_WINDOWS; i++) {
        int64_t *w = &b->window[(b->turn + i) % BUDGET_WINDOWS];

        b->sum -= *w;
        *w = 0;
    }
    b->turn = turn;
}

static void book(struct budget *b, int64_t tokens)
{
    b->window[b->turn % BUDGET_WINDOWS] += tokens;
    b->sum += tokens;
}

static bool take_share(struct budget *b, nsec now)
{
    forget(b, now);
    if (b->sum + b->free < whole)
        return false;
    book(b, -whole);
    return true;
}

/* ---- all three ---- */

void budget_request(struct budget *b, nsec now)
{
    if (b->config->kind != BUDGET_SHARE)
        return;
    forget(b, now);
    book(b, b->pay);
}

void budget_outcome(struct budget *b, bool failed)
{
    if (b->config->kind != BUDGET_THROTTLE)
        return;
    b->tokens += failed ? -whole : b->ratio;
    if (b->tokens < 0)
        b->tokens = 0;
    if (b->tokens > b->most)
        b->tokens = b->most;
}

static bool is_concurrency_left(const struct budget *b, uint32_t active, uint32_t retrying)
{
    double most = b->config->share * active;

    return retrying < b->config->least || retrying + 1.0 <= most;
}

bool budget_take(struct budget *b, nsec now, uint32_t active, uint32_t retrying)
{
    switch ((enum budget_kind)b->config->kind) {
    case BUDGET_SHARE:
        return take_share(b, now);
    case BUDGET_CONCURRENT:
        return is_concurrency_left(b, active, retrying);
    case BUDGET_THROTTLE:
        return b->tokens > b->most / 2;
    case BUDGET_NONE:
        break;
    }
    return true;
}
