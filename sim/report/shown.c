/* shown.c - see shown.h.  Counts are of one seed, as metrics are. */
#include "shown.h"

#include "change_text.h"

#include <string.h>

enum { LEAST = 8 };

static uint32_t width_of(const char *metric)
{
    uint32_t width = columns_width(metric);

    return width > LEAST ? width : LEAST;
}

/* Metrics from `from` on that fit into the room beside the names: at least one. */
static uint32_t fitting(const struct result *r, uint32_t from, uint32_t room)
{
    uint32_t n = 0, taken = 0;

    for (; from + n < r->plan.shows; n++) {
        taken += 2 + width_of(r->plan.show[from + n]);
        if (n > 0 && taken > room)
            break;
    }
    return n;
}

static void put_row(FILE *f, const struct result *r, uint32_t policy, uint32_t from, uint32_t n,
                    uint32_t name_width)
{
    char buf[COLUMNS_CELL];
    double unused;

    fputs("  ", f);
    columns_left(f, columns_name(buf, r->policy[policy].name, name_width), name_width);
    for (uint32_t i = from; i < from + n; i++) {
        const struct metric *m = metric_find(r->plan.show[i], &unused);

        fputs("  ", f);
        columns_right(f, change_text_value(buf, metric_of_policy(m, r, policy, unused).value,
                                           m->unit), width_of(m->name));
    }
    fputc('\n', f);
}

void shown_table(FILE *f, const struct result *r, const struct report_style *style,
                 uint32_t name_width)
{
    uint32_t columns = columns_of(style, COLUMNS_OF_RUN), n;

    for (uint32_t from = 0; from < r->plan.shows; from += n) {
        n = fitting(r, from, columns - 2 - name_width);
        fprintf(f, "\n  %*s", (int)name_width, "");
        for (uint32_t i = from; i < from + n; i++) {
            fputs("  ", f);
            columns_right(f, r->plan.show[i], width_of(r->plan.show[i]));
        }
        fputc('\n', f);
        for (uint32_t p = 0; p < r->plan.policies; p++)
            put_row(f, r, p, from, n, name_width);
    }
}
