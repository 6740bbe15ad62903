/* steps.c - see steps.h.  A step is an object with one of the keys of `kinds`, and what goes
 * with it.  Everything is checked here, so that playing a case cannot fail half way. */
#include "steps.h"

#include "../base/text.h"
#include "../base/xalloc.h"

#include <string.h>

typedef int read_value(struct steps_reader *, const cJSON *value, struct pick_step *);

static read_value read_pick, read_release, read_wait, read_backend, read_change, read_add,
    read_remove, read_reload;

static const struct kind {
    const char *key;
    enum pick_kind kind;
    read_value *read;
    const char *with[4];            /* further keys; ends with NULL */
} kinds[] = {
    { "pick", STEP_PICK, read_pick, { "instance", "avoid" } },
    { "release", STEP_RELEASE, read_release, { "result", "latency", "load" } },
    { "wait", STEP_WAIT, read_wait, { NULL } },
    { "down", STEP_DOWN, read_backend, { NULL } },
    { "up", STEP_UP, read_backend, { NULL } },
    { "weight", STEP_WEIGHT, read_change, { NULL } },
    { "limit", STEP_LIMIT, read_change, { NULL } },
    { "add", STEP_ADD, read_add, { NULL } },
    { "remove", STEP_REMOVE, read_remove, { NULL } },
    { "reload", STEP_RELOAD, read_reload, { NULL } },
};

/* ---- faults ---- */

static int fault(struct steps_reader *sr, const cJSON *node, enum doc_part part, const char *what)
{
    return doc_fault(&sr->rd->doc, sr->rd->err, node, part, "E195", "%s", what);
}

static int tell_absent(struct steps_reader *sr, const cJSON *node)
{
    const char *names[257];
    uint32_t count = 0;
    char shown[80];

    for (uint32_t k = 0; k < sr->roster.configured && count < 256; k++)
        if (roster_find(&sr->roster, sr->at[k]->name) == k)
            names[count++] = sr->at[k]->name;
    names[count] = NULL;

    const char *near = text_nearest(node->valuestring, names);

    doc_fault(&sr->rd->doc, sr->rd->err, node, DOC_VALUE, "E131", "there is no backend %s here",
              doc_shown(&sr->rd->doc, node, shown, sizeof shown));
    if (near)
        err_hint(sr->rd->err, "did you mean \"%s\"?", near);
    else
        err_hint(sr->rd->err, "backends come and go in the order of the steps");
    return -1;
}

/* ---- backends ---- */

static int hold_ids(struct steps_reader *sr, const cJSON *list, const struct pick_backend *b)
{
    const cJSON *item;
    int rc = 0;

    cJSON_ArrayForEach(item, list) {
        if (b->id && !roster_hold(&sr->roster, b->id))
            rc = doc_fault(&sr->rd->doc, sr->rd->err, doc_get(item, "id"), DOC_VALUE, "E130",
                           "the id of \"%s\" is taken", b->name);
        b++;                /* cppcheck-suppress uselessAssignmentPtrArg */
    }
    return rc;
}

static int enter(struct steps_reader *sr, const cJSON *item, struct pick_backend *b)
{
    const cJSON *name = doc_get(item, "name");
    char shown[80];

    if (!*b->name)
        return doc_fault(&sr->rd->doc, sr->rd->err, name, DOC_VALUE, "E114",
                         "a backend needs a name that is not empty");
    if (!roster_add(&sr->roster, b))
        return doc_fault(&sr->rd->doc, sr->rd->err, name, DOC_VALUE, "E130",
                         "there is a backend %s already",
                         doc_shown(&sr->rd->doc, name, shown, sizeof shown));
    sr->at = xrealloc(sr->at, sr->roster.configured, sizeof *sr->at);
    sr->at[sr->roster.configured - 1] = b;
    return 0;
}

int steps_backends(struct steps_reader *sr, const cJSON *list, struct pick_backend *b)
{
    const cJSON *item;
    int rc;

    roster_clear(&sr->roster);
    rc = hold_ids(sr, list, b);
    cJSON_ArrayForEach(item, list) {
        if (enter(sr, item, b++) < 0)
            rc = -1;
    }
    return rc;
}

