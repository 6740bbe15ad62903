/* explain_key.c - pages about keys of a scenario, by their path or by their last word; all of it
 * from the field tables, and from topics that speak of them. */
#include "explain.h"
#include "topic.h"

#include "../base/text.h"
#include "../report/columns.h"

#include <string.h>

enum { KEY_INDENT = 15, MOST_TOPICS = 4 };

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

/* Topics that name the key in quotes, but for the one whose sample names them all; a key that many
 * name is told of in none. */
static void explain_topics(struct cli *cli, const char *key)
{
    char quoted[80], list[200] = "";
    uint32_t count = 0;
    size_t used = 0;

    snprintf(quoted, sizeof quoted, "\"%s\"", key);
    for (uint32_t i = 0; topic_names[i] != NULL; i++)
        if (strcmp(topic_names[i], "scenario") != 0 && strstr(topic_texts[i], quoted) &&
            used < sizeof list)
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", count++ ? ", " : "",
                                     topic_names[i]);
    if (count == 0 || count > MOST_TOPICS)
        return;
    fprintf(cli->out, "\nsee lblab explain ");
    columns_wrap(cli->out, list, 18, 4, cli_columns(cli));
}

void explain_key(struct cli *cli, const char *path, const struct field_table *table,
                 const struct field *f)
{
    const struct field_table *inner = field_inner(f);
    char facts[1024], title[400];

    /* "default: none" alone says nothing */
    snprintf(title, sizeof title, "%s%s%s", inner && inner->help ? inner->help : "",
             inner && inner->help ? "; " : "", f->help);
    explain_title(cli, path, NULL, strncmp(f->help, "default", 7) == 0 ? title : f->help);
    show_facts(facts, sizeof facts, table, f);
    fputs("\n  ", cli->out);
    columns_wrap(cli->out, facts, 2, 2, cli_columns(cli));
    if (field_inner(f))
        explain_keys(cli, field_inner(f));
    explain_topics(cli, f->key);
}

const struct field *explain_find_key(const char *path, const struct field_table **of)
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

/* ---- by name ---- */

struct named {
    struct cli *cli;                /* NULL: only counted */
    const char *word, *but;
    uint32_t count, wanted;         /* its page is told, from 1; 0: a line for each */
};

static bool has_word(const struct field *f, const char *word)
{
    if (f->type != &field_choice && f->type != &field_choices)
        return false;
    for (const struct field_choice *c = f->extra; c->name; c++)
        if (strcmp(c->name, word) == 0)
            return true;
    return false;
}

static void tell_named(struct named *n, const char *path, const struct field *f, bool is_value)
{
    char line[1200];

    snprintf(line, sizeof line, "%s%s: %s", is_value ? "a word of " : "", path, f->help);
    fputs("  ", n->cli->out);
    columns_wrap(n->cli->out, line, 2, 6, cli_columns(n->cli));
}

static void visit_named(void *arg, const char *path, const struct field_table *table,
                        const struct field *f)
{
    struct named *n = arg;
    bool is_value = strcmp(f->key, n->word) != 0 && has_word(f, n->word);

    if ((strcmp(f->key, n->word) != 0 && !is_value) || (n->but && strcmp(path, n->but) == 0))
        return;
    n->count++;
    if (!n->cli)
        return;
    if (n->wanted == 0)
        tell_named(n, path, f, is_value);
    else if (n->wanted == n->count)
        explain_key(n->cli, path, table, f);
}

uint32_t explain_count_keys(const char *word, const char *but)
{
    struct named n = { .word = word, .but = but };

    field_walk(visit_named, &n);
    return n.count;
}

void explain_keys_named(struct cli *cli, const char *word, const char *but)
{
    struct named n = { .cli = cli, .word = word, .but = but };

    fprintf(cli->out, "keys of a scenario: lblab explain PATH\n");
    field_walk(visit_named, &n);
}

void explain_key_named(struct cli *cli, const char *word)
{
    struct named n = { .cli = cli, .word = word, .wanted = 1 };

    field_walk(visit_named, &n);
}
