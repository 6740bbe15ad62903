/* cli.c - the services that verbs share: telling faults, the output file, the clock. */
#include "cli.h"

#include "print_err.h"

#include "../results/aside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { ASIDE_SIZE = PATH_MAX + 32 };

double cli_clock(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

void cli_tell(struct cli *cli)
{
    fflush(cli->out);
    print_err(stderr, &cli->err, !cli->opt.is_quiet, cli->has_error_colors);
    err_init(&cli->err);
}

uint32_t cli_columns(const struct cli *cli)
{
    const char *asked = getenv("COLUMNS");
    struct winsize w;
    uint32_t columns;

    if (asked && opt_number(asked, 40, 1000, &columns) == 0)
        return columns;
    if (cli->out != stdout || !isatty(STDOUT_FILENO))
        return 80;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col >= 40 ? w.ws_col : 80;
}

static bool is_stdout(const char *path)
{
    return !path || strcmp(path, "-") == 0;
}

static void aside(const struct cli *cli, char *path)
{
    snprintf(path, ASIDE_SIZE, "%s.%ld.tmp", cli->target, (long)getpid());
}

/* A device or a pipe is written as it is; a file appears whole, behind links where it really is. */
int cli_open_output(struct cli *cli)
{
    char path[ASIDE_SIZE];
    enum aside_kind kind;

    cli->out = stdout;
    if (is_stdout(cli->opt.output))
        return 0;
    kind = aside_target(cli->opt.output, cli->target, sizeof cli->target);
    if (kind == ASIDE_NEITHER)
        return err_machine(&cli->err, "cannot write %.200s", cli->opt.output);
    aside(cli, path);

    FILE *out = kind == ASIDE_DIRECT ? fopen(cli->target, "we") : fopen(path, "wxe");

    if (!out)
        return err_machine(&cli->err, "cannot write %.200s", cli->opt.output);
    cli->out = out;
    cli->is_out_direct = kind == ASIDE_DIRECT;
    return 0;
}

int cli_close_output(struct cli *cli)
{
    char path[ASIDE_SIZE];

    if (cli->out == stdout)
        return 0;
    aside(cli, path);

    bool is_empty = ftello(cli->out) <= 0, is_bad = ferror(cli->out) != 0;

    is_bad |= fclose(cli->out) != 0;
    cli->out = stdout;
    if (!is_bad && (cli->is_out_direct || (!is_empty && rename(path, cli->target) == 0)))
        return 0;

    int cause = errno;

    if (!cli->is_out_direct)
        unlink(path);
    errno = cause;
    return is_empty && !is_bad ? 0 : err_machine(&cli->err, "cannot write %s", cli->opt.output);
}
