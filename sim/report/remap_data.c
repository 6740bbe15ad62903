/* remap_data.c - the remap verb's answer as JSON and CSV. */
#include "report.h"

#include "../results/csv.h"
#include "../results/json_result.h"

#include <inttypes.h>

static double share(uint64_t part, uint64_t all)
{
    return all ? (double)part / (double)all : 0;
}

static void put_shares(struct json *j, uint64_t all, uint64_t moved, uint64_t unavoidable,
                       uint64_t dropped)
{
    json_number(j, "moved", share(moved, all));
    json_number(j, "unavoidable", share(unavoidable, all));
    json_number(j, "excess", share(moved, all) - share(unavoidable, all));
    json_number(j, "dropped", share(dropped, all));
}

static void put_requests(struct json *j, const struct report_remap_requests *r)
{
    json_open(j, "by_request", '{');
    json_count(j, "requests", r->requests);
    put_shares(j, r->requests, r->moved, r->unavoidable, r->dropped);
    json_number(j, "max_over_mean", r->max_over_mean);
    json_number(j, "cv", r->cv);
    json_close(j, '}');
}

static void put_row(struct json *j, const struct report_remap_row *r)
{
    json_open(j, NULL, '{');
    json_text(j, "algorithm", r->algorithm);
    json_count(j, "backends", r->backends);
    json_text(j, "change", r->change);
    json_count(j, "keys", r->keys);
    put_shares(j, r->keys, r->moved, r->unavoidable, r->dropped);
    json_number(j, "least", r->least);
    json_number(j, "max_over_mean", r->max_over_mean);
    json_number(j, "cv", r->cv);
    json_number(j, "max_over_mean_after", r->max_over_mean_after);
    json_number(j, "cv_after", r->cv_after);
    json_count(j, "table_bytes", r->table_bytes);
    json_number(j, "build_ns", r->build_ns);
    json_number(j, "rebuild_ns", r->rebuild_ns);
    if (r->by_request.requests)
        put_requests(j, &r->by_request);
    json_close(j, '}');
}

void report_remap_json(FILE *f, const struct report_remap_row *rows, uint32_t n,
                       const struct result_environment *environment)
{
    struct json j = json_begin(f, 3);

    json_open(&j, NULL, '{');
    json_text(&j, "schema", "lblab-remap/1");
    json_open(&j, "result", '{');
    json_open(&j, "rows", '[');
    for (uint32_t i = 0; i < n; i++)
        put_row(&j, &rows[i]);
    json_close(&j, ']');
    json_close(&j, '}');
    json_environment(&j, "environment", environment);
    json_close(&j, '}');
    json_end(&j);
}

static void put_requests_csv(FILE *f, const struct report_remap_requests *r)
{
    if (r->requests)
        fprintf(f, ",%" PRIu64 ",%.9g,%.9g,%.9g,%.9g", r->requests, share(r->moved, r->requests),
                share(r->unavoidable, r->requests), r->max_over_mean, r->cv);
    else
        fputs(",,,,,", f);
}

void report_remap_csv(FILE *f, const struct report_remap_row *rows, uint32_t n)
{
    fputs("algorithm,backends,change,keys,moved,unavoidable,excess,max_over_mean,table_bytes,build_"
          "ns,cv,max_over_mean_after,cv_after,least,dropped,rebuild_ns,requests,requests_moved,"
          "requests_unavoidable,requests_max_over_mean,requests_cv\n",
          f);
    for (uint32_t i = 0; i < n; i++) {
        const struct report_remap_row *r = &rows[i];
        double moved = share(r->moved, r->keys), must = share(r->unavoidable, r->keys);

        csv_text(f, r->algorithm);
        fprintf(f, ",%" PRIu32 ",", r->backends);
        csv_text(f, r->change);
        fprintf(f, ",%" PRIu64 ",%.9g,%.9g,%.9g,%.9g,%" PRIu64 ",%.9g", r->keys, moved, must,
                moved - must, r->max_over_mean, r->table_bytes, r->build_ns);
        fprintf(f, ",%.9g,%.9g,%.9g,%.9g,%.9g,%.9g", r->cv, r->max_over_mean_after, r->cv_after,
                r->least, share(r->dropped, r->keys), r->rebuild_ns);
        put_requests_csv(f, &r->by_request);
        fputc('\n', f);
    }
}
