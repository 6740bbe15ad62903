/* foreign.c - finds a word in foreign.txt; see foreign.h.  Asked once a fault. */
#include "foreign.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

extern const char *const foreign_texts[];       /* foreign.txt alone */

static bool is_filler(char c)
{
    return c == '_' || c == '-';
}

/* Do both end at once, case and fillers aside?  b has `length` bytes. */
static bool is_same(const char *a, const char *b, size_t length)
{
    const char *end = b + length;

    for (;;) {
        while (is_filler(*a))
            a++;
        while (b < end && is_filler(*b))
            b++;
        if (b == end || *a == '\0')
            return b == end && *a == '\0';
        if (tolower((unsigned char)*a++) != tolower((unsigned char)*b++))
            return false;
    }
}

const char *foreign_same(const char *word, const char *const *names)
{
    for (; *names; names++)
        if (is_same(word, *names, strlen(*names)))
            return *names;
    return NULL;
}

static bool has_word(const char *line, size_t length, const char *word)
{
    const char *end = line + length;

    while (line < end) {
        size_t letters = strcspn(line, " \n");

        if (is_same(word, line, letters))
            return true;
        line += letters + 1;
    }
    return false;
}

static const char *find_section(const char *name)
{
    char title[80];
    const char *at;

    snprintf(title, sizeof title, "\n[%s]\n", name);
    at = strstr(foreign_texts[0], title);
    return at ? at + strlen(title) : NULL;
}

/* Lines of words, and behind them the line "  = HINT" that is theirs. */
static bool find(const char *section, const char *word, char *buf, size_t size)
{
    const char *line = find_section(section);
    bool is_found = false;

    while (line && *line && *line != '[') {
        size_t length = strcspn(line, "\n");
        bool is_hint = strncmp(line, "  = ", 4) == 0;

        if (is_hint && is_found) {
            snprintf(buf, size, "%.*s", (int)length - 4, line + 4);
            return true;
        }
        is_found = is_found || (!is_hint && has_word(line, length, word));
        line += length + (line[length] == '\n');
    }
    return false;
}

bool foreign_key(const char *table, const char *word, char *buf, size_t size)
{
    return find(table, word, buf, size);
}

bool foreign_value(const char *key, const char *word, char *buf, size_t size)
{
    char section[80];

    snprintf(section, sizeof section, "%s =", key);
    return find(section, word, buf, size);
}

bool foreign_amount(const char *kind, const char *text, char *buf, size_t size)
{
    size_t digits = strspn(text, "0123456789.");
    const char *unit = text + digits + strspn(text + digits, " ");
    char ours[16];

    if (digits == 0 || !find(kind, unit, ours, sizeof ours))
        return false;
    snprintf(buf, size, "%.*s%s", (int)digits, text, ours);
    return strcmp(buf, text) != 0;
}
