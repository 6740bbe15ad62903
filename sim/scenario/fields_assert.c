/* fields_assert.c - `assert` and -A: what must hold, read when the policies are known.
 *
 * A fault is told at its character inside the string.  What -a or -d took away from under an
 * assertion of the file skips it with a warning: a part of a scenario may be run alone. */
#include "field.h"

#include "../base/text.h"
#include "../results/assertion.h"

#include <string.h>

enum { MOST_ASSERTIONS = 256 };

/* An entry as it is written. */
struct written { const char *that, *of, *during, *why; };

#define WRITTEN(member) FIELD_AT(written, member)

static const struct field assert_rows[] = {
    { "that", &field_text, WRITTEN(that), .max = 500, .flags = FIELD_REQUIRED,
      .help = "METRIC[@POLICY] OP VALUE, or METRIC[@POLICY] OP [FACTOR *] METRIC[@POLICY]; OP is "
              "one of < <= > >=" },
    { "for", &field_text, WRITTEN(of), .max = 100,
      .help = "the policy it is asserted of; default: every one" },
    { "during", &field_text, WRITTEN(during), .max = 100,
      .help = "of the requests born in this part of the run: \"20s..40s\"" },
    { "why", &field_text, WRITTEN(why), .max = 400, .help = "told when it fails" },
    { .key = NULL },
};

const struct field_table fields_assert = {
    .name = "assert", .help = "what must hold: 'latency.p99@p2c < 250ms'", .row = assert_rows };

/* Only the form; what it means is read by assert_check(), when all else is known. */
static int read_asserts(struct reader *rd, const struct field *f, const cJSON *node, void *object)
{
    struct written unused;
    const cJSON *item;
    int rc = 0;

    (void)object;
    if (!cJSON_IsArray(node) || cJSON_GetArraySize(node) > MOST_ASSERTIONS)
        return field_mismatch(rd, node, "a list of at most 256 assertions");
    cJSON_ArrayForEach(item, node) {
        if (cJSON_IsObject(item))
            rc |= field_read(rd, f->extra, item, &unused);
        else if (cJSON_IsString(item))
            rc |= field_text.read(rd, &assert_rows[0], item, &unused);
        else
            rc |= field_mismatch(rd, item, "text, or an object with \"that\"");
    }
    return rc;
}

static void schema_asserts(FILE *out, const struct field *f)
{
    (void)f;
    fprintf(out, "\"type\": \"array\", \"maxItems\": %d, \"items\": { \"anyOf\": "
                 "[ { \"type\": \"string\", \"maxLength\": 500 }, "
                 "{ \"$ref\": \"#/$defs/assert\" } ] }",
            MOST_ASSERTIONS);
}

const struct field_type field_asserts = {
    .what = "a list of texts such as \"latency.p99@p2c < 250ms\", or objects",
    .read = read_asserts, .schema = schema_asserts };

/* ---- what they mean ---- */

/* One entry, and where it came from: nodes of the file, or an option. */
struct entry {
    struct assertion assertion;
    const char *that;
    const cJSON *node, *of, *during, *why;      /* node NULL: -A */
};

static const char *text_of(const cJSON *node)
{
    return node && cJSON_IsString(node) ? node->valuestring : NULL;
}

static int tell_option(struct reader *rd, const char *that, const char *code,
                       const struct assertion_fault *fault)
{
    struct err_item *item;

    err_input(rd->err, code, "-A: %s", fault->what);
    item = &rd->err->item[rd->err->last];
    snprintf(item->source, sizeof item->source, "%s", that);
    item->column = fault->at + 1;
    item->width = fault->width;
    return -1;
}

/* At a byte of the text: inside the string of the file, or of the option. */
static int tell_at(struct reader *rd, const struct entry *e, const char *code,
                   const struct assertion_fault *fault)
{
    if (e->node)
        doc_fault_within(&rd->doc, rd->err, e->node, fault->at, fault->width, code, fault->what);
    else
        tell_option(rd, e->that, code, fault);
    if (fault->hint[0])
        err_hint(rd->err, "%s", fault->hint);
    return -1;
}

/* ---- policies ---- */

static uint32_t find_label(const struct scenario *sc, const char *name)
{
    for (uint32_t k = 0; k < sc->policies; k++)
        if (strcmp(sc->policy[k].label, name) == 0)
            return k;
    return NONE;
}

