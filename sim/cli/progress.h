/* progress.h - a bar with the time that is left, on stderr, one line that is written over. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "../run/run.h"
#include "opt.h"

struct progress {
    bool     is_shown, is_drawn;
    double   started, last;         /* seconds, monotonic */
    double   first_share;           /* what was there when it began: resumed cells take no time */
    uint32_t done, cells, resumed;  /* as told last */
};

void progress_init(struct progress *, enum when, bool is_quiet);
void progress_tell(const struct run_progress *, void *progress);   /* for struct run_options */
void progress_clear(struct progress *);

#endif
