/* replay.c - see replay.h. */
#include "replay.h"

#include "../run/cell.h"

#include <stdarg.h>
#include <stdio.h>

void replay_put(struct replay_text *t, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    if (replay_is_whole(t))
        t->used += (size_t)vsnprintf(t->at + t->used, sizeof t->at - t->used, fmt, args);
    va_end(args);
}

int replay_run(struct judged *j, const struct replay_text *t, const cJSON *at,
               struct record *record)
{
    struct scenario_overrides over = { .text = t->at, .length = t->used };
    struct scenario sc;
    int rc;

    if (!replay_is_whole(t))
        return recording_fault(j->recording, j->err, at, "more than can be run");
    rc = scenario_load(&sc, "recording.json", &over, j->err);
    if (rc == 0) {
        rc = cell_run(&sc, &(struct cell){ 0, 0 }, record, NULL, NULL, j->err);
        scenario_fini(&sc);
    }
    if (j->err->errors == 0)
        err_init(j->err);           /* warnings of a scenario that nobody wrote */
    return rc;
}
