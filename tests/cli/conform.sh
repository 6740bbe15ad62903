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
json "nginx and HAProxy have the recorded tail" "$tmp/out" 'sum(r["id"].startswith("slow140_")
    and r["verdict"] == "agrees" for r in d["result"]["rows"]) >= 8'
json "a server that failed sits out as in nginx" "$tmp/out" 'sum(r["id"].startswith("nginx_failing_")
    and r["verdict"] == "agrees" for r in d["result"]["rows"]) >= 3'
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
