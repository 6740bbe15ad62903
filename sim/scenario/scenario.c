/* scenario.c - file -> tree -> overrides -> profiles -> structs -> graph -> events -> policies
 * -> warnings. Every step adds what it finds to err and the next goes on, so that one run tells
 * all faults. */
#include "field.h"
#include "json_text.h"

#include "../base/text.h"
#include "../base/xalloc.h"

#include <stdlib.h>
#include <string.h>

char *reader_text(struct reader *rd, const char *text)
{
    return arena_text(&rd->out->arena, text);
}

static void digest(struct reader *rd, char *canonical, size_t length)
{
    size_t more = rd->files_digest ? strlen(rd->files_digest) : 0;

    canonical = xrealloc(canonical, length + more + 1, 1);
    if (more)
        memcpy(canonical + length, rd->files_digest, more);
    text_sha256(canonical, length + more, rd->out->sha256);
    free(canonical);
}

/* Faults in the order of the file, those without a place first; equal places stay in order. */
static void sort_faults(struct err *err, uint32_t from)
{
    for (uint32_t k = from + 1; k < err->kept; k++) {
        struct err_item item = err->item[k];
        uint32_t j = k;

        for (; j > from; j--) {
            const struct err_item *before = &err->item[j - 1];

            if (before->line < item.line ||
                (before->line == item.line && before->column <= item.column))
                break;
            err->item[j] = *before;
        }
        err->item[j] = item;
    }
}

static void read_all(struct reader *rd)
{
    if (field_read(rd, &fields_scenario, rd->doc.root, rd->out) < 0 &&
        (!cJSON_IsObject(rd->doc.root) || rd->err->errors >= READER_MOST_FAULTS))
        return;
    graph_check(rd);
    schedule_check(rd);
    policies_check(rd);
    assert_check(rd);
    if (!rd->err->errors)
        sweep_check(rd);
    if (!rd->err->errors)
        load_warn(rd);
}

/* The texts are in the arena already. */
static void keep_overrides(struct reader *rd)
{
    const char **kept = arena_alloc(&rd->out->arena, rd->doc.options * sizeof *kept);

    for (uint32_t k = 0; k < rd->doc.options; k++)
        kept[k] = rd->doc.option[k];
    rd->out->override = kept;
    rd->out->overrides = rd->doc.options;
}

static int open_text(struct reader *rd)
{
    const struct scenario_overrides *o = rd->over;

    if (!o->text)
        return doc_open(&rd->doc, rd->out->path, rd->err);
    return doc_open_text(&rd->doc, rd->out->path, o->text, o->length, rd->err);
}

static int load(struct reader *rd)
{
    struct scenario *sc = rd->out;
    uint32_t from = rd->err->kept, errors = rd->err->errors;
    size_t length;
    char *canonical;

    if (open_text(rd) < 0)
        return -1;
    canonical = json_canonical(&rd->doc, &length);
    if (override_apply(rd) == 0) {
        profile_defaults(rd);
        read_all(rd);
    }
    sort_faults(rd->err, from);
    digest(rd, canonical, length);
    if (rd->err->errors > errors)
        return -1;
    keep_overrides(rd);
    sc->effective = json_pretty(&rd->doc);
    sc->text = rd->doc.text;
    sc->length = rd->doc.length;
    rd->doc.text = NULL;
    return 0;
}

int scenario_load(struct scenario *sc, const char *path, const struct scenario_overrides *over,
                  struct err *err)
{
    static const struct scenario_overrides none = { 0 };
    struct reader *rd = xcalloc(1, sizeof *rd);

    *sc = (struct scenario){ 0 };
    sc->path = arena_text(&sc->arena, path);
    *rd = (struct reader){ .out = sc, .err = err, .over = over ? over : &none };

    int rc = load(rd);

    doc_fini(&rd->doc);
    free(rd->files_digest);
    free(rd);
    if (rc < 0)
        scenario_fini(sc);
    return rc;
}

bool scenario_is_one(const char *path)
{
    static const char *const keys[] = { "clients", "balancers", "backends" };
    struct err *ignored = xcalloc(1, sizeof *ignored);
    struct doc doc;
    bool is_one;

    err_init(ignored);
    is_one = doc_open(&doc, path, ignored) < 0;
    for (size_t k = 0; k < ARRAY_LEN(keys); k++)
        is_one = is_one || doc_get(doc.root, keys[k]);
    doc_fini(&doc);
    free(ignored);
    return is_one;
}

void scenario_fini(struct scenario *sc)
{
    free(sc->text);
    free(sc->effective);
    arena_fini(&sc->arena);
    *sc = (struct scenario){ 0 };
}
