/* backlog.c - a doubly linked list. */
#include "backlog.h"

void backlog_add(struct backlog *q, struct req *r)
{
    r->next = NULL;
    r->prev = q->tail;
    if (q->tail == NULL)
        q->head = r;
    else
        q->tail->next = r;
    q->tail = r;
    q->count++;
}

void backlog_remove(struct backlog *q, struct req *r)
{
    if (r->prev == NULL)
        q->head = r->next;
    else
        r->prev->next = r->next;
    if (r->next == NULL)
        q->tail = r->prev;
    else
        r->next->prev = r->prev;
    q->count--;
}
