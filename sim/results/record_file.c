/* record_file.c - a record as lines of integers that end in the SHA-256 of all before them.
 *
 * Zero rows are left out, so that a file is as long as what happened.  The sum makes any cut or
 * flipped bit an error; what it covers is still read within bounds, because the sum is no secret.
 */
#include "result.h"

#include "../base/text.h"
#include "../base/xalloc.h"
#include "aside.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VERSION_LINE "lblab-record 2\n"
#define SUM_WORD "sha256 "

enum { SUM_LENGTH = sizeof SUM_WORD - 1 + 64 + 1 };
static const size_t most_bytes = (size_t)1 << 31;
static const uint32_t most_backends = 1u << 20;

/* ---- writing ---- */

static void put(FILE *f, uint64_t v)
{
    fprintf(f, " %" PRIu64, v);
}

static void put128(FILE *f, u128 v)
{
    char buf[40];

    fprintf(f, " %s", text_u128(buf, v));
}

static void put_hist(FILE *f, const struct hist *h)
{
    struct hist_bucket b;

    put(f, h->clamped);
    put(f, h->min);
    put(f, h->max);
    for (uint32_t next = 0; hist_next(h, &next, &b);) {
        put(f, b.index);
        put(f, b.count);
    }
    put(f, HIST_BUCKETS);
}

static void put_slice(FILE *f, const struct record_slice *s)
{
    fputs("slice", f);
    put(f, s->born);
    for (uint32_t i = 0; i < OUTCOME_COUNT; i++)
        put(f, s->ended[i]);
    put128(f, s->latency_sum);
    put(f, s->done);
    put(f, s->attempts);
    put(f, s->retries);
    put(f, s->open);
    put_hist(f, &s->latency);
    fputc('\n', f);
}

static bool is_zero(const struct record_backend_slice *b)
{
    return !(b->picked | b->asked | b->served | b->failed | b->latency_sum | b->busy | b->offered |
             b->backlog);
}

static void put_backends(FILE *f, const struct record *r)
{
    size_t rows = (size_t)r->backends * r->backend_slices;

    for (size_t i = 0; i < rows; i++) {
        const struct record_backend_slice *b = &r->backend[i];

        if (is_zero(b))
            continue;
        fputs("backend", f);
        put(f, i);
        put(f, b->picked);
        put(f, b->asked);
        put(f, b->served);
        put(f, b->failed);
        put(f, b->latency_sum);
        put(f, b->busy);
        put(f, b->offered);
        put(f, b->backlog);
        fputc('\n', f);
    }
    fprintf(f, "backend %zu\n", rows);
}

static void put_head(FILE *f, const struct record *r)
{
    const uint64_t count[] = {
        r->policy, r->replication, r->seed, r->slice_width, r->warmup, r->arrivals_end, r->end,
        r->slices, r->warmup_slices, r->requests, r->attempts, r->retries, r->orphans,
        r->connections, r->probes, r->probes_failed, r->events, r->backends, r->backend_slices,
        r->remaps,
    };
    const u128 sum[] = {
        r->demand_served, r->demand_wasted, r->busy, r->area, r->sojourn, r->digest
    };

    fputs(VERSION_LINE "counts", f);
    for (size_t i = 0; i < ARRAY_LEN(count); i++)
        put(f, count[i]);
    fputs("\nsums", f);
    for (size_t i = 0; i < ARRAY_LEN(sum); i++)
        put128(f, sum[i]);
    fputc('\n', f);
}

/* The whole file as text; NULL only when memory ran out. */
static char *record_text(const struct record *r, size_t *length)
{
    char *text = NULL, hex[65];
    FILE *f = open_memstream(&text, length);

    if (!f)
        return NULL;
    put_head(f, r);
    for (uint32_t i = 0; i < RECORD_SLICES; i++)
        put_slice(f, &r->slice[i]);
    put_backends(f, r);
    for (uint32_t i = 0; i < r->remaps; i++)
        fprintf(f, "remap %" PRIu32 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
                r->remap[i].event, r->remap[i].keys, r->remap[i].moved, r->remap[i].unavoidable,
                r->remap[i].broken);
    if (fflush(f) == 0) {
        text_sha256(text, *length, hex);
        fprintf(f, SUM_WORD "%s\n", hex);
    }
    if (fclose(f) == 0)
        return text;
    free(text);
    return NULL;
}

