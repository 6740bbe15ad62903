/* outlier.h - Envoy's outlier detection, of one balancer instance: hosts that do worse than the
 * others, or than is bearable, are ejected for a while.
 *
 * Rules and presets from Envoy's source/common/upstream/outlier_detection_impl.cc (1.26) and the
 * API of January 2026; gRPC's (gRFC A50) are the two rates.  Detectors of failures in a row act on
 * the request; the rates, and the end of an ejection, on the tick of `interval`. */
#ifndef PARTS_OUTLIER_H
#define PARTS_OUTLIER_H

#include "../base/types.h"
#include "../core/req.h"

enum outlier_detector {
    OUTLIER_5XX,                    /* so many in a row: any failure, unless `split` */
    OUTLIER_GATEWAY,                /* 502, 503, 504: all but the backend's own 500 */
    OUTLIER_LOCAL,                  /* no connection, broken, no answer; only with `split` */
    OUTLIER_SUCCESS_RATE,           /* below mean - factor x standard deviation of all hosts' */
    OUTLIER_FAILURE_RATE,           /* at or above a percentage */
    OUTLIER_DETECTORS
};

/* May one more be ejected, of n with k out?  WITHIN: if 100 (k + 1) / n is no more than
 * max_ejection_percent, or it is the first and always_one.  UNTIL: while 100 k / n is less. */
enum outlier_limit { OUTLIER_WITHIN, OUTLIER_UNTIL };

struct outlier_config {
    nsec     interval;              /* 0: no outlier detection */
    nsec     base_ejection_time, max_ejection_time;     /* the k-th lasts min(k x base, max) */
    double   max_ejection_percent;  /* share of the hosts, 0 to 1 */
    uint32_t limit;                 /* enum outlier_limit */
    bool     always_one;
    bool     forgives;              /* does a good active check end an ejection? */
    bool     split;                 /* local-origin failures are none of the 5xx */
    uint32_t in_a_row[OUTLIER_SUCCESS_RATE];            /* 0: never */
    double   enforcing[OUTLIER_DETECTORS];              /* share of what is found that is ejected */
    uint32_t success_hosts, success_volume; /* fewest hosts with so many requests in the interval */
    double   success_factor;
    uint32_t failure_hosts, failure_volume;
    double   failure_threshold;     /* share */
};

struct outlier;

/* Of all hosts of one balancer; the config must live as long.  The seed is for `enforcing`. */
struct outlier *outlier_new(const struct outlier_config *, uint64_t seed);
void outlier_free(struct outlier *);
void outlier_add(struct outlier *);                     /* the next host */
void outlier_remove(struct outlier *, uint32_t host);

/* What became of a request to the host; true: it is ejected now. */
bool outlier_note(struct outlier *, uint32_t host, nsec now, enum status);

bool outlier_is_out(const struct outlier *, uint32_t host);

/* An active check went well; true if that ended an ejection (`forgives`). */
bool outlier_forgive(struct outlier *, uint32_t host);

/* To be called every interval; changed() for each host that is ejected or back. */
void outlier_tick(struct outlier *, nsec now, void (*changed)(void *arg, uint32_t host),
                  void *arg);

#endif
