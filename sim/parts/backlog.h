/* backlog.h - requests that wait at a balancer for their turn: first come first served.
 *
 * They are linked by their own next and prev; whoever leaves early is taken out where it is. */
#ifndef PARTS_BACKLOG_H
#define PARTS_BACKLOG_H

#include "../core/req.h"

struct queue_config {
    uint32_t limit;                 /* most that wait; 0: there is no queue */
    nsec     timeout;               /* then it is refused; 0: waits for ever */
};

struct backlog { struct req *head, *tail; uint32_t count; };

void backlog_add(struct backlog *, struct req *);
void backlog_remove(struct backlog *, struct req *);

#endif
