/* tell_result.c - see tell_result.h. */
#include "tell_result.h"

#include "../base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_SIZE = 4096 };

struct report_style tell_style(const struct cli *cli)
{
    return (struct report_style){ .colour = cli->has_colors, .unicode = true,
                                  .columns = cli_columns(cli) };
}

/* The figures, in the folder's plots/ before it appears. */
static void draw(const struct result *result, const char *folder, void *arg)
{
    char path[PATH_SIZE];

    if (snprintf(path, sizeof path, "%s/plots", folder) >= (int)sizeof path)
        return;
    if (mkdir(path, 0777) == 0 || errno == EEXIST)
        report_plot(result, path, arg);
}

void tell_figures(struct cli *cli, const struct report_plots *plots, const char *folder)
{
    if (plots->is_gnuplot_missing) {
        snprintf(err_add(&cli->err, ERR_WARNING, "W901")->what, 320,
                 "no figures: gnuplot is not installed");
        err_hint(&cli->err, "apt install gnuplot-nox; data and scripts are below %s", folder);
    } else if (plots->failed) {
        snprintf(err_add(&cli->err, ERR_WARNING, "W902")->what, 320,
                 "%u figure%s could not be drawn: %s", plots->failed, plots->failed > 1 ? "s" : "",
                 plots->fault ? plots->fault : "unknown");
    }
}

static void print_text(struct cli *cli, const struct result *result,
                       const struct report_plots *plots, const char *folder, double wall)
{
    const struct report_style style = tell_style(cli);
    char shown[PATH_SIZE];

    report_table(cli->out, result, &style);
    report_assertions(cli->out, result, &style);
    fputs("\n  ", cli->out);
    report_footer(cli->out, result, wall);
    fprintf(cli->out, "\n  %s/\n", text_safe(shown, sizeof shown, folder, strlen(folder)));
    for (uint32_t i = 0; i < plots->drawn && i < REPORT_FIGURES; i++)
        fprintf(cli->out, "%s%s.svg", i ? ", " : "  figures in plots/: ", plots->name[i]);
    if (plots->drawn)
        fputc('\n', cli->out);
}

static int print_json(struct cli *cli, const struct result *result,
                      const struct result_environment *env, const char *folder)
{
    char *text = result_json(result, env);
    size_t length = strlen(text);

    fputs(text, cli->out);
    if (length && text[length - 1] != '\n')
        fputc('\n', cli->out);
    free(text);
    if (cli->opt.verbose)
        fprintf(stderr, "lblab: %s/\n", folder);
    return 0;
}

int tell_result(struct cli *cli, const struct result *result)
{
    struct result_environment env;
    struct report_plots plots = { 0 };
    const struct result_writer writer = { .draw = cli->opt.wants_plots ? draw : NULL,
                                          .arg = &plots };
    char folder[PATH_SIZE];

    cli_environment(cli, &env);
    if (result_write(result, &env, cli->opt.results, &writer, folder, sizeof folder, &cli->err) < 0)
        return 3;
    tell_figures(cli, &plots, folder);
    cli_tell(cli);
    if (cli->opt.wants_json)
        return print_json(cli, result, &env, folder);
    print_text(cli, result, &plots, folder, env.wall_s);
    return 0;
}
