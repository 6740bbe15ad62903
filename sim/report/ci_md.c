/* ci_md.c - a Markdown table for a job's summary or a comment, what is not ok first.
 *
 * Every stranger's character that Markdown or HTML could take for more than itself becomes a
 * numeric entity, which CommonMark never takes for structure, also in a table's cell (GFM). */
#include "change_text.h"
#include "ci_format.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

/* GitHub refuses a summary over 1 MiB: rows that are ok are cut here. */
enum { MOST_ROWS = 1000 };

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

/* _ inside a word is no emphasis; "://", "mailto:" and "www." would make links. */
static bool is_plain(const char *start, const char *p)
{
    if (is_word(*p) || strchr(" ,%+-=()/;@", *p))
        return true;
    if (*p == '_')
        return p > start && is_word(p[-1]) && is_word(p[1]);
    if (*p == '.')
        return !(p - start >= 3 && strncasecmp(p - 3, "www", 3) == 0);
    return *p == ':' && (p[1] == ' ' || p[1] == '\0');
}

static void put(FILE *f, const char *text)
{
    char safe[CI_SAFE];
    const char *start = ci_safe(safe, text);

    for (const char *p = start; *p; p++) {
        if (is_plain(start, p))
            fputc(*p, f);
        else
            fprintf(f, "&#%d;", *p);
    }
}

/* In <code>, where GitHub and GitLab look for no @names and #numbers. */
static void put_code(FILE *f, const char *text)
{
    fputs("<code>", f);
    put(f, text);
    fputs("</code>", f);
}

static const char *show_verdict(const struct gate_row *r, enum ci_strictness strictness)
{
    if (ci_row_fails(r, strictness))
        return r->verdict == GATE_FAILED ? "**FAILED**" : "**INCONCLUSIVE**";
    return ci_verdict_text(r->verdict);
}

/* Numbers and words of ours: nothing to escape. */
static void put_actual(FILE *f, const struct gate_row *r)
{
    char text[CI_TEXT];

    if (r->kind == GATE_GOLDEN) {
        fputs(ci_finding(text, r), f);
        return;
    }
    fputs(ci_value(text, r->unit, r->value, r->low, r->high), f);
    if (r->kind == GATE_REGRESSION)
        fprintf(f, ", was %s", ci_value(text, r->unit, r->base, NAN, NAN));
}

static void put_row(FILE *f, const struct gate_row *r, enum ci_strictness strictness)
{
    char text[CI_TEXT];

    fprintf(f, "| %s | ", show_verdict(r, strictness));
    put_code(f, r->scenario);
    fputs(" | ", f);
    put_code(f, ci_subject(text, r));
    fputs(" | ", f);
    put_actual(f, r);
    fprintf(f, " | %s | %" PRIu32 " | ", change_text_share(text, &r->change), r->seeds);
    if (*ci_advice(text, r))
        put_code(f, text);
    fputs(" |\n", f);
}

static uint32_t put_rows(FILE *f, const struct ci_input *in, bool is_ok, uint32_t left)
{
    uint32_t cut = 0;

    for (uint32_t i = 0; i < in->gate->rows; i++) {
        const struct gate_row *r = &in->gate->row[i];

        if ((r->verdict == GATE_OK) != is_ok)
            continue;
        if (left)
            put_row(f, r, in->strictness);
        else
            cut++;
        left -= left > 0;
    }
    return cut;
}

void ci_write_md(FILE *f, const struct ci_input *in)
{
    uint32_t others = in->gate->rows - gate_count(in->gate, GATE_OK), cut;
    char text[CI_TEXT];

    fprintf(f, "### lblab check: %s\n\n", ci_count(text, in->gate));
    if (in->gate->rows == 0)
        return;
    fputs("| | scenario | asked | actual [95 %] | change [95 %] | seeds | |\n"
          "|---|---|---|---|---|---|---|\n", f);
    cut = put_rows(f, in, false, MOST_ROWS);
    cut += put_rows(f, in, true, MOST_ROWS - (others < MOST_ROWS ? others : MOST_ROWS));
    if (cut)
        fprintf(f, "\n%" PRIu32 " more rows are not shown.\n", cut);
    fputc('\n', f);
}
