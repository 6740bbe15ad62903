/* cmd_help.c - lblab help, lblab help VERB: made from the same tables that parse. */
#include "verbs.h"

#include "../base/text.h"

#include <string.h>

void help_verbs(FILE *out)
{
    fputs("lblab runs load-balancing algorithms inside a simulated network and says what\n"
          "they do to tail latency and to where requests go.\n\n"
          "usage: lblab VERB [OPTIONS] ...\n\n", out);
    for (const struct verb *const *v = verb_all(); *v; v++)
        fprintf(out, "  %-12s %s\n", (*v)->name, (*v)->summary);
    fputs("\nexamples:\n"
          "  lblab run scenarios/tails/rr-vs-ewma.json\n"
          "  lblab list algorithms\n"
          "  lblab explain peak_ewma\n\n"
          "lblab VERB --help tells more.  The answer goes to stdout, all else to stderr.\n"
          "exit: 0 yes, 1 no, 2 wrong input, 3 tool or machine failed, 4 inconclusive (with\n"
          "--strict), 130/143 interrupted, 141 the reader closed the pipe\n",
          out);
}

static void print_examples(FILE *out, const char *text)
{
    fputs("\nexamples:\n", out);
    while (*text) {
        int length = (int)strcspn(text, "\n");

        fprintf(out, "  %.*s\n", length, text);
        text += length + (text[length] == '\n');
    }
}

void help_verb(FILE *out, const struct verb *verb)
{
    fprintf(out, "usage: lblab %s%s%s [OPTIONS]\n\n%s\n", verb->name, verb->words ? " " : "",
            verb->words ? verb->words : "", verb->summary);
    if (verb->details)
        fprintf(out, "%s\n", verb->details);
    fputs("\noptions:\n", out);
    opt_print(out, verb->opts);
    print_examples(out, verb->examples);
}

static int run(struct cli *cli)
{
    if (cli->words.count == 0) {
        help_verbs(cli->out);
        return 0;
    }

    const char *word = cli->words.item[0];
    const struct verb *verb = verb_find(word);
    char shown[64];

    if (!verb)
        return err_input(&cli->err, "E020", "unknown verb \"%s\"",
                         text_safe(shown, sizeof shown, word, strlen(word))), 2;
    help_verb(cli->out, verb);
    return 0;
}

static const struct opt opts[] = { OPT_ROWS_COMMON, OPT_END };

const struct verb verb_help = {
    .name = "help", .words = "[VERB]", .max_words = 1,
    .summary = "this page, or a verb's",
    .examples = "lblab help run\nlblab help remap",
    .opts = opts, .run = run,
};