static int find_backend(struct steps_reader *sr, const cJSON *node, uint32_t *position)
{
    if (!cJSON_IsString(node))
        return field_mismatch(sr->rd, node, "the name of a backend");
    *position = roster_find(&sr->roster, node->valuestring);
    return *position == NONE ? tell_absent(sr, node) : 0;
}

static int read_backend(struct steps_reader *sr, const cJSON *value, struct pick_step *step)
{
    return find_backend(sr, value, &step->backend);
}

/* ["s1", 4] */
static int read_change(struct steps_reader *sr, const cJSON *value, struct pick_step *step)
{
    const cJSON *number = cJSON_GetArrayItem(value, 1);
    const double most = step->kind == STEP_WEIGHT ? 1e6 : 1e9;

    if (!cJSON_IsArray(value) || cJSON_GetArraySize(value) != 2 || !cJSON_IsNumber(number) ||
        number->valuedouble < 0 || number->valuedouble > most ||
        number->valuedouble != (uint32_t)number->valuedouble)
        return field_mismatch(sr->rd, value,
                              step->kind == STEP_WEIGHT
                                  ? "a backend and its weight, such as [\"s1\", 4]"
                                  : "a backend and its limit, such as [\"s1\", 4]");
    step->value = (uint32_t)number->valuedouble;
    return find_backend(sr, value->child, &step->backend);
}

static int read_add(struct steps_reader *sr, const cJSON *value, struct pick_step *step)
{
    struct pick_backend *b = arena_alloc(&sr->rd->out->arena, sizeof *b);

    if (field_read(sr->rd, &pick_fields_backend, value, b) < 0)
        return -1;
    step->backends = b;
    step->count = 1;
    if (sr->roster.configured == PICK_MOST_BACKENDS)
        return fault(sr, value, DOC_VALUE, "more than 100000 backends");
    if (b->id && !roster_hold(&sr->roster, b->id))
        return doc_fault(&sr->rd->doc, sr->rd->err, doc_get(value, "id"), DOC_VALUE, "E130",
                         "the id of \"%s\" is taken", b->name);
    return enter(sr, value, b);
}

static int read_remove(struct steps_reader *sr, const cJSON *value, struct pick_step *step)
{
    if (find_backend(sr, value, &step->backend) < 0)
        return -1;
    if (sr->roster.present == 1)
        return fault(sr, value, DOC_VALUE, "this is the last backend: one must stay");
    roster_remove(&sr->roster, value->valuestring, sr->at[step->backend]->id);
    return 0;
}

static int read_reload(struct steps_reader *sr, const cJSON *value, struct pick_step *step)
{
    const struct field_list list = {
        .table = &pick_fields_backend, .size = sizeof(struct pick_backend),
        .count_offset = FIELD_AT(pick_step, count), .least = 1, .most = PICK_MOST_BACKENDS };
    const struct field field = { .key = "reload", .offset = FIELD_AT(pick_step, backends),
                                 .extra = &list };

    if (field_objects.read(sr->rd, &field, value, step) < 0)
        return -1;
    return steps_backends(sr, value, step->backends);
}

/* ---- requests ---- */

static int read_address(struct steps_reader *sr, const cJSON *value, struct pick_step *step)
{
    const cJSON *address = doc_get(value, "address");
    unsigned char bytes[16];
    char *key;

    if (cJSON_GetArraySize(value) != 1 || !cJSON_IsString(address))
        return field_mismatch(sr->rd, value, "a text, null, or { \"address\": \"10.0.0.1\" }");
    step->key_length = pick_address(address->valuestring, bytes);
    if (step->key_length == 0)
        return field_mismatch(sr->rd, address, "an IPv4 or IPv6 address");
    key = arena_alloc(&sr->rd->out->arena, 16);
    memcpy(key, bytes, step->key_length);
    step->key = key;
    step->is_address = true;
    return 0;
}

