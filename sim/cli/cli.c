/* cli.c - the services that verbs share: telling faults, the output file, the clock. */
#include "cli.h"

#include "print_err.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { PATH_SIZE = 4096 };

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

    if (cli->out != stdout || !isatty(STDOUT_FILENO))
        return 80;
    if (asked && opt_number(asked, 40, 1000, &columns) == 0)
        return columns;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col >= 40 ? w.ws_col : 80;
}

static bool is_stdout(const char *path)
{
    return !path || strcmp(path, "-") == 0;
}

static void aside(const struct cli *cli, char *path)
{
    snprintf(path, PATH_SIZE, "%s.%ld.tmp", cli->opt.output, (long)getpid());
}

int cli_open_output(struct cli *cli)
{
    char path[PATH_SIZE];

    cli->out = stdout;
    if (is_stdout(cli->opt.output))
        return 0;
    if (strlen(cli->opt.output) > PATH_SIZE - 32)
        return err_input(&cli->err, "E023", "--output: the path is too long");
    aside(cli, path);

    FILE *out = fopen(path, "wxe");

    if (!out)
        return err_machine(&cli->err, "cannot write %s", cli->opt.output);
    cli->out = out;
    return 0;
}

int cli_close_output(struct cli *cli)
{
    char path[PATH_SIZE];

    if (cli->out == stdout)
        return 0;
    aside(cli, path);

    bool is_empty = ftello(cli->out) == 0, is_bad = ferror(cli->out) != 0;

    is_bad |= fclose(cli->out) != 0;
    cli->out = stdout;
    if (!is_bad && !is_empty && rename(path, cli->opt.output) == 0)
        return 0;

    int cause = errno;

    unlink(path);
    errno = cause;
    return is_empty && !is_bad ? 0 : err_machine(&cli->err, "cannot write %s", cli->opt.output);
}
