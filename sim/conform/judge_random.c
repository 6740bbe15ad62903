/* judge_random.c - policies that draw: their picks are judged by shares.  At every recorded
 * request ours is asked what it would do in the recorded state, thousands of times with other
 * seeds; the law of the chi-square statistic is that of those replays (a Monte Carlo test,
 * Barnard 1963), so it is right for few picks too.  A pick that ours never makes differs at
 * once. */
#include "judge.h"

#include "../base/xalloc.h"

#include <stdlib.h>
#include <string.h>

enum { REPLAYS = 10000, MOST_TRIES = 1000 };
enum { RANKS = 4, MOST_CATEGORIES = PRODUCT_MOST_SERVERS + RANKS };

/* place: the recorded one, from 0; of a release, whose end it is. */
struct drawn_event { bool is_release; uint32_t place; };

struct script {
    struct drawn_event *event;
    uint32_t count, picks, backends;
    uint32_t *tally;                /* [REPLAYS][categories] */
    bool *seen;                     /* [picks][backends]: did ours ever do that there? */
    double mean[MOST_CATEGORIES];
};

static uint32_t categories(const struct script *s)
{
    return s->backends + RANKS;
}

/* ---- the recorded requests ---- */

static int read_place(struct judged *j, const cJSON *node, uint32_t backends, uint32_t *place)
{
    if (!cJSON_IsNumber(node) || node->valuedouble < 1 || node->valuedouble > backends ||
        node->valuedouble != (uint32_t)node->valuedouble)
        return recording_fault(j->recording, j->err, node ? node : j->recording->outputs,
                               "a pick is the number of a backend, from 1");
    *place = (uint32_t)node->valuedouble - 1;
    return 0;
}

/* A number is a request that ends at once, an object one that is acquired or released. */
static int read_script(struct judged *j, struct script *s)
{
    const cJSON *picks = doc_get(j->recording->outputs, "picks"), *item, *op;
    const cJSON *list = picks ? picks : j->recording->outputs;
    int rc = 0;

    s->event = arena_alloc(&j->arena, (2 * (size_t)cJSON_GetArraySize(list) + 1)
                                          * sizeof *s->event);
    cJSON_ArrayForEach(item, list) {
        struct drawn_event *e = &s->event[s->count++];

        op = doc_get(item, "op");
        e->is_release = cJSON_IsString(op) && strcmp(op->valuestring, "release") == 0;
        rc = read_place(j, e->is_release ? doc_get(item, "backend")
                           : op          ? doc_get(item, "pick") : item,
                        s->backends, &e->place);
        if (rc < 0)
            return -1;
        s->picks += !e->is_release;
        if (!op)
            s->event[s->count++] = (struct drawn_event){ true, e->place };
    }
    return s->picks ? 0 : recording_fault(j->recording, j->err, list, "there are no picks");
}

/* ---- replays ---- */

/* How many more than the least loaded one it has in flight: 0, 1, 2, or 3 and more. */
static uint32_t rank_of(const struct lb *lb, uint32_t backend)
{
    uint32_t least = UINT32_MAX, more;

    for (uint32_t k = 0; k < lb->count; k++)
        least = lb->backend[k].inflight < least ? lb->backend[k].inflight : least;
    more = lb->backend[backend].inflight - least;
    return more < RANKS - 1 ? more : RANKS - 1;
}

static struct lb *start(struct judged *j, uint64_t seed)
{
    struct lb *lb = judge_balancer(j, seed);

    judge_start(j, lb);
    return lb;
}

static void end_one(struct lb *lb, uint32_t backend)
{
    lb_complete(lb, backend, &(struct lb_outcome){ .load = -1 });
}

/* Our own pick is taken back, and the recorded one made instead: all others are avoided.  Some
 * rules find nobody at times when many are out, so it is tried until they do. */
static void follow(struct lb *lb, uint32_t ours, uint32_t recorded)
{
    uint64_t avoid[PRODUCT_MOST_SERVERS / 64 + 1];
    uint32_t tries = 0;

    if (ours == recorded)
        return;
    if (ours < lb->count)
        end_one(lb, ours);
    memset(avoid, 0xff, sizeof avoid);
    avoid[recorded / 64] &= ~((uint64_t)1 << (recorded % 64));
    while (lb_pick(lb, &(struct lb_request){ .avoid = avoid }) != recorded && ++tries < MOST_TRIES)
        ;
}

