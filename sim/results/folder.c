/* folder.c - see folder.h. */
#include "folder.h"

#include "../base/text.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MOST_SUFFIXES = 10000 };

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

const char *folder_safe_name(char *buf, size_t size, const char *name)
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

FILE *folder_open(const struct folder *f, const char *name, char path[FOLDER_PATH])
{
    FILE *out = join(path, FOLDER_PATH, f->path, name) ? fopen(path, "wxe") : NULL;

    if (!out)
        fail(f->err, "create", path);
    return out;
}

int folder_close(const struct folder *f, FILE *out, const char *path)
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

int folder_write(const struct folder *f, const char *name, const char *text)
{
    char path[FOLDER_PATH];
    FILE *out = folder_open(f, name, path);

    if (!out)
        return -1;
    fputs(text, out);
    return folder_close(f, out, path);
}

static int make_folder(const char *path, struct err *err)
{
    return mkdir(path, 0777) == 0 || errno == EEXIST ? 0 : fail(err, "create the folder", path);
}

int folder_make_inner(const struct folder *f, const char *name)
{
    char path[FOLDER_PATH];

    return join(path, sizeof path, f->path, name) ? make_folder(path, f->err)
                                                  : fail(f->err, "create the folder", f->path);
}

/* ---- removing what we began: only below `path`, never through a link ---- */

static void remove_tree(const char *path, uint32_t depth)
{
    DIR *dir = depth ? opendir(path) : NULL;
    struct dirent *entry;
    char inner[FOLDER_PATH + 256];
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

void folder_drop(const struct folder *f)
{
    remove_tree(f->path, 4);
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

/* rename() onto a folder with anything in it fails, so an older answer is never lost. */
int folder_place(struct folder *f, const char *started, const char *middle, const char *sha256)
{
    char when[32], name[160], suffix[16] = "", place[FOLDER_PATH] = "";

    show_time(when, started);
    for (uint32_t n = 1; n < MOST_SUFFIXES; n++) {
        if (n > 1)
            snprintf(suffix, sizeof suffix, "-%" PRIu32, n);
        snprintf(name, sizeof name, "%s-%.40s-%.6s%s", when, middle, sha256 ? sha256 : "000000",
                 suffix);
        if (!join(place, sizeof place, f->parent, name))
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

/* A link made aside replaces the old one at once. */
int folder_point_latest(const struct folder *f)
{
    char aside[FOLDER_PATH], latest[FOLDER_PATH], link[64];

    snprintf(link, sizeof link, ".latest-%ld", (long)getpid());
    if (!join(aside, sizeof aside, f->parent, link) ||
        !join(latest, sizeof latest, f->parent, "latest"))
        return fail(f->err, "link", f->parent);
    unlink(aside);
    if (symlink(strrchr(f->path, '/') + 1, aside) != 0)
        return fail(f->err, "link", aside);
    if (rename(aside, latest) == 0)
        return 0;
    fail(f->err, "replace", latest);
    unlink(aside);
    return -1;
}

static int make_parents(struct folder *f, const char *results, const char *scenario)
{
    char safe[80];

    if (!join(f->parent, sizeof f->parent, results, folder_safe_name(safe, sizeof safe, scenario)))
        return fail(f->err, "create a folder in", results);
    return make_folder(results, f->err) != 0 || make_folder(f->parent, f->err) != 0 ? -1 : 0;
}

/* mkdtemp() makes private folders; results are as readable as other files of the user. */
int folder_begin(struct folder *f, const char *results, const char *scenario, struct err *err)
{
    mode_t mask = umask(0);

    umask(mask);
    f->err = err;
    if (make_parents(f, results, scenario) != 0)
        return -1;
    if (!join(f->path, sizeof f->path, f->parent, ".new-XXXXXX") || !mkdtemp(f->path) ||
        chmod(f->path, 0777 & ~mask) != 0)
        return fail(f->err, "create a folder in", f->parent);
    return 0;
}
