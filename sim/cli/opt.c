/* opt.c - reads a command line by a table; see opt.h. */
#include "opt.h"

#include "../base/text.h"
#include "../base/xalloc.h"
#include "../report/columns.h"

#include <stdlib.h>
#include <string.h>

enum { HELP_INDENT = 28, HELP_WIDTH = 79, TABLE_MAX = 48 };

struct line {
    const struct opt *table;
    char        *options;
    struct texts *words;
    int          argc, at;
    char       **argv;
    struct err  *err;
};

static void texts_add(struct texts *t, const char *item)
{
    t->item = xrealloc(t->item, t->count + 1, sizeof *t->item);
    t->item[t->count++] = item;
}

static bool takes_value(const struct opt *o)
{
    return o->type != OPT_FLAG && o->type != OPT_NOT && o->type != OPT_COUNT;
}

static int refuse(struct line *l, const struct opt *o, const char *value, const char *expected)
{
    char shown[96];

    err_input(l->err, "E023", "--%s: %s expected, found \"%s\"", o->name, expected,
              text_safe(shown, sizeof shown, value, strlen(value)));
    return -1;
}

int opt_number(const char *text, uint32_t min, uint32_t max, uint32_t *out)
{
    uint64_t n = 0;
    const char *at = text;

    for (; *at >= '0' && *at <= '9'; at++)
        if ((n = n * 10 + (uint64_t)(*at - '0')) > UINT32_MAX)
            return -1;
    if (at == text)
        return -1;
    if (*at == 'k' || *at == 'M')
        n *= *at++ == 'k' ? 1000 : 1000000;
    if (*at || n < min || n > max)
        return -1;
    *out = (uint32_t)n;
    return 0;
}

static int set_uint(struct line *l, const struct opt *o, const char *value)
{
    char expected[64];

    if (opt_number(value, o->min, o->max, (uint32_t *)(void *)(l->options + o->offset)) == 0)
        return 0;
    snprintf(expected, sizeof expected, "a whole number from %u to %u", o->min, o->max);
    return refuse(l, o, value, expected);
}

static int set_when(struct line *l, const struct opt *o, const char *value)
{
    static const char *const names[] = { "auto", "always", "never" };

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strcmp(value, names[i]) == 0) {
            *(enum when *)(void *)(l->options + o->offset) = (enum when)i;
            return 0;
        }
    return refuse(l, o, value, "auto, always or never");
}

static int set(struct line *l, const struct opt *o, const char *value)
{
    void *field = l->options + o->offset;

    switch (o->type) {
    case OPT_FLAG:  *(bool *)field = true;                    return 0;
    case OPT_NOT:   *(bool *)field = false;                   return 0;
    case OPT_COUNT: (*(uint32_t *)field)++;                   return 0;
    case OPT_TEXT:  *(const char **)field = value;            return 0;
    case OPT_TEXTS: texts_add((struct texts *)field, value);  return 0;
    case OPT_UINT:  return set_uint(l, o, value);
    case OPT_WHEN:  return set_when(l, o, value);
    }
    return -1;
}

static int unknown(struct line *l, const char *text, size_t length)
{
    const char *names[TABLE_MAX + 1];
    char word[64], shown[96];
    size_t n = 0;

    for (const struct opt *o = l->table; o->name && n < TABLE_MAX; o++)
        names[n++] = o->name;
    names[n] = NULL;
    err_input(l->err, "E021", "unknown option \"%s\"",
              text_safe(shown, sizeof shown, text, length));

    const char *bare = text[1] == '-' ? text + 2 : text + 1;

    snprintf(word, sizeof word, "%.*s", (int)(length - (size_t)(bare - text)), bare);

    const char *near = word[0] && word[1] ? text_nearest(word, names) : NULL;

    if (near)
        err_hint(l->err, "did you mean --%s?", near);
    else
        err_hint(l->err, "--help lists the options");
    return -1;
}

/* The value of an option: what stands behind it, or the next word. */
static int take(struct line *l, const struct opt *o, const char *attached)
{
    if (!takes_value(o))
        return set(l, o, NULL);
    if (attached)
        return set(l, o, attached);
    if (l->at + 1 < l->argc)
        return set(l, o, l->argv[++l->at]);
    return err_input(l->err, "E022", "--%s needs a value: --%s %s", o->name, o->name, o->value);
}

static int take_long(struct line *l, const char *word)
{
    const char *equals = strchr(word, '=');
    size_t length = equals ? (size_t)(equals - word) : strlen(word);

    for (const struct opt *o = l->table; o->name; o++)
        if (strlen(o->name) == length - 2 && memcmp(o->name, word + 2, length - 2) == 0) {
            if (equals && !takes_value(o))
                return err_input(l->err, "E023", "--%s takes no value", o->name);
            return take(l, o, equals ? equals + 1 : NULL);
        }
    return unknown(l, word, length);
}

static int take_letters(struct line *l, const char *word)
{
    for (const char *at = word + 1; *at; at++) {
        const struct opt *o = l->table;

        while (o->name && o->letter != *at)
            o++;
        if (!o->name)
            return unknown(l, word, strlen(word));
        if (takes_value(o))
            return take(l, o, at[1] ? at + 1 : NULL);
        if (set(l, o, NULL) < 0)
            return -1;
    }
    return 0;
}

int opt_parse(const struct opt *table, void *options, struct texts *words, int argc, char **argv,
              struct err *err)
{
    struct line l = { .table = table, .options = options, .words = words, .argc = argc,
                      .argv = argv, .err = err };
    bool only_words = false;

    for (l.at = 0; l.at < argc; l.at++) {
        const char *word = argv[l.at];

        if (only_words || word[0] != '-' || word[1] == '\0')
            texts_add(words, word);
        else if (strcmp(word, "--") == 0)
            only_words = true;
        else if (word[1] == '-')
            (void)take_long(&l, word);
        else
            (void)take_letters(&l, word);
    }
    return err->errors ? -1 : 0;
}

void opt_free(const struct opt *table, void *options)
{
    for (const struct opt *o = table; o->name; o++)
        if (o->type == OPT_TEXTS) {
            struct texts *t = (struct texts *)(void *)((char *)options + o->offset);

            free((void *)t->item);
            *t = (struct texts){ 0 };
        }
}

static void print_one(FILE *out, const struct opt *o)
{
    char letter[8] = "    ", left[64], help[400];

    if (o->letter)
        snprintf(letter, sizeof letter, "-%c, ", o->letter);
    snprintf(left, sizeof left, "  %s--%s%s%s", letter, o->name, o->value ? " " : "",
             o->value ? o->value : "");
    snprintf(help, sizeof help, "%s%s%s%s", o->help, o->preset ? " [" : "",
             o->preset ? o->preset : "", o->preset ? "]" : "");
    fprintf(out, "%-*s", HELP_INDENT, left);
    if (strlen(left) >= HELP_INDENT)
        fprintf(out, "\n%*s", HELP_INDENT, "");
    columns_wrap(out, help, HELP_INDENT, HELP_INDENT, HELP_WIDTH);
}

void opt_print(FILE *out, const struct opt *table)
{
    for (const struct opt *o = table; o->name; o++)
        print_one(out, o);
}
