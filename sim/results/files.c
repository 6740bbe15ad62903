/* files.c - the result folder: written into a hidden folder beside its place, renamed when whole.
 *
 * File names are made of indexes, seeds and names cut to [A-Za-z0-9._-]; whatever fails, nothing
 * half-written stays. */
#include "result.h"

#include "../base/text.h"
#include "json_result.h"
#include "tables.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MOST_HISTOGRAM_FILES = 1000, MOST_SUFFIXES = 10000, PATH_SIZE = PATH_MAX + 256 };

struct folder { char path[PATH_SIZE]; struct err *err; };

static bool join(char *out, size_t size, const char *folder, const char *name)
{
    int n = snprintf(out, size, "%s/%s", folder, name);

    if (n >= 0 && (size_t)n < size)
        return true;
    errno = ENAMETOOLONG;
    return false;
}

static int fail(struct err *err, const char *what, const char *path)
{
    int cause = errno;
    char shown[220];

    text_safe(shown, sizeof shown, path, strlen(path));
    errno = cause;
    return err_machine(err, "cannot %s \"%s\"", what, shown);
}

/* "p2c(choices=5)" -> "p2c_choices_5_"; never empty, never starting with a dot. */
static const char *safe_name(char *buf, size_t size, const char *name)
{
    size_t n = 0;

    for (; name[n] && n + 1 < size && n < 64; n++) {
        unsigned char c = (unsigned char)name[n];
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        (c >= '0' && c <= '9') || (n && (c == '.' || c == '-'));

        buf[n] = is_plain ? (char)c : '_';
    }
    buf[n] = '\0';
    if (n == 0)
        snprintf(buf, size, "_");
    return buf;
}

/* ---- files ---- */

static FILE *open_file(const struct folder *f, const char *name, char *path, size_t size)
{
    return join(path, size, f->path, name) ? fopen(path, "wxe") : NULL;
}

static int close_file(const struct folder *f, FILE *out, const char *path)
{
    bool failed = ferror(out) || fflush(out) != 0;
    int cause = errno;

    if (fclose(out) != 0 && !failed) {
        failed = true;
        cause = errno;
    }
    errno = cause;
    return failed ? fail(f->err, "write", path) : 0;
}

static int write_text(const struct folder *f, const char *name, const char *text)
{
    char path[PATH_SIZE];
    FILE *out = open_file(f, name, path, sizeof path);

    if (!out)
        return fail(f->err, "create", path);
    fputs(text, out);
    return close_file(f, out, path);
}

static int write_json(const struct folder *f, const struct result *r,
                      const struct result_environment *e)
{
    char *json = result_json(r, e);
    int failed = json ? write_text(f, "result.json", json) : fail(f->err, "write", "result.json");

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
    char path[PATH_SIZE];

    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        FILE *out = open_file(f, table[i].name, path, sizeof path);

        if (!out)
            return fail(f->err, "create", path);
        table[i].put(out, r);
        if (close_file(f, out, path) != 0)
            return -1;
    }
    return 0;
}

static int write_histogram(const struct folder *f, const char *name, const struct hist *h)
{
    char path[PATH_SIZE];
    FILE *out = open_file(f, name, path, sizeof path);

    if (!out)
        return fail(f->err, "create", path);
    hist_write_hgrm(out, h);
    return close_file(f, out, path);
}

static int write_run_histogram(const struct folder *f, const struct result *r,
                               const struct result_run *run)
{
    char name[160], safe[80];
    struct hist h;
    int failed;

    snprintf(name, sizeof name, "hist/%" PRIu32 "-%s-%" PRIu64 ".hgrm", run->policy,
             safe_name(safe, sizeof safe, r->plan.policy[run->policy]), run->seed);
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
                 safe_name(safe, sizeof safe, r->plan.policy[p]));
        if (write_histogram(f, name, &r->policy[p].latency) != 0)
            return -1;
    }
    for (uint32_t i = 0; i < r->runs && r->runs <= MOST_HISTOGRAM_FILES; i++)
        if (r->run[i].record && write_run_histogram(f, r, &r->run[i]) != 0)
            return -1;
    return 0;
}

static int make_folder(const char *path, struct err *err)
{
    return mkdir(path, 0777) == 0 || errno == EEXIST ? 0 : fail(err, "create the folder", path);
}

static int make_inner(const struct folder *f, const char *name)
{
    char path[PATH_SIZE];

    return join(path, sizeof path, f->path, name) ? make_folder(path, f->err)
                                                  : fail(f->err, "create the folder", f->path);
}

static int fill(const struct folder *f, const struct result *r, const struct result_environment *e)
{
    if (make_inner(f, "hist") != 0 || make_inner(f, "plots") != 0 || write_json(f, r, e) != 0)
        return -1;
    if (write_text(f, "scenario.json", r->plan.effective ? r->plan.effective : "") != 0)
        return -1;
    return write_tables(f, r) != 0 || write_histograms(f, r) != 0 ? -1 : 0;
}

