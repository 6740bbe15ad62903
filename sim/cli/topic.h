/* topic.h - pages about what is modelled: docs/topics/, built in.  The first line is the title. */
#ifndef CLI_TOPIC_H
#define CLI_TOPIC_H

#include "cli.h"

extern const char *const topic_names[], *const topic_texts[];   /* NULL-terminated */

/* false: there is no such topic, and nothing was written. */
bool topic_explain(struct cli *, const char *name);

#endif
