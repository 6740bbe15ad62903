/* pages.h - what errors and the words of answers mean: docs/errors/ and docs/words/, built in.
 *
 * A page begins at a line "NAME - TITLE" and ends before the next; its other lines are indented. */
#ifndef CLI_PAGES_H
#define CLI_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PAGES_NAME = 40 };

struct page {
    char name[PAGES_NAME];
    const char *title;              /* up to the end of its line */
    const char *text;               /* the whole page, with that line */
    size_t title_length, length;    /* of the text without empty lines at its end */
};

/* The page behind `p`, or the first if p->text is NULL; false: there is none. */
bool page_next(struct page *p);

/* By name, in whatever case, with "_", "-" or neither; false: there is none. */
bool page_find(const char *name, struct page *);

/* "E101": is it the code of an error or a warning? */
bool page_is_code(const struct page *);

#endif
