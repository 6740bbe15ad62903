/* cmd_explain.c - whatever has a name: algorithms, distributions, metrics, keys of a scenario,
 * products, topics, errors, words of the answers.  The first kind that bears it has its page, the
 * others are named below it. */
#include "explain.h"
#include "explain_near.h"
#include "load.h"
#include "pages.h"
#include "topic.h"
#include "verbs.h"

#include "../base/dist.h"
#include "../report/columns.h"
#include "../results/catalogue.h"
#include "../scenario/profile.h"

#include <string.h>

enum { KEY_INDENT = 15 };

void explain_title(struct cli *cli, const char *name, const char *alias, const char *summary)
{
    char title[1024];

    snprintf(title, sizeof title, "%s%s%s - %s", name, alias ? ", " : "", alias ? alias : "",
             summary ? summary : "");
    columns_wrap(cli->out, title, 0, 4, cli_columns(cli));
}

struct asked {
    struct cli *cli;
    const struct plugins *plugins;
    const char *word;
};

/* ---- the kinds ---- */

static bool has_page(const struct asked *a)
{
    struct page p;

    return page_find(a->word, &p);
}

static void tell_page(const struct asked *a)
{
    struct page p;

    if (page_find(a->word, &p))
        fprintf(a->cli->out, "%.*s\n", (int)p.length, p.text);
}

static const struct lb_ops *find_algorithm(const struct asked *a)
{
    for (uint32_t i = 0; i < a->plugins->count; i++)
        if (strcmp(a->plugins->ops[i]->name, a->word) == 0)
            return a->plugins->ops[i];
    return lb_find(a->word);
}

static bool has_algorithm(const struct asked *a)
{
    return find_algorithm(a) != NULL;
}

static void tell_algorithm(const struct asked *a)
{
    explain_algorithm(a->cli, find_algorithm(a));
}

static bool has_distribution(const struct asked *a)
{
    return dist_find(a->word) != NULL;
}

static void tell_distribution(const struct asked *a)
{
    const struct dist_kind *k = dist_find(a->word);
    FILE *out = a->cli->out;

    explain_title(a->cli, k->name, k->alias, "a distribution of durations");
    fputs("\n  ", out);
    columns_wrap(out, k->help, 2, 2, cli_columns(a->cli));
    for (const struct dist_param *p = k->params; p && p->name; p++) {
        fprintf(out, "\n  %-12s ", p->name);
        columns_wrap(out, p->help, KEY_INDENT, KEY_INDENT, cli_columns(a->cli));
    }
}

static bool has_metric(const struct asked *a)
{
    double percentile;

    return metric_find(a->word, &percentile) != NULL;
}

static void tell_metric(const struct asked *a)
{
    double percentile;

    explain_title(a->cli, a->word, NULL, metric_find(a->word, &percentile)->help);
}

static bool has_key(const struct asked *a)
{
    const struct field_table *table;

    return explain_find_key(a->word, &table) != NULL;
}

static void tell_key(const struct asked *a)
{
    const struct field_table *table = NULL;
    const struct field *key = explain_find_key(a->word, &table);

    explain_key(a->cli, a->word, table, key);
}

static bool has_profile(const struct asked *a)
{
    for (const char *const *name = profile_names; *name; name++)
        if (strcmp(*name, a->word) == 0)
            return true;
    return false;
}

static void tell_profile(const struct asked *a)
{
    explain_profile(a->cli, a->word);
}

static bool has_topic(const struct asked *a)
{
    for (uint32_t i = 0; topic_names[i] != NULL; i++)
        if (strcmp(topic_names[i], a->word) == 0)
            return true;
    return false;
}

static void tell_topic(const struct asked *a)
{
    topic_explain(a->cli, a->word);
}

static const struct kind {
    bool (*has)(const struct asked *);
    void (*tell)(const struct asked *);
} kinds[] = {
    { has_algorithm, tell_algorithm }, { has_distribution, tell_distribution },
    { has_topic, tell_topic },         { has_profile, tell_profile },
    { has_key, tell_key },             { has_metric, tell_metric },
    { has_page, tell_page },
};

/* ---- all that bear the name ---- */

/* Keys that have the name as their last word, or as one of their values.  How many. */
static uint32_t tell_keys(const struct asked *a, bool is_alone)
{
    const char *but = has_key(a) ? a->word : NULL;
    uint32_t count = explain_count_keys(a->word, but);

    if (is_alone && count == 1) {
        explain_key_named(a->cli, a->word);
        return count;
    }
    if (count > 0 && !is_alone)
        fputc('\n', a->cli->out);
    if (count > 0)
        explain_keys_named(a->cli, a->word, but);
    return count;
}

static int explain(const struct asked *a)
{
    uint32_t told = 0;

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (kinds[i].has(a)) {
            if (told++ > 0)
                fputc('\n', a->cli->out);
            kinds[i].tell(a);
        }
    told += tell_keys(a, told == 0);
    told += explain_params_named(a->cli, a->word);
    return told > 0 ? 0 : explain_near(a->cli, a->word);
}

static int run(struct cli *cli)
{
    struct plugins p;
    const struct asked asked = { cli, &p, cli->words.item[0] };
    int code = plugin_load(&p, cli->opt.plugins.item, cli->opt.plugins.count, &cli->err) < 0
             ? 3 : explain(&asked);

    plugin_unload(&p);
    return code;
}

static const struct opt opts[] = { OPT_ROW_PLUGIN, OPT_ROW_OUTPUT, OPT_ROWS_COMMON, OPT_END };

const struct verb verb_explain = {
    .name = "explain", .words = "WHAT", .min_words = 1, .max_words = 1,
    .summary = "whatever has a name: algorithm, product, key, error, word",
    .details = "Algorithms, distributions, products, metrics, topics, errors, words of the\n"
               "answers, and keys of a scenario by path or by their last word.",
    .examples = "lblab explain peak_ewma\nlblab explain haproxy-2.6\n"
                "lblab explain clients.arrival\nlblab explain health_check\n"
                "lblab explain E101\nlblab explain saturated",
    .opts = opts, .run = run,
};
