/* plugin.h - further algorithms from shared objects, only when --plugin names them. */
#ifndef CLI_PLUGIN_H
#define CLI_PLUGIN_H

#include "../../algorithms/lb.h"
#include "../base/err.h"

enum { PLUGINS_MAX = 16 };

struct plugins {
    const struct lb_ops *ops[PLUGINS_MAX + 1];      /* NULL-terminated */
    void    *handle[PLUGINS_MAX];
    int      fd[PLUGINS_MAX];
    uint32_t count;
};

/* Loads each file, first in a child process, so that one that crashes, hangs or exits while it is
 * loaded is a fault like any other.  -1 with the fault in err (exit 3). */
int  plugin_load(struct plugins *, const char *const *paths, uint32_t count, struct err *);
void plugin_unload(struct plugins *);

#endif
