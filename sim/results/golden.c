/* golden.c - see golden.h.  The file is a stranger's: read line by line, nothing is taken on
 * trust. */
#include "golden.h"

#include "../base/text.h"
#include "../base/xalloc.h"
#include "aside.h"
#include "overrides.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VERSION_LINE "lblab-golden 1"

static const size_t most_bytes = (size_t)256 << 20;
enum { MOST_NAMES = 100000 };

/* ---- base64 (RFC 4648), without padding ---- */

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void put_base64(FILE *f, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i += 3) {
        uint32_t three = (uint32_t)bytes[i] << 16;

        three |= i + 1 < n ? (uint32_t)bytes[i + 1] << 8 : 0;
        three |= i + 2 < n ? bytes[i + 2] : 0;
        for (size_t k = 0; k < 4 && i + k <= n; k++)
            fputc(letters[three >> (18 - 6 * k) & 63], f);
    }
}

/* Into bytes[3 * length / 4]; -1 for anything else than these letters. */
static int read_base64(const char *text, size_t length, uint8_t *bytes)
{
    uint32_t bits = 0, held = 0;

    for (size_t i = 0; i < length; i++) {
        const char *at = text[i] ? strchr(letters, text[i]) : NULL;

        if (!at)
            return -1;
        bits = bits << 6 | (uint32_t)(at - letters);
        held += 6;
        if (held >= 8) {
            held -= 8;
            *bytes++ = (uint8_t)(bits >> held);
        }
    }
    return 0;
}

/* ---- writing ---- */

static void put_run(FILE *f, const struct golden_run *run)
{
    fprintf(f, "run %s %" PRIu64 " %" PRIu64 " %s\n", run->digest, run->seed, run->requests,
            run->policy);
    if (!run->trail)
        return;
    fputs("trail ", f);
    put_base64(f, run->trail, 2 * (size_t)run->steps);
    fputc('\n', f);
}

/* NULL only when memory ran out. */
static char *golden_text(const struct golden *g, size_t *length)
{
    char *text = NULL;
    FILE *f = open_memstream(&text, length);
    uint32_t runs = 0;

    if (!f)
        return NULL;
    fputs(VERSION_LINE "\n", f);
    for (uint32_t i = 0; i < g->scenarios; i++) {
        const struct golden_scenario *s = &g->scenario[i];

        fprintf(f, "scenario %s %s\n", s->name, s->sha256);
        for (uint32_t k = 0; k < s->overrides; k++)
            fprintf(f, "override %s\n", s->override[k]);
        for (uint32_t k = 0; k < s->runs; k++)
            put_run(f, &s->run[k]);
        runs += s->runs;
    }
    fprintf(f, "end %" PRIu32 "\n", runs);
    if (fclose(f) == 0)
        return text;
    free(text);
    return NULL;
}

int golden_write(const struct golden *g, const char *path, struct err *err)
{
    size_t length = 0;
    char *text = golden_text(g, &length), shown[200];
    int rc = text ? aside_write(path, text, length, ASIDE_SYNCED) : -1;

    if (rc < 0)
        err_machine(err, "cannot write the golden file \"%s\"",
                    text_safe(shown, sizeof shown, path, strlen(path)));
    free(text);
    return rc;
}

static void keep_overrides(struct golden *g, struct golden_scenario *s,
                           const struct result_plan *plan)
{
    const char **kept = arena_alloc(&g->arena, plan->overrides * sizeof *kept);

    s->override = kept;
    for (uint32_t i = 0; i < plan->overrides; i++)
        if (override_matters(plan->override[i]) && !strchr(plan->override[i], '\n'))
            kept[s->overrides++] = arena_text(&g->arena, plan->override[i]);
}

static void keep_trail(struct golden *g, struct golden_run *run, const struct record *r)
{
    uint64_t born = r->requests;

    run->steps = (uint32_t)(born < r->trail_length ? born : r->trail_length);
    run->trail = arena_alloc(&g->arena, 2 * (size_t)run->steps);
    for (uint32_t i = 0; i < run->steps; i++) {
        run->trail[2 * i] = r->trail[i].backend;
        run->trail[2 * i + 1] = r->trail[i].rest;
    }
}

static struct golden_scenario *add_scenario(struct golden *g)
{
    g->scenario = xrealloc(g->scenario, g->scenarios + 1, sizeof *g->scenario);
    g->scenario[g->scenarios] = (struct golden_scenario){ .name = NULL };
    return &g->scenario[g->scenarios++];
}

