/* product_failover.c - see product_failover.h.
 *
 * HAProxy (configuration manual 2.6; proxy.c, backend.c): `check` alone connects every 2 s, rise 2,
 * fall 3; retries 3, on failed connections only, after min(1 s, timeout connect) at the same
 * server; `option redispatch` sends the last retry elsewhere, and for policies that are no hash
 * every retry, at once.  A hash is asked again and answers the same server while that is up.
 * nginx (ngx_http_upstream_module, ngx_http_proxy_module 1.22): each server once; errors and
 * time-outs of any kind count in max_fails.  Caddy 2.6 (reverse_proxy): one attempt, or for
 * lb_try_duration one every 250 ms; checks from the start on, one result changes the mind. */
#include "product_failover.h"

#include "../base/text.h"
#include "../base/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_WORDS = 64 };

struct words { char *word[MOST_WORDS]; uint32_t count; };

struct row {
    const char *program, *word;
    void (*read)(struct failover *, const struct words *);
};

/* HAProxy's bare numbers are milliseconds. */
static nsec time_of(const char *text)
{
    nsec value = 0;
    char *end;
    unsigned long bare = strtoul(text, &end, 10);

    if (!*end)
        return bare * MILLISECOND;
    return text_duration(text, &value) == 0 ? value : 0;
}

static const char *word_after(const struct words *w, const char *word)
{
    for (uint32_t i = 0; i + 1 < w->count; i++)
        if (strcmp(w->word[i], word) == 0)
            return w->word[i + 1];
    return NULL;
}

static bool has_word(const struct words *w, const char *word)
{
    for (uint32_t i = 0; i < w->count; i++)
        if (strcmp(w->word[i], word) == 0)
            return true;
    return false;
}

static void take_time(const struct words *w, const char *word, nsec *to)
{
    const char *text = word_after(w, word);

    if (text)
        *to = time_of(text);
}

static void take_number(const struct words *w, const char *word, uint32_t *to)
{
    const char *text = word_after(w, word);

    if (text)
        *to = (uint32_t)strtoul(text, NULL, 10);
}

/* ---- HAProxy ---- */

static const char *one_of(const char *text, const char *const *words)
{
    for (; text && *words; words++)
        if (strcmp(text, *words) == 0)
            return *words;
    return NULL;
}

static void haproxy_server(struct failover *f, const struct words *w)
{
    static const char *const observes[] = { "layer4", "layer7", NULL };
    static const char *const on_errors[] = { "fastinter", "fail-check", "sudden-death",
                                             "mark-down", NULL };

    if (!has_word(w, "check"))
        return;
    f->interval = 2 * SECOND;
    take_time(w, "inter", &f->interval);
    take_time(w, "fastinter", &f->fast_interval);
    take_time(w, "downinter", &f->down_interval);
    take_number(w, "rise", &f->rise);
    take_number(w, "fall", &f->fall);
    f->observe = one_of(word_after(w, "observe"), observes);
    f->on_error = one_of(word_after(w, "on-error"), on_errors);
    take_number(w, "error-limit", &f->error_limit);
}

static void haproxy_option(struct failover *f, const struct words *w)
{
    f->asks_http |= has_word(w, "httpchk");
    if (has_word(w, "redispatch")) {
        f->redispatch = FAILOVER_REDISPATCH_LAST;
        take_number(w, "redispatch", &f->redispatch);
    }
}

static void haproxy_no(struct failover *f, const struct words *w)
{
    if (has_word(w, "redispatch"))
        f->redispatch = FAILOVER_REDISPATCH_OFF;
}

static void haproxy_retries(struct failover *f, const struct words *w)
{
    take_number(w, "retries", &f->retries);
}

static void haproxy_timeout(struct failover *f, const struct words *w)
{
    nsec connect = NEVER;

    take_time(w, "connect", &connect);
    take_time(w, "check", &f->timeout);
    take_time(w, "server", &f->answer_timeout);
    if (connect < f->wait)
        f->wait = connect;
}

/* ---- nginx ---- */

static void nginx_server(struct failover *f, const struct words *w)
{
    for (uint32_t i = 0; i < w->count; i++) {
        if (strncmp(w->word[i], "max_fails=", 10) == 0)
            f->max_fails = (uint32_t)strtoul(w->word[i] + 10, NULL, 10);
        if (strncmp(w->word[i], "fail_timeout=", 13) == 0)
            f->fail_timeout = time_of(w->word[i] + 13);
    }
}