int record_write(const struct record *r, const char *path, struct err *err)
{
    size_t length = 0;
    char *text = record_text(r, &length);

    if (!text || aside_write(path, text, length, ASIDE_QUICK) != 0) {
        int cause = errno;
        char shown[200];

        free(text);
        errno = cause;
        return err_machine(err, "cannot write the record \"%s\"",
                           text_safe(shown, sizeof shown, path, strlen(path)));
    }
    free(text);
    return 0;
}

/* ---- reading ---- */

struct scan { const char *at; bool bad; };

static void scan_word(struct scan *s, const char *word)
{
    size_t n = strlen(word);

    if (s->bad || strncmp(s->at, word, n) != 0)
        s->bad = true;
    else
        s->at += n;
}

static u128 scan128(struct scan *s, u128 most)
{
    u128 v = 0;

    scan_word(s, " ");
    if (s->bad || *s->at < '0' || *s->at > '9') {
        s->bad = true;
        return 0;
    }
    for (; *s->at >= '0' && *s->at <= '9'; s->at++) {
        u128 digit = (u128)(*s->at - '0');

        if (v > (most - digit) / 10 || digit > most) {
            s->bad = true;
            return 0;
        }
        v = v * 10 + digit;
    }
    return v;
}

/* Up to 18 digits cannot overflow: nearly all numbers, without a division a digit. */
static uint64_t scan64(struct scan *s)
{
    const char *at = s->at + 1;
    uint64_t v = 0;

    if (s->bad || *s->at != ' ')
        return (uint64_t)scan128(s, UINT64_MAX);
    for (; *at >= '0' && *at <= '9' && at - s->at < 19; at++)
        v = v * 10 + (uint64_t)(*at - '0');
    if (at == s->at + 1 || (*at >= '0' && *at <= '9'))
        return (uint64_t)scan128(s, UINT64_MAX);
    s->at = at;
    return v;
}

static uint32_t scan32(struct scan *s, uint32_t most)
{
    uint64_t v = scan64(s);

    s->bad = s->bad || v > most;
    return s->bad ? 0 : (uint32_t)v;
}

static void scan_hist(struct scan *s, struct hist *h)
{
    uint64_t clamped = scan64(s), min = scan64(s), max = scan64(s);

    for (uint32_t from = 0; !s->bad;) {
        uint32_t index = scan32(s, HIST_BUCKETS);

        if (s->bad || index == HIST_BUCKETS)
            break;

        uint64_t count = scan64(s);

        if (index < from || count == 0 || count > UINT64_MAX - h->total)
            s->bad = true;
        else
            hist_add_count(h, index, count);
        from = index + 1;
    }
    h->clamped = clamped;
    h->min = min;
    h->max = max;
}

/* Quantiles count on ended[OK] = the histogram's total and on no more ended than born. */
static void scan_slice(struct scan *s, struct record_slice *slice)
{
    u128 ended = 0;

    scan_word(s, "slice");
    slice->born = scan64(s);
    for (uint32_t i = 0; i < OUTCOME_COUNT; i++)
        ended += slice->ended[i] = scan64(s);
    slice->latency_sum = scan128(s, ~(u128)0);
    slice->done = scan64(s);
    slice->attempts = scan64(s);
    slice->retries = scan64(s);
    slice->open = scan64(s);
    scan_hist(s, &slice->latency);
    scan_word(s, "\n");
    if (ended > slice->born || slice->ended[OUTCOME_OK] != slice->latency.total)
        s->bad = true;
}

static void scan_backend(struct scan *s, struct record_backend_slice *b)
{
    uint64_t *const field[] = {
        &b->picked, &b->asked, &b->served, &b->failed, &b->latency_sum, &b->busy, &b->offered,
        &b->backlog,
    };

    for (size_t i = 0; i < ARRAY_LEN(field); i++)
        *field[i] = scan64(s);
}

static void scan_backends(struct scan *s, struct record *r)
{
    uint32_t rows = r->backends * r->backend_slices;

    for (uint32_t from = 0; !s->bad;) {
        scan_word(s, "backend");

        uint32_t row = scan32(s, rows);

        if (s->bad || row == rows)
            break;
        if (row < from) {
            s->bad = true;
            break;
        }
        from = row + 1;
        scan_backend(s, &r->backend[row]);
        scan_word(s, "\n");
    }
    scan_word(s, "\n");
}

