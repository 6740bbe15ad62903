/* fields_signals.c - how balancers hear of their backends' load. */
#include "field.h"

#define LONG (30.0 * 86400e9)
#define REPORTS(member) FIELD_AT(reports_config, member)

static const struct field reports_rows[] = {
    { "interval", &field_duration, REPORTS(interval), .min = 1e6, .max = LONG, .preset = "\"10s\"",
      .help = "between two reports of a backend to an instance" },
    { "together", &field_bool, REPORTS(is_together), .preset = "false",
      .help = "do all backends report at the same time, like a table that is made anew? else they "
              "are spread over the interval" },
    { .key = NULL },
};

const struct field_table fields_reports = {
    .name = "reports",
    .help = "every backend sends its requests in flight, utilisation and rates to every instance "
            "whose algorithm goes by reports (gRPC's ORCA out of band: every 10 s)",
    .row = reports_rows };
