/* err.c - collects faults; see err.h. */
#include "err.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void err_init(struct err *err)
{
    *err = (struct err){ .last = ERR_KEPT };
}

/* Warnings must not push errors out of sight. */
static void drop_last_warning(struct err *err)
{
    for (uint32_t i = err->kept; i-- > 0;)
        if (err->item[i].severity == ERR_WARNING) {
            memmove(&err->item[i], &err->item[i + 1], (err->kept - i - 1) * sizeof err->item[0]);
            err->kept--;
            return;
        }
}

struct err_item *err_add(struct err *err, enum err_severity severity, const char *code)
{
    if (severity == ERR_ERROR) {
        err->errors++;
        if (!err->exit_code)
            err->exit_code = 2;
        if (err->kept == ERR_KEPT)
            drop_last_warning(err);
    } else {
        err->warnings++;
    }
    err->last = err->kept;
    if (err->kept < ERR_KEPT)
        err->kept++;

    struct err_item *item = &err->item[err->last];

    *item = (struct err_item){ .severity = severity };
    snprintf(item->code, sizeof item->code, "%s", code);
    return item;
}

int err_input(struct err *err, const char *code, const char *fmt, ...)
{
    struct err_item *item = err_add(err, ERR_ERROR, code);
    va_list args;

    va_start(args, fmt);
    vsnprintf(item->what, sizeof item->what, fmt, args);
    va_end(args);
    return -1;
}

int err_machine(struct err *err, const char *fmt, ...)
{
    int cause = errno;
    struct err_item *item = err_add(err, ERR_ERROR, "E900");
    va_list args;

    va_start(args, fmt);
    vsnprintf(item->what, sizeof item->what, fmt, args);
    va_end(args);
    if (cause) {
        size_t used = strlen(item->what);
        char text[128];

        snprintf(item->what + used, sizeof item->what - used, ": %s",
                 strerror_r(cause, text, sizeof text));
    }
    err->exit_code = 3;
    return -1;
}

void err_hint(struct err *err, const char *fmt, ...)
{
    struct err_item *item = &err->item[err->last];
    va_list args;

    assert(err->errors + err->warnings > 0);
    va_start(args, fmt);
    vsnprintf(item->hint, sizeof item->hint, fmt, args);
    va_end(args);
}
