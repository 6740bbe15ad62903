/* address.c - reads "10.0.0.1:80", names and keys for the hashes of products; strict, so that
 * "app[3]" or "10.0.0.1:80 (old)" is taken for a name and not for half an address. */
#include "address.h"

#include <stdio.h>
#include <string.h>

static uint32_t word_at(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

struct endpoint key_endpoint(const struct lb_request *rq)
{
    const unsigned char *p = rq->key;
    struct endpoint e = { .address = (uint32_t)rq->hash };

    if (p == NULL)
        return e;
    if (rq->key_length == 4 || rq->key_length == 6)
        e.address = word_at(p);
    if (rq->key_length == 6)
        e.port = (uint16_t)(p[4] << 8 | p[5]);
    if (rq->key_length == 16)
        e.address = word_at(p) ^ word_at(p + 4) ^ word_at(p + 8) ^ word_at(p + 12);
    return e;
}

/* A decimal number up to `most` at *text, which moves behind it; -1: none. */
static int64_t read_number(const char **text, int64_t most)
{
    int64_t value = -1;

    for (; **text >= '0' && **text <= '9' && value <= most; ++*text)
        value = (value < 0 ? 0 : 10 * value) + (**text - '0');
    return value <= most ? value : -1;
}

struct endpoint backend_endpoint(const struct lb_backend *b)
{
    struct endpoint by_id = { .address = (uint32_t)b->id }, e = { .port = 0 };
    const char *text = b->name;

    for (int octet = 0; octet < 4; octet++) {
        int64_t value = read_number(&text, 255);
        if (value < 0 || (octet < 3 && *text++ != '.'))
            return by_id;
        e.address = e.address << 8 | (uint32_t)value;
    }
    if (*text == '\0')
        return e;
    if (*text++ != ':')
        return by_id;
    int64_t port = read_number(&text, 65535);
    if (port < 0 || *text != '\0')
        return by_id;
    e.port = (uint16_t)port;
    return e;
}

void label_of(struct label *label, const struct lb_backend *b)
{
    label->text = b->name;
    if (*b->name == '\0') {
        snprintf(label->own, sizeof label->own, "%llu", (unsigned long long)b->id);
        label->text = label->own;
    }
    label->length = strlen(label->text);
}

void key_bytes_of(struct key_bytes *key, const struct lb_request *rq)
{
    for (int k = 0; k < 8; k++)
        key->own[k] = (unsigned char)(rq->hash >> (8 * k));
    key->byte = rq->key != NULL ? rq->key : key->own;
    key->length = rq->key != NULL ? rq->key_length : sizeof key->own;
}
