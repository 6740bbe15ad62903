/* record_file.c - a record as integers in LEB128 (DWARF 5, section 7.6) that end in the XXH64 of
 * all before them: short, because writing, summing and reading are what a cell costs beyond itself.
 *
 * Zero rows are left out, so that a file is as long as what happened, and no number has two forms:
 * records are equal when their files are.  The sum makes any cut or flipped bit an error; what it
 * covers is still read within bounds, because the sum is no secret.
 */
#include "result.h"

#include "../../algorithms/lb.h"
#include "../base/text.h"
#include "../base/xalloc.h"
#include "aside.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VERSION_LINE "lblab-record 4\n"
#define SUM_WORD "xxh64 "

enum { SUM_LENGTH = sizeof SUM_WORD - 1 + 16 + 1 };
static const size_t most_bytes = (size_t)1 << 31;
static const uint32_t most_backends = 1u << 20;

/* ---- writing ---- */

struct sheet { unsigned char *text; size_t length, room; };

/* Room for at least so many bytes more. */
static void make_room(struct sheet *f, size_t more)
{
    if (f->room - f->length >= more)
        return;
    f->room = 2 * f->room + more;
    f->text = xrealloc(f->text, f->room, 1);
}

static void put_text(struct sheet *f, const char *text)
{
    size_t n = strlen(text);

    make_room(f, n);
    memcpy(f->text + f->length, text, n);
    f->length += n;
}

static void put(struct sheet *f, uint64_t v)
{
    make_room(f, 10);
    for (; v > 127; v >>= 7)
        f->text[f->length++] = (unsigned char)(v | 128);
    f->text[f->length++] = (unsigned char)v;
}

static void put128(struct sheet *f, u128 v)
{
    make_room(f, 19);
    for (; v > 127; v >>= 7)
        f->text[f->length++] = (unsigned char)(v | 128);
    f->text[f->length++] = (unsigned char)v;
}

/* Of each bucket how many before it are empty, and its count; at the end, how many are. */
static void put_hist(struct sheet *f, const struct hist *h)
{
    struct hist_bucket b;
    uint32_t from = 0;

    put(f, h->clamped);
    put(f, h->min);
    put(f, h->max);
    for (uint32_t next = 0; hist_next(h, &next, &b);) {
        put(f, b.index - from);
        put(f, b.count);
        from = b.index + 1;
    }
    put(f, HIST_BUCKETS - from);
}

static void put_slice(struct sheet *f, const struct record_slice *s)
{
    put(f, s->born);
    for (uint32_t i = 0; i < OUTCOME_COUNT; i++)
        put(f, s->ended[i]);
    put128(f, s->latency_sum);
    for (uint32_t i = 0; i < PART_COUNT; i++)
        put128(f, s->spent[i]);
    put(f, s->done);
    put(f, s->attempts);
    put(f, s->retries);
    put(f, s->open);
    for (uint32_t i = 0; i < TALLY_COUNT; i++)
        put(f, s->tally[i]);
    put_hist(f, &s->latency);
}

static bool is_zero(const struct record_backend_slice *b)
{
    return !(b->picked | b->asked | b->served | b->failed | b->latency_sum | b->busy | b->offered |
             b->backlog);
}

static void put_backends(struct sheet *f, const struct record *r)
{
    size_t rows = (size_t)r->backends * r->backend_slices;

    for (size_t i = 0; i < rows; i++) {
        const struct record_backend_slice *b = &r->backend[i];

        if (is_zero(b))
            continue;
        put(f, i);
        put(f, b->picked);
        put(f, b->asked);
        put(f, b->served);
        put(f, b->failed);
        put(f, b->latency_sum);
        put(f, b->busy);
        put(f, b->offered);
        put(f, b->backlog);
    }
    put(f, rows);
}

static void put_head(struct sheet *f, const struct record *r)
{
    const uint64_t count[] = {
        r->policy, r->replication, r->seed, r->slice_width, r->warmup, r->arrivals_end, r->end,
        r->slices, r->warmup_slices, r->requests, r->attempts, r->retries, r->orphans,
        r->events, r->backends, r->backend_slices, r->remaps,
    };
    const u128 sum[] = {
        r->demand_served, r->demand_wasted, r->busy, r->area, r->sojourn, r->digest
    };

    put_text(f, VERSION_LINE);
    for (size_t i = 0; i < ARRAY_LEN(count); i++)
        put(f, count[i]);
    for (size_t i = 0; i < ARRAY_LEN(sum); i++)
        put128(f, sum[i]);
}

static void put_remaps(struct sheet *f, const struct record *r)
{
    for (uint32_t i = 0; i < r->remaps; i++) {
        put(f, r->remap[i].event);
        put(f, r->remap[i].keys);
        put(f, r->remap[i].moved);
        put(f, r->remap[i].unavoidable);
        put(f, r->remap[i].broken);
    }
}

/* The last line of a file: the sum of the bytes before it. */
static void make_sum(char line[SUM_LENGTH + 1], const void *bytes, size_t length)
{
    snprintf(line, SUM_LENGTH + 1, SUM_WORD "%016llx\n",
             (unsigned long long)lb_hash(bytes, length, 0));
}

static void put_record(struct sheet *f, const struct record *r)
{
    char sum[SUM_LENGTH + 1];

    put_head(f, r);
    for (uint32_t i = 0; i < RECORD_SLICES; i++)
        put_slice(f, &r->slice[i]);
    put_backends(f, r);
    put_remaps(f, r);
    make_sum(sum, f->text, f->length);
    put_text(f, sum);
}

