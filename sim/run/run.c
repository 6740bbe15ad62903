/* run.c - the pipeline from a scenario to a result. */
#include "run.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/text.h"
#include "../base/xalloc.h"
#include "graph.h"
#include "plan.h"
#include "workers.h"

/* ---- the folder of records ---- */

static int make_folders(const char *path, struct err *err)
{
    char part[PATH_MAX];

    snprintf(part, sizeof part, "%s", path);
    for (char *at = part + 1; *at != '\0'; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            return err_machine(err, "cannot make the folder %s", part);
        *at = '/';
    }
    if (mkdir(part, 0777) != 0 && errno != EEXIST)
        return err_machine(err, "cannot make the folder %s", part);
    return access(part, W_OK) == 0 ? 0 : err_machine(err, "cannot write into the folder %s", part);
}

/* Takes the folder for this process alone: the lock goes when the file is closed.  -1: another run
 * of the same plan has it. */
static int lock_folder(const char *folder)
{
    char path[PATH_MAX + 8];
    struct stat locked, there;

    snprintf(path, sizeof path, "%s/lock", folder);
    int fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0666);
    if (fd < 0)
        return -1;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &locked) == 0 && stat(path, &there) == 0
        && locked.st_ino == there.st_ino)
        return fd;
    close(fd);                      /* held, or removed by a run that just ended */
    return -1;
}

/* Makes the folder of records and locks it.  A second run of the plan at the same time works in
 * a folder of its own, and cannot resume.  The lock, or -1 with the fault in err. */
static int take_folder(char *folder, size_t size, struct err *err)
{
    if (make_folders(folder, err) != 0)
        return -1;
    int lock = lock_folder(folder);
    if (lock >= 0)
        return lock;
    size_t length = strlen(folder);
    snprintf(folder + length, size - length, "-%ld", (long)getpid());
    if (make_folders(folder, err) != 0)
        return -1;
    lock = lock_folder(folder);
    return lock >= 0 ? lock : err_machine(err, "cannot lock the folder %s", folder);
}

static void remove_folder(char *path)
{
    DIR *dir = opendir(path);
    char file[2 * PATH_MAX];

    if (dir == NULL)
        return;
    for (struct dirent *d; (d = readdir(dir)) != NULL;)
        if (snprintf(file, sizeof file, "%s/%s", path, d->d_name) < (int)sizeof file)
            unlink(file);
    closedir(dir);
    rmdir(path);
    *strrchr(path, '/') = '\0';
    rmdir(path);                    /* .cells itself, when this was the last */
}

/* ---- records ---- */

/* Which cells are still to be simulated?  A damaged record is one that is not there. */
static void find_todo(const struct plan *plan, const char *folder, bool *todo)
{
    struct err ignored;
    struct record record;
    char path[PATH_MAX];

    for (uint32_t i = 0; i < plan->cells; i++) {
        err_init(&ignored);
        plan_record_path(folder, i, path, sizeof path);
        todo[i] = record_read(&record, path, &ignored) != 0;
        if (!todo[i])
            record_fini(&record);
    }
}

static int read_record(const char *folder, uint32_t i, struct record *record, struct err *err)
{
    char path[PATH_MAX];

    plan_record_path(folder, i, path, sizeof path);
    int status = record_read(record, path, err);
    return status == 1 ? err_machine(err, "the record %s has vanished", path) : status;
}

/* [plan->cells], or NULL with the fault in err. */
static struct record *read_records(const struct plan *plan, const char *folder, struct err *err)
{
    struct record *record = xcalloc(plan->cells, sizeof *record);

    for (uint32_t i = 0; i < plan->cells; i++)
        if (read_record(folder, i, &record[i], err) != 0) {
            while (i-- > 0)
                record_fini(&record[i]);
            free(record);
            return NULL;
        }
    return record;
}

static int conclude(const struct scenario *s, const struct plan *plan, const char *folder,
                    struct result *result, struct err *err)
{
    struct record *record = read_records(plan, folder, err);
    struct arena arena = { .last = NULL };
    struct result_plan for_result;

    if (record == NULL)
        return -1;
    const struct record **each = arena_alloc(&arena, plan->cells * sizeof *each);
    for (uint32_t i = 0; i < plan->cells; i++)
        each[i] = &record[i];
    plan_for_result(s, &for_result, &arena);
    result_make(result, &for_result, each);
    result->owned = record;
    arena_fini(&arena);
    return 0;
}

static int simulate(const struct scenario *s, const struct plan *plan, const char *folder,
                    const struct run_options *options, struct result *result, struct err *err)
{
    bool *todo = xcalloc(plan->cells, sizeof *todo);

    find_todo(plan, folder, todo);
    int status = workers_run(s, plan, folder, todo, options, err);
    free(todo);
    return status != 0 ? status : conclude(s, plan, folder, result, err);
}

