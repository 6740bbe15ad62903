/* fields_run.c - `run`: how long, how often, from which seed, and when it is enough. */
#include "field.h"

#include "../base/text.h"
#include "../results/catalogue.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- seed: 64 bits, of which a JSON number holds 53 ---- */

static int parse_seed(const char *text, uint64_t *out)
{
    bool is_hex = strncmp(text, "0x", 2) == 0;
    const char *digits = is_hex ? "0123456789abcdefABCDEF" : "0123456789";
    const char *start = text + (is_hex ? 2 : 0);
    char *end;

    if (!*start || start[strspn(start, digits)])
        return -1;
    errno = 0;
    *out = strtoull(start, &end, is_hex ? 16 : 10);
    return errno == 0 ? 0 : -1;
}

static int read_seed(struct reader *rd, const struct field *f, const cJSON *node, void *object)
{
    uint64_t *seed = (uint64_t *)(void *)((char *)object + f->offset);
    char shown[60];

    if (cJSON_IsString(node) && parse_seed(node->valuestring, seed) == 0)
        return 0;
    if (!cJSON_IsNumber(node) || (node->valuedouble < 0x1p53 && node->valuedouble >= 0 &&
                                  node->valuedouble != (double)(uint64_t)node->valuedouble))
        return field_mismatch(rd, node,
                              "a whole number, or text of decimal or 0x hex digits up to 2^64 - 1");
    if (node->valuedouble >= 0 && node->valuedouble <= 0x1p53 - 1) {
        *seed = (uint64_t)node->valuedouble;
        return 0;
    }
    doc_shown(&rd->doc, node, shown, sizeof shown);
    doc_fault(&rd->doc, rd->err, node, DOC_VALUE, "E112", "\"seed\" is out of range: %s", shown);
    if (node->valuedouble > 0 && node->valuedouble < 0x1p64)
        err_hint(rd->err, "a JSON number is exact up to 2^53 - 1; write it as text: \"%s\"", shown);
    else
        err_hint(rd->err, "expected 0 to 2^64 - 1");
    return -1;
}

static void schema_seed(FILE *out, const struct field *f)
{
    (void)f;
    fprintf(
        out,
        "\"oneOf\": [ { \"type\": \"integer\", \"minimum\": 0, \"maximum\": 9007199254740991 }, "
        "{ \"type\": \"string\", \"pattern\": \"^([0-9]+|0x[0-9a-fA-F]{1,16})$\" } ]");
}

static const struct field_type type_seed = {
    .what = "a number, or text: \"0x1f\"", .read = read_seed, .schema = schema_seed };

/* ---- drain: NEVER unless given ---- */

static int read_drain(struct reader *rd, const struct field *f, const cJSON *node, void *object)
{
    if (cJSON_IsString(node) && strcmp(node->valuestring, "unlimited") == 0) {
        *(nsec *)(void *)((char *)object + f->offset) = NEVER;
        return 0;
    }
    return field_duration.read(rd, f, node, object);
}

static void schema_drain(FILE *out, const struct field *f)
{
    (void)f;
    fprintf(out, "\"anyOf\": [ { \"const\": \"unlimited\" }, { \"$ref\": \"#/$defs/duration\" } ]");
}

static const struct field_type type_drain = {
    .what = "a duration, or \"unlimited\"", .read = read_drain, .schema = schema_drain };

/* ---- warmup: a duration, or found in the result ---- */

static int read_warmup(struct reader *rd, const struct field *f, const cJSON *node, void *object)
{
    struct run_config *run = object;

    if (!cJSON_IsString(node) || strcmp(node->valuestring, "auto") != 0)
        return field_duration.read(rd, f, node, object);
    run->finds_warmup = true;
    run->warmup = 0;
    return 0;
}

static void schema_warmup(FILE *out, const struct field *f)
{
    (void)f;
    fprintf(out, "\"anyOf\": [ { \"const\": \"auto\" }, { \"$ref\": \"#/$defs/duration\" } ]");
}

static const struct field_type type_warmup = {
    .what = "a duration, or \"auto\"", .read = read_warmup, .schema = schema_warmup };

