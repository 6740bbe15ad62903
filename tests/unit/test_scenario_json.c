/* test_scenario_json.c - the strict JSON check: what it takes, refuses and where, limits. */
#include "unit.h"

#include "../../sim/base/xalloc.h"
#include "../../sim/json/json_strict.h"

#include <string.h>

static int check(const char *text, size_t length, struct json_fault *fault, uint32_t *values)
{
    struct json_spots spots;
    int rc = json_check(text, length, &spots, fault);

    if (values)
        *values = spots.count;
    free(spots.spot);
    return rc;
}

static void takes_what_the_rfc_takes(void)
{
    static const char *const good[] = {
        "{}",
        "[]",
        "0",
        "-0",
        "1e5",
        "-1.5E-3",
        "\"\"",
        "true",
        " \t\r\n null \n",
        "[[[1]],{\"a\":[]}]",
        "{\"a\":1,\"b\":1}",
        "\"\\u00e4\\ud83d\\ude00\\n\"",
        "\"\xc3\xa4\xf0\x9f\x98\x80\"",
        "1e-400",
        "{\"A\":1,\"a\":2}",
    };
    struct json_fault fault;

    for (size_t k = 0; k < ARRAY_LEN(good); k++)
        CU_ASSERT_EQUAL(check(good[k], strlen(good[k]), &fault, NULL), 0);
}

static void refuses_at_the_right_place(void)
{
    static const struct { const char *text; size_t at; const char *code;
    } bad[] = {
        { "", 0, "E001" },
        { "[1,]", 3, "E001" },
        { "{\"a\":1,}", 7, "E001" },
        { "{\"a\" 1}", 5, "E001" },
        { "[01]", 1, "E001" },
        { "[1.]", 1, "E001" },
        { "[.5]", 1, "E001" },
        { "[1e400]", 1, "E005" },
        { "[\"\\ud800\"]", 2, "E002" },
        { "[\"\\u0000\"]", 2, "E002" },
        { "[\"\xff\"]", 2, "E002" },
        { "{\"a\":1,\"b\":2,\"a\":3}", 13, "E003" },
        { "{\"a\":1,\"\\u0061\":3}", 7, "E003" },
        { "[1] 2", 4, "E001" },
        { "\xef\xbb\xbf[]", 0, "E002" },
        { "[\"a\nb\"]", 3, "E001" },
        { "[\"ab", 1, "E001" },
        { "{\"a\":[1", 5, "E001" },
        { "nul", 0, "E001" },
        { "\v1", 0, "E001" },
    };
    struct json_fault fault;

    for (size_t k = 0; k < ARRAY_LEN(bad); k++) {
        CU_ASSERT_EQUAL(check(bad[k].text, strlen(bad[k].text), &fault, NULL), -1);
        CU_ASSERT_EQUAL(fault.at, bad[k].at);
        CU_ASSERT_STRING_EQUAL(fault.code, bad[k].code);
    }
}

static void names_both_places_of_a_key(void)
{
    const char *text = "{\"x\": {\"b\":1}, \"y\":2, \"z\":3, \"y\":4}";
    struct json_fault fault;

    CU_ASSERT_EQUAL(check(text, strlen(text), &fault, NULL), -1);
    CU_ASSERT_EQUAL(fault.first, 15);
    CU_ASSERT_EQUAL(fault.at, 29);
    CU_ASSERT_EQUAL(fault.width, 3);
}

static void spots_are_in_document_order(void)
{
    const char *text = "{\"a\": [1, 22], \"b\": \"c\"}";
    struct json_spots spots;
    struct json_fault fault;

    CU_ASSERT_EQUAL(json_check(text, strlen(text), &spots, &fault), 0);
    CU_ASSERT_EQUAL(spots.count, 5);
    CU_ASSERT_EQUAL(spots.spot[0].length, 24);
    CU_ASSERT_EQUAL(spots.spot[1].at, 6);
    CU_ASSERT_EQUAL(spots.spot[1].key_at, 1);
    CU_ASSERT_EQUAL(spots.spot[3].at, 10);
    CU_ASSERT_EQUAL(spots.spot[3].length, 2);
    CU_ASSERT_EQUAL(spots.spot[3].key_length, 0);
    CU_ASSERT_EQUAL(spots.spot[4].at, 20);
    free(spots.spot);
}

/* before, `count` times `piece`, after. */
static char *repeat(const char *before, const char *piece, size_t count, const char *after,
                    size_t *length)
{
    size_t a = strlen(before), b = strlen(piece), c = strlen(after);
    char *text = xcalloc(a + b * count + c + 1, 1);

    memcpy(text, before, a);
    for (size_t k = 0; k < count; k++)
        memcpy(text + a + k * b, piece, b);
    memcpy(text + a + b * count, after, c);
    *length = a + b * count + c;
    return text;
}

static void limits_hold_exactly(void)
{
    static const struct { const char *before, *piece, *after; size_t good; } row[] = {
        { "[0", ",0", "]", JSON_MOST_VALUES - 2 },
        { "\"", "k", "\"", JSON_MOST_STRING - 1 },
        { "", "1", "", JSON_MOST_DIGITS },
    };
    struct json_fault fault;

    for (size_t k = 0; k < ARRAY_LEN(row); k++)
        for (size_t over = 0; over < 2; over++) {
            size_t length;
            char *text =
                repeat(row[k].before, row[k].piece, row[k].good + over, row[k].after, &length);

            CU_ASSERT_EQUAL(check(text, length, &fault, NULL), over ? -1 : 0);
            if (over)
                CU_ASSERT_STRING_EQUAL(fault.code, "E004");
            free(text);
        }
}

static void depth_is_bounded_before_the_stack_is(void)
{
    struct json_fault fault;
    size_t length;
    char *deep = repeat("", "[", 1000000, "", &length);
    char good[2 * JSON_MOST_DEPTH + 1] = "";

    CU_ASSERT_EQUAL(check(deep, length, &fault, NULL), -1);
    CU_ASSERT_EQUAL(fault.at, JSON_MOST_DEPTH);
    free(deep);
    memset(good, '[', JSON_MOST_DEPTH);
    memset(good + JSON_MOST_DEPTH, ']', JSON_MOST_DEPTH);
    CU_ASSERT_EQUAL(check(good, 2 * JSON_MOST_DEPTH, &fault, NULL), 0);
}

static void a_text_of_16_mib_is_the_most(void)
{
    size_t length;
    char *text = repeat("1", " ", JSON_MOST_BYTES, "", &length);
    struct json_fault fault;

    CU_ASSERT_EQUAL(check(text, length - 1, &fault, NULL), 0);
    CU_ASSERT_EQUAL(check(text, length, &fault, NULL), -1);
    free(text);
}

static const struct unit_test tests[] = {
    { "takes what the RFC takes", takes_what_the_rfc_takes },
    { "refuses at the right place", refuses_at_the_right_place },
    { "names both places of a key given twice", names_both_places_of_a_key },
    { "spots are in document order", spots_are_in_document_order },
    { "limits hold exactly", limits_hold_exactly },
    { "depth is bounded before the stack is", depth_is_bounded_before_the_stack_is },
    { "a text of 16 MiB is the most", a_text_of_16_mib_is_the_most },
};

UNIT_MAIN("scenario_json", tests)
