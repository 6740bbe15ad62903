/* cmd_list.c - what there is: algorithms, distributions, metrics, profiles, scenarios, pages. */
#include "answer.h"
#include "load.h"
#include "pages.h"
#include "topic.h"
#include "verbs.h"

#include "../../algorithms/lb.h"
#include "../base/dist.h"
#include "../base/text.h"
#include "../report/columns.h"
#include "../results/catalogue.h"
#include "../scenario/profile.h"

#include <fts.h>
#include <string.h>
#include <unistd.h>

#ifndef LBLAB_DATADIR
#define LBLAB_DATADIR "/usr/local/share/lblab"      /* the Makefile says which */
#endif

enum { HELP_COLUMN = 30 };

/* A list under construction: rows of two to three texts, as a table or as JSON. */
struct lister { struct cli *cli; struct json json; uint32_t rows; };

static void row(struct lister *l, const char *name, const char *key, const char *middle,
                const char *help)
{
    char line[512], first[64];

    if (l->cli->opt.wants_json) {
        json_open(&l->json, NULL, '{');
        json_text(&l->json, "name", name);
        json_text(&l->json, key, middle);
        json_text(&l->json, "summary", help);
        json_close(&l->json, '}');
        return;
    }
    fprintf(l->cli->out, "  %-22s %-4s ", text_safe(first, sizeof first, name, strlen(name)),
            middle ? middle : "");
    columns_wrap(l->cli->out, text_safe(line, sizeof line, help, strlen(help)), HELP_COLUMN,
                 HELP_COLUMN, cli_columns(l->cli));
}

static void list_ops(struct lister *l, const struct lb_ops *const *ops)
{
    for (; *ops; ops++)
        row(l, (*ops)->name, "aliases", (*ops)->aliases, (*ops)->summary ? (*ops)->summary : "");
}

static int list_algorithms(struct lister *l)
{
    struct plugins p;
    int bad = plugin_load(&p, l->cli->opt.plugins.item, l->cli->opt.plugins.count, &l->cli->err);

    if (!bad) {
        list_ops(l, lb_all());
        list_ops(l, p.ops);
    }
    plugin_unload(&p);
    return bad ? 3 : 0;
}

static int list_distributions(struct lister *l)
{
    for (const struct dist_kind *const *k = dist_kinds(); *k; k++)
        row(l, (*k)->name, "alias", (*k)->alias, (*k)->help);
    return 0;
}

static int list_metrics(struct lister *l)
{
    static const char *const units[] = {
        [METRIC_NS] = "ns", [METRIC_PER_SECOND] = "/s", [METRIC_SHARE] = "0..1",
        [METRIC_RATIO] = "x", [METRIC_COUNT] = "n",
    };

    for (const struct metric *m = metric_all(); m->name; m++)
        row(l, m->name, "unit", units[m->unit], m->help);
    return 0;
}

/* A product's words, those that are modelled. */
static void list_profile(struct lister *l, const struct profile *p)
{
    const cJSON *entry;
    char words[400] = "";

    cJSON_ArrayForEach(entry, doc_get(p->doc.root, "policies"))
        if (!doc_get(entry, "not_modelled"))
            snprintf(words + strlen(words), sizeof words - strlen(words), "%s%s",
                     *words ? ", " : "", entry->string);
    row(l, p->name, "synthetic", cJSON_IsTrue(doc_get(p->doc.root, "synthetic")) ? "syn" : NULL,
        words);
}

static int list_profiles(struct lister *l)
{
    struct profile profile;

    for (const char *const *name = profile_names; *name; name++)
        if (profile_open(&profile, *name) == 0) {
            list_profile(l, &profile);
            profile_fini(&profile);
        }
    return 0;
}

static int list_topics(struct lister *l)
{
    char title[200];

    for (uint32_t i = 0; topic_names[i] != NULL; i++) {
        snprintf(title, sizeof title, "%.*s", (int)strcspn(topic_texts[i], "\n"), topic_texts[i]);
        row(l, topic_names[i], "aliases", NULL, title);
    }
    return 0;
}

static void list_page(struct lister *l, const struct page *p)
{
    char title[200];

    snprintf(title, sizeof title, "%.*s", (int)p->title_length, p->title);
    row(l, p->name, "aliases", NULL, title);
}

static int list_errors(struct lister *l)
{
    for (struct page p = { .text = NULL }; page_next(&p);)
        if (page_is_code(&p))
            list_page(l, &p);
    return 0;
}

static int list_words(struct lister *l)
{
    for (struct page p = { .text = NULL }; page_next(&p);)
        if (!page_is_code(&p))
            list_page(l, &p);
    return 0;
}

static bool is_scenario(const FTSENT *e)
{
    const char *dot = strrchr(e->fts_name, '.');

    return e->fts_info == FTS_F && dot && strcmp(dot, ".json") == 0;
}

/* Paths are long: a title stands below its own. */
static void put_scenario(struct cli *cli, const char *path, const char *title)
{
    char shown[1024];

    fprintf(cli->out, "  %s\n", text_safe(shown, sizeof shown, path, strlen(path)));
    if (!*title)
        return;
    fputs("      ", cli->out);
    columns_wrap(cli->out, text_safe(shown, sizeof shown, title, strlen(title)), 6, 6,
                 cli_columns(cli));
}

