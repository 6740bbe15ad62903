/* files.c - the result folder: its files, one after the other; folder.c puts it in place when all
 * are written. */
#include "folder.h"
#include "json_result.h"
#include "result.h"
#include "tables.h"

#include <inttypes.h>
#include <stdlib.h>

enum { MOST_HISTOGRAM_FILES = 1000 };

/* ---- files ---- */

static int write_json(const struct folder *f, const struct result *r,
                      const struct result_environment *e)
{
    char *json = result_json(r, e);
    int failed = json ? folder_write(f, "result.json", json)
                      : err_machine(f->err, "cannot write \"result.json\"");

    free(json);
    return failed;
}

static int write_tables(const struct folder *f, const struct result *r)
{
    static const struct {
        const char *name;
        void (*put)(FILE *, const struct result *);
    } table[] = {
        { "summary.csv", tables_summary },       { "percentiles.csv", tables_percentiles },
        { "timeseries.csv", tables_timeseries }, { "backends.csv", tables_backends },
        { "remap.csv", tables_remap },           { "events.csv", tables_events },
    };
    char path[FOLDER_PATH];

    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        FILE *out = folder_open(f, table[i].name, path);

        if (!out)
            return -1;
        table[i].put(out, r);
        if (folder_close(f, out, path) != 0)
            return -1;
    }
    return 0;
}

static int write_histogram(const struct folder *f, const char *name, const struct hist *h)
{
    char path[FOLDER_PATH];
    FILE *out = folder_open(f, name, path);

    if (!out)
        return -1;
    hist_write_hgrm(out, h);
    return folder_close(f, out, path);
}

static int write_run_histogram(const struct folder *f, const struct result *r,
                               const struct result_run *run)
{
    char name[160], safe[80];
    struct hist h;
    int failed;

    snprintf(name, sizeof name, "hist/%" PRIu32 "-%s-%" PRIu64 ".hgrm", run->policy,
             folder_safe_name(safe, sizeof safe, r->plan.policy[run->policy]), run->seed);
    hist_init(&h);
    for (uint32_t i = run->record->warmup_slices; i < run->record->slices; i++)
        hist_merge(&h, &run->record->slice[i].latency);
    failed = write_histogram(f, name, &h);
    hist_fini(&h);
    return failed;
}

/* One file a policy, all seeds together, and one a run while these are not too many. */
static int write_histograms(const struct folder *f, const struct result *r)
{
    char name[160], safe[80];

    for (uint32_t p = 0; p < r->plan.policies; p++) {
        snprintf(name, sizeof name, "hist/%" PRIu32 "-%s.hgrm", p,
                 folder_safe_name(safe, sizeof safe, r->plan.policy[p]));
        if (write_histogram(f, name, &r->policy[p].latency) != 0)
            return -1;
    }
    for (uint32_t i = 0; i < r->runs && r->runs <= MOST_HISTOGRAM_FILES; i++)
        if (r->run[i].record && write_run_histogram(f, r, &r->run[i]) != 0)
            return -1;
    return 0;
}

static int fill(const struct folder *f, const struct result *r, const struct result_environment *e)
{
    if (folder_make_inner(f, "hist") != 0 || folder_make_inner(f, "plots") != 0 ||
        write_json(f, r, e) != 0)
        return -1;
    if (folder_write(f, "scenario.json", r->plan.effective ? r->plan.effective : "") != 0)
        return -1;
    return write_tables(f, r) != 0 || write_histograms(f, r) != 0 ? -1 : 0;
}

int result_write(const struct result *r, const struct result_environment *e, const char *results,
                 const struct result_writer *writer, char *path, size_t path_size, struct err *err)
{
    struct folder f;
    char seed[32];

    if (folder_begin(&f, results, r->plan.scenario, err) != 0)
        return -1;
    if (fill(&f, r, e) != 0)
        goto drop;
    if (writer && writer->draw)
        writer->draw(r, f.path, writer->arg);
    snprintf(seed, sizeof seed, "%" PRIu64, r->plan.first_seed);
    if (folder_place(&f, e->started, seed, r->plan.sha256) != 0)
        goto drop;
    snprintf(path, path_size, "%s", f.path);
    return folder_point_latest(&f);

drop:
    folder_drop(&f);
    return -1;
}
