/* err.h - what is wrong with something the user gave us, or with the machine.
 *
 * A fault of the user is collected (all faults of a file in one go) and passed up; main prints
 * it once.  Our own bugs assert.  Out of memory ends the program in one place, xalloc.c. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "types.h"

enum { ERR_KEPT = 20 };             /* faults told in full; the rest are counted */

enum err_severity { ERR_ERROR, ERR_WARNING };

/* One fault.  Texts are cut to fit; `line` 0 means "no place in a file". */
struct err_item {
    enum err_severity severity;
    char     code[8];               /* "E101": stable, `lblab explain E101` */
    char     file[256];
    uint32_t line, column, width;   /* from 1; column in bytes; width of what the carets mark */
    char     source[160];           /* that line of the file, or "" */
    uint32_t cut;                   /* so many bytes of the line were left out before source[] */
    char     pointer[160];          /* JSON pointer, or "" */
    char     what[320];             /* what was found, values quoted and escaped */
    char     hint[640];             /* what was expected, and one hint, or "" */
};

struct err {
    int      exit_code;             /* 0 until an error is added; then 2 (input) or 3 (machine) */
    uint32_t errors, warnings;      /* all, also those beyond ERR_KEPT */
    uint32_t kept;
    uint32_t last;                  /* index of the item added last, for err_hint */
    struct err_item item[ERR_KEPT + 1];     /* the one beyond is scratch */
};

void err_init(struct err *);

/* The next free item, counted; its other fields are "" and 0 and the caller's to fill.  Never NULL:
 * beyond ERR_KEPT an error takes the place of the last kept warning, and where there is none a
 * scratch item is returned, so that callers need no case for it.  Valid until the next err_add. */
struct err_item *err_add(struct err *, enum err_severity, const char *code);

/* An error of the input (exit 2) without a place; -1, so that `return err_input(...)` reads well */
int err_input(struct err *, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* An error of the machine (exit 3, code E900); errno's text is added unless errno is 0.  -1. */
int err_machine(struct err *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Sets the hint of the item added last. */
void err_hint(struct err *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
