/* ci_tap.c - the Test Anything Protocol, version 14, with the numbers of a row as YAML.
 *
 * YAML's double-quoted strings take what JSON's may hold, so json_quote() is the escape there. */
#include "ci_format.h"

#include "../results/json.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* A description: \ and # mean something there. */
static void put(FILE *f, const char *text)
{
    char safe[CI_SAFE];

    for (const char *p = ci_safe(safe, text); *p; p++) {
        if (*p == '\\' || *p == '#')
            fputc('\\', f);
        fputc(*p, f);
    }
}

static void yaml_text(FILE *f, const char *key, const char *text)
{
    char safe[CI_SAFE];

    if (!*text)
        return;
    fprintf(f, "  %s: ", key);
    json_quote(f, ci_safe(safe, text));
    fputc('\n', f);
}

static void yaml_number(FILE *f, const char *key, double x)
{
    if (isfinite(x))
        fprintf(f, "  %s: %.9g\n", key, x + 0.0);
}

static void put_block(FILE *f, const struct gate_row *r)
{
    char text[CI_TEXT];

    fputs("  ---\n", f);
    yaml_text(f, "message", ci_sentence(text, r));
    yaml_text(f, "severity", r->verdict == GATE_FAILED ? "fail" : "comment");
    yaml_text(f, "verdict", ci_verdict_word(r->verdict));
    yaml_text(f, "kind", ci_kind_text(r->kind));
    yaml_text(f, "file", r->file);
    if (r->line)
        fprintf(f, "  line: %" PRIu32 "\n", r->line);
    yaml_text(f, "unit", r->kind == GATE_GOLDEN ? "" : ci_unit_text(r->unit));
    yaml_number(f, "value", r->value);
    yaml_number(f, "low", r->low);
    yaml_number(f, "high", r->high);
    yaml_number(f, "base", r->base);
    yaml_number(f, "change", r->change.value);
    yaml_number(f, "change_low", r->change.low);
    yaml_number(f, "change_high", r->change.high);
    yaml_number(f, "limit", r->limit);
    yaml_text(f, "detail", r->detail);
    yaml_text(f, "why", r->why);
    fputs("  ...\n", f);
}

static void put_row(FILE *f, const struct gate_row *r, uint32_t number,
                    enum ci_strictness strictness)
{
    char text[CI_TEXT];
    bool fails = ci_row_fails(r, strictness);

    fprintf(f, "%sok %" PRIu32 " - ", fails ? "not " : "", number);
    put(f, r->scenario);
    fputs(": ", f);
    put(f, ci_subject(text, r));
    if (r->verdict == GATE_INCONCLUSIVE && !fails)
        fputs(" # SKIP inconclusive", f);
    fputc('\n', f);
    if (r->verdict != GATE_OK)
        put_block(f, r);
}

void ci_write_tap(FILE *f, const struct ci_input *in)
{
    fprintf(f, "TAP version 14\n1..%" PRIu32 "\n", in->gate->rows);
    for (uint32_t i = 0; i < in->gate->rows; i++)
        put_row(f, &in->gate->row[i], i + 1, in->strictness);
}
