/* tables.c - a result as tidy CSV: one row a value, units in the names, empty cells for unknown. */
#include "tables.h"

#include "catalogue.h"
#include "csv.h"
#include "slices.h"

#include <inttypes.h>
#include <math.h>

const double tables_grid[] = {
    0, 10, 20, 30, 40, 50, 55, 60, 65, 70, 75, 80, 85, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99,
    99.1, 99.2, 99.3, 99.4, 99.5, 99.6, 99.7, 99.8, 99.9, 99.92, 99.94, 99.96, 99.98, 99.99,
    99.992, 99.994, 99.996, 99.998, 99.999, 99.9995, 99.9999, NAN,
};

/* A time line of each of very many backends in very many runs would fill disks: totals then. */
static const uint64_t most_backend_rows = 250000;

static double in_seconds(nsec t)
{
    return (double)t / (double)SECOND;
}

static void put_who(FILE *f, const struct result *r, const struct result_run *run)
{
    csv_text(f, r->plan.policy[run->policy]);
    fprintf(f, ",%" PRIu64 ",", run->seed);
}

/* ---- summary ---- */

static void summary_row(FILE *f, const struct result *r, uint32_t run, const struct metric *m,
                        double percentile)
{
    char name[64];

    put_who(f, r, &r->run[run]);
    fprintf(f, "%s%s,", metric_show_name(name, sizeof name, m, percentile),
            m->unit == METRIC_NS ? "_ns" : m->unit == METRIC_PER_SECOND ? "_per_s" : "");
    csv_number(f, metric_of_run(m, r, run, percentile));
    fputc('\n', f);
}

static uint32_t values_of(const struct result *r, const struct metric *m)
{
    return metric_is_percentile(m) ? r->plan.percentiles : !metric_is_untold(m, r);
}

void tables_summary(FILE *f, const struct result *r)
{
    fputs("policy,seed,metric,value\n", f);
    for (uint32_t run = 0; run < r->runs; run++)
        for (const struct metric *m = metric_all(); m->name; m++)
            for (uint32_t i = 0; i < values_of(r, m); i++)
                summary_row(f, r, run, m, metric_is_percentile(m) ? r->plan.percentile[i] : NAN);
}

/* ---- percentiles ---- */

static void merge_measured(struct hist *h, const struct record *record)
{
    for (uint32_t i = record->warmup_slices; i < record->slices; i++)
        hist_merge(h, &record->slice[i].latency);
}

static void percentile_rows(FILE *f, const struct result *r, const struct result_run *run)
{
    struct hist h;

    hist_init(&h);
    merge_measured(&h, run->record);
    for (const double *p = tables_grid; !isnan(*p) && run->requests; p++) {
        uint64_t value = hist_quantile(&h, *p / 100, run->requests);

        put_who(f, r, run);
        fprintf(f, "%.10g,", *p);
        if (value != NEVER)
            fprintf(f, "%" PRIu64, value);
        fprintf(f, ",%" PRIu64 "\n", (uint64_t)ceil(*p / 100 * (double)run->requests - 1e-6));
    }
    hist_fini(&h);
}

void tables_percentiles(FILE *f, const struct result *r)
{
    fputs("policy,seed,percentile,value_ns,count\n", f);
    for (uint32_t i = 0; i < r->runs; i++)
        if (r->run[i].record)
            percentile_rows(f, r, &r->run[i]);
}

/* ---- timeseries ---- */

static void series_row(FILE *f, const struct result *r, const struct result_run *run,
                       uint32_t slice, const char *metric, double value)
{
    put_who(f, r, run);
    csv_number(f, in_seconds(slices_start(run->record, slice)));
    fprintf(f, ",%s,", metric);
    csv_number(f, value);
    fputc('\n', f);
}

static double or_nan(uint64_t v)
{
    return v == NEVER ? NAN : (double)v;
}

