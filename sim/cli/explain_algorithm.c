/* explain_algorithm.c - the page about an algorithm or a wrapper: what its own table says. */
#include "explain.h"

#include "../base/text.h"
#include "../report/columns.h"

#include <math.h>
#include <string.h>

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

void explain_algorithm(struct cli *cli, const struct lb_ops *ops)
{
    FILE *out = cli->out;

    explain_title(cli, ops->name, ops->aliases, ops->summary);
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

static uint32_t tell_param(struct cli *cli, const struct lb_ops *ops, const char *word,
                           uint32_t told)
{
    for (const struct lb_param *p = ops->params; p && p->name; p++)
        if (strcmp(p->name, word) == 0) {
            if (told == 0)
                fputs("parameters of algorithms: lblab explain ALGORITHM\n", cli->out);
            fprintf(cli->out, "  %s: ", ops->name);
            columns_wrap(cli->out, p->help, 4 + columns_width(ops->name), 6, cli_columns(cli));
            return 1;
        }
    return 0;
}

uint32_t explain_params_named(struct cli *cli, const char *word)
{
    uint32_t told = 0;

    for (const struct lb_ops *const *o = lb_all(); *o; o++)
        told += tell_param(cli, *o, word, told);
    return told;
}
