/* codes.h - the numbers of faults: stable, one line each, what `lblab explain E101` says. */
#ifndef SCENARIO_CODES_H
#define SCENARIO_CODES_H

struct scenario_code { const char *code, *meaning; };

/* All codes of the scenario loader, in order; code NULL ends. */
extern const struct scenario_code scenario_codes[];

/* The line of a code, or NULL. */
const char *scenario_code_meaning(const char *code);

#endif
