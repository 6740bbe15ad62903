/* main.c - the table of verbs, and how the program begins and ends.
 *
 * Exit codes: 0 yes, 1 the answer is no, 2 the input is wrong, 3 the tool or machine failed,
 * 4 inconclusive, 130/143 interrupted, 141 the reader closed the pipe. */
#include "cli.h"
#include "print_err.h"
#include "verbs.h"

#include "../base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <time.h>
#include <unistd.h>

enum { EXIT_MACHINE = 3, EXIT_PIPE = 141 };

const struct verb *const *verb_all(void)
{
    static const struct verb *const verbs[] = {
        &verb_run, &verb_sweep, &verb_check, &verb_compare, &verb_merge, &verb_status,
        &verb_remap, &verb_pick, &verb_conform, &verb_bench, &verb_verify, &verb_validate,
        &verb_list, &verb_explain, &verb_schema, &verb_completion, &verb_version, &verb_help, NULL,
    };

    return verbs;
}

const struct verb *verb_find(const char *name)
{
    for (const struct verb *const *v = verb_all(); *v; v++)
        if (strcmp((*v)->name, name) == 0)
            return *v;
    return NULL;
}

/* A closed descriptor 0, 1 or 2 would be given to the next file we open.  What is put in its place
 * is open the wrong way round, so that using it still fails. */
static void hold_standard_descriptors(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) < 0)
            _exit(EXIT_MACHINE);
}

static bool has_text(const char *name)
{
    const char *value = getenv(name);

    return value && *value;
}

/* no-color.org, and the common ways to insist on colours. */
static bool wants_colors(enum when when, int fd)
{
    const char *term = getenv("TERM");

    if (when != WHEN_AUTO)
        return when == WHEN_ALWAYS;
    if (has_text("NO_COLOR"))
        return false;
    if (has_text("FORCE_COLOR") || has_text("CLICOLOR_FORCE"))
        return true;
    return isatty(fd) && term && strcmp(term, "dumb") != 0;
}

static int unknown_verb(struct cli *cli, const char *word)
{
    const char *names[32];
    char shown[64];
    size_t n = 0;

    for (const struct verb *const *v = verb_all(); *v && n < ARRAY_LEN(names) - 1; v++)
        names[n++] = (*v)->name;
    names[n] = NULL;
    err_input(&cli->err, "E020", "unknown verb \"%s\"",
              text_safe(shown, sizeof shown, word, strlen(word)));

    const char *near = text_nearest(word, names);

    if (near)
        err_hint(&cli->err, "did you mean \"%s\"?   lblab help lists the verbs", near);
    else
        err_hint(&cli->err, "lblab help lists the verbs");
    return 2;
}

static int check_words(struct cli *cli, const struct verb *verb)
{
    char shown[96];

    if (cli->words.count < verb->min_words)
        err_input(&cli->err, "E024", "%s: %s is missing", verb->name, verb->words);
    else if (cli->words.count > verb->max_words)
        err_input(&cli->err, "E024", "%s: one word too many: \"%s\"", verb->name,
                  text_safe(shown, sizeof shown, cli->words.item[verb->max_words],
                            strlen(cli->words.item[verb->max_words])));
    else
        return 0;
    err_hint(&cli->err, "lblab %s --help", verb->name);
    return -1;
}

static int run_verb(struct cli *cli, const struct verb *verb, int argc, char **argv)
{
    int parsed = opt_parse(verb->opts, &cli->opt, &cli->words, argc, argv, &cli->err);

    cli->has_colors = wants_colors(cli->opt.color, STDOUT_FILENO);
    cli->has_error_colors = wants_colors(cli->opt.color, STDERR_FILENO);
    if (parsed < 0)
        return 2;
    if (cli->opt.wants_help) {
        help_verb(stdout, verb);
        return 0;
    }
    if (check_words(cli, verb) < 0 || cli_open_output(cli) < 0)
        return 2;
    cli->has_colors &= cli->out == stdout;

    int code = verb->run(cli);

    return cli_close_output(cli) < 0 ? EXIT_MACHINE : code;
}

static int run_words(struct cli *cli, int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : NULL;

    if (!word) {
        help_verbs(stderr);
        return 2;
    }
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        help_verbs(stdout);
        return 0;
    }
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0)
        word = "version";

    const struct verb *verb = verb_find(word);

    return verb ? run_verb(cli, verb, argc - 2, argv + 2) : unknown_verb(cli, word);
}

/* A failed write may lie long back, its errno lost: a pipe still says that its reader has gone. */
static bool is_pipe_closed(void)
{
    struct pollfd p = { .fd = STDOUT_FILENO, .events = POLLOUT };

    return errno == EPIPE || (poll(&p, 1, 0) == 1 && (p.revents & POLLERR));
}

/* What was printed must have arrived: a full disk or a closed descriptor is not success. */
static int close_stdout(int code)
{
    errno = 0;

    bool is_bad = fflush(stdout) != 0 || ferror(stdout);

    if (is_bad && is_pipe_closed())
        return EXIT_PIPE;
    if (fclose(stdout) == 0 && !is_bad)
        return code;
    fprintf(stderr, "lblab: error[E900]: cannot write to standard output: %s\n",
            errno ? strerror(errno) : "write error");
    return EXIT_MACHINE;
}

static void init(struct cli *cli)
{
    time_t now = time(NULL);
    struct tm utc;
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);

    *cli = (struct cli){
        .out = stdout,
        .started = cli_clock(),
        .has_error_colors = wants_colors(WHEN_AUTO, STDERR_FILENO),
        .opt = { .results = "results", .jobs = cpus > 0 ? (uint32_t)cpus : 1, .wants_plots = true,
                 .first_seed = 1, .rounds = 9, .stall = 60 },
    };
    err_init(&cli->err);
    gmtime_r(&now, &utc);
    strftime(cli->started_text, sizeof cli->started_text, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

int main(int argc, char **argv)
{
    struct cli cli;

    if (getauxval(AT_SECURE)) {
        static const char text[] = "lblab: does not run setuid, setgid or with file capabilities\n";

        fputs(text, stderr);
        return 2;
    }
    hold_standard_descriptors();
    init(&cli);

    int code = run_words(&cli, argc, argv);

    if (cli.err.errors && code < cli.err.exit_code)
        code = cli.err.exit_code;
    cli_tell(&cli);
    free((void *)cli.words.item);
    opt_free(verb_run.opts, &cli.opt);
    return close_stdout(code);
}
