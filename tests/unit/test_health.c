/* test_health.c - rise and fall, check by check: P passed, F failed; below, what is believed
 * then. */
#include "unit.h"

#include "../../sim/parts/health.h"

#include <string.h>

static void belief_follows_rise_and_fall(void)
{
    static const struct {
        uint32_t rise, fall;
        const char *checks, *belief;
    } row[] = {
        { 2, 3, "PPPP", "uuuu" },
        { 2, 3, "FFFF", "uudd" },
        { 2, 3, "FFPFFPFFF", "uuuuuuuud" }, /* a good check begins the count anew */
        { 2, 3, "FFFPFPP",
          "uudddd"
          "u" },
        { 1, 1, "FPFP", "dudu" },
        { 3, 1, "FPPFPPP", "ddddddu" },
        { 1, 2, "FPFFP", "uuudu" },
        { 5, 2, "FFPPPPP",
          "uddddd"
          "u" },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct health_config c = { .rise = row[i].rise, .fall = row[i].fall };
        struct health h = { .streak = 0 };

        CU_ASSERT_EQUAL_FATAL(strlen(row[i].checks), strlen(row[i].belief));
        for (size_t k = 0; row[i].checks[k] != '\0'; k++) {
            bool was_down = h.is_down;
            bool has_changed = health_note(&h, &c, row[i].checks[k] == 'P');

            CU_ASSERT_EQUAL(h.is_down, row[i].belief[k] == 'd');
            CU_ASSERT_EQUAL(has_changed, was_down != h.is_down);
        }
    }
}

static const struct unit_test tests[] = {
    { "belief_follows_rise_and_fall", belief_follows_rise_and_fall },
};

UNIT_MAIN("health", tests)
