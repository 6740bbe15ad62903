/* test_rotation.c - weighted turns in every product's order: published vectors, recordings and runs
 * of the products, as a table of scripts.  A script is a list of steps:
 *   p5 five requests, one after the other   h5 five that stay open   rb ends one of b's
 *   -b down   +b up   b=4 weight   *4 one more backend, of weight 4   !b a request that tried b
 *   b:0.5,100,10 b reports utilisation, requests and errors a second   t5 five seconds go by
 * The picks are letters in the order of configuration, a dot where nobody was usable. */
#include "unit.h"

#include "../../algorithms/lb.h"

#include <string.h>

static const uint64_t SECOND = 1000000000;

struct script {
    const char *algorithm, *set;         /* "start=0 period=..." */
    const char *weights, *limits;        /* limits NULL: none */
    const char *steps, *picks;
    const char *source;
};

struct player {
    struct lb *lb;
    uint64_t   now;
    char       picks[512];
    size_t     count;
};

static uint32_t play_pick(struct player *p, const uint64_t *avoid)
{
    uint32_t i = lb_pick(p->lb, &(struct lb_request){ .now = p->now, .avoid = avoid });

    CU_ASSERT_FATAL(p->count + 1 < sizeof p->picks);
    p->picks[p->count++] = (char)(i < LB_FULL ? 'a' + i : '.');
    return i;
}

static void play_end(struct player *p, uint32_t i)
{
    if (i < LB_FULL)
        lb_complete(p->lb, i, &(struct lb_outcome){ .now = p->now, .load = -1 });
}

static void play_report(struct player *p, uint32_t i, const char *numbers)
{
    struct lb_outcome o = { .now = p->now };

    CU_ASSERT_EQUAL(sscanf(numbers, "%lf,%lf,%lf", &o.load, &o.rps, &o.eps), 3);
    lb_report(p->lb, i, &o);
}

/* A step that begins with a backend's letter. */
static void play_change(struct player *p, const char *step)
{
    uint32_t i = (uint32_t)(step[0] - 'a');

    if (step[1] == '=')
        lb_set_weight(p->lb, i, (uint32_t)strtoul(step + 2, NULL, 10));
    else
        play_report(p, i, step + 2);
}

static void play_step(struct player *p, const char *step)
{
    uint32_t number = step[1] != '\0' ? (uint32_t)strtoul(step + 1, NULL, 10) : 1;
    uint32_t who = (uint32_t)(step[1] - 'a');
    uint64_t avoid = who < 64 ? (uint64_t)1 << who : 0;

    if (step[1] == '=' || step[1] == ':')
        play_change(p, step);
    else if (step[0] == 'p')
        for (uint32_t k = 0; k < number; k++)
            play_end(p, play_pick(p, NULL));
    else if (step[0] == 'h')
        for (uint32_t k = 0; k < number; k++)
            play_pick(p, NULL);
    else if (step[0] == '!')
        play_end(p, play_pick(p, &avoid));
    else if (step[0] == 'r')
        play_end(p, who);
    else if (step[0] == '-' || step[0] == '+')
        lb_set_state(p->lb, who, step[0] == '+' ? LB_UP : LB_DOWN);
    else if (step[0] == '*')
        lb_add(p->lb, 99, "added", number, 0);
    else if (step[0] == 't')
        p->now += number * SECOND;
    else
        CU_FAIL("a step that means nothing");
}

static void set_all(struct lb *lb, const char *set)
{
    char name[32];
    double value;
    int length;
    const char *why = NULL;

    for (; sscanf(set, " %31[a-z_]=%lf%n", name, &value, &length) == 2; set += length)
        CU_ASSERT_EQUAL(lb_set(lb, name, value, &why), 0);
}

static struct lb *configured(const struct script *s)
{
    struct lb *lb = lb_new(lb_find(s->algorithm), 1);
    const char *why = NULL, *limits = s->limits;
    char *at = (char *)(uintptr_t)s->weights, *limit_at = NULL;

    set_all(lb, s->set);
    while (*at != '\0') {
        uint32_t weight = (uint32_t)strtoul(at, &at, 10), limit = 0;
        if (limits != NULL) {
            limit = (uint32_t)strtoul(limits, &limit_at, 10);
            limits = limit_at + (*limit_at == ',');
        }
        lb_add(lb, lb->count + 1, "", weight, limit);
        at += *at == ',';
    }
    CU_ASSERT_EQUAL_FATAL(lb_start(lb, &why), 0);
    return lb;
}

static void play(const struct script *s)
{
    struct player p = { .lb = configured(s) };
    char steps[512], *rest = NULL;

    snprintf(steps, sizeof steps, "%s", s->steps);
    for (char *step = strtok_r(steps, " ", &rest); step; step = strtok_r(NULL, " ", &rest))
        play_step(&p, step);
    if (strcmp(p.picks, s->picks) != 0) {
        fprintf(stderr, "%s %s, %s (%s):\n  expected %s\n  got      %s\n", s->algorithm, s->weights,
                s->steps, s->source, s->picks, p.picks);
        CU_FAIL("see the lines before");
    }
    lb_free(p.lb);
}

