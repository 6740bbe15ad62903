/* ci_csv.c - a line a row of the check, by RFC 4180; values are in the unit that stands beside
 * them, changes are shares (0.05 is 5 %).  What is not known is empty. */
#include "ci_format.h"

#include "../results/csv.h"

#include <inttypes.h>

static void text(FILE *f, const char *cell)
{
    char safe[CI_SAFE];

    fputc(',', f);
    csv_text(f, ci_safe(safe, cell));
}

static void number(FILE *f, double x)
{
    fputc(',', f);
    csv_number(f, x);
}

static void count(FILE *f, uint32_t n)
{
    fputc(',', f);
    if (n)
        fprintf(f, "%" PRIu32, n);
}

static void put_row(FILE *f, const struct gate_row *r)
{
    char safe[CI_SAFE];

    csv_text(f, ci_safe(safe, r->scenario));
    text(f, r->file);
    count(f, r->line);
    text(f, ci_kind_text(r->kind));
    text(f, ci_verdict_word(r->verdict));
    text(f, r->metric);
    text(f, r->policy);
    text(f, r->asked);
    text(f, r->kind == GATE_GOLDEN ? "" : ci_unit_text(r->unit));
    number(f, r->value);
    number(f, r->low);
    number(f, r->high);
    number(f, r->base);
    number(f, r->change.value);
    number(f, r->change.low);
    number(f, r->change.high);
    number(f, r->limit);
    count(f, r->seeds);
    count(f, r->seeds_needed);
    text(f, r->why);
    text(f, r->detail);
    fputc('\n', f);
}

void ci_write_csv(FILE *f, const struct ci_input *in)
{
    fputs("scenario,file,line,kind,verdict,metric,policy,asked,unit,value_in_unit,low_in_unit,"
          "high_in_unit,base_in_unit,change_share,change_low_share,change_high_share,limit,seeds,"
          "seeds_needed,why,detail\n", f);
    for (uint32_t i = 0; i < in->gate->rows; i++)
        put_row(f, &in->gate->row[i]);
}
