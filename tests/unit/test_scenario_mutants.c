/* test_scenario_mutants.c - families of damaged scenarios: cut at every byte, bits flipped,
 * keys deleted or misspelt, values of other types.  Never a crash; 0 or -1; -1 has a reason. */
#include "scenario_text.h"
#include "unit.h"

#include <cjson/cJSON.h>

static const char good[] =
    "{ \"version\": 1, \"name\": \"m\", \"$comment\": \"x\", \"title\": \"t\", \"tags\": [\"a\"],\n"
    "  \"run\": { \"duration\": \"10s\", \"warmup\": \"1s\", \"seed\": \"0x1f\", \"replications\": "
    "2 },\n"
    "  \"clients\": [\n"
    "    { \"name\": \"web\", \"to\": \"l4\", \"count\": 5, \"protocol\": \"h2\", \"max_streams\": "
    "3,\n"
    "      \"max_connection_age\": \"4s\", \"rtt\": { \"dist\": \"lognormal\", \"p50\": \"1ms\", "
    "\"p99\": \"5ms\" },\n"
    "      \"arrival\": { \"process\": \"mmpp\", \"states\": [ { \"rate\": \"9/s\", \"hold\": "
    "\"1s\" } ] },\n"
    "      \"keys\": { \"law\": \"zipf\", \"count\": 9, \"exponent\": 1.5 }, \"nat\": { "
    "\"addresses\": 2 } },\n"
    "    { \"name\": \"t\", \"to\": \"l7\", \"arrival\": { \"process\": \"trace\", \"file\": "
    "\"t.csv\" } } ],\n"
    "  \"balancers\": [\n"
    "    { \"name\": \"l4\", \"layer\": \"l4\", \"algorithm\": \"maglev\", \"to\": \"l7\", "
    "\"idle_timeout\": \"9s\" },\n"
    "    { \"name\": \"l7\", \"instances\": 2, \"to\": \"app\", \"timeout\": \"1s\",\n"
    "      \"algorithm\": { \"name\": \"p2c\", \"choices\": 3 },\n"
    "      \"retries\": { \"max\": 1, \"on\": [\"timeout\"] }, \"health_check\": { \"interval\": "
    "\"2s\" } } ],\n"
    "  \"backends\": [ { \"name\": \"app\", \"count\": 3, \"workers\": \"unlimited\",\n"
    "    \"service\": { \"dist\": \"empirical\", \"values\": [\"1ms\", \"2ms\"] }, \"speed\": [1, "
    "2, 0.5], \"weight\": 2 } ],\n"
    "  \"links\": [ { \"from\": \"l7\", \"to\": \"app\", \"latency\": \"1ms\" } ],\n"
    "  \"events\": [ { \"at\": \"2s\", \"do\": \"slow\", \"target\": \"app[1]\", \"factor\": 2, "
    "\"for\": \"1s\" },\n"
    "    { \"at\": \"3s\", \"do\": \"add\", \"target\": \"app\", \"count\": 2 } ],\n"
    "  \"measure\": { \"percentiles\": [50, 99], \"interval\": \"1s\", \"slo\": \"9ms\" },\n"
    "  \"compare\": { \"at\": \"l7\", \"baseline\": \"rr\", \"algorithms\": [\"rr\", { \"name\": "
    "\"p2c\", \"label\": \"b\" }] } }\n";

static const char trace[] = "arrival_us,service_us,key\n1,5,0\n7,5,1\n9,1.5,2\n";

/* Loads a damaged text; 0 or 1 for refused; counts what is inconsistent as a failed assertion. */
static int try_text(struct text_files *files, const char *text, size_t length)
{
    struct scenario sc;
    struct err err;
    int rc = text_load(files, text, length, &sc, NULL, &err);

    CU_ASSERT(rc == 0 || rc == -1);
    CU_ASSERT((rc == 0) == (err.errors == 0));
    CU_ASSERT(rc == 0 || err.item[0].what[0] != '\0');
    if (rc == 0)
        scenario_fini(&sc);
    return rc == 0 ? 0 : 1;
}

static void begin(struct text_files *files)
{
    text_files_begin(files);
    text_file_write(files, "t.csv", trace, sizeof trace - 1);
}

static void the_whole_one_is_good(void)
{
    struct text_files files;

    begin(&files);
    CU_ASSERT_EQUAL(try_text(&files, good, sizeof good - 1), 0);
    text_files_end(&files);
}

static void cut_anywhere_is_refused(void)
{
    struct text_files files;

    begin(&files);
    for (size_t length = 0; length < sizeof good - 3; length++)
        CU_ASSERT_EQUAL(try_text(&files, good, length), 1);
    text_files_end(&files);
}

static void flipped_bits_do_no_harm(void)
{
    struct text_files files;
    char text[sizeof good];
    int refused = 0;

    begin(&files);
    memcpy(text, good, sizeof good);
    for (size_t i = 0; i < sizeof good - 1; i++)
        for (int bit = i % 2; bit < 8; bit += 2) {
            text[i] = (char)(good[i] ^ (1 << bit));
            refused += try_text(&files, text, sizeof good - 1);
            text[i] = good[i];
        }
    CU_ASSERT(refused > 1000);
    text_files_end(&files);
}

