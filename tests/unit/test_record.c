/* test_record.c - a record comes back from its file exactly, or not at all. */
#include "unit.h"

#include "../../algorithms/lb.h"
#include "../../sim/base/text.h"
#include "../../sim/results/result.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct scratch { char folder[64], path[96]; };

static struct scratch scratch_make(void)
{
    struct scratch s = { "/tmp/lblab-test-XXXXXX", "" };

    if (!mkdtemp(s.folder))
        abort();
    snprintf(s.path, sizeof s.path, "%s/cell", s.folder);
    return s;
}

static void scratch_remove(const struct scratch *s)
{
    unlink(s->path);
    CU_ASSERT_EQUAL(rmdir(s->folder), 0);       /* nothing else may be left */
}

static void fill(struct record *r, uint32_t backends)
{
    record_init(r, backends);
    r->policy = 3;
    r->replication = 2;
    r->seed = UINT64_MAX;
    r->slice_width = SECOND;
    r->warmup = 2 * SECOND;
    r->arrivals_end = 9 * SECOND;
    r->end = 10 * SECOND;
    r->slices = 10;
    r->warmup_slices = 2;
    for (uint32_t i = 0; i < r->slices; i++) {
        struct record_slice *s = &r->slice[i];

        for (uint64_t ns = 1; ns < 1ull << 47; ns *= 3) {
            hist_record(&s->latency, ns + i);
            s->latency_sum += ns + i;
            s->ended[OUTCOME_OK]++;
        }
        s->ended[OUTCOME_TIMEOUT] = i;
        s->born = s->ended[OUTCOME_OK] + 2 * i;
        s->done = 100 + i;
        s->attempts = 200 + i;
        s->retries = 300 + i;
        s->open = 400 + i;
        s->spent[PART_NETWORK] = 7;
        s->spent[PART_SERVICE] = s->latency_sum - 7;
        s->tally[TALLY_COUNT - 1] = 500 + i;
        *record_backend(r, 0, i) = (struct record_backend_slice){ 1, 9, 2, 3, 4, 5, 6, i };
    }
    r->slice[3].latency_sum = ((u128)1 << 127) + 7;
    r->slice[3].spent[PART_SERVICE] = (u128)1 << 127;
    r->remap = calloc(2, sizeof *r->remap);
    r->remaps = 2;
    r->remap[1] = (struct record_remap){ 1, 100, 20, 10, 5 };
    r->requests = 1;
    r->attempts = 2;
    r->retries = 3;
    r->orphans = 4;
    r->events = 8;
    r->demand_served = 9;
    r->demand_wasted = 10;
    r->busy = 19;
    r->area = r->sojourn = ~(u128)0;
    r->digest = ((u128)0xfeedface << 96) + 1;
}

static bool is_same_hist(const struct hist *a, const struct hist *b)
{
    struct hist_bucket x, y;
    uint32_t i = 0, k = 0;

    for (;;) {
        bool more = hist_next(a, &i, &x);

        if (more != hist_next(b, &k, &y))
            return false;
        if (!more)
            break;
        if (x.index != y.index || x.count != y.count)
            return false;
    }
    return a->total == b->total && a->clamped == b->clamped && a->min == b->min && a->max == b->max;
}

static bool is_same_slice(const struct record_slice *a, const struct record_slice *b)
{
    return a->born == b->born && memcmp(a->ended, b->ended, sizeof a->ended) == 0 &&
           a->latency_sum == b->latency_sum &&
           memcmp(a->spent, b->spent, sizeof a->spent) == 0 &&
           memcmp(a->tally, b->tally, sizeof a->tally) == 0 &&
           is_same_hist(&a->latency, &b->latency);
}

static bool is_same(const struct record *a, const struct record *b)
{
    bool same = a->policy == b->policy && a->replication == b->replication && a->seed == b->seed &&
                a->slice_width == b->slice_width && a->warmup == b->warmup &&
                a->arrivals_end == b->arrivals_end && a->end == b->end && a->slices == b->slices &&
                a->warmup_slices == b->warmup_slices && a->backends == b->backends &&
                a->backend_slices == b->backend_slices && a->remaps == b->remaps;

    same = same && a->requests == b->requests && a->attempts == b->attempts &&
           a->retries == b->retries && a->orphans == b->orphans &&
           a->events == b->events &&
           a->demand_served == b->demand_served && a->demand_wasted == b->demand_wasted &&
           a->busy == b->busy && a->area == b->area && a->sojourn == b->sojourn &&
           a->digest == b->digest;
    for (uint32_t i = 0; same && i < RECORD_SLICES; i++)
        same = is_same_slice(&a->slice[i], &b->slice[i]);
    same = same && memcmp(a->backend, b->backend,
                          (size_t)a->backends * a->backend_slices * sizeof *a->backend) == 0;
    for (uint32_t i = 0; same && i < a->remaps; i++)
        same = a->remap[i].event == b->remap[i].event && a->remap[i].keys == b->remap[i].keys &&
               a->remap[i].moved == b->remap[i].moved && a->remap[i].broken == b->remap[i].broken &&
               a->remap[i].unavoidable == b->remap[i].unavoidable;
    return same;
}

