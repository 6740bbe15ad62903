/* pages.c - finds pages in the texts that are built in; see pages.h. */
#include "pages.h"

#include "../scenario/foreign.h"

#include <stdio.h>
#include <string.h>

extern const char *const page_texts[];          /* one a file; NULL-terminated */

static const char *next_line(const char *line)
{
    const char *end = strchr(line, '\n');

    return end ? end + 1 : line + strlen(line);
}

/* The first line from there on that is neither empty nor indented. */
static const char *next_head(const char *line)
{
    while (*line == ' ' || *line == '\n')
        line = next_line(line);
    return line;
}

static bool read_head(struct page *p, const char *head)
{
    const char *dash = strstr(head, " - "), *end = next_line(head);

    if (!dash || dash >= end)
        return false;
    snprintf(p->name, sizeof p->name, "%.*s", (int)(dash - head), head);
    p->title = dash + 3;
    p->title_length = (size_t)(end - 1 - p->title);
    p->text = head;
    p->length = (size_t)(next_head(end) - head);
    while (p->length > 0 && head[p->length - 1] == '\n')
        p->length--;
    return true;
}

/* The text of the file that the page is in, and which file that is. */
static uint32_t file_of(const char *text)
{
    uint32_t i = 0;

    while (page_texts[i] && (text < page_texts[i] || text >= page_texts[i] + strlen(page_texts[i])))
        i++;
    return i;
}

bool page_next(struct page *p)
{
    uint32_t file = p->text ? file_of(p->text) : 0;
    const char *head = p->text ? next_head(p->text + p->length) : next_head(page_texts[0]);

    if (*head == '\0') {
        if (!page_texts[file] || !page_texts[file + 1])
            return false;
        head = next_head(page_texts[file + 1]);
    }
    return read_head(p, head);
}

bool page_find(const char *name, struct page *p)
{
    for (*p = (struct page){ .text = NULL }; page_next(p);) {
        const char *const names[] = { p->name, NULL };

        if (foreign_same(name, names))
            return true;
    }
    return false;
}

bool page_is_code(const struct page *p)
{
    return (p->name[0] == 'E' || p->name[0] == 'W') && strspn(p->name + 1, "0123456789") == 3 &&
           p->name[4] == '\0';
}
