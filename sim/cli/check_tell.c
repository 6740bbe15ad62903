/* check_tell.c - what was found: a line for each row that is not as it should be, and a count.
 * Other formats are made of the same rows by sim/report/ci_*.c. */
#include "check.h"

#include "answer.h"

#include "../base/text.h"
#include "../base/xalloc.h"
#include "../report/ci.h"
#include "../report/columns.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- text ---- */

static const char *word_of(enum gate_verdict verdict)
{
    static const char *const word[] = {
        [GATE_OK] = "ok",
        [GATE_FAILED] = "FAIL",
        [GATE_INCONCLUSIVE] = "?",
        [GATE_STALE] = "stale",
    };

    return word[verdict];
}

static const char *colour_of(const struct check *c, enum gate_verdict verdict)
{
    static const char *const colour[] = {
        [GATE_OK] = "\033[32m",
        [GATE_FAILED] = "\033[1;31m",
        [GATE_INCONCLUSIVE] = "\033[33m",
        [GATE_STALE] = "\033[36m",
    };

    return c->cli->has_colors ? colour[verdict] : "";
}

static void put_word(FILE *out, const struct check *c, enum gate_verdict verdict)
{
    fprintf(out, "%s%-5s%s ", colour_of(c, verdict), word_of(verdict),
            c->cli->has_colors ? "\033[0m" : "");
}

static void put_row(FILE *out, const struct check *c, const struct gate_row *row)
{
    char text[CI_TEXT], safe[4 * CI_TEXT];

    put_word(out, c, row->verdict);
    fputs(text_safe(safe, sizeof safe, row->file, strlen(row->file)), out);
    if (row->line)
        fprintf(out, ":%u", row->line);
    ci_sentence(text, row);
    fprintf(out, "  %s\n", text_safe(safe, sizeof safe, text, strlen(text)));
    ci_advice(text, row);
    if (!*text)
        return;
    fputs("      ", out);
    columns_wrap(out, text_safe(safe, sizeof safe, text, strlen(text)), 6, 6, cli_columns(c->cli));
}

static void add_kind(char *buf, size_t size, uint32_t n, const char *name)
{
    size_t used = strlen(buf);

    if (n)
        snprintf(buf + used, size - used, "%s%u %s%s", used ? ", " : "", n, name,
                 n == 1 ? "" : "s");
}

static uint32_t count_kind(const struct gate *g, enum gate_kind kind)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < g->rows; i++)
        n += g->row[i].kind == kind;
    return n;
}

/* The most seeds that an inconclusive row asks for. */
static uint32_t seeds_needed(const struct gate *g)
{
    uint32_t most = 0;

    for (uint32_t i = 0; i < g->rows; i++)
        if (g->row[i].verdict == GATE_INCONCLUSIVE && g->row[i].seeds_needed > most)
            most = g->row[i].seeds_needed;
    return most;
}

static void put_summary(FILE *out, const struct check *c)
{
    const struct gate *g = &c->gate;
    const uint32_t failed = gate_count(g, GATE_FAILED), open = gate_count(g, GATE_INCONCLUSIVE),
                   stale = gate_count(g, GATE_STALE), needed = seeds_needed(g);
    const bool is_bad = failed || (open && c->cli->opt.is_strict);
    char kinds[200] = "";

    add_kind(kinds, sizeof kinds, count_kind(g, GATE_ASSERTION), "assertion");
    add_kind(kinds, sizeof kinds, count_kind(g, GATE_REGRESSION), "comparison");
    add_kind(kinds, sizeof kinds, count_kind(g, GATE_GOLDEN), "digest");
    put_word(out, c, failed ? GATE_FAILED : is_bad ? GATE_INCONCLUSIVE : GATE_OK);
    fputs(kinds, out);
    if (failed)
        fprintf(out, ", %u failed", failed);
    if (open)
        fprintf(out, ", %u inconclusive", open);
    if (open && needed)
        fprintf(out, " (needs about %u seeds: rerun with -n %u)", needed, needed);
    if (stale)
        fprintf(out, ", %u better than the baseline (stale)", stale);
    fputc('\n', out);
    if (c->corrected > 1)
        fprintf(out, "      95 %% intervals; failures corrected for %u comparisons (Holm)\n",
                c->corrected);
    if (c->skipped)
        fprintf(out, "      %u file%s in folders skipped: no scenario\n", c->skipped,
                c->skipped == 1 ? "" : "s");
}

