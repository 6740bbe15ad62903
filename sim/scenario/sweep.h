/* sweep.h - the axis of a sweep: which values, what they are counted in, and the scenario that each
 * of them makes.  A point is the file loaded again with one more -s, so that a value of the axis
 * passes the very checks that one in the file does. */
#ifndef SCENARIO_SWEEP_H
#define SCENARIO_SWEEP_H

#include "../results/sweep.h"
#include "scenario.h"

enum { SWEEP_LEAST_VALUES = 2, SWEEP_MOST_VALUES = 200 };

/* item: index into the configuration's value[], of which it is (a part). */
struct sweep_value { const char *text; double x; uint32_t item; };

struct sweep_axis {
    const char *path;               /* NULL: every group's rate is scaled */
    const char *label;
    enum sweep_unit unit;
    bool has_knee;
    struct sweep_value *value;      /* [values], rising in x; words as written */
    uint32_t values;
};

/* What is wrong with an axis, and where: its path, or item `item` of its values. */
enum sweep_part { SWEEP_PATH, SWEEP_VALUE };
struct sweep_fault { enum sweep_part part; uint32_t item; char code[8], what[320], hint[320]; };

/* "8,16,32" as a configuration's value[]; all in the arena. */
void sweep_split(struct sweep_config *, const char *list, struct arena *);

/* Texts and ranges to values: "8..16/2", "200/s..900/s/100/s", "20%..95%/5%".  -1: the fault. */
int sweep_axis_make(struct sweep_axis *, const struct sweep_config *, const struct scenario *,
                    struct arena *, struct sweep_fault *);

/* The scenario at point k: the bytes of `base` loaded with what `over` changes, then with the point
 * and the sets of `more` (NULL-terminated, or NULL).  -1 with the first fault, in terms of the
 * value. */
int sweep_load_point(struct scenario *out, const struct scenario *base, const struct sweep_axis *,
                     uint32_t k, const struct scenario_overrides *over, const char *const *more,
                     struct sweep_fault *);

#endif
