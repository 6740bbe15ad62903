/* engine.c - see engine.h. */
#include "engine.h"

#include "timer.h"

#include "../run/cell.h"

#include <string.h>

enum { SHORTER = 20000, LONGER = 120000 };

#define RUN "{\"version\":1,\"name\":\"bench\",\"run\":{\"requests\":100000,\"warmup\":\"1s\"},"
#define CLIENTS(to, rate, more) "\"clients\":[{\"name\":\"web\",\"to\":\"" to "\"," more \
        "\"arrival\":{\"process\":\"poisson\",\"rate\":\"" rate "\"}}],"
#define BALANCER(name, algorithm, to) "{\"name\":\"" name "\",\"layer\":\"l7\",\"algorithm\":\"" \
        algorithm "\",\"to\":\"" to "\"}"
#define POOL(count) "\"backends\":[{\"name\":\"app\",\"count\":" count ",\"workers\":1," \
        "\"service\":{\"dist\":\"exponential\",\"mean\":\"10ms\"}}]"
#define LINK(from, to) "{\"from\":\"" from "\",\"to\":\"" to "\",\"latency\":\"100us\"}"

static const char *const works[] = {
    "M/M/1", "100 backends, p2c", "100 backends, p2c, 5 links", NULL,
};

static const char *const texts[] = {
    RUN CLIENTS("edge", "80/s", "") "\"balancers\":[" BALANCER("edge", "round_robin", "app") "],"
    POOL("1") "}",

    RUN CLIENTS("edge", "8k/s", "") "\"balancers\":[" BALANCER("edge", "p2c", "app") "],"
    POOL("100") "}",

    RUN CLIENTS("a", "8k/s", "\"rtt\":\"1ms\",")
    "\"balancers\":[" BALANCER("a", "round_robin", "b") "," BALANCER("b", "round_robin", "c") ","
    BALANCER("c", "round_robin", "edge") "," BALANCER("edge", "p2c", "app") "],"
    POOL("100") ",\"links\":[" LINK("a", "b") "," LINK("b", "c") "," LINK("c", "edge") ","
    LINK("edge", "app") "]}",
};

const char *const *engine_works(void)
{
    return works;
}

/* What one run took. */
struct run_cost { nsec time; uint64_t requests, events; };

static int run_once(struct scenario *s, uint64_t requests, struct run_cost *cost, struct err *err)
{
    const struct cell cell = { 0, 0 };
    struct record r;
    nsec begun = timer_now();

    s->run.requests = requests;
    if (cell_run(s, &cell, &r, NULL, NULL, err) < 0)
        return -1;
    *cost = (struct run_cost){ timer_now() - begun, r.requests, r.events };
    record_fini(&r);
    return 0;
}

int engine_round(uint32_t work, struct engine_measured *m, struct err *err)
{
    const struct scenario_overrides over = { .text = texts[work],
                                             .length = strlen(texts[work]) };
    struct run_cost few, many;
    struct scenario s;
    int rc;

    if (scenario_load(&s, "bench", &over, err) < 0)
        return -1;
    rc = run_once(&s, SHORTER, &few, err) < 0 || run_once(&s, LONGER, &many, err) < 0 ? -1 : 0;
    scenario_fini(&s);
    if (rc < 0)
        return -1;
    m->requests = many.requests - few.requests;
    m->ns = (double)(many.time - few.time) / (double)m->requests;
    m->events = (double)(many.events - few.events) / (double)m->requests;
    return 0;
}
