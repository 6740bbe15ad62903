/* overrides.c - see overrides.h.  Compared as they were typed: 1000ms and 1s are told apart. */
#include "overrides.h"

#include <string.h>

bool override_matters(const char *text)
{
    static const char *const seeds[] = { "-s run.seed=", "-s run.replications=", "-s run.until" };

    for (size_t i = 0; i < ARRAY_LEN(seeds); i++)
        if (strncmp(text, seeds[i], strlen(seeds[i])) == 0)
            return false;
    return strncmp(text, "-s ", 3) == 0 || strncmp(text, "-d ", 3) == 0;
}

static bool has(const char *const *list, uint32_t n, const char *text)
{
    for (uint32_t i = 0; i < n; i++)
        if (strcmp(list[i], text) == 0)
            return true;
    return false;
}

const char *override_missing(const char *const *a, uint32_t n, const char *const *b, uint32_t m)
{
    for (uint32_t i = 0; i < n; i++)
        if (override_matters(a[i]) && !has(b, m, a[i]))
            return a[i];
    return NULL;
}
