/* remap_keys.c - keys from a file: one a line, or the clients of an access log.  The first line
 * decides: an address in its first column makes all of them addresses. */
#include "remap.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "../../algorithms/lb.h"
#include "../base/text.h"
#include "../base/xalloc.h"

enum { LINE_MOST = 65536, KEY_MOST = 4096, FILE_MOST = 256 << 20 };

struct lines {
    struct remap_keys *keys;
    const char *path;
    struct err *err;
    uint32_t line;
    const char *text;               /* of this line, without its end */
    size_t length;
    uint32_t *slot, slots;          /* open addressing: key + 1 */
};

static int fault(struct lines *l, size_t column, const char *what, const char *hint)
{
    struct err_item *item = err_add(l->err, ERR_ERROR, "E150");

    snprintf(item->file, sizeof item->file, "%s", strcmp(l->path, "-") ? l->path : "<stdin>");
    item->line = l->line;
    item->column = (uint32_t)column + 1;
    item->width = 1;
    snprintf(item->source, sizeof item->source, "%.*s", l->length < 120 ? (int)l->length : 120,
             l->text);
    snprintf(item->what, sizeof item->what, "%s", what);
    snprintf(item->hint, sizeof item->hint, "%s", hint);
    return -1;
}

/* ---- each key once ---- */

static bool is_key(const struct remap_keys *keys, uint32_t k, const void *bytes, size_t length)
{
    return keys->begins[k + 1] - keys->begins[k] == length &&
           memcmp(keys->byte + keys->begins[k], bytes, length) == 0;
}

static uint32_t *slot_of(struct lines *l, const void *bytes, size_t length)
{
    uint32_t at = (uint32_t)lb_hash(bytes, length, 0) & (l->slots - 1);

    while (l->slot[at] && !is_key(l->keys, l->slot[at] - 1, bytes, length))
        at = (at + 1) & (l->slots - 1);
    return &l->slot[at];
}

static void grow(struct lines *l)
{
    struct remap_keys *keys = l->keys;

    keys->room = keys->room ? 2 * keys->room : 1024;
    keys->begins = xrealloc(keys->begins, (size_t)keys->room + 1, sizeof *keys->begins);
    keys->times = xrealloc(keys->times, keys->room, sizeof *keys->times);
    keys->begins[keys->count] = keys->count ? keys->begins[keys->count] : 0;
    free(l->slot);
    l->slots = 2 * keys->room;
    l->slot = xcalloc(l->slots, sizeof *l->slot);
    for (uint32_t k = 0; k < keys->count; k++)
        *slot_of(l, keys->byte + keys->begins[k], keys->begins[k + 1] - keys->begins[k]) = k + 1;
}

static void count_key(struct lines *l, const void *bytes, size_t length)
{
    struct remap_keys *keys = l->keys;
    uint32_t *slot;

    if (keys->count == keys->room)
        grow(l);
    slot = slot_of(l, bytes, length);
    keys->requests++;
    if (*slot) {
        keys->times[*slot - 1]++;
        return;
    }
    *slot = keys->count + 1;
    memcpy(keys->byte + keys->begins[keys->count], bytes, length);
    keys->times[keys->count] = 1;
    keys->begins[keys->count + 1] = keys->begins[keys->count] + length;
    keys->count++;
}

/* ---- lines ---- */

/* The first column as an address: its 4 or 16 bytes, or 0. */
static uint32_t read_address(const struct lines *l, unsigned char bytes[16])
{
    char word[INET6_ADDRSTRLEN];
    size_t n = 0;

    while (n < l->length && !strchr(" \t,", l->text[n]))
        n++;
    if (n == 0 || n >= sizeof word)
        return 0;
    memcpy(word, l->text, n);
    word[n] = '\0';
    if (inet_pton(AF_INET, word, bytes) == 1)
        return 4;
    return inet_pton(AF_INET6, word, bytes) == 1 ? 16 : 0;
}

static int read_line(struct lines *l)
{
    const char *nul = memchr(l->text, '\0', l->length);
    unsigned char bytes[16];
    uint32_t length;

    if (nul)
        return fault(l, (size_t)(nul - l->text), "a NUL byte: this is not a file of text",
                     "keys are texts, one a line, or an access log");
    if (l->length == 0)
        return fault(l, 0, "an empty line", "a key is expected on every line");
    if (l->length > LINE_MOST)
        return fault(l, LINE_MOST, "a line of more than 65536 bytes", "one key a line is expected");
    length = read_address(l, bytes);
    if (l->keys->requests == 0)
        l->keys->are_addresses = length > 0;
    if (l->keys->are_addresses && length == 0)
        return fault(l, 0, "no address in the first column",
                     "the first line begins with an IPv4 or IPv6 address, so all must");
    if (!l->keys->are_addresses && l->length > KEY_MOST)
        return fault(l, KEY_MOST, "a key of more than 4096 bytes", "one key a line is expected");
    count_key(l, length && l->keys->are_addresses ? (const void *)bytes : l->text,
              l->keys->are_addresses ? length : l->length);
    return 0;
}

static size_t line_length(const char *text, size_t left)
{
    const char *end = memchr(text, '\n', left);

    return end ? (size_t)(end - text) : left;
}

static void read_lines(struct lines *l, const char *text, size_t length)
{
    for (size_t at = 0, n; at < length; at += n + 1) {
        n = line_length(text + at, length - at);
        l->line++;
        l->text = text + at;
        l->length = n > 0 && text[at + n - 1] == '\r' ? n - 1 : n;
        read_line(l);
    }
}

int remap_keys_read(struct remap_keys *keys, const char *path, struct err *err)
{
    struct lines l = { .keys = keys, .path = path, .err = err };
    uint32_t errors = err->errors;
    size_t length;
    char *text = text_read_file(path, FILE_MOST, &length, err);

    *keys = (struct remap_keys){ .count = 0 };
    if (!text)
        return -1;
    keys->byte = xcalloc(8 * length + 16, 1);       /* "::" and its end are 3 bytes, as a key 16 */
    read_lines(&l, text, length);
    if (err->errors == errors && keys->count == 0)
        err_input(err, "E150", "--keys: the file holds no key");
    free(l.slot);
    free(text);
    return err->errors == errors ? 0 : -1;
}

void remap_keys_fini(struct remap_keys *keys)
{
    free(keys->byte);
    free(keys->begins);
    free(keys->times);
    *keys = (struct remap_keys){ .count = 0 };
}
