/* sentences.c - see sentences.h. */
#include "sentences.h"

#include "../base/text.h"
#include "../results/catalogue.h"
#include "change_text.h"

#include <math.h>

static const struct result_change *main_change(const struct sentences *s, uint32_t policy)
{
    return change_text_find(s->r, policy, s->percentile);
}

/* A sentence, wrapped. */
static void put_note(FILE *f, const struct sentences *s, const char *text)
{
    fputs("  ", f);
    columns_wrap(f, text, 2, 4, s->columns);
}

/* Where the measured time begins, if that was left to us. */
static void put_warmup(FILE *f, const struct sentences *s)
{
    char time[32], text[256];

    if (s->r->plan.warmup_rule != WARMUP_AUTO)
        return;
    text_show_duration(time, sizeof time, (double)s->r->warmup);
    if (s->r->is_steady_found && s->r->warmup == 0)
        snprintf(text, sizeof text, "warm-up: none is left out; MSER found the start steady.");
    else if (s->r->is_steady_found)
        snprintf(text, sizeof text, "warm-up: the first %s are left out, found by MSER.", time);
    else
        snprintf(text, sizeof text, "warm-up: no steady part was found; the first %s are left out. "
                                    "A longer run, or a \"warmup\" of your own, would help.", time);
    put_note(f, s, text);
}

/* What goes into the hash decides how far it can spread. */
static void put_hashed(FILE *f, const struct sentences *s)
{
    char name[COLUMNS_CELL], hashed[COLUMNS_CELL], text[2 * COLUMNS_CELL + 32];

    if (!s->r->plan.hashed)
        return;
    snprintf(text, sizeof text, "hashed at %s: %s.", columns_name(name, s->r->plan.hasher, 40),
             columns_name(hashed, s->r->plan.hashed, COLUMNS_CELL - 1));
    put_note(f, s, text);
}

/* What a verdict that is no answer leaves open. */
static void put_undecided(FILE *f, const struct sentences *s, uint32_t policy)
{
    const struct result_change *c = main_change(s, policy);
    char name[COLUMNS_CELL], more[COLUMNS_CELL], text[3 * COLUMNS_CELL];

    if (!c || !*change_text_more(more, c, s->tested))
        return;
    snprintf(text, sizeof text, "%s: %s in p%.10g; %s.",
             columns_name(name, s->r->policy[policy].name, s->columns - 4), change_text_word(c),
             s->percentile, more);
    put_note(f, s, text);
}

/* Without the percentiles that it cannot have: who could not keep up, and how fast it grew. */
static void put_saturated(FILE *f, const struct sentences *s, const struct result_policy *p)
{
    char policy[COLUMNS_CELL], backend[COLUMNS_CELL], rate[32], growth[48] = "";
    char text[2 * COLUMNS_CELL + 320];
    const char *when = s->r->plan.events ? "before or after the events" : "for the whole run";

    if (p->verdict != VERDICT_SATURATED)
        return;
    columns_name(policy, p->name, s->columns - 4);
    if (!isnan(p->saturated_growth))
        snprintf(growth, sizeof growth, ", by %s", text_show_rate(rate, sizeof rate,
                                                                 p->saturated_growth));
    if (p->saturated_backend == NONE)
        snprintf(text, sizeof text,
                 "%s: saturated, though no backend was offered more than it can do: the requests "
                 "that wait grew in number %s%s. No percentile has a steady value; ok/s is what it "
                 "could do.",
                 policy, when, growth);
    else
        snprintf(text, sizeof text,
                 "%s: saturated. %s was offered %.*f %% of its capacity; the requests that wait "
                 "grew in number %s%s. No percentile has a steady value; ok/s is what it could "
                 "do.",
                 policy, columns_name(backend, s->r->plan.backend[p->saturated_backend], 40),
                 p->saturated_offered < 1.0995 ? 1 : 0, p->saturated_offered * 100, when, growth);
    put_note(f, s, text);
}

/* A count of all seeds, told of one as metrics are: "12", "12.4", "120 k". */
static const char *show_per_seed(char buf[32], uint64_t count, uint32_t seeds)
{
    return text_show_count(buf, 32, (double)count / seeds);
}

static const char *per_seed(uint32_t seeds)
{
    return seeds > 1 ? " per seed" : "";
}