#define PLAY(rows)                                                     \
    for (size_t k = 0; k < sizeof(rows) / sizeof((rows)[0]); k++)      \
        play(&(rows)[k])

/* Sources: "real code": the product's own file, run; "2.6.12": the program, sent these steps. */
static void fwrr_is_haproxys_roundrobin(void)
{
    static const struct script row[] = {
        { "fwrr", "", "1,1,1,1", NULL, "p5", "abcda", "reg-tests/balance/balance-rr.vtc" },
        { "fwrr", "", "5,1,1", NULL, "p14", "aaabaacaaabaac", "lb_fwrr.c, real code" },
        { "fwrr", "", "3,2,1", NULL, "p12", "abacababacab", "lb_fwrr.c, real code" },
        { "fwrr", "", "4,1", NULL, "p10", "aaaabaaaab", "lb_fwrr.c, real code" },
        { "fwrr", "", "10,5,1", NULL, "p16", "aabaabacabaabaab", "lb_fwrr.c, real code" },
        { "fwrr", "", "1,2,3", NULL, "p12", "cbcacbcbcacb", "lb_fwrr.c, real code" },
        { "fwrr", "", "1,2,3", NULL, "p22", "cbcacbcbcacbcbcacbcbca", "recorded, 2.6.12" },
        { "fwrr", "", "5,1,1", NULL, "p21", "aaabaacaaabaacaaabaac", "recorded, 2.6.12" },
        { "fwrr", "scale=1", "80,16,16", NULL, "p14", "aaabaacaaabaac", "weights in sixteenths" },
        { "fwrr", "", "5,5,10", NULL, "p3 a=50 p20 a=0 p34 b=9 c=1 p a=0 p2",
          "cacbacaaaaacaaaabacaaaaccccbccbccbccbccbccbccbccbccbccbccbcb", "2.6.12" },
        { "fwrr", "", "203,117,28,201", NULL, "p25 b=40 p10 d=34 p2 a=1 p23",
          "adadbadcabdadabdadbadadbadcabdadadaaababdcbdbcbdcbdbcdbdcbdc", "2.6.12" },
        { "fwrr", "", "1,1", NULL, "p7 a=1 p9 a=0 p39 a=74 b=1 p2 b=1 p3",
          "ababababababababbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbaaaa", "2.6.12" },
        { "fwrr", "", "67,190,243", NULL, "p6 +b p13 +a p20 b=133 p21",
          "cbcbcacbcbcbcabccbcbacbccbcbacbcbcacbcbccbcacbccbaccbccbacbc", "2.6.12" },
        { "fwrr", "", "1,1,3,3", NULL, "p20 +c p15 a=226 p12 -a c=231 p2 a=159 p11",
          "cdcdacdbcdcdacdbcdcdacdbcdcdacdbcdcdaacaabaaaaaccccccccccccc", "2.6.12" },
        { "fwrr", "", "2,1,10,3", NULL,
          "p4 c=115 p b=10 p b=6 p20 d=0 p6 d=9 p3 b=1 p7 +b p5 a=6 p7 -b p6",
          "ccdcacccdccccccccccccccccccbccccccccccccccccccdcbccccccccccc", "2.6.12" },
        { "fwrr", "", "1,1,6", NULL, "c=0 p5 c=1 p32 c=5 p43 b=77 p",
          "abababacbacbacbacbacbacbacbacbacbacbacbcaccccbcaccccbcaccccbcaccccbcaccccbcaccccb",
          "2.6.12" },
        { "fwrr", "", "2,1,3,2", NULL, "p19 c=2 p10 c=134 p16 d=63 p26 c=1 p2 c=3 d=0 p2",
          "cacdbacdcacdbacdcacdbacdacdbadccacccbccccccccccccdccdccdccdccdccdcccdccddcc", "2.6.12" },
        { "fwrr", "", "112,139,72,159", NULL, "p d=0 c=1 p19 a=138 a=1 p2 a=1 p15 b=1 p8",
          "dbbababababbababababbbbabbbbbbbbbbbbbcbcbcbca", "2.6.12" },
        { "fwrr", "", "1,1,3,3", NULL, "p20 +c p15 a=226 p12 -a c=231 p2 a=159 p17 -c p2",
          "cdcdacdbcdcdacdbcdcdacdbcdcdacdbcdcdaacaabaaaaacccccccccccccccccccdd", "2.6.12" },
        { "fwrr", "", "2,1", "1,2",
          "p5 a=0 p b=82 p2 h p rb h p2 b=0 rb a=3 h p11 h p6 h3 p8 -a p5 h p2 h p2 a=1 h ra p8 h "
          "b=0 +a p b=0 +a p h p5 ra +a b=2 p b=0 -a",
          "aabaabbbbbbbba..................................................aaa.....a", "2.6.12" },
        { "fwrr", "", "1,2", "3,3",
          "p5 h p h rb p2 h rb h2 b=1 p23 ra ra +b h p2 h rb -a ra p10 h2 p2 h p5",
          "bbabbabbabbabababababababababababababababbbbbbbbbbbb........", "2.6.12" },
        { "fwrr", "", "2,3,1,1", "0,2,0,1",
          "d=0 p8 b=1 h p b=0 p h p10 h -a p10 rc p7 a=3 p10 a=0 c=3 p2 d=0 h rc rc +c p7",
          "babcbabacaacaacaacaacaaccccccccccccccccccccccccccccccccccccc", "2.6.12" },
        { "fwrr", "", "3,2,2", "0,1,1",
          "+a p6 +a h p +b +a p12 +b p10 +b h p5 +b p5 rb p5 +c p6 -a p4 +c p h p h",
          "abacbacababaababaababaababaababaaaaaaaaaabababaabababbbbbb..", "2.6.12" },
    };
    PLAY(row);
}

