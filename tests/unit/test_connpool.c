/* test_connpool.c - which connection a request gets, when another one is opened, when one is
 * spent. */
#include "unit.h"

#include "../../sim/parts/connpool.h"

struct fixture {
    struct sim sim;
    struct connpool pool;
};

static void begin(struct fixture *f, struct connpool_config c)
{
    sim_init(&f->sim, 1, 1, 1);
    connpool_init(&f->pool, &c, 2);
}

static void end(struct fixture *f)
{
    connpool_fini(&f->pool);
    sim_fini(&f->sim);
}

static uint32_t opened(struct fixture *f, uint32_t client)
{
    uint32_t id = connpool_open(&f->pool, &f->sim, client);

    connpool_opened(&f->pool, &f->sim, id);
    return id;
}

static struct req *waiting(struct fixture *f, uint32_t client)
{
    struct req *r = sim_new(&f->sim, MSG_ASK);

    r->client = client;
    connpool_wait(&f->pool, r->client, r);
    return r;
}

static void the_connection_with_the_fewest_streams_is_found(void)
{
    struct fixture f;

    begin(&f, (struct connpool_config){ .connections = 3, .streams = 2 });
    CU_ASSERT_EQUAL(connpool_find(&f.pool, &f.sim, 0), NONE);
    uint32_t a = opened(&f, 0), b = opened(&f, 0);
    sim_conn(&f.sim, b)->streams = 1;
    CU_ASSERT_EQUAL(connpool_find(&f.pool, &f.sim, 0), a);
    CU_ASSERT_EQUAL(connpool_find(&f.pool, &f.sim, 1), NONE); /* another client's */
    sim_conn(&f.sim, a)->streams = 2;
    CU_ASSERT_EQUAL(connpool_find(&f.pool, &f.sim, 0), b);
    sim_conn(&f.sim, b)->streams = 2;
    CU_ASSERT_EQUAL(connpool_find(&f.pool, &f.sim, 0), NONE);
    end(&f);
}

static void what_is_opening_is_not_found(void)
{
    struct fixture f;

    begin(&f, (struct connpool_config){ .connections = 3, .streams = 2 });
    uint32_t a = connpool_open(&f.pool, &f.sim, 0);
    CU_ASSERT_EQUAL(connpool_find(&f.pool, &f.sim, 0), NONE);
    connpool_opened(&f.pool, &f.sim, a);
    CU_ASSERT_EQUAL(connpool_find(&f.pool, &f.sim, 0), a);
    end(&f);
}

static void another_is_wanted_while_those_that_open_do_not_suffice(void)
{
    static const struct {
        uint32_t limit, streams, waiting, opened;
    } row[] = {
        { 0, 1, 3, 3 }, { 2, 1, 3, 2 }, { 1, 100, 3, 1 }, { 0, 2, 5, 3 }, { 0, 1, 0, 0 },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct fixture f;
        uint32_t n = 0;

        begin(&f,
              (struct connpool_config){ .connections = row[i].limit, .streams = row[i].streams });
        for (uint32_t k = 0; k < row[i].waiting; k++)
            waiting(&f, 0);
        for (; connpool_wants_more(&f.pool, 0) && n < 10; n++)
            connpool_open(&f.pool, &f.sim, 0);
        CU_ASSERT_EQUAL(n, row[i].opened);
        CU_ASSERT_FALSE(connpool_wants_more(&f.pool, 1));
        end(&f);
    }
}