/* ---- removing what we began: only below `path`, never through a link ---- */

static void remove_tree(const char *path, uint32_t depth)
{
    DIR *dir = depth ? opendir(path) : NULL;
    struct dirent *entry;
    char inner[PATH_SIZE + 256];
    struct stat st;

    while (dir && (entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (!join(inner, sizeof inner, path, entry->d_name) || lstat(inner, &st) != 0)
            continue;
        if (S_ISDIR(st.st_mode))
            remove_tree(inner, depth - 1);
        else
            unlink(inner);
    }
    if (dir)
        closedir(dir);
    rmdir(path);
}

/* ---- names ---- */

/* "2026-11-23T03:05:11Z" -> "2026-11-23T030511", from `started` if it looks like a time. */
static void show_time(char out[32], const char *started)
{
    size_t n = 0;

    for (const char *p = started ? started : ""; *p && n < 31 && *p != 'Z' && *p != '.'; p++)
        if ((*p >= '0' && *p <= '9') || *p == '-' || *p == 'T')
            out[n++] = *p;
    out[n] = '\0';
    if (n < 10) {
        time_t now = time(NULL);
        struct tm tm;

        strftime(out, 32, "%Y-%m-%dT%H%M%S", gmtime_r(&now, &tm));
    }
}

/* <UTC time>-<seed>-<6 hex>, the n-th with that name. */
static void folder_name(char *out, size_t size, const struct result *r, const char *started,
                        uint32_t n)
{
    char when[32], suffix[16] = "";

    show_time(when, started);
    if (n > 1)
        snprintf(suffix, sizeof suffix, "-%" PRIu32, n);
    snprintf(out, size, "%s-%" PRIu64 "-%.6s%s", when, r->plan.first_seed,
             r->plan.sha256 ? r->plan.sha256 : "000000", suffix);
}

/* rename() onto a folder with anything in it fails, so an older result is never lost. */
static int rename_into_place(const char *parent, struct folder *f, const struct result *r,
                             const char *started, char *name, size_t name_size)
{
    char place[PATH_SIZE];

    for (uint32_t n = 1; n < MOST_SUFFIXES; n++) {
        folder_name(name, name_size, r, started, n);
        if (!join(place, sizeof place, parent, name))
            break;
        if (rename(f->path, place) == 0) {
            snprintf(f->path, sizeof f->path, "%s", place);
            return 0;
        }
        if (errno != EEXIST && errno != ENOTEMPTY && errno != ENOTDIR)
            break;
    }
    return fail(f->err, "rename into place", place);
}

/* A link made aside replaces the old one at once: `latest` always points to something. */
static int point_latest(const char *parent, const char *name, struct err *err)
{
    char aside[PATH_SIZE], latest[PATH_SIZE], link[64];

    snprintf(link, sizeof link, ".latest-%ld", (long)getpid());
    if (!join(aside, sizeof aside, parent, link) || !join(latest, sizeof latest, parent, "latest"))
        return fail(err, "link", parent);
    unlink(aside);
    if (symlink(name, aside) != 0)
        return fail(err, "link", aside);
    if (rename(aside, latest) == 0)
        return 0;
    fail(err, "replace", latest);
    unlink(aside);
    return -1;
}

/* mkdtemp() makes private folders; results are as readable as other files of the user. */
static int begin_folder(struct folder *f, const char *parent)
{
    mode_t mask = umask(0);

    umask(mask);
    if (!join(f->path, sizeof f->path, parent, ".new-XXXXXX") || !mkdtemp(f->path) ||
        chmod(f->path, 0777 & ~mask) != 0)
        return fail(f->err, "create a folder in", parent);
    return 0;
}

static int make_parents(const char *results, const char *scenario, char *parent, size_t size,
                        struct err *err)
{
    char safe[80];

    if (!join(parent, size, results, safe_name(safe, sizeof safe, scenario)))
        return fail(err, "create a folder in", results);
    return make_folder(results, err) != 0 || make_folder(parent, err) != 0 ? -1 : 0;
}

int result_write(const struct result *r, const struct result_environment *e, const char *results,
                 const struct result_writer *writer, char *path, size_t path_size, struct err *err)
{
    struct folder f = { .err = err };
    char parent[PATH_MAX - 256], name[128];

    if (make_parents(results, r->plan.scenario, parent, sizeof parent, err) != 0 ||
        begin_folder(&f, parent) != 0)
        return -1;
    if (fill(&f, r, e) != 0)
        goto remove;
    if (writer && writer->draw)
        writer->draw(r, f.path, writer->arg);
    if (rename_into_place(parent, &f, r, e->started, name, sizeof name) != 0)
        goto remove;
    snprintf(path, path_size, "%s", f.path);
    return point_latest(parent, name, err);

remove:
    remove_tree(f.path, 4);
    return -1;
}
