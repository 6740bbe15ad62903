/* test_text.c - numbers with units, what people are shown, strangers' names, SHA-256. */
#include "unit.h"

#include "../../sim/base/text.h"

#include <math.h>
#include <string.h>

static void durations_are_exact(void)
{
    static const struct { const char *text; nsec ns; } row[] = {
        { "0", 0 }, { "0s", 0 }, { "1ns", 1 }, { "250us", 250000 }, { "10ms", 10000000 },
        { "1.5s", 1500000000 }, { "1m30s", 90000000000 }, { "2h", 7200000000000 },
        { "1s500ms", 1500000000 },
        { "0.1ms", 100000 }, { "0.000000001s", 1 }, { "5\xc2\xb5s", 5000 }, { "5\xce\xbcs", 5000 },
        { "4611686018427387904ns", 1ull << 62 }, { "9.007199254s", 9007199254 },
        { "007ms", 7000000 },
        { "0.30s", 300000000 }, { "1.000000ns", 1 },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        nsec ns = 77;

        CU_ASSERT_EQUAL(text_duration(row[i].text, &ns), 0);
        CU_ASSERT_EQUAL(ns, row[i].ns);
    }
}

static void what_is_not_a_duration_is_refused(void)
{
    static const char *const row[] = {
        "", "5", "1.5", "ms", "-1s", "+1s", " 1s", "1s ", "1 s", ".5s", "5.s", "1e3ms", "1.2.3s",
        "1,5s",
        "1S", "1sec", "00", "0.0", "1s0", "0.5ns", "1.0000000001s", "1.00000001us1", "2562048h",
        "4611686018427387905ns", "99999999999999999999999999s", "18446744073709551617ns", "1m30",
        "inf",
        "nan", "0x10ms", "1\xb5s", "1s\n", "4611686018.427387904s0.000000001s",
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        nsec ns = 77;

        CU_ASSERT_EQUAL(text_duration(row[i], &ns), -1);
        CU_ASSERT_EQUAL(ns, 77);
    }
}

static void rates_are_per_second(void)
{
    static const struct { const char *text; double rate; } row[] = {
        { "500/s", 500 }, { "2k/s", 2000 }, { "1.5M/s", 1.5e6 }, { "120/m", 2 },
        { "1k/m", 1000 / 60.0 },
        { "0.1/s", 0.1 }, { "7200/h", 2 }, { "0.3k/s", 300 }, { "0.000000001/s", 1e-9 },
    };
    static const char *const bad[] = {
        "", "500", "0/s", "0.0k/s", "-1/s", "5 /s", "5/", "5/d", "5K/s", "k/s", "1/s/s", "1e3/s",
        "5km/s",
        "9999999999999999999999/s",
    };
    double rate = 77;

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        CU_ASSERT_EQUAL(text_rate(row[i].text, &rate), 0);
        CU_ASSERT_EQUAL(rate, row[i].rate);
    }
    rate = 77;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CU_ASSERT(text_rate(bad[i], &rate) == -1 && rate == 77);
}

static void sizes_are_whole_bytes(void)
{
    static const struct { const char *text; uint64_t bytes; } row[] = {
        { "512B", 512 }, { "0B", 0 }, { "64kB", 64000 }, { "1MiB", 1048576 }, { "1.5KiB", 1536 },
        { "2GB", 2000000000 }, { "1GiB", 1073741824 }, { "3MB", 3000000 },
    };
    static const char *const bad[] = {
        "", "5", "64KB", "1kb", "0.5B", "-1B", "1 B", "1TB", "99999999999GiB", "0.0001kB", "1B2B",
    };
    uint64_t bytes = 77;

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        CU_ASSERT_EQUAL(text_size(row[i].text, &bytes), 0);
        CU_ASSERT_EQUAL(bytes, row[i].bytes);
    }
    bytes = 77;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CU_ASSERT(text_size(bad[i], &bytes) == -1 && bytes == 77);
}

static void fractions_are_the_nearest_double(void)
{
    static const struct { const char *text; double share; } row[] = {
        { "5%", 0.05 }, { "0.05", 0.05 }, { "100%", 1 }, { "1", 1 }, { "0", 0 }, { "0%", 0 },
        { "99.9%", 0.999 }, { "0.1%", 0.001 }, { "1.0", 1 },
    };
    static const char *const bad[] = { "", "%", "101%", "1.1", "-1%", "5 %", "5%%", ".5", "1e-3",
        "100.1%" };
    double share = 77;

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        CU_ASSERT_EQUAL(text_fraction(row[i].text, &share), 0);
        CU_ASSERT_EQUAL(share, row[i].share);
    }
    share = 77;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CU_ASSERT(text_fraction(bad[i], &share) == -1 && share == 77);
}

