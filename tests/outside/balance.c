/* balance.c - a program that knows only what is installed: lb.h, liblb.a and pkg-config's words.
 * It balances as a proxy would: three addresses, one of them of twice the weight, panic and slow
 * start around Envoy's least request, one that fails and comes back.  Prints who got how much. */
#include <lb.h>

#include <stdio.h>
#include <stdlib.h>

enum { BACKENDS = 3, REQUESTS = 30000 };

static int refuse(const char *why)
{
    fprintf(stderr, "balance: %s\n", why);
    return 1;
}

static struct lb *make(const char *name, const char *param, double value)
{
    const struct lb_ops *ops = lb_find(name);
    struct lb *lb = ops != NULL ? lb_new(ops, 1) : NULL;
    const char *why = "out of memory, or no such algorithm";

    if (lb == NULL || lb_set(lb, param, value, &why) != 0)
        exit(refuse(why));
    return lb;
}

static void serve(struct lb *lb, uint64_t *now, uint32_t count[BACKENDS])
{
    for (int k = 0; k < REQUESTS; k++) {
        uint32_t i = lb_pick(lb, &(struct lb_request){ .now = *now += 1000000 });

        if (i >= LB_FULL)
            exit(refuse("nobody to send to"));
        count[i]++;
        lb_complete(lb, i, &(struct lb_outcome){ .now = *now, .latency = 500000, .load = -1 });
    }
    for (int i = 0; i < BACKENDS; i++) {
        printf("%s%s %u", i > 0 ? "  " : "", lb->backend[i].name, count[i]);
        count[i] = 0;
    }
    printf("\n");
}

int main(void)
{
    static const char *const address[BACKENDS] = { "10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80" };
    struct lb *lb = make("panic", "threshold", 50), *inner = make("slow_start", "window", 60e9);
    uint32_t count[BACKENDS] = { 0 };
    uint64_t now = 0;
    const char *why = NULL;

    lb_wrap(inner, make("edf", "start", 0));
    lb_wrap(lb, inner);
    lb_lend_clock(lb, &now);
    for (uint32_t i = 0; i < BACKENDS; i++)
        lb_add(lb, i + 1, address[i], i == 2 ? 2 : 1, 0);
    if (lb_start(lb, &why) != 0)
        return refuse(why);
    serve(lb, &now, count);              /* by weight */
    lb_set_state(lb, 0, LB_DOWN);
    serve(lb, &now, count);              /* the others */
    lb_set_state(lb, 0, LB_UP);
    serve(lb, &now, count);              /* half a minute of sixty: slowly */
    serve(lb, &now, count);
    lb_set_state(lb, 0, LB_DOWN);
    lb_set_state(lb, 1, LB_DOWN);
    serve(lb, &now, count);              /* one of three is too few: all are used */
    lb_free(lb);
    return 0;
}
