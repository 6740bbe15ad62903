/* cmd_compare.c - two results, or the policies of one: is one better, and could so many seeds
 * tell? */
#include "compare_asked.h"
#include "load.h"
#include "simulate.h"
#include "tell_comparison.h"
#include "verbs.h"

#include "../base/text.h"
#include "../run/plan.h"

#include <string.h>
#include <sys/stat.h>

enum { PEEK = 4096 };

/* ---- the comparison ---- */

static int answer(struct cli *cli, const struct compare_asked *q,
                  const struct compare_question *asked, struct report_comparison *r,
                  enum tell_origin origin)
{
    struct comparison rows;
    struct arena arena = { .last = NULL };

    compare_ask(&rows, asked);
    r->rows = &rows;        /* cppcheck-suppress autoVariables ; for tell_comparison() only */
    r->differences = compare_differences(r->old, r->new, &arena, &r->difference);

    int code = tell_comparison(cli, r, q->metrics ? q->metric[0] : NULL, origin);

    comparison_fini(&rows);
    arena_fini(&arena);
    return code;
}

static int compare(struct cli *cli, const struct compare_asked *q, const struct result *old,
                   const struct result *new, enum compare_pairing pairing,
                   enum tell_origin origin)
{
    const struct compare_question asked = {
        .old = old, .new = new, .pair = q->pair, .pairs = q->pairs, .metric = q->metric,
        .metrics = q->metrics, .pairing = pairing, .margin = q->margin,
    };
    bool is_read = origin == TELL_READ;
    struct report_comparison r = {
        .old = old, .new = new, .old_path = is_read ? cli->words.item[0] : NULL,
        .new_path = is_read ? cli->words.item[cli->words.count - 1] : NULL,
        .pair = q->pair, .pairs = q->pairs, .pairing = pairing, .margin = q->margin,
    };

    return answer(cli, q, &asked, &r, origin);
}

/* ---- a scenario ---- */

/* The first of -a, or else the file's baseline. */
static uint32_t preset_baseline(const struct cli *cli, const struct result_plan *plan)
{
    return cli->opt.algorithms ? 0 : plan->baseline;
}

static int ask_scenario(struct cli *cli, struct compare_asked *q, const struct scenario *s)
{
    struct arena arena = { .last = NULL };
    struct result_plan plan;

    plan_for_result(s, &plan, &arena);

    int rc = compare_asked_plan(cli, q, &plan) < 0
             || compare_asked_within(cli, q, &plan, preset_baseline(cli, &plan)) < 0 ? -1 : 0;

    arena_fini(&arena);
    return rc;
}

static int simulate(struct cli *cli, const struct compare_asked *q, const struct scenario *s)
{
    struct result result;
    int code = simulate_all(cli, &s, 1, &result);

    if (code != 0)
        return code;
    code = compare(cli, q, &result, &result, COMPARE_PAIRED, TELL_COMPUTED);
    result_fini(&result);
    return code;
}

static int compare_scenario(struct cli *cli)
{
    struct compare_asked q = { .metrics = 0 };
    struct loaded l;
    int code = 2;

    if (load_scenario_unasserted(cli, cli->words.item[0], &l) == 0 &&
        run_check_size(&l.scenario, &cli->err) == 0 && ask_scenario(cli, &q, &l.scenario) == 0) {
        cli_tell(cli);
        code = simulate(cli, &q, &l.scenario);
    }
    load_fini(&l);
    compare_asked_fini(&q);
    return code;
}

/* ---- results ---- */

static int compare_one(struct cli *cli)
{
    struct compare_asked q = { .metrics = 0 };
    struct result result;
    int code = 2;

    if (result_read(&result, cli->words.item[0], &cli->err) < 0)
        return 2;
    if (compare_asked_plan(cli, &q, &result.plan) == 0 &&
        compare_asked_within(cli, &q, &result.plan, result.plan.baseline) == 0)
        code = compare(cli, &q, &result, &result, COMPARE_PAIRED, TELL_READ);
    compare_asked_fini(&q);
    result_fini(&result);
    return code;
}

static bool have_same_seeds(const struct result *old, const struct result *new)
{
    return old->plan.first_seed == new->plan.first_seed &&
           old->plan.replications == new->plan.replications;
}

/* Seeds of different scenarios are pairs in number only. */
static void warn_of_difference(struct cli *cli, const struct err *found)
{
    snprintf(err_add(&cli->err, ERR_WARNING, "W301")->what, 320,
             "the scenarios differ; compared all the same, not paired");
    err_hint(&cli->err, "%s", found->item[0].hint);
}

/* They can be compared all the same: with what command. */
static int refuse(struct cli *cli)
{
    struct err_item *item = &cli->err.item[cli->err.last];
    size_t used = strlen(item->hint);
    char old[200], new[200];

    snprintf(item->hint + used, sizeof item->hint - used,
             "; to compare them all the same: lblab compare %s %s --allow-different",
             text_safe(old, sizeof old, cli->words.item[0], strlen(cli->words.item[0])),
             text_safe(new, sizeof new, cli->words.item[1], strlen(cli->words.item[1])));
    return -1;
}