static void static_rr_is_haproxys(void)
{
    static const struct script row[] = {
        { "static_rr", "", "1,1,1,1", NULL, "p5", "abcda", "recorded, 2.6.12" },
        { "static_rr", "", "5,1,1", NULL, "p14", "aaabaacaaabaac", "recorded, 2.6.12" },
        { "static_rr", "", "3,2,1", NULL, "p6", "aababc", "lb_map.c" },
        { "static_rr", "", "4,1", NULL, "p5", "aaaab", "lb_map.c" },
        { "static_rr", "", "10,5,1", NULL, "p16", "aabaabaababaabac", "lb_map.c" },
        { "static_rr", "", "1,2,3", NULL, "p12", "acbcbcacbcbc", "recorded, 2.6.12" },
        { "static_rr", "", "1,2,3", NULL, "p6 a=9 b=1 p6", "acbcbcacbcbc", "weights stay" },
        { "static_rr", "", "2,7,8", NULL,
          "-b p12 +c p2 +b p +b +b +c p9 +c p7 -c p2 +c p4 -b p6 +b p9 +c p4 -b p4",
          "accccaccccaccccbcbcacbcbcbcabcbabcbcaaccccacbcacbcbcbcabccca", "2.6.12" },
        { "static_rr", "", "1,3,1,3", NULL, "p25 -b p3 +a +b p7 +d p2 +b p23",
          "abdbcdbdabdbcdbdabdbcdbdadcdcdbdabdbcdbdabdbcdbdabdbcdbdabdb", "2.6.12" },
        { "static_rr", "", "8,21", NULL, "p17 -a +a p4 +a p8 +a +a p24 +b p7",
          "abbabbbabbabbbabbbabbabbbabbbabbabbbabbabbbabbbabbabbbabbbab", "2.6.12" },
        { "static_rr", "", "2,1,3", "0,1,1",
          "p6 +b p5 h rc p2 +b p5 +c p8 h p8 +a -b h4 p4 +b p6 +a p h p2 ra p h p4",
          "acacbcacacbcacacbcacacbcacacbaabaabaaaaaaaaaabaabaabaaaaaaaa", "2.6.12" },
        { "static_rr", "", "2,2", "1,0",
          "p9 +b p7 h p9 +b p2 h ra p5 h p2 +b p7 rb h3 p rb rb p2 -b +b p3 +a h p6",
          "abababababababababbbbbbbbbbbbabababababababababbbbbbbbbbbbbb", "2.6.12" },
    };
    PLAY(row);
}

static void edf_is_envoys_round_robin(void)
{
    static const struct script row[] = {
        { "edf", "start=0", "1,2", NULL, "p6", "babbab", "load_balancer_impl_test.cc, seed 0" },
        { "edf", "start=1", "1,2", NULL, "p6", "abbabb", "load_balancer_impl_test.cc, seed 1" },
        { "edf", "start=0", "2,1", NULL, "*3 p12", "cacbaccaccba", "same, a host is added" },
        { "edf", "start=0", "1,2", NULL, "p3 b=4 p10", "babbbbabbbbab", "same, weights replaced" },
        { "edf", "start=0", "5,1,1", NULL, "p14", "aaaabcaaaaaabc", "edf_scheduler.h" },
        { "edf", "start=0", "1,1,1", NULL, "p3 -b p4", "abccaca", "equal: index mod n, kept" },
        { "edf", "start=5", "1,1,1", NULL, "p4", "cabc", "equal: from the seed on" },
        { "edf", "start=0", "3,1", "1,0", "h p3 ra p5", "abbbaaaba", "a turn missed when full" },
        { "edf", "start=0", "5,1,1", NULL, "!a !a p4", "bcaaaa", "so does who was tried" },
    };
    PLAY(row);
}

