/* test_station.c - scripts of what happens to a station, against times worked out by hand; and the
 * books under random treatment. */
#include "unit.h"

#include "../../sim/parts/station.h"

enum { JOBS = 8, STEPS = 16 };

enum op { END, OFFER, REMOVE, SPEED, PAUSE, RESUME };

struct step {
    nsec at;
    enum op op;
    uint32_t job;
    double value;
}; /* value: demand, or speed */

#define REFUSED (NEVER - 1)

/* A sim of one node that runs the script and notes when jobs are done. */
struct bench {
    struct node node;
    struct station station;
    const struct step *step;
    struct req *job[JOBS];
    nsec done[JOBS];
    struct rng *random; /* not NULL: treatments at random, */
    uint32_t left;      /* so many more */
};

#define STEP_TIMER  (1u << 29)
#define TREAT_TIMER (STEP_TIMER + STEPS)

static void treat(struct bench *, struct sim *, struct rng *);

static void treat_and_go_on(struct bench *b, struct sim *sim)
{
    const struct station *s = &b->station;

    treat(b, sim, b->random);
    CU_ASSERT(s->in_service <= s->config->workers || s->config->discipline == STATION_PS);
    CU_ASSERT(s->queued == 0 || s->in_service == s->config->workers || s->is_paused);
    if (--b->left > 0)
        sim_wake_at(sim, &b->node, sim->now + rng_below(b->random, 2000), TREAT_TIMER);
}

static void act(struct bench *b, struct sim *sim, const struct step *s)
{
    struct req *r;

    switch (s->op) {
    case OFFER:
        r = b->job[s->job] = sim_new(sim, MSG_ASK);
        r->demand = (nsec)s->value;
        if (station_offer(&b->station, sim, r))
            break;
        b->done[s->job] = REFUSED;
        sim_free(sim, r);
        break;
    case REMOVE:
        station_remove(&b->station, sim, b->job[s->job]);
        sim_free(sim, b->job[s->job]);
        break;
    case SPEED: station_set_speed(&b->station, sim, s->value); break;
    case PAUSE: station_pause(&b->station, sim); break;
    case RESUME: station_resume(&b->station, sim); break;
    case END: break;
    }
}

static void timer(struct node *n, struct sim *sim, uint32_t arg, uint64_t token)
{
    struct bench *b = (struct bench *)n;

    if (arg >= STEP_TIMER && arg < STEP_TIMER + STEPS) {
        act(b, sim, &b->step[arg - STEP_TIMER]);
        return;
    }
    if (arg == TREAT_TIMER) {
        treat_and_go_on(b, sim);
        return;
    }
    struct req *r = station_finish(&b->station, sim, arg, token);
    if (r == NULL)
        return;
    for (uint32_t i = 0; i < JOBS; i++)
        if (b->job[i] == r && b->done[i] == NEVER)
            b->done[i] = sim->now;
    sim_free(sim, r);
}

static void destroy(struct node *n)
{
    station_fini(&((struct bench *)n)->station);
}

static const struct node_ops bench_ops = { .kind = "bench", .timer = timer, .destroy = destroy };

static void bench_begin(struct bench *b, struct sim *sim, const struct station_config *c,
                        double speed)
{
    *b = (struct bench){ .node.ops = &bench_ops };
    for (uint32_t i = 0; i < JOBS; i++)
        b->done[i] = NEVER;
    sim_init(sim, 1, 1, 1);
    sim_put_node(sim, &b->node, 0, "bench");
    station_init(&b->station, c, 0, 1, speed);
}

static bool books_balance(struct station *s, struct sim *sim)
{
    uint32_t cursor = 0;

    station_close(s, sim);
    for (const struct req *r; (r = station_next(s, sim, &cursor)) != NULL;)
        station_close_job(s, sim, r);
    u128 right = s->served + s->wasted;
    u128 off = s->busy > right ? s->busy - right : right - s->busy;
    return s->config->discipline == STATION_FIFO ? off == 0 : off <= s->slack;
}

struct script {
    const char *what;
    struct station_config config;
    double speed;
    struct step step[STEPS];
    nsec done[JOBS]; /* 0: not looked at; NEVER: not done */
    nsec wasted;
};

