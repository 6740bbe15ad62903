#!/usr/bin/env bash
# `check`: green, red for a planted fault, the five exit codes, and what each of them says.
. "$(dirname "$0")/lib.bash"
cc=${CC:-cc}
cd "$tmp"
store="--results $tmp/store -q"

cat >shop.json <<'END'
{
  "version": 1,
  "name": "shop",
  "run": { "duration": "6s", "warmup": "1s", "seed": 7, "replications": 5 },
  "clients": [
    { "name": "web", "count": 20, "to": "edge", "rtt": "2ms", "timeout": "1s",
      "arrival": { "process": "poisson", "rate": "600/s" } }
  ],
  "balancers": [ { "name": "edge", "to": "app" } ],
  "backends": [
    { "name": "app", "count": 6, "workers": 2, "speed": [1, 1, 1, 1, 1, 0.6],
      "service": { "dist": "lognormal", "p50": "6ms", "p99": "30ms" } }
  ],
  "compare": { "algorithms": ["round_robin", "p2c"] },
  "assert": [
    { "that": "latency.p99 < 100ms", "for": "p2c", "during": "2s..4s", "why": "the checkout SLO" },
    "latency.mean@p2c < 0.98 * latency.mean@rr"
  ]
}
END

# The same label, another algorithm: what a mistake in p2c would look like.
cat >fault.c <<'END'
#include "lb.h"
static uint32_t pick(struct lb *lb, const struct lb_request *rq)
{
    uint32_t i = lb_random_usable(lb, rq);
    return i != LB_NONE ? i : lb_none_or_full(lb, rq);
}
const struct lb_ops lb_plugin = { .abi = LB_ABI, .name = "one_choice", .pick = pick };
END
"$cc" -shared -fPIC -I"$root/algorithms" -o fault.so fault.c || bad "the plug-in compiles"
chmod go-w fault.so
fault="--plugin ./fault.so -a round_robin,one_choice:label=p2c"

# ---- assertions ----
run check shop.json $store
is "what holds is exit 0" 0 $code
has "it is counted" "ok    2 assertions" out
run check shop.json $store -v
has "-v shows a row with file and line" "shop.json:16  latency.p99@p2c < 100ms: actual" out
has "the window is told as measured" "from 2 s to 4 s" out
run check shop.json $store $fault
is "a planted fault is exit 1" 1 $code
has "the line that failed" "FAIL  shop.json:17  latency.mean@p2c < 0.98" out
run check shop.json $store -A "latency.p99@p2c < 1ms"
is "an impossible -A is exit 1" 1 $code
has "it has no line" "FAIL  shop.json  latency.p99@p2c < 1ms" out
run check shop.json $store -n 1 -A "latency.p50@p2c > 1ms"
is "one seed: the value decides" 0 $code
mean=$("$lblab" run shop.json --results "$tmp/store" --no-plots --json -q |
    sed -n 's/.*"policy": "p2c".*"latency_ns": {"mean": {"value": \([0-9]*\).*/\1/p' | head -n 1)
run check shop.json $store -A "latency.mean@p2c < $((mean + 20000))ns"
is "inconclusive is exit 0" 0 $code
has "how many seeds" "rerun with -n" out
run check shop.json $store -A "latency.mean@p2c < $((mean + 20000))ns" --strict
is "with --strict exit 4" 4 $code
run check shop.json $store -A "latncy.p99 < 1ms" -A "latency.p99@lc < 1ms"
is "a fault in -A is exit 2" 2 $code
has "with a caret" "      | latncy.p99 < 1ms" err
has "and the second one" 'no policy "lc"' err
run check shop.json $store -a p2c
is "-a takes an assertion away: still 0" 0 $code
"$lblab" check shop.json --results "$tmp/store" -a p2c 2>err >out
has "which is told" "W204" err
run check shop.json $store -s 'assert=[]'
is "nothing to check is exit 2" 2 $code
has "it says so" "E311" err

# ---- run tells them too ----
run run shop.json --results "$tmp/r" --no-plots -q -A "latency.p99@p2c < 1ms"
is "run does not fail by them" 0 $code
has "but shows them" "FAIL  latency.p99@p2c < 1ms" out
run run shop.json --results "$tmp/r" --no-plots --json -q
cp out base.json
json "result.json has them" base.json '[a["verdict"] for a in d["result"]["assertions"]] == ["holds", "holds"]'
json "with line, policy, interval and why" base.json 'd["result"]["assertions"][0]["line"] == 16'
json "policy, interval and why" base.json '(lambda a: a["policy"] == "p2c" and len(a["ci95"]) == 2 and a["why"] == "the checkout SLO")(d["result"]["assertions"][0])'

# ---- baseline ----
for where in base.json "$tmp/r" "$tmp/r/shop/latest"; do
    run check shop.json $store --baseline "$where" -v
    is "an unchanged algorithm: 0 ($where)" 0 $code
    is "the change is exactly zero" 0 "$(grep -c 'worse: [+-]' out)"