static void series_rows(FILE *f, const struct result *r, const struct result_run *run,
                        uint32_t slice)
{
    const struct record_slice *s = &run->record->slice[slice];
    uint64_t ok = s->ended[OUTCOME_OK];
    char name[32];

    series_row(f, r, run, slice, "requests", (double)s->born);
    series_row(f, r, run, slice, "completed", (double)ok);
    for (uint32_t o = OUTCOME_OK + 1; o < OUTCOME_COUNT; o++)
        if (s->ended[o])
            series_row(f, r, run, slice, outcome_name[o], (double)s->ended[o]);
    series_row(f, r, run, slice, "latency.mean_ns", ok ? (double)s->latency_sum / (double)ok : NAN);
    for (uint32_t i = 0; i < r->plan.percentiles; i++) {
        double p = r->plan.percentile[i];

        snprintf(name, sizeof name, "latency.p%.10g_ns", p);
        series_row(f, r, run, slice, name,
                   s->born ? or_nan(hist_quantile(&s->latency, p / 100, s->born)) : NAN);
    }
}

void tables_timeseries(FILE *f, const struct result *r)
{
    fputs("policy,seed,t_s,metric,value\n", f);
    for (uint32_t i = 0; i < r->runs; i++)
        for (uint32_t s = 0; r->run[i].record && s < r->run[i].record->slices; s++)
            series_rows(f, r, &r->run[i], s);
}

/* ---- backends ---- */

static void add_backend(struct record_backend_slice *to, const struct record_backend_slice *s)
{
    to->picked += s->picked;
    to->asked += s->asked;
    to->served += s->served;
    to->failed += s->failed;
    to->latency_sum += s->latency_sum;
    to->busy += s->busy;
    to->offered += s->offered;
    to->backlog = s->backlog;
}

static void backend_row(FILE *f, const struct result *r, const struct result_run *run,
                        uint32_t backend, nsec start, const struct record_backend_slice *s)
{
    put_who(f, r, run);
    csv_text(f, r->plan.backend[backend]);
    fputc(',', f);
    csv_number(f, in_seconds(start));
    fprintf(f, ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",", s->picked, s->asked, s->served,
            s->failed);
    csv_number(f, s->served ? (double)s->latency_sum / (double)s->served : NAN);
    fprintf(f, ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 "\n", s->busy, s->offered, s->backlog);
}

static void backend_totals(FILE *f, const struct result *r, const struct result_run *run,
                           uint32_t backend)
{
    struct record_backend_slice all = { .picked = 0 };
    uint32_t first = slices_backend_first(run->record);

    for (uint32_t i = first; i < slices_backend_end(run->record); i++)
        add_backend(&all, record_backend(run->record, backend, i));
    backend_row(f, r, run, backend, run->record->backend_slices == 1 ? 0 : run->record->warmup,
                &all);
}

void tables_backends(FILE *f, const struct result *r)
{
    uint64_t rows = (uint64_t)r->runs * r->plan.backends * RECORD_SLICES;

    fputs("policy,seed,backend,t_s,picked,asked,served,failed,mean_ns,busy_ns,offered_ns,backlog\n",
          f);
    for (uint32_t i = 0; i < r->runs; i++) {
        const struct record *record = r->run[i].record;

        for (uint32_t b = 0; record && b < record->backends; b++) {
            if (record->backend_slices == 1 || rows > most_backend_rows) {
                backend_totals(f, r, &r->run[i], b);
                continue;
            }
            for (uint32_t s = 0; s < record->slices; s++)
                backend_row(f, r, &r->run[i], b, slices_start(record, s),
                            record_backend(record, b, s));
        }
    }
}

/* ---- remap, events ---- */

void tables_remap(FILE *f, const struct result *r)
{
    fputs("policy,event,label,keys,moved,unavoidable,excess,broken_connections\n", f);
    for (uint32_t i = 0; i < r->remaps; i++) {
        const struct result_remap *m = &r->remap[i];

        csv_text(f, r->plan.policy[m->policy]);
        fprintf(f, ",%" PRIu32 ",", m->event);
        csv_text(f, r->plan.event[m->event].label);
        fprintf(f, ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRId64 ",%" PRIu64 "\n", m->keys,
                m->moved, m->unavoidable, (int64_t)(m->moved - m->unavoidable), m->broken);
    }
}

void tables_events(FILE *f, const struct result *r)
{
    fputs("event,t_s,until_s,label\n", f);
    for (uint32_t i = 0; i < r->plan.events; i++) {
        const struct result_event *e = &r->plan.event[i];

        fprintf(f, "%" PRIu32 ",", i);
        csv_number(f, in_seconds(e->at));
        fputc(',', f);
        csv_number(f, e->until ? in_seconds(e->until) : NAN);
        fputc(',', f);
        csv_text(f, e->label);
        fputc('\n', f);
    }
}
