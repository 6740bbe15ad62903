#!/usr/bin/env bash
# lblab conform: what real HAProxy, nginx and Caddy did, pick for pick and key for key; a recording
# that is changed is noticed; every bad one gives exactly its error text.
. "$(dirname "$0")/lib.bash"
shopt -s nullglob
cd "$root/tests/recordings" || exit 1

run conform */*.json --json
is "conform prints nothing on stderr" "" "$(cat "$tmp/err")"
json "a row a recording, none differs" "$tmp/out" \
    '(d["schema"] == "lblab-conform/1" and len(d["result"]["rows"]) >= 134 and
     [r["id"] for r in d["result"]["rows"] if r["verdict"] == "differs"] == [])'
json "what is not modelled says why, what agrees what was compared" "$tmp/out" 'all(
    (r["reason"] if r["verdict"] == "not modelled" else r["quantities"]) for r in d["result"]["rows"])'
json "all picks of HAProxy and Caddy are modelled" "$tmp/out" 'all(r["verdict"] == "agrees"
    for r in d["result"]["rows"] if r["id"].startswith(("haproxy_r", "haproxy_l", "haproxy_f", "caddy_r", "caddy_l")))'
json "nginx, HAProxy and Caddy have the recorded tail" "$tmp/out" 'sum(r["id"].startswith("slow140_")
    and r["verdict"] == "agrees" for r in d["result"]["rows"]) >= 10'
json "a server that failed sits out as in nginx" "$tmp/out" 'sum(r["id"].startswith("nginx_failing_")
    and r["verdict"] == "agrees" for r in d["result"]["rows"]) >= 4'
run conform failover/*.json --json
json "a server that dies is found, and missed, as in HAProxy, nginx and Caddy" "$tmp/out" \
    '[r["verdict"] for r in d["result"]["rows"]] == ["agrees"] * 29'
run conform picks/caddy_*.json --json
cp "$tmp/out" "$tmp/first"
run conform picks/caddy_*.json --json
json "the same recordings, the same answer" "$tmp/out" 'd["result"] == json.load(open("'"$tmp/first"'"))["result"]'
run conform picks/haproxy_*.json
is "exit 0 when every row agrees" 0 $code
is "and nothing is listed but the count" 3 "$(wc -l <"$tmp/out")"

# change FILE FROM TO: a copy in $tmp with one place changed
mkdir "$tmp/picks" "$tmp/maps"; cp keys.json "$tmp/"
change() { sed "0,/$2/s//$3/" "$1" >"$tmp/$1"; cmp -s "$1" "$tmp/$1" && bad "$1 was changed"; run conform "$tmp/$1"; }
change picks/nginx_rr_w5-1-1.json '\[1,1,2' '[1,2,1'
is "a pick that is not ours: exit 1" 1 $code
has "and the first is told" "pick 2: ours s1, recorded s2" "$tmp/out"
change picks/haproxy_leastconn_maxconn2.json '\["h7",2\]' '["h7",1]'
is "leaving the queue for another differs" 1 $code
change picks/nginx_rr_w5-1-1_workers2_nozone.json '1,1,1,2,1,3,1' '1,1,1,2,2,3,1'
is "what no two workers can do differs" 1 $code
change maps/nginx_ip_hash_n5_eq.json '"base":\[5,' '"base":[4,'
is "a key elsewhere differs" 1 $code
has "and is named" "base, key 1 (" "$tmp/out"
sed 's/,[0-9]\(,[0-9],[0-9]\)/,1\1/g' picks/caddy_random_n3.json >"$tmp/picks/lean.json"
run conform "$tmp/picks/lean.json"
is "a random policy with other shares differs" 1 $code
has "by its p" "this far from ours by chance" "$tmp/out"
change picks/caddy_least_conn_held.json '"pick":2}' '"pick":4}'
has "a random pick that ours never makes differs" "which ours never takes there" "$tmp/out"
mkdir "$tmp/latency" "$tmp/traces"; cp traces/* "$tmp/traces/"
change latency/slow140_nginx_rr_rep1.json '"p90":68' '"p90":72'
is "another percentile differs" 1 $code
has "and says by how much" "p90: ours" "$tmp/out"
change picks/nginx_failing_w1-1-1-1_mf1.json '"tries":\[2,3\]' '"tries":[2,4]'
is "another second try differs" 1 $code
run conform sticky/*.json --json
json "who sticks to a server is at that one, visit by visit, cookie by cookie" "$tmp/out" \
    '[(r["verdict"], len(r["quantities"])) for r in d["result"]["rows"]] == [("agrees", 2)] * 5'
mkdir -p "$tmp/sticky"
run conform http2/*.json --json
json "HTTP/2 through L4 and L7, and connections that stay: the same shares" "$tmp/out" \
    '[(r["verdict"], len(r["quantities"])) for r in d["result"]["rows"]] == [("agrees", 9)] * 3 + [("agrees", 3)]'
mkdir "$tmp/http2"
change http2/haproxy_h2_3conn_x_1000.json '"share_pct":\[33.3,33.3,33.3,0.0\]' '"share_pct":[50.0,33.3,16.7,0.0]'
is "another share of connections differs" 1 $code
change http2/haproxy_h2_1conn.json '"share_pct":\[0.0,100.0,0.0,0.0\]' '"share_pct":[100.0,0.0,0.0,0.0]'
has "and where a map sends them" "ours sends all to s2" "$tmp/out"
change http2/haproxy_h2_40conn.json '"http_h2_to_h1_roundrobin":\["bind 127.0.0.1:26035 proto h2","mode http"' '"http_h2_to_h1_roundrobin":["mode tcp"'
is "an L4 deals out forty connections as evenly as an L7 requests" 0 $code
change http2/haproxy_h2_1conn.json '"http_h2_to_h1_roundrobin":\["bind 127.0.0.1:26035 proto h2","mode http"' '"http_h2_to_h1_roundrobin":["mode tcp"'
is "but not one" 1 $code
change http2/haproxy_longlived_tcp.json '"s3":41.7,"s4":8.3' '"s3":25.0,"s4":25.0'
is "a new server with more than what was opened anew differs" 1 $code
change http2/haproxy_longlived_tcp.json '"t_s2_dead":6.0' '"t_s2_dead":2.0'
is "phases that overlap are no recording" 2 $code
change sticky/haproxy_cookie_insert.json '1,"SRV=s2",200,"s1","SRV=s1"' '1,"SRV=s2",200,"s3","SRV=s3"'
is "another server after redispatch differs" 1 $code
change sticky/haproxy_cookie_insert.json '1,"SRV=s2",200,"s2",null' '1,"SRV=s2",200,"s2","SRV=s2"'
is "a cookie that is set anew differs" 1 $code
change sticky/caddy_cookie.json '3c79",200,"s2",null' '3c79",200,"s3",null'
is "who has a cookie is nowhere else, though the first choice is random" 1 $code
change sticky/haproxy_cookie_insert_noredispatch_nocheck.json '"no option redispatch"' '"option redispatch"'
is "redispatch would have saved whom it did not" 1 $code
mkdir "$tmp/failover"
change failover/haproxy_check_i500f2r2_noredisp.json 'fall 2 rise 2"\]' 'fall 9 rise 2"]'
is "a server that is taken out later differs" 1 $code
change failover/caddy_passive_500.json 'fail_duration 2s' 'fail_duration 500ms'
is "one that is tried more often differs" 1 $code
change failover/haproxy_nocheck.json '"rate_per_s":100' '"rate_per_s":90'
has "a tenth of the requests less is told" "client_errors: ours 30, recorded 33" "$tmp/out"
change latency/slow140_caddy_round_robin_rep1.json '"p50":9.271' '"p50":10.271'
is "Caddy's own way explains no millisecond more" 1 $code
change picks/haproxy_roundrobin_w5-1-1.json 'weight 5' 'weight 5 slowstart 30s'
has "what is not modelled of a server is named" 'not taken over: of a server "slowstart"' "$tmp/out"
change picks/nginx_rr_w5-1-1.json 'server 127' 'queue 10", "server 127'
has "and what is not of the pool" 'not taken over: the directive "queue"' "$tmp/out"
change picks/nginx_failing_w1-1-1-1_mf1.json 'server 127' 'proxy_next_upstream off", "server 127'
has "a directive for failures, where servers fail" 'the directive "proxy_next_upstream"' "$tmp/out"
change picks/nginx_rr_w5-1-1.json 'server 127' 'proxy_next_upstream off", "server 127'
is "but not where none does" 0 $code
change picks/haproxy_leastconn_w1-2-3.json '"mode http"' '"mode http","balance first"'
is "the directives come after the defaults" 0 $code
sed 's/"lb_policy random"/"lb_policy first"/' picks/caddy_random_n3.json >"$tmp/picks/other.json"
run conform "$tmp/picks/other.json"; is "the directives say the policy" 1 $code
sed 's/"version":"2.6.2"/"version":"1.0"/; s/"version": "2.6.2"/"version": "1.0"/' picks/caddy_random_n3.json >"$tmp/picks/old.json"
run conform "$tmp/picks/old.json"; has "a version without profile is not modelled" "there is no profile caddy-1.0" "$tmp/out"
is "and that is no yes" 1 $code

cd "$root/tests/bad-cases" || exit 1
for file in r*.json; do
    run conform "$file"
    is "$file is refused" 2 $code
    is "$file prints nothing on stdout" "" "$(cat "$tmp/out")"
    if cmp -s "${file%.json}.err" "$tmp/err"; then ok; else
        bad "$file gives its error text" "$(diff "${file%.json}.err" "$tmp/err" | head -8)"
    fi
done
finish conform
