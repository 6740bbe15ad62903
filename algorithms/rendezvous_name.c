/* rendezvous_name.c - Caddy's hashes: the backend's address as text and the key are hashed
 * together, and the greatest hash has the key.  No weights.
 *
 * Caddy 2.6 takes FNV-1a of 32 bits, which tells texts that end alike badly apart: addresses that
 * differ in the last digit only get shares between 0.5 and 1.3 of the mean. */
#include "address.h"
#include "hash_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BY_FNV1A, BY_XXH64 };
enum { AS_BYTES, AS_ADDRESS };
enum { ADDRESS_TEXT = 46 };               /* room for the longest */

struct entrant {
    const char *name;
    uint32_t    length, backend;
};

struct rendezvous_name {
    uint32_t        function, key;
    struct entrant *entrant;             /* [entrants], in configured order */
    uint32_t        entrants, room;
    bool            built;
};

static void build(struct lb *lb)
{
    struct rendezvous_name *r = lb->state;

    r->built = true;
    r->entrants = lb->live_count;
    for (uint32_t k = 0; k < r->entrants; k++) {
        const char *name = lb->backend[lb->live[k]].name;
        r->entrant[k] = (struct entrant){ name, (uint32_t)strlen(name), lb->live[k] };
    }
}

/* ---- an address as text ---- */

enum { GROUPS = 8 };

/* The first longest run of two or more groups of zero, which "::" stands for. */
static void find_zeros(const uint32_t group[GROUPS], int *from, int *to)
{
    *from = *to = 0;
    for (int k = 0; k < GROUPS; k++) {
        int end = k;
        while (end < GROUPS && group[end] == 0)
            end++;
        if (end - k > 1 && end - k > *to - *from) {
            *from = k;
            *to = end;
        }
    }
}

/* RFC 5952; IPv4 within IPv6 is shown as IPv4, as in Go. */
static int ipv6_text(char buf[ADDRESS_TEXT], const unsigned char *p)
{
    uint32_t group[GROUPS];
    int from, to, used = 0;

    for (int k = 0; k < GROUPS; k++)
        group[k] = (uint32_t)p[2 * k] << 8 | p[2 * k + 1];
    find_zeros(group, &from, &to);
    if (from == 0 && to == 5 && group[5] == 0xffff)
        return snprintf(buf, ADDRESS_TEXT, "%u.%u.%u.%u", p[12], p[13], p[14], p[15]);
    for (int k = 0; k < GROUPS; k++) {
        bool is_cut = k >= from && k < to;
        if (is_cut && k > from)
            continue;
        used += is_cut ? snprintf(buf + used, ADDRESS_TEXT - (size_t)used, "%s", "::")
                       : snprintf(buf + used, ADDRESS_TEXT - (size_t)used, "%s%x",
                                  k == 0 || (k == to && to > from) ? "" : ":", group[k]);
    }
    return used;
}

/* The key as Caddy sees it: an address is text there. */
static struct lb_text key_text(const struct lb_request *rq, const struct key_bytes *key,
                               uint32_t kind, char buf[ADDRESS_TEXT])
{
    const unsigned char *p = rq->key;
    int length = -1;

    if (kind == AS_ADDRESS && p != NULL && rq->key_length == 4)
        length = snprintf(buf, ADDRESS_TEXT, "%u.%u.%u.%u", p[0], p[1], p[2], p[3]);
    if (kind == AS_ADDRESS && p != NULL && rq->key_length == 16)
        length = ipv6_text(buf, p);
    return length < 0 ? (struct lb_text){ key->byte, key->length }
                      : (struct lb_text){ buf, (size_t)length };
}

/* ---- scores ---- */

struct asked {
    uint32_t       function;
    uint32_t       state;                /* FNV-1a behind the key */
    struct lb_text key;
};

static uint64_t score(const struct asked *asked, const struct entrant *e)
{
    if (asked->function == BY_FNV1A)
        return fnv1a_update(asked->state, e->name, e->length);
    return lb_hash_joined((struct lb_text[]){ { e->name, e->length }, asked->key }, 0);
}

