/* routes.c - see routes.h. */
#include "routes.h"

#include "../base/rng.h"

#include <string.h>
#include <strings.h>

static bool is_suffix(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);

    return length > tail && strcasecmp(text + length - tail, end) == 0;
}

static bool is_host(const char *wanted, const char *host)
{
    return wanted[0] == '*' ? is_suffix(host, wanted + 1) : strcasecmp(host, wanted) == 0;
}

static bool is_prefix(const char *prefix, const char *path)
{
    return strncmp(path, prefix, strlen(prefix)) == 0;
}

static size_t length_of_name(const char *header)
{
    return strcspn(header, ":");
}

static const char *value_of(const char *header)
{
    const char *colon = strchr(header, ':');

    return colon == NULL ? NULL : colon + 1 + strspn(colon + 1, " ");
}

static bool is_header(const char *wanted, const char *header)
{
    size_t length = length_of_name(wanted);
    const char *value = value_of(wanted), *given = value_of(header);

    if (length_of_name(header) != length || strncasecmp(wanted, header, length) != 0)
        return false;
    return value == NULL || (given != NULL && strcmp(value, given) == 0);
}

/* A group without classes is one of which nothing is known but sizes. */
static bool names_match(const struct route_match *m, const struct class_config *c)
{
    if (m->host != NULL && (c->host == NULL || !is_host(m->host, c->host)))
        return false;
    if (m->sni != NULL && (c->host == NULL || !is_host(m->sni, c->host)))
        return false;
    if (m->path_prefix != NULL && (c->path == NULL || !is_prefix(m->path_prefix, c->path)))
        return false;
    if (m->header != NULL && (c->header == NULL || !is_header(m->header, c->header)))
        return false;
    return m->method == NULL || (c->method != NULL && strcmp(m->method, c->method) == 0);
}

static bool is_within(const struct size_range *range, uint64_t bytes)
{
    return bytes >= range->from && (range->below == 0 || bytes < range->below);
}

bool route_matches(const struct route_match *m, const struct class_config *c)
{
    return names_match(m, c) && is_within(&m->size, c->request_bytes);
}

static bool range_covers(const struct size_range *wide, const struct size_range *narrow)
{
    return wide->from <= narrow->from
        && (wide->below == 0 || (narrow->below > 0 && narrow->below <= wide->below));
}

/* As if the narrower rule were a request: its prefix is a path, its host a host. */
bool route_covers(const struct route_match *wide, const struct route_match *narrow)
{
    struct class_config c = { .host = narrow->host ? narrow->host : narrow->sni,
                              .path = narrow->path_prefix, .header = narrow->header,
                              .method = narrow->method };

    return names_match(wide, &c) && range_covers(&wide->size, &narrow->size);
}

uint32_t routes_find(const struct routes_config *rs, const struct class_config *c)
{
    for (uint32_t i = 0; i < rs->count; i++)
        if (route_matches(&rs->route[i].match, c))
            return i;
    return NONE;
}

static uint64_t sum_weights(const struct route_config *r)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < r->ways; i++)
        sum += r->way[i].weight;
    return sum;
}

uint32_t routes_pool(const struct routes_config *rs, uint32_t class, uint64_t luck, uint64_t salt)
{
    uint32_t found = rs->of_class[class];
    const struct route_config *r = &rs->route[found != NONE ? found : 0];
    uint64_t at, seen = 0;

    if (found == NONE)
        return 0;
    if (r->ways == 1)
        return r->way[0].pool;
    at = rng_mix(luck ^ rng_mix(salt ^ 0x726f757465ull)) % sum_weights(r);      /* "route" */
    for (uint32_t i = 0; i + 1 < r->ways; i++) {
        seen += r->way[i].weight;
        if (at < seen)
            return r->way[i].pool;
    }
    return r->way[r->ways - 1].pool;
}
