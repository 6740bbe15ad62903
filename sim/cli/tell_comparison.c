/* tell_comparison.c - see tell_comparison.h. */
#include "tell_comparison.h"

#include "../base/text.h"
#include "tell_result.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_SIZE = 4096, HEX = 8 };

/* The figure on its way: where it goes, what became of it. */
struct figure {
    const struct report_comparison *r;
    const char *metric;
    struct report_plots plots;
    char folder[PATH_SIZE];
    bool is_drawn;
};

/* ---- where figures go ---- */

static bool make_folder(const char *path)
{
    return mkdir(path, 0777) == 0 || errno == EEXIST;
}

/* The folder of that name in path, made and appended. */
static bool enter(char path[PATH_SIZE], const char *name)
{
    size_t used = strlen(path);
    int n = snprintf(path + used, PATH_SIZE - used, "%s%s", used ? "/" : "", name);

    return n < (int)(PATH_SIZE - used) && make_folder(path);
}

/* <results>/<scenario>/compare/<old>-<new>/, by the results' own hashes: the same two results have
 * the same folder.  The scenario's name is a stranger's until it is seen to be a name. */
static bool make_own_folder(const struct report_comparison *r, const char *results,
                            char path[PATH_SIZE])
{
    char name[2 * HEX + 2];

    snprintf(name, sizeof name, "%.*s-%.*s", HEX, r->old->sha256, HEX, r->new->sha256);
    if (r->old == r->new)
        name[HEX] = '\0';
    path[0] = '\0';
    return text_is_id(r->new->plan.scenario) && text_is_id(name) && enter(path, results)
           && enter(path, r->new->plan.scenario) && enter(path, "compare") && enter(path, name);
}

/* ---- drawing ---- */

static void draw_pairs(struct figure *f, const char *folder)
{
    uint32_t before = f->plots.drawn;

    report_plot_pairs(f->r, f->metric, folder, &f->plots);
    f->is_drawn = f->plots.drawn > before;
}

/* With the other figures, in the result's folder before it appears. */
static void draw_all(const struct result *result, const char *folder, void *arg)
{
    struct figure *f = arg;
    char path[PATH_SIZE];

    if (snprintf(path, sizeof path, "%s/plots", folder) >= (int)sizeof path)
        return;
    if (mkdir(path, 0777) != 0 && errno != EEXIST)
        return;
    report_plot(result, path, &f->plots);
    draw_pairs(f, path);
}

static int write_result(struct cli *cli, struct figure *f)
{
    struct result_environment env;
    const struct result_writer writer = { .draw = cli->opt.wants_plots ? draw_all : NULL,
                                          .arg = f };
    char folder[PATH_SIZE];

    cli_environment(cli, &env);
    if (result_write(f->r->new, &env, cli->opt.results, &writer, folder, sizeof folder,
                     &cli->err) < 0)
        return -1;
    if (snprintf(f->folder, sizeof f->folder, "%s/plots", folder) >= (int)sizeof f->folder)
        return err_input(&cli->err, "E023", "the path of the result's folder is too long");
    return 0;
}

/* Nobody asked for this figure: where it cannot be, the answer is whole without it. */
static void draw_beside(struct cli *cli, struct figure *f)
{
    char shown[200];

    if (!cli->opt.wants_plots || !f->r->rows->is_paired)
        return;
    if (make_own_folder(f->r, cli->opt.results, f->folder)) {
        draw_pairs(f, f->folder);
        return;
    }
    snprintf(err_add(&cli->err, ERR_WARNING, "W903")->what, 320,
             "no figure: cannot make a folder for it in %s",
             text_safe(shown, sizeof shown, cli->opt.results, strlen(cli->opt.results)));
    err_hint(&cli->err, "--results DIR or --plot DIR say where else; --no-plots draws none");
}

/* --plot asks for the figure itself: without it the answer is not whole. */
static int draw_asked(struct cli *cli, struct figure *f)
{
    char shown[200];

    if (snprintf(f->folder, sizeof f->folder, "%s", cli->opt.plot) >= (int)sizeof f->folder)
        return err_input(&cli->err, "E023", "--plot: the path is too long");
    if (!make_folder(f->folder))
        return err_machine(&cli->err, "cannot make the folder %s",
                           text_safe(shown, sizeof shown, f->folder, strlen(f->folder)));
    f->plots = (struct report_plots){ .drawn = 0 };
    draw_pairs(f, f->folder);
    if (f->is_drawn)
        return 0;
    if (!f->plots.failed)
        return err_input(&cli->err, "E023", "--plot: there are no pairs of seeds with values of "
                                            "the metric, so there is nothing to draw");
    err_input(&cli->err, "E901", "the figure could not be drawn: %s", f->plots.fault);
    cli->err.exit_code = 3;
    return -1;
}

/* ---- the answer ---- */

static void print_figure(struct cli *cli, const struct figure *f)
{
    char shown[PATH_SIZE];

    if (f->is_drawn)
        fprintf(cli->out, "\n  figure: %s/pairs.svg\n",
                text_safe(shown, sizeof shown, f->folder, strlen(f->folder)));
}

static void print(struct cli *cli, const struct figure *f)
{
    struct result_environment env;
    const struct report_style style = tell_style(cli);

    cli_environment(cli, &env);
    if (cli->opt.wants_json)
        report_compare_json(cli->out, f->r, &env);
    else if (cli->opt.wants_csv)
        report_compare_csv(cli->out, f->r);
    else {
        report_compare_table(cli->out, f->r, &style);
        print_figure(cli, f);
    }
}

int tell_comparison(struct cli *cli, const struct report_comparison *r, const char *metric,
                    enum tell_origin origin)
{
    struct figure f = { .r = r, .metric = metric };

    if (origin == TELL_COMPUTED && write_result(cli, &f) < 0)
        return cli->err.exit_code;
    if (origin == TELL_READ && !cli->opt.plot)
        draw_beside(cli, &f);
    if (cli->opt.plot && draw_asked(cli, &f) < 0)
        return cli->err.exit_code;
    tell_figures(cli, &f.plots, f.folder);
    cli_tell(cli);
    print(cli, &f);
    return 0;
}
