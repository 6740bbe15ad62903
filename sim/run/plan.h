/* plan.h - the cells of a scenario, and where their records lie. */
#ifndef RUN_PLAN_H
#define RUN_PLAN_H

#include "../results/result.h"
#include "cell.h"

struct plan {
    uint32_t cells;                 /* policies x replications, policy by policy */
    /* of everything that decides the records: scenario as run, traces, program */
    char     digest[17];
};

void plan_make(struct plan *, const struct scenario *);
struct cell plan_cell(const struct scenario *, uint32_t i);

/* <results>/<scenario>/.cells/<digest>, and record i in it. */
void plan_folder(const struct plan *, const struct scenario *, const char *results, char *path,
                 size_t size);
void plan_record_path(const char *folder, uint32_t i, char *path, size_t size);

/* What the result needs to know; texts and arrays in the arena. */
void plan_for_result(const struct scenario *, struct result_plan *, struct arena *);

#endif