static void put_text(FILE *out, const struct check *c)
{
    for (uint32_t i = 0; i < c->gate.rows; i++)
        if (c->gate.row[i].verdict != GATE_OK || c->cli->opt.verbose)
            put_row(out, c, &c->gate.row[i]);
    put_summary(out, c);
}

/* ---- JSON ---- */

static const char *kind_text(enum gate_kind kind)
{
    static const char *const text[] = {
        [GATE_ASSERTION] = "assertion",
        [GATE_REGRESSION] = "regression",
        [GATE_GOLDEN] = "golden",
    };

    return text[kind];
}

/* ci95 is the change's where there is one, else the value's. */
static void put_json_row(struct json *j, const struct gate_row *row)
{
    const bool is_change = row->kind == GATE_REGRESSION;

    json_open(j, NULL, '{');
    json_text(j, "scenario", row->scenario);
    json_text(j, "file", row->file);
    json_count(j, "line", row->line);
    json_text(j, "kind", kind_text(row->kind));
    json_text(j, "metric", row->metric);
    json_text(j, "policy", row->policy);
    json_text(j, "asked", row->asked);
    json_text(j, "verdict", ci_verdict_word(row->verdict));
    json_number(j, "value", row->value);
    json_number(j, "base", row->base);
    json_number(j, "change", row->change.value);
    json_interval(j, "ci95", is_change ? row->change.low : row->low,
                  is_change ? row->change.high : row->high);
    json_number(j, "limit", row->limit);
    json_count(j, "seeds", row->seeds);
    json_count(j, "seeds_needed", row->seeds_needed);
    json_text(j, "why", row->why);
    json_text(j, "detail", row->detail);
    json_close(j, '}');
}

static void put_json(FILE *out, struct check *c)
{
    FILE *before = c->cli->out;
    struct json j;

    c->cli->out = out;
    j = answer_begin(c->cli, "check");
    json_count(&j, "failed", gate_count(&c->gate, GATE_FAILED));
    json_count(&j, "inconclusive", gate_count(&c->gate, GATE_INCONCLUSIVE));
    json_count(&j, "stale", gate_count(&c->gate, GATE_STALE));
    json_count(&j, "corrected_for", c->corrected);
    json_count(&j, "skipped", c->skipped);
    json_open(&j, "rows", '[');
    for (uint32_t i = 0; i < c->gate.rows; i++)
        put_json_row(&j, &c->gate.row[i]);
    json_close(&j, ']');
    answer_end(&j, c->cli);
    c->cli->out = before;
}

/* ---- all formats ---- */

static void write_own(FILE *out, const struct ci_format *format, void *arg)
{
    if (strcmp(format->name, "json") == 0)
        put_json(out, arg);
    else
        put_text(out, arg);
}

int check_tell(struct check *c, const struct ci_outputs *outputs)
{
    const struct result **result = xcalloc(c->items, sizeof *result);
    const char **file = xcalloc(c->items, sizeof *file);
    struct result_environment env;
    const struct ci_own own = { write_own, c };
    const struct ci_input input = {
        .gate = &c->gate, .result = result, .file = file, .results = c->items,
        .environment = &env, .strictness = c->cli->opt.is_strict ? CI_STRICT : CI_LENIENT,
    };
    int rc;

    for (uint32_t i = 0; i < c->items; i++) {
        result[i] = &c->item[i].result;
        file[i] = c->item[i].path;
    }
    cli_environment(c->cli, &env);
    rc = ci_write(outputs, &input, c->cli->out, &own, &c->cli->err);
    free(result);
    free(file);
    return rc;
}
