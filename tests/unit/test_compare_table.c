/* test_compare_table.c - a comparison in words: no bare percentage, no line over 80 columns, and
 * nothing of a stranger's name unescaped. */
#include "unit.h"

#include "../../sim/report/change_text.h"
#include "../../sim/report/compare_report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const policies[] = { "round_robin", "\033[31mred p2c" };

static struct result_change row(const char *metric, enum change_verdict verdict, double change,
                                double half)
{
    return (struct result_change){
        .metric = metric, .base = 0, .policy = 1, .base_value = 45.8e6, .value = 42.1e6,
        .change = { change, change - half, change + half, 20 }, .p = 0.001, .p_adjusted = 0.002,
        .least_seen = NAN, .verdict = verdict,
    };
}

/* The table of these rows, to be freed. */
static char *table_of(struct result_change *rows, uint32_t n, bool colour)
{
    static struct result r;
    const struct compare_pair pair = { 0, 1 };
    const struct comparison c = { .change = rows, .changes = n, .seeds = 20, .is_paired = true };
    const struct report_comparison asked = { .old = &r, .new = &r, .rows = &c, .pair = &pair,
                                             .pairs = 1, .margin = 0.05 };
    const struct report_style style = { .colour = colour, .unicode = true, .columns = 80 };
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    r.plan = (struct result_plan){ .scenario = "shop", .policy = policies, .policies = 2,
                                   .replications = 20, .first_seed = 42 };
    report_compare_table(f, &asked, &style);
    fclose(f);
    return text;
}

static uint32_t widest(const char *text)
{
    uint32_t most = 0;

    while (*text) {
        size_t length = strcspn(text, "\n");
        char line[512];

        snprintf(line, sizeof line, "%.*s", (int)length, text);
        most = columns_width(line) > most ? columns_width(line) : most;
        text += length + (text[length] == '\n');
    }
    return most;
}

static void a_change_stands_with_its_interval_and_its_verdict(void)
{
    struct result_change rows[] = { row("latency.p99", CHANGE_BETTER, -0.08, 0.016) };
    char *text = table_of(rows, 1, false);

    CU_ASSERT(strstr(text, "latency.p99  45.8 ms -> 42.1 ms  -8.0 % [-9.6, -6.4]  better\n")
              != NULL);
    CU_ASSERT(strstr(text, "20 paired seeds from 42") != NULL);
    CU_ASSERT(strstr(text, "Holm's correction") != NULL);
    free(text);
}

static void an_undecided_row_says_what_it_could_have_seen_or_needs(void)
{
    struct result_change rows[] = { row("latency.p50", CHANGE_NONE, -0.012, 0.017),
                                    row("latency.p99", CHANGE_INCONCLUSIVE, 0.02, 0.09) };

    rows[0].least_seen = 0.0291;
    rows[1].seeds_needed = 24;
    rows[0].p = rows[1].p = 0.4;

    char *text = table_of(rows, 2, false);

    CU_ASSERT(strstr(text, "no difference found") != NULL);
    CU_ASSERT(strstr(text, "(3 % or more would have been seen)") != NULL);
    CU_ASSERT(strstr(text, "needs about 24 seeds\n") != NULL);
    CU_ASSERT(widest(text) <= 80);
    free(text);
}

/* Its interval leaves out 0, and alone it would be a difference. */
static void a_row_that_only_the_correction_undecides_says_so(void)
{
    struct result_change rows[] = { row("latency.p50", CHANGE_NONE, -0.012, 0.008),
                                    row("latency.p99", CHANGE_INCONCLUSIVE, 0.06, 0.05) };

    rows[0].least_seen = 0.02;
    rows[1].seeds_needed = 24;
    rows[0].p = rows[1].p = 0.02;
    rows[0].p_adjusted = rows[1].p_adjusted = 0.083;

    char *text = table_of(rows, 2, false);

    CU_ASSERT(strstr(text, "(p = 0.083 among 2; 2 % or more would have been seen)") != NULL);
    CU_ASSERT(strstr(text, "p = 0.083 among 2; needs about 24 seeds\n") != NULL);
    CU_ASSERT(strstr(text, "as if it were the only one") != NULL);
    CU_ASSERT(widest(text) <= 80);
    free(text);
}

static void what_has_no_steady_value_has_no_percentage(void)
{
    struct result_change rows[] = { row("latency.p99", CHANGE_SATURATED, NAN, 0) };

    rows[0].value = NAN;
    rows[0].p = rows[0].p_adjusted = NAN;

    char *text = table_of(rows, 1, false);

    CU_ASSERT(strstr(text, "45.8 ms -> -  -  saturated\n") != NULL);
    CU_ASSERT(strstr(text, "No row could be tested.") != NULL);
    free(text);
}

static void the_colour_is_the_verdicts(void)
{
    CU_ASSERT(change_text_colour(CHANGE_BETTER) == COLUMNS_GREEN);
    CU_ASSERT(change_text_colour(CHANGE_WORSE) == COLUMNS_RED);
    CU_ASSERT(change_text_colour(CHANGE_SATURATED) == COLUMNS_YELLOW);
    CU_ASSERT(change_text_colour(CHANGE_NONE) == COLUMNS_PLAIN);
}

static void a_name_cannot_paint_the_terminal(void)
{
    struct result_change rows[] = { row("latency.p99", CHANGE_WORSE, 0.1, 0.01) };
    char *text = table_of(rows, 1, false);

    CU_ASSERT(strchr(text, '\033') == NULL);
    CU_ASSERT(strstr(text, "\\x1b[31mred p2c against round_robin") != NULL);
    free(text);
}

static void digits_follow_the_interval_but_never_hide_a_sign(void)
{
    char buf[COLUMNS_CELL];
    const struct estimate wide = { -0.02, -0.045, -0.001, 8 },
                          narrow = { 0.0312, 0.031, 0.0314, 8 }, one = { 0.1, NAN, NAN, 1 },
                          none = { NAN, NAN, NAN, 0 }, equal = { 0, 0, 0, 8 },
                          least = { -1e-5, -4e-5, 2e-5, 8 };

    CU_ASSERT(strcmp(change_text_share(buf, &wide), "-2.0 % [-4.5, -0.1]") == 0);
    CU_ASSERT(strcmp(change_text_share(buf, &narrow), "+3.12 % [+3.10, +3.14]") == 0);
    CU_ASSERT(strcmp(change_text_share(buf, &one), "+10.0 %") == 0);
    CU_ASSERT(strcmp(change_text_share(buf, &none), "-") == 0);
    CU_ASSERT(strcmp(change_text_share(buf, &equal), "0 %") == 0);
    CU_ASSERT(strcmp(change_text_share(buf, &least), "+0.00 % [+0.00, +0.00]") == 0);
}

static const struct unit_test tests[] = {
    { "a_change_stands_with_its_interval_and_its_verdict",
      a_change_stands_with_its_interval_and_its_verdict },
    { "an_undecided_row_says_what_it_could_have_seen_or_needs",
      an_undecided_row_says_what_it_could_have_seen_or_needs },
    { "a_row_that_only_the_correction_undecides_says_so",
      a_row_that_only_the_correction_undecides_says_so },
    { "what_has_no_steady_value_has_no_percentage", what_has_no_steady_value_has_no_percentage },
    { "the_colour_is_the_verdicts", the_colour_is_the_verdicts },
    { "a_name_cannot_paint_the_terminal", a_name_cannot_paint_the_terminal },
    { "digits_follow_the_interval_but_never_hide_a_sign",
      digits_follow_the_interval_but_never_hide_a_sign },
};

UNIT_MAIN("compare_table", tests)
