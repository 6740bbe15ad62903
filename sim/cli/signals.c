/* signals.c - the program's only mutable file-scope variable: a handler reaches nothing else. */
#include "signals.h"

#include <signal.h>
#include <stddef.h>

static volatile int signal_seen;

static void note(int number)
{
    signal_seen = number;
}

void signals_catch(void)
{
    struct sigaction act = { .sa_handler = note, .sa_flags = (int)SA_RESETHAND };

    sigemptyset(&act.sa_mask);
    sigaction(SIGINT, &act, NULL);
    sigaction(SIGTERM, &act, NULL);
}

const volatile int *signals_flag(void)
{
    return &signal_seen;
}