static void interleaved_wrr_is_ipvs_wrr(void)
{
    static const struct script row[] = {
        { "interleaved_wrr", "", "1,1,1,1", NULL, "p8", "abcdabcd", "ip_vs_wrr.c" },
        { "interleaved_wrr", "", "5,1,1", NULL, "p14", "aaaaabcaaaaabc", "ip_vs_wrr.c" },
        { "interleaved_wrr", "", "3,2,1", NULL, "p12", "aababcaababc", "ip_vs_wrr.c" },
        { "interleaved_wrr", "", "4,1", NULL, "p5", "aaaab", "ip_vs_wrr.c" },
        { "interleaved_wrr", "", "10,5,1", NULL, "p16", "aaaaaabababababc", "ip_vs_wrr.c" },
        { "interleaved_wrr", "", "4,3,2", NULL, "p9", "aababcabc", "ip_vs_wrr.c" },
        { "interleaved_wrr", "", "6,4", NULL, "p10", "aabab" "aabab", "steps of the divisor" },
        { "interleaved_wrr", "", "3,1", NULL, "p a=1 p4", "aabab", "a change: the list's head" },
        { "interleaved_wrr", "", "6,1", NULL, "p4 b=3 p6", "aaaa" "aabaab", "rounds move up" },
        { "interleaved_wrr", "", "5,1", "1,0", "h p3 ra p3", "abbbaaa", "overloaded: next round" },
        { "interleaved_wrr", "", "5,2,1", NULL, "!a p2 !b", "babc", "who was tried has no turn" },
    };
    PLAY(row);
}

static void positional_wrr_is_caddys(void)
{
    static const struct script row[] = {
        { "positional_wrr", "", "1,1,1,1", NULL, "p4", "bcda", "selectionpolicies.go" },
        { "positional_wrr", "", "3,2,1", NULL, "p6", "aabbca", "selectionpolicies_test.go" },
        { "positional_wrr", "", "0,2,1", NULL, "p3", "bcb", "selectionpolicies_test.go" },
        { "positional_wrr", "", "3,2,1", NULL, "-a p6", "bbccbb", "turns change hands" },
        { "positional_wrr", "", "3,2,1", NULL, "-b p6", "aaccaa", "turns change hands" },
        { "positional_wrr", "", "3,2,1", NULL, "-c p6", "aabbaa", "turns change hands" },
        { "positional_wrr", "", "3,2,1", NULL, "!a !a !b", "bbc", "tried ones likewise" },
    };
    PLAY(row);
}

static void round_robin_starts_where_the_product_does(void)
{
    static const struct script row[] = {
        { "round_robin", "start=1", "1,1,1", NULL, "p6", "bcabca", "recorded, Caddy 2.6.2" },
        { "round_robin", "start=1", "1,1,1", NULL, "p3 -b p3", "bcacac",
          "selectionpolicies_test.go" },
        { "round_robin", "", "1,1,1", NULL, "p4", "abca", "ip_vs_rr.c" },
        { "round_robin", "", "1,0,1", NULL, "p4", "acac", "ip_vs_rr.c" },
    };
    PLAY(row);
}

static void random_start_is_anywhere_and_again_after_changes(void)
{
    uint32_t first[4] = { 0 }, second[4] = { 0 };
    const char *why = NULL;

    for (uint64_t seed = 0; seed < 4000; seed++) {
        struct lb *lb = lb_new(lb_find("round_robin"), seed);
        CU_ASSERT_EQUAL(lb_set(lb, "random_start", 1, &why), 0);
        for (uint32_t k = 0; k < 4; k++)
            lb_add(lb, k, "", 1, 0);
        CU_ASSERT_EQUAL(lb_start(lb, &why), 0);
        uint32_t i = lb_pick(lb, &(struct lb_request){ 0 });
        CU_ASSERT_EQUAL(lb_pick(lb, &(struct lb_request){ 0 }), (i + 1) % 4);
        first[i]++;
        lb_set_state(lb, 0, LB_DOWN);
        second[lb_pick(lb, &(struct lb_request){ 0 })]++;
        lb_free(lb);
    }
    for (uint32_t k = 0; k < 4; k++)
        CU_ASSERT(first[k] > 850 && first[k] < 1150);
    for (uint32_t k = 1; k < 4; k++)
        CU_ASSERT(second[k] > 1150 && second[k] < 1520);
}

