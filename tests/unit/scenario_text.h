/* scenario_text.h - for tests: a scenario given as text, loaded through a file like any other. */
#ifndef SCENARIO_TEXT_H
#define SCENARIO_TEXT_H

#include "../../sim/scenario/scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A folder of the test's own; files in it by name; all removed by text_files_end(). */
struct text_files { char folder[64]; char name[8][32]; int count; };

static inline void text_files_begin(struct text_files *t)
{
    *t = (struct text_files){ .folder = "/tmp/lblab-test-XXXXXX" };
    if (!mkdtemp(t->folder))
        abort();
}

static inline void text_file_path(const struct text_files *t, const char *name, char path[128])
{
    snprintf(path, 128, "%s/%s", t->folder, name);
}

static inline void text_file_write(struct text_files *t, const char *name, const void *bytes,
                                   size_t length)
{
    char path[128];
    bool is_known = false;

    text_file_path(t, name, path);

    FILE *f = fopen(path, "w");

    if (!f || fwrite(bytes, 1, length, f) != length || fclose(f) != 0)
        abort();
    for (int k = 0; k < t->count; k++)
        is_known = is_known || strcmp(t->name[k], name) == 0;
    if (!is_known && t->count < 8)
        snprintf(t->name[t->count++], sizeof t->name[0], "%s", name);
}

static inline void text_files_end(struct text_files *t)
{
    char path[128];

    for (int k = 0; k < t->count; k++) {
        text_file_path(t, t->name[k], path);
        unlink(path);
    }
    rmdir(t->folder);
}

static inline int text_load(struct text_files *t, const char *text, size_t length,
                            struct scenario *sc, const struct scenario_overrides *over,
                            struct err *err)
{
    char path[128];

    text_file_write(t, "s.json", text, length);
    text_file_path(t, "s.json", path);
    err_init(err);
    return scenario_load(sc, path, over, err);
}

#endif
