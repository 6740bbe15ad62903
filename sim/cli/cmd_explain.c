/* cmd_explain.c - a page about an algorithm, a distribution, a metric, a key of a scenario, the
 * code of a fault, or a topic of the model. */
#include "explain_profile.h"
#include "load.h"
#include "topic.h"
#include "verbs.h"

#include "../../algorithms/lb.h"
#include "../base/dist.h"
#include "../base/text.h"
#include "../report/columns.h"
#include "../results/catalogue.h"
#include "../scenario/codes.h"
#include "../scenario/field.h"
#include "../scenario/profile.h"

#include <math.h>
#include <string.h>

enum { KEY_INDENT = 15 };

static void section(FILE *out, const char *title, const char *text)
{
    if (!text)
        return;
    fprintf(out, "\n%s\n", title);
    while (*text) {
        int length = (int)strcspn(text, "\n");

        fprintf(out, "  %.*s\n", length, text);
        text += length + (text[length] == '\n');
    }
}

static void show_value(char *buf, size_t size, const struct lb_param *p, double value)
{
    if (p->type == LB_DURATION && isfinite(value))
        text_show_duration(buf, size, value);
    else if (p->type == LB_BOOL)
        snprintf(buf, size, "%s", value != 0 ? "true" : "false");
    else if (p->type == LB_CHOICE)
        snprintf(buf, size, "%s", p->words[(uint32_t)value]);
    else if (p->type == LB_UINT)
        snprintf(buf, size, "%.0f", value);
    else
        snprintf(buf, size, "%g", value);
}

static void show_words(char *buf, size_t size, const struct lb_param *p)
{
    size_t used = (size_t)snprintf(buf, size, ", of");

    for (const char *const *w = p->words; *w && used < size; w++)
        used += (size_t)snprintf(buf + used, size - used, " %s", *w);
}

static void explain_param(struct cli *cli, const struct lb_param *p)
{
    FILE *out = cli->out;
    char preset[32], min[32], max[32], range[120] = "";

    show_value(preset, sizeof preset, p, p->preset);
    show_value(min, sizeof min, p, p->min);
    show_value(max, sizeof max, p, p->max);
    if (p->type == LB_CHOICE)
        show_words(range, sizeof range, p);
    else if (p->type != LB_BOOL)
        snprintf(range, sizeof range, ", %s to %s", min, max);
    fprintf(out, "  %-16s [%s%s]\n      ", p->name, preset, range);
    columns_wrap(out, p->help, 6, 6, cli_columns(cli));
}

static void explain_traits(FILE *out, uint32_t traits)
{
    static const struct { uint32_t bit; const char *says; } all[] = {
        { LB_WEIGHTED, "shares follow the weights" },
        { LB_BY_KEY, "the pick follows from the key" },
        { LB_CONSISTENT, "removing one of n moves about 1/n of the keys" },
        { LB_FEEDBACK, "reads in-flight counts or outcomes" },
        { LB_BY_ADDRESS, "hashes the client's address" },
        { LB_BY_LOAD, "in-flight counts move keys" },
        { LB_BY_WORK, "reads a request's work, which no real proxy knows" },
        { LB_BY_ORDER, "the order of the backends counts too" },
        { LB_SCANS, "every pick looks at all backends" },
        { LB_MAY_WAIT, "waits for a full backend though others have room" },
        { LB_MAY_DROP, "drops what the backend of its choice may not be given" },
        { LB_RAMPS, "weights may change at any time: goes with slow_start" },
        { LB_WRAPS, "wraps an algorithm: a key of it, { \"name\": \"p2c\", \"panic\": {} }" },
        { LB_STICKS, "remembers where keys went" },
        { LB_PANICS, "may use backends that are down" },
        { LB_MAY_LINGER, "keys may still go to drained backends" },
    };
    const char *before = "\ntraits\n  ";

    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        if (traits & all[i].bit) {
            fprintf(out, "%s%s", before, all[i].says);
            before = "\n  ";
        }
    if (traits)
        fputc('\n', out);
}