static int choose_pairing(struct cli *cli, const struct result *old, const struct result *new,
                          enum compare_pairing *pairing)
{
    struct err found;

    err_init(&found);
    *pairing = cli->opt.wants_fresh && !have_same_seeds(old, new) ? COMPARE_FRESH : COMPARE_PAIRED;
    if (!cli->opt.allows_different)
        return compare_allowed(old, new, &cli->err) < 0 ? refuse(cli) : 0;
    if (compare_allowed(old, new, &found) == 0)
        return 0;
    *pairing = COMPARE_FRESH;
    warn_of_difference(cli, &found);
    return 0;
}

static int compare_read(struct cli *cli, const struct result *old, const struct result *new)
{
    struct compare_asked q = { .metrics = 0 };
    enum compare_pairing pairing;
    int code = 2;

    if (choose_pairing(cli, old, new, &pairing) == 0 &&
        compare_asked_plan(cli, &q, &old->plan) == 0 &&
        compare_asked_between(cli, &q, old, new) == 0)
        code = compare(cli, &q, old, new, pairing, TELL_READ);
    compare_asked_fini(&q);
    return code;
}

static int compare_two(struct cli *cli)
{
    struct result old, new;
    int code = 2;

    if (result_read(&old, cli->words.item[0], &cli->err) < 0)
        return 2;
    if (result_read(&new, cli->words.item[1], &cli->err) == 0) {
        code = compare_read(cli, &old, &new);
        result_fini(&new);
    }
    result_fini(&old);
    return code;
}

/* ---- two scenarios ---- */

/* Whether they may be compared is known before they are run. */
static int ask_both(struct cli *cli, struct compare_asked *q, const struct loaded l[2],
                    enum compare_pairing *pairing)
{
    struct arena arena = { .last = NULL };
    struct result planned[2] = { { .runs = 0 }, { .runs = 0 } };
    int rc = -1;

    for (uint32_t i = 0; i < 2; i++)
        plan_for_result(&l[i].scenario, &planned[i].plan, &arena);
    if (choose_pairing(cli, &planned[0], &planned[1], pairing) == 0 &&
        compare_asked_plan(cli, q, &planned[0].plan) == 0)
        rc = compare_asked_between(cli, q, &planned[0], &planned[1]);
    arena_fini(&arena);
    return rc;
}

static int write_both(struct cli *cli, const struct result result[2])
{
    static const struct result_writer writer = { .draw = NULL };
    struct result_environment env;
    char folder[PEEK];

    cli_environment(cli, &env);
    for (uint32_t i = 0; i < 2; i++)
        if (result_write(&result[i], &env, cli->opt.results, &writer, folder, sizeof folder,
                         &cli->err) < 0)
            return 3;
    return 0;
}

static int simulate_both(struct cli *cli, const struct compare_asked *q, const struct loaded l[2],
                         enum compare_pairing pairing)
{
    const struct scenario *const scenario[2] = { &l[0].scenario, &l[1].scenario };
    struct result result[2];
    int code = simulate_all(cli, scenario, 2, result);

    if (code != 0)
        return code;
    code = write_both(cli, result);
    if (code == 0)
        code = compare(cli, q, &result[0], &result[1], pairing, TELL_READ);
    for (uint32_t i = 0; i < 2; i++)
        result_fini(&result[i]);
    return code;
}

static int load_both(struct cli *cli, struct loaded l[2])
{
    int rc = 0;

    for (uint32_t i = 0; i < 2 && rc == 0; i++)
        rc = load_scenario_unasserted(cli, cli->words.item[i], &l[i]) == 0
                     && run_check_size(&l[i].scenario, &cli->err) == 0 ? 0 : -1;
    return rc;
}

static int compare_scenarios(struct cli *cli)
{
    struct compare_asked q = { .metrics = 0 };
    struct loaded l[2] = { { .has_scenario = false }, { .has_scenario = false } };
    enum compare_pairing pairing;
    int code = 2;

    if (load_both(cli, l) == 0 && ask_both(cli, &q, l, &pairing) == 0) {
        cli_tell(cli);
        code = simulate_both(cli, &q, l, pairing);
    }
    for (uint32_t i = 0; i < 2; i++)
        load_fini(&l[i]);
    compare_asked_fini(&q);
    return code;
}

/* ---- what was meant ---- */

/* A folder, or a file that calls itself a result near its beginning; anything else is told about
 * by who reads scenarios. */
