/* field_hint.c - for a key that an object does not have: what was meant, as far as one can tell.
 * Its word in other products, a near miss, where such a key stands; else all that are known. */
#include "field.h"
#include "foreign.h"

#include "../../algorithms/lb.h"
#include "../base/text.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_ROWS = 48, MOST_PLACES = 3, ROOM = 620, FOREIGN = 200 };

/* The objects that have such a key: "clients.arrival, links". */
struct places { const char *key; char list[200]; size_t used; uint32_t count; };

static void add_place(void *arg, const char *path, const struct field_table *table,
                      const struct field *f)
{
    struct places *p = arg;
    const char *end = strrchr(path, '.');

    (void)table;
    if (strcmp(f->key, p->key) != 0 || p->used >= sizeof p->list || ++p->count > MOST_PLACES)
        return;
    p->used += (size_t)snprintf(p->list + p->used, sizeof p->list - p->used, "%s%.*s",
                                p->used ? ", " : "", end ? (int)(end - path) : 8,
                                end ? path : "the file");
}

static bool find_places(struct places *p, const char *key)
{
    *p = (struct places){ .key = key };
    field_walk(add_place, p);
    if (p->count > MOST_PLACES && p->used < sizeof p->list)
        snprintf(p->list + p->used, sizeof p->list - p->used, " and %u more",
                 p->count - MOST_PLACES);
    return p->count > 0;
}

static void list_keys(struct reader *rd, const struct field_table *table)
{
    char list[ROOM];
    size_t used = 0;

    for (const struct field *f = table->row; f->key && used < sizeof list; f++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "", f->key);
    err_hint(rd->err, "known here: %s", list);
}

static const char *nearest(const struct field_table *table, const char *word)
{
    const char *names[MOST_ROWS + 1], *same;
    uint32_t count = 0;

    for (const struct field *f = table->row; f->key && count < MOST_ROWS; f++)
        names[count++] = f->key;
    names[count] = NULL;
    same = foreign_same(word, names);
    return same ? same : text_nearest(word, names);
}

static bool is_wrapper(const char *word)
{
    const struct lb_ops *ops = lb_find(word);

    return ops && ops->traits & LB_WRAPS;
}

void field_hint_key(struct reader *rd, const struct field_table *table, const char *word)
{
    const char *near = nearest(table, word);
    char foreign[FOREIGN];
    struct places places;
    bool is_elsewhere = find_places(&places, word);

    if (foreign_key(table->name, word, foreign, sizeof foreign))
        err_hint(rd->err, "here: %s", foreign);
    else if (table == &fields_balancer && is_wrapper(word))
        err_hint(rd->err, "it wraps the algorithm: \"algorithm\": { \"name\": "
                          "\"weighted_round_robin\", \"%s\": {} }", word);
    else if (near && is_elsewhere)
        err_hint(rd->err, "did you mean \"%s\"?   (\"%s\" is a key of %s)", near, word,
                 places.list);
    else if (near)
        err_hint(rd->err, "did you mean \"%s\"?   (keys that start with \"x-\" are left alone)",
                 near);
    else if (is_elsewhere)
        err_hint(rd->err, "\"%s\" is a key of %s", word, places.list);
    else
        list_keys(rd, table);
}

static bool stands_for(const struct field_table *table, const char *word, const char *key)
{
    char foreign[FOREIGN], quoted[80];
    const char *near = nearest(table, word);

    snprintf(quoted, sizeof quoted, "\"%s\":", key);
    if (foreign_key(table->name, word, foreign, sizeof foreign))
        return strstr(foreign, quoted) != NULL;
    return near && strcmp(near, key) == 0;
}

bool field_is_meant(const struct field_table *table, const cJSON *node, const char *key)
{
    const cJSON *first = cJSON_IsObject(node) ? node->child : NULL;     /* elements have no names */

    for (const cJSON *child = first; child; child = child->next)
        if (!field_is_remark(child->string) && !field_find(table, child->string) &&
            stands_for(table, child->string, key))
            return true;
    return false;
}

/* What a key takes instead of another type: rows of foreign.txt. */
static bool hint_shape(struct reader *rd, const cJSON *node)
{
    const char *shape = cJSON_IsArray(node)    ? "a-list"
                        : cJSON_IsObject(node) ? "an-object" : "a-value";
    char foreign[FOREIGN];

    if (!node->string || !foreign_value(node->string, shape, foreign, sizeof foreign))
        return false;
    err_hint(rd->err, "here: %s", foreign);
    return true;
}

static bool is_amount(const cJSON *node)
{
    char *end = NULL;

    if (!cJSON_IsString(node) || node->valuestring[0] == '\0')
        return false;
    strtod(node->valuestring, &end);
    return *end == '\0';
}

void field_hint_type(struct reader *rd, const cJSON *node, const char *what)
{
    if (rd->doc.root_name || hint_shape(rd, node))
        return;
    if (strstr(what, "number") && !strstr(what, "text") && is_amount(node))
        err_hint(rd->err, "without the quotes: %s", node->valuestring);
    else if (strncmp(what, "a list", 6) == 0 && !cJSON_IsArray(node))
        err_hint(rd->err, "in brackets even if it is one: [ ... ]");
    else if (strncmp(what, "an object", 9) == 0 && node != rd->doc.root)
        field_hint_missing(rd, node);
}

/* "clients[0].arrival" is explained as clients.arrival; the file itself by a sample; cases are read
 * by tables too, and have no page. */
void field_hint_missing(struct reader *rd, const cJSON *node)
{
    char where[120];
    size_t used = 0;

    if (rd->doc.root_name)
        return;
    if (node == rd->doc.root) {
        err_hint(rd->err, "the least that runs: lblab explain scenario");
        return;
    }
    doc_where(&rd->doc, node, where, sizeof where);
    for (const char *p = where; *p; p++) {
        if (*p == '[')
            p += strcspn(p, "]");
        else
            where[used++] = *p;
    }
    where[used] = '\0';
    err_hint(rd->err, "what it is: lblab explain %s", where);
}