/* By label, else by the name or alias of an algorithm that only one policy uses; *several. */
static uint32_t find_policy(const struct reader *rd, const char *name, uint32_t *several)
{
    const struct scenario *sc = rd->out;
    const struct lb_ops *ops = reader_algorithm(rd, name);
    uint32_t found = find_label(sc, name);

    *several = 0;
    if (found != NONE)
        return found;
    for (uint32_t k = 0; ops && k < sc->policies; k++)
        if (sc->policy[k].ops == ops) {
            found = k;
            ++*several;
        }
    return *several == 1 ? found : NONE;
}

static void skip(struct reader *rd, const struct entry *e, const char *why)
{
    char shown[120];

    if (rd->over->asserts_nothing)
        return;
    doc_fault(&rd->doc, rd->err, e->node, DOC_VALUE, "W204", "not asserted: \"%s\"",
              text_safe(shown, sizeof shown, e->that, strlen(e->that)));
    err_hint(rd->err, "%s", why);
}

static void name_policies(const struct scenario *sc, char *list, size_t size)
{
    size_t used = 0;

    list[0] = '\0';
    for (uint32_t k = 0; k < sc->policies && used < size; k++)
        used += (size_t)snprintf(list + used, size - used, "%s%s", k ? ", " : "",
                                 sc->policy[k].label);
}

static void hint_policies(const struct scenario *sc, const char *name, uint32_t several,
                          struct assertion_fault *fault)
{
    const char *labels[65], *near;
    char list[160];
    uint32_t count = 0;

    for (uint32_t k = 0; k < sc->policies && count < 64; k++)
        labels[count++] = sc->policy[k].label;
    labels[count] = NULL;
    name_policies(sc, list, sizeof list);
    near = text_nearest(name, labels);
    if (several)
        snprintf(fault->hint, sizeof fault->hint, "name one of them by its label: %s", list);
    else if (near)
        snprintf(fault->hint, sizeof fault->hint, "did you mean \"%s\"?", near);
    else
        snprintf(fault->hint, sizeof fault->hint, "compared are %s", list);
}

/* Where the text names the policy of this side: the right one stands behind the operator. */
static uint32_t place_of(const struct entry *e, const char *const *policy)
{
    const char *name = *policy, *start = e->that;

    if (policy == &e->assertion.right.policy)
        start += strcspn(start, "<>");

    const char *at = strstr(start, name);

    while (at && at > e->that && at[-1] != '@' && at[-1] != '\'')
        at = strstr(at + 1, name);
    return at ? (uint32_t)(at - e->that) : 0;
}

/* Puts the label in place of an alias.  1: the entry is skipped. */
static int resolve(struct reader *rd, struct entry *e, const char **policy)
{
    struct assertion_fault fault = { 0 };
    uint32_t several, found;
    char safe[100];

    if (!*policy)
        return 0;
    found = find_policy(rd, *policy, &several);
    if (found != NONE) {
        *policy = rd->out->policy[found].label;
        return 0;
    }
    if (e->node && rd->over->algorithms) {
        skip(rd, e, "-a took away a policy that it names");
        return 1;
    }
    snprintf(fault.what, sizeof fault.what,
             several ? "several policies are \"%s\"" : "no policy \"%s\" is compared here",
             text_safe(safe, sizeof safe, *policy, strlen(*policy)));
    hint_policies(rd->out, *policy, several, &fault);
    fault.at = place_of(e, policy);
    fault.width = (uint32_t)strlen(*policy);
    if (e->of && policy == &e->assertion.left.policy) {
        doc_fault(&rd->doc, rd->err, e->of, DOC_VALUE, "E181", "%s", fault.what);
        err_hint(rd->err, "%s", fault.hint);
        return -1;
    }
    return tell_at(rd, e, "E181", &fault);
}

/* ---- window ---- */

static int tell_window(struct reader *rd, const struct entry *e, const char *what)
{
    char shown[60];

    doc_fault(&rd->doc, rd->err, e->during, DOC_VALUE, "E182", "%s: %s", what,
              doc_shown(&rd->doc, e->during, shown, sizeof shown));
    return -1;
}

static int parse_window(const char *text, nsec *from, nsec *until)
{
    const char *dots = strstr(text, "..");
    char first[64];

    if (!dots || (size_t)(dots - text) >= sizeof first)
        return -1;
    snprintf(first, sizeof first, "%.*s", (int)(dots - text), text);
    return text_duration(first, from) < 0 || text_duration(dots + 2, until) < 0 ? -1 : 0;
}