static void scan_remaps(struct scan *s, struct record *r, uint32_t remaps)
{
    r->remap = xcalloc(remaps, sizeof *r->remap);
    r->remaps = remaps;
    for (uint32_t i = 0; i < remaps && !s->bad; i++) {
        struct record_remap *m = &r->remap[i];

        scan_word(s, "remap");
        m->event = scan32(s, NONE);
        m->keys = scan64(s);
        m->moved = scan64(s);
        m->unavoidable = scan64(s);
        m->broken = scan64(s);
        scan_word(s, "\n");
    }
}

/* The counts and sums into head, then the record made with room for its backends. */
static void scan_head(struct scan *s, struct record *r, uint32_t *remaps, size_t length)
{
    struct record head = { .policy = scan32(s, NONE) };

    head.replication = scan32(s, NONE);
    uint64_t *const count[] = {
        &head.seed, &head.slice_width, &head.warmup, &head.arrivals_end, &head.end,
    };
    uint64_t *const work[] = {
        &head.requests, &head.attempts, &head.retries, &head.orphans, &head.connections,
        &head.probes, &head.probes_failed, &head.events,
    };
    u128 *const sum[] = {
        &head.demand_served, &head.demand_wasted, &head.busy,
        &head.area,          &head.sojourn,       &head.digest,
    };

    for (size_t i = 0; i < ARRAY_LEN(count); i++)
        *count[i] = scan64(s);
    head.slices = scan32(s, RECORD_SLICES);
    head.warmup_slices = scan32(s, head.slices);
    for (size_t i = 0; i < ARRAY_LEN(work); i++)
        *work[i] = scan64(s);
    head.backends = scan32(s, most_backends);
    head.backend_slices = scan32(s, RECORD_SLICES);
    *remaps = scan32(s, (uint32_t)(length / 8));
    scan_word(s, "\nsums");
    for (size_t i = 0; i < ARRAY_LEN(sum); i++)
        *sum[i] = scan128(s, ~(u128)0);
    scan_word(s, "\n");
    record_init(r, s->bad ? 0 : head.backends);
    if (r->backend_slices != head.backend_slices || r->backends != head.backends)
        s->bad = true;
    head.backend = r->backend;
    memcpy(head.slice, r->slice, sizeof head.slice);
    head.backends = r->backends;
    head.backend_slices = r->backend_slices;
    *r = head;
}

static int parse_record(struct record *r, const char *text, size_t length)
{
    struct scan s = { text, false };
    uint32_t remaps = 0;

    scan_word(&s, VERSION_LINE "counts");
    scan_head(&s, r, &remaps, length);
    for (uint32_t i = 0; i < RECORD_SLICES && !s.bad; i++)
        scan_slice(&s, &r->slice[i]);
    if (!s.bad)
        scan_backends(&s, r);
    if (!s.bad)
        scan_remaps(&s, r, remaps);
    if (!s.bad && s.at == text + length)
        return 0;
    record_fini(r);
    return -1;
}

/* What is wrong with the file as a whole, or NULL; *length becomes that of what the sum covers. */
static const char *fault_of(const char *text, size_t *length)
{
    char sum[SUM_LENGTH + 1], hex[65];

    if (*length < sizeof VERSION_LINE - 1 + SUM_LENGTH)
        return "is cut short";
    if (strncmp(text, VERSION_LINE, sizeof VERSION_LINE - 1) != 0)
        return strncmp(text, "lblab-record ", 13) == 0 ? "was written by another version of lblab"
                                                       : "is not a record";
    *length -= SUM_LENGTH;
    text_sha256(text, *length, hex);
    snprintf(sum, sizeof sum, SUM_WORD "%s\n", hex);
    return memcmp(text + *length, sum, SUM_LENGTH) == 0 ? NULL : "is cut short or damaged";
}

int record_read(struct record *r, const char *path, struct err *err)
{
    size_t length = 0;
    char shown[200];

    if (access(path, F_OK) != 0 && errno == ENOENT)
        return 1;

    char *text = text_read_file(path, most_bytes, &length, err);

    if (!text)
        return -1;

    const char *fault = fault_of(text, &length);

    if (!fault && parse_record(r, text, length) != 0)
        fault = "does not read as a record";
    free(text);
    if (!fault)
        return 0;
    err_input(err, "E710", "the record \"%s\" %s",
              text_safe(shown, sizeof shown, path, strlen(path)), fault);
    err_hint(err, "remove it and run again: only this cell is simulated anew");
    return -1;
}
