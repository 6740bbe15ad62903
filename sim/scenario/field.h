/* field.h - options as data: one row says key, type, place in the config struct, range, default
 * and help; reading, checking, `explain`, paths of -s and the JSON Schema all follow from it.
 *
 * To add an option: one member in the config struct, one row in its table.  Nothing else. */
#ifndef SCENARIO_FIELD_H
#define SCENARIO_FIELD_H

#include "reader.h"

#include <stdio.h>

struct field;
struct field_table;

/* How a kind of value is read and described. */
struct field_type {
    const char *what;               /* "a duration such as \"250ms\"": completes "must be ..." */

    /* Stores the value into its member of object; -1 when a fault was told. */
    int  (*read)(struct reader *, const struct field *, const cJSON *, void *object);
    void (*schema)(FILE *, const struct field *);   /* the members of its schema object */
};

/* A list of these ends with a NULL name. */
struct field_choice { const char *name; uint32_t value; };

/* A list of objects: its items lie at the field's offset, their number at count_offset. */
struct field_list {
    const struct field_table *table;
    size_t   size;                  /* of one item */
    size_t   count_offset;
    uint32_t least, most;
};

enum field_flag { FIELD_REQUIRED = 1 };

struct field {
    const char *key;                /* NULL ends the table */
    const struct field_type *type;
    size_t      offset;             /* in the object's struct */
    double      min, max;           /* min 0 and max 0: whatever the type allows */
    const char *preset;             /* as JSON text; NULL: the member stays 0 */
    const char *help;
    uint32_t    flags;              /* enum field_flag */
    uint32_t    when;               /* bit v: applies if the selector's value is v; 0: always */
    const char *unless;             /* the reason told where it does not apply */
    const void *extra;              /* the type's own: choices, table, list */
};

struct field_table {
    const char *name, *help;        /* "clients", and what such an object is */
    const struct field *row;
    const char *selector;           /* key of the choice that `when` speaks of, or NULL */

    /* What one field alone cannot say; called when all fields were read without a fault. */
    void (*check)(struct reader *, const cJSON *, void *object);
};

#define FIELD_AT(type, member) offsetof(struct type, member)
#define FIELD_WHEN(value) (1u << (value))

/* Fills object from an object of the text; 0, or -1 when something was told. */
int field_read(struct reader *, const struct field_table *, const cJSON *, void *object);

const struct field *field_find(const struct field_table *, const char *key);

/* The table behind a field that is an object or a list of objects, else NULL. */
const struct field_table *field_inner(const struct field *);
bool field_is_list(const struct field *);

/* field_walk.c: every key of a scenario; path: "clients.arrival.rate". */
typedef void field_visit(void *arg, const char *path, const struct field_table *,
                         const struct field *);
void field_walk(field_visit *, void *arg);

/* field_hint.c: what was meant by a key that the table has not, as the hint of the last fault. */
void field_hint_key(struct reader *, const struct field_table *, const char *word);

/* Does an unknown key of the node stand for this one?  Then it is not told as missing too. */
bool field_is_meant(const struct field_table *, const cJSON *node, const char *key);

/* How such a value is written, for one of another type than `what`, as the hint of the last fault;
 * none where the message says it all. */
void field_hint_type(struct reader *, const cJSON *, const char *what);

/* Where to read what is missing in the node, as the hint of the last fault. */
void field_hint_missing(struct reader *, const cJSON *node);

/* "$comment" and "x-...": left alone everywhere. */
bool field_is_remark(const char *key);

/* `"rate" must be ...: VALUE` as E100 at the value; -1. */
int field_mismatch(struct reader *, const cJSON *, const char *what);
/* The value's name for messages: "key" in quotes, or the place for an item of a list. */
const char *field_name(struct reader *, const cJSON *, char *buf, size_t size);
/* Tells a value outside low .. high; -1. */
int field_out_of_range(struct reader *, const cJSON *, const char *low, const char *high);

/* So many faults that reading on is no use. */
bool field_is_hopeless(const struct reader *);

/* A duration as the text says it; -1 with the fault told. */
int field_read_duration(struct reader *, const cJSON *, nsec *out);

/* ---- kinds of values; the member's C type in brackets ---- */
extern const struct field_type field_id;            /* const char *: a file-safe name */
extern const struct field_type field_node;          /* const char *: name of a tier, no dots */
extern const struct field_type field_text;          /* const char *: plain text, max characters */
extern const struct field_type field_uint;          /* uint32_t */
extern const struct field_type field_bool;          /* bool */
extern const struct field_type field_count;         /* uint64_t */
extern const struct field_type field_real;          /* double */
extern const struct field_type field_share;         /* double, 0 to 1: "5%" or 0.05 */
extern const struct field_type field_duration;      /* nsec */
extern const struct field_type field_size;          /* uint32_t, bytes */
extern const struct field_type field_rate;          /* double, per second */
extern const struct field_type field_choice;        /* uint32_t; extra: struct field_choice[] */
extern const struct field_type field_choices; /* uint32_t, or-ed; extra: struct field_choice[] */
extern const struct field_type field_object;        /* a struct; extra: struct field_table */
extern const struct field_type field_objects;       /* pointer; extra: struct field_list */
extern const struct field_type field_dist;          /* struct dist; min: least mean in ns */
extern const struct field_type field_policy;        /* struct policy */
extern const struct field_type field_zone;          /* uint32_t */
extern const struct field_type field_zones;         /* uint32_t *; extra: size_t, where the */
extern const struct field_type field_priorities;    /*   number of them is in the object */
extern const struct field_type field_asserts;       /* none: read by assert_check() */
extern const struct field_type field_ignored;       /* none: any text */

extern const struct field_choice fail_modes[];      /* enum fail_mode */

/* "a", "b" or "c" of a list of choices. */
const char *field_choice_names(const struct field_choice *, char *buf, size_t size);

/* ---- the tables ---- */
extern const struct field_table fields_scenario;    /* the whole file: struct scenario */
extern const struct field_table fields_run, fields_measure, fields_client, fields_balancer,
                                fields_backend, fields_link, fields_event, fields_compare,
                                fields_sweep, fields_assert, fields_health, fields_passive,
                                fields_reports, fields_outlier, fields_liveness, fields_failures,
                                fields_retries, fields_client_retries, fields_limits,
                                fields_queue, fields_breaker, fields_sessions;

#endif