static void numbers_are_shown_short_with_their_unit(void)
{
    static const struct {
        const char *(*show)(char *, size_t, double);
        double x;
        const char *text;
    } row[] = {
        { text_show_duration, 8.1e6, "8.1 ms" }, { text_show_duration, 0, "0 ns" },
        { text_show_duration, 999.4, "999 ns" }, { text_show_duration, 999.9, "1 us" },
        { text_show_duration, 999949, "1 ms" }, { text_show_duration, 12345678, "12.3 ms" },
        { text_show_duration, 90e9, "90 s" }, { text_show_duration, 180e9, "3 m" },
        { text_show_duration, 36000e9, "10 h" }, { text_show_duration, 8760 * 3600e9, "8760 h" },
        { text_show_duration, -8.1e6, "-8.1 ms" }, { text_show_duration, NAN, "-" },
        { text_show_duration, INFINITY, "inf" }, { text_show_rate, 1560, "1.56 k/s" },
        { text_show_rate, 500, "500/s" }, { text_show_rate, 2.5e6, "2.5 M/s" },
        { text_show_rate, 0.25, "0.25/s" }, { text_show_count, 85800, "85.8 k" },
        { text_show_count, 7, "7" }, { text_show_count, 999999, "1 M" },
        { text_show_count, 3e12, "3 T" },
        { text_show_bytes, 65536, "64 KiB" }, { text_show_bytes, 512, "512 B" },
        { text_show_bytes, 1000 * 1024, "1000 KiB" }, { text_show_bytes, 0x1p30, "1 GiB" },
    };
    char buf[32];

    for (size_t i = 0; i < ARRAY_LEN(row); i++)
        CU_ASSERT_STRING_EQUAL(row[i].show(buf, sizeof buf, row[i].x), row[i].text);
}

static void names_of_strangers_cannot_drive_the_terminal(void)
{
    static const struct { const char *text, *shown; } row[] = {
        { "edge-1", "edge-1" }, { "", "" }, { "b\xc3\xbcro \xe6\x97\xa5 \xf0\x9f\x98\x80",
          "b\xc3\xbcro \xe6\x97\xa5 \xf0\x9f\x98\x80" },
        { "\x1b[31m", "\\x1b[31m" }, { "a\nb", "a\\x0ab" }, { "\x7f", "\\x7f" },
        { "\xc2\x9b", "\\xc2\\x9b" },                   /* C1: an 8-bit CSI */
        { "\xe2\x80\xae", "\\xe2\\x80\\xae" },          /* U+202E, right to left */
        { "\xe2\x80\xa8", "\\xe2\\x80\\xa8" },          /* U+2028, line separator */
        { "\xef\xbb\xbf", "\\xef\\xbb\\xbf" },          /* U+FEFF */
        { "\xc0\xaf", "\\xc0\\xaf" },                   /* overlong */
        { "\xed\xa0\x80", "\\xed\\xa0\\x80" },          /* surrogate */
        { "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" }, /* above U+10FFFF */
        { "\xff\xfe", "\\xff\\xfe" }, { "\xe6\x97", "\\xe6\\x97" }, { "\x80", "\\x80" },
        { "\xef\xbf\xbe", "\\xef\\xbf\\xbe" },          /* U+FFFE */
    };
    char buf[64];

    for (size_t i = 0; i < ARRAY_LEN(row); i++)
        CU_ASSERT_STRING_EQUAL(text_safe(buf, sizeof buf, row[i].text, strlen(row[i].text)),
                               row[i].shown);
    CU_ASSERT_STRING_EQUAL(text_safe(buf, sizeof buf, "a\0b", 3), "a\\x00b");
}

static void what_does_not_fit_is_cut_between_characters(void)
{
    static const struct { size_t size; const char *text, *shown; } row[] = {
        { 7, "abcdef", "abcdef" }, { 7, "abcdefg", "abc..." }, { 4, "abcd", "..." },
        { 4, "abc", "abc" },
        { 7, "ab\xc3\xbc\xc3\xbc\xc3\xbc", "ab..." },
        { 8, "ab\xc3\xbc\xc3\xbc\xc3\xbc", "ab\xc3\xbc..." },
        { 8, "a\x1b" "bcdef", "a..." }, { 9, "\x1b\x1b\x1b", "\\x1b..." },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        char *buf = malloc(row[i].size);        /* AddressSanitizer sees one byte too many */

        CU_ASSERT_STRING_EQUAL(text_safe(buf, row[i].size, row[i].text, strlen(row[i].text)),
                               row[i].shown);
        free(buf);
    }
}

static void no_bytes_at_all_pass_unprintable(void)
{
    char buf[64], text[3];

    for (int a = 0; a < 256; a++)
        for (int b = 0; b < 256; b++) {
            text[0] = (char)a;
            text[1] = (char)b;
            text[2] = 'x';
            text_safe(buf, sizeof buf, text, 3);
            for (const unsigned char *p = (unsigned char *)buf; *p; p++)
                CU_ASSERT_FATAL(*p >= 0x20 && *p != 0x7f && (*p != 0xc2 || p[1] >= 0xa0));
        }
}

