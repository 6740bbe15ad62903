/* crew.c - groups of checks in worker processes: fork, and a pipe for the rows. */
#include "verify.h"

#include "../base/err.h"
#include "../base/xalloc.h"
#include "../run/pipe.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct worker {
    pid_t  pid;                     /* 0: not yet, or no longer */
    int    pipe;
    char  *bytes;                   /* what has come so far: a header, then the rows */
    size_t length, room;
};

struct header { uint32_t rows, statistical; };

struct crew {
    const struct verify *like;
    const struct verify_group *const *group;
    struct worker *worker;          /* [groups] */
    uint32_t groups, hired, done, running;
    struct err *err;
};

/* ---- in the worker ---- */

static _Noreturn void work(const struct crew *crew, uint32_t i, int pipe)
{
    struct verify mine = { .length = crew->like->length, .seed = crew->like->seed };

    signal(SIGPIPE, SIG_DFL);
    verify_run(&mine, crew->group[i]);

    struct header header = { mine.rows, mine.statistical };

    pipe_tell(pipe, &header, sizeof header);
    pipe_tell(pipe, mine.row, mine.rows * sizeof *mine.row);
    _exit(0);
}

/* ---- in the parent ---- */

static int hire(struct crew *crew)
{
    struct worker *w = &crew->worker[crew->hired];
    int ends[2];

    if (pipe(ends) != 0)
        return err_machine(crew->err, "a pipe for a worker");
    fflush(NULL);
    w->pid = fork();
    if (w->pid < 0) {
        w->pid = 0;
        close(ends[0]);
        close(ends[1]);
        return err_machine(crew->err, "a worker process");
    }
    if (w->pid == 0) {
        close(ends[0]);
        work(crew, crew->hired, ends[1]);
    }
    close(ends[1]);
    w->pipe = ends[0];
    crew->hired++;
    crew->running++;
    return 0;
}

static bool is_whole(const struct worker *w)
{
    struct header header;

    if (w->length < sizeof header)
        return false;
    memcpy(&header, w->bytes, sizeof header);
    return w->length == sizeof header + header.rows * sizeof(struct verify_row);
}

static int dismiss(struct crew *crew, uint32_t i)
{
    struct worker *w = &crew->worker[i];
    int status = 0;

    close(w->pipe);
    while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    w->pid = 0;
    crew->running--;
    crew->done++;
    if (is_whole(w) && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    errno = 0;
    return err_machine(crew->err, "the worker of the group %s died (status %d)",
                       crew->group[i]->name, status);
}

/* What there is to read; the end of the pipe is the end of the worker. */
static int take(struct crew *crew, uint32_t i)
{
    struct worker *w = &crew->worker[i];

    if (w->room < w->length + sizeof(struct verify_row)) {
        w->room = 2 * w->room + 16 * sizeof(struct verify_row);
        w->bytes = xrealloc(w->bytes, w->room, 1);
    }

    ssize_t n = read(w->pipe, w->bytes + w->length, w->room - w->length);

    if (n > 0)
        w->length += (size_t)n;
    return n > 0 || (n < 0 && errno == EINTR) ? 0 : dismiss(crew, i);
}

static int hear(struct crew *crew)
{
    struct pollfd *set = xcalloc(crew->hired, sizeof *set);
    int rc = 0;

    for (uint32_t i = 0; i < crew->hired; i++)
        set[i] = (struct pollfd){ .fd = crew->worker[i].pid ? crew->worker[i].pipe : -1,
                                  .events = POLLIN };
    if (poll(set, crew->hired, -1) > 0)
        for (uint32_t i = 0; i < crew->hired && rc == 0; i++)
            if (set[i].revents)
                rc = take(crew, i);
    free(set);
    return rc;
}

static void keep(struct verify *v, const struct worker *w)
{
    struct header header;

    memcpy(&header, w->bytes, sizeof header);
    v->row = xrealloc(v->row, v->rows + header.rows, sizeof *v->row);
    memcpy(v->row + v->rows, w->bytes + sizeof header, header.rows * sizeof *v->row);
    v->rows = v->room = v->rows + header.rows;
    v->statistical += header.statistical;
    assert(v->statistical <= VERIFY_FAMILY);
}

static void send_home(struct crew *crew)
{
    for (uint32_t i = 0; i < crew->groups; i++) {
        struct worker *w = &crew->worker[i];

        if (w->pid) {
            kill(w->pid, SIGKILL);
            close(w->pipe);
            waitpid(w->pid, NULL, 0);
        }
        free(w->bytes);
    }
    free(crew->worker);
}

int verify_all(struct verify *v, const struct verify_group *const *groups, uint32_t count,
               uint32_t jobs, const struct verify_progress *progress, struct err *err)
{
    struct crew crew = { .like = v, .group = groups, .groups = count, .err = err,
                         .worker = xcalloc(count, sizeof *crew.worker) };
    int rc = 0;

    while (rc == 0 && crew.done < count) {
        if (progress->tell)
            progress->tell(crew.done, count, progress->arg);
        while (rc == 0 && crew.running < jobs && crew.hired < count)
            rc = hire(&crew);
        if (rc == 0)
            rc = hear(&crew);
    }
    for (uint32_t i = 0; i < count && rc == 0; i++)
        keep(v, &crew.worker[i]);
    send_home(&crew);
    return rc;
}
