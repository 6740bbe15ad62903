/* files.c - files that a scenario names: relative to it, inside its folder, regular, bounded.
 * What is opened is checked after symbolic links were followed. */
#include "csv.h"
#include "reader.h"

#include "../base/text.h"
#include "../base/xalloc.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The folder of the scenario with a final "/", or "" for the current one. */
static void folder_of(const char *path, char *buf, size_t size)
{
    const char *slash = strcmp(path, "-") == 0 ? NULL : strrchr(path, '/');

    snprintf(buf, size, "%.*s", slash ? (int)(slash - path + 1) : 0, path);
}

static bool is_inside(const char *real, const char *folder)
{
    char root[PATH_MAX];

    if (!realpath(*folder ? folder : ".", root))
        return false;

    size_t length = strlen(root);

    return strncmp(real, root, length) == 0 && (real[length] == '/' || length == 1);
}

static int check_path(struct reader *rd, const cJSON *node, const char *folder, const char *path)
{
    char real[PATH_MAX], shown[120], cause[128];

    doc_shown(&rd->doc, node, shown, sizeof shown);
    if (!realpath(path, real))
        return doc_fault(&rd->doc, rd->err, node, DOC_VALUE, "E150", "cannot open %s: %s", shown,
                         strerror_r(errno, cause, sizeof cause));
    if (is_inside(real, folder) || (rd->over->allow_path && is_inside(real, rd->over->allow_path)))
        return 0;
    doc_fault(&rd->doc, rd->err, node, DOC_VALUE, "E151", "%s is outside the scenario's folder",
              shown);
    err_hint(
        rd->err,
        "files stay beside the scenario or below it; --allow-path DIR permits one more folder");
    return -1;
}

/* So that results over another trace of the same name are not taken for comparable. */
static void note_digest(struct reader *rd, const char *text, size_t length)
{
    size_t used = rd->files_digest ? strlen(rd->files_digest) : 0;

    rd->files_digest = xrealloc(rd->files_digest, used + 65, 1);
    text_sha256(text, length, rd->files_digest + used);
}

/* The fault in words of our own: text_read_file() does not know who asked. */
static char *read_told(struct reader *rd, const cJSON *node, const char *path, size_t *length)
{
    struct err *inner = xcalloc(1, sizeof *inner);
    char shown[120];

    err_init(inner);

    char *text = text_read_file(path, CSV_MOST_BYTES, length, inner);

    if (!text && strcmp(inner->item[0].code, "E012") == 0)
        doc_fault(&rd->doc, rd->err, node, DOC_VALUE, "E150", "%s is not a regular file",
                  doc_shown(&rd->doc, node, shown, sizeof shown));
    else if (!text)
        doc_fault(&rd->doc, rd->err, node, DOC_VALUE, "E150", "%s", inner->item[0].what);
    free(inner);
    return text;
}

char *files_read(struct reader *rd, const cJSON *node, size_t *length, char *shown, size_t size)
{
    char folder[PATH_MAX], path[PATH_MAX];

    if (!cJSON_IsString(node) || !node->valuestring[0]) {
        doc_fault(&rd->doc, rd->err, node, DOC_VALUE, "E100", "the path of a file was expected");
        return NULL;
    }
    folder_of(rd->out->path, folder, sizeof folder);

    const char *start = node->valuestring[0] == '/' ? "" : folder;

    if ((size_t)snprintf(path, sizeof path, "%s%s", start, node->valuestring) >= sizeof path) {
        doc_fault(&rd->doc, rd->err, node, DOC_VALUE, "E150", "a path of more than %d bytes",
                  PATH_MAX);
        return NULL;
    }
    if (check_path(rd, node, folder, path) < 0)
        return NULL;

    char *text = read_told(rd, node, path, length);

    snprintf(shown, size, "%.*s", (int)size - 1, path);
    if (text)
        note_digest(rd, text, *length);
    return text;
}
