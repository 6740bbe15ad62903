/* target.c - see target.h. */
#include "target.h"

#include <stdio.h>
#include <string.h>

static int parse_index(const char **at, uint32_t *out)
{
    uint64_t value = 0;
    const char *start = *at;

    for (; **at >= '0' && **at <= '9' && *at - start < 9; (*at)++)
        value = value * 10 + (uint64_t)(**at - '0');
    *out = (uint32_t)value;
    return *at > start ? 0 : -1;
}

static int parse_range(const char *at, struct target *t)
{
    if (parse_index(&at, &t->first) < 0)
        return -1;
    t->last = t->first;
    if (strncmp(at, "..", 2) == 0) {
        at += 2;
        if (parse_index(&at, &t->last) < 0)
            return -1;
    }
    return strcmp(at, "]") == 0 && t->first <= t->last ? 0 : -1;
}

int target_parse(const char *text, struct target *t)
{
    const char *open = strchr(text, '[');
    size_t length = open ? (size_t)(open - text) : strlen(text);

    *t = (struct target){ .is_bare = !open };
    if (length == 0 || length >= sizeof t->pool)
        return -1;
    memcpy(t->pool, text, length);
    if (!open)
        return 0;
    t->is_all = strcmp(open, "[*]") == 0;
    return t->is_all ? 0 : parse_range(open + 1, t);
}

static int read_target(struct reader *rd, const struct field *f, const cJSON *node, void *object)
{
    struct target unused;

    (void)f;
    (void)object;
    if (cJSON_IsString(node) && target_parse(node->valuestring, &unused) == 0)
        return 0;
    return field_mismatch(rd, node, "like \"app\", \"app[2]\", \"app[0..3]\" or \"app[*]\"");
}

static void schema_target(FILE *out, const struct field *f)
{
    (void)f;
    fprintf(
        out,
        "\"type\": \"string\", \"pattern\": "
        "\"^[A-Za-z][A-Za-z0-9_-]{0,63}(\\\\[(\\\\*|[0-9]{1,9}(\\\\.\\\\.[0-9]{1,9})?)\\\\])?$\"");
}

const struct field_type field_target = {
    .what = "\"app\", \"app[2]\", \"app[0..3]\" or \"app[*]\"",
    .read = read_target, .schema = schema_target };
