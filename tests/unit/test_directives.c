/* test_directives.c - directives of real products: which policy, which servers, and that nothing is
 * passed over in silence: what is not taken over is named. */
#include "unit.h"

#include "../../sim/conform/product.h"

#include <stdlib.h>
#include <string.h>

static struct product_pool pool;

/* Lines end with '\n'. */
static void read_text(const char *program, const char *text)
{
    const struct product *product = product_find(program);
    char *copy = strdup(text), *save = NULL;

    CU_ASSERT_PTR_NOT_NULL_FATAL(product);
    product_begin(&pool);
    for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        product_read(product, &pool, line);
    product_end(product, &pool);
    free(copy);
}

#define S1 "server s1 10.0.0.1:80 "
#define N1 "server 10.0.0.1:80 "

/* unread: what cannot be taken over; "": all was. */
static const struct { const char *program, *text, *policy, *unread; } rows[] = {
    { "haproxy", "balance leastconn\n" S1, "leastconn", "" },
    { "haproxy", "balance random(3)\n" S1, "random(3)", "" },
    { "haproxy", S1, "", "" },
    { "haproxy", "balance roundrobin\nbalance leastconn\n" S1, "leastconn", "" },
    { "haproxy", "balance uri len 5 whole\nhash-type consistent djb2 avalanche\n" S1,
      "uri len 5 whole consistent djb2 avalanche", "" },
    { "haproxy", "hash-type consistent\nhash-balance-factor 150\nbalance hdr(X-Key)\n" S1,
      "hdr(X-Key) consistent hash-balance-factor(150)", "" },
    { "haproxy", "hash-type consistent\nhash-type map-based\nbalance source\n" S1,
      "source map-based", "" },
    { "haproxy", "balance source\nhash-balance-factor 150\n" S1, "source", "" },
    { "haproxy", "balance roundrobin\nhash-type consistent\n" S1, "roundrobin", "" },
    { "haproxy", "balance random\nhash-balance-factor 150\n" S1, "random",
      "with random: \"hash-balance-factor\"" },
    { "haproxy", "balance leastconn # as ever\n" S1 "weight 5 maxconn 2 check inter 2s\n",
      "leastconn", "" },
    { "haproxy", S1 "slowstart 30s\n", "", "of a server \"slowstart\"" },
    { "haproxy", S1 "weight\n", "", "of a server \"weight\"" },
    { "haproxy", S1 "weight many\n", "", "a number expected: \"many\"" },
    { "haproxy", S1 "weight 257\n", "", "a weight over 256: \"257\"" },
    { "haproxy", S1 "minconn 3\n", "", "of a server \"minconn\"" },
    { "haproxy", S1 "redir http://x\n", "", "of a server \"redir\"" },
    { "haproxy", S1 "backup\n" "server s2 10.0.0.2:80 backup\n", "",
      "several servers, of which the first alone is used, with \"backup\"" },
    { "haproxy", "option allbackups\n" S1 "backup\n" "server s2 10.0.0.2:80 backup\n", "", "" },
    { "haproxy", "option prefer-last-server\n" S1, "", "the option \"prefer-last-server\"" },
    { "haproxy", "no option prefer-last-server\noption redispatch\n" S1, "", "" },
    { "haproxy", "no balance\n" S1, "", "the directive \"no\"" },
    { "haproxy", "cookie SRV insert indirect nocache\n" S1, "", "" },
    { "haproxy", "cookie SRV rewrite\n" S1, "", "of a cookie \"rewrite\"" },
    { "haproxy", "stick-table type ip size 1k\nstick on src\n" S1, "", "" },
    { "haproxy", "stick on path\n" S1, "", "persistence: \"stick\"" },
    { "haproxy", "server-template s 1-3 10.0.0.1:80\n", "", "the directive \"server-template\"" },
    { "haproxy", "hash-preserve-affinity maxconn\n" S1, "",
      "the directive \"hash-preserve-affinity\"" },
    { "nginx", "least_conn;\n" N1 "weight=5;\n", "least_conn", "" },
    { "nginx", "hash $arg_k consistent\n" N1, "hash $arg_k consistent", "" },
    { "nginx", "random two least_time=header\n" N1, "random two least_time=header", "" },
    { "nginx", "least_time header\n" N1, "least_time header", "" },
    { "nginx", "least_conn\nip_hash\n" N1, "ip_hash", "a second policy: \"ip_hash\"" },
    { "nginx", N1 "max_fails=3 fail_timeout=30s max_conns=2 backup\n", "", "" },
    { "nginx", N1 "slow_start=30s\n", "", "of a server \"slow_start=30s\"" },
    { "nginx", N1 "resolve\n", "", "of a server \"resolve\"" },
    { "nginx", N1 "fail_timeout=soon\n", "", "of a server \"fail_timeout=soon\"" },
    { "nginx", N1 "weight=0\n", "", "a server of weight 0: \"10.0.0.1:80\"" },
    { "nginx", "queue 10\n" N1, "", "the directive \"queue\"" },
    { "nginx", "worker_processes auto\n" N1, "", "a number expected: \"auto\"" },
    { "nginx", "keepalive 32\nkeepalive_requests 100\nzone z 64k\n" N1, "", "" },
    { "caddy", "reverse_proxy 10.0.0.1:80 10.0.0.2:80 {\nlb_policy header X-Key\n}\n",
      "header X-Key", "" },
    { "caddy", "reverse_proxy /api/* 10.0.0.1:80\n", "", "" },
    { "caddy", "reverse_proxy 10.0.0.1:80-83\n", "", "the upstream \"10.0.0.1:80-83\"" },
    { "caddy", "reverse_proxy {env.UP}\n", "", "the upstream \"{env.UP}\"" },
    { "caddy", "lb_policy weighted_round_robin 3 2 1\nto 10.0.0.1:80\n",
      "weighted_round_robin 3 2 1", "" },
    { "caddy", "lb_policy first\nlb_policy random\nto 10.0.0.1:80\n", "random",
      "a second policy: \"random\"" },
    { "caddy", "unhealthy_request_count 5\nto 10.0.0.1:80\n", "",
      "the directive \"unhealthy_request_count\"" },
    { "caddy", "dynamic srv x\n", "", "the directive \"dynamic\"" },
};

