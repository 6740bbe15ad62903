/* classes.c - a class by its share. */
#include "classes.h"

#include "../base/rng.h"

uint32_t classes_draw(const struct classes_config *c, uint64_t luck)
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
