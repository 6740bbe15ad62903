/* json_strict.c - a recursive-descent checker; depth is bounded before the C stack is.
 * Duplicate keys are found by sorting hashes of the decoded keys: no quadratic trap. */
#include "json_strict.h"

#include "../base/xalloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct key { uint64_t hash; uint32_t at; };

struct parser {
    const unsigned char *s;
    size_t   n, i;
    uint32_t depth, most_values;
    struct json_spots *spots;
    struct json_fault *fault;
    struct key *key;                /* keys of all objects that are open, innermost last */
    uint32_t keys, key_capacity;
};

static int parse_value(struct parser *, size_t key_at, size_t key_length);

static int fail(struct parser *p, size_t at, const char *code, const char *what, const char *hint)
{
    *p->fault =
        (struct json_fault){ .at = at, .width = 1, .code = code, .what = what, .hint = hint };
    return -1;
}

static int syntax(struct parser *p, size_t at, const char *what, const char *hint)
{
    return fail(p, at, "E001", what, hint);
}

static bool has(const struct parser *p, size_t more)
{
    return p->n - p->i >= more;
}

static bool next_is(const struct parser *p, char c)
{
    return p->i < p->n && p->s[p->i] == (unsigned char)c;
}

static void skip_space(struct parser *p)
{
    while (next_is(p, ' ') || next_is(p, '\t') || next_is(p, '\n') || next_is(p, '\r'))
        p->i++;
}

/* What people write who think of other languages. */
static const char *habit(const struct parser *p)
{
    static const struct { const char *text, *hint; } row[] = {
        { "//", "JSON has no comments; use a \"$comment\" key" },
        { "/*", "JSON has no comments; use a \"$comment\" key" },
        { "#", "JSON has no comments; use a \"$comment\" key" },
        { "'", "JSON text stands in double quotes" },
        { "NaN", "JSON has no NaN" },
        { "nan", "JSON has no NaN" },
        { "Inf", "JSON has no infinity" },
        { "inf", "JSON has no infinity" },
        { "True", "JSON writes true" },
        { "False", "JSON writes false" },
        { "None", "JSON writes null" },
        { "+", "a number starts with a digit or \"-\"" },
        { ".", "a number starts with a digit or \"-\": 0.5" },
        { ",", "one comma too many" },
        { "=", "a key is followed by \":\"" },
        { ";", "values are separated by \",\"" },
    };

    for (size_t k = 0; k < ARRAY_LEN(row); k++) {
        size_t length = strlen(row[k].text);

        if (has(p, length) && memcmp(p->s + p->i, row[k].text, length) == 0)
            return row[k].hint;
    }
    if (p->i > 0 && p->i < p->n && p->s[p->i - 1] >= '0' && p->s[p->i - 1] <= '9')
        return next_is(p, 'x') ? "JSON numbers are decimal"
             : next_is(p, '_') ? "JSON numbers have no \"_\"" : NULL;
    return NULL;
}

