#!/usr/bin/env python3
"""Jobs of a real `axia serve`: jobs_test.py AXIA MODEL."""
import json
import re
import signal
import sys
import time

from serving import ROOT, Failed, Serving, expect


def start(server, **request):
    status, _, job = server.post("/axia/jobs", request)
    expect(status == 202, f"{request}: {status} {job}")
    return job["id"]


def follow(server, job):
    """(event, data) until the job ends."""
    connection = server.connect()
    connection.request("GET", f"/axia/jobs/{job}/events")
    reply = connection.getresponse()
    name = None
    for line in reply:
        text = line.decode("utf-8").rstrip("\n")
        if text.startswith("event: "):
            name = text[7:]
        elif text.startswith("data: "):
            yield name, json.loads(text[6:])
    connection.close()


def ended(server, job, state="done"):
    for _ in follow(server, job):
        pass
    last = server.get(f"/axia/jobs/{job}")[2]
    expect(last["state"] == state, f"{last['state']}, not {state}: {last['error']} {last['message']}")
    return last


def own_pairs():
    """Pairs of a value that no system has, as a client would bring them."""
    lines = (ROOT / "values/schwartz/pairs/tradition.jsonl").read_text(encoding="utf-8").splitlines()
    pairs = [json.loads(line) for line in lines if line]
    return [{key: pair[key] for key in ("positive", "negative", "scene", "split") if key in pair} for pair in pairs]


def learn_and_tune(server):
    few = json.loads((ROOT / "examples/own_value/pairs.jsonl").read_text(encoding="utf-8").splitlines()[0])
    few = {"positive": few["positive"], "negative": few["negative"]}
    failed = ended(server, start(server, kind="learn", value="few", pairs=[few]), "failed")
    expect("pairs" in failed["error"] and "\n" not in failed["error"], f"why did it fail? {failed['error']}")
    pairs = own_pairs()
    checked = server.post("/axia/check", {"value": "thrift", "pairs": pairs})[2]
    expect(checked["values"][0]["pairs"] == len(pairs), str(checked)[:300])
    expect(not list((server.folder / "data").glob("serve/pairs/*")), "a check stored something")
    ended(server, start(server, kind="learn", value="thrift", pairs=pairs[:40]))
    asked = {"messages": [{"role": "user", "content": "Should I buy a boat?"}], "max_tokens": 4, "axia": {"steer": {"thrift": .9}}}
    first = server.post("/v1/chat/completions", asked)[2]["choices"][0]["axia"]["plan"]
    about = {"definition": "Wasting nothing", "group": "conservation", "order": 4}
    seen = list(follow(server, start(server, kind="learn", value="thrift", pairs=pairs, about=about)))
    names = [name for name, _ in seen]
    expect(names[0] == "state" and names[-1] == "state" and seen[-1][1]["state"] == "done", str(names))
    expect("progress" in names and "result" in names, str(names))
    expect(not any(str(server.folder) in str(data) for _, data in seen), "a path of the server's went out")
    values = {value["name"]: value for value in server.get("/axia/values")[2]["values"]}
    expect(values["thrift"]["learnt"] and not values["security"]["learnt"], "thrift is not listed as learnt")
    expect(about.items() <= values["thrift"].items() and list(values)[5] == "thrift", f"what is it? {values['thrift']}")
    status, _, said = server.post("/axia/values/thrift", {**about, "title": "Thrift"})
    expect(status == 200 and said == {**values["thrift"], "title": "Thrift"}, f"{status} {said}")
    for name, body, code in (("security", {}, 400), ("thrift", {"order": 10}, 400), ("thirft", {}, 404)):
        status, _, reply = server.post(f"/axia/values/{name}", body)
        expect(status == code, f"{name}: {status} {reply}")
    vector = server.get("/axia/vectors")[2]["vectors"][0]
    expect(vector["value"] == "thrift" and len(vector["layers"]) == server.get("/axia/model")[2]["layers"], "no layers")
    answer = server.post("/v1/chat/completions", asked)
    expect(answer[0] == 200 and answer[2]["choices"][0]["axia"]["steered"], f"what was learnt cannot be used: {answer[2]}")
    expect(answer[2]["choices"][0]["axia"]["plan"] != first, "the vector of before still steers after it was learnt again")
    seen = list(follow(server, start(server, kind="tune", value="thrift", tokens=8000)))
    points = [data for name, data in seen if name == "point"]
    expect(len(points) > 5 and sum(point["chosen"] for point in points) == 1, f"{len(points)} points")
    expect(all(point["ci"][0] <= point["effect"] <= point["ci"][1] for point in points), "intervals")
    plan = server.get("/axia/plans/thrift")[2]
    expect(any(point["chosen"] for point in plan["frontier"]), "the plan has no frontier")
    answer = server.post("/v1/chat/completions", {"messages": [{"role": "user", "content": "Should I buy a boat?"}],
                                                  "max_tokens": 4, "axia": {"plan": "thrift"}})
    expect(answer[2]["choices"][0]["axia"]["plan"] == plan["hash"], "another plan acted")


