#!/usr/bin/env bash
# lblab pick: one algorithm over a list of steps; every bad case gives exactly its error text.
. "$(dirname "$0")/lib.bash"
shopt -s nullglob

# picks CASE: the answer's picks in a line
picks() {
    printf '%s' "$1" >"$tmp/case.json"
    run pick "$tmp/case.json"
    sed -n 's/^ *[0-9][0-9]*  \([^ ]*\).*/\1/p' "$tmp/out" | tr '\n' ' ' | sed 's/ $//'
}
three='"backends": [ {"name":"a","weight":5}, {"name":"b"}, {"name":"c"} ]'
seven='"steps": [ {"pick":null},{"pick":null},{"pick":null},{"pick":null},{"pick":null},{"pick":null},{"pick":null} ]'

is "nginx deals 5,1,1 smoothly" "a a b a c a a" "$(picks "{ \"algorithm\": {\"profile\":\"nginx-1.22\",\"policy\":\"round_robin\"}, $three, $seven }")"
is "HAProxy deals 5,1,1 by deadlines" "a a a b a a c" "$(picks "{ \"algorithm\": {\"profile\":\"haproxy-2.6\",\"policy\":\"roundrobin\"}, $three, $seven }")"
is "IPVS wrr deals 5,1,1 in bursts" "a a a a a b c" "$(picks "{ \"algorithm\": {\"profile\":\"ipvs\",\"policy\":\"wrr\"}, $three, $seven }")"
is "Caddy begins with the second" "b c a b c a b" "$(picks "{ \"algorithm\": {\"profile\":\"caddy-2.6\",\"policy\":\"round_robin\"}, $three, $seven }")"

is "each instance has its own turn" "a a b b" "$(picks '{ "algorithm": "rr", "instances": 2, "backends": [{"name":"a"},{"name":"b"}],
  "steps": [{"pick":null},{"pick":null,"instance":1},{"pick":null},{"pick":null,"instance":1}] }')"
is "down, up, avoid, add, remove" "b a b c b c" "$(picks '{ "algorithm": "rr", "backends": [{"name":"a","down":true},{"name":"b"}],
  "steps": [{"pick":null},{"up":"a"},{"pick":null},{"pick":null,"avoid":["a"]},{"add":{"name":"c"}},{"pick":null},
            {"remove":"a"},{"pick":null},{"pick":null}] }')"
is "a backup only when nobody else is usable" "a b none a" "$(picks '{ "algorithm": "rr", "backends": [{"name":"a"},{"name":"b","backup":true}],
  "steps": [{"pick":null},{"down":"a"},{"pick":null},{"down":"b"},{"pick":null},{"up":"a"},{"pick":null}] }')"
is "weight 0 means nothing new" "b b" "$(picks '{ "algorithm": "rr", "backends": [{"name":"a"},{"name":"b"}],
  "steps": [{"weight":["a",0]},{"pick":null},{"pick":null}] }')"
is "least_conn sees releases" "a b b" "$(picks '{ "algorithm": {"profile":"nginx-1.22","policy":"least_conn"}, "backends": [{"name":"a"},{"name":"b"}],
  "steps": [{"pick":null},{"pick":null},{"release":2},{"pick":null}] }')"

# Wrappers are keys of the algorithm; backends have a priority and a zone, instances share.
is "panic uses those that are down" "a a b a" "$(picks '{ "algorithm": {"name":"rr","panic":{}}, "backends": [{"name":"a"},{"name":"b"},{"name":"c","down":true}],
  "steps": [{"down":"a"},{"pick":null},{"pick":null,"avoid":["b","c"]},{"up":"a"},{"pick":null,"avoid":["a"]},{"pick":null}] }')"
is "a priority is asked when the one before has nobody" "a b c" "$(picks '{ "algorithm": {"name":"rr","priority":{"threshold":0}},
  "backends": [{"name":"a"},{"name":"b","priority":1},{"name":"c","priority":2}],
  "steps": [{"pick":null},{"down":"a"},{"pick":null},{"down":"b"},{"pick":null}] }')"
is "a key sticks and comes back" "a b a b a" "$(picks '{ "algorithm": {"name":"rr","sticky":{"down":"return"}}, "backends": [{"name":"a"},{"name":"b"}],
  "steps": [{"pick":"x"},{"pick":"y"},{"pick":"x"},{"down":"a"},{"pick":"x"},{"up":"a"},{"pick":"x"}] }')"
is "slow start counts the time of waits" "a a a a b" "$(picks '{ "algorithm": {"name":"edf","start":0,"slow_start":{"window":"60s"}}, "backends": [{"name":"a"}],
  "steps": [{"add":{"name":"b"}},{"wait":"12s"},{"pick":null},{"pick":null},{"pick":null},{"pick":null},{"pick":null}] }')"
is "each instance has its subset" "a c" "$(picks '{ "algorithm": {"name":"rr","subset":{"law":"ring","size":1}}, "instances": 4,
  "backends": [{"name":"a"},{"name":"b"},{"name":"c"},{"name":"d"}], "steps": [{"pick":null},{"pick":null,"instance":2}] }')"