static void those_who_wait_are_served_in_turn(void)
{
    struct fixture f;

    begin(&f, (struct connpool_config){ .streams = 1 });
    struct req *r[4];
    for (uint32_t i = 0; i < 4; i++)
        r[i] = waiting(&f, 0);
    connpool_unwait(&f.pool, 0, r[1]); /* gave up */
    CU_ASSERT_PTR_EQUAL(connpool_first_waiting(&f.pool, 0), r[0]);
    connpool_unwait(&f.pool, 0, r[0]);
    CU_ASSERT_PTR_EQUAL(connpool_first_waiting(&f.pool, 0), r[2]);
    connpool_unwait(&f.pool, 0, r[3]);
    connpool_unwait(&f.pool, 0, r[2]);
    CU_ASSERT_PTR_NULL(connpool_first_waiting(&f.pool, 0));
    CU_ASSERT_EQUAL(f.pool.client[0].waiting, 0);
    waiting(&f, 0);
    CU_ASSERT_PTR_NOT_NULL(connpool_first_waiting(&f.pool, 0));
    end(&f);
}

/* Spent: enough requests, too old, broken.  Found no more, and taken out once no stream is left. */
static void a_spent_connection_is_left_and_then_closed(void)
{
    for (int reason = 0; reason < 3; reason++) {
        struct dist age;
        struct fixture f;

        dist_set_constant(&age, 100);
        begin(&f, (struct connpool_config){ .streams = 5, .requests = 3, .age = &age });
        uint32_t a = opened(&f, 0);
        struct conn *c = sim_conn(&f.sim, a);
        CU_ASSERT_EQUAL(c->expires, 100);
        c->served = 2;
        CU_ASSERT_EQUAL(connpool_find(&f.pool, &f.sim, 0), a);
        CU_ASSERT_EQUAL(connpool_take_spent(&f.pool, &f.sim, 0), NONE);
        c->streams = 1;
        c->served = reason == 0 ? 2 : 0;
        c->is_broken = reason == 1;
        f.sim.now = reason == 2 ? 100 : 99;
        CU_ASSERT_EQUAL(connpool_find(&f.pool, &f.sim, 0), NONE);
        CU_ASSERT_EQUAL(connpool_take_spent(&f.pool, &f.sim, 0), NONE); /* still in use */
        c->streams = 0;
        c->served++;
        CU_ASSERT_EQUAL(connpool_take_spent(&f.pool, &f.sim, 0), a);
        CU_ASSERT_EQUAL(connpool_take_spent(&f.pool, &f.sim, 0), NONE);
        CU_ASSERT_EQUAL(f.pool.client[0].connections, 0);
        CU_ASSERT_EQUAL(f.sim.conns.live, 1); /* the id is free when its CLOSE has arrived */
        end(&f);
    }
}

static void dropping_one_leaves_the_others(void)
{
    struct fixture f;

    begin(&f, (struct connpool_config){ .streams = 1 });
    uint32_t a = opened(&f, 0), b = connpool_open(&f.pool, &f.sim, 0), c = opened(&f, 0);
    connpool_drop(&f.pool, &f.sim, b);
    CU_ASSERT_EQUAL(f.pool.client[0].opening, 0);
    CU_ASSERT_EQUAL(f.pool.client[0].connections, 2);
    sim_conn(&f.sim, connpool_find(&f.pool, &f.sim, 0))->streams = 1;
    sim_conn(&f.sim, connpool_find(&f.pool, &f.sim, 0))->streams = 1;
    CU_ASSERT(sim_conn(&f.sim, a)->streams == 1 && sim_conn(&f.sim, c)->streams == 1);
    end(&f);
}

static const struct unit_test tests[] = {
    { "the_connection_with_the_fewest_streams_is_found",
      the_connection_with_the_fewest_streams_is_found },
    { "what_is_opening_is_not_found", what_is_opening_is_not_found },
    { "another_is_wanted_while_those_that_open_do_not_suffice",
      another_is_wanted_while_those_that_open_do_not_suffice },
    { "those_who_wait_are_served_in_turn", those_who_wait_are_served_in_turn },
    { "a_spent_connection_is_left_and_then_closed", a_spent_connection_is_left_and_then_closed },
    { "dropping_one_leaves_the_others", dropping_one_leaves_the_others },
};

UNIT_MAIN("connpool", tests)