static void replay(struct script *s, struct lb *lb, uint32_t *tally)
{
    uint32_t pick = 0;

    for (uint32_t k = 0; k < s->count; k++) {
        const struct drawn_event *e = &s->event[k];
        uint32_t ours, rank[PRODUCT_MOST_SERVERS];

        if (e->is_release) {
            if (lb->backend[e->place].inflight > 0)
                end_one(lb, e->place);
            continue;
        }
        for (uint32_t b = 0; b < s->backends; b++)
            rank[b] = rank_of(lb, b);
        ours = lb_pick(lb, &(struct lb_request){ .now = 0 });
        if (ours < s->backends) {
            tally[ours]++;
            tally[s->backends + rank[ours]]++;
            s->seen[pick * s->backends + ours] = true;
        }
        follow(lb, ours, e->place);
        pick++;
    }
}

static void tally_recorded(struct script *s, struct lb *lb, uint32_t *tally)
{
    for (uint32_t k = 0; k < s->count; k++) {
        const struct drawn_event *e = &s->event[k];

        if (e->is_release) {
            if (lb->backend[e->place].inflight > 0)
                end_one(lb, e->place);
            continue;
        }
        tally[e->place]++;
        tally[s->backends + rank_of(lb, e->place)]++;
        follow(lb, LB_NONE, e->place);
    }
}

/* ---- the statistic ---- */

static double chi_square(const struct script *s, const uint32_t *tally)
{
    double sum = 0;

    for (uint32_t c = 0; c < categories(s); c++) {
        double d = tally[c] - s->mean[c];

        if (s->mean[c] > 0)
            sum += d * d / s->mean[c];
    }
    return sum;
}

static double p_value(const struct script *s, double recorded)
{
    uint32_t beyond = 0;

    for (uint32_t r = 0; r < REPLAYS; r++)
        beyond += chi_square(s, &s->tally[r * categories(s)]) >= recorded - 1e-9;
    return (beyond + 1.0) / (REPLAYS + 1.0);
}

static void find_impossible(struct judged *j, const struct script *s)
{
    uint32_t pick = 0;

    for (uint32_t k = 0; k < s->count; k++) {
        if (s->event[k].is_release)
            continue;
        if (!s->seen[pick * s->backends + s->event[k].place])
            judge_differs(j, "pick %u: recorded %.40s, which ours never takes there", pick + 1,
                          judge_name(j, (int)s->event[k].place + 1));
        pick++;
    }
}

static void conclude(struct judged *j, struct script *s, const uint32_t *recorded)
{
    static const char *const ranks[RANKS] = { "least", "least + 1", "least + 2", "more" };
    double statistic;

    for (uint32_t c = 0; c < categories(s); c++) {
        for (uint32_t r = 0; r < REPLAYS; r++)
            s->mean[c] += s->tally[r * categories(s) + c];
        s->mean[c] /= REPLAYS;
    }
    for (uint32_t b = 0; b < s->backends; b++)
        judge_quantity(j, s->mean[b], recorded[b], s->picks, "picks of %.24s",
                       j->recording->name[b]);
    for (uint32_t k = 0; k < RANKS; k++)
        if (s->mean[s->backends] < s->picks)
            judge_quantity(j, s->mean[s->backends + k], recorded[s->backends + k], s->picks,
                           "picks of those with in flight: %s", ranks[k]);
    statistic = chi_square(s, recorded);
    j->row->p = p_value(s, statistic);
    find_impossible(j, s);
}

int judge_random(struct judged *j)
{
    struct script s = { .backends = j->recording->pool.servers };
    uint32_t recorded[MOST_CATEGORIES] = { 0 };

    if (judge_has_backups(j))
        return judge_not_modelled(j, "backups of a policy that draws");
    if (read_script(j, &s) < 0)
        return -1;
    s.tally = xcalloc((size_t)REPLAYS * categories(&s), sizeof *s.tally);
    s.seen = xcalloc((size_t)s.picks * s.backends, sizeof *s.seen);
    for (uint32_t r = 0; r <= REPLAYS && !j->err->errors; r++) {
        struct lb *lb = start(j, r + 1);

        if (!j->err->errors && r == REPLAYS)
            tally_recorded(&s, lb, recorded);
        else if (!j->err->errors)
            replay(&s, lb, &s.tally[r * categories(&s)]);
        lb_free(lb);
    }
    if (!j->err->errors)
        conclude(j, &s, recorded);
    free(s.tally);
    free(s.seen);
    return j->err->errors ? -1 : 0;
}
