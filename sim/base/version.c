/* version.c - filled in by the Makefile: LBLAB_VERSION, LBLAB_GIT, LBLAB_FLAGS. */
#include "version.h"

#ifndef LBLAB_VERSION
#define LBLAB_VERSION "0.1.0"
#endif
#ifndef LBLAB_GIT
#define LBLAB_GIT "unknown"
#endif
#ifndef LBLAB_FLAGS
#define LBLAB_FLAGS ""
#endif

#ifdef __clang__
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

const char *version_text(void)
{
    return LBLAB_VERSION;
}

const char *version_git(void)
{
    return LBLAB_GIT;
}

const char *version_compiler(void)
{
    return COMPILER " " LBLAB_FLAGS;
}
