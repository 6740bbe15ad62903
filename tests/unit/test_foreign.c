/* test_foreign.c - words of other products: none hides a key that is known, and amounts that are
 * suggested are read. */
#include "unit.h"

#include "../../sim/base/text.h"
#include "../../sim/base/types.h"
#include "../../sim/scenario/field.h"
#include "../../sim/scenario/foreign.h"

#include <string.h>

static void check_key(void *arg, const char *path, const struct field_table *table,
                      const struct field *f)
{
    uint32_t *seen = arg;
    char hint[200];

    (void)path;
    CU_ASSERT_FALSE(foreign_key(table->name, f->key, hint, sizeof hint));
    *seen += foreign_key(table->name, "qps", hint, sizeof hint);
}

static void no_word_hides_a_key(void)
{
    uint32_t seen = 0;

    field_walk(check_key, &seen);
    CU_ASSERT(seen > 50);
}

static void words_are_found_however_written(void)
{
    static const char *const ways[] = { "lb_policy", "lbPolicy", "LB-POLICY", "lbpolicy" };

    char hint[200];

    for (size_t i = 0; i < ARRAY_LEN(ways); i++)
        CU_ASSERT(foreign_key("balancers", ways[i], hint, sizeof hint));
    CU_ASSERT_FALSE(foreign_key("balancers", "lb_polic", hint, sizeof hint));
    CU_ASSERT_FALSE(foreign_key("balancers", "", hint, sizeof hint));
    CU_ASSERT_FALSE(foreign_key("balancers", "=", hint, sizeof hint));
    CU_ASSERT_FALSE(foreign_key("nosuch", "lb_policy", hint, sizeof hint));
    CU_ASSERT(foreign_value("layer", "HTTP", hint, sizeof hint));
    CU_ASSERT_STRING_EQUAL(hint, "\"l7\"");
}

static void amounts_are_put_right(void)
{
    static const struct { const char *kind, *text, *right; } row[] = {
        { "a duration", "10 sec", "10s" },    { "a duration", "1.5 Minutes", "1.5m" },
        { "a duration", "3 ms", "3ms" },      { "a duration", "10s", NULL },
        { "a duration", "-3 sec", NULL },     { "a duration", "sec", NULL },
        { "a duration", "10 rps", NULL },     { "a duration", "", NULL },
        { "a rate", "100rps", "100/s" },      { "a rate", "5 req/s", "5/s" },
        { "a rate", "2krps", "2k/s" },        { "a size", "10 kb", "10kB" },
    };
    char buf[40];
    uint64_t bytes;
    double rate;
    nsec time;

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        bool is_known = foreign_amount(row[i].kind, row[i].text, buf, sizeof buf);

        CU_ASSERT_EQUAL(is_known, row[i].right != NULL);
        if (!is_known || !row[i].right)
            continue;
        CU_ASSERT_STRING_EQUAL(buf, row[i].right);
        CU_ASSERT_EQUAL(0, strstr(row[i].kind, "dur") ? text_duration(buf, &time)
                           : strstr(row[i].kind, "rate") ? text_rate(buf, &rate)
                           : text_size(buf, &bytes));
    }
}

static const struct unit_test tests[] = {
    { "no word hides a key", no_word_hides_a_key },
    { "words are found however written", words_are_found_however_written },
    { "amounts are put right", amounts_are_put_right },
};

UNIT_MAIN("foreign", tests)
