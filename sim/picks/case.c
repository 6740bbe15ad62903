/* case.c - reads a case: `{ "algorithm", "seed", "instances", "backends", "steps" }`.  The
 * algorithm is read as in a scenario; steps are followed with a roster of who is there. */
#include "case.h"
#include "roster.h"
#include "steps.h"

#include "../base/text.h"
#include "../base/xalloc.h"
#include "../scenario/field.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

uint32_t pick_address(const char *text, unsigned char bytes[16])
{
    if (inet_pton(AF_INET, text, bytes) == 1)
        return 4;
    return inet_pton(AF_INET6, text, bytes) == 1 ? 16 : 0;
}

/* ---- backends ---- */

static const struct field backend_rows[] = {
    { "name", &field_text, FIELD_AT(pick_backend, name), .max = 200, .flags = FIELD_REQUIRED,
      .help = "what answers call it" },
    { "address", &field_text, FIELD_AT(pick_backend, address), .max = 200,
      .help = "what is hashed where a product hashes its servers' text; default: the name" },
    { "weight", &field_uint, FIELD_AT(pick_backend, weight), .min = 0, .max = 1000000,
      .preset = "1", .help = "0: nothing new" },
    { "id", &field_count, FIELD_AT(pick_backend, id), .min = 1, .max = 0x1p53,
      .help = "what is hashed where a product hashes its servers' numbers; default: the least that "
              "is free, from 1" },
    { "limit", &field_uint, FIELD_AT(pick_backend, limit), .min = 0, .max = 1e9, .preset = "0",
      .help = "most in flight; 0: unlimited" },
    { "zone", &field_zone, FIELD_AT(pick_backend, zone), .help = "where it stands, for locality" },
    { "priority", &field_uint, FIELD_AT(pick_backend, priority), .min = 0, .max = 127,
      .preset = "0", .help = "for priority: 0 is asked first" },
    { "backup", &field_bool, FIELD_AT(pick_backend, is_backup), .preset = "false",
      .help = "only when none of the others is usable" },
    { "down", &field_bool, FIELD_AT(pick_backend, is_down), .preset = "false",
      .help = "at the start" },
    { .key = NULL },
};

const struct field_table pick_fields_backend = {
    .name = "backends", .help = "a backend", .row = backend_rows };

static const struct field_list backend_list = {
    .table = &pick_fields_backend, .size = sizeof(struct pick_backend),
    .count_offset = FIELD_AT(pick_case, backends), .least = 1, .most = PICK_MOST_BACKENDS };

/* ---- the whole ---- */

static int read_list(struct reader *rd, const struct field *f, const cJSON *node, void *object)
{
    (void)f;
    (void)object;
    if (!cJSON_IsArray(node) || cJSON_GetArraySize(node) > PICK_MOST_STEPS)
        return field_mismatch(rd, node, "a list of at most 200000 steps");
    return 0;
}

static void schema_list(FILE *out, const struct field *f)
{
    (void)f;
    fprintf(out, "\"type\": \"array\", \"maxItems\": %d", PICK_MOST_STEPS);
}

/* Steps are read when the backends are known: read_list() only looks at their number. */
static const struct field_type type_steps = {
    .what = "a list of steps", .read = read_list, .schema = schema_list };

static const struct field_choice shares[] = {
    { "none", SHARE_NONE }, { "counters", SHARE_COUNTERS }, { "all", SHARE_ALL }, { NULL, 0 } };
static const size_t instances_at = FIELD_AT(pick_case, instances);

static const struct field case_rows[] = {
    { "algorithm", &field_policy, FIELD_AT(pick_case, policy), .flags = FIELD_REQUIRED,
      .help = "a name, an object with \"name\" and parameters, or with \"profile\" and "
              "\"policy\"" },
    { "seed", &field_count, FIELD_AT(pick_case, seed), .preset = "1",
      .help = "instance i is seeded with seed + i" },
    { "instances", &field_uint, FIELD_AT(pick_case, instances), .min = 1,
      .max = PICK_MOST_INSTANCES, .preset = "1", .help = "balancers, each with its own view" },
    { "share", &field_choice, FIELD_AT(pick_case, share), .preset = "\"none\"", .extra = shares,
      .help = "what instances have in common: \"none\"; \"counters\": what is in flight; \"all\": "
              "one balancer for all of them" },
    { "zone", &field_zones, FIELD_AT(pick_case, zone), .extra = &instances_at,
      .help = "where instances stand, for locality: a name, or a list with one an instance" },
    { "backends", &field_objects, FIELD_AT(pick_case, backend), .flags = FIELD_REQUIRED,
      .extra = &backend_list, .help = "in configured order" },
    { "steps", &type_steps, .flags = FIELD_REQUIRED, .help = "what happens, in order" },
    { .key = NULL },
};

static const struct field_table case_table = {
    .name = "case", .help = "one algorithm and a list of steps", .row = case_rows };

static void read_all(struct reader *rd, struct pick_case *c)
{
    struct steps_reader *sr = xcalloc(1, sizeof *sr);

    *sr = (struct steps_reader){ .rd = rd, .out = c };
    if (steps_backends(sr, doc_get(rd->doc.root, "backends"), c->backend) == 0)
        steps_read(sr, doc_get(rd->doc.root, "steps"));
    roster_fini(&sr->roster);
    free(sr->ended);
    free(sr->at);
    free(sr);
}

int pick_case_load(struct pick_case *c, struct arena *arena, const char *path,
                   const struct lb_ops *const *plugins, struct err *err)
{
    const struct scenario_overrides over = { .plugins = plugins };
    struct scenario *keeper = xcalloc(1, sizeof *keeper);    /* the reader's memory */
    struct reader *rd = xcalloc(1, sizeof *rd);
    uint32_t errors = err->errors;

    *c = (struct pick_case){ .seed = 0 };
    *rd = (struct reader){ .out = keeper, .err = err, .over = &over };
    keeper->arena = *arena;
    if (doc_open(&rd->doc, path, err) == 0) {
        rd->doc.root_name = "the case";
        if (field_read(rd, &case_table, rd->doc.root, c) == 0)
            read_all(rd, c);
    }
    *arena = keeper->arena;
    doc_fini(&rd->doc);
    free(rd);
    free(keeper);
    return err->errors > errors ? -1 : 0;
}
