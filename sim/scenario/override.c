/* override.c - what the command line changes, applied to the tree before anything is checked, so
 * that a value given by -s passes the very checks that one in the file does. */
#include "field.h"

#include "../base/text.h"
#include "../base/xalloc.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_PATH = 500 };

/* ---- values ---- */

/* JSON if it parses by the strict rules, else text: 11ms and "11ms" are the same. */
static cJSON *parse_value(const char *text)
{
    struct json_spots spots;
    struct json_fault fault;
    cJSON *node = NULL;

    if (json_check(text, strlen(text), &spots, &fault) == 0) {
        free(spots.spot);
        node = cJSON_ParseWithOpts(text, NULL, 1);
    }
    return node ? node : cJSON_CreateString(text);
}

/* A command line is text of a stranger too. */
static bool is_valid_text(const char *text)
{
    cJSON *node = cJSON_CreateString(text);
    struct json_spots spots = { 0 };
    struct json_fault fault;
    char *printed = node ? cJSON_PrintUnformatted(node) : NULL;
    bool good = printed && json_check(printed, strlen(printed), &spots, &fault) == 0;

    free(spots.spot);
    free(printed);
    cJSON_Delete(node);
    return good;
}

/* ---- one step of a path ---- */

struct walk {
    struct reader *rd;
    cJSON *node;                        /* where we are */
    const struct field_table *table;    /* its table, NULL: a list, a plain value or of free form */
    const struct field *list;           /* the field whose list `node` is, or NULL */
    char done[MOST_PATH];               /* the path so far */
};

static const char *item_name(const cJSON *item)
{
    const cJSON *name = doc_get(item, "name");

    return cJSON_IsString(name) ? name->valuestring : NULL;
}

static cJSON *find_item(const cJSON *list, const char *step)
{
    cJSON *item;

    cJSON_ArrayForEach(item, list) {
        if (item_name(item) && strcmp(item_name(item), step) == 0)
            return item;
    }
    if (!*step || step[strspn(step, "0123456789")] || strlen(step) > 6)
        return NULL;
    return cJSON_GetArrayItem(list, atoi(step));
}

/* The nearest word at this place of the path, or NULL. */
static const char *near_step(const struct walk *w, const char *step)
{
    const char *names[257];
    size_t count = 0;
    const cJSON *item;

    if (w->table)
        for (const struct field *f = w->table->row; f->key && count < 256; f++)
            names[count++] = f->key;
    else
        cJSON_ArrayForEach(item, w->node) {
            const char *name = cJSON_IsObject(w->node) ? item->string : item_name(item);

            if (name && count < 256)
                names[count++] = name;
        }
    names[count] = NULL;
    return text_nearest(step, names);
}

static int tell_no_path(const struct walk *w, int option, const char *step)
{
    const char *near = near_step(w, step);
    char shown[160], safe[80];
    const char *text = w->rd->doc.option[option];

    err_input(w->rd->err, "E160", "%s: no such path",
              text_safe(shown, sizeof shown, text, strlen(text)));
    if (near)
        err_hint(w->rd->err, "did you mean \"%s%s%s\"?", w->done, *w->done ? "." : "",
                 text_safe(safe, sizeof safe, near, strlen(near)));
    else if (*w->done)
        err_hint(w->rd->err, "there is no \"%s\" in \"%s\"",
                 text_safe(safe, sizeof safe, step, strlen(step)), w->done);
    else
        err_hint(w->rd->err,
                 "a path is like run.duration, clients.web.arrival.rate or backends.app.count");
    return -1;
}

/* Where a step leads, without making anything. */
static int take_step(struct walk *w, const char *step, cJSON **child, const struct field **field)
{
    *child = NULL;
    *field = NULL;
    if (cJSON_IsArray(w->node)) {
        *child = find_item(w->node, step);
        return *child ? 0 : -1;
    }
    if (!cJSON_IsObject(w->node))
        return -1;
    *child = doc_get(w->node, step);
    if (!w->table)
        return 0; /* an algorithm's or distribution's keys: checked when read */
    *field = field_find(w->table, step);
    return *field ? 0 : -1;
}

