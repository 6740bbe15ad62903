/* folder.h - an answer's folder: written into a hidden one beside its place, renamed when whole.
 *
 * File names are made of indexes, seeds and names cut to [A-Za-z0-9._-]; whatever fails, nothing
 * half-written stays. */
#ifndef RESULTS_FOLDER_H
#define RESULTS_FOLDER_H

#include "../base/err.h"

#include <limits.h>
#include <stdio.h>

enum { FOLDER_PATH = PATH_MAX + 256 };

struct folder {
    char path[FOLDER_PATH];         /* of the hidden one; after folder_place() of the real one */
    char parent[PATH_MAX - 256];    /* <results>/<scenario> */
    struct err *err;                /* where faults of the machine are told */
};

/* Makes <results>/<scenario>/.new-XXXXXX.  0 or -1. */
int  folder_begin(struct folder *, const char *results, const char *scenario, struct err *);

/* Puts it where it belongs: <parent>/<UTC time>-<middle>-<6 hex>, with a number behind when that is
 * taken, so that an older answer is never lost.  started: ISO 8601.  0 or -1. */
int  folder_place(struct folder *, const char *started, const char *middle, const char *sha256);

/* <parent>/latest points to it from now on; it always points to something. */
int  folder_point_latest(const struct folder *);

/* Removes what was begun. */
void folder_drop(const struct folder *);

/* A folder in it; 0 or -1. */
int  folder_make_inner(const struct folder *, const char *name);

/* A new file in it, its path into path[]; NULL with the fault told.  folder_close(): 0 or -1. */
FILE *folder_open(const struct folder *, const char *name, char path[FOLDER_PATH]);
int  folder_close(const struct folder *, FILE *, const char *path);
int  folder_write(const struct folder *, const char *name, const char *text);

/* "p2c(choices=5)" -> "p2c_choices_5_"; never empty, never starting with a dot. */
const char *folder_safe_name(char *buf, size_t size, const char *name);

#endif