static void the_nearest_word_is_found_within_two_edits(void)
{
    static const char *const names[] = { "ewma", "round_robin", "least_conn", "p2c", "rr",
        "random", NULL };
    static const struct { const char *word, *nearest; } row[] = {
        { "ewmaa", "ewma" }, { "emwa", "ewma" }, { "wema", "ewma" }, { "ew", NULL },
        { "round_robbin", "round_robin" },
        { "least_con", "least_conn" }, { "laest_cnon", "least_conn" }, { "p3c", "p2c" },
        { "pc", "p2c" },
        { "x", NULL }, { "maglev", NULL }, { "", NULL }, { "randmo", "random" }, { "ewma", "ewma" },
        { "averyveryveryveryveryveryveryveryveryveryveryveryveryveryverylongword", NULL },
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        const char *got = text_nearest(row[i].word, names), *wanted = row[i].nearest;

        CU_ASSERT(wanted ? got && strcmp(got, wanted) == 0 : !got);
    }
}

static void ids_are_fit_for_files(void)
{
    static const char *const good[] = { "a", "0", "edge-1", "A.b_c", "nginx-1.22",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };
    static const char *const bad[] = { "", ".", "..", "-a", "_a", "a/b", "a b", "a\n", "\xc3\xbc",
        ".hidden",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };

    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        CU_ASSERT(text_is_id(good[i]));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CU_ASSERT_FALSE(text_is_id(bad[i]));
}

static void wide_integers_are_read_whole(void)
{
    const u128 one = 1;
    const struct { const char *text; u128 value; } row[] = {
        { "0", 0 },
        { "1", 1 },
        { "18446744073709551615", (one << 64) - 1 },
        { "18446744073709551616", one << 64 },
        { "340282366920938463463374607431768211455", ~(u128)0 },
    };
    static const char *const bad[] = { "", "00", "01", "-1", "+1", " 1", "1 ", "0x1", "1.0",
        "340282366920938463463374607431768211456", "3402823669209384634633746074317682114550" };
    u128 v = 77;

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        CU_ASSERT_EQUAL(text_read_u128(row[i].text, &v), 0);
        CU_ASSERT(v == row[i].value);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CU_ASSERT(text_read_u128(bad[i], &v) == -1 && v == ~(u128)0);
}

/* The examples of FIPS 180-4 (NIST CSRC), and lengths around the padding's edges. */
static void sha256_equals_the_standards_examples(void)
{
    static const struct { const char *text, *hex; } row[] = {
        { "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
        { "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
        { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
    };
    static const struct { size_t length; const char *hex; } letters[] = {
        { 55, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318" },
        { 56, "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a" },
        { 63, "7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34" },
        { 64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb" },
        { 65, "635361c48bb9eab14198e76ea8ab7f1a41685d6ad62aa9146d301d4f17eb0ae0" },
        { 119, "31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb" },
        { 120, "2f3d335432c70b580af0e8e1b3674a7c020d683aa5f73aaaedfdc55af904c21c" },
        { 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0" },
    };
    char hex[65], *a = malloc(1000000);

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        text_sha256(row[i].text, strlen(row[i].text), hex);
        CU_ASSERT_STRING_EQUAL(hex, row[i].hex);
    }
    memset(a, 'a', 1000000);
    for (size_t i = 0; i < ARRAY_LEN(letters); i++) {
        text_sha256(a, letters[i].length, hex);
        CU_ASSERT_STRING_EQUAL(hex, letters[i].hex);
    }
    free(a);
}

static const struct unit_test tests[] = {
    { "durations_are_exact", durations_are_exact },
    { "what_is_not_a_duration_is_refused", what_is_not_a_duration_is_refused },
    { "rates_are_per_second", rates_are_per_second },
    { "sizes_are_whole_bytes", sizes_are_whole_bytes },
    { "fractions_are_the_nearest_double", fractions_are_the_nearest_double },
    { "numbers_are_shown_short_with_their_unit", numbers_are_shown_short_with_their_unit },
    { "names_of_strangers_cannot_drive_the_terminal",
      names_of_strangers_cannot_drive_the_terminal },
    { "what_does_not_fit_is_cut_between_characters", what_does_not_fit_is_cut_between_characters },
    { "no_bytes_at_all_pass_unprintable", no_bytes_at_all_pass_unprintable },
    { "the_nearest_word_is_found_within_two_edits", the_nearest_word_is_found_within_two_edits },
    { "ids_are_fit_for_files", ids_are_fit_for_files },
    { "wide_integers_are_read_whole", wide_integers_are_read_whole },
    { "sha256_equals_the_standards_examples", sha256_equals_the_standards_examples },
};

UNIT_MAIN("text", tests)
