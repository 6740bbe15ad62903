/* types.h - the few words that every floor uses. */
#ifndef BASE_TYPES_H
#define BASE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t nsec;              /* simulated time and durations: ns, since the run began */
typedef unsigned __int128 u128;     /* sums and digests that must merge exactly */

/* "no such thing" for every uint32_t id: ids are indexes owned by one module. */
#define NONE UINT32_MAX
#define NEVER UINT64_MAX            /* a time that does not come */

#define SECOND 1000000000ull
#define MILLISECOND 1000000ull
#define MICROSECOND 1000ull

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* The double arithmetic of a run must give the same bits on every machine. */
#include <float.h>
_Static_assert(FLT_EVAL_METHOD == 0, "doubles must be evaluated as doubles (no x87)");

#endif
