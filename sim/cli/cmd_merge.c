/* cmd_merge.c - what shards left, put together: the same bytes as one run would have given. */
#include "tell_result.h"
#include "verbs.h"

#include "../run/run.h"

static int merge(struct cli *cli)
{
    struct result result;

    if (run_merge(cli->words.item, cli->words.count, &result, &cli->err) != 0)
        return cli->err.exit_code;
    int code = tell_result(cli, &result);
    result_fini(&result);
    return code;
}

static const struct opt opts[] = {
    OPT_ROW("results", 0, OPT_TEXT, results, "DIR", "results", "where the result folder goes"),
    OPT_ROW("no-plots", 0, OPT_NOT, wants_plots, NULL, NULL, "draw no figures"),
    OPT_ROW("verbose", 'v', OPT_COUNT, verbose, NULL, NULL, "more on stderr"),
    OPT_ROW_JSON, OPT_ROW_OUTPUT, OPT_ROWS_COMMON, OPT_END,
};

const struct verb verb_merge = {
    .name = "merge", .words = "DIR...", .min_words = 1, .max_words = 1000,
    .summary = "puts together what the shards of a run left",
    .details = "Neither split nor order matters.  A record that is there twice does no harm; two\n"
               "that differ and cells that are missing are named.  The records stay.",
    .examples = "lblab run my.json --shard 1/2 --results a\n"
                "lblab run my.json --shard 2/2 --results b\n"
                "lblab merge a b --json > result.json",
    .opts = opts, .run = merge,
};