static void follow(struct walk *w, const char *step, cJSON *child, const struct field *field)
{
    size_t used = strlen(w->done);
    char safe[80];

    snprintf(w->done + used, sizeof w->done - used, "%s%s", used ? "." : "",
             text_safe(safe, sizeof safe, step, strlen(step)));
    if (w->list)
        w->table = field_inner(w->list);
    else
        w->table = field && !field_is_list(field) ? field_inner(field) : NULL;
    w->list = field && field_is_list(field) ? field : NULL;
    w->node = child;
}

/* Sets, or replaces, an item of a list or a member of an object. */
static void put_value(cJSON *node, const char *step, cJSON *old, cJSON *value)
{
    if (!old)
        cJSON_AddItemToObject(node, step, value);
    else if (cJSON_IsObject(node))
        cJSON_ReplaceItemInObjectCaseSensitive(node, step, value);
    else
        cJSON_ReplaceItemViaPointer(node, old, value);
}

/* A word may look like a number: -s balancers.edge.tls.version=1.2. */
static cJSON *as_word(const struct field *field, int option, cJSON *value)
{
    char text[40];

    if (!field || field->type != &field_choice || !cJSON_IsNumber(value))
        return value;
    snprintf(text, sizeof text, "%.15g", value->valuedouble);
    cJSON_Delete(value);
    value = cJSON_CreateString(text);
    doc_mark(value, -1 - option);
    return value;
}

static int set_path(struct walk *w, char *path, int option, cJSON *value)
{
    const struct field *field;
    char *step = path, *dot;
    cJSON *child;

    for (;; step = dot + 1) {
        dot = strchr(step, '.');
        if (dot)
            *dot = '\0';
        if (take_step(w, step, &child, &field) < 0 || !*step)
            return tell_no_path(w, option, step);
        if (!dot)
            break;
        if (!child && field && field_inner(field) && !field_is_list(field)) {
            child = cJSON_CreateObject();
            doc_mark(child, -1 - option);
            cJSON_AddItemToObject(w->node, step, child);
        }
        if (!child)
            return tell_no_path(w, option, step);
        follow(w, step, child, field);
    }
    put_value(w->node, step, child, as_word(field, option, value));
    return 1;
}

/* A run ends by duration or by requests: giving one takes the other away. */
static void end_run_by(struct reader *rd, const char *path)
{
    cJSON *run = doc_get(rd->doc.root, "run");

    if (run && strcmp(path, "run.duration") == 0)
        cJSON_DeleteItemFromObjectCaseSensitive(run, "requests");
    if (run && strcmp(path, "run.requests") == 0)
        cJSON_DeleteItemFromObjectCaseSensitive(run, "duration");
}

static int note_option(struct reader *rd, const char *prefix, const char *text)
{
    size_t size = strlen(prefix) + strlen(text) + 1;
    char *whole = arena_alloc(&rd->out->arena, size);

    snprintf(whole, size, "%s%s", prefix, text);
    if (rd->doc.options == DOC_OPTIONS)
        return err_input(rd->err, "E161", "more than %d options that change the scenario",
                         DOC_OPTIONS);
    if (!is_valid_text(text)) {
        char shown[160];

        return err_input(rd->err, "E002", "%s: not valid UTF-8",
                         text_safe(shown, sizeof shown, whole, strlen(whole)));
    }
    rd->doc.option[rd->doc.options] = whole;
    return (int)rd->doc.options++;
}

/* Sets path to a value that becomes the tree's, or is freed. */
static int set_value(struct reader *rd, const char *path, int option, cJSON *value)
{
    struct walk w = { .rd = rd, .node = rd->doc.root, .table = &fields_scenario };
    char copy[MOST_PATH];

    snprintf(copy, sizeof copy, "%s", path);
    doc_mark(value, -1 - option);
    if (set_path(&w, copy, option, value) < 0) {
        cJSON_Delete(value);
        return -1;
    }
    end_run_by(rd, path);
    return 0;
}

static int apply_set(struct reader *rd, const char *text)
{
    const char *equals = strchr(text, '=');
    int option = note_option(rd, "-s ", text);
    char path[MOST_PATH], shown[160];

    if (option < 0)
        return -1;
    if (!equals || equals == text || (size_t)(equals - text) >= sizeof path) {
        err_input(rd->err, "E161", "-s %s: a path, \"=\" and a value were expected",
                  text_safe(shown, sizeof shown, text, strlen(text)));
        err_hint(rd->err, "like -s clients.web.arrival.rate=800/s");
        return -1;
    }
    snprintf(path, sizeof path, "%.*s", (int)(equals - text), text);
    return set_value(rd, path, option, parse_value(equals + 1));
}

