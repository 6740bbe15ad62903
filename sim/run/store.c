/* store.c - see store.h.  Locks are flock()'s: they go with the process, however it ends. */
#include "store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/xalloc.h"

/* ---- the folder ---- */

static int make_folder(const char *path, struct err *err)
{
    if (mkdir(path, 0777) == 0 || errno == EEXIST)
        return 0;
    return err_machine(err, "cannot make the folder %s", path);
}

static int make_folders(const char *path, struct err *err)
{
    char part[PATH_MAX];

    snprintf(part, sizeof part, "%s", path);
    for (char *at = part + 1; *at != '\0'; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        if (make_folder(part, err) != 0)
            return -1;
        *at = '/';
    }
    if (make_folder(part, err) != 0)
        return -1;
    return access(part, W_OK) == 0 ? 0 : err_machine(err, "cannot write into the folder %s", part);
}

/* -1: another process has it, or removed it meanwhile. */
static int lock_folder(const char *folder, enum store_share share)
{
    char path[PATH_MAX + 8];
    struct stat locked, there;

    snprintf(path, sizeof path, "%s/lock", folder);
    int fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0666);
    if (fd < 0)
        return -1;
    if (flock(fd, (share == STORE_ALONE ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0
        && fstat(fd, &locked) == 0 && stat(path, &there) == 0 && locked.st_ino == there.st_ino)
        return fd;
    close(fd);
    return -1;
}

/* A second run of the plan at the same time works in a folder of its own. */
static int take_private(struct store *s, enum store_share share, struct err *err)
{
    size_t length = strlen(s->folder);

    s->is_private = true;
    snprintf(s->folder + length, sizeof s->folder - length, "-%ld", (long)getpid());
    if (make_folders(s->folder, err) != 0)
        return -1;
    s->lock = lock_folder(s->folder, share);
    return s->lock >= 0 ? 0 : err_machine(err, "cannot lock the folder %s", s->folder);
}

int store_open(struct store *s, const char *results, const char *scenario, const char *digest,
               enum store_share share, struct err *err)
{
    store_at(s, "");
    if (snprintf(s->folder, sizeof s->folder, "%s/%s/.cells/%s", results, scenario, digest)
        >= (int)sizeof s->folder - 32) {
        errno = ENAMETOOLONG;
        return err_machine(err, "cannot make a folder in %.200s", results);
    }
    if (make_folders(s->folder, err) != 0)
        return -1;
    s->lock = lock_folder(s->folder, share);
    return s->lock >= 0 ? 0 : take_private(s, share, err);
}

void store_at(struct store *s, const char *folder)
{
    *s = (struct store){ .lock = -1 };
    snprintf(s->folder, sizeof s->folder, "%s", folder);
}

static void remove_folder(char *path)
{
    DIR *dir = opendir(path);
    char file[2 * PATH_MAX];

    if (dir == NULL)
        return;
    for (struct dirent *d; (d = readdir(dir)) != NULL;)
        if (snprintf(file, sizeof file, "%s/%s", path, d->d_name) < (int)sizeof file)
            unlink(file);
    closedir(dir);
    rmdir(path);
    *strrchr(path, '/') = '\0';
    rmdir(path);                    /* .cells itself, when this was the last */
}

void store_close(struct store *s, enum store_end end)
{
    if (s->lock < 0)
        return;
    if (end == STORE_REMOVE)
        remove_folder(s->folder);
    close(s->lock);
    s->lock = -1;
}

/* ---- records ---- */

void store_record_path(const struct store *s, const struct cell *c, char *path, size_t size)
{
    snprintf(path, size, "%s/%03u-%06u.record", s->folder, c->policy, c->replication);
}

void store_plan_path(const struct store *s, char *path, size_t size)
{
    snprintf(path, size, "%s/plan.json", s->folder);
}

int store_read(const struct store *s, const struct cell *c, uint64_t seed, struct record *record)
{
    struct err ignored;
    char path[PATH_MAX];

    err_init(&ignored);
    store_record_path(s, c, path, sizeof path);
    if (record_read(record, path, &ignored) != 0)
        return 1;
    if (record->policy == c->policy && record->replication == c->replication
        && record->seed == seed)
        return 0;
    record_fini(record);
    return 1;
}

int store_take(const struct store *s, const struct cell *c, struct record **record,
               struct err *err)
{
    struct record *taken = xcalloc(1, sizeof *taken);
    char path[PATH_MAX];

    store_record_path(s, c, path, sizeof path);
    int status = record_read(taken, path, err);
    if (status == 0) {
        *record = taken;
        return 0;
    }
    free(taken);
    return status == 1 ? err_machine(err, "the record %s has vanished", path) : -1;
}

bool store_has(const struct store *s, const struct cell *c, uint64_t seed)
{
    struct record record;

    if (store_read(s, c, seed, &record) != 0)
        return false;
    record_fini(&record);
    return true;
}