static int read_pick(struct steps_reader *sr, const cJSON *value, struct pick_step *step)
{
    if (sr->picks == sr->room) {
        sr->room = sr->room ? 2 * sr->room : 256;
        sr->ended = xrealloc(sr->ended, sr->room, sizeof *sr->ended);
    }
    sr->ended[sr->picks++] = 0;
    if (cJSON_IsNull(value))
        return 0;
    if (!cJSON_IsString(value))
        return cJSON_IsObject(value)
            ? read_address(sr, value, step)
            : field_mismatch(sr->rd, value, "a text, null, or { \"address\": \"10.0.0.1\" }");
    step->key = reader_text(sr->rd, value->valuestring);
    step->key_length = (uint32_t)strlen(step->key);
    return 0;
}

static int read_release(struct steps_reader *sr, const cJSON *value, struct pick_step *step)
{
    double n = cJSON_IsNumber(value) ? value->valuedouble : 0;

    step->load = -1;
    if (!cJSON_IsNumber(value) || n != (uint32_t)n || n < 1)
        return field_mismatch(sr->rd, value, "the number of a pick, from 1");
    if (n > sr->picks) {
        fault(sr, value, DOC_VALUE, "a release before its pick");
        err_hint(sr->rd->err, "picks are counted from 1; so far there are %u", sr->picks);
        return -1;
    }
    step->pick = (uint32_t)n - 1;
    if (sr->ended[step->pick]) {
        fault(sr, value, DOC_VALUE, "this pick was released before");
        err_hint(sr->rd->err, "by steps[%u]", sr->ended[step->pick] - 1);
        return -1;
    }
    sr->ended[step->pick] = sr->out->steps + 1;
    return 0;
}

static int read_wait(struct steps_reader *sr, const cJSON *value, struct pick_step *step)
{
    return field_read_duration(sr->rd, value, &step->time);
}

/* ---- what goes with them ---- */

static int read_instance(struct steps_reader *sr, const cJSON *node, struct pick_step *step)
{
    char most[16];

    if (!cJSON_IsNumber(node))
        return field_mismatch(sr->rd, node, "a whole number");
    if (node->valuedouble < 0 || node->valuedouble >= sr->out->instances ||
        node->valuedouble != (uint32_t)node->valuedouble) {
        snprintf(most, sizeof most, "%u", sr->out->instances - 1);
        return field_out_of_range(sr->rd, node, "0", most);
    }
    step->instance = (uint32_t)node->valuedouble;
    return 0;
}

static int read_avoid(struct steps_reader *sr, const cJSON *node, struct pick_step *step)
{
    uint32_t count = cJSON_IsArray(node) ? (uint32_t)cJSON_GetArraySize(node) : 0;
    uint32_t *avoid = arena_alloc(&sr->rd->out->arena, (count + 1) * sizeof *avoid);
    const cJSON *item;

    if (!cJSON_IsArray(node))
        return field_mismatch(sr->rd, node, "a list of backends' names");
    step->avoid = avoid;
    cJSON_ArrayForEach(item, node) {
        if (find_backend(sr, item, &avoid[step->avoided++]) < 0)
            return -1;
    }
    return 0;
}

static int read_result(struct steps_reader *sr, const cJSON *node, struct pick_step *step)
{
    static const struct field_choice results[] = {
        { "ok", LB_OK }, { "error", LB_ERROR }, { "refused", LB_REFUSED },
        { "timeout", LB_TIMEOUT }, { NULL, 0 } };
    const struct field f = { .key = "result", .extra = results };
    uint32_t result = LB_OK;

    if (field_choice.read(sr->rd, &f, node, &result) < 0)
        return -1;
    step->result = (enum lb_result)result;
    return 0;
}

static int read_load(struct steps_reader *sr, const cJSON *node, struct pick_step *step)
{
    const struct field f = { .key = "load", .type = &field_real, .max = 1000,
                             .offset = FIELD_AT(pick_step, load) };

    return field_real.read(sr->rd, &f, node, step);
}

static int read_latency(struct steps_reader *sr, const cJSON *node, struct pick_step *step)
{
    return field_read_duration(sr->rd, node, &step->time);
}