static void explain_signals(FILE *out, uint32_t signals)
{
    static const struct { uint32_t bit; const char *says; } all[] = {
        { LB_OWN, "own: what it sent and saw come back; shared where \"share\" says so" },
        { LB_REPORTED, "reported: load that backends tell in replies or by \"reports\"" },
        { LB_PROBED, "reported: answers to its own probes" },
        { LB_TOKENS, "reported: tokens of backends that have become idle" },
    };
    const char *before = "\nsignal (see lblab explain signals)\n  ";

    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        if (signals & all[i].bit) {
            fprintf(out, "%s%s", before, all[i].says);
            before = "\n  ";
        }
    if (signals)
        fputc('\n', out);
}

/* "NAME, ALIAS - SUMMARY" */
static void put_title(struct cli *cli, const char *name, const char *alias, const char *summary)
{
    char title[1024];

    snprintf(title, sizeof title, "%s%s%s - %s", name, alias ? ", " : "", alias ? alias : "",
             summary ? summary : "");
    columns_wrap(cli->out, title, 0, 4, cli_columns(cli));
}

static void explain_algorithm(struct cli *cli, const struct lb_ops *ops)
{
    FILE *out = cli->out;

    put_title(cli, ops->name, ops->aliases, ops->summary);
    if (ops->page) {
        section(out, "rule", ops->page->rule);
        section(out, "cost", ops->page->cost);
        section(out, "who ships it", ops->page->used_by);
        section(out, "fails when", ops->page->fails_when);
        section(out, "source", ops->page->source);
    }
    explain_signals(out, lb_signals_of(ops));
    explain_traits(out, ops->traits);
    if (ops->max_backends)
        fprintf(out, "\nat most %u backends\n", ops->max_backends);
    if (ops->params && ops->params->name)
        fputs("\nparameters\n", out);
    for (const struct lb_param *p = ops->params; p && p->name; p++)
        explain_param(cli, p);
}

static void explain_distribution(struct cli *cli, const struct dist_kind *k)
{
    put_title(cli, k->name, k->alias, "a distribution of durations");
    fputs("\n  ", cli->out);
    columns_wrap(cli->out, k->help, 2, 2, cli_columns(cli));
    for (const struct dist_param *p = k->params; p && p->name; p++) {
        fprintf(cli->out, "\n  %-12s ", p->name);
        columns_wrap(cli->out, p->help, KEY_INDENT, KEY_INDENT, cli_columns(cli));
    }
}

/* "; with process "poisson" or "constant"": the selector's values that the bits of `when` name. */
static void show_when(char *buf, size_t size, const struct field *selector, uint32_t when)
{
    const char *before = "";
    size_t used = (size_t)snprintf(buf, size, "; with %s ", selector->key);

    for (const struct field_choice *c = selector->extra; c->name && used < size; c++)
        if (when & FIELD_WHEN(c->value)) {
            used += (size_t)snprintf(buf + used, size - used, "%s\"%s\"", before, c->name);
            before = " or ";
        }
}

static void show_bound(char *buf, size_t size, const struct field *f, double bound)
{
    char unit[32];

    if (f->type == &field_duration)
        text_show_duration(buf, size, bound);
    else if (f->type == &field_rate)
        snprintf(buf, size, "%s/s", text_show_count(unit, sizeof unit, bound));
    else
        snprintf(buf, size, "%.10g", bound);
}

/* Numbers, durations and rates have bounds of this kind; others use the members for lengths. */
static bool has_range(const struct field *f)
{
    return (f->min != 0 || f->max != 0) &&
           (f->type == &field_uint || f->type == &field_count || f->type == &field_real ||
            f->type == &field_duration || f->type == &field_rate);
}