static int try_tree(struct text_files *files, const cJSON *root)
{
    char *text = cJSON_PrintUnformatted(root);
    int refused = try_text(files, text, strlen(text));

    free(text);
    return refused;
}

/* Calls change() for every value below node, with its parent. */
typedef void change_fn(struct text_files *, cJSON *root, cJSON *parent, cJSON *node);

static void for_each_value(struct text_files *files, cJSON *root, cJSON *node, change_fn *change)
{
    for (cJSON *c = node->child, *next; c; c = next) {
        next = c->next;
        for_each_value(files, root, c, change);
        change(files, root, node, c);
    }
}

/* Unlinks one for a moment; printing goes by child and next only. */
static void delete_one(struct text_files *files, cJSON *root, cJSON *parent, cJSON *node)
{
    cJSON **link = &parent->child;

    while (*link != node)
        link = &(*link)->next;
    *link = node->next;
    try_tree(files, root);
    *link = node;
}

static void every_key_deleted_is_refused_or_has_a_default(void)
{
    struct text_files files;
    cJSON *root = cJSON_Parse(good);

    begin(&files);
    for_each_value(&files, root, root, delete_one);
    CU_ASSERT_EQUAL(try_tree(&files, root), 0);
    cJSON_Delete(root);
    text_files_end(&files);
}

static void swap_one(struct text_files *files, cJSON *root, cJSON *parent, cJSON *node)
{
    static const char *const other[] = {
        "null",   "true",         "0",
        "-1",     "1e308",        "1e-308",
        "1.5",    "4294967296",   "9007199254740993",
        "\"\"",   "\"x\"",        "\"0\"",
        "\"1s\"", "\"1000000h\"", "\"0.000001/s\"",
        "[]",     "{}",           "[[]]",
        "[{}]",
    };

    (void)parent;
    for (size_t k = 0; k < ARRAY_LEN(other); k++) {
        cJSON *value = cJSON_Parse(other[k]), kept = *node;

        node->type = value->type | (node->type & cJSON_StringIsConst);
        node->child = value->child;
        node->valuestring = value->valuestring;
        node->valuedouble = value->valuedouble;
        node->valueint = value->valueint;
        try_tree(files, root);
        *node = kept;
        cJSON_Delete(value);
    }
}

static void every_value_of_another_type_is_refused_or_good(void)
{
    struct text_files files;
    cJSON *root = cJSON_Parse(good);

    begin(&files);
    for_each_value(&files, root, root, swap_one);
    CU_ASSERT_EQUAL(try_tree(&files, root), 0);
    cJSON_Delete(root);
    text_files_end(&files);
}

static void misspell_one(struct text_files *files, cJSON *root, cJSON *parent, cJSON *node)
{
    char *key = node->string, wrong[64];

    if (!cJSON_IsObject(parent) || strcmp(key, "$comment") == 0)
        return;
    for (int way = 0; way < 3; way++) {
        snprintf(wrong, sizeof wrong, way == 0 ? "%s " : way == 1 ? "\xd0\xb0%s" : "%s", key);
        if (way == 2)
            wrong[0] = (char)(wrong[0] ^ 0x20);
        node->string = wrong;
        CU_ASSERT_EQUAL(try_tree(files, root), 1);
    }
    node->string = key;
}

static void every_misspelt_key_is_refused(void)
{
    struct text_files files;
    cJSON *root = cJSON_Parse(good);

    begin(&files);
    for_each_value(&files, root, root, misspell_one);
    cJSON_Delete(root);
    text_files_end(&files);
}

static void a_trace_cut_anywhere_does_no_harm(void)
{
    struct text_files files;
    char text[sizeof trace];

    begin(&files);
    for (size_t length = 0; length < sizeof trace; length++) {
        text_file_write(&files, "t.csv", trace, length);
        try_text(&files, good, sizeof good - 1);
    }
    memcpy(text, trace, sizeof trace);
    for (size_t i = 0; i < sizeof trace - 1; i++)
        for (int bit = 0; bit < 8; bit++) {
            text[i] = (char)(trace[i] ^ (1 << bit));
            text_file_write(&files, "t.csv", text, sizeof trace - 1);
            try_text(&files, good, sizeof good - 1);
            text[i] = trace[i];
        }
    text_files_end(&files);
}

static const struct unit_test tests[] = {
    { "the whole one is good", the_whole_one_is_good },
    { "cut anywhere is refused", cut_anywhere_is_refused },
    { "flipped bits do no harm", flipped_bits_do_no_harm },
    { "every key deleted is refused or has a default",
      every_key_deleted_is_refused_or_has_a_default },
    { "every value of another type is refused or good",
      every_value_of_another_type_is_refused_or_good },
    { "every misspelt key is refused", every_misspelt_key_is_refused },
    { "a trace cut anywhere does no harm", a_trace_cut_anywhere_does_no_harm },
};

UNIT_MAIN("scenario_mutants", tests)