static bool is_from_option(const cJSON *node)
{
    return node && node->valueint < 0;
}

/* Inside the run?  1: the command line made the run shorter. */
static int check_inside(struct reader *rd, const struct entry *e)
{
    const struct run_config *run = &rd->out->run;
    const cJSON *node = doc_get(rd->doc.root, "run");
    const struct assertion *a = &e->assertion;

    if (run->duration && a->until > run->duration) {
        if (is_from_option(doc_get(node, "duration"))) {
            skip(rd, e, "the command line made the run shorter than its \"during\"");
            return 1;
        }
        tell_window(rd, e, "this is not over when the run ends");
        err_hint(rd->err, "expected at most run.duration");
        return -1;
    }
    if (run->finds_warmup || a->until > run->warmup)
        return 0;
    tell_window(rd, e, "all of this is warm-up, and not measured");
    err_hint(rd->err, "expected a time after run.warmup");
    return -1;
}

static int read_window(struct reader *rd, struct entry *e)
{
    struct assertion *a = &e->assertion;
    const char *text = text_of(e->during), *unfit = assertion_without_window(a);

    if (!text)
        return 0;
    if (parse_window(text, &a->from, &a->until) < 0) {
        tell_window(rd, e, "this is no part of a run");
        err_hint(rd->err, "expected text like \"20s..40s\"");
        return -1;
    }
    if (a->from >= a->until) {
        tell_window(rd, e, "this part of the run has no length");
        err_hint(rd->err, "expected the earlier time first");
        return -1;
    }
    if (unfit) {
        doc_fault(&rd->doc, rd->err, e->during, DOC_KEY, "E182",
                  "%s is not measured over parts of a run", unfit);
        err_hint(rd->err, "latency.*, error_rate, availability and throughput are");
        return -1;
    }
    return check_inside(rd, e);
}

/* ---- all of them ---- */

static int apply_for(struct reader *rd, struct entry *e)
{
    const char *of = text_of(e->of);

    if (!of)
        return 0;
    if (e->assertion.left.policy) {
        doc_fault(&rd->doc, rd->err, e->of, DOC_KEY, "E181",
                  "the policy is given twice: by \"for\" and in the text");
        err_hint(rd->err, "take one of them out");
        return -1;
    }
    e->assertion.left.policy = reader_text(rd, of);
    return 0;
}

/* Policies are looked up only where nothing was wrong with them. */
static void add(struct reader *rd, struct entry *e, uint32_t faults_before)
{
    struct scenario *sc = rd->out;
    struct assertion_fault fault;
    const char *why = text_of(e->why);

    if (assertion_parse(&e->assertion, e->that, &sc->arena, &fault) < 0) {
        tell_at(rd, e, "E180", &fault);
        return;
    }
    if (apply_for(rd, e) < 0 || read_window(rd, e) != 0 || faults_before ||
        resolve(rd, e, &e->assertion.left.policy) != 0 ||
        resolve(rd, e, &e->assertion.right.policy) != 0)
        return;
    e->assertion.why = why ? reader_text(rd, why) : NULL;
    e->assertion.line = e->node ? doc_line(&rd->doc, e->node) : 0;
    sc->assertion[sc->assertions++] = e->assertion;
}

static void add_node(struct reader *rd, const cJSON *item, uint32_t faults_before)
{
    struct entry e = { .node = cJSON_IsObject(item) ? doc_get(item, "that") : item };

    e.of = doc_get(item, "for");
    e.during = doc_get(item, "during");
    e.why = doc_get(item, "why");
    e.that = text_of(e.node);
    if (e.that)
        add(rd, &e, faults_before);
}

void assert_check(struct reader *rd)
{
    const cJSON *list = doc_get(rd->doc.root, "assert"), *item;
    uint32_t most = rd->over->assertions, faults_before = rd->err->errors;

    if (cJSON_IsArray(list))
        most += (uint32_t)cJSON_GetArraySize(list);
    rd->out->assertion = arena_alloc(&rd->out->arena, most * sizeof *rd->out->assertion);
    for (item = cJSON_IsArray(list) ? list->child : NULL; item; item = item->next)
        add_node(rd, item, faults_before);
    for (uint32_t i = 0; i < rd->over->assertions; i++)
        add(rd, &(struct entry){ .that = rd->over->assertion[i] }, faults_before);
}