static void play(const struct script *s)
{
    struct bench b;
    struct sim sim;

    bench_begin(&b, &sim, &s->config, s->speed != 0 ? s->speed : 1);
    b.step = s->step;
    for (uint32_t i = 0; i < STEPS && s->step[i].op != END; i++)
        sim_wake_at(&sim, &b.node, s->step[i].at, STEP_TIMER + i);
    sim_run(&sim, NULL, NULL);
    for (uint32_t i = 0; i < JOBS && s->done[i] != 0; i++) {
        CU_ASSERT_EQUAL(b.done[i], s->done[i]);
        if (b.done[i] != s->done[i])
            fprintf(stderr, "  %s: job %u done at %llu, expected %llu\n", s->what, i,
                    (unsigned long long)b.done[i], (unsigned long long)s->done[i]);
    }
    CU_ASSERT(books_balance(&b.station, &sim));
    CU_ASSERT_EQUAL((nsec)b.station.wasted, s->wasted);
    sim_fini(&sim);
}

#define FIFO(workers_)                                                                             \
    {                                                                                              \
        .workers = (workers_), .queue_limit = NONE                                                 \
    }
#define PS(workers_)                                                                               \
    {                                                                                              \
        .workers = (workers_), .discipline = STATION_PS, .queue_limit = NONE                       \
    }

static const struct script fifo[] = {
    { "one worker serves in turn",
      FIFO(1),
      1,
      { { 0, OFFER, 0, 10 }, { 2, OFFER, 1, 10 }, { 3, OFFER, 2, 5 } },
      { 10, 20, 25 },
      0 },
    { "two workers",
      FIFO(2),
      1,
      { { 0, OFFER, 0, 10 }, { 0, OFFER, 1, 20 }, { 1, OFFER, 2, 5 }, { 1, OFFER, 3, 1 } },
      { 10, 20, 15, 16 },
      0 },
    { "unlimited workers: no queue",
      FIFO(STATION_UNLIMITED),
      1,
      { { 0, OFFER, 0, 10 }, { 1, OFFER, 1, 10 }, { 2, OFFER, 2, 10 } },
      { 10, 11, 12 },
      0 },
    { "a full queue refuses",
      { .workers = 1, .queue_limit = 1 },
      1,
      { { 0, OFFER, 0, 10 }, { 1, OFFER, 1, 10 }, { 2, OFFER, 2, 10 }, { 11, OFFER, 3, 10 } },
      { 10, 20, REFUSED, 30 },
      0 },
    { "no queue at all refuses",
      { .workers = 2, .queue_limit = 0 },
      1,
      { { 0, OFFER, 0, 10 }, { 1, OFFER, 1, 10 }, { 2, OFFER, 2, 10 }, { 12, OFFER, 3, 10 } },
      { 10, 11, REFUSED, 22 },
      0 },
    { "cancelled in the queue",
      FIFO(1),
      1,
      { { 0, OFFER, 0, 10 }, { 1, OFFER, 1, 10 }, { 2, OFFER, 2, 10 }, { 5, REMOVE, 1, 0 } },
      { 10, NEVER, 20 },
      0 },
    { "cancelled in service: the next begins",
      FIFO(1),
      1,
      { { 0, OFFER, 0, 10 }, { 1, OFFER, 1, 10 }, { 2, OFFER, 2, 10 }, { 5, REMOVE, 0, 0 } },
      { NEVER, 15, 25 },
      5 },
    { "half speed in the middle",
      FIFO(1),
      1,
      { { 0, OFFER, 0, 100 }, { 10, OFFER, 1, 100 }, { 40, SPEED, 0, 0.5 }, { 260, SPEED, 0, 1 } },
      { 160, 310 },
      0 },
    { "two changes, one back",
      FIFO(1),
      1,
      { { 0, OFFER, 0, 100 }, { 20, SPEED, 0, 0.1 }, { 420, SPEED, 0, 1 } },
      { 460 },
      0 },
    { "configured speed",
      FIFO(1),
      2,
      { { 0, OFFER, 0, 100 }, { 0, OFFER, 1, 30 } },
      { 50, 65 },
      0 },
    { "paused: what comes waits",
      FIFO(1),
      1,
      { { 0, OFFER, 0, 100 }, { 30, PAUSE, 0, 0 }, { 50, OFFER, 1, 10 }, { 70, RESUME, 0, 0 } },
      { 140, 150 },
      0 },
    { "idle and paused",
      FIFO(2),
      1,
      { { 10, PAUSE, 0, 0 }, { 20, OFFER, 0, 10 }, { 20, OFFER, 1, 10 }, { 90, RESUME, 0, 0 } },
      { 100, 100 },
      0 },
    { "a new speed while paused",
      FIFO(1),
      1,
      { { 0, OFFER, 0, 100 }, { 40, PAUSE, 0, 0 }, { 50, SPEED, 0, 2 }, { 60, RESUME, 0, 0 } },
      { 90 },
      0 },
    { "pause and resume twice are once",
      FIFO(1),
      1,
      { { 0, OFFER, 0, 100 },
        { 40, PAUSE, 0, 0 },
        { 45, PAUSE, 0, 0 },
        { 60, RESUME, 0, 0 },
        { 65, RESUME, 0, 0 } },
      { 120 },
      0 },
    { "cancelled while paused",
      FIFO(1),
      1,
      { { 0, OFFER, 0, 100 },
        { 0, OFFER, 1, 10 },
        { 40, PAUSE, 0, 0 },
        { 50, REMOVE, 0, 0 },
        { 60, RESUME, 0, 0 } },
      { NEVER, 70 },
      40 },
    { "paused for ever: what was done is wasted",
      FIFO(1),
      1,
      { { 0, OFFER, 0, 100 }, { 40, PAUSE, 0, 0 } },
      { NEVER },
      40 },
};

