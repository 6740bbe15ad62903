/* product.c - what the readers of directives share. */
#include "product.h"

#include "../base/text.h"
#include "../base/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct product *product_find(const char *program)
{
    static const struct product *const all[] = { &product_haproxy, &product_nginx, &product_caddy,
                                                 &product_kernel };

    for (size_t k = 0; k < ARRAY_LEN(all); k++)
        if (strcmp(all[k]->program, program) == 0)
            return all[k];
    return NULL;
}

static void note(char *to, size_t size, const char *what, const char *word)
{
    char safe[120];

    if (!*to)
        snprintf(to, size, "%s \"%s\"", what, text_safe(safe, sizeof safe, word, strlen(word)));
}

void product_cannot(struct product_pool *pool, const char *what, const char *word)
{
    note(pool->unread, sizeof pool->unread, what, word);
}

void product_when_failing(struct product_pool *pool, const struct directive *d)
{
    note(pool->unread_failing, sizeof pool->unread_failing, "the directive", d->word[0]);
}

void product_copy(struct product_pool *pool, char *to, size_t size, const char *word)
{
    if ((size_t)snprintf(to, size, "%s", word) >= size)
        product_cannot(pool, "a word too long:", word);
}

bool product_is_one_of(const char *word, const char *const *list)
{
    while (*list && strcmp(*list, word) != 0)
        list++;
    return *list != NULL;
}

struct product_server *product_add(struct product_pool *pool)
{
    struct product_server *s = &pool->server[pool->servers];

    if (pool->servers == PRODUCT_MOST_SERVERS) {
        product_cannot(pool, "more than 256 servers:", "server");
        return NULL;
    }
    *s = pool->preset;
    pool->servers++;
    return s;
}

bool product_number(struct product_pool *pool, const char *text, const char *prefix, uint32_t *out)
{
    size_t length = strlen(prefix), digits;

    if (strncmp(text, prefix, length) == 0) {
        digits = strspn(text + length, "0123456789");
        if (digits > 0 && digits < 10 && !text[length + digits]) {
            *out = (uint32_t)strtoul(text + length, NULL, 10);
            return true;
        }
    }
    product_cannot(pool, "a number expected:", text);
    return false;
}

void product_words(struct product_pool *pool, const struct directive *d, uint32_t from, char *to,
                   size_t size)
{
    size_t used = 0;

    to[0] = '\0';
    for (uint32_t k = from; k < d->count; k++) {
        int length = snprintf(to + used, size - used, "%s%s", used ? " " : "", d->word[k]);

        if ((size_t)length >= size - used) {
            product_cannot(pool, "a directive too long:", d->word[0]);
            return;
        }
        used += (size_t)length;
    }
}

void product_policy(struct product_pool *pool, const struct directive *d, uint32_t from)
{
    if (*pool->policy)
        product_cannot(pool, "a second policy:", d->word[from < d->count ? from : 0]);
    product_words(pool, d, from, pool->policy, sizeof pool->policy);
}

static const struct directive_row *find_row(const struct product *product, const char *word)
{
    for (const struct directive_row *row = product->rows; row->word; row++)
        if (strcmp(row->word, word) == 0)
            return row;
    return NULL;
}

void product_begin(struct product_pool *pool)
{
    *pool = (struct product_pool){ .workers = 1 };
    pool->preset = (struct product_server){ .weight = 1, .max_fails = 1,
                                            .fail_timeout = 10 * SECOND };
}

/* Up to a comment; nginx's semicolon at the end is no part of the last word. */
static void split(struct product_pool *pool, char *text, struct directive *d)
{
    char *save = NULL, *last;

    for (char *w = strtok_r(text, " \t", &save); w && *w != '#'; w = strtok_r(NULL, " \t", &save)) {
        if (d->count == PRODUCT_MOST_WORDS) {
            product_cannot(pool, "more than 64 words:", d->word[0]);
            return;
        }
        d->word[d->count++] = w;
    }
    last = d->count ? d->word[d->count - 1] : NULL;
    if (last && last[strlen(last) - 1] == ';')
        last[strlen(last) - 1] = '\0';
    if (last && !*last)
        d->count--;
}

void product_read(const struct product *product, struct product_pool *pool, const char *directive)
{
    struct directive d = { .count = 0 };
    char *copy = xstrdup(directive);
    const struct directive_row *row;

    split(pool, copy, &d);
    row = d.count ? find_row(product, d.word[0]) : NULL;
    if (d.count && !row)
        product_cannot(pool, "the directive", d.word[0]);
    else if (row && row->read)
        row->read(pool, &d);
    free(copy);
}

void product_end(const struct product *product, struct product_pool *pool)
{
    if (product->finish)
        product->finish(pool);
}