static struct golden_run *add_run(struct golden_scenario *s)
{
    s->run = xrealloc(s->run, s->runs + 1, sizeof *s->run);
    s->run[s->runs] = (struct golden_run){ .policy = NULL };
    return &s->run[s->runs++];
}

void golden_add(struct golden *g, const struct result *r, const struct record *trail)
{
    struct golden_scenario *s = add_scenario(g);

    s->name = arena_text(&g->arena, r->plan.scenario);
    s->sha256 = arena_text(&g->arena, r->plan.sha256);
    keep_overrides(g, s, &r->plan);
    for (uint32_t i = 0; i < r->runs; i++) {
        struct golden_run *run = add_run(s);

        run->policy = arena_text(&g->arena, r->plan.policy[r->run[i].policy]);
        run->seed = r->run[i].seed;
        run->requests = r->run[i].requests;
        snprintf(run->digest, sizeof run->digest, "%s", r->run[i].digest);
        if (i % r->plan.replications == 0)
            keep_trail(g, run, &trail[r->run[i].policy]);
    }
}

void golden_fini(struct golden *g)
{
    for (uint32_t i = 0; i < g->scenarios; i++)
        free(g->scenario[i].run);
    free(g->scenario);
    arena_fini(&g->arena);
    *g = (struct golden){ .scenarios = 0 };
}

/* ---- reading ---- */

struct scan {
    struct golden *golden;
    struct err *err;
    char    *line, *at;             /* the line being read, and where in it */
    uint32_t number;                /* of the line */
    uint32_t runs;
    bool     is_over;
};