/* Why there is no value: what of the failed requests is a 20th of them or more. */
static void put_failed(FILE *f, const struct sentences *s, const struct result_policy *p)
{
    char name[COLUMNS_CELL], share[COLUMNS_CELL], count[32], text[2 * COLUMNS_CELL + 512];
    size_t used;
    uint64_t failed = p->requests - p->completed;
    bool is_null = false;

    for (uint32_t i = 0; i < s->shows; i++)
        is_null = is_null || isnan(p->quantile[s->shown[i]].value);
    if (!is_null || p->verdict == VERDICT_SATURATED || !p->requests)
        return;
    used = (size_t)snprintf(text, sizeof text, "%s: %s of the requests failed",
                            columns_name(name, p->name, s->columns - 4),
                            columns_percent(share, (double)failed / (double)p->requests));
    for (uint32_t o = OUTCOME_OK + 1; o < OUTCOME_COUNT; o++)
        if (p->ended[o] && p->ended[o] > failed / 20)
            used += (size_t)snprintf(text + used, sizeof text - used, ", %s %s",
                                     show_per_seed(count, p->ended[o], p->seeds), outcome_name[o]);
    if (p->unfinished > failed / 20)
        used += (size_t)snprintf(text + used, sizeof text - used, ", %s unfinished",
                                 show_per_seed(count, p->unfinished, p->seeds));
    snprintf(text + used, sizeof text - used, "%s", per_seed(p->seeds));
    put_note(f, s, text);
}

/* Whether an event has anything to tell: keys that can move, or connections that broke. */
static bool has_remap(const struct result_remap *m)
{
    return m->keys || m->broken;
}

static void put_remap(FILE *f, const struct sentences *s, const struct result_remap *m)
{
    char policy[COLUMNS_CELL], event[COLUMNS_CELL], moved[COLUMNS_CELL], least[COLUMNS_CELL];
    char count[32];
    char text[4 * COLUMNS_CELL + 128];
    size_t used;

    if (!has_remap(m))
        return;
    used = (size_t)snprintf(text, sizeof text, "%s: %s: ",
                            columns_name(policy, s->r->policy[m->policy].name, s->columns - 4),
                            columns_name(event, s->r->plan.event[m->event].label, 40));
    if (m->keys)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s of keys moved, %s had to%s",
                                 columns_percent(moved, (double)m->moved / (double)m->keys),
                                 columns_percent(least, (double)m->unavoidable / (double)m->keys),
                                 m->broken ? "; " : "");
    if (m->broken)
        snprintf(text + used, sizeof text - used, "%s %s broken%s",
                 show_per_seed(count, m->broken, s->r->plan.replications),
                 m->broken == s->r->plan.replications ? "connection" : "connections",
                 per_seed(s->r->plan.replications));
    put_note(f, s, text);
}

static bool shows_failed(const struct result *r)
{
    for (uint32_t p = 0; p < r->plan.policies; p++)
        for (uint32_t i = 0; i < r->plan.percentiles; i++)
            if (r->policy[p].verdict == VERDICT_OK && r->policy[p].requests &&
                isnan(r->policy[p].quantile[i].value))
                return true;
    return false;
}

/* Whether anything follows the bars: then a blank line does. */
static bool has_notes(const struct sentences *s)
{
    const struct result *r = s->r;
    char unused[COLUMNS_CELL];

    if (r->plan.warmup_rule == WARMUP_AUTO || r->plan.hashed)
        return true;
    for (uint32_t p = 0; p < r->plan.policies; p++)
        if (main_change(s, p) && *change_text_more(unused, main_change(s, p), s->tested))
            return true;
    for (uint32_t p = 0; p < r->plan.policies; p++)
        if (r->policy[p].verdict == VERDICT_SATURATED)
            return true;
    for (uint32_t i = 0; i < r->remaps; i++)
        if (has_remap(&r->remap[i]))
            return true;
    return shows_failed(r);
}

void sentences_put(FILE *f, const struct sentences *s)
{
    const struct result *r = s->r;

    if (has_notes(s))
        fputc('\n', f);
    put_warmup(f, s);
    put_hashed(f, s);
    for (uint32_t p = 0; p < r->plan.policies; p++)
        put_undecided(f, s, p);
    for (uint32_t p = 0; p < r->plan.policies; p++)
        put_saturated(f, s, &r->policy[p]);
    for (uint32_t p = 0; p < r->plan.policies; p++)
        put_failed(f, s, &r->policy[p]);
    if (shows_failed(r))
        put_note(f, s,
                 "failed: the percentile falls among requests that failed or did not finish.");
    for (uint32_t i = 0; i < r->remaps; i++)
        put_remap(f, s, &r->remap[i]);
}