/* ---- until: a stop rule ---- */

static int read_metric(struct reader *rd, const struct field *f, const cJSON *node, void *object)
{
    struct until_config *until = object;
    double percentile;

    (void)f;
    if (!cJSON_IsString(node) || !metric_find(node->valuestring, &percentile))
        return field_mismatch(rd, node, "a metric such as \"latency.p99\"");
    until->metric = reader_text(rd, node->valuestring);
    return 0;
}

static void schema_metric(FILE *out, const struct field *f)
{
    (void)f;
    fprintf(out, "\"type\": \"string\"");
}

static const struct field_type type_metric = {
    .what = "a metric", .read = read_metric, .schema = schema_metric };

#define UNTIL(member) FIELD_AT(until_config, member)

static const struct field until_rows[] = {
    { "metric", &type_metric, 0, .preset = "\"latency.p99\"",
      .help = "whose interval is looked at" },
    { "within", &field_share, UNTIL(within), .min = 0.0001, .max = 1, .flags = FIELD_REQUIRED,
      .help = "half the 95 % interval as a share of the value: \"2%\"" },
    { "most", &field_uint, UNTIL(most), .min = 2, .max = 10000, .preset = "100",
      .help = "seeds; then it ends all the same" },
    { .key = NULL },
};

static const struct field_table fields_until = {
    .name = "until", .help = "more seeds until a metric is known well enough, for every policy",
    .row = until_rows };

#define YEAR (365.0 * 86400e9)

#define RUN(member) FIELD_AT(run_config, member)

static const struct field run_rows[] = {
    { "duration", &field_duration, RUN(duration), .min = 1, .max = YEAR,
      .help = "arrivals end then; either this or \"requests\" (a trace may have neither)" },
    { "requests", &field_count, RUN(requests), .min = 1, .max = 1e12,
      .help = "end when so many requests were born after warm-up" },
    { "warmup", &type_warmup, RUN(warmup), .preset = "\"0\"", .max = YEAR,
      .help = "requests born before it are simulated but not measured; \"auto\": found in the "
              "result by MSER, one time for all policies" },
    { "drain", &type_drain, RUN(drain), .preset = "\"unlimited\"", .max = YEAR,
      .help = "how long after the last arrival requests may still finish; the rest counts as "
              "unfinished" },
    { "seed", &type_seed, RUN(seed), .preset = "1",
      .help = "of all randomness; replication k runs with seed + k" },
    { "replications", &field_uint, RUN(replications), .min = 1, .max = 10000, .preset = "1",
      .help = "independent runs of each policy, all policies on the same arrivals and demands" },
    { "until", &field_object, RUN(until), .extra = &fields_until,
      .help = "a stop rule: \"replications\" is then the fewest" },
    { .key = NULL },
};

static void check_until(struct reader *rd, const cJSON *node, const struct run_config *run)
{
    if (run->until.within > 0 && run->until.most < run->replications) {
        doc_fault(&rd->doc, rd->err, doc_get(node, "until"), DOC_KEY, "E113",
                  "\"until\" may end with fewer seeds than \"replications\": %u and %u",
                  run->until.most, run->replications);
        err_hint(rd->err, "raise \"most\", or lower \"replications\"");
    }
}

static void check_run(struct reader *rd, const cJSON *node, void *object)
{
    const struct run_config *run = object;

    check_until(rd, node, run);
    if (run->duration && run->requests) {
        doc_fault(&rd->doc, rd->err, doc_get(node, "requests"), DOC_KEY, "E113",
                  "a run ends by \"duration\" or by \"requests\", not both");
        err_hint(rd->err, "take one of them out");
    }
    if (run->duration && run->warmup >= run->duration) {
        char shown[40];

        doc_fault(&rd->doc, rd->err, doc_get(node, "warmup"), DOC_VALUE, "E113",
                  "nothing would be measured: \"warmup\" is as long as the run");
        err_hint(rd->err, "expected less than \"duration\", which is %s",
                 text_show_duration(shown, sizeof shown, (double)run->duration));
    }
}

const struct field_table fields_run = {
    .name = "run", .help = "how long, and how often", .row = run_rows, .check = check_run };