static void first_come_first_served_by_hand(void)
{
    for (size_t i = 0; i < ARRAY_LEN(fifo); i++)
        play(&fifo[i]);
}

static const struct script sharing[] = {
    { "two share: 50 alone, then half",
      PS(1),
      1,
      { { 0, OFFER, 0, 100 }, { 50, OFFER, 1, 100 } },
      { 150, 200 },
      0 },
    { "three, one short",
      PS(1),
      1,
      { { 0, OFFER, 0, 60 }, { 0, OFFER, 1, 60 }, { 30, OFFER, 2, 20 } },
      { 140, 140, 90 },
      0 },
    { "two workers, three jobs: two thirds each",
      PS(2),
      1,
      { { 0, OFFER, 0, 60 }, { 0, OFFER, 1, 60 }, { 0, OFFER, 2, 60 } },
      { 90, 90, 90 },
      0 },
    { "no more jobs than workers: nobody shares",
      PS(2),
      1,
      { { 0, OFFER, 0, 60 }, { 10, OFFER, 1, 60 } },
      { 60, 70 },
      0 },
    { "unlimited workers",
      PS(STATION_UNLIMITED),
      1,
      { { 0, OFFER, 0, 60 }, { 10, OFFER, 1, 60 }, { 20, OFFER, 2, 5 } },
      { 60, 70, 25 },
      0 },
    { "cancelled: the other has it all",
      PS(1),
      1,
      { { 0, OFFER, 0, 100 }, { 0, OFFER, 1, 100 }, { 100, REMOVE, 1, 0 } },
      { 150, NEVER },
      50 },
    { "half speed in the middle",
      PS(1),
      1,
      { { 0, OFFER, 0, 100 }, { 0, OFFER, 1, 100 }, { 100, SPEED, 0, 0.5 } },
      { 300, 300 },
      0 },
    { "paused",
      PS(1),
      1,
      { { 0, OFFER, 0, 100 }, { 0, OFFER, 1, 100 }, { 50, PAUSE, 0, 0 }, { 80, RESUME, 0, 0 } },
      { 230, 230 },
      0 },
    { "comes while paused",
      PS(1),
      1,
      { { 0, OFFER, 0, 100 }, { 40, PAUSE, 0, 0 }, { 50, OFFER, 1, 60 }, { 60, RESUME, 0, 0 } },
      { 180, 180 },
      0 },
    { "the middle one is cancelled",
      PS(1),
      1,
      { { 0, OFFER, 0, 30 }, { 0, OFFER, 1, 60 }, { 0, OFFER, 2, 90 }, { 60, REMOVE, 1, 0 } },
      { 80, NEVER, 140 },
      20 },
};