/* `a duration: "250ms"; 1 ms to 720 h; default "5s"; required for process "poisson"` */
static void show_facts(char *buf, size_t size, const struct field_table *table,
                       const struct field *f)
{
    char low[40], high[40], words[256], range[96] = "", when[320] = "";
    const struct field *selector = table->selector ? field_find(table, table->selector) : NULL;
    const bool is_word = f->type == &field_choice || f->type == &field_choices;

    if (has_range(f)) {
        show_bound(low, sizeof low, f, f->min);
        show_bound(high, sizeof high, f, f->max);
        snprintf(range, sizeof range, "; %s to %s", low, high);
    }
    if (f->when && selector)
        show_when(when, sizeof when, selector, f->when);
    snprintf(buf, size, "%s%s%s%s%s%s%s%s", f->type->what ? f->type->what : "",
             is_word ? ": " : "", is_word ? field_choice_names(f->extra, words, sizeof words) : "",
             range, f->preset ? "; default " : "", f->preset ? f->preset : "",
             f->flags & FIELD_REQUIRED ? "; required" : "", when);
}

static void explain_keys(struct cli *cli, const struct field_table *table)
{
    char facts[1024];

    if (table->help) {
        fputs("  ", cli->out);
        columns_wrap(cli->out, table->help, 2, 2, cli_columns(cli));
    }
    fputs("\nkeys\n", cli->out);
    for (const struct field *row = table->row; row->key; row++) {
        fprintf(cli->out, "  %-12s ", row->key);
        columns_wrap(cli->out, row->help, columns_width(row->key) > 12 ? 3 + columns_width(row->key)
                     : KEY_INDENT, KEY_INDENT, cli_columns(cli));
        show_facts(facts, sizeof facts, table, row);
        fprintf(cli->out, "%*s", KEY_INDENT, "");
        columns_wrap(cli->out, facts, KEY_INDENT, KEY_INDENT, cli_columns(cli));
    }
}

static void explain_field(struct cli *cli, const char *path, const struct field_table *table,
                          const struct field *f)
{
    char facts[1024];

    put_title(cli, path, NULL, f->help);
    show_facts(facts, sizeof facts, table, f);
    fputs("\n  ", cli->out);
    columns_wrap(cli->out, facts, 2, 2, cli_columns(cli));
    if (field_inner(f))
        explain_keys(cli, field_inner(f));
}

/* "clients.arrival.rate"; names and [indexes] of list items may be left out. */
static const struct field *find_field(const char *path, const struct field_table **of)
{
    const struct field_table *table = &fields_scenario;
    const struct field *f = NULL;
    char word[64];

    while (table && *path) {
        size_t length = strcspn(path, ".");

        snprintf(word, sizeof word, "%.*s", (int)strcspn(path, ".["), path);
        f = field_find(table, word);
        if (!f)
            return NULL;
        *of = table;
        path += length + (path[length] == '.');
        table = field_inner(f);
    }
    return *path ? NULL : f;
}

/* The codes of faults that are not a scenario's. */
static const char *code_meaning(const char *code)
{
    static const struct { const char *code, *meaning; } all[] = {
        { "E020", "No verb has this name. `lblab help` shows them all." },
        { "E021", "The verb has no such option. `lblab VERB --help` shows them all." },
        { "E022", "The option stands without the value that it needs." },
        { "E023", "The option's value is not of the kind that it takes." },
        { "E024", "A word too many, too few, or one that names nothing known." },
        { "E710", "A record that an earlier run left is cut short or is not of this program." },
        { "E900", "The machine or the program failed, not the input: a full disk, a missing\n"
                  "right, a worker or a plug-in that died. The message says which." },
        { "E901", "gnuplot is not there or failed, and a figure was what was asked for." },
        { "E910", "A process that worked on a seed was killed twice, by memory running out for\n"
                  "example. The message says the signal." },
        { "E911", "A process that worked on a seed ended without its numbers." },
        { "E912", "lblab has a bug: numbers that must agree do not, so none are shown. Please\n"
                  "tell us the scenario and the seed." },
        { "E913", "Two records of one cell differ: one was changed, or two machines do not\n"
                  "compute alike. The message names both folders." },
        { "E914", "Cells are missing, so there is no result yet: run their shard once more." },
        { "E915", "`merge` found no records, or those of several runs: name one folder." },
        { "E916", "`--resume` found nothing of this scenario that was left unfinished." },
        { "E917", "A stop rule cannot be dealt out to shards: give \"replications\" instead." },
        { "E918", "A process that worked on a seed got nowhere for so long (--stall): its\n"
                  "algorithm loops, most likely one that a plug-in brought." },
        { "W301", "Results of different scenarios were compared, as --allow-different wants:\n"
                  "their seeds are pairs in number only, so the changes are not paired." },
        { "W901", "gnuplot is not installed; the result is whole but has no figures." },
        { "W902", "gnuplot failed on a figure; data and script lie in plots/." },
        { "W903", "`compare` found no place for its figure; the answer is whole without it." },
    };

    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        if (strcmp(all[i].code, code) == 0)
            return all[i].meaning;
    return scenario_code_meaning(code);
}

