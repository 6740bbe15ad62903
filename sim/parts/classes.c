/* classes.c - a class by its share. */
#include "classes.h"

#include "../base/rng.h"

const struct class_config class_any = { .share = 1, .request_bytes = 500, .reply_bytes = 10000 };

static uint32_t draw(const struct classes_config *c, uint64_t luck)
{
    double sum = 0, seen = 0;

    if (c->count == 1)
        return 0;
    for (uint32_t i = 0; i < c->count; i++)
        sum += c->class[i].share;
    double at = (double)(rng_mix(luck ^ 0x636c617373ull) >> 11) * 0x1p-53 * sum;   /* "class" */
    for (uint32_t i = 0; i + 1 < c->count; i++) {
        seen += c->class[i].share;
        if (at < seen)
            return i;
    }
    return c->count - 1;
}

const struct class_config *classes_find(const struct classes_config *c, uint64_t luck,
                                        uint32_t *index)
{
    *index = c->count > 0 ? draw(c, luck) : 0;
    return c->count > 0 ? &c->class[*index] : &class_any;
}
