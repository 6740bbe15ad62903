/* ci.c - the formats by name, what --format asks for, and where each goes. */
#include "ci_format.h"

#include "../base/text.h"
#include "../base/xalloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = 4096 };

static const struct ci_format formats[] = {
    { "text", ".txt", "sentences for people", NULL },
    { "json", ".json", "every row as JSON", NULL },
    { "junit", ".xml", "JUnit XML, for GitLab, Jenkins and GitHub's actions", ci_write_junit },
    { "github", ".txt", "annotations for GitHub, and its job summary", ci_write_github },
    { "md", ".md", "a Markdown table", ci_write_md },
    { "tap", ".tap", "Test Anything Protocol, version 14", ci_write_tap },
    { "bmf", ".json", "Bencher Metric Format", ci_write_bmf },
    { "gab", ".json", "github-action-benchmark, customSmallerIsBetter", ci_write_gab },
    { "gobench", ".txt", "Go benchmark text, for benchstat", ci_write_gobench },
    { "gbench", ".json", "google-benchmark JSON, latencies only", ci_write_gbench },
    { "csv", ".csv", "a line a row of the check", ci_write_csv },
    { "openmetrics", ".txt", "OpenMetrics, for GitLab's metrics report", ci_write_openmetrics },
    { NULL, NULL, NULL, NULL },
};

const struct ci_format *ci_all(void)
{
    return formats;
}

const struct ci_format *ci_find(const char *name)
{
    for (const struct ci_format *f = formats; f->name; f++)
        if (strcmp(f->name, name) == 0)
            return f;
    return NULL;
}

/* ---- --format ---- */

static int unknown(const char *word, struct err *err)
{
    const char *names[ARRAY_LEN(formats)], *near;
    char shown[64];

    for (size_t i = 0; i < ARRAY_LEN(formats); i++)
        names[i] = formats[i].name;
    near = text_nearest(word, names);
    err_input(err, "E023", "--format: unknown format \"%s\"",
              text_safe(shown, sizeof shown, word, strlen(word)));
    if (near)
        err_hint(err, "did you mean \"%s\"?", near);
    else
        err_hint(err, "text, json, junit, github, md, tap, bmf, gab, gobench, gbench, csv or "
                      "openmetrics, with commas between");
    return -1;
}

