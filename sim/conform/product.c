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

void product_cannot(struct product_pool *pool, const char *what, const char *word)
{
    char safe[120];

    if (!*pool->unread)
        snprintf(pool->unread, sizeof pool->unread, "%s \"%s\"", what,
                 text_safe(safe, sizeof safe, word, strlen(word)));
}

struct product_server *product_add(struct product_pool *pool)
{
    struct product_server *s = &pool->server[pool->servers];

    if (pool->servers == PRODUCT_MOST_SERVERS) {
        product_cannot(pool, "more than 256 servers:", "server");
        return NULL;
    }
    *s = (struct product_server){ .weight = 1, .max_fails = 1, .fail_timeout = 10 * SECOND };
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

void product_policy(struct product_pool *pool, const struct directive *d, uint32_t from)
{
    for (uint32_t k = from; k < d->count; k++) {
        size_t used = strlen(pool->policy);

        snprintf(pool->policy + used, sizeof pool->policy - used, "%s%s", used ? " " : "",
                 d->word[k]);
    }
}

static const struct directive_row *find_row(const struct product *product, const char *word)
{
    for (const struct directive_row *row = product->rows; row->word; row++)
        if (strcmp(row->word, word) == 0)
            return row;
    return NULL;
}

void product_read(const struct product *product, struct product_pool *pool, const char *directive)
{
    struct directive d = { .count = 0 };
    char *copy = xstrdup(directive), *save = NULL;
    const struct directive_row *row;

    for (char *w = strtok_r(copy, " \t", &save); w && d.count < PRODUCT_MOST_WORDS;
         w = strtok_r(NULL, " \t", &save))
        d.word[d.count++] = w;
    row = d.count ? find_row(product, d.word[0]) : NULL;
    if (d.count && !row)
        product_cannot(pool, "the directive", d.word[0]);
    else if (row && row->read)
        row->read(pool, &d);
    free(copy);
}