done
run check shop.json $store --baseline base.json $fault
is "a regression is exit 1" 1 $code
has "which, by how much, against what" "FAIL  shop.json  latency.mean@p2c at most 5 % worse: +" out
has "Holm is named" "(Holm)" out
run check shop.json $store --baseline base.json $fault --max-regression 100% --metric latency.mean -s 'assert=[]'
is "within a wide limit: other overrides are told" 2 $code
has "which" "assert=[]" err
run check shop.json $store --baseline base.json $fault --metric latency.mean --json
is "red by --metric" 1 $code
json "rows of that metric only" out '{r["metric"] for r in d["result"]["rows"] if r["kind"] == "regression"} == {"latency.mean"}'
json "the policy not touched is exactly equal" out '[r["change"] for r in d["result"]["rows"] if r["kind"] == "regression" and r["policy"] == "round_robin"] == [0]'
run check shop.json $store --baseline base.json --metric imbalance
is "a metric that is neither better nor worse is refused" 2 $code
run check shop.json $store --baseline base.json --fresh-seeds --json
is "fresh seeds of the same algorithm: not red" 0 $code
json "they are not the baseline's" out 'any(r["change"] not in (0, None) for r in d["result"]["rows"])'
"$lblab" run shop.json $store --no-plots --json $fault >slow.json
run check shop.json $store --baseline slow.json
is "better than the baseline is 0" 0 $code
has "it is called stale" "stale" out
run check shop.json $store --baseline slow.json --strict
is "stale is 0 with --strict too" 0 $code
sed 's/"rate": "600\/s"/"rate": "601\/s"/' shop.json >other.json
run check other.json $store --baseline base.json
is "another scenario: exit 2" 2 $code
has "E301" "E301" err
sed '0,/"requests": [0-9]*/s//"requests": 1/' base.json >edited.json
run check shop.json $store --baseline edited.json
is "an edited baseline: exit 2" 2 $code
head -c 2000 base.json >cut.json
run check shop.json $store --baseline cut.json
is "a cut baseline: exit 2" 2 $code
run check shop.json $store --baseline nosuch.json
is "no baseline: exit 2" 2 $code
mkdir empty
run check shop.json --results "$tmp/store" --baseline empty
is "a folder without it: the assertions alone" 0 $code
has "which is told" "W310" err
run check shop.json $store --baseline base.json -s run.warmup=2s
is "other overrides: exit 2" 2 $code
has "they are listed" "run.warmup=2s" err

# ---- golden ----
run check shop.json $store --write-golden shop.golden
is "--write-golden" 0 $code
run check shop.json $store --golden shop.golden
is "golden: the same program is 0" 0 $code
has "digests are counted" "2 digests" out
run check shop.json $store --golden shop.golden $fault -A "latency.p50 > 0"
is "golden: another pick is 1" 1 $code
has "the first request" "request " out
has "from where to where" "now to" out
is "only the policy that changed" 1 "$(grep -c '^FAIL .*digest of' out)"
run check shop.json $store --golden shop.golden --plugin ./fault.so -s backends.app.speed='[1,1,1,1,1,0.7]'
is "golden: other overrides are exit 2" 2 $code
run check other.json $store --golden shop.golden
is "golden of another scenario: exit 2" 2 $code
has "with the place" "shop.golden:2:1: error[E301]" err
sed '$d' shop.golden >cut.golden
run check shop.json $store --golden cut.golden
is "a cut golden: exit 2" 2 $code
has "with the place" "cut.golden:" err
head -c 3000 shop.golden >cut.golden
run check shop.json $store --golden cut.golden
is "cut within a line: exit 2" 2 $code
sed '1s/1$/2/' shop.golden >new.golden
run check shop.json $store --golden new.golden
is "another version: exit 2" 2 $code
has "with the place" "new.golden:1:1: error[E310]" err
run check shop.json $store --golden /dev/null
is "an empty golden: exit 2" 2 $code
sed 's/^trail A/trail B/' shop.golden >bent.golden
run check shop.json $store --golden bent.golden
is "digests decide, not trails" 0 $code
sed '/^run .* round_robin$/s/^run ..../run ffff/' shop.golden >bent.golden
run check shop.json $store --golden bent.golden
is "a bent digest: 1" 1 $code
has "no request of the trail differs" "after the first recorded requests" out

# ---- several ----
mkdir -p many/schema many/deep
cp shop.json many/deep/
sed 's/"shop"/"shop2"/' shop.json >many/b.json
echo '{"schema": true}' >many/schema/x.json
echo '{"data": []}' >many/data.json
run check many $store
is "a folder: every scenario in it" 0 $code
has "assertions of both" "4 assertions" out
has "what is none is counted" "1 file in folders skipped" out
run check many/data.json $store
is "named outright, what is none is a fault" 2 $code
run check empty $store
is "an empty folder is a fault" 2 $code
run check many $store --write-golden both.golden
run check many $store --golden both.golden
is "one golden file for both" 0 $code
run check many/deep/shop.json $store --format junit=x.xml,text
is "--format" 0 $code
yes_ "junit is there" test -s x.xml
run check shop.json $store --format nosuch
is "an unknown format: 2" 2 $code
for bad in "--max-regression x" "--min-effect 5" "--metric nosuch --baseline base.json" "--fresh-seeds"; do
    run check shop.json $store $bad
    is "$bad: 2" 2 $code
done
finish check