#define NOW "start=0 blackout_period=0"
static void static_stride_is_grpcs(void)
{
    static const struct script row[] = {
        { "static_stride", NOW, "1,1,1", NULL, "a:1,1,0 b:1,2,0 c:1,3,0 p12", "bccabcbccabc",
          "grpc-go: scaled 21845 43690 65535" },
        { "static_stride", NOW, "1,1,1", NULL, "b:1,2,0 c:1,4,0 p18", "bcacabccabcacabcca",
          "grpc-go: no weight, the mean" },
        { "static_stride", NOW, "1,1,1", NULL, "a:1,5,0 b:1,1,0 c:1,1,0 p14", "caabaaacaabaaa",
          "grpc-go: 5,1,1" },
        { "static_stride", NOW, "1,1", NULL, "a:1,7,0 p4", "baba", "one weight: turns" },
        { "static_stride", NOW, "1,1,1", NULL, "a:1,3,0 b:1,3,0 c:1,3,0 p4", "bcab", "all equal" },
        { "static_stride", NOW, "1,1", NULL, "a:0,9,0 b:0.5,0,0 p4", "baba",
          "A58: no utilisation or rate, no report" },
        { "static_stride", NOW, "1,1,1", NULL, "a:0,9,0 b:1,2,0 c:1,4,0 p18", "bcacabccabcacabcca",
          "A58: without utilisation, the mean" },
        { "static_stride", NOW, "9,1", NULL, "p4", "baba", "configured weights mean nothing" },
        { "static_stride", NOW, "1,1", NULL, "a:0.5,100,0 b:0.5,200,0 p6", "babbab",
          "A58: rps / utilisation" },
        { "static_stride", NOW, "1,1", NULL, "a:0.5,100,50 b:0.5,100,0 p6", "babbab",
          "A58: a half of errors costs as much as half the utilisation" },
        { "static_stride", NOW " error_penalty=0", "1,1", NULL, "a:0.5,100,50 b:0.5,100,0 p4",
          "baba", "A58: without penalty" },
        { "static_stride", "start=0", "1,1", NULL,
          "a:1,1,0 b:1,2,0 p2 t9 a:1,1,0 b:1,2,0 p2 t1 p6", "baba" "babbab",
          "A58: blackout of 10 s" },
        { "static_stride", NOW " expiration_period=5e9", "1,1", NULL,
          "a:1,1,0 b:1,3,0 p4 t4 p4 t1 p4", "bbab" "bbab" "abab", "A58: expiration, then turns" },
        { "static_stride", "start=0 blackout_period=2e9 expiration_period=5e9", "1,1", NULL,
          "a:1,1,0 b:1,3,0 t2 a:1,1,0 b:1,3,0 p4 t5 p2 a:1,1,0 b:1,3,0 t1 p4 a:1,1,0 b:1,3,0 t1 p4",
          "bbab" "ab" "abab" "bbab", "A58: blackout again after expiration" },
        { "static_stride", NOW, "1,1", NULL, "a:1,1,0 b:1,3,0 p4 -b p2 +b p4", "bbabaababa",
          "A58: who comes back begins anew" },
    };
    PLAY(row);
}

/* Load 0.25 and 0.5 at equal rates: weights 2:1 from the second period on that follows. */
static void static_stride_counts_rates_that_nobody_tells(void)
{
    struct lb *lb = lb_new(lb_find("static_stride"), 1);
    const char *why = NULL;
    uint32_t count[2] = { 0 };

    CU_ASSERT_EQUAL(lb_set(lb, "blackout_period", 0, &why), 0);
    lb_add(lb, 1, "", 1, 0);
    lb_add(lb, 2, "", 1, 0);
    CU_ASSERT_EQUAL(lb_start(lb, &why), 0);
    for (uint64_t now = 1; now < 3 * SECOND; now += SECOND / 1000) {
        uint32_t i = lb_pick(lb, &(struct lb_request){ .now = now });
        count[i] += now > 2 * SECOND;
        lb_complete(lb, i, &(struct lb_outcome){ .now = now, .load = i == 0 ? 0.25 : 0.5 });
    }
    CU_ASSERT(count[0] > 660 && count[0] < 673);
    CU_ASSERT(count[1] > 328 && count[1] < 340);
    lb_free(lb);
}

static void weights_beyond_haproxys_are_refused(void)
{
    static const char *const name[] = { "fwrr", "static_rr" };
    const char *why = NULL;

    for (size_t k = 0; k < 2; k++) {
        struct lb *lb = lb_new(lb_find(name[k]), 1);
        lb_add(lb, 1, "", 257, 0);
        CU_ASSERT(lb_start(lb, &why) == -1 && why != NULL);
        lb_free(lb);
    }
}

static void fwrr_ends_at_haproxys_4095_servers(void)
{
    struct lb *lb = lb_new(lb_find("fwrr"), 1);
    const char *why = NULL;

    for (uint32_t k = 0; k < 4096; k++)
        lb_add(lb, k, "", 1, 0);
    CU_ASSERT(lb_start(lb, &why) == -1 && why != NULL);
    lb_free(lb);
}

/* The map by its rule, slot by slot, against the one that is filled by heaps. */
static void static_rr_is_the_plain_scan(void)
{
    enum { N = 9 };

    for (uint64_t seed = 1; seed < 60; seed++) {
        struct lb *lb = lb_new(lb_find("static_rr"), 1);
        const char *why = NULL;
        int64_t weight[N], score[N] = { 0 }, sum = 1;
        lb_add(lb, 0, "", 1, 0);
        weight[0] = 1;
        for (uint32_t k = 1; k < N; k++) {
            weight[k] = (int64_t)(lb_mix(seed * 100 + k) % (seed % 2 ? 256 : 9)) + 1;
            lb_add(lb, k, "", (uint32_t)weight[k], 0);
            sum += weight[k];
        }
        CU_ASSERT_EQUAL(lb_start(lb, &why), 0);
        for (int64_t slot = 0; slot < sum; slot++) {
            uint32_t best = N;
            for (uint32_t k = 0; k < N; k++) {
                score[k] += weight[k];
                if (best == N || (score[k] + sum) / sum > (score[best] + sum) / sum)
                    best = k;
            }
            score[best] -= sum;
            CU_ASSERT_EQUAL(lb_pick(lb, &(struct lb_request){ 0 }), best);
        }
        lb_free(lb);
    }
}

