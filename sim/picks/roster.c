/* roster.c - see roster.h.  Entries are never taken out, only marked, so that probing stays
 * right. */
#include "roster.h"

#include "../base/xalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_SIZE = 64 };

static struct roster_entry *slot_of(struct roster_entry *entry, uint32_t size, const char *text)
{
    uint32_t k = (uint32_t)lb_hash(text, strlen(text), 0) & (size - 1);

    while (entry[k].text && strcmp(entry[k].text, text) != 0)
        k = (k + 1) & (size - 1);
    return &entry[k];
}

static void grow(struct roster *r)
{
    uint32_t size = r->size ? 2 * r->size : FIRST_SIZE;
    struct roster_entry *entry = xcalloc(size, sizeof *entry);

    for (uint32_t k = 0; k < r->size; k++)
        if (r->entry[k].text)
            *slot_of(entry, size, r->entry[k].text) = r->entry[k];
    free(r->entry);
    r->entry = entry;
    r->size = size;
}

static const struct roster_entry *find(const struct roster *r, const char *text)
{
    const struct roster_entry *e = r->size ? slot_of(r->entry, r->size, text) : NULL;

    return e && e->text && e->is_there ? e : NULL;
}

static void put(struct roster *r, const char *text, uint32_t position)
{
    struct roster_entry *e;

    if (2 * (r->used + 1) > r->size)
        grow(r);
    e = slot_of(r->entry, r->size, text);
    if (!e->text) {
        e->text = xstrdup(text);
        r->used++;
    }
    e->position = position;
    e->is_there = true;
}

static void take_out(struct roster *r, const char *text)
{
    if (find(r, text))
        slot_of(r->entry, r->size, text)->is_there = false;
}

static const char *id_text(char buf[32], uint64_t id)
{
    snprintf(buf, 32, "#%" PRIu64, id);
    return buf;
}

/* Names that begin with "#" must not look like an id. */
static const char *name_text(char buf[256], const char *name)
{
    snprintf(buf, 256, "=%s", name);
    return buf;
}

uint32_t roster_find(const struct roster *r, const char *name)
{
    char buf[256];
    const struct roster_entry *e = find(r, name_text(buf, name));

    return e ? e->position : NONE;
}

bool roster_hold(struct roster *r, uint64_t id)
{
    char buf[32];

    if (find(r, id_text(buf, id)))
        return false;
    put(r, buf, 0);
    return true;
}

bool roster_add(struct roster *r, struct pick_backend *b)
{
    char buf[256];

    if (roster_find(r, b->name) != NONE)
        return false;
    put(r, name_text(buf, b->name), r->configured++);
    r->present++;
    while (b->id == 0) {
        r->taken_below += r->taken_below == 0;
        if (roster_hold(r, r->taken_below))
            b->id = r->taken_below;
        r->taken_below++;
    }
    return true;
}

void roster_remove(struct roster *r, const char *name, uint64_t id)
{
    char buf[256], number[32];

    take_out(r, name_text(buf, name));
    take_out(r, id_text(number, id));
    r->present--;
    if (id < r->taken_below)
        r->taken_below = id;
}

void roster_clear(struct roster *r)
{
    for (uint32_t k = 0; k < r->size; k++)
        r->entry[k].is_there = false;
    r->configured = r->present = 0;
    r->taken_below = 1;
}

void roster_fini(struct roster *r)
{
    for (uint32_t k = 0; k < r->size; k++)
        free(r->entry[k].text);
    free(r->entry);
    *r = (struct roster){ .entry = NULL };
}
