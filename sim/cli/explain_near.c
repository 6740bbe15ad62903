/* explain_near.c - the nearest of all words that `explain` knows: near misses first, then those
 * that begin alike. */
#include "explain_near.h"
#include "pages.h"
#include "topic.h"

#include "../../algorithms/lb.h"
#include "../base/dist.h"
#include "../base/text.h"
#include "../results/catalogue.h"
#include "../scenario/field.h"
#include "../scenario/profile.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_WORDS = 2000, MOST_TOLD = 4, ALIKE = 4, MOST_PAGES = 256 };

struct words { const char *name[MOST_WORDS + 1]; uint32_t count; };

static void add(struct words *w, const char *name)
{
    for (uint32_t i = 0; i < w->count; i++)
        if (strcmp(w->name[i], name) == 0)
            return;
    if (w->count < MOST_WORDS)
        w->name[w->count++] = name;
}

static void add_key(void *arg, const char *path, const struct field_table *table,
                    const struct field *f)
{
    (void)path;
    (void)table;
    add(arg, f->key);
}

static void add_all(struct words *w)
{
    for (const struct lb_ops *const *o = lb_all(); *o; o++)
        add(w, (*o)->name);
    for (const struct dist_kind *const *k = dist_kinds(); *k; k++)
        add(w, (*k)->name);
    for (const char *const *p = profile_names; *p; p++)
        add(w, *p);
    for (const char *const *t = topic_names; *t; t++)
        add(w, *t);
    for (const struct metric *m = metric_all(); m->name; m++)
        add(w, m->name);
    field_walk(add_key, w);
}

/* Pages have their names elsewhere. */
static void add_pages(struct words *w, char (*copy)[PAGES_NAME], uint32_t room)
{
    uint32_t n = 0;

    for (struct page p = { .text = NULL }; n < room && page_next(&p); n++) {
        memcpy(copy[n], p.name, sizeof p.name);
        add(w, copy[n]);
    }
}

static const char *take_nearest(struct words *w, const char *word)
{
    const char *near = text_nearest(word, w->name);

    for (uint32_t i = 0; near && i < w->count; i++)
        if (w->name[i] == near) {
            w->name[i] = w->name[--w->count];
            w->name[w->count] = NULL;
            break;
        }
    return near;
}

static void hint(struct cli *cli, struct words *w, const char *word)
{
    char list[300] = "";
    size_t used = 0;
    uint32_t told = 0;
    const char *near;

    while (told < MOST_TOLD && used < sizeof list && (near = take_nearest(w, word)) != NULL)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s\"%s\"", told++ ? ", " : "",
                                 near);
    for (uint32_t i = 0; i < w->count && told < MOST_TOLD && strlen(word) >= ALIKE; i++)
        if (strncmp(w->name[i], word, ALIKE) == 0 && used < sizeof list)
            used += (size_t)snprintf(list + used, sizeof list - used, "%s\"%s\"",
                                     told++ ? ", " : "", w->name[i]);
    if (told > 0)
        err_hint(&cli->err, "did you mean %s?", list);
    else
        err_hint(&cli->err, "try: lblab list, lblab list topics, lblab explain clients");
}

int explain_near(struct cli *cli, const char *word)
{
    char copy[MOST_PAGES][PAGES_NAME], shown[96];
    struct words words = { .count = 0 };

    add_all(&words);
    add_pages(&words, copy, MOST_PAGES);
    err_input(&cli->err, "E024", "nothing is known of \"%s\"",
              text_safe(shown, sizeof shown, word, strlen(word)));
    hint(cli, &words, word);
    return 2;
}
