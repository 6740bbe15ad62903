/* aside.h - a file that appears whole: written beside its place and renamed. */
#ifndef RESULTS_ASIDE_H
#define RESULTS_ASIDE_H

#include <stddef.h>

/* Where a path really leads: through links, into target[size].  ASIDE_DIRECT: to a device or a
 * pipe, which is written as it is; ASIDE_NEITHER: too long, or a link that leads nowhere. */
enum aside_kind { ASIDE_RENAME, ASIDE_DIRECT, ASIDE_NEITHER };
enum aside_kind aside_target(const char *path, char *target, size_t size);

/* Must it outlive a crash of the machine?  What carries its own checksum and can be made again need
 * not: then nobody waits for the disk. */
enum aside_care { ASIDE_SYNCED, ASIDE_QUICK };

/* 0, or -1 with errno: what was there before is still there. */
int aside_write(const char *path, const char *text, size_t length, enum aside_care);

#endif
