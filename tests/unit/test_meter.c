/* test_meter.c - slices: where births are filed, where warm-up ends, what folding keeps; the
 * digest. */
#include "unit.h"

#include "../../sim/metrics/meter.h"

#include <string.h>

static uint64_t born_in(const struct record *r, uint32_t from, uint32_t to)
{
    uint64_t n = 0;

    for (uint32_t i = from; i < to; i++)
        n += r->slice[i].born;
    return n;
}

static void turn_until(struct meter *m, nsec now)
{
    static const uint32_t backlog[4] = { 0 };

    while (m->now_slice_ends <= now)
        meter_turn(m, m->now_slice_ends, backlog);
}

static void slices_are_cut_where_warm_up_ends(void)
{
    static const struct meter_plan row[] = {
        { .warmup = 10 * SECOND, .duration = 60 * SECOND, .backends = 1 },
        { .warmup = 0, .duration = 60 * SECOND, .backends = 1 },
        { .warmup = 7, .duration = 1000, .backends = 1 },
        { .warmup = 13 * SECOND, .duration = 14 * SECOND, .backends = 1 },
        { .warmup = 999, .duration = 1000, .backends = 1 },
        { .warmup = SECOND, .duration = 3600 * SECOND, .interval = 7 * SECOND, .backends = 1 },
        { .warmup = 123456789, .duration = 100 * SECOND, .interval = SECOND, .backends = 1 },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        const struct meter_plan *p = &row[i];
        struct meter m;
        uint64_t warm = 0, measured = 0;

        meter_init(&m, p);
        CU_ASSERT(m.record.slice_width >= p->interval);
        for (nsec t = 0; t < p->duration; t += p->duration / 1000) {
            turn_until(&m, t);
            meter_born(&m, t);
            *(t < p->warmup ? &warm : &measured) += 1;
        }
        const struct record *r = &m.record;
        CU_ASSERT(r->slices <= RECORD_SLICES);
        CU_ASSERT_EQUAL(m.folds, 0);
        CU_ASSERT_EQUAL(born_in(r, 0, r->warmup_slices), warm);
        CU_ASSERT_EQUAL(born_in(r, r->warmup_slices, r->slices), measured);
        record_fini(&m.record);
    }
}

/* A run ten times as long as planned: every millisecond one is born, and ends 5 s later. */
static void folding_keeps_totals_and_files_births_by_their_time(void)
{
    static const nsec warmups[] = { 0, SECOND, 1500 * MILLISECOND };
    enum { N = 200000, LIVES = 5000 };

    for (size_t w = 0; w < ARRAY_LEN(warmups); w++) {
        static uint32_t label[N];
        struct meter_plan p = { .warmup = warmups[w],
                                .duration = warmups[w] + SECOND,
                                .backends = 1 };
        struct meter m;

        meter_init(&m, &p);
        for (uint32_t i = 0; i < N + LIVES; i++) {
            nsec now = i * MILLISECOND;

            turn_until(&m, now);
            if (i >= LIVES)
                meter_ended(&m, now, now - LIVES * MILLISECOND, label[i - LIVES], OUTCOME_OK);
            if (i >= N)
                continue;
            label[i] = m.birth_slice;
            meter_born(&m, now);
            meter_backend(&m, 0)->picked++;
        }
        const struct record *r = &m.record;
        uint64_t picked = 0;
        CU_ASSERT(m.folds > 0 && r->slices <= RECORD_SLICES);
        CU_ASSERT_EQUAL(born_in(r, 0, r->slices), N);
        CU_ASSERT_EQUAL(born_in(r, 0, r->warmup_slices), warmups[w] / MILLISECOND);
        for (uint32_t i = 0; i < r->slices; i++) {
            nsec width = r->slice_width / MILLISECOND;

            picked += record_backend(r, 0, i)->picked;
            CU_ASSERT_EQUAL(r->slice[i].born, r->slice[i].ended[OUTCOME_OK]); /* filed where born */
            if (i >= r->warmup_slices
                && (i - r->warmup_slices + 1) * width + warmups[w] / MILLISECOND <= N)
                CU_ASSERT_EQUAL(r->slice[i].born, width); /* whole slices are full */
        }
        CU_ASSERT_EQUAL(picked, N);
        meter_close(&m, (N + LIVES) * MILLISECOND, 0);
        CU_ASSERT(r->area == r->sojourn && m.open == 0);
        record_fini(&m.record);
    }
}

