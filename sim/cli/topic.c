/* topic.c - a topic's page as it stands in its file: lines of at most 78 columns. */
#include "topic.h"

#include <string.h>

bool topic_explain(struct cli *cli, const char *name)
{
    for (uint32_t i = 0; topic_names[i] != NULL; i++)
        if (strcmp(topic_names[i], name) == 0) {
            fprintf(cli->out, "%s - %s", name, topic_texts[i]);
            return true;
        }
    return false;
}
