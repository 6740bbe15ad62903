/* progress.c - see progress.h.  Nothing is drawn in the first half second. */
#include "progress.h"

#include "cli.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BAR = 30 };

static bool is_wanted(enum when when)
{
    const char *term = getenv("TERM"), *ci = getenv("CI");

    if (when != WHEN_AUTO)
        return when == WHEN_ALWAYS;
    return isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0 && !(ci && *ci);
}

void progress_init(struct progress *p, enum when when, bool is_quiet)
{
    *p = (struct progress){ .is_shown = !is_quiet && is_wanted(when), .started = cli_clock(),
                            .first_share = -1 };
    p->last = when == WHEN_ALWAYS ? 0 : p->started + 0.4;
}

/* Infinite while nothing can be said yet. */
static double seconds_left(const struct progress *p, const struct run_progress *now, double clock)
{
    double won = now->share - p->first_share;

    return won > 0 ? (clock - p->started) * (1 - now->share) / won : INFINITY;
}

static void show_left(char *buf, size_t size, double seconds)
{
    if (seconds >= 360000)
        snprintf(buf, size, "  -");
    else if (seconds < 60)
        snprintf(buf, size, "%2.0f s left", seconds);
    else
        snprintf(buf, size, "%d min %02d s left", (int)seconds / 60, (int)seconds % 60);
}

void progress_tell(const struct run_progress *now, void *arg)
{
    struct progress *p = arg;
    double clock = cli_clock();
    char left[32], bar[BAR + 1];

    p->done = now->done;
    p->cells = now->cells;
    p->resumed = now->resumed;
    if (p->first_share < 0)
        p->first_share = now->cells ? (double)now->resumed / now->cells : 0;
    if (!p->is_shown || clock - p->last < 0.1)
        return;
    p->last = clock;
    for (int i = 0; i < BAR; i++)
        bar[i] = i < (int)(now->share * BAR) ? '=' : ' ';
    bar[BAR] = '\0';
    show_left(left, sizeof left, seconds_left(p, now, clock));
    fprintf(stderr, "\r[%s] %3d %%  %u of %u cells  %s", bar, (int)(now->share * 100), now->done,
            now->cells, left);
    if (now->wanted > 0)
        fprintf(stderr, "  +-%.1f %%, wanted %.1f %%", now->half_width * 100, now->wanted * 100);
    fputs("\033[K", stderr);
    p->is_drawn = true;
}

void progress_clear(struct progress *p)
{
    if (p->is_drawn)
        fputs("\r\033[K", stderr);
    p->is_drawn = false;
}