/* ---- -a rr,p2c:choices=3:panic:slow_start.window=10s,profile=nginx-1.22:policy=random ---- */

/* The object of a wrapper, new or named before; NULL: the key has another value. */
static cJSON *wrapper_of(cJSON *policy, const char *key)
{
    cJSON *found = cJSON_GetObjectItemCaseSensitive(policy, key);

    if (!found)
        cJSON_AddItemToObject(policy, key, found = cJSON_CreateObject());
    return cJSON_IsObject(found) ? found : NULL;
}

/* "key=value", "wrapper.key=value", or "wrapper" with its presets. */
static bool add_setting(cJSON *policy, char *setting)
{
    char *equals = strchr(setting, '='), *dot = strchr(setting, '.');
    cJSON *to = policy;

    if (!equals)
        return !doc_get(policy, setting) && wrapper_of(policy, setting);
    *equals = '\0';
    if (dot && dot < equals) {
        *dot = '\0';
        to = wrapper_of(policy, setting);
        setting = dot + 1;
    }
    if (!to || doc_get(to, setting))
        return false;
    cJSON_AddItemToObject(to, setting, parse_value(equals + 1));
    return true;
}

static cJSON *parse_policy(char *text)
{
    char *save = NULL, *word = strtok_r(text, ":", &save);
    bool has_name = word && !strchr(word, '=');
    char *setting = has_name ? strtok_r(NULL, ":", &save) : word;
    cJSON *policy;

    if (!word)
        return NULL;
    if (has_name && !setting)
        return cJSON_CreateString(word);
    policy = cJSON_CreateObject();
    if (has_name)
        cJSON_AddItemToObject(policy, "name", cJSON_CreateString(word));
    for (; setting; setting = strtok_r(NULL, ":", &save)) {
        if (!add_setting(policy, setting)) {
            cJSON_Delete(policy);
            return NULL;
        }
    }
    return policy;
}

static cJSON *parse_policies(const char *text)
{
    cJSON *list = cJSON_CreateArray();
    char *copy = xstrdup(text), *save = NULL;

    for (char *word = strtok_r(copy, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
        cJSON *policy = parse_policy(word);

        if (!policy) {
            cJSON_Delete(list);
            list = NULL;
            break;
        }
        cJSON_AddItemToArray(list, policy);
    }
    free(copy);
    if (list && !list->child) {
        cJSON_Delete(list);
        return NULL;
    }
    return list;
}

static int apply_algorithms(struct reader *rd, const char *text)
{
    int option = note_option(rd, "-a ", text);
    cJSON *list = option < 0 ? NULL : parse_policies(text);
    char shown[160];

    if (option < 0)
        return -1;
    if (!list) {
        err_input(rd->err, "E161", "-a %s: not a list of algorithms",
                  text_safe(shown, sizeof shown, text, strlen(text)));
        err_hint(rd->err, "like -a rr,peak_ewma:decay=500ms,p2c:choices=5");
        return -1;
    }
    return set_value(rd, "compare.algorithms", option, list);
}

/* ---- --seed, -n, -d ---- */

static int apply_text(struct reader *rd, const char *prefix, const char *path, const char *text,
                      bool as_text)
{
    int option = note_option(rd, prefix, text);

    if (option < 0)
        return -1;
    return set_value(rd, path, option, as_text ? cJSON_CreateString(text) : parse_value(text));
}

int override_apply(struct reader *rd)
{
    const struct scenario_overrides *o = rd->over;
    int rc = 0;

    if (!cJSON_IsObject(rd->doc.root))
        return 0;                       /* told when it is read */
    for (uint32_t k = 0; k < o->sets; k++)
        rc |= apply_set(rd, o->set[k]);
    if (o->algorithms)
        rc |= apply_algorithms(rd, o->algorithms);
    if (o->seed)
        rc |= apply_text(rd, "--seed ", "run.seed", o->seed, strlen(o->seed) > 15);
    if (o->replications)
        rc |= apply_text(rd, "-n ", "run.replications", o->replications, false);
    if (o->duration)
        rc |= apply_text(rd, "-d ", "run.duration", o->duration, false);
    if (o->until)
        rc |= apply_text(rd, "--until ", "run.until.within", o->until, false);
    return rc < 0 ? -1 : 0;
}