static void list_scenario(struct lister *l, const char *path)
{
    struct loaded loaded;

    if (load_scenario(l->cli, path, &loaded) == 0) {
        const char *title = loaded.scenario.title, *name = loaded.scenario.name;

        l->rows++;
        if (l->cli->opt.wants_json)
            row(l, path, "scenario", name, title ? title : "");
        else
            put_scenario(l->cli, path, title ? title : "");
    }
    load_fini(&loaded);
    err_init(&l->cli->err);
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static bool is_elsewhere(const FTSENT *e)
{
    return e->fts_info == FTS_D && (strcmp(e->fts_name, "schema") == 0 ||
                                    strcmp(e->fts_name, "profiles") == 0);
}

/* The folder that was asked for, else that of the source tree, else the installed one; NULL when
 * it is not there. */
static const char *find_scenarios(const struct texts *words)
{
    static const char installed[] = LBLAB_DATADIR "/scenarios";

    if (words->count > 1)
        return access(words->item[1], R_OK) == 0 ? words->item[1] : NULL;
    if (access("scenarios", R_OK) == 0)
        return "scenarios";
    return access(installed, R_OK) == 0 ? installed : NULL;
}

static int no_scenarios(struct cli *cli, const char *folder)
{
    char shown[512];

    if (!folder)
        folder = cli->words.count > 1 ? cli->words.item[1]
                                      : "./scenarios and " LBLAB_DATADIR "/scenarios";
    err_input(&cli->err, "E024", "no scenarios: looked in %s",
              text_safe(shown, sizeof shown, folder, strlen(folder)));
    err_hint(&cli->err, "lblab list scenarios DIR");
    return 2;
}

static int list_scenarios(struct lister *l)
{
    const char *folder = find_scenarios(&l->cli->words);

    if (!folder)
        return no_scenarios(l->cli, NULL);

    char *roots[] = { (char *)(uintptr_t)folder, NULL };
    FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);

    for (FTSENT *e; tree && (e = fts_read(tree)) != NULL;)
        if (is_elsewhere(e))
            fts_set(tree, e, FTS_SKIP);
        else if (is_scenario(e))
            list_scenario(l, e->fts_path);
    if (tree)
        fts_close(tree);
    return l->rows ? 0 : no_scenarios(l->cli, folder);
}

static const struct subject {
    const char *name, *help;
    int (*list)(struct lister *);
} subjects[] = {
    { "algorithms", "what a balancer may choose by", list_algorithms },
    { "distributions", "of service times, pauses and demands", list_distributions },
    { "errors", "and warnings: what `lblab explain CODE` has a page about", list_errors },
    { "metrics", "what a result says of a policy", list_metrics },
    { "profiles", "products: their own words for what a balancer chooses by", list_profiles },
    { "scenarios", "in ./scenarios, in the installed folder or in DIR", list_scenarios },
    { "topics", "what is modelled of the network, and how", list_topics },
    { "words", "of the answers, and of products: lblab explain WORD", list_words },
};

static int list_subjects(struct lister *l)
{
    for (size_t i = 0; i < ARRAY_LEN(subjects); i++)
        row(l, subjects[i].name, "unit", NULL, subjects[i].help);
    return 0;
}

static int unknown(struct cli *cli, const char *word)
{
    const char *names[ARRAY_LEN(subjects) + 1] = { NULL };
    char shown[64];

    for (size_t i = 0; i < ARRAY_LEN(subjects); i++)
        names[i] = subjects[i].name;

    const char *near = text_nearest(word, names);

    err_input(&cli->err, "E024", "there is no list of \"%s\"",
              text_safe(shown, sizeof shown, word, strlen(word)));
    if (near)
        err_hint(&cli->err, "did you mean \"%s\"?", near);
    else
        err_hint(&cli->err,
                 "lists: algorithms, distributions, errors, metrics, profiles, scenarios, topics, "
                 "words");
    return 2;
}

static int list(struct cli *cli, const struct subject *s)
{
    struct lister l = { .cli = cli };

    if (!cli->opt.wants_json)
        return s->list(&l);
    l.json = answer_begin(cli, "list");
    json_open(&l.json, "rows", '[');

    int code = s->list(&l);

    json_close(&l.json, ']');
    answer_end(&l.json, cli);
    return code;
}

static int run(struct cli *cli)
{
    static const struct subject all = { "", NULL, list_subjects };

    if (cli->words.count == 0)
        return list(cli, &all);
    for (size_t i = 0; i < ARRAY_LEN(subjects); i++)
        if (strcmp(subjects[i].name, cli->words.item[0]) == 0)
            return list(cli, &subjects[i]);
    return unknown(cli, cli->words.item[0]);
}

static const struct opt opts[] = {
    OPT_ROW_PLUGIN, OPT_ROW_JSON, OPT_ROW_OUTPUT, OPT_ROWS_COMMON, OPT_END,
};

const struct verb verb_list = {
    .name = "list", .words = "[WHAT [DIR]]", .max_words = 2,
    .summary = "algorithms, metrics, profiles, scenarios, topics, errors, words",
    .details = "Without WHAT: the lists that there are.  Scenarios are looked for in DIR, else\n"
               "in ./scenarios, else where `make install` put them.",
    .examples = "lblab list algorithms\nlblab list scenarios\nlblab list metrics --json",
    .opts = opts, .run = run,
};
