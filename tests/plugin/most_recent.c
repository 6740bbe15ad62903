/* most_recent.c - a plug-in, to copy from: the backend that answered last, whose caches are warm.
 *
 * The same kind of file as the built-ins, but it exports lb_plugin and needs no line in list.h:
 *   cc -shared -fPIC -Ialgorithms tests/plugin/most_recent.c -o most_recent.so
 *   lblab run --plugin ./most_recent.so ... */
#include "lb.h"

struct most_recent {
    uint32_t patience;                   /* most in flight at the warm one */
    uint32_t warm;                       /* the backend that answered last */
    bool     known;
};

static uint32_t most_recent_pick(struct lb *lb, const struct lb_request *rq)
{
    const struct most_recent *m = lb->state;

    if (m->known && lb->backend[m->warm].inflight < m->patience && lb_usable(lb, m->warm, rq))
        return m->warm;

    uint32_t i = lb_random_usable(lb, rq);
    return i != LB_NONE ? i : lb_none_or_full(lb, rq);
}

static void most_recent_complete(struct lb *lb, uint32_t backend, const struct lb_outcome *outcome)
{
    struct most_recent *m = lb->state;

    if (outcome->result != LB_OK)
        return;
    m->warm = backend;
    m->known = true;
}

static const struct lb_param params[] = {
    { "patience", LB_UINT, offsetof(struct most_recent, patience), 4, 1, 1e6,
      "most in flight at the warm backend" },
    { 0 },
};

static const struct lb_page page = {
    .rule = "Takes the backend that answered last while it has fewer than `patience` in\n"
            "flight, else a random one.",
    .cost = "O(1) per pick, 12 bytes.",
    .used_by = "Nobody: it shows how a plug-in is written.",
    .fails_when = "Always but for tiny loads: work piles up where work was.",
    .source = "Written for lblab's tests.",
};

const struct lb_ops lb_plugin = {
    .abi         = LB_ABI,
    .traits      = LB_FEEDBACK,
    .name        = "most_recent",
    .summary     = "the backend that answered last, an example of a plug-in",
    .page        = &page,
    .state_size  = sizeof(struct most_recent),
    .params      = params,
    .pick        = most_recent_pick,
    .on_complete = most_recent_complete,
};