is "the own zone first" "b b b b" "$(picks '{ "algorithm": {"name":"rr","locality":{"mode":"aware","min_cluster_size":2}}, "instances": 2, "zone": ["east","west"],
  "backends": [{"name":"a","zone":"west"},{"name":"b","zone":"east"}], "steps": [{"pick":null},{"pick":null},{"pick":null},{"pick":null}] }')"
two='"algorithm": "least_conn", "instances": 2, "backends": [{"name":"a"},{"name":"b"}], "steps": [{"pick":null},{"pick":null,"instance":1}]'
is "instances that share nothing begin alike" "a a" "$(picks "{ $two }")"
is "shared counters are seen" "a b" "$(picks "{ \"share\": \"counters\", $two }")"
rr='"algorithm": "rr", "instances": 2, "backends": [{"name":"a"},{"name":"b"}], "steps": [{"pick":null},{"pick":null,"instance":1}]'
is "counters are not turns" "a a" "$(picks "{ \"share\": \"counters\", $rr }")"
is "one balancer for all takes turns" "a b" "$(picks "{ \"share\": \"all\", $rr }")"

picks '{ "algorithm": {"profile":"haproxy-2.6","policy":"leastconn"}, "backends": [{"name":"a","limit":1},{"name":"b","limit":1}],
  "steps": [{"pick":null},{"pick":null},{"pick":null},{"pick":null},{"release":2},{"limit":["a",2]},{"release":1}] }' >/dev/null
run pick "$tmp/case.json" --json
json "all at their limit: queued, first come first served" "$tmp/out" \
    '(d["schema"] == "lblab-pick/1" and d["result"]["picks"] == ["a", "b", "queued", "queued"] and
     d["result"]["dequeued"] == [{"step": 5, "pick": 3, "backend": "b"}, {"step": 6, "pick": 4, "backend": "a"}])'
is "a pick exits 0" 0 $code
picks '{ "algorithm": "rr", "backends": [{"name":"a","limit":1}],
  "steps": [{"pick":null},{"pick":null},{"pick":null},{"release":2},{"release":1}] }' >/dev/null
run pick "$tmp/case.json" --json
json "who leaves the queue is skipped" "$tmp/out" '[x["pick"] for x in d["result"]["dequeued"]] == [3]'
picks '{ "algorithm": "rr", "backends": [{"name":"a"}], "steps": [{"down":"a"},{"pick":null},{"pick":"k"}] }' >/dev/null
run pick - --json <"$tmp/case.json"
"$lblab" pick - --json <"$tmp/case.json" >"$tmp/out"
json "nobody usable is null, and - is stdin" "$tmp/out" 'd["result"]["picks"] == [None, None]'

# Keys: who was not on the removed one stays; a reload counts ids anew.
keys=$(for i in $(seq 200); do printf '{"pick":"key%d"},' "$i"; done)
picks "{ \"algorithm\": \"maglev\", \"backends\": [{\"name\":\"a\"},{\"name\":\"b\"},{\"name\":\"c\"}], \"steps\": [ $keys {\"remove\":\"b\"}, ${keys%,} ] }" >/dev/null
run pick "$tmp/case.json" --json
json "a removed backend's keys move, few others" "$tmp/out" '(lambda p: "b" in p[:200] and "b" not in p[200:] and sum(
    x != y and x != "b" for x, y in zip(p, p[200:])) < 12)(d["result"]["picks"])'
picks "{ \"algorithm\": \"maglev\", \"backends\": [{\"name\":\"a\"},{\"name\":\"b\"},{\"name\":\"c\"}], \"steps\": [ $keys {\"reload\":[{\"name\":\"a\"},{\"name\":\"c\"}]}, $keys {\"reload\":[{\"name\":\"a\",\"id\":1},{\"name\":\"c\",\"id\":3}]}, ${keys%,} ] }" >/dev/null
run pick "$tmp/case.json" --json
json "ids by position move more keys than ids that are kept" "$tmp/out" '(lambda p: sum(
    x == "c" and y != "c" for x, y in zip(p, p[200:])) > sum(
    x == "c" and y != "c" for x, y in zip(p, p[400:])))(d["result"]["picks"])'
one=$(picks '{ "algorithm": {"profile":"nginx-1.22","policy":"ip_hash"}, "backends": [{"name":"a"},{"name":"b"},{"name":"c"}],
  "steps": [{"pick":{"address":"10.0.0.1"}},{"pick":{"address":"10.0.0.200"}},{"pick":{"address":"10.0.1.1"}},{"pick":{"address":"192.168.0.7"}}] }')
is "ip_hash goes by the first three octets (10.0.0 -> 0, 10.0.1 -> 1, 192.168.0 -> 0)" "a a b a" "$one"
a=$(picks "{ \"algorithm\": \"random\", \"seed\": 7, $three, $seven }"); b=$(picks "{ \"algorithm\": \"random\", \"seed\": 7, $three, $seven }")
is "the same seed picks the same" "$a" "$b"

cd "$root/tests/bad-cases" || exit 1
for file in c*.json; do
    run pick "$file"
    is "$file is refused" 2 $code
    is "$file prints nothing on stdout" "" "$(cat "$tmp/out")"
    if cmp -s "${file%.json}.err" "$tmp/err"; then ok; else
        bad "$file gives its error text" "$(diff "${file%.json}.err" "$tmp/err" | head -8)"
    fi
done
finish pick