int record_write(const struct record *r, const char *path, struct err *err)
{
    struct sheet f = { .text = NULL };
    char shown[200];

    put_record(&f, r);

    int failed = aside_write(path, (const char *)f.text, f.length, ASIDE_QUICK), cause = errno;

    free(f.text);
    if (!failed)
        return 0;
    errno = cause;
    return err_machine(err, "cannot write the record \"%s\"",
                       text_safe(shown, sizeof shown, path, strlen(path)));
}

/* ---- reading ---- */

struct scan { const unsigned char *at, *end; bool bad; };

/* A number of at most `bits`; its last byte is 0 only when it is the first. */
static u128 scan_long(struct scan *s, uint32_t bits)
{
    u128 v = 0;

    for (uint32_t shift = 0; s->at < s->end && shift < bits; shift += 7) {
        unsigned char byte = *s->at++;
        uint32_t left = bits - shift;

        if ((left < 7 && (byte & 127) >> left != 0) || (byte == 0 && shift > 0))
            break;
        v |= (u128)(byte & 127) << shift;
        if (byte < 128)
            return v;
    }
    s->bad = true;
    s->at = s->end;
    return 0;
}

static u128 scan128(struct scan *s)
{
    return scan_long(s, 128);
}

/* Nearly all numbers are one byte long. */
static uint64_t scan64(struct scan *s)
{
    if (s->at < s->end && *s->at < 128)
        return *s->at++;
    return (uint64_t)scan_long(s, 64);
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
        uint32_t index = from + scan32(s, HIST_BUCKETS - from);

        if (s->bad || index == HIST_BUCKETS)
            break;

        uint64_t count = scan64(s);

        if (count == 0 || count > UINT64_MAX - h->total)
            s->bad = true;
        else
            hist_add_count(h, index, count);
        from = index + 1;
    }
    h->clamped = clamped;
    h->min = min;
    h->max = max;
}

static u128 sum_of(const u128 part[PART_COUNT])
{
    u128 sum = 0;

    for (uint32_t i = 0; i < PART_COUNT; i++)
        sum += part[i];
    return sum;
}

/* Quantiles count on ended[OK] = the histogram's total and on no more ended than born. */
static void scan_slice(struct scan *s, struct record_slice *slice)
{
    u128 ended = 0;

    slice->born = scan64(s);
    for (uint32_t i = 0; i < OUTCOME_COUNT; i++)
        ended += slice->ended[i] = scan64(s);
    slice->latency_sum = scan128(s);
    for (uint32_t i = 0; i < PART_COUNT; i++)
        slice->spent[i] = scan128(s);
    slice->done = scan64(s);
    slice->attempts = scan64(s);
    slice->retries = scan64(s);
    slice->open = scan64(s);
    for (uint32_t i = 0; i < TALLY_COUNT; i++)
        slice->tally[i] = scan64(s);
    scan_hist(s, &slice->latency);
    if (ended > slice->born || slice->ended[OUTCOME_OK] != slice->latency.total ||
        sum_of(slice->spent) != slice->latency_sum)
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
        uint32_t row = scan32(s, rows);

        if (s->bad || row == rows)
            break;
        if (row < from) {
            s->bad = true;
            break;
        }
        from = row + 1;
        scan_backend(s, &r->backend[row]);
    }
}

static void scan_remaps(struct scan *s, struct record *r, uint32_t remaps)
{
    r->remap = xcalloc(remaps, sizeof *r->remap);
    r->remaps = remaps;
    for (uint32_t i = 0; i < remaps && !s->bad; i++) {
        struct record_remap *m = &r->remap[i];

        m->event = scan32(s, NONE);
        m->keys = scan64(s);
        m->moved = scan64(s);
        m->unavoidable = scan64(s);
        m->broken = scan64(s);
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
        &head.requests, &head.attempts, &head.retries, &head.orphans, &head.events,
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
    *remaps = scan32(s, (uint32_t)(length / 5));
    for (size_t i = 0; i < ARRAY_LEN(sum); i++)
        *sum[i] = scan128(s);
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
    const unsigned char *bytes = (const unsigned char *)text;
    struct scan s = { bytes + sizeof VERSION_LINE - 1, bytes + length, false };
    uint32_t remaps = 0;

    scan_head(&s, r, &remaps, length);
    for (uint32_t i = 0; i < RECORD_SLICES && !s.bad; i++)
        scan_slice(&s, &r->slice[i]);
    if (!s.bad)
        scan_backends(&s, r);
    if (!s.bad)
        scan_remaps(&s, r, remaps);
    if (!s.bad && s.at == s.end)
        return 0;
    record_fini(r);
    return -1;
}

/* What is wrong with the file as a whole, or NULL; *length becomes that of what the sum covers. */
static const char *fault_of(const char *text, size_t *length)
{
    char sum[SUM_LENGTH + 1];

    if (*length < sizeof VERSION_LINE - 1 + SUM_LENGTH)
        return "is cut short";
    if (strncmp(text, VERSION_LINE, sizeof VERSION_LINE - 1) != 0)
        return strncmp(text, "lblab-record ", 13) == 0 ? "was written by another version of lblab"
                                                       : "is not a record";
    *length -= SUM_LENGTH;
    make_sum(sum, text, *length);
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
