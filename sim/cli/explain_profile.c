/* explain_profile.c - a product's words, what they mean here, what a balancer does by default
 * there, what else a scenario can ask for and how, and what is not modelled; every line with its
 * source. */
#include "explain.h"

#include "../base/text.h"
#include "../report/columns.h"
#include "../scenario/profile.h"

#include <stdio.h>
#include <string.h>

enum { WORD_COLUMN = 22, INDENT = 6 };

static const char *text_of(const cJSON *object, const char *key)
{
    const cJSON *node = doc_get(object, key);

    return cJSON_IsString(node) ? node->valuestring : "";
}

/* Adds a value as the profile's file has it, on one line. */
static void add_value(char *line, size_t size, const struct doc *doc, const cJSON *node)
{
    size_t length, used = strlen(line);
    const char *raw = doc_raw(doc, node, &length);
    bool was_blank = false;

    for (size_t k = 0; raw && k < length && used + 1 < size; k++) {
        bool is_blank = raw[k] == ' ' || raw[k] == '\n';

        if (!is_blank || !was_blank)
            line[used++] = is_blank ? ' ' : raw[k];
        was_blank = is_blank;
    }
    line[used] = '\0';
}

/* "least_conn_fifo(lists=1)", as -a would name it. */
static void put_algorithm(char *buf, size_t size, const cJSON *algorithm)
{
    const char *before = "(";
    const cJSON *member;
    size_t used = (size_t)snprintf(buf, size, "%s", text_of(algorithm, "name"));

    cJSON_ArrayForEach(member, algorithm) {
        char value[48];

        if (strcmp(member->string, "name") == 0 || used >= size)
            continue;
        if (cJSON_IsString(member))
            snprintf(value, sizeof value, "%s", member->valuestring);
        else if (cJSON_IsNumber(member))
            snprintf(value, sizeof value, "%.15g", member->valuedouble);
        else
            snprintf(value, sizeof value, "%s", cJSON_IsTrue(member) ? "true" : "false");
        used += (size_t)snprintf(buf + used, size - used, "%s%s=%s", before, member->string,
                                 value);
        before = ", ";
    }
    if (*before == ',' && used < size)
        snprintf(buf + used, size - used, ")");
}

static void put_source(struct cli *cli, const char *source)
{
    char line[512];

    if (!*source)
        return;
    snprintf(line, sizeof line, "[%s]", source);
    fprintf(cli->out, "%*s", INDENT, "");
    columns_wrap(cli->out, line, INDENT, INDENT, cli_columns(cli));
}

static void put_word(struct cli *cli, const char *word, const cJSON *entry, const cJSON *set)
{
    const char *reason = text_of(entry, "not_modelled");
    char meaning[400];

    if (*reason)
        snprintf(meaning, sizeof meaning, "not modelled: %s", reason);
    else
        put_algorithm(meaning, sizeof meaning, set);
    fprintf(cli->out, "  %-*s ", WORD_COLUMN, word);
    columns_wrap(cli->out, *meaning ? meaning : "as it is", WORD_COLUMN + 3, WORD_COLUMN + 3,
                 cli_columns(cli));
    put_source(cli, text_of(entry, "source"));
}

static void put_further_words(struct cli *cli, const cJSON *tables)
{
    const cJSON *table, *entry;

    cJSON_ArrayForEach(table, tables) {
        if (!table->child)
            continue;
        fprintf(cli->out, "\nfurther words: %s\n", table->string);
        cJSON_ArrayForEach(entry, table) {
            char word[80];
            const char *number = text_of(entry, "number");

            snprintf(word, sizeof word, *number ? "%s(%s)" : "%s", entry->string, number);
            put_word(cli, word, entry, doc_get(entry, "set"));
        }
    }
}

static void put_defaults(struct cli *cli, const struct profile *p)
{
    const cJSON *list = doc_get(p->doc.root, "defaults"), *entry;

    if (list && list->child)
        fputs("\na balancer's defaults there\n", cli->out);
    cJSON_ArrayForEach(entry, list) {
        char value[512] = "";

        add_value(value, sizeof value, &p->doc, doc_get(entry, "value"));
        fprintf(cli->out, "  %-*s %s\n", WORD_COLUMN, text_of(entry, "key"), value);
        put_source(cli, text_of(entry, "source"));
    }
}

/* What to write, and in which object. */
static void put_places(struct cli *cli, const struct profile *p, const cJSON *entry)
{
    static const char *const place[] = { "balancer", "algorithm", "event" };

    for (size_t k = 0; k < sizeof place / sizeof place[0]; k++) {
        const cJSON *members = doc_get(entry, place[k]);
        char line[512];

        if (!members)
            continue;
        snprintf(line, sizeof line, "%s: ", place[k]);
        add_value(line, sizeof line, &p->doc, members);
        fprintf(cli->out, "%*s", INDENT, "");
        columns_wrap(cli->out, line, INDENT, INDENT + 2, cli_columns(cli));
    }
}

static void put_options(struct cli *cli, const struct profile *p)
{
    const cJSON *list = doc_get(p->doc.root, "options"), *entry;

    if (list && list->child)
        fputs("\nnot set by the profile: a scenario asks for it\n", cli->out);
    cJSON_ArrayForEach(entry, list) {
        fputs("  - ", cli->out);
        columns_wrap(cli->out, text_of(entry, "what"), 4, 4, cli_columns(cli));
        put_places(cli, p, entry);
        put_source(cli, text_of(entry, "source"));
    }
}

static void put_missing(struct cli *cli, const struct profile *p)
{
    const cJSON *list = doc_get(p->doc.root, "not_modelled"), *entry;

    if (list && list->child)
        fputs("\nnot modelled\n", cli->out);
    cJSON_ArrayForEach(entry, list) {
        fputs("  - ", cli->out);
        columns_wrap(cli->out, text_of(entry, "what"), 4, 4, cli_columns(cli));
        put_source(cli, text_of(entry, "source"));
    }
}

bool explain_profile(struct cli *cli, const char *name)
{
    struct profile p;
    const cJSON *entry;

    if (profile_open(&p, name) < 0)
        return false;
    fprintf(cli->out, "%s - %s %s%s\n", p.name, text_of(p.doc.root, "product"),
            text_of(p.doc.root, "version"),
            cJSON_IsTrue(doc_get(p.doc.root, "synthetic"))
                ? ", synthetic: its rules are not public" : "");
    fprintf(cli->out,
            "\npolicies, as in \"algorithm\": { \"profile\": \"%s\", \"policy\": \"%s\" }\n",
            p.name, text_of(p.doc.root, "default_policy"));
    cJSON_ArrayForEach(entry, doc_get(p.doc.root, "policies")) {
        put_word(cli, entry->string, entry, doc_get(entry, "algorithm"));
    }
    put_further_words(cli, doc_get(p.doc.root, "words"));
    put_defaults(cli, &p);
    put_options(cli, &p);
    put_missing(cli, &p);
    profile_fini(&p);
    return true;
}