int run_scenario(const struct scenario *s, const struct run_options *options, struct result *result,
                 struct err *err)
{
    struct plan plan;
    char folder[PATH_MAX];

    plan_make(&plan, s);
    plan_folder(&plan, s, options->results, folder, sizeof folder);
    size_t shared = strlen(folder);
    int lock = take_folder(folder, sizeof folder, err);
    if (lock < 0)
        return -1;
    int status = simulate(s, &plan, folder, options, result, err);
    if ((status == 0 && !options->keep_records) || strlen(folder) > shared)
        remove_folder(folder);
    close(lock);
    return status;
}

/* ---- how large is it? ---- */

static double requests_of(const struct scenario *s)
{
    double rate = 0, rows = 0, closed = 0;

    for (uint32_t i = 0; i < s->clients; i++) {
        const struct client_config *c = &s->client[i];

        rate += arrival_mean_rate(&c->arrival, s->run.duration);
        rows += c->arrival.rows;
        if (c->arrival.process == ARRIVAL_CLOSED)
            closed += c->count / (dist_mean(&c->arrival.think) + (double)MICROSECOND);
    }
    if (s->run.requests > 0)
        return (double)s->run.requests + rate * (double)s->run.warmup / (double)SECOND;
    if (s->run.duration == 0)
        return rows;
    return rate * (double)s->run.duration / (double)SECOND + closed * (double)s->run.duration;
}

/* Health checks: two events each way for every peer of every instance. */
static double checks_of(const struct scenario *s)
{
    double checks = 0, time = s->run.duration ? (double)s->run.duration
                                              : requests_of(s) * (double)MILLISECOND;

    for (uint32_t i = 0; i < s->balancers; i++) {
        const struct balancer_config *b = &s->balancer[i];
        double peers = graph_tier_count(s, graph_find(s, b->to));

        if (b->health.interval > 0)
            checks += time / (double)b->health.interval * peers * b->instances;
    }
    return checks;
}

static double peers_held(const struct scenario *s)
{
    double peers = 0;

    for (uint32_t i = 0; i < s->balancers; i++)
        peers += (double)s->balancer[i].instances
               * graph_tier_count(s, graph_find(s, s->balancer[i].to));
    return peers;
}

/* Requests that wait at the end of a run of which more is asked than the backends can do. */
static double backlog_of(const struct scenario *s)
{
    double backlog = 0;

    for (uint32_t i = 0; i < s->clients; i++)
        if (s->client[i].timeout > 0)
            return 0;               /* nobody waits longer than that */
    for (uint32_t i = 0; i < s->backends; i++) {
        double load = scenario_offered_load(s, i);

        if (load > 1 && s->backend[i].station.queue_limit == NONE)
            backlog += requests_of(s) * (1 - 1 / load);
    }
    return backlog;
}

void run_estimate(const struct scenario *s, struct run_estimate *e)
{
    struct graph g;
    struct arena arena = { .last = NULL };
    double clients = 0, rows = 0, keys = 0;

    graph_plan(&g, s, &arena);
    for (uint32_t i = 0; i < s->clients; i++) {
        clients += s->client[i].count;
        rows += s->client[i].arrival.rows;
        keys += s->client[i].keys.law == KEYS_ZIPF ? s->client[i].keys.count : 0;
    }
    *e = (struct run_estimate){ .cells = s->policies * s->run.replications };
    e->requests = requests_of(s) * e->cells;
    e->events = (requests_of(s) * (2 + 2 * g.depth) + 3 * checks_of(s)) * e->cells;
    e->memory_bytes = 8e6 + clients * 48 + rows * 40 + keys * 8 + peers_held(s) * 256
                    + g.backends * 512.0 + backlog_of(s) * 384
                    + (g.backends > 1024 ? 0 : g.backends * 64.0 * 56);
    arena_fini(&arena);
}

int run_check_size(const struct scenario *s, struct err *err)
{
    const double most_events = 1e12, most_memory = 8e9, most_cells = 1e5;
    struct run_estimate e;
    char events[32], memory[32];

    run_estimate(s, &e);
    text_show_count(events, sizeof events, e.events);
    text_show_bytes(memory, sizeof memory, e.memory_bytes);
    if (e.cells > most_cells)
        err_input(err, "E170", "this asks for %u cells (policies x seeds); the most is %.0f",
                  e.cells,
                  most_cells);
    else if (e.events > most_events)
        err_input(err, "E171", "this asks for about %s events in %u cells; the most is 1e12",
                  events,
                  e.cells);
    else if (e.memory_bytes > most_memory)
        err_input(err, "E172", "this asks for about %s of memory a cell; the most is 8 GB", memory);
    else
        return 0;
    err_hint(err, "lower the rate, the duration, the number of seeds or the counts");
    return -1;
}