static int tell(struct scan *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static int tell(struct scan *s, const char *fmt, ...)
{
    struct err_item *item = err_add(s->err, ERR_ERROR, "E310");
    const char *path = s->golden->path;
    va_list args;

    text_safe(item->file, sizeof item->file, path, strlen(path));
    item->line = s->number;
    item->column = (uint32_t)(s->at - s->line) + 1;
    va_start(args, fmt);
    vsnprintf(item->what, sizeof item->what, fmt, args);
    va_end(args);
    snprintf(item->hint, sizeof item->hint, "write it again with --write-golden");
    return -1;
}

/* Up to the next space, which is taken too; "" at the end of the line. */
static char *take_word(struct scan *s)
{
    char *word = s->at;

    s->at += strcspn(s->at, " ");
    if (*s->at)
        *s->at++ = '\0';
    return word;
}

static int take_number(struct scan *s, uint64_t *out)
{
    char *start = s->at, *word = take_word(s);
    u128 value;

    if (text_read_u128(word, &value) == 0 && value <= UINT64_MAX) {
        *out = (uint64_t)value;
        return 0;
    }
    s->at = start;
    return tell(s, "a whole number expected");
}

static bool is_hex(const char *word, size_t length)
{
    return strlen(word) == length && strspn(word, "0123456789abcdef") == length;
}

static struct golden_scenario *last_scenario(const struct scan *s)
{
    return s->golden->scenarios ? &s->golden->scenario[s->golden->scenarios - 1] : NULL;
}

static int read_scenario(struct scan *s)
{
    char *start = s->at, *name = take_word(s), *sha256 = s->at;

    if (!text_is_id(name) || golden_find(s->golden, name)) {
        s->at = start;
        return tell(s, golden_find(s->golden, name) ? "this scenario is there twice"
                                                    : "the name of a scenario expected");
    }
    if (!is_hex(sha256, 64))
        return tell(s, "the 64 hex digits of the scenario's SHA-256 expected");

    struct golden_scenario *added = add_scenario(s->golden);

    added->name = arena_text(&s->golden->arena, name);
    added->sha256 = arena_text(&s->golden->arena, sha256);
    added->line = s->number;
    return 0;
}

static int read_override(struct scan *s)
{
    struct golden_scenario *to = last_scenario(s);
    const char **longer;

    if (!to || to->overrides >= MOST_NAMES)
        return tell(s, "an override without its scenario");
    longer = arena_alloc(&s->golden->arena, (to->overrides + 1) * sizeof *longer);
    for (uint32_t i = 0; i < to->overrides; i++)
        longer[i] = to->override[i];
    longer[to->overrides++] = arena_text(&s->golden->arena, s->at);
    to->override = longer;
    return 0;
}

static int read_run(struct scan *s)
{
    struct golden_scenario *to = last_scenario(s);
    struct golden_run run = { .policy = NULL };
    char *start = s->at, *digest = take_word(s);

    if (!is_hex(digest, sizeof run.digest - 1)) {
        s->at = start;
        return tell(s, "the 32 hex digits of a digest expected");
    }
    if (!to)
        return tell(s, "a run without its scenario");
    memcpy(run.digest, digest, sizeof run.digest);
    if (take_number(s, &run.seed) < 0 || take_number(s, &run.requests) < 0)
        return -1;
    if (!*s->at)
        return tell(s, "the name of a policy expected");
    run.policy = arena_text(&s->golden->arena, s->at);
    *add_run(to) = run;
    s->runs++;
    return 0;
}

static int read_trail(struct scan *s)
{
    struct golden_scenario *to = last_scenario(s);
    struct golden_run *run = to && to->runs ? &to->run[to->runs - 1] : NULL;
    size_t length = strlen(s->at), bytes = length * 3 / 4;

    if (!run || run->trail)
        return tell(s, "a trail without its run");
    if (bytes > 2 * GOLDEN_TRAIL || bytes % 2 || length % 4 == 1)
        return tell(s, "a trail of %zu letters is cut or too long", length);
    run->trail = arena_alloc(&s->golden->arena, bytes);
    run->steps = (uint32_t)(bytes / 2);
    return read_base64(s->at, length, run->trail) < 0 ? tell(s, "this is not base64") : 0;
}

static int read_end(struct scan *s)
{
    uint64_t runs = 0;

    if (take_number(s, &runs) < 0)
        return -1;
    s->is_over = true;
    return runs == s->runs ? 0 : tell(s, "%" PRIu32 " runs are here, not %" PRIu64, s->runs, runs);
}

static int read_line(struct scan *s)
{
    static const struct { const char *word; int (*read)(struct scan *); } kinds[] = {
        { "scenario", read_scenario }, { "override", read_override }, { "run", read_run },
        { "trail", read_trail },       { "end", read_end },
    };
    char shown[40], *word = take_word(s);

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (strcmp(word, kinds[i].word) == 0)
            return s->is_over ? tell(s, "text behind the end") : kinds[i].read(s);
    s->at = s->line;
    return tell(s, "unknown line \"%s\"", text_safe(shown, sizeof shown, word, strlen(word)));
}

static int read_first(struct scan *s)
{
    if (strcmp(s->line, VERSION_LINE) == 0)
        return 0;
    if (strncmp(s->line, VERSION_LINE, strlen(VERSION_LINE) - 1) == 0)
        return tell(s, "this golden file is of another version of its format");
    return tell(s, "this is not a golden file: \"" VERSION_LINE "\" expected");
}

static int read_lines(struct scan *s, char *text)
{
    for (char *line; (line = strsep(&text, "\n")) != NULL && (text || *line);) {
        s->line = s->at = line;
        s->number++;
        if (!text) {
            s->at = line + strlen(line);
            return tell(s, "the file is cut here");
        }
        if ((s->number == 1 ? read_first(s) : read_line(s)) < 0)
            return -1;
    }
    if (s->is_over)
        return 0;
    s->number++;
    s->at = s->line;
    return tell(s, "the file is cut: there is no \"end\" line");
}

static int tell_nul(struct scan *s, char *text)
{
    s->number = 1;
    s->line = text;
    s->at = text + strlen(text);
    for (char *at = text; (at = strchr(at, '\n')) != NULL; s->number++)
        s->line = ++at;
    return tell(s, "there is a NUL in the file");
}

int golden_read(struct golden *g, const char *path, struct err *err)
{
    size_t length = 0;
    struct scan s = { .golden = g, .err = err };
    char *text, empty[] = "";

    *g = (struct golden){ .scenarios = 0 };
    g->path = arena_text(&g->arena, path);
    text = text_read_file(path, most_bytes, &length, err);
    if (!text)
        return -1;
    s.line = s.at = empty;

    int rc = strlen(text) == length ? read_lines(&s, text) : tell_nul(&s, text);

    free(text);
    return rc;
}

/* ---- comparing ---- */

const struct golden_scenario *golden_find(const struct golden *g, const char *scenario)
{
    for (uint32_t i = 0; i < g->scenarios; i++)
        if (strcmp(g->scenario[i].name, scenario) == 0)
            return &g->scenario[i];
    return NULL;
}

int golden_allowed(const struct golden *g, const struct golden_scenario *s,
                   const struct result_plan *plan, struct err *err)
{
    const char *here = override_missing(plan->override, plan->overrides, s->override, s->overrides);
    const char *there = override_missing(s->override, s->overrides, plan->override,
                                         plan->overrides);
    struct err_item *item;
    char shown[160];
    bool is_same = strcmp(s->sha256, plan->sha256) == 0;

    if (is_same && !here && !there)
        return 0;
    item = err_add(err, ERR_ERROR, "E301");
    text_safe(item->file, sizeof item->file, g->path, strlen(g->path));
    item->line = s->line;
    item->column = 1;
    if (!is_same)
        snprintf(item->what, sizeof item->what,
                 "this golden file is of another \"%s\": scenario %.8s, now %.8s", s->name,
                 s->sha256, plan->sha256);
    else
        snprintf(item->what, sizeof item->what, "\"%s\" was run %s %s", s->name,
                 here ? "without" : "with",
                 text_safe(shown, sizeof shown, here ? here : there, strlen(here ? here : there)));
    snprintf(item->hint, sizeof item->hint,
             is_same ? "give the same -s and -d" : "if the change was meant: --write-golden");
    return -1;
}

uint32_t golden_seeds(const struct golden_scenario *s, uint64_t *first)
{
    uint64_t last = 0;

    *first = UINT64_MAX;
    for (uint32_t i = 0; i < s->runs; i++) {
        *first = s->run[i].seed < *first ? s->run[i].seed : *first;
        last = s->run[i].seed > last ? s->run[i].seed : last;
    }
    return s->runs && last - *first < MOST_NAMES ? (uint32_t)(last - *first) + 1 : 1;
}

static const struct golden_run *find_run(const struct golden_scenario *s, const char *policy,
                                         uint64_t seed)
{
    for (uint32_t i = 0; i < s->runs; i++)
        if (s->run[i].seed == seed && strcmp(s->run[i].policy, policy) == 0)
            return &s->run[i];
    return NULL;
}

uint32_t golden_differences(const struct golden_scenario *s, const struct result *r,
                            uint32_t policy)
{
    uint32_t n = r->plan.replications, differ = 0, found = 0;

    for (uint32_t k = 0; k < n; k++) {
        const struct result_run *now = &r->run[policy * n + k];
        const struct golden_run *then = find_run(s, r->plan.policy[policy], now->seed);

        found += then != NULL;
        differ += then && strcmp(then->digest, now->digest) != 0;
    }
    return found ? differ : NONE;
}

static const char *backend_name(const struct result *r, uint8_t low_byte)
{
    return r->plan.backends <= 256 && low_byte < r->plan.backends ? r->plan.backend[low_byte]
                                                                  : "another backend";
}

/* The first request that went another way; steps when there is none. */
static uint32_t first_difference(const struct golden_run *then, const struct record *now)
{
    uint32_t i = 0;

    while (i < then->steps && i < now->trail_length && then->trail[2 * i] == now->trail[i].backend
           && then->trail[2 * i + 1] == now->trail[i].rest)
        i++;
    return i;
}

static const char *explain_step(char *buf, size_t size, const struct golden_run *then,
                                const struct result *r, const struct record *now, uint32_t i)
{
    char born[32];
    uint8_t was = then->trail[2 * i], is = now->trail[i].backend;

    text_show_duration(born, sizeof born, (double)now->trail[i].born);
    if (was == is)
        snprintf(buf, size, "request %" PRIu32 " (born at %s) went to %s as before, but ended "
                            "differently", i, born, backend_name(r, is));
    else
        snprintf(buf, size, "request %" PRIu32 " (born at %s) went to %s, now to %s", i, born,
                 backend_name(r, was), backend_name(r, is));
    return buf;
}

const char *golden_explain(char *buf, size_t size, const struct golden_scenario *s,
                           const struct result *r, uint32_t policy, const struct record *now)
{
    const struct result_run *run = &r->run[policy * r->plan.replications];
    const struct golden_run *then = find_run(s, r->plan.policy[policy], run->seed);
    uint32_t i;

    if (!then || !then->trail || !now || !now->trail) {
        snprintf(buf, size, "the file has no trail of it");
        return buf;
    }
    i = first_difference(then, now);
    if (i < then->steps && i < now->trail_length && i < now->requests)
        return explain_step(buf, size, then, r, now, i);
    if (strcmp(then->digest, run->digest) == 0)
        snprintf(buf, size, "only with other seeds than %" PRIu64, run->seed);
    else
        snprintf(buf, size, "after the first %s requests",
                 then->steps == GOLDEN_TRAIL ? "16 384" : "recorded");
    return buf;
}
