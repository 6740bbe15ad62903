/* cli.h - what the verbs share: the options as parsed, where to write, what to tell at the end. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "../results/result.h"
#include "opt.h"

#include <limits.h>

/* Every option of every verb; a verb's table says which of them it takes. */
struct options {
    bool     wants_help, wants_json, wants_csv, is_quiet, is_dry_run, wants_plots, wants_answers;
    uint32_t verbose;
    enum when color, progress;
    const char *output, *results;
    uint32_t jobs;
    uint32_t stall;                 /* s */

    struct texts set, plugins;      /* -s, --plugin */
    const char *algorithms, *seed, *replications, *duration, *allow_path;

    const char *backends, *plot;    /* remap */
    const char *keys, *which, *weight, *ids, *names;
    uint32_t remove, add, crash;
    bool     returns, reloads, shuffles, wants_picture;

    const char *time;               /* bench */
    uint32_t rounds;

    bool     is_short, is_long, wants_list; /* verify */
    uint32_t first_seed;

    /* check, with some of compare's; run has -A too */
    struct texts assertions;
    const char *max_regression, *min_effect, *golden, *write_golden, *formats;
    bool     is_strict;

    const char *until, *shard, *resume;     /* run */
    const char *sweep_path, *sweep_values, *sweep_load, *sweep_metric, *sweep_slo;

    const char *metrics, *margin, *baseline, *policy, *against;    /* compare */
    bool     wants_fresh, allows_different;
};

struct cli {
    struct options opt;
    struct texts words;             /* what is not an option */
    FILE *out;                      /* stdout, or the file of -o */
    char  target[PATH_MAX];         /* of -o, behind links */
    bool  is_out_direct;            /* a device or a pipe */
    bool  has_colors, has_error_colors;
    struct err err;
    double started;                 /* seconds, monotonic */
    char  started_text[32];
};

/* A verb: one row of main's table, one file cmd_*.c. */
struct verb {
    const char *name;
    const char *words;              /* "SCENARIO...", for the help */
    uint32_t    min_words, max_words;
    const char *summary;            /* one line */
    const char *details;            /* lines of at most 79 columns, or NULL */
    const char *examples;           /* lines without indent */
    const struct opt *opts;
    int       (*run)(struct cli *); /* the exit code; faults go to cli->err and are told by main */
};

const struct verb *const *verb_all(void);       /* NULL-terminated */
const struct verb *verb_find(const char *name);

/* ---- rows that several tables share ---- */

#define OPT_ROW(name, letter, type, field, value, preset, help) \
    { name, letter, type, offsetof(struct options, field), value, preset, help, 0, 0 }
#define OPT_ROW_UINT(name, letter, field, value, preset, help, min, max) \
    { name, letter, OPT_UINT, offsetof(struct options, field), value, preset, help, min, max }

#define OPT_ROWS_COMMON                                                                            \
    OPT_ROW("color", 0, OPT_WHEN, color, "WHEN", "auto", \
            "auto, always or never; NO_COLOR is honoured"),                                        \
    OPT_ROW("quiet", 'q', OPT_FLAG, is_quiet, NULL, NULL, "errors only on stderr"),                \
    OPT_ROW("help", 'h', OPT_FLAG, wants_help, NULL, NULL, "this page")
#define OPT_ROW_ASSERT OPT_ROW("assert", 'A', OPT_TEXTS, assertions, "EXPR", NULL, \
                               "what must hold too: -A 'latency.p99@p2c < 20ms'")
#define OPT_ROW_OUTPUT OPT_ROW("output", 'o', OPT_TEXT, output, "FILE", "-", \
                               "where the answer goes; - is stdout")
#define OPT_ROW_JSON   OPT_ROW("json", 0, OPT_FLAG, wants_json, NULL, NULL, "the answer as JSON")
#define OPT_ROW_PLUGIN OPT_ROW("plugin", 0, OPT_TEXTS, plugins, "PATH.so", NULL, \
                               "load a further algorithm; the file runs with your rights")
#define OPT_ROWS_SCENARIO                                                                          \
    OPT_ROW("set", 's', OPT_TEXTS, set, "PATH=VALUE", NULL,                                        \
            "replace a value: -s backends.app.service.mean=11ms"),                                 \
    OPT_ROW("algo", 'a', OPT_TEXT, algorithms, "LIST", NULL,                                       \
            "compare these: -a rr,peak_ewma:decay=500ms"),                                         \
    OPT_ROW("seed", 0, OPT_TEXT, seed, "N", NULL, "first seed; replication k runs with seed + k"), \
    OPT_ROW("replications", 'n', OPT_TEXT, replications, "N", NULL, "seeds a policy"),             \
    OPT_ROW("duration", 'd', OPT_TEXT, duration, "T", NULL, "simulated time: 30s, 2m"),            \
    OPT_ROW("allow-path", 0, OPT_TEXT, allow_path, "DIR", NULL,                                    \
            "files of a scenario may also lie here")
#define OPT_END { NULL, 0, OPT_FLAG, 0, NULL, NULL, NULL, 0, 0 }

/* ---- services ---- */

/* Tells the faults and warnings collected so far on stderr and forgets them. */
void cli_tell(struct cli *);

/* Opens cli->out for -o FILE: written aside, and put in place when it is closed unless nothing was
 * written.  -1 with the fault in err. */
int  cli_open_output(struct cli *);
int  cli_close_output(struct cli *);

/* What was true of this machine and invocation. */
void cli_environment(const struct cli *, struct result_environment *);

/* How wide lines may be: COLUMNS or the terminal says; 80 into a file or a pipe. */
uint32_t cli_columns(const struct cli *);

double cli_clock(void);             /* seconds, monotonic */

#endif
