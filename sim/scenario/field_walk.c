/* field_walk.c - every key of a scenario by its path. */
#include "field.h"

#include <string.h>

static void walk(const struct field_table *table, char *path, size_t size, field_visit *visit,
                 void *arg)
{
    size_t used = strlen(path);

    for (const struct field *f = table->row; f->key; f++) {
        snprintf(path + used, size - used, "%s%s", used ? "." : "", f->key);
        visit(arg, path, table, f);
        if (field_inner(f))
            walk(field_inner(f), path, size, visit, arg);
    }
    path[used] = '\0';
}

void field_walk(field_visit *visit, void *arg)
{
    char path[200] = "";

    walk(&fields_scenario, path, sizeof path, visit, arg);
}
