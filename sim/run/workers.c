/* workers.c - fork, a pipe for progress and faults, and waiting. */
#include "workers.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../base/xalloc.h"
#include "pipe.h"

struct worker {
    pid_t    pid;                   /* 0: idle */
    int      pipe;
    uint32_t task;
    double   share;                 /* of its cell that is done */
    bool     has_fault;
    struct err_item fault;
};

struct crew {
    const struct task *task;
    uint32_t tasks, next, done, lost;   /* lost: tasks whose workers died for good */
    const struct run_options *options;
    void (*ended)(uint32_t task, void *arg);
    struct run_progress *progress;
    struct worker *worker;          /* [options->jobs] */
    uint8_t *tries;                 /* [tasks] */
    struct err *err;
};

/* A worker's pipe carries doubles: shares of the cell done; a negative one announces the fault that
 * ended it, a struct err_item. */
#define FAULT_FOLLOWS (-1.0)

/* ---- in the worker ---- */

struct reporter { int pipe; uint32_t stall; };

/* So much processor time without a word, and SIGPROF ends this process: an algorithm may loop. */
static void watch(uint32_t seconds)
{
    struct itimerval timer = { .it_value.tv_sec = (time_t)seconds };

    setitimer(ITIMER_PROF, &timer, NULL);
}

static void tell_progress(double share, void *arg)
{
    const struct reporter *r = arg;

    watch(r->stall);
    pipe_tell(r->pipe, &share, sizeof share);
}

static _Noreturn void leave_with_fault(int pipe, const struct err *err)
{
    double announced = FAULT_FOLLOWS;

    pipe_tell(pipe, &announced, sizeof announced);
    pipe_tell(pipe, &err->item[0], sizeof err->item[0]);
    _exit(err->exit_code);
}

static _Noreturn void work(const struct crew *crew, uint32_t i, int pipe)
{
    const struct task *task = &crew->task[i];
    struct reporter reporter = { pipe, crew->options->stall };
    struct record record;
    struct err err;
    char path[PATH_MAX];

    signal(SIGINT, SIG_IGN);        /* the parent decides what a key press means */
    signal(SIGTERM, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGPROF, SIG_DFL);
    watch(reporter.stall);
    prctl(PR_SET_PDEATHSIG, SIGKILL);   /* nobody would use what it leaves */
    err_init(&err);
    if (cell_run(task->scenario, &task->cell, &record, tell_progress, &reporter, &err) != 0)
        leave_with_fault(pipe, &err);
    store_record_path(task->store, &task->cell, path, sizeof path);
    if (record_write(&record, path, &err) != 0)
        leave_with_fault(pipe, &err);
    _exit(0);
}

/* ---- in the parent ---- */

static int hire(struct crew *crew, struct worker *w, uint32_t task)
{
    int ends[2];

    if (pipe(ends) != 0)
        return err_machine(crew->err, "a pipe for a worker");
    fflush(NULL);
    pid_t pid = fork();
    if (pid < 0) {
        close(ends[0]);
        close(ends[1]);
        return err_machine(crew->err, "a worker process");
    }
    if (pid == 0) {
        close(ends[0]);
        work(crew, task, ends[1]);
    }
    close(ends[1]);
    *w = (struct worker){ .pid = pid, .pipe = ends[0], .task = task };
    crew->tries[task]++;
    return 0;
}

/* One message; false when the pipe has ended. */
static bool listen_to(struct worker *w)
{
    double share;

    if (!pipe_hear(w->pipe, &share, sizeof share))
        return false;
    if (share >= 0)
        w->share = share;
    else
        w->has_fault = pipe_hear(w->pipe, &w->fault, sizeof w->fault);
    return true;
}

/* What it told of itself ends the run: the next cell would fail alike.  A death is that cell's own
 * matter: the others are simulated all the same. */