static const struct lb_ops *find_algorithm(const struct plugins *p, const char *name)
{
    for (uint32_t i = 0; i < p->count; i++)
        if (strcmp(p->ops[i]->name, name) == 0)
            return p->ops[i];
    return lb_find(name);
}

static int unknown(struct cli *cli, const char *word)
{
    const char *names[256];
    char shown[96];
    size_t n = 0;

    for (const struct lb_ops *const *o = lb_all(); *o && n < 128; o++)
        names[n++] = (*o)->name;
    for (const struct dist_kind *const *k = dist_kinds(); *k && n < 192; k++)
        names[n++] = (*k)->name;
    for (const char *const *p = profile_names; *p && n < ARRAY_LEN(names) - 1; p++)
        names[n++] = *p;
    for (const char *const *t = topic_names; *t && n < ARRAY_LEN(names) - 1; t++)
        names[n++] = *t;
    names[n] = NULL;

    const char *near = text_nearest(word, names);

    err_input(&cli->err, "E024", "nothing is known of \"%s\"",
              text_safe(shown, sizeof shown, word, strlen(word)));
    if (near)
        err_hint(&cli->err, "did you mean \"%s\"?", near);
    else
        err_hint(&cli->err, "try: lblab list algorithms, lblab explain clients");
    return 2;
}

static int explain(struct cli *cli, const struct plugins *p, const char *word)
{
    double percentile;
    const struct lb_ops *ops = find_algorithm(p, word);
    const struct dist_kind *kind = ops ? NULL : dist_find(word);
    const struct metric *metric = ops || kind ? NULL : metric_find(word, &percentile);
    const struct field_table *table = NULL;
    const struct field *field = ops || kind || metric ? NULL : find_field(word, &table);
    const char *meaning = code_meaning(word);

    if (meaning)
        fprintf(cli->out, "%s - %s\n", word, meaning);
    else if (ops)
        explain_algorithm(cli, ops);
    else if (kind)
        explain_distribution(cli, kind);
    else if (metric)
        put_title(cli, word, NULL, metric->help);
    else if (field)
        explain_field(cli, word, table, field);
    else if (!explain_profile(cli, word) && !topic_explain(cli, word))
        return unknown(cli, word);
    return 0;
}

static int run(struct cli *cli)
{
    struct plugins p;
    int code = plugin_load(&p, cli->opt.plugins.item, cli->opt.plugins.count, &cli->err) < 0
             ? 3 : explain(cli, &p, cli->words.item[0]);

    plugin_unload(&p);
    return code;
}

static const struct opt opts[] = { OPT_ROW_PLUGIN, OPT_ROW_OUTPUT, OPT_ROWS_COMMON, OPT_END };

const struct verb verb_explain = {
    .name = "explain", .words = "WHAT", .min_words = 1, .max_words = 1,
    .summary = "an algorithm, product, distribution, metric, key, code or topic",
    .examples = "lblab explain peak_ewma\nlblab explain haproxy-2.6\n"
                "lblab explain clients.arrival\nlblab explain E101",
    .opts = opts, .run = run,
};
