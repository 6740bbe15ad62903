/* sizes.c - see sizes.h. */
#include "sizes.h"

#include "../base/text.h"
#include "../base/xalloc.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_SIZES = 4096 };

static int add_size(struct cli *cli, struct sizes *s, uint32_t n)
{
    if (s->count == MOST_SIZES)
        return err_input(&cli->err, "E023", "--backends: more than %d numbers", MOST_SIZES);
    s->item = xrealloc(s->item, s->count + 1, sizeof *s->item);
    s->item[s->count++] = n;
    return 0;
}

static int bad_size(struct cli *cli, const char *text)
{
    char shown[64];

    err_input(&cli->err, "E023", "--backends: a number, a list or a range expected, found \"%s\"",
              text_safe(shown, sizeof shown, text, strlen(text)));
    err_hint(&cli->err, "for example 100, or 8,64,512, or 4..64, or 100..1000/100");
    return -1;
}

/* "64", "4..64" or "100..1000/100". */
static int add_range(struct cli *cli, struct sizes *s, char *text)
{
    char *dots = strstr(text, ".."), *slash = dots ? strchr(dots, '/') : NULL;
    uint32_t from, to, step = 1;

    if (dots)
        *dots = '\0';
    if (slash)
        *slash = '\0';
    if (opt_number(text, 1, SIZES_MOST_BACKENDS, &from) < 0)
        return bad_size(cli, text);
    to = from;
    if (dots && opt_number(dots + 2, from, SIZES_MOST_BACKENDS, &to) < 0)
        return bad_size(cli, dots + 2);
    if (slash && opt_number(slash + 1, 1, SIZES_MOST_BACKENDS, &step) < 0)
        return bad_size(cli, slash + 1);
    for (uint32_t n = from; n <= to; n += step)
        if (add_size(cli, s, n) < 0)
            return -1;
    return 0;
}

int sizes_read(struct cli *cli, const char *preset, struct sizes *s)
{
    char *copy = xstrdup(cli->opt.backends ? cli->opt.backends : preset), *rest = copy, *part;
    int rc = 0;

    *s = (struct sizes){ .count = 0 };
    while (rc == 0 && (part = strsep(&rest, ",")) != NULL)
        rc = add_range(cli, s, part);
    free(copy);
    return rc;
}

void sizes_fini(struct sizes *s)
{
    free(s->item);
}
