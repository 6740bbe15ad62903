/* plugin.c - loads `const struct lb_ops lb_plugin` from a file that the command line named.
 *
 * The file that was checked is the file that is loaded: one descriptor, opened once. */
#include "plugin.h"

#include "../base/text.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOAD_SECONDS = 5 };

static int refuse(struct err *err, const char *path, const char *why)
{
    char shown[200];

    errno = 0;
    return err_machine(err, "plug-in \"%s\": %s",
                       text_safe(shown, sizeof shown, path, strlen(path)), why);
}

static bool is_elf(int fd)
{
    char magic[4];

    return pread(fd, magic, sizeof magic, 0) == sizeof magic && memcmp(magic, "\177ELF", 4) == 0;
}

/* A descriptor of a file fit to be loaded, or -1. */
static int open_checked(const char *path, struct err *err)
{
    char real[PATH_MAX];
    struct stat st;
    int fd;

    if (!strchr(path, '/'))
        return refuse(err, path, "must be a path with a '/' in it: ./NAME.so");
    if (!realpath(path, real)
        || (fd = open(real, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW)) < 0)
        return refuse(err, path, strerror(errno));

    const char *why = fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ? "is not a regular file"
                    : st.st_mode & S_IWOTH ? "may be written by anyone: chmod o-w it first"
                    : !is_elf(fd)          ? "is not a shared object"
                                           : NULL;

    if (!why)
        return fd;
    close(fd);
    return refuse(err, path, why);
}

/* Loads and checks; NULL with the reason in why[]. */
static const struct lb_ops *load(int fd, void **handle, char *why, size_t size)
{
    char name[64];

    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    *handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (!*handle) {
        snprintf(why, size, "%s", dlerror());
        return NULL;
    }

    const struct lb_ops *ops = dlsym(*handle, "lb_plugin");

    if (!ops)
        snprintf(why, size, "has no symbol lb_plugin");
    else if (ops->abi != LB_ABI)
        snprintf(why, size, "was built for ABI %u, this is ABI %d: build it again", ops->abi,
                 LB_ABI);
    else if (!ops->name || !text_is_id(ops->name) || !ops->pick)
        snprintf(why, size, "lb_plugin has no name or no pick");
    else if (lb_find(ops->name))
        snprintf(why, size, "its algorithm's name is taken by a built-in one");
    else
        return ops;
    return NULL;
}

/* The child: loads, and writes one byte and the reason if it came that far. */
static _Noreturn void try_in_child(int fd, int pipe_fd)
{
    char text[201] = "y";
    void *handle;
    const struct rlimit cpu = { LOAD_SECONDS, LOAD_SECONDS };
    int null = open("/dev/null", O_RDWR);

    setrlimit(RLIMIT_CPU, &cpu);
    for (int i = 0; i < 3 && null >= 0; i++)
        dup2(null, i);
    if (!load(fd, &handle, text + 1, sizeof text - 1))
        text[0] = 'n';

    ssize_t told = write(pipe_fd, text, strlen(text));

    _exit(told > 0 ? 0 : 1);
}

static ssize_t read_verdict(int fd, char *text, size_t size)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    int ready;

    while ((ready = poll(&p, 1, LOAD_SECONDS * 1000)) < 0 && errno == EINTR)
        ;

    ssize_t n = ready > 0 ? read(fd, text, size - 1) : 0;

    text[n > 0 ? n : 0] = '\0';
    return ready > 0 ? n : -2;
}

static int judge(struct err *err, const char *path, ssize_t n, const char *text, int status)
{
    char why[256];

    if (n > 0 && text[0] == 'y')
        return 0;
    if (n > 0)
        return refuse(err, path, text + 1);
    if (n == -2)
        snprintf(why, sizeof why, "did not finish loading within %d s", LOAD_SECONDS);
    else if (WIFSIGNALED(status))
        snprintf(why, sizeof why, "loading it ended with signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else
        snprintf(why, sizeof why, "it ended the program while it was loaded");
    return refuse(err, path, why);
}

static int rehearse(int fd, const char *path, struct err *err)
{
    char text[201];
    int ends[2], status = 0;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return err_machine(err, "cannot make a pipe");

    pid_t child = fork();

    if (child < 0) {
        close(ends[0]);
        close(ends[1]);
        return err_machine(err, "cannot start a process");
    }
    if (child == 0)
        try_in_child(fd, ends[1]);
    close(ends[1]);

    ssize_t n = read_verdict(ends[0], text, sizeof text);

    if (n == -2)
        kill(child, SIGKILL);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    close(ends[0]);
    return judge(err, path, n, text, status);
}

static int load_one(struct plugins *p, const char *path, struct err *err)
{
    char why[201];
    int fd = open_checked(path, err);

    if (fd < 0)
        return -1;
    p->fd[p->count] = fd;
    p->handle[p->count] = NULL;
    p->count++;
    if (rehearse(fd, path, err) < 0)
        return -1;

    const struct lb_ops *ops = load(fd, &p->handle[p->count - 1], why, sizeof why);

    if (!ops)
        return refuse(err, path, why);
    for (uint32_t i = 0; i + 1 < p->count; i++)
        if (strcmp(p->ops[i]->name, ops->name) == 0)
            return refuse(err, path, "another plug-in has an algorithm of that name");
    p->ops[p->count - 1] = ops;
    return 0;
}

int plugin_load(struct plugins *p, const char *const *paths, uint32_t count, struct err *err)
{
    *p = (struct plugins){ .count = 0 };
    for (uint32_t i = 0; i < count; i++) {
        if (p->count == PLUGINS_MAX)
            return refuse(err, paths[i], "too many plug-ins: at most 16");
        if (load_one(p, paths[i], err) < 0)
            return -1;
    }
    return 0;
}

void plugin_unload(struct plugins *p)
{
    for (uint32_t i = 0; i < p->count; i++) {
        if (p->handle[i])
            dlclose(p->handle[i]);
        close(p->fd[i]);
    }
    p->count = 0;
}
