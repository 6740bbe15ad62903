/* json.h - JSON written by us: members in the order of the calls, integers as integers, statistics
 * with nine digits, text escaped so that it is safe in a page too. */
#ifndef RESULTS_JSON_H
#define RESULTS_JSON_H

#include "../base/types.h"

#include <stdio.h>

/* Containers up to `lines` deep put each member on a line of its own; 0: no white space at all. */
struct json { FILE *out; uint32_t lines, depth; bool is_first; };

struct json json_begin(FILE *out, uint32_t lines);
void json_end(struct json *);                   /* the last newline, if there are any */

/* key NULL: an element of an array, or the root.  bracket: '{' or '['. */
void json_open(struct json *, const char *key, char bracket);
void json_close(struct json *, char bracket);   /* '}' or ']' */

void json_text(struct json *, const char *key, const char *text);   /* NULL: null */
void json_count(struct json *, const char *key, uint64_t n);
void json_nsec(struct json *, const char *key, uint64_t ns);        /* NEVER: null */
void json_number(struct json *, const char *key, double x);         /* not finite: null */
void json_bool(struct json *, const char *key, bool);
void json_interval(struct json *, const char *key, double low, double high);    /* NAN: null */
void json_percentile(struct json *, const char *key, double percentile);    /* ten digits */
void json_raw(struct json *, const char *key, const char *json);    /* JSON as it is; NULL: null */

/* A text with its quotes.  Bytes that are not UTF-8 become U+FFFD. */
void json_quote(FILE *, const char *text);

#endif
