/* conform.h - a recording replayed against our profile of the program that made it: what was
 * compared, ours, the recorded value, the tolerance, and where we differ first. */
#ifndef CONFORM_CONFORM_H
#define CONFORM_CONFORM_H

#include "../base/err.h"

enum conform_verdict { CONFORM_AGREES, CONFORM_DIFFERS, CONFORM_NOT_MODELLED };

struct conform_quantity { char name[64]; double ours, recorded, tolerance; };

struct conform_row {
    char     id[128], program[32], version[32], folder[64];
    enum conform_verdict verdict;
    struct conform_quantity *quantity;
    uint32_t quantities;
    char     first_difference[240], reason[320];    /* "" where there is none */
    double   p;                     /* of a random policy's shares; NAN: judged pick by pick */
};

/* Judges one file.  0, or -1 when it is no recording, with the faults in err.  A random policy's
 * row is only complete after conform_settle().  conform_row_fini() after 0. */
int  conform_judge(struct conform_row *, const char *path, struct err *);

/* All random rows together: Holm's correction, 1 % for the whole family. */
void conform_settle(struct conform_row *, uint32_t rows);
void conform_row_fini(struct conform_row *);

#endif
