/* load.c - see load.h. */
#include "load.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void load_overrides(const struct cli *cli, const struct loaded *l, struct scenario_overrides *o)
{
    *o = (struct scenario_overrides){
        .set = cli->opt.set.item,
        .sets = cli->opt.set.count,
        .assertion = cli->opt.assertions.item,
        .assertions = cli->opt.assertions.count,
        .algorithms = cli->opt.algorithms,
        .seed = cli->opt.seed,
        .replications = cli->opt.replications,
        .duration = cli->opt.duration,
        .until = cli->opt.until,
        .allow_path = cli->opt.allow_path,
        .plugins = l->plugins.count ? l->plugins.ops : NULL,
    };
}

static int load(const struct scenario_overrides *o, struct cli *cli, const char *path,
                struct loaded *l)
{
    l->has_scenario = scenario_load(&l->scenario, path, o, &cli->err) == 0;
    return l->has_scenario ? 0 : -1;
}

static int load_plugins(struct cli *cli, struct loaded *l)
{
    *l = (struct loaded){ .has_scenario = false };
    return plugin_load(&l->plugins, cli->opt.plugins.item, cli->opt.plugins.count, &cli->err);
}

int load_scenario(struct cli *cli, const char *path, struct loaded *l)
{
    struct scenario_overrides o;

    if (load_plugins(cli, l) < 0)
        return -1;
    load_overrides(cli, l, &o);
    return load(&o, cli, path, l);
}

int load_scenario_unasserted(struct cli *cli, const char *path, struct loaded *l)
{
    struct scenario_overrides o;

    if (load_plugins(cli, l) < 0)
        return -1;
    load_overrides(cli, l, &o);
    o.asserts_nothing = true;
    return load(&o, cli, path, l);
}

/* Who reads scenarios reads files; this one is in memory. */
static int open_text(const char *text)
{
    int fd = memfd_create("lblab", MFD_CLOEXEC);
    size_t length = strlen(text);

    if (fd >= 0 && write(fd, text, length) != (ssize_t)length) {
        close(fd);
        return -1;
    }
    return fd;
}

int load_policies(struct cli *cli, const char *list, struct loaded *l)
{
    static const char text[] =
        "{\"version\":1,\"name\":\"policies\",\"run\":{\"requests\":1},"
        "\"clients\":[{\"name\":\"c\",\"to\":\"lb\","
        "\"arrival\":{\"process\":\"poisson\",\"rate\":\"1/s\"}}],"
        "\"balancers\":[{\"name\":\"lb\",\"algorithm\":\"random\",\"to\":\"s\"}],"
        "\"backends\":[{\"name\":\"s\",\"count\":2,\"workers\":1,\"service\":\"1ms\"}]}";
    struct scenario_overrides o;
    struct err before;
    char path[64];

    if (load_plugins(cli, l) < 0)
        return -1;
    load_overrides(cli, l, &o);
    o.algorithms = list;
    before = cli->err;

    int fd = open_text(text);

    if (fd < 0)
        return err_machine(&cli->err, "cannot make a file in memory");
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);

    int rc = load(&o, cli, path, l);

    close(fd);
    if (rc == 0)
        cli->err = before;      /* warnings about this scenario are nobody's */
    return rc;
}

void load_fini(struct loaded *l)
{
    if (l->has_scenario)
        scenario_fini(&l->scenario);
    plugin_unload(&l->plugins);
}
