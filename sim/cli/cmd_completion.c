/* cmd_completion.c - a completion script for bash, made from the verbs' tables. */
#include "verbs.h"

#include "../../algorithms/lb.h"
#include "../base/text.h"

#include <string.h>

static void write_verbs(FILE *out)
{
    fputs("        COMPREPLY=($(compgen -W '", out);
    for (const struct verb *const *v = verb_all(); *v; v++)
        fprintf(out, "%s ", (*v)->name);
    fputs("' -- \"$word\"))\n", out);
}

static void write_options(FILE *out)
{
    for (const struct verb *const *v = verb_all(); *v; v++) {
        fprintf(out, "    %s) options='", (*v)->name);
        for (const struct opt *o = (*v)->opts; o->name; o++)
            fprintf(out, "--%s ", o->name);
        fputs("' ;;\n", out);
    }
}

static void write_names(FILE *out)
{
    fputs("    local names='", out);
    for (const struct lb_ops *const *o = lb_all(); *o; o++)
        fprintf(out, "%s ", (*o)->name);
    fputs("'\n", out);
}

static int run(struct cli *cli)
{
    FILE *out = cli->out;

    if (strcmp(cli->words.item[0], "bash") != 0) {
        err_input(&cli->err, "E024", "completion is made for bash only");
        err_hint(&cli->err, "lblab completion bash");
        return 2;
    }
    fputs("_lblab() {\n"
          "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} options=\n",
          out);
    write_names(out);
    fputs("    COMPREPLY=()\n    if [ \"$COMP_CWORD\" = 1 ]; then\n", out);
    write_verbs(out);
    fputs("        return\n    fi\n    case ${COMP_WORDS[1]} in\n", out);
    write_options(out);
    fputs("    esac\n"
          "    case $before in\n"
          "    -a|--algo) COMPREPLY=($(compgen -W \"$names\" -- \"$word\")); return ;;\n"
          "    explain) COMPREPLY=($(compgen -W \"$names\" -- \"$word\")); return ;;\n"
          "    list) COMPREPLY=($(compgen -W 'algorithms distributions metrics "
          "profiles scenarios'\n"
          "        -- \"$word\")); return ;;\n"
          "    schema) COMPREPLY=($(compgen -W scenario -- \"$word\")); return ;;\n"
          "    esac\n"
          "    case $word in\n"
          "    -*) COMPREPLY=($(compgen -W \"$options\" -- \"$word\")) ;;\n"
          "    *) COMPREPLY=($(compgen -o plusdirs -f -X '!*.json' -- \"$word\")) ;;\n"
          "    esac\n}\ncomplete -o filenames -F _lblab lblab\n", out);
    return 0;
}

static const struct opt opts[] = { OPT_ROW_OUTPUT, OPT_ROWS_COMMON, OPT_END };

const struct verb verb_completion = {
    .name = "completion", .words = "bash", .min_words = 1, .max_words = 1,
    .summary = "a completion script for the shell",
    .examples = "source <(lblab completion bash)\n"
                "lblab completion bash -o ~/.local/share/bash-completion/completions/lblab",
    .opts = opts, .run = run,
};
