/* foreman.c - see foreman.h. */
#include "foreman.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pipe.h"

/* What the foreman says; NEWS_OVER is followed by its struct err. */
struct news {
    enum { NEWS_PROGRESS, NEWS_ENDED, NEWS_OVER } what;
    uint32_t task;                  /* that ended, its record written */
    int      status;                /* of workers_run() */
    struct run_progress progress;
};

struct site {
    const struct task *task;
    uint32_t tasks;
    const struct run_options *options;
    struct run_progress *progress;
    struct err *err;
    pid_t pid;
    int   pipe;
};

/* ---- in the foreman ---- */

static void tell_progress(const struct run_progress *progress, void *pipe)
{
    const struct news m = { .what = NEWS_PROGRESS, .progress = *progress };

    pipe_tell(*(int *)pipe, &m, sizeof m);
}

static void tell_ended(uint32_t task, void *pipe)
{
    const struct news m = { .what = NEWS_ENDED, .task = task };

    pipe_tell(*(int *)pipe, &m, sizeof m);
}

/* A lock is the parent's alone, so that it ends with the parent. */
static void leave_locks(const struct site *site)
{
    for (uint32_t i = 0; i < site->tasks; i++)
        if (i == 0 || site->task[i].store != site->task[i - 1].store)
            close(site->task[i].store->lock);
}

static _Noreturn void command(const struct site *site, int pipe)
{
    struct run_options options = *site->options;
    struct news over = { .what = NEWS_OVER };

    signal(SIGINT, SIG_IGN);        /* the parent decides what a key press means */
    signal(SIGTERM, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    leave_locks(site);
    options.progress = tell_progress;
    options.arg = &pipe;
    options.stop = NULL;
    over.status = workers_run(site->task, site->tasks, &options, tell_ended, site->progress,
                              site->err);
    pipe_tell(pipe, &over, sizeof over);
    pipe_tell(pipe, site->err, sizeof *site->err);
    _exit(0);
}

/* ---- in the parent ---- */

static int hire(struct site *site)
{
    int ends[2];

    if (pipe(ends) != 0)
        return err_machine(site->err, "a pipe for the workers");
    fflush(NULL);
    site->pid = fork();
    if (site->pid < 0) {
        close(ends[0]);
        close(ends[1]);
        return err_machine(site->err, "a process for the workers");
    }
    if (site->pid == 0) {
        close(ends[0]);
        command(site, ends[1]);
    }
    close(ends[1]);
    site->pipe = ends[0];
    return 0;
}

static int read_back(const struct site *site, uint32_t task)
{
    const struct task *t = &site->task[task];

    return t->record ? store_take(t->store, &t->cell, t->record, site->err) : 0;
}

static void show_progress(const struct site *site, const struct run_progress *progress)
{
    *site->progress = *progress;
    if (site->options->progress != NULL)
        site->options->progress(site->progress, site->options->arg);
}

static bool is_stopped(const struct site *site)
{
    return site->options->stop != NULL && *site->options->stop;
}

static bool has_news(const struct site *site)
{
    struct pollfd news = { .fd = site->pipe, .events = POLLIN };

    return poll(&news, 1, 100) > 0;
}

static int tell_death(const struct site *site)
{
    errno = 0;
    return err_machine(site->err, "the process that starts the workers has died");
}

/* Until all is done, or nothing more is wanted: what workers_run() answers. */
static int attend(const struct site *site)
{
    struct news m;

    while (!is_stopped(site)) {
        if (!has_news(site))
            continue;
        if (!pipe_hear(site->pipe, &m, sizeof m))
            return tell_death(site);
        if (m.what == NEWS_OVER)
            return pipe_hear(site->pipe, site->err, sizeof *site->err) ? m.status
                                                                       : tell_death(site);
        if (m.what == NEWS_PROGRESS)
            show_progress(site, &m.progress);
        else if (read_back(site, m.task) != 0)
            return -1;
    }
    return 1;
}

/* Workers die with their foreman, and the pipe ends with the last of them. */
static void send_home(const struct site *site)
{
    struct news m;

    kill(site->pid, SIGKILL);
    while (pipe_hear(site->pipe, &m, sizeof m))
        if (m.what == NEWS_PROGRESS)
            show_progress(site, &m.progress);
    close(site->pipe);
    while (waitpid(site->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
}

int foreman_run(const struct task *task, uint32_t tasks, const struct run_options *options,
                struct run_progress *progress, struct err *err)
{
    struct site site = { .task = task, .tasks = tasks, .options = options, .progress = progress,
                         .err = err };

    if (hire(&site) != 0)
        return -1;
    int status = attend(&site);
    send_home(&site);
    return status;
}