def measure(server):
    """Killed in the middle with its server, a measurement ends like one that nobody disturbed."""
    request = {"kind": "measure", "battery": "schwartz-portrait", "prompts": 2, "limit": 20}
    whole = ended(server, start(server, **request, run="whole"))
    measures = server.get("/axia/runs/whole")[2]
    expect(measures == whole["result"] or measures["schema"] == "axia.measures", str(measures)[:200])
    report = server.get("/axia/runs/whole/report")
    expect(report[0] == 200 and report[2].lstrip().lower().startswith("<!doctype html"), "no report")
    job = start(server, **request, run="killed")
    for name, data in follow(server, job):
        if name == "progress" and 0 < data["done"] < data["total"]:
            break
    else:
        raise Failed("the job was over before it could be killed")
    server.stop(signal.SIGKILL)
    time.sleep(.5)
    left = [line for line in processes() if f"{server.folder}" in line and "measure" in line]
    expect(not left, f"a child outlived its server: {left}")
    server.start()
    ended(server, job)
    again = server.get("/axia/runs/killed")[2]
    same = [re.sub(r'"(seconds|created|command|name|run)": ?("[^"]*"|[0-9.e-]+)', "", json.dumps(one["arms"]))
            for one in (measures, again)]
    expect(same[0] == same[1], "the killed run has other measures")
    rows = {name: (server.folder / "runs" / name / "answers.jsonl").read_bytes() for name in ("whole", "killed")}
    expect(rows["whole"] == rows["killed"], "the killed run has other answers")


def processes():
    import subprocess
    return subprocess.run(["ps", "axww", "-o", "args"], capture_output=True, text=True, check=True).stdout.splitlines()


def cancelling(server):
    job = start(server, kind="measure", battery="schwartz-dilemmas", prompts=5)
    waiting = start(server, kind="learn", value="power")
    for name, data in follow(server, job):
        if name == "progress" and data["done"] > 0:
            break
    begin = time.monotonic()
    server.ask("DELETE", f"/axia/jobs/{waiting}")
    server.ask("DELETE", f"/axia/jobs/{job}")
    ended(server, job, "cancelled")
    ended(server, waiting, "cancelled")
    expect(time.monotonic() - begin < 60, "cancelling takes a minute")
    expect([one["state"] for one in server.get("/axia/jobs")[2]["jobs"]][-2:] == ["cancelled"] * 2, "other states")


def wrong(server):
    before = sorted((server.folder / "data").rglob("*"))
    pair = {"positive": "a", "negative": "b"}
    for body, param in [
            ({"kind": "lern"}, "kind"), ({}, "kind"), ([], "body"), (b"{", "body"),
            ({"kind": "learn"}, "value"), ({"kind": "learn", "value": "../../x"}, "value"),
            ({"kind": "learn", "value": "nothing-known"}, "value"),
            ({"kind": "learn", "value": "x", "pairs": []}, "pairs"),
            ({"kind": "learn", "value": "x", "pairs": [{"positive": "a"}]}, "pairs[0].negative"),
            ({"kind": "learn", "value": "x", "pairs": [{**pair, "scene": 3}]}, "pairs[0].scene"),
            ({"kind": "learn", "value": "x", "pairs": [{**pair, "positive": "a" * 5000}]}, "pairs[0].positive"),
            ({"kind": "learn", "value": "x", "pairs": [pair] * 6000}, "pairs"),
            ({"kind": "tune", "value": "security", "budget": "much"}, "budget"),
            ({"kind": "effect", "plan": "/etc/passwd"}, "plan"),
            ({"kind": "measure", "battery": "/etc"}, "battery"),
            ({"kind": "measure", "battery": "schwartz-portrait", "steer": {"security": [2]}}, "steer.security"),
            ({"kind": "measure", "battery": "schwartz-portrait", "run": "../x"}, "run"),
            ({"kind": "measure", "battery": "schwartz-portrait", "path": "x"}, "path")]:
        status, _, reply = server.post("/axia/jobs", body)
        expect(status == 400 and reply["error"]["param"] == param, f"{str(body)[:100]}: {status} {reply}")
    for path in ("/axia/jobs/j-nothing", "/axia/jobs/j-nothing/events", "/axia/runs/nothing", "/axia/plans/..%2Fx",
                 "/axia/batteries/x", "/axia/runs/whole/x"):
        expect(server.get(path)[0] == 404, path)
    expect(server.get("/axia/vectors/similarity?layer=x")[0] == 400, "a layer that is no number")
    expect(sorted((server.folder / "data").rglob("*")) == before, "something was left on disk")


def main():
    axia, model = sys.argv[1:]
    with Serving(axia, model) as server:
        try:
            for part in (learn_and_tune, measure, cancelling, wrong):
                part(server)
        except Failed as failed:
            sys.exit(f"{failed}\n--- the server said\n{server.talk()[-2000:]}")
        expect(server.stop() == 0, "SIGTERM did not end it with 0")


if __name__ == "__main__":
    main()
