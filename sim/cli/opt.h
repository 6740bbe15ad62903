/* opt.h - options as tables: parsing, --help, did-you-mean and completion come from the same
 * rows. */
#ifndef CLI_OPT_H
#define CLI_OPT_H

#include "../base/err.h"

#include <stdio.h>

enum opt_type {
    OPT_FLAG,                       /* bool: set to true */
    OPT_NOT,                        /* bool: set to false */
    OPT_COUNT,                      /* uint32_t: one more each time */
    OPT_TEXT,                       /* const char * */
    OPT_TEXTS,                      /* struct texts: as often as wanted */
    OPT_UINT,                       /* uint32_t within min..max; 100k and 2M are understood */
    OPT_WHEN,                       /* enum when */
};

enum when { WHEN_AUTO, WHEN_ALWAYS, WHEN_NEVER };

struct texts { const char **item; uint32_t count; };

/* One option of a verb.  `offset` is into the struct that opt_parse() fills. */
struct opt {
    const char   *name;             /* NULL ends the table */
    char          letter;           /* 0: none */
    enum opt_type type;
    size_t        offset;
    const char   *value;            /* "LIST", as the help names it; NULL for flags */
    const char   *preset;           /* shown in brackets; NULL: nothing to show */
    const char   *help;
    uint32_t      min, max;         /* OPT_UINT */
};

/* Sorts argv into options and words; words[] and the arrays inside options are from malloc, the
 * texts are argv's own.  0, or -1 with all faults in err (exit 2). */
int opt_parse(const struct opt *table, void *options, struct texts *words, int argc, char **argv,
              struct err *);

void opt_free(const struct opt *table, void *options);

/* The table as help: at most 80 columns. */
void opt_print(FILE *, const struct opt *table);

/* A number as typed after an option: "64", "100k", "2M"; -1 when it is none or out of range. */
int opt_number(const char *text, uint32_t min, uint32_t max, uint32_t *out);

#endif
