/* remap_asked.c - which change, of which backends, for which keys. */
#include "remap_asked.h"

#include "../base/text.h"

#include <inttypes.h>
#include <string.h>

enum { MOST_KEYS = 100000000, MOST_WEIGHT = 1000000, MOST_NAME = 60, PRESET_KEYS = 100000 };

static int refuse(struct cli *cli, const char *option, const char *expected, const char *found)
{
    char shown[64];

    return err_input(&cli->err, "E023", "--%s: %s expected, found \"%s\"", option, expected,
                     text_safe(shown, sizeof shown, found, strlen(found)));
}

/* The place of `word` in words[], which begins with the preset; word NULL: 0. */
static int choose(struct cli *cli, const char *option, const char *word, const char *const *words,
                  const char *expected)
{
    for (int k = 0; words[k]; k++)
        if (!word || strcmp(word, words[k]) == 0)
            return k;
    return refuse(cli, option, expected, word);
}

/* ---- which change ---- */

static int read_weight(struct cli *cli, struct remap_question *q)
{
    const char *text = cli->opt.weight, *equals = strchr(text, '=');
    char target[16] = "";

    if (equals && (size_t)(equals - text) < sizeof target)
        memcpy(target, text, (size_t)(equals - text));
    if (opt_number(target, 0, MOST_WEIGHT, &q->target) < 0 ||
        opt_number(equals + 1, 0, MOST_WEIGHT, &q->weight) < 0)
        return refuse(cli, "weight", "a backend, from 0, and its new weight, such as 3=2", text);
    return 0;
}

static int read_change(struct cli *cli, struct remap_question *q)
{
    const struct options *o = &cli->opt;
    int asked = (o->remove > 0) + (o->add > 0) + (o->crash > 0) + (o->weight != NULL) + o->shuffles;

    if (asked > 1)
        return err_input(&cli->err, "E023", "--remove, --add, --crash, --weight and --shuffle: one "
                                            "of them at a time");
    q->by = o->add ? o->add : o->crash ? o->crash : o->remove ? o->remove : 1;
    q->change = o->add      ? REMAP_ADD
              : o->crash    ? REMAP_CRASH
              : o->weight   ? REMAP_WEIGHT
              : o->shuffles ? REMAP_SHUFFLE
              : o->reloads && !o->remove ? REMAP_SAME : REMAP_REMOVE;
    return o->weight ? read_weight(cli, q) : 0;
}

static int check_manner(struct cli *cli, const struct remap_question *q)
{
    const struct options *o = &cli->opt;
    bool has_which = q->change == REMAP_REMOVE || q->change == REMAP_CRASH ||
                     (q->change == REMAP_ADD && o->reloads);

    if (o->returns && !o->crash)
        return err_input(&cli->err, "E023", "--return: only with --crash");
    if (o->reloads && o->crash)
        return err_input(&cli->err, "E023", "--reload and --crash: a new process finds out for "
                                            "itself who is down; use --remove");
    if (o->which && !has_which)
        return err_input(&cli->err, "E023", q->change == REMAP_ADD
                         ? "--which: what is added while it runs comes last; with --reload there "
                           "is a choice"
                         : "--which: only with --remove, --crash, or --add and --reload");
    return 0;
}

static int read_manner(struct cli *cli, struct remap_question *q)
{
    static const char *const which[] = { "middle", "first", "last", "random", NULL };
    static const char *const ids[] = { "name", "position", NULL };
    int w = choose(cli, "which", cli->opt.which, which, "first, last, middle or random");
    int i = choose(cli, "ids", cli->opt.ids, ids, "name or position");

    if (w < 0 || i < 0 || check_manner(cli, q) < 0)
        return -1;
    q->which = (enum remap_which)w;
    q->manner = cli->opt.reloads ? REMAP_RELOADED : REMAP_RUNNING;
    q->ids = !cli->opt.ids && cli->opt.reloads ? REMAP_BY_POSITION : (enum remap_ids)i;
    return 0;
}

static void name_change(struct cli *cli, struct remap_asked *a)
{
    static const char *const word[] = { "remove", "add", "weight", "crash", "shuffle", "reload" };
    const struct remap_question *q = &a->question;
    char what[32] = "", which[16] = "";

    if (q->change == REMAP_WEIGHT)
        snprintf(what, sizeof what, " %" PRIu32 "=%" PRIu32, q->target, q->weight);
    else if (q->change <= REMAP_CRASH)
        snprintf(what, sizeof what, " %" PRIu32, q->by);
    if (cli->opt.which)
        snprintf(which, sizeof which, " (%s)", cli->opt.which);
    snprintf(a->change, sizeof a->change, "%s%s%s%s", word[q->change], what, which,
             q->manner == REMAP_RELOADED && q->change != REMAP_SAME ? " by reload" : "");
    snprintf(a->home, sizeof a->home, "%s and return", a->change);
}

/* ---- names, keys, seed ---- */

static int read_names(struct cli *cli, struct remap_question *q)
{
    const char *names = cli->opt.names, *mark = names ? strchr(names, '#') : NULL;

    if (names && (!*names || strlen(names) > MOST_NAME || (mark && strchr(mark + 1, '#'))))
        return refuse(cli, "names", "a text of 1 to 60 bytes with at most one #", names);
    q->names = names;
    return 0;
}

static bool is_count(const char *text)
{
    return text[0] && text[strspn(text, "0123456789")] == '\0';
}

/* A number, also 100k; everything else is a file. */
static int read_keys(struct cli *cli, struct remap_asked *a)
{
    const char *text = cli->opt.keys;

    a->question.keys = PRESET_KEYS;
    if (!text || opt_number(text, 1, MOST_KEYS, &a->question.keys) == 0)
        return 0;
    if (is_count(text))
        return refuse(cli, "keys", "a number from 1 to 100000000, or a file", text);
    if (remap_keys_read(&a->keys, text, &cli->err) < 0)
        return -1;
    a->question.given = &a->keys;
    return 0;
}

int remap_asked_read(struct cli *cli, struct remap_asked *a)
{
    uint32_t seed = 1;

    *a = (struct remap_asked){ .has_return = cli->opt.returns };
    if (cli->opt.seed && opt_number(cli->opt.seed, 0, UINT32_MAX, &seed) < 0)
        return refuse(cli, "seed", "a whole number below 2^32", cli->opt.seed);
    a->question.seed = seed;
    if (read_change(cli, &a->question) < 0 || read_manner(cli, &a->question) < 0 ||
        read_names(cli, &a->question) < 0 || read_keys(cli, a) < 0)
        return -1;
    name_change(cli, a);
    return 0;
}

void remap_asked_fini(struct remap_asked *a)
{
    remap_keys_fini(&a->keys);
}