/* ---- nginx's max_fails ---- */

enum { PEERS = 6, FAIL_TIMEOUT = 3 };

struct peer {
    int64_t  weight, effective, credit;
    uint64_t failed, checked;
    uint32_t fails;
};

/* The rule as ngx_http_upstream_round_robin.c has it, peer by peer. */
static uint32_t scan(struct peer *peer, uint32_t max_fails, uint64_t second, uint64_t avoid)
{
    uint32_t best = LB_NONE;
    int64_t sum = 0;

    for (uint32_t i = 0; i < PEERS; i++) {
        struct peer *p = &peer[i];
        if (avoid >> i & 1 || (p->fails >= max_fails && second - p->checked <= FAIL_TIMEOUT))
            continue;
        p->credit += p->effective;
        sum += p->effective;
        p->effective += p->effective < p->weight;
        if (best == LB_NONE || p->credit > peer[best].credit)
            best = i;
    }
    if (best == LB_NONE)
        return best;
    peer[best].credit -= sum;
    if (second - peer[best].checked > FAIL_TIMEOUT)
        peer[best].checked = second;
    return best;
}

static void end(struct peer *p, uint32_t max_fails, uint64_t second, enum lb_result result)
{
    if (result == LB_OK) {
        p->fails = p->failed < p->checked ? 0 : p->fails;
        return;
    }
    p->fails++;
    p->failed = p->checked = second;
    p->effective -= p->weight / max_fails;
    p->effective = p->effective < 0 ? 0 : p->effective;
}

static void max_fails_is_the_plain_scan(void)
{
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct lb *lb = lb_new(lb_find("weighted_round_robin"), 1);
        uint32_t max_fails = 1 + (uint32_t)(seed % 4);
        struct peer peer[PEERS] = { { 0 } };
        const char *why = NULL;
        uint64_t now = 0;

        CU_ASSERT_EQUAL(lb_set(lb, "max_fails", max_fails, &why), 0);
        CU_ASSERT_EQUAL(lb_set(lb, "fail_timeout", FAIL_TIMEOUT * 1e9, &why), 0);
        for (uint32_t k = 0; k < PEERS; k++) {
            peer[k].weight = peer[k].effective = 1 + (int64_t)(lb_mix(seed * 10 + k) % 9);
            lb_add(lb, k, "", (uint32_t)peer[k].weight, 0);
        }
        CU_ASSERT_EQUAL(lb_start(lb, &why), 0);
        for (uint64_t step = 0; step < 3000; step++) {
            uint64_t r = lb_mix(seed << 32 | step), avoid = r % 3 == 0 ? r >> 8 & r >> 20 : 0;
            bool fails = (r >> 40) % 64 < (step / 500 % 2 ? 3 : 40);
            enum lb_result result = fails ? LB_REFUSED : LB_OK;
            now += r % 5 == 0 ? r % SECOND : r % 1000000;
            uint32_t expected = scan(peer, max_fails, now / SECOND, avoid);
            uint32_t i = lb_pick(lb, &(struct lb_request){ .now = now, .avoid = &avoid });
            CU_ASSERT_EQUAL_FATAL(i, expected);
            if (i == LB_NONE)
                continue;
            end(&peer[i], max_fails, now / SECOND, result);
            lb_complete(lb, i, &(struct lb_outcome){ .now = now, .result = result });
        }
        lb_free(lb);
    }
}

/* nginx-tests, upstream.t: of two with max_fails=3 the first fails every third time it is asked. */
static void max_fails_shares_as_nginxs_own_test_says(void)
{
    struct lb *lb = lb_new(lb_find("weighted_round_robin"), 1);
    uint32_t asked = 0, served[2] = { 0 };
    const char *why = NULL;

    CU_ASSERT_EQUAL(lb_set(lb, "max_fails", 3, &why), 0);
    lb_add(lb, 1, "", 1, 0);
    lb_add(lb, 2, "", 1, 0);
    CU_ASSERT_EQUAL(lb_start(lb, &why), 0);
    for (uint32_t request = 0; request < 30; request++) {
        uint64_t avoid = 0;
        uint32_t i = lb_pick(lb, &(struct lb_request){ .avoid = &avoid });
        if (i == 0 && ++asked % 3 == 0) {
            lb_complete(lb, i, &(struct lb_outcome){ .result = LB_TIMEOUT });
            avoid = 1;
            i = lb_pick(lb, &(struct lb_request){ .avoid = &avoid });
        }
        CU_ASSERT_FATAL(i < 2);
        served[i]++;
        lb_complete(lb, i, &(struct lb_outcome){ .result = LB_OK });
    }
    CU_ASSERT_EQUAL(served[0], 6);
    CU_ASSERT_EQUAL(served[1], 24);
    lb_free(lb);
}