static void directives_come_to_a_policy_or_are_named(void)
{
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        read_text(rows[k].program, rows[k].text);
        CU_ASSERT_STRING_EQUAL(pool.policy, rows[k].policy);
        CU_ASSERT_STRING_EQUAL(pool.unread, rows[k].unread);
    }
}

static void a_server_has_what_its_line_says(void)
{
    read_text("haproxy", "default-server weight 7 maxconn 3\n"
                         S1 "id 9 weight 5\nserver s2 10.0.0.2:80 disabled backup\n");
    CU_ASSERT_EQUAL_FATAL(pool.servers, 2);
    CU_ASSERT_STRING_EQUAL(pool.server[0].name, "s1");
    CU_ASSERT_STRING_EQUAL(pool.server[0].address, "10.0.0.1:80");
    CU_ASSERT_EQUAL(pool.server[0].id, 9);
    CU_ASSERT_EQUAL(pool.server[0].weight, 5);
    CU_ASSERT_EQUAL(pool.server[0].limit, 3);
    CU_ASSERT_EQUAL(pool.server[1].weight, 7);
    CU_ASSERT_TRUE(pool.server[1].is_down && pool.server[1].is_backup);
    read_text("nginx", "server a max_fails=3 fail_timeout=30s max_conns=2 weight=4;\nserver b;\n");
    CU_ASSERT_EQUAL_FATAL(pool.servers, 2);
    CU_ASSERT_EQUAL(pool.server[0].max_fails, 3);
    CU_ASSERT_EQUAL(pool.server[0].fail_timeout, 30 * SECOND);
    CU_ASSERT_EQUAL(pool.server[0].limit, 2);
    CU_ASSERT_EQUAL(pool.server[0].weight, 4);
    CU_ASSERT_EQUAL(pool.server[1].max_fails, 1);
    CU_ASSERT_EQUAL(pool.server[1].fail_timeout, 10 * SECOND);
    CU_ASSERT_STRING_EQUAL(pool.server[1].address, "b");
    read_text("caddy", "reverse_proxy @api 10.0.0.1:80 10.0.0.2:80 {\n");
    CU_ASSERT_EQUAL_FATAL(pool.servers, 2);
    CU_ASSERT_STRING_EQUAL(pool.server[0].address, "10.0.0.1:80");
}

/* While every server answers they change nothing; a recording of failures is told. */
static void what_matters_when_servers_fail_is_kept_apart(void)
{
    static const struct { const char *program, *text, *unread; } failing[] = {
        { "nginx", "proxy_next_upstream error timeout\n" N1, "" },
        { "nginx", "proxy_next_upstream off\n" N1, "the directive \"proxy_next_upstream\"" },
        { "nginx", "proxy_next_upstream error timeout http_500\n" N1,
          "the directive \"proxy_next_upstream\"" },
        { "nginx", "proxy_next_upstream_tries 2\n" N1,
          "the directive \"proxy_next_upstream_tries\"" },
        { "haproxy", "retries 1\n" S1, "the directive \"retries\"" },
        { "caddy", "lb_retries 2\nto 10.0.0.1:80\n", "the directive \"lb_retries\"" },
        { "caddy", "unhealthy_status 5xx\nto 10.0.0.1:80\n", "the directive \"unhealthy_status\"" },
    };

    for (size_t k = 0; k < sizeof failing / sizeof failing[0]; k++) {
        read_text(failing[k].program, failing[k].text);
        CU_ASSERT_STRING_EQUAL(pool.unread, "");
        CU_ASSERT_STRING_EQUAL(pool.unread_failing, failing[k].unread);
    }
}

static void what_is_too_long_is_told(void)
{
    static char text[4000] = "balance ";

    memset(text + 8, 'x', 300);
    strcpy(text + 308, "\n" S1);
    read_text("haproxy", text);
    CU_ASSERT_STRING_EQUAL(pool.unread, "a directive too long: \"balance\"");
    strcpy(text, "server s1 10.0.0.1:80");
    for (int k = 0; k < 70; k++)
        strcat(text, " check");
    read_text("haproxy", text);
    CU_ASSERT_STRING_EQUAL(pool.unread, "more than 64 words: \"server\"");
    strcpy(text, "server ");
    memset(text + 7, 'a', 200);
    strcpy(text + 207, "\n");
    read_text("nginx", text);
    CU_ASSERT_EQUAL(strncmp(pool.unread, "a word too long:", 16), 0);
}

static const struct unit_test tests[] = {
    { "directives_come_to_a_policy_or_are_named", directives_come_to_a_policy_or_are_named },
    { "a_server_has_what_its_line_says", a_server_has_what_its_line_says },
    { "what_matters_when_servers_fail_is_kept_apart",
      what_matters_when_servers_fail_is_kept_apart },
    { "what_is_too_long_is_told", what_is_too_long_is_told },
};

UNIT_MAIN("directives", tests)
