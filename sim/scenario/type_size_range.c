/* type_size_range.c - ">= 1MB" or "10kB..1MB": from a size on, below a size, or both. */
#include "fields_routes.h"

#include <string.h>

#include "../base/text.h"

enum { LONGEST = 40 };

static const char *skip_spaces(const char *s)
{
    return s + strspn(s, " ");
}

/* ">", ">=", "<" or "<=" and a size. */
static int read_bound(const char *s, struct size_range *range)
{
    bool is_above = *s == '>', is_inclusive = s[1] == '=';
    uint64_t size;

    if (text_size(skip_spaces(s + 1 + is_inclusive), &size) < 0)
        return -1;
    if (is_above)
        range->from = size + !is_inclusive;
    else
        range->below = size + is_inclusive;
    return is_above || range->below > 0 ? 0 : -1;
}

/* "FROM..BELOW" */
static int read_both(const char *s, struct size_range *range)
{
    const char *dots = strstr(s, "..");
    char from[LONGEST + 1];

    if (dots == NULL)
        return -1;
    memcpy(from, s, (size_t)(dots - s));
    from[dots - s] = '\0';
    if (text_size(from, &range->from) < 0 || text_size(dots + 2, &range->below) < 0)
        return -1;
    return range->from < range->below ? 0 : -1;
}

static int read_range(struct reader *rd, const struct field *f, const cJSON *node, void *object)
{
    struct size_range range = { 0 };
    const char *s = cJSON_IsString(node) ? node->valuestring : "";

    if (strlen(s) > LONGEST || (*s == '<' || *s == '>' ? read_bound : read_both)(s, &range) != 0)
        return field_mismatch(rd, node, f->type->what);
    *(struct size_range *)(void *)((char *)object + f->offset) = range;
    return 0;
}

#define SIZE "[0-9]+(\\\\.[0-9]+)?(B|[kMG]B|[KMG]iB)"

static void schema_range(FILE *out, const struct field *f)
{
    (void)f;
    fprintf(out, "\"type\": \"string\", \"maxLength\": %d, \"pattern\": "
                 "\"^([<>]=? *" SIZE "|" SIZE "\\\\.\\\\." SIZE ")$\"", LONGEST);
}

const struct field_type type_size_range = {
    .what = "a range of sizes that is not empty: \">= 1MB\", \"< 10kB\" or \"10kB..1MB\"",
    .read = read_range, .schema = schema_range };
