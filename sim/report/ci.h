/* ci.h - what `check` found, in the formats that CI systems and benchmark trackers read.
 *
 * Names are restricted; reasons, titles, details and paths are strangers' words: each format has
 * one function that escapes them, and nothing of theirs reaches a file past it. */
#ifndef REPORT_CI_H
#define REPORT_CI_H

#include "../results/gate.h"

#include <stdio.h>

/* With --strict an inconclusive row counts as one that failed. */
enum ci_strictness { CI_LENIENT, CI_STRICT };

/* All that a format may show; borrowed, nothing is kept. */
struct ci_input {
    const struct gate *gate;
    const struct result *const *result;     /* [results] */
    const char *const *file;                /* [results] the scenario's path as given */
    uint32_t results;
    const struct result_environment *environment;
    enum ci_strictness strictness;
};

/* ---- formats ---- */

struct ci_format {
    const char *name, *file_suffix, *about;         /* "junit", ".xml", one line of help */
    void (*write)(FILE *, const struct ci_input *); /* NULL: the verb's own ("text", "json") */
};

const struct ci_format *ci_all(void);               /* ends with name NULL */
const struct ci_format *ci_find(const char *name);  /* NULL if unknown */

enum { CI_OUTPUTS = 16 };

/* What --format asks for.  path NULL: stdout. */
struct ci_output { const struct ci_format *format; char *path; };
struct ci_outputs { struct ci_output output[CI_OUTPUTS]; uint32_t count; };

/* "github,junit=lblab.xml,md=-": NAME or NAME=FILE, "-" is stdout.  Only text and github go to
 * stdout together; a file serves one format, and its folder must exist and be writable (said
 * now, not after the simulation).  0, or -1 with E023 in err.  ci_outputs_fini() in any case. */
int  ci_parse(struct ci_outputs *, const char *list, struct err *);
void ci_outputs_fini(struct ci_outputs *);

/* Who writes "text" and "json". */
struct ci_own { void (*write)(FILE *, const struct ci_format *, void *arg); void *arg; };

/* Writes them all: files aside and renamed, those without a path to `out`; with github among them
 * the Markdown summary is also appended to the file that $GITHUB_STEP_SUMMARY names.  -1 with
 * E900 in err (exit 3): the machine failed; the others are still written. */
int  ci_write(const struct ci_outputs *, const struct ci_input *, FILE *out,
              const struct ci_own *, struct err *);

/* The same for a verb that writes each format itself, with own->write(). */
int  ci_write_own(const struct ci_outputs *, FILE *out, const struct ci_own *, struct err *);

/* A check that did not come to an answer: with github on stdout, an annotation for each fault. */
void ci_write_faults(FILE *out, const struct ci_outputs *, const struct err *);

/* ---- sentences for people: strangers' words as they are, for the caller to escape ---- */

enum { CI_TEXT = 1024 };            /* enough for any of them; cut there */

/* "latency.p99@peak_ewma < 250ms": what was asked of whom. */
const char *ci_subject(char buf[CI_TEXT], const struct gate_row *);
/* "actual 312 ms [301, 323], 10 seeds": what was found. */
const char *ci_finding(char buf[CI_TEXT], const struct gate_row *);
/* Both: "latency.p99@peak_ewma < 250ms: actual 312 ms [301, 323], 10 seeds". */
const char *ci_sentence(char buf[CI_TEXT], const struct gate_row *);
/* Its detail, why it was asked, how many seeds would tell; "" if there is nothing to add. */
const char *ci_advice(char buf[CI_TEXT], const struct gate_row *);
/* "312 ms [301, 323]"; "-" for NAN.  Changes: change_text_share(). */
const char *ci_value(char buf[CI_TEXT], enum metric_unit, double value, double low, double high);
/* "12 checks, 2 failed, 1 inconclusive" */
const char *ci_count(char buf[CI_TEXT], const struct gate *);

/* "ok", "failed", "inconclusive", "better than the baseline" */
const char *ci_verdict_text(enum gate_verdict);
/* For programs: "ok", "failed", "inconclusive", "stale". */
const char *ci_verdict_word(enum gate_verdict);
/* Does the row make the check fail? */
bool ci_row_fails(const struct gate_row *, enum ci_strictness);

#endif
