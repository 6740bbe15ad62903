/* recording.h - what a real program did, as its file says: program, version, directives, policy,
 * backends, inputs and outputs.  Titles and notes are for people and are not read. */
#ifndef CONFORM_RECORDING_H
#define CONFORM_RECORDING_H

#include "product.h"

#include "../json/doc.h"

struct recording {
    struct doc doc;
    const char *id, *program, *version;     /* of the document */
    const cJSON *policy;            /* may be NULL */
    const cJSON *inputs, *outputs;
    uint32_t backends;
    const char *name[PRODUCT_MOST_SERVERS], *address[PRODUCT_MOST_SERVERS];
    char folder[256];               /* of the file, "." if none: where keys.json is looked for */
    struct product_pool pool;       /* what the directives say */
    bool is_readable;               /* false: no reader for this program's directives */
};

/* 0, or -1 with the faults in err; recording_fini() either way. */
int  recording_open(struct recording *, const char *path, struct err *);
void recording_fini(struct recording *);

/* The place, from 1, of a server of the pool in `backends`; 0: not there. */
uint32_t recording_place(const struct recording *, const struct product_server *);

/* A fault at a value of the recording: "E320"; -1. */
int recording_fault(const struct recording *, struct err *, const cJSON *, const char *what);

/* The keys that inputs.keys names: "keys.json:hdr (first 2000)", a file beside the recording or one
 * folder up, or a list of texts.  The list is of *file (doc_fini() it) or of the recording; NULL
 * with the fault in err. */
const cJSON *recording_keys(const struct recording *, struct doc *file, uint32_t *count,
                            struct err *);

#endif