static void round_trip(uint32_t backends)
{
    struct scratch s = scratch_make();
    struct record a, b;
    struct err err;

    err_init(&err);
    fill(&a, backends);
    CU_ASSERT_EQUAL(record_write(&a, s.path, &err), 0);
    CU_ASSERT_EQUAL(record_write(&a, s.path, &err), 0);     /* over itself, as on a second try */
    CU_ASSERT_EQUAL_FATAL(record_read(&b, s.path, &err), 0);
    CU_ASSERT(is_same(&a, &b));
    CU_ASSERT_EQUAL(err.errors, 0);
    record_fini(&a);
    record_fini(&b);
    scratch_remove(&s);
}

static void round_trip_is_exact(void)
{
    round_trip(3);
}

static void very_many_backends_have_one_slice_and_survive(void)
{
    struct record r;

    record_init(&r, 5000);
    CU_ASSERT_EQUAL(r.backend_slices, 1);
    CU_ASSERT_PTR_EQUAL(record_backend(&r, 7, 63), &r.backend[7]);
    record_fini(&r);
    round_trip(5000);
}

static void no_file_is_one(void)
{
    struct record r;
    struct err err;

    err_init(&err);
    CU_ASSERT_EQUAL(record_read(&r, "/tmp/lblab-there-is-no-such-record", &err), 1);
    CU_ASSERT_EQUAL(err.errors, 0);
}

static void unwritable_place_is_exit_3(void)
{
    struct record r;
    struct err err;

    err_init(&err);
    fill(&r, 1);
    CU_ASSERT_EQUAL(record_write(&r, "/proc/no/such/place", &err), -1);
    CU_ASSERT_EQUAL(err.exit_code, 3);
    record_fini(&r);
}

static size_t slurp(const char *path, char *text, size_t size)
{
    FILE *f = fopen(path, "r");
    size_t n = f ? fread(text, 1, size, f) : 0;

    if (f)
        fclose(f);
    return n;
}

static int read_changed(const char *path, const char *text, size_t length, struct err *err)
{
    struct record r;
    int answer;

    unlink(path);                   /* ext4 waits for the disk when a file that was cut is closed */

    FILE *f = fopen(path, "w");

    if (!f)
        abort();
    fwrite(text, 1, length, f);
    fclose(f);
    err_init(err);
    answer = record_read(&r, path, err);
    if (answer == 0)
        record_fini(&r);
    return answer;
}

static void small_file(const struct scratch *s, char *text, size_t size, size_t *length)
{
    struct record r;
    struct err err;

    err_init(&err);
    record_init(&r, 2);
    r.slices = 1;
    r.slice[0].born = r.slice[0].ended[OUTCOME_OK] = 1;
    hist_record(&r.slice[0].latency, 12345);
    CU_ASSERT_EQUAL(record_write(&r, s->path, &err), 0);
    *length = slurp(s->path, text, size);
    record_fini(&r);
}

static void every_truncation_is_found(void)
{
    struct scratch s = scratch_make();
    char text[8192];
    size_t length;
    struct err err;
    uint32_t missed = 0;

    small_file(&s, text, sizeof text, &length);
    CU_ASSERT(length > 100 && length < sizeof text);
    for (size_t n = 0; n < length; n++)
        missed += read_changed(s.path, text, n, &err) != -1 || err.errors != 1;
    CU_ASSERT_EQUAL(missed, 0);
    text[length] = '\n';
    CU_ASSERT_EQUAL(read_changed(s.path, text, length + 1, &err), -1);
    CU_ASSERT_EQUAL(read_changed(s.path, text, length, &err), 0);
    scratch_remove(&s);
}