static int report_death(struct crew *crew, const struct worker *w, int status)
{
    const struct task *t = &crew->task[w->task];
    const char *policy = t->scenario->policy[t->cell.policy].label;
    unsigned long long seed = t->scenario->run.seed + t->cell.replication;

    if (w->has_fault) {
        *err_add(crew->err, ERR_ERROR, w->fault.code) = w->fault;
        crew->err->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 3;
        return -1;
    }
    crew->lost++;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF)
        err_input(crew->err, "E918",
                  "the worker of policy %s, seed %llu got nowhere in %u s of processor time",
                  policy, seed, crew->options->stall);
    else if (WIFSIGNALED(status))
        err_input(crew->err, "E910",
                  "the worker of policy %s, seed %llu died of signal %d (%s), twice", policy, seed,
                  WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        err_input(crew->err, "E911",
                  "the worker of policy %s, seed %llu ended with code %d and no record", policy,
                  seed, WEXITSTATUS(status));
    crew->err->exit_code = 3;
    return 0;
}

static bool has_record(const struct task *t)
{
    char path[PATH_MAX];

    store_record_path(t->store, &t->cell, path, sizeof path);
    return access(path, R_OK) == 0;
}

/* The worker's pipe has ended: what became of its cell?  0, or -1 with the fault. */
static int dismiss(struct crew *crew, struct worker *w)
{
    struct worker gone = *w;
    int status = 0;

    close(w->pipe);
    while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    *w = (struct worker){ .pid = 0 };
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && has_record(&crew->task[gone.task])) {
        crew->done++;
        crew->progress->done++;
        crew->ended(gone.task, crew->options->arg);
        return 0;
    }
    if (WIFSIGNALED(status) && WTERMSIG(status) != SIGPROF && crew->tries[gone.task] < 2)
        return hire(crew, w, gone.task);
    return report_death(crew, &gone, status);
}

static int keep_busy(struct crew *crew)
{
    for (uint32_t i = 0; i < crew->options->jobs && crew->next < crew->tasks; i++)
        if (crew->worker[i].pid == 0 && hire(crew, &crew->worker[i], crew->next++) != 0)
            return -1;
    return 0;
}

static void show_progress(const struct crew *crew)
{
    struct run_progress *p = crew->progress;
    double finished = p->done;

    if (crew->options->progress == NULL)
        return;
    for (uint32_t i = 0; i < crew->options->jobs; i++)
        finished += crew->worker[i].pid != 0 ? crew->worker[i].share : 0;
    p->share = p->cells ? finished / p->cells : 1;
    crew->options->progress(p, crew->options->arg);
}

/* Waits up to a tenth of a second for news, and takes what there is. */
static int hear(struct crew *crew)
{
    uint32_t jobs = crew->options->jobs;
    struct pollfd *poll_set = xcalloc(jobs, sizeof *poll_set);
    int status = 0;

    for (uint32_t i = 0; i < jobs; i++)
        poll_set[i] = (struct pollfd){ .fd = crew->worker[i].pid ? crew->worker[i].pipe : -1,
                                       .events = POLLIN };
    if (poll(poll_set, jobs, 100) > 0)
        for (uint32_t i = 0; i < jobs && status == 0; i++)
            if (poll_set[i].revents != 0 && !listen_to(&crew->worker[i]))
                status = dismiss(crew, &crew->worker[i]);
    free(poll_set);
    return status;
}

static void send_home(struct crew *crew)
{
    for (uint32_t i = 0; i < crew->options->jobs; i++) {
        struct worker *w = &crew->worker[i];

        if (w->pid == 0)
            continue;
        kill(w->pid, SIGKILL);
        close(w->pipe);
        waitpid(w->pid, NULL, 0);
    }
}

int workers_run(const struct task *task, uint32_t tasks, const struct run_options *options,
                void (*ended)(uint32_t task, void *arg), struct run_progress *progress,
                struct err *err)
{
    struct crew crew = { .task = task, .tasks = tasks, .options = options, .ended = ended,
                         .progress = progress, .err = err };
    int status = 0;

    crew.worker = xcalloc(options->jobs, sizeof *crew.worker);
    crew.tries = xcalloc(tasks, sizeof *crew.tries);
    while (status == 0 && crew.done + crew.lost < tasks) {
        status = keep_busy(&crew);
        show_progress(&crew);
        if (status == 0)
            status = hear(&crew);
    }
    show_progress(&crew);
    send_home(&crew);
    free(crew.worker);
    free(crew.tries);
    return crew.lost > 0 ? -1 : status;
}