/* A score of 0 never wins, as in Caddy; the first of the usable ones then serves. */
static uint32_t best_of(const struct lb *lb, const struct lb_request *rq, const struct asked *asked)
{
    const struct rendezvous_name *r = lb->state;
    bool all = lb_all_usable(lb, rq);
    uint32_t best = lb_next_usable(lb, rq, 0);
    uint64_t most = 0;

    for (uint32_t k = 0; k < r->entrants; k++) {
        uint64_t points = score(asked, &r->entrant[k]);
        if (points > most && (all || lb_usable(lb, r->entrant[k].backend, rq))) {
            most = points;
            best = r->entrant[k].backend;
        }
    }
    return best;
}

static uint32_t rendezvous_name_pick(struct lb *lb, const struct lb_request *rq)
{
    struct rendezvous_name *r = lb->state;
    struct asked asked = { .function = r->function };
    struct key_bytes key;
    char buf[ADDRESS_TEXT];

    if (lb->open_count == 0)
        return lb_none_or_full(lb, rq);
    if (!r->built)
        build(lb);
    key_bytes_of(&key, rq);
    asked.key = key_text(rq, &key, r->key, buf);
    asked.state = fnv1a_update(FNV1A_START, asked.key.bytes, asked.key.length);

    uint32_t i = best_of(lb, rq, &asked);
    return i != LB_NONE ? i : lb_none_or_full(lb, rq);
}

static void rendezvous_name_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    struct rendezvous_name *r = lb->state;

    (void)i;
    if (what == LB_LIMIT)
        return;
    r->entrant = lb_grow(r->entrant, r->room, lb->capacity, sizeof *r->entrant);
    r->room = lb->capacity;
    r->built = false;
}

static int rendezvous_name_start(struct lb *lb, const char **why)
{
    (void)why;
    rendezvous_name_change(lb, 0, LB_ADDED);
    return 0;
}

static void rendezvous_name_stop(struct lb *lb)
{
    free(((struct rendezvous_name *)lb->state)->entrant);
}

static size_t rendezvous_name_bytes(const struct lb *lb)
{
    const struct rendezvous_name *r = lb->state;

    return r->room * sizeof *r->entrant;
}

static const char *const functions[] = { "fnv1a", "xxh64", NULL };
static const char *const keys[] = { "bytes", "address", NULL };

static const struct lb_param params[] = {
    { "function", LB_CHOICE, offsetof(struct rendezvous_name, function), BY_FNV1A, 0, BY_XXH64,
      "hash: fnv1a of key and name as in Caddy 2.6, xxh64 of name and key since", functions },
    { "key", LB_CHOICE, offsetof(struct rendezvous_name, key), AS_BYTES, 0, AS_ADDRESS,
      "the key's bytes, or an address, which is hashed as text", keys },
    { 0 },
};

static const struct lb_page page = {
    .rule = "Every usable backend scores hash(key, name) and the greatest score has the\n"
            "key, the first of equals. fnv1a is 32-bit FNV-1a of the key followed by the\n"
            "name, xxh64 is of the name followed by the key. Weights are ignored but for\n"
            "0, which means none.",
    .cost = "O(n) per pick, about 12 ns a backend; 16 bytes a backend; O(n) at the first\n"
            "pick after any backend came, went or failed.",
    .used_by = "Caddy `ip_hash`, `client_ip_hash`, `uri_hash`, `header`, `query`: fnv1a up to\n"
               "2.6, xxh64 in 2.11.",
    .fails_when = "Many backends: every pick looks at all of them. fnv1a: five backends on ports\n"
                  "22001 to 22005 had 11 to 26 % of the keys each. Backends differ in size.",
    .source = "Caddy, selectionpolicies.go; checked key for key against recordings of Caddy\n"
              "2.6.2 (fnv1a) and its tests (xxh64). Thaler and Ravishankar 1996.",
};

const struct lb_ops lb_rendezvous_name = {
    .abi        = LB_ABI,
    .traits     = LB_BY_KEY | LB_CONSISTENT,
    .name       = "rendezvous_name",
    .summary    = "the greatest hash of key and name (Caddy's hashes)",
    .page       = &page,
    .state_size = sizeof(struct rendezvous_name),
    .params     = params,
    .start      = rendezvous_name_start,
    .stop       = rendezvous_name_stop,
    .pick       = rendezvous_name_pick,
    .on_change  = rendezvous_name_change,
    .bytes      = rendezvous_name_bytes,
};
