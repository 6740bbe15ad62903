/* csv.c - see csv.h.  Line ends are \n, the decimal point is a point. */
#include "csv.h"

#include <math.h>
#include <string.h>

void csv_text(FILE *f, const char *text)
{
    const char *lead = *text && strchr("=+-@\t\r", *text) ? "'" : "";

    if (!text[strcspn(text, ",\"\r\n")]) {
        fprintf(f, "%s%s", lead, text);
        return;
    }
    fprintf(f, "\"%s", lead);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', f);
        fputc(*text, f);
    }
    fputc('"', f);
}

void csv_number(FILE *f, double x)
{
    if (isfinite(x))
        fprintf(f, "%.9g", x + 0.0);
}
