#!/usr/bin/env python3
"""Makes the corpus of bad results anew: tests/bad-results/make.py build/lblab

Needed only when the shape of result.json changes: the files lie here, with the message each must
give.  What is edited on purpose gets a fitting result_sha256, so that the fault behind it is met; no
version is given, so that what does not follow from the runs is no other version's formula."""
import hashlib, json, os, re, subprocess, sys, tempfile

here = os.path.dirname(os.path.abspath(__file__))
lblab = os.path.abspath(sys.argv[1])
scenario = {
    "version": 1, "name": "tiny",
    "run": {"duration": "2s", "warmup": "100ms", "seed": 7, "replications": 2},
    "clients": [{"name": "web", "to": "edge", "arrival": {"process": "poisson", "rate": "200/s"}}],
    "balancers": [{"name": "edge", "layer": "l7", "algorithm": "maglev", "to": "app"}],
    "backends": [{"name": "app", "count": 2, "service": "2ms"}],
    "events": [{"at": "1s", "do": "remove", "target": "app[1]"}],
    "measure": {"percentiles": [50, 90]},
    "compare": {"at": "edge", "baseline": "maglev", "algorithms": ["maglev", "ring_hash"]},
    "assert": ["latency.p50 < 900ms"],
}

def base():
    with tempfile.TemporaryDirectory() as d:
        file = os.path.join(d, "tiny.json")
        json.dump(scenario, open(file, "w"))
        text = subprocess.run([lblab, "run", file, "--json", "--no-plots", "--results", d],
                              check=True, capture_output=True, text=True).stdout
    d = json.loads(text)
    d["environment"] = {"version": "", "git": "", "compiler": "", "started": "", "wall_s": 1,
                        "jobs": 1}
    return d

def compact(x):
    return json.dumps(x, separators=(",", ":"), ensure_ascii=False)

def text_of(d, resign=True):
    if resign:
        both = compact(d["result"]["scenario"]) + compact(d["result"]["runs"])
        d["result_sha256"] = hashlib.sha256(both.encode()).hexdigest()
    return json.dumps(d, indent=1, ensure_ascii=False) + "\n"

def edit(change, resign=True):
    d = json.loads(compact(good))
    change(d["result"], d)
    return text_of(d, resign)

good = base()
r = "result"
cases = {
    "a01-empty": "",
    "a02-a-scenario": compact(scenario) + "\n",
    "a03-another-answer": '{ "schema": "lblab-remap/1", "result": {} }\n',
    "a04-cut": text_of(good)[:2000],
    "a05-two-files": text_of(good) * 2,
    "a06-nan": edit(lambda x, d: None).replace('"simulated_ns": ', '"simulated_ns": NaN, "x": '),
    "a07-1e400": edit(lambda x, d: None).replace('"simulated_ns": ', '"simulated_ns": 1e400, "x": '),
    "a08-deep": '{ "schema": "lblab-result/1", "result": ' + "[" * 100 + "]" * 100 + " }\n",
    "a09-version-2": edit(lambda x, d: d.update(schema="lblab-result/2")),
    "a10-schema-a-number": edit(lambda x, d: d.update(schema=1)),
    "b01-edited-run": edit(lambda x, d: x["runs"][0].update(completed=1), resign=False),
    "b02-wrong-sha": edit(lambda x, d: d.update(result_sha256="0" * 64), resign=False),
    "b03-edited-percentile": edit(lambda x, d: x["policies"][0]["latency_ns"]["p50"].update(value=5)),
    "b04-edited-interval":
        edit(lambda x, d: x["policies"][0]["latency_ns"]["mean"].update(ci95=[1, 2])),
    "b05-edited-verdict": edit(lambda x, d: x["compare"][0].update(verdict="better by far")),
    "b06-edited-count": edit(lambda x, d: x["policies"][1].update(requests=7)),
    "b07-remap-row-gone": edit(lambda x, d: x["remap"].pop()),
    "c01-policies-missing": edit(lambda x, d: x.pop("policies")),
    "c02-a-policy-missing": edit(lambda x, d: x["policies"].pop()),
    "c03-runs-missing": edit(lambda x, d: x["runs"].pop()),
    "c04-runs-an-object": edit(lambda x, d: x.update(runs={})),
    "c05-runs-in-another-order": edit(lambda x, d: x["runs"].reverse()),
    "c06-another-seed": edit(lambda x, d: x["runs"][1].update(seed=99)),
    "c07-sum": edit(lambda x, d: x["runs"][1].update(requests=5)),
    "c08-huge": edit(lambda x, d: x["runs"][0].update(requests=10 ** 30)),
    "c09-negative": edit(lambda x, d: x["runs"][0].update(done=-1)),
    "c10-a-fraction": edit(lambda x, d: x["runs"][0].update(attempts=1.5)),
    "c11-percentiles-fall": edit(lambda x, d: x["runs"][0]["latency_ns"].update(p90=1)),
    "c12-a-backend-missing": edit(lambda x, d: x["runs"][0]["backends"].pop()),
    "c13-a-backend-renamed": edit(lambda x, d: x["runs"][0]["backends"][0].update(name="b\x1b[0]")),
    "c14-no-digest": edit(lambda x, d: x["runs"][0].update(digest="12")),
    "c15-event-beyond": edit(lambda x, d: x["runs"][0]["remap"][0].update(event=5)),
    "c16-a-key-more": edit(lambda x, d: x["runs"][0].update(more=1)),
    "c17-text-for-a-number": edit(lambda x, d: x["runs"][0].update(measured_ns="1")),
    "d01-no-plan": edit(lambda x, d: x.pop("plan")),
    "d02-plan-of-another": edit(lambda x, d: x["plan"].update(sha256="00")),
    "d03-no-seeds": edit(lambda x, d: x["plan"].update(replications=0)),
    "d04-huge-plan": edit(lambda x, d: x["plan"].update(replications=99999)),
    "d05-baseline": edit(lambda x, d: x["plan"].update(baseline="p2c")),
    "d06-percentile-100": edit(lambda x, d: x["plan"].update(percentiles=[50, 100])),
    "d07-workers": edit(lambda x, d: x["plan"]["backends"][0].update(workers=0)),
    "d08-assertion": edit(lambda x, d: x["plan"]["assertions"][0].update(expr="latency < fast")),
    "d09-warm-up": edit(lambda x, d: x["warmup"].update(rule="found")),
    "d10-saturated-by-nobody": edit(lambda x, d: x["policies"][0].update(
        verdict="saturated", saturated={"backend": "app[7]", "offered": 2})),
}

for old in os.listdir(here):
    if re.search(r"\.(json|err)$", old):
        os.remove(os.path.join(here, old))
os.chdir(here)
open("good.json", "w").write(text_of(good))
for name, text in cases.items():
    open(name + ".json", "w").write(text)
    p = subprocess.run([lblab, "compare", name + ".json", "good.json"], capture_output=True)
    assert p.returncode == 2 and p.stdout == b"", (name, p)
    open(name + ".err", "wb").write(p.stderr)
