/* version.h - what was built, from which commit, by which compiler. */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

const char *version_text(void);     /* "0.1.0" */
/* short hash, "-dirty" appended; "unknown" outside a checkout */
const char *version_git(void);
const char *version_compiler(void); /* "gcc 12.2.0 -O2" */

#endif