/* Length of the well-formed UTF-8 sequence here (Unicode 15, table 3-7), 0 if there is none. */
static size_t utf8_length(const struct parser *p)
{
    const unsigned char *s = p->s + p->i;
    size_t length = s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;

    if (length == 0 || !has(p, length))
        return 0;
    for (size_t k = 1; k < length; k++)
        if ((s[k] & 0xc0) != 0x80)
            return 0;
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
        (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
        return 0;
    return length;
}

static void hash_byte(uint64_t *hash, uint32_t byte)
{
    *hash = (*hash ^ (byte & 0xff)) * 0x100000001b3ull;
}

/* Hashes a character as its UTF-8 bytes, so that "a" and "\u0061" are one key. */
static void hash_char(uint64_t *hash, uint32_t c)
{
    if (c < 0x80) {
        hash_byte(hash, c);
    } else if (c < 0x800) {
        hash_byte(hash, 0xc0 | c >> 6);
        hash_byte(hash, 0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        hash_byte(hash, 0xe0 | c >> 12);
        hash_byte(hash, 0x80 | (c >> 6 & 0x3f));
        hash_byte(hash, 0x80 | (c & 0x3f));
    } else {
        hash_byte(hash, 0xf0 | c >> 18);
        hash_byte(hash, 0x80 | (c >> 12 & 0x3f));
        hash_byte(hash, 0x80 | (c >> 6 & 0x3f));
        hash_byte(hash, 0x80 | (c & 0x3f));
    }
}

static int parse_hex4(struct parser *p, uint32_t *out)
{
    *out = 0;
    if (!has(p, 4))
        return -1;
    for (int k = 0; k < 4; k++, p->i++) {
        uint32_t c = p->s[p->i], low = c | 0x20;

        if (c >= '0' && c <= '9')
            *out = *out << 4 | (c - '0');
        else if (low >= 'a' && low <= 'f')
            *out = *out << 4 | (low - 'a' + 10);
        else
            return -1;
    }
    return 0;
}

/* After "\u": one UTF-16 unit, or two that form a pair. */
static int parse_unicode(struct parser *p, size_t start, uint64_t *hash)
{
    uint32_t high, low;

    if (parse_hex4(p, &high) < 0)
        return syntax(p, start, "a bad \\u escape", "\\u takes four hex digits");
    if (high == 0)
        return fail(p, start, "E002", "\\u0000 is not allowed", "names end where C would end them");
    if (high >= 0xd800 && high < 0xdc00) {
        if (!has(p, 6) || p->s[p->i] != '\\' || p->s[p->i + 1] != 'u')
            return fail(p, start, "E002", "half of a surrogate pair", NULL);
        p->i += 2;
        if (parse_hex4(p, &low) < 0 || low < 0xdc00 || low > 0xdfff)
            return fail(p, start, "E002", "half of a surrogate pair", NULL);
        high = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
    } else if (high >= 0xdc00 && high < 0xe000) {
        return fail(p, start, "E002", "half of a surrogate pair", NULL);
    }
    hash_char(hash, high);
    return 0;
}

static int parse_escape(struct parser *p, uint64_t *hash)
{
    static const char written[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    size_t start = p->i++;

    if (p->i >= p->n)
        return syntax(p, start, "the text ends inside a string", NULL);

    unsigned char c = p->s[p->i++];
    const char *at = c ? strchr(written, c) : NULL;

    if (c == 'u')
        return parse_unicode(p, start, hash);
    if (!at)
        return syntax(p, start, "an unknown escape",
                      "known are \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX");
    hash_byte(hash, (unsigned char)meant[at - written]);
    return 0;
}

static int parse_char(struct parser *p, uint64_t *hash)
{
    unsigned char c = p->s[p->i];

    if (c == '\\')
        return parse_escape(p, hash);
    if (c == 0)
        return syntax(p, p->i, "a NUL byte in a string", NULL);
    if (c < 0x20)
        return syntax(p, p->i, "a control character in a string",
                      c == '\n' || c == '\r'
                          ? "a string ends on the line it began; is a quote missing?"
                          : "write it as an escape: \\t, \\n, \\u001b");

    size_t length = c < 0x80 ? 1 : utf8_length(p);

    if (length == 0)
        return fail(p, p->i, "E002", "not valid UTF-8", "save the file as UTF-8");
    for (; length > 0; length--)
        hash_byte(hash, p->s[p->i++]);
    return 0;
}

static int parse_string(struct parser *p, uint64_t *hash)
{
    size_t start = p->i++;

    *hash = 0xcbf29ce484222325ull;
    for (;;) {
        if (p->i >= p->n)
            return syntax(p, start, "the text ends inside a string", "its opening quote is here");
        if (p->i - start > JSON_MOST_STRING)
            return fail(p, start, "E004", "a string of more than 64 KiB", NULL);
        if (p->s[p->i] == '"')
            break;
        if (parse_char(p, hash) < 0)
            return -1;
    }
    p->i++;
    return 0;
}

static bool digit_here(const struct parser *p)
{
    return p->i < p->n && p->s[p->i] >= '0' && p->s[p->i] <= '9';
}

static void skip_digits(struct parser *p)
{
    while (digit_here(p))
        p->i++;
}

static int check_range(struct parser *p, size_t start)
{
    char digits[JSON_MOST_DIGITS + 1];
    size_t length = p->i - start;

    if (length > JSON_MOST_DIGITS)
        return fail(p, start, "E004", "a number of more than 64 characters", NULL);
    memcpy(digits, p->s + start, length);
    digits[length] = '\0';
    if (!isfinite(strtod(digits, NULL)))
        return fail(p, start, "E005", "a number beyond what a double can hold",
                    "at most about 1.8e308");
    return 0;
}

static int scan_number(struct parser *p)
{
    size_t start = p->i;

    p->i += next_is(p, '-');
    if (!digit_here(p))
        return syntax(p, start, "a \"-\" without digits", NULL);
    if (p->s[p->i] == '0') {
        p->i++;
        if (digit_here(p))
            return syntax(p, start, "a number with a leading zero", NULL);
    }
    skip_digits(p);
    if (next_is(p, '.')) {
        p->i++;
        if (!digit_here(p))
            return syntax(p, start, "no digit after the decimal point", NULL);
        skip_digits(p);
    }
    if (next_is(p, 'e') || next_is(p, 'E')) {
        p->i++;
        p->i += next_is(p, '+') || next_is(p, '-');
        if (!digit_here(p))
            return syntax(p, start, "no digit in the exponent", NULL);
        skip_digits(p);
    }
    return check_range(p, start);
}

/* A fault marks the number as far as it was read. */
static int parse_number(struct parser *p)
{
    size_t start = p->i;
    int rc = scan_number(p);

    if (rc < 0)
        p->fault->width = p->i - start;
    return rc;
}

static int parse_literal(struct parser *p)
{
    static const char *const word[] = { "true", "false", "null" };

    for (size_t k = 0; k < ARRAY_LEN(word); k++) {
        size_t length = strlen(word[k]);

        if (has(p, length) && memcmp(p->s + p->i, word[k], length) == 0) {
            p->i += length;
            return 0;
        }
    }
    if (p->s[p->i] >= 0x80 && utf8_length(p) == 0)
        return fail(p, p->i, "E002", "not valid UTF-8",
                    "save the file as UTF-8 without a byte-order mark");

    const char *hint = habit(p);

    if (!hint && p->depth == 0)
        hint = "a file of ours begins with { and a key in double quotes";
    if (!hint && p->s[p->i] >= 'a' && p->s[p->i] <= 'z')
        hint = "its words are true, false and null; text stands in double quotes";
    return syntax(p, p->i, "a value was expected", hint);
}

static int compare_keys(const void *a, const void *b)
{
    const struct key *x = a, *y = b;

    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

/* Of a key that was read: with its quotes. */
static size_t key_width(const struct parser *p, size_t at)
{
    size_t end = at + 1;

    while (p->s[end] != '"')
        end += p->s[end] == '\\' ? 2 : 1;
    return end + 1 - at;
}

/* Looks for equal keys among those of the object that ends here, key[from ..]. */
static int check_keys(struct parser *p, uint32_t from)
{
    const struct key *twice = NULL;
    uint32_t count = p->keys - from;

    if (count < 2)
        return 0;
    qsort(p->key + from, count, sizeof *p->key, compare_keys);
    for (uint32_t k = from + 1; k < p->keys; k++)
        if (p->key[k].hash == p->key[k - 1].hash && (!twice || p->key[k].at < twice->at))
            twice = &p->key[k];
    if (!twice)
        return 0;
    fail(p, twice->at, "E003", "a key is given twice", NULL);
    p->fault->first = twice[-1].at;
    p->fault->width = key_width(p, twice->at);
    return -1;
}

static void note_key(struct parser *p, uint64_t hash, size_t at)
{
    if (p->keys == p->key_capacity) {
        p->key_capacity = p->key_capacity ? p->key_capacity * 2 : 64;
        p->key = xrealloc(p->key, p->key_capacity, sizeof *p->key);
    }
    p->key[p->keys++] = (struct key){ .hash = hash, .at = (uint32_t)at };
}

/* After a value inside {} or []: 1 when another one follows, 0 at the end, -1 on a fault. */
static int parse_separator(struct parser *p, size_t start, char closing)
{
    bool in_object = closing == '}';

    skip_space(p);
    if (p->i >= p->n)
        return syntax(p, start, in_object ? "the text ends inside this object"
                                          : "the text ends inside this list", NULL);
    if (next_is(p, closing)) {
        p->i++;
        return 0;
    }
    if (!next_is(p, ','))
        return syntax(p, p->i,
                      in_object ? "\",\" or \"}\" was expected" : "\",\" or \"]\" was expected",
                      next_is(p, '"') ? "is a comma missing before it?" : habit(p));
    p->i++;
    skip_space(p);
    if (next_is(p, closing))
        return syntax(p, p->i, "a comma before the closing bracket",
                      "JSON allows no trailing comma");
    return 1;
}

static int parse_member(struct parser *p, size_t start, uint32_t from)
{
    size_t at = p->i;
    uint64_t hash;

    if (p->i >= p->n)
        return syntax(p, start, "the text ends inside this object", NULL);
    if (!next_is(p, '"'))
        return syntax(p, p->i, "a key in double quotes was expected", habit(p));
    if (parse_string(p, &hash) < 0)
        return -1;
    if (p->keys - from >= JSON_MOST_KEYS)
        return fail(p, at, "E004", "more than 4096 keys in one object", NULL);
    note_key(p, hash, at);

    size_t length = p->i - at;

    skip_space(p);
    if (!next_is(p, ':'))
        return syntax(p, p->i < p->n ? p->i : at, "\":\" was expected after a key", NULL);
    p->i++;
    return parse_value(p, at, length);
}

static int parse_object(struct parser *p)
{
    size_t start = p->i++;
    uint32_t from = p->keys;
    int more;

    skip_space(p);
    if (next_is(p, '}')) {
        p->i++;
        return 0;
    }
    do {
        if (parse_member(p, start, from) < 0)
            return -1;
        more = parse_separator(p, start, '}');
    } while (more > 0);
    if (more < 0 || check_keys(p, from) < 0)
        return -1;
    p->keys = from;
    return 0;
}

static int parse_array(struct parser *p)
{
    size_t start = p->i++;
    int more;

    skip_space(p);
    if (next_is(p, ']')) {
        p->i++;
        return 0;
    }
    do {
        if (parse_value(p, 0, 0) < 0)
            return -1;
        more = parse_separator(p, start, ']');
    } while (more > 0);
    return more;
}

static int parse_nested(struct parser *p)
{
    if (p->depth == JSON_MOST_DEPTH)
        return fail(p, p->i, "E004", "nested more than 64 deep", NULL);
    p->depth++;

    int rc = next_is(p, '{') ? parse_object(p) : parse_array(p);

    p->depth--;
    return rc;
}

static uint32_t note_spot(struct parser *p, size_t key_at, size_t key_length)
{
    struct json_spots *spots = p->spots;

    if (spots->count == spots->capacity) {
        spots->capacity = spots->capacity ? spots->capacity * 2 : 256;
        spots->spot = xrealloc(spots->spot, spots->capacity, sizeof *spots->spot);
    }
    spots->spot[spots->count] = (struct json_spot){
        .at = (uint32_t)p->i, .key_at = (uint32_t)key_at, .key_length = (uint32_t)key_length };
    return spots->count++;
}

static int parse_value(struct parser *p, size_t key_at, size_t key_length)
{
    uint64_t unused;
    int rc;

    skip_space(p);
    if (p->i >= p->n)
        return syntax(p, p->n, "a value was expected, the text ends", NULL);
    if (p->spots->count == p->most_values)
        return fail(p, p->i, "E004",
                    p->most_values == JSON_MOST_VALUES ? "more than 1000000 values"
                                                       : "more values than such a file can have",
                    NULL);

    uint32_t index = note_spot(p, key_at, key_length);
    unsigned char c = p->s[p->i];

    if (c == '{' || c == '[')
        rc = parse_nested(p);
    else if (c == '"')
        rc = parse_string(p, &unused);
    else if (c == '-' || digit_here(p))
        rc = parse_number(p);
    else
        rc = parse_literal(p);
    p->spots->spot[index].length = (uint32_t)p->i - p->spots->spot[index].at;
    return rc;
}

static int parse_document(struct parser *p)
{
    if (p->n > JSON_MOST_BYTES)
        return fail(p, 0, "E004", "a text of more than 16 MiB", NULL);
    if (has(p, 3) && memcmp(p->s, "\xef\xbb\xbf", 3) == 0)
        return fail(p, 0, "E002", "a byte-order mark",
                    "save the file as UTF-8 without a byte-order mark");
    if (parse_value(p, 0, 0) < 0)
        return -1;
    skip_space(p);
    if (p->i < p->n)
        return syntax(p, p->i, "text after the end of the document", habit(p));
    return 0;
}

int json_check(const char *text, size_t length, struct json_spots *spots, struct json_fault *fault)
{
    return json_check_most(text, length, JSON_MOST_VALUES, spots, fault);
}

int json_check_most(const char *text, size_t length, uint32_t most_values, struct json_spots *spots,
                    struct json_fault *fault)
{
    struct parser p = {
        .s = (const unsigned char *)text, .n = length, .most_values = most_values, .spots = spots,
        .fault = fault
    };

    *spots = (struct json_spots){ 0 };

    int rc = parse_document(&p);

    free(p.key);
    if (rc < 0) {
        free(spots->spot);
        *spots = (struct json_spots){ 0 };
    }
    return rc;
}
