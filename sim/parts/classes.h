/* classes.h - what an L7 can see of a request: method, host, path, a header, and how big it is.
 *
 * A group of clients asks for one or more classes of requests; which one a request is of follows
 * from its luck, so that every policy sees the same. */
#ifndef PARTS_CLASSES_H
#define PARTS_CLASSES_H

#include "../base/types.h"

struct class_config {
    const char *name;
    double   share;                 /* of the group's requests, as a weight */
    const char *method, *host, *path;
    const char *header;             /* "name: value", or NULL */
    uint32_t request_bytes, reply_bytes;    /* on the wire, headers included */
};

struct classes_config { struct class_config *class; uint32_t count; };

/* That of a group which names none: 500 B asked, 10 kB answered, and nothing else is known. */
extern const struct class_config class_any;

/* The class of a request with this luck, and its index. */
const struct class_config *classes_find(const struct classes_config *, uint64_t luck,
                                        uint32_t *index);

#endif