static void a_lone_server_is_never_left_out(void)
{
    struct lb *lb = lb_new(lb_find("weighted_round_robin"), 1);
    const char *why = NULL;

    CU_ASSERT_EQUAL(lb_set(lb, "max_fails", 1, &why), 0);
    lb_add(lb, 1, "", 3, 0);
    CU_ASSERT_EQUAL(lb_start(lb, &why), 0);
    for (int k = 0; k < 3; k++) {
        CU_ASSERT_EQUAL_FATAL(lb_pick(lb, &(struct lb_request){ 0 }), 0);
        lb_complete(lb, 0, &(struct lb_outcome){ .result = LB_REFUSED });
    }
    lb_free(lb);
}

static void errors_are_no_failures_unless_told(void)
{
    for (int told = 0; told < 2; told++) {
        struct lb *lb = lb_new(lb_find("weighted_round_robin"), 1);
        const char *why = NULL;
        CU_ASSERT_EQUAL(lb_set(lb, "max_fails", 1, &why), 0);
        CU_ASSERT_EQUAL(lb_set(lb, "errors_fail", told, &why), 0);
        lb_add(lb, 1, "", 1, 0);
        lb_add(lb, 2, "", 1, 0);
        CU_ASSERT_EQUAL(lb_start(lb, &why), 0);
        CU_ASSERT_EQUAL(lb_pick(lb, &(struct lb_request){ 0 }), 0);
        lb_complete(lb, 0, &(struct lb_outcome){ .result = LB_ERROR });
        CU_ASSERT_EQUAL(lb_pick(lb, &(struct lb_request){ 0 }), 1);
        CU_ASSERT_EQUAL(lb_pick(lb, &(struct lb_request){ 0 }), told ? 1 : 0);
        lb_free(lb);
    }
}

/* ---- turns by weight against the plain scan, while everything changes ---- */

enum { MOST = 150, WORDS = 3, HELD = 256, STEPS = 100000 };

struct plain {                           /* what a scan knows of a backend */
    int64_t  credit;
    double   deadline;
    uint64_t came;
};

struct world {
    struct lb   *lb;
    struct plain of[MOST];
    double       now;
    uint64_t     came, turn, random;
    bool         is_stale, is_equal;
    uint32_t     held[HELD], helds;
};

typedef uint32_t plain_rule(struct world *, const struct lb_request *);

static bool is_open_to(const struct world *w, uint32_t i, const struct lb_request *rq)
{
    return lb_usable(w->lb, i, rq);
}

/* nginx's rule. */
static uint32_t smooth_scan(struct world *w, const struct lb_request *rq)
{
    uint32_t best = LB_NONE;
    int64_t sum = 0;

    for (uint32_t i = 0; i < w->lb->count; i++) {
        if (!is_open_to(w, i, rq))
            continue;
        w->of[i].credit += w->lb->backend[i].weight;
        sum += w->lb->backend[i].weight;
        if (best == LB_NONE || w->of[i].credit > w->of[best].credit)
            best = i;
    }
    if (best != LB_NONE)
        w->of[best].credit -= sum;
    return best;
}

static void put_off(struct world *w, uint32_t i)
{
    w->of[i].deadline = w->now + 1 / (double)w->lb->backend[i].weight;
    w->of[i].came = ++w->came;
}

static void begin_anew(struct world *w)
{
    w->is_stale = false;
    w->is_equal = true;
    w->now = 0;
    for (uint32_t k = 0; k < w->lb->live_count; k++)
        w->is_equal = w->is_equal && w->lb->backend[w->lb->live[k]].weight
                                  == w->lb->backend[w->lb->live[0]].weight;
    for (uint32_t k = 0; k < w->lb->live_count && !w->is_equal; k++)
        put_off(w, w->lb->live[k]);
}

static uint32_t next_in_turn(struct world *w, const struct lb_request *rq)
{
    uint32_t n = w->lb->live_count;

    for (uint64_t k = 0; k < n; k++) {
        uint32_t i = w->lb->live[(w->turn + k) % n];
        if (!is_open_to(w, i, rq))
            continue;
        w->turn += k + 1;
        return i;
    }
    return LB_NONE;
}

/* Envoy's rule. */
static uint32_t deadline_scan(struct world *w, const struct lb_request *rq)
{
    uint32_t best = LB_NONE;

    if (w->is_stale)
        begin_anew(w);
    if (w->is_equal)
        return next_in_turn(w, rq);
    for (uint32_t i = 0; i < w->lb->count; i++)
        if (is_open_to(w, i, rq)
            && (best == LB_NONE || w->of[i].deadline < w->of[best].deadline
                || (w->of[i].deadline == w->of[best].deadline && w->of[i].came < w->of[best].came)))
            best = i;
    if (best == LB_NONE)
        return best;
    w->now = w->of[best].deadline > w->now ? w->of[best].deadline : w->now;
    put_off(w, best);
    return best;
}