/* The folder of a path, as text that open() and access() understand. */
static const char *folder_of(char buf[PATH_SIZE], const char *path)
{
    const char *slash = strrchr(path, '/');

    if (!slash)
        return ".";
    snprintf(buf, PATH_SIZE, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    return buf;
}

/* A pipe or a device would be replaced by the file. */
static bool is_other_than_file(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

static int check_path(const char *name, const char *path, struct err *err)
{
    char folder[PATH_SIZE], shown[256];

    if (!*path || path[strlen(path) - 1] == '/')
        return err_input(err, "E023", "--format: %s= needs the name of a file", name);
    if (strlen(path) > PATH_SIZE - 32)
        return err_input(err, "E023", "--format: the path of %s is too long", name);
    text_safe(shown, sizeof shown, path, strlen(path));
    if (is_other_than_file(path)) {
        err_input(err, "E023", "--format: %s=%s: not a regular file", name, shown);
        err_hint(err, "%s=- is stdout", name);
        return -1;
    }
    if (access(folder_of(folder, path), W_OK | X_OK) == 0)
        return 0;
    return err_input(err, "E023", "--format: %s=%s: its folder cannot be written to: %s", name,
                     shown, strerror(errno));
}

/* Annotations are lines that GitHub finds among others; two formats of any other kind would be
 * one unreadable text. */
static bool may_share(const struct ci_format *a, const struct ci_format *b)
{
    return a != b
           && (strcmp(a->name, "github") == 0 || strcmp(b->name, "github") == 0)
           && (strcmp(a->name, "text") == 0 || strcmp(b->name, "text") == 0);
}

static int check_place(const struct ci_outputs *o, const struct ci_output *new, struct err *err)
{
    for (uint32_t i = 0; i < o->count; i++) {
        const struct ci_output *old = &o->output[i];

        if (!old->path && !new->path && !may_share(old->format, new->format)) {
            err_input(err, "E023", "--format: %s and %s cannot both go to stdout",
                      old->format->name, new->format->name);
            err_hint(err, "give one of them a file: %s=lblab%s", new->format->name,
                     new->format->file_suffix);
            return -1;
        }
        if (old->path && new->path && strcmp(old->path, new->path) == 0)
            return err_input(err, "E023", "--format: %s and %s go to the same file",
                             old->format->name, new->format->name);
    }
    return 0;
}

/* One NAME or NAME=FILE. */
static int parse_item(struct ci_outputs *o, char *item, struct err *err)
{
    char *equals = strchr(item, '=');
    struct ci_output new = { NULL, NULL };

    if (equals)
        *equals = '\0';
    new.format = ci_find(item);
    if (!new.format)
        return unknown(item, err);
    if (equals && strcmp(equals + 1, "-") != 0)
        new.path = equals + 1;
    if (new.path && check_path(item, new.path, err) < 0)
        return -1;
    if (check_place(o, &new, err) < 0)
        return -1;
    if (o->count == CI_OUTPUTS)
        return err_input(err, "E023", "--format: more than %d outputs", CI_OUTPUTS);
    if (new.path)
        new.path = xstrdup(new.path);
    o->output[o->count++] = new;
    return 0;
}

int ci_parse(struct ci_outputs *o, const char *list, struct err *err)
{
    char *copy = xstrdup(list), *rest = copy, *item;
    int rc = 0;

    *o = (struct ci_outputs){ .count = 0 };
    while (rc == 0 && (item = strsep(&rest, ",")))
        rc = parse_item(o, item, err);
    free(copy);
    return rc;
}

void ci_outputs_fini(struct ci_outputs *o)
{
    for (uint32_t i = 0; i < o->count; i++)
        free(o->output[i].path);
    o->count = 0;
}

/* ---- writing ---- */

/* in NULL: every format is the verb's own. */
static void write_to(FILE *f, const struct ci_format *format, const struct ci_input *in,
                     const struct ci_own *own)
{
    if (format->write && in)
        format->write(f, in);
    else
        own->write(f, format, own->arg);
}

/* Written aside and renamed: the file is whole or what it was. */
static int write_file(const struct ci_output *o, const struct ci_input *in,
                      const struct ci_own *own, struct err *err)
{
    char aside[PATH_SIZE], shown[256];

    snprintf(aside, sizeof aside, "%s.%ld.tmp", o->path, (long)getpid());

    FILE *f = fopen(aside, "wxe");

    if (f) {
        write_to(f, o->format, in, own);

        int is_bad = ferror(f);

        if (!(fclose(f) || is_bad) && rename(aside, o->path) == 0)
            return 0;

        int cause = errno;

        unlink(aside);
        errno = cause;
    }
    return err_machine(err, "cannot write %s",
                       text_safe(shown, sizeof shown, o->path, strlen(o->path)));
}

/* Other steps of the job add to the same file. */
static int append_summary(const struct ci_input *in, struct err *err)
{
    const char *path = getenv("GITHUB_STEP_SUMMARY");
    int is_bad;

    if (!path || !*path)
        return 0;

    FILE *f = fopen(path, "ae");

    if (!f)
        return err_machine(err, "cannot write the job summary ($GITHUB_STEP_SUMMARY)");
    ci_write_md(f, in);
    is_bad = ferror(f);
    if (fclose(f) || is_bad)
        return err_machine(err, "cannot write the job summary ($GITHUB_STEP_SUMMARY)");
    return 0;
}

int ci_write(const struct ci_outputs *o, const struct ci_input *in, FILE *out,
             const struct ci_own *own, struct err *err)
{
    int rc = 0;

    for (uint32_t i = 0; i < o->count; i++) {
        const struct ci_output *x = &o->output[i];

        if (x->path)
            rc |= write_file(x, in, own, err);
        else
            write_to(out, x->format, in, own);
        if (strcmp(x->format->name, "github") == 0)
            rc |= append_summary(in, err);
    }
    return rc;
}

int ci_write_own(const struct ci_outputs *o, FILE *out, const struct ci_own *own, struct err *err)
{
    int rc = 0;

    for (uint32_t i = 0; i < o->count; i++)
        if (o->output[i].path)
            rc |= write_file(&o->output[i], NULL, own, err);
        else
            write_to(out, o->output[i].format, NULL, own);
    return rc;
}
