/* check_paths.c - which files are meant: scenarios by name, or all of a folder. */
#include "check.h"

#include "../base/text.h"
#include "../base/xalloc.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MOST_ITEMS = 10000, MOST_DEPTH = 32, PATH_SIZE = 4096 };

static int add(struct check *c, const char *path)
{
    if (c->items == MOST_ITEMS)
        return err_input(&c->cli->err, "E023", "more than %d scenarios", MOST_ITEMS);
    c->item = xrealloc(c->item, c->items + 1, sizeof *c->item);
    c->item[c->items++] = (struct check_item){ .path = xstrdup(path) };
    return 0;
}

/* What is no question of its own: schemas, products, what is hidden. */
static bool is_passed_over(const char *name)
{
    return name[0] == '.' || strcmp(name, "schema") == 0 || strcmp(name, "profiles") == 0;
}

static int visit(const struct dirent *d)
{
    return !is_passed_over(d->d_name);
}

static bool is_json(const char *name)
{
    size_t n = strlen(name);

    return n > 5 && strcmp(name + n - 5, ".json") == 0;
}

static int add_folder(struct check *, const char *path, uint32_t depth);

/* Folders behind links are not entered: they could lead back. */
static int add_entry(struct check *c, const char *path, const char *name, uint32_t depth)
{
    struct stat st;

    if (lstat(path, &st) != 0)
        return 0;
    if (S_ISDIR(st.st_mode))
        return add_folder(c, path, depth + 1);
    if (!is_json(name) || stat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return 0;
    if (scenario_is_one(path))
        return add(c, path);
    c->skipped++;
    return 0;
}

static int add_folder(struct check *c, const char *path, uint32_t depth)
{
    struct dirent **entry;
    char inner[PATH_SIZE], shown[200];
    int rc = 0, n = depth < MOST_DEPTH ? scandir(path, &entry, visit, alphasort) : 0;

    if (n < 0)
        return err_input(&c->cli->err, "E011", "cannot read the folder \"%s\": %s",
                         text_safe(shown, sizeof shown, path, strlen(path)), strerror(errno));
    for (int i = 0; i < n; i++) {
        const char *slash = path[strlen(path) - 1] == '/' ? "" : "/";

        if (rc == 0 && snprintf(inner, sizeof inner, "%s%s%s", path, slash, entry[i]->d_name) <
                           (int)sizeof inner)
            rc = add_entry(c, inner, entry[i]->d_name, depth);
        free(entry[i]);
    }
    if (n > 0 || depth < MOST_DEPTH)
        free(entry);
    return rc;
}

static int add_word(struct check *c, const char *word)
{
    struct stat st;
    uint32_t before = c->items;
    char shown[200];

    if (stat(word, &st) != 0 || !S_ISDIR(st.st_mode))
        return add(c, word);        /* what is wrong with it is told when it is read */
    if (add_folder(c, word, 0) < 0)
        return -1;
    if (c->items > before)
        return 0;
    return err_input(&c->cli->err, "E011", "there is no scenario in the folder \"%s\"",
                     text_safe(shown, sizeof shown, word, strlen(word)));
}

int check_find(struct check *c)
{
    int rc = 0;

    for (uint32_t i = 0; i < c->cli->words.count; i++)
        rc |= add_word(c, c->cli->words.item[i]);
    return rc;
}
