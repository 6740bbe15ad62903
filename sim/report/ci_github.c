/* ci_github.c - GitHub's workflow commands: an annotation at the assertion's line.
 *
 * Escaping is that of actions/toolkit, packages/core/src/command.ts.  GitHub shows ten errors and
 * ten warnings a step and drops the rest in silence, so the tenth says how many there are. */
#include "ci_format.h"

#include <inttypes.h>
#include <string.h>

enum { SHOWN = 10 };

/* More bytes to escape in a property than in the message. */
#define IN_MESSAGE "%\r\n"
#define IN_PROPERTY "%\r\n:,"

/* A piece of ours or, through ci_safe(), of a stranger's: so no line of theirs ever begins. */
static void put(FILE *f, const char *text, const char *escaped)
{
    char safe[CI_SAFE];

    for (const char *p = ci_safe(safe, text); *p; p++) {
        if (strchr(escaped, *p))
            fprintf(f, "%%%02X", (unsigned)(unsigned char)*p);
        else
            fputc(*p, f);
    }
}

enum level { LEVEL_ERROR, LEVEL_WARNING, LEVEL_NOTICE, LEVEL_NONE };
static const char *const level_word[] = { "error", "warning", "notice" };

static enum level level_of(const struct gate_row *r, enum ci_strictness strictness)
{
    if (ci_row_fails(r, strictness))
        return LEVEL_ERROR;
    return r->verdict == GATE_INCONCLUSIVE ? LEVEL_WARNING
           : r->verdict == GATE_STALE      ? LEVEL_NOTICE
                                           : LEVEL_NONE;
}

static void put_row(FILE *f, const struct gate_row *r, enum level level)
{
    char text[CI_TEXT];

    fprintf(f, "::%s file=", level_word[level]);
    put(f, r->file, IN_PROPERTY);
    if (r->line)
        fprintf(f, ",line=%" PRIu32, r->line);
    fputs(",title=", f);
    put(f, r->scenario, IN_PROPERTY);
    fprintf(f, " %s::", ci_verdict_text(r->verdict));
    put(f, ci_sentence(text, r), IN_MESSAGE);
    if (*ci_advice(text, r))
        fputs("%0A", f);
    put(f, text, IN_MESSAGE);
    fputc('\n', f);
}

static uint32_t count(const struct ci_input *in, enum level level)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < in->gate->rows; i++)
        n += level_of(&in->gate->row[i], in->strictness) == level;
    return n;
}

static void put_level(FILE *f, const struct ci_input *in, enum level level)
{
    uint32_t all = count(in, level), most = all > SHOWN ? SHOWN - 1 : all, n = 0;

    for (uint32_t i = 0; i < in->gate->rows && n < most; i++) {
        if (level_of(&in->gate->row[i], in->strictness) != level)
            continue;
        put_row(f, &in->gate->row[i], level);
        n++;
    }
    if (all > most)
        fprintf(f, "::%s title=lblab check::%" PRIu32 " more: the summary of this job lists all\n",
                level_word[level], all - most);
}

static void put_fault(FILE *f, const struct err_item *item)
{
    fprintf(f, "::%s title=lblab %s", item->severity == ERR_ERROR ? "error" : "warning",
            item->code);
    if (*item->file) {
        fputs(",file=", f);
        put(f, item->file, IN_PROPERTY);
        fprintf(f, ",line=%" PRIu32 ",col=%" PRIu32, item->line, item->column);
    }
    fputs("::", f);
    put(f, item->what, IN_MESSAGE);
    if (*item->hint)
        fputs("%0A", f);
    put(f, item->hint, IN_MESSAGE);
    fputc('\n', f);
}

void ci_write_faults(FILE *f, const struct ci_outputs *outputs, const struct err *err)
{
    for (uint32_t i = 0; i < outputs->count; i++)
        if (strcmp(outputs->output[i].format->name, "github") == 0 && !outputs->output[i].path)
            for (uint32_t k = 0; k < err->kept; k++)
                put_fault(f, &err->item[k]);
}

void ci_write_github(FILE *f, const struct ci_input *in)
{
    for (enum level level = LEVEL_ERROR; level < LEVEL_NONE; level++)
        put_level(f, in, level);
}
