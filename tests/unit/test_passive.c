/* test_passive.c - max_fails by nginx's rule and by Caddy's, told as stories: at so many seconds F
 * failed, P passed, ? is asked who is out, > goes there. */
#include "unit.h"

#include "../../sim/parts/passive.h"
#include "../../sim/parts/retry.h"

struct line { double at; char what; bool is_out; };

static nsec ns(double seconds)
{
    return (nsec)(seconds * 1e9 + 0.5);
}

/* Caddy's failures are forgotten by timers; here: before each line, those that are due. */
static void play(const struct passive_config *c, const struct line *line, size_t lines)
{
    struct passive p = { .is_out = false };
    nsec due[16];
    uint32_t count = 0, next = 0;

    for (size_t i = 0; i < lines; i++) {
        nsec now = ns(line[i].at);

        for (; next < count && due[next] <= now; next++)
            passive_due(&p, c, due[next]);
        if (line[i].what == '>' && passive_picked(&p, c, now))
            due[count++] = passive_when(c, now);
        if (line[i].what == 'F' || line[i].what == 'P')
            passive_note(&p, c, now, line[i].what == 'F');
        if (line[i].what == 'F')
            due[count++] = passive_when(c, now);
        CU_ASSERT_EQUAL(p.is_out, line[i].is_out);
    }
}

/* fail_timeout 2 s by whole seconds: out for 2 to 3 s, then one request at a time. */
static void nginx_tries_one_after_fail_timeout(void)
{
    const struct passive_config c = { .max_fails = 1, .fail_timeout = 2 * SECOND,
                                      .rule = PASSIVE_NGINX };
    static const struct line line[] = {
        { 0.5, '>', false }, { 0.5, 'F', true }, { 2.9, '?', true }, { 3.0, '?', false },
        { 3.1, '>', true },         /* nobody else until its result */
        { 3.2, 'F', true }, { 5.9, '?', true }, { 6.0, '?', false },
        { 6.1, '>', true }, { 6.2, 'P', false }, { 6.3, '>', false },
    };

    play(&c, line, ARRAY_LEN(line));
}

/* nginx#599: with fail_timeout 8 s and an error every 5 s, successes between, the third one takes
 * it out: the "window" only ends by a gap longer than fail_timeout between two tries. */
static void the_window_is_none(void)
{
    const struct passive_config c = { .max_fails = 3, .fail_timeout = 8 * SECOND,
                                      .rule = PASSIVE_NGINX };
    static const struct line line[] = {
        { 0, '>', false }, { 0, 'F', false }, { 2, '>', false }, { 2, 'P', false },
        { 5, '>', false }, { 5, 'F', false }, { 8, '>', false }, { 8, 'P', false },
        { 10, '>', false }, { 10, 'F', true },
    };

    play(&c, line, ARRAY_LEN(line));
}

static void caddy_forgets_each_failure_by_itself(void)
{
    const struct passive_config c = { .max_fails = 2, .fail_timeout = 10 * SECOND,
                                      .rule = PASSIVE_CADDY };
    static const struct line line[] = {
        { 0, 'F', false }, { 4, 'P', false }, { 6, 'F', true }, { 9.9, '?', true },
        { 10, '?', false }, { 15, 'F', true }, { 16, '?', false }, { 25, '?', false },
    };

    play(&c, line, ARRAY_LEN(line));
}

static const struct unit_test tests[] = {
    { "nginx_tries_one_after_fail_timeout", nginx_tries_one_after_fail_timeout },
    { "the_window_is_none", the_window_is_none },
    { "caddy_forgets_each_failure_by_itself", caddy_forgets_each_failure_by_itself },
};

UNIT_MAIN("passive", tests)