static void what_is_open_at_the_end_counts_in_littles_law(void)
{
    struct meter_plan p = { .duration = SECOND, .backends = 1 };
    struct meter m;

    meter_init(&m, &p);
    meter_born(&m, 100);
    meter_born(&m, 200);
    meter_ended(&m, 300, 100, 0, OUTCOME_ERROR);
    meter_close(&m, 1000, 800); /* the second one has waited so long */
    CU_ASSERT(m.record.area == 200 + 800 && m.record.sojourn == 200 + 800);
    CU_ASSERT_EQUAL(m.record.slice[0].ended[OUTCOME_ERROR], 1);
    CU_ASSERT_EQUAL(m.record.slice[0].latency.total, 0); /* only what went well has a latency */
    CU_ASSERT(m.record.slice[0].latency_sum == 0);
    record_fini(&m.record);
}

/* ---- the digest ---- */

struct line {
    uint64_t request;
    uint32_t attempt, backend;
    nsec sent, done;
    uint32_t status;
};

static u128 digest_of(const struct line *line, uint32_t n)
{
    struct meter_plan p = { .duration = SECOND, .backends = 1 };
    struct meter m;

    meter_init(&m, &p);
    for (uint32_t i = 0; i < n; i++)
        meter_attempt(&m, line[i].request, line[i].attempt, line[i].backend, line[i].sent,
                      line[i].done, line[i].status);
    u128 d = m.record.digest;
    CU_ASSERT_EQUAL(m.record.attempts, n);
    record_fini(&m.record);
    return d;
}

static void the_digest_changes_with_every_field(void)
{
    static const struct line line[] = {
        { 5, 0, 3, 1000, 2000, 0 }, { 6, 0, 3, 1000, 2000, 0 }, { 5, 1, 3, 1000, 2000, 0 },
        { 5, 0, 4, 1000, 2000, 0 }, { 5, 0, 3, 1001, 2000, 0 }, { 5, 0, 3, 1000, 2001, 0 },
        { 5, 0, 3, 1000, 2000, 1 }, { 5, 0, 3, 2000, 1000, 0 }, { 3, 0, 5, 1000, 2000, 0 },
        { 0, 0, 0, 0, 0, 0 },
    };

    for (size_t i = 0; i < ARRAY_LEN(line); i++)
        for (size_t k = 0; k < i; k++)
            CU_ASSERT(digest_of(&line[i], 1) != digest_of(&line[k], 1));
}

/* Who got which backend must matter, not only how many each got. */
static void the_digest_sees_an_exchange_and_not_the_order(void)
{
    static const struct line ab[] = { { 1, 0, 1, 10, 20, 0 }, { 2, 0, 2, 10, 20, 0 } };
    static const struct line ba[] = { { 2, 0, 2, 10, 20, 0 }, { 1, 0, 1, 10, 20, 0 } };
    static const struct line exchanged[] = { { 1, 0, 2, 10, 20, 0 }, { 2, 0, 1, 10, 20, 0 } };
    static const struct line swapped_times[] = { { 1, 0, 1, 10, 21, 0 }, { 2, 0, 2, 10, 19, 0 } };

    CU_ASSERT(digest_of(ab, 2) == digest_of(ba, 2));
    CU_ASSERT(digest_of(ab, 2) != digest_of(exchanged, 2));
    CU_ASSERT(digest_of(ab, 2) != digest_of(swapped_times, 2));
}

static const struct unit_test tests[] = {
    { "slices_are_cut_where_warm_up_ends", slices_are_cut_where_warm_up_ends },
    { "folding_keeps_totals_and_files_births_by_their_time",
      folding_keeps_totals_and_files_births_by_their_time },
    { "what_is_open_at_the_end_counts_in_littles_law",
      what_is_open_at_the_end_counts_in_littles_law },
    { "the_digest_changes_with_every_field", the_digest_changes_with_every_field },
    { "the_digest_sees_an_exchange_and_not_the_order",
      the_digest_sees_an_exchange_and_not_the_order },
};

UNIT_MAIN("meter", tests)
