/* signals.h - SIGINT and SIGTERM set a flag; what was finished is kept. */
#ifndef CLI_SIGNALS_H
#define CLI_SIGNALS_H

/* From now on the first SIGINT or SIGTERM only sets the flag; a second one ends at once. */
void signals_catch(void);

/* The signal's number, or 0. */
const volatile int *signals_flag(void);

#endif