static void processor_sharing_by_hand(void)
{
    for (size_t i = 0; i < ARRAY_LEN(sharing); i++)
        play(&sharing[i]);
}

/* station.h: demand / speed plus the overhead, "whatever its demand or speed". */
static void overhead_does_not_depend_on_speed(void)
{
    static const struct script row[] = {
        { "full speed",
          { .workers = 1, .queue_limit = NONE, .overhead = 5 },
          1,
          { { 0, OFFER, 0, 100 } },
          { 105 },
          0 },
        { "double speed",
          { .workers = 1, .queue_limit = NONE, .overhead = 5 },
          2,
          { { 0, OFFER, 0, 100 } },
          { 55 },
          0 },
        { "waiting when it slows down",
          { .workers = 1, .queue_limit = NONE, .overhead = 10 },
          1,
          { { 0, OFFER, 0, 90 }, { 0, OFFER, 1, 100 }, { 100, SPEED, 0, 0.5 } },
          { 100, 310 },
          0 },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++)
        play(&row[i]);
}

/* ---- the books under random treatment ---- */

static struct req *some_job(struct bench *b, struct sim *sim, struct rng *g)
{
    uint32_t jobs = station_jobs(&b->station), cursor = 0;
    struct req *r = NULL;

    for (uint32_t k = jobs ? rng_below(g, jobs) + 1 : 0; k > 0; k--)
        r = station_next(&b->station, sim, &cursor);
    return r;
}

static void treat(struct bench *b, struct sim *sim, struct rng *g)
{
    struct req *r = some_job(b, sim, g);

    switch (rng_below(g, 12)) {
    case 0: station_set_speed(&b->station, sim, 0.2 + 3 * rng_uniform(g)); break;
    case 1: station_pause(&b->station, sim); break;
    case 2:
    case 3: station_resume(&b->station, sim); break;
    case 4:
    case 5:
        if (r != NULL) {
            station_remove(&b->station, sim, r);
            sim_free(sim, r);
        }
        break;
    default:
        r = sim_new(sim, MSG_ASK);
        r->demand = rng_below(g, 5000);
        if (!station_offer(&b->station, sim, r))
            sim_free(sim, r);
    }
}

static void random_treatment(const struct station_config *c, uint64_t seed)
{
    struct rng g = rng_stream(seed, "station", 0);
    struct bench b;
    struct sim sim;

    bench_begin(&b, &sim, c, 1);
    b.random = &g;
    b.left = 3000;
    sim_wake_at(&sim, &b.node, 0, TREAT_TIMER);
    sim_run(&sim, NULL, NULL);
    CU_ASSERT(books_balance(&b.station, &sim));
    CU_ASSERT(b.station.busy > 0);
    sim_fini(&sim);
}

static void busy_is_served_plus_wasted_whatever_happens(void)
{
    static const struct station_config config[] = {
        FIFO(1),
        FIFO(3),
        FIFO(STATION_UNLIMITED),
        { .workers = 2, .queue_limit = 4, .overhead = 7 },
        PS(1),
        PS(3),
        PS(STATION_UNLIMITED),
    };

    for (size_t i = 0; i < ARRAY_LEN(config); i++)
        for (uint64_t seed = 1; seed <= 5; seed++)
            random_treatment(&config[i], seed);
}

static const struct unit_test tests[] = {
    { "first_come_first_served_by_hand", first_come_first_served_by_hand },
    { "processor_sharing_by_hand", processor_sharing_by_hand },
    { "overhead_does_not_depend_on_speed", overhead_does_not_depend_on_speed },
    { "busy_is_served_plus_wasted_whatever_happens", busy_is_served_plus_wasted_whatever_happens },
};

UNIT_MAIN("station", tests)