static bool is_result(const char *path)
{
    struct stat st;
    char text[PEEK + 1];

    if (stat(path, &st) != 0)
        return false;
    if (!S_ISREG(st.st_mode))
        return S_ISDIR(st.st_mode);

    FILE *f = fopen(path, "re");

    if (!f)
        return false;
    text[fread(text, 1, PEEK, f)] = '\0';
    fclose(f);
    return strstr(text, "\"lblab-result/") != NULL;
}

enum mode { MODE_SCENARIO = 1, MODE_ONE = 2, MODE_TWO = 4, MODE_BOTH = 8 };

/* Options that mean something only for some of what can be compared. */
static int check_options(struct cli *cli, enum mode mode)
{
    enum { RUN = MODE_SCENARIO | MODE_BOTH, TWO = MODE_TWO | MODE_BOTH };
    const struct options *o = &cli->opt;
    const struct { const char *name; bool is_given; uint32_t modes; const char *fits; } all[] = {
        { "-s", o->set.count > 0, RUN, "a scenario" },
        { "-a", o->algorithms != NULL, RUN, "a scenario" },
        { "--seed", o->seed != NULL, RUN, "a scenario" },
        { "-n", o->replications != NULL, RUN, "a scenario" },
        { "-d", o->duration != NULL, RUN, "a scenario" },
        { "--baseline", o->baseline != NULL, MODE_SCENARIO | MODE_ONE,
          "a scenario or one result; --against is for two" },
        { "--against", o->against != NULL, TWO, "two results; --baseline is for one" },
        { "--fresh", o->wants_fresh, TWO, "two results" },
        { "--allow-different", o->allows_different, TWO, "two results" },
    };

    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        if (all[i].is_given && !(all[i].modes & mode))
            return err_input(&cli->err, "E023", "%s is for %s", all[i].name, all[i].fits);
    return 0;
}

static enum mode find_mode(const struct cli *cli)
{
    bool is_first = is_result(cli->words.item[0]);

    if (cli->words.count < 2)
        return is_first ? MODE_ONE : MODE_SCENARIO;
    return is_first || is_result(cli->words.item[1]) ? MODE_TWO : MODE_BOTH;
}

static int run(struct cli *cli)
{
    enum mode mode = find_mode(cli);

    if (check_options(cli, mode) < 0)
        return 2;
    return mode == MODE_TWO ? compare_two(cli)
           : mode == MODE_BOTH ? compare_scenarios(cli)
           : mode == MODE_ONE  ? compare_one(cli)
                               : compare_scenario(cli);
}

static const struct opt opts[] = {
    OPT_ROW("metric", 'm', OPT_TEXT, metrics, "LIST", NULL,
            "these only: -m latency.p99,error_rate; preset: all with a better direction"),
    OPT_ROW("margin", 0, OPT_TEXT, margin, "SHARE", "5%", "what counts as worth knowing"),
    OPT_ROW("policy", 0, OPT_TEXT, policy, "NAME", NULL, "this policy only; of two: of old"),
    OPT_ROW("against", 0, OPT_TEXT, against, "NAME", NULL, "of two: with this policy of new"),
    OPT_ROW("baseline", 0, OPT_TEXT, baseline, "NAME", NULL,
            "of one: against this; preset: the first of -a, else the scenario's"),
    OPT_ROW("fresh", 0, OPT_FLAG, wants_fresh, NULL, NULL,
            "all seeds, not paired, where the seeds differ"),
    OPT_ROW("allow-different", 0, OPT_FLAG, allows_different, NULL, NULL,
            "compare results of different scenarios all the same, not paired"),
    OPT_ROWS_SCENARIO,
    OPT_ROWS_SIMULATE,
    OPT_ROW("csv", 0, OPT_FLAG, wants_csv, NULL, NULL, "the answer as CSV"),
    OPT_ROW("plot", 0, OPT_TEXT, plot, "DIR", NULL, "draw the figure into this folder"),
    OPT_ROW("no-plots", 0, OPT_NOT, wants_plots, NULL, NULL, "draw no figures"),
    OPT_ROW_PLUGIN, OPT_ROW_JSON, OPT_ROW_OUTPUT, OPT_ROWS_COMMON, OPT_END,
};

const struct verb verb_compare = {
    .name = "compare", .words = "OLD NEW | RESULT | SCENARIO [SCENARIO]",
    .min_words = 1, .max_words = 2,
    .summary = "two results, or policies: paired changes with intervals",
    .details = "OLD, NEW, RESULT: a result folder or its result.json.  A SCENARIO is run first,\n"
               "and so are two.  Seed by seed, for the same seed is the same work.\n"
               "Exit 0 whatever is better.",
    .examples = "lblab compare results/shop/A results/shop/latest\n"
                "lblab compare scenarios/tails/rr-vs-ewma.json -a rr,peak_ewma -n 20\n"
                "lblab compare mine.json other.json --allow-different\n"
                "lblab compare results/shop/latest --baseline p2c --json | jq .result.rows",
    .opts = opts, .run = run,
};