static uint32_t draw(struct world *w, uint32_t below)
{
    return (uint32_t)(lb_mix(w->random += 0x9e3779b97f4a7c15u) % below);
}

static uint32_t draw_weight(struct world *w)
{
    return draw(w, 20) == 0 ? draw(w, 1000) : 1 + draw(w, 4);
}

/* A change begins Envoy's turns anew; a ramp only where all weights were alike. */
static void disturb(struct world *w)
{
    uint32_t i = draw(w, w->lb->count), what = draw(w, 100), count = w->lb->count;
    struct lb_backend was = w->lb->backend[i];

    if (what < 2 && count < MOST)
        lb_add(w->lb, w->random, "", draw_weight(w), draw(w, 3));
    else if (what < 3)
        lb_remove(w->lb, i);
    else if (what < 15)
        lb_set_state(w->lb, i, draw(w, 3) == 0 ? LB_DOWN : LB_UP);
    else if (what < 22)
        lb_set_weight(w->lb, i, draw_weight(w));
    else if (what < 60)
        lb_set_limit(w->lb, i, draw(w, 4));
    else if (was.weight > 0)
        lb_ramp(w->lb, i, 1 + draw(w, 6));

    const struct lb_backend *is = &w->lb->backend[i];
    w->is_stale = w->is_stale || count != w->lb->count || is->state != was.state
        || (is->weight != was.weight && (what < 22 || w->is_equal));
}

static void end_one(struct world *w)
{
    uint32_t k = draw(w, w->helds);

    lb_complete(w->lb, w->held[k], &(struct lb_outcome){ .load = -1 });
    w->held[k] = w->held[--w->helds];
}

static bool picks_the_same(struct world *w, plain_rule *rule)
{
    uint64_t avoid[WORDS] = { 0 };
    struct lb_request rq = { .avoid = draw(w, 3) == 0 ? avoid : NULL };

    for (uint32_t k = draw(w, 4) == 0 ? draw(w, 100) : draw(w, 4); k > 0; k--)
        avoid[draw(w, WORDS)] |= (uint64_t)1 << draw(w, 64);
    uint32_t expected = rule(w, &rq), i = lb_pick(w->lb, &rq);
    if (i < LB_FULL)
        w->held[w->helds++] = i;
    return i == expected || (i == LB_FULL && expected == LB_NONE);
}

/* Quiet for long, then much at once, so that whoever was out of turn finds back into it. */
static void agree(const char *name, plain_rule *rule, uint64_t seed)
{
    struct world *w = calloc(1, sizeof *w);
    const char *why = NULL;

    *w = (struct world){ .lb = lb_new(lb_find(name), 1), .is_stale = true, .random = seed };
    lb_set(w->lb, "start", 0, &why);
    for (uint32_t k = 0; k < 3 + 20 * seed; k++)
        lb_add(w->lb, k, "", draw_weight(w), 0);
    CU_ASSERT_EQUAL_FATAL(lb_start(w->lb, &why), 0);
    for (uint32_t step = 0; step < STEPS; step++) {
        uint32_t calm = step / 5000 % 2 ? 2000 : 5;
        if (draw(w, calm) == 0)
            disturb(w);
        if (w->helds == HELD || (w->helds > 0 && draw(w, 20) > 9))
            end_one(w);
        if (w->helds < HELD)
            CU_ASSERT_FATAL(picks_the_same(w, rule));
    }
    while (w->helds > 0)
        end_one(w);
    lb_free(w->lb);
    free(w);
}

static void turns_by_weight_are_the_plain_scans(void)
{
    for (uint64_t seed = 0; seed < 4; seed++) {
        agree("weighted_round_robin", smooth_scan, seed);
        agree("edf", deadline_scan, seed);
    }
}

#define ROW(fact) { #fact, fact }
static const struct unit_test tests[] = {
    ROW(fwrr_is_haproxys_roundrobin),
    ROW(static_rr_is_haproxys),
    ROW(edf_is_envoys_round_robin),
    ROW(interleaved_wrr_is_ipvs_wrr),
    ROW(positional_wrr_is_caddys),
    ROW(round_robin_starts_where_the_product_does),
    ROW(random_start_is_anywhere_and_again_after_changes),
    ROW(static_stride_is_grpcs),
    ROW(static_stride_counts_rates_that_nobody_tells),
    ROW(weights_beyond_haproxys_are_refused),
    ROW(fwrr_ends_at_haproxys_4095_servers),
    ROW(static_rr_is_the_plain_scan),
    ROW(max_fails_is_the_plain_scan),
    ROW(max_fails_shares_as_nginxs_own_test_says),
    ROW(a_lone_server_is_never_left_out),
    ROW(errors_are_no_failures_unless_told),
    ROW(turns_by_weight_are_the_plain_scans),
};

UNIT_MAIN("rotation", tests)