static void nginx_next(struct failover *f, const struct words *w)
{
    f->fails_on_5xx = has_word(w, "http_500");
    if (has_word(w, "off"))
        f->retries = 0;
}

/* ---- Caddy ---- */

static void caddy_health(struct failover *f, const struct words *w)
{
    f->asks_http = true;
    if (f->interval == 0)
        f->interval = 30 * SECOND;
    take_time(w, "health_interval", &f->interval);
    take_time(w, "health_timeout", &f->timeout);
}

static void caddy_passive(struct failover *f, const struct words *w)
{
    take_time(w, "fail_duration", &f->fail_timeout);
    take_number(w, "max_fails", &f->max_fails);
    f->fails_on_5xx |= has_word(w, "5xx");
}

static void caddy_try(struct failover *f, const struct words *w)
{
    nsec lasts = 0;

    take_time(w, "lb_try_interval", &f->wait);
    take_time(w, "lb_try_duration", &lasts);
    if (lasts > 0)
        f->retries = (uint32_t)(lasts / f->wait);
}

static void caddy_timeout(struct failover *f, const struct words *w)
{
    take_time(w, "response_header_timeout", &f->answer_timeout);
}

static const struct row rows[] = {
    { "haproxy", "server", haproxy_server }, { "haproxy", "option", haproxy_option },
    { "haproxy", "no", haproxy_no }, { "haproxy", "retries", haproxy_retries },
    { "haproxy", "timeout", haproxy_timeout }, { "nginx", "server", nginx_server },
    { "nginx", "proxy_next_upstream", nginx_next }, { "caddy", "health_uri", caddy_health },
    { "caddy", "health_interval", caddy_health }, { "caddy", "health_timeout", caddy_health },
    { "caddy", "fail_duration", caddy_passive }, { "caddy", "max_fails", caddy_passive },
    { "caddy", "unhealthy_status", caddy_passive }, { "caddy", "lb_try_duration", caddy_try },
    { "caddy", "lb_try_interval", caddy_try },
    { "caddy", "response_header_timeout", caddy_timeout },
};

/* ---- all ---- */

void failover_begin(struct failover *f, const char *program, uint32_t servers)
{
    *f = (struct failover){ .rise = 1, .fall = 1, .error_limit = 10 };
    if (strcmp(program, "haproxy") == 0) {
        f->rise = 2;
        f->fall = 3;
        f->retries = 3;
        f->wait = SECOND;
    } else if (strcmp(program, "nginx") == 0) {
        f->max_fails = 1;
        f->fail_timeout = 10 * SECOND;
        f->retries = servers - 1;
        f->redispatch = 1;
        f->retries_http = true;
    } else {
        f->timeout = 5 * SECOND;
        f->wait = 250 * MILLISECOND;
        f->redispatch = 1;
        f->waits_always = true;
    }
}

void failover_read(struct failover *f, const char *program, const char *directive)
{
    struct words w = { .count = 0 };
    char *copy = xstrdup(directive), *save = NULL;

    for (char *s = strtok_r(copy, " \t", &save); s && w.count < MOST_WORDS;
         s = strtok_r(NULL, " \t", &save))
        w.word[w.count++] = s;
    for (size_t k = 0; k < ARRAY_LEN(rows) && w.count > 0; k++)
        if (strcmp(rows[k].program, program) == 0 && strcmp(rows[k].word, w.word[0]) == 0)
            rows[k].read(f, &w);
    free(copy);
}

/* A hash that is asked again answers the same server: every attempt goes there, without a wait
 * where it counts as sent elsewhere. */
static void redispatch_of_hash(struct failover *f)
{
    if (f->redispatch == 1)
        f->wait = 0;
    else if (f->redispatch == FAILOVER_REDISPATCH_LAST && f->retries > 0)
        f->retries--;               /* the last, at once after the one before, adds nothing */
    f->redispatch = FAILOVER_REDISPATCH_OFF;
}

void failover_end(struct failover *f, const char *program, bool hashes)
{
    if (strcmp(program, "caddy") == 0 && f->fail_timeout == 0)
        f->max_fails = 0;
    if (strcmp(program, "caddy") == 0 && f->fail_timeout > 0 && f->max_fails == 0)
        f->max_fails = 1;
    if (strcmp(program, "haproxy") != 0)
        return;
    if (hashes)
        redispatch_of_hash(f);
    else if (f->redispatch != FAILOVER_REDISPATCH_OFF)
        f->redispatch = 1;
}
