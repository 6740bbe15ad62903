/* merge.c - records of one plan that several processes left in one or several folders.
 *
 * Stores are found by their plan.json; a record counts when it is whole and of the cell that its
 * name says.  Which store it came from cannot matter: two of one cell must be equal to the byte. */
#include "run.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../base/text.h"
#include "../base/xalloc.h"
#include "../results/plan_json.h"
#include "conclude.h"
#include "store.h"

static const size_t most_record = (size_t)1 << 31;

/* ---- finding stores ---- */

/* Stores of one plan. */
struct found {
    struct result_plan plan;
    char     digest[17];
    struct store *store;
    uint32_t stores;
};

struct search {
    struct found *found;
    uint32_t n;
    struct arena *arena;
    struct err *err;
};

static bool is_folder(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static struct found *find_plan(struct search *s, const char *digest)
{
    for (uint32_t i = 0; i < s->n; i++)
        if (strcmp(s->found[i].digest, digest) == 0)
            return &s->found[i];
    return NULL;
}

static void add_store(struct search *s, const struct result_plan *plan, const char *digest,
                      const struct store *store)
{
    struct found *f = find_plan(s, digest);

    if (f == NULL) {
        s->found = xrealloc(s->found, s->n + 1, sizeof *s->found);
        f = &s->found[s->n++];
        *f = (struct found){ .plan = *plan };
        memcpy(f->digest, digest, sizeof f->digest);
    }
    for (uint32_t i = 0; i < f->stores; i++)
        if (strcmp(f->store[i].folder, store->folder) == 0)
            return;                 /* the folder was named twice */
    f->store = xrealloc(f->store, f->stores + 1, sizeof *f->store);
    f->store[f->stores++] = *store;
}

/* 0, also when the folder is no store. */
static int look_at(struct search *s, const char *folder)
{
    struct result_plan plan;
    struct store store;
    char path[PATH_MAX], digest[17];

    store_at(&store, folder);
    store_plan_path(&store, path, sizeof path);
    int status = plan_file_read(&plan, digest, path, s->arena, s->err);
    if (status == 0)
        add_store(s, &plan, digest, &store);
    return status < 0 ? -1 : 0;
}

/* Calls look for each folder in `folder`, in order of name. */
static int each_inside(struct search *s, const char *folder,
                       int (*look)(struct search *, const char *))
{
    struct dirent **entry;
    char inner[PATH_MAX];
    int n = scandir(folder, &entry, NULL, alphasort), status = 0;

    for (int i = 0; i < n; i++) {
        bool is_real = strcmp(entry[i]->d_name, ".") != 0 && strcmp(entry[i]->d_name, "..") != 0;

        if (status == 0 && is_real
            && snprintf(inner, sizeof inner, "%s/%s", folder, entry[i]->d_name) < PATH_MAX
            && is_folder(inner))
            status = look(s, inner);
        free(entry[i]);
    }
    if (n >= 0)
        free(entry);
    return status;
}

static int look_below_cells(struct search *s, const char *scenario_folder)
{
    char cells[PATH_MAX];

    if (snprintf(cells, sizeof cells, "%s/.cells", scenario_folder) >= PATH_MAX)
        return 0;
    return each_inside(s, cells, look_at);
}

/* A store, a scenario's folder, or a results folder. */
static int look_into(struct search *s, const char *folder)
{
    char shown[200];

    if (!is_folder(folder)) {
        err_input(s->err, "E011", "cannot open \"%s\": no such folder",
                  text_safe(shown, sizeof shown, folder, strlen(folder)));
        err_hint(s->err, "expected a results folder in which a shard has left its records");
        return -1;
    }
    if (look_at(s, folder) != 0 || look_below_cells(s, folder) != 0)
        return -1;
    return each_inside(s, folder, look_below_cells);
}

static int search_all(struct search *s, const char *const *folders, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (look_into(s, folders[i]) != 0)
            return -1;
    return 0;
}

static void search_fini(struct search *s)
{
    for (uint32_t i = 0; i < s->n; i++)
        free(s->found[i].store);
    free(s->found);
}

/* ---- cells ---- */

static uint32_t cells_of(const struct found *f)
{
    return f->plan.policies * f->plan.replications;
}

static struct cell cell_of(const struct found *f, uint32_t i)
{
    return (struct cell){ i / f->plan.replications, i % f->plan.replications };
}

/* The first store that has the cell, from `from` on; f->stores: none. */
static uint32_t next_with(const struct found *f, const struct cell *c, uint32_t from)
{
    while (from < f->stores && !store_has(&f->store[from], c, f->plan.first_seed + c->replication))
        from++;
    return from;
}

static bool are_equal(const struct store *a, const struct store *b, const struct cell *c)
{
    struct err ignored;
    char path[PATH_MAX];
    size_t a_length = 0, b_length = 0;

    err_init(&ignored);
    store_record_path(a, c, path, sizeof path);
    char *a_text = text_read_file(path, most_record, &a_length, &ignored);
    store_record_path(b, c, path, sizeof path);
    char *b_text = text_read_file(path, most_record, &b_length, &ignored);
    bool equal = a_text && b_text && a_length == b_length && memcmp(a_text, b_text, a_length) == 0;
    free(a_text);
    free(b_text);
    return equal;
}

static int tell_contradiction(const struct found *f, const struct cell *c, const struct store *a,
                              const struct store *b, struct err *err)
{
    err_input(err, "E913", "two records of policy %s, seed %llu differ: in %s and in %s",
              f->plan.policy[c->policy],
              (unsigned long long)f->plan.first_seed + c->replication, a->folder, b->folder);
    err_hint(err, "one of them was changed, or the machines that made them do not compute alike; "
                  "remove the one that is wrong");
    err->exit_code = 3;
    return -1;
}

/* One cell's record; 1 when no store has it. */
static int take_record(const struct found *f, const struct cell *c, struct record *record,
                       struct err *err)
{
    uint32_t first = next_with(f, c, 0);

    if (first == f->stores)
        return 1;
    for (uint32_t i = next_with(f, c, first + 1); i < f->stores; i = next_with(f, c, i + 1))
        if (!are_equal(&f->store[first], &f->store[i], c))
            return tell_contradiction(f, c, &f->store[first], &f->store[i], err);
    return store_read(&f->store[first], c, f->plan.first_seed + c->replication, record);
}

/* ---- merge ---- */

static void tell_missing(const struct found *f, const struct cell *c, struct err *err)
{
    err_input(err, "E914", "missing: policy %s, seed %llu", f->plan.policy[c->policy],
              (unsigned long long)f->plan.first_seed + c->replication);
    err_hint(err, "run the shard that has it once more; lblab status counts what is there");
    err->exit_code = 3;
}

/* All records, or -1 with every cell that is missing told. */
static int take_all(const struct found *f, struct record *record, struct err *err)
{
    uint32_t missing = 0;

    for (uint32_t i = 0; i < cells_of(f); i++) {
        struct cell c = cell_of(f, i);
        int status = take_record(f, &c, &record[i], err);

        if (status < 0)
            return -1;
        missing += status > 0;
        if (status > 0)
            tell_missing(f, &c, err);
    }
    return missing ? -1 : 0;
}

static int merge_found(const struct found *f, struct result *result, struct err *err)
{
    uint32_t n = cells_of(f);
    struct record *record = xcalloc(n, sizeof *record);

    if (take_all(f, record, err) != 0) {
        conclude_without(record, n);
        return -1;
    }
    conclude(result, &f->plan, record);
    return 0;
}

static int tell_not_one(const struct search *s)
{
    if (s->n == 0) {
        err_input(s->err, "E915", "there are no records of an unfinished run");
        err_hint(s->err, "expected the folders that \"lblab run --shard I/N --results DIR\" wrote");
        return -1;
    }
    err_input(s->err, "E915", "there are records of %u plans: %s in %s, %s in %s%s", s->n,
              s->found[0].plan.scenario, s->found[0].store[0].folder, s->found[1].plan.scenario,
              s->found[1].store[0].folder, s->n > 2 ? ", ..." : "");
    if (strcmp(s->found[0].plan.scenario, s->found[1].plan.scenario) == 0)
        err_hint(s->err, "of one scenario, but not of one run: every shard needs the same program "
                         "and the same file, -s, -a, --seed and -n");
    else
        err_hint(s->err, "name the folder of one of them");
    return -1;
}

int run_merge(const char *const *folders, uint32_t n, struct result *result, struct err *err)
{
    struct arena arena = { .last = NULL };
    struct search s = { .arena = &arena, .err = err };
    int status = search_all(&s, folders, n);

    if (status == 0)
        status = s.n == 1 ? merge_found(&s.found[0], result, err) : tell_not_one(&s);
    search_fini(&s);
    arena_fini(&arena);
    return status;
}

/* ---- status ---- */

static void count_cells(const struct found *f, struct run_found *out, struct arena *arena)
{
    char text[160];

    for (uint32_t i = 0; i < cells_of(f); i++) {
        struct cell c = cell_of(f, i);

        if (next_with(f, &c, 0) < f->stores) {
            out->done++;
        } else if (out->missing == NULL) {
            snprintf(text, sizeof text, "policy %s, seed %llu", f->plan.policy[c.policy],
                     (unsigned long long)f->plan.first_seed + c.replication);
            out->missing = arena_text(arena, text);
        }
    }
}

int run_status(const char *const *folders, uint32_t folders_count, struct arena *arena,
               struct run_found **found, uint32_t *n, struct err *err)
{
    struct search s = { .arena = arena, .err = err };
    int status = search_all(&s, folders, folders_count);

    *n = s.n;
    *found = arena_alloc(arena, s.n * sizeof **found);
    for (uint32_t i = 0; i < s.n && status == 0; i++) {
        const struct found *f = &s.found[i];

        (*found)[i] = (struct run_found){ .scenario = f->plan.scenario, .cells = cells_of(f),
                                          .folder = arena_text(arena, f->store[0].folder),
                                          .override = f->plan.override,
                                          .overrides = f->plan.overrides };
        memcpy((*found)[i].digest, f->digest, sizeof f->digest);
        count_cells(f, &(*found)[i], arena);
    }
    search_fini(&s);
    return status;
}