static void every_flipped_bit_is_found(void)
{
    struct scratch s = scratch_make();
    char text[8192];
    size_t length;
    struct err err;
    uint32_t missed = 0;

    small_file(&s, text, sizeof text, &length);
    for (size_t i = 0; i < length; i++)
        for (int bit = (int)(i % 3); bit < 8; bit += 3) {
            text[i] = (char)(text[i] ^ (1 << bit));
            missed += read_changed(s.path, text, length, &err) != -1;
            text[i] = (char)(text[i] ^ (1 << bit));
        }
    CU_ASSERT_EQUAL(missed, 0);
    scratch_remove(&s);
}

/* The bytes before the sum, and a sum that is right. */
static int read_summed(const char *path, char *text, size_t length, struct err *err)
{
    unsigned long long sum = lb_hash(text, length, 0);

    length += (size_t)sprintf(text + length, "xxh64 %016llx\n", sum);
    return read_changed(path, text, length, err);
}

/* The sum is no secret: bytes all over the file set to some others, and cuts. */
static void strangers_bytes_are_read_within_bounds(void)
{
    static const unsigned char other[] = { 0, 127, 255 };
    struct scratch s = scratch_make();
    char text[8192], changed[8192];
    size_t length;
    struct err err;
    uint32_t refused = 0, read = 0, cuts = 0;

    small_file(&s, text, sizeof text, &length);
    length -= strlen("xxh64 \n") + 16;
    for (size_t i = strlen("lblab-record 4\n"); i < length; i += 17, cuts++) {
        for (size_t k = 0; k < ARRAY_LEN(other); k++) {
            memcpy(changed, text, length);
            changed[i] = (char)other[k];
            read += read_summed(s.path, changed, length, &err) == 0;
        }
        memcpy(changed, text, i);
        refused += read_summed(s.path, changed, i, &err) == -1;
    }
    CU_ASSERT_EQUAL(refused, cuts);
    CU_ASSERT(read > cuts / 2);         /* some numbers may be any */
    CU_ASSERT(read < 3 * cuts);
    scratch_remove(&s);
}

/* The first number is the policy, 0: so long as written no other way, and never past its range. */
static void numbers_have_one_form_and_a_limit(void)
{
    static const struct { const char *bytes; size_t n; int answer; } row[] = {
        { "\x00", 1, 0 },
        { "\x05", 1, 0 },
        { "\xff\x01", 2, 0 },
        { "\x80\x00", 2, -1 },
        { "\x85\x80\x00", 3, -1 },
        { "\xff\xff\xff\xff\x0f", 5, 0 },
        { "\x80\x80\x80\x80\x10", 5, -1 },
        { "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x02", 10, -1 },
        { "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 13, -1 },
    };
    struct scratch s = scratch_make();
    char text[8192], changed[8192];
    size_t length, head = strlen("lblab-record 4\n");
    struct err err;

    small_file(&s, text, sizeof text, &length);
    length -= strlen("xxh64 \n") + 16;
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        memcpy(changed, text, head);
        memcpy(changed + head, row[i].bytes, row[i].n);
        memcpy(changed + head + row[i].n, text + head + 1, length - head - 1);
        CU_ASSERT_EQUAL(read_summed(s.path, changed, length - 1 + row[i].n, &err), row[i].answer);
    }
    scratch_remove(&s);
}

static void another_version_is_named(void)
{
    struct scratch s = scratch_make();
    char text[8192];
    size_t length;
    struct err err;

    small_file(&s, text, sizeof text, &length);
    text[strlen("lblab-record ")] = '9';
    CU_ASSERT_EQUAL(read_changed(s.path, text, length, &err), -1);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.item[0].what, "another version"));
    scratch_remove(&s);
}

static void outcomes_have_names(void)
{
    for (uint32_t i = 0; i < OUTCOME_COUNT; i++)
        CU_ASSERT(outcome_name[i] && *outcome_name[i]);
    CU_ASSERT_STRING_EQUAL(outcome_name[OUTCOME_TIMEOUT], "timeout");
}

static const struct unit_test tests[] = {
    { "round_trip_is_exact", round_trip_is_exact },
    { "very_many_backends_have_one_slice_and_survive",
      very_many_backends_have_one_slice_and_survive },
    { "no_file_is_one", no_file_is_one },
    { "unwritable_place_is_exit_3", unwritable_place_is_exit_3 },
    { "every_truncation_is_found", every_truncation_is_found },
    { "every_flipped_bit_is_found", every_flipped_bit_is_found },
    { "strangers_bytes_are_read_within_bounds", strangers_bytes_are_read_within_bounds },
    { "numbers_have_one_form_and_a_limit", numbers_have_one_form_and_a_limit },
    { "another_version_is_named", another_version_is_named },
    { "outcomes_have_names", outcomes_have_names },
};

UNIT_MAIN("record", tests)