static int read_further(struct steps_reader *sr, const cJSON *node, struct pick_step *step)
{
    static const struct { const char *key; read_value *read; } further[] = {
        { "instance", read_instance }, { "avoid", read_avoid }, { "result", read_result },
        { "latency", read_latency }, { "load", read_load } };

    for (size_t k = 0; k < ARRAY_LEN(further); k++)
        if (strcmp(node->string, further[k].key) == 0)
            return further[k].read(sr, node, step);
    return 0;
}

/* ---- a step ---- */

static const struct kind *find_kind(const char *key)
{
    for (size_t k = 0; k < ARRAY_LEN(kinds); k++)
        if (strcmp(kinds[k].key, key) == 0)
            return &kinds[k];
    return NULL;
}

static bool goes_with(const struct kind *kind, const char *key)
{
    for (uint32_t k = 0; kind->with[k]; k++)
        if (strcmp(kind->with[k], key) == 0)
            return true;
    return false;
}

static int tell_no_kind(struct steps_reader *sr, const cJSON *node)
{
    const char *names[ARRAY_LEN(kinds) + 1] = { NULL };
    const char *near = NULL;

    for (size_t k = 0; k < ARRAY_LEN(kinds); k++)
        names[k] = kinds[k].key;
    if (node->child)
        near = text_nearest(node->child->string, names);
    fault(sr, node->child ? node->child : node, node->child ? DOC_KEY : DOC_VALUE,
          "a step needs one of its words");
    if (near)
        err_hint(sr->rd->err, "did you mean \"%s\"?", near);
    else
        err_hint(sr->rd->err,
                 "known: pick, release, wait, down, up, weight, limit, add, remove, reload");
    return -1;
}

/* The one key that says what the step is; NULL with the fault told. */
static const cJSON *find_word(struct steps_reader *sr, const cJSON *node)
{
    const cJSON *word = NULL, *child;

    cJSON_ArrayForEach(child, node) {
        if (!find_kind(child->string))
            continue;
        if (word) {
            doc_fault(&sr->rd->doc, sr->rd->err, child, DOC_KEY, "E195",
                      "\"%s\" and \"%s\" in one step", word->string, child->string);
            err_hint(sr->rd->err, "make it two steps");
            return NULL;
        }
        word = child;
    }
    if (!word)
        tell_no_kind(sr, node);
    return word;
}

static int tell_unknown(struct steps_reader *sr, const struct kind *kind, const cJSON *child)
{
    char safe[80], list[80] = "";

    for (uint32_t k = 0; kind->with[k]; k++)
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s\"%s\"", k ? ", " : "",
                 kind->with[k]);
    doc_fault(&sr->rd->doc, sr->rd->err, child, DOC_KEY, "E120",
              "unknown key \"%s\" beside \"%s\"",
              text_safe(safe, sizeof safe, child->string, strlen(child->string)), kind->key);
    err_hint(sr->rd->err, "%s goes with %s", kind->key, *list ? list : "nothing else");
    return -1;
}

static void read_step(struct steps_reader *sr, const cJSON *node, struct pick_step *step)
{
    const cJSON *word, *child;
    const struct kind *kind;

    if (!cJSON_IsObject(node)) {
        field_mismatch(sr->rd, node, "a step, such as { \"pick\": \"a key\" }");
        return;
    }
    word = find_word(sr, node);
    if (!word)
        return;
    kind = find_kind(word->string);
    step->kind = kind->kind;
    if (kind->read(sr, word, step) < 0)
        return;
    cJSON_ArrayForEach(child, node) {
        if (child == word || field_is_remark(child->string))
            continue;
        if (!goes_with(kind, child->string))
            tell_unknown(sr, kind, child);
        else
            read_further(sr, child, step);
    }
}

void steps_read(struct steps_reader *sr, const cJSON *list)
{
    struct pick_case *c = sr->out;
    const cJSON *item;

    c->step = arena_alloc(&sr->rd->out->arena,
                          (size_t)cJSON_GetArraySize(list) * sizeof *c->step);
    cJSON_ArrayForEach(item, list) {
        if (field_is_hopeless(sr->rd))
            break;
        read_step(sr, item, &c->step[c->steps]);
        c->steps++;
    }
    c->picks = sr->picks;
}
