/* text.h - numbers with units, read and written; names of strangers made safe to show. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "types.h"

/* Numbers are digits with at most 9 decimals: no sign, no space, no exponent.  Each function
 * gives 0, or -1 and leaves *out alone when the text is not of that form or out of range. */

/* "250us", "10ms", "1m30s", "0": units ns us µs ms s m h, at most 2^62 ns.  Exact: decimal
 * arithmetic on integers; what is not a whole number of ns is refused. */
int text_duration(const char *text, nsec *out);

/* "500/s", "2k/s", "120/m", "1.5M/h": events per second, > 0. */
int text_rate(const char *text, double *per_second);

/* "64kB", "1MiB", "512B", "2GB": a whole number of bytes, at most 2^62. */
int text_size(const char *text, uint64_t *bytes);
int text_bandwidth(const char *text, uint64_t *bytes_per_second);   /* "10Gbit/s", "1.25GB/s" */

/* "5%", "0.05": 0 .. 1, the double nearest to the decimal. */
int text_fraction(const char *text, double *share);

/* Short human forms into buf, returned: "8.1 ms", "1.56 k/s", "85.8 k", "64 KiB"; three
 * significant digits, "-" for NAN.  32 bytes are enough. */
const char *text_show_duration(char *buf, size_t size, double ns);
const char *text_show_rate(char *buf, size_t size, double per_second);
const char *text_show_count(char *buf, size_t size, double n);
const char *text_show_bytes(char *buf, size_t size, double bytes);

/* Text from a stranger for a terminal: bytes of what is not printable UTF-8 (controls, invisible
 * and direction-changing characters too) become \xNN; cut with "..." to fit; size >= 4.
 * Every message and table shows names through this. */
const char *text_safe(char *buf, size_t size, const char *text, size_t length);

/* The nearest of names[] (NULL-terminated) by Damerau-Levenshtein distance, at most 2 (1 for
 * words under four letters), or NULL: "did you mean". */
const char *text_nearest(const char *word, const char *const *names);

/* A name fit for a file: [A-Za-z0-9][A-Za-z0-9._-]{0,63}. */
bool text_is_id(const char *);

/* A 128-bit unsigned in decimal, no sign, no leading zero: 0, or -1 for anything else. */
int text_read_u128(const char *text, u128 *out);

/* A file of the user's, whole: regular, at most `most` bytes.  malloc'ed, NUL added after
 * *length bytes; NULL with the fault in err: E011 cannot be opened, E012 not a regular file,
 * E013 too large.  "-" is standard input, which may be a pipe. */
struct err;
char *text_read_file(const char *path, size_t most, size_t *length, struct err *);

/* SHA-256 (FIPS 180-4) of bytes, as 64 hex digits and a NUL. */
void text_sha256(const void *bytes, size_t length, char hex[65]);

#endif
