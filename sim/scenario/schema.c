/* schema.c - the JSON Schema (draft 2020-12) of scenarios, written from the field tables: what an
 * editor completes and checks.  References, loops and loads are beyond a schema. */
#include "field.h"
#include "profile.h"

#include "../../algorithms/lb.h"

#include <string.h>

static void put_text(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

static void put_field(FILE *out, const struct field *f)
{
    fprintf(out, "        \"%s\": { ", f->key);
    f->type->schema(out, f);
    fprintf(out, ", \"description\": ");
    put_text(out, f->help);
    if (f->preset && strcmp(f->preset, "{}") != 0)
        fprintf(out, ", \"default\": %s", f->preset);
    fprintf(out, " }%s\n", f[1].key ? "," : "");
}

/* Is this choice's value among those that the field applies with? */
static bool is_chosen(const struct field *f, const struct field_choice *c)
{
    return f->when >> c->value & 1;
}

static void put_words(FILE *out, const struct field *f, const struct field *selector)
{
    const char *before = "";

    for (const struct field_choice *c = selector->extra; c->name; c++)
        if (is_chosen(f, c)) {
            fprintf(out, "%s\"%s\"", before, c->name);
            before = ", ";
        }
}

static bool is_preset_chosen(const struct field *f, const struct field *selector)
{
    for (const struct field_choice *c = selector->extra; selector->preset && c->name; c++)
        if (is_chosen(f, c) && strlen(selector->preset) == strlen(c->name) + 2 &&
            strncmp(selector->preset + 1, c->name, strlen(c->name)) == 0)
            return true;
    return false;
}

/* "rate only with these processes", and "these processes need a rate". */
static void put_condition(FILE *out, const struct field *f, const struct field *selector)
{
    fprintf(out, "        { \"if\": { \"required\": [\"%s\"] }, \"then\": { ", f->key);
    if (!is_preset_chosen(f, selector))
        fprintf(out, "\"required\": [\"%s\"], ", selector->key);
    fprintf(out, "\"properties\": { \"%s\": { \"enum\": [", selector->key);
    put_words(out, f, selector);
    fprintf(out, "] } } } }");
    if (!(f->flags & FIELD_REQUIRED))
        return;
    fprintf(
        out,
        ",\n        { \"if\": { \"required\": [\"%s\"], \"properties\": { \"%s\": { \"enum\": [",
        selector->key, selector->key);
    put_words(out, f, selector);
    fprintf(out, "] } } }, \"then\": { \"required\": [\"%s\"] } }", f->key);
}

static void put_conditions(FILE *out, const struct field_table *table)
{
    const struct field *selector = table->selector ? field_find(table, table->selector) : NULL;
    const char *before = ",\n      \"allOf\": [\n";

    if (!selector)
        return;
    for (const struct field *f = table->row; f->key; f++)
        if (f->when) {
            fprintf(out, "%s", before);
            put_condition(out, f, selector);
            before = ",\n";
        }
    if (before[1] == '\n' && before[2] == '\0')
        fprintf(out, "\n      ]");
}

static void put_required(FILE *out, const struct field_table *table)
{
    const char *before = ",\n      \"required\": [";

    for (const struct field *f = table->row; f->key; f++)
        if ((f->flags & FIELD_REQUIRED) && !f->when) {
            fprintf(out, "%s\"%s\"", before, f->key);
            before = ", ";
        }
    if (before[1] == ' ')
        fprintf(out, "]");
}

static void put_object(FILE *out, const struct field_table *table)
{
    fprintf(out, "      \"type\": \"object\",\n      \"description\": ");
    put_text(out, table->help);
    fprintf(out, ",\n      \"additionalProperties\": false,\n"
                 "      \"patternProperties\": { \"^(\\\\$comment$|x-)\": {} },\n"
                 "      \"properties\": {\n");
    for (const struct field *f = table->row; f->key; f++)
        put_field(out, f);
    fprintf(out, "      }");
    put_required(out, table);
    put_conditions(out, table);
}

static void put_tables(FILE *out, const struct field_table *table)
{
    for (const struct field *f = table->row; f->key; f++) {
        const struct field_table *inner = field_inner(f);

        if (!inner)
            continue;
        fprintf(out, "    \"%s\": {\n", inner->name);
        put_object(out, inner);
        fprintf(out, "\n    },\n");
        put_tables(out, inner);
    }
}

static void put_dist(FILE *out)
{
    fprintf(out, "    \"dist\": {\n"
                 "      \"description\": \"A duration, or a distribution of durations.\",\n"
                 "      \"oneOf\": [\n        { \"$ref\": \"#/$defs/duration\" }");
    for (const struct dist_kind *const *k = dist_kinds(); *k; k++) {
        fprintf(out, ",\n        { \"type\": \"object\", \"required\": [\"dist\"], "
                     "\"additionalProperties\": false,\n"
                     "          \"patternProperties\": { \"^(\\\\$comment$|x-)\": {} },\n"
                     "          \"description\": ");
        put_text(out, (*k)->help);
        fprintf(out, ",\n          \"properties\": { \"dist\": { \"enum\": [\"%s\"", (*k)->name);
        if ((*k)->alias)
            fprintf(out, ", \"%s\"", (*k)->alias);
        fprintf(out, "] }");
        for (const struct dist_param *p = (*k)->params; p->name; p++) {
            static const char *const type[] = {
                [DIST_TIME] = "\"$ref\": \"#/$defs/duration\"",
                [DIST_NUMBER] = "\"type\": \"number\"",
                [DIST_SHARE] = "\"$ref\": \"#/$defs/share\"",
                [DIST_TIMES] = ("\"type\": \"array\", \"minItems\": 1, "
                               "\"items\": { \"$ref\": \"#/$defs/duration\" }"),
            };

            fprintf(out, ", \"%s\": { %s, \"description\": ", p->name, type[p->unit]);
            put_text(out, p->help);
            fprintf(out, " }");
            if (p->unit == DIST_TIMES)
                fprintf(out, ", \"file\": { \"type\": \"string\" }");
        }
        fprintf(out, " } }");
    }
    fprintf(out, "\n      ]\n    },\n");
}

static void put_param(FILE *out, const struct lb_param *p)
{
    static const char *const type[] = {
        [LB_UINT] = "\"type\": \"integer\"", [LB_REAL] = "\"type\": \"number\"",
        [LB_BOOL] = "\"type\": \"boolean\"", [LB_DURATION] = "\"$ref\": \"#/$defs/duration\"" };
    const char *before = "\"enum\": [";

    fprintf(out, "\"%s\": { \"description\": ", p->name);
    put_text(out, p->help);
    fprintf(out, ", %s", p->type == LB_CHOICE ? "" : type[p->type]);
    if (p->type == LB_UINT || p->type == LB_REAL)
        fprintf(out, ", \"minimum\": %.17g, \"maximum\": %.17g", p->min, p->max);
    for (const char *const *w = p->words; w && *w; w++, before = ", ")
        fprintf(out, "%s\"%s\"", before, *w);
    for (uint32_t k = 0; p->words && p->words[k]; k++)
        fprintf(out, ", %u", k);
    fprintf(out, "%s }", p->words ? "]" : "");
}

/* What an algorithm's parameters may be, where the name is a built-in's. */
static void put_params(FILE *out, const struct lb_ops *ops)
{
    const char *before = "";

    fprintf(out, "            { \"if\": { \"required\": [\"name\"], \"properties\": { \"name\": "
                 "{ \"const\": \"%s\" } } }, \"then\": { \"properties\": {\n              ",
            ops->name);
    for (const struct lb_param *p = ops->params; p->name; p++, before = ",\n              ") {
        fprintf(out, "%s", before);
        put_param(out, p);
    }
    fprintf(out, " } } }");
}

/* Wrappers are keys of any policy. */
static void put_wrappers(FILE *out)
{
    for (const struct lb_ops *const *o = lb_all(); *o; o++) {
        const char *before = "";

        if (!((*o)->traits & LB_WRAPS))
            continue;
        fprintf(out, ",\n            \"%s\": { \"description\": ", (*o)->name);
        put_text(out, (*o)->summary);
        fprintf(out, ", \"type\": \"object\", \"additionalProperties\": false, "
                     "\"properties\": { ");
        for (const struct lb_param *p = (*o)->params; p->name; p++, before = ",\n              ") {
            fprintf(out, "%s", before);
            put_param(out, p);
        }
        fprintf(out, " } }");
    }
}

static void put_all_params(FILE *out)
{
    const char *before = ", \"allOf\": [\n";

    for (const struct lb_ops *const *o = lb_all(); *o; o++) {
        if (!(*o)->params || !(*o)->params->name || (*o)->traits & LB_WRAPS)
            continue;
        fprintf(out, "%s", before);
        put_params(out, *o);
        before = ",\n";
    }
    fprintf(out, " ]");
}

/* Plug-ins may bring other names, so names are suggested, not required. */
static void put_policy(FILE *out)
{
    const char *before = "";

    fprintf(out, "    \"policy\": {\n"
                 "      \"description\": \"An algorithm, or one with parameters.\",\n"
                 "      \"oneOf\": [\n"
                 "        { \"type\": \"string\", \"examples\": [");
    for (const struct lb_ops *const *o = lb_all(); *o && !((*o)->traits & LB_WRAPS);
         o++, before = ", ")
        fprintf(out, "%s\"%s\"", before, (*o)->name);
    fprintf(out, "] },\n"
                 "        { \"type\": \"object\", \"required\": [\"name\"], \"properties\": {\n"
                 "            \"name\": { \"type\": \"string\" }, \"label\": { \"type\": "
                 "\"string\", \"maxLength\": 60 }");
    put_wrappers(out);
    fprintf(out, " }");
    put_all_params(out);
    fprintf(out, " },\n        { \"type\": \"object\", \"required\": [\"profile\", \"policy\"], "
                 "\"properties\": {\n            \"profile\": { \"enum\": [");
    before = "";
    for (const char *const *p = profile_names; *p; p++, before = ", ")
        fprintf(out, "%s\"%s\"", before, *p);
    fprintf(out, "] },\n            \"policy\": { \"type\": \"string\", \"maxLength\": 120 }, "
                 "\"label\": { \"type\": \"string\", \"maxLength\": 60 }");
    put_wrappers(out);
    fprintf(out, " } }\n      ]\n    },\n");
}

int scenario_write_schema(FILE *out)
{
    fprintf(
        out,
        "{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
        "  \"$id\": \"scenario-v1.schema.json\",\n"
        "  \"title\": \"lblab scenario, version 1\",\n"
        "  \"$ref\": \"#/$defs/scenario\",\n"
        "  \"$defs\": {\n"
        "    \"duration\": { \"type\": \"string\", \"pattern\": "
        "\"^(0|([0-9]+(\\\\.[0-9]{1,9})?(ns|us|\\u00b5s|ms|s|m|h))+)$\" },\n"
        "    \"rate\": { \"type\": \"string\", \"pattern\": "
        "\"^[0-9]+(\\\\.[0-9]{1,9})?[kM]?/(s|m|h)$\" },\n"
        "    \"size\": { \"type\": \"string\", \"pattern\": "
        "\"^[0-9]+(\\\\.[0-9]{1,9})?(B|kB|MB|GB|KiB|MiB|GiB)$\" },\n"
        "    \"share\": { \"oneOf\": [ { \"type\": \"number\", \"minimum\": 0, \"maximum\": 1 }, "
        "{ \"type\": \"string\", \"pattern\": \"^[0-9]+(\\\\.[0-9]+)?%%?$\" } ] },\n");
    put_dist(out);
    put_policy(out);
    put_tables(out, &fields_scenario);
    fprintf(out, "    \"scenario\": {\n");
    put_object(out, &fields_scenario);
    fprintf(out, "\n    }\n  }\n}\n");
    return ferror(out) ? -1 : 0;
}
