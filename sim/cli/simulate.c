/* simulate.c - see simulate.h. */
#include "simulate.h"

#include "../base/text.h"
#include "progress.h"
#include "signals.h"

#include <stdio.h>
#include <string.h>

enum { STOPPED = 128 };

static int tell_stopped(const struct progress *p)
{
    fprintf(stderr,
            "lblab: stopped after %u of %u cells; finished ones are kept, the same command "
            "resumes\n",
            p->done, p->cells);
    return STOPPED + *signals_flag();
}

int simulate_shard(const char *text, uint32_t *shard, uint32_t *shards, struct err *err)
{
    char first[16] = "", shown[80];
    const char *slash = text ? strchr(text, '/') : NULL;

    *shard = 0;
    *shards = 0;
    if (!text)
        return 0;
    if (slash && slash - text < (long)sizeof first) {
        memcpy(first, text, (size_t)(slash - text));
        if (opt_number(slash + 1, 1, 100000, shards) == 0
            && opt_number(first, 1, *shards, shard) == 0) {
            (*shard)--;
            return 0;
        }
    }
    err_input(err, "E023", "--shard: I/N expected, found \"%s\"",
              text_safe(shown, sizeof shown, text, strlen(text)));
    err_hint(err, "like --shard 2/7: the second of seven");
    return -1;
}

int simulate_all(struct cli *cli, const struct scenario *const *scenario, uint32_t n,
                 struct result *results)
{
    struct progress progress;
    struct run_options options = {
        .jobs = cli->opt.jobs,
        .stall = cli->opt.stall,
        .results = cli->opt.results,
        .progress = progress_tell,
        .arg = &progress,
        .stop = signals_flag(),
    };

    if (simulate_shard(cli->opt.shard, &options.shard, &options.shards, &cli->err) != 0)
        return 2;
    signals_catch();
    progress_init(&progress, cli->opt.progress, cli->opt.is_quiet);

    int rc = run_scenarios(scenario, n, &options, results, &cli->err);

    progress_clear(&progress);
    if (progress.resumed && !cli->opt.is_quiet)
        fprintf(stderr, "lblab: %u of %u cells were done before\n", progress.resumed,
                progress.cells);
    return rc == 0 ? 0 : rc > 0 ? tell_stopped(&progress) : 3;
}
