/* pipe.h - whole messages through a pipe between processes of one program. */
#ifndef RUN_PIPE_H
#define RUN_PIPE_H

#include <stdbool.h>
#include <stddef.h>

/* Nobody listening is no error: what the listener's end means is the caller's to know. */
void pipe_tell(int pipe, const void *bytes, size_t length);

/* false: the pipe has ended before all of it came. */
bool pipe_hear(int pipe, void *bytes, size_t length);

#endif
